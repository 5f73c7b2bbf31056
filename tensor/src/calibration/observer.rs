//! [`Observer`]: a device that computes quantized models on `f32`, to see what their values are.
//!
//! A quantized model is a sequence of calls on bytes. This device computes what each stands for, on numbers that it
//! keeps beside the memory that it is given; what is not on bytes runs on the CPU as it is. Or it computes on bytes, as
//! a CPU does, and compares with what it computed on `f32` before.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};

use castiron_kernels::op::MAX_MEMORY;
use castiron_kernels::{Call, Cpu, Fault, NonFinite, NotFinite, Op, Raw};

use super::operation::{Operation, places};
use super::range::{Affine, Range};
use super::report::Errors;
use super::simulate::{Weights, simulate};
use crate::device::Device;
use crate::memory::Arg;

/// An index into [`Seen::values`].
pub(super) type ValueId = usize;

/// What is computed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Numbers, whose ranges are noted.
    Observe,
    /// Numbers, which are kept.
    Remember,
    /// Bytes, which are compared with the numbers.
    Compare,
}

#[derive(Debug)]
pub(crate) struct Observer {
    pub(super) cpu: Cpu,
    seen: RefCell<Seen>,
}

/// What is known of the model.
pub(super) struct Seen {
    mode: Mode,
    /// Where the tables are.
    start: usize,
    /// The parameters in `f32` of the tables that have any, by their offsets.
    pub(super) weights: HashMap<usize, Weights>,
    /// Every operation with a table, by its offset.
    pub(super) steps: BTreeMap<usize, Step>,
    pub(super) values: Vec<Value>,
    /// What buffers stand for, by their addresses.
    buffers: HashMap<usize, (ValueId, Vec<f32>)>,
    /// What operations gave, in their order, to be compared with.
    remembered: VecDeque<Vec<f32>>,
    not_finite: Option<NotFinite>,
}

/// An operation, and what it reads and writes.
pub(super) struct Step {
    pub(super) operation: Operation,
    pub(super) x: Vec<ValueId>,
    pub(super) y: ValueId,
}

/// What has a scale.
pub(super) struct Value {
    /// The first table that has it.
    pub(super) table: usize,
    pub(super) range: Range,
    /// Whether it becomes `f32` again.
    pub(super) is_output: bool,
    pub(super) errors: Errors,
}

impl Observer {
    pub(super) fn new(cpu: Cpu) -> Self {
        let seen = Seen {
            mode: Mode::Observe,
            start: 0,
            weights: HashMap::new(),
            steps: BTreeMap::new(),
            values: Vec::new(),
            buffers: HashMap::new(),
            remembered: VecDeque::new(),
            not_finite: None,
        };
        Observer { cpu, seen: RefCell::new(seen) }
    }

    pub(super) fn seen(&self) -> std::cell::RefMut<'_, Seen> {
        self.seen.borrow_mut()
    }
}

impl core::fmt::Debug for Seen {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} values", self.values.len())
    }
}

impl Device for Observer {
    type Address = *mut u8;
    type Graphs = ();

    fn offset(address: *mut u8, bytes: usize) -> *mut u8 {
        address.wrapping_add(bytes)
    }

    fn call<O: Op>(&self, call: Call<'_, O>, arguments: &mut [Arg<'_, Self>]) {
        let operation = Operation::of::<O>(call.args());
        let mut seen = self.seen();
        if let Some(operation) = &operation
            && seen.mode != Mode::Compare
            && seen.simulates(operation, arguments)
        {
            return seen.simulate(&self.cpu, operation, arguments, O::NAME);
        }
        let mut raws = [const { Raw::none() }; MAX_MEMORY];
        let count = arguments.len().min(MAX_MEMORY);
        for (raw, argument) in raws.iter_mut().zip(arguments.iter()) {
            if let Some(address) = argument.address {
                // SAFETY: as on the `Cpu`, whose addresses these are.
                *raw = unsafe { Raw::new(address, argument.bytes, argument.writable) };
            }
        }
        self.cpu.call::<O>(call, &mut raws[..count]);
        if let Some(operation) = operation.filter(|_| seen.mode == Mode::Compare) {
            seen.compare(&operation, arguments);
        }
    }

    fn take_fault(&self) -> Option<Fault> {
        self.cpu.take_fault()
    }

    fn check_finite(&self, on: bool) {
        self.cpu.check_finite(on);
    }

    fn locate(&self, path: u64) {
        let mut seen = self.seen();
        if let Some(found) = seen.not_finite.as_mut().filter(|found| found.path == 0) {
            found.path = path;
        }
    }

    fn take_not_finite(&self) -> Option<NotFinite> {
        self.seen().not_finite.take()
    }
}

impl Seen {
    /// Before a run with tables that are there.
    pub(super) fn start(&mut self, mode: Mode, tables: usize) {
        (self.mode, self.start) = (mode, tables);
        if mode == Mode::Remember {
            self.remembered.clear();
        }
    }

    /// Copies of bytes may also be a module's own.
    fn simulates(&self, operation: &Operation, arguments: &[Arg<'_, Observer>]) -> bool {
        match operation {
            Operation::Move(_) => self.buffers.contains_key(&address(&arguments[0])),
            _ => true,
        }
    }

    /// The offset of an operation's table.
    fn table(&self, operation: &Operation, arguments: &[Arg<'_, Observer>]) -> Option<usize> {
        let (argument, offset) = operation.roles().table?;
        Some(address(&arguments[argument]) - offset - self.start)
    }

    fn simulate(
        &mut self,
        cpu: &Cpu,
        operation: &Operation,
        arguments: &mut [Arg<'_, Observer>],
        name: &'static str,
    ) {
        let roles = operation.roles();
        let table = self.table(operation, arguments);
        let from = |input: &usize| self.buffers.get(&address(&arguments[*input]));
        let inputs: Vec<_> = roles.inputs.iter().filter_map(from).collect();
        let (x, mut numbers): (Vec<ValueId>, Vec<&[f32]>) =
            inputs.iter().map(|(value, numbers)| (*value, numbers.as_slice())).unzip();
        if let Operation::Quantize(len) = operation
            && let Some(floats) = arguments[2].address
        {
            // SAFETY: that many floats, which nobody writes while they are borrowed.
            numbers.push(unsafe { core::slice::from_raw_parts(floats.cast::<f32>(), *len) });
        }
        let at = address(&arguments[roles.output]);
        let whole = match operation {
            Operation::Place(args) if args.to_start > 0 => self.buffers.get(&at).cloned(),
            _ => None,
        };
        let (joined, whole) = whole.map(|(value, numbers)| (Some(value), Some(numbers))).unwrap_or_default();
        let nothing = Weights::default();
        let weights = table.and_then(|table| self.weights.get(&table)).unwrap_or(&nothing);
        let y = simulate(cpu, operation, weights, &numbers, whole);
        if let Operation::Dequantize(_) = operation {
            self.values[x[0]].is_output = true;
            let to = arguments[roles.output].address.map(|to| to.cast::<f32>());
            // SAFETY: that many floats, borrowed uniquely.
            to.map(|to| unsafe { core::slice::from_raw_parts_mut(to, y.len()) }.copy_from_slice(&y));
            return;
        }
        let value = match table {
            None => x[0],
            Some(table) => self.value(table, *operation, x, joined),
        };
        if let Some(index) = y.iter().position(|number| !number.is_finite()) {
            let found = if y[index].is_nan() { NonFinite::Nan } else { NonFinite::Infinity };
            let argument = roles.output;
            let found = NotFinite { op: name, argument, index, value: found, given: None, path: 0 };
            self.not_finite.get_or_insert(found);
        } else if table.is_some() && self.mode == Mode::Observe {
            match operation {
                Operation::Place(args) => self.values[value].range.add(&part(args, &y)),
                _ => self.values[value].range.add(&y),
            }
        } else if table.is_some() {
            self.remembered.push_back(match operation {
                Operation::Place(args) => part(args, &y),
                _ => y.clone(),
            });
        }
        self.buffers.insert(at, (value, y));
    }

    /// The value that the operation of a table writes: of parts of a whole, the whole.
    fn value(
        &mut self,
        table: usize,
        operation: Operation,
        x: Vec<ValueId>,
        whole: Option<ValueId>,
    ) -> ValueId {
        if let Some(step) = self.steps.get(&table) {
            return step.y;
        }
        let y = whole.unwrap_or_else(|| {
            let (range, errors) = (Range::new(), Errors::default());
            self.values.push(Value { table, range, is_output: false, errors });
            self.values.len() - 1
        });
        self.steps.insert(table, Step { operation, x, y });
        y
    }

    /// Compares what was written with what should have been.
    fn compare(&mut self, operation: &Operation, arguments: &[Arg<'_, Observer>]) {
        let roles = operation.roles();
        if matches!(operation, Operation::Dequantize(_)) {
            return;
        }
        let Some(step) = self.table(operation, arguments).and_then(|table| self.steps.get(&table)) else {
            return;
        };
        let Some(at) = arguments[roles.output].address else { return };
        let affine = self.affine(self.values[step.y].table);
        let got: Vec<f32> = match operation.is_wide() {
            // SAFETY: the operation has written that many integers.
            true => unsafe { core::slice::from_raw_parts(at.cast::<i32>(), operation.len()) }
                .iter()
                .map(|q| affine.scale * *q as f32)
                .collect(),
            // SAFETY: the same of bytes.
            false => unsafe { core::slice::from_raw_parts(at, operation.len()) }
                .iter()
                .map(|q| affine.number(*q))
                .collect(),
        };
        let got = match operation {
            Operation::Place(args) => part(args, &got),
            _ => got,
        };
        let Some(want) = self.remembered.pop_front() else { return };
        self.values[step.y].errors.add(&got, &want);
    }

    /// The scale and the zero point with which a table begins.
    pub(super) fn affine(&self, table: usize) -> Affine {
        let at = (self.start + table) as *const u8;
        // SAFETY: every table begins with a float and a byte.
        unsafe { Affine { scale: at.cast::<f32>().read(), zero: at.add(size_of::<f32>()).read() } }
    }
}

fn address(argument: &Arg<'_, Observer>) -> usize {
    argument.address.map_or(0, |address| address as usize)
}

/// What a part of a whole is.
fn part(args: &castiron_kernels::strided::Args, whole: &[f32]) -> Vec<f32> {
    places(args).into_iter().map(|place| whole[place]).collect()
}

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
use crate::device::{Alone, Device};
use crate::memory::Arg;

/// An index into [`Seen::values`].
pub(super) type ValueId = usize;

/// What is computed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Numbers, of whose channels the largest are noted.
    Measure,
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
    /// Of a product: the sum of each channel that it has read, and of how many numbers that is.
    pub(super) sums: Vec<f64>,
    pub(super) count: usize,
}

impl Step {
    /// The mean of what weight `i` of `each`, of output `o` of `outputs`, is multiplied by.
    pub(super) fn mean(&self, o: usize, outputs: usize, i: usize, each: usize) -> f64 {
        let (groups, area) = match self.operation {
            Operation::Conv2d(args) => (args.groups, args.kernel[0] * args.kernel[1]),
            _ => (1, 1),
        };
        let channel = o / (outputs / groups).max(1) * (each / area) + i / area;
        self.sums.get(channel).map_or(0.0, |sum| sum / self.count.max(1) as f64)
    }
}

/// What has a scale.
pub(super) struct Value {
    /// The first table that has it.
    pub(super) table: usize,
    pub(super) range: Range,
    /// Whether it becomes `f32` again.
    pub(super) is_output: bool,
    /// Whether its channels must stay what they are.
    pub(super) is_fixed: bool,
    /// The largest number of each channel that a product gives.
    pub(super) channels: Vec<f32>,
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
    type Peers = Alone;

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
        let means = sums(operation, &numbers);
        if let Operation::Dequantize(_) = operation {
            let value = &mut self.values[x[0]];
            (value.is_output, value.is_fixed) = (true, true);
            if let Some(to) = arguments[roles.output].address {
                // SAFETY: that many floats, borrowed uniquely.
                unsafe { core::slice::from_raw_parts_mut(to.cast::<f32>(), y.len()) }.copy_from_slice(&y);
            }
            return;
        }
        let value = match table {
            None => {
                self.values[x[0]].is_fixed |= matches!(operation, Operation::Move(_));
                x[0]
            }
            Some(table) => self.value(table, *operation, x, joined),
        };
        if let Some(index) = y.iter().position(|number| !number.is_finite()) {
            let found = if y[index].is_nan() { NonFinite::Nan } else { NonFinite::Infinity };
            let argument = roles.output;
            let found = NotFinite { op: name, argument, index, value: found, given: None, path: 0 };
            self.not_finite.get_or_insert(found);
        } else if let Some(table) = table {
            self.note(table, value, operation, means, &y);
        }
        self.buffers.insert(at, (value, y));
    }

    /// What the mode wants to know of an operation.
    fn note(
        &mut self,
        table: usize,
        value: ValueId,
        operation: &Operation,
        (sums, count): (Vec<f64>, usize),
        y: &[f32],
    ) {
        let value = &mut self.values[value];
        let y = match operation {
            Operation::Place(args) => part(args, y),
            _ => y.to_vec(),
        };
        match self.mode {
            Mode::Measure => {
                let channels = channels(operation, &y);
                value.channels.resize(channels.len(), 0.0);
                value.channels.iter_mut().zip(channels).for_each(|(old, new)| *old = old.max(new));
            }
            Mode::Observe => {
                value.range.add(&y);
                if let Some(step) = self.steps.get_mut(&table) {
                    step.sums.resize(sums.len(), 0.0);
                    step.sums.iter_mut().zip(sums).for_each(|(old, new)| *old += new);
                    step.count += count;
                }
            }
            Mode::Remember | Mode::Compare => self.remembered.push_back(y),
        }
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
            let (is_output, is_fixed, channels) = (false, false, Vec::new());
            self.values.push(Value { table, range, is_output, is_fixed, channels, errors });
            self.values.len() - 1
        });
        self.steps.insert(table, Step { operation, x, y, sums: Vec::new(), count: 0 });
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

/// The largest number of each channel that a product gives.
fn channels(operation: &Operation, y: &[f32]) -> Vec<f32> {
    let (channels, area) = match operation {
        Operation::Conv2d(args) => (args.out_channels, args.output()[0] * args.output()[1]),
        Operation::Linear(args) => (args.outputs, 1),
        _ => return Vec::new(),
    };
    let mut largest = vec![0.0f32; channels];
    for (i, plane) in y.chunks(area.max(1)).enumerate() {
        let channel = &mut largest[i % channels];
        *channel = plane.iter().fold(*channel, |largest, number| largest.max(number.abs()));
    }
    largest
}

/// The sum of each channel that a product reads, and of how many numbers that is.
fn sums(operation: &Operation, x: &[&[f32]]) -> (Vec<f64>, usize) {
    let (channels, area) = match operation {
        Operation::Conv2d(args) => (args.in_channels, args.input[0] * args.input[1]),
        Operation::Linear(args) => (args.inputs, 1),
        _ => return (Vec::new(), 0),
    };
    let (x, mut sums) = (x.first().copied().unwrap_or(&[]), vec![0.0; channels]);
    for (i, plane) in x.chunks(area.max(1)).enumerate() {
        sums[i % channels] += plane.iter().map(|number| f64::from(*number)).sum::<f64>();
    }
    (sums, x.len() / channels.max(1))
}

fn address(argument: &Arg<'_, Observer>) -> usize {
    argument.address.map_or(0, |address| address as usize)
}

/// What a part of a whole is.
fn part(args: &castiron_kernels::strided::Args, whole: &[f32]) -> Vec<f32> {
    places(args).into_iter().map(|place| whole[place]).collect()
}

//! Runs operations on arrays: the one place where their memory becomes arguments of kernels.

use std::cell::{Cell, RefCell};

#[cfg(feature = "cuda")]
use castiron_kernels::cuda::{Cuda, Place};
use castiron_kernels::op::MAX_MEMORY;
use castiron_kernels::{Cpu, Fault, Op, Raw};

use super::Array;
#[cfg(feature = "cuda")]
use crate::device::Erased;
use crate::tape::notice;

thread_local! {
    /// The device of this thread's eager operations.
    static CPU: RefCell<Cpu> = RefCell::new(Cpu::new());
    /// Whether the names of operations are noted, and those that were.
    static TRACED: Cell<bool> = const { Cell::new(false) };
    static TRACE: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// What `f` returns, and the names of the operations that run on this thread until then, in their order.
pub(crate) fn trace<R>(f: impl FnOnce() -> R) -> (R, Vec<&'static str>) {
    /// Also where `f` panics.
    struct Off(bool);
    impl Drop for Off {
        fn drop(&mut self) {
            TRACED.set(self.0);
        }
    }
    let before = TRACE.take();
    let off = Off(TRACED.replace(true));
    let result = f();
    drop(off);
    (result, TRACE.replace(before))
}

/// Sets the number of threads that eager operations of the calling thread use; zero means one per core. It is
/// one until it is set. Results do not depend on it. PyTorch's `torch.set_num_threads`.
///
/// # Errors
/// When the operating system does not give the threads, or when called from within an operation.
#[cfg(feature = "rayon")]
pub fn set_num_threads(threads: usize) -> Result<(), std::io::Error> {
    let cpu = Cpu::with_threads(threads)?;
    CPU.with(|slot| {
        let mut slot = slot.try_borrow_mut().map_err(|_| std::io::Error::other("an operation is running"))?;
        // `detect_anomaly` may be looking.
        cpu.check_finite(slot.checks_finite());
        *slot = cpu;
        Ok(())
    })
}

/// Sets the number of threads that eager operations of the calling thread use. Without the feature `rayon`
/// there is one, whatever is asked for.
///
/// # Errors
/// Never.
#[cfg(not(feature = "rayon"))]
pub fn set_num_threads(_threads: usize) -> Result<(), std::io::Error> {
    Ok(())
}

/// How many threads eager operations of the calling thread use. PyTorch's `torch.get_num_threads`.
pub fn num_threads() -> usize {
    with_cpu(Cpu::threads)
}

/// Lends the device of this thread's eager operations.
pub(crate) fn with_cpu<R>(f: impl FnOnce(&Cpu) -> R) -> R {
    CPU.with(|cpu| {
        let cpu = cpu.borrow();
        let result = f(&cpu);
        if cpu.checks_finite() {
            notice(&cpu, cpu.take_not_finite());
        }
        result
    })
}

/// One memory argument of an operation.
pub(crate) enum Operand<'a> {
    /// An optional argument that is absent.
    Absent,
    /// Only read.
    Read(&'a Array),
    /// Written, or read and changed.
    Write(&'a mut Array),
}

impl Operand<'_> {
    /// The array, made its own if it is written, and whether it is.
    fn array(&mut self) -> Option<(&Array, bool)> {
        match self {
            Operand::Absent => None,
            Operand::Read(array) => Some((array, false)),
            Operand::Write(array) => {
                array.make_unique();
                Some((array, true))
            }
        }
    }
}

/// Runs `O`, which may find its data wrong, on the device of its operands: of the CPU, this thread's. A GPU is waited
/// for where it may.
pub(crate) fn try_run<O: Op>(args: &O::Args, operands: &mut [Operand<'_>]) -> Result<(), Fault> {
    #[cfg(feature = "cuda")]
    if let Some(gpu) = device(operands) {
        on_gpu::<O>(&gpu, args, operands);
        return gpu.take_fault().map_or(Ok(()), Err);
    }
    on_cpu::<O>(args, operands)
}

/// [`try_run`] for an operation that finds nothing wrong with its data. A GPU is not waited for; what it cannot do is a
/// fault that it keeps, and what it should have written is NaN.
pub(crate) fn run<O: Op>(args: &O::Args, operands: &mut [Operand<'_>]) {
    #[cfg(feature = "cuda")]
    if let Some(gpu) = device(operands) {
        on_gpu::<O>(&gpu, args, operands);
        return if gpu.knows_fault() {
            spoil(&gpu, operands)
        };
    }
    on_cpu::<O>(args, operands)
        .unwrap_or_else(|fault| unreachable!("typed operations fit their memory: {fault}"));
}

fn on_cpu<O: Op>(args: &O::Args, operands: &mut [Operand<'_>]) -> Result<(), Fault> {
    let mut raws = [const { Raw::none() }; MAX_MEMORY];
    let count = operands.len();
    if count > MAX_MEMORY {
        return Err(Fault::Count { op: O::NAME, got: count, want: MAX_MEMORY });
    }
    for (raw, operand) in raws.iter_mut().zip(operands) {
        let Some((array, writable)) = operand.array() else { continue };
        let bytes = array.bytes();
        if let Some(address) = array.memory.pointer(array.start, bytes) {
            // SAFETY: within memory that `array` shares, initialised since it was allocated. Nobody writes
            // shared memory; what is written was just made the array's own, and the array is borrowed uniquely.
            *raw = unsafe { Raw::new(address, bytes, writable) };
        }
    }
    if TRACED.get() {
        TRACE.with_borrow_mut(|names| names.push(O::NAME));
    }
    CPU.with(|cpu| {
        let cpu = cpu.borrow();
        // One that somebody has left is not this operation's.
        cpu.take_fault();
        cpu.run::<O>(args, &mut raws[..count]);
        if cpu.checks_finite() {
            notice(&cpu, cpu.take_not_finite());
        }
        cpu.take_fault().map_or(Ok(()), Err)
    })
}

/// The GPU that has the first of the operands.
#[cfg(feature = "cuda")]
fn device(operands: &mut [Operand<'_>]) -> Option<Cuda> {
    operands.iter_mut().find_map(|operand| match &operand.array()?.0.memory {
        Erased::Cuda(memory) => Some(memory.device()),
        _ => None,
    })
}

/// Makes NaN of what would have been written.
#[cfg(feature = "cuda")]
#[cold]
fn spoil(gpu: &Cuda, operands: &mut [Operand<'_>]) {
    for operand in operands {
        if let Some((array, true)) = operand.array()
            && let Erased::Cuda(memory) = &array.memory
            && memory.device().id() == gpu.id()
            && !memory.pointer().is_null()
        {
            // SAFETY: as in `on_gpu`.
            unsafe { gpu.fill(memory.pointer().skip(array.start), 0xFF, array.bytes()) };
        }
    }
}

#[cfg(feature = "cuda")]
fn on_gpu<O: Op>(gpu: &Cuda, args: &O::Args, operands: &mut [Operand<'_>]) {
    let mut places = [Place::NONE; MAX_MEMORY];
    let count = operands.len().min(MAX_MEMORY);
    // Of another stream, which does not wait for this one.
    let mut foreign = false;
    for (place, operand) in places.iter_mut().zip(operands) {
        let Some((array, writable)) = operand.array() else { continue };
        if let Erased::Cuda(memory) = &array.memory {
            if memory.device().id() != gpu.id() {
                memory.device().synchronize();
                foreign = true;
            }
            let pointer = memory.pointer().skip(array.start);
            *place = Place { pointer, bytes: array.bytes(), writable };
        }
    }
    let looks = with_cpu(Cpu::checks_finite);
    gpu.check_finite(looks);
    // SAFETY: within memory that the arrays share, zeroed when it was allocated. Nobody writes shared memory; what is
    // written was just made the array's own, and the array is borrowed uniquely. What uses or frees it
    // later comes behind on the same stream; other streams were waited for, and are below.
    unsafe { gpu.run::<O>(args, &places[..count]) };
    if foreign {
        gpu.synchronize();
    }
    if looks {
        CPU.with(|cpu| notice(&cpu.borrow(), gpu.take_not_finite()));
    }
}

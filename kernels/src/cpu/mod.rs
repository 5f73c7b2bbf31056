//! The CPU as a device: its instruction set, its threads, and the buffers that kernels pack into.

mod beyond;
mod block;
#[cfg(feature = "std")]
mod buffer;
mod isa;
#[cfg(feature = "std")]
mod lanes;
mod map;
mod prefetch;
mod sums;
#[cfg(feature = "rayon")]
mod team;
mod zip;

use core::cell::Cell;
use core::ops::Range;

pub(crate) use beyond::Beyond;
pub(crate) use block::{LANES, load, store};
pub use isa::Isa;
pub(crate) use isa::multiversion;
#[cfg(feature = "std")]
pub(crate) use lanes::LANE;
pub(crate) use map::{map, map_pairs, part};
pub(crate) use prefetch::prefetch;
pub(crate) use sums::{sum_by, sum_parts};

use crate::finite::Finite;
use crate::op::{Call, Fault, Memory, Op, Raw, Spec};

/// Work below this many elementary operations stays on the calling thread: handing it to another
/// costs more than doing it.
#[cfg(feature = "rayon")]
const WORTH_A_THREAD: usize = 1 << 15;

/// The CPU of this machine: a device with its own threads and its own scratch memory.
///
/// A `Cpu` belongs to one thread at a time (it is `Send` but not `Sync`); make one per thread that
/// computes. Results do not depend on its number of threads, bit for bit.
///
/// Without the feature `std` it owns nothing, and kernels use small buffers on the stack.
///
/// ```
/// let cpu = castiron_kernels::Cpu::new();
/// assert_eq!(cpu.threads(), 1);
/// ```
#[derive(Debug)]
pub struct Cpu {
    isa: Isa,
    beyond: Beyond,
    fault: Cell<Option<Fault>>,
    pub(crate) finite: Finite,
    #[cfg(feature = "std")]
    lanes: lanes::Lanes,
    #[cfg(feature = "std")]
    buffer: buffer::Buffer,
    #[cfg(feature = "rayon")]
    team: Option<team::Team>,
}

impl Cpu {
    /// A device that computes on the calling thread.
    ///
    /// On Linux, where the processor has AMX, this asks the operating system once to let the process use it; from
    /// then on, stacks for signal handlers must be large enough for its registers (`AT_MINSIGSTKSZ`).
    pub fn new() -> Self {
        let isa = Isa::detect();
        Cpu {
            isa,
            beyond: Beyond::detect(isa),
            fault: Cell::new(None),
            finite: Finite::default(),
            #[cfg(feature = "std")]
            lanes: lanes::Lanes::new(1),
            #[cfg(feature = "std")]
            buffer: buffer::Buffer::default(),
            #[cfg(feature = "rayon")]
            team: None,
        }
    }

    /// A device with a pool of `threads` threads; zero means one per core.
    ///
    /// # Errors
    /// When the operating system does not give the threads.
    #[cfg(feature = "rayon")]
    pub fn with_threads(threads: usize) -> Result<Self, std::io::Error> {
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, |n| n.get()),
            n => n,
        };
        let mut cpu = Cpu::new();
        if threads > 1 {
            let team = team::Team::new(threads)?;
            // One lane more than the pool has threads (rayon has a limit of its own on these): a kernel
            // called from outside uses the last.
            cpu.lanes = lanes::Lanes::new(team.threads() + 1);
            cpu.team = Some(team);
        }
        Ok(cpu)
    }

    /// How many threads compute.
    pub fn threads(&self) -> usize {
        #[cfg(feature = "rayon")]
        if let Some(team) = &self.team {
            return team.threads();
        }
        1
    }

    /// The instruction set that kernels use.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Whether products of small numbers are computed in the processor's tiles (AMX).
    pub fn tiles(&self) -> bool {
        self.beyond == Beyond::Tiles
    }

    /// What the processor has beyond that instruction set.
    pub(crate) fn beyond(&self) -> Beyond {
        self.beyond
    }

    /// Uses a lesser instruction set than the processor has, to test or to compare; a better one than
    /// it has is ignored. Tiles belong to none of them: they are no longer used.
    #[must_use]
    pub fn with_isa(mut self, isa: Isa) -> Self {
        self.isa = isa.min(self.isa);
        self.beyond = self.beyond.min(Beyond::within(self.isa));
        self
    }

    /// Runs an operation. What it finds wrong is kept for [`Cpu::take_fault`].
    pub fn run<'a, O: Op>(&self, args: &O::Args, arguments: &'a mut [Raw<'a>]) {
        self.call::<O>(Call::new(args), arguments);
    }

    /// [`Cpu::run`] with a kernel that is chosen already.
    pub fn call<'a, O: Op>(&self, Call { args, kernel }: Call<'_, O>, arguments: &'a mut [Raw<'a>]) {
        // In place: for small models a copy of it is worth avoiding.
        let mut spec = Spec::new();
        O::memory(args, &mut spec);
        match Memory::new(O::NAME, &spec, arguments) {
            Ok(mut memory) => match self.finite.watched() {
                None => kernel(self, args, &mut memory),
                Some(watched) => {
                    let found =
                        watched(&spec, &mut memory, O::name(args), &|memory| kernel(self, args, memory));
                    self.finite.keep(found);
                }
            },
            Err(fault) => self.report(fault),
        }
    }

    /// Notes that an operation failed; the first fault stays until it is taken.
    pub fn report(&self, fault: Fault) {
        self.fault.set(self.fault.get().or(Some(fault)));
    }

    /// The first fault since the last call, if there was one.
    pub fn take_fault(&self) -> Option<Fault> {
        self.fault.take()
    }

    /// Runs `f` inside the pool, where starting parallel work costs no allocation. Enter once around
    /// many operations.
    pub fn enter<R: Send>(&self, f: impl FnOnce(&Cpu) -> R + Send) -> R {
        #[cfg(feature = "rayon")]
        if let Some(team) = &self.team {
            return team.enter(self, f);
        }
        f(self)
    }

    /// Calls `f(task, scratch)` for every task below `tasks`, on several threads when `work` (the
    /// number of elementary operations in all) is worth it. `scratch` belongs to the call; its
    /// content is left over from earlier ones.
    ///
    /// Which thread runs a task is not determined, so what a task computes must not depend on it.
    pub fn parallel(&self, tasks: usize, work: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
        self.parallel_runs(tasks, tasks, work, &|run, scratch| run.for_each(|task| f(task, scratch)));
    }

    /// [`Cpu::parallel`] for tasks that have something in common with the next: `f(run, scratch)` does a
    /// run of them, one after the other. There are about `runs` for each thread, so what a task computes must
    /// not depend on how long they are.
    ///
    /// `f` is a pointer, so that this is compiled once and not for every kernel.
    pub(crate) fn parallel_runs(
        &self,
        tasks: usize,
        runs: usize,
        work: usize,
        f: &(dyn Fn(Range<usize>, &mut [f32]) + Sync),
    ) {
        #[cfg(feature = "rayon")]
        if let Some(team) = &self.team
            && tasks > 1
            && self.shares(work)
        {
            return team.parallel(self, tasks, runs, f);
        }
        let _ = (work, runs);
        self.with_scratch(|scratch| f(0..tasks, scratch));
    }

    /// Whether so many elementary operations are done by several threads.
    pub(crate) fn shares(&self, work: usize) -> bool {
        #[cfg(feature = "rayon")]
        return self.team.is_some() && work >= WORTH_A_THREAD;
        #[cfg(not(feature = "rayon"))]
        {
            let _ = work;
            false
        }
    }

    /// [`Cpu::parallel`] over pieces of `data`, each of `len` elements (the last may be shorter).
    pub fn parallel_chunks<T: Send>(
        &self,
        data: &mut [T],
        len: usize,
        work: usize,
        f: impl Fn(usize, &mut [T], &mut [f32]) + Sync,
    ) {
        let (total, len) = (data.len(), len.max(1));
        let base = SendPtr(data.as_mut_ptr());
        self.parallel(total.div_ceil(len), work, |task, scratch| {
            let start = task * len;
            // SAFETY: tasks are distinct, so their ranges are disjoint parts of `data`, which is
            // borrowed for as long as `parallel` runs.
            let chunk =
                unsafe { core::slice::from_raw_parts_mut(base.get().add(start), len.min(total - start)) };
            f(task, chunk, scratch);
        });
    }

    /// Lends memory to an operation as a whole, beside the scratch memory of its tasks: `len` floats, whose content is
    /// left over from earlier ones. Without a standard library it lies on the stack, and is never longer than
    /// [`STACK`](Self::STACK).
    pub(crate) fn with_buffer(&self, len: usize, f: impl FnOnce(&mut [f32])) {
        #[cfg(feature = "std")]
        self.buffer.with(len, f);
        #[cfg(not(feature = "std"))]
        f(crate::sure::cut_mut(&mut [0.0; Self::STACK], 0, len.min(Self::STACK)));
    }

    /// Floats of [`Self::with_buffer`] where they are on the stack.
    pub(crate) const STACK: usize = 1 << 10;

    #[cfg(feature = "std")]
    fn with_scratch(&self, f: impl FnOnce(&mut [f32])) {
        #[cfg(feature = "rayon")]
        if let Some(team) = &self.team {
            return self.lanes.with(team.index().unwrap_or(team.threads()), f);
        }
        self.lanes.with(0, f);
    }

    #[cfg(not(feature = "std"))]
    fn with_scratch(&self, f: impl FnOnce(&mut [f32])) {
        f(&mut []);
    }
}

impl Default for Cpu {
    fn default() -> Self {
        Self::new()
    }
}

/// A pointer that may cross threads, for kernels whose tasks write disjoint parts of one buffer.
pub(crate) struct SendPtr<T>(pub(crate) *mut T);
// SAFETY: only an address; each use says why its accesses are disjoint.
unsafe impl<T: Send> Send for SendPtr<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for SendPtr<T> {}
impl<T> SendPtr<T> {
    /// A method, so that closures capture the wrapper and not the pointer in it.
    pub(crate) fn get(&self) -> *mut T {
        self.0
    }
}

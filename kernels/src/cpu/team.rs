//! A pool of threads with a resident driver.
//!
//! Inside its own pool rayon allocates nothing; from outside it does, at every few calls. So one of
//! the pool's threads waits in a loop for closures from outside and runs them: entering is a lock and
//! a wake-up, and a training step allocates nothing wherever it is called from.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use super::Cpu;

pub(crate) struct Team {
    pool: rayon::ThreadPool,
    mailbox: Arc<Mailbox>,
}

#[derive(Default)]
struct Mailbox {
    slot: Mutex<Slot>,
    posted: Condvar,
    finished: Condvar,
}

#[derive(Default)]
enum Slot {
    #[default]
    Empty,
    Posted(Job),
    Finished(Result<(), Box<dyn Any + Send>>),
    Quit,
}

/// A call that waits on its caller's stack.
struct Job {
    call: unsafe fn(*mut ()),
    data: *mut (),
}
// SAFETY: `Team::enter` only posts closures that are `Send`, and waits until they have run.
unsafe impl Send for Job {}

/// A part of a kernel's work, a run of tasks by their numbers, with the scratch memory of its thread.
type Work<'f> = dyn Fn(Range<usize>, &mut [f32]) + Sync + 'f;

impl Team {
    pub(crate) fn new(threads: usize) -> Result<Self, std::io::Error> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("castiron-{i}"))
            .build()
            .map_err(std::io::Error::other)?;
        let mailbox = Arc::new(Mailbox::default());
        let driver = Arc::clone(&mailbox);
        pool.spawn(move || driver.serve());
        Ok(Team { pool, mailbox })
    }

    pub(crate) fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Which of the pool's threads this is; none from outside.
    pub(crate) fn index(&self) -> Option<usize> {
        self.pool.current_thread_index()
    }

    pub(crate) fn enter<R: Send>(&self, cpu: &Cpu, f: impl FnOnce(&Cpu) -> R + Send) -> R {
        if self.index().is_some() {
            return f(cpu);
        }
        struct Crossing<'a, F, R> {
            cpu: &'a Cpu,
            f: Option<F>,
            result: Option<R>,
        }
        unsafe fn call<F: FnOnce(&Cpu) -> R, R>(data: *mut ()) {
            // SAFETY: `data` is the `Crossing` below, which its owner does not touch until this ends.
            let crossing = unsafe { &mut *data.cast::<Crossing<'_, F, R>>() };
            if let Some(f) = crossing.f.take() {
                crossing.result = Some(f(crossing.cpu));
            }
        }
        fn job<F: FnOnce(&Cpu) -> R, R>(crossing: &mut Crossing<'_, F, R>) -> Job {
            Job { call: call::<F, R>, data: (crossing as *mut Crossing<'_, F, R>).cast() }
        }
        // `f` and `R` are `Send`. `&Cpu` is not, but the calling thread does nothing until the job is
        // finished, so at any time one thread uses the device: what `Cpu: Send` allows.
        let mut crossing = Crossing { cpu, f: Some(f), result: None };
        self.mailbox.execute(job(&mut crossing));
        crossing.result.expect("the driver runs every job it takes")
    }

    /// Cut into about `runs` runs for each thread: those that are done take over from the others.
    /// Through a pointer to the function, so that rayon's machinery is compiled once and not for every kernel.
    pub(crate) fn parallel(&self, cpu: &Cpu, tasks: usize, runs: usize, f: &Work<'_>) {
        fn split(team: &Team, lanes: &super::lanes::Lanes, run: Range<usize>, most: usize, f: &Work<'_>) {
            if run.len() <= most {
                let index = team.pool.current_thread_index().expect("runs inside the pool");
                lanes.with(index, |scratch| f(run, scratch));
            } else {
                let middle = run.start.midpoint(run.end);
                let (left, right) = (run.start..middle, middle..run.end);
                rayon::join(|| split(team, lanes, left, most, f), || split(team, lanes, right, most, f));
            }
        }
        let most = tasks.div_ceil(runs.saturating_mul(self.threads())).max(1);
        self.enter(cpu, |cpu| {
            if let Some(team) = &cpu.team {
                split(team, &cpu.lanes, 0..tasks, most, f);
            }
        });
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        *self.mailbox.lock() = Slot::Quit;
        self.mailbox.posted.notify_one();
    }
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The driver's loop.
    fn serve(&self) {
        let mut slot = self.lock();
        loop {
            match std::mem::take(&mut *slot) {
                Slot::Posted(job) => {
                    drop(slot);
                    // SAFETY: the poster keeps `data` alive, and to itself, until it sees `Finished`.
                    let result = catch_unwind(AssertUnwindSafe(|| unsafe { (job.call)(job.data) }));
                    slot = self.lock();
                    *slot = Slot::Finished(result);
                    self.finished.notify_one();
                }
                Slot::Quit => return,
                other => {
                    *slot = other;
                    slot = self.posted.wait(slot).unwrap_or_else(|poisoned| poisoned.into_inner());
                }
            }
        }
    }

    /// Posts a job and waits for its end; a panic in it continues here.
    fn execute(&self, job: Job) {
        let mut slot = self.lock();
        *slot = Slot::Posted(job);
        self.posted.notify_one();
        loop {
            slot = self.finished.wait(slot).unwrap_or_else(|poisoned| poisoned.into_inner());
            if let Slot::Finished(result) = &mut *slot {
                let result = std::mem::replace(result, Ok(()));
                *slot = Slot::Empty;
                drop(slot);
                match result {
                    Ok(()) => return,
                    Err(panic) => resume_unwind(panic),
                }
            }
        }
    }
}

impl core::fmt::Debug for Team {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} threads", self.threads())
    }
}

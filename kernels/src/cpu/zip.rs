//! Pieces of several buffers at once.

use core::array::from_fn;

use super::{Cpu, SendPtr};

impl Cpu {
    /// [`Cpu::parallel_chunks`] over several buffers at once: a task gets one piece of each, of the
    /// lengths `lens`. A buffer that ends before the others gives shorter pieces, then empty ones.
    pub(crate) fn parallel_zip<T: Send, const N: usize>(
        &self,
        data: [&mut [T]; N],
        lens: [usize; N],
        work: usize,
        f: impl Fn(usize, [&mut [T]; N], &mut [f32]) + Sync,
    ) {
        let totals: [usize; N] = from_fn(|n| data[n].len());
        let lens = lens.map(|len| len.max(1));
        let tasks = (0..N).map(|n| totals[n].div_ceil(lens[n])).max().unwrap_or(0);
        let bases = data.map(|data| SendPtr(data.as_mut_ptr()));
        self.parallel(tasks, work, |task, scratch| {
            let pieces = from_fn(|n| {
                let start = task.saturating_mul(lens[n]).min(totals[n]);
                let len = lens[n].min(totals[n] - start);
                // SAFETY: `start + len` is within buffer `n`, which is borrowed for as long as
                // `parallel` runs. Pieces of one buffer are disjoint because tasks are distinct.
                unsafe { core::slice::from_raw_parts_mut(bases[n].get().add(start), len) }
            });
            f(task, pieces, scratch);
        });
    }
}

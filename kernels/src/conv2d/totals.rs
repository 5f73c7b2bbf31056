//! Sums of rows: the gradient of the bias.

use crate::sure::holds;
use crate::vector::{Kernel, Vector};

/// sums\[r\] ← sums\[r\] + Σₚ dy\[r·`row` + p\] over `len` pixels p.
pub(super) struct Totals<'a> {
    pub(super) dy: &'a [f32],
    pub(super) row: usize,
    pub(super) len: usize,
    pub(super) sums: &'a mut [f32],
}

impl Kernel for Totals<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Totals { dy, row, len, sums } = self;
        if sums.is_empty() || !holds(dy.len() >= (sums.len() - 1) * row + len) {
            return;
        }
        let last = sums.len() - 1;
        for (i, sums) in sums.chunks_mut(4).enumerate() {
            // SAFETY: `len` floats of rows that are within `dy`, as checked; a row that is not there is
            // the last one, once more.
            let totals = unsafe {
                let rows: [*const f32; 4] =
                    core::array::from_fn(|r| dy.as_ptr().add((4 * i + r).min(last) * row));
                let mut totals = [V::splat(0.0); 4];
                for at in (0..len).step_by(V::N) {
                    let mask = V::mask(0..(len - at) as isize);
                    let mut r = 0;
                    while r < 4 {
                        totals[r] = totals[r].add(V::load_masked(rows[r].add(at), mask));
                        r += 1;
                    }
                }
                V::sums(totals)
            };
            sums.iter_mut().zip(totals).for_each(|(sum, total)| *sum += total);
        }
    }
}

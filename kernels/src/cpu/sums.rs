//! Sums whose order, and so whose result, does not depend on the number of threads.

use core::ops::Range;

use super::Cpu;
use crate::sure::cut_mut;

/// How many parts a long sum is cut into at most.
const PARTS: usize = 64;

/// Lanes of a long sum. With fewer, LLVM unrolls the loop over them before it could vectorise it.
const LANES: usize = 64;

/// Lanes of what is left over, and of short sums.
const FEW: usize = 8;

/// After this many elements the lanes are added up in double precision, so that the rounding error
/// does not grow with the length.
const BLOCK: usize = 1 << 10;

/// The sum of `part` over fixed parts of `0..len`, each at least `least` long (but for the last).
pub(crate) fn sum_parts(
    cpu: &Cpu,
    len: usize,
    least: usize,
    work: usize,
    part: impl Fn(Range<usize>) -> f64 + Sync,
) -> f64 {
    let size = len.div_ceil(PARTS).max(least).max(1);
    let mut partial = [0.0; PARTS];
    let partial = cut_mut(&mut partial, 0, len.div_ceil(size));
    cpu.parallel_chunks(partial, 1, work, |i, sum, _| {
        sum.fill(part(i * size..((i + 1) * size).min(len)));
    });
    partial.iter().sum()
}

/// Σ f(aᵢ, bᵢ) over two slices of one length; for a sum over one, give it twice. For use within
/// `multiversion!`.
#[inline(always)]
pub(crate) fn sum_by(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> f64 {
    let mut total = 0.0;
    for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
        let (long, a, b) = lanes::<LANES>(a, b, &f);
        let (short, a, b) = lanes::<FEW>(a, b, &f);
        let rest: f32 = a.iter().zip(b).map(|(a, b)| f(*a, *b)).sum();
        total += (long + (short + rest)) as f64;
    }
    total
}

/// Sums the whole groups of `L` elements, and gives the rest of the slices.
#[inline(always)]
fn lanes<'a, const L: usize>(
    a: &'a [f32],
    b: &'a [f32],
    f: impl Fn(f32, f32) -> f32,
) -> (f32, &'a [f32], &'a [f32]) {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<L>(), b.as_chunks::<L>());
    if a.is_empty() {
        return (0.0, a_rest, b_rest);
    }
    let mut sums = [0.0f32; L];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += f(*a, *b);
        }
    }
    let mut width = L / 2;
    while width > 0 {
        for l in 0..width {
            sums[l] += sums[l + width];
        }
        width /= 2;
    }
    (sums[0], a_rest, b_rest)
}

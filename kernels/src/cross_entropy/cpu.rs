use super::Args;
use crate::cpu::{SendPtr, multiversion, sum_by, sum_parts};
use crate::softmax::exponentials;
use crate::sure::{cut, get, holds, rest, set};
use crate::vector::{Kernel, Registers, Vector, run};
use crate::{Cpu, math};

/// Elements handed to one task, roughly.
const CHUNK: usize = 1 << 11;

/// Elementary operations per element, roughly.
const COST: usize = 6;

/// Σ w[t]·(−x[t]) over the rows that count.
pub(super) fn picked(args: &Args, x: &[f32], target: &[i32], weights: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (row, &target) in target.iter().enumerate() {
        if let Some(class) = args.class(target) {
            sum -= get(weights, class) as f64 * get(x, row * args.classes + class) as f64;
        }
    }
    sum
}

/// Writes the probabilities, and gives the sum of the rows' losses.
pub(super) fn forward(
    cpu: &Cpu,
    args: &Args,
    smoothing: f32,
    x: &[f32],
    target: &[i32],
    weights: &[f32],
    probabilities: &mut [f32],
) -> f64 {
    let (isa, classes) = (cpu.isa(), args.classes);
    // Another operation may have called this one with memory of its own.
    if classes == 0 || !holds(probabilities.len() >= args.elements()) {
        return 0.0;
    }
    let base = SendPtr(probabilities.as_mut_ptr());
    sum_parts(cpu, args.rows, CHUNK.div_ceil(classes), x.len() * COST, |rows| {
        let elements = rows.start * classes..rows.end * classes;
        // SAFETY: parts are disjoint ranges of rows, and `probabilities` has `rows · classes` elements
        // (just checked), borrowed for as long as `sum_parts` runs.
        let probabilities =
            unsafe { core::slice::from_raw_parts_mut(base.get().add(elements.start), elements.len()) };
        let (x, target) = (cut(x, elements.start, elements.len()), cut(target, rows.start, rows.len()));
        let mut loss = 0.0;
        run(isa, Losses { args, smoothing, x, target, weights, probabilities, loss: &mut loss });
        loss
    })
}

struct Losses<'a> {
    args: &'a Args,
    smoothing: f32,
    x: &'a [f32],
    target: &'a [i32],
    weights: &'a [f32],
    probabilities: &'a mut [f32],
    /// The sum over the rows.
    loss: &'a mut f64,
}
impl Kernel for Losses<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Losses { args, x, target, weights, probabilities, loss, .. } = self;
        let smoothing = self.smoothing as f64;
        let all_weights = sum_by(weights, weights, |w, _| w);
        let classes = args.classes.max(1);
        let rows = x.chunks_exact(classes).zip(probabilities.chunks_exact_mut(classes));
        for ((x, p), &target) in rows.zip(target) {
            // SAFETY: within `run`.
            let (max, sum) = unsafe { exponentials::<V>(x, p, true) };
            let scale = 1.0 / sum;
            // SAFETY: within `run`.
            let mut p = unsafe { Registers::<V>::new(p) };
            for i in 0..p.count() {
                p.set(i, p.get(i) * scale);
            }
            if let Some(class) = args.class(target) {
                let log_sum = math::ln(sum) as f64;
                let sharp = log_sum - (get(x, class) - max) as f64;
                *loss += (1.0 - smoothing) * get(weights, class) as f64 * sharp;
                // Only where it has a part: an impossible class would make it 0·∞.
                if smoothing != 0.0 {
                    let even = all_weights * log_sum - sum_by(x, weights, |x, w| w * (x - max));
                    *loss += smoothing / args.classes as f64 * even;
                }
            }
        }
    }
}

/// `scale` is one over the total weight.
#[allow(clippy::too_many_arguments)]
pub(super) fn backward(
    cpu: &Cpu,
    args: &Args,
    smoothing: f32,
    scale: f64,
    probabilities: &[f32],
    target: &[i32],
    weights: &[f32],
    dx: &mut [f32],
) {
    let (isa, classes) = (cpu.isa(), args.classes);
    let rows = CHUNK.div_ceil(classes.max(1));
    let work = dx.len() * 2;
    cpu.parallel_chunks(dx, rows * classes, work, |i, dx, _| {
        let target = rest(target, i * rows);
        if args.log_probabilities {
            dx.fill(0.0);
            for (dx, &target) in dx.chunks_exact_mut(classes.max(1)).zip(target) {
                if let Some(class) = args.class(target) {
                    set(dx, class, -(get(weights, class) as f64 * scale) as f32);
                }
            }
        } else {
            let p = cut(probabilities, i * rows * classes, dx.len());
            gradients(isa, args, smoothing, scale, p, target, weights, dx);
        }
    });
}

multiversion! {
    fn gradients(
        isa, args: &Args, smoothing: f32, scale: f64, p: &[f32], target: &[i32], weights: &[f32], dx: &mut [f32],
    ) {
        let smoothing = smoothing as f64;
        let even = smoothing / args.classes as f64 * scale;
        let all_weights = sum_by(weights, weights, |w, _| w);
        let classes = args.classes.max(1);
        let rows = p.chunks_exact(classes).zip(dx.chunks_exact_mut(classes));
        for ((p, dx), &target) in rows.zip(target) {
            let Some(class) = args.class(target) else {
                dx.fill(0.0);
                continue;
            };
            let sharp = (1.0 - smoothing) * get(weights, class) as f64 * scale;
            let (of_p, of_w) = ((sharp + even * all_weights) as f32, even as f32);
            for ((dx, p), w) in dx.iter_mut().zip(p).zip(weights) {
                *dx = of_p * p - of_w * w;
            }
            set(dx, class, get(dx, class) - sharp as f32);
        }
    }
}

use super::Args;
use crate::Cpu;
use crate::cpu::part;
use crate::math::{self, F32s};
use crate::vector::{Kernel, Vector, Wide, run};

/// Elements handed to one task, roughly.
const CHUNK: usize = 1 << 12;

pub(super) fn forward(cpu: &Cpu, args: &Args, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
    let (isa, len) = (cpu.isa(), args.len());
    let rows = CHUNK.div_ceil(len.max(1));
    cpu.parallel_chunks(y, rows * len, x.len() * 4, |i, y, _| {
        let x = &x[i * rows * len..][..y.len()];
        run(isa, Forward { args, row: i * rows, weight, bias, x, y });
    });
}

/// Elements whose sum is added up in single precision, in four registers.
const BLOCK: usize = 1 << 12;

/// Σ (x − centre), or of the squares of that.
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn sum<V: Vector, const SQUARES: bool>(x: &[f32], centre: f32) -> f64 {
    let mut total = 0.0;
    for x in x.chunks(BLOCK) {
        // SAFETY: within `run`.
        let (zero, middle) = unsafe { (Wide::<V>::splat(0.0), Wide::<V>::splat(centre)) };
        let mut sums = [zero; 4];
        for i in (0..x.len()).step_by(sums.len() * V::N) {
            for (j, sum) in sums.iter_mut().enumerate() {
                let at = i + j * V::N;
                // SAFETY: within `run`, and the lanes are those of x. What is beside it adds nothing.
                let x = unsafe { load(x, at, centre) } - middle;
                *sum = if SQUARES { x.mul_add(x, *sum) } else { *sum + x };
            }
        }
        total += ((sums[0] + sums[1]) + (sums[2] + sums[3])).sum() as f64;
    }
    total
}

/// Elements of `x` from `at` on, and `rest` behind the last.
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
pub(super) unsafe fn load<V: Vector>(x: &[f32], at: usize, rest: f32) -> Wide<V> {
    // SAFETY: the lanes are those of x.
    unsafe { Wide::load_lanes(x.as_ptr().wrapping_add(at), 0..x.len() as isize - at as isize, rest) }
}

/// The mean of a row, or 0 where it is not subtracted, and 1/√(σ² + ε).
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
pub(super) unsafe fn statistics<V: Vector>(args: &Args, x: &[f32]) -> [f32; 2] {
    let n = x.len() as f64;
    // SAFETY: within `run`.
    let sum_of_all = if args.centred { unsafe { sum::<V, false>(x, 0.0) } } else { 0.0 };
    let mean = (sum_of_all / n) as f32;
    // SAFETY: as above.
    let squares = unsafe { sum::<V, true>(x, mean) };
    [mean, 1.0 / math::sqrt((squares / n) as f32 + args.eps)]
}

struct Forward<'a> {
    args: &'a Args,
    /// The first.
    row: usize,
    weight: &'a [f32],
    bias: &'a [f32],
    x: &'a [f32],
    y: &'a mut [f32],
}
impl Kernel for Forward<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Forward { args: args @ &Args { groups, channels, pixels, .. }, row, weight, bias, x, y } = self;
        let len = args.len();
        for (i, (x, y)) in x.chunks_exact(len).zip(y.chunks_exact_mut(len)).enumerate() {
            let first = (row + i) % groups * channels;
            let (weight, bias) = (part(weight, first, channels), part(bias, first, channels));
            // SAFETY: within `run`.
            let [mean, scale] = unsafe { statistics::<V>(args, x) };
            if pixels == 1 {
                // SAFETY: within `run`.
                unsafe { normalize_row::<V>([mean, scale], weight, bias, x, y) };
                continue;
            }
            for (c, (x, y)) in x.chunks_exact(pixels).zip(y.chunks_exact_mut(pixels)).enumerate() {
                let scale = scale * weight.get(c).unwrap_or(&1.0);
                // SAFETY: within `run`.
                unsafe { normalize_plane::<V>(mean, scale, *bias.get(c).unwrap_or(&0.0), x, y) };
            }
        }
    }
}

/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn normalize_row<V: Vector>(
    [mean, scale]: [f32; 2],
    weight: &[f32],
    bias: &[f32],
    x: &[f32],
    y: &mut [f32],
) {
    // SAFETY: within `run`; lanes are those of the slices.
    unsafe {
        let (mean, scale) = (Wide::<V>::splat(mean), Wide::<V>::splat(scale));
        for at in (0..x.len()).step_by(V::N) {
            let mut value = (load(x, at, 0.0) - mean) * scale;
            if !weight.is_empty() {
                value = value * load(weight, at, 0.0);
            }
            if !bias.is_empty() {
                value = value + load(bias, at, 0.0);
            }
            value.store(y.as_mut_ptr().add(at), y.len() - at);
        }
    }
}

/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn normalize_plane<V: Vector>(mean: f32, scale: f32, bias: f32, x: &[f32], y: &mut [f32]) {
    // SAFETY: within `run`; lanes are those of the slices.
    unsafe {
        let (mean, scale, bias) = (Wide::<V>::splat(mean), Wide::splat(scale), Wide::splat(bias));
        for at in (0..x.len()).step_by(V::N) {
            let value = (load(x, at, 0.0) - mean).mul_add(scale, bias);
            value.store(y.as_mut_ptr().add(at), y.len() - at);
        }
    }
}

//! The gradient of the maxima of windows that may overlap.

use super::Args;
use super::lines::{MARGINS, Part, parts};
use super::max::replaces;
use crate::math::F32s;
use crate::vector::{Kernel, Vector, Wide};

/// Windows further from each other are looked at one by one.
const NEAR: usize = 2;

/// dx ← what the maximum of each window gets.
pub(super) struct Spread<'a> {
    pub(super) args: Args,
    pub(super) x: &'a [f32],
    pub(super) dy: &'a [f32],
    pub(super) dx: &'a mut [f32],
}
impl Kernel for Spread<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Spread { args, x, dy, dx } = self;
        let [from, to] = args.areas();
        for ((x, dx), dy) in x.chunks_exact(from).zip(dx.chunks_exact_mut(from)).zip(dy.chunks_exact(to)) {
            dx.fill(0.0);
            match parts(&args) {
                Some(parts) if args.stride[1] <= NEAR => {
                    for part in parts {
                        // SAFETY: within `run`.
                        unsafe { spread::<V>(&args, part, x, dy, dx) }
                    }
                }
                _ => spread_slowly(&args, x, dy, dx),
            }
        }
    }
}

/// Adds the gradient of a part of each line of windows. Which pixel is the maximum is found out for a register of them
/// at a time, as a number, since branches would be mispredicted.
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn spread<V: Vector>(args: &Args, part: Part, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let ([down, across], [height, width]) = (args.axes(), args.kernel);
    // What a pixel gets is gathered from the windows that it is in: `margin` windows to both sides have no
    // gradient.
    let margin = (width - 1) / across.stride;
    let (mut at, mut given) = ([0.0f32; MARGINS], [0.0f32; MARGINS]);
    for i in 0..down.windows {
        let lines = down.window(i, height);
        let top = (lines.start + down.padding).saturating_sub(i * down.stride);
        for j in (0..part.count).step_by(V::N) {
            // A window of −∞ has its first pixel as maximum.
            let left = |j: usize| across.padding.saturating_sub((part.first + j) * across.stride);
            let at = &mut at[margin + j..][..V::N];
            at.iter_mut().zip(j..).for_each(|(at, j)| *at = (top * width + left(j)) as f32);
            // SAFETY: within `run`, and `at` is a register.
            unsafe {
                let mut max = Wide::<V>::splat(f32::NEG_INFINITY);
                let mut best = Wide::<V>::load(at.as_ptr(), V::N);
                for (u, y) in (top..).zip(lines.clone()) {
                    let line = &x[y * across.input + part.from..][..part.pixels];
                    for v in 0..width {
                        let x = pixels::<V>(
                            line,
                            (j * across.stride + v) as isize - part.to as isize,
                            across.stride,
                        );
                        let greater = x.replaces(max);
                        best = x.of((u * width + v) as f32).when(greater, best);
                        max = x.when(greater, max);
                    }
                }
                best.store(at.as_mut_ptr(), V::N);
            }
        }
        given[margin..][..part.count].copy_from_slice(&dy[i * across.windows + part.first..][..part.count]);
        for (u, y) in (top..).zip(lines) {
            let dx = &mut dx[y * across.input + part.from..][..part.pixels];
            for q in (0..part.reach.div_ceil(across.stride)).step_by(V::N) {
                // SAFETY: within `run`.
                unsafe {
                    let mut sums = [Wide::<V>::splat(0.0); NEAR];
                    let from = margin + q;
                    if across.stride == 2 {
                        sums[0] = gathered(&at, &given, from, u * width, (0..width).step_by(2));
                        sums[1] = gathered(&at, &given, from, u * width, (1..width).step_by(2));
                    } else {
                        sums[0] = gathered(&at, &given, from, u * width, 0..width);
                    }
                    add(dx, (q * across.stride) as isize - part.to as isize, across.stride, sums);
                }
            }
        }
    }
}

/// What a register of pixels gets that are pixel v of the window `from`, `from` − 1, ..
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn gathered<V: Vector>(
    at: &[f32; MARGINS],
    given: &[f32; MARGINS],
    from: usize,
    first: usize,
    pixels: impl Iterator<Item = usize>,
) -> Wide<V> {
    // SAFETY: the caller's promise, and slices are registers.
    unsafe {
        let mut sum = Wide::<V>::splat(0.0);
        for (back, v) in pixels.enumerate() {
            let at = Wide::<V>::load(at[from - back..][..V::N].as_ptr(), V::N);
            let given = Wide::load(given[from - back..][..V::N].as_ptr(), V::N);
            sum = (sum + given).when(at.equal(at.of((first + v) as f32)), sum);
        }
        sum
    }
}

/// Pixels of a line from `at` on, as far from each other as the stride is; −∞ beside the line.
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn pixels<V: Vector>(line: &[f32], at: isize, stride: usize) -> Wide<V> {
    // SAFETY: the caller's promise.
    unsafe {
        let low = beside(line, at);
        if stride == 1 { low } else { low.unzip(beside(line, at + V::N as isize))[0] }
    }
}

/// Pixels of a line from `at` on; −∞ beside it.
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn beside<V: Vector>(line: &[f32], at: isize) -> Wide<V> {
    // SAFETY: the caller's promise; only lanes within the line are accessed.
    unsafe {
        Wide::load_lanes(line.as_ptr().wrapping_offset(at), -at..line.len() as isize - at, f32::NEG_INFINITY)
    }
}

/// Adds sums, those of the pixels by turns, to a line from `at` on.
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn add<V: Vector>(line: &mut [f32], at: isize, stride: usize, sums: [Wide<V>; NEAR]) {
    let sums = if stride == 1 { sums } else { sums[0].zip(sums[1]) };
    for (sum, at) in sums.into_iter().zip([at, at + V::N as isize]).take(stride) {
        let (to, lanes) = (line.as_mut_ptr().wrapping_offset(at), -at..line.len() as isize - at);
        // SAFETY: the caller's promise; only lanes within the line are accessed.
        unsafe { (Wide::load_lanes(to, lanes.clone(), 0.0) + sum).store_lanes(to, lanes) }
    }
}

/// Window by window, where there are no parts, or windows are far from each other.
fn spread_slowly(args: &Args, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let [down, across] = args.axes();
    for i in 0..down.windows {
        for j in 0..across.windows {
            let mut max = (f32::NEG_INFINITY, None);
            for y in down.window(i, args.kernel[0]) {
                for x_at in across.window(j, args.kernel[1]) {
                    let at = y * across.input + x_at;
                    if replaces(x[at], max.0) || max.1.is_none() {
                        max = (x[at], Some(at));
                    }
                }
            }
            if let Some(at) = max.1 {
                dx[at] += dy[i * across.windows + j];
            }
        }
    }
}

//! Register tiles: pixels by two registers of output channels, along the depth.

use super::BLOCK;
use crate::cpu::prefetch;
use crate::vector::Vector;
use crate::weight::Weight;

/// Where the numbers of a sum are, relative to the pixel: `runs` times `run` of them side by side (of the last run
/// `last`), and each run `stride` after the one before.
#[derive(Clone, Copy)]
pub(super) struct Depth {
    pub(super) runs: usize,
    pub(super) run: usize,
    pub(super) last: usize,
    pub(super) stride: usize,
}

/// What tiles have in common.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    pub(super) depth: Depth,
    /// From one block of weights to the next, and of the output.
    pub(super) w_block: usize,
    pub(super) y_block: usize,
    pub(super) limits: [f32; 2],
}

/// Where one is: its first pixel, the weights and the bias of its first channel, its first output, and the residual
/// there or null.
#[derive(Clone, Copy)]
pub(super) struct Place<T> {
    pub(super) x: *const f32,
    pub(super) w: *const T,
    pub(super) bias: *const f32,
    pub(super) y: *mut f32,
    pub(super) residual: *const f32,
}

/// The next tile of `pixels` successive ones, of which `done` are done: how many, and the first of them. Tiles may
/// overlap: what is written twice is the same.
#[inline(always)]
pub(super) fn next(done: usize, pixels: usize, large: usize, small: usize) -> (usize, usize) {
    let left = pixels - done;
    match () {
        () if left >= large => (large, done),
        () if left > small && pixels >= large => (large, pixels - large),
        () if left >= small => (small, done),
        () if pixels >= small => (small, pixels - small),
        () => (1, done),
    }
}

/// Computes `pixels` successive pixels, `STEP` floats apart in x, of one block of channels, or of two, of whose weights
/// `panel` tiles were computed before.
///
/// # Safety
/// All of it is there, y is nobody else's, and this is called within [`crate::vector::run`].
#[inline(always)]
pub(super) unsafe fn pixels<V: Vector, T: Weight, const STEP: usize>(
    t: &Tile,
    at: Place<T>,
    pixels: usize,
    blocks: usize,
    mut panel: usize,
) {
    let (large, small) = if V::N == BLOCK { (14, 7) } else { (6, 3) };
    let mut done = 0;
    while done < pixels {
        let (size, first) = next(done, pixels, large, small);
        // SAFETY: within the pixels that the caller promises.
        unsafe {
            let at = Place {
                x: at.x.add(first * STEP),
                y: at.y.add(first * BLOCK),
                residual: at.residual.wrapping_add(if at.residual.is_null() { 0 } else { first * BLOCK }),
                ..at
            };
            // The first two tiles ask for half of the next weights each.
            let next = t.w_block * (blocks + panel.min(blocks));
            match (V::N == BLOCK, size, blocks) {
                (true, 14, 2) => tile::<V, T, 14, 2, STEP>(t, at, next),
                (true, 14, _) => tile::<V, T, 14, 1, STEP>(t, at, next),
                (true, 7, 2) => tile::<V, T, 7, 2, STEP>(t, at, next),
                (true, 7, _) => tile::<V, T, 7, 1, STEP>(t, at, next),
                (true, _, 2) => tile::<V, T, 1, 2, STEP>(t, at, next),
                (true, ..) => tile::<V, T, 1, 1, STEP>(t, at, next),
                (false, ..) => {
                    for lane in (0..blocks * BLOCK).step_by(2 * V::N) {
                        let (block, lane) = (lane / BLOCK, lane % BLOCK);
                        let y = block * t.y_block + lane;
                        let at = Place {
                            w: at.w.add(block * t.w_block + lane),
                            bias: at.bias.add(block * BLOCK + lane),
                            y: at.y.add(y),
                            residual: at.residual.wrapping_add(if at.residual.is_null() { 0 } else { y }),
                            ..at
                        };
                        match size {
                            6 => tile::<V, T, 6, 2, STEP>(t, at, next),
                            3 => tile::<V, T, 3, 2, STEP>(t, at, next),
                            _ => tile::<V, T, 1, 2, STEP>(t, at, next),
                        }
                    }
                }
            }
        }
        panel += 1;
        done = first + size;
    }
}

/// `P` pixels by `C` registers. Weights from `next` on are asked for meanwhile, whether there are any or not.
///
/// # Safety
/// As for [`pixels`].
#[inline(always)]
unsafe fn tile<V: Vector, T: Weight, const P: usize, const C: usize, const STEP: usize>(
    t: &Tile,
    at: Place<T>,
    next: usize,
) {
    // Registers of one block follow each other, and then comes the next block.
    let place = |v: usize, block: usize| v * V::N / BLOCK * block + v * V::N % BLOCK;
    // SAFETY: as the caller promises. Indices with constant bounds: iterators over `sums` would keep it in memory.
    unsafe {
        let mut sums = [[V::splat(0.0); C]; P];
        let mut v = 0;
        while v < C {
            let bias = V::load(at.bias.add(v * V::N));
            let mut p = 0;
            while p < P {
                sums[p][v] = bias;
                p += 1;
            }
            v += 1;
        }
        let mut w = at.w;
        for run in 0..t.depth.runs {
            let mut x = at.x.add(run * t.depth.stride);
            let len = if run + 1 < t.depth.runs { t.depth.run } else { t.depth.last };
            for _ in 0..len {
                let mut weights = [V::splat(0.0); C];
                let mut v = 0;
                while v < C {
                    weights[v] = T::load::<V>(w.add(place(v, t.w_block)));
                    v += 1;
                }
                prefetch(w.wrapping_add(next));
                let mut p = 0;
                while p < P {
                    let x = V::splat(*x.add(p * STEP));
                    let mut v = 0;
                    while v < C {
                        sums[p][v] = sums[p][v].fma(x, weights[v]);
                        v += 1;
                    }
                    p += 1;
                }
                w = w.add(BLOCK);
                x = x.add(1);
            }
        }
        let mut p = 0;
        while p < P {
            let mut v = 0;
            while v < C {
                let to = p * BLOCK + place(v, t.y_block);
                if !at.residual.is_null() {
                    sums[p][v] = sums[p][v].add(V::load(at.residual.add(to)));
                }
                sums[p][v].clamp(t.limits).store(at.y.add(to));
                v += 1;
            }
            p += 1;
        }
    }
}

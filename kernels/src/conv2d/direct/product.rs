//! Weights times shifted images: what the forward pass and the gradient of the input consist of.

use core::marker::PhantomData;

use crate::activation::Activation;
use crate::vector::{Kernel, Vector};

/// One term of every sum: where its image begins, and where its weights are.
#[derive(Clone, Copy, Default)]
pub(super) struct Tap {
    pub(super) image: u32,
    pub(super) weight: u32,
}

/// The pixels of an image: `count` segments of `len` successive ones, `step` floats from one segment
/// to the next.
#[derive(Clone, Copy)]
pub(super) struct Segments {
    pub(super) count: usize,
    pub(super) len: usize,
    pub(super) step: usize,
}

/// Rows of memory, which may lie between rows that other threads write.
pub(super) struct Rows<'a> {
    first: *mut f32,
    count: usize,
    len: usize,
    step: usize,
    lifetime: PhantomData<&'a mut f32>,
}

impl<'a> Rows<'a> {
    /// # Safety
    /// `count` rows of `len` floats, `step` apart, are valid and nobody else's.
    pub(super) unsafe fn new(first: *mut f32, count: usize, len: usize, step: usize) -> Self {
        Rows { first, count, len, step, lifetime: PhantomData }
    }

    /// Row `r`.
    pub(super) fn row(&mut self, r: usize) -> &mut [f32] {
        assert!(r < self.count, "row {r} of {}", self.count);
        // SAFETY: valid and ours, as `new` was promised.
        unsafe { core::slice::from_raw_parts_mut(self.first.add(r * self.step), self.len) }
    }

    /// Rows of `len` floats one after the other.
    pub(super) fn of(memory: &'a mut [f32], len: usize) -> Self {
        let count = memory.len() / len.max(1);
        Rows { first: memory.as_mut_ptr(), count, len, step: len, lifetime: PhantomData }
    }
}

/// Where each row of the weights begins: rows are `row` apart, and after every `block` of them the
/// next one begins `step` from where the block began.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) data: &'a [f32],
    pub(super) row: usize,
    pub(super) block: usize,
    pub(super) step: usize,
}

/// y\[r\]\[p\] ← activation(bias\[r\] + Σₜ weight\[r\]\[t.weight\]·image\[t.image + p\]) over the taps
/// t, for `rows` rows r and all pixels p.
pub(super) struct Product<'a> {
    pub(super) taps: &'a [Tap],
    pub(super) weight: Weights<'a>,
    pub(super) rows: usize,
    /// One for each row, or empty.
    pub(super) bias: &'a [f32],
    /// One that has [`Activation::limits`].
    pub(super) activation: Activation,
    pub(super) image: &'a [f32],
    pub(super) pixels: Segments,
    pub(super) y: Rows<'a>,
}

/// Most rows of a register tile of three vectors, and of others.
const ROWS: [usize; 2] = [8, 6];
/// Most vectors of a register tile.
const ACROSS: usize = 4;

/// Successive pixels of a segment that share a register.
#[derive(Clone, Copy)]
struct Piece<M> {
    image: usize,
    y: usize,
    mask: M,
}

impl Kernel for Product<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Segments { count, len, step } = self.pixels;
        let per_segment = len.div_ceil(V::N);
        let (vectors, furthest) = (count * per_segment, self.furthest());
        if vectors * self.rows == 0 {
            return;
        }
        assert!(self.image.len() >= furthest.image as usize + (count - 1) * step + per_segment * V::N);
        let Weights { data, row, block, step: next } = self.weight;
        let last = (self.rows - 1) / block * next + (self.rows.min(block) - 1) * row;
        assert!(data.len() > furthest.weight as usize + last);
        assert!(self.bias.is_empty() || self.bias.len() >= self.rows);
        assert!(self.y.count >= self.rows && self.y.len >= count * len);
        // Tiles of nearly equal sizes: one with few sums could not hide the latency of the additions.
        let across = vectors.div_ceil(V::ACROSS);
        let (mut segment, mut at) = (0, 0);
        for i in 0..across {
            // SAFETY: called within `run`, as below.
            let none = unsafe { V::mask(0..0) };
            let mut pieces = [Piece { image: 0, y: 0, mask: none }; ACROSS];
            let width = vectors / across + (i < vectors % across) as usize;
            for piece in &mut pieces[..width] {
                // SAFETY: as above.
                let mask = unsafe { V::mask(0..(len - at) as isize) };
                *piece = Piece { image: segment * step + at, y: segment * len + at, mask };
                at += V::N;
                if at >= len {
                    (segment, at) = (segment + 1, 0);
                }
            }
            let down = self.rows.div_ceil(ROWS[(V::ACROSS < 3 || width > 3) as usize]);
            let (mut row, mut weight) = (0, Cursor { offset: 0, index: 0 });
            for j in 0..down {
                let rows = self.rows / down + (j < self.rows % down) as usize;
                macro_rules! tile {
                    ($n:literal: $($r:literal)* | $most:literal) => {
                        match rows {
                            // SAFETY: all that a tile accesses was checked above.
                            $($r => unsafe { self.tile::<V, $r, $n>(row, &mut weight, &pieces) },)*
                            // SAFETY: likewise.
                            _ => unsafe { self.tile::<V, $most, $n>(row, &mut weight, &pieces) },
                        }
                    };
                }
                if V::ACROSS < 3 {
                    tile!(2: 1 2 3 4 5 | 6);
                } else if width < 4 {
                    tile!(3: 1 2 3 4 5 6 7 | 8);
                } else {
                    tile!(4: 1 2 3 4 5 | 6);
                }
                row += rows;
            }
        }
    }
}

/// A row of the weights: where it begins, and which it is of its block.
struct Cursor {
    offset: usize,
    index: usize,
}

impl Product<'_> {
    /// The largest offsets of all taps.
    fn furthest(&self) -> Tap {
        self.taps.iter().fold(Tap::default(), |max, tap| Tap {
            image: max.image.max(tap.image),
            weight: max.weight.max(tap.weight),
        })
    }

    /// # Safety
    /// Rows `row..row + R` of the first `N` pieces, at all taps, are within the slices. `cursor` is at
    /// row `row`, and moves beyond the last.
    #[inline(always)]
    unsafe fn tile<V: Vector, const R: usize, const N: usize>(
        &self,
        row: usize,
        cursor: &mut Cursor,
        pieces: &[Piece<V::Mask>; ACROSS],
    ) {
        // SAFETY: as the caller says.
        unsafe {
            let image: [*const f32; N] = core::array::from_fn(|n| self.image.as_ptr().add(pieces[n].image));
            let Weights { data, row: next, block, step } = self.weight;
            let mut weight = [data.as_ptr(); R];
            for weight in &mut weight {
                *weight = weight.add(cursor.offset);
                cursor.index += 1;
                cursor.offset += next;
                if cursor.index == block {
                    (cursor.index, cursor.offset) = (0, cursor.offset - block * next + step);
                }
            }
            let mut sums = [[V::splat(0.0); N]; R];
            // Indices with constant bounds: iterators over `sums` would keep it in memory.
            let mut r = 0;
            while r < R && !self.bias.is_empty() {
                sums[r] = [V::splat(*self.bias.as_ptr().add(row + r)); N];
                r += 1;
            }
            for tap in self.taps {
                let mut x = [V::splat(0.0); N];
                let mut n = 0;
                while n < N {
                    x[n] = V::load(image[n].add(tap.image as usize));
                    n += 1;
                }
                let mut r = 0;
                while r < R {
                    let w = V::splat(*weight[r].add(tap.weight as usize));
                    let mut n = 0;
                    while n < N {
                        sums[r][n] = sums[r][n].fma(w, x[n]);
                        n += 1;
                    }
                    r += 1;
                }
            }
            macro_rules! apply {
                (|$sum:ident| $result:expr) => {{
                    let mut r = 0;
                    while r < R {
                        let mut n = 0;
                        while n < N {
                            let $sum = sums[r][n];
                            sums[r][n] = $result;
                            n += 1;
                        }
                        r += 1;
                    }
                }};
            }
            match self.activation {
                Activation::Relu => apply!(|sum| V::splat(0.0).max(sum)),
                Activation::Relu6 => apply!(|sum| sum.clamp([0.0, 6.0])),
                _ => {}
            }
            let mut r = 0;
            while r < R {
                let y = self.y.first.add((row + r) * self.y.step);
                let mut n = 0;
                while n < N {
                    sums[r][n].store_masked(y.add(pieces[n].y), pieces[n].mask);
                    n += 1;
                }
                r += 1;
            }
        }
    }
}

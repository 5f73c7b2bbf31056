//! Lines of pixels, copied, split into phases and put together again.

use crate::vector::{Kernel, Vector};

/// Copies lines. `each` are their number, and how far they are apart in x and in `to`.
///
/// # Safety
/// Both pointers are valid for all lines.
#[inline(always)]
pub(super) unsafe fn copy_lines<V: Vector>(
    (lines, pitch, to_pitch): (usize, usize, usize),
    width: usize,
    x: *const f32,
    to: *mut f32,
) {
    let rest = width % V::N;
    // SAFETY: called within `run`.
    let mask = unsafe { V::mask(0..rest as isize) };
    for i in 0..lines {
        // SAFETY: of both lines `width` floats.
        unsafe {
            let (x, to) = (x.add(i * pitch), to.add(i * to_pitch));
            let mut j = 0;
            while j < width - rest {
                V::load(x.add(j)).store(to.add(j));
                j += V::N;
            }
            if rest > 0 {
                V::load_masked(x.add(j), mask).store_masked(to.add(j), mask);
            }
        }
    }
}

/// Copies the pixels of lines by turns to two phases.
///
/// # Safety
/// Both pointers are valid for all lines.
#[inline(always)]
pub(super) unsafe fn unzip_lines<V: Vector>(
    (lines, pitch, to_pitch): (usize, usize, usize),
    width: usize,
    x: *const f32,
    even: *mut f32,
    odd: *mut f32,
) {
    let rest = width % (2 * V::N);
    let low = rest.min(V::N);
    // SAFETY: called within `run`.
    let (one, other, evens, odds) = unsafe {
        let (one, other) = (V::mask(0..low as isize), V::mask(0..(rest - low) as isize));
        (one, other, V::mask(0..rest.div_ceil(2) as isize), V::mask(0..(rest / 2) as isize))
    };
    for i in 0..lines {
        // SAFETY: of x `width` floats; of the others half as many, of `even` the larger half.
        unsafe {
            let (x, even, odd) = (x.add(i * pitch), even.add(i * to_pitch), odd.add(i * to_pitch));
            let mut j = 0;
            while j < width - rest {
                let [e, o] = V::unzip(V::load(x.add(j)), V::load(x.add(j + V::N)));
                e.store(even.add(j / 2));
                o.store(odd.add(j / 2));
                j += 2 * V::N;
            }
            if rest > 0 {
                let high = V::load_masked(x.wrapping_add(j + low), other);
                let [e, o] = V::unzip(V::load_masked(x.add(j), one), high);
                e.store_masked(even.add(j / 2), evens);
                o.store_masked(odd.add(j / 2), odds);
            }
        }
    }
}

/// Copies every `step`-th pixel of lines, `count` of each.
///
/// # Safety
/// Both pointers are valid for all lines.
#[inline(always)]
pub(super) unsafe fn gather_lines(
    (lines, pitch, to_pitch): (usize, usize, usize),
    count: usize,
    step: usize,
    x: *const f32,
    to: *mut f32,
) {
    for i in 0..lines {
        for n in 0..count {
            // SAFETY: of both lines as many floats as there are.
            unsafe { *to.add(i * to_pitch + n) = *x.add(i * pitch + n * step) }
        }
    }
}

/// Writes lines of two phases by turns, or of one: pixel j of a line is the next of phase j mod 2, unless the
/// second phase is empty. Lines of `to` are `pitch` apart.
pub(super) struct Interleave<'a> {
    pub(super) phases: [&'a [f32]; 2],
    pub(super) lines: usize,
    pub(super) width: usize,
    pub(super) pitch: usize,
    pub(super) to: &'a mut [f32],
}

impl Kernel for Interleave<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Interleave { phases, lines, width, pitch, to } = self;
        let counts = phases.map(|phase| phase.len() / lines.max(1));
        for i in 0..lines {
            let [even, odd] = [0, 1].map(|n| &phases[n][i * counts[n]..][..counts[n]]);
            let line = &mut to[i * pitch..][..width];
            if odd.is_empty() {
                line.copy_from_slice(even);
            } else {
                assert!(even.len() == width.div_ceil(2) && odd.len() == width / 2);
                // SAFETY: the phases have as many floats as the line.
                unsafe { zip::<V>(width, even.as_ptr(), odd.as_ptr(), line.as_mut_ptr()) }
            }
        }
    }
}

/// # Safety
/// `to` is valid for `len` floats, the others for half as many, `even` for the larger half.
#[inline(always)]
unsafe fn zip<V: Vector>(len: usize, even: *const f32, odd: *const f32, to: *mut f32) {
    let mut j = 0;
    // SAFETY: as the caller promises.
    unsafe {
        while j + 2 * V::N <= len {
            let [low, high] = V::zip(V::load(even.add(j / 2)), V::load(odd.add(j / 2)));
            low.store(to.add(j));
            high.store(to.add(j + V::N));
            j += 2 * V::N;
        }
        let rest = len - j;
        if rest > 0 {
            let even = V::load_first(even.add(j / 2), rest.div_ceil(2));
            let [low, high] = V::zip(even, V::load_first(odd.add(j / 2), rest / 2));
            let first = rest.min(V::N);
            low.store_first(to.add(j), first);
            high.store_first(to.add(j + first), rest - first);
        }
    }
}

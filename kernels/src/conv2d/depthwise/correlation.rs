//! The innermost loops: sums over all taps stay in registers.

use super::taps::{Column, Columns, TALLEST};
use crate::Isa;
use crate::vector::{Kernel, Vector};

/// Registers of sums.
pub(super) const ROWS: usize = 4;

/// What [`Correlation`] goes over: windows (i, j) whose taps look at places from i·`pitch` + j on.
#[derive(Clone, Copy)]
pub(super) struct Windows {
    pub(super) lines: usize,
    pub(super) width: usize,
    pub(super) pitch: usize,
    /// How many lines share a register, and the lanes that they take.
    pub(super) packed: usize,
    pub(super) lanes: u16,
}

impl Windows {
    pub(super) fn new(isa: Isa, lines: usize, width: usize, pitch: usize) -> Self {
        let packs = isa == Isa::Avx512 && width <= pitch && (1..=16).contains(&pitch);
        let packed = if packs { 16 / pitch } else { 1 };
        let line = (1u32 << width.min(16)) - 1;
        let lanes = (0..packed).fold(0, |lanes, n| lanes | line << (n * pitch)) as u16;
        Windows { lines, width, pitch, packed, lanes }
    }

    /// How many floats after the last line of a padded copy may be read: all registers of sums and the
    /// tallest column below the last line, and a register after the last window.
    pub(super) fn overhang(&self) -> usize {
        (ROWS + 2) * self.pitch.max(16) + 16
    }

    /// Panics unless all taps are below `taps` and look at places within a copy of `len` floats.
    pub(super) fn check(&self, columns: &Columns, len: usize, taps: usize) {
        let reach = self.lines * self.pitch + ROWS * self.pitch.max(16) + self.width + 16;
        let fits = |c: &Column| {
            let last = c.tap as isize + (c.height as isize - 1) * columns.step;
            c.tap < taps && (0..taps as isize).contains(&last) && c.from + reach <= len
        };
        assert!(columns.list().iter().all(fits), "a tap is out of bounds");
    }
}

/// y ← bias + Σ weight·x over the taps of each window, and within `bounds`.
pub(super) struct Correlation<'a> {
    pub(super) windows: Windows,
    pub(super) columns: &'a Columns,
    /// The taps.
    pub(super) weight: &'a [f32],
    pub(super) bias: f32,
    pub(super) bounds: [f32; 2],
    /// A padded copy.
    pub(super) x: &'a [f32],
    pub(super) y: &'a mut [f32],
}

impl Kernel for Correlation<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Correlation { windows, columns, weight, bias, bounds, x, y } = self;
        windows.check(columns, x.len(), weight.len());
        assert!(y.len() == windows.lines * windows.width);
        // SAFETY: the taps of all columns are in `weight`, what they look at in x, and y has a float for each
        // window.
        unsafe { blocks::<V>(windows, columns, weight.as_ptr(), bias, bounds, x.as_ptr(), y.as_mut_ptr()) }
    }
}

#[inline(always)]
unsafe fn blocks<V: Vector>(
    windows: Windows,
    columns: &Columns,
    weight: *const f32,
    bias: f32,
    bounds: [f32; 2],
    x: *const f32,
    y: *mut f32,
) {
    let Windows { lines, width, pitch, packed, lanes } = windows;
    let mut i = 0;
    // SAFETY: as the caller promises.
    unsafe {
        while i < lines {
            let mut j = 0;
            while j < width {
                // The last register of a line overlaps the one before.
                let at = if width > V::N { j.min(width - V::N) } else { 0 };
                let x = x.add(i * pitch + at);
                let mut sums = [V::splat(bias); ROWS];
                for column in columns.list() {
                    let (x, weight) = (x.add(column.from), weight.add(column.tap));
                    if packed > 1 {
                        add_packed(&mut sums, column.height, columns.step, weight, x, packed * pitch, pitch);
                    } else {
                        match column.height {
                            1 => add::<V, 1>(&mut sums, columns.step, weight, x, pitch),
                            2 => add::<V, 2>(&mut sums, columns.step, weight, x, pitch),
                            _ => add::<V, TALLEST>(&mut sums, columns.step, weight, x, pitch),
                        }
                    }
                }
                let mut r = 0;
                while r < ROWS {
                    let line = i + r * packed;
                    let sum = sums[r].clamp(bounds);
                    let y = y.wrapping_add(line * width + at);
                    if line < lines {
                        if width >= V::N {
                            sum.store(y);
                        } else if packed > 1 {
                            sum.compress(lanes).store_first(y, width * packed.min(lines - line));
                        } else {
                            sum.store_first(y, width);
                        }
                    }
                    r += 1;
                }
                j += V::N;
            }
            i += ROWS * packed;
        }
    }
}

/// Adds a column of `HEIGHT` taps to windows that are one line apart: a line of x is loaded once for all of
/// them.
#[inline(always)]
unsafe fn add<V: Vector, const HEIGHT: usize>(
    sums: &mut [V; ROWS],
    step: isize,
    weight: *const f32,
    x: *const f32,
    pitch: usize,
) {
    // SAFETY: as the caller promises.
    unsafe {
        let mut taps = [V::splat(0.0); HEIGHT];
        let mut u = 0;
        while u < HEIGHT {
            taps[u] = V::splat(*weight.offset(u as isize * step));
            u += 1;
        }
        let mut line = 0;
        while line < ROWS + HEIGHT - 1 {
            let x = V::load(x.add(line * pitch));
            let mut u = 0;
            while u < HEIGHT {
                if line >= u && line - u < ROWS {
                    sums[line - u] = sums[line - u].fma(taps[u], x);
                }
                u += 1;
            }
            line += 1;
        }
    }
}

/// Adds a column of taps to windows of which each register has several lines.
#[inline(always)]
unsafe fn add_packed<V: Vector>(
    sums: &mut [V; ROWS],
    height: usize,
    step: isize,
    weight: *const f32,
    x: *const f32,
    register: usize,
    pitch: usize,
) {
    for u in 0..height {
        // SAFETY: as the caller promises.
        unsafe {
            let tap = V::splat(*weight.offset(u as isize * step));
            let mut r = 0;
            while r < ROWS {
                sums[r] = sums[r].fma(tap, V::load(x.add(r * register + u * pitch)));
                r += 1;
            }
        }
    }
}

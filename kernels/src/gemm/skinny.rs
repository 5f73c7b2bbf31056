//! Products that pack nothing, because B is read once or the factors lie as the registers want them:
//! those with a few rows (inference with a batch of one), and scalar products of rows.

use super::blocked::{SCRATCH, Size};
use super::direct;
use super::dot::{Dots, dots};
use super::lanes::{self, Lanes};
use super::operand::Strided;
use super::output::{Output, Rectangle, Sink};
use crate::sure::{copy, cut, cut_mut, divide, get, holds, rest, rest_mut};
use crate::{Cpu, Isa};

/// Most rows of a product whose B has contiguous rows.
pub(super) const ROWS: usize = 4;
/// Most rows of one task, and of products of scalar products; more are worth packing for, where there is memory
/// to pack into.
const DOT_ROWS: [usize; 2] = [direct::ROWS, if SCRATCH { 32 } else { 128 }];
/// The depth up to which the rows of A that a task has stay in the first-level cache.
const DOT_DEPTH: usize = 1024;
/// Columns of C that one task computes: of scalar products, and of sums of rows.
const COLUMNS: [usize; 2] = [48, 128];
/// Sums of a task.
const SUMS: usize = 512;

/// How a product is computed here.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Both factors are contiguous in k.
    Dot,
    /// The rows of B are contiguous.
    Axpy,
}

/// Whether and how [`product`] takes these operands.
pub(super) fn applies(size: &Size, a: &Strided<'_>, b: &Strided<'_>) -> Option<Kind> {
    if size.sum != [1, 1] || size.k == 0 {
        return None;
    }
    let few = size.m <= ROWS;
    // All that `direct` takes, so that results do not depend on the threads.
    let dots = size.m <= direct::ROWS;
    let cached = size.m <= DOT_ROWS[1] && (64..=DOT_DEPTH).contains(&size.k);
    if a.depth == 1 && b.depth == 1 && (dots || cached) {
        Some(Kind::Dot)
    } else if b.line == 1 && few {
        Some(Kind::Axpy)
    } else {
        None
    }
}

/// Elementary operations, roughly.
pub(super) fn work(m: usize, n: usize, k: usize) -> usize {
    m * n * (k / 8 + 1)
}

/// Computes `output` = A·B.
pub(super) fn product(
    cpu: &Cpu,
    kind: Kind,
    size: Size,
    a: &Strided<'_>,
    b: &Strided<'_>,
    output: &Output<'_>,
) {
    let Size { m, n, k, batch, .. } = size;
    if !holds(output.sizes() == [m, n, batch[0], batch[1]]) {
        return;
    }
    let [rows, columns] = [DOT_ROWS[0].min(m), COLUMNS[kind as usize]];
    let (isa, down, across) = (cpu.isa(), m.div_ceil(rows), n.div_ceil(columns));
    let tiles = down * across;
    let work = work(m, n, k) * batch[0] * batch[1];
    let task = |task: usize| {
        let (index, at) = divide(task, tiles);
        let (down, right) = divide(at, across);
        let (row, column) = (down * rows, right * columns);
        let (outer, inner) = divide(index, batch[1]);
        let to = Rectangle {
            batch: [outer, inner],
            row,
            column,
            rows: rows.min(m - row),
            columns: columns.min(n - column),
        };
        match isa {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::detect` found AVX-512; the rectangle is this task's alone.
            Isa::Avx512 => unsafe { avx512(kind, a, b, to, k, output) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::detect` found AVX2 and FMA; as above.
            Isa::Avx2 => unsafe { avx2(kind, a, b, to, k, output) },
            // SAFETY: as above.
            _ => unsafe { rectangle::<lanes::Portable, false>(isa, kind, a, b, to, k, output) },
        }
    };
    match batch[0] * batch[1] * tiles {
        1 => task(0),
        tasks => cpu.parallel(tasks, work, |at, _| task(at)),
    }
}

/// # Safety
/// The processor has AVX-512F; the rectangle is the caller's alone.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
unsafe fn avx512(kind: Kind, a: &Strided<'_>, b: &Strided<'_>, at: Rectangle, k: usize, output: &Output<'_>) {
    // SAFETY: as the caller promises.
    unsafe { rectangle::<lanes::Avx512, true>(Isa::Avx512, kind, a, b, at, k, output) }
}

/// # Safety
/// The processor has AVX2 and FMA; the rectangle is the caller's alone.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(kind: Kind, a: &Strided<'_>, b: &Strided<'_>, at: Rectangle, k: usize, output: &Output<'_>) {
    // SAFETY: as the caller promises.
    unsafe { rectangle::<lanes::Avx2, false>(Isa::Avx2, kind, a, b, at, k, output) }
}

/// Computes one rectangle. With 32 registers (`WIDE`) the tiles are larger than with 16.
///
/// # Safety
/// The processor has the instructions of `V`; the rectangle is the caller's alone.
#[inline(always)]
unsafe fn rectangle<V: Dots, const WIDE: bool>(
    isa: Isa,
    kind: Kind,
    a: &Strided<'_>,
    b: &Strided<'_>,
    at: Rectangle,
    k: usize,
    output: &Output<'_>,
) {
    let mut sums = [0.0; SUMS];
    let stride = COLUMNS[kind as usize];
    let a_data = rest(a.data, a.offset(at.batch, at.row, 0));
    let b_data = rest(b.data, b.offset(at.batch, at.column, 0));
    match kind {
        Kind::Dot => {
            let (a, b) = ((a_data, a.line), (b_data, b.line));
            dots::<V, WIDE, false>(a, b, [at.rows, at.columns, k], &mut sums, stride);
        }
        Kind::Axpy => (0..at.rows).for_each(|row| {
            axpy::<V>(
                [rest(a_data, row * a.line), b_data],
                [a.depth, b.depth],
                at.columns,
                k,
                rest_mut(&mut sums, row * stride),
            );
        }),
    }
    // SAFETY: as the caller promises.
    unsafe { output.put(isa, at, &mut sums, stride, true, true) };
}

/// `sums` ← Σₖ a[k]·b[k], for one row of A and rows of B, which are contiguous; `steps` from one k to the next.
#[inline(always)]
fn axpy<V: Lanes>([a, b]: [&[f32]; 2], steps: [usize; 2], columns: usize, k: usize, sums: &mut [f32]) {
    let mut j = 0;
    while j < columns {
        let left = columns - j;
        let (b, to) = (rest(b, j), rest_mut(sums, j));
        j += if left >= 8 * V::N {
            lines::<V, 8>(a, steps[0], b, steps[1], k, to)
        } else if left >= 2 * V::N {
            lines::<V, 2>(a, steps[0], b, steps[1], k, to)
        } else if left >= V::N {
            lines::<V, 1>(a, steps[0], b, steps[1], k, to)
        } else {
            let mut sum = V::splat(0.0);
            for d in 0..k {
                let b = cut(b, d * steps[1], left);
                sum = sum.fma(V::splat(get(a, d * steps[0])), V::load_part(b));
            }
            let mut lanes = [0.0; 16];
            sum.store(&mut lanes);
            copy(cut(&lanes, 0, left), cut_mut(to, 0, left));
            left
        };
    }
}

/// The columns of `C` registers; returns how many.
#[inline(always)]
fn lines<V: Lanes, const C: usize>(
    a: &[f32],
    a_step: usize,
    b: &[f32],
    b_step: usize,
    k: usize,
    sums: &mut [f32],
) -> usize {
    let mut acc = [V::splat(0.0); C];
    for d in 0..k {
        let (x, b) = (V::splat(get(a, d * a_step)), cut(b, d * b_step, C * V::N));
        let mut c = 0;
        while c < C {
            acc[c] = acc[c].fma(x, V::load(rest(b, c * V::N)));
            c += 1;
        }
    }
    let mut c = 0;
    while c < C {
        acc[c].store(rest_mut(sums, c * V::N));
        c += 1;
    }
    C * V::N
}

//! Products with a few rows, where B is read once and packing it would cost more than the product:
//! inference with a batch of one, mostly.

use super::blocked::Size;
use super::lanes::Lanes;
use super::micro::{self, Micro};
use super::operand::Strided;
use super::output::{Output, Rectangle, Sink};
use crate::{Cpu, Isa};

/// Most rows.
pub(super) const ROWS: usize = 4;
/// Columns of C that one task computes.
const COLUMNS: usize = 64;

/// Whether [`product`] takes these operands.
pub(super) fn applies(size: &Size, a: &Strided<'_>, b: &Strided<'_>) -> bool {
    size.m <= ROWS && size.sum == [1, 1] && (b.line == 1 || (b.depth == 1 && a.depth == 1))
}

/// Computes `output` = A·B.
pub(super) fn product(cpu: &Cpu, size: Size, a: &Strided<'_>, b: &Strided<'_>, output: &Output<'_>) {
    let Size { m, n, k, batch, .. } = size;
    assert_eq!(output.sizes(), [m, n, batch[0], batch[1]], "sizes of the output");
    let (isa, across) = (cpu.isa(), n.div_ceil(COLUMNS));
    let work = m * n * (k / 8 + 1) * batch[0] * batch[1];
    cpu.parallel(batch[0] * batch[1] * across, work, |task, _| {
        let column = task % across * COLUMNS;
        let to = Rectangle {
            batch: [task / across / batch[1], task / across % batch[1]],
            row: 0,
            column,
            rows: m,
            columns: COLUMNS.min(n - column),
        };
        let mut sums = [0.0; ROWS * COLUMNS];
        match isa {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::detect` found AVX-512.
            Isa::Avx512 => unsafe { avx512(a, b, to, k, &mut sums) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::detect` found AVX2 and FMA.
            Isa::Avx2 => unsafe { avx2(a, b, to, k, &mut sums) },
            _ => rows::<micro::Portable>(a, b, to, k, &mut sums),
        }
        // SAFETY: the columns of this task, which are no other's.
        unsafe { output.put(isa, to, &mut sums, COLUMNS, true, true) };
    });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
fn avx512(a: &Strided<'_>, b: &Strided<'_>, at: Rectangle, k: usize, sums: &mut [f32]) {
    rows::<micro::Avx512>(a, b, at, k, sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(a: &Strided<'_>, b: &Strided<'_>, at: Rectangle, k: usize, sums: &mut [f32]) {
    rows::<micro::Avx2>(a, b, at, k, sums);
}

#[inline(always)]
fn rows<M: Micro>(a: &Strided<'_>, b: &Strided<'_>, at: Rectangle, k: usize, sums: &mut [f32]) {
    if k == 0 {
        return;
    }
    match (at.rows, b.line == 1) {
        (1, true) => axpy::<M::Lanes, 1>(a, b, at, k, sums),
        (2, true) => axpy::<M::Lanes, 2>(a, b, at, k, sums),
        (3, true) => axpy::<M::Lanes, 3>(a, b, at, k, sums),
        (_, true) => axpy::<M::Lanes, 4>(a, b, at, k, sums),
        (1, false) => dot::<M::Lanes, 1>(a, b, at, k, sums),
        (2, false) => dot::<M::Lanes, 2>(a, b, at, k, sums),
        (3, false) => dot::<M::Lanes, 3>(a, b, at, k, sums),
        (_, false) => dot::<M::Lanes, 4>(a, b, at, k, sums),
    }
}

/// B's rows are contiguous: adds multiples of them, two registers of columns at a time.
#[inline(always)]
fn axpy<V: Lanes, const R: usize>(
    a: &Strided<'_>,
    b: &Strided<'_>,
    at: Rectangle,
    k: usize,
    sums: &mut [f32],
) {
    let a_data = &a.data[a.offset(at.batch, 0, 0)..];
    let b_data = &b.data[b.offset(at.batch, at.column, 0)..];
    let whole = at.columns / (2 * V::N) * (2 * V::N);
    for j in (0..whole).step_by(2 * V::N) {
        let mut acc = [[V::splat(0.0); 2]; R];
        for d in 0..k {
            let b = &b_data[d * b.depth + j..][..2 * V::N];
            let (left, right) = (V::load(b), V::load(&b[V::N..]));
            let mut i = 0;
            while i < R {
                let x = V::splat(a_data[i * a.line + d * a.depth]);
                acc[i][0] = acc[i][0].fma(x, left);
                acc[i][1] = acc[i][1].fma(x, right);
                i += 1;
            }
        }
        let mut i = 0;
        while i < R {
            let row = &mut sums[i * COLUMNS + j..][..2 * V::N];
            acc[i][0].store(row);
            acc[i][1].store(&mut row[V::N..]);
            i += 1;
        }
    }
    if whole < at.columns {
        for d in 0..k {
            let b = &b_data[d * b.depth + whole..][..at.columns - whole];
            for i in 0..R {
                let x = a_data[i * a.line + d * a.depth];
                let row = &mut sums[i * COLUMNS + whole..][..b.len()];
                row.iter_mut().zip(b).for_each(|(sum, b)| *sum += x * b);
            }
        }
    }
}

/// Both are contiguous in k: scalar products.
#[inline(always)]
fn dot<V: Lanes, const R: usize>(
    a: &Strided<'_>,
    b: &Strided<'_>,
    at: Rectangle,
    k: usize,
    sums: &mut [f32],
) {
    let a_data = &a.data[a.offset(at.batch, 0, 0)..];
    let a_rows: [&[f32]; R] = core::array::from_fn(|i| &a_data[i * a.line..][..k]);
    let whole = k / (2 * V::N) * (2 * V::N);
    for j in 0..at.columns {
        let b = &b.data[b.offset(at.batch, at.column + j, 0)..][..k];
        let mut acc = [[V::splat(0.0); 2]; R];
        for d in (0..whole).step_by(2 * V::N) {
            let (left, right) = (V::load(&b[d..]), V::load(&b[d + V::N..]));
            let mut i = 0;
            while i < R {
                acc[i][0] = acc[i][0].fma(V::load(&a_rows[i][d..]), left);
                acc[i][1] = acc[i][1].fma(V::load(&a_rows[i][d + V::N..]), right);
                i += 1;
            }
        }
        for i in 0..R {
            let mut lanes = [0.0; 32];
            acc[i][0].store(&mut lanes);
            acc[i][1].store(&mut lanes[V::N..]);
            let mut sum = lanes.iter().sum::<f32>();
            for d in whole..k {
                sum += a_rows[i][d] * b[d];
            }
            sums[i * COLUMNS + j] = sum;
        }
    }
}

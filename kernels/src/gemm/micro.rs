//! The innermost loops: a register tile of C, summed over strips of A and B.

use super::lanes::{self, Lanes};
use super::output::Place;
use crate::activation::Activation;
use crate::sure::get;

/// Where the lines of a strip are: element d of line l is at l·`line` + d·`depth`. A strip of B has
/// contiguous lines: `line` is 1, and as many as two registers are read at every d.
#[derive(Clone, Copy)]
pub(crate) struct Strip<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) line: usize,
    pub(crate) depth: usize,
}

impl Strip<'_> {
    /// Whether this has so many lines of so many elements.
    #[inline(always)]
    pub(super) fn holds(&self, lines: usize, len: usize) -> bool {
        if lines == 0 || len == 0 {
            return true;
        }
        let last = (lines - 1).saturating_mul(self.line).saturating_add((len - 1).saturating_mul(self.depth));
        last < self.data.len()
    }

    /// Asks for a part of so many lines of `len` elements: number `part[0]` of `part[1]` parts.
    #[inline(always)]
    pub(super) fn prefetch<V: Lanes>(&self, lines: usize, len: usize, part: [usize; 2]) {
        let (outer, step, inner) =
            if self.depth == 1 { (lines, self.line, len) } else { (len, self.depth, lines) };
        for i in part[0] * outer / part[1]..(part[0] + 1) * outer / part[1] {
            let at = self.data.as_ptr().wrapping_add(i * step);
            for j in (0..inner).step_by(16) {
                V::prefetch_far(at.wrapping_add(j));
            }
        }
    }
}

/// Sums over so many elements take long enough for memory to be fetched meanwhile.
const LONG: usize = 64;

/// From so many rows on a tile takes so long that there is room for asking for B, so many d ahead: a strip is often read
/// from the second-level cache.
const AHEAD: [usize; 2] = [13, 8];

/// Does something for each of `R` rows. A loop, even one with constant bounds, might keep the sums in memory.
macro_rules! rows {
    (|$i:ident| $body:block) => { rows!(|$i| $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13) };
    (|$i:ident| $body:block, $($row:literal)*) => {{
        $(if $row < R {
            let $i: usize = $row;
            $body
        })*
    }};
}

/// The upper left corner of a tile in memory: the first `columns` of `row` i start at `at` + i·`row`.
#[derive(Clone, Copy)]
pub(crate) struct Corner {
    pub(crate) at: *mut f32,
    pub(crate) row: usize,
    pub(crate) columns: usize,
}

impl Corner {
    /// Where the first row starts; what remains are the others.
    #[inline(always)]
    fn next_row(&mut self) -> *mut f32 {
        let row = self.at;
        self.at = row.wrapping_add(self.row);
        row
    }

    /// How many columns are in each register of a row.
    #[inline(always)]
    fn widths<V: Lanes, const C: usize>(&self) -> [usize; C] {
        core::array::from_fn(|c| self.columns.saturating_sub(c * V::N).min(V::N))
    }
}

/// to[i][j] ← from[i][j] + Σ A[i][d]·B[j][d] over `len` elements d for `R` rows i and the columns j of `C`
/// registers; the sum alone where `from` is none.
///
/// # Safety
/// `to` and `from` are corners of `R` rows, and the strips hold that many lines of `len` elements.
#[inline(always)]
unsafe fn tile<V: Lanes, const R: usize, const C: usize>(
    len: usize,
    a: &Strip<'_>,
    b: &Strip<'_>,
    from: Option<&Corner>,
    to: &Corner,
) {
    let mut sums = [[V::splat(0.0); C]; R];
    if let Some(mut from) = from.copied() {
        let widths = from.widths::<V, C>();
        rows!(|i| {
            // SAFETY: the caller gives so many rows, of whose columns no others are read.
            sums[i] = unsafe { read(from.next_row(), widths) };
        });
    }
    if len >= LONG {
        // What follows in these rows is mostly where the next tile goes.
        let mut next = Corner { at: to.at.wrapping_add(C * V::N), ..*to };
        rows!(|_i| {
            let row = next.next_row();
            V::prefetch(row);
            V::prefetch(row.wrapping_add(V::N));
        });
    }
    // Row i is at i's odd part times `line`, times the power of two that an address can hold. That the
    // strides are multiples of one is hidden, lest a pointer for each row be kept: those are too many.
    let line = a.line.wrapping_mul(4);
    let odd: [usize; 7] = core::array::from_fn(|i| opaque(line.wrapping_mul(2 * i + 1)));
    let (mut first, mut columns) = (a.data.as_ptr().cast::<u8>(), b.data.as_ptr());
    for _ in 0..len {
        if R >= AHEAD[0] {
            (0..C).for_each(|c| V::prefetch(columns.wrapping_add(AHEAD[1] * b.depth + c * V::N)));
        }
        // SAFETY: the strips hold all these elements.
        unsafe {
            let b: [V; C] = core::array::from_fn(|c| V::read(columns.add(c * V::N)));
            rows!(|i| {
                let shift = i.trailing_zeros();
                let row = if i == 0 { first } else { first.wrapping_add(odd[i >> (shift + 1)] << shift) };
                let x = V::splat(*row.cast::<f32>());
                sums[i] = fma(sums[i], x, b);
            });
        }
        first = first.wrapping_add(4 * a.depth);
        columns = columns.wrapping_add(b.depth);
    }
    let (widths, mut to) = (to.widths::<V, C>(), *to);
    rows!(|i| {
        // SAFETY: the caller gives so many rows, of whose columns no others are written.
        unsafe { write(sums[i], to.next_row(), widths) };
    });
}

/// The same number, of which the compiler knows nothing. (`black_box` would store it, for which the first sums would
/// wait.)
#[inline(always)]
fn opaque(mut x: usize) -> usize {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: no instruction.
    unsafe {
        core::arch::asm!("/* {} */", inout(reg) x, options(pure, nomem, nostack, preserves_flags));
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        x = core::hint::black_box(x);
    }
    x
}

/// A function, because a closure would be compiled for each row of each tile.
#[inline(always)]
fn fma<V: Lanes, const C: usize>(mut sums: [V; C], x: V, b: [V; C]) -> [V; C] {
    let mut c = 0;
    while c < C {
        sums[c] = sums[c].fma(x, b[c]);
        c += 1;
    }
    sums
}

/// # Safety
/// So many columns in each register can be read.
#[inline(always)]
unsafe fn read<V: Lanes, const C: usize>(from: *const f32, widths: [usize; C]) -> [V; C] {
    // SAFETY: the caller's promise.
    core::array::from_fn(|c| unsafe { V::read_first(from.wrapping_add(c * V::N), widths[c]) })
}

/// # Safety
/// So many columns in each register can be written.
#[inline(always)]
unsafe fn write<V: Lanes, const C: usize>(row: [V; C], to: *mut f32, widths: [usize; C]) {
    let mut c = 0;
    while c < C {
        // SAFETY: the caller's promise.
        unsafe { row[c].write_first(to.wrapping_add(c * V::N), widths[c]) };
        c += 1;
    }
}

/// Takes the sums of a tile, in rows of two registers, to their place.
///
/// # Safety
/// `to` is a place of so many rows.
#[inline(always)]
unsafe fn finish<V: Lanes>(rows: usize, sums: &[f32], to: &Place<'_>) {
    let (widths, scale) = (to.corner.widths::<V, 2>(), V::splat(to.scale));
    // SAFETY: the caller gives so many rows, of whose columns this touches no others.
    let read = |from: *const f32| unsafe { read::<V, 2>(from, widths) };
    let add = |[a, b]: [V; 2], [c, d]: [V; 2]| [a.add(c), b.add(d)];
    let column_bias = to.column_bias.map(|bias| read(bias.as_ptr()));
    for (i, sums) in sums.chunks_exact(2 * V::N).enumerate().take(rows) {
        let c = to.corner.at.wrapping_add(i * to.corner.row);
        let mut sum = [V::load(sums), V::load(&sums[V::N..])].map(|sum| sum.mul(scale));
        if to.add {
            sum = add(sum, read(c));
        }
        if let Some(bias) = to.row_bias {
            sum = add(sum, [V::splat(get(bias, i)); 2]);
        }
        if let Some(bias) = column_bias {
            sum = add(sum, bias);
        }
        if let Some(residual) = to.residual {
            sum = add(sum, read(residual.wrapping_add(i * to.corner.row)));
        }
        sum = match to.activation {
            Activation::Relu => sum.map(|sum| V::splat(0.0).max(sum)),
            Activation::Relu6 => sum.map(|sum| V::splat(6.0).min(V::splat(0.0).max(sum))),
            _ => sum,
        };
        // SAFETY: as for `read`.
        unsafe { write(sum, c, widths) };
    }
}

/// The register tiles of one instruction set.
pub(crate) trait Micro {
    type Lanes: Lanes;
    /// Most rows of a tile.
    const ROWS: usize;
    /// Elements per d of a packed strip of A: at least `ROWS`.
    const STRIDE: usize;
    /// Sums the first `rows` rows of a tile over strips of `len` elements, and adds what is at `from`.
    ///
    /// # Safety
    /// The corners are of so many rows, and the strips hold that many lines of `len` elements.
    unsafe fn tile(rows: usize, len: usize, a: &Strip<'_>, b: &Strip<'_>, from: Option<&Corner>, to: &Corner);
    /// Takes the sums of a tile, in rows of two registers, to their place.
    ///
    /// # Safety
    /// `to` is a place of so many rows.
    unsafe fn finish(rows: usize, sums: &[f32], to: &Place<'_>);
}

macro_rules! micro {
    (
        $(#[$meta:meta])*
        $name:ident: $lanes:ty, $(features $features:literal,)? stride $stride:literal, rows $last:literal $($rows:literal)*
    ) => {
        $(#[$meta])*
        pub(crate) struct $name;
        impl Micro for $name {
            type Lanes = $lanes;
            const ROWS: usize = $last;
            const STRIDE: usize = $stride;
            #[inline(always)]
            unsafe fn tile(
                rows: usize,
                len: usize,
                a: &Strip<'_>,
                b: &Strip<'_>,
                from: Option<&Corner>,
                to: &Corner,
            ) {
                /// # Safety
                /// As for `tile`.
                #[inline(never)]
                $(#[target_feature(enable = $features)])?
                unsafe fn tiles(
                    rows: usize,
                    len: usize,
                    a: &Strip<'_>,
                    b: &Strip<'_>,
                    from: Option<&Corner>,
                    to: &Corner,
                ) {
                    // SAFETY: the caller's promise.
                    unsafe {
                        match (rows, to.columns <= <$lanes>::N) {
                            $(($rows, false) => tile::<$lanes, $rows, 2>(len, a, b, from, to),)*
                            $(($rows, true) => tile::<$lanes, $rows, 1>(len, a, b, from, to),)*
                            (_, false) => tile::<$lanes, $last, 2>(len, a, b, from, to),
                            (_, true) => tile::<$lanes, $last, 1>(len, a, b, from, to),
                        }
                    }
                }
                // SAFETY: used only where `Isa::detect` found these features; and the caller's promise.
                unsafe { tiles(rows, len, a, b, from, to) };
            }
            #[inline(always)]
            unsafe fn finish(rows: usize, sums: &[f32], to: &Place<'_>) {
                /// # Safety
                /// As for `finish`.
                #[inline(never)]
                $(#[target_feature(enable = $features)])?
                unsafe fn all(rows: usize, sums: &[f32], to: &Place<'_>) {
                    // SAFETY: the caller's promise.
                    unsafe { finish::<$lanes>(rows, sums, to) };
                }
                // SAFETY: as above.
                unsafe { all(rows, sums, to) };
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
micro! {
    /// 14 × 32
    Avx512: lanes::Avx512, features "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma", stride 16, rows 14 1 2 3 4 5 6 7 8 9 10 11 12 13
}
#[cfg(target_arch = "x86_64")]
micro! {
    /// 6 × 16
    Avx2: lanes::Avx2, features "avx2,fma", stride 8, rows 6 1 2 3 4 5
}
micro! {
    /// 4 × 8
    Portable: lanes::Portable, stride 4, rows 4 1 2 3
}

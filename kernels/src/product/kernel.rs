//! [`Kernel`]: the innermost loops. A register tile of C is summed over a strip of A and a strip of B.

use super::lanes::{self, Lanes};

/// Most words of a line (a row of A, a column of B) that are packed at a time.
pub(crate) const LINE: usize = if cfg!(feature = "std") { 256 } else { 64 };
/// Words between packed rows of A, where kernels keep what belongs to a row. They also spread the rows over the sets of
/// the cache.
const MARGIN: usize = 16;
/// Words from one packed row of A to the next.
pub(crate) const STRIDE: usize = LINE + MARGIN;

/// A call of `(rows, words, a, b, fresh, sums)`: sums\[i\]\[j\] ← Σₖ a\[i\]\[k\]·b\[k\]\[j\], or added to what is there if
/// not `fresh`. Rows of `a` are `STRIDE` apart, those of `b` and `sums` `columns` words; `rows` is one of the heights.
pub(crate) type Run<W> = fn(usize, usize, &[W], &[W], bool, &mut [W]);

/// What computes register tiles of one type with one instruction set.
///
/// Packed factors and sums are words of 32 or 64 bits: f32, f64, i32 or i64 by their bits, or a few smaller elements of
/// a line that are multiplied at once. Thus the loops around the kernels are compiled for two types and not for each.
pub(crate) struct Kernel<W> {
    /// Elements of a line that share a word.
    pub(crate) group: usize,
    /// The number of words of a packed line is a multiple of this.
    pub(crate) depth: usize,
    /// The numbers of rows that it is compiled for, from most to least.
    pub(crate) heights: &'static [usize],
    /// Columns of a tile.
    pub(crate) columns: usize,
    pub(crate) run: Run<W>,
    /// What it computes once of a packed row of A of so many words, for the margin behind it.
    pub(crate) prepare: fn(usize, &mut [W; STRIDE]),
    /// Calls what runs the kernel, in the state that it needs.
    pub(crate) within: fn(&mut dyn FnMut()),
}

/// R rows, and the columns of two registers.
#[inline(always)]
fn tile<V: Lanes, const R: usize>(
    words: usize,
    a: &[V::Word],
    b: &[V::Word],
    fresh: bool,
    sums: &mut [V::Word],
) {
    let a = a.as_chunks::<STRIDE>().0.first_chunk::<R>().expect("as many packed rows");
    assert!(words <= LINE && b.len() >= words * 2 * V::N && sums.len() >= R * 2 * V::N);
    let mut tile = [[V::zero(); 2]; R];
    // Indices with constant bounds: iterators over `tile` would keep it in memory.
    let mut i = 0;
    while i < R {
        tile[i] = [V::start(&a[i]); 2];
        if !fresh {
            let row = &sums[i * 2 * V::N..];
            tile[i] = [V::load(row).add(tile[i][0]), V::load(&row[V::N..]).add(tile[i][1])];
        }
        i += 1;
    }
    for (k, b) in b.chunks_exact(2 * V::N).take(words).enumerate() {
        let (left, right) = (V::load(b), V::load(&b[V::N..]));
        let mut i = 0;
        while i < R {
            let x = V::splat(a[i][k]);
            tile[i][0] = tile[i][0].fma(x, left);
            tile[i][1] = tile[i][1].fma(x, right);
            i += 1;
        }
    }
    let mut i = 0;
    while i < R {
        let row = &mut sums[i * 2 * V::N..][..2 * V::N];
        tile[i][0].store(row);
        tile[i][1].store(&mut row[V::N..]);
        i += 1;
    }
}

macro_rules! kernels {
    ($(
        $(#[$meta:meta])*
        $name:ident: $lanes:ty, $(features $features:literal,)? group $group:literal,
        rows $($rows:literal)* or $least:literal;
    )*) => { $(
        $(#[$meta])*
        pub(super) const $name: &Kernel<<$lanes as Lanes>::Word> = {
            type Word = <$lanes as Lanes>::Word;
            fn run(rows: usize, words: usize, a: &[Word], b: &[Word], fresh: bool, sums: &mut [Word]) {
                $(#[target_feature(enable = $features)])?
                fn tiles(rows: usize, words: usize, a: &[Word], b: &[Word], fresh: bool, sums: &mut [Word]) {
                    match rows {
                        $($rows => tile::<$lanes, $rows>(words, a, b, fresh, sums),)*
                        _ => tile::<$lanes, $least>(words, a, b, fresh, sums),
                    }
                }
                // SAFETY: chosen only where these features were found.
                #[allow(unused_unsafe)]
                unsafe {
                    tiles(rows, words, a, b, fresh, sums);
                }
            }
            &Kernel {
                group: $group,
                depth: 1,
                heights: &[$($rows,)* $least],
                columns: 2 * <$lanes as Lanes>::N,
                run,
                prepare: <$lanes as Lanes>::prepare,
                within: |f| f(),
            }
        };
    )* };
}
#[cfg(target_arch = "x86_64")]
kernels! {
    F32_AVX512: lanes::F32x16, features "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma", group 1, rows 14 8 4 2 or 1;
    F32_AVX2: lanes::F32x8, features "avx2,fma", group 1, rows 6 4 2 or 1;
    F64_AVX512: lanes::F64x8, features "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma", group 1, rows 14 8 4 2 or 1;
    F64_AVX2: lanes::F64x4, features "avx2,fma", group 1, rows 6 4 2 or 1;
    I32_AVX512: lanes::I32x16, features "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma", group 1, rows 8 4 2 or 1;
    I32_AVX2: lanes::I32x8, features "avx2,fma", group 1, rows 4 2 or 1;
    I64_AVX512: lanes::I64x8, features "avx512f,avx512dq,avx2,fma", group 1, rows 8 4 2 or 1;
    I64_AVX2: lanes::I64x4, features "avx2,fma", group 1, rows 4 2 or 1;
    I8_VNNI: lanes::I8x4x16, features "avx512f,avx512vnni,avx2,fma", group 4, rows 14 8 4 2 or 1;
    U8_VNNI: lanes::U8x4x16, features "avx512f,avx512vnni,avx2,fma", group 4, rows 14 8 4 2 or 1;
    /// Signed bytes by unsigned ones.
    I8U8_VNNI: lanes::I8U8x4x16, features "avx512f,avx512vl,avx512vnni,avx2,fma", group 4, rows 8 4 2 or 1;
    /// Numbers of 16 bits that bytes were widened to.
    I16_AVX2: lanes::I16x2x8, features "avx2,fma", group 2, rows 4 2 or 1;
}
kernels! {
    F32: lanes::Portable<f32>, group 1, rows 4 2 or 1;
    F64: lanes::Portable<f64>, group 1, rows 4 2 or 1;
    I32: lanes::Portable<i32>, group 1, rows 4 2 or 1;
    I64: lanes::Portable<i64>, group 1, rows 4 2 or 1;
}

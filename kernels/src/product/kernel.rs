//! What a product is computed in, and the register tiles of each.

use super::micro;
use crate::element::{Element, Number};
use crate::gemm::micro::{self as single, Micro};

/// What products are summed in: f32, f64, i32 or i64.
pub(super) trait Sum: Number {
    fn load<E: Element>(x: E) -> Self;
    fn store<E: Element>(self) -> E;
}
macro_rules! float {
    ($($t:ident)*) => { $(
        impl Sum for $t {
            #[inline(always)]
            fn load<E: Element>(x: E) -> Self {
                x.widen().to_f64() as $t
            }
            #[inline(always)]
            fn store<E: Element>(self) -> E {
                E::narrow(E::Wide::from_f64(self.into()))
            }
        }
    )* };
}
float!(f32 f64);
macro_rules! integer {
    ($($t:ident)*) => { $(
        impl Sum for $t {
            #[inline(always)]
            fn load<E: Element>(x: E) -> Self {
                x.widen().to_i64() as $t
            }
            #[inline(always)]
            fn store<E: Element>(self) -> E {
                E::narrow(E::Wide::from_i64(self.into()))
            }
        }
    )* };
}
integer!(i32 i64);

/// The register tiles of one type and one instruction set.
pub(super) trait Kernel {
    /// The type.
    type T: Sum;
    /// Most rows of a tile.
    const ROWS: usize;
    /// Elements per k of a strip of A: at least `ROWS`.
    const STRIDE: usize;
    /// Columns of a tile, and elements per k of a strip of B.
    const COLUMNS: usize;
    /// out\[i\]\[j\] ← Σₖ a\[k\]\[i\]·b\[k\]\[j\] for the first `rows` rows of a tile.
    fn run(rows: usize, a: &[Self::T], b: &[Self::T], out: &mut [Self::T]);
}

macro_rules! kernels {
    ($($(#[$meta:meta])* $name:ident: $t:ty, $micro:ty, stride $stride:literal, columns $columns:literal;)*) => { $(
        $(#[$meta])*
        pub(super) struct $name;
        $(#[$meta])*
        impl Kernel for $name {
            type T = $t;
            const ROWS: usize = <$micro>::ROWS;
            const STRIDE: usize = $stride;
            const COLUMNS: usize = $columns;
            #[inline(always)]
            fn run(rows: usize, a: &[$t], b: &[$t], out: &mut [$t]) {
                <$micro>::run(rows, a, b, out);
            }
        }
    )* };
}
kernels! {
    #[cfg(target_arch = "x86_64")]
    SingleAvx512: f32, single::Avx512, stride 16, columns 32;
    #[cfg(target_arch = "x86_64")]
    SingleAvx2: f32, single::Avx2, stride 8, columns 16;
    SinglePortable: f32, single::Portable, stride 4, columns 8;
    #[cfg(target_arch = "x86_64")]
    DoubleAvx512: f64, micro::Avx512, stride 16, columns 16;
    #[cfg(target_arch = "x86_64")]
    DoubleAvx2: f64, micro::Avx2, stride 8, columns 8;
    DoublePortable: f64, micro::Array<f64>, stride 4, columns 8;
    Int32: i32, micro::Array<i32>, stride 4, columns 8;
    Int64: i64, micro::Array<i64>, stride 4, columns 8;
}

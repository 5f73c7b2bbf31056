//! Numbers as unsigned integers of the same order.

use half::{bf16, f16};

use super::cpu::{Sorter, long, short};
use crate::Bool;
use crate::element::{Element, Number};

/// An element that can be sorted: `key` orders as the numbers do, equal numbers (zeros of both signs) have the
/// same key, and NaN has the greatest.
pub(super) trait Ordered: Element {
    /// What sorts a row: by its keys and indices in one number where keys have 32 bits at most.
    const SORT: Sorter<Self>;
    fn key(self) -> u64;
}

macro_rules! integers {
    ($($t:ty, $unsigned:ty, $min:expr, $sort:ident;)*) => { $(
        impl Ordered for $t {
            const SORT: Sorter<Self> = $sort;
            #[inline(always)]
            fn key(self) -> u64 {
                (self.wrapping_sub($min) as $unsigned).into()
            }
        }
    )* };
}
integers! {
    i8, u8, i8::MIN, short;
    u8, u8, 0, short;
    i32, u32, i32::MIN, short;
    i64, u64, i64::MIN, long;
}
impl Ordered for Bool {
    const SORT: Sorter<Self> = short;
    #[inline(always)]
    fn key(self) -> u64 {
        self.get().into()
    }
}

impl Ordered for f32 {
    const SORT: Sorter<Self> = short;
    #[inline(always)]
    fn key(self) -> u64 {
        // The sum makes −0 of no sign.
        let bits = (self + 0.0).to_bits();
        let flip = if bits >> 31 == 0 { 1 << 31 } else { u32::MAX };
        (if self.is_nan() { u32::MAX } else { bits ^ flip }).into()
    }
}
impl Ordered for f64 {
    const SORT: Sorter<Self> = long;
    #[inline(always)]
    fn key(self) -> u64 {
        let bits = (self + 0.0).to_bits();
        let flip = if bits >> 63 == 0 { 1 << 63 } else { u64::MAX };
        if Number::is_nan(self) { u64::MAX } else { bits ^ flip }
    }
}
impl Ordered for bf16 {
    const SORT: Sorter<Self> = short;
    #[inline(always)]
    fn key(self) -> u64 {
        self.widen().key()
    }
}
impl Ordered for f16 {
    const SORT: Sorter<Self> = short;
    #[inline(always)]
    fn key(self) -> u64 {
        self.widen().key()
    }
}

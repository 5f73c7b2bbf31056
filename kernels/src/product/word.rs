//! What products are summed in, and how elements are packed for that.

use core::marker::PhantomData;

#[cfg(target_arch = "x86_64")]
use half::bf16;

use crate::element::{Element, Number};

/// What products are summed in: f32, f64, i32 or i64.
pub(super) trait Sum: Number {
    /// As many bits.
    type Word: Copy + Default + Send + Sync;
    fn bits(self) -> Self::Word;
    fn of(word: Self::Word) -> Self;
    fn load<E: Element>(x: E) -> Self;
    fn store<E: Element>(self) -> E;
}
macro_rules! sum {
    ($($t:ident as $word:ident, $bits:expr, $of:expr, $via:ident $to:ident $from:ident;)*) => { $(
        impl Sum for $t {
            type Word = $word;
            #[inline(always)]
            fn bits(self) -> $word {
                $bits(self)
            }
            #[inline(always)]
            fn of(word: $word) -> Self {
                $of(word)
            }
            #[inline(always)]
            fn load<E: Element>(x: E) -> Self {
                x.widen().$to() as $t
            }
            #[inline(always)]
            fn store<E: Element>(self) -> E {
                E::narrow(E::Wide::$from(self as $via))
            }
        }
    )* };
}
sum! {
    f32 as u32, f32::to_bits, f32::from_bits, f64 to_f64 from_f64;
    f64 as u64, f64::to_bits, f64::from_bits, f64 to_f64 from_f64;
    i32 as u32, i32::cast_unsigned, u32::cast_signed, i64 to_i64 from_i64;
    i64 as u64, i64::cast_unsigned, u64::cast_signed, i64 to_i64 from_i64;
}

/// How elements become packed words.
pub(super) trait Words {
    type Element: Element + Default;
    type Word: Copy + Default;
    /// Elements per word.
    const GROUP: usize;
    /// Those that `at` has for the indices below `GROUP`, as a word.
    fn word(at: impl Fn(usize) -> Self::Element) -> Self::Word;
}

/// One element, as what it is summed in.
pub(super) struct One<E, S>(PhantomData<(E, S)>);
impl<E: Element + Default, S: Sum> Words for One<E, S> {
    type Element = E;
    type Word = S::Word;
    const GROUP: usize = 1;
    #[inline(always)]
    fn word(at: impl Fn(usize) -> E) -> S::Word {
        S::load(at(0)).bits()
    }
}

/// Two bf16.
#[cfg(target_arch = "x86_64")]
pub(super) struct Pairs;
#[cfg(target_arch = "x86_64")]
impl Words for Pairs {
    type Element = bf16;
    type Word = u32;
    const GROUP: usize = 2;
    #[inline(always)]
    fn word(at: impl Fn(usize) -> bf16) -> u32 {
        at(0).to_bits() as u32 | (at(1).to_bits() as u32) << 16
    }
}

/// Four bytes, with some bits flipped.
#[cfg(target_arch = "x86_64")]
pub(super) struct Bytes<const FLIP: u32>;
#[cfg(target_arch = "x86_64")]
impl<const FLIP: u32> Words for Bytes<FLIP> {
    type Element = u8;
    type Word = u32;
    const GROUP: usize = 4;
    #[inline(always)]
    fn word(at: impl Fn(usize) -> u8) -> u32 {
        (at(0) as u32 | (at(1) as u32) << 8 | (at(2) as u32) << 16 | (at(3) as u32) << 24) ^ FLIP
    }
}

//! What elementwise operations compute in: four types for the nine of memory, so that there are few loops.

use half::{bf16, f16};

use super::{Element, Number};
use crate::cpu::multiversion;
use crate::{Bool, Isa};

/// Elements that are converted at once: few enough to stay in the first-level cache.
pub(crate) const BLOCK: usize = 256;

/// A type that elementwise operations compute in: f32, f64, i32 or i64.
pub(crate) trait Compute: Stored<Compute = Self> + Number {
    /// Rust's `as`.
    fn to<T: Number>(self) -> T;
}

/// An element type, and what elementwise operations compute it in. Low bits of sums and products do not depend
/// on the high ones, so that integers wrap around in a wider type too.
pub(crate) trait Stored: Element + Default {
    type Compute: Compute;
    /// Exact.
    fn load(self) -> Self::Compute;
    /// Rounds floats, and keeps the low bits of integers.
    fn store(value: Self::Compute) -> Self;
    /// Rust's `as`; for [`Bool`]: whether it is not zero.
    #[inline(always)]
    fn convert<C: Compute>(value: C) -> Self {
        Self::narrow(value.to())
    }
    /// These elements as they are, if that is what they are computed in.
    #[inline(always)]
    fn as_compute(_x: &[Self]) -> Option<&[Self::Compute]> {
        None
    }
    /// These elements as they are, if that is what they are computed in.
    #[inline(always)]
    fn as_compute_mut(_y: &mut [Self]) -> Option<&mut [Self::Compute]> {
        None
    }
}

macro_rules! compute {
    ($($t:ident, $value:ident, $wide:ident => $to:expr;)*) => { $(
        impl Compute for $t {
            #[inline(always)]
            fn to<$wide: Number>(self) -> $wide {
                let $value = self;
                $to
            }
        }
        impl Stored for $t {
            type Compute = $t;
            #[inline(always)]
            fn load(self) -> $t {
                self
            }
            #[inline(always)]
            fn store(value: $t) -> $t {
                value
            }
            #[inline(always)]
            fn as_compute(x: &[Self]) -> Option<&[$t]> {
                Some(x)
            }
            #[inline(always)]
            fn as_compute_mut(y: &mut [Self]) -> Option<&mut [$t]> {
                Some(y)
            }
        }
    )* };
}
compute! {
    f32, value, T => T::from_f64(value as f64);
    f64, value, T => T::from_f64(value);
    // Exact in f64, from which there are vector instructions.
    i32, value, T => if T::FLOAT { T::from_f64(value as f64) } else { T::from_i64(value as i64) };
    i64, value, T => T::from_i64(value);
}

macro_rules! stored {
    ($($t:ident as $compute:ident: $load:expr, $store:expr;)*) => { $(
        impl Stored for $t {
            type Compute = $compute;
            #[inline(always)]
            fn load(self) -> $compute {
                $load(self)
            }
            #[inline(always)]
            fn store(value: $compute) -> $t {
                $store(value)
            }
        }
    )* };
}
stored! {
    bf16 as f32: Self::widen, Self::narrow;
    f16 as f32: Self::widen, Self::narrow;
    i8 as i32: i32::from, |value| value as i8;
    u8 as i32: i32::from, |value| value as u8;
}

impl Stored for Bool {
    type Compute = i32;
    #[inline(always)]
    fn load(self) -> i32 {
        self.get() as i32
    }
    #[inline(always)]
    fn store(value: i32) -> Bool {
        Bool::from(value != 0)
    }
    #[inline(always)]
    fn convert<C: Compute>(value: C) -> Bool {
        Bool::from(value != C::ZERO)
    }
}

/// x as what it is computed in; in `buffer` where that is another type.
#[inline(always)]
pub(crate) fn loaded<'a, T: Stored>(isa: Isa, x: &'a [T], buffer: &'a mut [T::Compute]) -> &'a [T::Compute] {
    match T::as_compute(x) {
        Some(x) => x,
        None => {
            let buffer = &mut buffer[..x.len()];
            load(isa, x, buffer);
            buffer
        }
    }
}

multiversion! {
    /// y ← x, exactly.
    pub(crate) fn load<T: Stored>(isa, x: &[T], y: &mut [T::Compute]) {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = x.load());
    }
}

multiversion! {
    /// y ← x, rounded or wrapped around.
    pub(crate) fn store<T: Stored>(isa, x: &[T::Compute], y: &mut [T]) {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = T::store(*x));
    }
}

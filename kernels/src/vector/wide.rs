//! Registers as numbers, and loops over slices in them.

use core::marker::PhantomData;
use core::ops::{Add, Div, Mul, Neg, Range, Sub};

use super::Vector;
use crate::math::F32s;

/// A register with the operators of numbers. That there is one says that the processor has its instructions: it is
/// made only where [`super::run`] has compiled for them.
#[derive(Clone, Copy)]
pub(crate) struct Wide<V>(V);

impl<V: Vector> Wide<V> {
    /// The first `count` floats, then zeros.
    ///
    /// # Safety
    /// As for [`Vector`].
    #[inline(always)]
    pub(crate) unsafe fn load(from: *const f32, count: usize) -> Self {
        // SAFETY: the caller's promise, for the first `count` lanes.
        Wide(unsafe { if count >= V::N { V::load(from) } else { V::load_first(from, count) } })
    }

    /// # Safety
    /// As for [`Vector`].
    #[inline(always)]
    pub(crate) unsafe fn store(self, to: *mut f32, count: usize) {
        // SAFETY: as above.
        unsafe { if count >= V::N { self.0.store(to) } else { self.0.store_first(to, count) } }
    }

    /// The lanes of a range, which may begin before the first and end behind the last; `rest` in the others.
    ///
    /// # Safety
    /// As for [`Vector`], for these lanes.
    #[inline(always)]
    pub(crate) unsafe fn load_lanes(from: *const f32, lanes: Range<isize>, rest: f32) -> Self {
        // SAFETY: the caller's promise.
        Wide(unsafe {
            if lanes.start <= 0 && lanes.end >= V::N as isize {
                V::load(from)
            } else {
                V::load_or(from, V::mask(lanes), V::splat(rest))
            }
        })
    }

    /// # Safety
    /// As above.
    #[inline(always)]
    pub(crate) unsafe fn store_lanes(self, to: *mut f32, lanes: Range<isize>) {
        // SAFETY: the caller's promise.
        unsafe {
            if lanes.start <= 0 && lanes.end >= V::N as isize {
                self.0.store(to)
            } else {
                self.0.store_masked(to, V::mask(lanes))
            }
        }
    }

    /// This number in all lanes.
    ///
    /// # Safety
    /// Within [`super::Kernel::run`].
    #[inline(always)]
    pub(crate) unsafe fn splat(x: f32) -> Self {
        // SAFETY: the caller's promise.
        Wide(unsafe { V::splat(x) })
    }

    /// Lanes of both side by side with even numbers, and the others.
    #[inline(always)]
    pub(crate) fn unzip(self, other: Self) -> [Self; 2] {
        // SAFETY: the processor has the instruction, as there is such a register. So below.
        unsafe { V::unzip(self.0, other.0) }.map(|v| Wide(v))
    }

    /// Lanes of both by turns.
    #[inline(always)]
    pub(crate) fn zip(self, other: Self) -> [Self; 2] {
        // SAFETY: as above.
        unsafe { V::zip(self.0, other.0) }.map(|v| Wide(v))
    }

    /// Whether it is greater than a maximum, or not a number.
    #[inline(always)]
    pub(crate) fn replaces(self, max: Self) -> V::Choice {
        // SAFETY: as above.
        unsafe { self.0.replaces(max.0) }
    }

    /// Whether both are the same number.
    #[inline(always)]
    pub(crate) fn equal(self, other: Self) -> V::Choice {
        // SAFETY: as above.
        unsafe { self.0.equal(other.0) }
    }

    /// The larger of both, `other` where one is not a number.
    #[inline(always)]
    pub(crate) fn larger(self, other: Self) -> Self {
        // SAFETY: as above.
        Wide(unsafe { self.0.max(other.0) })
    }

    /// The largest lane; any if one is not a number.
    #[inline(always)]
    pub(crate) fn largest(self) -> f32 {
        // SAFETY: as above.
        unsafe { self.0.largest() }
    }

    /// The sum of the lanes.
    #[inline(always)]
    pub(crate) fn sum(self) -> f32 {
        // SAFETY: as above.
        unsafe { self.0.sum() }
    }

    /// √x within a unit of the last place, from the least normal number to the largest one: others count as these.
    #[inline(always)]
    pub(crate) fn quick_sqrt(self) -> Self {
        // SAFETY: as above.
        Wide(unsafe { self.0.quick_sqrt() })
    }

    /// self/by within a unit of the last place, where `by` and its inverse are normal numbers.
    #[inline(always)]
    pub(crate) fn quick_div(self, by: Self) -> Self {
        // SAFETY: as above.
        Wide(unsafe { self.0.quick_div(by.0) })
    }
}

/// Loops over slices ask for memory so many floats ahead: 1 KiB. By itself the processor asks within a page of 4 KiB alone,
/// and not while the sums of long functions wait.
const AHEAD: usize = 256;

/// A slice as registers, the last of which may be filled up with zeros: for loops over functions that are so long
/// that closures of them might not be inlined.
pub(crate) struct Registers<'a, V> {
    floats: *mut f32,
    len: usize,
    slice: PhantomData<(&'a mut [f32], V)>,
}

impl<'a, V: Vector> Registers<'a, V> {
    /// # Safety
    /// Within [`super::Kernel::run`].
    #[inline(always)]
    pub(crate) unsafe fn new(slice: &'a mut [f32]) -> Self {
        Registers { floats: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }

    /// How many.
    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        self.len.div_ceil(V::N)
    }

    /// The i-th.
    #[inline(always)]
    pub(crate) fn get(&self, i: usize) -> Wide<V> {
        // SAFETY: there are so many floats, as the slice is borrowed.
        unsafe { Wide::load(self.floats.wrapping_add(i * V::N), self.len.saturating_sub(i * V::N)) }
    }

    /// The i-th, with `rest` instead of zeros.
    #[inline(always)]
    pub(crate) fn get_or(&self, i: usize, rest: Wide<V>) -> Wide<V> {
        let (from, count) = (self.floats.wrapping_add(i * V::N), self.len.saturating_sub(i * V::N));
        // SAFETY: the mask has the lanes of the slice, which is borrowed.
        Wide(unsafe {
            if count >= V::N { V::load(from) } else { V::load_or(from, V::mask(0..count as isize), rest.0) }
        })
    }

    /// The i-th of another slice, or of this one if that is empty.
    #[inline(always)]
    pub(crate) fn get_from(&self, slice: &[f32], i: usize) -> Wide<V> {
        let (from, len) = if slice.is_empty() {
            (self.floats.cast_const(), self.len)
        } else {
            (slice.as_ptr(), slice.len())
        };
        V::prefetch(from.wrapping_add(i * V::N + AHEAD));
        // SAFETY: as above.
        unsafe { Wide::load(from.wrapping_add(i * V::N), len.saturating_sub(i * V::N)) }
    }

    /// The i-th of another slice, which ends with this one: with `rest` instead of zeros.
    #[inline(always)]
    pub(crate) fn padded(&self, slice: &[f32], i: usize, rest: Wide<V>) -> Wide<V> {
        let (from, count) = (slice.as_ptr().wrapping_add(i * V::N), slice.len().saturating_sub(i * V::N));
        // SAFETY: the mask has the lanes of the slice.
        Wide(unsafe {
            if count >= V::N { V::load(from) } else { V::load_or(from, V::mask(0..count as isize), rest.0) }
        })
    }

    /// This number in all lanes.
    #[inline(always)]
    pub(crate) fn splat(&self, x: f32) -> Wide<V> {
        // SAFETY: within `run`.
        Wide(unsafe { V::splat(x) })
    }

    /// Overwrites the i-th.
    #[inline(always)]
    pub(crate) fn set(&mut self, i: usize, x: Wide<V>) {
        V::prefetch(self.floats.wrapping_add(i * V::N + AHEAD));
        // SAFETY: as above, and no other borrows it.
        unsafe { x.store(self.floats.wrapping_add(i * V::N), self.len.saturating_sub(i * V::N)) }
    }
}

macro_rules! operators {
    ($($trait:ident $name:ident;)*) => { $(
        impl<V: Vector> $trait for Wide<V> {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                // SAFETY: the processor has the instruction, as there is such a register. So below.
                Wide(unsafe { self.0.$name(other.0) })
            }
        }
        impl<V: Vector> $trait<f32> for Wide<V> {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: f32) -> Self {
                self.$name(self.of(other))
            }
        }
    )* };
}
operators! {
    Add add;
    Sub sub;
    Mul mul;
    Div div;
}

impl<V: Vector> Neg for Wide<V> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        // SAFETY: as above.
        Wide(unsafe { self.0.neg() })
    }
}

macro_rules! functions {
    ($(fn $name:ident $(<const $i:ident: u32>)? ($($args:tt)*) -> $result:ty { $($body:tt)* })*) => { $(
        #[inline(always)]
        fn $name $(<const $i: u32>)? ($($args)*) -> $result {
            // SAFETY: as above.
            unsafe { $($body)* }
        }
    )* };
}

impl<V: Vector> F32s for Wide<V> {
    type Choice = V::Choice;

    functions! {
        fn of(self, x: f32) -> Self { Wide(V::splat(x)) }
        fn mul_add(self, a: Self, b: Self) -> Self { Wide(b.0.fma(self.0, a.0)) }
        fn fused(self, a: Self, b: Self) -> Self { Wide(self.0.fused(a.0, b.0)) }
        fn sqrt(self) -> Self { Wide(self.0.sqrt()) }
        fn abs(self) -> Self { Wide(self.0.abs()) }
        fn copysign(self, sign: Self) -> Self { Wide(self.0.copysign(sign.0)) }
        fn less(self, than: Self) -> V::Choice { self.0.less(than.0) }
        fn bit<const I: u32>(self) -> V::Choice { self.0.bit::<I>() }
        fn when(self, choice: V::Choice, other: Self) -> Self { Wide(self.0.when(choice, other.0)) }
        fn at_most(self, most: f32) -> Self { Wide(V::splat(most).min(self.0)) }
        fn at_least(self, least: f32) -> Self { Wide(V::splat(least).max(self.0)) }
        fn power_of_two(self) -> Self { Wide(self.0.power_of_two()) }
        fn scale(self, n: Self) -> Self { Wide(self.0.scale(n.0)) }
        fn split(self) -> [Self; 2] { self.0.split().map(|v| Wide(v)) }
    }
}

//! The elements in which weights are stored for inference: f32, and bf16, which is the upper half of one.

use half::bf16;

use crate::DType;
use crate::element::Element;
use crate::vector::Vector;

/// One of them. It is widened where it is read.
pub(crate) trait Weight: Element<Wide = f32> {
    /// # Safety
    /// As for [`Vector::load`].
    unsafe fn load<V: Vector>(from: *const Self) -> V;
    /// Twice as many, in the order that is fastest; [`Self::in_order`] undoes it.
    ///
    /// # Safety
    /// As for [`Vector::load`].
    unsafe fn load_two<V: Vector>(from: *const Self) -> [V; 2];
    /// What was computed of [`Self::load_two`], in the order of the weights.
    ///
    /// # Safety
    /// As for [`Vector`].
    unsafe fn in_order<V: Vector>(two: [V; 2]) -> [V; 2];
    /// The first `count` lanes, then zeros.
    ///
    /// # Safety
    /// As for [`Vector::load_first`].
    unsafe fn load_first<V: Vector>(from: *const Self, count: usize) -> V;
    /// Weights that need not be widened.
    fn floats(weights: &[Self]) -> Option<&[f32]>;
}
impl Weight for f32 {
    #[inline(always)]
    unsafe fn load<V: Vector>(from: *const f32) -> V {
        // SAFETY: the caller's promise.
        unsafe { V::load(from) }
    }
    #[inline(always)]
    unsafe fn load_two<V: Vector>(from: *const f32) -> [V; 2] {
        // SAFETY: the caller's promise.
        unsafe { [V::load(from), V::load(from.add(V::N))] }
    }
    #[inline(always)]
    unsafe fn in_order<V: Vector>(two: [V; 2]) -> [V; 2] {
        two
    }
    #[inline(always)]
    unsafe fn load_first<V: Vector>(from: *const f32, count: usize) -> V {
        // SAFETY: the caller's promise.
        unsafe { V::load_first(from, count) }
    }
    #[inline(always)]
    fn floats(weights: &[f32]) -> Option<&[f32]> {
        Some(weights)
    }
}
impl Weight for bf16 {
    #[inline(always)]
    unsafe fn load<V: Vector>(from: *const bf16) -> V {
        // SAFETY: the caller's promise.
        unsafe { V::load_bf16(from) }
    }
    #[inline(always)]
    unsafe fn load_two<V: Vector>(from: *const bf16) -> [V; 2] {
        // SAFETY: the caller's promise.
        unsafe { V::load_pairs(from) }
    }
    #[inline(always)]
    unsafe fn in_order<V: Vector>([even, odd]: [V; 2]) -> [V; 2] {
        // SAFETY: the caller's promise.
        unsafe { V::zip(even, odd) }
    }
    #[inline(always)]
    unsafe fn load_first<V: Vector>(from: *const bf16, count: usize) -> V {
        let mut some = [bf16::ZERO; 16];
        // SAFETY: the caller's promise; no register has more than sixteen lanes.
        unsafe {
            (0..count.min(V::N)).for_each(|i| some[i] = from.add(i).read());
            V::load_bf16(some.as_ptr())
        }
    }
    #[inline(always)]
    fn floats(_: &[bf16]) -> Option<&[f32]> {
        None
    }
}

/// So many weights; more than any memory has if they are of another element.
pub(crate) fn count(dtype: DType, weights: usize) -> usize {
    if matches!(dtype, DType::F32 | DType::Bf16) { weights } else { usize::MAX }
}

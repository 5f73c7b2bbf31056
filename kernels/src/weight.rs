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
}
impl Weight for f32 {
    #[inline(always)]
    unsafe fn load<V: Vector>(from: *const f32) -> V {
        // SAFETY: the caller's promise.
        unsafe { V::load(from) }
    }
}
impl Weight for bf16 {
    #[inline(always)]
    unsafe fn load<V: Vector>(from: *const bf16) -> V {
        // SAFETY: the caller's promise.
        unsafe { V::load_bf16(from) }
    }
}

/// So many weights; more than any memory has if they are of another element.
pub(crate) fn count(dtype: DType, weights: usize) -> usize {
    if matches!(dtype, DType::F32 | DType::Bf16) { weights } else { usize::MAX }
}

//! [`Master`]: what is trained of a model, in f32.

use crate::device::Device;
use crate::memory::Mut;
#[cfg(feature = "std")]
use crate::memory::Ref;
use crate::params::{Params, Run};
use crate::shape::DType;

/// Parameters, gradients and moments in f32. A step moves a weight by less than what bf16 and f16 can tell apart, so a
/// model of these is rounded from its master after every update. Micikevicius et al. 2018. A model in f32 is its own
/// master.
pub(super) type Master<M> = <M as Params>::With<f32>;

/// Whether all of a model is f32.
pub(super) const fn is_f32<M: Params>() -> bool {
    const fn all(runs: &[Run]) -> bool {
        let mut i = 0;
        while i < runs.len() {
            if !matches!(runs[i].element, DType::F32) {
                return false;
            }
            i += 1;
        }
        true
    }
    all(M::RUNS)
}

/// Whether any of a model is of this element.
#[cfg(feature = "std")]
pub(super) const fn has<M: Params>(element: DType) -> bool {
    let mut i = 0;
    while i < M::RUNS.len() {
        if M::RUNS[i].element as u8 == element as u8 {
            return true;
        }
        i += 1;
    }
    false
}

/// Fails to compile where a model's master is not what its type says: the same leaves, in f32.
pub(super) const fn assert_master<M: Params>() {
    let (model, master) = (M::RUNS, Master::<M>::RUNS);
    assert!(is_f32::<Master<M>>(), "`With<f32>` of a model must be f32 throughout");
    assert!(model.len() == master.len(), "`With<f32>` of a model must have its parameters");
    let mut i = 0;
    while i < model.len() {
        assert!(model[i].len == master[i].len, "`With<f32>` of a model must have its parameters");
        assert!(
            !is_f32::<M>() || model[i].offset == master[i].offset,
            "a model in f32 is its own `With<f32>`"
        );
        i += 1;
    }
    assert!(
        !is_f32::<M>() || size_of::<M>() == size_of::<Master<M>>(),
        "a model in f32 is its own `With<f32>`"
    );
}

/// A master as the model in f32 that it is.
#[cfg(feature = "std")]
pub(super) fn as_model<M: Params, D: Device>(master: Ref<'_, Master<M>, D>) -> Ref<'_, M, D> {
    const { assert_master::<M>() };
    assert!(is_f32::<M>(), "the model is rounded from its master");
    // SAFETY: both are plain memory of one size with the same floats in the same places, as asserted.
    unsafe { Ref::new(master.address()) }
}

/// A model in f32 as the master that it is.
pub(super) fn as_master<M: Params, D: Device>(model: Mut<'_, M, D>) -> Mut<'_, Master<M>, D> {
    const { assert_master::<M>() };
    assert!(is_f32::<M>(), "the model is rounded from its master");
    // SAFETY: as in `as_model`; the unique borrow is given up.
    unsafe { Mut::new(model.address()) }
}

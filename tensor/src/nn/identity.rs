//! The layer that does nothing, and no activation.

use castiron_kernels::activation::Activation as Function;
use castiron_kernels::{Plain, Precision};

use super::{Activation, forward_is_infer, zero_sized};
use crate::call::arithmetic::copy;
use crate::memory::{Mut, Ref};
use crate::{Cx, GradBatch, Module, Shape, device::Device};

/// y = x. PyTorch's `Identity`; as the activation of a layer, none.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Identity;
zero_sized!(Identity);

impl Activation for Identity {
    const FUNCTION: Function = Function::Identity;
    type Keep<T: Plain> = ();
    type Work<T: Plain> = ();
    fn gradient<'a, D: Device, E: Precision, T: Plain, G: Plain>(
        _: &Cx<'_, D, E>,
        _: usize,
        _: Ref<'_, (), D>,
        _: Ref<'_, T, D>,
        dy: Ref<'a, G, D>,
        _: Mut<'a, (), D>,
    ) -> Ref<'a, G, D> {
        dy
    }
}

impl<S: Shape<Elem: Precision>> Module<S, S> for Identity {
    const KIND: &'static str = "Identity";
    forward_is_infer!(S => S);

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        x: Ref<'_, [S; B], D>,
        mut y: Mut<'_, [S; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        copy(&cx.of::<S::Elem>(), S::LEN, x.arg(), y.arg());
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        _: Ref<'_, [S; B], D>,
        _: Ref<'_, [S; B], D>,
        _: Mut<'_, (), D>,
        dy: Ref<'_, GradBatch<S, B>, D>,
        dx: Option<Mut<'_, GradBatch<S, B>, D>>,
        _: Mut<'_, Self, D>,
        _: Mut<'_, (), D>,
    ) {
        if let Some(mut dx) = dx {
            copy(&cx.of::<S::Elem>(), S::LEN, dy.arg(), dx.arg());
        }
    }
}

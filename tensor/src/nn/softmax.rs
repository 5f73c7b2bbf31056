//! Softmax and its logarithm, over the last dimension.

use castiron_kernels::Precision;
use castiron_kernels::softmax::{Args, Softmax as Normalize, SoftmaxBackward};

use super::{forward_is_infer, zero_sized};
use crate::memory::{Mut, Ref};
use crate::{Cx, GradBatch, Module, Shape, device::Device};

macro_rules! softmax {
    ($(#[$meta:meta])* $name:ident, log = $log:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        #[repr(C)]
        pub struct $name;
        zero_sized!($name);

        impl<S: Shape<Elem: Precision>> Module<S, S> for $name {
            const CHECK: () = assert!(S::LAST > 0, "softmax: the last dimension is empty");
            const KIND: &'static str = stringify!($name);
            forward_is_infer!(S => S);

            fn infer<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                _: Ref<'_, Self, D>,
                x: Ref<'_, [S; B], D>,
                mut y: Mut<'_, [S; B], D>,
                _: Mut<'_, (), D>,
                _: Mut<'_, (), D>,
            ) {
                let args = Args { rows: cx.rows() * (S::LEN / S::LAST), len: S::LAST, log: $log };
                cx.run::<<S::Elem as Precision>::Op<Normalize>, 2>(args, [x.arg(), y.arg()]);
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                _: Ref<'_, Self, D>,
                _: Ref<'_, [S; B], D>,
                y: Ref<'_, [S; B], D>,
                _: Mut<'_, (), D>,
                dy: Ref<'_, GradBatch<S, B>, D>,
                dx: Option<Mut<'_, GradBatch<S, B>, D>>,
                _: Mut<'_, Self, D>,
                _: Mut<'_, (), D>,
            ) {
                let Some(mut dx) = dx else { return };
                let args = Args { rows: cx.rows() * (S::LEN / S::LAST), len: S::LAST, log: $log };
                cx.run::<<S::Elem as Precision>::Op<SoftmaxBackward>, 3>(args, [y.arg(), dy.arg(), dx.arg()]);
            }
        }
    };
}
softmax! {
    /// eˣⁱ / Σⱼ eˣʲ over the last dimension. PyTorch's `Softmax(dim=-1)`.
    ///
    /// A model to be trained with [`CrossEntropyLoss`](crate::loss::CrossEntropyLoss) ends in logits, without
    /// it: that loss contains it.
    ///
    /// ```
    /// use castiron::prelude::*;
    /// #[derive(Module)]
    /// #[module(input = [2], output = [2])]
    /// #[repr(C)]
    /// struct Probabilities {
    ///     softmax: Softmax,
    /// }
    /// let mut y = [[0.0; 2]];
    /// Predictor::<Probabilities, 1>::new(Cpu::new(), &init(0))?.predict(&[[5.0, 5.0]], &mut y)?;
    /// assert_eq!(y, [[0.5, 0.5]]);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    Softmax, log = false
}
softmax! {
    /// xᵢ − ln Σⱼ eˣʲ over the last dimension. PyTorch's `LogSoftmax(dim=-1)`; its loss is
    /// [`NllLoss`](crate::loss::NllLoss).
    LogSoftmax, log = true
}

//! Dropout.

use castiron_kernels::Precision;

use super::zero_sized;
use crate::call::{arithmetic, dropout};
use crate::memory::{Mut, Ref};
use crate::{Cx, GradBatch, Module, Shape, device::Device};

/// In training, each number is zero with probability p, and the others are divided by 1 − p; at
/// inference, y = x. Srivastava et al. 2014. PyTorch's `Dropout`.
///
/// p = `P` / `OF`: `Dropout<50>` has p = 50/100, `Dropout<1, 8>` has p = 1/8. The mask is a function of the
/// seed, the step and the layer's place in the model, by a counter-based generator (Philox), so it depends
/// neither on threads nor on the device, and takes no memory: backward makes it again.
///
/// ```
/// use castiron::prelude::*;
/// #[derive(Module)]
/// #[module(input = [8], output = [2])]
/// #[repr(C)]
/// struct Net {
///     drop: Dropout<30>, // p = 0.3
///     fc: Linear<[f32; 8], 2>,
/// }
/// let model = init::<Net>(0);
/// let mut trainer = Trainer::<Net, _, _, 1>::new(Cpu::new(), &model, MseLoss, Sgd::new(0.0))?.seed(7);
/// // Every training step draws another mask; evaluation draws none.
/// let (x, t) = ([[1.0; 8]], [[0.0; 2]]);
/// assert_ne!(trainer.step(&x, &t)?, trainer.step(&x, &t)?);
/// assert_eq!(trainer.evaluate(&x, &t)?, trainer.evaluate(&x, &t)?);
/// # Ok::<(), castiron::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Dropout<const P: u32 = 50, const OF: u32 = 100>;
zero_sized!(Dropout<P: u32, OF: u32>);

impl<const P: u32, const OF: u32> Dropout<P, OF> {
    const PROBABILITY: f32 = P as f32 / OF as f32;
}

impl<S: Shape<Elem: Precision>, const P: u32, const OF: u32> Module<S, S> for Dropout<P, OF> {
    const CHECK: () = assert!(P <= OF && OF > 0, "Dropout: the probability is more than 1");
    const KIND: &'static str = "Dropout";
    type State<const B: usize> = ();
    type Saved<const B: usize> = ();
    type InferScratch<const B: usize> = ();
    type TrainScratch<const B: usize> = ();

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        x: Ref<'_, [S; B], D>,
        mut y: Mut<'_, [S; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        arithmetic::copy(&cx.of::<S::Elem>(), S::LEN, x.arg(), y.arg());
    }

    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        x: Ref<'_, [S; B], D>,
        mut y: Mut<'_, [S; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        dropout::forward(&cx.of::<S::Elem>(), S::LEN, Self::PROBABILITY, x.arg(), y.arg());
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
            dropout::backward(&cx.of::<S::Elem>(), S::LEN, Self::PROBABILITY, dy.arg(), dx.arg());
        }
    }
}

use core::marker::PhantomData;
use core::mem::offset_of;

use castiron_kernels::Plain;
use castiron_kernels::update::{Sgd as Update, SgdArgs};

use super::{Absent, Buffer, Optimizer, Pass, Present};
use crate::device::Device;
use crate::memory::{Mut, Ref};
use crate::params::{Child, Params, Tree};
use crate::{Element, split};

/// Stochastic gradient descent: p ← p − lr·g, with momentum if asked. PyTorch's `SGD`.
///
/// ```
/// use castiron::optim::Sgd;
/// let plain = Sgd::new(0.1);
/// let usual = Sgd::new(0.1).momentum(0.9).nesterov().weight_decay(5e-4);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sgd<V = Absent> {
    learning_rate: f32,
    weight_decay: f32,
    momentum: f32,
    dampening: f32,
    nesterov: bool,
    velocity: PhantomData<V>,
}

impl Sgd {
    /// With learning rate `learning_rate`, without momentum.
    pub const fn new(learning_rate: f32) -> Self {
        Sgd {
            learning_rate,
            weight_decay: 0.0,
            momentum: 0.0,
            dampening: 0.0,
            nesterov: false,
            velocity: PhantomData,
        }
    }

    /// v ← momentum·v + g, p ← p − lr·v. Takes memory of the size of the model.
    pub const fn momentum(self, momentum: f32) -> Sgd<Present> {
        Sgd {
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
            momentum,
            dampening: 0.0,
            nesterov: false,
            velocity: PhantomData,
        }
    }
}

impl<V> Sgd<V> {
    /// Adds `weight_decay`·p to the gradient of p.
    #[must_use]
    pub const fn weight_decay(mut self, weight_decay: f32) -> Self {
        self.weight_decay = weight_decay;
        self
    }
}

impl Sgd<Present> {
    /// Nesterov's momentum: p ← p − lr·(g + momentum·v).
    #[must_use]
    pub const fn nesterov(mut self) -> Self {
        self.nesterov = true;
        self
    }

    /// The gradient enters the velocity times 1 − `dampening`.
    #[must_use]
    pub const fn dampening(mut self, dampening: f32) -> Self {
        self.dampening = dampening;
        self
    }
}

/// The memory of [`Sgd`].
#[derive(Debug)]
#[repr(C)]
pub struct SgdState<B> {
    momentum_buffer: B,
}
// SAFETY: `repr(C)`, one plain field.
unsafe impl<B: Plain> Plain for SgdState<B> {}
impl<B: Params> SgdState<B> {
    const CHILDREN: [Child; 1] = [Child::new("momentum_buffer", offset_of!(Self, momentum_buffer), B::TREE)];
}
impl<B: Params> Params for SgdState<B> {
    const TREE: Tree = Tree::Node(&Self::CHILDREN);
    type With<E: Element> = SgdState<B::With<E>>;
}

impl<V: Buffer> Optimizer for Sgd<V> {
    type State<M: Params> = SgdState<V::Of<M::With<f32>>>;

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }
    fn weight_decay(&self) -> f32 {
        self.weight_decay
    }
    fn update<D: Device, M: Params>(
        &self,
        device: &D,
        pass: Pass<'_, D>,
        mut params: Mut<'_, M, D>,
        gradients: Ref<'_, M, D>,
        state: Mut<'_, Self::State<M>, D>,
    ) {
        let (mut velocity,) = split!(state, SgdState<V::Of<M::With<f32>>> { momentum_buffer });
        let args = SgdArgs {
            rows: pass.rows,
            bytes: size_of::<M>(),
            momentum: self.momentum,
            dampening: self.dampening,
            nesterov: self.nesterov,
            has_velocity: V::PRESENT,
            clip_value: pass.clip_value,
        };
        let arguments = &mut [pass.table, pass.step.arg(), params.arg(), gradients.arg(), velocity.arg()];
        device.run::<Update>(&args, arguments);
    }
}

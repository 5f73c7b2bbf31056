use core::marker::PhantomData;
use core::mem::offset_of;

use castiron_kernels::Plain;
use castiron_kernels::update::{RmsProp as Update, RmsPropArgs};

use super::{Absent, Buffer, Optimizer, Pass, Present};
use crate::device::Device;
use crate::memory::{Mut, Ref};
use crate::params::{Child, Params, Tree};
use crate::{Element, split};

/// RMSprop (Hinton 2012): p ← p − lr·g / (√s + ε), s ← α·s + (1 − α)·g². PyTorch's `RMSprop`, with its
/// defaults α = 0.99 and ε = 10⁻⁸.
///
/// ```
/// use castiron::optim::RmsProp;
/// let plain = RmsProp::new(1e-2);
/// let all = RmsProp::new(1e-2).momentum(0.9).centered();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RmsProp<V = Absent, G = Absent> {
    learning_rate: f32,
    weight_decay: f32,
    alpha: f32,
    eps: f32,
    momentum: f32,
    buffers: PhantomData<(V, G)>,
}

impl RmsProp {
    /// With learning rate `learning_rate`.
    pub const fn new(learning_rate: f32) -> Self {
        RmsProp {
            learning_rate,
            weight_decay: 0.0,
            alpha: 0.99,
            eps: 1e-8,
            momentum: 0.0,
            buffers: PhantomData,
        }
    }
}

impl<V, G> RmsProp<V, G> {
    const fn with<V2, G2>(self, momentum: f32) -> RmsProp<V2, G2> {
        RmsProp {
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
            alpha: self.alpha,
            eps: self.eps,
            momentum,
            buffers: PhantomData,
        }
    }

    /// v ← momentum·v + g / (√s + ε), p ← p − lr·v. Takes memory of the size of the model.
    pub const fn momentum(self, momentum: f32) -> RmsProp<Present, G> {
        self.with(momentum)
    }

    /// Divides by the deviation of the gradient, not by its magnitude. Takes memory of the size of the
    /// model.
    pub const fn centered(self) -> RmsProp<V, Present> {
        let momentum = self.momentum;
        self.with(momentum)
    }

    /// How much of the average stays from one step to the next.
    #[must_use]
    pub const fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }

    /// Keeps the division from zero.
    #[must_use]
    pub const fn eps(mut self, eps: f32) -> Self {
        self.eps = eps;
        self
    }

    /// Adds `weight_decay`·p to the gradient of p.
    #[must_use]
    pub const fn weight_decay(mut self, weight_decay: f32) -> Self {
        self.weight_decay = weight_decay;
        self
    }
}

/// The memory of [`RmsProp`].
#[derive(Debug)]
#[repr(C)]
pub struct RmsPropState<M, V, G> {
    square_avg: M,
    momentum_buffer: V,
    grad_avg: G,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<M: Plain, V: Plain, G: Plain> Plain for RmsPropState<M, V, G> {}
impl<M: Params, V: Params, G: Params> RmsPropState<M, V, G> {
    const CHILDREN: [Child; 3] = [
        Child::new("square_avg", offset_of!(Self, square_avg), M::TREE),
        Child::new("momentum_buffer", offset_of!(Self, momentum_buffer), V::TREE),
        Child::new("grad_avg", offset_of!(Self, grad_avg), G::TREE),
    ];
}
impl<M: Params, V: Params, G: Params> Params for RmsPropState<M, V, G> {
    const TREE: Tree = Tree::Node(&Self::CHILDREN);
    type With<E: Element> = RmsPropState<M::With<E>, V::With<E>, G::With<E>>;
}

impl<V: Buffer, G: Buffer> Optimizer for RmsProp<V, G> {
    type State<M: Params> = RmsPropState<M::With<f32>, V::Of<M::With<f32>>, G::Of<M::With<f32>>>;

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
        let (mut square, mut velocity, mut mean) =
            split!(state, Self::State<M> { square_avg, momentum_buffer, grad_avg });
        let args = RmsPropArgs {
            rows: pass.rows,
            bytes: size_of::<M>(),
            alpha: self.alpha,
            eps: self.eps,
            momentum: self.momentum,
            centered: G::PRESENT,
            has_momentum: V::PRESENT,
            clip_value: pass.clip_value,
        };
        let arguments = &mut [
            pass.table,
            pass.step.arg(),
            params.arg(),
            gradients.arg(),
            square.arg(),
            velocity.arg(),
            mean.arg(),
        ];
        device.run::<Update>(&args, arguments);
    }
}

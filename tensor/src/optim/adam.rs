use core::mem::offset_of;

use castiron_kernels::update::{Adam as Update, AdamArgs};
use castiron_kernels::{Plain, Step};

use super::{Optimizer, Pass};
use crate::device::Device;
use crate::memory::{Mut, Ref};
use crate::params::{Child, Params, Tree};
use crate::{Element, split};

/// Adam (Kingma & Ba 2015); made by [`AdamW::new`], with decoupled weight decay. PyTorch's `Adam`.
///
/// m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², p ← p − lr·m̂ / (√v̂ + ε), m̂ and v̂ corrected for their
/// start from zero. β = (0.9, 0.999) and ε = 10⁻⁸ unless given.
///
/// ```
/// use castiron::optim::{Adam, AdamW};
/// let adam = Adam::new(1e-3);
/// let adamw = AdamW::new(1e-3).betas(0.9, 0.95).weight_decay(0.1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    learning_rate: f32,
    beta1: f32,
    beta2: f32,
    eps: f32,
    weight_decay: f32,
    decoupled: bool,
}

impl Adam {
    /// Adam, whose weight decay is added to the gradient.
    pub const fn new(learning_rate: f32) -> Self {
        Adam { learning_rate, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, decoupled: false }
    }

    /// How much of the averages of g and g² stays from one step to the next.
    #[must_use]
    pub const fn betas(mut self, beta1: f32, beta2: f32) -> Self {
        self.beta1 = beta1;
        self.beta2 = beta2;
        self
    }

    /// Keeps the division from zero.
    #[must_use]
    pub const fn eps(mut self, eps: f32) -> Self {
        self.eps = eps;
        self
    }

    /// Weight decay.
    #[must_use]
    pub const fn weight_decay(mut self, weight_decay: f32) -> Self {
        self.weight_decay = weight_decay;
        self
    }
}

/// Adam whose weight decay shrinks parameters by lr·weight_decay in place of entering the gradient; 0.01
/// unless given. Loshchilov & Hutter 2019. PyTorch's `AdamW`.
#[derive(Clone, Copy, Debug)]
pub struct AdamW;

impl AdamW {
    /// With learning rate `learning_rate`; everything else is as for [`Adam`].
    #[allow(clippy::new_ret_no_self)]
    pub const fn new(learning_rate: f32) -> Adam {
        Adam { weight_decay: 0.01, decoupled: true, ..Adam::new(learning_rate) }
    }
}

/// The memory of [`Adam`]: averages of the gradient and of its square.
#[derive(Debug)]
#[repr(C)]
pub struct Moments<M> {
    exp_avg: M,
    exp_avg_sq: M,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<M: Plain> Plain for Moments<M> {}
impl<M: Params> Moments<M> {
    const CHILDREN: [Child; 2] = [
        Child::new("exp_avg", offset_of!(Self, exp_avg), M::TREE),
        Child::new("exp_avg_sq", offset_of!(Self, exp_avg_sq), M::TREE),
    ];
}
impl<M: Params> Params for Moments<M> {
    const TREE: Tree = Tree::Node(&Self::CHILDREN);
    type With<E: Element> = Moments<M::With<E>>;
}

impl Optimizer for Adam {
    type State<M: Params> = Moments<M::With<f32>>;

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }
    fn weight_decay(&self) -> f32 {
        self.weight_decay
    }
    fn prepare(&self, step: &mut Step) {
        let t = step.index.saturating_add(1) as f64;
        step.first_correction = (1.0 - libm::pow(self.beta1 as f64, t)) as f32;
        step.second_correction = libm::sqrt(1.0 - libm::pow(self.beta2 as f64, t)) as f32;
    }
    fn update<D: Device, M: Params>(
        &self,
        device: &D,
        pass: Pass<'_, D>,
        mut params: Mut<'_, M, D>,
        gradients: Ref<'_, M, D>,
        state: Mut<'_, Self::State<M>, D>,
    ) {
        let (mut first, mut second) = split!(state, Moments<M::With<f32>> { exp_avg, exp_avg_sq });
        let args = AdamArgs {
            rows: pass.rows,
            bytes: size_of::<M>(),
            beta1: self.beta1,
            beta2: self.beta2,
            eps: self.eps,
            decoupled: self.decoupled,
            clip_value: pass.clip_value,
        };
        let arguments =
            &mut [pass.table, pass.step.arg(), params.arg(), gradients.arg(), first.arg(), second.arg()];
        device.run::<Update>(&args, arguments);
    }
}

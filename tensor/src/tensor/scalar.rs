//! Functions of each element that take numbers.

use castiron_kernels::unary::Function;

use super::{Number, Real, Tensor};
use crate::Shape;
use crate::device::Storage;
use crate::tape::Grad;

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// min(max(x, min), max). NaN stays; the gradient is zero at the limits and beyond. PyTorch's
    /// `x.clamp(min, max)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(tensor![-3.0, 0.5, 3.0].clamp(-1.0, 1.0), tensor![-1.0, 0.5, 1.0]);
    /// assert_eq!(tensor![u8; 3, 200].clamp(5, 100), tensor![u8; 5, 100]);
    /// ```
    #[must_use]
    pub fn clamp(&self, min: S::Elem, max: S::Elem) -> Self
    where
        S::Elem: Number,
    {
        self.limited(Some(min), Some(max))
    }

    /// max(x, min). PyTorch's `x.clamp(min=min)`.
    #[must_use]
    pub fn clamp_min(&self, min: S::Elem) -> Self
    where
        S::Elem: Number,
    {
        self.limited(Some(min), None)
    }

    /// min(x, max). PyTorch's `x.clamp(max=max)`.
    #[must_use]
    pub fn clamp_max(&self, max: S::Elem) -> Self
    where
        S::Elem: Number,
    {
        self.limited(None, Some(max))
    }

    fn limited(&self, min: Option<S::Elem>, max: Option<S::Elem>) -> Self
    where
        S::Elem: Number,
    {
        Tensor::from_var(self.as_var().unary(<S::Elem as Number>::limits(min, max)))
    }
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// 1 / x: [`reciprocal`](Self::reciprocal) by its name in Rust.
    #[must_use]
    pub fn recip(&self) -> Self
    where
        S::Elem: Real,
    {
        self.reciprocal()
    }

    /// x where x > 0, else slope·x. PyTorch's `F.leaky_relu(x, slope)`, whose slope is 0.01 unless given.
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(tensor![-2.0, 3.0].leaky_relu(0.25), tensor![-0.5, 3.0]);
    /// ```
    #[must_use]
    pub fn leaky_relu(&self, slope: f64) -> Self
    where
        S::Elem: Real,
    {
        Tensor::from_var(self.as_var().unary(Function::LeakyRelu(slope)))
    }

    /// x where x > 0, else α·(eˣ − 1). PyTorch's `F.elu(x, alpha)`, whose α is 1 unless given.
    #[must_use]
    pub fn elu(&self, alpha: f64) -> Self
    where
        S::Elem: Real,
    {
        Tensor::from_var(self.as_var().unary(Function::Elu(alpha)))
    }

    /// baseˣ. PyTorch's `base ** x` and `torch.pow(base, x)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(tensor![2.0, -1.0].rpow(10.0), tensor![100.0, 0.1]);
    /// ```
    #[must_use]
    pub fn rpow(&self, base: S::Elem) -> Self
    where
        S::Elem: Real,
    {
        Tensor::from_var(self.as_var().unary(Function::RpowScalar(base.wide())))
    }
}

impl<S: Shape, D: Storage> Tensor<S, D> {
    /// [`clamp`](Self::clamp) in place. PyTorch's `x.clamp_(min, max)`.
    pub fn clamp_(&mut self, min: S::Elem, max: S::Elem) -> &mut Self
    where
        S::Elem: Number,
    {
        self.change(|x| x.unary_assign(<S::Elem as Number>::limits(Some(min), Some(max))));
        self
    }
}

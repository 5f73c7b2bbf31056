//! Softmax and its logarithm.

use super::{HasAxis, Real, Tensor};
use crate::Shape;
use crate::device::Storage;
use crate::tape::Grad;

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G>
where
    S::Elem: Real,
{
    /// eˣ / Σ eˣ along axis `AXIS`: probabilities that sum to 1. The greatest is subtracted first, so that nothing
    /// overflows. PyTorch's `x.softmax(AXIS)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![[1000.0, 1000.0], [0.0, 3.0_f32.ln()]];
    /// let p = x.softmax::<-1>();
    /// assert_eq!(p[0], [0.5, 0.5]);
    /// assert!((p[1][1] - 0.75).abs() < 1e-6);
    /// ```
    #[must_use]
    pub fn softmax<const AXIS: isize>(&self) -> Self
    where
        S: HasAxis<AXIS>,
    {
        Tensor::from_var(self.as_var().softmax(S::INDEX, false))
    }

    /// ln softmax(x) along axis `AXIS`: x − ln Σ eˣ, without overflow, and without the loss of digits of a
    /// logarithm of [`softmax`](Self::softmax). PyTorch's `x.log_softmax(AXIS)`.
    #[must_use]
    pub fn log_softmax<const AXIS: isize>(&self) -> Self
    where
        S: HasAxis<AXIS>,
    {
        Tensor::from_var(self.as_var().softmax(S::INDEX, true))
    }
}

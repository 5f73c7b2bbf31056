//! Backward from a tensor on a tape.

use castiron_kernels::fill::Value;

use super::Tensor;
use crate::device::Storage;
use crate::tape::{Grad, Gradients, Mode, Tracked, Var, backward};
use crate::{Element, Error, Shape};

/// Shapes of one number, which backward can start from.
#[diagnostic::on_unimplemented(
    message = "this needs a tensor of one number, but it is `{Self}`",
    label = "more than one number",
    note = "`.sum()` and `.mean()` reduce it to one; `y.backward_with(&dy)` says how much each number counts"
)]
pub trait OneNumber: Shape {}
#[diagnostic::do_not_recommend]
impl<E: Element> OneNumber for E {}
#[diagnostic::do_not_recommend]
impl<S: OneNumber> OneNumber for [S; 1] {}

impl<S: Shape, D: Storage> Tensor<S, D, Tracked> {
    /// The gradients of this number with respect to every tensor on its tape that is still held. What was recorded
    /// is released on the way. PyTorch's `loss.backward()`.
    ///
    /// # Errors
    /// [`Error::Released`] if an earlier backward has walked over it, [`Error::TwoTapes`] if tensors of two tapes
    /// were combined, or what a user's own operation returns.
    pub fn backward(&self) -> Result<Gradients, Error>
    where
        S: OneNumber,
    {
        self.walk(None, Mode::Release)
    }

    /// [`backward`](Self::backward) that keeps what was recorded, so that it can be walked once more. PyTorch's
    /// `loss.backward(retain_graph=True)`.
    ///
    /// # Errors
    /// As [`backward`](Self::backward).
    pub fn backward_retain(&self) -> Result<Gradients, Error>
    where
        S: OneNumber,
    {
        self.walk(None, Mode::Retain)
    }

    /// The gradients of ⟨`dy`, y⟩: `dy` says how much each number of this tensor counts. PyTorch's
    /// `y.backward(dy)`.
    ///
    /// # Errors
    /// As [`backward`](Self::backward).
    pub fn backward_with<H: Grad>(&self, dy: &Tensor<S, D, H>) -> Result<Gradients, Error> {
        self.walk(Some(Var::constant(dy.array())), Mode::Release)
    }

    /// Gradients that are on the tape themselves, to be differentiated again. PyTorch's
    /// `loss.backward(create_graph=True)`.
    ///
    /// ```
    /// use castiron::{Tape, tensor};
    /// let tape = Tape::new();
    /// let x = tape.watch(&tensor![2.0]);
    /// let y = &x * &x * &x;
    /// let dy = y.backward_create_graph()?.get(&x);
    /// let ddy = dy.backward()?.get(&x);
    /// assert_eq!((dy[0], ddy[0]), (12.0, 12.0)); // 3x², 6x
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`backward`](Self::backward), and where an operation has no second derivative.
    pub fn backward_create_graph(&self) -> Result<Gradients<Tracked>, Error>
    where
        S: OneNumber,
    {
        self.walk(None, Mode::Create)
    }

    pub(crate) fn walk<H: Grad>(&self, seed: Option<Var>, mode: Mode) -> Result<Gradients<H>, Error> {
        let Some(root) = self.handle() else { return Ok(Gradients::new(Vec::new())) };
        let array = self.array();
        let seed = seed.unwrap_or_else(|| Var::constant(array.filled(array.dims, Value::Float(1.0))));
        backward(root, seed, mode).map(Gradients::new)
    }
}

impl<S: Shape, D: Storage> Tensor<S, D> {
    /// The same as a constant in code that is generic over tapes: what a loop begins with and then assigns to.
    ///
    /// ```
    /// use castiron::tape::Grad;
    /// use castiron::{Cpu, Rank1, Tensor};
    /// fn sum<G: Grad>(parts: &[Tensor<Rank1<2>, Cpu, G>]) -> Tensor<Rank1<2>, Cpu, G> {
    ///     let mut sum = Tensor::<Rank1<2>>::zeros().constant();
    ///     for part in parts {
    ///         sum = sum + part;
    ///     }
    ///     sum
    /// }
    /// assert_eq!(*sum(&[Tensor::from([1.0, 2.0]), Tensor::from([3.0, 4.0])]), [4.0, 6.0]);
    /// ```
    pub fn constant<G: Grad>(self) -> Tensor<S, D, G> {
        Tensor::from_var(Var::constant(self.array()))
    }
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// Its numbers without the tape; no copy. PyTorch's `x.detach()`.
    pub fn detach(&self) -> Tensor<S, D> {
        Tensor::from_var(Var::constant(self.array()))
    }
}

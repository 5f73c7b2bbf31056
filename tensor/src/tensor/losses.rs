//! Losses of tensors, composed of recorded operations, as means over all elements or rows. Those of compiled training
//! are in [`loss`](crate::loss).

use castiron_kernels::fold::FoldOp;
use castiron_kernels::pairwise::PairOp;
use castiron_kernels::unary::Function;

use super::{Real, Tensor};
use crate::array::{Array, Axes, Dims};
use crate::device::Storage;
use crate::tape::{Both, Grad, OffTape, Or, Var};
use crate::{Error, Shape};

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G>
where
    S::Elem: Real,
{
    /// The mean of (x − target)². PyTorch's `F.mse_loss(x, target)`.
    ///
    /// ```
    /// use castiron::{Tape, tensor};
    /// let tape = Tape::new();
    /// let y = tape.watch(&tensor![1.0, 2.0]);
    /// let loss = y.mse_loss(&tensor![0.0, 4.0]);
    /// assert_eq!(*loss, 2.5);
    /// assert_eq!(loss.backward()?.get(&y), tensor![1.0, -2.0]);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    pub fn mse_loss<H: Grad>(&self, target: &Tensor<S, D, H>) -> Tensor<S::Elem, D, Both<G, H>>
    where
        G: Or<H>,
    {
        let d = self.as_var().minus(&target.as_var());
        Tensor::from_var(d.unary(Function::Square).mean_over(Axes::ALL, false))
    }

    /// The mean of |x − target|. PyTorch's `F.l1_loss(x, target)`.
    pub fn l1_loss<H: Grad>(&self, target: &Tensor<S, D, H>) -> Tensor<S::Elem, D, Both<G, H>>
    where
        G: Or<H>,
    {
        let d = self.as_var().minus(&target.as_var());
        Tensor::from_var(d.unary(Function::Abs).mean_over(Axes::ALL, false))
    }

    /// The mean of −t·ln σ(x) − (1 − t)·ln(1 − σ(x)), σ being the sigmoid and t the target, which is between 0 and 1:
    /// computed as (1 − t)·x − ln σ(x), which does not overflow. PyTorch's
    /// `F.binary_cross_entropy_with_logits(x, target)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let loss = tensor![0.0, 200.0].binary_cross_entropy_with_logits(&tensor![1.0, 1.0]);
    /// assert!((*loss - 2.0_f32.ln() / 2.0).abs() < 1e-6);
    /// ```
    pub fn binary_cross_entropy_with_logits<H: Grad>(
        &self,
        target: &Tensor<S, D, H>,
    ) -> Tensor<S::Elem, D, Both<G, H>>
    where
        G: Or<H>,
    {
        let (x, t) = (self.as_var(), target.as_var());
        let wrong = t.unary(Function::RsubScalar(1.0)).times(&x);
        let loss = wrong.minus(&x.unary(Function::LogSigmoid));
        Tensor::from_var(loss.mean_over(Axes::ALL, false))
    }
}

impl<E: Real, const N: usize, const C: usize, D: Storage, G: Grad> Tensor<[[E; C]; N], D, G> {
    /// The mean of −ln softmax(x)\[label\] over the rows, x being logits over `C` classes. A label of −100 does not
    /// count. PyTorch's `F.cross_entropy(x, labels)`.
    ///
    /// ```
    /// use castiron::{Tape, tensor};
    /// let tape = Tape::new();
    /// let logits = tape.watch(&tensor![[0.0, 0.0], [0.0, 0.0]]);
    /// let loss = logits.cross_entropy(&tensor![i64; 0, 1])?;
    /// assert!((*loss - 2.0_f32.ln()).abs() < 1e-6);
    /// let dx = loss.backward()?.get(&logits);
    /// assert!((dx[0][0] + 0.25).abs() < 1e-6 && (dx[0][1] - 0.25).abs() < 1e-6);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a label is not a class.
    pub fn cross_entropy<H: OffTape>(
        &self,
        labels: &Tensor<[i64; N], D, H>,
    ) -> Result<Tensor<E, D, G>, Error> {
        let loss = negative_mean(&self.as_var().softmax(1, true), &labels.array())?;
        Ok(Tensor::from_var(loss))
    }

    /// The mean of −x\[label\] over the rows, x being log-probabilities over `C` classes, as
    /// [`log_softmax`](Self::log_softmax) gives them. A label of −100 does not count. PyTorch's
    /// `F.nll_loss(x, labels)`.
    ///
    /// # Errors
    /// When a label is not a class.
    pub fn nll_loss<H: OffTape>(&self, labels: &Tensor<[i64; N], D, H>) -> Result<Tensor<E, D, G>, Error> {
        Ok(Tensor::from_var(negative_mean(&self.as_var(), &labels.array())?))
    }
}

/// The mean of −x\[label\] over the rows whose label counts.
fn negative_mean(x: &Var, labels: &Array) -> Result<Var, Error> {
    let rows = labels.dims.len();
    let labels = labels.reshaped(Dims::new(&[rows, 1]));
    let counts = labels.pair(PairOp::Ne, &labels.scalar(-100_i64));
    let count = counts.fold_all(FoldOp::Sum);
    let picked = x.try_pick(1, &counts.select(&labels, &labels.scalar(0_i64)))?.wide();
    let zero = Var::constant(picked.array.scalar(0.0));
    let sum = Var::select(&Var::constant(counts), &picked, &zero).sum();
    let count = Var::constant(count.cast(sum.array.dtype));
    Ok(sum.over(&count).neg().narrow_to(x.array.dtype))
}

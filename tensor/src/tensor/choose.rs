//! Choices by masks.

use castiron_kernels::Bool;

use super::{Argument, Broadcast, Tensor};
use crate::device::Storage;
use crate::tape::{Grad, Var};
use crate::{Element, Shape};

impl<M: Shape<Elem = Bool>, D: Storage> Tensor<M, D> {
    /// `a` where the mask is true, `b` (a tensor or a number) where it is false. All three broadcast; both `a` and
    /// `b` have gradients. PyTorch's `torch.where(mask, a, b)`.
    ///
    /// ```
    /// use castiron::{Tape, tensor};
    /// let tape = Tape::new();
    /// let x = tape.watch(&tensor![-1.0, 2.0, -3.0]);
    /// let y = x.detach().lt(0.0).choose(x.exp(), &x + 1.0);
    /// assert_eq!(y, tensor![(-1f32).exp(), 3.0, (-3f32).exp()]);
    /// assert_eq!(y.sum().backward()?.get(&x), tensor![(-1f32).exp(), 1.0, (-3f32).exp()]);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    pub fn choose<T, G, A, B>(&self, a: A, b: B) -> Chosen<M, T, D, G, B>
    where
        A: core::borrow::Borrow<Tensor<T, D, G>>,
        T: Shape,
        G: Grad,
        B: Argument<T, D, G>,
        M::With<T::Elem>: Broadcast<B::Output>,
    {
        let a = a.borrow().as_var();
        let b = b.input().with(&a.array);
        Tensor::from_var(Var::select(&self.as_var(), &a, &b))
    }
}

/// What a mask of shape `M` chooses of a tensor of shape `T` and an argument `B`.
type Chosen<M, T, D, G, B> = Tensor<
    <<M as Shape>::With<<T as Shape>::Elem> as Broadcast<<B as Argument<T, D, G>>::Output>>::Output,
    D,
    <B as Argument<T, D, G>>::Grad,
>;

impl<E: Element, S: Shape<Elem = E>, D: Storage, G: Grad> Tensor<S, D, G> {
    /// `value` where the mask, which is broadcast to this tensor, is true; no gradient flows there. PyTorch's
    /// `x.masked_fill(mask, value)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let scores = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// let hidden = tensor![0.0, 1.0].eq(1.0);
    /// let minus = f32::NEG_INFINITY;
    /// assert_eq!(scores.masked_fill(&hidden, minus), tensor![[1.0, minus], [3.0, minus]]);
    /// ```
    #[must_use]
    pub fn masked_fill<M>(&self, mask: &Tensor<M, D>, value: E) -> Self
    where
        M: Shape<Elem = Bool>,
        S: Broadcast<M::With<E>, Output = S>,
        E: Argument<S, D, G>,
    {
        let x = self.as_var();
        let value = value.input().with(&x.array);
        Tensor::from_var(Var::select(&mask.as_var(), &value, &x))
    }
}

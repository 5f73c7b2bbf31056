//! Several tensors as one. All of these copy.

use super::axes::{InsertAxis, WithLen};
use super::{HasAxis, Tensor};
use crate::Shape;
use crate::device::Storage;
use crate::tape::{Both, Grad, Or, Var};

/// A tensor, or several as a tuple, that can be joined along axis `AXIS` to others of shape `T` but for the
/// length of that axis.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be joined along axis {AXIS} to give `{T}`",
    label = "not a tensor, or a tuple of tensors, of such a shape",
    note = "`concat` takes `&b` or `(&b, &c)`, whose shapes differ from that of the result in the length of the axis only"
)]
pub trait Parts<const AXIS: isize, const LEN: usize, T, D> {
    /// The length of the axis, of all together.
    const TOTAL: usize;
    /// [`Tracked`](crate::Tracked) if one of them is.
    type Grad: Grad;
    #[doc(hidden)]
    fn push(self, to: &mut Vars);
}

/// Tensors of any shapes.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Vars(Vec<Var>);

#[diagnostic::do_not_recommend]
impl<const AXIS: isize, const LEN: usize, T, S, D, G> Parts<AXIS, LEN, T, D> for &Tensor<S, D, G>
where
    S: WithLen<AXIS, LEN, Output = T>,
    D: Storage,
    G: Grad,
{
    const TOTAL: usize = <S as HasAxis<AXIS>>::LEN;
    type Grad = G;
    fn push(self, to: &mut Vars) {
        to.0.push(self.as_var());
    }
}

#[diagnostic::do_not_recommend]
impl<const AXIS: isize, const LEN: usize, T, D, P: Parts<AXIS, LEN, T, D>> Parts<AXIS, LEN, T, D> for (P,) {
    const TOTAL: usize = P::TOTAL;
    type Grad = P::Grad;
    fn push(self, to: &mut Vars) {
        self.0.push(to);
    }
}

/// A tuple is its first tensor, and the tuple of the others.
macro_rules! tuple {
    ($first:ident $($rest:ident)+) => {
        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case, reason = "the variables are called like their types")]
        impl<const AXIS: isize, const LEN: usize, T, D, $first, $($rest),+> Parts<AXIS, LEN, T, D>
            for ($first, $($rest),+)
        where
            $first: Parts<AXIS, LEN, T, D>,
            ($($rest,)+): Parts<AXIS, LEN, T, D>,
            $first::Grad: Or<<($($rest,)+) as Parts<AXIS, LEN, T, D>>::Grad>,
        {
            const TOTAL: usize = $first::TOTAL + <($($rest,)+) as Parts<AXIS, LEN, T, D>>::TOTAL;
            type Grad = <$first::Grad as Or<<($($rest,)+) as Parts<AXIS, LEN, T, D>>::Grad>>::Output;
            fn push(self, to: &mut Vars) {
                let ($first, $($rest),+) = self;
                $first.push(to);
                ($($rest,)+).push(to);
            }
        }
    };
}
tuple!(P Q);
tuple!(P Q R);
tuple!(P Q R U);
tuple!(P Q R U V);
tuple!(P Q R U V W);
tuple!(P Q R U V W X);

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// This and `others`, a tensor or a tuple of up to seven, one after the other along axis `AXIS`. `LEN`, the
    /// length that the axis gets, may be left to annotation. PyTorch's `torch.cat((a, b), AXIS)`.
    ///
    /// ```
    /// use castiron::{Rank2, Tensor, tensor};
    /// let (a, b) = (tensor![[1.0, 2.0]], tensor![[3.0, 4.0], [5.0, 6.0]]);
    /// let y = a.concat::<0, 3, _>(&b);
    /// assert_eq!(y, tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let z: Tensor<Rank2<4, 2>> = a.concat::<0, _, _>((&b, &a));
    /// assert_eq!(z[3], [1.0, 2.0]);
    /// ```
    /// Other axes must be the same. That the lengths add up to `LEN` is checked when the program is built, which
    /// `cargo check` does not do.
    /// ```compile_fail
    /// # use castiron::tensor;
    /// tensor![[1.0, 2.0]].concat::<0, 4, _>(&tensor![[3.0, 4.0], [5.0, 6.0]]);
    /// ```
    /// ```compile_fail
    /// # use castiron::tensor;
    /// tensor![[1.0, 2.0]].concat::<0, 2, _>(&tensor![[3.0, 4.0, 5.0]]);
    /// ```
    pub fn concat<const AXIS: isize, const LEN: usize, P>(
        &self,
        others: P,
    ) -> Tensor<<S as WithLen<AXIS, LEN>>::Output, D, Both<G, P::Grad>>
    where
        S: WithLen<AXIS, LEN>,
        P: Parts<AXIS, LEN, <S as WithLen<AXIS, LEN>>::Output, D>,
        G: Or<P::Grad>,
    {
        const {
            assert!(
                <S as HasAxis<AXIS>>::LEN + P::TOTAL == LEN,
                "the lengths of what `concat` joins do not add up to the length of the result"
            )
        };
        let mut vars = Vars(vec![self.as_var()]);
        others.push(&mut vars);
        let vars: Vec<&Var> = vars.0.iter().collect();
        Tensor::from_var(Var::concat(&vars, S::INDEX))
    }

    /// `N` tensors of one shape, one after the other along axis `AXIS`, whose length `LEN` may be left to
    /// annotation. PyTorch's `torch.cat(parts, AXIS)`.
    ///
    /// ```
    /// use castiron::{Tensor, tensor};
    /// let x = tensor![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    /// let parts = x.chunk::<0, 3, 2>();
    /// assert_eq!(Tensor::concat_all::<0, 6, 3>(parts.each_ref()), x);
    /// ```
    /// That the lengths add up to `LEN` is checked when the program is built, which `cargo check` does not do.
    pub fn concat_all<const AXIS: isize, const LEN: usize, const N: usize>(
        parts: [&Self; N],
    ) -> Tensor<<S as WithLen<AXIS, LEN>>::Output, D, G>
    where
        S: WithLen<AXIS, LEN>,
    {
        const {
            assert!(N > 0, "`concat_all` joins at least one tensor");
            assert!(
                N * <S as HasAxis<AXIS>>::LEN == LEN,
                "the lengths of what `concat_all` joins do not add up to the length of the result"
            )
        };
        let vars = parts.map(Tensor::as_var);
        Tensor::from_var(Var::concat(&vars.each_ref(), S::INDEX))
    }

    /// `N` tensors of one shape as one with a new axis `AXIS` of length `N`. PyTorch's
    /// `torch.stack([a, b], AXIS)`.
    ///
    /// ```
    /// use castiron::{Tensor, tensor};
    /// let (a, b) = (tensor![1.0, 2.0, 3.0], tensor![4.0, 5.0, 6.0]);
    /// assert_eq!(Tensor::stack::<0, _>([&a, &b]), tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(Tensor::stack::<-1, 2>([&a, &b]), tensor![[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]);
    /// ```
    /// ```compile_fail
    /// # use castiron::{Tensor, tensor};
    /// Tensor::stack::<0, _>([&tensor![1.0, 2.0], &tensor![1.0, 2.0, 3.0]]);
    /// ```
    pub fn stack<const AXIS: isize, const N: usize>(parts: [&Self; N]) -> Tensor<S::Output, D, G>
    where
        S: InsertAxis<AXIS, N>,
    {
        const { assert!(N > 0, "`stack` joins at least one tensor") };
        let vars = parts.map(Tensor::as_var);
        Tensor::from_var(Var::stack(&vars.each_ref(), S::INDEX))
    }
}

//! [`Tensors`]: one tensor or several, as a type; [`Arguments`]: references to them.

use std::collections::VecDeque;

use super::{Grad, Or, Var};
use crate::device::Storage;
use crate::{Shape, Tensor};

mod sealed {
    pub trait Sealed {}
    impl<S: crate::Shape, D: crate::device::Storage, G: super::Grad> Sealed for crate::Tensor<S, D, G> {}
    impl<S: crate::Shape, D: crate::device::Storage, G: super::Grad> Sealed for &crate::Tensor<S, D, G> {}
    impl Sealed for () {}
    impl<A> Sealed for (A,) {}
    impl<A, B> Sealed for (A, B) {}
    impl<A, B, C> Sealed for (A, B, C) {}
    impl<A, B, C, D> Sealed for (A, B, C, D) {}
}

/// The arrays and nodes of [`Tensors`], in order.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Values(pub(super) VecDeque<Var>);

impl Values {
    /// The next, of which there are as many as there are types.
    fn next(&mut self) -> Var {
        self.0.pop_front().expect("there is one value for each tensor")
    }
}

impl FromIterator<Var> for Values {
    fn from_iter<I: IntoIterator<Item = Var>>(vars: I) -> Self {
        Values(vars.into_iter().collect())
    }
}

/// A tensor, or a tuple of up to four: what an operation of one's own takes, saves and gives.
pub trait Tensors: sealed::Sealed + Sized + 'static {
    /// The same on a tape ([`Tracked`](super::Tracked)) or off it.
    type On<G: Grad>: 'static;
    #[doc(hidden)]
    fn vars(&self, to: &mut Values);
    #[doc(hidden)]
    fn of(vars: &mut Values) -> Self;
    #[doc(hidden)]
    fn on<G: Grad>(vars: &mut Values) -> Self::On<G>;
    #[doc(hidden)]
    fn vars_on<G: Grad>(these: &Self::On<G>, to: &mut Values);
}

/// One tensor.
pub trait OneTensor: Tensors {
    /// Its shape.
    type Shape: Shape;
}
impl<S: Shape, D: Storage> OneTensor for Tensor<S, D> {
    type Shape = S;
}

impl<S: Shape, D: Storage> Tensors for Tensor<S, D> {
    type On<G: Grad> = Tensor<S, D, G>;
    fn vars(&self, to: &mut Values) {
        to.0.push_back(self.as_var());
    }
    fn of(vars: &mut Values) -> Self {
        Tensor::from_var(vars.next())
    }
    fn on<G: Grad>(vars: &mut Values) -> Tensor<S, D, G> {
        Tensor::from_var(vars.next())
    }
    fn vars_on<G: Grad>(these: &Tensor<S, D, G>, to: &mut Values) {
        to.0.push_back(these.as_var());
    }
}

/// References to tensors, on a tape or not: what an operation of one's own is called with.
pub trait Arguments: sealed::Sealed {
    /// The tensors off the tape.
    type Plain: Tensors;
    /// [`Tracked`](super::Tracked) if one of them is.
    type Grad: Grad;
    #[doc(hidden)]
    fn push(&self, to: &mut Values);
}

impl<S: Shape, D: Storage, G: Grad> Arguments for &Tensor<S, D, G> {
    type Plain = Tensor<S, D>;
    type Grad = G;
    fn push(&self, to: &mut Values) {
        to.0.push_back(self.as_var());
    }
}

impl Tensors for () {
    type On<G: Grad> = ();
    fn vars(&self, _: &mut Values) {}
    fn of(_: &mut Values) {}
    fn on<G: Grad>(_: &mut Values) {}
    fn vars_on<G: Grad>((): &(), _: &mut Values) {}
}

macro_rules! tuples {
    ($($t:ident $i:tt),+) => {
        impl<$($t: Tensors),+> Tensors for ($($t,)+) {
            type On<Q: Grad> = ($($t::On<Q>,)+);
            fn vars(&self, to: &mut Values) {
                $(self.$i.vars(to);)+
            }
            fn of(vars: &mut Values) -> Self {
                ($($t::of(vars),)+)
            }
            fn on<Q: Grad>(vars: &mut Values) -> Self::On<Q> {
                ($($t::on::<Q>(vars),)+)
            }
            fn vars_on<Q: Grad>(these: &Self::On<Q>, to: &mut Values) {
                $($t::vars_on::<Q>(&these.$i, to);)+
            }
        }
    };
}
tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);

/// [`Tracked`](super::Tracked) if one of the two is.
type Either<A, B> = <<A as Arguments>::Grad as Or<<B as Arguments>::Grad>>::Output;

impl<A: Arguments> Arguments for (A,) {
    type Plain = (A::Plain,);
    type Grad = A::Grad;
    fn push(&self, to: &mut Values) {
        self.0.push(to);
    }
}
impl<A: Arguments, B: Arguments> Arguments for (A, B)
where
    A::Grad: Or<B::Grad>,
{
    type Plain = (A::Plain, B::Plain);
    type Grad = Either<A, B>;
    fn push(&self, to: &mut Values) {
        self.0.push(to);
        self.1.push(to);
    }
}
impl<A: Arguments, B: Arguments, C: Arguments> Arguments for (A, B, C)
where
    A::Grad: Or<B::Grad>,
    Either<A, B>: Or<C::Grad>,
{
    type Plain = (A::Plain, B::Plain, C::Plain);
    type Grad = <Either<A, B> as Or<C::Grad>>::Output;
    fn push(&self, to: &mut Values) {
        self.0.push(to);
        self.1.push(to);
        self.2.push(to);
    }
}
impl<A: Arguments, B: Arguments, C: Arguments, D: Arguments> Arguments for (A, B, C, D)
where
    A::Grad: Or<B::Grad>,
    C::Grad: Or<D::Grad>,
    Either<A, B>: Or<Either<C, D>>,
{
    type Plain = (A::Plain, B::Plain, C::Plain, D::Plain);
    type Grad = <Either<A, B> as Or<Either<C, D>>>::Output;
    fn push(&self, to: &mut Values) {
        self.0.push(to);
        self.1.push(to);
        self.2.push(to);
        self.3.push(to);
    }
}

//! [`Argument`]: a tensor or a number, where an operation takes either.

use castiron_kernels::Bool;
use castiron_kernels::fill::Value;

use super::{Broadcast, Number, Tensor};
use crate::array::Array;
use crate::device::Storage;
use crate::tape::{Grad, Or, Var};
use crate::{Shape, bf16, f16};

/// What operations take together with a tensor of shape `S`: a tensor of the same elements on the same device
/// whose shape [broadcasts](Broadcast), or a number of the elements' type.
///
/// ```
/// use castiron::tensor;
/// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
/// assert_eq!(x.maximum(2.5), tensor![[2.5, 2.5], [3.0, 4.0]]);
/// assert_eq!(x.maximum(&tensor![3.0, 1.0]), tensor![[3.0, 2.0], [3.0, 4.0]]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not go with a tensor of shape `{S}`",
    label = "neither such a tensor nor such a number",
    note = "it takes a tensor of the same elements on the same device (`&y`), or a number of their type: `2.0` for f32 and f64, `2` for integers, `true` for masks"
)]
pub trait Argument<S: Shape, D: Storage, G: Grad> {
    /// The shape of the result.
    type Output: Shape<Elem = S::Elem>;
    /// Whether the result is on a tape.
    type Grad: Grad;
    #[doc(hidden)]
    fn input(self) -> Input;
}

/// The argument without its type.
#[doc(hidden)]
pub struct Input(pub(super) Kind);

pub(super) enum Kind {
    Number(Value),
    Tensor(Var),
}

impl Input {
    /// As an operand of an operation with `x`.
    pub(super) fn with(self, x: &Array) -> Var {
        match self.0 {
            Kind::Number(value) => Var::constant(x.scalar(value)),
            Kind::Tensor(var) => var,
        }
    }
}

macro_rules! numbers {
    ($($t:ty, $n:ident => $value:expr;)*) => { $(
        impl<S: Shape<Elem = $t>, D: Storage, G: Grad> Argument<S, D, G> for $t {
            type Output = S;
            type Grad = G;
            fn input(self) -> Input {
                let $n = self;
                Input(Kind::Number($value))
            }
        }
    )* };
}
numbers! {
    f32, n => n.value();
    f64, n => n.value();
    bf16, n => n.value();
    f16, n => n.value();
    i8, n => n.value();
    u8, n => n.value();
    i32, n => n.value();
    i64, n => n.value();
    Bool, n => n.get().into();
}
impl<S: Shape<Elem = Bool>, D: Storage, G: Grad> Argument<S, D, G> for bool {
    type Output = S;
    type Grad = G;
    fn input(self) -> Input {
        Input(Kind::Number(self.into()))
    }
}

macro_rules! tensors {
    ($($t:ty)*) => { $(
        impl<S, T, D, G, H> Argument<S, D, G> for $t
        where
            S: Broadcast<T>,
            T: Shape,
            D: Storage,
            G: Grad + Or<H>,
            H: Grad,
        {
            type Output = <S as Broadcast<T>>::Output;
            type Grad = <G as Or<H>>::Output;
            fn input(self) -> Input {
                Input(Kind::Tensor(self.as_var()))
            }
        }
    )* };
}
tensors!(Tensor<T, D, H> &Tensor<T, D, H>);

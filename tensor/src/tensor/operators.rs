//! `+ - * /` between tensors and with numbers, `& | ^ !` of masks and integers, and their assigning forms.
//!
//! There is no `%`: it would be [`fmod`](Tensor::fmod) to who thinks in Rust and
//! [`remainder`](Tensor::remainder) to who thinks in Python.

use core::ops::{
    Add, AddAssign, BitAnd, BitAndAssign, BitOr, BitOrAssign, BitXor, BitXorAssign, Div, DivAssign, Mul,
    MulAssign, Neg, Not, Sub, SubAssign,
};

use castiron_kernels::pairwise::PairOp;
use castiron_kernels::unary::Function;

use super::{Bits, Broadcast, Number, Real, Tensor};
use crate::Shape;
use crate::device::Storage;
use crate::tape::{Both, Grad, Or};

/// One operator between tensors, owned or borrowed. `$bound` says which elements have it: those of the right side,
/// which are the same, because what is wrong with the left side alone the compiler reports without our words.
macro_rules! between {
    ($trait:ident $function:ident, $op:ident, $bound:ident, [$($left:ty, $right:ty;)*]) => { $(
        impl<S, T, D, G, H> $trait<$right> for $left
        where
            S: Broadcast<T>,
            T: Shape,
            T::Elem: $bound,
            D: Storage,
            G: Grad + Or<H>,
            H: Grad,
        {
            type Output = Tensor<S::Output, D, Both<G, H>>;
            fn $function(self, other: $right) -> Self::Output {
                Tensor::from_var(self.as_var().pair(PairOp::$op, &other.as_var()))
            }
        }
    )* };
}

/// One operator with a number on either side, and its assigning form.
macro_rules! operator {
    ($trait:ident $function:ident $assign:ident $assign_function:ident, $op:ident, $bound:ident,
        $right:ident, $left:ident, $($e:ident)+) => {
        between!($trait $function, $op, $bound, [
            Tensor<S, D, G>, Tensor<T, D, H>;
            Tensor<S, D, G>, &Tensor<T, D, H>;
            &Tensor<S, D, G>, Tensor<T, D, H>;
            &Tensor<S, D, G>, &Tensor<T, D, H>;
        ]);
        impl<S, T, D> $assign<&Tensor<T, D>> for Tensor<S, D>
        where
            S: Broadcast<T, Output = S>,
            T: Shape,
            T::Elem: $bound,
            D: Storage,
        {
            fn $assign_function(&mut self, other: &Tensor<T, D>) {
                let other = other.array();
                self.change(|x| x.pair_assign(PairOp::$op, &other));
            }
        }
        impl<S, T, D> $assign<Tensor<T, D>> for Tensor<S, D>
        where
            S: Broadcast<T, Output = S>,
            T: Shape,
            T::Elem: $bound,
            D: Storage,
        {
            fn $assign_function(&mut self, other: Tensor<T, D>) {
                $assign::$assign_function(self, &other);
            }
        }
        $(operator!(@number $trait $function $assign $assign_function, $bound, $right, $left, $e);)+
    };
    (@number $trait:ident $function:ident $assign:ident $assign_function:ident, $bound:ident, $right:ident, $left:ident, $e:ident) => {
        impl<S: Shape<Elem = $e>, D: Storage, G: Grad> $trait<$e> for Tensor<S, D, G> {
            type Output = Tensor<S, D, G>;
            fn $function(self, number: $e) -> Self::Output {
                Tensor::from_var(self.as_var().unary(<$e as $bound>::$right(number)))
            }
        }
        impl<S: Shape<Elem = $e>, D: Storage, G: Grad> $trait<$e> for &Tensor<S, D, G> {
            type Output = Tensor<S, D, G>;
            fn $function(self, number: $e) -> Self::Output {
                Tensor::from_var(self.as_var().unary(<$e as $bound>::$right(number)))
            }
        }
        impl<S: Shape<Elem = $e>, D: Storage, G: Grad> $trait<Tensor<S, D, G>> for $e {
            type Output = Tensor<S, D, G>;
            fn $function(self, x: Tensor<S, D, G>) -> Self::Output {
                Tensor::from_var(x.as_var().unary(<$e as $bound>::$left(self)))
            }
        }
        impl<S: Shape<Elem = $e>, D: Storage, G: Grad> $trait<&Tensor<S, D, G>> for $e {
            type Output = Tensor<S, D, G>;
            fn $function(self, x: &Tensor<S, D, G>) -> Self::Output {
                Tensor::from_var(x.as_var().unary(<$e as $bound>::$left(self)))
            }
        }
        impl<S: Shape<Elem = $e>, D: Storage> $assign<$e> for Tensor<S, D> {
            fn $assign_function(&mut self, number: $e) {
                self.change(|x| x.unary_assign(<$e as $bound>::$right(number)));
            }
        }
    };
}

use crate::{bf16, f16};
operator!(Add add AddAssign add_assign, Add, Number, plus, plus, f32 f64 bf16 f16 i8 u8 i32 i64);
operator!(Sub sub SubAssign sub_assign, Sub, Number, minus, subtracted_from, f32 f64 bf16 f16 i8 u8 i32 i64);
operator!(Mul mul MulAssign mul_assign, Mul, Number, times, times, f32 f64 bf16 f16 i8 u8 i32 i64);
operator!(Div div DivAssign div_assign, Div, Real, over, divided_by, f32 f64 bf16 f16);

impl<S: Shape, D: Storage, G: Grad> Neg for Tensor<S, D, G>
where
    S::Elem: Number,
{
    type Output = Self;
    fn neg(self) -> Self {
        Tensor::from_var(self.as_var().unary(Function::Neg))
    }
}
impl<S: Shape, D: Storage, G: Grad> Neg for &Tensor<S, D, G>
where
    S::Elem: Number,
{
    type Output = Tensor<S, D, G>;
    fn neg(self) -> Tensor<S, D, G> {
        Tensor::from_var(self.as_var().unary(Function::Neg))
    }
}

/// One operator of bits.
macro_rules! bits {
    ($($trait:ident $function:ident $assign:ident $assign_function:ident, $op:ident;)*) => { $(
        bits!(@between $trait $function, $op, [
            Tensor<S, D>, Tensor<T, D>;
            Tensor<S, D>, &Tensor<T, D>;
            &Tensor<S, D>, Tensor<T, D>;
            &Tensor<S, D>, &Tensor<T, D>;
        ]);
        bits!(@assign $assign $assign_function, $op, [Tensor<T, D>; &Tensor<T, D>;]);
    )* };
    (@between $trait:ident $function:ident, $op:ident, [$($left:ty, $right:ty;)*]) => { $(
        impl<S, T, D> $trait<$right> for $left
        where
            S: Broadcast<T>,
            T: Shape,
            T::Elem: Bits,
            D: Storage,
        {
            type Output = Tensor<S::Output, D>;
            fn $function(self, other: $right) -> Self::Output {
                self.with(PairOp::$op, other)
            }
        }
    )* };
    (@assign $trait:ident $function:ident, $op:ident, [$($right:ty;)*]) => { $(
        impl<S, T, D> $trait<$right> for Tensor<S, D>
        where
            S: Broadcast<T, Output = S>,
            T: Shape,
            T::Elem: Bits,
            D: Storage,
        {
            fn $function(&mut self, other: $right) {
                let other = other.array();
                self.change(|x| x.pair_assign(PairOp::$op, &other));
            }
        }
    )* };
}
bits! {
    BitAnd bitand BitAndAssign bitand_assign, And;
    BitOr bitor BitOrAssign bitor_assign, Or;
    BitXor bitxor BitXorAssign bitxor_assign, Xor;
}

impl<S: Shape, D: Storage> Not for Tensor<S, D>
where
    S::Elem: Bits,
{
    type Output = Self;
    fn not(self) -> Self {
        self.bitwise_not()
    }
}
impl<S: Shape, D: Storage> Not for &Tensor<S, D>
where
    S::Elem: Bits,
{
    type Output = Tensor<S, D>;
    fn not(self) -> Tensor<S, D> {
        self.bitwise_not()
    }
}

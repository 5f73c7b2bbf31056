//! What C has for an array of numbers.

use half::{bf16, f16};

use crate::Bool;
use crate::shape::{Element, Shape};

/// An array that functions of C are given: one of numbers that C has a type for.
#[diagnostic::on_unimplemented(
    message = "a model for C has one array in and one array out, but here is `{Self}`",
    label = "this cannot be one pointer",
    note = "declare a model whose input is one array, and take it apart within the model: `|x| ..  x[0..2] ..  x[2..5] ..`"
)]
pub trait CArray: Shape<Elem = Self::Number> {
    /// One of its numbers.
    type Number: Element;
    /// The type that C has for one of its numbers.
    const C: &'static str;
}

macro_rules! numbers {
    ($($number:ty => $c:literal;)*) => { $(
        impl CArray for $number {
            type Number = $number;
            const C: &'static str = $c;
        }
    )* };
}
numbers! {
    f32 => "float";
    f64 => "double";
    i8 => "int8_t";
    u8 => "uint8_t";
    i32 => "int32_t";
    i64 => "int64_t";
    Bool => "uint8_t";
    // C has no type for them: their bits.
    bf16 => "uint16_t";
    f16 => "uint16_t";
}

impl<S: CArray, const N: usize> CArray for [S; N] {
    type Number = S::Number;
    const C: &'static str = S::C;
}

//! Other element types.

use castiron_kernels::Bool;

use super::Tensor;
use crate::device::Storage;
use crate::tape::{Grad, OffTape};
use crate::{Element, Shape, bf16, f16};

/// Elements to which a tensor that is on a tape (`G` is [`Tracked`](crate::Tracked)) or is not can be cast: reals
/// always, others only off the tape, since what is rounded has no derivative.
pub trait Castable<G: Grad>: Element {}

macro_rules! castable {
    ($bound:ident: $($t:ty)*) => { $(impl<G: $bound> Castable<G> for $t {})* };
}
castable!(Grad: f32 f64 bf16 f16);
castable!(OffTape: i8 u8 i32 i64 Bool);

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// The same numbers as another element type, converted as Rust's `as` does: to a real number to the nearest; to
    /// an integer towards zero, or to the nearest where it is out of range (PyTorch leaves that undefined), NaN to
    /// 0; to a boolean whether it is not zero. To its own type it costs nothing. PyTorch's `x.to(dtype)`.
    ///
    /// ```
    /// use castiron::{Bool, bf16, tensor};
    /// let x = tensor![1.9, -1.9, 300.0];
    /// assert_eq!(x.cast::<i64>(), tensor![i64; 1, -1, 300]);
    /// assert_eq!(x.cast::<i8>(), tensor![i8; 1, -1, 127]);
    /// assert_eq!(x.cast::<bf16>().cast::<f32>()[2], 300.0);
    /// assert_eq!(tensor![i32; 0, 7].cast::<Bool>().map(bool::from), [false, true]);
    /// assert_eq!(*x.gt(0.0).cast::<f32>().sum(), 2.0);
    /// ```
    ///
    /// Between reals it has a gradient; to integers it does not compile on a tape:
    /// ```compile_fail
    /// use castiron::{Tape, tensor};
    /// let x = Tape::new().watch(&tensor![1.0, 2.0]);
    /// let y = x.cast::<i32>();
    /// ```
    pub fn cast<E: Castable<G>>(&self) -> Tensor<S::With<E>, D, G> {
        Tensor::from_var(self.as_var().cast(E::DTYPE))
    }
}

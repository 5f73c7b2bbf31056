//! [`Precision`]: what activations and weights are made of, and the operations on them in `f32`, `bf16` and `f16`.
//!
//! Operations of layers are written for `f32`. On 16-bit floats the same operation is [`Half`]: its arguments are
//! widened where they are read, all sums are `f32`, and what it writes is rounded once, to the nearest, ties to even.

mod half;
#[cfg(test)]
pub(crate) mod tests;
mod widen;

pub use self::half::Half;

use ::half::{bf16, f16};

use crate::op::{Memory, Op};
use crate::{Cpu, DType, Plain};

/// The element of activations and weights: `f32`, or a 16-bit float, whose sums are `f32`.
///
/// Code over it runs `E::Op<Gemm>` where it ran `Gemm`, with the same arguments:
///
/// ```
/// use castiron_kernels::activation::{Activate, Activation, Args};
/// use castiron_kernels::half::bf16;
/// use castiron_kernels::{Cpu, Plain, Precision, Raw};
///
/// fn relu<E: Precision>(x: &[E], y: &mut [E]) {
///     let args = Args { activation: Activation::Relu, len: x.len(), in_place: false };
///     Cpu::new().run::<E::Op<Activate>>(&args, &mut [Raw::read_slice(x), Raw::write_slice(y)]);
/// }
///
/// let mut y = [bf16::ZERO; 2];
/// relu(&[-1.0, 2.0].map(bf16::from_f32), &mut y);
/// assert_eq!(y.map(f32::from), [0.0, 2.0]);
/// ```
pub trait Precision: Plain + Copy + Default + PartialEq + core::fmt::Debug + sealed::Sealed {
    /// It as a value.
    const DTYPE: DType;
    /// The operation on memory of this element. What [`HalfOp::stays_f32`] names is `f32` all the same.
    type Op<O: HalfOp>: Op<Args = O::Args>;
    /// The operation that reads memory of this element and writes `f32`: a gradient of parameters, to which every row
    /// adds.
    type Gradient<O: HalfOp>: Op<Args = O::Args>;
    /// Rounded to the nearest, ties to even.
    fn from_f32(value: f32) -> Self;
    /// Exact.
    fn to_f32(self) -> f32;
}

/// The operation itself.
impl Precision for f32 {
    const DTYPE: DType = DType::F32;
    type Op<O: HalfOp> = O;
    type Gradient<O: HalfOp> = O;
    #[inline(always)]
    fn from_f32(value: f32) -> f32 {
        value
    }
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }
}

macro_rules! half {
    ($($t:ident = $dtype:ident),*) => { $(
        impl Precision for $t {
            const DTYPE: DType = DType::$dtype;
            type Op<O: HalfOp> = Half<O, $t>;
            type Gradient<O: HalfOp> = Half<O, $t, f32>;
            #[inline(always)]
            fn from_f32(value: f32) -> $t {
                crate::element::Element::narrow(value)
            }
            #[inline(always)]
            fn to_f32(self) -> f32 {
                crate::element::Element::widen(self)
            }
        }
    )* };
}
half!(bf16 = Bf16, f16 = F16);

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for super::bf16 {}
    impl Sealed for super::f16 {}
}

/// An operation on `f32` that also works on 16-bit floats: [`Precision::Op`].
///
/// On the CPU nothing else is needed: its arguments are widened into memory of the device. On a GPU its sources take
/// the elements from the names `ELEMENT` and `OUTPUT` ([`Gpu::element`](crate::launch::Gpu::element)).
pub trait HalfOp: Op {
    /// Whether float argument `i` is `f32` whatever the others are: parameters and statistics of norms, gradients of
    /// parameters, the value of a loss.
    fn stays_f32(_args: &Self::Args, _i: usize) -> bool {
        false
    }
    /// The same of so many elements, where each is computed by itself and all arguments have as many: then pieces of
    /// them are widened, which stay in the cache.
    fn piece(_args: &Self::Args, _len: usize) -> Option<Self::Args> {
        None
    }
    /// Computes it on the CPU from elements `E` to elements `Y` without widening all of them, and says whether it did.
    fn direct<E: Precision, Y: Precision>(_: &Cpu, _args: &Self::Args, _: &mut Memory<'_>) -> bool {
        false
    }
}

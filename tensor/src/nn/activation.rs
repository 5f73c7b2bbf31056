//! Activation functions: layers of their own, or the last parameter of `Linear` and `Conv2d`.

use castiron_kernels::activation::Activation as Function;
use castiron_kernels::{Plain, Precision};

use super::{forward_is_infer, zero_sized};
use crate::call::activation as call;
use crate::memory::{Mut, Ref};
use crate::{Cx, GradBatch, Module, Shape, device::Device, params::Params};

/// A function applied to every number, which a layer can apply to its own output.
///
/// ```
/// use castiron::prelude::*;
/// #[derive(Module)]
/// #[module(input = [3], output = [3])]
/// #[repr(C)]
/// struct Net {
///     fc: Linear<[f32; 3], 3, Tanh>, // fused: one pass over memory
///     act: LeakyRelu,                // a layer of its own
/// }
/// ```
pub trait Activation: Params {
    /// The function.
    const FUNCTION: Function;
    /// What backward needs beyond the output: the function's input for GELU and SiLU, nothing for the
    /// others, whose derivative follows from the output.
    type Keep<T: Plain>: Plain;
    /// Room for the gradient before the activation; nothing for `Identity`.
    type Work<T: Plain>: Plain;

    /// The gradient before the activation, from `dy`, the gradient after it, both `G`; the output is a `T`.
    fn gradient<'a, D: Device, E: Precision, T: Plain, G: Plain>(
        cx: &Cx<'_, D, E>,
        len: usize,
        z: Ref<'_, Self::Keep<T>, D>,
        y: Ref<'_, T, D>,
        dy: Ref<'a, G, D>,
        work: Mut<'a, Self::Work<G>, D>,
    ) -> Ref<'a, G, D>;
}

macro_rules! activation {
    ($(#[$meta:meta])* $name:ident $(<$($param:ident : $ty:ty = $default:literal),+>)?, $function:expr, keep = $keep:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        #[repr(C)]
        pub struct $name $(<$(const $param: $ty = $default),+>)?;
        zero_sized!($name $(<$($param: $ty),+>)?);

        impl $(<$(const $param: $ty),+>)? Activation for $name $(<$($param),+>)? {
            const FUNCTION: Function = $function;
            type Keep<T: Plain> = activation!(@ $keep T);
            type Work<T: Plain> = T;
            fn gradient<'a, D: Device, E: Precision, T: Plain, G: Plain>(
                cx: &Cx<'_, D, E>,
                len: usize,
                z: Ref<'_, Self::Keep<T>, D>,
                y: Ref<'_, T, D>,
                dy: Ref<'a, G, D>,
                mut work: Mut<'a, G, D>,
            ) -> Ref<'a, G, D> {
                call::of_rows(cx, Self::FUNCTION, len, z.arg(), y.arg(), dy.arg(), work.arg());
                work.into_ref()
            }
        }

        impl<S: Shape<Elem: Precision> $($(, const $param: $ty)+)?> Module<S, S> for $name $(<$($param),+>)? {
            const KIND: &'static str = stringify!($name);
            forward_is_infer!(S => S);

            fn infer<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                _: Ref<'_, Self, D>,
                x: Ref<'_, [S; B], D>,
                mut y: Mut<'_, [S; B], D>,
                _: Mut<'_, (), D>,
                _: Mut<'_, (), D>,
            ) {
                call::forward(&cx.of::<S::Elem>(), Self::FUNCTION, S::LEN, x.arg(), y.arg());
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                _: Ref<'_, Self, D>,
                x: Ref<'_, [S; B], D>,
                y: Ref<'_, [S; B], D>,
                _: Mut<'_, (), D>,
                dy: Ref<'_, GradBatch<S, B>, D>,
                dx: Option<Mut<'_, GradBatch<S, B>, D>>,
                _: Mut<'_, Self, D>,
                _: Mut<'_, (), D>,
            ) {
                let Some(mut dx) = dx else { return };
                call::backward(&cx.of::<S::Elem>(), Self::FUNCTION, S::LEN, x.arg(), y.arg(), dy.arg(), dx.arg());
            }
        }
    };
    (@ nothing $t:ident) => { () };
    (@ input $t:ident) => { $t };
}

activation! {
    /// max(x, 0). PyTorch's `ReLU`.
    Relu, Function::Relu, keep = nothing
}
activation! {
    /// min(max(x, 0), 6). PyTorch's `ReLU6`.
    Relu6, Function::Relu6, keep = nothing
}
activation! {
    /// x where x > 0, else x · `SLOPE` / `OF`: `LeakyRelu` has PyTorch's slope of 1/100, `LeakyRelu<20>`
    /// one of 20/100, `LeakyRelu<1, 8>` one of 1/8. PyTorch's `LeakyReLU`.
    LeakyRelu<SLOPE: u32 = 1, OF: u32 = 100>, Function::LeakyRelu(SLOPE as f32 / OF as f32), keep = nothing
}
activation! {
    /// 1 / (1 + e⁻ˣ). PyTorch's `Sigmoid`.
    Sigmoid, Function::Sigmoid, keep = nothing
}
activation! {
    /// tanh x. PyTorch's `Tanh`.
    Tanh, Function::Tanh, keep = nothing
}
activation! {
    /// x·Φ(x), with the error function. Hendrycks & Gimpel 2016. PyTorch's `GELU()`.
    Gelu, Function::Gelu, keep = input
}
activation! {
    /// The tanh approximation of [`Gelu`]. PyTorch's `GELU(approximate="tanh")`.
    GeluTanh, Function::GeluTanh, keep = input
}
activation! {
    /// x·sigmoid(x), also known as swish. PyTorch's `SiLU`.
    Silu, Function::Silu, keep = input
}
activation! {
    /// √x, as of a sum of squares; its derivative at 0 is infinite. PyTorch's `torch.sqrt`.
    Sqrt, Function::Sqrt, keep = nothing
}

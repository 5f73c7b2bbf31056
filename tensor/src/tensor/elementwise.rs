//! Functions of each element, by name.
//!
//! ```
//! use castiron::tensor;
//! let mut x = tensor![-1.0, 0.0, 4.0];
//! assert_eq!(x.abs().sqrt(), tensor![1.0, 0.0, 2.0]);
//! x.relu_().sqrt_();
//! assert_eq!(x, tensor![0.0, 0.0, 2.0]);
//! assert_eq!(tensor![i32; -3, 4].square(), tensor![i32; 9, 16]);
//! ```

use castiron_kernels::unary::Function;

use super::{Number, Real, Tensor};
use crate::Shape;
use crate::device::Storage;
use crate::tape::Grad;

/// A method for each function, and one that changes the tensor in place.
macro_rules! functions {
    ($bound:ident: $($(#[$meta:meta])* $name:ident $in_place:ident = $function:ident;)*) => {
        // The bound is one of each method: of an implementation rustc would not say in words what is missing.
        impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
            $(
                $(#[$meta])*
                #[must_use]
                pub fn $name(&self) -> Self
                where
                    S::Elem: $bound,
                {
                    Tensor::from_var(self.as_var().unary(Function::$function))
                }
            )*
        }

        /// In place: memory that nobody else shares is changed where it is.
        impl<S: Shape, D: Storage> Tensor<S, D> {
            $(
                #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") in place.")]
                pub fn $in_place(&mut self) -> &mut Self
                where
                    S::Elem: $bound,
                {
                    self.change(|x| x.unary_assign(Function::$function));
                    self
                }
            )*
        }
    };
}

functions! { Number:
    /// −x. PyTorch's `x.neg()` and `-x`.
    neg neg_ = Neg;
    /// |x|; its gradient at zero is 0. PyTorch's `x.abs()`.
    abs abs_ = Abs;
    /// −1, 0 or 1; 0 for NaN. Its gradient is zero. PyTorch's `x.sign()`.
    #[doc(alias = "signum")]
    sign sign_ = Sign;
    /// x². PyTorch's `x.square()`.
    square square_ = Square;
    /// max(x, 0); its gradient at zero is 0. PyTorch's `x.relu()`.
    relu relu_ = Relu;
}

functions! { Real:
    /// The greatest whole number that is not greater. Its gradient is zero. PyTorch's `x.floor()`.
    floor floor_ = Floor;
    /// The least whole number that is not less. Its gradient is zero. PyTorch's `x.ceil()`.
    ceil ceil_ = Ceil;
    /// The nearest whole number, ties to even. Its gradient is zero. PyTorch's `x.round()`.
    round round_ = Round;
    /// Without what is after the point. Its gradient is zero. PyTorch's `x.trunc()`.
    trunc trunc_ = Trunc;
    /// What is after the point: x − trunc x. PyTorch's `x.frac()`.
    frac frac_ = Frac;
    /// eˣ. PyTorch's `x.exp()`.
    exp exp_ = Exp;
    /// 2ˣ. PyTorch's `x.exp2()`.
    exp2 exp2_ = Exp2;
    /// eˣ − 1, accurate for small x. PyTorch's `x.expm1()`.
    #[doc(alias = "exp_m1")]
    expm1 expm1_ = Expm1;
    /// ln x. PyTorch's `x.log()`.
    #[doc(alias = "ln")]
    log log_ = Log;
    /// log₂ x. PyTorch's `x.log2()`.
    log2 log2_ = Log2;
    /// log₁₀ x. PyTorch's `x.log10()`.
    log10 log10_ = Log10;
    /// ln(1 + x), accurate for small x. PyTorch's `x.log1p()`.
    #[doc(alias = "ln_1p")]
    log1p log1p_ = Log1p;
    /// √x. PyTorch's `x.sqrt()`.
    sqrt sqrt_ = Sqrt;
    /// 1 / √x. PyTorch's `x.rsqrt()`.
    rsqrt rsqrt_ = Rsqrt;
    /// 1 / x. PyTorch's `x.reciprocal()`.
    #[doc(alias = "recip")]
    reciprocal reciprocal_ = Recip;
    /// sin x. PyTorch's `x.sin()`.
    sin sin_ = Sin;
    /// cos x. PyTorch's `x.cos()`.
    cos cos_ = Cos;
    /// tan x. PyTorch's `x.tan()`.
    tan tan_ = Tan;
    /// arcsin x. PyTorch's `x.asin()`.
    asin asin_ = Asin;
    /// arccos x. PyTorch's `x.acos()`.
    acos acos_ = Acos;
    /// arctan x. PyTorch's `x.atan()`.
    atan atan_ = Atan;
    /// sinh x. PyTorch's `x.sinh()`.
    sinh sinh_ = Sinh;
    /// cosh x. PyTorch's `x.cosh()`.
    cosh cosh_ = Cosh;
    /// tanh x. PyTorch's `x.tanh()`.
    tanh tanh_ = Tanh;
    /// arsinh x. PyTorch's `x.asinh()`.
    asinh asinh_ = Asinh;
    /// arcosh x. PyTorch's `x.acosh()`.
    acosh acosh_ = Acosh;
    /// artanh x. PyTorch's `x.atanh()`.
    atanh atanh_ = Atanh;
    /// erf x = 2/√π·∫₀ˣ e^(−t²) dt. PyTorch's `x.erf()`.
    erf erf_ = Erf;
    /// 1 − erf x, accurate for large x. PyTorch's `x.erfc()`.
    erfc erfc_ = Erfc;
}

functions! { Real:
    /// 1 / (1 + e⁻ˣ). PyTorch's `x.sigmoid()`.
    sigmoid sigmoid_ = Sigmoid;
    /// ln(1 / (1 + e⁻ˣ)), which does not overflow. PyTorch's `F.logsigmoid(x)`.
    #[doc(alias = "logsigmoid")]
    log_sigmoid log_sigmoid_ = LogSigmoid;
    /// ln(1 + eˣ), which does not overflow. PyTorch's `F.softplus(x)`, which takes x itself above 20.
    softplus softplus_ = Softplus;
    /// min(max(x, 0), 6). PyTorch's `F.relu6(x)`.
    relu6 relu6_ = Relu6;
    /// x·Φ(x) = x/2·(1 + erf(x/√2)). PyTorch's `F.gelu(x)`.
    gelu gelu_ = Gelu;
    /// x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). PyTorch's `F.gelu(x, approximate="tanh")`.
    gelu_tanh gelu_tanh_ = GeluTanh;
    /// x / (1 + e⁻ˣ). PyTorch's `F.silu(x)`.
    silu silu_ = Silu;
    /// x·tanh(ln(1 + eˣ)). PyTorch's `F.mish(x)`.
    mish mish_ = Mish;
    /// min(max(x/6 + 1/2, 0), 1). PyTorch's `F.hardsigmoid(x)`.
    hardsigmoid hardsigmoid_ = Hardsigmoid;
    /// x·min(max(x/6 + 1/2, 0), 1). PyTorch's `F.hardswish(x)`.
    hardswish hardswish_ = Hardswish;
}

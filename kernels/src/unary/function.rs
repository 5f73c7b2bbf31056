//! [`Function`]: which functions there are, for which elements, and what their derivatives need.

use crate::DType;

/// A function of one element. Those with a number take it as f64 for floats (it is rounded to the elements'
/// type, or to f32 for the 16-bit ones) and as i64 for integers (`AddInt` and the like), of which the low bits
/// are taken that the elements have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// −x; of integers too, as are those marked so below.
    Neg,
    /// |x|; of integers too.
    Abs,
    /// −1, 0 or 1; 0 for NaN. Of integers too.
    Sign,
    /// The greatest whole number that is not greater.
    Floor,
    /// The least whole number that is not less.
    Ceil,
    /// The nearest whole number, ties to even; `torch.round`.
    Round,
    /// Towards zero.
    Trunc,
    /// x without its whole part: x − trunc x.
    Frac,
    /// eˣ
    Exp,
    /// 2ˣ
    Exp2,
    /// eˣ − 1, accurate for small x.
    Expm1,
    /// ln x
    Log,
    /// log₂ x
    Log2,
    /// log₁₀ x
    Log10,
    /// ln(1 + x), accurate for small x.
    Log1p,
    /// √x
    Sqrt,
    /// 1 / √x
    Rsqrt,
    /// 1 / x; `torch.reciprocal`.
    Recip,
    /// x²; of integers too.
    Square,
    /// sin x
    Sin,
    /// cos x
    Cos,
    /// tan x
    Tan,
    /// arcsin x
    Asin,
    /// arccos x
    Acos,
    /// arctan x
    Atan,
    /// sinh x
    Sinh,
    /// cosh x
    Cosh,
    /// tanh x
    Tanh,
    /// arsinh x
    Asinh,
    /// arcosh x
    Acosh,
    /// artanh x
    Atanh,
    /// 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// max(x, 0); of integers too. NaN stays.
    Relu,
    /// min(max(x, 0), 6)
    Relu6,
    /// x where x > 0, else slope·x.
    LeakyRelu(f64),
    /// x where x > 0, else α·(eˣ − 1).
    Elu(f64),
    /// x·Φ(x) = x/2·(1 + erf(x/√2))
    Gelu,
    /// x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
    GeluTanh,
    /// x / (1 + e⁻ˣ)
    Silu,
    /// ln(1 + eˣ)
    Softplus,
    /// x·tanh(ln(1 + eˣ))
    Mish,
    /// ln(1 / (1 + e⁻ˣ))
    LogSigmoid,
    /// min(max(x / 6 + 1/2, 0), 1)
    Hardsigmoid,
    /// x·min(max(x / 6 + 1/2, 0), 1)
    Hardswish,
    /// erf x
    Erf,
    /// 1 − erf x, accurate for large x.
    Erfc,
    /// x + s
    AddScalar(f64),
    /// s·x
    MulScalar(f64),
    /// x / s, rounded once.
    DivScalar(f64),
    /// s − x
    RsubScalar(f64),
    /// s / x
    RdivScalar(f64),
    /// xˢ
    PowScalar(f64),
    /// sˣ
    RpowScalar(f64),
    /// min(max(x, min), max). NaN stays.
    Clamp {
        /// The lower limit; −∞ for none.
        min: f64,
        /// The upper limit, which is the stronger one; ∞ for none.
        max: f64,
    },
    /// The remainder of x / s with the sign of s; `torch.remainder`.
    RemScalar(f64),
    /// x + s of integers, which wrap around.
    AddInt(i64),
    /// s·x of integers.
    MulInt(i64),
    /// s − x of integers.
    RsubInt(i64),
    /// x / s of integers, towards zero; `torch.div(x, s, rounding_mode="trunc")`.
    DivInt(i64),
    /// The remainder of x / s of integers with the sign of s.
    RemInt(i64),
    /// xˢ of integers. A negative power is zero but for x = 1 and x = −1.
    PowInt(i64),
    /// min(max(x, min), max) of integers.
    ClampInt {
        /// The lower limit; `i64::MIN` for none.
        min: i64,
        /// The upper limit, which is the stronger one; `i64::MAX` for none.
        max: i64,
    },
    /// !x of booleans.
    LogicalNot,
}

/// What of a function the derivative is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Neither: it is the same everywhere.
    Nothing,
    /// x
    Input,
    /// y, so that x need not be kept, and the function may work in place.
    Output,
}

impl Function {
    /// Whether there is this function of elements of this type. Floats have all but those for integers;
    /// integers those and the few marked so; booleans `LogicalNot`.
    pub const fn is_defined(self, dtype: DType) -> bool {
        use Function::*;
        let number = !matches!(dtype, DType::Bool);
        match self {
            Neg | Abs | Sign | Square | Relu => number,
            AddInt(_) | MulInt(_) | RsubInt(_) | DivInt(_) | RemInt(_) | PowInt(_) | ClampInt { .. } => {
                number && !dtype.is_float()
            }
            LogicalNot => !number,
            _ => dtype.is_float(),
        }
    }

    /// What the derivative is computed from.
    pub const fn kept(self) -> Kept {
        use Function::*;
        match self {
            Neg | Sign | Floor | Ceil | Round | Trunc | Frac => Kept::Nothing,
            AddScalar(_) | MulScalar(_) | DivScalar(_) | RsubScalar(_) | RemScalar(_) => Kept::Nothing,
            AddInt(_) | MulInt(_) | RsubInt(_) | DivInt(_) | RemInt(_) | PowInt(_) => Kept::Nothing,
            ClampInt { .. } | LogicalNot => Kept::Nothing,
            Exp | Exp2 | Expm1 | Sqrt | Rsqrt | Recip | Tan | Tanh | Sigmoid | Relu | Relu6 => Kept::Output,
            RpowScalar(_) => Kept::Output,
            // The sign of y is that of x if the slope has no sign.
            LeakyRelu(slope) if slope >= 0.0 => Kept::Output,
            _ => Kept::Input,
        }
    }

    /// Whether the derivative follows without the input, so that it need not be kept.
    pub const fn differentiates_from_output(self) -> bool {
        !matches!(self.kept(), Kept::Input)
    }
}

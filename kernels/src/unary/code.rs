//! Functions as kernels know them.

use super::Function::{self, *};

/// A function by its number in `function.cuh`, with the numbers that it takes.
#[derive(Clone, Copy)]
pub(super) struct Code {
    pub(super) number: u32,
    /// Those of floats.
    pub(super) s: f64,
    pub(super) t: f64,
    /// Those of integers.
    pub(super) m: i64,
    pub(super) n: i64,
}

/// A function that takes no number.
const fn code(number: u32) -> Code {
    Code { number, s: 0.0, t: 0.0, m: 0, n: 0 }
}

impl Code {
    pub(super) fn of(function: Function) -> Self {
        match function {
            Neg => code(0),
            Abs => code(1),
            Sign => code(2),
            Floor => code(3),
            Ceil => code(4),
            Round => code(5),
            Trunc => code(6),
            Frac => code(7),
            Exp => code(8),
            Exp2 => code(9),
            Expm1 => code(10),
            Log => code(11),
            Log2 => code(12),
            Log10 => code(13),
            Log1p => code(14),
            Sqrt => code(15),
            Rsqrt => code(16),
            Recip => code(17),
            Square => code(18),
            Sin => code(19),
            Cos => code(20),
            Tan => code(21),
            Asin => code(22),
            Acos => code(23),
            Atan => code(24),
            Sinh => code(25),
            Cosh => code(26),
            Tanh => code(27),
            Asinh => code(28),
            Acosh => code(29),
            Atanh => code(30),
            Sigmoid => code(31),
            Relu => code(32),
            Relu6 => code(33),
            LeakyRelu(s) => Code { s, ..code(34) },
            Elu(s) => Code { s, ..code(35) },
            Gelu => code(36),
            GeluTanh => code(37),
            Silu => code(38),
            Softplus => code(39),
            Mish => code(40),
            LogSigmoid => code(41),
            Hardsigmoid => code(42),
            Hardswish => code(43),
            Erf => code(44),
            Erfc => code(45),
            AddScalar(s) => Code { s, ..code(46) },
            MulScalar(s) => Code { s, ..code(47) },
            DivScalar(s) => Code { s, ..code(48) },
            RsubScalar(s) => Code { s, ..code(49) },
            RdivScalar(s) => Code { s, ..code(50) },
            PowScalar(s) => Code { s, ..code(51) },
            RpowScalar(s) => Code { s, ..code(52) },
            Clamp { min, max } => Code { s: min, t: max, ..code(53) },
            RemScalar(s) => Code { s, ..code(54) },
            AddInt(m) => Code { m, ..code(55) },
            MulInt(m) => Code { m, ..code(56) },
            RsubInt(m) => Code { m, ..code(57) },
            DivInt(m) => Code { m, ..code(58) },
            RemInt(m) => Code { m, ..code(59) },
            PowInt(m) => Code { m, ..code(60) },
            ClampInt { min, max } => Code { m: min, n: max, ..code(61) },
            LogicalNot => code(62),
        }
    }
}

/// The same function in fewer instructions: of powers, those that are products or roots.
pub(super) fn simplified(function: Function) -> Function {
    match function {
        PowScalar(2.0) => Square,
        PowScalar(0.5) => Sqrt,
        PowScalar(-0.5) => Rsqrt,
        PowScalar(-1.0) => Recip,
        other => other,
    }
}

/// Whether f takes many instructions.
pub(super) const fn is_slow(function: Function) -> bool {
    match function {
        Exp | Exp2 | Expm1 | Log | Log2 | Log10 | Log1p | RpowScalar(_) | RemScalar(_) => true,
        Tan | Asin | Acos | Atan | Tanh | Asinh | Acosh | Atanh | Sigmoid => true,
        other => is_slow_derivative(other),
    }
}

/// Whether f′ takes many instructions.
pub(super) const fn is_slow_derivative(function: Function) -> bool {
    matches!(function, Sin | Cos | Sinh | Cosh | Elu(_) | Gelu | GeluTanh | Silu | Softplus | Mish)
        || matches!(function, LogSigmoid | Erf | Erfc | PowScalar(_))
}

//! The elementary functions: in registers for f32, one by one for f64.

use core::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use super::Function;
use super::elementary::Elementary;
use crate::Isa;
use crate::cpu::{map, multiversion};
use crate::element::Float;
use crate::math::{self, Exponent};
use crate::vector::{Kernel, Registers, Vector, Wide, run};

/// The loops over elementary functions.
pub(super) trait Curves: Float {
    /// y ← f(x), or y ← f(y) where x is empty.
    fn curve(isa: Isa, function: Function, x: &[Self], y: &mut [Self]);
    /// dx ← dy·f′(x), or dx ← dx·f′(x) where dy is empty.
    fn slope(isa: Isa, function: Function, x: &[Self], dy: &[Self], dx: &mut [Self]);
}
impl Curves for f32 {
    fn curve(isa: Isa, function: Function, x: &[f32], y: &mut [f32]) {
        match function {
            Function::PowScalar(s) if (s as f32).is_finite() && s as f32 != 0.0 => {
                powers(isa, Exponent::new(s as f32 as f64), x, y);
            }
            Function::PowScalar(_) | Function::RpowScalar(_) | Function::RemScalar(_) => {
                calls(function, x, y)
            }
            _ => run(isa, Curve { function, x, y }),
        }
    }
    fn slope(isa: Isa, function: Function, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        run(isa, Slope { function, x, dy, dx });
    }
}
impl Curves for f64 {
    fn curve(_: Isa, function: Function, x: &[f64], y: &mut [f64]) {
        match function {
            Function::PowScalar(_) | Function::RpowScalar(_) | Function::RemScalar(_) => {
                calls(function, x, y)
            }
            _ => curves(function, x, y),
        }
    }
    fn slope(_: Isa, function: Function, x: &[f64], dy: &[f64], dx: &mut [f64]) {
        slopes(function, dy, x, dx);
    }
}

multiversion! {
    fn powers(isa, exponent: Exponent, x: &[f32], y: &mut [f32]) {
        map(x, y, |x| exponent.power(x));
    }
}

struct Curve<'a> {
    function: Function,
    x: &'a [f32],
    y: &'a mut [f32],
}
impl Kernel for Curve<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Curve { function, x, y } = self;
        let turns = matches!(function, Function::Sin | Function::Cos | Function::Tan);
        if turns && !are_near(if x.is_empty() { y } else { x }) {
            return calls(function, x, y);
        }
        // SAFETY: within `run`.
        curves(function, x, unsafe { Registers::<V>::new(y) });
    }
}

struct Slope<'a> {
    function: Function,
    x: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
}
impl Kernel for Slope<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Slope { function, x, dy, dx } = self;
        let sine = matches!(function, Function::Sin);
        if (sine || matches!(function, Function::Cos)) && !are_near(x) {
            let slope = |x| if sine { math::cos(x) } else { -math::sin(x) };
            for (i, (dx, x)) in dx.iter_mut().zip(x).enumerate() {
                *dx = dy.get(i).unwrap_or(dx) * slope(*x);
            }
            return;
        }
        // SAFETY: within `run`.
        slopes(function, dy, x, unsafe { Registers::<V>::new(dx) });
    }
}

/// Whether all angles are reduced in registers.
#[inline(always)]
fn are_near(x: &[f32]) -> bool {
    x.iter().fold(true, |all, x| all & math::is_near(*x))
}

/// Functions that are calls for all types.
fn calls<F: Float>(function: Function, x: &[F], y: &mut [F]) {
    let number = F::from_f64;
    for (i, y) in y.iter_mut().enumerate() {
        let x = *x.get(i).unwrap_or(y);
        *y = match function {
            Function::PowScalar(s) => x.pow(number(s)),
            Function::RpowScalar(s) => number(s).pow(x),
            Function::RemScalar(s) => x.rem(number(s)),
            Function::Sin => x.sin(),
            Function::Cos => x.cos(),
            _ => x.tan(),
        };
    }
}

/// Elements of an output, several at a time.
trait Lanes {
    type Element;
    type Number: Elementary;
    /// How many times.
    fn count(&self) -> usize;
    /// Those of an input, or of the output where that is empty.
    fn get_from(&self, slice: &[Self::Element], i: usize) -> Self::Number;
    fn set(&mut self, i: usize, x: Self::Number);
}
impl<V: Vector> Lanes for Registers<'_, V> {
    type Element = f32;
    type Number = Wide<V>;
    #[inline(always)]
    fn count(&self) -> usize {
        self.count()
    }
    #[inline(always)]
    fn get_from(&self, slice: &[f32], i: usize) -> Wide<V> {
        self.get_from(slice, i)
    }
    #[inline(always)]
    fn set(&mut self, i: usize, x: Wide<V>) {
        self.set(i, x);
    }
}
impl Lanes for &mut [f64] {
    type Element = f64;
    type Number = f64;
    fn count(&self) -> usize {
        self.len()
    }
    fn get_from(&self, slice: &[f64], i: usize) -> f64 {
        if slice.is_empty() { self[i] } else { slice[i] }
    }
    fn set(&mut self, i: usize, x: f64) {
        self[i] = x;
    }
}

/// y ← f(x), ..
macro_rules! each {
    ($y:ident = |$($x:ident),*| $f:expr) => {
        for i in 0..$y.count() {
            $(let $x = $y.get_from($x, i);)*
            $y.set(i, $f);
        }
    };
}

#[inline(always)]
fn curves<L: Lanes>(function: Function, x: &[L::Element], mut y: L) {
    match function {
        Function::Exp => each!(y = |x| x.exp()),
        Function::Exp2 => each!(y = |x| x.exp2()),
        Function::Expm1 => each!(y = |x| x.exp_m1()),
        Function::Log => each!(y = |x| x.ln()),
        Function::Log2 => each!(y = |x| x.log2()),
        Function::Log10 => each!(y = |x| x.log10()),
        Function::Log1p => each!(y = |x| x.ln_1p()),
        Function::Sin => each!(y = |x| x.sin()),
        Function::Cos => each!(y = |x| x.cos()),
        Function::Tan => each!(y = |x| x.tan()),
        Function::Asin => each!(y = |x| x.asin()),
        Function::Acos => each!(y = |x| x.acos()),
        Function::Atan => each!(y = |x| x.atan()),
        Function::Sinh => each!(y = |x| x.sinh()),
        Function::Cosh => each!(y = |x| x.cosh()),
        Function::Tanh => each!(y = |x| x.tanh()),
        Function::Asinh => each!(y = |x| x.asinh()),
        Function::Acosh => each!(y = |x| x.acosh()),
        Function::Atanh => each!(y = |x| x.atanh()),
        Function::Erf => each!(y = |x| x.erf()),
        Function::Erfc => each!(y = |x| x.erfc()),
        Function::Sigmoid => each!(y = |x| x.sigmoid()),
        Function::Silu => each!(y = |x| x * x.sigmoid()),
        Function::Softplus => each!(y = |x| x.softplus()),
        Function::LogSigmoid => each!(y = |x| log_sigmoid(x)),
        Function::Mish => each!(y = |x| x * tanh_of_softplus(x)),
        Function::Elu(alpha) => each!(y = |x| x.where_positive(x, x.number(alpha) * x.exp_m1())),
        Function::Gelu => each!(y = |x| x.gelu()),
        // (1 + tanh u)/2 = σ(2u), which does not cancel to the left.
        Function::GeluTanh => each!(y = |x| x * double(gelu_inner(x)).sigmoid()),
        _ => {}
    }
}

#[inline(always)]
fn slopes<L: Lanes>(function: Function, dy: &[L::Element], x: &[L::Element], mut dx: L) {
    match function {
        Function::Sin => each!(dx = |dy, x| dy * x.cos()),
        Function::Cos => each!(dx = |dy, x| -(dy * x.sin())),
        Function::Sinh => each!(dx = |dy, x| dy * x.cosh()),
        Function::Cosh => each!(dx = |dy, x| dy * x.sinh()),
        Function::Elu(alpha) => each!(dx = |dy, x| dy.where_positive(x, dy * (x.number(alpha) * x.exp()))),
        Function::Gelu => each!(dx = |dy, x| dy * x.gelu_derivative()),
        Function::GeluTanh => each!(
            dx = |dy, x| {
                let (s, one) = (double(gelu_inner(x)).sigmoid(), x.number(1.0));
                let inner = double(x.number(GELU_SCALE) * (one + x.number(3.0 * GELU_CUBIC) * (x * x)));
                dy * (s + x * (s * (one - s)) * inner)
            }
        ),
        Function::Silu => each!(
            dx = |dy, x| {
                let (s, one) = (x.sigmoid(), x.number(1.0));
                dy * (s * (one + x * (one - s)))
            }
        ),
        Function::Softplus => each!(dx = |dy, x| dy * x.sigmoid()),
        Function::LogSigmoid => each!(dx = |dy, x| dy * (-x).sigmoid()),
        Function::Mish => each!(
            dx = |dy, x| {
                let (t, one) = (tanh_of_softplus(x), x.number(1.0));
                dy * (t + x * x.sigmoid() * (one - t * t))
            }
        ),
        Function::Erf => each!(dx = |dy, x| dy * (x.number(FRAC_2_SQRT_PI) * (-(x * x)).exp())),
        Function::Erfc => each!(dx = |dy, x| dy * (x.number(-FRAC_2_SQRT_PI) * (-(x * x)).exp())),
        _ => {}
    }
}

/// −ln(1 + e⁻ˣ)
#[inline(always)]
fn log_sigmoid<E: Elementary>(x: E) -> E {
    // A difference: far to the right it is zero, not minus zero.
    x.number(0.0) - (-x).softplus()
}

/// tanh ln(1 + eˣ) = n/(n + 2) with n = eˣ·(eˣ + 2)
#[inline(always)]
fn tanh_of_softplus<E: Elementary>(x: E) -> E {
    let two = x.number(2.0);
    // From here on it is 1, and n does not overflow.
    let e = x.no_more_than(20.0).exp();
    let n = e * (e + two);
    n / (n + two)
}

/// √(2/π)
const GELU_SCALE: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
const GELU_CUBIC: f64 = 0.044_715;

/// √(2/π)·(x + 0.044715·x³)
#[inline(always)]
fn gelu_inner<E: Elementary>(x: E) -> E {
    x.number(GELU_SCALE) * (x + x.number(GELU_CUBIC) * (x * x * x))
}

#[inline(always)]
fn double<E: Elementary>(x: E) -> E {
    x + x
}

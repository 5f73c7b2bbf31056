//! Each function at every so many of all numbers, against the same in double precision.

use super::*;

/// Between the bit patterns that are tried; a prime, so that all kinds of fractions come.
const STRIDE: usize = 4_001;

/// The largest error in units of the last place, at which x.
fn worst(f: impl Fn(f32) -> f32, reference: impl Fn(f64) -> f64) -> (f64, f32) {
    let edges = [0u32, 1, 0x007F_FFFF, 0x0080_0000, 0x3F80_0000, 0x7F7F_FFFF, 0x7F80_0000, 0x7FC0_0000];
    let all = (0..=u32::MAX).step_by(STRIDE).chain(edges.into_iter().flat_map(|x| [x, x | 1 << 31]));
    all.fold((0.0, 0.0), |worst: (f64, f32), bits| {
        let x = f32::from_bits(bits);
        let (got, want) = (f(x), reference(x as f64));
        let nearest = want as f32;
        let error = if got == nearest || got.is_nan() && nearest.is_nan() {
            // A zero has the sign that it should.
            if got == 0.0 && got.is_sign_negative() != want.is_sign_negative() { f64::INFINITY } else { 0.0 }
        } else if !got.is_finite() || !nearest.is_finite() {
            f64::INFINITY
        } else {
            let magnitude = nearest.abs().max(f32::MIN_POSITIVE);
            let place = f32::from_bits(magnitude.to_bits() & 0x7F80_0000) as f64 / 8_388_608.0;
            (got as f64 - want).abs() / place
        };
        if error > worst.0 { (error, x) } else { worst }
    })
}

macro_rules! within {
    ($($name:ident < $limit:literal: $reference:expr;)*) => { $(
        #[test]
        fn $name() {
            let (error, x) = worst(super::$name, $reference);
            assert!(error < $limit, "{error} units off at {x:e} ({:#x})", x.to_bits());
        }
    )* };
}

within! {
    exp < 1.0: libm::exp;
    exp2 < 1.0: libm::exp2;
    exp_m1 < 1.5: libm::expm1;
    sigmoid < 2.5: |x| if x < 0.0 { libm::exp(x) / (1.0 + libm::exp(x)) } else { 1.0 / (1.0 + libm::exp(-x)) };
    tanh < 2.5: libm::tanh;
    sinh < 2.5: libm::sinh;
    cosh < 1.6: libm::cosh;
    ln < 1.0: libm::log;
    log2 < 1.6: libm::log2;
    log10 < 2.0: libm::log10;
    ln_1p < 1.6: libm::log1p;
    softplus < 1.6: |x| x.max(0.0) + libm::log1p(libm::exp(-x.abs()));
    asinh < 2.5: libm::asinh;
    acosh < 2.0: |x| if x < 1.0 { f64::NAN } else { libm::acosh(x) };
    atanh < 2.5: libm::atanh;
    erf < 1.6: libm::erf;
    erfc < 6.5: libm::erfc;
    gelu < 6.5: |x| 0.5 * x * libm::erfc(-x * 0.5f64.sqrt());
    sin < 2.2: libm::sin;
    cos < 2.2: libm::cos;
    tan < 3.5: libm::tan;
    asin < 2.5: libm::asin;
    acos < 1.6: libm::acos;
    atan < 2.5: libm::atan;
}

#[test]
fn the_derivative_of_gelu_is_that_of_the_normal_distribution() {
    for i in -2000..=2000 {
        let x = i as f64 / 100.0;
        let density = libm::exp(-0.5 * x * x) / (2.0 * std::f64::consts::PI).sqrt();
        let want = 0.5 * libm::erfc(-x * 0.5f64.sqrt()) + x * density;
        let got = gelu_derivative(x as f32) as f64;
        assert!((got - want).abs() < 3e-7, "{got} not {want} at {x}");
    }
    assert!(gelu_derivative(f32::NAN).is_nan());
    assert_eq!([f32::NEG_INFINITY, f32::INFINITY].map(gelu_derivative), [0.0, 1.0]);
}

#[test]
fn powers_are_rounded_once() {
    for s in [0.5, 1.7, -0.3, 2.0, 3.0, -3.0, 17.0, 1e-3, 40.5, -1e9, 1e300] {
        let (error, x) = worst(|x| Exponent::new(s).power(x), |x| libm::pow(x, s));
        assert!(error < 0.51, "{error} units off at {x:e} to the {s}");
    }
}

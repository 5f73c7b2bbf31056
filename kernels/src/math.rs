//! Elementary functions, the same on every platform, with and without `std`.

/// eˣ
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    libm::expf(x)
}

/// ln x
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    libm::logf(x)
}

/// ln(1 + x), accurate for small x.
#[inline(always)]
pub fn ln_1p(x: f32) -> f32 {
    libm::log1pf(x)
}

/// √x
#[inline(always)]
pub fn sqrt(x: f32) -> f32 {
    // Both round correctly, so they agree to the bit; only the first is vectorised.
    #[cfg(feature = "std")]
    return x.sqrt();
    #[cfg(not(feature = "std"))]
    libm::sqrtf(x)
}

/// tanh x
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    libm::tanhf(x)
}

/// erf x
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    libm::erff(x)
}

/// 1 / (1 + e⁻ˣ)
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

//! Comparison of numbers whose type is known at run time.

use castiron::{DType, DynTensor, bf16, f16};

/// How far numbers may be apart: |got − want| ≤ ulps·ε·max(|want|, size), where ε is the distance from 1 to the
/// next number of the type.
#[derive(Clone, Copy)]
pub struct Tolerance {
    pub ulps: f64,
    pub size: f64,
    /// Of gradients.
    pub gradient: f64,
    pub gradient_size: f64,
}

/// PyTorch's numbers are rounded once from float64 (f32), or computed in their own type; castiron computes in at
/// least f32 and rounds. Each may be off by one or two; a gradient is a product of two such numbers or more.
impl Default for Tolerance {
    fn default() -> Self {
        Tolerance { ulps: 2.0, size: 0.0, gradient: 4.0, gradient_size: 0.0 }
    }
}

/// Real numbers; nothing for integers and booleans.
fn reals(x: &DynTensor) -> Option<(Vec<f64>, f64)> {
    Some(match x.dtype() {
        DType::F32 => (x.as_slice::<f32>()?.iter().map(|x| f64::from(*x)).collect(), f64::from(f32::EPSILON)),
        DType::F64 => (x.as_slice::<f64>()?.to_vec(), f64::EPSILON),
        DType::Bf16 => (x.as_slice::<bf16>()?.iter().map(|x| x.to_f64()).collect(), bf16::EPSILON.to_f64()),
        DType::F16 => (x.as_slice::<f16>()?.iter().map(|x| x.to_f64()).collect(), f16::EPSILON.to_f64()),
        _ => return None,
    })
}

/// Equal but for rounding; NaN equals NaN, and integers must be the same.
pub fn compare(
    got: &DynTensor,
    want: &DynTensor,
    tolerance: Tolerance,
    gradient: bool,
) -> Result<(), String> {
    if (got.dims(), got.dtype()) != (want.dims(), want.dtype()) {
        let kinds = (got.dtype(), got.dims(), want.dtype(), want.dims());
        return Err(format!("{} {:?}, not {} {:?}", kinds.0, kinds.1, kinds.2, kinds.3));
    }
    let (Some((got_numbers, epsilon)), Some((numbers, _))) = (reals(got), reals(want)) else {
        return if got == want { Ok(()) } else { Err("other integers".to_owned()) };
    };
    let (ulps, size) = match gradient {
        true => (tolerance.gradient, tolerance.gradient_size),
        false => (tolerance.ulps, tolerance.size),
    };
    let mut worst: Option<(f64, String)> = None;
    for (i, (got, want)) in got_numbers.into_iter().zip(numbers).enumerate() {
        if got == want || got.is_nan() && want.is_nan() {
            if got == 0.0 && !gradient && got.is_sign_negative() != want.is_sign_negative() {
                return Err(format!("number {i} is {got:?}, not {want:?}"));
            }
            continue;
        }
        let off = (got - want).abs() / (epsilon * want.abs().max(size));
        let off = if off.is_nan() { f64::INFINITY } else { off };
        if off > ulps && worst.as_ref().is_none_or(|worst| off > worst.0) {
            worst = Some((off, format!("number {i} is {got:e}, not {want:e}: {off:.1} ulps apart")));
        }
    }
    worst.map_or(Ok(()), |(_, text)| Err(text))
}

/// The numbers as `x`'s type.
fn like(x: &DynTensor, numbers: Vec<f64>) -> DynTensor {
    let made = match x.dtype() {
        DType::F64 => DynTensor::from_vec(x.dims(), numbers),
        _ => DynTensor::from_vec(x.dims(), numbers.into_iter().map(|x| x as f32).collect()),
    };
    made.unwrap()
}

/// Numbers between −1 and 1, none of them small, for real numbers; others as they are.
pub fn direction(x: &DynTensor, seed: usize) -> DynTensor {
    let Some((numbers, _)) = reals(x) else { return x.clone() };
    like(x, (0..numbers.len()).map(|i| ((i * 7 + seed * 3) % 5) as f64 * 0.375 - 0.875).collect())
}

/// x + step·v; what is not real as it is.
pub fn moved(x: &DynTensor, v: &DynTensor, step: f64) -> DynTensor {
    let (Some((numbers, _)), Some((v, _))) = (reals(x), reals(v)) else { return x.clone() };
    like(x, numbers.iter().zip(v).map(|(x, v)| x + step * v).collect())
}

/// Compares numbers with (more − less) / width.
pub fn difference(got: &DynTensor, more: &DynTensor, less: &DynTensor, width: f64) -> Result<(), String> {
    let (Some((got, _)), Some((more, _)), Some((less, _))) = (reals(got), reals(more), reals(less)) else {
        return Err("no real numbers".to_owned());
    };
    for (i, got) in got.iter().enumerate() {
        let want = (more[i] - less[i]) / width;
        let close = (got - want).abs() <= 1e-5 * (1.0 + want.abs());
        if !close {
            return Err(format!("number {i} is {got:e}, by differences {want:e}"));
        }
    }
    Ok(())
}

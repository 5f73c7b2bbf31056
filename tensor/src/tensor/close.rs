//! Whether numbers are equal but for rounding.

use core::fmt::{self, Display, Formatter};

use castiron_kernels::{Cpu, DType};

use super::Tensor;
use crate::tape::Grad;
use crate::{Element, Shape, flat};

/// What can be compared by [`assert_close`] and [`close`]: tensors of the CPU and arrays, of shape `S`.
pub trait Close<S: Shape> {
    /// Its numbers.
    fn array(&self) -> &S;
}
impl<S: Shape> Close<S> for S {
    fn array(&self) -> &S {
        self
    }
}
impl<S: Shape, G: Grad> Close<S> for Tensor<S, Cpu, G> {
    fn array(&self) -> &S {
        self
    }
}

/// How far two numbers may be apart: |actual − expected| ≤ `atol` + `rtol`·|expected|.
///
/// The default depends on the element type, and is that of PyTorch's `torch.testing.assert_close`:
///
/// | | `rtol` | `atol` |
/// |---|---|---|
/// | f16 | 1e-3 | 1e-5 |
/// | bf16 | 1.6e-2 | 1e-5 |
/// | f32 | 1.3e-6 | 1e-5 |
/// | f64 | 1e-7 | 1e-7 |
/// | others | 0 | 0 |
///
/// A single number stands for both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    both: Option<(f64, f64)>,
    equal_nan: bool,
}

impl Tolerance {
    /// The given relative and absolute tolerance, whatever the elements.
    pub const fn new(rtol: f64, atol: f64) -> Self {
        Tolerance { both: Some((rtol, atol)), equal_nan: false }
    }

    /// NaN equals NaN. Otherwise it equals nothing.
    #[must_use]
    pub const fn equal_nan(mut self) -> Self {
        self.equal_nan = true;
        self
    }

    /// `rtol` and `atol` for elements of this type.
    const fn of(&self, dtype: DType) -> (f64, f64) {
        match (self.both, dtype) {
            (Some(both), _) => both,
            (None, DType::F16) => (1e-3, 1e-5),
            (None, DType::Bf16) => (1.6e-2, 1e-5),
            (None, DType::F32) => (1.3e-6, 1e-5),
            (None, DType::F64) => (1e-7, 1e-7),
            (None, _) => (0.0, 0.0),
        }
    }
}
impl From<f64> for Tolerance {
    fn from(both: f64) -> Self {
        Tolerance::new(both, both)
    }
}

/// Panics unless all numbers are equal up to the tolerance, and says how many are not, where and by how much.
/// PyTorch's `torch.testing.assert_close(actual, expected)`.
///
/// ```
/// use castiron::{Tolerance, assert_close, tensor};
/// let x = tensor![0.1, 0.2] + tensor![0.2, 0.1];
/// assert_close(&x, &[0.3, 0.3], Tolerance::default());
/// assert_close(&x, &tensor![0.3, 0.31], 0.05);
/// ```
/// ```should_panic
/// # use castiron::{assert_close, tensor};
/// assert_close(&tensor![[1.0, 2.0], [3.0, 4.0]], &tensor![[1.0, 2.0], [3.0, 4.5]], 1e-6);
/// ```
/// The message of the second:
/// ```text
/// 1 of 4 numbers differ (25 %), f32 [2, 2]:
///   largest absolute difference 0.5 at [1, 1]: 4.0, expected 4.5 (allowed: 1e-6)
///   largest relative difference 0.1111 at [1, 1]: 4.0, expected 4.5 (allowed: 1e-6)
/// ```
///
/// # Panics
/// When they are not close.
#[track_caller]
pub fn assert_close<S: Shape>(
    actual: &impl Close<S>,
    expected: &impl Close<S>,
    tolerance: impl Into<Tolerance>,
) {
    if let Err(differences) = close(actual, expected, tolerance) {
        panic!("{differences}");
    }
}

/// [`assert_close`] that returns its message.
///
/// ```
/// use castiron::{close, tensor};
/// assert!(close(&tensor![1.0, 2.0], &tensor![1.0, 2.1], 0.1).is_ok());
/// let differences = close(&tensor![1.0, 2.0], &tensor![1.0, 2.5], 0.1).unwrap_err();
/// assert_eq!((differences.count(), differences.index()), (1, &[1][..]));
/// ```
///
/// # Errors
/// When they are not close.
pub fn close<S: Shape>(
    actual: &impl Close<S>,
    expected: &impl Close<S>,
    tolerance: impl Into<Tolerance>,
) -> Result<(), NotClose> {
    compare(flat(actual.array()), flat(expected.array()), S::DIMS, tolerance.into())
}

impl<S: Shape, G: Grad> Tensor<S, Cpu, G> {
    /// Whether all numbers equal those of `other` up to the tolerance. PyTorch's `torch.allclose`, whose own
    /// tolerance is `Tolerance::new(1e-5, 1e-8)`.
    ///
    /// ```
    /// use castiron::{Tolerance, tensor};
    /// let x = tensor![1.0, 2.0];
    /// assert!(x.allclose(&(&x + 1e-7), Tolerance::default()));
    /// assert!(!x.allclose(&[1.0, 2.1], 1e-3));
    /// ```
    pub fn allclose(&self, other: &impl Close<S>, tolerance: impl Into<Tolerance>) -> bool {
        close(self, other, tolerance).is_ok()
    }
}

/// Two numbers that differ.
#[derive(Clone, Debug, PartialEq)]
struct Worst {
    /// By how much; NaN where one of the two is no number.
    by: f64,
    index: Vec<usize>,
    actual: String,
    expected: String,
}

/// Which numbers are not close, and by how much: what [`assert_close`] says.
#[derive(Clone, Debug, PartialEq)]
pub struct NotClose {
    report: Box<Report>,
}

#[derive(Clone, Debug, PartialEq)]
struct Report {
    count: usize,
    len: usize,
    dims: Vec<usize>,
    dtype: DType,
    tolerance: (f64, f64),
    absolute: Worst,
    relative: Worst,
}

impl NotClose {
    /// How many numbers differ by more than the tolerance.
    pub fn count(&self) -> usize {
        self.report.count
    }

    /// Where the absolute difference is largest.
    pub fn index(&self) -> &[usize] {
        &self.report.absolute.index
    }

    /// The largest absolute difference; NaN where only one of two numbers is NaN.
    pub fn absolute(&self) -> f64 {
        self.report.absolute.by
    }

    /// The largest difference in relation to the expected number.
    pub fn relative(&self) -> f64 {
        self.report.relative.by
    }
}

impl Display for NotClose {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Report { count, len, dims, dtype, tolerance: (rtol, atol), absolute, relative } = &*self.report;
        if dims.is_empty() {
            write!(f, "the numbers differ, {dtype}:")?;
        } else {
            let percent = Short(100.0 * *count as f64 / *len as f64);
            write!(f, "{count} of {len} numbers differ ({percent} %), {dtype} {dims:?}:")?;
        }
        for (kind, worst, allowed) in [("absolute", absolute, atol), ("relative", relative, rtol)] {
            let Worst { by, index, actual, expected } = worst;
            write!(f, "\n  largest {kind} difference {}", Short(*by))?;
            if !index.is_empty() {
                write!(f, " at {index:?}")?;
            }
            write!(f, ": {actual}, expected {expected} (allowed: {allowed:?})")?;
        }
        Ok(())
    }
}
impl core::error::Error for NotClose {}

/// A number with four digits that count.
struct Short(f64);
impl Display for Short {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let rounded: f64 = format!("{:.3e}", self.0).parse().unwrap_or(self.0);
        if rounded == 0.0 || (1e-4..1e6).contains(&rounded.abs()) || !rounded.is_finite() {
            write!(f, "{rounded}")
        } else {
            write!(f, "{rounded:e}")
        }
    }
}

/// The distance of two numbers, and the expected one's size.
fn distance<E: Element>(actual: E, expected: E) -> (f64, f64) {
    match (Wide::of(actual), Wide::of(expected)) {
        // Infinities of the same sign.
        (Wide::Real(a), Wide::Real(b)) if a == b => (0.0, b.abs()),
        (Wide::Real(a), Wide::Real(b)) => ((a - b).abs(), b.abs()),
        // Two i64 may be further apart than an i64 holds, and closer than an f64 tells.
        (Wide::Whole(a), Wide::Whole(b)) => (a.abs_diff(b) as f64, b.unsigned_abs() as f64),
        _ => (f64::NAN, f64::NAN),
    }
}

enum Wide {
    Real(f64),
    Whole(i64),
}

impl Wide {
    fn of<E: Element>(value: E) -> Self {
        macro_rules! wide {
            ($($dtype:ident $e:ty => $kind:ident $via:ty;)*) => {
                match E::DTYPE {
                    $(DType::$dtype => {
                        // SAFETY: an element of this dtype is of this type.
                        let value = unsafe { core::mem::transmute_copy::<E, $e>(&value) };
                        Wide::$kind(<$via>::from(value).into())
                    })*
                }
            };
        }
        use crate::{Bool, bf16, f16};
        wide! {
            F32 f32 => Real f64; F64 f64 => Real f64; Bf16 bf16 => Real f64; F16 f16 => Real f64;
            I8 i8 => Whole i64; U8 u8 => Whole i64; I32 i32 => Whole i64; I64 i64 => Whole i64;
            Bool Bool => Whole bool;
        }
    }
}

fn compare<E: Element>(
    actual: &[E],
    expected: &[E],
    dims: &[usize],
    tolerance: Tolerance,
) -> Result<(), NotClose> {
    let (rtol, atol) = tolerance.of(E::DTYPE);
    let mut count = 0;
    // The largest distances so far, and where; NaN is larger than any.
    let mut largest = [(-1.0, 0); 2];
    for (i, (&a, &b)) in actual.iter().zip(expected).enumerate() {
        let (difference, size) = distance(a, b);
        let both_nan = || distance(a, a).0.is_nan() && distance(b, b).0.is_nan();
        let equal = difference == 0.0 || (tolerance.equal_nan && both_nan());
        if equal || (difference.is_finite() && difference <= atol + rtol * size) {
            continue;
        }
        count += 1;
        for (largest, by) in largest.iter_mut().zip([difference, difference / size]) {
            let larger = by > largest.0 || by.is_nan();
            if larger && !f64::is_nan(largest.0) {
                *largest = (by, i);
            }
        }
    }
    if count == 0 {
        return Ok(());
    }
    let worst = |(by, at): (f64, usize)| {
        let mut index = vec![0; dims.len()];
        let mut rest = at;
        for (i, size) in index.iter_mut().zip(dims).rev() {
            (*i, rest) = (rest % size, rest / size);
        }
        let text = |values: &[E]| values.get(at).map(|value| format!("{value:?}")).unwrap_or_default();
        Worst { by, index, actual: text(actual), expected: text(expected) }
    };
    let [absolute, relative] = largest.map(worst);
    let (len, dims) = (actual.len(), dims.to_vec());
    let report = Report { count, len, dims, dtype: E::DTYPE, tolerance: (rtol, atol), absolute, relative };
    Err(NotClose { report: Box::new(report) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bool, f16, tensor};

    #[test]
    fn says_how_many_where_and_how_much() {
        let actual = tensor![[1.0, 2.0, 0.25], [4.0, 5.0, 60.0]];
        let expected = tensor![[1.0, 2.0, 0.2], [4.0, 5.0, 61.0]];
        assert_eq!(
            close(&actual, &expected, Tolerance::new(1e-3, 0.01)).unwrap_err().to_string(),
            "2 of 6 numbers differ (33.33 %), f32 [2, 3]:\n  \
             largest absolute difference 1 at [1, 2]: 60.0, expected 61.0 (allowed: 0.01)\n  \
             largest relative difference 0.25 at [0, 2]: 0.25, expected 0.2 (allowed: 0.001)"
        );
        let one = close(&Tensor::from(1.0f64), &2.0, 0.0).unwrap_err().to_string();
        assert!(
            one.starts_with("the numbers differ, f64:\n  largest absolute difference 1: 1.0, expected 2.0")
        );
    }

    #[test]
    fn the_tolerance_is_of_the_element_and_both_parts_count() {
        let f = |by: f32| tensor![1000.0 + by].allclose(&[1000.0], Tolerance::default());
        assert!(f(0.00122) && !f(0.00153)); // 1.3e-6 · 1000 + 1e-5
        let h = |by: f32| Tensor::from([f16::from_f32(1.0 + by)]).allclose(&[f16::ONE], Tolerance::default());
        assert!(h(0.00098) && !h(0.002));
        assert!(tensor![0.0].allclose(&[0.9e-5], Tolerance::default()));
        assert!(!tensor![i32; 3].allclose(&[4], Tolerance::default()));
        assert!(tensor![i32; 3].allclose(&[4], Tolerance::new(0.0, 1.0)));
        assert!(close(&[Bool::from(true)], &[Bool::from(false)], 0.0).is_err());
        let far = close(&[i64::MAX], &[i64::MIN], 0.0).unwrap_err();
        assert_eq!(far.absolute(), 2f64.powi(64));
        // Closer than an f64 tells apart.
        assert!(close(&[i64::MAX], &[i64::MAX - 1], 0.0).is_err());
    }

    #[test]
    fn infinities_equal_themselves_and_nan_only_if_told() {
        let odd = [f32::INFINITY, f32::NEG_INFINITY, 1.0];
        assert!(close(&odd, &odd, 0.0).is_ok());
        assert!(close(&[f32::INFINITY], &[f32::NEG_INFINITY], 1.0).is_err());
        assert!(close(&[1.0], &[f32::INFINITY], 1.0).is_err());
        let nan = close(&[1.0, f32::NAN, 9.0], &[1.0, f32::NAN, 7.0], 1e-6).unwrap_err();
        assert!(nan.absolute().is_nan() && nan.index() == [1] && nan.count() == 2);
        assert!(close(&[f32::NAN], &[f32::NAN], Tolerance::default().equal_nan()).is_ok());
        assert!(close(&[f32::NAN], &[1.0], Tolerance::default().equal_nan()).is_err());
        assert!(close(&[1.0], &[f32::NAN], Tolerance::default().equal_nan()).is_err());
    }
}

//! Single numbers as text: PyTorch's rules for their width, digits and notation.

use core::fmt::{self, Display, Formatter, Write};

use castiron_kernels::DType;

use super::DynTensor;
use crate::{Bool, bf16, f16};

/// One number of any element type.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Real(f64),
    Whole(i64),
    Truth(bool),
}

impl Number {
    /// Number `i` of `x`.
    pub(super) fn of(x: &DynTensor, i: usize) -> Self {
        macro_rules! number {
            ($($dtype:ident $e:ty => $kind:ident;)*) => {
                match x.dtype() {
                    $(DType::$dtype => {
                        let value = x.as_slice::<$e>().and_then(|values| values.get(i));
                        Number::$kind(value.copied().unwrap_or_default().into())
                    })*
                }
            };
        }
        number! {
            F32 f32 => Real; F64 f64 => Real; Bf16 bf16 => Real; F16 f16 => Real;
            I8 i8 => Whole; U8 u8 => Whole; I32 i32 => Whole; I64 i64 => Whole;
            Bool Bool => Truth;
        }
    }

    /// A real number with as few digits as tell it from its neighbours of the same type.
    pub(super) fn write_shortest(x: &DynTensor, i: usize, f: &mut Formatter<'_>) -> fmt::Result {
        let value = |values: Option<&[f32]>| values.and_then(|values| values.get(i)).copied();
        match (value(x.as_slice()), Number::of(x, i)) {
            (Some(value), _) => write!(f, "{value:?}"),
            (None, Number::Real(wide)) => match x.dtype() {
                DType::Bf16 => shortest(wide, |text| text.parse().map(bf16::from_f64).map(f64::from), f),
                DType::F16 => shortest(wide, |text| text.parse().map(f16::from_f64).map(f64::from), f),
                _ => write!(f, "{wide:?}"),
            },
            (None, number) => write!(f, "{number}"),
        }
    }
}

/// The fewest digits that `parse` reads as `value` again.
fn shortest(
    value: f64,
    parse: impl Fn(&str) -> Result<f64, core::num::ParseFloatError>,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    for digits in 0..8 {
        let text = format!("{value:.digits$e}");
        if parse(&text) == Ok(value) {
            // As a number of its own, to be written as Rust writes numbers.
            return text.parse::<f64>().map_or(Err(fmt::Error), |short| write!(f, "{short:?}"));
        }
    }
    write!(f, "{value:?}")
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Number::Real(value) => value.fmt(f),
            Number::Whole(value) => value.fmt(f),
            Number::Truth(value) => value.fmt(f),
        }
    }
}

/// How all numbers of a tensor are written.
pub(super) struct Style {
    notation: Notation,
    precision: usize,
    pub(super) width: usize,
}

enum Notation {
    /// `1.2346`
    Fixed,
    /// `3.`: real numbers that are all whole.
    Point,
    /// `1.2346e+10`
    Scientific,
}

impl Style {
    /// The style for these numbers, the ones that are shown.
    pub(super) fn of(numbers: &[Number], real: bool, precision: usize) -> Self {
        let mut style = Style { notation: Notation::Point, precision, width: 1 };
        if !real {
            style.width = numbers.iter().map(|number| number.to_string().len()).fold(1, usize::max);
            return style;
        }
        let values = numbers.iter().filter_map(|number| match number {
            Number::Real(value) if value.is_finite() && *value != 0.0 => Some(*value),
            _ => None,
        });
        let (mut least, mut most, mut whole) = (f64::INFINITY, 0.0f64, true);
        for value in values.clone() {
            least = least.min(value.abs());
            most = most.max(value.abs());
            whole &= value == value.ceil();
        }
        if most == 0.0 {
            // Nothing but zeros, infinities and NaN.
            return style;
        }
        style.notation = if most / least > 1000.0 || most > 1e8 || least < 1e-4 {
            Notation::Scientific
        } else if whole {
            Notation::Point
        } else {
            Notation::Fixed
        };
        style.width = values.map(|value| style.text(value).len()).fold(1, usize::max);
        style
    }

    fn text(&self, value: f64) -> String {
        let precision = self.precision;
        match self.notation {
            _ if value.is_nan() => "nan".to_owned(),
            _ if value.is_infinite() => value.to_string(),
            Notation::Fixed => format!("{value:.precision$}"),
            Notation::Point => format!("{value:.0}."),
            Notation::Scientific => {
                let text = format!("{value:.precision$e}");
                // The sign of the exponent and at least two of its digits, as C has it.
                let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let sign = if exponent.starts_with('-') { '-' } else { '+' };
                format!("{digits}e{sign}{:0>2}", exponent.trim_start_matches('-'))
            }
        }
    }

    /// Writes one number, as wide as the widest.
    pub(super) fn write(&self, number: &Number, text: &mut String) -> fmt::Result {
        match number {
            Number::Real(value) => write!(text, "{:>1$}", self.text(*value), self.width),
            Number::Whole(value) => write!(text, "{value:>0$}", self.width),
            Number::Truth(value) => write!(text, "{value:>0$}", self.width),
        }
    }
}

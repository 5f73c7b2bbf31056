//! The contents of memory arguments: typed for the tests, bytes for the kernels.

use half::{bf16, f16};

use super::Random;
use crate::{Bool, DType, Mode};

/// The contents of one memory argument.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    F32(Vec<f32>),
    F64(Vec<f64>),
    Bf16(Vec<bf16>),
    F16(Vec<f16>),
    I8(Vec<i8>),
    U8(Vec<u8>),
    I32(Vec<i32>),
    U32(Vec<u32>),
    I64(Vec<i64>),
    Bool(Vec<Bool>),
}

/// The same for every variant: `$values` is its vector, `$t` the type of the elements.
macro_rules! each {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            Data::F32($values) => $body,
            Data::F64($values) => $body,
            Data::Bf16($values) => $body,
            Data::F16($values) => $body,
            Data::I8($values) => $body,
            Data::U8($values) => $body,
            Data::I32($values) => $body,
            Data::U32($values) => $body,
            Data::I64($values) => $body,
            Data::Bool($values) => $body,
        }
    };
}

impl Data {
    /// Nothing.
    pub(super) const NONE: Data = Data::U8(Vec::new());

    /// What memory holds before it is written: NaN, or numbers that no result is.
    pub(super) fn poison(dtype: DType, len: usize) -> Data {
        match dtype {
            DType::F32 => Data::F32(vec![f32::NAN; len]),
            DType::F64 => Data::F64(vec![f64::NAN; len]),
            DType::Bf16 => Data::Bf16(vec![bf16::NAN; len]),
            DType::F16 => Data::F16(vec![f16::NAN; len]),
            DType::I8 => Data::I8(vec![-93; len]),
            DType::U8 => Data::U8(vec![163; len]),
            DType::I32 => Data::I32(vec![i32::MIN + 163; len]),
            DType::I64 => Data::I64(vec![i64::MIN + 163; len]),
            DType::Bool => Data::Bool(vec![Bool::from_byte(163); len]),
        }
    }

    /// Random contents: floats in (-1, 1), integers in -9..=9 (without the negative ones where there are none).
    pub(crate) fn random(dtype: DType, len: usize, random: &mut Random) -> Data {
        match dtype {
            dtype if dtype.is_float() => Data::of(dtype, (0..len).map(|_| random.signed() as f64)),
            DType::U8 => Data::of(dtype, (0..len).map(|_| random.below(10) as f64)),
            DType::Bool => Data::of(dtype, (0..len).map(|_| random.below(2) as f64)),
            _ => Data::of(dtype, (0..len).map(|_| random.below(19) as f64 - 9.0)),
        }
    }

    /// These numbers, each as the nearest of its type.
    pub(crate) fn of(dtype: DType, values: impl IntoIterator<Item = f64>) -> Data {
        let values = values.into_iter();
        match dtype {
            DType::F32 => Data::F32(values.map(|v| v as f32).collect()),
            DType::F64 => Data::F64(values.collect()),
            DType::Bf16 => Data::Bf16(values.map(bf16::from_f64).collect()),
            DType::F16 => Data::F16(values.map(f16::from_f64).collect()),
            DType::I8 => Data::I8(values.map(|v| v as i8).collect()),
            DType::U8 => Data::U8(values.map(|v| v as u8).collect()),
            DType::I32 => Data::I32(values.map(|v| v as i32).collect()),
            DType::I64 => Data::I64(values.map(|v| v as i64).collect()),
            DType::Bool => Data::Bool(values.map(|v| Bool::from(v != 0.0)).collect()),
        }
    }

    pub(super) fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    /// The bytes, as they lie in memory.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Data::Bool(values) => values.iter().map(|v| v.byte()).collect(),
            Data::F32(values) => values.iter().flat_map(|v| v.to_ne_bytes()).collect(),
            Data::F64(values) => values.iter().flat_map(|v| v.to_ne_bytes()).collect(),
            Data::Bf16(values) => values.iter().flat_map(|v| v.to_ne_bytes()).collect(),
            Data::F16(values) => values.iter().flat_map(|v| v.to_ne_bytes()).collect(),
            Data::I8(values) => values.iter().flat_map(|v| v.to_ne_bytes()).collect(),
            Data::U8(values) => values.clone(),
            Data::I32(values) => values.iter().flat_map(|v| v.to_ne_bytes()).collect(),
            Data::U32(values) => values.iter().flat_map(|v| v.to_ne_bytes()).collect(),
            Data::I64(values) => values.iter().flat_map(|v| v.to_ne_bytes()).collect(),
        }
    }

    /// Elements of the same type, from bytes.
    pub(super) fn with_bytes(&self, bytes: &[u8]) -> Data {
        match self {
            Data::F32(_) => Data::F32(bytes.as_chunks().0.iter().map(|b| f32::from_ne_bytes(*b)).collect()),
            Data::F64(_) => Data::F64(bytes.as_chunks().0.iter().map(|b| f64::from_ne_bytes(*b)).collect()),
            Data::Bf16(_) => {
                Data::Bf16(bytes.as_chunks().0.iter().map(|b| bf16::from_ne_bytes(*b)).collect())
            }
            Data::F16(_) => Data::F16(bytes.as_chunks().0.iter().map(|b| f16::from_ne_bytes(*b)).collect()),
            Data::I8(_) => Data::I8(bytes.iter().map(|b| *b as i8).collect()),
            Data::U8(_) => Data::U8(bytes.to_vec()),
            Data::I32(_) => Data::I32(bytes.as_chunks().0.iter().map(|b| i32::from_ne_bytes(*b)).collect()),
            Data::U32(_) => Data::U32(bytes.as_chunks().0.iter().map(|b| u32::from_ne_bytes(*b)).collect()),
            Data::I64(_) => Data::I64(bytes.as_chunks().0.iter().map(|b| i64::from_ne_bytes(*b)).collect()),
            Data::Bool(_) => Data::Bool(bytes.iter().map(|b| Bool::from_byte(*b)).collect()),
        }
    }

    /// As float64; zeros where it is only written. Booleans as their byte, so that a true that is not 1 shows.
    pub(crate) fn widen(&self, mode: Mode) -> Vec<f64> {
        match self {
            data if mode == Mode::Write => vec![0.0; data.len()],
            Data::F32(values) => values.iter().map(|&v| v as f64).collect(),
            Data::F64(values) => values.clone(),
            Data::Bf16(values) => values.iter().map(|v| v.to_f64()).collect(),
            Data::F16(values) => values.iter().map(|v| v.to_f64()).collect(),
            Data::I8(values) => values.iter().map(|&v| v as f64).collect(),
            Data::U8(values) => values.iter().map(|&v| v as f64).collect(),
            Data::I32(values) => values.iter().map(|&v| v as f64).collect(),
            Data::U32(values) => values.iter().map(|&v| v as f64).collect(),
            Data::I64(values) => values.iter().map(|&v| v as f64).collect(),
            Data::Bool(values) => values.iter().map(|v| v.byte() as f64).collect(),
        }
    }
}

pub(super) fn same_bits(a: &[Data], b: &[Data]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.bytes() == b.bytes())
}

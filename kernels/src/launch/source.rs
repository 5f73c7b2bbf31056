//! [`Source`]: kernels in CUDA C++, and what they are compiled with.

use crate::DType;

/// Kernels in CUDA C++, compiled when the first of them is launched: `const PRODUCT: Source =
/// Source::new("product", include_str!("product.cu"));`.
///
/// Before it, the compiler sees the [prelude](Source::PRELUDE). Kernels are `extern "C" __global__ void`
/// functions, whose parameters are pointers and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// The name in messages and profiles.
    pub name: &'static str,
    /// The text.
    pub text: &'static str,
}

impl Source {
    /// What every source starts with: element types, Philox, faults; sums over warps and blocks; memory with strides;
    /// arithmetic of all element types.
    pub const PRELUDE: &'static str = concat!(
        include_str!("../cuda/prelude.cuh"),
        include_str!("../cuda/threads.cuh"),
        include_str!("../cuda/strides.cuh"),
        include_str!("../cuda/numbers.cuh")
    );

    /// A source.
    pub const fn new(name: &'static str, text: &'static str) -> Self {
        Source { name, text }
    }
}

/// What a name in a source stands for: `-D NAME=VALUE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Define {
    /// Text, such as a type.
    Text(&'static str),
    /// A number.
    Int(i64),
}
impl core::fmt::Display for Define {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Define::Text(text) => f.write_str(text),
            Define::Int(number) => write!(f, "{number}"),
        }
    }
}
impl From<&'static str> for Define {
    fn from(text: &'static str) -> Self {
        Define::Text(text)
    }
}
impl From<usize> for Define {
    fn from(number: usize) -> Self {
        Define::Int(number as i64)
    }
}
impl From<bool> for Define {
    fn from(yes: bool) -> Self {
        Define::Int(yes.into())
    }
}
/// The name of the type in the prelude.
impl From<DType> for Define {
    fn from(dtype: DType) -> Self {
        Define::Text(match dtype {
            DType::F32 => "float",
            DType::F64 => "double",
            DType::Bf16 => "bf16",
            DType::F16 => "f16",
            DType::I8 => "signed char",
            DType::U8 => "unsigned char",
            DType::I32 => "int",
            DType::I64 => "long long",
            DType::Bool => "Bool",
        })
    }
}

//! [`DynTensor`]: a tensor whose shape and elements are known at run time, for the edges of a program.

use std::sync::Arc;

use castiron_kernels::{Cpu, DType};

use super::Tensor;
use crate::array::{Array, Dims};
use crate::device::{Block, Erased};
use crate::shape::MAX_RANK;
use crate::tape::{Grad, Var};
use crate::{Element, Shape};

/// A tensor whose dimensions and element type are known at run time, in the memory of the CPU. It is what files
/// are read into and written from; to compute, make a typed [`Tensor`] of it, which costs nothing.
///
/// ```
/// use castiron::{DType, DynTensor, Rank2, Tensor, tensor};
/// let from_outside = DynTensor::from(tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// assert_eq!((from_outside.dims(), from_outside.dtype()), (&[2, 3][..], DType::F32));
///
/// let x: Tensor<Rank2<2, 3>> = from_outside.clone().try_into()?;
/// assert_eq!(x[1], [4.0, 5.0, 6.0]);
///
/// let error = Tensor::<Rank2<3, 2, f64>>::try_from(from_outside).unwrap_err();
/// assert_eq!(error.to_string(), "this is f32 [2, 3], but f64 [3, 2] is wanted");
/// # Ok::<(), castiron::ConvertError>(())
/// ```
///
/// Clones, and the tensors it is made of and into, share its memory until one of them is written to.
#[derive(Clone)]
pub struct DynTensor {
    /// Of the CPU.
    array: Array,
}

impl DynTensor {
    /// The tensor of these dimensions whose numbers, in row-major order, are `values`. It takes over their
    /// memory: no copy.
    ///
    /// # Errors
    /// When `values` are not as many as the dimensions say, or there are more than 8 dimensions.
    pub fn from_vec<E: Element>(dims: &[usize], values: Vec<E>) -> Result<Self, ConvertError> {
        if dims.len() > MAX_RANK || length(dims) != Some(values.len()) {
            return Err(ConvertError::Length { len: values.len(), dims: dims.to_vec() });
        }
        Ok(DynTensor { array: array_of_vec(Dims::new(dims), values) })
    }

    /// The dimensions, outermost first. PyTorch's `x.shape`.
    pub fn dims(&self) -> &[usize] {
        self.array.dims.as_slice()
    }

    /// The element type. PyTorch's `x.dtype`.
    pub fn dtype(&self) -> DType {
        self.array.dtype
    }

    /// How many numbers. PyTorch's `x.numel()`.
    pub fn len(&self) -> usize {
        self.array.dims.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All numbers in row-major order, if `E` is their type.
    ///
    /// ```
    /// use castiron::{DynTensor, tensor};
    /// let x = DynTensor::from(tensor![i64; 3, 1, 4]);
    /// assert_eq!(x.as_slice::<i64>(), Some(&[3, 1, 4][..]));
    /// assert_eq!(x.as_slice::<f32>(), None);
    /// ```
    pub fn as_slice<E: Element>(&self) -> Option<&[E]> {
        if E::DTYPE != self.array.dtype {
            return None;
        }
        let address = self.array.memory.pointer(self.array.start, self.array.bytes())?.cast::<E>();
        // SAFETY: initialised memory of that many elements of type `E`, aligned for them: it was a typed tensor,
        // a `Vec<E>`, or is aligned to 64 bytes. It is borrowed with `self`; whoever shares it does not write.
        Some(unsafe { core::slice::from_raw_parts(address, self.len()) })
    }

    pub(crate) fn of_array(array: Array) -> Self {
        DynTensor { array }
    }

    #[cfg(feature = "npy")]
    pub(crate) fn array(&self) -> &Array {
        &self.array
    }
}

/// How many numbers dimensions take. `None` where they are too large for any memory, also with a 0 among them:
/// strides are products too.
fn length(dims: &[usize]) -> Option<usize> {
    let widest = size_of::<f64>();
    let bytes = dims.iter().try_fold(widest, |bytes, dim| bytes.checked_mul((*dim).max(1)))?;
    isize::try_from(bytes).ok()?;
    Some(dims.iter().product())
}

/// The array that has the memory of `values`, which are as many as `dims` say.
pub(super) fn array_of_vec<E: Element>(dims: Dims, values: Vec<E>) -> Array {
    match Block::from_vec(values) {
        Some(block) => Array { memory: Erased::Cpu(Arc::new(block)), start: 0, dims, dtype: E::DTYPE },
        None => Array::from_slice::<E>(&[], dims),
    }
}

/// No copy.
impl<S: Shape, G: Grad> From<&Tensor<S, Cpu, G>> for DynTensor {
    fn from(x: &Tensor<S, Cpu, G>) -> Self {
        DynTensor { array: x.array() }
    }
}
/// No copy.
impl<S: Shape, G: Grad> From<Tensor<S, Cpu, G>> for DynTensor {
    fn from(x: Tensor<S, Cpu, G>) -> Self {
        DynTensor { array: x.array() }
    }
}
/// No copy.
impl From<&DynTensor> for DynTensor {
    fn from(x: &DynTensor) -> Self {
        x.clone()
    }
}
/// No copy.
impl<S: Shape> TryFrom<DynTensor> for Tensor<S> {
    type Error = ConvertError;
    fn try_from(x: DynTensor) -> Result<Self, ConvertError> {
        if (x.dims(), x.dtype()) != (S::DIMS, S::Elem::DTYPE) {
            return Err(ConvertError::Shape {
                dims: x.dims().to_vec(),
                dtype: x.dtype(),
                wanted: S::DIMS,
                wanted_dtype: S::Elem::DTYPE,
            });
        }
        Ok(Tensor::from_var(Var::constant(x.array)))
    }
}
/// No copy.
impl<S: Shape> TryFrom<&DynTensor> for Tensor<S> {
    type Error = ConvertError;
    fn try_from(x: &DynTensor) -> Result<Self, ConvertError> {
        x.clone().try_into()
    }
}

/// Equal in dimensions, element type and every number.
impl PartialEq for DynTensor {
    fn eq(&self, other: &Self) -> bool {
        macro_rules! equal {
            ($($dtype:ident $e:ty),*) => {
                match self.dtype() { $(DType::$dtype => self.as_slice::<$e>() == other.as_slice::<$e>(),)* }
            };
        }
        use crate::{Bool, bf16, f16};
        (self.dims(), self.dtype()) == (other.dims(), other.dtype())
            && equal!(F32 f32, F64 f64, Bf16 bf16, F16 f16, I8 i8, U8 u8, I32 i32, I64 i64, Bool Bool)
    }
}

/// Why numbers did not become a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConvertError {
    /// A tensor of another shape or of other elements.
    Shape {
        /// Its dimensions.
        dims: Vec<usize>,
        /// Its elements.
        dtype: DType,
        /// The dimensions that are wanted.
        wanted: &'static [usize],
        /// The elements that are wanted.
        wanted_dtype: DType,
    },
    /// More or fewer numbers than the dimensions say, or more dimensions than a tensor can have.
    Length {
        /// How many numbers there are.
        len: usize,
        /// The dimensions.
        dims: Vec<usize>,
    },
}

impl core::fmt::Display for ConvertError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            ConvertError::Shape { dims, dtype, wanted, wanted_dtype } => {
                write!(f, "this is {dtype} {dims:?}, but {wanted_dtype} {wanted:?} is wanted")
            }
            ConvertError::Length { dims, .. } if dims.len() > MAX_RANK => {
                write!(f, "{dims:?} are {} dimensions, but a tensor has at most {MAX_RANK}", dims.len())
            }
            ConvertError::Length { len, dims } => {
                write!(f, "{len} numbers do not fill the dimensions {dims:?}")?;
                length(dims).map_or(Ok(()), |want| write!(f, ", which take {want}"))
            }
        }
    }
}
impl core::error::Error for ConvertError {}
impl From<core::convert::Infallible> for ConvertError {
    fn from(never: core::convert::Infallible) -> Self {
        match never {}
    }
}

//! To and from arrays, slices and vectors of the CPU.

use castiron_kernels::Cpu;

use super::dynamic::array_of_vec;
use super::{ConvertError, Tensor};
use crate::array::Dims;
use crate::tape::{Grad, Var};
use crate::{Element, Shape, flat, flat_mut};

impl<S: Shape, G: Grad> Tensor<S, Cpu, G> {
    /// The array that the tensor is. It derefs to it too: `x[3][4]`, `for row in x.iter()` need no call.
    ///
    /// ```
    /// let x = castiron::tensor![[1.0, 2.0], [3.0, 4.0]];
    /// let array: &[[f32; 2]; 2] = x.as_array();
    /// assert_eq!(array[1], x[1]);
    /// for row in x.iter() {
    ///     assert!(row[0] < row[1]);
    /// }
    /// ```
    pub fn as_array(&self) -> &S {
        self
    }

    /// All numbers in row-major order; no copy.
    ///
    /// ```
    /// let x = castiron::tensor![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(x.flat().iter().copied().fold(0.0, f32::max), 4.0);
    /// ```
    pub fn flat(&self) -> &[S::Elem] {
        flat(&**self)
    }

    /// A copy of all numbers in row-major order. PyTorch's `x.flatten().tolist()`.
    ///
    /// ```
    /// let x = castiron::tensor![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(x.to_vec(), [1.0, 2.0, 3.0, 4.0]);
    /// ```
    pub fn to_vec(&self) -> Vec<S::Elem> {
        self.flat().to_vec()
    }
}

impl<S: Shape> Tensor<S> {
    /// The array that the tensor is, to write. Memory that clones or views share is copied first.
    pub fn as_array_mut(&mut self) -> &mut S {
        self
    }

    /// All numbers in row-major order, to write. Memory that clones or views share is copied first.
    ///
    /// ```
    /// let mut x = castiron::tensor![[1.0, 2.0], [3.0, 4.0]];
    /// x.flat_mut()[3] = 5.0;
    /// assert_eq!(x[1][1], 5.0);
    /// ```
    pub fn flat_mut(&mut self) -> &mut [S::Elem] {
        flat_mut(&mut **self)
    }

    /// The tensor whose numbers, in row-major order, are `values`. It takes over their memory: no copy.
    ///
    /// Memory that castiron allocates is aligned to 64 bytes, that of a `Vec` need not be, and products of
    /// matrices can be slower for it. For weights that are used again and again a copy into memory of castiron
    /// is worth it: `x.flat_mut().copy_from_slice(&values)`.
    ///
    /// ```
    /// use castiron::{Rank2, Tensor};
    /// let x = Tensor::<Rank2<2, 3>>::from_vec((1..=6).map(|i| i as f32).collect())?;
    /// assert_eq!(x[1], [4.0, 5.0, 6.0]);
    /// let error = Tensor::<Rank2<2, 3>>::from_vec(vec![1.0; 5]).unwrap_err();
    /// assert_eq!(error.to_string(), "5 numbers do not fill the dimensions [2, 3], which take 6");
    /// # Ok::<(), castiron::ConvertError>(())
    /// ```
    ///
    /// # Errors
    /// When `values` are not as many as `S` has.
    pub fn from_vec(values: Vec<S::Elem>) -> Result<Self, ConvertError> {
        if values.len() != S::LEN {
            return Err(ConvertError::Length { len: values.len(), dims: S::DIMS.to_vec() });
        }
        Ok(Tensor::from_var(Var::constant(array_of_vec(Dims::new(S::DIMS), values))))
    }

    /// All numbers in row-major order.
    ///
    /// Without a copy if the memory came from a `Vec` or an `ndarray::Array` and is not shared. Otherwise they
    /// are copied: what castiron allocates is aligned to 64 bytes, which no `Vec` may free.
    ///
    /// ```
    /// use castiron::{Rank2, Tensor};
    /// let values = vec![1.0, 2.0, 3.0, 4.0];
    /// let address = values.as_ptr();
    /// let mut x = Tensor::<Rank2<2, 2>>::from_vec(values)?;
    /// x[0][0] = 5.0;
    /// let values = x.into_vec();
    /// assert_eq!(values, [5.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(values.as_ptr(), address);
    /// # Ok::<(), castiron::ConvertError>(())
    /// ```
    pub fn into_vec(self) -> Vec<S::Elem> {
        if self.start != 0 {
            return self.to_vec();
        }
        match std::sync::Arc::try_unwrap(self.memory) {
            Ok(block) => block.into_vec(S::LEN).unwrap_or_else(|block| Tensor::<S>::new(block).to_vec()),
            Err(memory) => {
                Tensor::<S> { memory, start: 0, node: (), value: core::marker::PhantomData }.to_vec()
            }
        }
    }
}

/// Checks the length; no copy. See [`Tensor::from_vec`].
impl<S: Shape<Elem = E>, E> TryFrom<Vec<E>> for Tensor<S> {
    type Error = ConvertError;
    fn try_from(values: Vec<E>) -> Result<Self, ConvertError> {
        Self::from_vec(values)
    }
}

/// Copies, unless the memory came from a `Vec`. See [`Tensor::into_vec`].
impl<S: Shape<Elem = E>, E: Element> From<Tensor<S>> for Vec<E> {
    fn from(x: Tensor<S>) -> Self {
        x.into_vec()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Bool, DynTensor, Rank2, Tensor, bf16, tensor};

    #[test]
    fn memory_of_a_vec_is_shared_and_copied_like_any_other() {
        let values = vec![1i64, 2, 3, 4];
        let address = values.as_ptr();
        let x = Tensor::<Rank2<2, 2, i64>>::try_from(values).unwrap();
        let mut y = x.clone();
        y[0][0] = 9;
        assert_eq!((x[0][0], y[0][0]), (1, 9));
        assert_eq!(y.flat().as_ptr().align_offset(64), 0);
        let values = y.into_vec();
        assert_ne!(values.as_ptr(), address);
        // Shared: a copy. Alone again: the vector itself.
        let z = x.clone();
        let copy = z.into_vec();
        assert_ne!(copy.as_ptr(), address);
        let values = Vec::from(x);
        assert_eq!(values.as_ptr(), address);
    }

    #[test]
    fn computes_on_memory_of_a_vec_at_any_alignment() {
        // Four of five vectors of so few numbers are not aligned to 64 bytes.
        for skip in 0..5 {
            let _between: Vec<u8> = vec![1; 16 * skip + 1];
            let x = Tensor::<[f32; 5]>::from_vec(vec![1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
            assert_eq!(&x + &x, tensor![2.0, 4.0, 6.0, 8.0, 10.0]);
            let mut y = x.clone();
            y += &x;
            assert_eq!(y.to_vec(), [2.0, 4.0, 6.0, 8.0, 10.0]);
        }
    }

    #[test]
    fn every_element_type_and_none_at_all() {
        let x = Tensor::<[bf16; 2]>::from_vec(vec![bf16::ONE; 2]).unwrap();
        assert_eq!(x.into_vec(), [bf16::ONE; 2]);
        let x = Tensor::<[Bool; 2]>::from_vec(vec![true.into(), false.into()]).unwrap();
        assert_eq!(*x, [Bool::from(true), Bool::from(false)]);
        let x = Tensor::<Rank2<0, 3>>::from_vec(Vec::new()).unwrap();
        assert_eq!(x.into_vec(), [0.0; 0]);
        assert_eq!(Tensor::<f32>::from_vec(vec![2.5]).unwrap().into_vec(), [2.5]);
    }

    #[test]
    fn dyn_tensors_check_what_they_become() {
        let x = DynTensor::from_vec(&[2, 2], vec![1.0f32, 2.0, 3.0, 4.0]).unwrap();
        let typed: Tensor<Rank2<2, 2>> = (&x).try_into().unwrap();
        assert_eq!(typed, tensor![[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(DynTensor::from(&typed), x);
        let error = Tensor::<[f32; 4]>::try_from(x).unwrap_err();
        assert_eq!(error.to_string(), "this is f32 [2, 2], but f32 [4] is wanted");
        for dims in [&[3][..], &[usize::MAX, 2], &[1; 9]] {
            assert!(DynTensor::from_vec(dims, vec![0u8]).is_err());
        }
        assert!(DynTensor::from_vec(&[0, usize::MAX, 2], Vec::<f64>::new()).is_err());
        assert!(DynTensor::from_vec(&[0, 2], Vec::<f64>::new()).unwrap().is_empty());
    }
}

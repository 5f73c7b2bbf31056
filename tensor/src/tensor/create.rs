//! New tensors. They are made in the memory of the CPU; `.to(&device)` moves them to another device, and the
//! `.._like` forms make them where another tensor is.

use castiron_kernels::fill::Value;

use super::{Number, Real, Tensor};
use crate::array::{Array, At, Dims, Stand};
use crate::device::Storage;
use crate::tape::{Grad, Var};
use crate::{DType, Element, Error, Shape, flat_mut};

/// A number of any element type as what kernels fill memory with.
fn value<E: Element>(number: E) -> Value {
    let number = Tensor::<E>::from(number).array();
    if E::DTYPE.is_float() {
        Value::Float(*Tensor::<f64>::from_var(Var::constant(number.cast(DType::F64))))
    } else {
        Value::Int(*Tensor::<i64>::from_var(Var::constant(number.cast(DType::I64))))
    }
}

/// The tensor of what was computed.
pub(super) fn tensor<S: Shape, D: Storage>(array: Array) -> Tensor<S, D> {
    Tensor::from_var(Var::constant(array))
}

impl<S: Shape> Tensor<S> {
    /// One everywhere; true for booleans. PyTorch's `torch.ones`.
    ///
    /// ```
    /// use castiron::{Rank2, Tensor, tensor};
    /// let x = Tensor::<Rank2<2, 3>>::ones();
    /// assert_eq!(x, tensor![[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]);
    /// ```
    pub fn ones() -> Self {
        Self::zeros().ones_like()
    }

    /// `number` everywhere. PyTorch's `torch.full`.
    ///
    /// ```
    /// use castiron::{Bool, Rank1, Tensor, tensor};
    /// assert_eq!(Tensor::<Rank1<3>>::full(0.5), tensor![0.5, 0.5, 0.5]);
    /// assert_eq!(*Tensor::<Rank1<2, Bool>>::full(true.into()), [Bool::from(true); 2]);
    /// ```
    pub fn full(number: S::Elem) -> Self {
        Self::zeros().full_like(number)
    }

    /// The numbers of a slice, row by row. A copy. PyTorch's `torch.tensor(list).reshape(..)`.
    ///
    /// ```
    /// use castiron::{Error, Rank2, Tensor, tensor};
    /// let x = Tensor::<Rank2<2, 2>>::from_slice(&[1.0, 2.0, 3.0, 4.0])?;
    /// assert_eq!(x, tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// let wrong = Tensor::<Rank2<2, 2>>::from_slice(&[1.0, 2.0, 3.0]).unwrap_err();
    /// assert_eq!(wrong.to_string(), "from_slice: got 3 numbers, but the shape has 4");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`] when the slice has not exactly as many numbers as the shape.
    pub fn from_slice(numbers: &[S::Elem]) -> Result<Self, Error> {
        if numbers.len() != S::LEN {
            return Err(Error::Length { call: "from_slice", got: numbers.len(), want: S::LEN });
        }
        Ok(tensor(Array::from_slice(numbers, Dims::new(S::DIMS))))
    }

    /// The numbers of an iterator, row by row. PyTorch's `torch.tensor(list(iterator))`.
    ///
    /// ```
    /// use castiron::{Error, Rank2, Tensor, tensor};
    /// let x = Tensor::<Rank2<2, 2, i64>>::try_from_iter((0..4).map(|i| i * i))?;
    /// assert_eq!(x, tensor![i64; [0, 1], [4, 9]]);
    /// assert!(Tensor::<Rank2<2, 2, i64>>::try_from_iter(0..5).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`] when it has not exactly as many numbers as the shape. An iterator without end is not
    /// walked further than one number too far.
    pub fn try_from_iter(numbers: impl IntoIterator<Item = S::Elem>) -> Result<Self, Error> {
        let mut numbers = numbers.into_iter();
        let mut tensor = Self::zeros();
        let mut got = 0;
        for (place, number) in flat_mut(&mut *tensor).iter_mut().zip(&mut numbers) {
            *place = number;
            got += 1;
        }
        if got == S::LEN && numbers.next().is_some() {
            got = (S::LEN + 1).saturating_add(numbers.size_hint().0);
        }
        if got != S::LEN {
            return Err(Error::Length { call: "try_from_iter", got, want: S::LEN });
        }
        Ok(tensor)
    }
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// Zero everywhere, in this shape, on this device. PyTorch's `torch.zeros_like(x)`.
    #[must_use]
    pub fn zeros_like(&self) -> Tensor<S, D> {
        tensor(self.array().zeros_like())
    }

    /// One everywhere, in this shape, on this device. PyTorch's `torch.ones_like(x)`.
    #[must_use]
    pub fn ones_like(&self) -> Tensor<S, D> {
        tensor(self.array().filled(Dims::new(S::DIMS), Value::Int(1)))
    }

    /// `number` everywhere, in this shape, on this device. PyTorch's `torch.full_like(x, number)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(tensor![[1.0], [2.0]].full_like(7.0), tensor![[7.0], [7.0]]);
    /// ```
    #[must_use]
    pub fn full_like(&self, number: S::Elem) -> Tensor<S, D> {
        tensor(self.array().filled(Dims::new(S::DIMS), value(number)))
    }
}

impl<E: Element, const M: usize, const N: usize> Tensor<[[E; N]; M]> {
    /// One (true) on the diagonal, zero elsewhere: the identity where it is square. PyTorch's `torch.eye`.
    ///
    /// ```
    /// use castiron::{Rank2, Tensor, tensor};
    /// assert_eq!(Tensor::<Rank2<2, 3>>::eye(), tensor![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
    /// ```
    pub fn eye() -> Self {
        let one = *Tensor::<E>::ones();
        let mut eye = Self::zeros();
        eye.iter_mut().enumerate().for_each(|(i, row)| {
            if let Some(place) = row.get_mut(i) {
                *place = one;
            }
        });
        eye
    }
}

impl<E: Number, const N: usize> Tensor<[E; N]> {
    /// `start`, `start` + `step`, `start` + 2·`step`, …; how many follows from the type. Real numbers are computed
    /// in f64 and rounded once; integers wrap around. PyTorch's `torch.arange(start, start + N * step, step)`.
    ///
    /// ```
    /// use castiron::{Rank1, Tensor, tensor};
    /// assert_eq!(Tensor::<Rank1<4, i64>>::arange(0, 1), tensor![i64; 0, 1, 2, 3]);
    /// assert_eq!(Tensor::<Rank1<3>>::arange(1.0, -0.5), tensor![1.0, 0.5, 0.0]);
    /// ```
    pub fn arange(start: E, step: E) -> Self {
        let array = match (value(start), value(step)) {
            (Value::Int(start), Value::Int(step)) => {
                let number = |i: usize| start.wrapping_add(step.wrapping_mul(i as i64));
                Tensor::<[i64; N]>::generate(number).array()
            }
            (Value::Float(start), Value::Float(step)) => {
                Tensor::<[f64; N]>::generate(|i| start + step * i as f64).array()
            }
            // Both are of one type.
            _ => return Self::zeros(),
        };
        tensor(array.cast(E::DTYPE))
    }
}

impl<E: Real, const N: usize> Tensor<[E; N]> {
    /// `N` numbers at the same distance from each other, from `start` to `end`, both included; of one number,
    /// `start`. PyTorch's `torch.linspace(start, end, N)`.
    ///
    /// ```
    /// use castiron::{Rank1, Tensor, tensor};
    /// assert_eq!(Tensor::<Rank1<5>>::linspace(0.0, 1.0), tensor![0.0, 0.25, 0.5, 0.75, 1.0]);
    /// ```
    pub fn linspace(start: E, end: E) -> Self {
        let (start, end) = (start.wide(), end.wide());
        let step = (end - start) / N.saturating_sub(1).max(1) as f64;
        // From both ends, so that the last number is `end` itself.
        let number = |i: usize| {
            if i < N.div_ceil(2) { start + step * i as f64 } else { end - step * (N - 1 - i) as f64 }
        };
        tensor(Tensor::<[f64; N]>::generate(number).array().cast(E::DTYPE))
    }
}

impl<S: Shape> Tensor<S> {
    /// `f` of each position, counted row by row.
    pub(super) fn generate(mut f: impl FnMut(usize) -> S::Elem) -> Self {
        let mut tensor = Self::zeros();
        flat_mut(&mut *tensor).iter_mut().enumerate().for_each(|(i, place)| *place = f(i));
        tensor
    }
}

/// A shape of indices `I` with one more axis, innermost, as long as there are classes.
#[diagnostic::on_unimplemented(
    message = "one-hot vectors of `{I}` are not `{Self}`",
    label = "another shape",
    note = "labels `[i64; N]` (or i32) become `[[f32; CLASSES]; N]`, of any element type"
)]
pub trait OneHot<I: Shape>: Shape {}
impl<E: Element, const C: usize> OneHot<i64> for [E; C] {}
impl<E: Element, const C: usize> OneHot<i32> for [E; C] {}
#[diagnostic::do_not_recommend]
impl<I: Shape, Y: OneHot<I>, const N: usize> OneHot<[I; N]> for [Y; N] {}

impl<I: Shape, D: Storage> Tensor<I, D> {
    /// For each label a vector that is one (true) at its place and zero elsewhere. The number of classes and the
    /// element type follow from annotation. PyTorch's `torch.nn.functional.one_hot(labels, classes)`.
    ///
    /// ```
    /// use castiron::{Rank2, Tensor, tensor};
    /// let labels = tensor![i64; 2, 0];
    /// let y: Tensor<Rank2<2, 3>> = labels.one_hot()?;
    /// assert_eq!(y, tensor![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
    /// let wrong = labels.one_hot::<Rank2<2, 2>>().unwrap_err();
    /// assert_eq!(wrong.to_string(), "one_hot: index 2 in row 0 is out of range: valid are 0 to 1");
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a label is negative or not below the number of classes; its "row" is its position among all labels.
    pub fn one_hot<Y: OneHot<I>>(&self) -> Result<Tensor<Y, D>, Error> {
        let labels = super::index::indices(self);
        let mut each = labels.dims;
        each.push(1);
        let labels = labels.reshaped(each);
        let mut y = labels.zeros(Dims::new(Y::DIMS), Y::Elem::DTYPE);
        let ones = y.filled(each, Value::Int(1));
        y.add_at(At { op: "one_hot", stand: Stand::Element, axis: I::RANK }, &labels, &ones)?;
        Ok(tensor(y))
    }
}

#[cfg(test)]
mod tests;

//! [`Tensor`]: an owned value in the memory of a device.

mod about;
mod argument;
mod axes;
mod axis;
mod binary;
mod broadcast;
mod cast;
mod choose;
mod close;
mod compare;
mod convert;
mod create;
mod differentiate;
mod display;
mod dynamic;
mod elementwise;
mod erase;
#[cfg(test)]
mod gradients;
mod index;
mod indices;
mod join;
mod layout;
mod losses;
#[cfg(feature = "ndarray")]
mod ndarray;
mod number;
mod operators;
mod order;
mod pad;
mod part;
mod permute;
mod product;
mod random;
mod reduce;
mod repeat;
mod scalar;
mod scan;
mod softmax;
mod sort;
mod transfer;
mod triangle;
mod two_axes;

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use std::sync::Arc;

use castiron_kernels::{Cpu, Plain};

pub use argument::Argument;
pub use axes::{InsertAxis, SqueezeAxis, WithLen};
pub use axis::{HasAxis, Keep};
pub use broadcast::Broadcast;
pub use cast::Castable;
pub use close::{Close, NotClose, Tolerance, assert_close, close};
pub use create::OneHot;
pub use differentiate::OneNumber;
pub use dynamic::{ConvertError, DynTensor};
pub use indices::{IndexElement, IndicesOf, Lookup};
pub use join::Parts;
pub use number::{Bits, Integer, Number, Real};
pub use order::{Axes2, Axes3, Axes4, Matrices, Permute, SwapAxes};
pub use pad::{Pad, Padding};
pub use product::Matmul;
pub use random::{Generator, Source};
pub use two_axes::HasAxes;

use crate::Error;
use crate::device::{Block, Storage};
use crate::memory::{Mut, Ref};
use crate::tape::{Grad, Untracked};

/// An owned `S` in the memory of device `D`: a matrix, a batch, a model, a gradient.
///
/// On the CPU it derefs to `S`, so a `Tensor<Rank2<3, 4>>` is used like the array it is. It is allocated
/// zeroed in place and copied in place: however large, it never crosses the stack.
///
/// ```
/// use castiron::{Rank2, Tensor};
/// let mut x = Tensor::<Rank2<2, 3>>::zeros();
/// x[1][2] = 5.0;
/// let y = x.clone();
/// assert_eq!(*y, [[0.0, 0.0, 0.0], [0.0, 0.0, 5.0]]);
/// assert_eq!(Tensor::<[f32; 3]>::from([1.0, 2.0, 3.0]).iter().sum::<f32>(), 6.0);
/// ```
pub struct Tensor<S: Plain, D: Storage = Cpu, G: Grad = Untracked> {
    /// Shared with clones and views until one of them is written to.
    memory: Arc<D::Memory>,
    /// Where in the memory it starts, in bytes.
    start: usize,
    node: G::Node,
    value: PhantomData<S>,
}

impl<S: Plain> Tensor<S> {
    /// Zero everywhere.
    ///
    /// # Aborts
    /// When there is not enough memory, as `Box` does; [`Tensor::try_zeros`] returns an error.
    pub fn zeros() -> Self {
        Self::try_zeros().unwrap_or_else(|_| out_of_memory::<S>())
    }

    /// Zero everywhere.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn try_zeros() -> Result<Self, Error> {
        const { assert!(align_of::<S>() <= 64, "values are allocated with an alignment of 64 bytes") };
        Ok(Self::new(Block::zeroed(size_of::<S>())?))
    }
}

impl<S: Plain, D: Storage> Tensor<S, D> {
    fn new(memory: D::Memory) -> Self {
        Tensor { memory: Arc::new(memory), start: 0, node: (), value: PhantomData }
    }

    /// Zero everywhere, in the memory of `device`.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn zeros_on(device: &D) -> Result<Self, Error> {
        const { assert!(align_of::<S>() <= 64, "values are allocated with an alignment of 64 bytes") };
        Ok(Self::new(device.allocate(size_of::<S>())?))
    }

    /// A copy of `value` in the memory of `device`.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn copy_to(value: &S, device: &D) -> Result<Self, Error> {
        let mut tensor = Self::zeros_on(device)?;
        device.write_one(value, tensor.borrow_mut());
        Ok(tensor)
    }

    /// Borrows it for operations that write. If clones or views share the memory, it gets memory of its own
    /// first.
    ///
    /// # Aborts
    /// When the CPU has not enough memory for that. On a GPU it is a fault.
    pub fn borrow_mut(&mut self) -> Mut<'_, S, D> {
        if Arc::get_mut(&mut self.memory).is_none() {
            let copy = D::duplicate(&self.memory, self.start, size_of::<S>());
            let copy = copy.unwrap_or_else(|error| D::lacking(&self.memory, size_of::<S>(), error));
            (self.memory, self.start) = (Arc::new(copy), 0);
        }
        // SAFETY: as in `borrow`, uniquely.
        unsafe { Mut::new(D::offset(D::address(&self.memory), self.start)) }
    }
}

impl<S: Plain, D: Storage, G: Grad> Tensor<S, D, G> {
    /// A copy in the memory of the CPU.
    pub fn to_cpu(&self, device: &D) -> Tensor<S> {
        let mut tensor = Tensor::zeros();
        device.read_one(self.borrow(), &mut *tensor);
        tensor
    }

    /// Borrows it for operations.
    pub fn borrow(&self) -> Ref<'_, S, D> {
        // SAFETY: the memory holds an initialised `S` there (zeroed at first), borrowed with `self`; whoever
        // shares it does not write to it.
        unsafe { Ref::new(D::offset(D::address(&self.memory), self.start)) }
    }
}

fn out_of_memory<S>() -> ! {
    std::alloc::handle_alloc_error(std::alloc::Layout::new::<S>())
}

impl<S: Plain, G: Grad> Deref for Tensor<S, Cpu, G> {
    type Target = S;
    fn deref(&self) -> &S {
        self.borrow().get()
    }
}
impl<S: Plain> DerefMut for Tensor<S> {
    fn deref_mut(&mut self) -> &mut S {
        self.borrow_mut().get()
    }
}
/// Costs nothing: the clone shares the memory until one of the two is written to.
impl<S: Plain, D: Storage, G: Grad> Clone for Tensor<S, D, G> {
    fn clone(&self) -> Self {
        Tensor {
            memory: Arc::clone(&self.memory),
            start: self.start,
            node: self.node.clone(),
            value: PhantomData,
        }
    }
}
impl<S: Plain> From<S> for Tensor<S> {
    fn from(value: S) -> Self {
        let mut tensor = Self::zeros();
        *tensor = value;
        tensor
    }
}
impl<S: Plain> Default for Tensor<S> {
    fn default() -> Self {
        Self::zeros()
    }
}
impl<S: Plain + PartialEq, G: Grad, H: Grad> PartialEq<Tensor<S, Cpu, H>> for Tensor<S, Cpu, G> {
    fn eq(&self, other: &Tensor<S, Cpu, H>) -> bool {
        **self == **other
    }
}
/// A tensor of f32 from its numbers, its shape inferred; of another element with its name first. PyTorch's
/// `torch.tensor`.
///
/// ```
/// use castiron::{Bool, Rank2, Tensor, tensor};
/// let x: Tensor<Rank2<2, 3>> = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// let labels: Tensor<[i64; 3]> = tensor![i64; 7, 2, 1];
/// let mask = tensor![Bool; true, false, true];
/// assert_eq!(x[1][2], 6.0);
/// ```
#[macro_export]
macro_rules! tensor {
    ($($row:expr),* $(,)?) => { $crate::__tensor::<f32, _>([$($row),*]) };
    ($element:ty; $($row:expr),* $(,)?) => { $crate::__tensor::<$element, _>([$($row),*]) };
}

/// Arrays of `E`. Unlike `Shape<Elem = E>` it tells the compiler what literals are: nothing but `E` fits.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`tensor!` makes a tensor of `{E}` here, but got `{Self}`",
    label = "not `{E}`",
    note = "write real numbers with a point (`tensor![1.0, 2.0]`), or name the elements (`tensor![i64; 1, 2]`)"
)]
pub trait Literal<E> {
    /// The shape, booleans being stored as bytes.
    type Shape: crate::Shape<Elem = E>;
    /// The array as it is stored.
    fn stored(self) -> Self::Shape;
}
impl<E: crate::Element> Literal<E> for E {
    type Shape = E;
    fn stored(self) -> E {
        self
    }
}
impl Literal<crate::Bool> for bool {
    type Shape = crate::Bool;
    fn stored(self) -> crate::Bool {
        self.into()
    }
}
#[diagnostic::do_not_recommend]
impl<E: crate::Element, T: Literal<E>, const N: usize> Literal<E> for [T; N] {
    type Shape = [T::Shape; N];
    fn stored(self) -> Self::Shape {
        self.map(Literal::stored)
    }
}

/// Fixes the element type of literals.
#[doc(hidden)]
pub fn __tensor<E: crate::Element, A: Literal<E>>(array: A) -> Tensor<A::Shape> {
    Tensor::from(array.stored())
}

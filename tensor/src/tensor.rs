//! [`Tensor`]: an owned value in the memory of a device.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use castiron_kernels::{Cpu, Plain};

use crate::Error;
use crate::device::{Block, Storage};
use crate::memory::{Mut, Ref};

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
pub struct Tensor<S: Plain, D: Storage = Cpu> {
    memory: D::Memory,
    value: PhantomData<S>,
}

impl<S: Plain> Tensor<S> {
    /// Zero everywhere.
    ///
    /// # Aborts
    /// When there is not enough memory, as `Box` does; [`Tensor::try_zeros`] returns an error.
    pub fn zeros() -> Self {
        Self::try_zeros().unwrap_or_else(|_| std::alloc::handle_alloc_error(std::alloc::Layout::new::<S>()))
    }

    /// Zero everywhere.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn try_zeros() -> Result<Self, Error> {
        const { assert!(align_of::<S>() <= 64, "values are allocated with an alignment of 64 bytes") };
        Ok(Tensor { memory: Block::zeroed(size_of::<S>())?, value: PhantomData })
    }
}

impl<S: Plain, D: Storage> Tensor<S, D> {
    /// Zero everywhere, in the memory of `device`.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn zeros_on(device: &D) -> Result<Self, Error> {
        const { assert!(align_of::<S>() <= 64, "values are allocated with an alignment of 64 bytes") };
        Ok(Tensor { memory: device.allocate(size_of::<S>())?, value: PhantomData })
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

    /// A copy in the memory of the CPU.
    pub fn to_cpu(&self, device: &D) -> Tensor<S> {
        let mut tensor = Tensor::zeros();
        device.read_one(self.borrow(), &mut *tensor);
        tensor
    }

    /// Borrows it for operations.
    pub fn borrow(&self) -> Ref<'_, S, D> {
        // SAFETY: the memory holds an initialised `S` (zeroed at first), borrowed with `self`.
        unsafe { Ref::new(D::address(&self.memory)) }
    }

    /// Borrows it for operations that write.
    pub fn borrow_mut(&mut self) -> Mut<'_, S, D> {
        // SAFETY: as in `borrow`, uniquely.
        unsafe { Mut::new(D::address(&self.memory)) }
    }
}

impl<S: Plain> Deref for Tensor<S> {
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
impl<S: Plain> Clone for Tensor<S> {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros();
        // SAFETY: both blocks are one `S`, and the new one is nobody else's.
        unsafe { core::ptr::copy_nonoverlapping::<S>(&**self, &mut *copy, 1) };
        copy
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
impl<S: Plain + PartialEq> PartialEq for Tensor<S> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
impl<S: Plain + core::fmt::Debug> core::fmt::Debug for Tensor<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        (**self).fmt(f)
    }
}

//! Between devices.

use core::marker::PhantomData;
use std::sync::Arc;

use castiron_kernels::{Cpu, Plain};

use super::Tensor;
use crate::Error;
use crate::device::{Erased, Storage};
use crate::tape::{Grad, OffTape};

impl<S: Plain, D: Storage, G: Grad> Tensor<S, D, G> {
    /// The same values in the memory of `device`: a tensor or a whole model. From the CPU to the CPU nothing is
    /// copied: the two share their memory until one is written to. PyTorch's `x.to(device)`.
    ///
    /// ```
    /// use castiron::{Cpu, tensor};
    /// let x = tensor![1.0, 2.0];
    /// assert_eq!(x.to(&Cpu::new())?, x);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when the device has not that much; what has gone wrong on a GPU that has the tensor.
    pub fn to<D2: Storage>(&self, device: &D2) -> Result<Tensor<S, D2>, Error>
    where
        G: OffTape,
    {
        let memory = D::erase(Arc::clone(&self.memory));
        if matches!(memory, Erased::Cpu(_))
            && let Some(memory) = D2::restore(memory.clone())
        {
            return Ok(Tensor { memory, start: self.start, node: (), value: PhantomData });
        }
        if let Some(value) = memory.pointer(self.start, size_of::<S>()) {
            // SAFETY: the memory holds an initialised and aligned `S` there (zeroed at first), which stays while
            // `self` is borrowed; whoever shares it does not write to it.
            return Tensor::copy_to(unsafe { &*value.cast::<S>() }, device);
        }
        // By way of the host.
        let mut host = Tensor::<S>::try_zeros()?;
        D::of(&self.memory, |from| {
            from.read_one(self.borrow(), &mut *host);
            from.take_fault().map_or(Ok(()), Err)
        })?;
        Tensor::copy_to(&*host, device)
    }

    /// The same values in the memory of the CPU; without a copy if they are there already.
    pub(super) fn on_cpu(&self) -> Tensor<S> {
        match Cpu::restore(D::erase(Arc::clone(&self.memory))) {
            Some(memory) => Tensor { memory, start: self.start, node: (), value: PhantomData },
            None => D::of(&self.memory, |device| self.to_cpu(device)),
        }
    }
}

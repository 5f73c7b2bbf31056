//! [`Area`]: memory of which a plan gives out parts.

use core::marker::PhantomData;

use castiron_kernels::Plain;

use super::{Arg, Mut, Ref};
use crate::device::Device;

/// Memory whose parts generated code gives to shape-erased [calls](crate::call): the parameters of a model,
/// its input and output, and the buffers between layers. Offsets and lengths are in bytes for
/// [`field`](Area::field) and in floats for [`part`](Area::part).
///
/// It may be copied, so that one call writes a buffer and the next one reads it. What keeps the arguments
/// of one call apart is the plan that the macros make, and that is what whoever makes a writable area
/// promises.
///
/// ```
/// use castiron::{device::Device, memory::{Area, Ref}};
/// fn second_half<'a, D: Device>(x: Ref<'a, [f32; 8], D>) -> Area<'a, D> {
///     Area::of(x).part(4, 4)
/// }
/// ```
pub struct Area<'a, D: Device> {
    /// Nothing if it is absent, as the gradient of a model's input may be.
    address: Option<D::Address>,
    bytes: usize,
    writable: bool,
    lifetime: PhantomData<&'a mut u8>,
}

impl<D: Device> Clone for Area<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Device> Copy for Area<'_, D> {}

impl<'a, D: Device> Area<'a, D> {
    /// Memory to read.
    pub fn of<T: Plain>(value: Ref<'a, T, D>) -> Self {
        Area { address: Some(value.address()), bytes: size_of::<T>(), writable: false, lifetime: PhantomData }
    }

    /// Memory to write.
    ///
    /// # Safety
    /// Of the parts that are taken of it, what one call writes overlaps nothing else that this call is
    /// given, and a [`Mut`] overlaps nothing that is used while it is.
    pub unsafe fn of_mut<T: Plain>(value: Mut<'a, T, D>) -> Self {
        Area { address: Some(value.address()), bytes: size_of::<T>(), writable: true, lifetime: PhantomData }
    }

    /// Memory to write, or nothing.
    ///
    /// # Safety
    /// As for [`Area::of_mut`].
    pub unsafe fn optional<T: Plain>(value: Option<Mut<'a, T, D>>) -> Self {
        match value {
            // SAFETY: the caller promises it.
            Some(value) => unsafe { Self::of_mut(value) },
            None => Area { address: None, bytes: 0, writable: true, lifetime: PhantomData },
        }
    }

    /// Whether there is any.
    pub fn is_some(&self) -> bool {
        self.address.is_some()
    }

    /// What lies `offset` bytes further on.
    #[must_use]
    pub fn field(self, offset: usize) -> Self {
        let address = self.address.filter(|_| offset <= self.bytes);
        Area {
            address: address.map(|address| D::offset(address, offset)),
            bytes: self.bytes.saturating_sub(offset),
            ..self
        }
    }

    /// `floats` floats from the one at `offset` on.
    #[must_use]
    pub fn part(self, offset: usize, floats: usize) -> Self {
        let area = self.field(offset.saturating_mul(size_of::<f32>()));
        Area { bytes: area.bytes.min(floats.saturating_mul(size_of::<f32>())), ..area }
    }

    /// As an argument that is read.
    pub fn read(self) -> Arg<'a, D> {
        self.arg(false)
    }

    /// As an argument that is written; read-only memory stays so, which the operation will report.
    pub fn write(self) -> Arg<'a, D> {
        self.arg(self.writable)
    }

    fn arg(self, writable: bool) -> Arg<'a, D> {
        match self.address {
            // SAFETY: it lies within borrowed memory; who made it writable promised that nothing else of
            // the same call overlaps what is written.
            Some(address) => unsafe { Arg::new(address, self.bytes, writable) },
            None => Arg::none(),
        }
    }

    /// As a value to read.
    ///
    /// # Panics
    /// If it is smaller than that, or absent.
    ///
    /// # Safety
    /// It is aligned for a `T`, and nothing writes to it while what this returns is used.
    pub unsafe fn value<T: Plain>(self) -> Ref<'a, T, D> {
        // SAFETY: it is large enough, any bits are a `T`, and the caller promises the rest.
        unsafe { Ref::new(self.sized::<T>()) }
    }

    /// As a value to write.
    ///
    /// # Panics
    /// If it is smaller than that, absent, or not writable.
    ///
    /// # Safety
    /// It is aligned for a `T`, and nothing else uses it while what this returns is used.
    pub unsafe fn value_mut<T: Plain>(self) -> Mut<'a, T, D> {
        assert!(self.writable, "a read-only area is written");
        // SAFETY: it is large enough, any bits are a `T`, and the caller promises the rest.
        unsafe { Mut::new(self.sized::<T>()) }
    }

    fn sized<T>(self) -> D::Address {
        assert!(size_of::<T>() <= self.bytes, "a buffer of the memory plan is too small");
        self.address.expect("an area that is there")
    }
}

impl<D: Device> core::fmt::Debug for Area<'_, D> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Area({} bytes)", self.bytes)
    }
}

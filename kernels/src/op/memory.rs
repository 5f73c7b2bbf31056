//! [`Memory`]: the checked memory of one call.

use core::marker::PhantomData;

use super::{Fault, MAX_MEMORY, Spec, mistake};
use crate::Plain;

/// One memory argument on the CPU: an address and how many bytes lie behind it.
#[derive(Debug)]
pub struct Raw<'a> {
    address: *mut u8,
    bytes: usize,
    writable: bool,
    lifetime: PhantomData<&'a mut u8>,
}

impl<'a> Raw<'a> {
    /// An argument that is only read.
    pub fn read<T: Plain>(value: &'a T) -> Self {
        // SAFETY: a reference is valid for the bytes of its type.
        unsafe { Self::new(value as *const T as *mut u8, size_of::<T>(), false) }
    }

    /// An argument that is written.
    pub fn write<T: Plain>(value: &'a mut T) -> Self {
        // SAFETY: a unique reference is valid for the bytes of its type, and nobody else has them.
        unsafe { Self::new(value as *mut T as *mut u8, size_of::<T>(), true) }
    }

    /// An argument that is only read, of run-time length.
    pub fn read_slice<T: Plain>(values: &'a [T]) -> Self {
        // SAFETY: as for `read`.
        unsafe { Self::new(values.as_ptr() as *mut u8, size_of_val(values), false) }
    }

    /// An argument that is written, of run-time length.
    pub fn write_slice<T: Plain>(values: &'a mut [T]) -> Self {
        // SAFETY: as for `write`.
        unsafe { Self::new(values.as_mut_ptr() as *mut u8, size_of_val(values), true) }
    }

    /// An absent optional argument: no bytes.
    pub const fn none() -> Self {
        Raw {
            address: core::ptr::dangling_mut::<u64>().cast(),
            bytes: 0,
            writable: true,
            lifetime: PhantomData,
        }
    }

    /// An argument from an address.
    ///
    /// # Safety
    /// For `'a`, `address` is valid for reads of `bytes` bytes of [`Plain`] values whose elements are
    /// initialised; if `writable`, also for writes, and nothing else reads or writes them.
    pub unsafe fn new(address: *mut u8, bytes: usize, writable: bool) -> Self {
        Raw { address, bytes, writable, lifetime: PhantomData }
    }
}

/// The checked memory of one call, out of which the operation takes typed slices.
#[derive(Debug)]
pub struct Memory<'a> {
    arguments: &'a mut [Raw<'a>],
}

impl<'a> Memory<'a> {
    /// Checks the arguments against `spec` and shortens each to the length that was asked for.
    #[inline]
    pub(crate) fn new(op: &'static str, spec: &Spec, arguments: &'a mut [Raw<'a>]) -> Result<Self, Fault> {
        Self::check(op, spec, arguments)?;
        Ok(Memory { arguments })
    }

    fn check(op: &'static str, spec: &Spec, arguments: &mut [Raw<'_>]) -> Result<(), Fault> {
        if arguments.len() != spec.items().len() {
            return Err(Fault::Count { op, got: arguments.len(), want: spec.items().len() });
        }
        for (argument, (raw, access)) in arguments.iter_mut().zip(spec.items()).enumerate() {
            if !access.fits(raw.address.addr() as u64, raw.bytes, raw.writable) {
                return Err(Fault::Memory { op, argument, got: raw.bytes, want: access.bytes });
            }
            raw.bytes = access.bytes;
        }
        Ok(())
    }

    /// Arguments that were checked as others are.
    pub(crate) fn of(arguments: &'a mut [Raw<'a>]) -> Self {
        Memory { arguments }
    }

    /// Argument `i` itself; after that it is empty.
    pub(crate) fn take(&mut self, i: usize) -> Raw<'a> {
        core::mem::replace(&mut self.arguments[i], Raw::none())
    }

    /// So many bytes of all arguments, from a byte on that the same argument has; nothing of those that are absent.
    pub(crate) fn parts(&mut self, at: usize, bytes: usize) -> [Raw<'_>; MAX_MEMORY] {
        let mut parts = [const { Raw::none() }; MAX_MEMORY];
        for (part, raw) in parts.iter_mut().zip(self.arguments.iter()).filter(|(_, raw)| raw.bytes > 0) {
            assert!(at <= raw.bytes && bytes <= raw.bytes - at);
            // SAFETY: within the argument, which is borrowed with `self`.
            *part = unsafe { Raw::new(raw.address.add(at), bytes, raw.writable) };
        }
        parts
    }

    /// What argument `i` holds, be it read or written.
    pub(crate) fn peek<T: Plain>(&self, i: usize) -> &[T] {
        let (address, len) = Self::elements::<T>(&self.arguments[i], i);
        // SAFETY: as in `read`; nobody writes to it as long as `self` is borrowed.
        unsafe { core::slice::from_raw_parts(address, len) }
    }

    /// Argument `i`, which was declared with [`Spec::read`], as elements of type `T`.
    ///
    /// # Panics
    /// If argument `i` was declared as written, or as elements of another alignment: a mistake in the
    /// operation itself, not in what it was given. (A release build without the feature `std` has no code that
    /// panics: there, it is empty.)
    pub fn read<T: Plain>(&self, i: usize) -> &'a [T] {
        let Some(raw) = self.arguments.get(i).filter(|raw| raw.bytes == 0 || !raw.writable) else {
            return mistake(i, "is written: take it with `write`");
        };
        let (address, len) = Self::elements::<T>(raw, i);
        // SAFETY: `Raw` promises `bytes` readable initialised bytes for `'a`; the address is aligned
        // for `T` (checked in `elements`), every bit pattern is a `T`, and no write goes through a
        // read argument.
        unsafe { core::slice::from_raw_parts(address, len) }
    }

    /// Argument `i`, which was declared with [`Spec::write`] or [`Spec::update`], as elements of type `T`. It can be taken
    /// once; after that it is empty.
    ///
    /// # Panics
    /// If argument `i` was declared as read, or as elements of another alignment, as for [`Memory::read`].
    pub fn write<T: Plain>(&mut self, i: usize) -> &'a mut [T] {
        let Some(raw) = self.arguments.get_mut(i).filter(|raw| raw.bytes == 0 || raw.writable) else {
            return mistake(i, "is only read: take it with `read`");
        };
        let (address, len) = Self::elements::<T>(raw, i);
        raw.bytes = 0;
        // SAFETY: as in `read`; `Raw` promises that nobody else has these bytes, and with `bytes` now
        // zero they cannot be taken a second time.
        unsafe { core::slice::from_raw_parts_mut(address.cast_mut(), len) }
    }

    /// Where argument `i` is, and how many bytes of it.
    pub(crate) fn place(&self, i: usize) -> (*const u8, usize) {
        (self.arguments[i].address.cast_const(), self.arguments[i].bytes)
    }

    /// Whether argument `i` is absent (or already taken).
    pub fn is_empty(&self, i: usize) -> bool {
        self.arguments[i].bytes == 0
    }

    fn elements<T: Plain>(raw: &Raw<'_>, i: usize) -> (*const T, usize) {
        if raw.bytes == 0 || size_of::<T>() == 0 {
            return (core::ptr::dangling(), 0);
        }
        let address = raw.address.cast::<T>().cast_const();
        if !address.is_aligned() {
            mistake::<()>(i, "is not aligned for its element type");
            return (core::ptr::dangling(), 0);
        }
        (address, raw.bytes / size_of::<T>())
    }
}

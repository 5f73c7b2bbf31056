use core::mem::ManuallyDrop;

use castiron_kernels::Plain;

use crate::device::Device;
use crate::memory::Mut;

/// Memory for an `A` or a `B`, whose lives do not overlap: as large as the larger of them.
///
/// Scratch memory of layers that run one after the other nests in this type.
///
/// ```
/// use castiron::memory::Either;
/// assert_eq!(size_of::<Either<[f32; 10], [f32; 4]>>(), 40);
/// ```
#[repr(C)]
pub union Either<A: Plain, B: Plain> {
    /// At offset zero.
    pub a: ManuallyDrop<A>,
    /// At offset zero.
    pub b: ManuallyDrop<B>,
}

// SAFETY: `repr(C)`, and any bits are valid for both.
unsafe impl<A: Plain, B: Plain> Plain for Either<A, B> {}

impl<'a, A: Plain, B: Plain, D: Device> Mut<'a, Either<A, B>, D> {
    /// As an `A`, holding whatever was there.
    pub fn a(self) -> Mut<'a, A, D> {
        // SAFETY: at offset zero, any bits are valid, and `self` is given up.
        unsafe { Mut::new(self.address()) }
    }

    /// As a `B`, holding whatever was there.
    pub fn b(self) -> Mut<'a, B, D> {
        // SAFETY: as for `a`.
        unsafe { Mut::new(self.address()) }
    }
}

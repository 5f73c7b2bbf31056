//! What generated code needs to open the memory that a plan laid out.

use core::mem::ManuallyDrop;

use castiron_kernels::Plain;
use castiron_kernels::arithmetic::CopyBytes;

use super::{Aligned, Area, Mut};
use crate::Cx;
use crate::device::Device;
use crate::params::{self, Params};

impl<'a, D: Device, const N: usize, const B: usize> Mut<'a, [[f32; N]; B], D> {
    /// The buffer of a plan that starts `OFFSET` floats per sample into this memory.
    ///
    /// # Safety
    /// While what this returns is used, nothing else is that overlaps it: the plan gives buffers that are
    /// in use at once places of their own.
    #[doc(hidden)]
    pub unsafe fn slot<T: Plain, const OFFSET: usize>(&self) -> Mut<'a, T, D> {
        const {
            assert!(
                B * OFFSET * size_of::<f32>() + size_of::<T>() <= size_of::<[[f32; N]; B]>(),
                "a buffer of the memory plan ends beyond its memory"
            );
            assert!(
                align_of::<T>() <= align_of::<Aligned<f32>>(),
                "a buffer of the memory plan needs a larger alignment than this target gives it"
            );
        }
        // SAFETY: it lies within this memory, as asserted; any bits are a `T`; the caller promises the rest.
        unsafe { Mut::new(D::offset(self.address(), B * OFFSET * size_of::<f32>())) }
    }
}

/// to ← from, one `M` each, leaf by leaf: what lies between leaves is neither read, since nobody has to have
/// written it, nor written.
#[doc(hidden)]
pub fn copy_leaves<M: Params, D: Device>(cx: &Cx<'_, D>, from: Area<'_, D>, to: Area<'_, D>) {
    const { params::assert_within::<M>() };
    for run in M::RUNS {
        let bytes = run.len * run.element.size();
        cx.run::<CopyBytes, 2>(bytes, [from.field(run.offset).read(), to.field(run.offset).write()]);
    }
}

impl<'a, T: Plain, D: Device> Mut<'a, T, D> {
    /// A member of a union; use the macro [`member!`](crate::member).
    ///
    /// # Safety
    /// `T` is a `repr(C)` union, and `_of` returns a member of it.
    #[doc(hidden)]
    pub unsafe fn member<F: Plain>(self, _of: fn(&mut T) -> &mut ManuallyDrop<F>) -> Mut<'a, F, D> {
        // SAFETY: all members of a `repr(C)` union start where it starts, any bits are an `F`, and `self`
        // is given up.
        unsafe { Mut::new(self.address()) }
    }
}

/// A member of a uniquely borrowed `repr(C)` union: memory that several layers use one after the other.
#[doc(hidden)]
#[macro_export]
macro_rules! member {
    ($of:expr, $owner:ty, $member:tt) => {
        // SAFETY: the closure returns a member; on a struct it would not, but there no field is a
        // `ManuallyDrop`.
        unsafe { $crate::memory::Mut::member($of, |owner: &mut $owner| &mut owner.$member) }
    };
}

/// A field of a uniquely borrowed struct, of which other fields are borrowed as well.
///
/// It is [`split!`](crate::split) for generated code, which names each field once by construction and has
/// hundreds of them.
#[doc(hidden)]
#[macro_export]
macro_rules! part {
    ($of:expr, $owner:ty, $field:tt) => {
        // SAFETY: offset and closure name the same field; generated code, for which this is, mentions no
        // field of a borrow twice.
        unsafe {
            $crate::memory::Mut::project(
                &$of,
                ::core::mem::offset_of!($owner, $field),
                |owner: &mut $owner| {
                    let field = &mut owner.$field;
                    &raw mut *field
                },
            )
        }
    };
}

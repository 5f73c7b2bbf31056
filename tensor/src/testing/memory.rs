//! Values as bytes: junk in them, junk behind them, and what is left of it.

use castiron_kernels::Plain;
use half::{bf16, f16};

use crate::Tensor;
use crate::device::Storage;
use crate::memory::{Aligned, Mut, Ref};
use crate::shape::DType;
use crate::{field, split};

/// What memory holds before anybody writes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Junk(u32);

impl Junk {
    /// A NaN that no computation gives.
    pub(super) const NAN: Junk = Junk(0x7FC0_BEEF);
    /// 10³⁰, for what a NaN does not get through: max(NaN, 0) is 0.
    pub(super) const LARGE: Junk = Junk(0x7149_F2CA);

    fn byte(self, offset: usize) -> u8 {
        self.0.to_ne_bytes()[offset % 4]
    }

    /// Fills a value.
    pub(super) fn fill<T: Plain>(self, value: &mut T) {
        bytes_mut(value).iter_mut().enumerate().for_each(|(offset, byte)| *byte = self.byte(offset));
    }

    /// A value of junk, with more junk behind it.
    pub(super) fn guarded<T: Plain, D: Storage>(self, device: &D) -> Guarded<T, D> {
        let mut memory = Tensor::<WithGuard<T>>::zeros();
        self.fill(&mut *memory);
        Guarded { memory: put(&*memory, device), junk: self }
    }

    /// Whether all bytes but those at `written`, each the start of `size` bytes, are still as they were.
    pub(super) fn untouched_but(self, bytes: &[u8], written: &[(usize, usize)]) -> bool {
        let mut touched = vec![false; bytes.len()];
        written.iter().for_each(|(start, size)| touched[*start..][..*size].fill(true));
        bytes.iter().enumerate().all(|(offset, byte)| touched[offset] || *byte == self.byte(offset))
    }
}

/// A copy on a device.
pub(super) fn put<T: Plain, D: Storage>(value: &T, device: &D) -> Tensor<T, D> {
    Tensor::copy_to(value, device).expect("memory for the test")
}

#[repr(C)]
struct WithGuard<T> {
    value: Aligned<T>,
    guard: Aligned<[u32; 32]>,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<T: Plain> Plain for WithGuard<T> {}

/// A value and memory behind it, in which whoever writes too far is seen.
pub(super) struct Guarded<T: Plain, D: Storage> {
    memory: Tensor<WithGuard<T>, D>,
    junk: Junk,
}

impl<T: Plain, D: Storage> Guarded<T, D> {
    /// Bytes that it takes.
    pub(super) const BYTES: usize = size_of::<WithGuard<T>>().next_multiple_of(64);

    /// A copy of `value`, guarded.
    pub(super) fn copy(value: &T, junk: Junk, device: &D) -> Self {
        let mut memory = Tensor::<WithGuard<T>>::zeros();
        junk.fill(&mut *memory);
        bytes_mut(&mut memory.value.0).copy_from_slice(bytes(value));
        Guarded { memory: put(&*memory, device), junk }
    }

    pub(super) fn borrow(&self) -> Ref<'_, T, D> {
        field!(self.memory.borrow(), WithGuard<T>, value).inner()
    }

    pub(super) fn borrow_mut(&mut self) -> Mut<'_, T, D> {
        let (value,) = split!(self.memory.borrow_mut(), WithGuard<T> { value });
        value.inner()
    }

    /// Its bytes.
    ///
    /// # Panics
    /// When somebody wrote behind it, which `name` names.
    pub(super) fn read(&self, name: &str, device: &D) -> Vec<u8> {
        let memory = self.memory.to_cpu(device);
        let all = bytes(&*memory);
        let value = [(0, size_of::<T>())];
        assert!(self.junk.untouched_but(all, &value), "something wrote behind {name}");
        all[..size_of::<T>()].to_vec()
    }
}

/// A value's bytes. It must have come from a [`Tensor`]: those are zeroed when allocated, so that padding
/// is initialised.
pub(super) fn bytes<T: Plain>(value: &T) -> &[u8] {
    // SAFETY: the bytes of one value, initialised as said above, borrowed with it.
    unsafe { core::slice::from_raw_parts((value as *const T).cast(), size_of::<T>()) }
}

/// The same, to write.
pub(super) fn bytes_mut<T: Plain>(value: &mut T) -> &mut [u8] {
    // SAFETY: as in `bytes`, uniquely borrowed; what the check writes are numbers, or junk where numbers
    // are, and any bits are a number.
    unsafe { core::slice::from_raw_parts_mut((value as *mut T).cast(), size_of::<T>()) }
}

/// Where a number is, in bytes, and its element.
pub(super) type Place = (usize, DType);

/// Whether a check looks at numbers of this element as real ones.
pub(super) fn is_real(dtype: DType) -> bool {
    matches!(dtype, DType::F32 | DType::Bf16 | DType::F16)
}

/// The real number there.
pub(super) fn real(bytes: &[u8], (offset, dtype): Place) -> f32 {
    let two = || bytes[offset..][..2].try_into().expect("two bytes");
    match dtype {
        DType::Bf16 => bf16::from_ne_bytes(two()).to_f32(),
        DType::F16 => f16::from_ne_bytes(two()).to_f32(),
        _ => f32::from_ne_bytes(bytes[offset..][..4].try_into().expect("four bytes")),
    }
}

/// Writes a real number.
pub(super) fn set_real(bytes: &mut [u8], (offset, dtype): Place, value: f32) {
    let bytes = &mut bytes[offset..][..dtype.size()];
    match dtype {
        DType::Bf16 => bytes.copy_from_slice(&bf16::from_f32(value).to_ne_bytes()),
        DType::F16 => bytes.copy_from_slice(&f16::from_f32(value).to_ne_bytes()),
        _ => bytes.copy_from_slice(&value.to_ne_bytes()),
    }
}

/// The `f32` at an offset.
pub(super) fn float(bytes: &[u8], offset: usize) -> f32 {
    real(bytes, (offset, DType::F32))
}

/// Writes an `f32`.
pub(super) fn set_float(bytes: &mut [u8], offset: usize, value: f32) {
    set_real(bytes, (offset, DType::F32), value);
}

//! [`Plain`]: the types that kernels may see as bare memory.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;

use crate::DType;

/// A type that is nothing but memory: a model, a batch, a gradient, a single `f32`.
///
/// Values are made by zeroing memory in place and are never moved as a whole, so a `Plain` type
/// may be as large as the memory of the device. It is deliberately not `Copy`: a large value never
/// crosses the stack.
///
/// # Safety
/// Every bit pattern is a valid value (so no `bool`, `char`, `enum`, reference or pointer), there is
/// no `Drop`, and the layout is fixed: `#[repr(C)]`, `#[repr(transparent)]`, a primitive, an array or
/// a tuple of `Plain` types. Padding is allowed; nothing reads it.
pub unsafe trait Plain: Sized + Send + Sync + 'static {
    /// What it is an array of, if it is a number or arrays of numbers: how a tensor of any `Plain` type knows
    /// whether it can be shown as numbers.
    #[doc(hidden)]
    const AS_NUMBERS: Option<Numbers> = None;

    /// Overwrites it with another value, in place: a model in RAM with one in flash.
    ///
    /// ```
    /// use castiron_kernels::Plain;
    /// let mut x = [[0.0f32; 2]; 3];
    /// x.copy_from(&[[1.0, 2.0]; 3]);
    /// assert_eq!(x[2], [1.0, 2.0]);
    /// ```
    fn copy_from(&mut self, from: &Self) {
        // SAFETY: one is uniquely borrowed, so they do not overlap; nothing of a `Plain` value needs to be dropped.
        unsafe { core::ptr::copy_nonoverlapping(from, self, 1) }
    }
}

/// The element and the dimensions of a type that is nothing but numbers.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The type of the numbers.
    pub dtype: DType,
    /// How deep the arrays nest.
    pub rank: usize,
    /// Outermost first; those beyond the rank are 1.
    pub dims: [usize; Numbers::MAX_RANK],
}

impl Numbers {
    const MAX_RANK: usize = 8;

    /// One number.
    const fn one(dtype: DType) -> Option<Self> {
        Some(Numbers { dtype, rank: 0, dims: [1; Self::MAX_RANK] })
    }

    /// The same with a new axis before `axis`; nothing where there is no room for one more.
    pub const fn inserted(of: Option<Self>, axis: usize, size: usize) -> Option<Self> {
        let Some(mut all) = of else { return None };
        if all.rank == Self::MAX_RANK || axis > all.rank {
            return None;
        }
        let mut i = all.rank;
        while i > axis {
            all.dims[i] = all.dims[i - 1];
            i -= 1;
        }
        all.dims[axis] = size;
        all.rank += 1;
        Some(all)
    }
}

/// All zeros: the value that every tensor and workspace starts from. For large types, use it only to
/// initialise a `static`; on the heap, `castiron::Tensor` zeroes in place.
///
/// ```
/// static BUFFER: [[f32; 256]; 256] = castiron_kernels::zeroed();
/// assert_eq!(BUFFER[255][255], 0.0);
/// ```
pub const fn zeroed<T: Plain>() -> T {
    // SAFETY: every bit pattern of a `Plain` type is a value, zeros too.
    unsafe { core::mem::zeroed() }
}

macro_rules! plain {
    ($($t:ty),* $(,)?) => { $(
        // SAFETY: a number (or nothing): any bits will do.
        unsafe impl Plain for $t {}
    )* };
}
plain!(i16, u16, u32, u64, ());

macro_rules! plain_element {
    ($($t:ty = $dtype:ident),* $(,)?) => { $(
        // SAFETY: a number: any bits will do.
        unsafe impl Plain for $t {
            const AS_NUMBERS: Option<Numbers> = Numbers::one(DType::$dtype);
        }
    )* };
}
plain_element!(f32 = F32, f64 = F64, half::bf16 = Bf16, half::f16 = F16);
plain_element!(i8 = I8, i32 = I32, i64 = I64, u8 = U8, Bool = Bool);

// SAFETY: an array is its elements, one after the other.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {
    const AS_NUMBERS: Option<Numbers> = Numbers::inserted(T::AS_NUMBERS, 0, N);
}
// SAFETY: nothing is stored.
unsafe impl<T: Send + Sync + 'static> Plain for PhantomData<T> {}
// SAFETY: transparent over `T`.
unsafe impl<T: Plain> Plain for ManuallyDrop<T> {}

macro_rules! plain_tuple {
    ($($t:ident),+) => {
        // SAFETY: any bits will do for each part. The order of the parts is the compiler's choice, but
        // fixed within a program; parts are addressed by `offset_of!` and never written to files as one.
        unsafe impl<$($t: Plain),+> Plain for ($($t,)+) {}
    };
}
plain_tuple!(A);
plain_tuple!(A, B);
plain_tuple!(A, B, C);
plain_tuple!(A, B, C, D);
plain_tuple!(A, B, C, D, E);
plain_tuple!(A, B, C, D, E, F);
plain_tuple!(A, B, C, D, E, F, G);
plain_tuple!(A, B, C, D, E, F, G, H);
plain_tuple!(A, B, C, D, E, F, G, H, I);
plain_tuple!(A, B, C, D, E, F, G, H, I, J);
plain_tuple!(A, B, C, D, E, F, G, H, I, J, K);
plain_tuple!(A, B, C, D, E, F, G, H, I, J, K, L);

/// A boolean stored as a byte: zero is false, anything else is true.
///
/// Rust's own `bool` is not [`Plain`], because only two of its 256 bit patterns are valid.
///
/// ```
/// use castiron_kernels::Bool;
/// assert!(bool::from(Bool::from(true)));
/// assert!(!Bool::default().get());
/// ```
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct Bool(u8);

impl Bool {
    /// The truth value.
    pub const fn get(self) -> bool {
        self.0 != 0
    }

    /// The byte that stores it.
    #[cfg(test)]
    pub(crate) const fn byte(self) -> u8 {
        self.0
    }

    /// The truth value that is stored as this byte.
    #[cfg(test)]
    pub(crate) const fn from_byte(byte: u8) -> Self {
        Bool(byte)
    }
}
impl From<bool> for Bool {
    fn from(value: bool) -> Self {
        Bool(value as u8)
    }
}
impl From<Bool> for bool {
    fn from(value: Bool) -> Self {
        value.get()
    }
}
impl PartialEq for Bool {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}
impl core::fmt::Debug for Bool {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.get().fmt(f)
    }
}

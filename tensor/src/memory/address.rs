//! Typed addresses: [`Ref`] and [`Mut`], their projection to fields, and operation arguments.

use core::marker::PhantomData;

use castiron_kernels::Plain;

use crate::device::Device;
use crate::memory::Aligned;

/// A shared borrow of a `T` in the memory of device `D`: `&T`, on any device.
pub struct Ref<'a, T, D: Device> {
    address: D::Address,
    lifetime: PhantomData<&'a T>,
}

/// A unique borrow of a `T` in the memory of device `D`: `&mut T`, on any device.
pub struct Mut<'a, T, D: Device> {
    address: D::Address,
    lifetime: PhantomData<&'a mut T>,
}

impl<T, D: Device> Clone for Ref<'_, T, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T, D: Device> Copy for Ref<'_, T, D> {}

// SAFETY: a `Ref` is a `&T` in another memory; `T: Plain` is `Sync`.
unsafe impl<T: Plain, D: Device> Send for Ref<'_, T, D> {}
// SAFETY: as above.
unsafe impl<T: Plain, D: Device> Sync for Ref<'_, T, D> {}
// SAFETY: a `Mut` is a `&mut T` in another memory; `T: Plain` is `Send`.
unsafe impl<T: Plain, D: Device> Send for Mut<'_, T, D> {}

impl<'a, T: Plain, D: Device> Ref<'a, T, D> {
    /// A borrow from an address.
    ///
    /// # Safety
    /// For `'a`, `address` is that of an initialised `T` in the memory of the device it is used with,
    /// and nothing writes to it.
    pub unsafe fn new(address: D::Address) -> Self {
        Ref { address, lifetime: PhantomData }
    }

    /// Where it is.
    pub fn address(self) -> D::Address {
        self.address
    }

    /// As an argument of an operation.
    pub fn arg(self) -> Arg<'a, D> {
        Arg { address: Some(self.address), bytes: size_of::<T>(), writable: false, lifetime: PhantomData }
    }
}

/// What [`field!`](crate::field) takes a field of.
pub trait Project<T> {
    /// The same with the value of the field.
    type Of<F: Plain>;
    /// The part at `offset`; use the macro [`field!`](crate::field), which finds the offset.
    ///
    /// # Safety
    /// `offset` is that of the field which `of` returns. That is a pointer because a reference could be
    /// coerced: to what the field derefs to, which lies elsewhere.
    #[doc(hidden)]
    unsafe fn project<F: Plain>(self, offset: usize, of: fn(&T) -> *const F) -> Self::Of<F>;
}

impl<'a, T: Plain, D: Device> Project<T> for Ref<'a, T, D> {
    type Of<F: Plain> = Ref<'a, F, D>;
    unsafe fn project<F: Plain>(self, offset: usize, _: fn(&T) -> *const F) -> Ref<'a, F, D> {
        // SAFETY: a part of a borrowed value is borrowed for as long.
        unsafe { Ref::new(D::offset(self.address, offset)) }
    }
}

impl<'a, T: Plain, D: Device> Mut<'a, T, D> {
    /// A borrow from an address.
    ///
    /// # Safety
    /// For `'a`, `address` is that of an initialised `T` in the memory of the device it is used with,
    /// and nothing else reads or writes it.
    pub unsafe fn new(address: D::Address) -> Self {
        Mut { address, lifetime: PhantomData }
    }

    /// Where it is.
    pub fn address(&self) -> D::Address {
        self.address
    }

    /// A shared borrow of the same value.
    pub fn as_ref(&self) -> Ref<'_, T, D> {
        Ref { address: self.address, lifetime: PhantomData }
    }

    /// The same value, borrowed for a shorter time.
    pub fn reborrow(&mut self) -> Mut<'_, T, D> {
        Mut { address: self.address, lifetime: PhantomData }
    }

    /// Gives up writing for the rest of the borrow.
    pub fn into_ref(self) -> Ref<'a, T, D> {
        Ref { address: self.address, lifetime: PhantomData }
    }

    /// As an argument that an operation writes.
    pub fn arg(&mut self) -> Arg<'_, D> {
        Arg { address: Some(self.address), bytes: size_of::<T>(), writable: true, lifetime: PhantomData }
    }

    /// As an argument that an operation writes, for the whole borrow.
    pub fn into_arg(self) -> Arg<'a, D> {
        Arg { address: Some(self.address), bytes: size_of::<T>(), writable: true, lifetime: PhantomData }
    }

    /// The part at `offset`; use the macro [`split!`](crate::split), which finds offsets.
    ///
    /// # Safety
    /// `offset` is that of the field which `of` returns (a pointer for the reason that [`Project::project`]
    /// gives), and no other `Mut` to it is alive.
    #[doc(hidden)]
    pub unsafe fn project<F: Plain>(&self, offset: usize, of: fn(&mut T) -> *mut F) -> Mut<'a, F, D> {
        let _ = of;
        // SAFETY: the caller promises that the part is borrowed once.
        unsafe { Mut::new(D::offset(self.address, offset)) }
    }
}

impl<'a, T: Plain, D: Device> Ref<'a, Aligned<T>, D> {
    /// The value inside.
    pub fn inner(self) -> Ref<'a, T, D> {
        // SAFETY: `Aligned` is `repr(C)` with its value at offset zero.
        unsafe { Ref::new(self.address) }
    }
}
impl<'a, T: Plain, D: Device> Mut<'a, Aligned<T>, D> {
    /// The value inside.
    pub fn inner(self) -> Mut<'a, T, D> {
        // SAFETY: as for `Ref`, and `self` is given up.
        unsafe { Mut::new(self.address) }
    }
}

impl<'a, T: Plain, D: Device, const N: usize> Ref<'a, [T; N], D> {
    /// Element `i`.
    ///
    /// # Panics
    /// If `i` is not below `N`.
    pub fn at(self, i: usize) -> Ref<'a, T, D> {
        assert!(i < N, "element {i} of {N}");
        // SAFETY: element `i` starts `i` sizes into the array.
        unsafe { Ref::new(D::offset(self.address, i * size_of::<T>())) }
    }
}
impl<T: Plain, D: Device, const N: usize> Mut<'_, [T; N], D> {
    /// Element `i`.
    ///
    /// # Panics
    /// If `i` is not below `N`.
    pub fn at(&mut self, i: usize) -> Mut<'_, T, D> {
        assert!(i < N, "element {i} of {N}");
        // SAFETY: element `i` starts `i` sizes into the array, and `self` stays borrowed.
        unsafe { Mut::new(D::offset(self.address, i * size_of::<T>())) }
    }

    /// Element `i − 1` to read, unless `i` is the first, and element `i` to write.
    ///
    /// # Panics
    /// If `i` is not below `N`.
    pub fn consecutive(&mut self, i: usize) -> (Option<Ref<'_, T, D>>, Mut<'_, T, D>) {
        assert!(i < N, "element {i} of {N}");
        let address = |i| D::offset(self.address, i * size_of::<T>());
        // SAFETY: two different elements of an array that stays borrowed.
        let before = i.checked_sub(1).map(|before| unsafe { Ref::new(address(before)) });
        // SAFETY: as above.
        (before, unsafe { Mut::new(address(i)) })
    }
}

impl<T, D: Device> core::fmt::Debug for Ref<'_, T, D> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Ref<{}>", core::any::type_name::<T>())
    }
}
impl<T, D: Device> core::fmt::Debug for Mut<'_, T, D> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Mut<{}>", core::any::type_name::<T>())
    }
}

/// One memory argument of an operation, made by [`Ref::arg`] or [`Mut::arg`].
pub struct Arg<'a, D: Device> {
    pub(crate) address: Option<D::Address>,
    pub(crate) bytes: usize,
    pub(crate) writable: bool,
    lifetime: PhantomData<&'a mut u8>,
}

impl<'a, D: Device> Arg<'a, D> {
    /// An argument from an address.
    ///
    /// # Safety
    /// For `'a`, `address` is that of `bytes` bytes of initialised plain values in the memory of the
    /// device it is used with; nothing writes them, and if `writable` nothing else reads them.
    pub(crate) unsafe fn new(address: D::Address, bytes: usize, writable: bool) -> Self {
        Arg { address: Some(address), bytes, writable, lifetime: PhantomData }
    }

    /// An optional argument that is absent.
    pub fn none() -> Self {
        Arg { address: None, bytes: 0, writable: true, lifetime: PhantomData }
    }

    /// The value, or nothing.
    pub fn optional(value: Option<Arg<'a, D>>) -> Self {
        value.unwrap_or_else(Self::none)
    }

    /// Whether it is absent.
    pub fn is_none(&self) -> bool {
        self.address.is_none()
    }

    /// The same memory once more, to be read by another operation. An argument that is written cannot be
    /// had twice: of it, and of an absent one, this is [`Arg::none`].
    ///
    /// ```
    /// use castiron::{Cpu, memory::{Arg, Mut, Ref}};
    /// let mut x = [1.0f32];
    /// let read: Arg<'_, Cpu> = Ref::from(&x).arg();
    /// assert!(!read.again().is_none());
    /// let written: Arg<'_, Cpu> = Mut::from(&mut x).into_arg();
    /// assert!(written.again().is_none());
    /// ```
    #[must_use]
    pub fn again(&self) -> Self {
        if self.writable {
            return Self::none();
        }
        // What is only read may be read by many, as a `Ref` may be copied.
        Arg { address: self.address, bytes: self.bytes, writable: false, lifetime: PhantomData }
    }

    /// The argument from byte `offset` on, such as a row within a batch; absent if it ends before.
    #[must_use]
    pub fn skip(self, offset: usize) -> Self {
        match self.address {
            Some(address) if offset <= self.bytes => {
                Arg { address: Some(D::offset(address, offset)), bytes: self.bytes - offset, ..self }
            }
            _ => Self::none(),
        }
    }
}

impl<D: Device> core::fmt::Debug for Arg<'_, D> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Arg({} bytes{})", self.bytes, if self.writable { ", writable" } else { "" })
    }
}

/// A field of a borrowed value: `field!(p, Self, weight)` turns a `Ref<Self, D>` into a `Ref` of the
/// field's type.
///
/// ```
/// use castiron::{field, device::Device, memory::Ref, castiron_kernels::Plain};
/// #[repr(C)]
/// struct Pair { a: [f32; 3], b: [f32; 5] }
/// // SAFETY: `repr(C)`, numbers only.
/// unsafe impl Plain for Pair {}
/// fn second<'a, D: Device>(pair: Ref<'a, Pair, D>) -> Ref<'a, [f32; 5], D> {
///     field!(pair, Pair, b)
/// }
/// ```
/// Of a [`Tensor`](crate::Tensor) it is a tensor that shares its memory: `field!(&net, Net, head)` is the layer
/// `head` of a model, and `field!(&net, Net, head.bias)` its bias. On a tape, the gradient of the field goes into
/// its place in the gradient of the model, so that one optimizer trains it all:
///
/// ```
/// # #[cfg(feature = "std")] {
/// use castiron::prelude::*;
/// use castiron::{Tape, field, tensor};
///
/// model! { Net: [3] -> [2] { fc1: Linear(4), fc2: Linear(2) } }
///
/// let model = init::<Net>(0);
/// let tape = Tape::new();
/// let net = tape.watch_model(&model);
/// // The second layer alone, and a penalty on a parameter of the first.
/// let y: Tensor<Rank2<1, 2>, _, _> = field!(&net, Net, fc2).forward(&tensor![[1.0, 2.0, 3.0, 4.0]])?;
/// let penalty = field!(&net, Net, fc1.weight).numbers().square().sum();
/// let gradients = (y.sum() + penalty).backward()?.get(&net);
/// assert_eq!(gradients.fc2.bias[0], 1.0);
/// assert_eq!(gradients.fc1.weight[0][0], 2.0 * model.fc1.weight[0][0]);
/// # }
/// # Ok::<(), castiron::Error>(())
/// ```
#[macro_export]
macro_rules! field {
    ($of:expr, $owner:ty, $($field:tt).+) => {{
        let (whole, offset) = ($of, ::core::mem::offset_of!($owner, $($field).+));
        let of: fn(&$owner) -> *const _ = |owner| {
            let field = &owner.$($field).+;
            &raw const *field
        };
        // SAFETY: the offset and the closure name the same field of the same type.
        unsafe { $crate::memory::Project::project(whole, offset, of) }
    }};
}

/// Splits a unique borrow into unique borrows of some of its fields:
/// `let (weight, bias) = split!(dp, Self { weight, bias });`. Naming a field twice does not compile.
///
/// ```compile_fail
/// use castiron::{split, device::Device, memory::Mut};
/// fn twice<D: Device>(pair: Mut<'_, (f32, f32), D>) {
///     let (a, b) = split!(pair, (f32, f32) { 0, 0 });
/// }
/// ```
#[macro_export]
macro_rules! split {
    ($of:expr, $owner:ty { $($field:tt),+ $(,)? }) => {{
        // Its type is named, so that it is given up: a borrow of it would coerce to what `project` takes.
        let whole: $crate::memory::Mut<'_, $owner, _> = $of;
        // Naming a field twice is an error, so the borrows below are disjoint.
        const _: () = { $crate::__distinct!($($field)+); };
        ($({
            // Outside of `unsafe`, where the fields of a union, which overlap, cannot be borrowed.
            let of: fn(&mut $owner) -> *mut _ = |owner| {
                let field = &mut owner.$field;
                &raw mut *field
            };
            let offset = ::core::mem::offset_of!($owner, $field);
            // SAFETY: offset and closure name the same field, fields are distinct, and `whole` was given up.
            unsafe { $crate::memory::Mut::project(&whole, offset, of) }
        },)+)
    }};
}

/// Fails to compile if two of its tokens are the same identifier or number.
#[doc(hidden)]
#[macro_export]
macro_rules! __distinct {
    ($($field:tt)+) => {
        const NAMES: &[&str] = &[$(stringify!($field)),+];
        let mut i = 0;
        while i < NAMES.len() {
            let mut j = 0;
            while j < i {
                assert!(!$crate::memory::same(NAMES[i], NAMES[j]), "`split!` names a field twice");
                j += 1;
            }
            i += 1;
        }
    };
}

/// Whether two names are the same, at compile time. `r#a` and `a` are.
#[doc(hidden)]
pub const fn same(a: &str, b: &str) -> bool {
    const fn plain(name: &str) -> &[u8] {
        match name.as_bytes() {
            [b'r', b'#', name @ ..] => name,
            name => name,
        }
    }
    let (a, b) = (plain(a), plain(b));
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

//! [`Op`]: what an operation is, and how it gets its memory.
//!
//! Devices are closed, operations are open: castiron's own kernels and a user's are the same kind of
//! thing. An operation says how much of each of its arguments it reads and writes; the device checks
//! that against the memory it was given, so the operation itself is safe code over slices.

use core::marker::PhantomData;

use crate::element::dispatch;
use crate::launch::{Gpu, Pointers};
use crate::sure::{PANICS, cut};
use crate::{Cpu, DType, Plain};

/// The most memory arguments an operation can have.
pub const MAX_MEMORY: usize = 12;

/// An operation on memory.
///
/// ```
/// use castiron_kernels::{Cpu, Fault, Memory, Op, Raw, Spec};
///
/// /// y ← x²
/// struct Square;
/// impl Op for Square {
///     const NAME: &'static str = "square";
///     type Args = usize;
///     fn memory(&len: &usize, spec: &mut Spec) {
///         spec.read::<f32>(len).write::<f32>(len);
///     }
///     fn cpu(_: &Cpu, _: &usize, memory: &mut Memory<'_>) {
///         let (x, y) = (memory.read::<f32>(0), memory.write::<f32>(1));
///         for (y, x) in y.iter_mut().zip(x) {
///             *y = x * x;
///         }
///     }
/// }
///
/// let (x, mut y) = ([1.0f32, 2.0, 3.0], [0.0f32; 3]);
/// let cpu = Cpu::new();
/// cpu.run::<Square>(&3, &mut [Raw::read(&x), Raw::write(&mut y)]);
/// assert_eq!(y, [1.0, 4.0, 9.0]);
///
/// // Too little memory is a fault, not undefined behaviour.
/// cpu.run::<Square>(&4, &mut [Raw::read(&x), Raw::write(&mut y)]);
/// assert!(matches!(cpu.take_fault(), Some(Fault::Memory { op: "square", argument: 0, .. })));
/// ```
pub trait Op: 'static {
    /// The name in errors, profiles and the registry.
    const NAME: &'static str;
    /// Sizes, strides and choices: plain values, passed to a GPU kernel as they are.
    type Args: Copy + Send + Sync + 'static;
    /// What it is called with these arguments, where it is several in one: `exp` and not `unary`.
    fn name(_: &Self::Args) -> &'static str {
        Self::NAME
    }
    /// How many elements of which type it reads and writes, in the order of its memory arguments.
    fn memory(args: &Self::Args, spec: &mut Spec);
    /// The computation on the CPU. `memory` has exactly the lengths that [`Op::memory`] asked for.
    fn cpu(cpu: &Cpu, args: &Self::Args, memory: &mut Memory<'_>);
    /// The computation on a GPU: launches of kernels of a [`Source`](crate::launch::Source). Without it the
    /// operation runs on the CPU only, and is a [`Fault::NoKernel`] elsewhere.
    fn cuda(gpu: &Gpu<'_>, args: &Self::Args, memory: &Pointers) {
        let _ = (args, memory);
        gpu.unsupported();
    }
    /// What computes just this on the CPU, where there are several algorithms: chosen by [`Call::new`], so that a
    /// program is linked with those alone that its constant arguments need. Mark it `#[inline(always)]`. It is
    /// called before memory is looked at, and so with any arguments.
    #[inline(always)]
    fn kernel(_: &Self::Args) -> Kernel<Self> {
        Self::cpu
    }
}

/// A function like [`Op::cpu`].
pub type Kernel<O> = fn(&Cpu, &<O as Op>::Args, &mut Memory<'_>);

/// An operation with its arguments and the kernel for these: made together, so that they fit.
pub struct Call<'a, O: Op + ?Sized> {
    pub(crate) args: &'a O::Args,
    pub(crate) kernel: Kernel<O>,
}

impl<'a, O: Op> Call<'a, O> {
    /// Chooses the kernel: a constant where all that the choice depends on is one.
    #[inline(always)]
    pub fn new(args: &'a O::Args) -> Self {
        Call { args, kernel: O::kernel(args) }
    }

    /// The arguments.
    pub fn args(&self) -> &'a O::Args {
        self.args
    }
}

impl<O: Op> core::fmt::Debug for Call<'_, O> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(O::name(self.args))
    }
}

/// What an operation asks of one memory argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Bytes from the start of the argument.
    pub bytes: usize,
    /// Alignment of the elements.
    pub align: u32,
    /// What it does with them.
    pub mode: Mode,
    /// Their type if they are floats.
    pub float: Option<DType>,
}

impl Access {
    /// Whether memory at this address is what the operation asks for.
    #[inline]
    pub(crate) fn fits(&self, address: u64, bytes: usize, writable: bool) -> bool {
        self.bytes == 0
            || self.bytes <= bytes
                && (self.mode != Mode::Read) == writable
                && address.is_multiple_of(self.align.into())
    }
}

/// How an operation uses one of its memory arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only reads.
    Read,
    /// Writes every element, whatever was there before.
    Write,
    /// Reads what is there and changes it: in-place operations, and sums that go on.
    Update,
}

/// The list that [`Op::memory`] fills.
#[derive(Clone, Debug)]
pub struct Spec {
    items: [Access; MAX_MEMORY],
    len: usize,
}

impl Spec {
    /// What `O` asks for with these arguments.
    pub fn of<O: Op>(args: &O::Args) -> Self {
        let mut spec = Spec::new();
        O::memory(args, &mut spec);
        spec
    }

    #[inline]
    pub(crate) const fn new() -> Self {
        let nothing = Access { bytes: 0, align: 1, mode: Mode::Read, float: None };
        Spec { items: [nothing; MAX_MEMORY], len: 0 }
    }

    /// The next argument: `count` elements that are only read.
    pub fn read<T: Plain>(&mut self, count: usize) -> &mut Self {
        self.push::<T>(count, Mode::Read)
    }

    /// The next argument: `count` elements, all of them overwritten.
    pub fn write<T: Plain>(&mut self, count: usize) -> &mut Self {
        self.push::<T>(count, Mode::Write)
    }

    /// The next argument: `count` elements that are read and changed.
    pub fn update<T: Plain>(&mut self, count: usize) -> &mut Self {
        self.push::<T>(count, Mode::Update)
    }

    /// The next argument of an operation that can work in place: absent if it does.
    pub fn read_unless<T: Plain>(&mut self, in_place: bool, count: usize) -> &mut Self {
        self.read::<T>(if in_place { 0 } else { count })
    }

    /// The output of an operation that can work in place: read and changed if it does, else overwritten.
    pub fn write_or_update<T: Plain>(&mut self, in_place: bool, count: usize) -> &mut Self {
        self.push::<T>(count, if in_place { Mode::Update } else { Mode::Write })
    }

    /// As [`Spec::read`], with the element type known at run time.
    pub fn read_dtype(&mut self, dtype: DType, count: usize) -> &mut Self {
        dispatch!(dtype, T => self.read::<T>(count))
    }

    /// As [`Spec::write`], with the element type known at run time.
    pub fn write_dtype(&mut self, dtype: DType, count: usize) -> &mut Self {
        dispatch!(dtype, T => self.write::<T>(count))
    }

    /// As [`Spec::update`], with the element type known at run time.
    pub fn update_dtype(&mut self, dtype: DType, count: usize) -> &mut Self {
        dispatch!(dtype, T => self.update::<T>(count))
    }

    /// As [`Spec::read_unless`], with the element type known at run time.
    pub fn read_dtype_unless(&mut self, in_place: bool, dtype: DType, count: usize) -> &mut Self {
        self.read_dtype(dtype, if in_place { 0 } else { count })
    }

    /// As [`Spec::write_or_update`], with the element type known at run time.
    pub fn write_or_update_dtype(&mut self, in_place: bool, dtype: DType, count: usize) -> &mut Self {
        if in_place { self.update_dtype(dtype, count) } else { self.write_dtype(dtype, count) }
    }

    /// All arguments in order.
    pub fn items(&self) -> &[Access] {
        cut(&self.items, 0, self.len)
    }

    fn push<T: Plain>(&mut self, count: usize, mode: Mode) -> &mut Self {
        // A count that overflows becomes one that no memory satisfies, so it is reported as a fault.
        let bytes = count.saturating_mul(size_of::<T>());
        let float = T::AS_NUMBERS.map(|numbers| numbers.dtype).filter(|dtype| dtype.is_float());
        match self.items.get_mut(self.len) {
            Some(item) => {
                *item = Access { bytes, align: align_of::<T>() as u32, mode, float };
                self.len += 1;
            }
            None => mistake(self.len, "is one too many"),
        }
        self
    }
}

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
        if arguments.len() != spec.len {
            return Err(Fault::Count { op, got: arguments.len(), want: spec.len });
        }
        for (argument, (raw, access)) in arguments.iter_mut().zip(spec.items()).enumerate() {
            if !access.fits(raw.address.addr() as u64, raw.bytes, raw.writable) {
                return Err(Fault::Memory { op, argument, got: raw.bytes, want: access.bytes });
            }
            raw.bytes = access.bytes;
        }
        Ok(())
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

/// What an operation gets that asks wrongly for its argument `i`, where that is no panic.
fn mistake<T: Default>(i: usize, what: &str) -> T {
    if PANICS {
        panic!("argument {i} {what}");
    }
    T::default()
}

/// What went wrong inside an operation. The device keeps the first one until it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A memory argument is too small, misaligned, or not writable.
    Memory {
        /// The operation.
        op: &'static str,
        /// Which of its memory arguments, from zero.
        argument: usize,
        /// Bytes that were given.
        got: usize,
        /// Bytes that it needs.
        want: usize,
    },
    /// The number of memory arguments is not the operation's.
    Count {
        /// The operation.
        op: &'static str,
        /// Arguments that were given.
        got: usize,
        /// Arguments that it takes.
        want: usize,
    },
    /// An index in the data (a class, a token) is out of range.
    Index {
        /// The operation.
        op: &'static str,
        /// Which row of the data has it.
        row: usize,
        /// The index found.
        got: i64,
        /// Indices run from zero to one less than this.
        limit: usize,
    },
    /// The operation is not defined for elements of this type: the exponential of integers.
    Element {
        /// The operation.
        op: &'static str,
        /// The element type it was asked for.
        dtype: DType,
    },
    /// Integers were divided by zero.
    ZeroDivisor {
        /// The operation.
        op: &'static str,
    },
    /// The operation has no code for this device.
    NoKernel {
        /// The operation.
        op: &'static str,
    },
    /// The driver refused a launch, or the device failed.
    Launch {
        /// The operation.
        op: &'static str,
        /// What the driver said: a `CUresult`; zero where it was not asked, since the source did not compile.
        code: u32,
    },
    /// A library of the GPU refused a call.
    Library {
        /// The operation.
        op: &'static str,
        /// The library.
        library: &'static str,
        /// What it said: a number of its own.
        code: i32,
    },
    /// Another GPU that trains the same model found a fault, so this one waits.
    Elsewhere,
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Fault::Memory { op, argument, got, want } => {
                write!(
                    f,
                    "{op}: memory argument {argument} has {got} bytes, but {want} aligned bytes of the right access are needed"
                )
            }
            Fault::Count { op, got, want } => write!(f, "{op}: got {got} memory arguments, but takes {want}"),
            Fault::Index { op, row, got, limit } => {
                write!(
                    f,
                    "{op}: index {got} in row {row} is out of range: valid are 0 to {}",
                    limit.saturating_sub(1)
                )
            }
            Fault::Element { op, dtype } => write!(f, "{op}: not defined for {dtype}"),
            Fault::ZeroDivisor { op } => write!(f, "{op}: integers are divided by zero"),
            Fault::NoKernel { op } => write!(f, "{op}: has no code for this device"),
            Fault::Launch { op, code: 0 } => {
                write!(f, "{op}: its CUDA source does not compile; `Cuda::take_log` has the compiler's words")
            }
            Fault::Launch { op, code: 2 } => write!(f, "{op}: the GPU has not enough memory (CUDA error 2)"),
            Fault::Launch { op, code } => write!(f, "{op}: the GPU failed with CUDA error {code}"),
            Fault::Library { op, library, code } => write!(f, "{op}: {library} failed with its error {code}"),
            Fault::Elsewhere => {
                f.write_str("another GPU that trains this model found a fault: its trainer says which")
            }
        }
    }
}
impl core::error::Error for Fault {}

//! A model for C, and for whatever else calls C: [`#[export]`](macro@crate::export) on the static that it is in.
//!
//! ```
//! use castiron::prelude::*;
//!
//! model! { pub Xor: [2] -> [1] { fc1: Linear(8), Tanh, fc2: Linear(1) } }
//!
//! /// Whether one of two numbers is 1, and the other is 0.
//! #[castiron::export]
//! pub static XOR: Xor = castiron::zeroed(); // or `include_weights!(Xor, "xor.safetensors")`
//!
//! let (x, mut y) = ([0.0, 1.0], [f32::NAN]);
//! // SAFETY: as many numbers as the model has.
//! let status = unsafe { xor_infer(x.as_ptr(), y.as_mut_ptr()) };
//! assert_eq!((status, y), (castiron::export::Status::Ok, [0.0]));
//! ```
//!
//! | | |
//! |---|---|
//! | `xor_infer(input, output)` | y = model(x) for one sample, by any number of threads at once: each has working memory of its own, made at its first call. Needs `std`. |
//! | `xor_reset()` | starts recurrent layers of the calling thread from zero. Needs `std`. |
//! | `xor_infer_in(workspace, input, output)` | the same in memory that the caller owns; without `std`, too |
//! | `xor_header()` | the [`Header`]; a program of one line prints it |
//!
//! The names begin with that of the static, or with another: `#[castiron::export(gate)]`. A crate of the types `cdylib`
//! and `staticlib` becomes libraries that C links: `examples/c_library` is one, with the C program. Functions return a
//! [`Status`], which is not [`Status::Ok`] where a pointer is null, not aligned, or within another's memory.

mod header;
mod numbers;

use castiron_kernels::Cpu;

pub use header::Header;
pub use numbers::CArray;

use crate::Infer;
use crate::train::{Workspace, infer};

/// What an exported function returns: `enum castiron_status` in C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// The output is there.
    Ok = 0,
    /// A pointer is null.
    Null = 1,
    /// A pointer is not a multiple of what its type asks for.
    Misaligned = 2,
    /// Two of input, output and workspace share memory.
    Overlap = 3,
    /// This thread's memory for the model could not be had.
    OutOfMemory = 4,
    /// An operation found its data wrong, such as an index that is out of range.
    Fault = 5,
    /// The thread is within this very call, which a handler of signals has interrupted, or is ending.
    Busy = 6,
}

impl Status {
    /// All of them, as the header lists them.
    const ALL: [(Status, &'static str); 7] = [
        (Status::Ok, "the output is there"),
        (Status::Null, "a pointer is null"),
        (Status::Misaligned, "a pointer is not aligned as its type asks for"),
        (Status::Overlap, "two of input, output and workspace share memory"),
        (Status::OutOfMemory, "this thread's memory for the model could not be had"),
        (Status::Fault, "an operation found its data wrong, such as an index out of range"),
        (Status::Busy, "a signal has interrupted this very call, or the thread is ending"),
    ];
}

/// y = model(x) for one sample, behind pointers of which everything is checked that can be.
///
/// # Safety
/// Where they are not null, `input` and `output` point to as many numbers as the model has inputs and outputs, and
/// `workspace` to a whole workspace whose bytes are all initialised; nobody else uses the two latter during the call.
pub unsafe fn run<M, X, Y>(
    cpu: &Cpu,
    model: &M,
    workspace: *mut Workspace<M, 1>,
    input: *const X::Number,
    output: *mut Y::Number,
) -> Status
where
    M: Infer<Input = X, Output = Y>,
    X: CArray,
    Y: CArray,
{
    let (input, output) = (input.cast::<[X; 1]>(), output.cast::<[Y; 1]>());
    if input.is_null() || output.is_null() || workspace.is_null() {
        return Status::Null;
    }
    if !(input.is_aligned() && output.is_aligned() && workspace.is_aligned()) {
        return Status::Misaligned;
    }
    let places = [
        (input.addr(), size_of::<X>()),
        (output.addr(), size_of::<Y>()),
        (workspace.addr(), size_of::<Workspace<M, 1>>()),
    ];
    let apart = |a: (usize, usize), b: (usize, usize)| a.0.abs_diff(b.0) >= if a.0 < b.0 { a.1 } else { b.1 };
    if !(apart(places[0], places[1]) && apart(places[0], places[2]) && apart(places[1], places[2])) {
        return Status::Overlap;
    }
    // SAFETY: not null, aligned, and apart; long enough, initialised and not used by others, as the caller promises.
    // Any bits are numbers.
    let (input, output, workspace) = unsafe { (&*input, &mut *output, &mut *workspace) };
    match infer(cpu, model, input, 1, output, workspace) {
        Ok(()) => Status::Ok,
        Err(_) => Status::Fault,
    }
}

/// [`run`] with the memory of the calling thread, which is made when it is first asked for.
#[cfg(feature = "std")]
pub mod per_thread {
    use core::cell::RefCell;
    use std::thread::LocalKey;

    use super::{CArray, Cpu, Infer, Status, Workspace};
    use crate::Tensor;

    /// What a thread has for a model.
    #[derive(Debug)]
    pub struct Memory<M: Infer> {
        cpu: Cpu,
        workspace: Tensor<Workspace<M, 1>>,
    }

    /// Where a thread has it.
    pub type Slot<M> = RefCell<Option<Memory<M>>>;

    /// y = model(x) for one sample.
    ///
    /// # Safety
    /// As for [`run`](super::run).
    pub unsafe fn run<M, X, Y>(
        slot: &'static LocalKey<Slot<M>>,
        model: &M,
        input: *const X::Number,
        output: *mut Y::Number,
    ) -> Status
    where
        M: Infer<Input = X, Output = Y>,
        X: CArray,
        Y: CArray,
    {
        let run = |memory: &mut Memory<M>| {
            let workspace: *mut Workspace<M, 1> = &mut *memory.workspace;
            // SAFETY: as the caller promises; the workspace is borrowed uniquely.
            unsafe { super::run(&memory.cpu, model, workspace, input, output) }
        };
        let run = |slot: &Slot<M>| {
            let Ok(mut memory) = slot.try_borrow_mut() else { return Status::Busy };
            if memory.is_none() {
                let Ok(workspace) = Tensor::try_zeros() else { return Status::OutOfMemory };
                *memory = Some(Memory { cpu: Cpu::new(), workspace });
            }
            memory.as_mut().map_or(Status::OutOfMemory, run)
        };
        slot.try_with(run).unwrap_or(Status::Busy)
    }

    /// Starts recurrent layers from zero again.
    pub fn reset<M: Infer>(slot: &'static LocalKey<Slot<M>>) -> Status {
        let reset = |slot: &Slot<M>| {
            let Ok(mut memory) = slot.try_borrow_mut() else { return Status::Busy };
            if let Some(memory) = &mut *memory {
                memory.workspace.reset_state();
            }
            Status::Ok
        };
        slot.try_with(reset).unwrap_or(Status::Busy)
    }
}

/// What the functions of an exported model have in them.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    (
        $vis:vis $model:ident: $ty:ty, $prefix:literal, $about:expr;
        $header:ident $infer:ident $reset:ident $infer_in:ident $memory:ident
    ) => {
        $crate::__export_per_thread! { $model: $ty; $infer $reset $memory }

        /// Computes the output for one input, with working memory of the caller's. Described in the header.
        ///
        /// # Safety
        /// Pointers that are not null point to as much as the header says.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $infer_in(
            workspace: *mut $crate::train::Workspace<$ty, 1>,
            input: *const <<$ty as $crate::Infer>::Input as $crate::export::CArray>::Number,
            output: *mut <<$ty as $crate::Infer>::Output as $crate::export::CArray>::Number,
        ) -> $crate::export::Status {
            // SAFETY: as the caller promises.
            $crate::export::with_cpu(|cpu| unsafe {
                $crate::export::run(cpu, &$model, workspace, input, output)
            })
        }

        /// The header for C.
        $vis const fn $header() -> $crate::export::Header {
            $crate::export::Header::of::<$ty, _, _>($prefix, $about)
        }
    };
}

/// The functions that use the memory of the calling thread.
#[cfg(feature = "std")]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_per_thread {
    ($model:ident: $ty:ty; $infer:ident $reset:ident $memory:ident) => {
        #[doc(hidden)]
        fn $memory() -> &'static ::std::thread::LocalKey<$crate::export::per_thread::Slot<$ty>> {
            ::std::thread_local! {
                static MEMORY: $crate::export::per_thread::Slot<$ty> = const { ::core::cell::RefCell::new(None) };
            }
            &MEMORY
        }

        /// Computes the output for one input. Described in the header.
        ///
        /// # Safety
        /// Pointers that are not null point to as much as the header says.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $infer(
            input: *const <<$ty as $crate::Infer>::Input as $crate::export::CArray>::Number,
            output: *mut <<$ty as $crate::Infer>::Output as $crate::export::CArray>::Number,
        ) -> $crate::export::Status {
            // SAFETY: as the caller promises.
            unsafe { $crate::export::per_thread::run($memory(), &$model, input, output) }
        }

        /// Starts recurrent layers from zero again. Described in the header.
        #[unsafe(no_mangle)]
        pub extern "C" fn $reset() -> $crate::export::Status {
            $crate::export::per_thread::reset($memory())
        }
    };
}

/// Without the standard library there are no threads to have memory of their own.
#[cfg(not(feature = "std"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_per_thread {
    ($($ignored:tt)*) => {};
}

/// Lends a device of the calling thread.
#[doc(hidden)]
pub fn with_cpu(f: impl FnOnce(&Cpu) -> Status) -> Status {
    #[cfg(feature = "std")]
    {
        std::thread_local! {
            static CPU: Cpu = Cpu::new();
        }
        CPU.try_with(f).unwrap_or(Status::Busy)
    }
    #[cfg(not(feature = "std"))]
    f(&Cpu::new())
}

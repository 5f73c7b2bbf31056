//! NVIDIA GPUs: the device [`Cuda`]. Built with the feature `cuda`; the driver and NVRTC are looked for at run time,
//! and what is missing is a [`CudaError`] that says so.
//!
//! An operation runs on it by the launches that [`Op::cuda`] describes. Sources are compiled
//! when they are first used, for the GPU at hand, and kept in a folder (`CASTIRON_CACHE`, or the user's caches).

mod about;
mod blas;
mod compile;
mod copies;
mod embedded;
mod error;
mod faults;
mod graph;
mod library;
mod memory;
mod modules;
#[cfg(feature = "nccl")]
mod nccl;
mod queue;
mod ranges;
mod reading;
mod staging;
mod watch;

use std::sync::Arc;

pub use error::CudaError;
pub use graph::Graphs;
pub use memory::Buffer;
#[cfg(feature = "nccl")]
pub use nccl::{Communicator, Share};
pub use reading::Reading;

use crate::finite::NotFinite;
use crate::launch::{Gpu, Pointer, Pointers, Properties};
use crate::op::MAX_MEMORY;
use crate::{Fault, Op, Spec};
use embedded::Embedded;
use queue::Stream;

/// One memory argument of an operation on a GPU.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Where it is.
    pub pointer: Pointer,
    /// How many bytes it has.
    pub bytes: usize,
    /// Whether it may be written.
    pub writable: bool,
}

impl Place {
    /// An argument that is absent.
    pub const NONE: Place = Place { pointer: Pointer::NULL, bytes: 0, writable: true };
}

/// An NVIDIA GPU, and a stream on which all its work runs in order.
///
/// Clones are the same stream. Nothing waits for the GPU but what reads from it, and [`Cuda::take_fault`]. After a fault
/// that is known without waiting, such as memory that the GPU has not, nothing is launched until it is taken.
///
/// ```
/// use castiron_kernels::cuda::Cuda;
/// match Cuda::new(0) {
///     Ok(gpu) => println!("{}", gpu.name()),
///     Err(missing) => println!("{missing}"),
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Cuda {
    stream: Arc<Stream>,
}

impl Cuda {
    /// How many GPUs the driver finds.
    ///
    /// # Errors
    /// [`CudaError::NoDriver`], [`CudaError::OldDriver`], or what the driver says.
    pub fn devices() -> Result<usize, CudaError> {
        // SAFETY: it only loads the driver's library, whose initialisers NVIDIA answers for.
        if !unsafe { cudarc::driver::sys::is_culib_present() } {
            return Err(CudaError::NoDriver);
        }
        match cudarc::driver::result::init() {
            Err(error) if error.0 == cudarc::driver::sys::CUresult::CUDA_ERROR_NO_DEVICE => return Ok(0),
            result => result.map_err(CudaError::driver("cuInit"))?,
        }
        let mut version = 0;
        // SAFETY: a place for a number.
        let answer = unsafe { cudarc::driver::sys::cuDriverGetVersion(&mut version) };
        answer.result().map_err(CudaError::driver("cuDriverGetVersion"))?;
        let version = [version / 1000, version % 1000 / 10].map(|number| number.max(0) as u32);
        if version < CudaError::LEAST_DRIVER {
            return Err(CudaError::OldDriver { got: version });
        }
        let count = cudarc::driver::result::device::get_count();
        Ok(count.map_err(CudaError::driver("cuDeviceGetCount"))?.max(0) as usize)
    }

    /// Whether NVRTC is there, which compiles the kernels.
    pub fn has_compiler() -> bool {
        // SAFETY: it only loads NVRTC's library.
        unsafe { cudarc::nvrtc::sys::is_culib_present() }
    }

    /// GPU number `ordinal`, from zero, with a stream of its own.
    ///
    /// # Errors
    /// When the driver, NVRTC or the GPU is missing, or the GPU is too old.
    pub fn new(ordinal: usize) -> Result<Self, CudaError> {
        Cuda::open(ordinal, Cuda::has_compiler().then(Embedded::default))
    }

    /// The same with kernels that were compiled ahead of time, on a machine that need not have NVRTC: what
    /// [`Cuda::compiled_kernels`] has given, read from a file or put into the program by `include_bytes!`. A kernel that is
    /// not among them is compiled as usual; without NVRTC it is a fault.
    ///
    /// # Errors
    /// As for [`Cuda::new`], but for the compiler; [`CudaError::Kernels`] where the bytes are something else.
    pub fn with_kernels(ordinal: usize, kernels: &[u8]) -> Result<Self, CudaError> {
        Cuda::open(ordinal, Some(Embedded::read(kernels)?))
    }

    /// The kernels, if they can be had.
    fn open(ordinal: usize, kernels: Option<Embedded>) -> Result<Self, CudaError> {
        match (Cuda::devices()?, kernels) {
            (0, _) => Err(CudaError::NoDevice),
            (devices, _) if ordinal >= devices => Err(CudaError::Ordinal { got: ordinal, devices }),
            (_, None) => Err(CudaError::NoCompiler),
            (_, Some(kernels)) => Ok(Cuda { stream: Arc::new(Stream::new(ordinal, kernels)?) }),
        }
    }

    /// All kernels that this stream has launched, as PTX for GPUs of its compute capability and later:
    /// for [`Cuda::with_kernels`]. Kernels are chosen by sizes and by the GPU, so what is to run elsewhere is run before:
    /// with the same numbers of rows, on the same kind of GPU; and, for machines without cuBLASLt, without it
    /// ([`Cuda::allow_cublas`]).
    ///
    /// ```no_run
    /// # use castiron_kernels::cuda::Cuda;
    /// let gpu = Cuda::new(0)?;
    /// // .. each kind of step, once ..
    /// std::fs::write("kernels.ptx", gpu.compiled_kernels()?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When NVRTC is missing.
    pub fn compiled_kernels(&self) -> Result<Vec<u8>, CudaError> {
        self.stream.modules.compiled().map(|kernels| kernels.to_bytes())
    }

    /// Whether products of `f32` may round their factors to TF32, which tensor cores multiply several times faster. Off
    /// until it is set. PyTorch's `torch.backends.cuda.matmul.allow_tf32`.
    pub fn allow_tf32(&self, allow: bool) {
        self.stream.allow_tf32(allow);
    }

    /// Whether products of `f32`, `bf16` and `f16` are cuBLASLt's where it can be loaded; they are unless this says no. It
    /// computes what it has an epilogue for: a bias along rows, a residual, ReLU; of 16-bit floats also GELU by tanh, with
    /// what it is applied to kept for backward. All others, and those of up to eight rows, are computed by kernels of
    /// castiron's own, which need the driver and NVRTC only. With either, results are the same bits each time on the same
    /// GPU with the same versions of the libraries; with one they are not those of the other.
    pub fn allow_cublas(&self, allow: bool) {
        self.stream.allow_cublas(allow);
    }

    /// Whether copies to the GPU run beside its work, on a stream of their own: a batch is copied while the step before
    /// computes. They do unless this says no; results are the same bits.
    pub fn overlap_copies(&self, on: bool) {
        self.stream.overlap_copies(on);
    }

    /// Whether cuBLASLt is there.
    pub fn has_cublas() -> bool {
        blas::is_present()
    }

    /// Whether each operation of a model is a range of NVTX, named after its layer, for a profiler to show. Steps are
    /// then not replayed as graphs, which have no ranges. On from the start in a process that a profiler has started
    /// with NVTX: `nsys profile --trace cuda,nvtx ..`. Without NVTX (`libnvtx3interop.so.1`, `libnvToolsExt.so.1`)
    /// nothing happens.
    pub fn name_layers(&self, on: bool) {
        self.stream.name_layers(on && ranges::is_present());
    }

    /// Whether they are named.
    pub fn names_layers(&self) -> bool {
        self.stream.names_layers()
    }

    /// Runs `f` in a range of this name.
    #[doc(hidden)]
    pub fn within_range<R>(&self, name: String, f: impl FnOnce() -> R) -> R {
        let _range = ranges::Range::new(name);
        f()
    }

    /// The name of the GPU.
    pub fn name(&self) -> String {
        self.stream.name()
    }

    /// A number that no other stream of this process has.
    pub fn id(&self) -> u32 {
        self.stream.id()
    }

    /// Keeps a fault for [`Cuda::take_fault`].
    pub fn report(&self, fault: Fault) {
        self.stream.keep(fault);
    }

    /// Which GPU it is, from zero.
    pub fn ordinal(&self) -> usize {
        self.stream.ordinal()
    }

    /// What kernels are chosen by.
    pub fn properties(&self) -> Properties {
        crate::launch::Queue::properties(&*self.stream)
    }

    /// Runs an operation after what was run before. What it finds wrong is kept for [`Cuda::take_fault`].
    ///
    /// # Safety
    /// Each place is memory of this GPU, initialised, from when the work before it is done until this
    /// operation is; what is writable overlaps no other place.
    pub unsafe fn run<O: Op>(&self, args: &O::Args, places: &[Place]) {
        let spec = Spec::of::<O>(args);
        if places.len() != spec.items().len() {
            let (got, want) = (places.len(), spec.items().len());
            return self.stream.keep(Fault::Count { op: O::NAME, got, want });
        }
        let mut pointers = Pointers { items: [Pointer::NULL; MAX_MEMORY] };
        for (argument, (place, access)) in places.iter().zip(spec.items()).enumerate() {
            if !access.fits(place.pointer.0, place.bytes, place.writable) {
                let (got, want) = (place.bytes, access.bytes);
                return self.stream.keep(Fault::Memory { op: O::NAME, argument, got, want });
            }
            if access.bytes > 0 {
                if place.pointer.is_null() {
                    let want = access.bytes;
                    return self.stream.keep(Fault::Memory { op: O::NAME, argument, got: 0, want });
                }
                pointers.items[argument] = place.pointer;
            }
        }
        let watch = self.stream.watch(&spec, &pointers);
        O::cuda(&Gpu::new(&*self.stream, O::NAME), args, &pointers);
        self.stream.look(watch, O::name(args), &spec, &pointers);
    }

    /// Waits for all work, and returns the first fault since the last call, if there was one.
    pub fn take_fault(&self) -> Option<Fault> {
        self.stream.take_fault()
    }

    /// Whether there is a fault that is known without waiting.
    pub fn knows_fault(&self) -> bool {
        self.stream.has_fault()
    }

    /// Takes the first fault that is known without waiting, if there is one.
    pub fn take_known_fault(&self) -> Option<Fault> {
        self.stream.take_known_fault()
    }

    /// What the compiler said of the last source that did not compile.
    pub fn take_log(&self) -> Option<String> {
        self.stream.take_log()
    }

    /// Waits for all work.
    pub fn synchronize(&self) {
        self.stream.synchronize();
    }

    /// Zeroed memory, aligned to 256 bytes.
    ///
    /// # Errors
    /// When there is not that much.
    pub fn allocate(&self, bytes: usize) -> Result<Buffer, CudaError> {
        Buffer::zeroed(&self.stream, bytes)
    }

    /// Copies bytes to the GPU. They may be changed as soon as it returns.
    ///
    /// # Safety
    /// `to` is that much memory of this GPU, which nothing else uses until the copy's turn is over.
    pub unsafe fn write(&self, from: &[u8], to: Pointer) {
        // SAFETY: the caller promises it.
        unsafe { self.stream.write(from, to) }
    }

    /// Copies bytes from the GPU, when all work before is done. Where it fails, which is a fault, all bits are set: NaN,
    /// and −1 for integers.
    ///
    /// # Safety
    /// `from` is that much initialised memory of this GPU.
    pub unsafe fn read(&self, from: Pointer, to: &mut [u8]) {
        // SAFETY: the caller promises it.
        unsafe { self.stream.read(from, to) }
    }

    /// Sets all bytes of memory.
    ///
    /// # Safety
    /// `to` is that much memory of this GPU, which nothing else uses until its turn is over.
    pub unsafe fn fill(&self, to: Pointer, byte: u8, bytes: usize) {
        // SAFETY: the caller promises it.
        unsafe { self.stream.fill(to, byte, bytes) }
    }

    /// Whether, after every operation, what it wrote is searched for numbers that are not finite. Slow: every
    /// operation is waited for. As [`Cpu::check_finite`](crate::Cpu::check_finite).
    pub fn check_finite(&self, on: bool) {
        self.stream.check_finite(on);
    }

    /// Whether results are looked at.
    pub fn checks_finite(&self) -> bool {
        self.stream.checks_finite()
    }

    /// Tells the search which layer called the last operation.
    #[doc(hidden)]
    pub fn locate(&self, path: u64) {
        self.stream.locate(path);
    }

    /// The first result that was not finite since the last call.
    pub fn take_not_finite(&self) -> Option<NotFinite> {
        self.stream.take_not_finite()
    }
}

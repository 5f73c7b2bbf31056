//! [`Stream`]: a GPU, the stream that orders its work, and what it keeps for that: kernels, scratch memory, faults.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use cudarc::driver::sys::{self, CUdevice_attribute as Attribute};
use cudarc::driver::{CudaContext, CudaStream, DriverError, result};

use super::CudaError;
use super::blas::Blas;
use super::embedded::Embedded;
use super::faults::Faults;
use super::memory::Raw;
use super::modules::Modules;
use super::ranges;
use super::reading::Landing;
use super::staging::Staging;
use crate::Fault;
use crate::finite::{Finite, NotFinite};
use crate::gemm::matmul::Matmul;
use crate::launch::{Launch, Pointer, Properties, Queue};

/// A GPU, its stream, and what castiron keeps there. Everything that uses memory of the GPU goes through the stream, in
/// order, so that freeing and writing need not wait.
pub(super) struct Stream {
    // The order in which they are dropped: what is on the GPU before its stream.
    pub(super) blas: OnceLock<Option<Blas>>,
    pub(super) faults: Faults,
    scratch: Mutex<Vec<Raw>>,
    pub(super) staging: Mutex<Staging>,
    /// Of which no copy uses any.
    pub(super) landings: Mutex<Vec<Landing>>,
    pub(super) overlaps: AtomicBool,
    pub(super) modules: Modules,
    finite: Mutex<Finite>,
    fault: Mutex<Option<Fault>>,
    log: Mutex<Option<String>>,
    tf32: AtomicBool,
    cublas: AtomicBool,
    names_layers: AtomicBool,
    /// Whether launches are recorded and not done.
    records: AtomicBool,
    properties: Properties,
    id: u32,
    stream: Arc<CudaStream>,
}

impl Stream {
    pub(super) fn new(ordinal: usize, embedded: Embedded) -> Result<Self, CudaError> {
        let context = CudaContext::new(ordinal).map_err(CudaError::driver("cuDevicePrimaryCtxRetain"))?;
        let ask = |attribute| {
            let value = context.attribute(attribute).map_err(CudaError::driver("cuDeviceGetAttribute"));
            value.map(|value| value.max(0) as u32)
        };
        let capability = [
            ask(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
            ask(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
        ];
        if capability < CudaError::LEAST_CAPABILITY {
            return Err(CudaError::Capability { got: capability });
        }
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let multiprocessors = ask(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?;
        let stream = context.new_stream().map_err(CudaError::driver("cuStreamCreate"))?;
        Ok(Stream {
            faults: Faults::new(&stream)?,
            scratch: Mutex::default(),
            landings: Mutex::default(),
            staging: Mutex::new(Staging::new(Arc::clone(&stream))),
            overlaps: AtomicBool::new(true),
            modules: Modules::new(Arc::clone(&stream), capability, embedded),
            finite: Mutex::default(),
            fault: Mutex::default(),
            log: Mutex::default(),
            tf32: AtomicBool::new(false),
            cublas: AtomicBool::new(true),
            blas: OnceLock::new(),
            names_layers: AtomicBool::new(ranges::profiler_is_attached() && ranges::is_present()),
            records: AtomicBool::new(false),
            properties: Properties { capability, multiprocessors, tf32: false },
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            stream,
        })
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    pub(super) fn name(&self) -> String {
        self.stream.context().name().unwrap_or_default()
    }

    pub(super) fn ordinal(&self) -> usize {
        self.stream.context().ordinal()
    }

    pub(super) fn allow_tf32(&self, allow: bool) {
        self.tf32.store(allow, Ordering::Relaxed);
    }

    pub(super) fn name_layers(&self, on: bool) {
        self.names_layers.store(on, Ordering::Relaxed);
    }

    pub(super) fn names_layers(&self) -> bool {
        self.names_layers.load(Ordering::Relaxed)
    }

    pub(super) fn allow_cublas(&self, allow: bool) {
        self.cublas.store(allow, Ordering::Relaxed);
    }

    pub(super) fn overlap_copies(&self, on: bool) {
        self.overlaps.store(on, Ordering::Relaxed);
    }

    pub(super) fn records(&self, on: bool) {
        self.records.store(on, Ordering::Relaxed);
    }

    /// Whether launches are recorded, and not run.
    #[cfg(feature = "nccl")]
    pub(super) fn is_recording(&self) -> bool {
        self.records.load(Ordering::Relaxed)
    }

    /// The driver's stream, with its context current on this thread.
    pub(super) fn handle(&self) -> Result<sys::CUstream, DriverError> {
        self.stream.context().bind_to_thread()?;
        Ok(self.stream.cu_stream())
    }

    pub(super) fn owner(&self) -> &Arc<CudaStream> {
        &self.stream
    }

    /// Keeps a fault; the first stays.
    pub(super) fn keep(&self, fault: Fault) {
        lock(&self.fault).get_or_insert(fault);
    }

    /// Whether a fault is kept that was known without waiting.
    pub(super) fn has_fault(&self) -> bool {
        lock(&self.fault).is_some()
    }

    pub(super) fn take_known_fault(&self) -> Option<Fault> {
        lock(&self.fault).take()
    }

    /// Keeps what the driver refused.
    pub(super) fn check<T>(&self, op: &'static str, result: Result<T, DriverError>) -> Option<T> {
        result.map_err(|error| self.keep(Fault::Launch { op, code: error.0 as u32 })).ok()
    }

    pub(super) fn take_fault(&self) -> Option<Fault> {
        let found = self.handle().and_then(|stream| self.faults.take(stream));
        let found = self.check("synchronize", found).flatten();
        let kept = lock(&self.fault).take();
        match found {
            // The others have heard of what is known here.
            Some(Fault::Elsewhere) if kept.is_some() || lock(&self.finite).has_found() => kept,
            found => found.or(kept),
        }
    }

    /// Tells the GPU of what is known to be wrong already, and says where it keeps that.
    #[cfg(feature = "nccl")]
    pub(super) fn fault_flag(&self) -> Result<Pointer, DriverError> {
        self.faults.told(true);
        let flag = self.faults.flag();
        if self.has_fault() || lock(&self.finite).has_found() {
            let stream = self.handle()?;
            // SAFETY: a word of the record, which kernels use in the order of the stream.
            unsafe { sys::cuMemsetD32Async(flag.0, 1, 1, stream) }.result()?;
        }
        Ok(flag)
    }

    /// Keeps what a library refused, and its words.
    pub(super) fn refuse(&self, fault: Fault, words: String) {
        *lock(&self.log) = Some(words);
        self.keep(fault);
    }

    /// Leaves no fault expected, and says whether one was.
    pub(super) fn forget_faults(&self) -> bool {
        self.faults.told(false)
    }

    /// Expects faults again if they were before; says whether any are expected from what came since.
    pub(super) fn remember_faults(&self, before: bool) -> bool {
        self.faults.told(before)
    }

    pub(super) fn expect_faults(&self) {
        self.faults.told(true);
    }

    pub(super) fn take_log(&self) -> Option<String> {
        lock(&self.log).take()
    }

    pub(super) fn synchronize(&self) {
        self.check("synchronize", self.stream.synchronize());
    }

    pub(super) fn check_finite(&self, on: bool) {
        lock(&self.finite).check(on);
    }

    pub(super) fn checks_finite(&self) -> bool {
        lock(&self.finite).checks()
    }

    pub(super) fn looks(&self) -> bool {
        lock(&self.finite).watched().is_some()
    }

    pub(super) fn found(&self, found: Option<NotFinite>) {
        lock(&self.finite).keep(found);
    }

    pub(super) fn locate(&self, path: u64) {
        lock(&self.finite).locate(path);
    }

    pub(super) fn take_not_finite(&self) -> Option<NotFinite> {
        lock(&self.finite).take()
    }
}

impl Queue for Stream {
    fn launch(&self, op: &'static str, launch: &Launch<'_>) {
        // It would compute with what is missing.
        if self.has_fault() {
            return;
        }
        let launched =
            self.handle().map_err(|error| Fault::Launch { op, code: error.0 as u32 }).and_then(|stream| {
                let function = self.modules.function(launch).map_err(|refusal| {
                    if refusal.log.is_some() {
                        *lock(&self.log) = refusal.log;
                    }
                    refusal.fault
                })?;
                let mut parameters: [*mut std::ffi::c_void; crate::launch::MAX_PARAMETERS] =
                    [std::ptr::null_mut(); _];
                for (parameter, word) in parameters.iter_mut().zip(launch.parameters()) {
                    *parameter = std::ptr::from_ref(word).cast_mut().cast();
                }
                let ([gx, gy, gz], [bx, by, bz]) = (launch.grid, launch.block);
                // SAFETY: the driver reads as many parameters as the kernel has, before it returns; what the
                // pointers among them point to is what `Cuda::run` was promised. Kernels keep within the
                // memory that `Op::memory` asks for.
                unsafe {
                    result::launch_kernel(
                        function,
                        (gx, gy, gz),
                        (bx, by, bz),
                        launch.shared,
                        stream,
                        &mut parameters,
                    )
                }
                .map_err(|error| Fault::Launch { op, code: error.0 as u32 })
            });
        if let Err(fault) = launched {
            self.keep(fault);
        }
    }

    fn matmul(&self, op: &'static str, matmul: &Matmul) -> bool {
        if self.has_fault() || !self.cublas.load(Ordering::Relaxed) || self.handle().is_err() {
            return false;
        }
        let Some(blas) = self.blas.get_or_init(Blas::new) else { return false };
        blas.multiply(self, matmul).unwrap_or_else(|code| {
            self.refuse(Fault::Library { op, library: "cuBLASLt", code }, blas.words(code));
            true
        })
    }

    fn scratch(&self, bytes: usize) -> Pointer {
        let mut all = lock(&self.scratch);
        if let Some(last) = all.last().filter(|last| last.bytes() >= bytes) {
            return last.pointer();
        }
        // Memory that is taken while launches are recorded is the graph's.
        if self.records.load(Ordering::Relaxed) {
            let refused = sys::CUresult::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
            self.check("scratch", Err::<(), _>(DriverError(refused)));
            return Pointer::NULL;
        }
        // Those before stay, since recorded graphs use them.
        let bytes = bytes.next_power_of_two().max(1 << 20);
        let Some(memory) = self.check("scratch", self.take(bytes)) else { return Pointer::NULL };
        let pointer = memory.pointer();
        all.push(memory);
        pointer
    }

    fn faults(&self, op: &'static str) -> (Pointer, u32) {
        self.faults.place(op)
    }

    fn report(&self, fault: Fault) {
        self.keep(fault);
    }

    fn properties(&self) -> Properties {
        Properties { tf32: self.tf32.load(Ordering::Relaxed), ..self.properties }
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (GPU {})", self.name(), self.ordinal())
    }
}

/// A panic while it was locked leaves what is kept here as it was.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! [`Modules`]: the kernels of a GPU, compiled and loaded when they are first launched.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::CString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use cudarc::driver::{CudaStream, DriverError, result, sys};

use super::CudaError;
use super::compile::{Job, folder};
use super::embedded::Embedded;
use super::queue::lock;
use crate::Fault;
use crate::launch::{Define, Launch, Source};

/// A source with its defines.
type Key = (Source, Vec<(&'static str, Define)>);

/// A loaded module, and the kernels of it that were asked for.
struct Module {
    handle: sys::CUmodule,
    functions: HashMap<&'static str, sys::CUfunction>,
    stream: Arc<CudaStream>,
}
// SAFETY: handles, which the driver may be given from any thread.
unsafe impl Send for Module {}

impl Module {
    fn load(image: &[u8], stream: &Arc<CudaStream>) -> Result<Self, DriverError> {
        // SAFETY: an image that NVRTC made, or that was kept with its hash.
        let handle = unsafe { result::module::load_data(image.as_ptr().cast()) }?;
        Ok(Module { handle, functions: HashMap::new(), stream: Arc::clone(stream) })
    }

    fn function(&mut self, name: &'static str) -> Result<sys::CUfunction, DriverError> {
        if let Some(function) = self.functions.get(name) {
            return Ok(*function);
        }
        let text = CString::new(name).unwrap_or_default();
        // SAFETY: a loaded module.
        let function = unsafe { result::module::get_function(self.handle, text) }?;
        self.functions.insert(name, function);
        Ok(function)
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if self.stream.context().bind_to_thread().is_ok() {
            // SAFETY: loaded once, and its functions go with it.
            let _ = unsafe { result::module::unload(self.handle) };
        }
    }
}

/// All that were launched, and where others may be found.
pub(super) struct Modules {
    known: Mutex<HashMap<Key, Module>>,
    capability: [u32; 2],
    folder: Option<PathBuf>,
    embedded: Embedded,
    stream: Arc<CudaStream>,
}

/// Why a kernel cannot be launched, and what the compiler said, if it was asked.
pub(super) struct Refusal {
    pub(super) fault: Fault,
    pub(super) log: Option<String>,
}

impl Modules {
    pub(super) fn new(stream: Arc<CudaStream>, capability: [u32; 2], embedded: Embedded) -> Self {
        Modules { known: Mutex::default(), capability, folder: folder(), embedded, stream }
    }

    /// The function of a launch, compiled if it is the first of its kind.
    pub(super) fn function(&self, launch: &Launch<'_>) -> Result<sys::CUfunction, Refusal> {
        let op = launch.kernel;
        let failed = |error: DriverError| {
            let fault = Fault::Launch { op, code: error.0 as u32 };
            Refusal { fault, log: None }
        };
        let mut known = lock(&self.known);
        let module = match known.entry((launch.source, launch.defines().to_vec())) {
            Entry::Occupied(module) => module.into_mut(),
            Entry::Vacant(place) => {
                let job = Job::new(&launch.source, launch.defines(), self.capability);
                let embedded = self.embedded.get(job.identity()).map(|ptx| Ok(ptx.to_vec()));
                let image = embedded.unwrap_or_else(|| job.image(self.folder.as_deref())).map_err(|log| {
                    let log = Some(format!("{}.cu: {log}", launch.source.name));
                    Refusal { fault: Fault::Launch { op, code: 0 }, log }
                })?;
                place.insert(Module::load(&image, &self.stream).map_err(failed)?)
            }
        };
        module.function(op).map_err(failed)
    }

    /// PTX of all kernels that were launched until now.
    pub(super) fn compiled(&self) -> Result<Embedded, CudaError> {
        let mut all = Embedded::default();
        for (source, defines) in lock(&self.known).keys() {
            let job = Job::new(source, defines, self.capability);
            let known = self.embedded.get(job.identity()).map(|ptx| Ok(ptx.to_vec()));
            let ptx = known.unwrap_or_else(|| job.ptx()).map_err(|log| CudaError::Source { log })?;
            all.insert(job.identity(), ptx);
        }
        Ok(all)
    }
}

//! What a machine has: for messages, and for people who look for what is missing.

use std::path::PathBuf;

use cudarc::driver::{result, sys};

use super::compile::{folder, version};
use super::{Cuda, CudaError};

impl Cuda {
    /// The version of CUDA that the driver knows: `[13, 0]`.
    ///
    /// # Errors
    /// [`CudaError::NoDriver`], or what the driver says.
    pub fn driver_version() -> Result<[u32; 2], CudaError> {
        // SAFETY: it only loads the driver's library.
        if !unsafe { sys::is_culib_present() } {
            return Err(CudaError::NoDriver);
        }
        let mut version = 0;
        // SAFETY: a place for a number.
        let asked = unsafe { sys::cuDriverGetVersion(&mut version) }.result();
        asked.map_err(CudaError::driver("cuDriverGetVersion"))?;
        let version = version.max(0) as u32;
        Ok([version / 1000, version % 1000 / 10])
    }

    /// The version of NVRTC, which compiles the kernels: `[13, 0]`.
    ///
    /// # Errors
    /// [`CudaError::NoCompiler`].
    pub fn compiler_version() -> Result<[u32; 2], CudaError> {
        if !Cuda::has_compiler() {
            return Err(CudaError::NoCompiler);
        }
        Ok(version().map(|part| part.max(0) as u32))
    }

    /// Bytes of the GPU's memory: those that are free, and all.
    ///
    /// # Errors
    /// What the driver says.
    pub fn memory(&self) -> Result<[usize; 2], CudaError> {
        let asked = self.stream.handle().and_then(|_| result::mem_get_info());
        asked.map(|(free, all)| [free, all]).map_err(CudaError::driver("cuMemGetInfo"))
    }

    /// Where compiled kernels are kept: the folder that the variable `CASTIRON_CACHE` names, or `castiron` in the user's
    /// folder for caches; nowhere if the variable is empty.
    pub fn cache_folder() -> Option<PathBuf> {
        folder()
    }
}

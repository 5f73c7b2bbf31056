//! What can be missing or go wrong between castiron and a GPU.

use cudarc::driver::DriverError;

/// Why there is no GPU to compute on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CudaError {
    /// The machine has no NVIDIA driver.
    NoDriver,
    /// The driver is older than what castiron asks of it.
    OldDriver {
        /// The version of CUDA that it is for.
        got: [u32; 2],
    },
    /// The machine has a driver, but no GPU that it drives.
    NoDevice,
    /// There are fewer GPUs.
    Ordinal {
        /// The number asked for, from zero.
        got: usize,
        /// How many there are.
        devices: usize,
    },
    /// The GPU is older than what the kernels are written for.
    Capability {
        /// Its compute capability.
        got: [u32; 2],
    },
    /// NVRTC, which compiles the kernels, is not there.
    NoCompiler,
    /// What should be compiled kernels is not.
    Kernels,
    /// A kernel does not compile.
    Source {
        /// What the compiler says.
        log: String,
    },
    /// NCCL, which several GPUs of one training need, is not there.
    NoNccl,
    /// NCCL refused something.
    Nccl {
        /// What was asked of it.
        call: &'static str,
        /// What it said.
        error: String,
        /// The number of that.
        code: i32,
    },
    /// The driver refused something.
    Driver {
        /// What was asked of it.
        call: &'static str,
        /// The name of its `CUresult`.
        error: String,
        /// The number of that.
        code: u32,
    },
}

impl CudaError {
    /// The least compute capability that is supported: Turing.
    pub const LEAST_CAPABILITY: [u32; 2] = [7, 5];

    /// The first version of CUDA whose drivers have all that is asked of them.
    pub const LEAST_DRIVER: [u32; 2] = [12, 0];

    pub(crate) fn driver(call: &'static str) -> impl FnOnce(DriverError) -> Self {
        move |error| {
            let name = error.error_name().ok().and_then(|name| name.to_str().ok().map(str::to_owned));
            let code = error.0 as u32;
            CudaError::Driver { call, error: name.unwrap_or_else(|| format!("CUresult {code}")), code }
        }
    }
}

impl core::fmt::Display for CudaError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            CudaError::NoDriver => f.write_str(
                "CUDA: this machine has no NVIDIA driver (no libcuda.so.1): install it from \
                 https://www.nvidia.com/drivers",
            ),
            CudaError::OldDriver { got: [major, minor] } => {
                let [least, least_minor] = Self::LEAST_DRIVER;
                write!(
                    f,
                    "CUDA: the NVIDIA driver is for CUDA {major}.{minor}, but one for {least}.{least_minor} or later is \
                     needed: install it from https://www.nvidia.com/drivers"
                )
            }
            CudaError::NoDevice => f.write_str(
                "CUDA: the NVIDIA driver finds no GPU; `nvidia-smi` lists what it sees, and \
                 CUDA_VISIBLE_DEVICES may hide some",
            ),
            CudaError::Ordinal { got, devices } => {
                write!(f, "CUDA: there is no GPU {got}: the driver finds {devices}, numbered from 0")
            }
            CudaError::Capability { got: [major, minor] } => {
                let [least, least_minor] = Self::LEAST_CAPABILITY;
                write!(
                    f,
                    "CUDA: the GPU has compute capability {major}.{minor}, but {least}.{least_minor} (Turing) or \
                     later is needed"
                )
            }
            CudaError::NoCompiler => f.write_str(
                "CUDA: NVRTC is not found (libnvrtc.so): `pip install nvidia-cuda-nvrtc` and put its folder \
                 nvidia/cu13/lib into LD_LIBRARY_PATH, or install the CUDA toolkit",
            ),
            CudaError::Kernels => f.write_str(
                "CUDA: these are no kernels compiled ahead of time; `Cuda::compiled_kernels` makes such bytes",
            ),
            CudaError::Source { log } => write!(f, "CUDA: a kernel does not compile: {log}"),
            CudaError::NoNccl => f.write_str(
                "CUDA: NCCL 2.11 or later is not found (libnccl.so.2): `pip install nvidia-nccl-cu13` and put its \
                 folder nvidia/nccl/lib into LD_LIBRARY_PATH, or install the package libnccl2",
            ),
            CudaError::Nccl { call, error, code } => {
                write!(f, "CUDA: {call} failed with NCCL's error {code}: {error}")
            }
            CudaError::Driver { call, error, .. } => write!(f, "CUDA: {call} failed with {error}"),
        }
    }
}
impl core::error::Error for CudaError {}

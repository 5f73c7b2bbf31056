//! The calls of NCCL that are used, from `nccl.h`, version 2.11 and later.

use std::ffi::{c_int, c_void};

use cudarc::driver::sys::CUstream;

use crate::cuda::CudaError;
use crate::cuda::library::library;

/// `ncclComm_t`
pub(super) type Handle = *mut c_void;

/// `ncclUint32`
pub(super) const UINT32: c_int = 3;
/// `ncclFloat32`
pub(super) const FLOAT32: c_int = 7;
/// `ncclMax`
pub(super) const MAX: c_int = 2;
/// `ncclScalarHostImmediate`
pub(super) const ON_HOST: c_int = 1;

library! {
    // Wheels have the first name only.
    ["libnccl.so.2", "libnccl.so"];
    ncclGetErrorString;
    version: ncclGetVersion(*mut c_int);
    init_all: ncclCommInitAll(*mut Handle, c_int, *const c_int);
    destroy: ncclCommDestroy(Handle);
    abort: ncclCommAbort(Handle);
    group_start: ncclGroupStart();
    group_end: ncclGroupEnd();
    scaled_sum: ncclRedOpCreatePreMulSum(*mut c_int, *mut c_void, c_int, c_int, Handle);
    forget_operation: ncclRedOpDestroy(c_int, Handle);
    all_reduce: ncclAllReduce(*const c_void, *mut c_void, usize, c_int, c_int, Handle, CUstream);
}

impl Library {
    /// An error where the answer is one.
    pub(super) fn check(&self, call: &'static str, answer: c_int) -> Result<(), CudaError> {
        if answer == 0 {
            Ok(())
        } else {
            Err(CudaError::Nccl { call, error: self.words(answer), code: answer })
        }
    }
}

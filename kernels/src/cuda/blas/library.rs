//! The calls of cuBLASLt that are used, from `cublasLt.h`, version 12 and later.

use std::ffi::{c_int, c_void};

use cudarc::driver::sys::CUstream;

use crate::cuda::library::library;

/// A handle, a description of a product or of a matrix, or what is wished of an algorithm.
pub(super) type Handle = *mut c_void;

/// `cublasLtMatmulAlgo_t`
pub(super) type Algorithm = [u64; 8];

/// `cublasLtMatmulHeuristicResult_t`
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    pub(super) algorithm: Algorithm,
    pub(super) workspace: usize,
    pub(super) state: c_int,
    pub(super) waves: f32,
    pub(super) reserved: [c_int; 4],
}

/// `CUDA_R_32F`
pub(super) const F32: c_int = 0;
/// `CUDA_R_16F`
pub(super) const F16: c_int = 2;
/// `CUDA_R_16BF`
pub(super) const BF16: c_int = 14;
/// `CUBLAS_COMPUTE_32F`
pub(super) const COMPUTE_F32: c_int = 68;
/// `CUBLAS_COMPUTE_32F_FAST_TF32`
pub(super) const COMPUTE_TF32: c_int = 77;

/// What can be set of a matrix: `CUBLASLT_MATRIX_LAYOUT_..`.
pub(super) mod matrix {
    pub(crate) const BATCH_COUNT: i32 = 5;
    pub(crate) const BATCH_OFFSET: i32 = 6;
}
/// What can be set of a product: `CUBLASLT_MATMUL_DESC_..`.
pub(super) mod product {
    pub(crate) const TRANSPOSE_A: i32 = 3;
    pub(crate) const TRANSPOSE_B: i32 = 4;
    pub(crate) const EPILOGUE: i32 = 7;
    pub(crate) const BIAS_POINTER: i32 = 8;
    pub(crate) const KEPT_POINTER: i32 = 11;
    pub(crate) const KEPT_LEADING: i32 = 12;
    pub(crate) const KEPT_BATCH_OFFSET: i32 = 13;
}
/// What comes after the product: `CUBLASLT_EPILOGUE_..`, which add up.
pub(super) mod epilogue {
    pub(crate) const DEFAULT: u32 = 1;
    pub(crate) const RELU: u32 = 2;
    pub(crate) const BIAS: u32 = 4;
    /// By tanh.
    pub(crate) const GELU: u32 = 32;
    /// `AUX`
    pub(crate) const KEPT: u32 = 128;
}
/// What can be wished: `CUBLASLT_MATMUL_PREF_..`.
pub(super) mod wish {
    pub(crate) const MOST_WORKSPACE: i32 = 1;
    pub(crate) const REDUCTION_SCHEMES: i32 = 3;
    /// That of A; those of B, C and D follow.
    pub(crate) const ALIGNMENT: i32 = 5;
}

library! {
    ["libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"];
    cublasLtGetStatusString;
    create: cublasLtCreate(*mut Handle);
    destroy: cublasLtDestroy(Handle);
    new_product: cublasLtMatmulDescCreate(*mut Handle, c_int, c_int);
    set_product: cublasLtMatmulDescSetAttribute(Handle, c_int, *const c_void, usize);
    end_product: cublasLtMatmulDescDestroy(Handle);
    new_matrix: cublasLtMatrixLayoutCreate(*mut Handle, c_int, u64, u64, i64);
    set_matrix: cublasLtMatrixLayoutSetAttribute(Handle, c_int, *const c_void, usize);
    end_matrix: cublasLtMatrixLayoutDestroy(Handle);
    new_wish: cublasLtMatmulPreferenceCreate(*mut Handle);
    set_wish: cublasLtMatmulPreferenceSetAttribute(Handle, c_int, *const c_void, usize);
    end_wish: cublasLtMatmulPreferenceDestroy(Handle);
    choose: cublasLtMatmulAlgoGetHeuristic(
        Handle, Handle, Handle, Handle, Handle, Handle, Handle, c_int, *mut Found, *mut c_int
    );
    multiply: cublasLtMatmul(
        Handle, Handle, *const c_void, *const c_void, Handle, *const c_void, Handle, *const c_void,
        *const c_void, Handle, *mut c_void, Handle, *const Algorithm, *mut c_void, usize, CUstream
    );
}

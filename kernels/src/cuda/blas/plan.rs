//! [`Plan`]: a product described to cuBLASLt, and the algorithm that it chose.

use std::ffi::{c_int, c_void};

use super::library::{
    Algorithm, BF16, COMPUTE_F32, COMPUTE_TF32, F16, F32, Found, Handle, Library, epilogue, matrix, product,
    wish,
};
use crate::DType;
use crate::gemm::matmul::{Form, Known, Matrix};

/// What a plan depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) form: Form,
    /// What the addresses of A, B, C and D are multiples of.
    pub(super) alignments: [u32; 4],
    /// Whether factors of `f32` may be rounded to TF32.
    pub(super) tf32: bool,
    /// Bytes that an algorithm may have beside.
    pub(super) workspace: usize,
}

/// Something that is destroyed after use.
pub(super) struct Owned {
    pub(super) handle: Handle,
    end: unsafe extern "C" fn(Handle) -> c_int,
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: made by the call that belongs to `end`.
        let _ = unsafe { (self.end)(self.handle) };
    }
}

/// What a call refused: cuBLASLt's own number.
pub(super) type Refused = c_int;

pub(super) fn accepted(answer: c_int) -> Result<(), Refused> {
    if answer == 0 { Ok(()) } else { Err(answer) }
}

impl Owned {
    pub(super) fn new(
        make: impl FnOnce(*mut Handle) -> c_int,
        end: unsafe extern "C" fn(Handle) -> c_int,
    ) -> Result<Self, Refused> {
        let mut handle = std::ptr::null_mut();
        accepted(make(&mut handle))?;
        Ok(Owned { handle, end })
    }
}

pub(super) struct Plan {
    pub(super) product: Owned,
    pub(super) a: Owned,
    pub(super) b: Owned,
    pub(super) d: Owned,
    pub(super) algorithm: Algorithm,
    /// Bytes that it needs.
    pub(super) workspace: usize,
}
// SAFETY: descriptions in the host's memory, which belong to no thread.
unsafe impl Send for Plan {}

impl Plan {
    /// Nothing where cuBLASLt has no algorithm.
    pub(super) fn new(library: &Library, handle: Handle, key: &Key) -> Result<Option<Self>, Refused> {
        let Key { form, alignments, tf32, workspace } = *key;
        let [rows, columns, k] = form.size;
        let compute = if tf32 && form.factors == DType::F32 { COMPUTE_TF32 } else { COMPUTE_F32 };
        // SAFETY: a place for a handle.
        let product =
            Owned::new(|to| unsafe { (library.new_product)(to, compute, F32) }, library.end_product)?;
        let set = |what, value: u32| {
            // SAFETY: a live description; the attributes have 32 bits.
            accepted(unsafe { (library.set_product)(product.handle, what, (&raw const value).cast(), 4) })
        };
        let set_long = |what, value: usize| {
            let value = value as i64;
            // SAFETY: a live description; the attributes have 64 bits.
            accepted(unsafe { (library.set_product)(product.handle, what, (&raw const value).cast(), 8) })
        };
        set(product::TRANSPOSE_A, form.a.transposed.into())?;
        set(product::TRANSPOSE_B, form.b.transposed.into())?;
        let activation = match form.activation {
            Known::None => 0,
            Known::Relu => epilogue::RELU,
            Known::Gelu => epilogue::GELU,
        };
        let bias = if form.bias { epilogue::BIAS } else { 0 };
        let kept = if form.kept { epilogue::KEPT } else { 0 };
        let after = activation | bias | kept;
        set(product::EPILOGUE, if after == 0 { epilogue::DEFAULT } else { after })?;
        if form.kept {
            set_long(product::KEPT_LEADING, form.d.leading)?;
            set_long(product::KEPT_BATCH_OFFSET, form.d.batch)?;
        }
        let (factors, output) = (element(form.factors), element(form.output));
        let a = describe(library, factors, form.a, [rows, k], form.batch)?;
        let b = describe(library, factors, form.b, [k, columns], form.batch)?;
        let d = describe(library, output, form.d, [rows, columns], form.batch)?;

        // SAFETY: a place for a handle.
        let wishes = Owned::new(|to| unsafe { (library.new_wish)(to) }, library.end_wish)?;
        let wish = |what, value: *const c_void, bytes| {
            // SAFETY: a live object; the attribute has that many bytes.
            accepted(unsafe { (library.set_wish)(wishes.handle, what, value, bytes) })
        };
        wish(wish::MOST_WORKSPACE, (&raw const workspace).cast(), 8)?;
        // Parts of a sum are added up in a fixed order, in the workspace: CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE.
        wish(wish::REDUCTION_SCHEMES, (&raw const IN_ORDER).cast(), 4)?;
        for (i, alignment) in (0..).zip(&alignments) {
            wish(wish::ALIGNMENT + i, (&raw const *alignment).cast(), 4)?;
        }

        let (mut found, mut count) = (Found::default(), 0);
        // SAFETY: live descriptions, and a place for one result.
        let answer = unsafe {
            (library.choose)(
                handle,
                product.handle,
                a.handle,
                b.handle,
                d.handle,
                d.handle,
                wishes.handle,
                1,
                &mut found,
                &mut count,
            )
        };
        match answer {
            NOT_SUPPORTED => return Ok(None),
            answer => accepted(answer)?,
        }
        let Found { algorithm, workspace, state, .. } = found;
        Ok((count > 0 && state == 0).then_some(Plan { product, a, b, d, algorithm, workspace }))
    }
}

static IN_ORDER: u32 = 2;
/// `CUBLAS_STATUS_NOT_SUPPORTED`
const NOT_SUPPORTED: c_int = 15;

/// `cudaDataType_t` of what a [`Form`] may have.
fn element(dtype: DType) -> c_int {
    match dtype {
        DType::Bf16 => BF16,
        DType::F16 => F16,
        _ => F32,
    }
}

/// A matrix of this size as cuBLASLt stores it: a transposed one in its own columns.
fn describe(
    library: &Library,
    element: c_int,
    matrix: Matrix,
    size: [usize; 2],
    batch: usize,
) -> Result<Owned, Refused> {
    let [rows, columns] = if matrix.transposed { [size[1], size[0]] } else { size };
    // SAFETY: a place for a handle.
    let new =
        |to| unsafe { (library.new_matrix)(to, element, rows as u64, columns as u64, matrix.leading as i64) };
    let made = Owned::new(new, library.end_matrix)?;
    let (count, offset) = (batch as i32, matrix.batch as i64);
    // SAFETY: a live description; the attributes have 32 and 64 bits.
    accepted(unsafe {
        (library.set_matrix)(made.handle, matrix::BATCH_COUNT, (&raw const count).cast(), 4)
    })?;
    // SAFETY: as above.
    accepted(unsafe {
        (library.set_matrix)(made.handle, matrix::BATCH_OFFSET, (&raw const offset).cast(), 8)
    })?;
    Ok(made)
}

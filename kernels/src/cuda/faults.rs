//! Faults that kernels find in their data: a class out of range, a division of integers by zero.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cudarc::driver::{CudaStream, DriverError, result, sys};

use super::CudaError;
use super::memory::Raw;
use super::queue::lock;
use crate::Fault;
use crate::launch::Pointer;

/// `struct Faults` of the prelude, word by word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
struct Record {
    lock: u32,
    kind: u32,
    op: u32,
    argument: u32,
    row: i64,
    got: i64,
    limit: i64,
    anywhere: u32,
    unused: u32,
}

const INDEX: u32 = 1;
const ZERO_DIVISOR: u32 = 2;
const MEMORY: u32 = 3;

/// The record on the GPU, and the operations that have been told of it.
pub(super) struct Faults {
    record: Raw,
    ops: Mutex<Vec<&'static str>>,
    /// Whether anything may have been noted since the last look.
    told: AtomicBool,
}

impl Faults {
    pub(super) fn new(stream: &Arc<CudaStream>) -> Result<Self, CudaError> {
        let bytes = size_of::<Record>();
        let record = Raw::of(stream, bytes).map_err(CudaError::driver("cuMemAllocAsync"))?;
        // SAFETY: memory that nobody else has yet.
        unsafe { result::memset_d8_async(record.pointer().0, 0, bytes, stream.cu_stream()) }
            .map_err(CudaError::driver("cuMemsetD8Async"))?;
        Ok(Faults { record, ops: Mutex::default(), told: AtomicBool::new(false) })
    }

    /// Where `op` notes faults, and under which number.
    pub(super) fn place(&self, op: &'static str) -> (Pointer, u32) {
        let mut ops = lock(&self.ops);
        let known = ops.iter().position(|known| *known == op);
        let number = known.unwrap_or_else(|| {
            ops.push(op);
            ops.len() - 1
        });
        self.told(true);
        (self.record.pointer(), number as u32)
    }

    /// Sets whether anything may have been noted, and says whether it might before.
    pub(super) fn told(&self, may: bool) -> bool {
        self.told.swap(may, Ordering::Relaxed)
    }

    /// Waits for the stream, if anything can have been noted, and takes it.
    pub(super) fn take(&self, stream: sys::CUstream) -> Result<Option<Fault>, DriverError> {
        if !self.told(false) {
            return Ok(None);
        }
        let mut record = [Record::default()];
        let pointer = self.record.pointer().0;
        // SAFETY: the record is that large; `record` is borrowed until the copy is done, below.
        unsafe { result::memcpy_dtoh_async(&mut record, pointer, stream) }?;
        // SAFETY: a live stream.
        unsafe { result::stream::synchronize(stream) }?;
        let [Record { kind, op, argument, row, got, limit, anywhere, .. }] = record;
        if kind == 0 && anywhere == 0 {
            return Ok(None);
        }
        // SAFETY: the record is that large; kernels that use it come later on the stream.
        unsafe { result::memset_d8_async(pointer, 0, size_of::<Record>(), stream) }?;
        let op = lock(&self.ops).get(op as usize).copied().unwrap_or("kernel");
        Ok(match kind {
            INDEX => Some(Fault::Index { op, row: row as usize, got, limit: limit as usize }),
            ZERO_DIVISOR => Some(Fault::ZeroDivisor { op }),
            MEMORY => Some(Fault::Memory {
                op,
                argument: argument as usize,
                got: got as usize,
                want: limit as usize,
            }),
            _ => Some(Fault::Elsewhere),
        })
    }

    /// Where the GPU keeps whether there is a fault, here or elsewhere: a `u32`.
    pub(super) fn flag(&self) -> Pointer {
        self.record.pointer().skip(std::mem::offset_of!(Record, anywhere))
    }
}

//! The same checks on a GPU, where there is one: a real one, or the driver that `tests/cuda` builds, which runs
//! kernels on the CPU. With the variable `CASTIRON_REQUIRE_CUDA` it must be there.

use proptest::prelude::*;

use super::Data;
use crate::cuda::{Buffer, Cuda, Place};
use crate::{Mode, Op, Spec};

/// The GPU of one check: checks run at the same time, and each wants to see its own faults.
pub(super) fn gpu() -> Option<Cuda> {
    match Cuda::new(0) {
        Ok(gpu) => Some(gpu),
        Err(missing) => {
            assert!(std::env::var_os("CASTIRON_REQUIRE_CUDA").is_none(), "{missing}");
            None
        }
    }
}

/// Runs the operation on copies of `inputs`, and returns all arguments afterwards.
pub(super) fn run<O: Op>(
    gpu: &Cuda,
    args: &O::Args,
    spec: &Spec,
    inputs: &[Data],
) -> Result<Vec<Data>, TestCaseError> {
    let mut buffers: Vec<Buffer> = Vec::new();
    for data in inputs {
        let bytes = data.bytes();
        let buffer = gpu.allocate(bytes.len()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        // SAFETY: as many bytes as the buffer has, and nothing else uses it yet.
        unsafe { gpu.write(&bytes, buffer.pointer()) };
        buffers.push(buffer);
    }
    let places: Vec<Place> = buffers
        .iter()
        .zip(spec.items())
        .map(|(buffer, access)| {
            let (pointer, writable) = (buffer.pointer(), access.mode != Mode::Read);
            Place { pointer, bytes: access.bytes, writable }
        })
        .collect();
    // SAFETY: each argument is a buffer of its own, which lives until it is read below.
    unsafe { gpu.run::<O>(args, &places) };
    prop_assert_eq!(gpu.take_fault(), None, "{}", gpu.take_log().unwrap_or_default());
    let read = |(buffer, data): (&Buffer, &Data)| {
        let mut bytes = data.bytes();
        // SAFETY: as many bytes as the buffer has.
        unsafe { gpu.read(buffer.pointer(), &mut bytes) };
        data.with_bytes(&bytes)
    };
    Ok(buffers.iter().zip(inputs).map(read).collect())
}

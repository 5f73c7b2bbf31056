//! The same checks on a GPU, where there is one: a real one, or the driver that `tests/cuda` builds, which runs
//! kernels on the CPU. With the variable `CASTIRON_REQUIRE_CUDA` it must be there.

use proptest::prelude::*;

use super::Data;
use crate::cuda::{Buffer, Cuda, Place};
use crate::{Fault, Mode, Op, Spec};

/// The GPU of one check: checks run at the same time, and each wants to see its own faults.
pub(crate) fn gpu() -> Option<Cuda> {
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
    let buffers = launch::<O>(gpu, args, spec, inputs);
    prop_assert_eq!(gpu.take_fault(), None, "{}", gpu.take_log().unwrap_or_default());
    let read = |(buffer, data): (&Buffer, &Data)| {
        let mut bytes = data.bytes();
        // SAFETY: as many bytes as the buffer has.
        unsafe { gpu.read(buffer.pointer(), &mut bytes) };
        data.with_bytes(&bytes)
    };
    Ok(buffers.iter().zip(inputs).map(read).collect())
}

/// What the operation finds in these arguments.
pub(crate) fn fault<O: Op>(gpu: &Cuda, args: &O::Args, inputs: &[Data]) -> Option<Fault> {
    let _buffers = launch::<O>(gpu, args, &Spec::of::<O>(args), inputs);
    gpu.take_fault()
}

fn launch<O: Op>(gpu: &Cuda, args: &O::Args, spec: &Spec, inputs: &[Data]) -> Vec<Buffer> {
    let buffer = |data: &Data| {
        let bytes = data.bytes();
        let buffer = gpu.allocate(bytes.len()).unwrap_or_else(|error| panic!("{error}"));
        // SAFETY: as many bytes as the buffer has, and nothing else uses it yet.
        unsafe { gpu.write(&bytes, buffer.pointer()) };
        buffer
    };
    let buffers: Vec<Buffer> = inputs.iter().map(buffer).collect();
    let place = |(buffer, access): (&Buffer, &crate::Access)| {
        let (pointer, writable) = (buffer.pointer(), access.mode != Mode::Read);
        Place { pointer, bytes: access.bytes, writable }
    };
    let places: Vec<Place> = buffers.iter().zip(spec.items()).map(place).collect();
    // SAFETY: each argument is a buffer of its own, which lives until the caller has read it.
    unsafe { gpu.run::<O>(args, &places) };
    buffers
}

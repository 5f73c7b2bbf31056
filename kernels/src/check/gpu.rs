//! The same checks on a GPU, where there is one: a real one, or the driver that `tests/cuda` builds, which runs
//! kernels on the CPU. With the variable `CASTIRON_REQUIRE_CUDA` it must be there.

use core::fmt::Debug;

use proptest::prelude::*;

use super::case::{Call, Of, contents};
use super::memory::{Buffer as Room, Edge};
use super::run::{off, raws};
use super::{Checked, Data};
use crate::cuda::{Buffer, Cuda, Place};
use crate::{Cpu, Fault, Mode, Op, Spec};

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
pub(super) fn run(
    gpu: &Cuda,
    call: &(impl Call + ?Sized),
    spec: &Spec,
    inputs: &[Data],
) -> Result<Vec<Data>, TestCaseError> {
    let (outputs, fault) = launch(gpu, call, spec, inputs);
    prop_assert_eq!(fault, None, "{}", gpu.take_log().unwrap_or_default());
    Ok(outputs)
}

/// How far a GPU is off the reference at most, as a multiple of `1 + |reference|`: for what rounds more than checks
/// allow.
pub(crate) fn error<O: Checked<Args: Debug>>(gpu: &Cuda, args: &O::Args) -> f64 {
    let case = Of::<O>(*args);
    let (spec, inputs, want) = contents(&case, 7);
    let (outputs, fault) = launch(gpu, &case, &spec, &inputs);
    assert_eq!(fault, None, "{}", gpu.take_log().unwrap_or_default());
    let written =
        spec.items().iter().zip(outputs.iter().zip(&want)).filter(|(access, _)| access.mode != Mode::Read);
    let errors = written.flat_map(|(_, (got, want))| {
        let errors = got.widen(Mode::Update).into_iter().zip(want).map(|(got, want)| off(got, *want));
        errors.collect::<Vec<f64>>()
    });
    errors.fold(0.0, |most, error| if error.is_nan() { error } else { most.max(error) })
}

/// Asserts that a GPU, if there is one, leaves the same bits as the CPU, and finds the same fault, which is returned.
pub(crate) fn same_as_cpu<O: Op>(args: &O::Args, inputs: &[Data]) -> Option<Fault> {
    let (cpu, call) = (Cpu::new(), Of::<O>(*args));
    let spec = call.spec();
    let mut buffers: Vec<Room> = inputs.iter().map(|data| Room::new(&data.bytes(), Edge::Start)).collect();
    call.cpu(&cpu, &mut raws(&mut buffers, &spec));
    let fault = cpu.take_fault();
    if let Some(gpu) = gpu() {
        let (outputs, found) = launch(&gpu, &call, &spec, inputs);
        assert_eq!(found, fault, "{}", gpu.take_log().unwrap_or_default());
        for (argument, (output, buffer)) in outputs.iter().zip(&buffers).enumerate() {
            let want = output.with_bytes(buffer.bytes());
            assert!(output.bytes() == want.bytes(), "argument {argument}: {output:?} should be {want:?}");
        }
    }
    fault
}

/// What the operation finds wrong with these arguments.
pub(crate) fn fault<O: Op>(gpu: &Cuda, args: &O::Args, inputs: &[Data]) -> Option<Fault> {
    let call = Of::<O>(*args);
    launch(gpu, &call, &call.spec(), inputs).1
}

/// What the operation makes of copies of `inputs`, and what it finds wrong.
fn launch(
    gpu: &Cuda,
    call: &(impl Call + ?Sized),
    spec: &Spec,
    inputs: &[Data],
) -> (Vec<Data>, Option<Fault>) {
    let mut buffers: Vec<Buffer> = Vec::new();
    for data in inputs {
        let bytes = data.bytes();
        let buffer = gpu.allocate(bytes.len()).expect("memory of the GPU");
        // SAFETY: as many bytes as the buffer has, and nothing else uses it yet.
        unsafe { gpu.write(&bytes, buffer.pointer()) };
        buffers.push(buffer);
    }
    let places: Vec<Place> = buffers
        .iter()
        .zip(inputs)
        .zip(spec.items())
        .map(|((buffer, data), access)| {
            let (pointer, writable) = (buffer.pointer(), access.mode != Mode::Read);
            Place { pointer, bytes: data.bytes().len(), writable }
        })
        .collect();
    // SAFETY: each argument is a buffer of its own, which lives until it is read below.
    unsafe { call.cuda(gpu, &places) };
    let fault = gpu.take_fault();
    let read = |(buffer, data): (&Buffer, &Data)| {
        let mut bytes = data.bytes();
        // SAFETY: as many bytes as the buffer has.
        unsafe { gpu.read(buffer.pointer(), &mut bytes) };
        data.with_bytes(&bytes)
    };
    (buffers.iter().zip(inputs).map(read).collect(), fault)
}

//! Kernels that were compiled ahead of time, on a machine without a compiler.

use castiron::device::{Cuda, CudaError};
use castiron::prelude::*;

use crate::{LeNet, child, close, gpu, lesson, numbers, stripes};

/// Three steps and an evaluation.
fn lessons<D: castiron::device::Storage>(device: D) -> Vec<f32> {
    let mut trainer = lesson(device, Sgd::new(0.02));
    for seed in 0..3 {
        let (x, t) = stripes(5, seed);
        trainer.step(&x, &t).unwrap();
    }
    let (x, t) = stripes(5, 3);
    let loss = trainer.evaluate(&x, &t).unwrap();
    [vec![loss], numbers(&*trainer.model())].concat()
}

#[test]
fn a_machine_without_nvrtc_runs_what_was_compiled_before() {
    // Only the emulated driver can be had without a compiler.
    let (Some(gpu), Some(_)) = (gpu(), std::env::var_os("CASTIRON_REQUIRE_CUDA")) else { return };
    // The other machine has no cuBLASLt either.
    gpu.allow_cublas(false);
    lessons(gpu.clone());
    let kernels = gpu.compiled_kernels().unwrap();
    let folder = child::driver_without(&["libnvrtc.so"]);
    let file = folder.path().join("kernels");
    std::fs::write(&file, &kernels).unwrap();
    let variables = [
        ("LD_LIBRARY_PATH", folder.path().to_str()),
        ("CASTIRON_CACHE", Some("")),
        ("CASTIRON_TEST_KERNELS", file.to_str()),
    ];
    child::passes("embedded::without_nvrtc", &variables);

    // It can be done again on what runs them.
    let again = Cuda::with_kernels(0, &kernels).unwrap();
    again.allow_cublas(false);
    lessons(again.clone());
    assert!(again.compiled_kernels().unwrap() == kernels);
}

#[test]
#[ignore = "run by `a_machine_without_nvrtc_runs_what_was_compiled_before`"]
fn without_nvrtc() {
    assert_eq!(Cuda::new(0).unwrap_err(), CudaError::NoCompiler);
    let kernels = std::fs::read(std::env::var("CASTIRON_TEST_KERNELS").unwrap()).unwrap();
    let gpu = Cuda::with_kernels(0, &kernels).unwrap();
    close(&lessons(gpu.clone()), &lessons(Cpu::new()), 1e-4);

    // What nobody has run before is not there.
    let model = init::<LeNet>(3);
    let mut other = Trainer::<LeNet, _, _, 16, _>::new(gpu.clone(), &model, MseLoss, Sgd::new(0.1)).unwrap();
    let error = other.step(&stripes(5, 1).0, &[[0.0; 10]; 5]).unwrap_err().to_string();
    assert!(error.contains("its CUDA source does not compile"), "{error}");
    let log = gpu.take_log().unwrap();
    assert!(log.contains("NVRTC is not found"), "{log}");
}

#[test]
fn other_bytes_are_no_kernels() {
    let Some(_) = gpu() else { return };
    for bytes in [&b""[..], b"castiron", b"castiron PTX 1\n\0too short"] {
        assert_eq!(Cuda::with_kernels(0, bytes).unwrap_err(), CudaError::Kernels);
    }
    assert!(CudaError::Kernels.to_string().contains("`Cuda::compiled_kernels` makes such bytes"));
}

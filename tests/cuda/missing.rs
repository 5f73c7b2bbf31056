//! What is said where the driver, a GPU, the compiler or memory is missing, and caches that are no good.

use std::path::Path;

use castiron::device::{Cuda, CudaError};
use castiron::prelude::*;
use castiron::tensor;

use crate::{LeNet, child, lesson};

const NO_DEVICES: [(&str, Option<&str>); 2] =
    [("CASTIRON_EMULATED_DEVICES", Some("0")), ("CUDA_VISIBLE_DEVICES", Some(""))];

#[test]
fn what_is_missing_is_said() {
    child::passes("missing::driver", &[("LD_LIBRARY_PATH", None)]);
    if crate::gpu().is_some() {
        child::passes("missing::devices", &NO_DEVICES);
    }
    // Only the emulated driver is as old or as small as one likes.
    if std::env::var_os("CASTIRON_REQUIRE_CUDA").is_some() {
        child::passes("missing::capability", &[("CASTIRON_EMULATED_CC", Some("7.0"))]);
        child::passes("missing::old_driver", &[("CASTIRON_EMULATED_DRIVER", Some("11080"))]);
        child::passes("missing::memory", &[("CASTIRON_EMULATED_MEMORY", Some("2000000"))]);
    }
}

#[test]
#[ignore = "run by `what_is_missing_is_said`"]
fn driver() {
    // A real driver is found without the variable.
    if let Err(missing) = Cuda::new(0) {
        assert_eq!(missing, CudaError::NoDriver);
        assert_eq!(Cuda::devices(), Err(CudaError::NoDriver));
        assert!(missing.to_string().contains("no NVIDIA driver (no libcuda.so.1): install it"), "{missing}");
    }
}

#[test]
#[ignore = "run by `what_is_missing_is_said`"]
fn devices() {
    assert_eq!(Cuda::devices(), Ok(0));
    let missing = Cuda::new(0).unwrap_err();
    assert_eq!(missing, CudaError::NoDevice);
    assert!(missing.to_string().contains("finds no GPU; `nvidia-smi` lists"), "{missing}");
}

#[test]
#[ignore = "run by `what_is_missing_is_said`"]
fn capability() {
    match Cuda::new(0) {
        Err(old) => {
            assert_eq!(old, CudaError::Capability { got: [7, 0] });
            assert!(old.to_string().contains("7.5 (Turing) or later is needed"), "{old}");
        }
        Ok(gpu) => assert!(gpu.properties().capability >= CudaError::LEAST_CAPABILITY),
    }
}

#[test]
#[ignore = "run by `what_is_missing_is_said`"]
fn old_driver() {
    let old = Cuda::new(0).unwrap_err();
    assert_eq!(old, CudaError::OldDriver { got: [11, 8] });
    assert!(old.to_string().contains("is for CUDA 11.8, but one for 12.0 or later is needed"), "{old}");
}

#[test]
#[ignore = "run by `what_is_missing_is_said`"]
fn memory() {
    let gpu = Cuda::new(0).unwrap();
    let error = Tensor::<Rank2<1_000_000, 1_000_000>, Cuda>::zeros_on(&gpu).unwrap_err().to_string();
    assert_eq!(error, "allocation: the device has not 4000000000000 bytes to give");
    let model = init::<LeNet>(0);
    let loss = CrossEntropyLoss::<10>::new();
    let error = Trainer::<LeNet, _, _, 4096, _>::new(gpu, &model, loss, Sgd::new(0.1)).unwrap_err();
    assert!(error.to_string().contains("bytes to give"), "{error}");
}

#[test]
fn a_gpu_that_is_not_there_is_said_by_its_number() {
    let Some(_) = crate::gpu() else { return };
    let devices = Cuda::devices().unwrap();
    let error = Cuda::new(devices + 3).unwrap_err();
    assert_eq!(error, CudaError::Ordinal { got: devices + 3, devices });
    assert!(error.to_string().contains("numbered from 0"), "{error}");
}

#[test]
#[ignore = "run by the tests of caches"]
fn computes() {
    let gpu = Cuda::new(0).unwrap();
    let x = tensor![1.0, 2.0].to(&gpu).unwrap();
    assert_eq!((&x + &x).to_cpu(&gpu), tensor![2.0, 4.0]);
    let (x, t) = super::stripes(3, 1);
    lesson(gpu, Sgd::new(0.1)).evaluate(&x, &t).unwrap();
}

#[test]
fn damaged_caches_are_made_anew() {
    if crate::gpu().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let compute = |folder: &Path| {
        child::passes("missing::computes", &[("CASTIRON_CACHE", folder.to_str())]);
    };
    let files = || -> Vec<_> {
        let mut files: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    };
    compute(folder.path());
    let whole: Vec<(_, Vec<u8>)> =
        files().into_iter().map(|file| (file.clone(), std::fs::read(file).unwrap())).collect();
    assert!(whole.len() > 3, "{} files", whole.len());
    for (i, (file, bytes)) in whole.iter().enumerate() {
        let damaged = match i % 3 {
            0 => Vec::new(),
            1 => bytes[..bytes.len() - 7].to_vec(),
            _ => vec![0x5A; bytes.len()],
        };
        std::fs::write(file, damaged).unwrap();
    }
    compute(folder.path());
    assert!(files().iter().eq(whole.iter().map(|(file, _)| file)), "other files: {:?}", files());
    for (file, bytes) in &whole {
        assert!(std::fs::metadata(file).unwrap().len() as usize > bytes.len() / 2, "{}", file.display());
    }

    // Nowhere to keep anything.
    compute(Path::new(""));
    compute(&whole[0].0.join("not a folder"));
}

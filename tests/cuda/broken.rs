//! A GPU that is full, that refuses launches, that has broken down, or for which there are no kernels: all is said, by
//! the call that returns an error or the next one that does, and nothing panics.

use castiron::castiron_kernels::Fault;
use castiron::device::{Cuda, Storage};
use castiron::prelude::*;
use castiron::{Error, Tape, tensor};

use crate::common::bits;
use crate::{child, gpu, lesson, stripes};

type Vector = Tensor<Rank1<3>, Cuda>;

fn vector(gpu: &Cuda) -> Vector {
    tensor![1.0, 2.0, 3.0].to(gpu).unwrap()
}

fn is_nan(x: &Vector, gpu: &Cuda) -> bool {
    x.to_cpu(gpu).iter().all(|x| x.is_nan())
}

#[test]
fn a_gpu_that_fails_is_said() {
    // Only the emulated driver fails as one likes.
    let (Some(gpu), Some(_)) = (gpu(), std::env::var_os("CASTIRON_REQUIRE_CUDA")) else { return };
    for (test, kernel) in
        [("refuses", "CASTIRON_EMULATED_REFUSE"), ("breaks_down", "CASTIRON_EMULATED_BREAK")]
    {
        child::passes(&format!("broken::{test}"), &[(kernel, Some("unary"))]);
    }
    child::passes("broken::is_full", &[("CASTIRON_EMULATED_MEMORY", Some("6000000"))]);

    // A machine without a compiler that has the kernels of a sum only.
    let (sum, gpu) = (&vector(&gpu) + 1.0, gpu);
    assert_eq!(sum.to_cpu(&gpu), tensor![2.0, 3.0, 4.0]);
    let folder = child::driver_without(&["libnvrtc.so"]);
    let file = folder.path().join("kernels");
    std::fs::write(&file, gpu.compiled_kernels().unwrap()).unwrap();
    let variables = [
        ("LD_LIBRARY_PATH", folder.path().to_str()),
        ("CASTIRON_CACHE", Some("")),
        ("CASTIRON_TEST_KERNELS", file.to_str()),
    ];
    child::passes("broken::has_no_kernels", &variables);
}

#[test]
#[ignore = "run by `a_gpu_that_fails_is_said`"]
fn refuses() {
    let gpu = gpu().unwrap();
    let refused = Fault::Launch { op: "unary", code: 701 };
    let x = vector(&gpu);
    // What follows from it is NaN too, although its kernel would run.
    let y = &x.exp() + &x;
    assert!(is_nan(&y, &gpu));
    assert_eq!(gpu.take_fault(), Some(refused));
    assert_eq!((&x + &x).to_cpu(&gpu), tensor![2.0, 4.0, 6.0]);

    // In place, of integers, and of what a clone shares.
    let kept = x.clone();
    let mut z = x.clone();
    z *= 2.0;
    assert!(is_nan(&z, &gpu));
    assert_eq!(kept.to_cpu(&gpu), tensor![1.0, 2.0, 3.0]);
    assert_eq!(gpu.take_fault(), Some(refused));
    assert_eq!((-&tensor![i64; 5, 6].to(&gpu).unwrap()).to_cpu(&gpu), tensor![i64; -1, -1]);

    // Whatever returns a `Result` says so.
    let rows = tensor![i64; 0, 2].to(&gpu);
    assert_eq!(rows.map(|_| ()), Ok(()), "copies to the GPU need no kernel");
    let rows = tensor![i64; 0, 2].to(&gpu).unwrap();
    assert_eq!(x.index_select::<0, _, _>(&rows).unwrap_err(), refused.into());
    assert_eq!(x.exp().to(&Cpu::new()).unwrap_err(), refused.into());
    let tape = Tape::new();
    assert_eq!(tape.watch(&x).exp().sum().backward().unwrap_err(), refused.into());
    assert_eq!(gpu.take_fault(), None);
}

#[test]
#[ignore = "run by `a_gpu_that_fails_is_said`"]
fn breaks_down() {
    let gpu = gpu().unwrap();
    let x = vector(&gpu);
    let mut trainer = lesson(gpu.clone(), Sgd::new(0.1));
    let (images, t) = stripes(4, 0);
    trainer.step(&images, &t).unwrap();
    let y = x.exp();
    assert!(is_nan(&y, &gpu) && is_nan(&(&x + &y), &gpu));
    let fault = gpu.take_fault().unwrap().to_string();
    assert!(fault.ends_with("the GPU failed with CUDA error 700"), "{fault}");
    // For good.
    for error in [
        x.to(&Cpu::new()).unwrap_err(),
        trainer.step(&images, &t).unwrap_err(),
        trainer.evaluate(&images, &t).unwrap_err(),
        Vector::zeros_on(&gpu).unwrap_err(),
    ] {
        assert!(error.to_string().contains("CUDA error 700"), "{error}");
    }
    assert!(trainer.model().fc3.bias.iter().all(|x| x.is_nan()));
}

#[test]
#[ignore = "run by `a_gpu_that_fails_is_said`"]
fn is_full() {
    let gpu = gpu().unwrap();
    type Large = Rank1<500_000>;
    let mut x = Tensor::<Large>::ones().to(&gpu).unwrap();
    let small = vector(&gpu);
    // Two are in the memory, and a third is not.
    let y = &x + &x;
    let z = &x + &y;
    assert!(z.to_cpu(&gpu).iter().all(|x| x.is_nan()));
    let full = Fault::Launch { op: "allocation", code: 2 };
    assert_eq!(gpu.take_fault(), Some(full));
    assert_eq!(full.to_string(), "allocation: the GPU has not enough memory (CUDA error 2)");
    // It stays without memory, and what is there stays as it is.
    assert!((&z + 1.0).mean().to_cpu(&gpu).is_nan());
    assert_eq!(gpu.take_fault(), Some(full));
    assert!(z.mean().to_cpu(&gpu).is_nan());
    let fault = gpu.take_fault().unwrap().to_string();
    assert!(fault.contains("memory argument 0 has 0 bytes"), "{fault}");
    assert_eq!((&small + &small).to_cpu(&gpu), tensor![2.0, 4.0, 6.0]);
    assert_eq!(Tensor::<Large, Cuda>::zeros_on(&gpu).unwrap_err(), Error::OutOfMemory { bytes: 2_000_000 });

    // A tensor that is written to needs a copy where a clone shares its memory.
    let shared = x.clone();
    x += 1.0;
    assert_eq!(gpu.take_fault(), Some(full));
    assert!(x.to_cpu(&gpu)[0].is_nan());
    let _ = gpu.take_fault();
    assert_eq!(shared.to_cpu(&gpu)[0], 1.0);
    let mut copy = shared.clone();
    gpu.write_one(&[0.0; 500_000], copy.borrow_mut());
    assert_eq!(gpu.take_fault(), Some(full));
    drop((y, z, x, copy));
    assert_eq!((&shared + &shared).to_cpu(&gpu)[7], 2.0);

    // Memory for the trainer, and none for what its kernels need besides.
    let fills: Vec<_> = (0..2).map(|_| Tensor::<Large, Cuda>::zeros_on(&gpu)).collect();
    drop(fills);
    assert_eq!(gpu.take_fault(), None);
}

#[test]
#[ignore = "run by `a_gpu_that_fails_is_said`"]
fn has_no_kernels() {
    let kernels = std::fs::read(std::env::var("CASTIRON_TEST_KERNELS").unwrap()).unwrap();
    let gpu = Cuda::with_kernels(0, &kernels).unwrap();
    let x = vector(&gpu);
    let matrix = tensor![[1.0, 2.0], [3.0, 4.0]].to(&gpu).unwrap();
    let say = |what: &str| {
        let fault = gpu.take_fault().unwrap_or_else(|| panic!("{what}")).to_string();
        assert!(fault.contains("its CUDA source does not compile"), "{what}: {fault}");
        assert!(gpu.take_log().is_some_and(|log| log.contains("NVRTC is not found")), "{what}");
    };
    assert!(is_nan(&(&x * &x), &gpu));
    say("elementwise");
    assert!(matrix.matmul(&matrix).to_cpu(&gpu)[1][1].is_nan());
    say("a product");
    assert!(matrix.t().to_cpu(&gpu)[1][0].is_nan());
    say("a copy");
    assert!(x.sum().to_cpu(&gpu).is_nan());
    say("a sum");
    assert!(is_nan(&x.sort::<0>().0, &gpu));
    say("sorting");
    // What is there still runs.
    assert_eq!((&x + 1.0).to_cpu(&gpu), tensor![2.0, 3.0, 4.0]);

    // No step is made.
    let mut trainer = lesson(gpu.clone(), Sgd::new(0.1));
    let before = bits(&*trainer.model());
    let (images, t) = stripes(4, 0);
    for _ in 0..3 {
        let error = trainer.enqueue(&images, &t).unwrap_err().to_string();
        assert!(error.contains("its CUDA source does not compile"), "{error}");
    }
    assert!(bits(&*trainer.model()) == before && trainer.steps() == 0);
    assert_eq!(gpu.take_fault(), None);
}

//! A CUDA source of one's own that is wrong, and an operation that has none.

use castiron::launch::{Gpu, Pointers, Source};
use castiron::op::{Memory, Spec};
use castiron::prelude::*;
use castiron::tape::run_op_on;
use castiron::{Op, tensor};

use crate::gpu;

/// y ← 2·x, and what its CUDA source says, which depends on `SOURCE`.
struct Double<const SOURCE: usize>;

const SOURCES: [Source; 3] = [
    Source::new(
        "double",
        "extern \"C\" __global__ void twice(i64 n, const float* x, float* y) { EACH(i, n) y[i] = 2 * x[i]; }",
    ),
    Source::new(
        "typo",
        "extern \"C\" __global__ void twice(i64 n, const float* x, float* y) { y[0] = 2 * z[0]; }",
    ),
    Source::new(
        "other",
        "extern \"C\" __global__ void thrice(i64 n, const float* x, float* y) { y[0] = 3 * x[0]; }",
    ),
];

impl<const SOURCE: usize> Op for Double<SOURCE> {
    const NAME: &'static str = "double";
    type Args = usize;
    fn memory(&len: &usize, spec: &mut Spec) {
        spec.read::<f32>(len).write::<f32>(len);
    }
    fn cpu(_: &Cpu, _: &usize, memory: &mut Memory<'_>) {
        let (x, y) = (memory.read::<f32>(0), memory.write::<f32>(1));
        y.iter_mut().zip(x).for_each(|(y, x)| *y = 2.0 * x);
    }
    fn cuda(gpu: &Gpu<'_>, &len: &usize, memory: &Pointers) {
        match SOURCES.get(SOURCE) {
            Some(source) => gpu.kernel(source, "twice").over(len).arg(len).memory(memory, [0, 1]).run(),
            None => gpu.unsupported(),
        }
    }
}

fn twice<const SOURCE: usize>(gpu: &Cuda, len: usize) -> Result<Tensor<Rank1<3>>, castiron::Error> {
    let x = tensor![1.0, -2.0, 0.5].to(gpu)?;
    let mut y = Tensor::<Rank1<3>, Cuda>::zeros_on(gpu)?;
    run_op_on::<Double<SOURCE>, _, 2>(gpu, &len, [x.borrow().arg(), y.borrow_mut().arg()])?;
    Ok(y.to_cpu(gpu))
}

#[test]
fn a_source_of_ones_own() {
    let Some(gpu) = gpu() else { return };
    assert_eq!(twice::<0>(&gpu, 3).unwrap(), tensor![2.0, -4.0, 1.0]);

    let error = twice::<0>(&gpu, 4).unwrap_err().to_string();
    assert!(error.contains("double: memory argument 0 has 12 bytes, but 16"), "{error}");
    let error = twice::<1>(&gpu, 3).unwrap_err().to_string();
    assert!(error.contains("its CUDA source does not compile; `Cuda::take_log`"), "{error}");
    let log = gpu.take_log().expect("the compiler says why");
    assert!(log.starts_with("typo.cu: ") && log.contains('z'), "{log}");
    let error = twice::<2>(&gpu, 3).unwrap_err().to_string();
    assert!(error.contains("CUDA error 500"), "{error}"); // CUDA_ERROR_NOT_FOUND
    let error = twice::<3>(&gpu, 3).unwrap_err().to_string();
    assert!(error.contains("double") && error.contains("no code"), "{error}");

    // Nothing of it stays.
    assert_eq!(twice::<0>(&gpu, 3).unwrap(), tensor![2.0, -4.0, 1.0]);
}

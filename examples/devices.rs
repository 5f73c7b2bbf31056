//! What this machine can compute on, and what is missing.
//!
//! ```sh
//! cargo run --features cuda --example devices
//! ```

use castiron::prelude::*;

fn main() {
    let cpu = Cpu::new();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("CPU         {cores} threads, {:?}", cpu.isa());
    gpus();
}

#[cfg(not(feature = "cuda"))]
fn gpus() {
    println!("GPUs        not looked for: cargo run --features cuda --example devices");
}

#[cfg(feature = "cuda")]
fn gpus() {
    let version = |[major, minor]: [u32; 2]| format!("{major}.{minor}");
    match Cuda::driver_version() {
        Ok(found) => println!("driver      for CUDA {}", version(found)),
        Err(missing) => println!("driver      {missing}"),
    }
    match Cuda::compiler_version() {
        Ok(found) => println!("NVRTC       {}", version(found)),
        Err(missing) => println!("NVRTC       {missing}"),
    }
    match Cuda::has_cublas() {
        true => println!("cuBLASLt    computes products of f32"),
        false => println!(
            "cuBLASLt    is not found (libcublasLt.so.13 or .12), so our own kernels compute products: \
             `pip install nvidia-cublas` and put its folder nvidia/cu13/lib into LD_LIBRARY_PATH"
        ),
    }
    nccl();
    match Cuda::cache_folder() {
        Some(folder) => println!("kernels     are kept in {}", folder.display()),
        None => println!("kernels     are compiled anew each time: CASTIRON_CACHE names no folder"),
    }
    for ordinal in 0..Cuda::devices().unwrap_or(0) {
        match Cuda::new(ordinal).and_then(|gpu| Ok((gpu.memory()?, gpu))) {
            Ok(([free, all], gpu)) => {
                let [free, all] = [free, all].map(|bytes| bytes as f64 / f64::from(1 << 30));
                let (name, properties) = (gpu.name(), gpu.properties());
                let capability = version(properties.capability);
                println!(
                    "GPU {ordinal}       {name}: capability {capability}, {free:.1} of {all:.1} GiB free, {}",
                    works(&gpu)
                );
            }
            Err(missing) => println!("GPU {ordinal}       {missing}"),
        }
    }
    if Cuda::devices() == Ok(0) {
        println!("GPUs        {}", castiron::device::CudaError::NoDevice);
    }
}

#[cfg(feature = "nccl")]
fn nccl() {
    match castiron::device::Communicator::version() {
        Ok([major, minor, patch]) => println!("NCCL        {major}.{minor}.{patch}"),
        Err(missing) => println!("NCCL        {missing}"),
    }
}

#[cfg(all(feature = "cuda", not(feature = "nccl")))]
fn nccl() {
    println!("NCCL        not looked for: cargo run --features nccl --example devices");
}

/// Whether it computes: a kernel is compiled, loaded and run.
#[cfg(feature = "cuda")]
fn works(gpu: &Cuda) -> String {
    let sum = || -> Result<f32, castiron::Error> {
        let x = castiron::tensor![1.0, 2.0, 3.0].to(gpu)?;
        Ok(*x.square().sum().to_cpu(gpu))
    };
    match sum() {
        Ok(14.0) => "works".to_owned(),
        Ok(wrong) => format!("computes 1² + 2² + 3² = {wrong}"),
        Err(error) => format!("{error}\n{}", gpu.take_log().unwrap_or_default()),
    }
}

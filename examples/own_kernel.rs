//! An operation of one's own, in Rust for the CPU and in CUDA C++ for a GPU.
//!
//! ```sh
//! cargo run --example own_kernel
//! cargo run --features cuda --example own_kernel
//! ```

use std::error::Error;
use std::process::ExitCode;

use castiron::Op;
use castiron::device::Storage;
use castiron::launch::{Gpu, Pointers, Source};
use castiron::op::{Memory, Spec};
use castiron::prelude::*;
use castiron::tape::run_op_on;
use examples_common::finish;

/// counts\[i\] ← how many rounds of z ← z² + c\[i\] it takes to leave the circle of radius 2, of at most `rounds`: the
/// Mandelbrot set.
struct Mandelbrot;

#[derive(Clone, Copy)]
struct Args {
    points: usize,
    rounds: i32,
}

impl Op for Mandelbrot {
    const NAME: &'static str = "mandelbrot";
    type Args = Args;

    /// Two numbers a point are read, one is written. Whoever calls it with less memory gets an error.
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<f32>(2 * args.points).write::<i32>(args.points);
    }

    fn cpu(_: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (points, counts) = (memory.read::<f32>(0), memory.write::<i32>(1));
        for (count, c) in counts.iter_mut().zip(points.chunks(2)) {
            let (mut re, mut im) = (0.0, 0.0);
            *count = 0;
            while *count < args.rounds && re * re + im * im <= 4.0 {
                (re, im) = (re * re - im * im + c[0], 2.0 * re * im + c[1]);
                *count += 1;
            }
        }
    }

    /// Compiled when it is first called, for the GPU at hand, and kept.
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        let kernel = gpu.kernel(&SOURCE, "mandelbrot").over(args.points);
        kernel.arg(args.points).arg(args.rounds).arg(memory.at(0)).arg(memory.at(1)).run();
    }
}

const SOURCE: Source = Source::new(
    "mandelbrot",
    r#"
extern "C" __global__ void mandelbrot(i64 points, int rounds, const float* c, int* counts) {
    EACH(i, points) {
        float re = 0, im = 0;
        int count = 0;
        for (; count < rounds && re * re + im * im <= 4; count++) {
            float next = re * re - im * im + c[2 * i];
            im = 2 * re * im + c[2 * i + 1];
            re = next;
        }
        counts[i] = count;
    }
}
"#,
);

const ROWS: usize = 24;
const COLUMNS: usize = 78;
type Points = [[[f32; 2]; COLUMNS]; ROWS];

fn draw<D: Storage>(device: &D) -> Result<(), Box<dyn Error>> {
    let mut points = Tensor::<Points>::zeros();
    for (row, line) in points.iter_mut().enumerate() {
        for (column, c) in line.iter_mut().enumerate() {
            *c = [column as f32 / 26.0 - 2.2, row as f32 / 11.5 - 1.0];
        }
    }
    let points = points.to(device)?;
    let mut counts = Tensor::<Rank2<ROWS, COLUMNS, i32>, D>::zeros_on(device)?;
    let args = Args { points: ROWS * COLUMNS, rounds: 100 };
    run_op_on::<Mandelbrot, _, 2>(device, &args, [points.borrow().arg(), counts.borrow_mut().arg()])?;
    for line in counts.to_cpu(device).iter() {
        let shade = |count: &i32| b" .:-=+*#%@"[(*count as usize * 9).isqrt().min(30) * 9 / 30] as char;
        println!("{}", line.iter().map(shade).collect::<String>());
    }
    Ok(())
}

fn main() -> ExitCode {
    #[cfg(feature = "cuda")]
    match Cuda::new(0) {
        Ok(gpu) => {
            println!("on {}", gpu.name());
            return finish(draw(&gpu));
        }
        Err(missing) => println!("{missing}"),
    }
    println!("on the CPU");
    finish(draw(&Cpu::new()))
}

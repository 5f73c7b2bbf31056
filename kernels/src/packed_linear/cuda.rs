use super::{Args, PANEL, PackArgs, few};
use crate::DType;
use crate::gemm::cuda::{Places, Product};
use crate::gemm::{self, Bias, View};
use crate::launch::{Gpu, Pointer, Pointers, Source};

const SOURCE: Source = Source::new("packed_linear", include_str!("packed_linear.cu"));

pub(super) fn linear(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { rows, inputs, outputs, bias, activation, residual, weight } = args;
    if rows > few::ROWS && weight == DType::F32 {
        let bias = if bias { Bias::PerColumn } else { Bias::None };
        let (b, panels) = (View::row_major(outputs.min(PANEL)), outputs > PANEL);
        let args = gemm::Args::new(rows, outputs, inputs).b(b).bias(bias).activation(activation);
        let [a, b, bias, c, residual_at] = [0, 1, 2, 3, 4].map(|i| memory.at(i));
        let places = Places { a, b, c, bias, residual: residual_at, kept: Pointer::NULL };
        let args = args.residual(residual);
        let (factors, output) = (DType::F32, DType::F32);
        return Product { factors, output, epilogue: true, panels, args, places }.run(gpu);
    }
    let (code, slope) = activation.code();
    let blocks = outputs.div_ceil(PANEL).saturating_mul(rows.div_ceil(few::ROWS)).min(1 << 16);
    if blocks == 0 {
        return;
    }
    let launch = gpu.kernel(&SOURCE, "packed_linear").define("WEIGHT", weight);
    let launch = launch.grid([blocks as u32, 1, 1]).block([256, 1, 1]);
    let launch = launch.arg(rows).arg(inputs).arg(outputs).arg(code).arg(slope);
    launch.memory(memory, [0, 1, 2, 3, 4]).run();
}

pub(super) fn pack(gpu: &Gpu<'_>, args: &PackArgs, memory: &Pointers) {
    let &PackArgs { outputs, inputs, weight } = args;
    let launch = gpu.kernel(&SOURCE, "pack_linear").define("WEIGHT", weight).over(outputs * inputs);
    launch.arg(outputs).arg(inputs).memory(memory, [0, 1]).run();
}

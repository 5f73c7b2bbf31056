use super::LinearArgs;
use crate::DType;
use crate::gemm::cuda::Cut;
use crate::launch::{Gpu, Pointers};
use crate::quantized::cuda::{LINEAR, multiply, read};

/// Rows up to which a warp computes an output.
const FEW: usize = 8;

pub(super) fn linear(gpu: &Gpu<'_>, args: &LinearArgs, memory: &Pointers) {
    let &LinearArgs { rows, inputs, outputs, wide, .. } = args;
    if rows == 0 || outputs == 0 {
        return;
    }
    let cut = Cut::new(&gpu.properties(), (DType::I32, 1), [rows, outputs, inputs / 4], 1);
    let cut = cut.by(multiply(gpu, "mma_m16n8k32_u8s8"));
    let few = rows.min(FEW).next_power_of_two();
    let (kernel, cut, [blocks, ..]) = match rows <= FEW {
        true => ("linear_dots", Cut::NONE, [outputs.div_ceil(8).min(1 << 16) as u32, 1, 1]),
        false => ("linear", cut, cut.grid(rows, outputs, 1)),
    };
    let read = read(inputs, &[memory.at(0), memory.at(4)]);
    let launch = cut.define(gpu.kernel(&LINEAR, kernel)).grid([blocks, 1, 1]);
    let launch = launch.define("READ", read).define("WIDE", wide).define("FEW", few);
    launch.arg(rows).arg(inputs).arg(outputs).memory(memory, [0, 1, 2, 3, 4, 5]).run();
}

use super::{Args, RegressionLoss};
use crate::launch::{Gpu, Launch, Pointers, Source};

const SOURCE: Source = Source::new("regression", include_str!("regression.cu"));

/// Elements of a thread, before there is another block.
const LEAST: usize = 8;
/// The most blocks that share a sum.
const MOST_PARTS: usize = 1024;

fn kernel<'a>(gpu: &Gpu<'a>, args: &Args, kernel: &'static str) -> Launch<'a> {
    let (number, delta) = match args.loss {
        RegressionLoss::MeanSquared => (0usize, 0.0),
        RegressionLoss::MeanAbsolute => (1, 0.0),
        RegressionLoss::Huber(delta) => (2, delta),
        RegressionLoss::BinaryCrossEntropyWithLogits => (3, 0.0),
    };
    gpu.kernel(&SOURCE, kernel).define("LOSS", number).arg(args.len).arg(delta)
}

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let [x, target, loss] = [0, 1, 2].map(|i| memory.at(i));
    let blocks = args.len.div_ceil(Launch::BLOCK as usize * LEAST).clamp(1, MOST_PARTS);
    let parts = gpu.scratch(blocks * size_of::<f64>());
    let launch = kernel(gpu, args, "regression").grid([blocks as u32, 1, 1]);
    launch.arg(x).arg(target).arg(parts).arg(loss).run();
    if blocks > 1 {
        kernel(gpu, args, "finish").arg(blocks).arg(parts).arg(loss).run();
    }
}

pub(super) fn backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let launch = kernel(gpu, args, "regression_backward").over(args.len);
    launch.memory(memory, [0, 1, 2, 3]).run();
}

use super::Args;
use crate::launch::{Gpu, Pointers, Source};

const SOURCE: Source = Source::new("activation", include_str!("activation.cu"));

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let (code, slope) = args.activation.code();
    let y = memory.at(1);
    let x = if args.in_place { y } else { memory.at(0) };
    gpu.kernel(&SOURCE, "activation").over(args.len).arg(code).arg(slope).arg(args.len).arg(x).arg(y).run();
}

pub(super) fn backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let (code, slope) = args.activation.code();
    let kept = memory.at(args.activation.differentiates_from_output() as usize);
    let dx = memory.at(3);
    let dy = if args.in_place { dx } else { memory.at(2) };
    let launch = gpu.kernel(&SOURCE, "activation_backward").over(args.len);
    launch.arg(code).arg(slope).arg(args.len).arg(kept).arg(dy).arg(dx).run();
}

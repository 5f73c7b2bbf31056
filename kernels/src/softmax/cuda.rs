use super::Args;
use crate::launch::{Gpu, Launch, Pointers, Source};

const SOURCE: Source = Source::new("softmax", include_str!("softmax.cu"));

fn kernel<'a>(gpu: &Gpu<'a>, args: &Args, kernel: &'static str) -> Launch<'a> {
    let &Args { rows, len, log } = args;
    gpu.kernel(&SOURCE, kernel).define("LOG", log).over_rows(rows, len).arg(rows).arg(len)
}

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    kernel(gpu, args, "softmax").arg(memory.at(0)).arg(memory.at(1)).run();
}

pub(super) fn backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let launch = kernel(gpu, args, "softmax_backward");
    launch.arg(memory.at(0)).arg(memory.at(1)).arg(memory.at(2)).run();
}

use super::{Args, BackwardArgs};
use crate::launch::{Gpu, Pointers, Source};

const SOURCE: Source = Source::new("lstm", include_str!("lstm.cu"));

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { rows, hidden, gates_stride, c_prev_stride, c_stride, h_stride } = args;
    let launch = gpu.kernel(&SOURCE, "lstm_gates").over(rows * hidden).arg(rows).arg(hidden);
    let launch = launch.array([gates_stride, c_prev_stride, c_stride, h_stride]);
    launch.memory(memory, [0, 1, 2, 3]).run();
}

pub(super) fn backward(gpu: &Gpu<'_>, args: &BackwardArgs, memory: &Pointers) {
    let &BackwardArgs { rows, hidden, gates_stride, c_prev_stride, c_stride, dh_stride, dgates_stride } =
        args;
    let launch = gpu.kernel(&SOURCE, "lstm_gates_backward").over(rows * hidden).arg(rows).arg(hidden);
    let launch = launch.array([gates_stride, c_prev_stride, c_stride, dh_stride, dgates_stride]);
    launch.memory(memory, [0, 1, 2, 3, 4, 5]).run();
}

use super::code::{Code, is_slow, is_slow_derivative, simplified};
use super::{Args, Function, Kept, integer};
use crate::element::dispatch;
use crate::launch::{Gpu, Pointers, Source, pack};

const SOURCE: Source = Source::new("unary", concat!(include_str!("function.cuh"), include_str!("unary.cu")));
const DERIVATIVE: Source =
    Source::new("derivative", concat!(include_str!("function.cuh"), include_str!("derivative.cu")));

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { dtype, len, in_place, .. } = args;
    let function = simplified(dispatch!(dtype, T => integer::with_numbers_of::<T>(args.function)));
    let y = memory.at(1);
    let x = if in_place { y } else { memory.at(0) };
    let Code { number, s, t, m, n } = Code::of(function);
    let (slow, size) = (is_slow(function), dtype.size());
    let width = pack(len, most(slow, size), &[(x, size), (y, size)]);
    let launch =
        gpu.kernel(&SOURCE, "unary").define("ELEMENT", dtype).define("SLOW", slow).define("WIDTH", width);
    let launch = launch.over(len / width).arg(number).arg(s).arg(t).arg(m).arg(n);
    launch.arg(len / width).arg(x).arg(y).run();
}

pub(super) fn backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { function, dtype, len, in_place } = args;
    let dx = memory.at(3);
    let dy = if in_place { dx } else { memory.at(2) };
    let kept = memory.at((function.kept() == Kept::Output) as usize);
    let Code { number, s, t, .. } = match function {
        // With the power of the derivative.
        Function::PowScalar(s) => Code { t: s - 1.0, ..Code::of(function) },
        _ => Code::of(function),
    };
    let (slow, size) = (is_slow_derivative(function), dtype.size());
    let width = pack(len, most(slow, size), &[(kept, size), (dy, size), (dx, size)]);
    let launch = gpu.kernel(&DERIVATIVE, "unary_backward").define("ELEMENT", dtype).define("SLOW", slow);
    let launch = launch.define("WIDTH", width).over(len / width).arg(number).arg(s).arg(t);
    launch.arg(len / width).arg(kept).arg(dy).arg(dx).run();
}

/// How many elements a thread takes at once. Slow functions, whose instructions would be there for each, have so
/// many as have four bytes.
fn most(slow: bool, size: usize) -> usize {
    if slow { (4 / size).max(1) } else { 4 }
}

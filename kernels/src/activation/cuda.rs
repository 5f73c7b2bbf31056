use super::Args;
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source, pack};

const SOURCE: Source = Source::new("activation", include_str!("activation.cu"));

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let y = memory.at(1);
    let x = if args.in_place { y } else { memory.at(0) };
    launch(gpu, args, "activation", [x, y]).run();
}

pub(super) fn backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let kept = memory.at(args.activation.differentiates_from_output() as usize);
    let dx = memory.at(3);
    let dy = if args.in_place { dx } else { memory.at(2) };
    launch(gpu, args, "activation_backward", [kept, dy, dx]).run();
}

/// As many elements at once as fit 16 bytes, if all memory is aligned for it.
fn launch<'a, const N: usize>(
    gpu: &Gpu<'a>,
    args: &Args,
    kernel: &'static str,
    memory: [Pointer; N],
) -> Launch<'a> {
    let size = gpu.element().size();
    let width = pack(args.len, 8, &memory.map(|pointer| (pointer, size)));
    let (count, (code, slope)) = (args.len / width, args.activation.code());
    let launch = gpu.kernel(&SOURCE, kernel).define("WIDTH", width).define("ACTIVATION", code as usize);
    memory.into_iter().fold(launch.over(count).arg(slope).arg(count), Launch::arg)
}

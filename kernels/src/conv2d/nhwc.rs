//! Convolutions on the tensor cores of a GPU. Images are copied to NHWC first, so that their channels are read 16 bytes at
//! once; what few tiles there are is cut into parts of the sum. None of it was timed on a GPU.

use super::Args;
use super::cuda::{are_few, area, index, shape};
use crate::gemm::cuda::{Cut, with_tiles};
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source};

const SOURCE: Source = Source::new(
    "conv2d_nhwc",
    concat!(include_str!("shape.cuh"), include_str!("epilogue.cuh"), with_tiles!("nhwc.cu")),
);

/// What is known of a convolution before it is cut into tiles.
struct Plan<'a> {
    gpu: &'a Gpu<'a>,
    args: &'a Args,
    /// Elements that are read at once.
    pack: usize,
}

/// One of the two that channels are copied of, and how many each group has, before and after.
#[derive(Clone, Copy)]
struct Copied {
    pixels: usize,
    count: usize,
    padded: usize,
}

impl Copied {
    fn elements(&self, args: &Args) -> usize {
        args.images * self.pixels * args.groups * self.padded
    }
}

impl<'a> Plan<'a> {
    /// Nothing where there are no tensor cores for the element, or where one of these numbers of channels is so small that
    /// copies would be more than half zeros.
    fn new<const N: usize>(
        gpu: &'a Gpu<'a>,
        args: &'a Args,
        rows: usize,
        channels: [usize; N],
    ) -> Option<Self> {
        let element = gpu.element();
        let cut = Cut::new(&gpu.properties(), (element, 1), [1; 3], 1);
        let pack = 16 / element.size();
        let worth = channels.into_iter().all(|count| count.next_multiple_of(pack) <= 2 * count);
        let exists = area(args.output()) > 0;
        (exists && cut.has_tensor_cores() && worth && !are_few(args, rows)).then_some(Plan {
            gpu,
            args,
            pack,
        })
    }

    fn input(&self) -> Copied {
        let count = self.args.in_per_group();
        Copied { pixels: area(self.args.input), count, padded: count.next_multiple_of(self.pack) }
    }

    fn output(&self) -> Copied {
        let count = self.args.out_per_group();
        Copied { pixels: area(self.args.output()), count, padded: count.next_multiple_of(self.pack) }
    }

    fn kernel(&self, name: &'static str, cut: &Cut) -> Launch<'a> {
        let sizes = [self.input(), self.output()].map(|copied| copied.elements(self.args));
        let [x, y, weight, _] = self.args.sizes();
        let index = index([sizes[0], sizes[1], x, y, 4 * weight]);
        let launch =
            cut.define(self.gpu.kernel(&SOURCE, name)).define("PACK", self.pack).define("INDEX", index);
        launch.define("KERNEL_H", self.args.kernel[0].max(1)).define("KERNEL_W", self.args.kernel[1].max(1))
    }

    fn cut(&self, size: [usize; 3]) -> Cut {
        Cut::new(&self.gpu.properties(), (self.gpu.element(), self.pack), size, self.args.groups)
    }

    /// Scratch memory for so many elements of the first two, and floats of the third.
    fn scratch(&self, elements: [usize; 2], floats: usize) -> [Pointer; 3] {
        let size = self.gpu.element().size();
        let [first, second] = elements.map(|count| (count * size).next_multiple_of(256));
        let all = self.gpu.scratch(first + second + 4 * floats);
        [0, first, first + second].map(|at| Pointer(all.0 + at as u64))
    }

    fn copy(&self, cut: &Cut, copied: Copied, from: Pointer, to: Pointer) {
        let &Args { images, groups, .. } = self.args;
        let strips = images * copied.pixels.div_ceil(32);
        let lines = (groups * copied.padded).div_ceil(32).min(1 << 15);
        let launch = self.kernel("to_nhwc", cut).grid([strips as u32, lines as u32, 1]);
        let launch = launch.arg(images).arg(copied.pixels).arg(groups as u32);
        launch.arg(copied.count as u32).arg(copied.padded as u32).arg(from).arg(to).run();
    }

    /// y, or, if it is `transposed`, dx: from what is copied, at pixels like those of `to`.
    fn convolve(
        &self,
        [from, to]: [Copied; 2],
        transposed: bool,
        operands: [Pointer; 2],
        epilogue: Epilogue,
    ) {
        let &Args { images, groups, kernel, .. } = self.args;
        let (rows, columns, depth) = (to.count, images * to.pixels, area(kernel) * from.padded);
        let cut = self.cut([rows, columns, depth]);
        let floats = if cut.parts > 1 { cut.parts * groups * rows * columns } else { 0 };
        let weights = groups * rows * depth;
        let [images_at, weight, parts] = self.scratch([from.elements(self.args), weights], floats);
        self.copy(&cut, from, operands[1], images_at);
        let [ins, outs] = [self.args.in_per_group(), self.args.out_per_group()];
        let arrange = self.kernel("arrange_weight", &cut).over(weights).arg(groups as u32).arg(ins as u32);
        let arrange = arrange.arg(outs as u32).arg(from.padded as u32).arg(transposed);
        arrange.arg(operands[0]).arg(weight).run();

        let name = if transposed { "conv2d_nhwc_backward_input" } else { "conv2d_nhwc" };
        let [tiles, count, _] = cut.grid(rows, columns, 1);
        let launch = shape(self.kernel(name, &cut), self.args).grid([tiles, count, groups as u32]);
        let launch = launch.arg(weight).arg(images_at).arg(from.padded as u32).arg(cut.part).arg(parts);
        epilogue.run(launch);
        if cut.parts > 1 {
            let launch = self.kernel("conv2d_nhwc_finish", &cut).over(groups * rows * columns);
            epilogue.run(launch.arg(images).arg(groups * rows).arg(to.pixels).arg(count).arg(parts));
        }
    }
}

/// What becomes of a sum.
struct Epilogue {
    bias: Pointer,
    residual: Pointer,
    y: Pointer,
    kept: Pointer,
    activation: (u32, f32),
}

impl Epilogue {
    fn run(&self, launch: Launch<'_>) {
        let (code, slope) = self.activation;
        launch.arg(self.bias).arg(self.residual).arg(self.y).arg(self.kept).arg(slope).arg(code).run();
    }
}

/// These three say whether they did it.
pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) -> bool {
    let Some(plan) = Plan::new(gpu, args, args.out_per_group(), [args.in_per_group()]) else { return false };
    let [bias, residual, y, kept] = [1, 5, 3, 4].map(|i| memory.at(i));
    let epilogue = Epilogue { bias, residual, y, kept, activation: args.activation.code() };
    plan.convolve([plan.input(), plan.output()], false, [memory.at(0), memory.at(2)], epilogue);
    true
}

pub(super) fn backward_input(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) -> bool {
    let Some(plan) = Plan::new(gpu, args, args.in_per_group(), [args.out_per_group()]) else { return false };
    let [bias, residual, kept] = [Pointer::NULL; 3];
    let epilogue = Epilogue { bias, residual, y: memory.at(2), kept, activation: (0, 0.0) };
    plan.convolve([plan.output(), plan.input()], true, [memory.at(0), memory.at(1)], epilogue);
    true
}

pub(super) fn backward_weight(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) -> bool {
    let (ins, outs) = (args.in_per_group(), args.out_per_group());
    let Some(plan) = Plan::new(gpu, args, ins.max(outs), [ins, outs]) else { return false };
    let (input, output) = (plan.input(), plan.output());
    let columns = area(args.kernel) * input.padded;
    let cut = plan.cut([outs, columns, args.images * output.pixels]);
    let floats = cut.parts * args.groups * outs * columns;
    let [x, dy, parts] = plan.scratch([input.elements(args), output.elements(args)], floats);
    plan.copy(&cut, input, memory.at(0), x);
    plan.copy(&cut, output, memory.at(1), dy);
    let [tiles, count, _] = cut.grid(outs, columns, 1);
    let launch = shape(plan.kernel("conv2d_nhwc_backward_weight", &cut), args);
    let launch = launch.grid([tiles, count, args.groups as u32]).arg(x).arg(dy);
    launch.arg(input.padded as u32).arg(output.padded as u32).arg(cut.part).arg(parts).run();
    let add = plan.kernel("conv2d_nhwc_add_weight", &cut).over(args.groups * outs * ins * area(args.kernel));
    add.arg(args.groups * outs)
        .arg(ins as u32)
        .arg(input.padded as u32)
        .arg(count)
        .arg(parts)
        .arg(memory.at(2))
        .run();
    true
}

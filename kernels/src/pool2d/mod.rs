//! Maxima and averages over windows of images, and their gradients.

mod average;
pub(crate) mod cuda;
mod halve;
mod lines;
pub(crate) mod max;
mod spread;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Kernel, Memory, Op, Spec};
use crate::sure::{cut, divide};
use crate::window::Axis;
use crate::{Cpu, HalfOp};

/// The arguments of all pooling operations. Pairs are height and width.
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// How many planes: images times channels.
    pub planes: usize,
    /// Size of an input plane.
    pub input: [usize; 2],
    /// Size of a window.
    pub kernel: [usize; 2],
    /// From one window to the next; not zero.
    pub stride: [usize; 2],
    /// Padding around the plane, on each side.
    pub padding: [usize; 2],
}

impl Args {
    /// Size of an output plane: ⌊(h + 2·padding − kernel) / stride⌋ + 1, or zero where not even one
    /// window fits. PyTorch's `ceil_mode=False`.
    pub const fn output(&self) -> [usize; 2] {
        let (input, kernel, stride, padding) = (self.input, self.kernel, self.stride, self.padding);
        [
            Axis::count(input[0], kernel[0], stride[0], padding[0]),
            Axis::count(input[1], kernel[1], stride[1], padding[1]),
        ]
    }

    /// Elements of x and of y.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        [self.input, self.output()].map(|[h, w]| self.planes.saturating_mul(h).saturating_mul(w))
    }

    pub(crate) fn axes(&self) -> [Axis; 2] {
        let windows = self.output();
        [0, 1].map(|d| Axis {
            input: self.input[d],
            windows: windows[d],
            stride: self.stride[d],
            padding: self.padding[d],
        })
    }

    /// Pixels of an input plane and of an output plane.
    pub(crate) fn areas(&self) -> [usize; 2] {
        [self.input, self.output()].map(|[h, w]| h * w)
    }

    /// The width of the output, where windows are two by two pixels that fill the plane side by side.
    #[inline(always)]
    pub(crate) fn halves(&self) -> Option<usize> {
        let [height, width] = self.input;
        let two = self.kernel == [2, 2] && self.stride == [2, 2] && self.padding == [0, 0];
        (two && height % 2 == 0 && width % 2 == 0 && width <= halve::TILE).then_some(width / 2)
    }

    /// Whether the only window is the plane.
    pub(crate) fn is_global(&self) -> bool {
        self.kernel == self.input && self.padding == [0, 0]
    }

    /// Planes that one task computes.
    fn planes_per_task(&self) -> usize {
        (1usize << 13).div_ceil((self.input[0] * self.input[1]).max(1))
    }

    /// Elementary operations in all.
    pub(crate) fn work(&self) -> usize {
        let [x, y] = self.sizes();
        x.saturating_add(y.saturating_mul(self.kernel[0] * self.kernel[1])) / 4
    }

    /// Calls `f(x, y)` for some planes at a time, in parallel, y being written.
    fn forward<T: Sync + Send>(&self, cpu: &Cpu, x: &[T], y: &mut [T], f: impl Fn(&[T], &mut [T]) + Sync) {
        let ([from, to], planes) = (self.areas(), self.planes_per_task());
        cpu.parallel_chunks(y, to * planes, self.work(), |task, y, _| {
            f(cut(x, task * planes * from, divide(y.len(), to).0 * from), y);
        });
    }

    /// Calls `f(first plane, dy, dx)` for some planes at a time, in parallel, dx being written.
    fn backward(&self, cpu: &Cpu, dy: &[f32], dx: &mut [f32], f: impl Fn(usize, &[f32], &mut [f32]) + Sync) {
        let ([from, to], planes) = (self.areas(), self.planes_per_task());
        if to == 0 {
            return dx.fill(0.0);
        }
        cpu.parallel_chunks(dx, from * planes, self.work(), |task, dx, _| {
            let first = task * planes;
            f(first, cut(dy, first * to, divide(dx.len(), from).0 * to), dx);
        });
    }
}

/// y ← the maximum of each window. Padding counts as −∞; a window with a NaN has the maximum NaN.
///
/// Memory: x (planes × input), y (planes × output). PyTorch: `torch.nn.functional.max_pool2d`.
#[derive(Debug)]
pub struct MaxPool2d;
impl Op for MaxPool2d {
    const NAME: &'static str = "max pool2d";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let [x, y] = args.sizes();
        spec.read::<f32>(x).write::<f32>(y);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &Args) -> Kernel<Self> {
        match args.halves() {
            Some(_) => |cpu, args, memory| max::halves(cpu, args, memory.read(0), memory.write(1)),
            None => |cpu, args, memory| max::forward(cpu, args, memory.read(0), memory.write(1)),
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::max(gpu, args, memory);
    }
}
impl HalfOp for MaxPool2d {}

/// dx ← the gradient of [`MaxPool2d`]: each dy goes to the first maximum of its window (to the last
/// NaN, if there is one); what goes to the same pixel is added up.
///
/// Memory: x, dy, dx. PyTorch: the backward pass of `torch.nn.functional.max_pool2d`.
#[derive(Debug)]
pub struct MaxPool2dBackward;
impl Op for MaxPool2dBackward {
    const NAME: &'static str = "max pool2d backward";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let [x, y] = args.sizes();
        spec.read::<f32>(x).read::<f32>(y).write::<f32>(x);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &Args) -> Kernel<Self> {
        match args.halves() {
            Some(_) => |cpu, args, memory| {
                max::backward_halves(cpu, args, memory.read(0), memory.read(1), memory.write(2));
            },
            None => |cpu, args, memory| {
                max::backward(cpu, args, memory.read(0), memory.read(1), memory.write(2));
            },
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::max_backward(gpu, args, memory);
    }
}
impl HalfOp for MaxPool2dBackward {}

/// y ← the sum of each window, divided by the size of the window. Padding counts as zeros, and counts
/// in the divisor.
///
/// Memory: x (planes × input), y (planes × output). PyTorch: `torch.nn.functional.avg_pool2d` with
/// `count_include_pad=True`.
#[derive(Debug)]
pub struct AvgPool2d;
impl Op for AvgPool2d {
    const NAME: &'static str = "avg pool2d";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let [x, y] = args.sizes();
        spec.read::<f32>(x).write::<f32>(y);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        average::forward(cpu, args, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::average(gpu, args, memory);
    }
}
impl HalfOp for AvgPool2d {}

/// dx ← the gradient of [`AvgPool2d`]: each dy, divided by the size of the window, goes to all its
/// pixels.
///
/// Memory: dy, dx. PyTorch: the backward pass of `torch.nn.functional.avg_pool2d`.
#[derive(Debug)]
pub struct AvgPool2dBackward;
impl Op for AvgPool2dBackward {
    const NAME: &'static str = "avg pool2d backward";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let [x, y] = args.sizes();
        spec.read::<f32>(y).write::<f32>(x);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        average::backward(cpu, args, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::average_backward(gpu, args, memory);
    }
}
impl HalfOp for AvgPool2dBackward {}

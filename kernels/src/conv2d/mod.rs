//! Two-dimensional convolutions, in groups, and their gradients.
//!
//! All three are products of matrices, one of which consists of windows of images. It is never
//! stored: the product packs what it needs straight from the images. Convolutions of one channel per
//! group have loops of their own; those of few channels sum up shifted copies of the images, and kernels of 3×3
//! over many channels are Winograd's algorithm.

mod backward;
mod columns;
pub(crate) mod cuda;
pub(crate) mod depthwise;
pub(crate) mod direct;
pub(crate) mod forward;
mod nhwc;
mod scatter;
mod seamless;
#[cfg(test)]
pub(crate) mod tests;
mod tile;
mod totals;
mod windows;
pub(crate) mod winograd;

use crate::activation::Activation;
use crate::launch::{Gpu, Pointers};
use crate::op::{Kernel, Memory, Op, Spec};
use crate::sure::divide;
use crate::window::Axis;
use crate::{Cpu, HalfOp};

/// The arguments of [`Conv2d`], [`Conv2dBackwardInput`] and [`Conv2dBackwardWeight`]. Pairs are
/// height and width.
///
/// Images are stored image by image, channel by channel, line by line (NCHW); weights have the shape
/// `[out_channels, in_channels / groups, kernel height, kernel width]`, as in PyTorch. Group g maps the
/// g-th part of the input channels to the g-th part of the output channels.
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// How many images.
    pub images: usize,
    /// How many groups; a divisor of both numbers of channels.
    pub groups: usize,
    /// Channels of the input.
    pub in_channels: usize,
    /// Channels of the output.
    pub out_channels: usize,
    /// Size of an input image.
    pub input: [usize; 2],
    /// Size of the kernel.
    pub kernel: [usize; 2],
    /// From one window to the next; not zero. This, padding and dilation are at most 2²⁸.
    pub stride: [usize; 2],
    /// Zeros around the image, on each side.
    pub padding: [usize; 2],
    /// From one pixel of a window to the next; not zero.
    pub dilation: [usize; 2],
    /// Whether a bias is added to each output channel.
    pub bias: bool,
    /// Applied to each output element.
    pub activation: Activation,
    /// Whether a residual of the size of the output is added before the activation.
    pub residual: bool,
    /// Whether the values before the activation are kept.
    pub keep_pre: bool,
}

impl Args {
    /// Applies an activation function.
    #[must_use]
    pub const fn activation(self, activation: Activation) -> Self {
        Args { activation, ..self }
    }

    /// Adds a residual before the activation.
    #[must_use]
    pub const fn residual(self) -> Self {
        Args { residual: true, ..self }
    }

    /// Keeps the values before the activation.
    #[must_use]
    pub const fn keep_pre(self) -> Self {
        Args { keep_pre: true, ..self }
    }

    /// Size of an output image: ⌊(h + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, or zero
    /// where not even one window fits.
    #[inline(always)]
    pub const fn output(&self) -> [usize; 2] {
        let mut output = [0; 2];
        let mut d = 0;
        while d < 2 {
            if self.kernel[d] > 0 {
                let reach = self.dilation[d] * (self.kernel[d] - 1) + 1;
                output[d] = Axis::count(self.input[d], reach, self.stride[d], self.padding[d]);
            }
            d += 1;
        }
        output
    }

    /// Elements of x, of y, of the weight, and of the bias.
    pub(crate) fn sizes(&self) -> [usize; 4] {
        let area = |[h, w]: [usize; 2]| h.saturating_mul(w);
        let planes = |channels: usize| self.images.saturating_mul(channels);
        if self.reaches_beyond(1 << 28) {
            // What no memory has.
            return [usize::MAX; 4];
        }
        [
            planes(self.in_channels).saturating_mul(area(self.input)),
            planes(self.out_channels).saturating_mul(area(self.output())),
            (self.out_channels * self.in_per_group()).saturating_mul(area(self.kernel)),
            if self.bias { self.out_channels } else { 0 },
        ]
    }

    /// Whether padded copies of images have sizes that can be computed at all.
    #[inline(always)]
    pub(crate) fn is_modest(&self) -> bool {
        !self.reaches_beyond(1 << 15)
    }

    #[inline(always)]
    fn reaches_beyond(&self, pixels: usize) -> bool {
        [self.stride, self.padding, self.dilation].as_flattened().iter().any(|&n| n > pixels)
    }

    #[inline(always)]
    pub(crate) fn in_per_group(&self) -> usize {
        divide(self.in_channels, self.groups).0
    }

    #[inline(always)]
    pub(crate) fn out_per_group(&self) -> usize {
        divide(self.out_channels, self.groups).0
    }
}

/// y ← activation(w ∗ x + bias + r), where w ∗ x is the cross-correlation: y\[o\]\[i, j\] is the sum of
/// w\[o, c\]\[u, v\]·x\[c\]\[i·stride + u·dilation − padding, j·stride + v·dilation − padding\] over the
/// channels c of the group and the pixels (u, v) of the kernel; x is zero outside the image.
///
/// Kernels of 3×3 over many channels are computed by Winograd's algorithm (Lavin and Gray, "Fast Algorithms for
/// Convolutional Neural Networks", 2016), whose rounding errors are two to three times those of the plain sum, and
/// which spreads an infinity or a NaN to all pixels of a tile of 4×4.
///
/// Memory: weight, bias (absent where there is none), x, y, the values before the activation (absent
/// unless kept), and the residual r of the size of y (absent unless added). PyTorch: `torch.nn.functional.conv2d`.
#[derive(Debug)]
pub struct Conv2d;
impl Op for Conv2d {
    const NAME: &'static str = "conv2d";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let [x, y, weight, bias] = args.sizes();
        spec.read::<f32>(weight).read::<f32>(bias).read::<f32>(x).write::<f32>(y);
        spec.write::<f32>(if args.keep_pre { y } else { 0 });
        spec.read::<f32>(if args.residual { y } else { 0 });
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        Conv2d::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &Args) -> Kernel<Self> {
        by_algorithm!(args, by)
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::forward(gpu, args, memory);
    }
}
impl HalfOp for Conv2d {}

/// The kernel of an operation that computes convolutions of these `Args`: `$by(algorithm, cpu, args, memory)`, with the
/// algorithm as [`by`] takes it.
macro_rules! by_algorithm {
    ($args:ident, $by:path) => {{
        use $crate::conv2d::{depthwise, direct, forward, winograd};
        if depthwise::applies($args) {
            |cpu, args, memory| $by(depthwise::forward, cpu, args, memory)
        } else if direct::applies($args) {
            |cpu, args, memory| $by(direct::forward, cpu, args, memory)
        } else if winograd::may_apply($args) {
            |cpu, args, memory| $by(winograd::forward_if_it_pays, cpu, args, memory)
        } else if forward::limits($args).is_some() {
            |cpu, args, memory| $by(forward::limited, cpu, args, memory)
        } else {
            |cpu, args, memory| $by(forward::forward, cpu, args, memory)
        }
    }};
}
pub(crate) use by_algorithm;

/// Computes [`Conv2d`] by an algorithm: a function of weight, bias and residual, x, y, and the values before the
/// activation.
fn by(
    forward: impl Fn(&Cpu, &Args, &[f32], [&[f32]; 2], &[f32], &mut [f32], &mut [f32]),
    cpu: &Cpu,
    args: &Args,
    memory: &mut Memory<'_>,
) {
    let (weight, x, added) = (memory.read(0), memory.read(2), [memory.read(1), memory.read(5)]);
    forward(cpu, args, weight, added, x, memory.write(3), memory.write(4));
}

/// dx ← the gradient of [`Conv2d`] (before its activation) with respect to x, given dy.
///
/// Kernels of 3×3 over many channels are computed by Winograd's algorithm, as in [`Conv2d`].
///
/// Memory: weight, dy, dx. PyTorch: `torch.nn.grad.conv2d_input`.
#[derive(Debug)]
pub struct Conv2dBackwardInput;
impl Op for Conv2dBackwardInput {
    const NAME: &'static str = "conv2d backward input";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let [x, y, weight, _] = args.sizes();
        spec.read::<f32>(weight).read::<f32>(y).write::<f32>(x);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &Args) -> Kernel<Self> {
        if depthwise::applies(args) {
            |cpu, args, memory| input_by(depthwise::backward_input, cpu, args, memory)
        } else if direct::applies_backward_input(args) {
            |cpu, args, memory| input_by(direct::backward_input, cpu, args, memory)
        } else if forward::of_pixels(args) {
            |cpu, args, memory| input_by(forward::backward_input, cpu, args, memory)
        } else if winograd::may_apply_to_gradients(args) {
            // That depends on the number of images, which is no constant.
            |cpu, args, memory| match winograd::of_gradient(args) {
                Some(gradient) => input_by(winograd::backward_input, cpu, &gradient, memory),
                None => input_by(backward::backward_input, cpu, args, memory),
            }
        } else {
            |cpu, args, memory| input_by(backward::backward_input, cpu, args, memory)
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::backward_input(gpu, args, memory);
    }
}
impl HalfOp for Conv2dBackwardInput {}

/// Computes [`Conv2dBackwardInput`] by a function of weight, dy and dx.
fn input_by(
    backward: impl Fn(&Cpu, &Args, &[f32], &[f32], &mut [f32]),
    cpu: &Cpu,
    args: &Args,
    memory: &mut Memory<'_>,
) {
    backward(cpu, args, memory.read(0), memory.read(1), memory.write(2));
}

/// dweight ← dweight + the gradient of [`Conv2d`] (before its activation) with respect to its weight,
/// given x and dy; and likewise dbias.
///
/// Kernels of 3×3 over many channels are computed by Winograd's algorithm, as in [`Conv2d`].
///
/// Memory: x, dy, dweight, dbias (absent where there is none). PyTorch:
/// `torch.nn.grad.conv2d_weight`.
#[derive(Debug)]
pub struct Conv2dBackwardWeight;
impl Op for Conv2dBackwardWeight {
    const NAME: &'static str = "conv2d backward weight";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let [x, y, weight, bias] = args.sizes();
        spec.read::<f32>(x).read::<f32>(y).update::<f32>(weight).update::<f32>(bias);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &Args) -> Kernel<Self> {
        if depthwise::applies(args) {
            |cpu, args, memory| weight_by(depthwise::backward_weight, cpu, args, memory)
        } else if direct::applies(args) {
            |cpu, args, memory| {
                let (dweight, dbias) = (memory.write(2), memory.write(3));
                direct::backward_weight(cpu, args, memory.read(0), memory.read(1), dweight, dbias);
            }
        } else if winograd::may_apply_to_gradients(args) {
            // As above.
            |cpu, args, memory| {
                let winograd = winograd::applies_to_weight(args);
                let backward = if winograd { winograd::backward_weight } else { backward::backward_weight };
                weight_by(backward, cpu, args, memory)
            }
        } else {
            |cpu, args, memory| weight_by(backward::backward_weight, cpu, args, memory)
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::backward_weight(gpu, args, memory);
    }
}
impl HalfOp for Conv2dBackwardWeight {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        i > 1
    }
}

/// Computes [`Conv2dBackwardWeight`] by a function of x, dy and dweight.
fn weight_by(
    backward: impl Fn(&Cpu, &Args, &[f32], &[f32], &mut [f32]),
    cpu: &Cpu,
    args: &Args,
    memory: &mut Memory<'_>,
) {
    let dy = memory.read(1);
    backward(cpu, args, memory.read(0), dy, memory.write(2));
    backward::backward_bias(cpu, args, dy, memory.write(3));
}

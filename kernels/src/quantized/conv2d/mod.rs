//! Two-dimensional convolutions of bytes, in groups.

mod cuda;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod depthwise;
mod direct;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod neighbours;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
pub(super) mod pack;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod product;
mod single;

use core::ops::Range;

use super::Points;
use crate::Cpu;
use crate::conv2d::Args;
use crate::launch::{Gpu, Pointers};
use crate::op::{Kernel, Memory, Op, Spec};

/// y ← clamp(z_y + ⌊M\[o\]·(w ∗ x + bias) + ½⌋, low, high), where w ∗ x is that of [`Conv2d`](crate::conv2d::Conv2d),
/// but for the padding, which is z_x.
///
/// The arguments are those of the convolution of floats. There is always a bias, and neither residual nor kept values,
/// whatever they say; the activation is what the limits make it.
///
/// Memory: weight (i8), bias (i32) and M (f32: a [`Factor`](super::Factor)) of each output channel; the bytes z_x, z_y,
/// low and high; x, y. PyTorch: `torch.ao.nn.quantized.functional.conv2d`.
///
/// ```
/// use castiron_kernels::activation::Activation;
/// use castiron_kernels::conv2d::Args;
/// use castiron_kernels::quantized::QuantizedConv2d;
/// use castiron_kernels::{Cpu, Raw};
///
/// let args = Args {
///     images: 1,
///     groups: 1,
///     in_channels: 1,
///     out_channels: 1,
///     input: [1, 3],
///     kernel: [1, 2],
///     stride: [1, 1],
///     padding: [0, 0],
///     dilation: [1, 1],
///     bias: true,
///     activation: Activation::Identity,
///     residual: false,
///     keep_pre: false,
/// };
/// let (weight, bias, factor, points) = ([1i8, -1], [10i32], [0.5f32], [0u8, 128, 0, 255]);
/// let (x, mut y) = ([7u8, 4, 200], [0u8; 2]);
/// Cpu::new().run::<QuantizedConv2d>(
///     &args,
///     &mut [
///         Raw::read(&weight),
///         Raw::read(&bias),
///         Raw::read(&factor),
///         Raw::read(&points),
///         Raw::read(&x),
///         Raw::write(&mut y),
///     ],
/// );
/// assert_eq!(y, [128 + 7, 128 - 93]);
/// ```
#[derive(Debug)]
pub struct QuantizedConv2d;
impl Op for QuantizedConv2d {
    const NAME: &'static str = "quantized conv2d";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let ([x, y, weight, _], channels) = (args.sizes(), args.out_channels);
        spec.read::<i8>(weight).read::<i32>(channels).read::<f32>(channels).read::<u8>(Points::LEN);
        spec.read::<u8>(x).write::<u8>(y);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &Args) -> Kernel<Self> {
        if args.groups == args.in_channels {
            |cpu, args, memory| by(of_planes, cpu, args, memory)
        } else {
            |cpu, args, memory| by(of_channels, cpu, args, memory)
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::forward(gpu, args, memory);
    }
}

/// Computes it by a function of x, the parameters and y, which is not empty.
fn by(forward: fn(&Cpu, &Call<'_>, &mut [u8]), cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let call = Call {
        args: *args,
        weight: memory.read(0),
        bias: memory.read(1),
        factors: memory.read(2),
        points: Points::new(memory.read(3)),
        x: memory.read(4),
    };
    let y: &mut [u8] = memory.write(5);
    if !y.is_empty() {
        forward(cpu, &call, y);
    }
}

/// Where each output sees one plane of the input.
fn of_planes(cpu: &Cpu, call: &Call<'_>, y: &mut [u8]) {
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    if let Some(choice) = pack::choose(cpu, call.args.out_per_group(), call.depth())
        && depthwise::applies(call, choice.kernel.group)
    {
        return depthwise::forward(cpu, call, choice.kernel.group, y);
    }
    of_channels(cpu, call, y);
}

fn of_channels(cpu: &Cpu, call: &Call<'_>, y: &mut [u8]) {
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    if let Some(choice) = pack::choose(cpu, call.args.out_per_group(), call.depth())
        && let Some(product) = product::Product::new(call, choice)
    {
        return product.forward(cpu, y);
    }
    if call.args.out_per_group() == 1 {
        single::forward(cpu, call, y);
    } else {
        direct::forward(cpu, call, y);
    }
}

/// What the kernels read.
struct Call<'a> {
    args: Args,
    weight: &'a [i8],
    bias: &'a [i32],
    factors: &'a [f32],
    points: Points,
    x: &'a [u8],
}

impl Call<'_> {
    /// Products that each output is a sum of.
    fn depth(&self) -> usize {
        self.args.in_per_group() * self.args.kernel[0] * self.args.kernel[1]
    }

    /// The taps of window `i` that are inside the image, in one direction; and where the first of them is.
    fn taps(&self, d: usize, i: usize) -> (usize, Range<usize>) {
        let (input, kernel, dilation) = (self.args.input[d], self.args.kernel[d], self.args.dilation[d]);
        let start = (i * self.args.stride[d]) as isize - self.args.padding[d] as isize;
        let count = |pixels: isize| {
            let pixels = pixels.max(0) as usize;
            // Division takes long.
            (if dilation <= 1 { pixels } else { pixels.div_ceil(dilation) }).min(kernel)
        };
        let end = count(input as isize - start);
        let first = count(-start).min(end);
        ((start + (first * dilation) as isize).max(0) as usize, first..end)
    }
}

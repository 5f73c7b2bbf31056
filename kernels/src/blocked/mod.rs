//! Convolutions of images whose channels lie in blocks of sixteen, for inference.
//!
//! A blocked image is `[⌈channels / 16⌉, height, width, 16]`: the same pixel of sixteen channels is one cache line, so
//! vector registers lie along channels, and neither edges of images nor odd sizes leave them half empty. What the
//! lanes beyond the last channel hold is never read as a channel. Weights are packed once, by [`Pack`].

mod cuda;
mod dense;
mod depthwise;
mod expand;
mod pack;
#[cfg(test)]
mod tests;
mod tile;

pub use pack::{Pack, PackArgs};

use half::bf16;

use crate::conv2d;
use crate::launch::{Gpu, Pointers};
use crate::op::{Kernel, Memory, Op, Spec};
use crate::weight::{self, Weight};
use crate::{Cpu, DType};

/// Channels of a block.
pub const BLOCK: usize = 16;

/// Floats that kernels have at least for what they copy.
const LEAST: usize = 2048;

/// Floats on the stack for that, where the device has no scratch memory.
const STACK: usize = if cfg!(feature = "std") { 0 } else { LEAST };

/// What kind of convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// From ordinary images (planes of channels), usually of few channels.
    First,
    /// By 1×1, without stride or padding.
    Pointwise,
    /// Each channel by itself.
    Depthwise,
}

/// The arguments of [`BlockedConv2d`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// What kind of convolution it is.
    pub kind: Kind,
    /// The convolution. There is always a bias, whatever it says; the activation must be none, ReLU or ReLU6, and
    /// values before it are not kept.
    pub conv: conv2d::Args,
    /// The element of the weight: f32 or bf16. All else is f32.
    pub weight: DType,
}

impl Args {
    /// Whether the convolution is of that kind, and can be computed here.
    fn is_valid(&self) -> bool {
        let conv2d::Args { groups, in_channels, out_channels, kernel, stride, padding, dilation, .. } =
            self.conv;
        let kind = match self.kind {
            Kind::First => groups == 1 && dilation[1] == 1 && stride[1] <= 2 && self.depth() <= LEAST,
            Kind::Pointwise => groups == 1 && kernel == [1, 1] && stride == [1, 1] && padding == [0, 0],
            Kind::Depthwise => groups == in_channels && groups == out_channels,
        };
        kind && self.conv.is_modest() && !self.conv.keep_pre && self.conv.activation.limits().is_some()
    }

    /// Numbers that each output is a sum over.
    const fn depth(&self) -> usize {
        let conv2d::Args { groups, in_channels, kernel, .. } = self.conv;
        (in_channels / groups).saturating_mul(kernel[0].saturating_mul(kernel[1]))
    }

    /// Elements of x, of y, of the packed weight and of the packed bias.
    fn sizes(&self) -> [usize; 4] {
        if !self.is_valid() {
            // What no memory has.
            return [usize::MAX; 4];
        }
        let conv2d::Args { images, in_channels, out_channels, input, .. } = self.conv;
        let (outs, area) = (padded(out_channels), |[h, w]: [usize; 2]| h.saturating_mul(w));
        let ins = if self.kind == Kind::First { in_channels } else { padded(in_channels) };
        let planes = |channels: usize, size| images.saturating_mul(channels).saturating_mul(area(size));
        let weights = weight::count(self.weight, outs.saturating_mul(self.depth()));
        [planes(ins, input), planes(outs, self.conv.output()), weights, outs]
    }
}

/// Channels of whole blocks.
const fn padded(channels: usize) -> usize {
    channels.div_ceil(BLOCK).saturating_mul(BLOCK)
}

/// y ← activation(w ∗ x + bias + r) for blocked images: what [`conv2d::Conv2d`] computes of ordinary ones.
///
/// Memory: the weight and the bias as [`Pack`] makes them; x, blocked unless the kind is [`Kind::First`]; y, blocked; and
/// the residual r, like y (absent unless added).
#[derive(Debug)]
pub struct BlockedConv2d;
impl Op for BlockedConv2d {
    const NAME: &'static str = "blocked conv2d";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let [x, y, weight, bias] = args.sizes();
        spec.read_dtype(args.weight, weight).read::<f32>(bias).read::<f32>(x).write::<f32>(y);
        spec.read::<f32>(if args.conv.residual { y } else { 0 });
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &Args) -> Kernel<Self> {
        match args.weight {
            DType::Bf16 => Self::forward::<bf16>,
            _ => Self::forward::<f32>,
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::forward(gpu, args, memory);
    }
}

impl BlockedConv2d {
    fn forward<T: Weight>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let call = Call {
            args: args.conv,
            weight: memory.read::<T>(0),
            bias: memory.read(1),
            x: memory.read(2),
            residual: memory.read(4),
            depth: args.depth(),
            limits: args.conv.activation.limits().unwrap_or([f32::NEG_INFINITY, f32::INFINITY]),
        };
        let y = memory.write(3);
        match args.kind {
            _ if y.is_empty() => {}
            Kind::First => dense::first(cpu, &call, y),
            Kind::Pointwise => dense::pointwise(cpu, &call, y),
            Kind::Depthwise => depthwise::forward(cpu, &call, y),
        }
    }
}

/// The arguments of [`BlockedExpand`].
#[derive(Clone, Copy, Debug)]
pub struct ExpandArgs {
    /// The pointwise convolution.
    pub expand: conv2d::Args,
    /// The depthwise one, of what that gives.
    pub each: conv2d::Args,
    /// The element of both weights: f32 or bf16. All else is f32.
    pub weight: DType,
}

impl ExpandArgs {
    /// Elements of x, of y, of the two packed weights and of the packed biases.
    fn sizes(&self) -> [usize; 5] {
        let ExpandArgs { expand, each, weight: dtype } = *self;
        let fits = expand.images == each.images && expand.out_channels == each.in_channels;
        let [x, between, weight, bias] = Args { kind: Kind::Pointwise, conv: expand, weight: dtype }.sizes();
        let [same, y, each_weight, _] = Args { kind: Kind::Depthwise, conv: each, weight: dtype }.sizes();
        let added = expand.residual || each.residual;
        if !fits || between != same || expand.output() != each.input || added || !expand::is_valid(&each) {
            return [usize::MAX; 5];
        }
        [x, y, weight, each_weight, bias]
    }
}

/// A pointwise convolution and then a depthwise one, as two [`BlockedConv2d`] without residuals; but what is between them
/// stays in the cache.
///
/// Memory: packed weight and bias of the first, of the second, x, y.
#[derive(Debug)]
pub struct BlockedExpand;
impl Op for BlockedExpand {
    const NAME: &'static str = "blocked expand";
    type Args = ExpandArgs;
    fn memory(args: &ExpandArgs, spec: &mut Spec) {
        let [x, y, weight, each, bias] = args.sizes();
        spec.read_dtype(args.weight, weight)
            .read::<f32>(bias)
            .read_dtype(args.weight, each)
            .read::<f32>(bias);
        spec.read::<f32>(x).write::<f32>(y);
    }
    fn cpu(cpu: &Cpu, args: &ExpandArgs, memory: &mut Memory<'_>) {
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &ExpandArgs) -> Kernel<Self> {
        match args.weight {
            DType::Bf16 => Self::forward::<bf16>,
            _ => Self::forward::<f32>,
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &ExpandArgs, memory: &Pointers) {
        cuda::expand(gpu, args, memory);
    }
}

impl BlockedExpand {
    fn forward<T: Weight>(cpu: &Cpu, args: &ExpandArgs, memory: &mut Memory<'_>) {
        let call = |kind, conv: conv2d::Args, first: usize| Call {
            args: conv,
            weight: memory.read::<T>(first),
            bias: memory.read(first + 1),
            x: memory.read(4),
            residual: &[],
            depth: Args { kind, conv, weight: args.weight }.depth(),
            limits: conv.activation.limits().unwrap_or([f32::NEG_INFINITY, f32::INFINITY]),
        };
        let (expand, each) = (call(Kind::Pointwise, args.expand, 0), call(Kind::Depthwise, args.each, 2));
        let y = memory.write(5);
        if !y.is_empty() {
            expand::forward(cpu, &expand, &each, y);
        }
    }
}

/// What the kernels read.
struct Call<'a, T> {
    args: conv2d::Args,
    weight: &'a [T],
    bias: &'a [f32],
    x: &'a [f32],
    /// Empty where there is none.
    residual: &'a [f32],
    depth: usize,
    limits: [f32; 2],
}

impl<T> Call<'_, T> {
    /// Blocks of the output.
    fn blocks(&self) -> usize {
        self.args.out_channels.div_ceil(BLOCK)
    }

    /// Pixels of an output plane.
    fn area(&self) -> usize {
        let [height, width] = self.args.output();
        height * width
    }

    /// The residual at an element of y; null where there is none.
    fn residual_at(&self, at: usize) -> *const f32 {
        if self.residual.is_empty() { core::ptr::null() } else { self.residual[at..].as_ptr() }
    }
}

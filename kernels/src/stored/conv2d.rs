//! Convolutions: weights are widened into a buffer, as many at a time as it holds, and computed with as all others.

use half::bf16;

use crate::Cpu;
use crate::activation::apply_in_place;
use crate::conv2d::Args;
use crate::cpu::multiversion;
use crate::element::Element;
use crate::op::Memory;
use crate::sure::{cut, cut_mut, divide, rest};

/// Floats of the buffer: half a second-level cache; and without a standard library what the stack has. Tests shall meet
/// all cases.
pub(crate) const BUFFER: usize = match () {
    () if cfg!(test) => 200,
    () if cfg!(feature = "std") => 1 << 18,
    () => Cpu::STACK,
};

/// Whether the buffer never holds more, so that an output with more weights has to do without it.
const FIXED: bool = cfg!(any(not(feature = "std"), test));

/// Computes with an algorithm: a function of weight, bias and residual, x, y, and the values before the activation.
pub(super) fn forward(
    algorithm: impl Fn(&Cpu, &Args, &[f32], [&[f32]; 2], &[f32], &mut [f32], &mut [f32]),
    cpu: &Cpu,
    args: &Args,
    memory: &mut Memory<'_>,
) {
    let (weight, bias, x) = (memory.read::<bf16>(0), memory.read::<f32>(1), memory.read::<f32>(2));
    let (y, residual) = (memory.write::<f32>(3), memory.read::<f32>(4));
    if y.is_empty() {
        return;
    }
    if weight.len() <= BUFFER {
        return cpu.with_buffer(weight.len(), |wide| {
            widen(cpu.isa(), weight, wide);
            algorithm(cpu, args, wide, [bias, residual], x, y, &mut []);
        });
    }
    let (ins, outs) = (args.in_per_group(), args.out_per_group());
    let (kernel, input, [height, width]) = (args.kernel, args.input[0] * args.input[1], args.output());
    let (depth, output) = (ins * kernel[0] * kernel[1], height * width);
    let mut first = 0;
    while first < args.out_channels {
        // Several groups, or some outputs of one.
        let (group, begun) = divide(first, outs);
        let whole = divide(BUFFER, outs * depth).0.min(args.groups - group);
        let (groups, count) = match (begun, divide(BUFFER, depth).0) {
            (0, _) if whole > 0 => (whole, whole * outs),
            // As register tiles like them.
            (_, some @ 32..) => (1, (some - some % 32).min(outs - begun)),
            (_, some) => (1, some.max(1).min(outs - begun)),
        };
        let part = Args { images: 1, groups, in_channels: groups * ins, out_channels: count, ..*args };
        let weight = cut(weight, first * depth, count * depth);
        let bias = if bias.is_empty() { bias } else { cut(bias, first, count) };
        let len = if FIXED { weight.len().min(BUFFER) } else { weight.len() };
        cpu.with_buffer(len, |wide| {
            let fits = weight.len() <= wide.len();
            if fits {
                widen(cpu.isa(), weight, wide);
            }
            for image in 0..args.images {
                let x = cut(x, (image * args.in_channels + group * ins) * input, part.in_channels * input);
                let (at, len) = ((image * args.out_channels + first) * output, count * output);
                let residual = if residual.is_empty() { residual } else { cut(residual, at, len) };
                let y = cut_mut(y, at, len);
                match fits {
                    true => algorithm(cpu, &part, wide, [bias, residual], x, y, &mut []),
                    false => one(cpu, &part, weight, [bias, residual], x, y),
                }
            }
        });
        first += count;
    }
}

multiversion! {
    fn widen(isa, from: &[bf16], to: &mut [f32]) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = from.widen());
    }
}

/// One output of one image, from weights as they lie.
fn one(cpu: &Cpu, args: &Args, weight: &[bf16], [bias, residual]: [&[f32]; 2], x: &[f32], y: &mut [f32]) {
    let ([height, width], [_, columns], [_, across]) = (args.input, args.output(), args.kernel);
    let taps = args.kernel[0] * across;
    for (pixel, y) in y.iter_mut().enumerate() {
        let (line, column) = divide(pixel, columns);
        let mut sum = bias.first().copied().unwrap_or(0.0);
        for (i, weight) in weight.iter().enumerate() {
            let (channel, tap) = divide(i, taps);
            let (u, v) = divide(tap, across);
            // Before the image is far behind it.
            let row = (line * args.stride[0] + u * args.dilation[0]).wrapping_sub(args.padding[0]);
            let column = (column * args.stride[1] + v * args.dilation[1]).wrapping_sub(args.padding[1]);
            if row < height && column < width {
                let at = (channel * height + row) * width + column;
                sum += weight.widen() * rest(x, at).first().copied().unwrap_or(0.0);
            }
        }
        *y = sum + residual.get(pixel).copied().unwrap_or(0.0);
    }
    apply_in_place(cpu.isa(), args.activation, y);
}

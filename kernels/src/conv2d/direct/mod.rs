//! Convolutions of few channels, straight from copies of the images in the first-level cache.
//!
//! `layout` copies the lines of an image so that every pixel of a window lies at one offset from its
//! first, whatever the padding and the stride. On such copies work `product` (the forward pass, and the
//! gradient of the input) and `correlation` (the gradient of the weight) with pixels side by side in the
//! registers, and `outer` (the gradient of the weight too) with output channels.

mod backward_input;
mod backward_weight;
mod correlation;
mod forward;
mod layout;
mod outer;
mod product;

pub(super) use backward_input::backward_input;
pub(super) use backward_weight::backward_weight;
pub(crate) use forward::forward;

use super::Args;
use super::forward::TAIL;
use layout::Layout;

/// Channels that are few.
const FEW: usize = 16;
/// Most terms of a sum.
const TAPS: usize = 512;
/// Multiplications that are worth a task.
const TASK: usize = 1 << 20;
/// Floats that are copied of a band of lines, unless a single line has more. Tests cut small images too.
const BAND: usize = if cfg!(test) { 1 << 9 } else { 1 << 15 };
/// Floats that a line may have: half the scratch memory of a thread holds them.
const FITS: usize = 65_000;

/// Whether the output and the gradient of the weight are computed here.
#[inline(always)]
pub(crate) fn applies(args: &Args) -> bool {
    let (ins, outs) = (args.in_per_group(), args.out_per_group());
    let taps = ins.saturating_mul(args.kernel[0]).saturating_mul(args.kernel[1]);
    cfg!(feature = "std")
        && args.is_modest()
        && (1..=TAPS).contains(&taps)
        && ins.min(outs) <= FEW
        && args.kernel != [1, 1]
        // So few pixels do not fill a register.
        && args.output()[0] * args.output()[1] > TAIL
        && Layout::windows(args, 1).size().max(Layout::padded(args, 1).size()) <= FITS
}

/// Whether the gradient of the input is computed here.
#[inline(always)]
pub(super) fn applies_backward_input(args: &Args) -> bool {
    let (ins, outs, [height, width]) = (args.in_per_group(), args.out_per_group(), args.kernel);
    cfg!(feature = "std")
        && args.is_modest()
        && (1..=TAPS).contains(&outs.saturating_mul(height))
        && ins.min(outs) <= FEW
        && args.stride == [1, 1]
        && (2..=backward_input::COLUMNS).contains(&width)
        && !args.output().contains(&0)
        && Layout::outputs(args, 1)
            .size()
            .saturating_add(ins.saturating_mul(width).saturating_mul(args.output()[1]))
            <= FITS
}

/// How many of `height` lines are computed at once, where `size` tells what is copied of so many.
fn band(height: usize, size: impl Fn(usize) -> usize) -> usize {
    let mut band = height;
    while band > 1 && size(band) > BAND {
        band = band.div_ceil(2);
    }
    band
}

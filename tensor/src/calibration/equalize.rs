//! Channels of one value are given ranges that suit its one scale: cross-layer equalization (Nagel et al. 2019,
//! "Data-Free Quantization Through Weight Equalization and Bias Correction").
//!
//! A channel that a layer gives may be divided by a number if the weights of the layers that read it are multiplied by
//! it: the model computes the same, unless an activation limits what is larger than all that was observed. So channels
//! that are small get as many of the 256 steps as those that are large.

use super::observer::{Seen, Step, ValueId};
use super::operation::Operation;
use super::simulate::Weights;

/// A channel gets no more than so many times the steps that it had.
const MOST: f32 = 256.0;

/// Changes the weights of `seen`, whose channels have been measured.
pub(super) fn equalize(seen: &mut Seen) {
    let writers: Vec<(usize, ValueId)> = (seen.steps.iter())
        .filter(|(_, step)| is_product(step))
        .map(|(table, step)| (*table, step.y))
        .collect();
    for (writer, value) in writers {
        let channels = seen.values[value].channels.clone();
        let whole = channels.iter().copied().fold(0.0, f32::max);
        let Some(readers) = readers(seen, value).filter(|_| whole > 0.0) else { continue };
        let depthwise = readers.iter().all(|reader| is_depthwise(&seen.steps[reader]));
        // The largest weight of each channel: all that matters, unless each has a scale of its own.
        let mut weights = vec![0.0f32; channels.len()];
        for reader in &readers {
            each(&seen.steps[reader], &mut seen.weights.get_mut(reader), channels.len(), |c, weight| {
                weights[c] = weights[c].max(weight.abs());
            });
        }
        let largest = weights.iter().copied().fold(0.0, f32::max).max(f32::MIN_POSITIVE);
        let pair = |(channel, weight): (&f32, &f32)| (channel.max(whole / MOST), weight.max(largest / MOST));
        let pairs: Vec<(f32, f32)> = channels.iter().zip(&weights).map(pair).collect();
        let product = pairs.iter().map(|(channel, weight)| (channel * weight).sqrt()).fold(0.0, f32::max);
        let divisor = |(channel, weight): (f32, f32)| match depthwise {
            true => channel / whole,
            false => (channel / weight).sqrt() * product / whole,
        };
        let divisors: Vec<f32> = pairs.into_iter().map(divisor).collect();
        if let Some(Weights { weight, bias }) = seen.weights.get_mut(&writer) {
            let each = weight.len() / bias.len().max(1);
            for ((row, bias), divisor) in weight.chunks_mut(each.max(1)).zip(bias).zip(&divisors) {
                row.iter_mut().for_each(|weight| *weight /= divisor);
                *bias /= divisor;
            }
        }
        for reader in &readers {
            let mut weights = seen.weights.get_mut(reader);
            each(&seen.steps[reader], &mut weights, divisors.len(), |c, weight| *weight *= divisors[c]);
        }
    }
}

fn is_product(step: &Step) -> bool {
    matches!(step.operation, Operation::Conv2d(_) | Operation::Linear(_))
}

fn is_depthwise(step: &Step) -> bool {
    matches!(step.operation, Operation::Conv2d(args) if args.groups == args.in_channels)
}

/// The products that read a value, perhaps its mean; nothing if something else does.
fn readers(seen: &Seen, value: ValueId) -> Option<Vec<usize>> {
    if seen.values[value].is_fixed {
        return None;
    }
    let mut readers = Vec::new();
    for (table, step) in seen.steps.iter().filter(|(_, step)| step.x.contains(&value)) {
        match step.operation {
            _ if is_product(step) => readers.push(*table),
            Operation::MeanPool(_) => readers.extend(self::readers(seen, step.y)?),
            _ => return None,
        }
    }
    (!readers.is_empty()).then_some(readers)
}

/// Calls `f` with every weight of a product and its input channel, of `channels` in all: of a linear layer that reads
/// images, each is many inputs.
fn each(
    step: &Step,
    weights: &mut Option<&mut Weights>,
    channels: usize,
    mut f: impl FnMut(usize, &mut f32),
) {
    let Some(Weights { weight, bias }) = weights else { return };
    let per_output = (weight.len() / bias.len().max(1)).max(1);
    let (groups, area) = match step.operation {
        Operation::Conv2d(args) => (args.groups, args.kernel[0] * args.kernel[1]),
        _ => (1, (per_output / channels.max(1)).max(1)),
    };
    let (inputs, outputs) = (channels / groups, (bias.len() / groups).max(1));
    for (i, weight) in weight.iter_mut().enumerate() {
        let (output, rest) = (i / per_output, i % per_output);
        f(output / outputs * inputs + rest / area, weight);
    }
}

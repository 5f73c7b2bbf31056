//! What tables hold, computed from the scales of values and from the parameters in `f32`.

use core::mem::MaybeUninit;

use castiron_kernels::Cpu;

use super::observer::{Seen, Step};
use super::operation::Operation;
use super::range::Affine;
use super::simulate::{Weights, activate};
use crate::quantized::{FACTOR, POINTS, places};

/// The greatest integer that a bias becomes, which leaves room for the sum.
const LARGEST_BIAS: f64 = (1u64 << 30) as f64;

/// The least factor that a kernel takes, and the greatest.
const FACTORS: [f64; 2] = [1.0 / (1u64 << 31) as f64, (1u64 << 19) as f64];

/// Memory of quantized parameters, as bytes.
pub(super) struct Tables<'a>(pub(super) &'a mut [MaybeUninit<u8>]);

impl Tables<'_> {
    pub(super) fn put(&mut self, at: usize, bytes: impl IntoIterator<Item = u8>) {
        for (to, byte) in self.0[at..].iter_mut().zip(bytes) {
            to.write(byte);
        }
    }

    fn put_floats(&mut self, at: usize, floats: &[f32]) {
        self.put(at, floats.iter().flat_map(|float| float.to_ne_bytes()));
    }

    /// The table of a step. `scales` are those of all values; `shift` is how much less than it should the step's
    /// input stands for.
    pub(super) fn fill(
        &mut self,
        cpu: &Cpu,
        seen: &Seen,
        table: usize,
        step: &Step,
        scales: &[Affine],
        shift: f64,
    ) {
        let y = scales[step.y];
        self.put_floats(table, &[y.scale]);
        self.put(table + size_of::<f32>(), [y.zero]);
        let points = table + POINTS;
        let [low, high] = y.limits(step.operation.activation());
        let x = step.x.first().map_or(y, |x| scales[*x]);
        let ratio = |x: Affine, by: f64| (f64::from(x.scale) / f64::from(y.scale) / by) as f32;
        match step.operation {
            Operation::Conv2d(_) | Operation::Linear(_) => {
                self.put(points, [x.zero, y.zero, low, high]);
                self.product(table, &seen.weights[&table], step, [x, y], shift);
            }
            Operation::Add(_) => {
                let [a, b] = [scales[step.x[0]], scales[step.x[1]]];
                self.put(points, [a.zero, b.zero, y.zero, low, high]);
                self.put_floats(table + FACTOR, &[ratio(a, 1.0), ratio(b, 1.0)]);
            }
            Operation::MeanPool(args) => {
                self.put(points, [x.zero, y.zero, low, high]);
                let area = (args.kernel[0] * args.kernel[1]) as f64;
                self.put_floats(table + FACTOR, &[ratio(x, area)]);
            }
            Operation::Place(_) => {
                self.put(points, [x.zero, y.zero, low, high]);
                self.put_floats(table + FACTOR, &[ratio(x, 1.0)]);
            }
            Operation::Activate(args) => {
                let numbers = (0..=255).map(|byte| x.number(byte)).collect();
                let images = activate(cpu, args.activation, numbers);
                self.put(points, images.into_iter().map(|number| y.byte(number)));
            }
            Operation::Quantize(_)
            | Operation::Dequantize(_)
            | Operation::MaxPool(_)
            | Operation::Move(_) => {}
        }
    }

    /// Bias, factors and weights: each output's weights have a scale of their own, with which the largest is ±127.
    fn product(
        &mut self,
        table: usize,
        Weights { weight, bias }: &Weights,
        step: &Step,
        [x, y]: [Affine; 2],
        shift: f64,
    ) {
        let [biases, factors, weights] = places(bias.len()).map(|place| table + place);
        let (each, outputs) = (weight.len() / bias.len().max(1), bias.len());
        let [x_scale, y_scale] = [x, y].map(|value| f64::from(value.scale));
        for (o, (weight, bias)) in weight.chunks(each.max(1)).zip(bias).enumerate() {
            let largest = weight.iter().fold(0.0f32, |largest, weight| largest.max(weight.abs()));
            let sum: f64 = weight.iter().map(|weight| f64::from(*weight)).sum();
            let bias = f64::from(*bias) + shift * sum;
            // Of an output with next to no weights, the bias decides.
            let scale = (f64::from(largest) / 127.0)
                .max(bias.abs() / (x_scale * LARGEST_BIAS))
                .max(FACTORS[0] * y_scale / x_scale);
            let quantized: Vec<i8> =
                weight.iter().map(|weight| (f64::from(*weight) / scale).round() as i8).collect();
            let sum: i64 = quantized.iter().map(|weight| i64::from(*weight)).sum();
            let rounded = weight.iter().zip(&quantized).enumerate();
            let drift: f64 = rounded
                .map(|(i, (weight, quantized))| {
                    step.mean(o, outputs, i, each) * (f64::from(*quantized) * scale - f64::from(*weight))
                })
                .sum();
            let bias = bias - drift;
            let bias = (bias / (x_scale * scale)).round() as i64 - i64::from(x.zero) * sum;
            let bias = bias.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
            let factor = (x_scale * scale / y_scale).min(FACTORS[1]) as f32;
            self.put(biases + o * size_of::<i32>(), bias.to_ne_bytes());
            self.put_floats(factors + o * size_of::<f32>(), &[factor]);
            self.put(weights + o * each, quantized.into_iter().map(|weight| weight as u8));
        }
    }
}

//! What operations on bytes stand for, on `f32`.

use castiron_kernels::activation::{self, Activate, Activation};
use castiron_kernels::conv2d::{self, Conv2d};
use castiron_kernels::copy_strided::{self, CopyStrided};
use castiron_kernels::pool2d::{AvgPool2d, MaxPool2d};
use castiron_kernels::quantized::LinearArgs;
use castiron_kernels::strided::{self, Strided};
use castiron_kernels::{Cpu, Raw};

use super::operation::Operation;

/// The parameters of a layer with its batch norm folded into it.
#[derive(Default)]
pub(super) struct Weights {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// y of an operation. `whole` is what of y is there already, if it writes a part.
pub(super) fn simulate(
    cpu: &Cpu,
    operation: &Operation,
    weights: &Weights,
    x: &[&[f32]],
    whole: Option<Vec<f32>>,
) -> Vec<f32> {
    let first = x.first().copied().unwrap_or(&[]);
    let mut y = whole.unwrap_or_else(|| vec![0.0; operation.len()]);
    match *operation {
        Operation::Quantize(_) | Operation::Dequantize(_) => y.copy_from_slice(first),
        Operation::Conv2d(args) => product(cpu, args, weights, first, &mut y),
        Operation::Linear(args) => product(cpu, of_linear(&args), weights, first, &mut y),
        Operation::Add(args) => {
            let sums = first.iter().zip(x.get(1).copied().unwrap_or(&[])).map(|(a, b)| a + b);
            y = activate(cpu, args.activation, sums.collect());
        }
        Operation::Activate(args) => y = activate(cpu, args.activation, first.to_vec()),
        Operation::MeanPool(args) => {
            cpu.run::<AvgPool2d>(&args, &mut [Raw::read_slice(first), Raw::write_slice(&mut y)]);
        }
        Operation::MaxPool(args) => {
            cpu.run::<MaxPool2d>(&args, &mut [Raw::read_slice(first), Raw::write_slice(&mut y)]);
        }
        Operation::Place(args) => {
            let args = strided::Args { factor: 1.0, accumulate: false, ..args };
            cpu.run::<Strided>(&args, &mut [Raw::read_slice(first), Raw::write_slice(&mut y)]);
        }
        Operation::Move(args) => {
            let args = copy_strided::Args { size: size_of::<f32>(), ..args };
            cpu.run::<CopyStrided>(&args, &mut [Raw::read_slice(first), Raw::write_slice(&mut y)]);
        }
    }
    y
}

fn product(cpu: &Cpu, args: conv2d::Args, Weights { weight, bias }: &Weights, x: &[f32], y: &mut [f32]) {
    let args = conv2d::Args { bias: true, residual: false, keep_pre: false, ..args };
    let parameters = (Raw::read_slice(weight), Raw::read_slice(bias));
    let memory =
        &mut [parameters.0, parameters.1, Raw::read_slice(x), Raw::write_slice(y), Raw::none(), Raw::none()];
    cpu.run::<Conv2d>(&args, memory);
}

/// A linear layer is a convolution of images of one pixel.
fn of_linear(args: &LinearArgs) -> conv2d::Args {
    conv2d::Args {
        images: args.rows,
        groups: 1,
        in_channels: args.inputs,
        out_channels: args.outputs,
        input: [1; 2],
        kernel: [1; 2],
        stride: [1; 2],
        padding: [0; 2],
        dilation: [1; 2],
        bias: true,
        activation: args.activation,
        residual: false,
        keep_pre: false,
    }
}

/// The function of each number.
pub(super) fn activate(cpu: &Cpu, activation: Activation, mut x: Vec<f32>) -> Vec<f32> {
    let args = activation::Args { activation, len: x.len(), in_place: true };
    cpu.run::<Activate>(&args, &mut [Raw::none(), Raw::write_slice(&mut x)]);
    x
}

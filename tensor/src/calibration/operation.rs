//! [`Operation`]: a call of a quantized model, as calibration sees it.

use std::any::{Any, TypeId};

use castiron_kernels::activation::Activation;
use castiron_kernels::copy_strided::{self, CopyStrided};
use castiron_kernels::quantized::{
    AddArgs, Dequantize, DequantizeArgs, LinearArgs, LookupArgs, Quantize, QuantizedActivation, QuantizedAdd,
    QuantizedAvgPool2d, QuantizedConv2d, QuantizedLinear, QuantizedMaxPool2d, Requantize,
};
use castiron_kernels::{Op, conv2d, pool2d, strided};

use crate::quantized::POINTS;

/// What is computed on bytes, and the conversions.
#[derive(Clone, Copy)]
pub(super) enum Operation {
    Quantize(usize),
    Dequantize(DequantizeArgs),
    Conv2d(conv2d::Args),
    Linear(LinearArgs),
    Add(AddArgs),
    MeanPool(pool2d::Args),
    Place(strided::Args),
    Activate(LookupArgs),
    MaxPool(pool2d::Args),
    Move(copy_strided::Args),
}

/// Which memory arguments are what.
pub(super) struct Roles {
    /// One that lies in the operation's table, and how far in.
    pub(super) table: Option<(usize, usize)>,
    pub(super) inputs: &'static [usize],
    pub(super) output: usize,
}

/// The arguments of `O`, if it is `P`.
fn args<O: Op, P: Op>(args: &O::Args) -> Option<P::Args> {
    let same = TypeId::of::<O>() == TypeId::of::<P>();
    (args as &dyn Any).downcast_ref::<P::Args>().filter(|_| same).copied()
}

impl Operation {
    /// Nothing for what is computed on floats.
    pub(super) fn of<O: Op>(given: &O::Args) -> Option<Self> {
        let none = || None;
        none()
            .or_else(|| args::<O, Quantize>(given).map(Operation::Quantize))
            .or_else(|| args::<O, Dequantize>(given).map(Operation::Dequantize))
            .or_else(|| args::<O, QuantizedConv2d>(given).map(Operation::Conv2d))
            .or_else(|| args::<O, QuantizedLinear>(given).map(Operation::Linear))
            .or_else(|| args::<O, QuantizedAdd>(given).map(Operation::Add))
            .or_else(|| args::<O, QuantizedAvgPool2d>(given).map(Operation::MeanPool))
            .or_else(|| args::<O, Requantize>(given).map(Operation::Place))
            .or_else(|| args::<O, QuantizedActivation>(given).map(Operation::Activate))
            .or_else(|| args::<O, QuantizedMaxPool2d>(given).map(Operation::MaxPool))
            .or_else(|| args::<O, CopyStrided>(given).filter(|args| args.size == 1).map(Operation::Move))
    }

    pub(super) fn roles(&self) -> Roles {
        let (table, inputs, output): (_, &[usize], _) = match self {
            Operation::Quantize(_) => (Some((0, 0)), &[], 3),
            Operation::Dequantize(_) => (Some((0, 0)), &[2], 3),
            Operation::Conv2d(_) | Operation::Linear(_) => (Some((3, POINTS)), &[4], 5),
            Operation::Add(_) => (Some((1, POINTS)), &[2, 3], 4),
            Operation::MeanPool(_) | Operation::Place(_) => (Some((1, POINTS)), &[2], 3),
            Operation::Activate(_) => (Some((0, POINTS)), &[1], 2),
            Operation::MaxPool(_) | Operation::Move(_) => (None, &[0], 1),
        };
        Roles { table, inputs, output }
    }

    /// How many numbers it writes; of a part, how many the whole has.
    pub(super) fn len(&self) -> usize {
        let area = |[height, width]: [usize; 2]| height * width;
        match self {
            Operation::Quantize(len) => *len,
            Operation::Dequantize(args) => args.len,
            Operation::Conv2d(args) => args.images * args.out_channels * area(args.output()),
            Operation::Linear(args) => args.rows * args.outputs,
            Operation::Add(args) => args.len,
            Operation::MeanPool(args) | Operation::MaxPool(args) => args.planes * area(args.output()),
            Operation::Place(args) => args.dims[0] * args.to[0],
            Operation::Activate(args) => args.len,
            Operation::Move(args) => args.dims[1] * args.to[1].unsigned_abs(),
        }
    }

    /// What limits its bytes, or what they are a table of.
    pub(super) fn activation(&self) -> Activation {
        match self {
            Operation::Conv2d(args) => args.activation,
            Operation::Linear(args) => args.activation,
            Operation::Add(args) => args.activation,
            Operation::Activate(args) => args.activation,
            _ => Activation::Identity,
        }
    }

    /// Whether it writes `i32`.
    pub(super) fn is_wide(&self) -> bool {
        matches!(self, Operation::Linear(LinearArgs { wide: true, .. }))
    }
}

/// The elements of y that a part is placed in, in the order of its own.
pub(super) fn places(args: &strided::Args) -> Vec<usize> {
    let mut places = vec![args.to_start];
    for (dim, step) in args.dims.iter().zip(args.to) {
        places = places.iter().flat_map(|start| (0..*dim).map(move |i| start + i * step)).collect();
    }
    places
}

//! Calls on bytes. A byte q stands for scale·(q − zero point); scales and zero points are in the
//! [tables](crate::quantized) that calibration fills, and each call takes the one of what it writes.

use castiron_kernels::copy_strided::{self, CopyStrided};
use castiron_kernels::quantized::{
    AddArgs, Dequantize, DequantizeArgs, LinearArgs, LookupArgs, Quantize, QuantizedActivation, QuantizedAdd,
    QuantizedAvgPool2d, QuantizedConv2d, QuantizedLinear, QuantizedMaxPool2d, Requantize,
};
use castiron_kernels::strided;

use super::activation::Activation;
use super::layout::Strided;
use super::{conv2d, linear, pool2d};
use crate::Cx;
use crate::device::Device;
use crate::memory::Arg;
use crate::quantized::{FACTOR, POINTS, places};

/// Where a table has its zero point.
const ZERO_POINT: usize = size_of::<f32>();

/// y = clamp(round(x / scale) + zero point), for samples of `len` numbers. PyTorch's `quantize_per_tensor`.
pub fn quantize<D: Device>(cx: &Cx<'_, D>, len: usize, table: Arg<'_, D>, x: Arg<'_, D>, y: Arg<'_, D>) {
    cx.run::<Quantize, 4>(cx.rows() * len, [table.again(), table.skip(ZERO_POINT), x, y]);
}

/// y = scale·(x − zero point), for samples of `len` numbers; if `wide`, x is `i32` and the zero point is 0.
/// PyTorch's `dequantize`.
pub fn dequantize<D: Device>(
    cx: &Cx<'_, D>,
    len: usize,
    wide: bool,
    table: Arg<'_, D>,
    x: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let args = DequantizeArgs { len: cx.rows() * len, wide };
    cx.run::<Dequantize, 4>(args, [table.again(), table.skip(ZERO_POINT), x, y]);
}

/// y = A(w ⋆ x + b), of the image x in bytes; the table is a [`Product`](crate::quantized::Product). The bias is
/// always there.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn conv2d<D: Device>(
    cx: &Cx<'_, D>,
    args: &conv2d::Args,
    table: Arg<'_, D>,
    x: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let [weight, bias, factor, points] = parts(table, args.out_channels);
    cx.run::<QuantizedConv2d, 6>(conv2d::of_batch(args, cx.rows()), [weight, bias, factor, points, x, y]);
}

/// y = A(x·wᵀ + b), of the vectors x in bytes; the table is a [`Product`](crate::quantized::Product). If `wide`, y is
/// `i32`, so that it need not fit a byte, and there is no activation.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn linear<D: Device>(
    cx: &Cx<'_, D>,
    args: &linear::Args,
    wide: bool,
    table: Arg<'_, D>,
    x: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let &linear::Args { rows, inputs, outputs, activation, .. } = args;
    let [weight, bias, factor, points] = parts(table, outputs);
    let args = LinearArgs { rows: cx.rows() * rows, inputs, outputs, activation, wide };
    cx.run::<QuantizedLinear, 6>(args, [weight, bias, factor, points, x, y]);
}

/// Weight, bias, factors and points of a [`Product`](crate::quantized::Product).
fn parts<D: Device>(table: Arg<'_, D>, outputs: usize) -> [Arg<'_, D>; 4] {
    let [bias, factor, weight] = places(outputs);
    [table.again().skip(weight), table.again().skip(bias), table.again().skip(factor), table.skip(POINTS)]
}

/// y = A(a + b), for samples of `len` bytes; the table is a [`Sum`](crate::quantized::Sum).
pub fn add<D: Device>(
    cx: &Cx<'_, D>,
    activation: Activation,
    len: usize,
    table: Arg<'_, D>,
    a: Arg<'_, D>,
    b: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let args = AddArgs { len: cx.rows() * len, activation };
    cx.run::<QuantizedAdd, 5>(args, [table.again().skip(FACTOR), table.skip(POINTS), a, b, y]);
}

/// y = A(x), for samples of `len` bytes; the table is a [`Lookup`](crate::quantized::Lookup).
pub fn activate<D: Device>(
    cx: &Cx<'_, D>,
    activation: Activation,
    len: usize,
    table: Arg<'_, D>,
    x: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let args = LookupArgs { len: cx.rows() * len, activation };
    cx.run::<QuantizedActivation, 3>(args, [table.skip(POINTS), x, y]);
}

/// y = the largest number of each window, at the scale of x.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn max_pool2d<D: Device>(cx: &Cx<'_, D>, args: &pool2d::Args, x: Arg<'_, D>, y: Arg<'_, D>) {
    cx.run::<QuantizedMaxPool2d, 2>(pool2d::batch(cx, args), [x, y]);
}

/// y = the mean of each window; the table is a [`Rescale`](crate::quantized::Rescale).
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn mean_pool2d<D: Device>(
    cx: &Cx<'_, D>,
    args: &pool2d::Args,
    table: Arg<'_, D>,
    x: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let arguments = [table.again().skip(FACTOR), table.skip(POINTS), x, y];
    cx.run::<QuantizedAvgPool2d, 4>(pool2d::batch(cx, args), arguments);
}

/// The arguments of [`mean_pool2d`] for the mean of all pixels.
pub const fn global([channels, height, width]: [usize; 3]) -> pool2d::Args {
    let size = [height, width];
    pool2d::Args { planes: channels, input: size, kernel: size, stride: [1; 2], padding: [0; 2] }
}

/// y\[to\] = x\[from\], brought to another scale: one part of a concatenation. The table is a
/// [`Rescale`](crate::quantized::Rescale).
pub fn place<D: Device>(cx: &Cx<'_, D>, args: &Strided, table: Arg<'_, D>, x: Arg<'_, D>, y: Arg<'_, D>) {
    let with_rows = |row: usize, [a, b, c, d, e, f]: [usize; 6]| [row, a, b, c, d, e, f];
    let args = strided::Args {
        dims: with_rows(cx.rows(), args.dims),
        from: with_rows(args.from_row, args.from),
        to: with_rows(args.to_row, args.to),
        from_start: args.from_start,
        to_start: args.to_start,
        factor: 1.0,
        accumulate: false,
    };
    cx.run::<Requantize, 4>(args, [table.again().skip(FACTOR), table.skip(POINTS), x, y]);
}

/// y\[to\] = x\[from\], at the scale of x: slices and permutations.
pub fn strided<D: Device>(cx: &Cx<'_, D>, args: &Strided, x: Arg<'_, D>, y: Arg<'_, D>) {
    let signed = |[a, b, c, d, e, f]: [usize; 6], row| [0, row, a, b, c, d, e, f].map(|step| step as isize);
    let [a, b, c, d, e, f] = args.dims;
    let args = copy_strided::Args {
        size: 1,
        dims: [1, cx.rows(), a, b, c, d, e, f],
        from: signed(args.from, args.from_row),
        to: signed(args.to, args.to_row),
        from_start: args.from_start,
        to_start: args.to_start,
    };
    cx.run::<CopyStrided, 2>(args, [x, y]);
}

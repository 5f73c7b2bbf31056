//! Pooling.

use proptest::prelude::*;

use super::*;
use crate::check::Checked;
use crate::{DType, pool2d};

fn pools() -> BoxedStrategy<pool2d::Args> {
    let pair = |range: core::ops::Range<usize>| [range.clone(), range];
    let any = (0..6usize, pair(1..24), pair(1..6), pair(1..4), pair(0..3)).prop_map(
        |(planes, input, kernel, stride, padding)| pool2d::Args { planes, input, kernel, stride, padding },
    );
    let halves = (1..4usize, pair(1..24)).prop_map(|(planes, [height, width])| pool2d::Args {
        planes,
        input: [2 * height, 2 * width],
        kernel: [2, 2],
        stride: [2, 2],
        padding: [0, 0],
    });
    let global = (1..9usize, pair(1..15)).prop_map(|(planes, input)| pool2d::Args {
        planes,
        input,
        kernel: input,
        stride: [1, 1],
        padding: [0, 0],
    });
    prop_oneof![2 => any, 1 => halves, 1 => global]
        .prop_filter("no window fits", |args| !args.output().contains(&0))
        .boxed()
}

/// Calls `f(y, x)` for all pixels x of all windows y.
fn pixels(args: &pool2d::Args, mut f: impl FnMut(usize, usize)) {
    let ([height, width], [lines, columns]) = (args.input, args.output());
    for y in 0..args.planes * lines * columns {
        let (plane, i, j) = (y / columns / lines, y / columns % lines, y % columns);
        for u in 0..args.kernel[0] {
            for v in 0..args.kernel[1] {
                let py = (i * args.stride[0] + u).wrapping_sub(args.padding[0]);
                let px = (j * args.stride[1] + v).wrapping_sub(args.padding[1]);
                if py < height && px < width {
                    f(y, (plane * height + py) * width + px);
                }
            }
        }
    }
}

impl Checked for QuantizedMaxPool2d {
    const TOLERANCE: f64 = 0.0;
    const ISAS: &[Isa] = ISAS;
    fn dtype(_: &pool2d::Args, _: usize) -> DType {
        DType::U8
    }
    fn fill(_: &pool2d::Args, _: usize, len: usize, random: &mut Random) -> Data {
        bytes(len, random)
    }
    fn cases() -> BoxedStrategy<pool2d::Args> {
        pools()
    }
    fn reference(args: &pool2d::Args, memory: &mut [Vec<f64>]) {
        let [x, y] = memory else { panic!("two arguments") };
        pixels(args, |i, j| y[i] = y[i].max(x[j]));
    }
}

impl Checked for QuantizedAvgPool2d {
    const TOLERANCE: f64 = 0.0;
    const ISAS: &[Isa] = ISAS;
    fn dtype(_: &pool2d::Args, i: usize) -> DType {
        if i == 0 { DType::F32 } else { DType::U8 }
    }
    fn fill(args: &pool2d::Args, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            0 => factors(len, 64.0 * (args.kernel[0] * args.kernel[1]) as f32, random),
            1 => points(len, random),
            _ => bytes(len, random),
        }
    }
    fn cases() -> BoxedStrategy<pool2d::Args> {
        pools()
    }
    fn reference(args: &pool2d::Args, memory: &mut [Vec<f64>]) {
        let [scale, points, x, y] = memory else { panic!("four arguments") };
        pixels(args, |i, j| y[i] += x[j] - points[0]);
        y.iter_mut().for_each(|y| *y = byte(round(scale[0], *y), points));
    }
}

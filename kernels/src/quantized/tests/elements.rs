//! What changes each number by itself.

use proptest::prelude::*;

use super::*;
use crate::activation::Activation;
use crate::check::Checked;
use crate::{DType, strided};

impl Checked for QuantizedAdd {
    const TOLERANCE: f64 = 0.0;
    const ISAS: &[Isa] = ISAS;
    fn dtype(_: &AddArgs, i: usize) -> DType {
        if i == 0 { DType::F32 } else { DType::U8 }
    }
    fn fill(_: &AddArgs, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            0 => factors(len, 64.0, random),
            1 => points(len, random),
            _ => bytes(len, random),
        }
    }
    fn cases() -> BoxedStrategy<AddArgs> {
        prop_oneof![0..300usize, Just(40_000)]
            .prop_map(|len| AddArgs { len, activation: Activation::Relu })
            .boxed()
    }
    fn reference(_: &AddArgs, memory: &mut [Vec<f64>]) {
        let [scales, points, a, b, y] = memory else { panic!("five arguments") };
        let pair = Pair::new([scales[0] as f32, scales[1] as f32]);
        let [first, second] = pair.multipliers.map(f64::from);
        for (y, (a, b)) in y.iter_mut().zip(a.iter().zip(b)) {
            let sum = (a - points[0]) * first + (*b - points[1]) * second;
            let multiple = (sum / 2f64.powi(pair.shift as i32) + 0.5).floor();
            *y = byte(multiple as i64, points);
        }
    }
}

impl Checked for QuantizedActivation {
    const TOLERANCE: f64 = 0.0;
    const ISAS: &[Isa] = ISAS;
    fn dtype(_: &LookupArgs, _: usize) -> DType {
        DType::U8
    }
    fn fill(_: &LookupArgs, _: usize, len: usize, random: &mut Random) -> Data {
        bytes(len, random)
    }
    fn cases() -> BoxedStrategy<LookupArgs> {
        prop_oneof![0..300usize, Just(40_000)]
            .prop_map(|len| LookupArgs { len, activation: Activation::Sigmoid })
            .boxed()
    }
    fn reference(_: &LookupArgs, memory: &mut [Vec<f64>]) {
        let [table, x, y] = memory else { panic!("three arguments") };
        y.iter_mut().zip(x).for_each(|(y, x)| *y = table[*x as usize]);
    }
}

impl Checked for Requantize {
    const TOLERANCE: f64 = 0.0;
    const ISAS: &[Isa] = ISAS;
    fn dtype(_: &strided::Args, i: usize) -> DType {
        if i == 0 { DType::F32 } else { DType::U8 }
    }
    fn fill(_: &strided::Args, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            0 => factors(len, 64.0, random),
            1 => points(len, random),
            _ => bytes(len, random),
        }
    }
    fn cases() -> BoxedStrategy<strided::Args> {
        strided::tests::cases()
            .prop_filter("a sum", |args| !args.dims.iter().zip(args.to).any(|(len, to)| *len > 1 && to == 0))
            .boxed()
    }
    fn reference(args: &strided::Args, memory: &mut [Vec<f64>]) {
        let [scale, points, x, y] = memory else { panic!("four arguments") };
        for index in 0..args.dims.iter().product() {
            let (mut rest, mut from, mut to) = (index, args.from_start, args.to_start);
            for i in (0..strided::AXES).rev() {
                from += rest % args.dims[i] * args.from[i];
                to += rest % args.dims[i] * args.to[i];
                rest /= args.dims[i];
            }
            y[to] = byte(round(scale[0], x[from] - points[0]), points);
        }
    }
}

impl Checked for Quantize {
    const TOLERANCE: f64 = 0.0;
    const ISAS: &[Isa] = ISAS;
    fn dtype(_: &usize, i: usize) -> DType {
        [DType::F32, DType::U8, DType::F32, DType::U8][i]
    }
    fn fill(_: &usize, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            0 => Data::F32(vec![0.01 * 4f32.powf(random.signed())]),
            1 => bytes(len, random),
            // Some are half-way between two bytes.
            _ if random.below(2) == 0 => Data::F32((0..len).map(|_| 2.0 * random.signed()).collect()),
            _ => Data::F32((0..len).map(|_| (random.below(600) as f32 - 300.0) / 256.0).collect()),
        }
    }
    fn cases() -> BoxedStrategy<usize> {
        prop_oneof![0..300usize, Just(40_000)].boxed()
    }
    fn reference(_: &usize, memory: &mut [Vec<f64>]) {
        let [scale, zero, x, q] = memory else { panic!("four arguments") };
        for (q, x) in q.iter_mut().zip(x) {
            let multiple = *x as f32 * (1.0 / scale[0] as f32);
            *q = (f64::from(multiple).round_ties_even() + zero[0]).clamp(0.0, 255.0);
        }
    }
}

impl Checked for Dequantize {
    const TOLERANCE: f64 = 0.0;
    const ISAS: &[Isa] = ISAS;
    fn dtype(args: &DequantizeArgs, i: usize) -> DType {
        [DType::F32, DType::U8, if args.wide { DType::I32 } else { DType::U8 }, DType::F32][i]
    }
    fn fill(args: &DequantizeArgs, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            0 => Data::F32(vec![0.01 * 4f32.powf(random.signed())]),
            2 if args.wide => Data::I32((0..len).map(|_| random.bits() as i32).collect()),
            _ => bytes(len, random),
        }
    }
    fn cases() -> BoxedStrategy<DequantizeArgs> {
        (prop_oneof![0..300usize, Just(40_000)], any::<bool>())
            .prop_map(|(len, wide)| DequantizeArgs { len, wide })
            .boxed()
    }
    fn reference(args: &DequantizeArgs, memory: &mut [Vec<f64>]) {
        let [scale, zero, q, x] = memory else { panic!("four arguments") };
        let zero = if args.wide { 0.0 } else { zero[0] };
        for (x, q) in x.iter_mut().zip(q) {
            *x = f64::from(scale[0] as f32 * (*q - zero) as f32);
        }
    }
}

use proptest::prelude::*;

use super::*;
use crate::activation::Activation;
use crate::check::{Checked, Data, Random};
use crate::conv2d::tests::{channels, depthwise_cases, products, tiles, wide};
use crate::{Cpu, DType, Isa, Raw, conv2d, pool2d, strided};

/// ⌊sum·scale + ½⌋ by the value of the float.
fn round(scale: f64, sum: f64) -> i64 {
    let (bits, sum) = ((scale as f32).to_bits(), sum as i128);
    let (significand, shift) = ((bits & 0x7F_FFFF | 0x80_0000) as i128, 150 - (bits >> 23) as i32);
    let product = sum * significand;
    (if shift > 0 { (2 * product + (1 << shift)) >> (shift + 1) } else { product << -shift }) as i64
}

/// A multiple of the scale of y, as a byte; `points` are those of an operation, the last three of them y's.
fn byte(multiple: i64, points: &[f64]) -> f64 {
    let &[.., zero, low, high] = points else { panic!("three points at least") };
    (zero + multiple as f64).max(low).min(high)
}

/// Bytes of all sizes; often the extreme ones.
fn bytes(len: usize, random: &mut Random) -> Data {
    let extreme = random.below(4) == 0;
    let byte = |random: &mut Random| if extreme { [0, 255][random.below(2)] } else { random.bits() as u8 };
    Data::U8((0..len).map(|_| byte(random)).collect())
}

/// Zero points, and limits that are often those of bytes.
fn points(len: usize, random: &mut Random) -> Data {
    let mut points: Vec<u8> = (0..len).map(|_| random.bits() as u8).collect();
    if random.below(2) == 0 {
        points[len - 2..].copy_from_slice(&[0, 255]);
    }
    Data::U8(points)
}

/// Factors that make bytes of sums of about this size, and now and then larger ones.
fn factors(len: usize, size: f32, random: &mut Random) -> Data {
    let least = if random.below(8) == 0 { 2.0 } else { 64.0 / size };
    Data::F32((0..len).map(|_| least * 8f32.powf(random.signed())).collect())
}

/// What a product with so many terms reads.
fn parameters(i: usize, len: usize, depth: usize, random: &mut Random) -> Data {
    match i {
        0 => {
            let Data::U8(bytes) = bytes(len, random) else { panic!("bytes") };
            Data::I8(bytes.into_iter().map(|byte| byte.wrapping_add(128) as i8).collect())
        }
        1 => Data::I32((0..len).map(|_| (random.bits() as i32) >> 12).collect()),
        2 => factors(len, 9000.0 * (depth as f32).sqrt(), random),
        3 => points(len, random),
        _ => bytes(len, random),
    }
}

const ISAS: &[Isa] = &[Isa::Portable, Isa::Avx2, Isa::Avx512];

impl Checked for QuantizedConv2d {
    const TOLERANCE: f64 = 0.0;
    const ISAS: &[Isa] = ISAS;
    fn dtype(_: &conv2d::Args, i: usize) -> DType {
        [DType::I8, DType::I32, DType::F32, DType::U8, DType::U8, DType::U8][i]
    }
    fn fill(args: &conv2d::Args, i: usize, len: usize, random: &mut Random) -> Data {
        parameters(i, len, args.in_per_group() * args.kernel[0] * args.kernel[1], random)
    }
    fn cases() -> BoxedStrategy<conv2d::Args> {
        conv2d::tests::cases(false, 24)
    }
    fn every() -> Vec<conv2d::Args> {
        let pointwise = [
            wide([1, 1, 40, 13], [14, 14], 1, 1, [0, 0]),
            wide([1, 1, 130, 33], [7, 7], 1, 1, [0, 0]),
            wide([3, 1, 16, 70], [9, 13], 1, 1, [0, 0]),
            wide([2, 1, 3, 20], [33, 30], 3, 2, [1, 1]),
            wide([2, 1, 24, 38], [7, 7], 3, 1, [1, 1]),
            wide([1, 2, 18, 20], [15, 14], 3, 2, [1, 1]),
        ];
        // Depths of several blocks, and one that has no kernel; more columns, and larger planes, than are packed at a time.
        let large = [
            wide([1, 1, 1100, 20], [5, 5], 1, 1, [0, 0]),
            wide([1, 1, 8200, 1], [2, 2], 1, 1, [0, 0]),
            wide([1, 1, 9, 40], [70, 61], 1, 1, [0, 0]),
            wide([1, 1, 3, 2], [30, 300], 3, 1, [1, 1]),
            wide([1, 1, 140, 1], [28, 300], 3, 1, [1, 1]),
        ];
        let lenet = conv2d::Args { input: [28, 28], ..tiles(2)[0] };
        [&pointwise[..], &large, &tiles(2), &[lenet], &depthwise_cases()].concat()
    }
    fn reference(args: &conv2d::Args, memory: &mut [Vec<f64>]) {
        let [weight, bias, scale, points, x, y] = memory else { panic!("six arguments") };
        // The zero point is what padding is, and so what it contributes is that of all weights.
        let depth = weight.len() / args.out_channels;
        let all = |o: usize| weight[o * depth..][..depth].iter().sum::<f64>();
        let mut sums: Vec<f64> = channels(args).map(|o| bias[o] + points[0] * all(o)).collect();
        products(args, |y, w, at| sums[y] += weight[w] * (x[at] - points[0]));
        for ((y, sum), o) in y.iter_mut().zip(sums).zip(channels(args)) {
            *y = byte(round(scale[o], sum), points);
        }
    }
}

impl Checked for QuantizedLinear {
    const TOLERANCE: f64 = 0.0;
    const ISAS: &[Isa] = ISAS;
    fn dtype(args: &LinearArgs, i: usize) -> DType {
        let y = if args.wide { DType::I32 } else { DType::U8 };
        [DType::I8, DType::I32, DType::F32, DType::U8, DType::U8, y][i]
    }
    fn fill(args: &LinearArgs, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            // Sums are kept as they are, if nothing leaves 32 bits on the way.
            2 if args.wide => Data::F32((0..len).map(|_| 0.01 * 8f32.powf(random.signed())).collect()),
            _ => parameters(i, len, args.inputs, random),
        }
    }
    fn cases() -> BoxedStrategy<LinearArgs> {
        (0..20usize, prop_oneof![0..300usize, Just(1280)], 0..90usize, any::<bool>())
            .prop_map(|(rows, inputs, outputs, wide)| LinearArgs {
                rows,
                inputs,
                outputs,
                activation: Activation::Relu,
                wide,
            })
            .boxed()
    }
    fn every() -> Vec<LinearArgs> {
        let of = |rows, inputs, outputs, wide| {
            let activation = Activation::Identity;
            LinearArgs { rows, inputs, outputs, activation, wide }
        };
        vec![
            of(1, 400, 120, false),
            of(1, 84, 10, true),
            of(1, 1280, 1000, true),
            of(1, 4099, 5, false),
            of(64, 400, 120, false),
            of(37, 129, 65, true),
            // Several tasks, several lines of packed weights; nothing to sum up.
            of(150, 70, 40, false),
            of(17, 4100, 33, false),
            of(20, 0, 5, false),
        ]
    }
    fn reference(args: &LinearArgs, memory: &mut [Vec<f64>]) {
        let [weight, bias, scale, points, x, y] = memory else { panic!("six arguments") };
        for (i, y) in y.iter_mut().enumerate() {
            let (row, o) = (i / args.outputs, i % args.outputs);
            let (x, w) = (&x[row * args.inputs..], &weight[o * args.inputs..][..args.inputs]);
            let sum = bias[o] + w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
            let multiple = round(scale[o], sum);
            *y = if args.wide { multiple as f64 } else { byte(multiple, points) };
        }
    }
}

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

/// Whatever sizes are asked for: windows far apart, images without pixels, windows that fit nowhere.
#[test]
fn odd_sizes_do_no_harm() {
    let plain = wide([1, 1, 4, 4], [4, 16], 1, 1, [0, 0]);
    let few = conv2d::Args { in_channels: 1, kernel: [2, 1], ..plain };
    let many = wide([16, 1, 32, 32], [1, 10], 3, 1, [0, 0]);
    let odd = [
        conv2d::Args { groups: 4, stride: [3, 1 << 28], ..plain },
        conv2d::Args { stride: [3, 1 << 28], ..plain },
        conv2d::Args { groups: 4, input: [5, 0], kernel: [3, 1], ..plain },
        conv2d::Args { padding: [1 << 27, 1], dilation: [1 << 28, 1], ..few },
        conv2d::Args { kernel: [2, 2], padding: [1 << 27, 1], dilation: [1 << 28, 1], ..few },
        conv2d::Args { images: 0, ..many },
        conv2d::Args { input: [0, 0], padding: [1, 1], ..many },
    ];
    for args in odd {
        for isa in ISAS {
            let [x, y, weight, _] = args.sizes();
            let (weight, bias, factors) =
                (vec![1i8; weight], vec![5i32; args.out_channels], vec![1f32; args.out_channels]);
            let (points, x, mut y) = ([9u8, 1, 0, 255], vec![7u8; x], vec![0u8; y]);
            let cpu = Cpu::new().with_isa(*isa);
            cpu.run::<QuantizedConv2d>(
                &args,
                &mut [
                    Raw::read_slice(&weight),
                    Raw::read_slice(&bias),
                    Raw::read_slice(&factors),
                    Raw::read(&points),
                    Raw::read_slice(&x),
                    Raw::write_slice(&mut y),
                ],
            );
            assert_eq!(cpu.take_fault(), None, "{args:?}");
            assert!(!y.contains(&0), "{args:?}");
        }
    }
}

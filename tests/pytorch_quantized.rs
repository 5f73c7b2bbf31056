//! Operations on bytes give what PyTorch's do, but for results half-way between two bytes. Those we round up, exactly;
//! PyTorch rounds them to even, after a product in float32 that may be on either side of half-way.

mod common;

use castiron::castiron_kernels::activation::Activation;
use castiron::castiron_kernels::quantized::*;
use castiron::castiron_kernels::{Cpu, Op, Raw, conv2d, pool2d, strided};
use common::fixtures::Fixture;
use safetensors::tensor::Dtype;

/// How far from half-way a result may be which differs: the error of a product of float32 near 256, with some room for
/// sums of two and for factors that are themselves rounded.
const HALF_WAY: f64 = 2e-4;

/// The tensors of one operation.
struct Case(Fixture, &'static str);

impl Case {
    fn new(name: &'static str) -> Self {
        Case(Fixture::open("quantized.safetensors"), name)
    }

    /// The dimensions and the numbers of a tensor of any element type.
    fn tensor(&self, key: &str) -> (Vec<usize>, Vec<f64>) {
        let view = self.0.view(&format!("{}/{key}", self.1));
        let data = view.data();
        let words = data.as_chunks::<4>().0.iter();
        let numbers = match view.dtype() {
            Dtype::U8 | Dtype::BOOL => data.iter().map(|x| f64::from(*x)).collect(),
            Dtype::I8 => data.iter().map(|x| f64::from(*x as i8)).collect(),
            Dtype::I32 => words.map(|x| f64::from(i32::from_le_bytes(*x))).collect(),
            Dtype::F32 => words.map(|x| f64::from(f32::from_le_bytes(*x))).collect(),
            other => panic!("{key} is of {other:?}"),
        };
        (view.shape().to_vec(), numbers)
    }

    fn numbers(&self, key: &str) -> Vec<f64> {
        self.tensor(key).1
    }

    fn number(&self, key: &str) -> f64 {
        self.numbers(key)[0]
    }

    fn bytes(&self, key: &str) -> Vec<u8> {
        self.numbers(key).into_iter().map(|x| x as u8).collect()
    }

    /// Fails unless `ours` is PyTorch's y, or both are next to a real result that is half-way between them. Gives how
    /// many are.
    #[track_caller]
    fn same(&self, ours: &[u8], real: &[f64]) -> usize {
        let theirs = self.bytes("y");
        assert!(ours.len() == theirs.len() && ours.len() == real.len());
        let mut ties = 0;
        for (i, ((ours, theirs), real)) in ours.iter().zip(theirs).zip(real).enumerate() {
            let middle = (f64::from(*ours) + f64::from(theirs)) / 2.0;
            let tie = ours.abs_diff(theirs) == 1 && (real - middle).abs() < HALF_WAY;
            assert!(*ours == theirs || tie, "{}: number {i} is {ours}, not {theirs}, of {real}", self.1);
            ties += usize::from(tie);
        }
        ties
    }
}

fn run<'a, O: Op>(args: &O::Args, memory: &'a mut [Raw<'a>]) {
    let cpu = Cpu::new();
    cpu.run::<O>(args, memory);
    assert_eq!(cpu.take_fault(), None);
}

/// The sums of the products of x − z and the weights, plus bias: of windows that are whole numbers, outside of images 0.
fn sums(args: &conv2d::Args, x: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
    let ([height, width], [kh, kw], [down, across]) = (args.input, args.kernel, args.output());
    let (ins, outs) = (args.in_channels / args.groups, args.out_channels / args.groups);
    let mut sums = Vec::new();
    for (image, o) in (0..args.images).flat_map(|image| (0..args.out_channels).map(move |o| (image, o))) {
        for (i, j) in (0..down).flat_map(|i| (0..across).map(move |j| (i, j))) {
            let mut sum = bias[o];
            for (c, u, v) in (0..ins * kh * kw).map(|tap| (tap / kw / kh, tap / kw % kh, tap % kw)) {
                let line = (i * args.stride[0] + u * args.dilation[0]).wrapping_sub(args.padding[0]);
                let pixel = (j * args.stride[1] + v * args.dilation[1]).wrapping_sub(args.padding[1]);
                let plane = image * args.in_channels + o / outs * ins + c;
                if line < height && pixel < width {
                    let w = weight[((o * ins + c) * kh + u) * kw + v];
                    sum += w * x[(plane * height + line) * width + pixel];
                }
            }
            sums.push(sum);
        }
    }
    sums
}

/// What a linear layer or a convolution reads, as our kernels have it; and the real results of PyTorch's, where a linear
/// layer is a convolution of images of one pixel.
struct Product {
    args: conv2d::Args,
    weight: Vec<i8>,
    bias: Vec<i32>,
    factors: Vec<f32>,
    points: [u8; 4],
    x: Vec<u8>,
    real: Vec<f64>,
}

impl Product {
    fn of(case: &Case) -> Self {
        let ((x_dims, x), (dims, weight)) = (case.tensor("x"), case.tensor("weight"));
        let size = |dims: &[usize], i| dims.get(i).copied().unwrap_or(1);
        let [stride, padding, dilation, groups] = match dims.len() {
            4 => *case.numbers("geometry").first_chunk().unwrap(),
            _ => [1.0, 0.0, 1.0, 1.0],
        }
        .map(|number| number as usize);
        let args = conv2d::Args {
            images: x_dims[0],
            groups,
            in_channels: x_dims[1],
            out_channels: dims[0],
            input: [2, 3].map(|i| size(&x_dims, i)),
            kernel: [2, 3].map(|i| size(&dims, i)),
            stride: [stride; 2],
            padding: [padding; 2],
            dilation: [dilation; 2],
            bias: true,
            activation: Activation::Identity,
            residual: false,
            keep_pre: false,
        };
        let (from, to) = (case.number("x_zero"), case.number("y_zero"));
        let low = if case.number("relu") == 1.0 { to } else { 0.0 };
        let scale = case.number("x_scale") / case.number("y_scale");
        let factors: Vec<f64> = case.numbers("weight_scale").iter().map(|weights| scale * weights).collect();

        // The zero point of x is part of the bias.
        let (bias, depth) = (case.numbers("bias"), weight.len() / dims[0]);
        let folded = bias.iter().zip(weight.chunks(depth));
        let folded = folded.map(|(bias, weights)| bias - from * weights.iter().sum::<f64>());
        let centred: Vec<f64> = x.iter().map(|x| x - from).collect();
        let pixels = args.output()[0] * args.output()[1];
        let real = sums(&args, &centred, &weight, &bias).into_iter().enumerate();
        let real = real.map(|(i, sum)| to + sum * factors[i / pixels % dims[0]]);
        Product {
            args,
            bias: folded.map(|bias| bias as i32).collect(),
            factors: factors.iter().map(|factor| *factor as f32).collect(),
            points: [from, to, low, 255.0].map(|point| point as u8),
            real: real.map(|y| y.clamp(low, 255.0)).collect(),
            weight: weight.iter().map(|w| *w as i8).collect(),
            x: case.bytes("x"),
        }
    }

    /// y, and what an operation reads before it.
    fn compute<O: Op>(&self, args: &O::Args) -> Vec<u8> {
        let mut y = vec![0u8; self.real.len()];
        run::<O>(
            args,
            &mut [
                Raw::read_slice(&self.weight),
                Raw::read_slice(&self.bias),
                Raw::read_slice(&self.factors),
                Raw::read(&self.points),
                Raw::read_slice(&self.x),
                Raw::write_slice(&mut y),
            ],
        );
        y
    }
}

#[test]
fn linear() {
    for name in ["linear", "linear_relu", "linear_of_one", "linear_ties"] {
        let case = Case::new(name);
        let product = Product::of(&case);
        let conv2d::Args { images: rows, in_channels: inputs, out_channels: outputs, activation, .. } =
            product.args;
        let y = product.compute::<QuantizedLinear>(&LinearArgs {
            rows,
            inputs,
            outputs,
            activation,
            wide: false,
        });
        let ties = case.same(&y, &product.real);
        // A product that is never half-way would show nothing of how that is rounded.
        assert_eq!(ties > 0, name == "linear_ties", "{name}: {ties} ties");
    }
}

#[test]
fn convolutions() {
    for name in [
        "conv2d",
        "conv2d_stride",
        "conv2d_pointwise",
        "conv2d_groups",
        "conv2d_depthwise",
        "conv2d_dilation",
    ] {
        let case = Case::new(name);
        let product = Product::of(&case);
        case.same(&product.compute::<QuantizedConv2d>(&product.args), &product.real);
    }
}

fn pool(case: &Case) -> (pool2d::Args, Vec<u8>) {
    let (dims, geometry) = (case.tensor("x").0, case.numbers("geometry"));
    let [kernel, stride, padding] = *geometry.first_chunk().unwrap();
    let [kernel, stride, padding] = [kernel, stride, padding].map(|size| [size as usize; 2]);
    let args = pool2d::Args { planes: dims[0] * dims[1], input: [dims[2], dims[3]], kernel, stride, padding };
    (args, vec![0u8; args.planes * args.output()[0] * args.output()[1]])
}

#[test]
fn pools() {
    let case = Case::new("max_pool2d");
    let (args, mut y) = pool(&case);
    run::<QuantizedMaxPool2d>(&args, &mut [Raw::read_slice(&case.bytes("x")), Raw::write_slice(&mut y)]);
    assert_eq!(y, case.bytes("y"));

    for name in ["avg_pool2d", "avg_pool2d_halves", "avg_pool2d_global"] {
        let case = Case::new(name);
        let ((args, mut y), zero) = (pool(&case), case.number("zero"));
        let area = (args.kernel[0] * args.kernel[1]) as f64;
        run::<QuantizedAvgPool2d>(
            &args,
            &mut [
                Raw::read(&((1.0 / area) as f32)),
                Raw::read(&[zero as u8, zero as u8, 0, 255]),
                Raw::read_slice(&case.bytes("x")),
                Raw::write_slice(&mut y),
            ],
        );
        // An average is a convolution of each plane with ones.
        let each = conv2d::Args {
            images: 1,
            groups: args.planes,
            in_channels: args.planes,
            out_channels: args.planes,
            input: args.input,
            kernel: args.kernel,
            stride: args.stride,
            padding: args.padding,
            dilation: [1; 2],
            bias: false,
            activation: Activation::Identity,
            residual: false,
            keep_pre: false,
        };
        let x: Vec<f64> = case.numbers("x").iter().map(|x| x - zero).collect();
        let ones = vec![1.0; args.planes * area as usize];
        let sums = sums(&each, &x, &ones, &vec![0.0; args.planes]);
        case.same(&y, &sums.iter().map(|sum| zero + sum / area).collect::<Vec<_>>());
    }
}

#[test]
fn add() {
    for name in ["add", "add_relu", "add_ties"] {
        let case = Case::new(name);
        let [a_scale, b_scale, y_scale] = *case.numbers("scales").first_chunk().unwrap();
        let [a_zero, b_zero, y_zero] = *case.numbers("zeros").first_chunk().unwrap();
        let factors = [a_scale / y_scale, b_scale / y_scale];
        let low = if case.number("relu") == 1.0 { y_zero } else { 0.0 };
        let (a, b) = (case.bytes("a"), case.bytes("b"));
        let mut y = vec![0u8; a.len()];
        run::<QuantizedAdd>(
            &AddArgs { len: y.len(), activation: Activation::Identity },
            &mut [
                Raw::read(&factors.map(|factor| factor as f32)),
                Raw::read(&[a_zero, b_zero, y_zero, low, 255.0].map(|point| point as u8)),
                Raw::read_slice(&a),
                Raw::read_slice(&b),
                Raw::write_slice(&mut y),
            ],
        );
        let real = a.iter().zip(&b).map(|(a, b)| {
            let sum = factors[0] * (f64::from(*a) - a_zero) + factors[1] * (f64::from(*b) - b_zero);
            (y_zero + sum).clamp(low, 255.0)
        });
        case.same(&y, &real.collect::<Vec<_>>());
    }
}

/// To the bit.
#[test]
fn quantize_and_back() {
    let case = Case::new("quantize");
    let (scale, zero) = (case.number("scale") as f32, case.number("zero") as u8);
    let x: Vec<f32> = case.numbers("x").iter().map(|x| *x as f32).collect();
    let (mut q, mut back) = (vec![0u8; x.len()], vec![0f32; x.len()]);
    let memory = &mut [Raw::read(&scale), Raw::read(&zero), Raw::read_slice(&x), Raw::write_slice(&mut q)];
    run::<Quantize>(&x.len(), memory);
    assert_eq!(q, case.bytes("y"));
    let memory = &mut [Raw::read(&scale), Raw::read(&zero), Raw::read_slice(&q), Raw::write_slice(&mut back)];
    run::<Dequantize>(&DequantizeArgs { len: q.len(), wide: false }, memory);
    assert_eq!(back.iter().map(|x| f64::from(*x)).collect::<Vec<_>>(), case.numbers("back"));
}

/// PyTorch's `cat` brings its parts to one scale.
#[test]
fn requantize() {
    let case = Case::new("requantize");
    let ([from, to], [x_zero, y_zero]) =
        (*case.numbers("scales").first_chunk().unwrap(), *case.numbers("zeros").first_chunk().unwrap());
    let (x, mut y) = (case.bytes("x"), vec![0u8; 256]);
    let args = strided::Args {
        dims: [1, 1, 1, 1, 1, 1, 256],
        from: [1; 7],
        to: [1; 7],
        from_start: 0,
        to_start: 0,
        factor: 1.0,
        accumulate: false,
    };
    run::<Requantize>(
        &args,
        &mut [
            Raw::read(&((from / to) as f32)),
            Raw::read(&[x_zero as u8, y_zero as u8, 0, 255]),
            Raw::read_slice(&x),
            Raw::write_slice(&mut y),
        ],
    );
    let real = x.iter().map(|x| (y_zero + (f64::from(*x) - x_zero) * from / to).clamp(0.0, 255.0));
    case.same(&y, &real.collect::<Vec<_>>());
}

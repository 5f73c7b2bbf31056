use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random, gradient, tolerance};
use crate::{Bool, Mode, Raw};
use Function::*;

const FLOATS: [DType; 4] = [DType::F32, DType::F64, DType::Bf16, DType::F16];
const OTHERS: [DType; 5] = [DType::I8, DType::U8, DType::I32, DType::I64, DType::Bool];

fn functions() -> Vec<Function> {
    let mut all =
        vec![Neg, Abs, Sign, Floor, Ceil, Round, Trunc, Frac, Exp, Exp2, Expm1, Log, Log2, Log10, Log1p];
    all.extend([
        Sqrt, Rsqrt, Recip, Square, Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Tanh, Sigmoid, Relu,
    ]);
    all.extend([Asinh, Acosh, Atanh, Erfc, Hardsigmoid, Hardswish, DivScalar(-3.5)]);
    all.extend([Relu6, LeakyRelu(0.01), LeakyRelu(-0.5), Elu(1.0), Elu(0.5), Gelu, GeluTanh, Silu, Softplus]);
    all.extend([Mish, LogSigmoid, Erf, AddScalar(0.75), MulScalar(-1.5), RsubScalar(2.5), RdivScalar(3.5)]);
    all.extend([2.0, 3.0, 0.5, -0.5, -1.0, -2.0, 1.7, 0.0, 1.0, -3.0, 5.0].map(PowScalar));
    all.extend([RpowScalar(1.5), RpowScalar(0.25), RpowScalar(1.0), RemScalar(1.5), RemScalar(-2.5)]);
    all.extend([Clamp { min: -1.5, max: 2.5 }, Clamp { min: f64::NEG_INFINITY, max: 1.0 }]);
    all.extend([
        AddInt(5),
        AddInt(-1000),
        MulInt(7),
        MulInt(300),
        RsubInt(5),
        DivInt(3),
        DivInt(-4),
        RemInt(3),
    ]);
    all.extend([RemInt(-4), PowInt(3), PowInt(0), PowInt(-1), PowInt(-2), LogicalNot]);
    all.extend([ClampInt { min: -3, max: 4 }, ClampInt { min: i64::MIN, max: 1000 }]);
    all
}

fn reference(function: Function, x: f64) -> f64 {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    match function {
        Neg => -x,
        Abs => x.abs(),
        Sign => (x > 0.0) as i32 as f64 - (x < 0.0) as i32 as f64,
        Floor => x.floor(),
        Ceil => x.ceil(),
        Round => x.round_ties_even(),
        Trunc => x.trunc(),
        Frac => x.fract(),
        Exp => x.exp(),
        Exp2 => x.exp2(),
        Expm1 => x.exp_m1(),
        Log => x.ln(),
        Log2 => x.log2(),
        Log10 => x.log10(),
        Log1p => x.ln_1p(),
        Sqrt => x.sqrt(),
        Rsqrt => 1.0 / x.sqrt(),
        Recip => 1.0 / x,
        Square => x * x,
        Sin => x.sin(),
        Cos => x.cos(),
        Tan => x.tan(),
        Asin => x.asin(),
        Acos => x.acos(),
        Atan => x.atan(),
        Sinh => x.sinh(),
        Cosh => x.cosh(),
        Tanh => x.tanh(),
        Asinh => x.asinh(),
        Acosh => x.acosh(),
        Atanh => x.atanh(),
        Sigmoid => sigmoid(x),
        Relu => x.max(0.0),
        Relu6 => x.clamp(0.0, 6.0),
        LeakyRelu(slope) => x.max(0.0) + slope * x.min(0.0),
        Elu(alpha) => x.max(0.0) + alpha * x.min(0.0).exp_m1(),
        Gelu => 0.5 * x * (1.0 + libm::erf(x / 2f64.sqrt())),
        GeluTanh => {
            0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
        }
        Silu => x * sigmoid(x),
        Softplus => softplus(x),
        Mish => x * softplus(x).tanh(),
        LogSigmoid => -softplus(-x),
        Erf => libm::erf(x),
        Erfc => libm::erfc(x),
        Hardsigmoid => (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Hardswish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        AddScalar(s) => x + s,
        DivScalar(s) => x / s,
        MulScalar(s) => x * s,
        RsubScalar(s) => s - x,
        RdivScalar(s) => s / x,
        PowScalar(s) => x.powf(s),
        RpowScalar(s) => s.powf(x),
        Clamp { min, max } => x.max(min).min(max),
        RemScalar(s) => x - s * (x / s).floor(),
        LogicalNot => (x == 0.0) as u8 as f64,
        _ => panic!("{function:?} is for integers"),
    }
}

/// The low bits that elements of this type have.
fn wrapped(dtype: DType, value: i64) -> i64 {
    match dtype {
        DType::I8 => value as i8 as i64,
        DType::U8 => value as u8 as i64,
        DType::I32 => value as i32 as i64,
        _ => value,
    }
}

fn integer_reference(function: Function, dtype: DType, x: i64) -> i64 {
    let low = |s| wrapped(dtype, s);
    let floor_mod = |x: i64, s: i64| (x % s + s) % s;
    let y = match function {
        Neg => -x,
        Abs => x.abs(),
        Sign => x.signum(),
        Square => x * x,
        Relu => x.max(0),
        AddInt(s) => x + s,
        MulInt(s) => x * s,
        RsubInt(s) => s - x,
        DivInt(s) => x / low(s),
        RemInt(s) => floor_mod(x, low(s)),
        PowInt(s) if low(s) < 0 => {
            [0, 1, if s % 2 == 0 { 1 } else { -1 }][(x == 1) as usize + 2 * (x == -1) as usize]
        }
        PowInt(s) => (0..low(s)).fold(1, |y, _| wrapped(dtype, y * x)),
        ClampInt { min, max } => x.max(min).min(max),
        _ => panic!("{function:?} is not for integers"),
    };
    low(y)
}

/// What may be asked of a function: where it is defined, and grows slowly enough.
fn input(args: &Args, random: &mut Random) -> f64 {
    let x = random.signed() as f64;
    let kinks: &[f64] = match args.function {
        Relu6 => &[0.0, 6.0],
        Clamp { min, max } => &[min, max],
        Hardsigmoid | Hardswish => &[-3.0, 3.0],
        Floor | Ceil | Round | Trunc | Frac => return (16.0 * x).floor() / 2.0 + 0.25,
        // On every step, in the middle of it.
        RemScalar(s) => return s * ((5.0 * x).floor() + 0.5),
        Log | Log2 | Log10 | Sqrt | Rsqrt => return 0.3 + 5.0 * x.abs(),
        PowScalar(s) if ![0.0, 1.0, 2.0, 3.0, 5.0].contains(&s) => return 0.3 + 3.0 * x.abs(),
        Log1p => return 3.0 * x.abs() - 0.7,
        Asin | Acos | Atanh => return 0.9 * x,
        Acosh => return 1.2 + 5.0 * x.abs(),
        Tan | Erf | Erfc => return 1.3 * x,
        Recip | RdivScalar(_) => return (0.4 + 3.0 * x.abs()).copysign(x),
        Exp | Exp2 | Expm1 | Sinh | Cosh | RpowScalar(_) => return 4.0 * x,
        _ => &[0.0],
    };
    let x = 8.0 * x;
    if kinks.iter().any(|kink| (x - kink).abs() < 0.1) { x + 0.25 } else { x }
}

fn inputs(args: &Args, len: usize, random: &mut Random) -> Data {
    match args.dtype {
        dtype if dtype.is_float() => Data::of(dtype, (0..len).map(|_| input(args, random))),
        DType::I8 | DType::U8 => {
            Data::of(args.dtype, (0..len).map(|_| wrapped(args.dtype, random.bits() as i64) as f64))
        }
        DType::Bool => Data::random(DType::Bool, len, random),
        dtype => Data::of(dtype, (0..len).map(|_| random.below(2001) as f64 - 1000.0)),
    }
}

fn every(dtypes: &[DType], len: usize) -> Vec<Args> {
    let all = functions().into_iter().flat_map(|function| dtypes.iter().map(move |&dtype| (function, dtype)));
    let defined = all.filter(|(function, dtype)| function.is_defined(*dtype));
    defined.map(|(function, dtype)| Args { function, dtype, len, in_place: false }).collect()
}

fn cases(dtypes: &[DType], most: usize) -> BoxedStrategy<Args> {
    let len = prop_oneof![4 => 0..700usize, 1 => Just(most)];
    (prop::sample::select(every(dtypes, 0)), len).prop_map(|(args, len)| Args { len, ..args }).boxed()
}

impl Checked for Unary {
    fn cases() -> BoxedStrategy<Args> {
        cases(&[FLOATS.as_slice(), &OTHERS].concat(), 40_000)
    }
    fn every() -> Vec<Args> {
        every(&[FLOATS.as_slice(), &OTHERS].concat(), 300)
    }
    fn dtype(args: &Args, _: usize) -> DType {
        args.dtype
    }
    fn tolerance(args: &Args) -> f64 {
        tolerance(args.dtype)
    }
    fn fill(args: &Args, _: usize, len: usize, random: &mut Random) -> Data {
        inputs(args, len, random)
    }
    fn in_place(args: &Args) -> Option<(Args, [usize; 2])> {
        Some((Args { in_place: true, ..*args }, [0, 1]))
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let &Args { function, dtype, .. } = args;
        let f = |x: f64| match dtype.is_float() || dtype == DType::Bool {
            true => reference(function, x),
            false => integer_reference(function, dtype, x as i64) as f64,
        };
        memory[1] = memory[0].iter().map(|&x| f(x)).collect();
    }
}

/// What [`UnaryBackward`] is tested at: x as the elements hold it.
fn points(args: &Args) -> Vec<f64> {
    inputs(args, args.len, &mut Random::new(7)).widen(Mode::Read)
}

impl Checked for UnaryBackward {
    fn cases() -> BoxedStrategy<Args> {
        cases(&FLOATS, 10_000)
    }
    fn every() -> Vec<Args> {
        every(&FLOATS, 300)
    }
    fn dtype(args: &Args, _: usize) -> DType {
        args.dtype
    }
    // y was rounded before its derivative is computed; and finite differences are not exact.
    fn tolerance(args: &Args) -> f64 {
        (4.0 * tolerance(args.dtype)).max(1e-6)
    }
    // x and y must belong together: both are made from the same draws.
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            0 | 1 if len == 0 => Data::of(args.dtype, []),
            0 => Data::of(args.dtype, points(args)),
            1 => Data::of(args.dtype, points(args).into_iter().map(|x| reference(args.function, x))),
            _ => Data::random(args.dtype, len, random),
        }
    }
    fn in_place(args: &Args) -> Option<(Args, [usize; 2])> {
        Some((Args { in_place: true, ..*args }, [2, 3]))
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let x = points(args);
        for i in 0..args.len {
            let f = |x: &[f64]| vec![reference(args.function, x[0])];
            memory[3][i] = gradient(&x[i..=i], &memory[2][i..=i], f)[0];
        }
    }
}

fn run<T: crate::Plain + Copy>(function: Function, dtype: DType, x: &[T]) -> (Vec<T>, Option<Fault>) {
    let (cpu, mut y) = (Cpu::new(), x.to_vec());
    let args = Args { function, dtype, len: x.len(), in_place: false };
    cpu.run::<Unary>(&args, &mut [Raw::read_slice(x), Raw::write_slice(&mut y)]);
    (y, cpu.take_fault())
}

#[test]
fn nan_is_not_hidden() {
    for args in every(&[DType::F32], 2) {
        let (y, fault) = run(args.function, args.dtype, &[1.0f32, f32::NAN]);
        let constant = matches!(args.function, Sign | PowScalar(0.0) | RpowScalar(1.0));
        assert!(fault.is_none() && !y[0].is_nan() && y[1].is_nan() != constant, "{:?}: {y:?}", args.function);
    }
}

#[test]
fn far_out_there_is_no_overflow_on_the_way() {
    let far = |function| run(function, DType::F32, &[-1e4f32, 1e4]).0;
    assert_eq!(far(Sigmoid), [0.0, 1.0]);
    assert_eq!(far(Softplus), [0.0, 1e4]);
    assert_eq!(far(LogSigmoid), [-1e4, 0.0]);
    assert!(far(LogSigmoid)[1].is_sign_positive());
    assert_eq!(far(Silu), [0.0, 1e4]);
    assert_eq!(far(Mish), [0.0, 1e4]);
    assert_eq!(far(Tanh), [-1.0, 1.0]);
    assert_eq!(far(Gelu), [0.0, 1e4]);
    assert_eq!(far(Elu(1.0)), [-1.0, 1e4]);
    assert_eq!(far(Exp), [0.0, f32::INFINITY]);
}

#[test]
fn angles_are_the_same_beside_those_that_are_far() {
    for function in [Sin, Cos, Tan] {
        let near: Vec<f32> = (0..70).map(|i| i as f32 - 30.0).collect();
        let mut mixed = near.clone();
        mixed[50] = 3e30;
        let (mut want, got) = (run(function, DType::F32, &near).0, run(function, DType::F32, &mixed).0);
        want[50] = reference(function, 3e30f32 as f64) as f32;
        assert_eq!(got, want);
    }
}

#[test]
fn kinks_have_the_derivatives_of_pytorch() {
    let derivative = |function: Function, x: f64| {
        let (cpu, y, mut dx) = (Cpu::new(), reference(function, x), f64::NAN);
        let args = Args { function, dtype: DType::F64, len: 1, in_place: false };
        let memory = &mut [Raw::read(&x), Raw::read(&y), Raw::read(&1.0f64), Raw::write(&mut dx)];
        cpu.run::<UnaryBackward>(&args, memory);
        assert_eq!(cpu.take_fault(), None);
        dx
    };
    for (function, x, want) in [
        (Abs, 0.0, 0.0),
        (Relu, 0.0, 0.0),
        (Relu6, 6.0, 0.0),
        (LeakyRelu(0.1), 0.0, 0.1),
        (Clamp { min: -1.0, max: 1.0 }, 1.0, 0.0),
        (Clamp { min: -1.0, max: 1.0 }, -1.0, 0.0),
        (Clamp { min: -1.0, max: 1.0 }, 1.5, 0.0),
        (Hardsigmoid, -3.0, 0.0),
        (Hardsigmoid, 3.0, 0.0),
        (Hardswish, -3.0, 0.0),
        (Hardswish, 3.0, 1.0),
        (Floor, 2.0, 0.0),
        (Round, 0.5, 0.0),
        (Sign, 0.0, 0.0),
        (Elu(1.0), 0.0, 1.0),
        (PowScalar(0.0), 0.0, 0.0),
        (PowScalar(2.0), 0.0, 0.0),
        (RpowScalar(0.0), 1.0, 0.0),
        (Sqrt, 0.0, f64::INFINITY),
    ] {
        assert_eq!(derivative(function, x), want, "{function:?} at {x}");
    }
}

#[test]
fn integers_wrap_around_and_are_exact_to_the_last_bit() {
    assert_eq!(run(Neg, DType::I32, &[i32::MIN]).0, [i32::MIN]);
    assert_eq!(run(Abs, DType::I64, &[i64::MIN, -3]).0, [i64::MIN, 3]);
    assert_eq!(run(AddInt(i64::MAX), DType::I64, &[1i64, -1]).0, [i64::MIN, i64::MAX - 1]);
    assert_eq!(run(AddInt(1), DType::I64, &[(1i64 << 53) + 2]).0, [(1 << 53) + 3]);
    assert_eq!(run(DivInt(-1), DType::I64, &[i64::MIN]).0, [i64::MIN]);
    assert_eq!(run(DivInt(-1), DType::I8, &[i8::MIN]).0, [i8::MIN]);
    assert_eq!(run(RemInt(-1), DType::I64, &[i64::MIN, 5]).0, [0, 0]);
    assert_eq!(run(ClampInt { min: i64::MIN, max: i64::MAX }, DType::I32, &[i32::MIN, 7]).0, [i32::MIN, 7]);
    assert_eq!(run(ClampInt { min: 300, max: 400 }, DType::U8, &[7u8]).0, [255]);
}

#[test]
fn what_is_not_defined_is_a_fault_and_leaves_y_as_it_is() {
    let element = |dtype| Some(Fault::Element { op: "unary", dtype });
    assert_eq!(run(Exp, DType::I32, &[5i32]), (vec![5], element(DType::I32)));
    assert_eq!(run(AddInt(1), DType::F32, &[5.0f32]), (vec![5.0], element(DType::F32)));
    assert_eq!(run(AddScalar(1.0), DType::I64, &[5i64]), (vec![5], element(DType::I64)));
    assert_eq!(run(Neg, DType::Bool, &[Bool::from(true)]).1, element(DType::Bool));
    assert_eq!(run(LogicalNot, DType::U8, &[1u8]).1, element(DType::U8));
    let zero = Some(Fault::ZeroDivisor { op: "unary" });
    assert_eq!(run(DivInt(0), DType::I32, &[5i32]), (vec![5], zero));
    assert_eq!(run(RemInt(256), DType::U8, &[5u8]), (vec![5], zero));
}

#[cfg(feature = "cuda")]
#[test]
fn the_gpu_finds_the_same_faults_and_limits() {
    use crate::check::gpu::same_as_cpu;
    let fault = |function, dtype, x: &[f64]| {
        let args = Args { function, dtype, len: x.len(), in_place: false };
        let (x, y) = (Data::of(dtype, x.to_vec()), Data::of(dtype, vec![1.0; x.len()]));
        same_as_cpu::<Unary>(&args, &[x, y])
    };
    let element = |dtype| Some(Fault::Element { op: "unary", dtype });
    assert_eq!(fault(Exp, DType::I32, &[5.0]), element(DType::I32));
    assert_eq!(fault(Neg, DType::Bool, &[1.0]), element(DType::Bool));
    assert_eq!(fault(RemInt(256), DType::U8, &[5.0]), Some(Fault::ZeroDivisor { op: "unary" }));
    for function in [Neg, Abs, Sign, Square, DivInt(-1), RemInt(-1), AddInt(i64::MAX), PowInt(-1)] {
        for dtype in [DType::I8, DType::U8, DType::I32, DType::I64] {
            let fault = fault(function, dtype, &[i64::MIN as f64, -128.0, -1.0, 0.0, 1.0, 255.0]);
            assert!(fault.is_none() || dtype == DType::U8, "{function:?}, {dtype}: {fault:?}");
        }
    }
    let far = [-1e4, 1e4, f64::INFINITY, f64::NAN];
    for function in [Sigmoid, Softplus, LogSigmoid, Silu, Mish, Tanh, Gelu, Elu(1.0), Exp, Relu, Sign, Round]
    {
        // Up to 1e4 there is only one result; a NaN has no certain bits.
        assert_eq!(fault(function, DType::F32, &far[..3 - (function == Mish) as usize]), None);
    }
}

use proptest::prelude::*;

use super::PairOp::*;
use super::*;
use crate::broadcast::tests::{any_dims, any_strides, places};
use crate::check::{Checked, Data, Random, tolerance};
use crate::{Bool, Plain, Raw};

const OPS: [PairOp; 20] = [
    Add, Sub, Mul, Div, Pow, Rem, Fmod, DivFloor, Maximum, Minimum, Atan2, Eq, Ne, Lt, Le, Gt, Ge, And, Or,
    Xor,
];
const DTYPES: [DType; 9] = [
    DType::F32,
    DType::F64,
    DType::Bf16,
    DType::F16,
    DType::I8,
    DType::U8,
    DType::I32,
    DType::I64,
    DType::Bool,
];

fn defined() -> Vec<(PairOp, DType)> {
    let all = OPS.into_iter().flat_map(|op| DTYPES.map(|dtype| (op, dtype)));
    all.filter(|(op, dtype)| op.is_defined(*dtype)).collect()
}

fn wrapped(dtype: DType, value: i128) -> f64 {
    match dtype {
        DType::I8 => value as i8 as f64,
        DType::U8 => value as u8 as f64,
        DType::I32 => value as i32 as f64,
        DType::Bool => (value != 0) as u8 as f64,
        _ => value as i64 as f64,
    }
}

fn reference(op: PairOp, dtype: DType, a: f64, b: f64) -> f64 {
    let (m, n) = (a as i128, b as i128);
    let integer = !dtype.is_float();
    match op {
        Add if integer => wrapped(dtype, m + n),
        Sub if integer => wrapped(dtype, m - n),
        Mul if integer => wrapped(dtype, m * n),
        Div if integer => wrapped(dtype, m / n),
        Pow if integer && n < 0 => [0.0, 1.0, if n % 2 == 0 { 1.0 } else { -1.0 }]
            [(m.abs() == 1) as usize * (1 + (m == -1) as usize)],
        Pow if integer => wrapped(dtype, (0..n).fold(1, |y, _| wrapped(dtype, y * m) as i128)),
        Add => a + b,
        Sub => a - b,
        Mul => a * b,
        Div => a / b,
        Pow => a.powf(b),
        Rem => a - b * (a / b).floor(),
        Fmod => a % b,
        DivFloor => (a / b).floor(),
        Maximum => a.max(b),
        Minimum => a.min(b),
        Atan2 => a.atan2(b),
        Eq => (a == b) as u8 as f64,
        Ne => (a != b) as u8 as f64,
        Lt => (a < b) as u8 as f64,
        Le => (a <= b) as u8 as f64,
        Gt => (a > b) as u8 as f64,
        Ge => (a >= b) as u8 as f64,
        And => (m & n) as f64,
        Or => (m | n) as f64,
        Xor => (m ^ n) as f64,
    }
}

impl Checked for Pairwise {
    fn cases() -> BoxedStrategy<Args> {
        (prop::sample::select(defined()), any_dims())
            .prop_flat_map(|((op, dtype), dims)| {
                (any_strides(dims), any_strides(dims)).prop_map(move |(a, b)| Args {
                    op,
                    dtype,
                    dims,
                    a,
                    b,
                    in_place: false,
                })
            })
            .boxed()
    }
    fn every() -> Vec<Args> {
        let (dims, row) = ([1, 1, 1, 1, 1, 1, 3, 130], [0, 0, 0, 0, 0, 0, 0, 1]);
        let whole = [0, 0, 0, 0, 0, 0, 130, 1];
        let both = [(whole, whole), (whole, row), (row, whole)];
        let args = |(op, dtype)| both.map(|(a, b)| Args { op, dtype, dims, a, b, in_place: false });
        defined().into_iter().flat_map(args).collect()
    }
    fn dtype(args: &Args, i: usize) -> DType {
        if i == 2 { args.op.output(args.dtype) } else { args.dtype }
    }
    fn tolerance(args: &Args) -> f64 {
        tolerance(args.dtype)
    }
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        let positive = matches!((args.op, i), (Pow, 0)) && args.dtype.is_float();
        let divisor = matches!((args.op, i), (Div | Rem | Fmod | DivFloor, 1)) && args.dtype != DType::Bool;
        // Numbers of which many are equal, and quotients of which none is nearly whole but not quite.
        let values = (0..len).map(|_| {
            let value = match args.dtype {
                _ if positive => random.below(8) as f64 + 0.5,
                DType::U8 | DType::Bool => random.below(9) as f64,
                dtype if dtype.is_float() => random.below(17) as f64 / 2.0 - 4.0,
                _ => random.below(19) as f64 - 9.0,
            };
            if divisor && value == 0.0 { 3.0 } else { value }
        });
        Data::of(args.dtype, values.collect::<Vec<_>>())
    }
    fn in_place(args: &Args) -> Option<(Args, [usize; 2])> {
        let contiguous = places(&args.dims, &args.a).iter().enumerate().all(|(i, place)| i == *place);
        (contiguous && !args.op.compares()).then_some((Args { in_place: true, ..*args }, [0, 2]))
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let (a, b) = (places(&args.dims, &args.a), places(&args.dims, &args.b));
        for i in 0..a.len() {
            memory[2][i] = reference(args.op, args.dtype, memory[0][a[i]], memory[1][b[i]]);
        }
    }
}

fn args(op: PairOp, dtype: DType, len: usize) -> Args {
    let (mut dims, mut strides) = ([1; AXES], [0; AXES]);
    (dims[7], strides[7]) = (len, 1);
    Args { op, dtype, dims, a: strides, b: strides, in_place: false }
}

fn run<T: Plain + Copy, const N: usize>(
    op: PairOp,
    dtype: DType,
    a: [T; N],
    b: [T; N],
) -> ([T; N], Option<Fault>) {
    let (cpu, mut y) = (Cpu::new(), a);
    let memory = &mut [Raw::read(&a), Raw::read(&b), Raw::write(&mut y)];
    cpu.run::<Pairwise>(&args(op, dtype, N), memory);
    (y, cpu.take_fault())
}

#[test]
fn extremes_propagate_nan_from_either_side() {
    let nan = f32::NAN;
    for op in [Maximum, Minimum] {
        let (y, _) = run(op, DType::F32, [nan, 1.0, nan], [1.0, nan, nan]);
        assert!(y.iter().all(|y| y.is_nan()), "{op:?}: {y:?}");
    }
}

#[test]
fn comparisons_with_nan_are_false_but_for_inequality() {
    for (op, want) in [(Eq, false), (Ne, true), (Lt, false), (Le, false), (Gt, false), (Ge, false)] {
        let (cpu, a, b, mut y) = (Cpu::new(), [f32::NAN, 1.0], [1.0, f32::NAN], [Bool::from(!want); 2]);
        let memory = &mut [Raw::read(&a), Raw::read(&b), Raw::write(&mut y)];
        cpu.run::<Pairwise>(&args(op, DType::F32, 2), memory);
        assert_eq!(y, [Bool::from(want); 2], "{op:?}");
    }
}

#[test]
fn integers_wrap_around_and_never_panic() {
    assert_eq!(run(Add, DType::I64, [i64::MAX], [1]), ([i64::MIN], None));
    assert_eq!(run(Mul, DType::I32, [i32::MAX], [3]).0, [i32::MAX.wrapping_mul(3)]);
    assert_eq!(run(Div, DType::I32, [i32::MIN], [-1]), ([i32::MIN], None));
    assert_eq!(run(Rem, DType::I64, [i64::MIN], [-1]), ([0], None));
    assert_eq!(run(Div, DType::I8, [i8::MIN], [-1]), ([i8::MIN], None));
    assert_eq!(run(Pow, DType::I64, [3, -2], [39, 63]).0, [4_052_555_153_018_976_267, i64::MIN]);
    assert_eq!(run(DivFloor, DType::I8, [i8::MIN, i8::MIN, 7], [-1, 127, -2]).0, [i8::MIN, -2, -4]);
    assert_eq!(run(DivFloor, DType::I64, [i64::MAX, i64::MIN], [-2, 3]).0, [-(1 << 62), i64::MIN / 3 - 1]);
    assert_eq!(run(Fmod, DType::I32, [i32::MIN, -7], [-1, 4]).0, [0, -3]);
    let zero = Some(Fault::ZeroDivisor { op: "pairwise" });
    assert_eq!(run(DivFloor, DType::I32, [7, 8], [0, 2]), ([0, 4], zero));
    assert_eq!(run(Fmod, DType::I32, [7, 8], [0, 3]), ([0, 2], zero));
    assert_eq!(run(Div, DType::I32, [7, 8], [0, 2]), ([0, 4], zero));
    assert_eq!(run(Rem, DType::U8, [7u8, 8], [0, 3]), ([0, 2], zero));
    assert_eq!(run(Div, DType::F32, [1.0f32], [0.0]), ([f32::INFINITY], None));
}

#[test]
fn what_is_not_defined_is_a_fault_and_leaves_y_as_it_is() {
    let element = |dtype| Some(Fault::Element { op: "pairwise", dtype });
    assert_eq!(run(Atan2, DType::I32, [5], [6]), ([5], element(DType::I32)));
    assert_eq!(run(Xor, DType::F64, [5.0], [6.0]), ([5.0], element(DType::F64)));
    let yes = [Bool::from(true)];
    assert_eq!(run(Sub, DType::Bool, yes, yes), (yes, element(DType::Bool)));
    let (cpu, b, mut y) = (Cpu::new(), [1.0f32], [1.0f32]);
    let memory = &mut [Raw::none(), Raw::read(&b), Raw::write(&mut y)];
    cpu.run::<Pairwise>(&Args { in_place: true, ..args(Eq, DType::F32, 1) }, memory);
    assert_eq!(cpu.take_fault(), element(DType::F32));
}

#[test]
fn strides_beyond_the_memory_are_a_fault() {
    let (cpu, a, mut y) = (Cpu::new(), [1.0f32; 4], [0.0f32; 4]);
    let far = Args { a: [0, 0, 0, 0, 0, 0, 0, usize::MAX], ..args(Add, DType::F32, 4) };
    cpu.run::<Pairwise>(&far, &mut [Raw::read(&a), Raw::read(&a), Raw::write(&mut y)]);
    assert!(matches!(cpu.take_fault(), Some(Fault::Memory { argument: 0, .. })));
}

#[test]
fn floats_are_divided_without_rounding_to_the_wrong_side() {
    // 1 / 0.1 is 10 when it is rounded, but ten times the float next to 0.1 is more than 1.
    assert_eq!(run(DivFloor, DType::F64, [1.0, -1.0, 7.0], [0.1, 0.1, -2.0]).0, [9.0, -10.0, -4.0]);
    assert_eq!(run(DivFloor, DType::F32, [1.0f32, -1.0], [0.0, f32::INFINITY]).0, [f32::INFINITY, -1.0]);
    assert_eq!(run(Fmod, DType::F64, [1e300, -7.5], [3.0, 2.0]).0, [1e300 % 3.0, -1.5]);
    let zeros = run(DivFloor, DType::F64, [-1.0, 1.0, 0.0, -0.0], [-2.0, 2.0, -2.0, 2.0]).0;
    assert_eq!(
        zeros.map(|zero: f64| (zero, zero.is_sign_negative())),
        [(0.0, false), (0.0, false), (0.0, true), (0.0, true)]
    );
}

#[cfg(feature = "cuda")]
#[test]
fn the_gpu_finds_the_same_faults_and_limits() {
    use crate::check::gpu::same_as_cpu;
    let fault = |op: PairOp, dtype, a: Vec<f64>, b: Vec<f64>| {
        let len = a.len();
        let y = Data::of(op.output(dtype), vec![1.0; len]);
        same_as_cpu::<Pairwise>(&args(op, dtype, len), &[Data::of(dtype, a), Data::of(dtype, b), y])
    };
    let element = |dtype| Some(Fault::Element { op: "pairwise", dtype });
    for op in [Div, Rem, Fmod, DivFloor] {
        for dtype in [DType::I8, DType::U8, DType::I32, DType::I64] {
            let zero = Some(Fault::ZeroDivisor { op: "pairwise" });
            assert_eq!(fault(op, dtype, vec![7.0, 8.0, 0.0, 9.0], vec![2.0, 0.0, 0.0, 3.0]), zero);
            assert_eq!(fault(op, dtype, vec![7.0, 8.0], vec![2.0, 3.0]), None);
        }
        assert_eq!(fault(op, DType::F32, vec![1.0, 7.5], vec![f64::INFINITY, 2.0]), None);
        let (low, high) = (i64::MIN as f64, i64::MAX as f64);
        for dtype in [DType::I8, DType::I32, DType::I64] {
            assert_eq!(fault(op, dtype, vec![low, high, 5.0], vec![-1.0, -2.0, low]), None);
        }
    }
    assert_eq!(fault(Atan2, DType::I32, vec![5.0], vec![6.0]), element(DType::I32));
    assert_eq!(fault(Sub, DType::Bool, vec![1.0], vec![1.0]), element(DType::Bool));
    let zeros = [-1.0, 1.0, 0.0, -0.0, 1.0, -1.0];
    let divisors = [-2.0, 2.0, -2.0, 2.0, 0.1, 0.1];
    assert_eq!(fault(DivFloor, DType::F64, zeros.to_vec(), divisors.to_vec()), None);
    let nan = f64::NAN;
    for op in [Maximum, Minimum, Eq, Ne, Lt, Le, Gt, Ge] {
        assert_eq!(fault(op, DType::F32, vec![nan, 1.0, nan, 2.0], vec![1.0, nan, nan, 1.0]), None);
    }
}

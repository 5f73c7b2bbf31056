use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random, dtypes, tolerance};
use crate::{Bool, Raw};

const OPS: [FoldOp; 8] = [
    FoldOp::Sum,
    FoldOp::Prod,
    FoldOp::Max,
    FoldOp::Min,
    FoldOp::ArgMax,
    FoldOp::ArgMin,
    FoldOp::Any,
    FoldOp::All,
];

fn along(args: &Args, x: &[f64]) -> f64 {
    let place = |better: fn(f64, f64) -> bool| {
        (1..x.len()).fold(0, |best, i| {
            let wins = better(x[i], x[best]) || (x[i].is_nan() && !x[best].is_nan());
            if wins && !x[best].is_nan() { i } else { best }
        })
    };
    match args.op {
        FoldOp::Sum => x.iter().sum(),
        // Integers wrap around.
        FoldOp::Prod if !args.dtype.is_float() => {
            x.iter().fold(1i64, |a, b| a.wrapping_mul(*b as i64)) as f64
        }
        FoldOp::Prod => x.iter().product(),
        FoldOp::Max => x[place(|a, b| a > b)],
        FoldOp::Min => x[place(|a, b| a < b)],
        FoldOp::ArgMax => place(|a, b| a > b) as f64,
        FoldOp::ArgMin => place(|a, b| a < b) as f64,
        FoldOp::Any => x.iter().any(|x| *x != 0.0) as u8 as f64,
        FoldOp::All => x.iter().all(|x| *x != 0.0) as u8 as f64,
    }
}

impl Checked for Fold {
    fn tolerance(args: &Args) -> f64 {
        tolerance(args.op.output(args.dtype))
    }
    fn dtype(args: &Args, i: usize) -> DType {
        if i == 0 { args.dtype } else { args.op.output(args.dtype) }
    }
    fn cases() -> BoxedStrategy<Args> {
        let shapes = prop_oneof![
            8 => (0..6usize, 1..40usize, 0..9usize),
            2 => (1..40usize, 1..200usize, Just(1usize)),
            1 => Just((3, 300, 150)),
            1 => Just((1, 700, 65)),
            1 => Just((1, 2100, 5)),
            1 => Just((2, 40_001, 1)),
            1 => Just((900, 50, 1)),
            1 => Just((70, 9, 131)),
            1 => (1..4usize, Just(0usize), 1..4usize),
        ];
        (prop::sample::select(&OPS[..]), dtypes(), shapes)
            .prop_map(|(op, dtype, (outer, len, inner))| {
                let len = if len == 0 && !op.of_nothing() { 1 } else { len };
                Args { op, dtype, outer, len, inner }
            })
            .boxed()
    }
    fn fill(args: &Args, _: usize, len: usize, random: &mut Random) -> Data {
        // Equal numbers, so that the first must be found; for products such that they stay in range; for
        // truth values rare ones; sometimes a NaN.
        let rare = random.below(4) == 0 && matches!(args.op, FoldOp::Max | FoldOp::ArgMax | FoldOp::ArgMin);
        let unsigned = matches!(args.dtype, DType::U8 | DType::Bool);
        let mut number = || match args.op {
            FoldOp::Any => (random.below(60) == 0) as u8 as f64,
            FoldOp::All => (random.below(60) != 0) as u8 as f64,
            FoldOp::Prod if args.dtype.is_float() => 1.0 + random.signed() as f64 * 0.02,
            FoldOp::Sum if args.dtype.is_float() => random.signed() as f64,
            _ if rare && args.dtype.is_float() && random.below(30) == 0 => f64::NAN,
            _ if unsigned => random.below(9) as f64,
            _ => random.below(9) as f64 - 4.0,
        };
        Data::of(args.dtype, (0..len).map(|_| number()).collect::<Vec<_>>())
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let &Args { outer, len, inner, .. } = args;
        for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
            let x: Vec<f64> = (0..len).map(|l| memory[0][(o * len + l) * inner + i]).collect();
            memory[1][o * inner + i] = along(args, &x);
        }
    }
}

fn run<T: crate::Plain, O: crate::Plain + Copy + Default>(
    op: FoldOp,
    dtype: DType,
    x: &[T],
) -> (Option<Fault>, O) {
    let (cpu, mut y) = (Cpu::new(), O::default());
    let args = Args { op, dtype, outer: 1, len: x.len(), inner: 1 };
    cpu.run::<Fold>(&args, &mut [Raw::read_slice(x), Raw::write(&mut y)]);
    (cpu.take_fault(), y)
}

#[test]
fn limits() {
    // Sums leave the element type, products wrap around in i64.
    assert_eq!(run::<i32, i64>(FoldOp::Sum, DType::I32, &[i32::MAX; 3]), (None, 3 * i32::MAX as i64));
    assert_eq!(run::<u8, i64>(FoldOp::Sum, DType::U8, &[255; 1000]), (None, 255_000));
    assert_eq!(run::<Bool, i64>(FoldOp::Sum, DType::Bool, &[true.into(); 70]), (None, 70));
    assert_eq!(run::<i64, i64>(FoldOp::Max, DType::I64, &[i64::MAX - 1, i64::MAX]), (None, i64::MAX));
    assert_eq!(run::<i64, i64>(FoldOp::ArgMin, DType::I64, &[i64::MAX - 1, i64::MAX]), (None, 0));
    assert_eq!(run::<i64, i64>(FoldOp::Sum, DType::I64, &[i64::MAX, 1]), (None, i64::MIN));
    let infinite = [f32::NEG_INFINITY; 3];
    assert_eq!(run::<f32, f32>(FoldOp::Max, DType::F32, &infinite), (None, f32::NEG_INFINITY));
    assert_eq!(run::<f32, i64>(FoldOp::ArgMax, DType::F32, &[1.0, f32::NAN, 3.0, f32::NAN]), (None, 1));
    assert_eq!(run::<f32, Bool>(FoldOp::Any, DType::F32, &[0.0, f32::NAN]), (None, true.into()));
    // An intermediate result that f32 does not hold.
    assert_eq!(run::<f32, f32>(FoldOp::Prod, DType::F32, &[1e30, 1e30, 1e-30, 1e-30]).1, 1.0);
}

#[test]
fn errors_of_long_sums_do_not_grow() {
    let x = vec![0.1f32; 3_000_000];
    let (_, sum) = run::<f32, f32>(FoldOp::Sum, DType::F32, &x);
    let want = 0.1f32 as f64 * 3e6;
    assert!((sum as f64 - want).abs() / want < 1e-6, "{sum}");
    let x = vec![half::bf16::from_f32(1.0); 100_000];
    assert_eq!(run::<_, half::bf16>(FoldOp::Sum, DType::Bf16, &x).1, half::bf16::from_f32(1e5));
}

#[test]
fn the_extremes_of_nothing_are_a_fault() {
    for op in OPS {
        let (fault, _) = run::<f32, [u64; 1]>(op, DType::F32, &[]);
        assert_eq!(fault.is_none(), op.of_nothing(), "{op:?}: {fault:?}");
    }
}

#[cfg(feature = "cuda")]
#[test]
fn a_gpu_says_the_same_of_nothing() {
    for op in OPS {
        let args = Args { op, dtype: DType::F32, outer: 1, len: 0, inner: 1 };
        let inputs = [Data::F32(vec![]), Data::of(op.output(DType::F32), vec![0.0])];
        let fault = crate::check::gpu::same_as_cpu::<Fold>(&args, &inputs);
        assert_eq!(fault.is_none(), op.of_nothing(), "{op:?}: {fault:?}");
    }
}

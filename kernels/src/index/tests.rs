use proptest::prelude::*;

use super::*;
use crate::Raw;
use crate::check::{Checked, Data, Random, dtypes, gradient, tolerance};

fn cases() -> BoxedStrategy<Args> {
    let shapes = prop_oneof![
        8 => (0..5usize, 1..9usize, 0..9usize, 0..9usize),
        2 => (1..4usize, 1..30usize, 0..70usize, Just(1usize)),
        1 => Just((1, 50, 40_000, 1)),
        1 => Just((1, 20, 400, 100)),
        1 => Just((2, 1000, 30, 700)),
        1 => Just((300, 20, 70, 3)),
    ];
    (dtypes(), shapes)
        .prop_map(|(dtype, (outer, len, count, inner))| Args { dtype, outer, len, count, inner })
        .boxed()
}

fn is_half(dtype: DType) -> bool {
    matches!(dtype, DType::Bf16 | DType::F16)
}

fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
    if i == 1 {
        Data::I64((0..len).map(|_| random.below(args.len) as i64).collect())
    } else if is_half(args.dtype) {
        // Their sums are exact, so that the reference need not round after each.
        Data::of(args.dtype, (0..len).map(|_| (random.below(5) == 0) as u8 as f64).collect::<Vec<_>>())
    } else {
        Data::random(args.dtype, len, random)
    }
}

/// The place in the indexed memory of each place in the named one.
fn places(args: &Args, index: &[f64], one_index: bool) -> Vec<usize> {
    let &Args { outer, len, count, inner, .. } = args;
    let at = |o: usize, j: usize, i: usize| {
        let index = index[if one_index { j } else { (o * count + j) * inner + i }];
        (o * len + index as usize) * inner + i
    };
    (0..outer)
        .flat_map(|o| (0..count).flat_map(move |j| (0..inner).map(move |i| (o, j, i))))
        .map(|(o, j, i)| at(o, j, i))
        .collect()
}

fn take(args: &Args, memory: &mut [Vec<f64>], one_index: bool) {
    memory[2] = places(args, &memory[1], one_index).iter().map(|&at| memory[0][at]).collect();
}

/// The transpose: by finite differences where that does not take too long.
fn put(args: &Args, memory: &mut [Vec<f64>], one_index: bool) {
    let places = places(args, &memory[1], one_index);
    if args.dtype.is_float() && memory[2].len() * memory[0].len() < 100_000 {
        let zeros = vec![0.0; memory[2].len()];
        let d = gradient(&zeros, &memory[0], |y| places.iter().map(|&at| y[at]).collect());
        // The sums of 16-bit floats are integers here.
        let exact = |d: f64| if is_half(args.dtype) { d.round() } else { d };
        memory[2].iter_mut().zip(d).for_each(|(y, d)| *y += exact(d));
        return;
    }
    let (x, y) = memory.split_at_mut(2);
    for (&at, x) in places.iter().zip(&x[0]) {
        y[0][at] += x;
    }
    for y in &mut y[0] {
        *y = match args.dtype {
            DType::Bool => y.min(1.0),
            DType::I8 => *y as i64 as i8 as f64,
            DType::U8 => *y as i64 as u8 as f64,
            // Where adding one more is lost in rounding.
            DType::Bf16 => y.min(256.0),
            DType::F16 => y.min(2048.0),
            _ => *y,
        };
    }
}

/// Finite differences are no more exact than this, and long sums in f32 go on from element to element.
fn sums(args: &Args) -> f64 {
    match args.dtype {
        DType::F32 => 1e-4,
        DType::F64 => 1e-9,
        dtype => tolerance(dtype),
    }
}

macro_rules! checked {
    ($op:ident, $tolerance:expr, $reference:expr) => {
        impl Checked for $op {
            fn tolerance(args: &Args) -> f64 {
                $tolerance(args)
            }
            fn dtype(args: &Args, i: usize) -> DType {
                if i == 1 { DType::I64 } else { args.dtype }
            }
            fn cases() -> BoxedStrategy<Args> {
                cases()
            }
            fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
                fill(args, i, len, random)
            }
            fn reference(args: &Args, memory: &mut [Vec<f64>]) {
                $reference(args, memory);
            }
        }
    };
}
checked!(Gather, |_| 0.0, |args, memory| take(args, memory, false));
checked!(IndexSelect, |_| 0.0, |args, memory| take(args, memory, true));
checked!(ScatterAdd, sums, |args, memory| put(args, memory, false));
checked!(IndexAdd, sums, |args, memory| put(args, memory, true));

#[test]
fn an_index_out_of_range_is_reported_and_skipped() {
    let args = Args { dtype: DType::F32, outer: 1, len: 2, count: 4, inner: 1 };
    let (x, index, mut y) = ([3.0f32, 4.0], [1i64, 2, i64::MIN, 0], [f32::NAN; 4]);
    let cpu = Cpu::new();
    cpu.run::<Gather>(&args, &mut [Raw::read(&x), Raw::read(&index), Raw::write(&mut y)]);
    assert_eq!(y, [4.0, 0.0, 0.0, 3.0]);
    assert_eq!(cpu.take_fault(), Some(Fault::Index { op: "gather", row: 1, got: 2, limit: 2 }));
    let mut y = [f32::NAN; 4];
    cpu.run::<IndexSelect>(&args, &mut [Raw::read(&x), Raw::read(&index), Raw::write(&mut y)]);
    assert_eq!(y, [4.0, 0.0, 0.0, 3.0]);
    assert_eq!(cpu.take_fault(), Some(Fault::Index { op: "index select", row: 1, got: 2, limit: 2 }));

    let dy = [1.0f32, 2.0, 3.0, 4.0];
    let mut dx = [10.0f32, 20.0];
    cpu.run::<ScatterAdd>(&args, &mut [Raw::read(&dy), Raw::read(&index), Raw::write(&mut dx)]);
    assert!(matches!(cpu.take_fault(), Some(Fault::Index { op: "scatter add", row: 1, .. })));
    cpu.run::<IndexAdd>(&args, &mut [Raw::read(&dy), Raw::read(&index), Raw::write(&mut dx)]);
    assert!(matches!(cpu.take_fault(), Some(Fault::Index { op: "index add", row: 1, .. })));
    assert_eq!(dx, [18.0, 22.0]);
}

#[cfg(feature = "cuda")]
#[test]
fn the_gpu_finds_the_same_faults() {
    use crate::check::gpu::same_as_cpu;
    fn check<O: Op<Args = Args>>(one_index: bool, adds: bool) {
        for (outer, len, count, inner) in
            [(2, 5, 40, 3), (1, 3, 70, 1), (3, 4, 5, 32), (2, 5, 4, 0), (1, 0, 3, 2)]
        {
            for dtype in [DType::F32, DType::Bf16, DType::I64] {
                let args = Args { dtype, outer, len, count, inner };
                let named = if one_index { count } else { args.named() };
                // Of several that are wrong the first is reported.
                let index = (0..named as i64).map(|j| match j {
                    2 => -3,
                    j if j % 7 == 3 => len as i64 + j,
                    j => j % len.max(1) as i64,
                });
                let [x, y] = if adds { [args.named(), args.whole()] } else { [args.whole(), args.named()] };
                let [x, y] = [x, y].map(|n| Data::of(dtype, (0..n).map(|i| (i % 9) as f64 - 4.0)));
                let fault = same_as_cpu::<O>(&args, &[x, Data::I64(index.collect()), y]);
                let first = if len == 0 { (0, 0) } else { (2, -3) };
                let want = Fault::Index { op: O::NAME, row: first.0, got: first.1, limit: len };
                assert_eq!(fault, (named > 0).then_some(want), "{args:?}");
            }
        }
    }
    check::<Gather>(false, false);
    check::<ScatterAdd>(false, true);
    check::<IndexSelect>(true, false);
    check::<IndexAdd>(true, true);
}

use proptest::prelude::*;

use super::*;
use crate::Raw;
use crate::check::{Checked, Data, Random, dtypes, tolerance};

fn cases() -> BoxedStrategy<Args> {
    let shapes = prop_oneof![
        8 => (0..6usize, 0..40usize, 0..9usize),
        1 => Just((1, 70, 150)),
        1 => Just((40, 900, 1)),
        1 => Just((9, 50, 70)),
        1 => Just((2, 9001, 1)),
        1 => Just((1, 1100, 3)),
    ];
    (dtypes(), shapes, any::<bool>())
        .prop_map(|(dtype, (outer, len, inner), reverse)| Args { dtype, outer, len, inner, reverse })
        .boxed()
}

fn reference(args: &Args, memory: &mut [Vec<f64>], start: f64, f: impl Fn(f64, f64) -> f64) {
    let &Args { outer, len, inner, .. } = args;
    for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
        let mut total = start;
        for l in 0..len {
            let at = (o * len + if args.reverse { len - 1 - l } else { l }) * inner + i;
            total = f(total, memory[0][at]);
            memory[1][at] = total;
        }
    }
}

impl Checked for CumSum {
    fn tolerance(args: &Args) -> f64 {
        tolerance(args.output())
    }
    fn dtype(args: &Args, i: usize) -> DType {
        if i == 0 { args.dtype } else { args.output() }
    }
    fn cases() -> BoxedStrategy<Args> {
        cases()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        reference(args, memory, 0.0, |a, b| a + b);
    }
}

impl Checked for CumProd {
    fn tolerance(args: &Args) -> f64 {
        tolerance(args.output())
    }
    fn dtype(args: &Args, i: usize) -> DType {
        if i == 0 { args.dtype } else { args.output() }
    }
    fn cases() -> BoxedStrategy<Args> {
        cases()
    }
    fn fill(args: &Args, _: usize, len: usize, random: &mut Random) -> Data {
        // Products that f64 holds exactly, where they are integers.
        let mut number = || match args.dtype {
            dtype if dtype.is_float() => 1.0 + random.signed() as f64 * 0.05,
            DType::U8 | DType::Bool => (random.below(50) != 0) as u8 as f64,
            _ if random.below(40.max(len / 20)) == 0 => 2.0,
            _ => 1.0 - 2.0 * random.below(2) as f64,
        };
        Data::of(args.dtype, (0..len).map(|_| number()).collect::<Vec<_>>())
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        reference(args, memory, 1.0, |a, b| a * b);
    }
}

/// The gradient of ⟨dy, cumsum(x)⟩ is the sum from the other end.
#[test]
fn reversed_is_the_transpose() {
    let (x, mut y, mut z) = ([1i32, 2, 3, 4], [0i64; 4], [0i64; 4]);
    let args = Args { dtype: DType::I32, outer: 1, len: 4, inner: 1, reverse: false };
    let cpu = Cpu::new();
    cpu.run::<CumSum>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
    cpu.run::<CumSum>(&Args { reverse: true, ..args }, &mut [Raw::read(&x), Raw::write(&mut z)]);
    assert_eq!((y, z), ([1, 3, 6, 10], [10, 9, 7, 4]));
    assert_eq!(cpu.take_fault(), None);
}

use proptest::prelude::*;

use super::*;
use crate::Raw;
use crate::check::{Checked, dtypes, tolerance};

/// A view of a matrix of `sizes`, with either order of strides and perhaps gaps, in elements.
fn view(sizes: [usize; 2], batch: [usize; 2], transposed: bool, gap: usize, swapped: bool) -> View {
    let [rows, columns] = sizes;
    let (view, len) = if transposed {
        (View { row: 1, column: rows + gap, batch: [0; 2] }, (rows + gap) * columns)
    } else {
        (View { row: columns + gap, column: 1, batch: [0; 2] }, (columns + gap) * rows)
    };
    view.batched(if swapped { [len, len * batch[0]] } else { [len * batch[1], len] })
}

impl Checked for Product {
    fn tolerance(args: &Args) -> f64 {
        tolerance(args.dtype)
    }
    fn dtype(args: &Args, _: usize) -> DType {
        args.dtype
    }
    fn cases() -> BoxedStrategy<Args> {
        let size = || prop_oneof![0..6usize, 1..70usize, 14..=16usize, Just(100), Just(200)];
        let depth = prop_oneof![Just(0usize), 1..40usize, 140..150usize, Just(300)];
        let batch = prop_oneof![3 => Just([1, 1]), 1 => [1..3usize, 1..4usize]];
        let flag = any::<bool>;
        let layout = || (flag(), prop_oneof![Just(0), 0..5usize], flag());
        (dtypes(), (size(), size(), depth, batch), [layout(), layout()], [flag(), flag()])
            .prop_map(|(dtype, (m, n, k, batch), [a, b], [accumulate, shared])| {
                let dtype = if dtype == DType::Bool { DType::F64 } else { dtype };
                let mut args = Args { batch, accumulate, ..Args::new(dtype, m, n, k) };
                args.a = view([m, k], batch, a.0, a.1, a.2);
                args.b = view([k, n], batch, b.0, b.1, b.2);
                if shared {
                    args.b.batch[0] = 0;
                }
                args
            })
            .boxed()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let &Args { m, n, k, batch: [b0, b1], a, b, .. } = args;
        let at = |v: View, i: usize, j: usize, p: usize, q: usize| {
            i * v.row + j * v.column + p * v.batch[0] + q * v.batch[1]
        };
        for index in 0..b0 * b1 * m * n {
            let (j, i, q, p) = (index % n, index / n % m, index / n / m % b1, index / n / m / b1);
            let mut sum = if args.accumulate { memory[2][index] } else { 0.0 };
            for l in 0..k {
                sum += memory[0][at(a, i, l, p, q)] * memory[1][at(b, l, j, p, q)];
            }
            memory[2][index] = match args.dtype {
                DType::I8 => sum as i64 as i8 as f64,
                DType::U8 => sum as i64 as u8 as f64,
                _ => sum,
            };
        }
    }
}

#[test]
fn integers_wrap_around_and_booleans_are_a_fault() {
    let cpu = Cpu::new();
    let (a, b, mut c) = ([i64::MAX, 1], [2i64, 3], [0i64]);
    let args = Args::new(DType::I64, 1, 1, 2);
    cpu.run::<Product>(&args, &mut [Raw::read(&a), Raw::read(&b), Raw::write(&mut c)]);
    assert_eq!((cpu.take_fault(), c), (None, [1]));
    let (a, b, mut c) = ([1u8, 1], [1u8, 1], [0u8]);
    let args = Args::new(DType::Bool, 1, 1, 2);
    cpu.run::<Product>(&args, &mut [Raw::read(&a), Raw::read(&b), Raw::write(&mut c)]);
    assert_eq!(cpu.take_fault(), Some(Fault::Element { op: "product", dtype: DType::Bool }));
}

/// Sums of many 16-bit numbers are rounded once, not at every block.
#[test]
fn sums_are_rounded_once() {
    use half::bf16;
    let (a, b, mut c) = (vec![bf16::ONE; 1000], vec![bf16::ONE; 1000], [bf16::ZERO]);
    let args = Args::new(DType::Bf16, 1, 1, 1000);
    Cpu::new().run::<Product>(&args, &mut [Raw::read_slice(&a), Raw::read_slice(&b), Raw::write(&mut c)]);
    assert_eq!(c, [bf16::from_f32(1000.0)]);
}

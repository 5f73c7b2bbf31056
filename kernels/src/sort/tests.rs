use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random, dtypes};
use crate::{Fault, Raw};

impl Checked for Sort {
    const TOLERANCE: f64 = 0.0;
    fn dtype(args: &Args, i: usize) -> DType {
        if i.is_multiple_of(2) { args.dtype } else { DType::I64 }
    }
    fn cases() -> BoxedStrategy<Args> {
        let shapes = prop_oneof![
            8 => (0..6usize, 0..60usize),
            1 => Just((40, 300)),
            1 => Just((1, 2500)),
            1 => Just((9000, 3)),
        ];
        (dtypes(), shapes, 0..4usize, any::<bool>())
            .prop_map(|(dtype, (rows, len), keep, descending)| {
                let keep = [len, len / 2, len.min(1), 0][keep];
                Args { dtype, rows, len, keep, descending }
            })
            .boxed()
    }
    fn fill(args: &Args, _: usize, len: usize, random: &mut Random) -> Data {
        // Equal numbers, zeros of both signs, infinities, NaN.
        let unsigned = matches!(args.dtype, DType::U8 | DType::Bool);
        let special = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let mut number = || match random.below(12) {
            0 if args.dtype.is_float() => special[random.below(5)],
            _ if unsigned => random.below(20) as f64,
            _ => random.below(20) as f64 - 10.0,
        };
        Data::of(args.dtype, (0..len).map(|_| number()).collect::<Vec<_>>())
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let &Args { rows, len, keep, descending, .. } = args;
        for r in 0..rows {
            let x = memory[0][r * len..][..len].to_vec();
            let mut order: Vec<usize> = (0..len).collect();
            let greater = |a: f64, b: f64| a > b || (a.is_nan() && !b.is_nan());
            // Insertion: an element passes those that must come after it, and no equal ones.
            for i in 1..len {
                let mut at = i;
                while at > 0 {
                    let (a, b) = (x[order[at - 1]], x[order[at]]);
                    if if descending { greater(b, a) } else { greater(a, b) } {
                        order.swap(at - 1, at);
                        at -= 1;
                    } else {
                        break;
                    }
                }
            }
            for (k, &i) in order[..keep].iter().enumerate() {
                memory[1][r * len + k] = i as f64;
                memory[2][r * keep + k] = x[i];
                memory[3][r * keep + k] = i as f64;
            }
        }
    }
}

#[test]
fn signs_of_zero_stay() {
    let x = [0.0f64, -0.0, -1.0, f64::NAN];
    let (mut scratch, mut values, mut indices) = ([0i64; 4], [0.0f64; 4], [0i64; 4]);
    let args = Args { dtype: DType::F64, rows: 1, len: 4, keep: 4, descending: true };
    let cpu = Cpu::new();
    let mut memory =
        [Raw::read(&x), Raw::write(&mut scratch), Raw::write(&mut values), Raw::write(&mut indices)];
    cpu.run::<Sort>(&args, &mut memory);
    assert_eq!(cpu.take_fault(), None);
    assert_eq!(indices, [3, 0, 1, 2]);
    assert!(values[1].is_sign_positive() && values[2].is_sign_negative());
}

#[test]
fn more_than_there_is_cannot_be_kept() {
    let (x, mut scratch, mut values, mut indices) = ([0.0f32; 4], [0i64; 4], [0.0f32; 9], [0i64; 9]);
    let args = Args { dtype: DType::F32, rows: 1, len: 4, keep: 5, descending: true };
    let cpu = Cpu::new();
    let mut memory =
        [Raw::read(&x), Raw::write(&mut scratch), Raw::write(&mut values), Raw::write(&mut indices)];
    cpu.run::<Sort>(&args, &mut memory);
    assert!(matches!(cpu.take_fault(), Some(Fault::Memory { argument: 2, .. })));
}

/// Signs of zeros and bits of NaN stay on a GPU too, in rows of one tile and of several.
#[cfg(feature = "cuda")]
#[test]
fn a_gpu_leaves_the_same_bits() {
    let mut random = Random::new(5);
    for dtype in [DType::F32, DType::F64, DType::Bf16, DType::F16, DType::I64] {
        for (len, descending) in [(50, false), (700, true), (5000, false)] {
            let args = Args { dtype, rows: 2, len, keep: len - 7, descending };
            let zeros = |dtype, len| Data::of(dtype, vec![0.0; len]);
            let (all, kept) = (args.rows * len, args.rows * args.keep);
            let x = Sort::fill(&args, 0, all, &mut random);
            let inputs = [x, zeros(DType::I64, all), zeros(dtype, kept), zeros(DType::I64, kept)];
            assert_eq!(crate::check::gpu::same_as_cpu::<Sort>(&args, &inputs), None);
        }
    }
}

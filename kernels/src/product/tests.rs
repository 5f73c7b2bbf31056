use proptest::prelude::*;

use super::*;
use crate::check::{Checked, dtypes, tolerance_of_sum};
use crate::{Isa, Raw};

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
        tolerance_of_sum(args.output, args.k)
    }
    fn dtype(args: &Args, i: usize) -> DType {
        if i == 2 { args.output } else { args.dtype }
    }
    const ISAS: &[Isa] = &[Isa::Portable, Isa::Avx2, Isa::Avx512];
    fn cases() -> BoxedStrategy<Args> {
        let size = || prop_oneof![0..6usize, 1..70usize, 14..=16usize, Just(100), Just(200)];
        let depth = prop_oneof![Just(0usize), 1..40usize, 140..150usize, Just(300)];
        let batch = prop_oneof![3 => Just([1, 1]), 1 => [1..3usize, 1..4usize]];
        let flag = any::<bool>;
        let layout = || (flag(), prop_oneof![Just(0), 0..5usize], flag());
        (dtypes(), (size(), size(), depth, batch), [layout(), layout()], [flag(), flag(), flag()])
            .prop_map(|(dtype, (m, n, k, batch), [a, b], [accumulate, shared, sums])| {
                let dtype = if dtype == DType::Bool { DType::F64 } else { dtype };
                let output = if sums { Args::sums(dtype) } else { dtype };
                let mut args = Args { output, batch, accumulate, ..Args::new(dtype, m, n, k) };
                args.a = view([m, k], batch, a.0, a.1, a.2);
                args.b = view([k, n], batch, b.0, b.1, b.2);
                if shared {
                    args.b.batch[0] = 0;
                }
                args
            })
            .boxed()
    }
    /// Every type, each with depths of one block and of several, and with more rows and columns than a rectangle has;
    /// and with each order of memory, where 16-bit floats lie as tensor cores are best fed.
    fn every() -> Vec<Args> {
        let sizes = [(33, 47, 2100), (530, 33, 65), (20, 400, 70), (50, 300, 600)];
        let dtypes =
            [DType::Bf16, DType::F16, DType::F32, DType::F64, DType::I8, DType::U8, DType::I32, DType::I64];
        let sums =
            |dtype| [dtype, Args::sums(dtype)].map(|output| Args { output, ..Args::new(dtype, 0, 0, 0) });
        let of = |args: Args| {
            sizes.map(|(m, n, k)| Args { output: args.output, ..Args::new(args.dtype, m, n, k) })
        };
        let fed = [DType::Bf16, DType::F16].into_iter().flat_map(|dtype| {
            [(false, false), (false, true), (true, false), (true, true)].map(|(a, b)| Args {
                a: view([264, 72], [1, 1], a, 0, false),
                b: view([72, 136], [1, 1], b, 0, false),
                ..Args::new(dtype, 264, 136, 72)
            })
        });
        dtypes.into_iter().flat_map(sums).flat_map(of).chain(fed).collect()
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
            memory[2][index] = match args.output {
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

/// Every path, at the ends of what bytes can be: products with an offset must not saturate or lose it.
#[test]
fn extreme_bytes_are_summed_exactly() {
    let (m, n, k) = (3, 17, 1030);
    for isa in [None, Some(Isa::Avx512), Some(Isa::Avx2), Some(Isa::Portable)] {
        let cpu = isa.map_or_else(Cpu::new, |isa| Cpu::new().with_isa(isa));
        for (x, y) in [(i8::MIN, i8::MIN), (i8::MIN, i8::MAX), (i8::MAX, i8::MIN), (i8::MAX, i8::MAX)] {
            let (a, b, mut c) = (vec![x; m * k], vec![y; k * n], vec![0i32; m * n]);
            let args = Args { output: DType::I32, ..Args::new(DType::I8, m, n, k) };
            cpu.run::<Product>(
                &args,
                &mut [Raw::read_slice(&a), Raw::read_slice(&b), Raw::write_slice(&mut c)],
            );
            assert_eq!(c, vec![k as i32 * x as i32 * y as i32; m * n], "{isa:?}");
        }
        let (a, b, mut c) = (vec![255u8; m * k], vec![255u8; k * n], vec![0i32; m * n]);
        let args = Args { output: DType::I32, ..Args::new(DType::U8, m, n, k) };
        cpu.run::<Product>(&args, &mut [Raw::read_slice(&a), Raw::read_slice(&b), Raw::write_slice(&mut c)]);
        assert_eq!(c, vec![k as i32 * 255 * 255; m * n], "{isa:?}");
    }
}

#[test]
fn a_named_instruction_set_has_no_tiles() {
    assert!(!Cpu::new().with_isa(Isa::Avx512).tiles());
    assert!(!Cpu::new().with_isa(Isa::Portable).tiles());
}

/// The sums of a product can only be of the type that they are computed in.
#[test]
fn other_outputs_are_a_fault() {
    let (a, b, mut c) = ([1i8], [1i8], [0i64]);
    let (cpu, args) = (Cpu::new(), Args { output: DType::I64, ..Args::new(DType::I8, 1, 1, 1) });
    cpu.run::<Product>(&args, &mut [Raw::read(&a), Raw::read(&b), Raw::write(&mut c)]);
    assert_eq!(cpu.take_fault(), Some(Fault::Element { op: "product", dtype: DType::I64 }));
}

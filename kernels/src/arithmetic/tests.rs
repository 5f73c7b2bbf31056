use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random};
use crate::{Fault, Raw};

fn lens() -> BoxedStrategy<usize> {
    prop_oneof![0..70usize, Just(40_001)].boxed()
}

impl Checked for Binary {
    fn cases() -> BoxedStrategy<BinaryArgs> {
        let op = prop::sample::select(vec![BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::Div]);
        (op, lens()).prop_map(|(op, len)| BinaryArgs { op, len, in_place: false }).boxed()
    }
    fn fill(_: &BinaryArgs, i: usize, len: usize, random: &mut Random) -> Data {
        let divisor = |x: f32| if i == 1 { x + 0.1f32.copysign(x) } else { x };
        Data::F32((0..len).map(|_| divisor(random.signed())).collect())
    }
    fn in_place(args: &BinaryArgs) -> Option<(BinaryArgs, [usize; 2])> {
        Some((BinaryArgs { in_place: true, ..*args }, [0, 2]))
    }
    fn reference(args: &BinaryArgs, memory: &mut [Vec<f64>]) {
        let f = |(a, b): (&f64, &f64)| match args.op {
            BinaryOp::Add => a + b,
            BinaryOp::Sub => a - b,
            BinaryOp::Mul => a * b,
            BinaryOp::Div => a / b,
        };
        memory[2] = memory[0].iter().zip(&memory[1]).map(f).collect();
    }
}

impl Checked for AddAssign {
    fn cases() -> BoxedStrategy<usize> {
        lens()
    }
    fn reference(_: &usize, memory: &mut [Vec<f64>]) {
        memory[1] = memory[0].iter().zip(&memory[1]).map(|(x, y)| y + x).collect();
    }
}

impl Checked for Affine {
    fn cases() -> BoxedStrategy<AffineArgs> {
        (lens(), -3.0..3.0f32, -3.0..3.0f32)
            .prop_map(|(len, scale, shift)| AffineArgs { len, scale, shift, in_place: false })
            .boxed()
    }
    fn in_place(args: &AffineArgs) -> Option<(AffineArgs, [usize; 2])> {
        Some((AffineArgs { in_place: true, ..*args }, [0, 1]))
    }
    fn reference(args: &AffineArgs, memory: &mut [Vec<f64>]) {
        memory[1] = memory[0].iter().map(|x| args.scale as f64 * x + args.shift as f64).collect();
    }
}

impl Checked for Reciprocal {
    fn cases() -> BoxedStrategy<ReciprocalArgs> {
        (lens(), -3.0..3.0f32)
            .prop_map(|(len, numerator)| ReciprocalArgs { len, numerator, in_place: false })
            .boxed()
    }
    fn fill(_: &ReciprocalArgs, _: usize, len: usize, random: &mut Random) -> Data {
        let divisor = |x: f32| x + 0.1f32.copysign(x);
        Data::F32((0..len).map(|_| divisor(random.signed())).collect())
    }
    fn in_place(args: &ReciprocalArgs) -> Option<(ReciprocalArgs, [usize; 2])> {
        Some((ReciprocalArgs { in_place: true, ..*args }, [0, 1]))
    }
    fn reference(args: &ReciprocalArgs, memory: &mut [Vec<f64>]) {
        memory[1] = memory[0].iter().map(|x| args.numerator as f64 / x).collect();
    }
}

impl Checked for CopyElements {
    const TOLERANCE: f64 = 0.0;
    fn cases() -> BoxedStrategy<usize> {
        lens()
    }
    fn reference(_: &usize, memory: &mut [Vec<f64>]) {
        memory[1] = memory[0].clone();
    }
}

impl Checked for CopyBytes {
    const TOLERANCE: f64 = 0.0;
    fn cases() -> BoxedStrategy<usize> {
        lens().prop_map(|len| len * size_of::<f32>()).boxed()
    }
    fn reference(_: &usize, memory: &mut [Vec<f64>]) {
        memory[1] = memory[0].clone();
    }
}

impl Checked for Fill {
    const TOLERANCE: f64 = 0.0;
    fn cases() -> BoxedStrategy<FillArgs> {
        (lens(), -3.0..3.0f32).prop_map(|(len, value)| FillArgs { len, value }).boxed()
    }
    fn reference(args: &FillArgs, memory: &mut [Vec<f64>]) {
        memory[0].fill(args.value as f64);
    }
}

impl Checked for CopyRows {
    fn cases() -> BoxedStrategy<CopyRowsArgs> {
        (0..6usize, 1..9usize, 0..4usize, 0..4usize)
            .prop_map(|(rows, width, a, b)| CopyRowsArgs {
                rows,
                width,
                from_stride: width + a,
                to_stride: width + b,
            })
            .boxed()
    }
    fn reference(args: &CopyRowsArgs, memory: &mut [Vec<f64>]) {
        for row in 0..args.rows {
            for i in 0..args.width {
                memory[1][row * args.to_stride + i] = memory[0][row * args.from_stride + i];
            }
        }
    }
}

#[test]
fn rows_that_overlap_are_a_fault() {
    let (x, mut y) = ([1.0f32, 2.0, 3.0, 4.0], [0.0f32; 4]);
    let cpu = Cpu::new();
    let mut run = |rows, from_stride, to_stride| {
        let args = CopyRowsArgs { rows, width: 2, from_stride, to_stride };
        cpu.run::<CopyRows>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
        (cpu.take_fault(), y)
    };
    assert!(matches!(run(2, 2, 1).0, Some(Fault::Memory { argument: 1, .. })));
    assert!(matches!(run(2, 1, 2).0, Some(Fault::Memory { argument: 0, .. })));
    // A single row has no other to overlap with.
    assert_eq!(run(1, 1, 0), (None, [1.0, 2.0, 0.0, 0.0]));
}

#[test]
fn bytes_are_copied_from_and_to_any_address() {
    let x: [u8; 9] = core::array::from_fn(|i| 200 + i as u8);
    let mut y = [7u8; 9];
    let mut memory = [Raw::read_slice(&x[1..6]), Raw::write_slice(&mut y[2..7])];
    let cpu = Cpu::new();
    cpu.run::<CopyBytes>(&5, &mut memory);
    assert_eq!((y, cpu.take_fault()), ([7, 7, 201, 202, 203, 204, 205, 7, 7], None));
}

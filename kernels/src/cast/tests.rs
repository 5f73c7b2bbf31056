use half::{bf16, f16};
use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random, tolerance};
use crate::{Bool, Plain, Raw};

const ALL: [DType; 9] = [
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

impl Checked for Cast {
    fn cases() -> BoxedStrategy<Args> {
        let (dtype, len) = (prop::sample::select(ALL.to_vec()), prop_oneof![0..700usize, Just(40_000)]);
        (dtype.clone(), dtype, len).prop_map(|(from, to, len)| Args { from, to, len }).boxed()
    }
    fn every() -> Vec<Args> {
        ALL.iter().flat_map(|&from| ALL.map(|to| Args { from, to, len: 300 })).collect()
    }
    fn dtype(args: &Args, i: usize) -> DType {
        [args.from, args.to][i]
    }
    fn tolerance(args: &Args) -> f64 {
        if args.to == DType::F64 { 0.0 } else { tolerance(args.to) }
    }
    fn fill(args: &Args, _: usize, len: usize, random: &mut Random) -> Data {
        Data::of(
            args.from,
            (0..len).map(|_| 400.0 * random.signed() as f64).map(|x| if x.abs() < 20.0 { 0.0 } else { x }),
        )
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let integer = |x: f64, low: i64, high: i64| {
            let x = x as i64;
            // Of an integer the low bits, of a float the nearest.
            match args.from.is_float() {
                true => x.clamp(low, high) as f64,
                false => (low + (x - low).rem_euclid(high - low + 1)) as f64,
            }
        };
        let f = |x: f64| match args.to {
            DType::I8 => integer(x, -128, 127),
            DType::U8 => integer(x, 0, 255),
            DType::I32 | DType::I64 => x.trunc(),
            DType::Bool => (x != 0.0) as u8 as f64,
            _ => x,
        };
        memory[1] = memory[0].iter().map(|&x| f(x)).collect();
    }
}

fn cast<T: Plain, U: Plain + Copy, const N: usize>(from: DType, to: DType, x: [T; N], zero: U) -> [U; N] {
    let (cpu, mut y) = (Cpu::new(), [zero; N]);
    cpu.run::<Cast>(&Args { from, to, len: N }, &mut [Raw::read(&x), Raw::write(&mut y)]);
    assert_eq!(cpu.take_fault(), None);
    y
}

#[test]
fn extreme_values_are_those_of_as() {
    let floats = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e9, -3e9, -0.0, 0.5, 16_777_216.0];
    assert_eq!(cast(DType::F32, DType::I32, floats, 0i32), floats.map(|x| x as i32));
    assert_eq!(cast(DType::F32, DType::I64, floats, 0i64), floats.map(|x| x as i64));
    assert_eq!(cast(DType::F32, DType::U8, floats, 0u8), floats.map(|x| x as u8));
    assert_eq!(cast(DType::F32, DType::Bool, floats, Bool::default()), floats.map(|x| Bool::from(x != 0.0)));
    let integers = [i64::MIN, i64::MAX, (1 << 53) + 1, (1 << 60) + (1 << 36) + 1, -1, 0, 256];
    assert_eq!(cast(DType::I64, DType::F32, integers, 0f32), integers.map(|x| x as f32));
    assert_eq!(cast(DType::I64, DType::F64, integers, 0f64), integers.map(|x| x as f64));
    assert_eq!(cast(DType::I64, DType::I64, integers, 0i64), integers);
    assert_eq!(cast(DType::I64, DType::I8, integers, 0i8), integers.map(|x| x as i8));
    assert_eq!(
        cast(DType::I64, DType::Bool, integers, Bool::default()),
        integers.map(|x| Bool::from(x != 0))
    );
    let integers = [i32::MIN, i32::MAX, 16_777_217, -1, 300];
    assert_eq!(cast(DType::I32, DType::F32, integers, 0f32), integers.map(|x| x as f32));
    assert_eq!(cast(DType::I32, DType::U8, integers, 0u8), integers.map(|x| x as u8));
    assert_eq!(
        cast(DType::I32, DType::Bf16, integers, bf16::ZERO),
        integers.map(|x| bf16::from_f32(x as f32))
    );
    let doubles = [1e300, -1e300, 0.1, 65520.0, 1e-8, 1e-310];
    assert_eq!(cast(DType::F64, DType::F16, doubles, f16::ZERO), doubles.map(|x| f16::from_f32(x as f32)));
    assert_eq!(cast(DType::F64, DType::Bool, doubles, Bool::default()), [Bool::from(true); 6]);
}

#[cfg(feature = "cuda")]
#[test]
fn the_gpu_gives_the_same_bits() {
    use crate::check::gpu::same_as_cpu;
    let values =
        [0.0, -0.0, 0.5, -0.5, 1.0, 127.6, 128.0, 255.5, 256.0, -128.9, -129.0, 3e9, -3e9, 1e19, -1e19];
    let special = [f64::INFINITY, f64::NEG_INFINITY, 65_520.0, 1e-8, 1e-310, 16_777_217.0, 9.3e18, 0.1, -1.0];
    for from in ALL {
        for to in ALL {
            // A NaN has no certain bits as a float.
            let nan = (!to.is_float()).then_some(f64::NAN);
            let x: Vec<f64> = values.into_iter().chain(special).chain(nan).collect();
            let args = Args { from, to, len: x.len() };
            let inputs = [Data::of(from, x), Data::of(to, vec![1.0; args.len])];
            assert_eq!(same_as_cpu::<Cast>(&args, &inputs), None, "{args:?}");
        }
    }
}

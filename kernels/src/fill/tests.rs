use proptest::prelude::*;

use super::*;
use crate::check::{Checked, dtypes, tolerance};
use crate::{Bool, Raw};

impl Checked for FillWith {
    fn tolerance(args: &FillArgs) -> f64 {
        tolerance(args.dtype)
    }
    fn dtype(args: &FillArgs, _: usize) -> DType {
        args.dtype
    }
    fn cases() -> BoxedStrategy<FillArgs> {
        let value = prop_oneof![
            (-100.0..100.0f64).prop_map(Value::Float),
            (-100..100i64).prop_map(Value::Int),
            Just(Value::Float(0.0)),
        ];
        let len = prop_oneof![8 => 0..100usize, 1 => Just(100_000usize)];
        (dtypes(), len, value).prop_map(|(dtype, len, value)| FillArgs { dtype, len, value }).boxed()
    }
    fn reference(args: &FillArgs, memory: &mut [Vec<f64>]) {
        memory[0].fill(match (args.dtype, args.value) {
            (DType::Bool, Value::Float(value)) => (value != 0.0) as u8 as f64,
            (DType::Bool, Value::Int(value)) => (value != 0) as u8 as f64,
            // Floats stop at the limits, integers wrap around.
            (DType::U8, Value::Float(value)) => value.trunc().max(0.0),
            (DType::U8, Value::Int(value)) => value.rem_euclid(256) as f64,
            (dtype, Value::Float(value)) if !dtype.is_float() => value.trunc(),
            (_, Value::Float(value)) => value,
            (_, Value::Int(value)) => value as f64,
        });
    }
}

#[test]
fn numbers_at_the_limits() {
    fn filled<T: crate::Plain + Copy + Default>(dtype: DType, value: Value) -> T {
        let mut y = [T::default(); 2];
        let args = FillArgs { dtype, len: 2, value };
        let cpu = Cpu::new();
        cpu.run::<FillWith>(&args, &mut [Raw::write(&mut y)]);
        assert_eq!(cpu.take_fault(), None);
        y[1]
    }
    assert_eq!(filled::<i64>(DType::I64, i64::MAX.into()), i64::MAX);
    assert_eq!(filled::<i32>(DType::I32, 1e20.into()), i32::MAX);
    assert_eq!(filled::<i8>(DType::I8, f64::NAN.into()), 0);
    assert_eq!(filled::<u8>(DType::U8, Value::from(-1i64)), 255);
    assert_eq!(filled::<f64>(DType::F64, f64::NEG_INFINITY.into()), f64::NEG_INFINITY);
    for (value, want) in
        [(0.25.into(), true), (256i64.into(), true), (f64::NAN.into(), true), (false.into(), false)]
    {
        assert_eq!(filled::<Bool>(DType::Bool, value).get(), want, "{value:?}");
    }
}

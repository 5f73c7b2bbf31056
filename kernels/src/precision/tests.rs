use proptest::prelude::*;

use super::{Half, HalfOp, Precision};
use crate::check::{Checked, Data, Random, tolerance};
use crate::{DType, Isa, Spec};

/// As the operation on `f32`, of numbers that the element has: only what is rounded may be off by as much.
impl<O: Checked + HalfOp, E: Precision, Y: Precision> Checked for Half<O, E, Y> {
    const ISAS: &[Isa] = &[];
    fn tolerance(args: &O::Args) -> f64 {
        O::tolerance(args)
    }
    fn tolerance_at(args: &O::Args, i: usize) -> f64 {
        let rounded = Self::dtype(args, i) != O::dtype(args, i);
        O::tolerance(args) + if rounded { tolerance(Self::dtype(args, i)) } else { 0.0 }
    }
    fn dtype(args: &O::Args, i: usize) -> DType {
        Spec::of::<Self>(args).items()[i].float.unwrap_or(O::dtype(args, i))
    }
    fn cases() -> BoxedStrategy<O::Args> {
        O::cases()
    }
    fn every() -> Vec<O::Args> {
        O::every()
    }
    fn fill(args: &O::Args, i: usize, len: usize, random: &mut Random) -> Data {
        match (O::fill(args, i, len, random), Self::dtype(args, i)) {
            (Data::F32(values), dtype) => Data::of(dtype, values.into_iter().map(f64::from)),
            (data, _) => data,
        }
    }
    fn reference(args: &O::Args, memory: &mut [Vec<f64>]) {
        O::reference(args, memory);
    }
    fn in_place(args: &O::Args) -> Option<(O::Args, [usize; 2])> {
        O::in_place(args)
    }
}

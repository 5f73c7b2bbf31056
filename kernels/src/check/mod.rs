//! What every operation is tested with: random arguments, each buffer begun and then ended by a page that
//! nobody may touch, every instruction set, one thread and several, against a naive float64 reference.
//!
//! The reference of a gradient is [`gradient`], finite differences of the forward reference, so a
//! backward kernel is never compared with a formula of its own.

use core::fmt::Debug;

use proptest::prelude::*;

use crate::{DType, Isa, Op};

mod case;
mod data;
#[cfg(feature = "cuda")]
pub(crate) mod gpu;
mod memory;
#[cfg(unix)]
mod pages;
mod run;

pub(crate) use data::Data;

/// What an operation must provide to be registered.
pub(crate) trait Checked: Op {
    /// Largest error, as a multiple of `1 + |reference|`.
    const TOLERANCE: f64 = 2e-5;
    /// The same for these arguments: [`tolerance`] of an element type, where it is among them.
    fn tolerance(_args: &Self::Args) -> f64 {
        Self::TOLERANCE
    }
    /// The same for what is written to argument `i`.
    fn tolerance_at(args: &Self::Args, _i: usize) -> f64 {
        Self::tolerance(args)
    }
    /// The element type of argument `i`. (What is filled with [`Data::U32`] counts as 32 bits too.)
    fn dtype(_args: &Self::Args, _i: usize) -> DType {
        DType::F32
    }
    /// Instruction sets to check beside what the device has.
    const ISAS: &[Isa] = &[Isa::Portable, Isa::Avx2];
    /// Random arguments: odd sizes, ones, edges.
    fn cases() -> BoxedStrategy<Self::Args>;
    /// Arguments that are checked each time, beside the random ones: one of each choice that there is.
    fn every() -> Vec<Self::Args> {
        Vec::new()
    }
    /// The contents of read and updated argument `i`; written ones are poisoned by the harness.
    fn fill(args: &Self::Args, i: usize, len: usize, random: &mut Random) -> Data {
        Data::random(Self::dtype(args, i), len, random)
    }
    /// The operation, naively, in float64. Integers come as float64 too. `memory` has the lengths of
    /// [`Op::memory`]; written arguments come zeroed.
    fn reference(args: &Self::Args, memory: &mut [Vec<f64>]);
    /// For an operation that can work in place: the arguments with which it does what `args` do, which
    /// operand is then absent, and which output holds it. Must give the same bits as out of place.
    fn in_place(_args: &Self::Args) -> Option<(Self::Args, [usize; 2])> {
        None
    }
}

/// A small generator: tests must not depend on the one they test.
pub(crate) struct Random(u64);
impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed ^ 0x9E37_79B9_7F4A_7C15)
    }
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
    /// Uniform in (-1, 1).
    pub(crate) fn signed(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

/// Checks one operation over many cases: 96 random ones, or as many as the variable `PROPTEST_CASES` says. They are the
/// same in each run, unless the variable `PROPTEST_RNG_SEED` has a number.
pub(crate) fn check<O: Checked>()
where
    O::Args: Debug,
{
    check_cases::<O>(96);
}

/// [`check`] over so many cases, unless the variable says otherwise.
pub(crate) fn check_cases<O: Checked>(cases: u32)
where
    O::Args: Debug,
{
    let every = O::every().into_iter().map(case::of::<O>).collect();
    let random = O::cases().prop_map(case::of::<O>).boxed();
    run::check(O::NAME, O::ISAS, every, random, cases);
}

/// The tolerance for results of this type that are computed and rounded once.
pub(crate) fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e-12,
        DType::F32 => 2e-5,
        DType::F16 => 1e-3,
        DType::Bf16 => 6e-3,
        _ => 0.0,
    }
}

/// The same for sums of so many products: errors of rounding grow with their number.
pub(crate) fn tolerance_of_sum(dtype: DType, terms: usize) -> f64 {
    tolerance(dtype) * (terms as f64 / 256.0).max(1.0)
}

/// The elements that weights have.
pub(crate) fn weights() -> BoxedStrategy<DType> {
    prop::sample::select(vec![DType::F32, DType::Bf16]).boxed()
}

/// Any element type.
pub(crate) fn dtypes() -> BoxedStrategy<DType> {
    use DType::*;
    prop::sample::select(vec![F32, F64, Bf16, F16, I8, U8, I32, I64, Bool]).boxed()
}

/// The gradient of `⟨dy, f(x)⟩` with respect to `x`, by central differences in float64.
pub(crate) fn gradient(x: &[f64], dy: &[f64], f: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let mut point = x.to_vec();
    (0..x.len())
        .map(|i| {
            let h = 1e-5 * (1.0 + x[i].abs());
            let mut at = |value: f64| {
                point[i] = value;
                f(&point).iter().zip(dy).map(|(y, dy)| y * dy).sum::<f64>()
            };
            let (above, below) = (at(x[i] + h), at(x[i] - h));
            point[i] = x[i];
            (above - below) / (2.0 * h)
        })
        .collect()
}

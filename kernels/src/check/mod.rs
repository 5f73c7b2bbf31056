//! What every operation is tested with: random arguments, each buffer begun and then ended by a page that
//! nobody may touch, every instruction set, one thread and several, against a naive float64 reference.
//!
//! The reference of a gradient is [`gradient`], finite differences of the forward reference, so a
//! backward kernel is never compared with a formula of its own.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::{Cpu, DType, Isa, Mode, Op, Raw, Spec};

mod data;
#[cfg(feature = "cuda")]
pub(crate) mod gpu;
mod memory;
#[cfg(unix)]
mod pages;

pub(crate) use data::Data;
use data::same_bits;
use memory::{Buffer, Edge};

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

/// Checks one operation over many cases: 96 random ones, or as many as the variable `PROPTEST_CASES` says.
pub(crate) fn check<O: Checked>()
where
    O::Args: core::fmt::Debug,
{
    check_cases::<O>(96);
}

/// [`check`] over so many cases, unless the variable says otherwise.
pub(crate) fn check_cases<O: Checked>(cases: u32)
where
    O::Args: core::fmt::Debug,
{
    let devices = Devices::new(O::ISAS);
    for args in O::every() {
        if let Err(error) = check_case::<O>(&devices, &args, 7) {
            panic!("{}: {error}, for {args:?}", O::NAME);
        }
    }
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|number| number.parse().ok()).unwrap_or(cases);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let outcome =
        runner.run(&(O::cases(), any::<u64>()), |(args, seed)| check_case::<O>(&devices, &args, seed));
    if let Err(error) = outcome {
        panic!("{}: {error}", O::NAME);
    }
}

/// What a case runs on.
struct Devices {
    one: Cpu,
    /// Three threads, which must give the same bits.
    several: Cpu,
    /// Instruction sets that may give others.
    lesser: Vec<Cpu>,
    #[cfg(feature = "cuda")]
    gpu: Option<crate::cuda::Cuda>,
}

impl Devices {
    fn new(lesser: &[Isa]) -> Self {
        #[cfg(feature = "rayon")]
        let several = Cpu::with_threads(3).expect("three threads");
        #[cfg(not(feature = "rayon"))]
        let several = Cpu::new();
        let lesser = lesser.iter().map(|&isa| Cpu::new().with_isa(isa)).collect();
        Devices {
            one: Cpu::new(),
            several,
            lesser,
            #[cfg(feature = "cuda")]
            gpu: gpu::gpu(),
        }
    }
}

/// One case: the contents of the arguments, which follow from `seed`, and what the reference makes of them.
fn case<O: Checked>(args: &O::Args, seed: u64) -> (Spec, Vec<Data>, Vec<Vec<f64>>) {
    let spec = Spec::of::<O>(args);
    let mut random = Random::new(seed);
    let inputs: Vec<Data> = spec
        .items()
        .iter()
        .enumerate()
        .map(|(i, access)| {
            let dtype = O::dtype(args, i);
            let len = access.bytes / dtype.size();
            if access.mode == Mode::Write {
                Data::poison(dtype, len)
            } else {
                O::fill(args, i, len, &mut random)
            }
        })
        .collect();
    let mut want: Vec<Vec<f64>> =
        inputs.iter().zip(spec.items()).map(|(data, access)| data.widen(access.mode)).collect();
    O::reference(args, &mut want);
    (spec, inputs, want)
}

/// Checks one case.
fn check_case<O: Checked>(devices: &Devices, args: &O::Args, seed: u64) -> Result<(), TestCaseError> {
    let (spec, inputs, want) = case::<O>(args, seed);
    let Devices { one, several, lesser, .. } = devices;
    for edge in [Edge::Start, Edge::End] {
        let results = |cpu: &Cpu| -> Result<Vec<Data>, TestCaseError> {
            let on = |args: &O::Args, spec: &Spec, inputs: &[Data]| run::<O>(cpu, args, spec, inputs, edge);
            let got = on(args, &spec, &inputs)?;
            compare(&spec, &got, &want, |i| O::tolerance_at(args, i))
                .and_then(|()| in_place::<O>(on, args, &inputs, &got))
                .map_err(|error| TestCaseError::fail(format!("{error}, {:?}, {edge:?}", cpu.isa())))?;
            Ok(got)
        };
        prop_assert!(same_bits(&results(one)?, &results(several)?), "several threads give other bits");
        for cpu in lesser {
            results(cpu)?;
        }
    }
    #[cfg(feature = "cuda")]
    if let Some(gpu) = &devices.gpu {
        let on = |args: &O::Args, spec: &Spec, inputs: &[Data]| gpu::run::<O>(gpu, args, spec, inputs);
        let got = on(args, &spec, &inputs)?;
        compare(&spec, &got, &want, |i| O::tolerance_at(args, i))
            .and_then(|()| in_place::<O>(on, args, &inputs, &got))
            .map_err(|error| TestCaseError::fail(format!("{error}, {gpu:?}")))?;
    }
    Ok(())
}

/// Compares what was written with the reference.
fn compare(
    spec: &Spec,
    got: &[Data],
    want: &[Vec<f64>],
    tolerance: impl Fn(usize) -> f64,
) -> Result<(), TestCaseError> {
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        if spec.items()[i].mode == Mode::Read {
            continue;
        }
        let (got, tolerance) = (got.widen(Mode::Update), tolerance(i));
        prop_assert_eq!(got.len(), want.len());
        for (k, (got, want)) in got.iter().zip(want).enumerate() {
            let error = off(*got, *want);
            prop_assert!(error <= tolerance, "argument {i}[{k}]: {got} should be {want} ({error:.1e} off)");
        }
    }
    Ok(())
}

/// Runs the operation in place, if it can, and compares with what it gave out of place.
fn in_place<O: Checked>(
    on: impl Fn(&O::Args, &Spec, &[Data]) -> Result<Vec<Data>, TestCaseError>,
    args: &O::Args,
    inputs: &[Data],
    want: &[Data],
) -> Result<(), TestCaseError> {
    let Some((args, [read, output])) = O::in_place(args) else { return Ok(()) };
    let (spec, mut inputs) = (Spec::of::<O>(&args), inputs.to_vec());
    assert!(spec.items()[read].bytes == 0 && spec.items()[output].mode == Mode::Update);
    inputs[output] = std::mem::replace(&mut inputs[read], Data::NONE);
    let mut got = on(&args, &spec, &inputs)?;
    got[read].clone_from(&want[read]);
    prop_assert!(same_bits(&got, want), "in place gives other bits");
    Ok(())
}

/// How far a result is off, as a multiple of `1 + |want|`. NaN must be NaN, and infinities the same.
fn off(got: f64, want: f64) -> f64 {
    if got == want || got.is_nan() && want.is_nan() { 0.0 } else { (got - want).abs() / (1.0 + want.abs()) }
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

/// The elements that weights have.
pub(crate) fn weights() -> BoxedStrategy<DType> {
    prop::sample::select(vec![DType::F32, DType::Bf16]).boxed()
}

/// Any element type.
pub(crate) fn dtypes() -> BoxedStrategy<DType> {
    use DType::*;
    prop::sample::select(vec![F32, F64, Bf16, F16, I8, U8, I32, I64, Bool]).boxed()
}

/// Runs the operation on copies of `inputs`, and returns all arguments afterwards.
fn run<O: Op>(
    cpu: &Cpu,
    args: &O::Args,
    spec: &Spec,
    inputs: &[Data],
    edge: Edge,
) -> Result<Vec<Data>, TestCaseError> {
    let mut buffers: Vec<Buffer> = inputs.iter().map(|data| Buffer::new(&data.bytes(), edge)).collect();
    let mut raws: Vec<Raw<'_>> = buffers
        .iter_mut()
        .zip(spec.items())
        .map(|(buffer, access)| match access.mode {
            Mode::Read => Raw::read_slice(buffer.bytes()),
            Mode::Write | Mode::Update => Raw::write_slice(buffer.bytes_mut()),
        })
        .collect();
    cpu.run::<O>(args, &mut raws);
    prop_assert_eq!(cpu.take_fault(), None);
    for (i, buffer) in buffers.iter().enumerate() {
        prop_assert!(buffer.is_intact(), "argument {i}: written out of bounds");
    }
    Ok(buffers.iter().zip(inputs).map(|(buffer, data)| data.with_bytes(buffer.bytes())).collect())
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

//! Runs cases on every device, and compares.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::case::{AnyCase, Call, Case, contents};
use super::data::{Data, same_bits};
use super::memory::{Buffer, Edge};
use crate::{Cpu, Isa, Mode, Raw, Spec};

/// Checks `every` case, and so many random ones unless the variable `PROPTEST_CASES` says otherwise.
pub(super) fn check(
    name: &str,
    isas: &[Isa],
    every: Vec<AnyCase>,
    random: BoxedStrategy<AnyCase>,
    cases: u32,
) {
    let devices = Devices::new(isas);
    for case in every {
        if let Err(error) = check_case(&devices, &*case, 7) {
            panic!("{name}: {error}, for {case:?}");
        }
    }
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|number| number.parse().ok()).unwrap_or(cases);
    let default = Config::default();
    let rng_seed = match default.rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        seed => seed,
    };
    let mut runner = TestRunner::new(Config { cases, rng_seed, failure_persistence: None, ..default });
    let outcome = runner.run(&(random, any::<u64>()), |(case, seed)| check_case(&devices, &*case, seed));
    if let Err(error) = outcome {
        panic!("{name}: {error}");
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
            gpu: super::gpu::gpu(),
        }
    }
}

/// Checks one case.
fn check_case(devices: &Devices, case: &dyn Case, seed: u64) -> Result<(), TestCaseError> {
    let (spec, inputs, want) = contents(case, seed);
    let Devices { one, several, lesser, .. } = devices;
    for edge in [Edge::Start, Edge::End] {
        let results = |cpu: &Cpu| -> Result<Vec<Data>, TestCaseError> {
            let on = |case: &dyn Case, spec: &Spec, inputs: &[Data]| run(cpu, case, spec, inputs, edge);
            let got = on(case, &spec, &inputs)?;
            compare(&spec, &got, &want, |i| case.tolerance_at(i))
                .and_then(|()| in_place(&on, case, &inputs, &got))
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
        let on = |case: &dyn Case, spec: &Spec, inputs: &[Data]| super::gpu::run(gpu, case, spec, inputs);
        let got = on(case, &spec, &inputs)?;
        compare(&spec, &got, &want, |i| case.tolerance_at(i))
            .and_then(|()| in_place(&on, case, &inputs, &got))
            .map_err(|error| TestCaseError::fail(format!("{error}, {gpu:?}")))?;
    }
    Ok(())
}

/// Runs the operation on copies of `inputs`, and returns all arguments afterwards.
fn run(
    cpu: &Cpu,
    call: &(impl Call + ?Sized),
    spec: &Spec,
    inputs: &[Data],
    edge: Edge,
) -> Result<Vec<Data>, TestCaseError> {
    let mut buffers: Vec<Buffer> = inputs.iter().map(|data| Buffer::new(&data.bytes(), edge)).collect();
    call.cpu(cpu, &mut raws(&mut buffers, spec));
    prop_assert_eq!(cpu.take_fault(), None);
    for (i, buffer) in buffers.iter().enumerate() {
        prop_assert!(buffer.is_intact(), "argument {i}: written out of bounds");
    }
    Ok(buffers.iter().zip(inputs).map(|(buffer, data)| data.with_bytes(buffer.bytes())).collect())
}

/// The memory of a call.
pub(super) fn raws<'a>(buffers: &'a mut [Buffer], spec: &Spec) -> Vec<Raw<'a>> {
    let raw = |(buffer, mode): (&'a mut Buffer, Mode)| match mode {
        Mode::Read => Raw::read_slice(buffer.bytes()),
        Mode::Write | Mode::Update => Raw::write_slice(buffer.bytes_mut()),
    };
    buffers.iter_mut().zip(spec.items().iter().map(|access| access.mode)).map(raw).collect()
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
fn in_place(
    on: &dyn Fn(&dyn Case, &Spec, &[Data]) -> Result<Vec<Data>, TestCaseError>,
    case: &dyn Case,
    inputs: &[Data],
    want: &[Data],
) -> Result<(), TestCaseError> {
    let Some((case, [read, output])) = case.in_place() else { return Ok(()) };
    let (spec, mut inputs) = (case.spec(), inputs.to_vec());
    assert!(spec.items()[read].bytes == 0 && spec.items()[output].mode == Mode::Update);
    inputs[output] = std::mem::replace(&mut inputs[read], Data::NONE);
    let mut got = on(&*case, &spec, &inputs)?;
    got[read].clone_from(&want[read]);
    prop_assert!(same_bits(&got, want), "in place gives other bits");
    Ok(())
}

/// How far a result is off, as a multiple of `1 + |want|`. NaN must be NaN, and infinities the same.
pub(super) fn off(got: f64, want: f64) -> f64 {
    if got == want || got.is_nan() && want.is_nan() { 0.0 } else { (got - want).abs() / (1.0 + want.abs()) }
}

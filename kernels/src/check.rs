//! What every operation is tested with: random arguments, guard bands around every buffer, every
//! instruction set, one thread and several, against a naive float64 reference.
//!
//! The reference of a gradient is [`gradient`], finite differences of the forward reference, so a
//! backward kernel is never compared with a formula of its own.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::{Cpu, Isa, Mode, Op, Raw, Spec};

/// What an operation must provide to be registered.
pub(crate) trait Checked: Op {
    /// Largest error, as a multiple of `1 + |reference|`.
    const TOLERANCE: f64 = 2e-5;
    /// Random arguments: odd sizes, ones, edges.
    fn cases() -> BoxedStrategy<Self::Args>;
    /// The contents of read and updated argument `i`; written ones are poisoned by the harness.
    fn fill(_args: &Self::Args, _i: usize, len: usize, random: &mut Random) -> Data {
        Data::F32((0..len).map(|_| random.signed()).collect())
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

/// The contents of one memory argument.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    F32(Vec<f32>),
    I32(Vec<i32>),
    U32(Vec<u32>),
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

/// Checks one operation over many cases.
pub(crate) fn check<O: Checked>()
where
    O::Args: core::fmt::Debug,
{
    let several = several_threads();
    let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(O::cases(), any::<u64>()), |(args, seed)| {
        let spec = Spec::of::<O>(&args);
        let mut random = Random::new(seed);
        let inputs: Vec<Data> = spec
            .items()
            .iter()
            .enumerate()
            .map(|(i, access)| {
                let len = access.bytes / 4;
                if access.mode == Mode::Write {
                    Data::F32(vec![f32::NAN; len])
                } else {
                    O::fill(&args, i, len, &mut random)
                }
            })
            .collect();
        let mut want: Vec<Vec<f64>> =
            inputs.iter().zip(spec.items()).map(|(data, access)| widen(data, access.mode)).collect();
        O::reference(&args, &mut want);

        let first = run::<O>(&Cpu::new(), &args, &spec, &inputs)?;
        for (i, (got, want)) in first.iter().zip(&want).enumerate() {
            if spec.items()[i].mode == Mode::Read {
                continue;
            }
            let got = widen(got, Mode::Update);
            for (k, (got, want)) in got.iter().zip(want).enumerate() {
                let error = (got - want).abs() / (1.0 + want.abs());
                prop_assert!(
                    error <= O::TOLERANCE,
                    "argument {i}[{k}]: {got} should be {want} ({error:.1e} off)"
                );
            }
        }
        // Other threads: the same bits. Lesser instruction sets: the same values.
        let threaded = run::<O>(&several, &args, &spec, &inputs)?;
        prop_assert!(same_bits(&first, &threaded), "several threads give other bits");
        let changed = O::in_place(&args).map(|(args, [read, output])| {
            let (spec, mut inputs) = (Spec::of::<O>(&args), inputs.clone());
            assert!(spec.items()[read].bytes == 0 && spec.items()[output].mode == Mode::Update);
            inputs[output] = std::mem::replace(&mut inputs[read], Data::F32(Vec::new()));
            (args, spec, inputs, read)
        });
        let in_place = |cpu: &Cpu, want: &[Data]| -> Result<(), TestCaseError> {
            let Some((args, spec, inputs, read)) = &changed else { return Ok(()) };
            let mut got = run::<O>(cpu, args, spec, inputs)?;
            got[*read].clone_from(&want[*read]);
            prop_assert!(same_bits(&got, want), "in place gives other bits, {:?}", cpu.isa());
            Ok(())
        };
        in_place(&Cpu::new(), &first)?;
        in_place(&several, &first)?;
        for isa in [Isa::Portable, Isa::Avx2] {
            let lesser = run::<O>(&Cpu::new().with_isa(isa), &args, &spec, &inputs)?;
            in_place(&Cpu::new().with_isa(isa), &lesser)?;
            for (i, (got, want)) in lesser.iter().zip(&want).enumerate() {
                if spec.items()[i].mode == Mode::Read {
                    continue;
                }
                for (got, want) in widen(got, Mode::Update).iter().zip(want) {
                    let error = (got - want).abs() / (1.0 + want.abs());
                    prop_assert!(error <= O::TOLERANCE, "{isa:?}, argument {i}: {got} should be {want}");
                }
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{}: {error}", O::NAME);
    }
}

#[cfg(feature = "rayon")]
fn several_threads() -> Cpu {
    Cpu::with_threads(3).expect("three threads")
}
#[cfg(not(feature = "rayon"))]
fn several_threads() -> Cpu {
    Cpu::new()
}

const GUARD: usize = 32;
const PATTERN: u32 = 0x7FC0_BEEF;

/// Runs the operation on copies of `inputs` with guard bands, and returns all arguments afterwards.
fn run<O: Op>(cpu: &Cpu, args: &O::Args, spec: &Spec, inputs: &[Data]) -> Result<Vec<Data>, TestCaseError> {
    let mut buffers: Vec<Vec<u32>> = inputs
        .iter()
        .map(|data| {
            let bits: Vec<u32> = match data {
                Data::F32(values) => values.iter().map(|v| v.to_bits()).collect(),
                Data::I32(values) => values.iter().map(|v| *v as u32).collect(),
                Data::U32(values) => values.clone(),
            };
            let mut buffer = vec![PATTERN; GUARD];
            buffer.extend(bits);
            buffer.extend([PATTERN; GUARD]);
            buffer
        })
        .collect();
    let mut raws: Vec<Raw<'_>> = buffers
        .iter_mut()
        .zip(spec.items())
        .map(|(buffer, access)| {
            let inner = GUARD..buffer.len() - GUARD;
            if access.mode == Mode::Read {
                Raw::read_slice(&buffer[inner])
            } else {
                Raw::write_slice(&mut buffer[inner])
            }
        })
        .collect();
    cpu.run::<O>(args, &mut raws);
    prop_assert_eq!(cpu.take_fault(), None);
    for (i, buffer) in buffers.iter().enumerate() {
        let (head, tail) = (&buffer[..GUARD], &buffer[buffer.len() - GUARD..]);
        prop_assert!(
            head.iter().chain(tail).all(|&bits| bits == PATTERN),
            "argument {i}: written out of bounds"
        );
    }
    Ok(buffers
        .iter()
        .zip(inputs)
        .map(|(buffer, data)| {
            let inner = buffer[GUARD..buffer.len() - GUARD].iter().copied();
            match data {
                Data::F32(_) => Data::F32(inner.map(f32::from_bits).collect()),
                Data::I32(_) => Data::I32(inner.map(|bits| bits as i32).collect()),
                Data::U32(_) => Data::U32(inner.collect()),
            }
        })
        .collect())
}

fn widen(data: &Data, mode: Mode) -> Vec<f64> {
    match data {
        Data::F32(values) if mode == Mode::Write => vec![0.0; values.len()],
        Data::F32(values) => values.iter().map(|&v| v as f64).collect(),
        Data::I32(values) => values.iter().map(|&v| v as f64).collect(),
        Data::U32(values) => values.iter().map(|&v| v as f64).collect(),
    }
}

fn same_bits(a: &[Data], b: &[Data]) -> bool {
    a.iter().zip(b).all(|pair| match pair {
        (Data::F32(a), Data::F32(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
        }
        (Data::I32(a), Data::I32(b)) => a == b,
        (Data::U32(a), Data::U32(b)) => a == b,
        _ => false,
    })
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

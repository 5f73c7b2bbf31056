//! Checks of what training on 16-bit floats adds.

use half::{bf16, f16};
use proptest::prelude::*;

use super::tests::{fill, float, rows, sizes};
use super::*;
use crate::check::{Checked, Data, Random};
use crate::{Cpu, DType, Fault, LossScale, Raw, RoundRow, RunRow, StepRates};

/// Words of a step.
const INDEX: usize = 4;
const GRADIENT_SCALE: usize = 9;
const LOSS_SCALE: usize = 10;
const SKIPPED: usize = 11;

fn word(value: f64) -> f64 {
    (value as f32).to_bits() as f64
}

impl Checked for BeginScaledStep {
    fn cases() -> BoxedStrategy<()> {
        Just(()).boxed()
    }
    fn fill(_: &(), i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            // Fewer, as many and more than are kept.
            0 => Data::U32(vec![(1024.0 * random.signed()).to_bits(), 3, random.below(400) as u32, 0]),
            2 => Data::U32((0..len as u32).map(|i| (i as f32).to_bits()).collect()),
            _ => match fill(0, 0, i, len, 1, random) {
                Data::U32(mut words) => {
                    words[INDEX] = random.below(600) as u32;
                    Data::U32(words)
                }
                data => data,
            },
        }
    }
    fn reference(_: &(), memory: &mut [Vec<f64>]) {
        let (kept, rates) = (StepRates::KEPT as f64, [6, 7, 8]);
        let index = memory[1][INDEX];
        let place = |step: f64| 3 * (step % kept) as usize;
        for (i, rate) in rates.into_iter().enumerate() {
            memory[2][place(index) + i] = memory[1][rate];
        }
        let taken = (index - memory[0][2]).max(0.0);
        for (i, rate) in rates.into_iter().enumerate() {
            memory[1][rate] = memory[2][place(taken.max(index - kept + 1.0)) + i];
        }
        memory[1][INDEX] = taken;
        memory[1][LOSS_SCALE] = memory[0][0];
    }
}

impl Checked for Unscale {
    fn cases() -> BoxedStrategy<UnscaleArgs> {
        (sizes(), 1..4u32)
            .prop_map(|((rows, bytes), interval)| UnscaleArgs {
                rows,
                bytes,
                growth: 2.0,
                backoff: 0.5,
                interval,
            })
            .boxed()
    }
    fn fill(args: &UnscaleArgs, i: usize, len: usize, random: &mut Random) -> Data {
        match (i, fill(args.rows, args.bytes, i, len, 2, random)) {
            (3, _) => Data::U32(vec![1024f32.to_bits(), random.below(3) as u32, 7, 0]),
            (1, Data::F32(mut values)) if random.below(2) == 0 && len > 0 => {
                values[random.below(len)] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][random.below(3)];
                Data::F32(values)
            }
            (_, data) => data,
        }
    }
    fn reference(args: &UnscaleArgs, memory: &mut [Vec<f64>]) {
        let trained = rows(&memory[0]).into_iter().filter(|row| row.action == RunRow::TRAIN);
        let finite = trained.flat_map(|row| &memory[1][row.range]).all(|g| g.is_finite());
        let (scale, steady) = (float(memory[3][0]), memory[3][1] + 1.0);
        memory[2][GRADIENT_SCALE] = word(float(memory[2][GRADIENT_SCALE]) / float(memory[2][LOSS_SCALE]));
        memory[2][SKIPPED] = if finite { 0.0 } else { 1.0 };
        memory[3] = match finite {
            false => vec![word(scale * 0.5), 0.0, 8.0, 0.0],
            true if steady >= args.interval as f64 => vec![word(scale * 2.0), 0.0, 7.0, 0.0],
            true => vec![word(scale), steady, 7.0, 0.0],
        };
    }
}

#[test]
fn a_scale_does_not_become_infinite() {
    let args = UnscaleArgs { rows: 0, bytes: 0, growth: 2.0, backoff: 0.5, interval: 1 };
    let largest = LossScale { scale: f32::MAX, ..LossScale::new() };
    let (mut step, mut state) = (crate::Step::new(), largest);
    let memory = &mut [Raw::none(), Raw::none(), Raw::write(&mut step), Raw::write(&mut state)];
    Cpu::new().run::<Unscale>(&args, memory);
    assert_eq!(state, largest);
}

/// A run of each element, in this order.
const ELEMENTS: [u32; 3] = [RoundRow::F32, RoundRow::F16, RoundRow::BF16];

impl Checked for RoundParameters {
    const TOLERANCE: f64 = 0.0;
    fn dtype(_: &RoundArgs, i: usize) -> DType {
        if i == 2 { DType::U8 } else { DType::F32 }
    }
    fn cases() -> BoxedStrategy<RoundArgs> {
        let len = prop_oneof![9 => 0..50usize, 1 => Just(5001)];
        len.prop_map(|len| RoundArgs { rows: 3, from: 12 * len + 4, to: 8 * len + 8 }).boxed()
    }
    fn fill(args: &RoundArgs, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            0 => {
                let len = args.from as u32 / 12;
                let row = |(i, element): (u32, u32)| {
                    let to = [4, 4 + 4 * len, 4 + 6 * len][i as usize];
                    [4 * i * len + 4, 0, to, 0, len, 0, element, 0]
                };
                Data::U32((0..).zip(ELEMENTS).flat_map(row).collect())
            }
            i => Data::random(Self::dtype(args, i), len, random),
        }
    }
    fn reference(_: &RoundArgs, memory: &mut [Vec<f64>]) {
        let row = |row: &[f64]| (row[0] as usize / 4, row[2] as usize, row[4] as usize, row[6] as u32);
        let table: Vec<_> = memory[0].chunks(8).map(row).collect();
        for (from, to, len, element) in table {
            let bytes = memory[1][from..][..len].iter().map(|x| *x as f32).flat_map(|x| match element {
                RoundRow::F32 => x.to_ne_bytes().to_vec(),
                RoundRow::F16 => f16::from_f32(x).to_ne_bytes().to_vec(),
                _ => bf16::from_f32(x).to_ne_bytes().to_vec(),
            });
            let bytes: Vec<f64> = bytes.map(f64::from).collect();
            memory[2][to..][..bytes.len()].copy_from_slice(&bytes);
        }
    }
}

#[test]
fn rows_outside_of_either_model_are_faults() {
    let good = RoundRow { from: 0, to: 2, len: 1, element: RoundRow::BF16, unused: 0 };
    let bad = [
        (1, RoundRow { from: 8, len: 2, ..good }),
        (1, RoundRow { from: 2, ..good }),
        (1, RoundRow { len: u64::MAX, ..good }),
        (2, RoundRow { to: 6, ..good }),
        (2, RoundRow { to: 1, ..good }),
        (2, RoundRow { element: RoundRow::F32, to: 2, ..good }),
    ];
    for (place, row) in bad {
        let (table, params, mut model) = ([row, good], [1.0f32, 2.0, 3.0], [0.0f32; 1]);
        let (args, cpu) = (RoundArgs { rows: 2, from: 12, to: 4 }, Cpu::new());
        let memory = &mut [Raw::read(&table), Raw::read(&params), Raw::write(&mut model)];
        cpu.run::<RoundParameters>(&args, memory);
        let fault = cpu.take_fault();
        assert!(
            matches!(fault, Some(Fault::Memory { argument, .. }) if argument == place),
            "{row:?}: {fault:?}"
        );
        // The row that is right is rounded all the same: the upper half of a little-endian float is bf16.
        assert_eq!(model.map(|x| x.to_le_bytes()), [1f32.to_le_bytes()]);
    }
}

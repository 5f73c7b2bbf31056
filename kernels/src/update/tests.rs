use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random};
use crate::{Cpu, Fault, Raw};

/// Words of a [`RunRow`] and of a [`Step`].
const ROW: usize = size_of::<RunRow>() / 4;
const STEP: usize = size_of::<Step>() / 4;

pub(super) fn sizes() -> BoxedStrategy<(usize, usize)> {
    let floats = prop_oneof![0..200usize, Just(1), Just(45_001)];
    (0..6usize, floats).prop_map(|(rows, floats)| (rows, 4 * floats)).boxed()
}

/// Disjoint rows in random places, in no order, with gaps between them and random actions.
fn table(rows: usize, bytes: usize, random: &mut Random) -> Data {
    let mut cuts: Vec<usize> = (0..2 * rows).map(|_| random.below(bytes / 4 + 1)).collect();
    cuts.sort_unstable();
    let mut words = Vec::new();
    for i in (0..rows).rev() {
        let (offset, len) = (4 * cuts[2 * i] as u64, (cuts[2 * i + 1] - cuts[2 * i]) as u64);
        words.extend([offset as u32, (offset >> 32) as u32, len as u32, (len >> 32) as u32]);
        let action = [RunRow::SKIP, RunRow::TRAIN, RunRow::TRAIN, RunRow::AVERAGE][random.below(4)];
        let decay = if random.below(2) == 0 { 0.0 } else { 0.1 };
        words.extend([action, 0.5f32.to_bits(), f32::to_bits(decay), 0.1f32.to_bits()]);
    }
    Data::U32(words)
}

fn step(random: &mut Random) -> Data {
    let mut words = vec![7, 0, 3, 0, random.below(2) as u32 * 5, 0];
    words.extend([0.1f32, 0.4, 0.7, 0.5, 8.0].map(f32::to_bits));
    words.push((random.below(8) == 0).into());
    Data::U32(words)
}

pub(super) fn fill(
    rows: usize,
    bytes: usize,
    i: usize,
    len: usize,
    step_at: usize,
    random: &mut Random,
) -> Data {
    match i {
        0 => table(rows, bytes, random),
        i if i == step_at => step(random),
        _ => Data::F32((0..len).map(|_| 2.0 * random.signed()).collect()),
    }
}

/// A row as the references see it.
pub(super) struct Row {
    pub(super) action: u32,
    pub(super) range: core::ops::Range<usize>,
    rate: f64,
    decay: f64,
    momentum: f64,
}

pub(super) fn float(word: f64) -> f64 {
    f32::from_bits(word as u32) as f64
}

pub(super) fn rows(table: &[f64]) -> Vec<Row> {
    let row = |row: &[f64]| {
        let start = row[0] as usize / 4;
        Row {
            action: row[4] as u32,
            range: start..start + row[2] as usize,
            rate: float(row[5]),
            decay: float(row[6]),
            momentum: float(row[7]),
        }
    };
    table.chunks_exact(ROW).map(row).collect()
}

/// Index, learning rate, first and second correction, gradient scale.
fn scalars(step: &[f64]) -> (bool, f64, f64, f64, f64) {
    assert_eq!(step.len(), STEP);
    (step[4] == 0.0, float(step[6]), float(step[7]), float(step[8]), float(step[9]))
}

/// Calls `f(i, lr, decay, gradient)` for every trained float.
fn each(memory: &mut [Vec<f64>], clip: f32, f: impl Fn(&mut [Vec<f64>], usize, f64, f64, f64)) {
    let (_, rate, _, _, scale) = scalars(&memory[1]);
    // A step that is skipped.
    if memory[1][11] != 0.0 {
        return;
    }
    for row in rows(&memory[0]).into_iter().filter(|row| row.action == RunRow::TRAIN) {
        for i in row.range {
            let g = (memory[3][i] * scale).clamp(-clip as f64, clip as f64);
            f(memory, i, rate * row.rate, row.decay, g);
        }
    }
}

fn clip_values() -> BoxedStrategy<f32> {
    prop_oneof![Just(f32::INFINITY), Just(0.3f32)].boxed()
}

impl Checked for Sgd {
    fn cases() -> BoxedStrategy<SgdArgs> {
        let flags = (any::<bool>(), any::<bool>(), prop::sample::select(vec![0.0f32, 0.3]));
        (sizes(), flags, clip_values())
            .prop_map(|((rows, bytes), (nesterov, has_velocity, dampening), clip_value)| SgdArgs {
                rows,
                bytes,
                momentum: 0.9,
                dampening,
                nesterov,
                has_velocity,
                clip_value,
            })
            .boxed()
    }
    fn fill(args: &SgdArgs, i: usize, len: usize, random: &mut Random) -> Data {
        fill(args.rows, args.bytes, i, len, 1, random)
    }
    fn reference(args: &SgdArgs, memory: &mut [Vec<f64>]) {
        let (first, ..) = scalars(&memory[1]);
        let (momentum, dampening) = (args.momentum as f64, args.dampening as f64);
        each(memory, args.clip_value, |memory, i, rate, decay, g| {
            let mut g = g + decay * memory[2][i];
            if args.has_velocity {
                let v = &mut memory[4][i];
                *v = if first { g } else { momentum * *v + (1.0 - dampening) * g };
                g = if args.nesterov { g + momentum * *v } else { *v };
            }
            memory[2][i] -= rate * g;
        });
    }
}

impl Checked for Adam {
    fn cases() -> BoxedStrategy<AdamArgs> {
        (sizes(), any::<bool>(), clip_values())
            .prop_map(|((rows, bytes), decoupled, clip_value)| AdamArgs {
                rows,
                bytes,
                beta1: 0.9,
                beta2: 0.99,
                eps: 1e-8,
                decoupled,
                clip_value,
            })
            .boxed()
    }
    fn fill(args: &AdamArgs, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            // A second moment is not negative.
            5 => Data::F32((0..len).map(|_| random.signed().abs() + 0.01).collect()),
            _ => fill(args.rows, args.bytes, i, len, 1, random),
        }
    }
    fn reference(args: &AdamArgs, memory: &mut [Vec<f64>]) {
        let (_, _, first, second, _) = scalars(&memory[1]);
        let (beta1, beta2, eps) = (args.beta1 as f64, args.beta2 as f64, args.eps as f64);
        each(memory, args.clip_value, |memory, i, rate, decay, mut g| {
            if args.decoupled {
                memory[2][i] *= 1.0 - rate * decay;
            } else {
                g += decay * memory[2][i];
            }
            memory[4][i] = beta1 * memory[4][i] + (1.0 - beta1) * g;
            memory[5][i] = beta2 * memory[5][i] + (1.0 - beta2) * g * g;
            let denominator = memory[5][i].sqrt() / second + eps;
            memory[2][i] -= rate / first * memory[4][i] / denominator;
        });
    }
}

impl Checked for RmsProp {
    fn cases() -> BoxedStrategy<RmsPropArgs> {
        (sizes(), any::<bool>(), any::<bool>(), clip_values())
            .prop_map(|((rows, bytes), centered, has_momentum, clip_value)| RmsPropArgs {
                rows,
                bytes,
                alpha: 0.9,
                eps: 1e-8,
                momentum: 0.8,
                centered,
                has_momentum,
                clip_value,
            })
            .boxed()
    }
    fn fill(args: &RmsPropArgs, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            // A variance, the square average less the squared average gradient, is not negative.
            4 => Data::F32((0..len).map(|_| random.signed().abs() + 0.5).collect()),
            6 => Data::F32((0..len).map(|_| 0.5 * random.signed()).collect()),
            _ => fill(args.rows, args.bytes, i, len, 1, random),
        }
    }
    fn reference(args: &RmsPropArgs, memory: &mut [Vec<f64>]) {
        let (alpha, momentum, eps) = (args.alpha as f64, args.momentum as f64, args.eps as f64);
        each(memory, args.clip_value, |memory, i, rate, decay, g| {
            let g = g + decay * memory[2][i];
            memory[4][i] = alpha * memory[4][i] + (1.0 - alpha) * g * g;
            let mut variance = memory[4][i];
            if args.centered {
                memory[6][i] = alpha * memory[6][i] + (1.0 - alpha) * g;
                variance -= memory[6][i] * memory[6][i];
            }
            let mut update = g / (variance.sqrt() + eps);
            if args.has_momentum {
                memory[5][i] = momentum * memory[5][i] + update;
                update = memory[5][i];
            }
            memory[2][i] -= rate * update;
        });
    }
}

fn model() -> BoxedStrategy<Args> {
    sizes().prop_map(|(rows, bytes)| Args { rows, bytes }).boxed()
}

impl Checked for MergeAverages {
    fn cases() -> BoxedStrategy<Args> {
        model()
    }
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        fill(args.rows, args.bytes, i, len, usize::MAX, random)
    }
    fn reference(_: &Args, memory: &mut [Vec<f64>]) {
        for row in rows(&memory[0]).into_iter().filter(|row| row.action == RunRow::AVERAGE) {
            for i in row.range {
                memory[1][i] = (1.0 - row.momentum) * memory[1][i] + row.momentum * memory[2][i];
            }
        }
    }
}

impl Checked for ZeroGradients {
    fn cases() -> BoxedStrategy<Args> {
        model()
    }
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        fill(args.rows, args.bytes, i, len, usize::MAX, random)
    }
    fn reference(_: &Args, memory: &mut [Vec<f64>]) {
        for row in rows(&memory[0]) {
            memory[1][row.range].fill(0.0);
        }
    }
}

impl Checked for ClipNorm {
    fn cases() -> BoxedStrategy<ClipNormArgs> {
        (sizes(), prop_oneof![Just(1e9f32), Just(0.5f32)])
            .prop_map(|((rows, bytes), max_norm)| ClipNormArgs { rows, bytes, max_norm })
            .boxed()
    }
    fn fill(args: &ClipNormArgs, i: usize, len: usize, random: &mut Random) -> Data {
        fill(args.rows, args.bytes, i, len, 2, random)
    }
    fn reference(args: &ClipNormArgs, memory: &mut [Vec<f64>]) {
        let (.., scale) = scalars(&memory[2]);
        let mut total = 0.0;
        for row in rows(&memory[0]).into_iter().filter(|row| row.action == RunRow::TRAIN) {
            total += memory[1][row.range].iter().map(|g| (g * scale).powi(2)).sum::<f64>();
        }
        memory[3][0] = total.sqrt();
        let scale = scale * (args.max_norm as f64 / (memory[3][0] + 1e-6)).min(1.0);
        memory[2][9] = (scale as f32).to_bits() as f64;
    }
}

fn train(offset: u64, len: u64) -> RunRow {
    RunRow { offset, len, action: RunRow::TRAIN, rate: 1.0, weight_decay: 0.0, momentum: 0.0 }
}

/// The harness compares the bits of a step as if they were numbers; here the scale itself.
#[test]
fn clipping_scales_the_norm_down_to_the_limit() {
    let gradients = [3.0f32, 4.0, f32::NAN];
    let (table, mut norm) = ([train(0, 2)], [0.0f32]);
    let mut step = Step { gradient_scale: 0.5, ..Step::new() };
    let args = ClipNormArgs { rows: 1, bytes: 12, max_norm: 1.0 };
    let cpu = Cpu::new();
    cpu.run::<ClipNorm>(
        &args,
        &mut [Raw::read(&table), Raw::read(&gradients), Raw::write(&mut step), Raw::write(&mut norm)],
    );
    assert_eq!(cpu.take_fault(), None);
    assert_eq!(norm, [2.5]);
    assert!((step.gradient_scale * 5.0 - 1.0).abs() < 1e-5);
}

#[test]
fn rows_outside_the_model_are_faults() {
    let bad = [train(8, 2), train(2, 1), train(u64::MAX, 1), train(0, u64::MAX), train(u64::MAX - 3, 1)];
    for row in bad {
        let (table, step, gradients) =
            ([row, train(0, 1)], Step { learning_rate: 1.0, ..Step::new() }, [1.0f32; 3]);
        let mut params = [5.0f32; 3];
        let args = SgdArgs {
            rows: 2,
            bytes: 12,
            momentum: 0.0,
            dampening: 0.0,
            nesterov: false,
            has_velocity: false,
            clip_value: f32::INFINITY,
        };
        let cpu = Cpu::new();
        cpu.run::<Sgd>(
            &args,
            &mut [
                Raw::read(&table),
                Raw::read(&step),
                Raw::write(&mut params),
                Raw::read(&gradients),
                Raw::none(),
            ],
        );
        assert!(matches!(cpu.take_fault(), Some(Fault::Memory { op: "sgd", .. })), "{row:?}");
        // The row that is right is still worked on.
        assert_eq!(params, [4.0, 5.0, 5.0]);
    }
}

/// The words of a table.
#[cfg(feature = "cuda")]
fn words(rows: &[RunRow]) -> Data {
    let row = |row: &RunRow| {
        let [offset, len] = [row.offset, row.len].map(|n| [n as u32, (n >> 32) as u32]);
        let floats = [row.rate, row.weight_decay, row.momentum].map(f32::to_bits);
        [&offset, &len, [row.action].as_slice(), &floats].concat()
    };
    Data::U32(rows.iter().flat_map(row).collect())
}

#[cfg(feature = "cuda")]
#[test]
fn the_gpu_finds_the_floats_of_many_rows() {
    use crate::check::gpu::same_as_cpu;
    // Long and short ones, those of no float, and gaps.
    let mut next = 0;
    let row = |i: u64| {
        let len = [1, 0, 5, 3000, 17, 4][i as usize % 6];
        let row = train(4 * next, len);
        next += len + i % 2;
        row
    };
    let rows: Vec<RunRow> = (0..700).map(row).rev().collect();
    let (table, count) = (words(&rows), next as usize);
    let args = Args { rows: rows.len(), bytes: 4 * count };
    let floats = Data::F32((0..count).map(|i| (i % 3) as f32).collect());
    assert_eq!(same_as_cpu::<ZeroGradients>(&args, &[table.clone(), floats.clone()]), None);
    let args = ClipNormArgs { rows: rows.len(), bytes: 4 * count, max_norm: 1.0 };
    let step = Data::U32([vec![0; 6], vec![1f32.to_bits(); 5], vec![0]].concat());
    assert_eq!(same_as_cpu::<ClipNorm>(&args, &[table, floats, step, Data::F32(vec![0.0])]), None);
}

#[cfg(feature = "cuda")]
#[test]
fn the_gpu_finds_the_same_faults() {
    use crate::check::gpu::same_as_cpu;
    let bad = [train(8, 2), train(2, 1), train(u64::MAX, 1), train(0, u64::MAX), train(u64::MAX - 3, 1)];
    for row in bad {
        let table = words(&[row, train(0, 1), train(16, 0), train(4, 2)]);
        let args = ClipNormArgs { rows: 4, bytes: 12, max_norm: 1.0 };
        let floats = |x: [f32; 3]| Data::F32(x.to_vec());
        let step = Data::U32([vec![0; 6], vec![1f32.to_bits(); 5], vec![0]].concat());
        let inputs = [table.clone(), floats([3.0, 0.0, 4.0]), step, Data::F32(vec![0.0])];
        let fault = same_as_cpu::<ClipNorm>(&args, &inputs);
        assert!(
            matches!(fault, Some(Fault::Memory { op: "clip norm", argument: 1, got: 12, .. })),
            "{fault:?}"
        );
        let fault = same_as_cpu::<ZeroGradients>(&Args { rows: 4, bytes: 12 }, &[table, floats([1.0; 3])]);
        assert!(matches!(fault, Some(Fault::Memory { argument: 1, .. })), "{fault:?}");
    }
}

use proptest::prelude::*;

use super::*;
use crate::Raw;
use crate::check::{Checked, Data, Random, gradient};

fn cases() -> BoxedStrategy<Args> {
    let shape = prop_oneof![8 => (0..12usize, 1..20usize), 1 => Just((40, 10)), 1 => Just((2, 200)), 1 => Just((2, 1100))];
    (shape, any::<bool>())
        .prop_map(|((rows, classes), log_probabilities)| Args {
            rows,
            classes,
            log_probabilities,
            scaled: false,
        })
        .boxed()
}

fn inputs(len: usize) -> Vec<f64> {
    let mut random = Random::new(7);
    (0..len).map(|_| (8.0 * random.signed()) as f64).collect()
}

fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
    match i {
        1 => {
            let ignored = random.below(4);
            let mut class =
                || if random.below(4) < ignored { IGNORED } else { random.below(args.classes) as i32 };
            Data::I32((0..len).map(|_| class()).collect())
        }
        2 => Data::F32((0..len).map(|_| random.signed().abs() + 0.1).collect()),
        3 => Data::F32(vec![[0.0, 0.1, 0.7][random.below(3)]]),
        _ => Data::F32((0..len).map(|_| 8.0 * random.signed()).collect()),
    }
}

fn log_softmax(x: &[f64]) -> Vec<f64> {
    let sum: f64 = x.iter().map(|x| x.exp()).sum();
    x.iter().map(|x| x - sum.ln()).collect()
}

/// PyTorch's definition, with the smoothed target as a distribution over the classes.
fn loss(args: &Args, x: &[f64], target: &[f64], weights: &[f64], smoothing: f64) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (x, &target) in x.chunks(args.classes).zip(target) {
        if target as i32 == IGNORED {
            continue;
        }
        let log_p = if args.log_probabilities { x.to_vec() } else { log_softmax(x) };
        let smoothing = if args.log_probabilities { 0.0 } else { smoothing };
        for (class, log_p) in log_p.iter().enumerate() {
            let hit = if class == target as usize { 1.0 - smoothing } else { 0.0 };
            sum -= weights[class] * log_p * (hit + smoothing / args.classes as f64);
        }
        total += weights[target as usize];
    }
    if total == 0.0 { 0.0 } else { sum / total }
}

impl Checked for CrossEntropy {
    fn cases() -> BoxedStrategy<Args> {
        prop_oneof![
            9 => cases(),
            1 => any::<bool>().prop_map(|log_probabilities| {
                Args { rows: 1000, classes: 33, log_probabilities, scaled: false }
            }),
        ]
        .boxed()
    }
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        fill(args, i, len, random)
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[4][0] = loss(args, &memory[0], &memory[1], &memory[2], memory[3][0]);
        if !args.log_probabilities {
            memory[5] = memory[0].chunks(args.classes).flat_map(log_softmax).map(f64::exp).collect();
        }
    }
}

/// The words of a step whose loss is multiplied by 8.
pub(crate) fn scaled_step() -> Data {
    let mut words = vec![0; size_of::<Step>() / 4];
    words[core::mem::offset_of!(Step, loss_scale) / 4] = 8f32.to_bits();
    Data::U32(words)
}

impl Checked for CrossEntropyBackward {
    fn cases() -> BoxedStrategy<Args> {
        (cases(), any::<bool>()).prop_map(|(args, scaled)| Args { scaled, ..args }).boxed()
    }
    fn every() -> Vec<Args> {
        vec![Args { rows: 1100, classes: 2, log_probabilities: false, scaled: false }]
    }
    // The probabilities belong to an x that the reference can make again.
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            0 => {
                let p = inputs(len).chunks(args.classes).flat_map(log_softmax).collect::<Vec<_>>();
                Data::F32(p.into_iter().map(|p| p.exp() as f32).collect())
            }
            5 if args.scaled => scaled_step(),
            _ => fill(args, i, len, random),
        }
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let x = inputs(args.rows * args.classes);
        let scale = if args.scaled { 8.0 } else { 1.0 };
        memory[4] = gradient(&x, &[scale], |x| vec![loss(args, x, &memory[1], &memory[2], memory[3][0])]);
    }
}

fn run(args: &Args, x: &[f32], target: &[i32]) -> (f32, Vec<f32>, Option<Fault>, Option<Fault>) {
    let (weights, mut loss) = (vec![1.0f32; args.classes], [f32::NAN]);
    let (mut p, mut dx) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
    let cpu = Cpu::new();
    cpu.run::<CrossEntropy>(
        args,
        &mut [
            Raw::read_slice(x),
            Raw::read_slice(target),
            Raw::read_slice(&weights),
            Raw::read(&0.0f32),
            Raw::write(&mut loss),
            Raw::write_slice(&mut p),
        ],
    );
    let fault = cpu.take_fault();
    cpu.run::<CrossEntropyBackward>(
        args,
        &mut [
            Raw::read_slice(&p),
            Raw::read_slice(target),
            Raw::read_slice(&weights),
            Raw::read(&0.0f32),
            Raw::write_slice(&mut dx),
            Raw::none(),
        ],
    );
    (loss[0], dx, fault, cpu.take_fault())
}

#[test]
fn a_target_that_is_no_class_is_reported_and_does_not_count() {
    let args = Args { rows: 3, classes: 2, log_probabilities: false, scaled: false };
    let (loss, dx, forward, backward) = run(&args, &[0.0, 0.0, 5.0, 1.0, 0.0, 0.0], &[0, 2, -1]);
    assert_eq!(loss, core::f32::consts::LN_2);
    assert_eq!(dx, [-0.5, 0.5, 0.0, 0.0, 0.0, 0.0]);
    let index = |op| Some(Fault::Index { op, row: 1, got: 2, limit: 2 });
    assert_eq!((forward, backward), (index("cross entropy"), index("cross entropy backward")));
}

/// In any order of threads the first row.
#[cfg(feature = "cuda")]
#[test]
fn a_gpu_reports_the_same_target() {
    use crate::check::gpu::{fault, gpu};

    let Some(gpu) = gpu() else { return };
    for log_probabilities in [false, true] {
        let args = Args { rows: 900, classes: 3, log_probabilities, scaled: false };
        let floats = |len: usize| Data::F32(vec![0.5; len]);
        let mut target = vec![1; args.rows];
        (target[700], target[37], target[38]) = (9, -5, 3);
        let (x, p, target) = (args.elements(), args.probabilities(), Data::I32(target));
        let forward = [floats(x), target.clone(), floats(3), floats(1), floats(1), floats(p)];
        let backward = [floats(p), target, floats(3), floats(1), floats(x), floats(0)];
        let index = |op| Some(Fault::Index { op, row: 37, got: -5, limit: 3 });
        assert_eq!(fault::<CrossEntropy>(&gpu, &args, &forward), index("cross entropy"));
        assert_eq!(fault::<CrossEntropyBackward>(&gpu, &args, &backward), index("cross entropy backward"));
    }
}

#[test]
fn without_rows_that_count_loss_and_gradient_are_zero() {
    let args = Args { rows: 2, classes: 2, log_probabilities: false, scaled: false };
    let (loss, dx, forward, backward) = run(&args, &[1.0, 2.0, 3.0, 4.0], &[IGNORED; 2]);
    assert_eq!((loss, dx), (0.0, vec![0.0; 4]));
    assert_eq!((forward, backward), (None, None));
}

#[test]
#[should_panic(expected = "reaches beyond its memory")]
fn memory_of_another_operation_is_checked() {
    /// Hands its own memory on, with arguments that ask for more.
    struct HandsOn;
    impl Op for HandsOn {
        const NAME: &'static str = "hands on";
        type Args = ();
        fn memory(_: &(), spec: &mut Spec) {
            spec.read::<f32>(8).read::<i32>(4).read::<f32>(2).read::<f32>(1).write::<f32>(1).write::<f32>(2);
        }
        fn cpu(cpu: &Cpu, _: &(), memory: &mut Memory<'_>) {
            CrossEntropy::cpu(
                cpu,
                &Args { rows: 4, classes: 2, log_probabilities: false, scaled: false },
                memory,
            );
        }
    }
    let (mut loss, mut p) = ([0.0f32], [0.0f32; 2]);
    let (x, target, weights) = ([0.0f32; 8], [0i32; 4], [1.0f32; 2]);
    Cpu::new().run::<HandsOn>(
        &(),
        &mut [
            Raw::read(&x),
            Raw::read(&target),
            Raw::read(&weights),
            Raw::read(&0.0f32),
            Raw::write(&mut loss),
            Raw::write(&mut p),
        ],
    );
}

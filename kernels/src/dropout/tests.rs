use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random, gradient};

fn cases(most: usize) -> BoxedStrategy<Args> {
    let len = prop_oneof![8 => 0..200usize, 1 => Just(most)];
    let probability = prop::sample::select(vec![0.0f32, 0.1, 0.5, 0.9, 1.0]);
    (len, probability, any::<u64>())
        .prop_map(|(len, probability, path)| Args { len, probability, path, in_place: false })
        .boxed()
}

fn fill(i: usize, len: usize, random: &mut Random) -> Data {
    match i {
        0 => Data::U32((0..len).map(|_| random.bits() as u32).collect()),
        _ => Data::F32((0..len).map(|_| random.signed()).collect()),
    }
}

fn drop(args: &Args, step: &[f64], x: &[f64]) -> Vec<f64> {
    let p = args.probability as f64;
    let path = [args.path as u32, (args.path >> 32) as u32];
    let each = |(i, x): (usize, &f64)| {
        let counter = [i as u32 / 4, path[0], path[1], step[2] as u32];
        let word = philox::philox4x32_10(counter, [step[0] as u32, step[1] as u32])[i % 4];
        if (word as f64) < p * 2f64.powi(32) { 0.0 } else { x / (1.0 - p) }
    };
    x.iter().enumerate().map(each).collect()
}

impl Checked for Dropout {
    fn cases() -> BoxedStrategy<Args> {
        cases(20_003)
    }
    fn fill(_: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        fill(i, len, random)
    }
    fn in_place(args: &Args) -> Option<(Args, [usize; 2])> {
        Some((Args { in_place: true, ..*args }, [1, 2]))
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[2] = drop(args, &memory[0], &memory[1]);
    }
}

impl Checked for DropoutBackward {
    fn cases() -> BoxedStrategy<Args> {
        cases(300)
    }
    fn fill(_: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        fill(i, len, random)
    }
    fn in_place(args: &Args) -> Option<(Args, [usize; 2])> {
        Some((Args { in_place: true, ..*args }, [1, 2]))
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[2] = gradient(&vec![0.0; args.len], &memory[1], |x| drop(args, &memory[0], x));
    }
}

#[test]
fn elements_are_dropped_as_often_as_asked_and_every_draw_is_new() {
    let n = 100_000;
    let x = vec![1.0; n];
    let args = Args { len: n, probability: 0.3, path: 5, in_place: false };
    let masks = [0.0, 1.0].map(|draw| drop(&args, &[1.0, 2.0, draw], &x));
    let kept = |y: &[f64]| y.iter().filter(|y| **y != 0.0).count() as f64 / n as f64;
    assert!(masks.iter().all(|y| (kept(y) - 0.7).abs() < 0.01));
    let both: Vec<f64> = masks[0].iter().zip(&masks[1]).map(|(a, b)| a * b).collect();
    assert!((kept(&both) - 0.49).abs() < 0.01);
}

#[cfg(feature = "cuda")]
#[test]
fn the_gpu_draws_the_same_masks() {
    use crate::check::gpu::same_as_cpu;
    let (seed, draw) = ([0x89AB_CDEF, 0x0123_4567], [u32::MAX, 7]);
    let mut step = [seed, draw].concat();
    step.resize(size_of::<Step>() / size_of::<u32>(), 0);
    let step = Data::U32(step);
    for (len, probability) in [(1, 0.5), (2, 0.1), (7, 0.9), (64, 1.0), (4099, 0.25), (4096, 0.5), (8, 0.0)] {
        let args = Args { len, probability, path: 0xFEDC_BA98_7654_3210, in_place: false };
        let x = Data::F32((0..len).map(|i| i as f32 + 0.1).collect());
        let inputs = [step.clone(), x.clone(), Data::F32(vec![0.0; len])];
        assert_eq!(same_as_cpu::<Dropout>(&args, &inputs), None);
        assert_eq!(same_as_cpu::<DropoutBackward>(&args, &inputs), None);
        let in_place = [step.clone(), Data::F32(vec![]), x];
        assert_eq!(same_as_cpu::<Dropout>(&Args { in_place: true, ..args }, &in_place), None);
    }
}

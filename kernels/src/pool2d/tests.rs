use proptest::prelude::*;

use super::*;
use crate::Raw;
use crate::check::{Checked, Data, Random, gradient};

fn cases(largest: usize) -> BoxedStrategy<Args> {
    let pair = |range: core::ops::Range<usize>| [range.clone(), range];
    let general = (pair(1..6), pair(1..4), pair(0..3));
    let window = prop_oneof![1 => Just(([2, 2], [2, 2], [0, 0])), 2 => general];
    let planes = prop_oneof![3 => 1..4usize, 1 => 1..40usize];
    (planes, pair(1..largest), window)
        .prop_map(|(planes, input, (kernel, stride, padding))| {
            // As in PyTorch, no more than half a window of padding.
            let padding = [0, 1].map(|d: usize| padding[d].min(kernel[d] / 2));
            Args { planes, input, kernel, stride, padding }
        })
        .prop_filter("no window fits", |args| !args.output().contains(&0))
        .boxed()
}

/// All windows of x, padding as `None`.
fn pool(args: &Args, x: &[f64], f: impl Fn(Vec<Option<f64>>) -> f64) -> Vec<f64> {
    let mut y = Vec::new();
    let [height, width] = args.output();
    for plane in x.chunks(args.input[0] * args.input[1]) {
        for (i, j) in (0..height).flat_map(|i| (0..width).map(move |j| (i, j))) {
            let mut window = Vec::new();
            for (u, v) in (0..args.kernel[0]).flat_map(|u| (0..args.kernel[1]).map(move |v| (u, v))) {
                let py = (i * args.stride[0] + u) as isize - args.padding[0] as isize;
                let px = (j * args.stride[1] + v) as isize - args.padding[1] as isize;
                let [h, w] = args.input.map(|size| size as isize);
                let inside = (0..h).contains(&py) && (0..w).contains(&px);
                window.push(inside.then(|| plane[(py * w + px) as usize]));
            }
            y.push(f(window));
        }
    }
    y
}

fn max(args: &Args, x: &[f64]) -> Vec<f64> {
    pool(args, x, |window| window.into_iter().flatten().fold(f64::NEG_INFINITY, f64::max))
}

fn average(args: &Args, x: &[f64]) -> Vec<f64> {
    pool(args, x, |window| window.iter().flatten().sum::<f64>() / window.len() as f64)
}

/// Lines of several parts, windows that are computed one by one, halves of several tiles, the whole plane.
fn every() -> Vec<Args> {
    let pool = |planes, input, kernel, stride, padding| Args { planes, input, kernel, stride, padding };
    vec![
        pool(2, [5, 300], [3, 3], [2, 2], [1, 1]),
        pool(1, [4, 300], [2, 5], [1, 1], [1, 2]),
        pool(1, [3, 900], [3, 200], [2, 3], [1, 100]),
        pool(1, [3, 700], [2, 300], [1, 7], [0, 9]),
        pool(2, [3, 400], [3, 20], [1, 40], [1, 0]),
        pool(40, [28, 28], [2, 2], [2, 2], [0, 0]),
        pool(2, [4, 512], [2, 2], [2, 2], [0, 0]),
        pool(2, [4, 514], [2, 2], [2, 2], [0, 0]),
        pool(3, [7, 7], [7, 7], [1, 1], [0, 0]),
    ]
}

impl Checked for MaxPool2d {
    fn cases() -> BoxedStrategy<Args> {
        cases(40)
    }
    fn every() -> Vec<Args> {
        every()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[1] = max(args, &memory[0]);
    }
}

/// The same with fewer pixels, as there are finite differences for each.
fn every_backward() -> Vec<Args> {
    let pool = |planes, input, kernel, stride, padding| Args { planes, input, kernel, stride, padding };
    vec![
        pool(1, [3, 300], [3, 3], [2, 2], [1, 1]),
        pool(1, [2, 280], [2, 5], [1, 1], [1, 2]),
        pool(1, [2, 420], [2, 100], [1, 3], [0, 50]),
        pool(1, [1, 400], [1, 300], [1, 7], [0, 9]),
        pool(1, [2, 200], [2, 20], [1, 16], [1, 0]),
        pool(9, [6, 22], [2, 2], [2, 2], [0, 0]),
        pool(3, [7, 7], [7, 7], [1, 1], [0, 0]),
    ]
}

impl Checked for MaxPool2dBackward {
    fn cases() -> BoxedStrategy<Args> {
        cases(7)
    }
    fn every() -> Vec<Args> {
        every_backward()
    }
    /// Values further apart than the steps of finite differences, in 16-bit floats too: neighbours among those of
    /// `bf16`.
    fn fill(_: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        if i > 0 {
            return Data::F32((0..len).map(|_| random.signed()).collect());
        }
        let mut x: Vec<f32> = (0..len as u32).map(|rank| f32::from_bits((0x3C00 + rank) << 16)).collect();
        (1..len).for_each(|i| x.swap(i, random.below(i + 1)));
        Data::F32(x)
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[2] = gradient(&memory[0], &memory[1], |x| max(args, x));
    }
}

impl Checked for AvgPool2d {
    fn cases() -> BoxedStrategy<Args> {
        cases(40)
    }
    fn every() -> Vec<Args> {
        every()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[1] = average(args, &memory[0]);
    }
}

impl Checked for AvgPool2dBackward {
    fn cases() -> BoxedStrategy<Args> {
        cases(7)
    }
    fn every() -> Vec<Args> {
        every_backward()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[1] = gradient(&memory[1], &memory[0], |x| average(args, x));
    }
}

/// Ties and NaN: the same pixels as PyTorch, in the fast path and in the general one.
#[test]
fn the_first_maximum_gets_the_gradient() {
    let nan = f32::NAN;
    let low = f32::NEG_INFINITY;
    let x = [1.0f32, 1.0, 2.0, nan, 1.0, 1.0, nan, 3.0, low, low, 0.0, 5.0, low, low, 5.0, 5.0];
    let (dy, cpu) = ([1.0f32, 2.0, 3.0, 4.0], Cpu::new());
    let halving = Args { planes: 1, input: [4, 4], kernel: [2, 2], stride: [2, 2], padding: [0, 0] };
    let (mut y, mut dx) = ([0.0f32; 4], [9.0f32; 16]);
    cpu.run::<MaxPool2d>(&halving, &mut [Raw::read(&x), Raw::write(&mut y)]);
    assert!(y[0] == 1.0 && y[1].is_nan() && y[2] == f32::NEG_INFINITY && y[3] == 5.0);
    cpu.run::<MaxPool2dBackward>(&halving, &mut [Raw::read(&x), Raw::read(&dy), Raw::write(&mut dx)]);
    let want = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 3.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0];
    assert_eq!(dx, want);
    // The general path.
    let general = Args { input: [4, 3], kernel: [2, 3], stride: [2, 2], padding: [0, 0], ..halving };
    let x = [1.0f32, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, nan, 1.0, nan, 0.0, 7.0];
    let (mut y, mut dx) = ([0.0f32; 2], [9.0f32; 12]);
    cpu.run::<MaxPool2d>(&general, &mut [Raw::read(&x), Raw::write(&mut y)]);
    assert!(y[0] == 1.0 && y[1].is_nan());
    let dy = [1.0f32, 2.0];
    cpu.run::<MaxPool2dBackward>(&general, &mut [Raw::read(&x), Raw::read(&dy), Raw::write(&mut dx)]);
    assert_eq!(dx, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
}

/// Ties, NaN and windows of −∞: the same pixels on a GPU.
#[cfg(feature = "cuda")]
#[test]
fn a_gpu_finds_the_same_maxima() {
    use crate::check::gpu::same_as_cpu;

    let mut random = Random::new(3);
    for args in every().into_iter().chain(every_backward()) {
        let [x, y] = args.sizes();
        let mut pixel = || match random.below(40) {
            0 => f32::NAN,
            n if n < 20 => f32::NEG_INFINITY,
            n => (n % 3) as f32,
        };
        let pixels = Data::F32((0..x).map(|_| pixel()).collect());
        // Sums of these are exact.
        let dy = Data::F32((0..y).map(|_| 1.0 + random.below(9) as f32).collect());
        let zeros = |len| Data::F32(vec![0.0; len]);
        assert_eq!(same_as_cpu::<MaxPool2d>(&args, &[pixels.clone(), zeros(y)]), None);
        assert_eq!(same_as_cpu::<MaxPool2dBackward>(&args, &[pixels, dy, zeros(x)]), None);
    }
}

/// A plane without pixels has windows of padding alone.
#[test]
fn nothing_but_padding() {
    let args = Args { planes: 2, input: [0, 3], kernel: [2, 2], stride: [1, 1], padding: [1, 1] };
    let (mut max, mut average) = ([9.0f32; 8], [9.0f32; 8]);
    let cpu = Cpu::new();
    cpu.run::<MaxPool2d>(&args, &mut [Raw::read_slice::<f32>(&[]), Raw::write(&mut max)]);
    cpu.run::<AvgPool2d>(&args, &mut [Raw::read_slice::<f32>(&[]), Raw::write(&mut average)]);
    assert!(cpu.take_fault().is_none() && max == [f32::NEG_INFINITY; 8] && average == [0.0; 8]);
}

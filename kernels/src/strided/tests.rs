use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Random};
use crate::{Fault, Raw};

/// Strides of a memory in which the axes lie in some order, with gaps; zero for the axes of `without`.
fn strides(dims: &[usize; AXES], without: &[bool; AXES], random: &mut Random) -> [usize; AXES] {
    let mut order: Vec<usize> = (0..AXES).collect();
    for i in (1..AXES).rev() {
        order.swap(i, random.below(i + 1));
    }
    let (mut strides, mut next) = ([0; AXES], if random.below(4) == 0 { 2 } else { 1 });
    for i in order.into_iter().filter(|&i| !without[i]) {
        strides[i] = next;
        next = next * dims[i] + if random.below(4) == 0 { random.below(4) } else { 0 };
    }
    strides
}

fn random_case(seed: u64) -> Args {
    let mut random = Random::new(seed);
    let accumulate = random.below(2) == 0;
    let mut dims = [1; AXES];
    for dim in &mut dims {
        *dim = match random.below(40) {
            0 => 0,
            n if n % 2 == 0 => 1,
            _ => 1 + random.below(5),
        };
    }
    // Sometimes one or two axes are longer than a tile.
    if random.below(3) == 0 {
        dims = dims.map(|dim| dim.min(2));
        dims[random.below(AXES)] = 60 + random.below(50);
        dims[random.below(AXES)] = 15 + random.below(50);
    }
    let broadcast = [(); AXES].map(|()| random.below(5) == 0);
    let summed = [(); AXES].map(|()| accumulate && random.below(3) == 0);
    Args {
        dims,
        from: strides(&dims, &broadcast, &mut random),
        to: strides(&dims, &summed, &mut random),
        from_start: random.below(3),
        to_start: random.below(3),
        factor: if random.below(2) == 0 { 1.0 } else { 3.0 * random.signed() },
        accumulate,
    }
}

/// Cases that several threads share, and sums of several blocks.
fn large() -> Vec<Args> {
    let case = |dims: [usize; 3], from: [usize; 3], to: [usize; 3], factor, accumulate| {
        let wide = |axes: [usize; 3], rest| [rest, rest, rest, rest, axes[0], axes[1], axes[2]];
        let (dims, from, to) = (wide(dims, 1), wide(from, 0), wide(to, 0));
        Args { dims, from, to, from_start: 1, to_start: 5, factor, accumulate }
    };
    vec![
        // Parts of a concatenation, to and fro.
        case([6, 40, 500], [20_000, 500, 1], [35_000, 500, 1], 1.0, false),
        case([6, 40, 500], [35_000, 500, 1], [20_000, 500, 1], 1.0, true),
        case([4000, 1, 11], [11, 0, 1], [19, 0, 1], 1.0, false),
        // Transposes.
        case([1, 300, 210], [0, 1, 300], [0, 210, 1], 1.0, false),
        case([5, 130, 70], [9100, 1, 130], [9100, 70, 1], -0.5, true),
        case([3, 7000, 3], [21_000, 1, 7000], [21_000, 3, 1], 1.0, false),
        // Broadcasts and their sums.
        case([7, 64, 100], [0, 1, 0], [6400, 100, 1], 1.0, false),
        case([7, 64, 100], [6400, 100, 1], [0, 1, 0], 1.0, true),
        case([3, 700, 200], [140_000, 200, 1], [200, 0, 1], 0.1, true),
        case([3, 700, 200], [140_000, 200, 1], [0, 0, 0], 0.01, true),
        case([3, 200, 700], [140_000, 1, 200], [200, 1, 0], 0.1, true),
    ]
}

pub(crate) fn cases() -> BoxedStrategy<Args> {
    prop_oneof![4 => any::<u64>().prop_map(random_case), 1 => prop::sample::select(large())].boxed()
}

impl Checked for Strided {
    fn cases() -> BoxedStrategy<Args> {
        cases()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let count: usize = args.dims.iter().product();
        let mut sums = vec![0.0; memory[1].len()];
        let mut reached = vec![false; memory[1].len()];
        for index in 0..count {
            let (mut rest, mut from, mut to) = (index, args.from_start, args.to_start);
            for i in (0..AXES).rev() {
                from += rest % args.dims[i] * args.from[i];
                to += rest % args.dims[i] * args.to[i];
                rest /= args.dims[i];
            }
            sums[to] += args.factor as f64 * memory[0][from];
            reached[to] = true;
        }
        for ((y, sum), _) in memory[1].iter_mut().zip(sums).zip(reached).filter(|(_, reached)| *reached) {
            *y = if args.accumulate { *y + sum } else { sum };
        }
    }
}

#[test]
fn elements_that_share_a_place_are_a_fault() {
    let (x, mut y) = ([1.0f32, 2.0, 3.0, 4.0], [0.0f32; 4]);
    let cpu = Cpu::new();
    let mut run = |to: [usize; 2], accumulate| {
        let wide = |a: usize, b: usize, rest: usize| [rest, rest, rest, rest, rest, a, b];
        let (dims, from, to) = (wide(2, 2, 1), wide(2, 1, 0), wide(to[0], to[1], 0));
        let args = Args { dims, from, to, from_start: 0, to_start: 0, factor: 1.0, accumulate };
        cpu.run::<Strided>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
        (cpu.take_fault(), y)
    };
    assert!(matches!(run([1, 1], true).0, Some(Fault::Memory { argument: 1, .. })));
    assert!(matches!(run([0, 1], false).0, Some(Fault::Memory { argument: 1, .. })));
    assert!(matches!(run([3, 1], false).0, Some(Fault::Memory { argument: 1, .. })));
    assert_eq!(run([0, 1], true), (None, [4.0, 6.0, 0.0, 0.0]));
    assert_eq!(run([1, 2], false), (None, [1.0, 3.0, 2.0, 4.0]));
}

use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Random};
use crate::{DType, Fault, Raw};

/// Strides of a memory in which the axes lie in some order, with gaps, some of them backwards; zero for the axes
/// of `without`. With them, where the element of all zeros lies.
fn strides(dims: &[usize; AXES], without: &[bool; AXES], random: &mut Random) -> ([isize; AXES], usize) {
    let mut order: Vec<usize> = (0..AXES).collect();
    for i in (1..AXES).rev() {
        if random.below(3) > 0 {
            order.swap(i, random.below(i + 1));
        }
    }
    let (mut strides, mut next) = ([0; AXES], if random.below(6) == 0 { 2 } else { 1 });
    let mut start = random.below(3);
    for i in order.into_iter().rev().filter(|&i| !without[i]) {
        strides[i] = next as isize;
        if random.below(4) == 0 && dims[i] > 0 {
            strides[i] = -strides[i];
            start += (dims[i] - 1) * next;
        }
        next = next * dims[i].max(1) + if random.below(5) == 0 { random.below(4) } else { 0 };
    }
    (strides, start)
}

fn random_case(seed: u64) -> Args {
    let mut random = Random::new(seed);
    let mut dims = [1; AXES];
    for dim in &mut dims {
        *dim = match random.below(60) {
            0 => 0,
            n if n % 2 == 0 => 1,
            _ => 1 + random.below(4),
        };
    }
    // Sometimes two axes are longer than a block, sometimes enough for several threads.
    if random.below(2) == 0 {
        dims = dims.map(|dim| dim.min(2));
        let long = if random.below(4) == 0 { 300 } else { 10 };
        dims[random.below(AXES)] = 5 + random.below(long);
        dims[random.below(AXES)] = 15 + random.below(50);
    }
    let repeated = [(); AXES].map(|()| random.below(6) == 0);
    let (from, from_start) = strides(&dims, &repeated, &mut random);
    let (to, to_start) = strides(&dims, &[false; AXES], &mut random);
    Args { size: [1, 2, 4, 8][random.below(4)], dims, from, to, from_start, to_start }
}

fn large() -> Vec<Args> {
    let case = |size, dims: [usize; 3], from: [isize; 3], to: [isize; 3], from_start| {
        let wide = |axes: [isize; 3]| [0, 0, 0, 0, 0, axes[0], axes[1], axes[2]];
        let dims = [1, 1, 1, 1, 1, dims[0], dims[1], dims[2]];
        Args { size, dims, from: wide(from), to: wide(to), from_start, to_start: 5 }
    };
    vec![
        case(2, [1, 300, 210], [0, 1, 300], [0, 210, 1], 0),
        case(4, [5, 130, 70], [9100, 1, 130], [9100, 70, 1], 0),
        case(8, [7, 64, 100], [0, 1, 0], [6400, 100, 1], 3),
        // Images: channels last from channels first, and the other way round.
        case(4, [2, 141, 2], [282, 1, 141], [282, 2, 1], 0),
        case(2, [2, 141, 3], [423, 1, 141], [423, 3, 1], 0),
        case(1, [2, 300, 4], [1200, 1, 300], [1200, 4, 1], 0),
        case(8, [2, 2, 141], [282, 1, 2], [282, 141, 1], 0),
        case(4, [2, 3, 300], [900, 1, 3], [900, 300, 1], 0),
        case(1, [2, 4, 141], [564, 1, 4], [564, 141, 1], 0),
        case(4, [2, 20, 300], [6000, 1, 20], [6000, 300, 1], 0),
        case(1, [1, 64, 80], [0, 1, 64], [0, 80, 1], 0),
        case(8, [1, 64, 80], [0, 1, 64], [0, 80, 1], 0),
        case(1, [1, 1, 70_000], [0, 0, 1], [0, 0, 1], 0),
        case(1, [1, 1, 70_000], [0, 0, -1], [0, 0, 1], 69_999),
        case(4, [6, 40, 500], [20_000, 500, 1], [35_000, 500, 1], 1),
        case(2, [4000, 1, 11], [11, 0, 1], [19, 0, 1], 0),
    ]
}

impl Checked for CopyStrided {
    const TOLERANCE: f64 = 0.0;
    fn dtype(args: &Args, _: usize) -> DType {
        match args.size {
            1 => DType::I8,
            2 => DType::Bf16,
            4 => DType::I32,
            _ => DType::F64,
        }
    }
    fn cases() -> BoxedStrategy<Args> {
        prop_oneof![6 => any::<u64>().prop_map(random_case), 1 => prop::sample::select(large())].boxed()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        for index in 0..args.dims.iter().product() {
            let (mut rest, mut from, mut to) = (index, args.from_start, args.to_start);
            for i in (0..AXES).rev() {
                let at = (rest % args.dims[i]) as isize;
                from = from.checked_add_signed(at * args.from[i]).expect("within x");
                to = to.checked_add_signed(at * args.to[i]).expect("within y");
                rest /= args.dims[i];
            }
            memory[1][to] = memory[0][from];
        }
    }
}

#[test]
fn what_leaves_the_memory_or_shares_a_place_is_a_fault() {
    let cpu = Cpu::new();
    let run = |args: Args| {
        let (x, mut y) = ([1i32, 2, 3, 4], [0i32; 4]);
        cpu.run::<CopyStrided>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
        (cpu.take_fault(), y)
    };
    let case = |from: [isize; 2], to: [isize; 2], from_start, to_start| {
        let wide = |axes: [isize; 2]| [0, 0, 0, 0, 0, 0, axes[0], axes[1]];
        let dims = [1, 1, 1, 1, 1, 1, 2, 2];
        Args { size: 4, dims, from: wide(from), to: wide(to), from_start, to_start }
    };
    let fault = |args: Args, argument: usize| {
        let (fault, y) = run(args);
        assert!(
            matches!(fault, Some(Fault::Memory { argument: a, .. }) if a == argument),
            "{args:?}: {fault:?}"
        );
        assert_eq!(y, [0; 4]);
    };
    assert_eq!(run(case([2, -1], [-2, 1], 1, 2)), (None, [4, 3, 2, 1]));
    // Before the beginning, beyond the end, however far.
    fault(case([2, -1], [2, 1], 0, 0), 0);
    fault(case([2, 1], [2, 1], 1, 0), 0);
    fault(case([isize::MAX, 1], [2, 1], 0, 0), 0);
    fault(case([isize::MIN, 1], [2, 1], 0, 0), 0);
    fault(case([2, 1], [2, 1], usize::MAX, 0), 0);
    fault(case([2, 1], [2, -1], 0, 0), 1);
    fault(case([2, 1], [2, 1], 0, 1), 1);
    // The same place twice.
    fault(case([2, 1], [1, 1], 0, 0), 1);
    fault(case([2, 1], [-1, 1], 0, 1), 1);
    fault(case([2, 1], [0, 1], 0, 0), 1);
    fault(Args { size: 3, ..case([2, 1], [2, 1], 0, 0) }, 0);
    // Nothing is copied, whatever the strides.
    let nothing = Args { dims: [1, 1, 1, 1, 1, 1, 0, 9], ..case([isize::MIN, 5], [0, 0], 77, 99) };
    assert_eq!(run(nothing), (None, [0; 4]));
}

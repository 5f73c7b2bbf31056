use proptest::prelude::*;

use super::*;
use crate::check::{Checked, gradient};

fn shapes() -> BoxedStrategy<(usize, usize, usize)> {
    prop_oneof![
        8 => (0..6usize, 1..40usize, 0..9usize),
        2 => (1..40usize, 1..70usize, Just(1usize)),
        1 => Just((3, 300, 150)),
        1 => Just((1, 700, 65)),
        1 => Just((1, 2100, 5)),
        1 => Just((2, 40_001, 1)),
        1 => Just((900, 50, 1)),
        1 => Just((70, 9, 131)),
    ]
    .boxed()
}

fn sums(args: &Args, x: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; args.outer * args.inner];
    for o in 0..args.outer {
        for l in 0..args.len {
            for i in 0..args.inner {
                y[o * args.inner + i] += x[(o * args.len + l) * args.inner + i];
            }
        }
    }
    y.into_iter().map(|sum| if args.mean { sum / args.len as f64 } else { sum }).collect()
}

impl Checked for Reduce {
    fn cases() -> BoxedStrategy<Args> {
        (shapes(), any::<bool>(), any::<bool>())
            .prop_map(|((outer, len, inner), mean, accumulate)| Args { outer, len, inner, mean, accumulate })
            .boxed()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let sums = sums(args, &memory[0]);
        for (y, sum) in memory[1].iter_mut().zip(sums) {
            *y = if args.accumulate { *y + sum } else { sum };
        }
    }
}

impl Checked for Expand {
    fn cases() -> BoxedStrategy<ExpandArgs> {
        (shapes(), any::<bool>())
            .prop_map(|((outer, len, inner), mean)| ExpandArgs {
                outer,
                len,
                inner,
                factor: if mean { 1.0 / len as f32 } else { 1.0 },
            })
            .boxed()
    }
    fn reference(args: &ExpandArgs, memory: &mut [Vec<f64>]) {
        let &ExpandArgs { outer, len, inner, factor } = args;
        if memory[1].len() <= 600 {
            let forward = Args { outer, len, inner, mean: factor != 1.0 || len == 1, accumulate: false };
            memory[1] = gradient(&vec![0.0; outer * len * inner], &memory[0], |x| sums(&forward, x));
        } else {
            // Finite differences would take too long: the elements one by one.
            for i in 0..memory[1].len() {
                memory[1][i] = factor as f64 * memory[0][i / (len * inner) * inner + i % inner];
            }
        }
    }
}

use core::array::from_fn;

use super::{Args, philox};
use crate::cpu::{multiversion, part};
use crate::{Cpu, Step};

/// Elements handed to one task: a multiple of those that are drawn together.
const CHUNK: usize = 1 << 12;

/// Counters that are drawn together.
const LANES: usize = 16;

pub(super) fn drop(cpu: &Cpu, args: &Args, step: &Step, x: &[f32], y: &mut [f32]) {
    let isa = cpu.isa();
    cpu.parallel_chunks(y, CHUNK, y.len() * 16, |i, y, _| {
        mask(isa, args, step, i * CHUNK, part(x, i * CHUNK, y.len()), y);
    });
}

multiversion! {
    /// `at` is where x and y start within the whole.
    fn mask(isa, args: &Args, step: &Step, at: usize, x: &[f32], y: &mut [f32]) {
        let key = [step.seed as u32, (step.seed >> 32) as u32];
        // In double precision p·2³² is exact; p = 1 gives one more than any word.
        let threshold = (args.probability as f64 * 4_294_967_296.0) as u64;
        let scale = 1.0 / (1.0 - args.probability);
        for (i, y) in y.chunks_mut(4 * LANES).enumerate() {
            let x = part(x, i * 4 * LANES, y.len());
            let first = (at / 4 + i * LANES) as u32;
            let counter = [
                from_fn(|l| first.wrapping_add(l as u32)),
                [args.path as u32; LANES],
                [(args.path >> 32) as u32; LANES],
                [step.draw as u32; LANES],
            ];
            let words = philox::lanes(counter, key);
            let masked = |j: usize, x: f32| {
                let keep = words[j % 4][j / 4] as u64 >= threshold;
                if keep { x * scale } else { 0.0 }
            };
            if x.is_empty() {
                y.iter_mut().enumerate().for_each(|(j, y)| *y = masked(j, *y));
            } else {
                y.iter_mut().zip(x).enumerate().for_each(|(j, (y, x))| *y = masked(j, *x));
            }
        }
    }
}

use core::array::from_fn;

use super::{Args, philox};
use crate::cpu::{multiversion, part};
use crate::{Cpu, Step};

/// Elements handed to one task: a multiple of those that are drawn together.
const CHUNK: usize = 1 << 12;

/// Counters that are drawn together.
const LANES: usize = 32;

pub(super) fn drop(cpu: &Cpu, args: &Args, step: &Step, x: &[f32], y: &mut [f32]) {
    let isa = cpu.isa();
    cpu.parallel_chunks(y, CHUNK, y.len() * 4, |i, y, _| {
        mask(isa, args, step, i * CHUNK, part(x, i * CHUNK, y.len()), y);
    });
}

multiversion! {
    /// `at` is where x and y start within the whole.
    fn mask(isa, args: &Args, step: &Step, at: usize, x: &[f32], y: &mut [f32]) {
        let key = [step.seed as u32, (step.seed >> 32) as u32];
        let threshold = args.threshold();
        // The same in 32 bits: a word is kept if it is above this, or if there is nothing below the threshold.
        let (last, all) = (threshold.saturating_sub(1) as u32, threshold == 0);
        let scale = 1.0 / (1.0 - args.probability);
        let masked = |word: u32, x: f32| if all | (word > last) { x * scale } else { 0.0 };
        for (i, y) in y.chunks_mut(4 * LANES).enumerate() {
            let x = part(x, i * 4 * LANES, y.len());
            let first = (at / 4 + i * LANES) as u32;
            let counter = [
                from_fn(|l| first.wrapping_add(l as u32).into()),
                [args.path; LANES],
                [args.path >> 32; LANES],
                [step.draw; LANES],
            ];
            let [a, b, c, d] = philox::lanes(counter, key);
            let mut words = [[0; 4]; LANES];
            for (l, words) in words.iter_mut().enumerate() {
                *words = [a[l] as u32, b[l] as u32, c[l] as u32, d[l] as u32];
            }
            let words = words.as_flattened();
            if x.is_empty() {
                y.iter_mut().zip(words).for_each(|(y, word)| *y = masked(*word, *y));
            } else {
                y.iter_mut().zip(x).zip(words).for_each(|((y, x), word)| *y = masked(*word, *x));
            }
        }
    }
}

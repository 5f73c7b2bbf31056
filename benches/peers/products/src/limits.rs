//! What no program on this processor can be faster than: multiplications and additions of `f32`, and reading
//! from each cache and from memory, or changing what is there.

use std::array::from_fn;
use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

/// How many numbers the widest vector register holds, and so how wide the loops below are.
const LANES: usize = 16;
/// Independent sums, enough to hide how long an addition takes.
const SUMS: usize = 24;

/// Prints `{"flops": per second, "bandwidth": [[bytes, bytes per second read], ..]}` of so many threads together:
/// the speed of reading that many bytes over and over, or of reading and writing them, whichever moves more.
pub fn print(threads: usize) {
    let flops = together(threads, |meet| {
        let count = 1 << 20;
        best(meet, || multiply_add(black_box(count))) * (count * SUMS * LANES * 2) as f64
    });
    let bandwidth: Vec<String> = (14..=28)
        .map(|log| {
            let bytes = 1usize << log;
            let speed = together(threads, |meet| {
                let mut numbers = protocol::Numbers::zeros(bytes / threads / 4, true);
                let times = (1 << 24) / bytes + 1;
                let reads = best(meet, || (0..times).map(|_| sum(black_box(&numbers))).sum());
                let updates = best(meet, || (0..times).map(|_| halve(black_box(&mut numbers))).sum());
                reads.max(2.0 * updates) * (times * bytes / threads) as f64
            });
            format!("[{bytes}, {speed:.0}]")
        })
        .collect();
    println!("{{\"flops\": {flops:.0}, \"bandwidth\": [{}]}}", bandwidth.join(", "));
}

/// The sum of what `f` gives on each of these threads.
fn together(threads: usize, f: impl Fn(&Barrier) -> f64 + Sync) -> f64 {
    let meet = Barrier::new(threads);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(|| f(&meet))).collect();
        all.into_iter().map(|one| one.join().expect("a number")).sum()
    })
}

/// How often `f` can be run in a second: the best of many times, which all threads begin together.
fn best(meet: &Barrier, mut f: impl FnMut() -> f32) -> f64 {
    let time = |_| {
        meet.wait();
        let start = Instant::now();
        black_box(f());
        start.elapsed().as_secs_f64()
    };
    1.0 / (0..100).map(time).fold(f64::INFINITY, f64::min)
}

/// Halves all numbers where they are; 0.
fn halve(numbers: &mut [f32]) -> f32 {
    numbers.iter_mut().for_each(|x| *x *= 0.5);
    0.0
}

#[cfg(target_arch = "x86_64")]
use x86::{multiply_add, sum};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{LANES, SUMS};

    /// LLVM prefers halves of these registers, so they are asked for by name.
    pub fn multiply_add(count: usize) -> f32 {
        #[target_feature(enable = "avx512f")]
        fn wide(count: usize) -> f32 {
            let (scale, add) = (_mm512_set1_ps(0.999_999), _mm512_set1_ps(1e-7));
            let mut sums = [_mm512_set1_ps(1.0); SUMS];
            for _ in 0..count {
                let mut i = 0;
                while i < SUMS {
                    sums[i] = _mm512_fmadd_ps(sums[i], scale, add);
                    i += 1;
                }
            }
            sums.into_iter().map(|sum| _mm512_reduce_add_ps(sum)).sum()
        }
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: just detected.
            unsafe { wide(count) }
        } else {
            super::portable::multiply_add(count)
        }
    }

    pub fn sum(numbers: &[f32]) -> f32 {
        #[target_feature(enable = "avx512f")]
        fn wide(numbers: &[f32]) -> f32 {
            let mut sums = [_mm512_setzero_ps(); 8];
            for block in numbers.as_chunks::<{ 8 * LANES }>().0 {
                let mut i = 0;
                while i < 8 {
                    // SAFETY: sixteen numbers of the block.
                    let part = unsafe { _mm512_loadu_ps(block.as_ptr().add(i * LANES)) };
                    sums[i] = _mm512_add_ps(sums[i], part);
                    i += 1;
                }
            }
            sums.into_iter().map(|sum| _mm512_reduce_add_ps(sum)).sum()
        }
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: just detected.
            unsafe { wide(numbers) }
        } else {
            super::portable::sum(numbers)
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
use portable::{multiply_add, sum};

/// Loops that LLVM makes vectors of.
mod portable {
    use super::{LANES, SUMS, from_fn};

    pub fn multiply_add(count: usize) -> f32 {
        let mut sums = [[1.0f32; LANES / 2]; SUMS / 2];
        for _ in 0..2 * 2 * count {
            sums = sums.map(|sum| sum.map(|sum| sum.mul_add(0.999_999, 1e-7)));
        }
        sums.into_iter().flatten().sum()
    }

    pub fn sum(numbers: &[f32]) -> f32 {
        let mut sums = [0.0f32; 8 * LANES];
        for block in numbers.as_chunks::<{ 8 * LANES }>().0 {
            sums = from_fn(|i| sums[i] + block[i]);
        }
        sums.into_iter().sum()
    }
}

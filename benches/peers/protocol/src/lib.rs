//! What `run.py` and a peer written in Rust say to each other.
//!
//! A peer is a process that reads commands from its standard input, a line each, and answers each with a line of
//! JSON:
//!
//! - `load NAME` prepares a workload and does it once: `{"result": [numbers]}`, which every peer must agree on,
//!   or `{"unsupported": true}`.
//! - `run SECONDS` repeats the workload for about so long: `{"median": nanoseconds, "best": nanoseconds}`.
//! - `memory`: `{"allocations": of one run, "allocated": bytes of one run, "growth": bytes}`, the last being how much
//!   larger the process has been at most than it was before it prepared the workload.

mod allocator;
mod data;
mod names;

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

pub use allocator::Counting;
pub use data::{Data, Numbers, file};
pub use names::{Convolution, Direction, Pass, Product};

/// A workload, ready to be run again and again.
pub struct Work {
    result: Vec<f32>,
    run: Box<dyn FnMut()>,
}

impl Work {
    /// `run` does all of the work, of which `result` came out.
    pub fn new(result: &[f32], run: impl FnMut() + 'static) -> Self {
        Self::with_sample(sample(result), run)
    }

    /// The same, with a sample of the result.
    pub fn with_sample(result: Vec<f32>, run: impl FnMut() + 'static) -> Self {
        Work { result, run: Box::new(run) }
    }
}

/// Numbers that stand for many: up to 64, evenly spread.
pub fn sample(numbers: &[f32]) -> Vec<f32> {
    let count = numbers.len().min(64);
    (0..count).map(|i| numbers[i * numbers.len() / count]).collect()
}

/// How many threads a peer is to use: its last argument.
pub fn threads() -> usize {
    let last = std::env::args().last().and_then(|threads| threads.parse().ok());
    last.expect("usage: PEER .. THREADS")
}

/// Answers commands until there are no more. `load` gives a workload by its name, or nothing where it has none.
pub fn serve(load: impl Fn(&str) -> Option<Work>) {
    let (mut work, mut before) = (None, 0);
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let answer = match (line.split_once(' '), &mut work) {
            (Some(("load", name)), work) => {
                // First, so that no two lie in memory.
                *work = None;
                before = forget_peak();
                *work = load(name);
                match work {
                    Some(Work { result, .. }) => format!("{{\"result\": {result:?}}}"),
                    None => "{\"unsupported\": true}".into(),
                }
            }
            (Some(("run", seconds)), Some(work)) => {
                let [median, best] = time(&mut work.run, seconds.parse().expect("seconds"));
                format!("{{\"median\": {median}, \"best\": {best}}}")
            }
            (None, Some(work)) if line == "memory" => {
                let [allocations, allocated] = allocator::count(&mut work.run);
                let growth = status("VmHWM").saturating_sub(before);
                format!(
                    "{{\"allocations\": {allocations}, \"allocated\": {allocated}, \"growth\": {growth}}}"
                )
            }
            _ => panic!("what is `{line}`?"),
        };
        println!("{answer}");
        std::io::stdout().flush().expect("an open pipe");
    }
}

/// Nanoseconds of one run: the median and the least. Each sample is of as many runs as take 20 µs, beside which
/// looking at the clock does not count.
fn time(run: &mut dyn FnMut(), seconds: f64) -> [f64; 2] {
    let mut sample = |count: u32| {
        let start = Instant::now();
        for _ in 0..count {
            black_box(&mut *run)();
        }
        start.elapsed()
    };
    let mut count = 1;
    while sample(count) < Duration::from_micros(20) {
        count *= 2;
    }
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut samples = Vec::new();
    while samples.len() < 3 || Instant::now() < end {
        samples.push(sample(count).as_nanos() as f64 / f64::from(count));
    }
    samples.sort_by(f64::total_cmp);
    [samples[samples.len() / 2], samples[0]]
}

/// Bytes of the process now, from which on its peak is counted; zero where the system does not say.
fn forget_peak() -> u64 {
    // Only Linux has it.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    status("VmRSS")
}

/// Bytes that the system notes of this process.
fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| 1024 * kib)
}

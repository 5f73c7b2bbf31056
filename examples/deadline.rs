//! Runs a network at a fixed rate, as a loop of sound, control or trading does, and says how long each answer took and
//! which came too late.
//!
//! ```sh
//! cargo run --release --example deadline
//! cargo run --release --example deadline -- --rate 10000 --seconds 30 --deadline 50
//! ```
//!
//! Before the loop everything is in its place: the weights are in the program, working memory is a static, and nothing
//! is allocated or locked within it.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use castiron::include_weights;
use castiron::prelude::*;
use castiron::train::{Workspace, infer};
use clap::Parser;
use examples_common::{Part, finish, largest, mnist};
use hdrhistogram::Histogram;

model! {
    /// LeNet-5.
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
}

static LENET: LeNet = include_weights!(LeNet, "data/lenet.safetensors");
static WORKSPACE: Mutex<Workspace<LeNet, 1>> = Mutex::new(Workspace::zeroed());

/// Runs LeNet-5 at a fixed rate.
#[derive(Parser)]
struct Options {
    /// Images a second.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate: u64,
    /// How long.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Microseconds after the image is there within which its class must be; a whole period unless it is said.
    #[arg(long)]
    deadline: Option<u64>,
}

fn main() -> ExitCode {
    finish(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (scans, labels) = mnist(Part::Test)?;
    let images: Vec<Rank3<1, 28, 28>> =
        scans.iter().map(|scan| [scan.map(|row| row.map(|grey| f32::from(grey) / 255.0))]).collect();
    let period = Duration::from_nanos(1_000_000_000 / options.rate);
    let deadline = options.deadline.map_or(period, Duration::from_micros);
    let total = options.rate * options.seconds;

    let (cpu, mut workspace) = (Cpu::new(), WORKSPACE.lock()?);
    // To three digits, up to a minute.
    let mut work = Histogram::<u64>::new_with_max(60_000_000_000, 3)?;
    let mut answer = work.clone();
    let (mut missed, mut right) = (0_u64, 0_u64);
    let start = Instant::now() + Duration::from_millis(10);
    for i in 0..total {
        let due = start + period.mul_f64(i as f64);
        wait_until(due);

        let index = i as usize % images.len();
        let mut logits = [[0.0; 10]];
        let began = Instant::now();
        infer(&cpu, &LENET, std::array::from_ref(&images[index]), 1, &mut logits, &mut workspace)?;
        let done = Instant::now();

        right += u64::from(largest(&logits[0]) == usize::from(labels[index]));
        work.saturating_record((done - began).as_nanos() as u64);
        answer.saturating_record((done - due).as_nanos() as u64);
        missed += u64::from(done - due > deadline);
    }

    println!(
        "{total} images at {} a second, {:.2} % named rightly\n",
        options.rate,
        100.0 * right as f64 / total as f64
    );
    report("inference", &work);
    report("from when it was due to its answer", &answer);
    println!("{missed} of {total} deadlines of {deadline:?} missed");
    Ok(())
}

/// Sleeps until shortly before, since an operating system wakes nobody up in time, and spins for the rest.
fn wait_until(due: Instant) {
    const SPIN: Duration = Duration::from_micros(200);
    if let Some(long) = due.checked_duration_since(Instant::now() + SPIN) {
        std::thread::sleep(long);
    }
    while Instant::now() < due {
        std::hint::spin_loop();
    }
}

/// Percentiles, and how often it took how long.
fn report(what: &str, times: &Histogram<u64>) {
    let micros = |nanos: u64| nanos as f64 / 1e3;
    println!("{what}, µs");
    let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| micros(times.value_at_quantile(quantile)));
    println!("  p50 {p50:.1}   p99 {p99:.1}   p99.9 {p999:.1}   worst {:.1}", micros(times.max()));
    // Each line is for twice the time of the one before.
    let steps: Vec<_> =
        times.iter_log(1000, 2.0).skip_while(|step| step.count_since_last_iteration() == 0).collect();
    let most = steps.iter().map(|step| step.count_since_last_iteration()).max().unwrap_or(1);
    for step in steps {
        let count = step.count_since_last_iteration();
        // A single one is seen, too.
        let bar = (50 * count).div_ceil(most) as usize;
        println!("  up to {:>9.0} {:<50} {count}", micros(step.value_iterated_to() + 1), "█".repeat(bar));
    }
    println!();
}

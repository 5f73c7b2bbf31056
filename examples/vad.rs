//! Who speaks when? Or at least: when does somebody? A recurrent network listens frame by frame, with weights and memory in
//! `static`s and without an allocation.
//!
//! ```sh
//! cargo run --release --example vad                # half a minute of a telephone call, which is in this repository
//! cargo run --release --example vad -- speech.wav  # a recording of yours, at 16 kHz
//! ```

use std::error::Error;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use castiron::Cpu;
use clap::Parser;
use examples_common::finish;
use examples_common::silero::{FRAME, RATE, Stream};
use examples_common::speech::Speech;
use examples_common::wav;

/// Says when somebody speaks in a recording.
#[derive(Parser)]
struct Options {
    /// A WAV file at 16,000 Hz. Without it: the recording in this repository.
    recording: Option<PathBuf>,
}

/// What the network hears and remembers.
static STREAM: Mutex<Stream> = Mutex::new(Stream::new());

fn main() -> ExitCode {
    finish(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/silero/speech.wav");
    let samples = wav::read(options.recording.as_deref().unwrap_or(&ours))?;
    let (cpu, mut stream) = (Cpu::new(), STREAM.lock().expect("nobody else listens"));
    let (mut speech, mut spoken, mut busy) = (Speech::default(), 0, Duration::ZERO);
    let mut tell = |segment: Range<usize>| {
        println!("{} to {}", time(segment.start), time(segment.end));
        spoken += segment.len();
    };
    for chunk in samples.chunks(FRAME) {
        let mut frame = [0.0; FRAME];
        frame[..chunk.len()].copy_from_slice(chunk);
        let start = Instant::now();
        let probability = stream.next(&cpu, &frame)?;
        busy += start.elapsed();
        speech.next(probability).map(&mut tell);
    }
    speech.finish(samples.len()).map(&mut tell);

    let (seconds, frames) = (samples.len() as f64 / RATE as f64, samples.len().div_ceil(FRAME).max(1));
    println!("{:.1} of {seconds:.1} seconds are speech", spoken as f64 / RATE as f64);
    let each = busy.as_secs_f64() / frames as f64;
    println!("{:.1} µs for a frame of 32 ms: {:.0} times as fast as it is spoken", each * 1e6, 0.032 / each);
    Ok(())
}

/// Minutes and seconds.
fn time(sample: usize) -> String {
    let seconds = sample as f64 / RATE as f64;
    format!("{:02.0}:{:05.2}", (seconds / 60.0).floor(), seconds % 60.0)
}

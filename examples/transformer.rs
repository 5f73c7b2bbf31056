//! Who is speaking? A small transformer says it at every moment of an utterance, from what it has heard so far.
//!
//! Its attention is causal: no moment sees a later one. So nothing has to be done about what fills up short utterances,
//! which comes after them, but to leave it out of the loss.
//!
//! ```sh
//! cargo run --release --example transformer
//! cargo run --release --example transformer -- --epochs 100
//! ```

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use castiron::data::{Loader, Samples};
use castiron::prelude::*;
use clap::Parser;
use examples_common::vowels::{Frame, SPEAKERS, Utterance, vowels};
use examples_common::{Part, finish, largest};

/// Moments of the longest utterance.
const MOMENTS: usize = 29;

/// The target that does not count.
const IGNORED: i32 = -100;

model! {
    /// A block with norms first (Xiong et al. 2020).
    Block<const T: usize, const E: usize>: [T, E] -> [T, E] {
        norm1: LayerNorm, attention: MultiheadAttention(heads = 4, is_causal = true),
        norm2: LayerNorm, fc1: Linear(4 * E), fc2: Linear(E),
        drop1: Dropout(0.1), drop2: Dropout(0.1),
        |x| {
            let h = norm1(x);
            let x = x + drop1(attention(h, h));
            x + drop2(fc2(gelu(fc1(norm2(x)))))
        }
    }

    /// The nine speakers' scores at each of 29 moments.
    Listener: [29, 12] -> [29, 9] {
        embed: Linear(32),
        blocks: [Block<29, 32>; 2],
        norm: LayerNorm,
        head: Linear(9),
    }
}

/// Trains a transformer to name speakers.
#[derive(Parser)]
struct Options {
    /// How often it sees all utterances.
    #[arg(long, default_value_t = 60)]
    epochs: u64,
    /// Of weights and order.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> ExitCode {
    finish(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (train, test) = (vowels(Part::Train)?, vowels(Part::Test)?);
    let (x, y): (Vec<_>, Vec<_>) =
        train.iter().map(|utterance| (frames(utterance), speaker(utterance))).unzip();
    let loader = Loader::new(Samples::new(x, y)?).batch_size(15).shuffle(options.seed);
    let schedule = OneCycle { max: 0.004, steps: options.epochs * loader.batches() as u64 };
    let (model, loss) = (init::<Listener>(options.seed), CrossEntropyLoss::<SPEAKERS>::new());
    let mut trainer =
        Trainer::<Listener, _, _, 15>::new(Cpu::with_threads(0)?, &model, loss, AdamW::new(0.004))?
            .schedule(schedule)
            .clip(Clip::Norm(1.0));
    let start = Instant::now();
    for epoch in 1..=options.epochs {
        let mut sum = 0.0;
        for batch in loader.epoch(epoch) {
            sum += trainer.step(batch.x(), batch.t())?;
        }
        if epoch % 10 == 0 || epoch == options.epochs {
            let (loss, seconds) = (sum / loader.batches() as f32, start.elapsed().as_secs_f32());
            println!("epoch {epoch:3}: loss {loss:.4}, {seconds:.1} s");
        }
    }
    report(&trainer.model(), &test)
}

/// Says how many speakers of utterances that were not trained on are named right after a few moments, and at the end.
fn report(model: &Listener, test: &[Utterance]) -> Result<(), Box<dyn Error>> {
    let x: Vec<_> = test.iter().map(frames).collect();
    let mut scores = vec![[[0.0; SPEAKERS]; MOMENTS]; x.len()];
    Predictor::<Listener, 64>::new(Cpu::with_threads(0)?, model)?.predict(&x, &mut scores)?;
    for heard in [1, 3, 7, MOMENTS] {
        let is_right = |(scores, utterance): &(&[[f32; SPEAKERS]; MOMENTS], &Utterance)| {
            let last = heard.min(utterance.frames.len()) - 1;
            largest(&scores[last]) as i64 == utterance.speaker
        };
        let right = scores.iter().zip(test).filter(is_right).count();
        println!("after at most {heard:2} moments: {right} of {} right", test.len());
    }
    Ok(())
}

/// The moments of an utterance, and zeros after them.
fn frames(utterance: &Utterance) -> [Frame; MOMENTS] {
    let mut frames = [[0.0; 12]; MOMENTS];
    frames[..utterance.frames.len()].copy_from_slice(&utterance.frames);
    frames
}

/// Who speaks at each moment of it.
fn speaker(utterance: &Utterance) -> [i32; MOMENTS] {
    let mut targets = [IGNORED; MOMENTS];
    targets[..utterance.frames.len()].fill(utterance.speaker as i32);
    targets
}

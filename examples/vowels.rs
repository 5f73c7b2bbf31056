//! Who said it? Nine speakers say two vowels, for as long as they like: networks whose graph depends on the data,
//! trained on a tape with plain Rust loops and recursion.
//!
//! ```sh
//! cargo run --release --example vowels                    # recurrent: one step per moment
//! cargo run --release --example vowels -- --network tree  # recursive: as deep as the utterance is long
//! ```

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use castiron::prelude::*;
use castiron::tape::Grad;
use castiron::{Generator, Tape, Tracked, field, tensor};
use clap::{Parser, ValueEnum};
use examples_common::vowels::{Frame, SPEAKERS, Utterance, vowels};
use examples_common::{Part, finish, largest};
use rand::seq::SliceRandom;

/// Numbers of a state.
const WIDTH: usize = 32;

type State<G> = Tensor<Rank2<1, WIDTH>, Cpu, G>;
type Scores<G> = Tensor<Rank2<1, SPEAKERS>, Cpu, G>;

/// A network that scores speakers, whatever its graph looks like.
trait Network: castiron::params::Params {
    fn scores<G: Grad>(net: &Tensor<Self, Cpu, G>, frames: &[Frame]) -> Result<Scores<G>, castiron::Error>;
}

/// A gated recurrent unit (Cho et al. 2014), in which Rust's `for` steps through the utterance.
#[derive(Params)]
#[repr(C)]
struct Recurrent {
    gates: Linear<Rank1<{ 12 + WIDTH }>, { 2 * WIDTH }, Sigmoid>,
    candidate: Linear<Rank1<{ 12 + WIDTH }>, WIDTH, Tanh>,
    head: Linear<Rank1<WIDTH>, SPEAKERS>,
}

impl Network for Recurrent {
    fn scores<G: Grad>(net: &Tensor<Self, Cpu, G>, frames: &[Frame]) -> Result<Scores<G>, castiron::Error> {
        let (gates, candidate) = (field!(net, Self, gates), field!(net, Self, candidate));
        let mut h: State<G> = Tensor::<Rank2<1, WIDTH>>::zeros().constant();
        for frame in frames {
            let x = Tensor::from([*frame]);
            let both: Tensor<Rank2<1, { 12 + WIDTH }>, _, _> = x.concat::<1, _, _>(&h);
            let y: Tensor<Rank2<1, { 2 * WIDTH }>, _, _> = gates.forward(&both)?;
            let [reset, update] = y.chunk::<1, 2, WIDTH>();
            let both: Tensor<Rank2<1, { 12 + WIDTH }>, _, _> = x.concat::<1, _, _>(&(&h * reset));
            let new: State<G> = candidate.forward(&both)?;
            h = &h + update * (new - &h);
        }
        field!(net, Self, head).forward(&h)
    }
}

/// Halves an utterance until single moments are left, and joins the states of both halves on the way back: the
/// network is as deep as the utterance is long (Socher et al. 2011).
#[derive(Params)]
#[repr(C)]
struct Tree {
    leaf: Linear<Rank1<12>, WIDTH, Tanh>,
    join: Linear<Rank1<{ 2 * WIDTH }>, WIDTH, Tanh>,
    head: Linear<Rank1<WIDTH>, SPEAKERS>,
}

impl Tree {
    fn state<G: Grad>(net: &Tensor<Self, Cpu, G>, frames: &[Frame]) -> Result<State<G>, castiron::Error> {
        if let [frame] = frames {
            return field!(net, Self, leaf).forward(&Tensor::from([*frame]));
        }
        let (early, late) = frames.split_at(frames.len() / 2);
        let both: Tensor<Rank2<1, { 2 * WIDTH }>, _, _> =
            Self::state(net, early)?.concat::<1, _, _>(&Self::state(net, late)?);
        field!(net, Self, join).forward(&both)
    }
}

impl Network for Tree {
    fn scores<G: Grad>(net: &Tensor<Self, Cpu, G>, frames: &[Frame]) -> Result<Scores<G>, castiron::Error> {
        field!(net, Self, head).forward(&Self::state(net, frames)?)
    }
}

/// Names the speaker of an utterance of any length.
#[derive(Parser)]
struct Options {
    /// What the network looks like.
    #[arg(long, value_enum, default_value = "recurrent")]
    network: Kind,
    /// How often it sees all utterances.
    #[arg(long, default_value_t = 60)]
    epochs: usize,
    /// Utterances per step of the optimizer.
    #[arg(long, default_value_t = 15)]
    batch: usize,
    /// Of weights and order.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Recurrent,
    Tree,
}

fn main() -> ExitCode {
    let options = Options::parse();
    finish(match options.network {
        Kind::Recurrent => train::<Recurrent>(&options),
        Kind::Tree => train::<Tree>(&options),
    })
}

fn train<N: Network>(options: &Options) -> Result<(), Box<dyn Error>> {
    let (mut examples, test) = (vowels(Part::Train)?, vowels(Part::Test)?);
    let mut model = init::<N>(options.seed);
    let mut optimizer = Updater::new(&model, Adam::new(0.004))?.clip(Clip::Norm(1.0));
    let mut random = Generator::new(options.seed);
    let start = Instant::now();
    for epoch in 1..=options.epochs {
        examples.shuffle(&mut random);
        let mut sum = 0.0;
        for batch in examples.chunks(options.batch.max(1)) {
            let tape = Tape::new();
            let net = tape.watch_model(&model);
            let loss = mean_loss(&net, batch)?;
            optimizer.step(&mut model, &loss.backward()?.get(&net))?;
            sum += *loss * batch.len() as f32;
        }
        if epoch % 10 == 0 || epoch == options.epochs {
            let (loss, seconds) = (sum / examples.len() as f32, start.elapsed().as_secs_f32());
            let right = right(&model, &test)?;
            println!("epoch {epoch:3}: loss {loss:.4}, {right} of {} right, {seconds:.1} s", test.len());
        }
    }
    Ok(())
}

/// The cross-entropy of all utterances of a batch, each with a graph of its own.
fn mean_loss<N: Network>(
    net: &Tensor<N, Cpu, Tracked>,
    batch: &[Utterance],
) -> Result<Tensor<f32, Cpu, Tracked>, castiron::Error> {
    let mut losses = Tensor::from(0.0).constant();
    for utterance in batch {
        let scores = N::scores(net, &utterance.frames)?;
        losses = losses + scores.cross_entropy(&tensor![i64; utterance.speaker])?;
    }
    Ok(losses / batch.len() as f32)
}

/// How many speakers are named right.
fn right<N: Network>(model: &Tensor<N>, utterances: &[Utterance]) -> Result<usize, castiron::Error> {
    let mut count = 0;
    for utterance in utterances {
        let scores = N::scores(model, &utterance.frames)?;
        count += usize::from(largest(&scores[0]) as i64 == utterance.speaker);
    }
    Ok(count)
}

//! Makes a network that others trained compute on bytes, and compares the two on MNIST's 10,000 test digits.
//!
//! ```sh
//! cargo run --release --example quantize
//! cargo run --release --example quantize -- --samples 100 --out digits.int8.safetensors
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use castiron::prelude::*;
use castiron::train::Workspace;
use castiron::{Calibration, Infer, Quantized, files};
use clap::Parser;
use examples_common::{Part, Scan, finish, largest, mnist, normalize};

model! {
    /// The layers have the names that they have in the PyTorch file.
    pub Digits: [1, 28, 28] -> [10] {
        #[param(name = "features.0")]
        conv1: Conv2d(32, kernel = 3, padding = 1), Relu, MaxPool2d(2),
        #[param(name = "features.3")]
        conv2: Conv2d(64, kernel = 3, padding = 1), Relu, MaxPool2d(2),
        #[param(name = "classifier.0")]
        fc1: Linear(128), Relu,
        #[param(name = "classifier.2")]
        fc2: Linear(10),
    }
}

/// Quantizes a network for handwritten digits.
#[derive(Parser)]
struct Options {
    /// How many training digits to choose scales by.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    samples: u64,
    /// Where the quantized network goes, if anywhere.
    #[arg(long)]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    finish(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/digits");
    let mut model = Tensor::<Digits>::zeros();
    files::load(&mut *model, folder.join("model.safetensors"))?;

    // Its input is made of bytes, in the way of `normalize`.
    let mut calibration =
        Calibration::<Digits>::new(Cpu::with_threads(0)?, &model)?.pixels(0.1307, 0.3081)?;
    let (scans, _) = mnist(Part::Train)?;
    let sample = images(&scans[..options.samples as usize]);
    calibration.observe(&sample)?;
    let quantized = calibration.quantize()?;
    println!("{}\n", calibration.report(&quantized, &sample[..sample.len().min(64)])?);

    let (scans, labels) = mnist(Part::Test)?;
    let images = images(&scans);
    // As they are in the file: nothing has to become a float.
    let bytes: Vec<[Scan; 1]> = scans.into_iter().map(|scan| [scan]).collect();
    test::<Digits, _>("f32", &model, &images, &labels)?;
    test::<Prepared<Digits>, _>("prepared", &*Prepared::of(&Cpu::new(), &*model)?, &images, &labels)?;
    test::<Quantized<Digits, u8>, _>("quantized", quantized.from_bytes(), &bytes, &labels)?;
    if let Some(path) = &options.out {
        files::save(&*quantized, path)?;
        println!("\n{} has {} bytes", path.display(), std::fs::metadata(path)?.len());
    }
    Ok(())
}

/// Prints how many digits a network gets right, how long that takes, and what memory it needs.
fn test<N: Infer<Input = X, Output = Rank1<10>>, X: Shape>(
    name: &str,
    net: &N,
    images: &[X],
    labels: &[u8],
) -> Result<(), Box<dyn Error>> {
    let mut logits = vec![[0.0; 10]; images.len()];
    let mut predictor = Predictor::<N, 64>::new(Cpu::new(), net)?;
    let start = Instant::now();
    predictor.predict(images, &mut logits)?;
    let time = start.elapsed() / images.len() as u32;
    let right = logits.iter().zip(labels).filter(|(y, t)| largest(y) == usize::from(**t)).count();
    let (parameters, working) = (size_of::<N>(), Workspace::<N, 1>::BYTES);
    println!(
        "{name:9}: {right} of {} test digits right, {time:.1?} each; {parameters} bytes of parameters, {working} of working memory",
        labels.len()
    );
    Ok(())
}

fn images(scans: &[Scan]) -> Vec<Rank3<1, 28, 28>> {
    let mut images = vec![[[[0.0; 28]; 28]; 1]; scans.len()];
    images.iter_mut().zip(scans).for_each(|(image, scan)| normalize(scan, image));
    images
}

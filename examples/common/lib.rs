//! What the examples share: handwritten digits, read from files and drawn in the terminal; photographs, and
//! networks for them; speech.

pub mod photo;
pub mod silero;
pub mod speech;
pub mod vision;
pub mod vowels;
pub mod wav;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use castiron::Rank3;
use castiron::data::idx::{self, IdxError};

/// A scanned digit: 28 rows of 28 grey values, 255 being ink.
pub type Scan = [[u8; 28]; 28];

/// The MNIST digits that belong to this repository: 60,000 to train on, or 10,000 to test with.
pub fn mnist(part: Part) -> Result<(Vec<Scan>, Vec<u8>), IdxError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/mnist");
    let (images, labels) = match part {
        Part::Train => ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
        Part::Test => ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
    };
    Ok((idx::read(folder.join(images))?, idx::read(folder.join(labels))?))
}

/// Which part of MNIST.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// 60,000 digits.
    Train,
    /// 10,000 digits by other writers.
    Test,
}

/// A scan as a network sees it: mean 0 and deviation 1 over all training digits.
pub fn normalize(scan: &Scan, image: &mut Rank3<1, 28, 28>) {
    for (pixel, grey) in image.as_flattened_mut().as_flattened_mut().iter_mut().zip(scan.as_flattened()) {
        *pixel = (f32::from(*grey) / 255.0 - 0.1307) / 0.3081;
    }
}

/// Digits side by side, two rows of pixels a line, each under its caption.
pub fn draw(scans: &[(&Scan, String)]) -> String {
    let mut text = String::new();
    for (_, caption) in scans {
        text.push_str(&format!("{caption:28}  "));
    }
    for rows in 0..14 {
        text.push('\n');
        for (scan, _) in scans {
            for (upper, lower) in scan[2 * rows].iter().zip(&scan[2 * rows + 1]) {
                text.push(match (*upper > 100, *lower > 100) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push_str("  ");
        }
    }
    text
}

/// What `main` returns. An error is said in words: returned as it is, Rust would print its fields.
pub fn finish(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The position of the largest number.
pub fn largest<const C: usize>(logits: &[f32; C]) -> usize {
    (0..C).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap_or(0)
}

//! Uses a network that other people trained with PyTorch: 10,000 test digits, or images of yours.
//!
//! ```sh
//! cargo run --release --example digits
//! cargo run --release --example digits -- photo.png
//! ```

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use castiron::files;
use castiron::prelude::*;
use clap::Parser;
use examples_common::{Part, Scan, draw, finish, largest, mnist, normalize};

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

/// Classifies handwritten digits with a network that others trained with PyTorch.
#[derive(Parser)]
struct Options {
    /// PNG, JPEG or BMP files of one digit each, dark on a bright ground or the other way round. Without
    /// any: MNIST's 10,000 test digits.
    images: Vec<std::path::PathBuf>,
}

fn main() -> ExitCode {
    finish(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/digits");
    let mut model = Tensor::<Digits>::zeros();
    files::load(&mut *model, folder.join("model.safetensors"))?;
    let mut network = Predictor::<Digits, 100>::new(Cpu::with_threads(0)?, &model)?;

    if options.images.is_empty() {
        return test(&mut network, &folder);
    }
    for path in &options.images {
        let scan = scan(path)?;
        let (mut image, mut logits) = ([[[[0.0; 28]; 28]; 1]; 1], [[0.0; 10]; 1]);
        normalize(&scan, &mut image[0]);
        network.predict(&image, &mut logits)?;
        println!("{}", draw(&[(&scan, format!("{}: {}", path.display(), largest(&logits[0])))]));
    }
    Ok(())
}

/// Compares every logit with what PyTorch computed.
fn test(network: &mut Predictor<Digits, 100>, folder: &Path) -> Result<(), Box<dyn Error>> {
    let (scans, labels) = mnist(Part::Test)?;
    let mut images = vec![[[[0.0; 28]; 28]; 1]; scans.len()];
    images.iter_mut().zip(&scans).for_each(|(image, scan)| normalize(scan, image));
    let mut logits = vec![[0.0; 10]; images.len()];
    network.predict(&images, &mut logits)?;
    let right = logits.iter().zip(&labels).filter(|(y, t)| largest(y) == usize::from(**t)).count();

    let bytes = std::fs::read(folder.join("logits.safetensors"))?;
    let file = safetensors::SafeTensors::deserialize(&bytes)?;
    let reference = file.tensor("logits")?;
    let reference = reference.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let difference =
        logits.as_flattened().iter().zip(reference).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{right} of {} test digits right", labels.len());
    println!("largest difference from PyTorch's logits: {difference:.1e}");
    Ok(())
}

/// Reads an image file and makes a scan of it like MNIST's: ink is bright, the digit fits 20×20 pixels,
/// and its centre of mass is in the middle.
fn scan(path: &Path) -> Result<Scan, Box<dyn Error>> {
    let image = image::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut grey = image.to_luma8();
    let edge = |x: u32, y: u32| x == 0 || y == 0 || x + 1 == grey.width() || y + 1 == grey.height();
    let border: Vec<u8> =
        grey.enumerate_pixels().filter(|(x, y, _)| edge(*x, *y)).map(|(_, _, p)| p.0[0]).collect();
    let ground = border.iter().map(|p| f32::from(*p)).sum::<f32>() / border.len().max(1) as f32;
    if ground > 127.0 {
        image::imageops::invert(&mut grey);
    }
    let ink: Vec<(u32, u32)> =
        grey.enumerate_pixels().filter(|(_, _, p)| p.0[0] > 100).map(|(x, y, _)| (x, y)).collect();
    let bounds = |of: fn(&(u32, u32)) -> u32| (ink.iter().map(of).min(), ink.iter().map(of).max());
    let ((Some(left), Some(right)), (Some(top), Some(bottom))) = (bounds(|p| p.0), bounds(|p| p.1)) else {
        return Err(format!("{}: there is no digit that stands out from its ground", path.display()).into());
    };
    let (width, height) = (right - left + 1, bottom - top + 1);
    let digit = image::imageops::crop_imm(&grey, left, top, width, height).to_image();
    let scale = 20.0 / width.max(height) as f32;
    let size = |side: u32| ((side as f32 * scale).round() as u32).max(1);
    let digit =
        image::imageops::resize(&digit, size(width), size(height), image::imageops::FilterType::Triangle);

    let mass: f32 = digit.pixels().map(|p| f32::from(p.0[0])).sum::<f32>().max(1.0);
    let centre = |of: fn(u32, u32) -> u32| {
        digit.enumerate_pixels().map(|(x, y, p)| of(x, y) as f32 * f32::from(p.0[0])).sum::<f32>() / mass
    };
    let (dx, dy) = (14.0 - centre(|x, _| x), 14.0 - centre(|_, y| y));
    let mut scan = [[0; 28]; 28];
    for (x, y, pixel) in digit.enumerate_pixels() {
        let (column, row) = ((x as f32 + dx).round() as usize, (y as f32 + dy).round() as usize);
        if let Some(to) = scan.get_mut(row).and_then(|line| line.get_mut(column)) {
            *to = pixel.0[0];
        }
    }
    Ok(scan)
}

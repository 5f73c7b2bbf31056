//! Says what photographs show: MobileNetV2 with the weights that torchvision has for ImageNet's 1000 classes.
//!
//! ```sh
//! cargo run --release --example photo -- cat.jpg
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use castiron::files;
use castiron::prelude::*;
use clap::Parser;
use examples_common::vision::MobileNetV2;
use examples_common::{finish, photo};

/// Says what photographs show, with MobileNetV2 trained on ImageNet.
#[derive(Parser)]
struct Options {
    /// JPEG, PNG or BMP files.
    #[arg(required = true)]
    photos: Vec<PathBuf>,
    /// torchvision's weights as a safetensors file.
    #[arg(long, default_value = "mobilenet_v2.safetensors")]
    weights: PathBuf,
    /// How many classes to name.
    #[arg(long, default_value_t = 5)]
    top: usize,
}

fn main() -> ExitCode {
    finish(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let mut network = Predictor::<MobileNetV2, 1>::new(Cpu::with_threads(0)?, &*weights(&options.weights)?)?;
    let mut image = Tensor::<Rank3<3, 224, 224>>::zeros();
    for path in &options.photos {
        let photo = photo::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        photo::normalize(&photo::crop(&photo, 256), &mut image);
        let mut logits = [[0.0; 1000]];
        network.predict(std::slice::from_ref(&*image), &mut logits)?;

        println!("{}", path.display());
        for (class, probability) in photo::top(&logits[0], options.top) {
            let name = &photo::CLASSES[class];
            println!("  {:5.1} %  {:20}  {name}", 100.0 * probability, bar(probability));
        }
        println!();
    }
    Ok(())
}

fn weights(path: &Path) -> Result<Tensor<MobileNetV2>, Box<dyn Error>> {
    if !path.exists() {
        let path = path.display();
        return Err(format!(
            "{path}: there are no weights. They are 14 MB and come from torchvision:\n\n    \
             from safetensors.torch import save_file\n    \
             from torchvision.models import mobilenet_v2\n    \
             save_file(mobilenet_v2(weights=\"IMAGENET1K_V1\").state_dict(), \"{path}\")\n\n\
             Elsewhere: --weights PATH"
        )
        .into());
    }
    let mut model = Tensor::zeros();
    files::load(&mut *model, path)?;
    Ok(model)
}

/// A bar of up to 20 characters, in eighths of one.
fn bar(part: f32) -> String {
    let eighths = (160.0 * part).round() as usize;
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    "█".repeat(eighths / 8) + rest
}

//! Sound from WAV files.

use std::error::Error;
use std::path::Path;

use hound::{SampleFormat, WavReader};

use crate::silero::RATE;

/// The samples of a file at 16,000 Hz, from −1 to 1: the mean of its channels.
///
/// # Errors
/// When the file cannot be read, or has another rate.
pub fn read(path: &Path) -> Result<Vec<f32>, Box<dyn Error>> {
    let what = |error: hound::Error| format!("{}: {error}", path.display());
    let file = WavReader::open(path).map_err(what)?;
    let spec = file.spec();
    if spec.sample_rate as usize != RATE {
        return Err(format!(
            "{} is at {} Hz, but the network hears {RATE} Hz: `ffmpeg -i {0} -ar {RATE} speech.wav` makes such a file",
            path.display(),
            spec.sample_rate
        )
        .into());
    }
    let largest = 2f32.powi(i32::from(spec.bits_per_sample) - 1);
    let samples: Result<Vec<f32>, _> = match spec.sample_format {
        SampleFormat::Float => file.into_samples::<f32>().collect(),
        SampleFormat::Int => file.into_samples::<i32>().map(|sample| Ok(sample? as f32 / largest)).collect(),
    };
    let (samples, channels) = (samples.map_err(what)?, usize::from(spec.channels).max(1));
    Ok(samples.chunks_exact(channels).map(|all| all.iter().sum::<f32>() / channels as f32).collect())
}

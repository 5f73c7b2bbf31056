//! Japanese vowels: utterances of different lengths, by nine speakers.

use std::error::Error;
use std::path::Path;

use castiron::DynTensor;
use castiron::files::Npz;

use crate::Part;

/// What is known of a moment of an utterance: twelve coefficients of its spectrum.
pub type Frame = [f32; 12];

/// How many speakers there are.
pub const SPEAKERS: usize = 9;

/// Two vowels, said in one go.
#[derive(Clone, Debug)]
pub struct Utterance {
    /// From 7 to 29 moments.
    pub frames: Vec<Frame>,
    /// Who said it.
    pub speaker: i64,
}

/// The utterances that belong to this repository: 270 to train on, or 370 to test with.
///
/// # Errors
/// When the files are not there, or are not what they should be.
pub fn vowels(part: Part) -> Result<Vec<Utterance>, Box<dyn Error>> {
    let file = match part {
        Part::Train => "train.npz",
        Part::Test => "test.npz",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/japanese_vowels");
    let mut arrays = Npz::open(folder.join(file))?;
    let frames: DynTensor = arrays.read("frames")?;
    let [lengths, speakers]: [DynTensor; 2] = [arrays.read("lengths")?, arrays.read("speakers")?];
    let wrong = || format!("{file}: expected frames of f32, lengths and speakers of i32");
    let (mut frames, _) = frames.as_slice::<f32>().ok_or_else(wrong)?.as_chunks::<12>();
    let lengths = lengths.as_slice::<i32>().ok_or_else(wrong)?;
    let speakers = speakers.as_slice::<i32>().ok_or_else(wrong)?;
    let mut utterances = Vec::new();
    for (length, speaker) in lengths.iter().zip(speakers) {
        let (now, rest) = frames.split_at_checked(usize::try_from(*length)?).ok_or_else(wrong)?;
        utterances.push(Utterance { frames: now.to_vec(), speaker: i64::from(*speaker) });
        frames = rest;
    }
    Ok(utterances)
}

//! Silero VAD: is somebody speaking? A network that hears 32 ms at a time and remembers what it heard.

use castiron::prelude::*;
use castiron::train::{Workspace, infer};

/// Samples a second.
pub const RATE: usize = 16_000;
/// Samples of a frame: 32 ms.
pub const FRAME: usize = 512;
/// Samples before a frame that are heard again with it.
const CONTEXT: usize = 64;
/// Samples behind a frame: its last ones mirrored, PyTorch's `ReflectionPad1d((0, 64))`.
const MIRROR: usize = 64;

model! {
    /// Silero VAD 6.2 for 16 kHz, by the Silero Team: <https://github.com/snakers4/silero-vad>.
    ///
    /// The short-time Fourier transform is a convolution by windowed cosines and sines, from 640 samples to four
    /// spectra of 129 frequencies.
    pub SileroVad: [1, 640] -> [1] {
        #[frozen]
        stft_conv: Conv1d(258, kernel = 256, stride = 128, bias = false),
        conv1: Conv1d(128, kernel = 3, padding = 1),
        conv2: Conv1d(64, kernel = 3, stride = 2, padding = 1),
        conv3: Conv1d(64, kernel = 3, stride = 2, padding = 1),
        conv4: Conv1d(128, kernel = 3, padding = 1),
        lstm_cell: LstmCell(128),
        final_conv: Conv1d(1, kernel = 1),
        |x| {
            let (re, im) = stft_conv(x).chunk(2, axis = 0);
            let magnitudes = sqrt(re * re + im * im);
            let features = relu(conv4(relu(conv3(relu(conv2(relu(conv1(magnitudes))))))));
            let h = lstm_cell(features.flatten());
            sigmoid(final_conv(relu(h).reshape([128, 1]))).flatten()
        }
    }
}

/// The trained network, a part of the program.
pub static SILERO: SileroVad = include_weights!(SileroVad, "../data/silero/model.safetensors");

/// A stream of sound: what the network hears, and what it remembers. Plain memory, so it may be a `static`.
#[derive(Debug)]
pub struct Stream {
    heard: [[[f32; CONTEXT + FRAME + MIRROR]; 1]; 1],
    workspace: Workspace<SileroVad, 1>,
}

impl Stream {
    /// Silence.
    pub const fn new() -> Self {
        Stream { heard: [[[0.0; CONTEXT + FRAME + MIRROR]; 1]; 1], workspace: Workspace::zeroed() }
    }

    /// What the network heard last: one batch of one channel.
    pub const fn heard(&self) -> &[[[f32; CONTEXT + FRAME + MIRROR]; 1]; 1] {
        &self.heard
    }

    /// How probable it is that somebody speaks in the next frame. Samples are between −1 and 1.
    ///
    /// # Errors
    /// Those of [`infer`], of which one frame at a time has none.
    pub fn next(&mut self, cpu: &Cpu, frame: &[f32; FRAME]) -> Result<f32, castiron::Error> {
        let heard = &mut self.heard[0][0];
        heard.copy_within(FRAME..FRAME + CONTEXT, 0);
        heard[CONTEXT..][..FRAME].copy_from_slice(frame);
        for i in 0..MIRROR {
            heard[CONTEXT + FRAME + i] = heard[CONTEXT + FRAME - 2 - i];
        }
        let mut probability = [[0.0]];
        infer(cpu, &SILERO, &self.heard, 1, &mut probability, &mut self.workspace)?;
        Ok(probability[0][0])
    }
}

impl Default for Stream {
    fn default() -> Self {
        Self::new()
    }
}

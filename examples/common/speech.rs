//! From the probabilities of frames to the segments in which somebody speaks, while the frames come in.
//!
//! The rules are those of `get_speech_timestamps` in silero-vad 6.2.3 (MIT), with its defaults.

use std::ops::Range;

use crate::silero::{FRAME, RATE};

/// From this probability on, somebody speaks.
const SPEECH: f32 = 0.5;
/// Below this one, nobody does any more.
const SILENCE: f32 = SPEECH - 0.15;
/// Segments that are not longer are none: 250 ms.
const SHORTEST: usize = RATE / 4;
/// Pauses that are shorter end no segment: 100 ms.
const PAUSE: usize = RATE / 10;
/// What segments are longer at both ends: 30 ms.
const PAD: usize = RATE * 3 / 100;
// So that two segments never meet.
const _: () = assert!(PAUSE >= 2 * PAD);

/// What is known of the segment that is being heard.
#[derive(Clone, Debug, Default)]
pub struct Speech {
    /// Samples so far.
    heard: usize,
    /// Where it began, if somebody speaks.
    start: Option<usize>,
    /// Where it ended, if the pause will be long enough.
    end: Option<usize>,
}

impl Speech {
    /// Takes the probability of the next frame; gives the segment of samples that is over with it, if one is.
    pub fn next(&mut self, probability: f32) -> Option<Range<usize>> {
        let at = self.heard;
        self.heard += FRAME;
        if probability >= SPEECH {
            self.end = None;
            self.start.get_or_insert(at);
            return None;
        }
        let start = self.start.filter(|_| probability < SILENCE)?;
        let end = *self.end.get_or_insert(at);
        if at - end < PAUSE {
            return None;
        }
        (self.start, self.end) = (None, None);
        long_enough(start..end).map(|segment| padded(segment, at))
    }

    /// The segment that is not over at the end, after `samples`.
    pub fn finish(self, samples: usize) -> Option<Range<usize>> {
        long_enough(self.start?..samples).map(|segment| padded(segment, samples))
    }
}

fn long_enough(segment: Range<usize>) -> Option<Range<usize>> {
    (segment.len() > SHORTEST).then_some(segment)
}

fn padded(segment: Range<usize>, samples: usize) -> Range<usize> {
    segment.start.saturating_sub(PAD)..(segment.end + PAD).min(samples)
}

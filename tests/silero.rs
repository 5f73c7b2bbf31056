//! Silero VAD, trained with PyTorch by others, hears in half a minute of speech what it hears there.

mod common;
#[path = "common/examples.rs"]
mod examples;

use std::path::Path;

use castiron::memory::Ref;
use castiron::nn::LstmState;
use castiron::prelude::*;
use castiron::{Cx, Step};
use common::fixtures::{Fixture, max_error};
use examples_common::silero::{FRAME, SILERO, SileroVad, Stream};
use examples_common::speech::Speech;
use examples_common::wav;

/// Of which frames the reference has the state: one in so many.
const EVERY: usize = 72;
/// How far probabilities may be from PyTorch's.
const TOLERANCE: f32 = 1e-5;

/// The recording in frames, the last of which silence fills.
fn frames() -> (usize, Vec<[f32; FRAME]>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/silero/speech.wav");
    let samples = wav::read(&path).unwrap();
    let frame = |chunk: &[f32]| {
        let mut frame = [0.0; FRAME];
        frame[..chunk.len()].copy_from_slice(chunk);
        frame
    };
    (samples.len(), samples.chunks(FRAME).map(frame).collect())
}

#[test]
fn every_probability_is_pytorchs_and_so_are_the_segments() {
    let reference = Fixture::open("silero.safetensors");
    let want: Vec<f32> = reference.numbers("probabilities");
    let (cpu, mut stream, mut speech) = (Cpu::new(), Stream::new(), Speech::default());
    let (samples, frames) = frames();
    assert_eq!((samples, frames.len(), want.len()), (480_000, 938, 938));
    let mut segments = Vec::new();
    for (i, (frame, want)) in frames.iter().zip(&want).enumerate() {
        let got = stream.next(&cpu, frame).unwrap();
        assert!((got - want).abs() < TOLERANCE, "frame {i}: {got}, not {want}");
        segments.extend(speech.next(got));
    }
    segments.extend(speech.finish(samples));
    let segments: Vec<i32> = segments.iter().flat_map(|each| [each.start as i32, each.end as i32]).collect();
    assert_eq!(segments, reference.numbers::<i32>("segments"));
}

#[test]
fn the_example_says_when_somebody_speaks() {
    let output = examples::example("vad").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let said: Vec<&str> = text.lines().take(5).collect();
    let segments =
        ["00:06.75 to 00:07.23", "00:07.62 to 00:17.92", "00:18.05 to 00:21.60", "00:21.79 to 00:30.00"];
    assert_eq!(said[..4], segments);
    assert_eq!(said[4], "22.5 of 30.0 seconds are speech");
}

type Memory = <SileroVad as Module<Rank2<1, 640>, Rank1<1>>>::State<1>;

#[test]
fn what_it_remembers_is_pytorchs() {
    let reference = Fixture::open("silero.safetensors");
    let [h, c]: [Vec<f32>; 2] = ["h", "c"].map(|name| reference.numbers(name));
    let (cpu, step, mut stream) = (Cpu::new(), Step::new(), Stream::new());
    let cx = Cx::new(&cpu, 1, (&step).into());
    let mut state = Tensor::<Memory>::zeros();
    let mut scratch = Tensor::<<SileroVad as Module<Rank2<1, 640>, Rank1<1>>>::InferScratch<1>>::zeros();
    for (i, frame) in frames().1.iter().enumerate() {
        let (told, mut same) = (stream.next(&cpu, frame).unwrap(), [[0.0]]);
        // Again, with a state that can be looked at.
        let x = Ref::from(stream.heard());
        let memory = (state.borrow_mut(), scratch.borrow_mut());
        SileroVad::infer::<Cpu, 1>(&cx, (&SILERO).into(), x, (&mut same).into(), memory.0, memory.1);
        assert_eq!((same[0][0], cpu.take_fault()), (told, None), "frame {i}");
        if i % EVERY == 0 {
            let at = i / EVERY * 128..(i / EVERY + 1) * 128;
            let cell = cell(&state);
            let errors = [max_error(&cell.h[0], &h[at.clone()]), max_error(&cell.c[0], &c[at])];
            assert!(errors.iter().all(|error| *error < 1e-5), "frame {i} is off by {errors:?}");
        }
    }
}

/// All that the network remembers.
fn cell(memory: &Memory) -> &LstmState<128, 1> {
    const { assert!(size_of::<Memory>() == size_of::<LstmState<128, 1>>()) };
    // SAFETY: plain memory of the same size, which is aligned as its one field is, the state of the cell.
    unsafe { &*core::ptr::from_ref(memory).cast() }
}

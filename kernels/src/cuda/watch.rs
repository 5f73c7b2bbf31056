//! The search for numbers that are not finite: on copies of an operation's memory on the host.

use super::queue::Stream;
use crate::finite::Watch;
use crate::launch::Pointers;
use crate::op::{MAX_MEMORY, Memory, Raw};
use crate::{Mode, Spec};

/// What an operation was given, on the host.
pub(super) struct Copies {
    /// In words, so that elements of any type are aligned.
    arguments: Vec<Vec<u64>>,
    watch: Watch,
}

impl Stream {
    /// Copies what an operation is given, if results are looked at.
    pub(super) fn watch(&self, spec: &Spec, pointers: &Pointers) -> Option<Copies> {
        if !self.looks() {
            return None;
        }
        let mut arguments: Vec<Vec<u64>> =
            spec.items().iter().map(|access| vec![0; access.bytes.div_ceil(8)]).collect();
        for (i, argument) in arguments.iter_mut().enumerate() {
            self.fetch(spec, pointers, i, argument);
        }
        let mut raws = [const { Raw::none() }; MAX_MEMORY];
        for ((raw, argument), access) in raws.iter_mut().zip(&mut arguments).zip(spec.items()) {
            *raw = match access.mode {
                Mode::Read => Raw::read_slice(argument),
                Mode::Write | Mode::Update => Raw::write_slice(argument),
            };
        }
        let memory = Memory::new("watch", spec, &mut raws[..spec.items().len()]).ok()?;
        let watch = Watch::new(spec, &memory);
        Some(Copies { arguments, watch })
    }

    /// Looks at what it has written.
    pub(super) fn look(&self, copies: Option<Copies>, op: &'static str, spec: &Spec, pointers: &Pointers) {
        let Some(Copies { mut arguments, watch }) = copies else { return };
        for (i, argument) in arguments.iter_mut().enumerate() {
            if spec.items()[i].mode != Mode::Read {
                self.fetch(spec, pointers, i, argument);
            }
        }
        self.found(watch.report(op));
    }

    fn fetch(&self, spec: &Spec, pointers: &Pointers, i: usize, to: &mut [u64]) {
        let bytes = spec.items()[i].bytes;
        // SAFETY: words are bytes; there are as many as were asked for.
        let to = unsafe { std::slice::from_raw_parts_mut(to.as_mut_ptr().cast::<u8>(), bytes) };
        // SAFETY: `Cuda::run` has checked that the argument has that many bytes.
        unsafe { self.read(pointers.at(i), to) };
    }
}

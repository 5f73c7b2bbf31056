//! Memory of the device that an operation borrows as a whole: weights are widened into it.

use core::cell::Cell;

/// Allocated when it is first needed, and kept.
#[derive(Default)]
pub(crate) struct Buffer(Cell<Vec<f32>>);

impl Buffer {
    pub(crate) fn with(&self, len: usize, f: impl FnOnce(&mut [f32])) {
        let mut floats = self.0.take();
        if floats.len() < len {
            floats.resize(len, 0.0);
        }
        f(&mut floats[..len]);
        self.0.set(floats);
    }
}

impl core::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Buffer")
    }
}

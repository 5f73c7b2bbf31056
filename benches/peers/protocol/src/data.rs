//! Numbers: from files that PyTorch wrote, and made up.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;

use safetensors::SafeTensors;

/// The parameters, the input and the target of a model, as `python/export.py` writes them.
pub struct Data {
    bytes: Vec<u8>,
}

impl Data {
    /// Those of the workload of that name, from the folder that `run.py` names.
    pub fn of(workload: &str) -> Self {
        let path = file(workload, "safetensors");
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Data { bytes }
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Dimensions and numbers of the tensor of that name.
    pub fn get(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let file = SafeTensors::deserialize(&self.bytes).expect("a safetensors file");
        let tensor = file.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let numbers = tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        (tensor.shape().to_vec(), numbers.collect())
    }
}

/// A file of a workload.
pub fn file(workload: &str, extension: &str) -> PathBuf {
    let folder = std::env::var_os("PEERS_DATA").expect("the variable PEERS_DATA, which run.py sets");
    PathBuf::from(folder).join(workload).with_extension(extension)
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// Numbers at the start of a cache line, or one number after it.
pub struct Numbers {
    lines: Vec<Line>,
    offset: usize,
    len: usize,
}

impl Numbers {
    /// Zeros.
    pub fn zeros(len: usize, aligned: bool) -> Self {
        let offset = usize::from(!aligned);
        Numbers { lines: vec![Line([0.0; 16]); (offset + len).div_ceil(16)], offset, len }
    }

    /// Numbers in [-1, 1) that look random; `python/protocol.py` makes the same.
    pub fn random(seed: u32, len: usize, aligned: bool) -> Self {
        let mut numbers = Self::zeros(len, aligned);
        for (i, number) in numbers.iter_mut().enumerate() {
            let mut bits = (i as u32).wrapping_add(seed.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B);
            bits = (bits ^ (bits >> 15)).wrapping_mul(0xC2B2_AE35);
            bits ^= bits >> 13;
            *number = (bits >> 8) as f32 / (1 << 23) as f32 - 1.0;
        }
        numbers
    }
}

impl Deref for Numbers {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        // SAFETY: a line is sixteen floats without padding, and there are enough of them.
        unsafe { core::slice::from_raw_parts(self.lines.as_ptr().cast::<f32>().add(self.offset), self.len) }
    }
}

impl DerefMut for Numbers {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above, and uniquely borrowed.
        unsafe {
            core::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast::<f32>().add(self.offset), self.len)
        }
    }
}

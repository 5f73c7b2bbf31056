//! Kernels that were compiled ahead of time: PTX in one piece of memory, for a machine without NVRTC.

use std::collections::HashMap;

use super::CudaError;

/// What the piece starts with.
const START: &[u8; 16] = b"castiron PTX 1\n\0";

/// PTX by what it was compiled from.
#[derive(Default)]
pub(super) struct Embedded(HashMap<u64, Vec<u8>>);

impl Embedded {
    /// Of what [`Embedded::to_bytes`] has made.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, CudaError> {
        let mut rest = bytes.strip_prefix(START).ok_or(CudaError::Kernels)?;
        let mut all = HashMap::new();
        while !rest.is_empty() {
            let (head, after) = rest.split_first_chunk::<16>().ok_or(CudaError::Kernels)?;
            let [identity, length] = [0, 8].map(|at| {
                let mut word = [0; 8];
                word.copy_from_slice(&head[at..at + 8]);
                u64::from_le_bytes(word)
            });
            let length = usize::try_from(length).map_err(|_| CudaError::Kernels)?;
            let (ptx, after) = after.split_at_checked(length).ok_or(CudaError::Kernels)?;
            // The driver reads up to a zero.
            if ptx.last() != Some(&0) {
                return Err(CudaError::Kernels);
            }
            all.insert(identity, ptx.to_vec());
            rest = after;
        }
        Ok(Embedded(all))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort();
        let entry = |(identity, ptx): (&u64, &Vec<u8>)| {
            [&identity.to_le_bytes()[..], &(ptx.len() as u64).to_le_bytes(), ptx].concat()
        };
        [START.to_vec(), sorted.into_iter().flat_map(entry).collect()].concat()
    }

    pub(super) fn insert(&mut self, identity: u64, ptx: Vec<u8>) {
        self.0.insert(identity, ptx);
    }

    pub(super) fn get(&self, identity: u64) -> Option<&[u8]> {
        self.0.get(&identity).map(Vec::as_slice)
    }
}

/// FNV-1a: the same in every build of every version.
pub(super) fn identity<'a>(texts: impl Iterator<Item = &'a str>) -> u64 {
    let bytes = texts.flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut all = Embedded::default();
        all.insert(identity(["a", "b"].into_iter()), b"ptx of a\0".to_vec());
        all.insert(identity(["ab"].into_iter()), b"other\0".to_vec());
        let bytes = all.to_bytes();
        let read = Embedded::read(&bytes).unwrap();
        assert_eq!(read.get(identity(["a", "b"].into_iter())), Some(&b"ptx of a\0"[..]));
        assert_eq!(read.get(identity(["c"].into_iter())), None);
        assert_eq!(read.to_bytes(), bytes);
        // Where entries end, it is whole.
        let cuts = (0..=bytes.len()).filter(|cut| Embedded::read(&bytes[..*cut]).is_ok()).count();
        assert_eq!(cuts, 3);
    }
}

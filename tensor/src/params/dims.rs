use crate::shape::{MAX_RANK, Shape};

/// The dimensions of a parameter as PyTorch has them, outermost first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    sizes: [usize; MAX_RANK],
    rank: usize,
}

impl Dims {
    /// From a list of at most eight.
    pub const fn new(sizes: &[usize]) -> Self {
        assert!(sizes.len() <= MAX_RANK, "a parameter has at most 8 dimensions");
        let mut dims = Dims { sizes: [0; MAX_RANK], rank: sizes.len() };
        let mut i = 0;
        while i < sizes.len() {
            dims.sizes[i] = sizes[i];
            i += 1;
        }
        dims
    }

    /// Those of a shape.
    pub const fn of<S: Shape>() -> Self {
        Dims { sizes: S::PADDED, rank: S::RANK }
    }

    /// As a list.
    pub const fn as_slice(&self) -> &[usize] {
        self.sizes.split_at(self.rank).0
    }

    /// How many numbers.
    pub const fn len(&self) -> usize {
        let (mut len, mut i) = (1, 0);
        while i < self.rank {
            len *= self.sizes[i];
            i += 1;
        }
        len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl core::fmt::Debug for Dims {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_slice().fmt(f)
    }
}

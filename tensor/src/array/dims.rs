//! [`Dims`]: the dimensions of an array, at run time.

use crate::shape::MAX_RANK;

/// Dimensions, outermost first; at most [`MAX_RANK`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dims {
    rank: usize,
    sizes: [usize; MAX_RANK],
}

impl Dims {
    /// Of a scalar.
    pub(crate) const SCALAR: Dims = Dims { rank: 0, sizes: [1; MAX_RANK] };

    /// The given ones; those beyond [`MAX_RANK`] are left out.
    pub(crate) fn new(dims: &[usize]) -> Self {
        let mut all = Self::SCALAR;
        dims.iter().take(MAX_RANK).for_each(|&size| all.push(size));
        all
    }

    pub(crate) fn as_slice(&self) -> &[usize] {
        &self.sizes[..self.rank]
    }

    pub(crate) fn rank(&self) -> usize {
        self.rank
    }

    /// How many elements.
    pub(crate) fn len(&self) -> usize {
        self.as_slice().iter().product()
    }

    /// One more axis, innermost.
    pub(crate) fn push(&mut self, size: usize) {
        self.sizes[self.rank] = size;
        self.rank += 1;
    }

    /// The same with `size` at `axis`.
    pub(crate) fn with(mut self, axis: usize, size: usize) -> Self {
        self.sizes[..self.rank][axis] = size;
        self
    }

    /// The same without `axis`.
    pub(crate) fn without(&self, axis: usize) -> Self {
        let mut dims = Self::SCALAR;
        (0..self.rank).filter(|i| *i != axis).for_each(|i| dims.push(self.sizes[i]));
        dims
    }

    /// The same with a new axis before `axis`.
    pub(crate) fn inserted(&self, axis: usize, size: usize) -> Self {
        let mut dims = Self::SCALAR;
        self.sizes[..axis].iter().for_each(|&size| dims.push(size));
        dims.push(size);
        self.sizes[axis..self.rank].iter().for_each(|&size| dims.push(size));
        dims
    }

    /// Elements from one index to the next along each axis, in row-major order.
    pub(crate) fn strides(&self) -> [usize; MAX_RANK] {
        let mut strides = [0; MAX_RANK];
        let mut stride = 1;
        for axis in (0..self.rank).rev() {
            strides[axis] = stride;
            stride *= self.sizes[axis];
        }
        strides
    }

    /// The axes seen from `axis`: the product of those before it, its size, the product of those after it.
    pub(crate) fn around(&self, axis: usize) -> [usize; 3] {
        let sizes = self.as_slice();
        [sizes[..axis].iter().product(), sizes[axis], sizes[axis + 1..].iter().product()]
    }

    /// What two arrays broadcast to, as in NumPy: axes are aligned at the innermost, and an axis of size 1
    /// repeats. `None` where they do not fit.
    pub(crate) fn broadcast(&self, other: &Dims) -> Option<Dims> {
        let rank = self.rank.max(other.rank);
        let mut dims = Dims { rank, ..Self::SCALAR };
        for i in 0..rank {
            let size = |d: &Dims| (i + d.rank).checked_sub(rank).map_or(1, |i| d.sizes[i]);
            dims.sizes[i] = match (size(self), size(other)) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return None,
            };
        }
        Some(dims)
    }

    /// The strides of an array of these dimensions when it is read as one of dimensions `to`; zero along
    /// repeated axes.
    pub(crate) fn strides_to(&self, to: &Dims) -> [usize; MAX_RANK] {
        let own = self.strides();
        let mut strides = [0; MAX_RANK];
        for (axis, stride) in own[..self.rank].iter().enumerate() {
            if self.sizes[axis] != 1 {
                strides[axis + to.rank - self.rank] = *stride;
            }
        }
        strides
    }

    /// The sizes, padded with 1 to the full rank: what kernels take.
    pub(crate) fn padded(&self) -> [usize; MAX_RANK] {
        self.sizes
    }
}

impl core::fmt::Debug for Dims {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_slice().fmt(f)
    }
}

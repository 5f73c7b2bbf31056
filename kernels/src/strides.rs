//! Memory with strides, as kernels of a GPU walk through it: `locate` of their prelude.

use crate::launch::{Launch, Pointer};

/// How many axes there can be.
pub(crate) const AXES: usize = 8;

/// The indices of some axes, and how far elements of N memories are apart along each of them. The innermost axis
/// comes first; axes that follow each other in all memories are one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Space<const N: usize> {
    rank: usize,
    lens: [usize; AXES],
    strides: [[isize; AXES]; N],
    /// Elements of the innermost axis that are read and written at once.
    width: usize,
}

impl<const N: usize> Space<N> {
    /// Axes with their strides, the innermost first: at most [`AXES`] that are longer than one.
    pub(crate) fn new(axes: impl IntoIterator<Item = (usize, [isize; N])>) -> Self {
        let mut space = Space { rank: 0, lens: [1; AXES], strides: [[0; AXES]; N], width: 1 };
        for (len, strides) in axes.into_iter().filter(|(len, _)| *len != 1) {
            if !space.extends(strides) {
                space.rank += 1;
                for (all, stride) in space.strides.iter_mut().zip(strides) {
                    all[space.rank - 1] = stride;
                }
            }
            let last = &mut space.lens[space.rank - 1];
            *last = last.saturating_mul(len);
        }
        space.rank = space.rank.max(1);
        space
    }

    /// Whether an axis with these strides goes on where the outermost one ends.
    fn extends(&self, strides: [isize; N]) -> bool {
        let Some(last) = self.rank.checked_sub(1) else { return false };
        let len = self.lens[last] as isize;
        self.strides.iter().zip(strides).all(|(all, stride)| all[last].checked_mul(len) == Some(stride))
    }

    /// Strides of operands that are broadcast, the outermost axis first.
    pub(crate) fn of_operands(dims: &[usize; AXES], operands: [&[usize; AXES]; N]) -> Self {
        let axis = |i: usize| (dims[i], operands.map(|strides| strides[i] as isize));
        Space::new((0..AXES).rev().map(axis))
    }

    /// How many indices there are.
    pub(crate) fn count(&self) -> usize {
        self.lens.iter().fold(1, |count: usize, len| count.saturating_mul(*len))
    }

    /// The innermost axis: its length and its strides.
    pub(crate) fn inner(&self) -> (usize, [isize; N]) {
        (self.lens[0], self.strides.map(|strides| strides[0]))
    }

    /// Takes as many elements at once as have 16 bytes, but at most `most`, if all memories, which come with the
    /// size of their elements, have or repeat them so.
    #[must_use]
    pub(crate) fn packed(mut self, most: usize, memories: [(Pointer, usize); N]) -> Self {
        let size = memories.iter().fold(1, |most, (_, size)| most.max(*size));
        let width = (16 / size).min(most);
        let fits = self.strides.iter().zip(memories).all(|(strides, (pointer, size))| match strides[0] {
            0 => true,
            1 => {
                pointer.is_aligned((width * size) as u64)
                    && strides[1..self.rank].iter().all(|stride| stride % width as isize == 0)
            }
            _ => false,
        });
        if width > 1 && fits && self.lens[0].is_multiple_of(width) {
            self.lens[0] /= width;
            self.strides.iter_mut().for_each(|strides| strides[0] *= width as isize);
            self.width = width;
        }
        self
    }

    /// Threads for all indices: the defines `WIDTH` and `INDEX`, and the parameters `i64 count, int rank, Axes lens`
    /// and an `Axes` for the strides of each memory.
    pub(crate) fn launch<'a>(&self, launch: Launch<'a>) -> Launch<'a> {
        let launch =
            launch.over(self.count()).define("WIDTH", self.width).define("INDEX", index_type(self.reach()));
        self.parameters(launch)
    }

    /// The parameters of [`Space::launch`] alone: for kernels of two spaces.
    pub(crate) fn parameters<'a>(&self, launch: Launch<'a>) -> Launch<'a> {
        let launch = launch.arg(self.count()).arg(self.rank as u32).array(self.lens);
        self.strides.iter().fold(launch, |launch, strides| launch.array(strides.map(|stride| stride as i64)))
    }

    /// More than any index, and than any place from the first element on.
    pub(crate) fn reach(&self) -> usize {
        let reach = |strides: &[isize; AXES]| {
            let along =
                |(len, stride): (&usize, &isize)| len.saturating_sub(1).saturating_mul(stride.unsigned_abs());
            self.lens[..self.rank].iter().zip(strides).map(along).fold(self.width, usize::saturating_add)
        };
        self.strides.iter().map(reach).fold(self.count(), usize::max)
    }
}

/// The type of indices and places, as the define `INDEX`: 32 bits where they fit.
pub(crate) fn index_type(reach: usize) -> &'static str {
    if reach < 1 << 31 { "u32" } else { "u64" }
}

/// A space of two memories that are contiguous along different axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transpose {
    /// All other axes.
    pub(crate) rest: Space<2>,
    /// The axis along which the first is contiguous: its length, and its stride in the second.
    pub(crate) rows: (usize, isize),
    /// The axis along which the second is contiguous: its length, and its stride in the first.
    pub(crate) columns: (usize, isize),
}

impl Space<2> {
    /// Its transpose, if both axes are worth it.
    pub(crate) fn transpose(&self) -> Option<Transpose> {
        const SHORT: usize = 16;
        let Space { rank, lens, strides: [from, to], .. } = *self;
        let row = (1..rank).find(|&i| from[i] == 1)?;
        if to[0] != 1 || from[0].unsigned_abs() <= 1 || lens[0] < SHORT || lens[row] < SHORT {
            return None;
        }
        let rest = (1..rank).filter(|&i| i != row).map(|i| (lens[i], [from[i], to[i]]));
        Some(Transpose { rest: Space::new(rest), rows: (lens[row], to[row]), columns: (lens[0], from[0]) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_follow_each_other_are_one() {
        let space = Space::new([(5, [1, 1]), (1, [9, 9]), (4, [5, 5]), (3, [20, 40])]);
        assert_eq!((space.rank, &space.lens[..2], space.count()), (2, &[20, 3][..], 60));
        assert_eq!(space.strides.map(|strides| [strides[0], strides[1]]), [[1, 20], [1, 40]]);
        assert_eq!(Space::new([(1, [7]), (1, [8])]).rank, 1);
        // However large what is not there.
        assert_eq!(Space::new([(usize::MAX, [1]), (usize::MAX, [isize::MAX]), (0, [1])]).count(), 0);
    }

    #[test]
    fn elements_are_taken_together_where_all_memories_have_them_so() {
        let aligned = Pointer(256);
        let width = |space: Space<2>, at: [Pointer; 2]| space.packed(16, at.map(|at| (at, 4))).width;
        let rows = |len, stride| Space::new([(len, [1, 0]), (3, [stride, 1])]);
        assert_eq!(width(rows(8, 12), [aligned; 2]), 4);
        assert_eq!(width(rows(6, 12), [aligned; 2]), 1);
        assert_eq!(width(rows(8, 10), [aligned; 2]), 1);
        assert_eq!(width(rows(8, 12), [Pointer(8), aligned]), 1);
        // A repeated element may lie anywhere.
        assert_eq!(width(rows(8, 12), [aligned, Pointer(4)]), 4);
    }

    #[test]
    fn indices_have_32_bits_where_all_places_fit() {
        let index = |len, stride| index_type(Space::new([(len, [stride])]).reach());
        assert_eq!(index(1 << 30, 1), "u32");
        assert_eq!(index(1 << 31, 1), "u64");
        assert_eq!(index(3, 1 << 30), "u64");
        assert_eq!(index(3, -(1 << 30)), "u64");
        assert_eq!(index(1 << 31, 0), "u64");
    }

    #[test]
    fn a_transpose_is_found_where_both_axes_are_long() {
        let space = Space::new([(40, [60, 1]), (60, [1, 40]), (7, [2400, 2400])]);
        let Transpose { rest, rows, columns } = space.transpose().unwrap();
        assert_eq!((rest.count(), rows, columns), (7, (60, 40), (40, 60)));
        assert!(Space::new([(3, [60, 1]), (60, [1, 3])]).transpose().is_none());
        assert!(Space::new([(40, [1, 1]), (60, [50, 40])]).transpose().is_none());
    }
}

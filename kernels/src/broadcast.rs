//! Operands with any strides, read block by block in the order of the result.

use crate::Plain;

/// How many axes operations with broadcasting have.
pub const AXES: usize = 8;

/// How many elements there are; more than any memory has where that cannot be counted.
pub(crate) fn count(dims: &[usize; AXES]) -> usize {
    if dims.contains(&0) { 0 } else { dims.iter().fold(1, |count, len| count.saturating_mul(*len)) }
}

/// How many elements an operand must have; more than any memory has where that cannot be counted.
pub(crate) fn reach(dims: &[usize; AXES], strides: &[usize; AXES]) -> usize {
    if dims.contains(&0) {
        return 0;
    }
    let last =
        |last: usize, (len, stride): (&usize, &usize)| last.saturating_add((len - 1).saturating_mul(*stride));
    dims.iter().zip(strides).fold(0, last).saturating_add(1)
}

#[derive(Clone, Copy, Debug)]
struct Axis {
    len: usize,
    stride: usize,
}

/// The elements of an operand, as many as the result has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand<'a, T> {
    elements: &'a [T],
    /// The outermost first.
    axes: [Axis; AXES],
    rank: usize,
}

impl<'a, T: Plain + Copy> Operand<'a, T> {
    /// `elements` has [`reach`] elements, which are not none.
    pub(crate) fn new(dims: &[usize; AXES], strides: &[usize; AXES], elements: &'a [T]) -> Self {
        let (mut axes, mut rank) = ([Axis { len: 1, stride: 0 }; AXES], 0);
        for (&len, &stride) in dims.iter().zip(strides) {
            if len == 1 {
                continue;
            }
            // Two axes that are one run through memory become one.
            match axes[..rank].last_mut() {
                Some(outer) if outer.stride == stride.saturating_mul(len) => {
                    *outer = Axis { len: outer.len * len, stride };
                }
                _ => {
                    axes[rank] = Axis { len, stride };
                    rank += 1;
                }
            }
        }
        Operand { elements, axes, rank }
    }

    /// All elements, where they lie one after the other.
    #[inline]
    pub(crate) fn contiguous(&self) -> Option<&'a [T]> {
        let whole = self.rank == 0 || self.rank == 1 && self.axes[0].stride == 1;
        whole.then_some(self.elements)
    }

    /// Elements `start..start + len` of the result's; in `buffer`, if they are not one run in memory.
    pub(crate) fn block<'b>(&'b self, start: usize, len: usize, buffer: &'b mut [T]) -> &'b [T] {
        if let Some(elements) = self.contiguous() {
            return &elements[start..][..len];
        }
        // Where along each axis, and in memory, the block starts.
        let (mut at, mut offset, mut rest) = ([0; AXES], 0, start);
        let rank = self.rank.max(1);
        let inner = self.axes[rank - 1];
        for (at, axis) in at[..rank].iter_mut().zip(&self.axes).rev() {
            (*at, rest) = (rest % axis.len, rest / axis.len);
            offset += *at * axis.stride;
        }
        if inner.stride == 1 && inner.len - at[rank - 1] >= len {
            return &self.elements[offset..][..len];
        }
        let buffer = &mut buffer[..len];
        let mut filled = 0;
        while filled < len {
            let run = (inner.len - at[rank - 1]).min(len - filled);
            let y = &mut buffer[filled..][..run];
            match inner.stride {
                0 => y.fill(self.elements[offset]),
                1 => y.copy_from_slice(&self.elements[offset..][..run]),
                stride => y
                    .iter_mut()
                    .zip(self.elements[offset..].iter().step_by(stride))
                    .for_each(|(y, x)| *y = *x),
            }
            filled += run;
            if filled < len {
                // To the end of the inner axis, and from there to the next index of the outer ones.
                offset -= at[rank - 1] * inner.stride;
                at[rank - 1] = 0;
                for i in (0..rank - 1).rev() {
                    at[i] += 1;
                    offset += self.axes[i].stride;
                    if at[i] < self.axes[i].len {
                        break;
                    }
                    offset -= at[i] * self.axes[i].stride;
                    at[i] = 0;
                }
            }
        }
        buffer
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sizes of few and of many axes, with ones and zeros among them; sometimes enough for several tasks.
    pub(crate) fn any_dims() -> BoxedStrategy<[usize; AXES]> {
        let some = prop::array::uniform8(prop_oneof![6 => Just(1usize), 4 => 2..5usize, 1 => 5..12usize]);
        let rows = (1..40usize, 1..700usize).prop_map(|(rows, len)| [1, 1, 1, 1, 1, 1, rows, len]);
        let many = (2..4usize, 3000..5000usize).prop_map(|(rows, len)| [1, 1, 1, rows, 1, 3, 1, len]);
        let none = Just([1, 1, 2, 1, 0, 1, 3, 1]);
        let flat = (1..40usize).prop_map(|len| [1, 1, 1, 1, 1, 1, 1, len]);
        prop_oneof![8 => some, 8 => rows, 2 => many, 1 => none, 4 => flat].boxed()
    }

    /// Strides of an operand: contiguous, repeated along some axes, transposed, or with gaps.
    pub(crate) fn any_strides(dims: [usize; AXES]) -> BoxedStrategy<[usize; AXES]> {
        let kinds = (0..6usize, prop::array::uniform8(prop::bool::weighted(0.4)));
        kinds
            .prop_map(move |(kind, repeat)| {
                let (mut strides, mut next) = ([0; AXES], 1);
                for i in 0..AXES {
                    // From the innermost axis outwards, or the other way round.
                    let axis = if kind == 4 { i } else { AXES - 1 - i };
                    if (1..4).contains(&kind) && repeat[axis] {
                        continue;
                    }
                    strides[axis] = next;
                    next *= dims[axis].max(1);
                    if kind == 5 {
                        next += i;
                    }
                }
                strides
            })
            .boxed()
    }

    /// Where the elements of an operand are, in the order of the result.
    pub(crate) fn places(dims: &[usize; AXES], strides: &[usize; AXES]) -> Vec<usize> {
        let mut places = vec![0];
        for (&len, &stride) in dims.iter().zip(strides) {
            places = places.iter().flat_map(|place| (0..len).map(move |i| place + i * stride)).collect();
        }
        places
    }

    #[test]
    fn blocks_are_the_elements_in_order_whatever_the_strides() {
        let elements: Vec<u16> = (0..2000).collect();
        let dims = [1, 1, 3, 4, 1, 5, 1, 7];
        let everywhere: [[usize; AXES]; 5] = [
            [0, 0, 140, 35, 0, 7, 0, 1],
            [9, 9, 0, 35, 9, 0, 9, 1],
            [0, 0, 1, 3, 0, 12, 0, 60],
            [0; AXES],
            [0, 0, 500, 0, 0, 20, 0, 2],
        ];
        for strides in everywhere {
            let all: Vec<u16> = places(&dims, &strides).iter().map(|place| elements[*place]).collect();
            let operand = Operand::new(&dims, &strides, &elements[..reach(&dims, &strides)]);
            for (start, len) in [(0, 420), (0, 7), (3, 4), (5, 100), (139, 2), (419, 1), (200, 220)] {
                let mut buffer = [9999; 420];
                assert_eq!(operand.block(start, len, &mut buffer), &all[start..start + len], "{strides:?}");
            }
            if let Some(elements) = operand.contiguous() {
                assert_eq!(elements, &all);
            }
        }
    }
}

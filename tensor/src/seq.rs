//! [`Seq`]: samples of different lengths.

use castiron_kernels::Plain;

use crate::device::Storage;
use crate::memory::{Aligned, Mut, Ref};
use crate::sample::{Layout, Sample};
use crate::shape::{Element, Shape};
use crate::{field, split};

/// A sequence of up to `MAX` items: variable length with static capacity.
///
/// A batch keeps lengths and items apart ([`SeqBatch`]), so that operations see both as plain arrays. The
/// gradient of a sequence is that of all `MAX` places; those beyond the length are zero.
///
/// ```
/// use castiron::Seq;
/// let words = Seq::<i32, 8>::new(&[3, 1, 4])?;
/// assert_eq!(words.items(), [3, 1, 4]);
/// assert_eq!(Seq::<i32, 2>::new(&[3, 1, 4]).unwrap_err().to_string(), "Seq: got 3 items, but the capacity is 2");
/// # Ok::<(), castiron::TooLong>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Seq<T, const MAX: usize> {
    len: u32,
    data: [T; MAX],
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<T: Plain, const MAX: usize> Plain for Seq<T, MAX> {}

impl<T: Shape + Copy + Default, const MAX: usize> Seq<T, MAX> {
    /// From its items.
    ///
    /// # Errors
    /// When there are more than `MAX`.
    pub fn new(items: &[T]) -> Result<Self, TooLong> {
        if items.len() > MAX || u32::try_from(items.len()).is_err() {
            return Err(TooLong { got: items.len(), capacity: MAX });
        }
        let mut seq = Seq { len: items.len() as u32, data: [T::default(); MAX] };
        seq.data[..items.len()].copy_from_slice(items);
        Ok(seq)
    }
}

impl<T, const MAX: usize> Seq<T, MAX> {
    /// The items that are there.
    pub fn items(&self) -> &[T] {
        &self.data[..(self.len as usize).min(MAX)]
    }
}

/// More items than a [`Seq`] has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    got: usize,
    capacity: usize,
}
impl core::fmt::Display for TooLong {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Seq: got {} items, but the capacity is {}", self.got, self.capacity)
    }
}
impl core::error::Error for TooLong {}

/// A batch of [`Seq`]: lengths, and items.
#[derive(Debug)]
#[repr(C)]
pub struct SeqBatch<T, const MAX: usize, const B: usize> {
    /// How many items each row has.
    pub lens: Aligned<[u32; B]>,
    /// The items; what lies beyond a row's length means nothing.
    pub data: Aligned<[[T; MAX]; B]>,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<T: Plain, const MAX: usize, const B: usize> Plain for SeqBatch<T, MAX, B> {}

impl<T: Shape, const MAX: usize> Sample for Seq<T, MAX> {
    type Batch<const B: usize> = SeqBatch<T, MAX, B>;
    type Grad = <T::Elem as Element>::Tangent<[T; MAX]>;
    type Rows<'a> = &'a [Self];
    type RowsMut<'a> = &'a mut [Self];
    const LAYOUT: Layout = <[T; MAX] as Sample>::LAYOUT;

    fn count(rows: &[Self]) -> Option<usize> {
        Some(rows.len())
    }
    fn slice<'a>(rows: Self::Rows<'a>, from: usize, to: usize) -> Self::Rows<'a> {
        &rows[from..to]
    }
    fn split_mut<'a>(rows: Self::RowsMut<'a>, at: usize) -> (Self::RowsMut<'a>, Self::RowsMut<'a>) {
        rows.split_at_mut(at)
    }
    fn count_mut(rows: &&mut [Self]) -> Option<usize> {
        Some(rows.len())
    }
    fn upload<D: Storage, const B: usize>(device: &D, rows: &[Self], to: Mut<'_, SeqBatch<T, MAX, B>, D>) {
        let (lens, data) = split!(to, SeqBatch<T, MAX, B> { lens, data });
        let (mut lens, mut data) = (lens.inner(), data.inner());
        for (i, row) in rows.iter().take(B).enumerate() {
            device.write_one(&row.len, lens.at(i));
            device.write_one(&row.data, data.at(i));
        }
    }
    fn download<D: Storage, const B: usize>(
        device: &D,
        from: Ref<'_, SeqBatch<T, MAX, B>, D>,
        rows: &mut [Self],
    ) {
        let lens = field!(from, SeqBatch<T, MAX, B>, lens).inner();
        let data = field!(from, SeqBatch<T, MAX, B>, data).inner();
        for (i, row) in rows.iter_mut().take(B).enumerate() {
            device.read_one(lens.at(i), &mut row.len);
            device.read_one(data.at(i), &mut row.data);
        }
    }
}

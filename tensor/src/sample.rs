//! [`Sample`]: what one example of a model's input or output is, and how a batch of them lies in memory.

use castiron_kernels::Plain;

use crate::device::Storage;
use crate::memory::{Mut, Ref};
use crate::shape::{DType, Element, Shape};

/// One example: a shape, a tuple of samples, a sequence.
///
/// A batch of tuples is a tuple of batches, so that every part is contiguous.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sample",
    note = "a sample is a shape such as `Rank3<1, 28, 28>`, a tuple of samples, a `Seq`, or `()`"
)]
pub trait Sample: 'static {
    /// Memory for up to `B` samples.
    type Batch<const B: usize>: Plain;
    /// The type of the gradient with respect to a sample.
    type Grad: Sample;
    /// Borrowed samples in a row: `&[S]` for a shape, a tuple of such for a tuple.
    type Rows<'a>: Copy + Send + Sync;
    /// The same, to write.
    type RowsMut<'a>: Send;
    /// Its dimensions, for printing.
    const LAYOUT: Layout;

    /// How many samples; `None` if the parts of a tuple differ in number.
    fn count(rows: Self::Rows<'_>) -> Option<usize>;
    /// Rows `from..to`, both at most the count.
    fn slice<'a>(rows: Self::Rows<'a>, from: usize, to: usize) -> Self::Rows<'a>;
    /// Splits after `at` rows.
    fn split_mut<'a>(rows: Self::RowsMut<'a>, at: usize) -> (Self::RowsMut<'a>, Self::RowsMut<'a>);
    /// How many samples there is room for.
    fn count_mut(rows: &Self::RowsMut<'_>) -> Option<usize>;
    /// Copies rows to the start of a batch. `rows` must not be more than `B`.
    fn upload<D: Storage, const B: usize>(device: &D, rows: Self::Rows<'_>, to: Mut<'_, Self::Batch<B>, D>);
    /// The rows where they are, if they are `B` and the device can read them there.
    #[doc(hidden)]
    fn lend<'a, D: Storage, const B: usize>(_: &D, _: Self::Rows<'a>) -> Option<Ref<'a, Self::Batch<B>, D>> {
        None
    }
    /// Copies rows from the start of a batch. `rows` must not be more than `B`.
    fn download<D: Storage, const B: usize>(
        device: &D,
        from: Ref<'_, Self::Batch<B>, D>,
        rows: Self::RowsMut<'_>,
    );
}

/// The memory of up to `B` samples `X`.
pub type Batch<X, const B: usize> = <X as Sample>::Batch<B>;
/// The memory of the gradients of up to `B` samples `X`.
pub type GradBatch<X, const B: usize> = <<X as Sample>::Grad as Sample>::Batch<B>;

/// The dimensions of a sample, for printing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A shape.
    Shape {
        /// Its dimensions, outermost first.
        dims: &'static [usize],
        /// Its element.
        dtype: DType,
    },
    /// A tuple.
    Tuple(&'static [Layout]),
}

impl core::fmt::Display for Layout {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Layout::Shape { dims, dtype: DType::F32 } => write!(f, "{dims:?}"),
            Layout::Shape { dims, dtype } => write!(f, "{dims:?} of {dtype}"),
            Layout::Tuple(parts) => {
                f.write_str("(")?;
                for (i, part) in parts.iter().enumerate() {
                    let separator = if i == 0 { "" } else { ", " };
                    write!(f, "{separator}{part}")?;
                }
                f.write_str(")")
            }
        }
    }
}

impl<S: Shape> Sample for S {
    type Batch<const B: usize> = [S; B];
    type Grad = <S::Elem as Element>::Tangent<S>;
    type Rows<'a> = &'a [S];
    type RowsMut<'a> = &'a mut [S];
    const LAYOUT: Layout = Layout::Shape { dims: S::DIMS, dtype: S::Elem::DTYPE };

    fn count(rows: &[S]) -> Option<usize> {
        Some(rows.len())
    }
    fn slice<'a>(rows: Self::Rows<'a>, from: usize, to: usize) -> Self::Rows<'a> {
        &rows[from..to]
    }
    fn split_mut<'a>(rows: Self::RowsMut<'a>, at: usize) -> (Self::RowsMut<'a>, Self::RowsMut<'a>) {
        rows.split_at_mut(at)
    }
    fn count_mut(rows: &&mut [S]) -> Option<usize> {
        Some(rows.len())
    }
    fn upload<D: Storage, const B: usize>(device: &D, rows: &[S], to: Mut<'_, [S; B], D>) {
        device.write(rows, to);
    }
    fn lend<'a, D: Storage, const B: usize>(
        device: &D,
        rows: Self::Rows<'a>,
    ) -> Option<Ref<'a, Self::Batch<B>, D>> {
        device.lend(rows)
    }
    fn download<D: Storage, const B: usize>(device: &D, from: Ref<'_, [S; B], D>, rows: &mut [S]) {
        device.read(from, rows);
    }
}

impl Sample for () {
    type Batch<const B: usize> = ();
    type Grad = ();
    type Rows<'a> = ();
    type RowsMut<'a> = ();
    const LAYOUT: Layout = Layout::Tuple(&[]);

    fn count((): ()) -> Option<usize> {
        None
    }
    fn slice<'a>(_: Self::Rows<'a>, _: usize, _: usize) -> Self::Rows<'a> {}
    fn split_mut<'a>(_: Self::RowsMut<'a>, _: usize) -> (Self::RowsMut<'a>, Self::RowsMut<'a>) {
        ((), ())
    }
    fn count_mut((): &()) -> Option<usize> {
        None
    }
    fn upload<D: Storage, const B: usize>(_: &D, (): (), _: Mut<'_, (), D>) {}
    fn download<D: Storage, const B: usize>(_: &D, _: Ref<'_, (), D>, (): ()) {}
}

macro_rules! tuple {
    ($($part:ident $index:tt),+) => {
        impl<$($part: Sample),+> Sample for ($($part,)+) {
            type Batch<const B: usize> = ($($part::Batch<B>,)+);
            type Grad = ($($part::Grad,)+);
            type Rows<'a> = ($($part::Rows<'a>,)+);
            type RowsMut<'a> = ($($part::RowsMut<'a>,)+);
            const LAYOUT: Layout = Layout::Tuple(&[$($part::LAYOUT),+]);

            fn count(rows: Self::Rows<'_>) -> Option<usize> {
                let counts = [$($part::count(rows.$index)),+];
                counts[0].filter(|_| counts.iter().all(|count| *count == counts[0]))
            }
            fn slice<'a>(rows: Self::Rows<'a>, from: usize, to: usize) -> Self::Rows<'a> {
                ($($part::slice(rows.$index, from, to),)+)
            }
            #[allow(non_snake_case)]
            fn split_mut<'a>(rows: Self::RowsMut<'a>, at: usize) -> (Self::RowsMut<'a>, Self::RowsMut<'a>) {
                let ($($part,)+) = ($($part::split_mut(rows.$index, at),)+);
                (($($part.0,)+), ($($part.1,)+))
            }
            fn count_mut(rows: &Self::RowsMut<'_>) -> Option<usize> {
                let counts = [$($part::count_mut(&rows.$index)),+];
                counts[0].filter(|_| counts.iter().all(|count| *count == counts[0]))
            }
            fn upload<Dev: Storage, const BATCH: usize>(device: &Dev, rows: Self::Rows<'_>, to: Mut<'_, Self::Batch<BATCH>, Dev>) {
                let parts = $crate::split!(to, Self::Batch<BATCH> { $($index),+ });
                $($part::upload::<Dev, BATCH>(device, rows.$index, parts.$index);)+
            }
            fn download<Dev: Storage, const BATCH: usize>(device: &Dev, from: Ref<'_, Self::Batch<BATCH>, Dev>, rows: Self::RowsMut<'_>) {
                $($part::download::<Dev, BATCH>(device, $crate::field!(from, Self::Batch<BATCH>, $index), rows.$index);)+
            }
        }
    };
}
tuple!(A 0, C 1);
tuple!(A 0, C 1, E 2);
tuple!(A 0, C 1, E 2, F 3);
tuple!(A 0, C 1, E 2, F 3, G 4);
tuple!(A 0, C 1, E 2, F 3, G 4, H 5);
tuple!(A 0, C 1, E 2, F 3, G 4, H 5, I 6);
tuple!(A 0, C 1, E 2, F 3, G 4, H 5, I 6, J 7);
tuple!(A 0, C 1, E 2, F 3, G 4, H 5, I 6, J 7, K 8);
tuple!(A 0, C 1, E 2, F 3, G 4, H 5, I 6, J 7, K 8, L 9);
tuple!(A 0, C 1, E 2, F 3, G 4, H 5, I 6, J 7, K 8, L 9, M 10);
tuple!(A 0, C 1, E 2, F 3, G 4, H 5, I 6, J 7, K 8, L 9, M 10, N 11);

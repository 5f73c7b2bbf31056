//! [`Probe`]: samples whose numbers can be reached one by one.

use core::mem::offset_of;
use core::ops::Range;

use crate::shape::DType;
use crate::{Batch, Element, GradBatch, Sample, Seq, SeqBatch, Shape};

/// A sample whose numbers can be reached one by one. Numbers come part by part, each part row by row.
pub trait Probe: Sample {
    /// Gives the first `rows` rows of a batch values, as bits: of `f32` for real numbers, else of `i32`.
    fn fill<const B: usize>(batch: &mut Batch<Self, B>, rows: usize, value: &mut dyn FnMut(DType) -> u32);
    /// The numbers of some rows: their offsets in bytes from the start of the batch, and their types.
    fn numbers<const B: usize>(rows: Range<usize>, offset: usize, found: &mut Vec<(usize, DType)>);
    /// The same for a batch of gradients, which has those of real numbers only.
    fn gradients<const B: usize>(rows: Range<usize>, offset: usize, found: &mut Vec<(usize, DType)>);
}

impl<S: Shape> Probe for S {
    fn fill<const B: usize>(batch: &mut [S; B], rows: usize, value: &mut dyn FnMut(DType) -> u32) {
        let dtype = S::Elem::DTYPE;
        for row in &mut batch[..rows] {
            for element in crate::flat_mut(row) {
                let bits = value(dtype);
                let bytes = super::memory::bytes_mut(element);
                match dtype {
                    DType::F32 | DType::I32 => bytes.copy_from_slice(&bits.to_ne_bytes()),
                    DType::U8 | DType::I8 => bytes[0] = bits as u8,
                    DType::Bool => bytes[0] = (bits & 1) as u8,
                    DType::F64 => bytes.copy_from_slice(&f64::from(f32::from_bits(bits)).to_ne_bytes()),
                    DType::Bf16 => {
                        bytes.copy_from_slice(&half::bf16::from_f32(f32::from_bits(bits)).to_ne_bytes())
                    }
                    DType::F16 => {
                        bytes.copy_from_slice(&half::f16::from_f32(f32::from_bits(bits)).to_ne_bytes())
                    }
                    DType::I64 => bytes.copy_from_slice(&i64::from(bits as i32).to_ne_bytes()),
                }
            }
        }
    }
    fn numbers<const B: usize>(rows: Range<usize>, offset: usize, found: &mut Vec<(usize, DType)>) {
        let dtype = S::Elem::DTYPE;
        found.extend((rows.start * S::LEN..rows.end * S::LEN).map(|i| (offset + dtype.size() * i, dtype)));
    }
    fn gradients<const B: usize>(rows: Range<usize>, offset: usize, found: &mut Vec<(usize, DType)>) {
        if size_of::<GradBatch<S, B>>() > 0 {
            Self::numbers::<B>(rows, offset, found);
        }
    }
}

macro_rules! tuple {
    ($($part:ident $index:tt),+) => {
        impl<$($part: Probe),+> Probe for ($($part,)+) {
            fn fill<const ROWS: usize>(
                batch: &mut Batch<Self, ROWS>,
                rows: usize,
                value: &mut dyn FnMut(DType) -> u32,
            ) {
                $($part::fill::<ROWS>(&mut batch.$index, rows, value);)+
            }
            fn numbers<const ROWS: usize>(
                rows: Range<usize>,
                offset: usize,
                found: &mut Vec<(usize, DType)>,
            ) {
                $($part::numbers::<ROWS>(
                    rows.clone(),
                    offset + offset_of!(Batch<Self, ROWS>, $index),
                    found,
                );)+
            }
            fn gradients<const ROWS: usize>(
                rows: Range<usize>,
                offset: usize,
                found: &mut Vec<(usize, DType)>,
            ) {
                $($part::gradients::<ROWS>(
                    rows.clone(),
                    offset + offset_of!(GradBatch<Self, ROWS>, $index),
                    found,
                );)+
            }
        }
    };
}
tuple!(P 0, Q 1);
tuple!(P 0, Q 1, R 2);
tuple!(P 0, Q 1, R 2, S 3);
tuple!(P 0, Q 1, R 2, S 3, T 4);
tuple!(P 0, Q 1, R 2, S 3, T 4, U 5);
tuple!(P 0, Q 1, R 2, S 3, T 4, U 5, V 6);
tuple!(P 0, Q 1, R 2, S 3, T 4, U 5, V 6, W 7);
tuple!(P 0, Q 1, R 2, S 3, T 4, U 5, V 6, W 7, X 8);
tuple!(P 0, Q 1, R 2, S 3, T 4, U 5, V 6, W 7, X 8, Y 9);
tuple!(P 0, Q 1, R 2, S 3, T 4, U 5, V 6, W 7, X 8, Y 9, Z 10);
tuple!(P 0, Q 1, R 2, S 3, T 4, U 5, V 6, W 7, X 8, Y 9, Z 10, A 11);

impl<T: Shape, const MAX: usize> Probe for Seq<T, MAX> {
    fn fill<const B: usize>(
        batch: &mut SeqBatch<T, MAX, B>,
        rows: usize,
        value: &mut dyn FnMut(DType) -> u32,
    ) {
        for len in &mut batch.lens[..rows] {
            *len = 1 + value(DType::F32) % MAX as u32;
        }
        <[T; MAX]>::fill::<B>(&mut batch.data, rows, value);
    }
    fn numbers<const B: usize>(rows: Range<usize>, offset: usize, found: &mut Vec<(usize, DType)>) {
        found.extend(
            rows.clone().map(|row| (offset + offset_of!(SeqBatch<T, MAX, B>, lens) + 4 * row, DType::I32)),
        );
        let data = offset + offset_of!(SeqBatch<T, MAX, B>, data);
        <[T; MAX]>::numbers::<B>(rows, data, found);
    }
    fn gradients<const B: usize>(rows: Range<usize>, offset: usize, found: &mut Vec<(usize, DType)>) {
        <[T; MAX]>::gradients::<B>(rows, offset, found);
    }
}

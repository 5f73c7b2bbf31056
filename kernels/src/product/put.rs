//! Sums into elements of C.

use core::marker::PhantomData;

use super::word::Sum;
use crate::cpu::multiversion;
use crate::element::Element;
use crate::{Isa, Plain};

/// Rows of C that one task writes.
pub(super) struct Patch<'a> {
    address: *mut u8,
    stride: usize,
    rows: usize,
    columns: usize,
    lifetime: PhantomData<&'a mut [u8]>,
}

impl Patch<'_> {
    /// `rows` rows of `columns` elements each, the first at `address`; from row to row `stride` elements.
    ///
    /// # Safety
    /// They are elements of the type that they will be taken as, which nobody else reads or writes for this lifetime.
    pub(super) unsafe fn new(address: *mut u8, stride: usize, rows: usize, columns: usize) -> Self {
        Patch { address, stride, rows, columns, lifetime: PhantomData }
    }

    #[inline(always)]
    fn row<E: Plain>(&mut self, row: usize) -> &mut [E] {
        assert!(row < self.rows);
        // SAFETY: what `new` asks for; the borrow of `self` keeps other rows away meanwhile.
        unsafe {
            let first = self.address.cast::<E>().add(row * self.stride);
            core::slice::from_raw_parts_mut(first, self.columns)
        }
    }
}

/// Rounds sums and stores them, or adds them. From one row of sums to the next there are `stride` words.
pub(super) type Put<W> = fn(Isa, bool, &[W], usize, Patch<'_>);

multiversion! {
    pub(super) fn put<S: Sum, E: Element>(isa, accumulate: bool, sums: &[S::Word], stride: usize, patch: Patch<'_>) {
        let mut patch = patch;
        for (row, sums) in (0..patch.rows).zip(sums.chunks_exact(stride)) {
            let c = patch.row::<E>(row);
            if accumulate {
                c.iter_mut().zip(sums).for_each(|(c, sum)| *c = S::load(*c).add(S::of(*sum)).store());
            } else {
                c.iter_mut().zip(sums).for_each(|(c, sum)| *c = S::of(*sum).store());
            }
        }
    }
}

/// [`put`] of f32 as bf16, for processors with [`Beyond::Tiles`](crate::cpu::Beyond::Tiles). Subnormal numbers become
/// zero, as in the products.
#[cfg(target_arch = "x86_64")]
pub(super) fn put_bf16(isa: Isa, accumulate: bool, sums: &[u32], stride: usize, mut patch: Patch<'_>) {
    use core::arch::x86_64::{__m256i, _mm256_storeu_si256, _mm512_cvtneps_pbh, _mm512_loadu_ps};

    #[target_feature(enable = "avx512f,avx512bf16")]
    fn rows(sums: &[u32], stride: usize, patch: &mut Patch<'_>) {
        for (row, sums) in (0..patch.rows).zip(sums.chunks_exact(stride)) {
            let (whole, rest) = patch.row::<u16>(row).as_chunks_mut::<16>();
            let (sums, last) = sums.as_chunks::<16>();
            let round = |sums: &[u32; 16], to: &mut [u16; 16]| {
                // SAFETY: both are sixteen numbers, and any bits are numbers.
                unsafe {
                    let rounded: __m256i =
                        core::mem::transmute(_mm512_cvtneps_pbh(_mm512_loadu_ps(sums.as_ptr().cast())));
                    _mm256_storeu_si256(to.as_mut_ptr().cast(), rounded);
                }
            };
            whole.iter_mut().zip(sums).for_each(|(to, sums)| round(sums, to));
            debug_assert!(last.is_empty());
            if !rest.is_empty() {
                let mut rounded = [0; 16];
                round(&sums[whole.len()], &mut rounded);
                rest.copy_from_slice(&rounded[..rest.len()]);
            }
        }
    }
    if accumulate {
        put::<f32, half::bf16>(isa, accumulate, sums, stride, patch);
    } else {
        // SAFETY: chosen only where the processor has these instructions.
        unsafe { rows(sums, stride, &mut patch) }
    }
}

//! [`Quantized`] models in use, with an input of `f32` or of bytes.

use super::{FromBytes, Quantizable, Quantized};
use crate::Cx;
use crate::device::Device;
use crate::infer::Infer;
use crate::memory::{Area, Mut, Ref};
use crate::module::{Model, Module, Row};
use crate::sample::Batch;

macro_rules! infer {
    ($element:ty, $bound:ident, $input:ty, $bytes:literal) => {
        impl<M: $bound> Infer for Quantized<M, $element> {
            const KIND: &'static str = <M as Module<M::Input, <M as Model>::Output>>::KIND;
            const PARTS: &'static [Row] = <M as Module<M::Input, <M as Model>::Output>>::PARTS;
            type Input = $input;
            type Output = <M as Model>::Output;
            type State<const B: usize> = <M as Module<<M as Model>::Input, <M as Model>::Output>>::State<B>;
            type Scratch<const B: usize> = M::Buffers<B>;

            fn infer<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, Batch<$input, B>, D>,
                y: Mut<'_, Batch<Self::Output, B>, D>,
                state: Mut<'_, Self::State<B>, D>,
                scratch: Mut<'_, Self::Scratch<B>, D>,
            ) {
                let (p, x) = (Quantized::tables(p), Area::of(x));
                M::infer_quantized::<D, B, $bytes>(cx, p, x, y, state, scratch);
            }
        }
    };
}
infer!(f32, Quantizable, <M as Model>::Input, false);
infer!(u8, FromBytes, <M as FromBytes>::Bytes, true);

//! [`Quantized`] models in use, with an input of `f32` or of bytes.

use super::{FromBytes, Quantizable, Quantized};
use crate::Cx;
use crate::device::Device;
use crate::infer::Infer;
use crate::memory::{Area, Mut, Ref};
use crate::module::{Model, Module, Row};
use crate::sample::Batch;

impl<M: Quantizable> Infer for Quantized<M> {
    const KIND: &'static str = <M as Module<M::Input, <M as Model>::Output>>::KIND;
    const PARTS: &'static [Row] = <M as Module<M::Input, <M as Model>::Output>>::PARTS;
    type Input = <M as Model>::Input;
    type Output = <M as Model>::Output;
    type State<const B: usize> = <M as Module<<M as Model>::Input, <M as Model>::Output>>::State<B>;
    type Scratch<const B: usize> = M::Buffers<B>;

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, Batch<Self::Input, B>, D>,
        y: Mut<'_, Batch<Self::Output, B>, D>,
        state: Mut<'_, Self::State<B>, D>,
        scratch: Mut<'_, Self::Scratch<B>, D>,
    ) {
        let (p, x) = (Quantized::tables(p), Area::of(x));
        M::infer_quantized::<D, B, false>(cx, p, x, y, state, scratch);
    }
}

impl<M: FromBytes> Infer for Quantized<M, u8> {
    const KIND: &'static str = <M as Module<M::Input, <M as Model>::Output>>::KIND;
    const PARTS: &'static [Row] = <M as Module<M::Input, <M as Model>::Output>>::PARTS;
    type Input = M::Bytes;
    type Output = <M as Model>::Output;
    type State<const B: usize> = <M as Module<<M as Model>::Input, <M as Model>::Output>>::State<B>;
    type Scratch<const B: usize> = M::Buffers<B>;

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, Batch<Self::Input, B>, D>,
        y: Mut<'_, Batch<Self::Output, B>, D>,
        state: Mut<'_, Self::State<B>, D>,
        scratch: Mut<'_, Self::Scratch<B>, D>,
    ) {
        let (p, x) = (Quantized::tables(p), Area::of(x));
        M::infer_quantized::<D, B, true>(cx, p, x, y, state, scratch);
    }
}

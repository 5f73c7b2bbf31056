//! Arrays of layers: `[L; N]` runs `N` layers of the same type one after the other.

use castiron_kernels::Plain;

use crate::memory::{Aligned, Mut, Ref};
use crate::{Batch, Cx, GradBatch, Module, Row, Sample, device::Device, split};

/// What an array of layers keeps: what passes between them, and what each keeps itself.
#[derive(Debug)]
#[repr(C)]
pub struct Kept<T, S, const N: usize> {
    /// `between[i]` is the output of layer `i`; that of the last is the array's own and not kept here.
    between: [Aligned<T>; N],
    layers: [S; N],
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<T: Plain, S: Plain, const N: usize> Plain for Kept<T, S, N> {}

/// Two buffers that layers write in turn, and the scratch memory of one layer.
#[derive(Debug)]
#[repr(C)]
pub struct Turns<T, S> {
    even: Aligned<T>,
    odd: Aligned<T>,
    layer: S,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<T: Plain, S: Plain> Plain for Turns<T, S> {}

impl<X: Sample, L: Module<X, X>, const N: usize> Module<X, X> for [L; N] {
    const CHECK: () = {
        assert!(N > 0, "an array of layers needs at least one");
        L::CHECK
    };
    const KIND: &'static str = L::KIND;
    const MACS: u64 = N as u64 * L::MACS;
    const PARTS: &'static [Row] = L::PARTS;
    type State<const B: usize> = [L::State<B>; N];
    type Saved<const B: usize> = Kept<Batch<X, B>, L::Saved<B>, N>;
    type InferScratch<const B: usize> = Turns<Batch<X, B>, L::InferScratch<B>>;
    type TrainScratch<const B: usize> = Turns<GradBatch<X, B>, L::TrainScratch<B>>;

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, Batch<X, B>, D>,
        mut y: Mut<'_, Batch<X, B>, D>,
        mut state: Mut<'_, Self::State<B>, D>,
        scratch: Mut<'_, Self::InferScratch<B>, D>,
    ) {
        let (even, odd, mut layer) = split!(scratch, Self::InferScratch<B> { even, odd, layer });
        let (mut even, mut odd) = (even.inner(), odd.inner());
        for i in 0..N {
            let (before, after) =
                if i % 2 == 0 { (odd.as_ref(), even.reborrow()) } else { (even.as_ref(), odd.reborrow()) };
            let before = if i == 0 { x } else { before };
            let after = if i + 1 == N { y.reborrow() } else { after };
            L::infer::<D, B>(&cx.child(i), p.at(i), before, after, state.at(i), layer.reborrow());
        }
    }

    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, Batch<X, B>, D>,
        mut y: Mut<'_, Batch<X, B>, D>,
        mut state: Mut<'_, Self::State<B>, D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        scratch: Mut<'_, Self::TrainScratch<B>, D>,
    ) {
        let (mut between, mut layers) = split!(saved, Self::Saved<B> { between, layers });
        let (mut layer,) = split!(scratch, Self::TrainScratch<B> { layer });
        for i in 0..N {
            let (before, after) = between.consecutive(i);
            let before = before.map_or(x, Ref::inner);
            let after = if i + 1 == N { y.reborrow() } else { after.inner() };
            let (p, state, saved) = (p.at(i), state.at(i), layers.at(i));
            L::forward::<D, B>(&cx.child(i), p, before, after, state, saved, layer.reborrow());
        }
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, Batch<X, B>, D>,
        y: Ref<'_, Batch<X, B>, D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        dy: Ref<'_, GradBatch<X, B>, D>,
        mut dx: Option<Mut<'_, GradBatch<X, B>, D>>,
        mut dp: Mut<'_, [L::With<f32>; N], D>,
        scratch: Mut<'_, Self::TrainScratch<B>, D>,
    ) {
        let (between, mut layers) = split!(saved, Self::Saved<B> { between, layers });
        let between = between.into_ref();
        let (even, odd, mut layer) = split!(scratch, Self::TrainScratch<B> { even, odd, layer });
        let (mut even, mut odd) = (even.inner(), odd.inner());
        for i in (0..N).rev() {
            let before = if i == 0 { x } else { between.at(i - 1).inner() };
            let after = if i + 1 == N { y } else { between.at(i).inner() };
            // Layer i writes the gradient of what it read into buffer i mod 2; layer i − 1 reads it there.
            let (upstream, downstream) =
                if i % 2 == 0 { (odd.as_ref(), even.reborrow()) } else { (even.as_ref(), odd.reborrow()) };
            let dy = if i + 1 == N { dy } else { upstream };
            let dx = if i == 0 { dx.as_mut().map(Mut::reborrow) } else { Some(downstream) };
            let (p, saved, dp) = (p.at(i), layers.at(i), dp.at(i));
            L::backward::<D, B>(&cx.child(i), p, before, after, saved, dy, dx, dp, layer.reborrow());
        }
    }
}

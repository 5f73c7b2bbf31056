//! The long short-term memory layer, a position at a time.

use castiron_kernels::Plain;

use super::Lstm;
use crate::memory::{Mut, Ref};
use crate::params::{Child, Params, Tree};
use crate::{Cx, Element, Module, Rank2, device::Device, field, split};

/// A position of an [`Lstm`] at a time, `[I]` to `[H]`: the next of a stream that never ends. PyTorch's `LSTMCell`,
/// whose names it has.
///
/// The state (h, c) is carried from call to call, so nothing but the output is returned. Zero memory is the state to
/// start from. Gradients stop at the start of a call: to train through time, train an [`Lstm`], whose parameters
/// are the same.
///
/// ```
/// use castiron::prelude::*;
/// use castiron::train::{Workspace, infer};
///
/// model! {
///     Counter: [1] -> [1] { cell: LstmCell(8), head: Linear(1) }
/// }
///
/// let (counter, mut workspace) = (init::<Counter>(0), Workspace::<Counter, 1>::zeroed());
/// let (mut first, mut second) = ([[0.0]], [[0.0]]);
/// infer(&Cpu::new(), &*counter, &[[1.0]], 1, &mut first, &mut workspace)?;
/// infer(&Cpu::new(), &*counter, &[[1.0]], 1, &mut second, &mut workspace)?;
/// assert_ne!(first, second); // it remembers
/// # Ok::<(), castiron::Error>(())
/// ```
#[repr(transparent)]
pub struct LstmCell<const I: usize, const H: usize, E: Element = f32>(pub Lstm<I, H, E>);

// SAFETY: transparent over a plain type.
unsafe impl<const I: usize, const H: usize, E: Element> Plain for LstmCell<I, H, E> {}

impl<const I: usize, const H: usize, E: Element> LstmCell<I, H, E> {
    const CHILDREN: [Child; 4] = Lstm::<I, H, E>::children(["weight_ih", "weight_hh", "bias_ih", "bias_hh"]);
}
impl<const I: usize, const H: usize, E: Element> Params for LstmCell<I, H, E> {
    const TREE: Tree = Tree::Node(&Self::CHILDREN);
    type With<F: Element> = LstmCell<I, H, F>;
}

/// Vectors as sequences of one position: the same numbers in the same places.
fn sequences<'a, T: Plain, D: Device, const B: usize>(x: Ref<'a, [T; B], D>) -> Ref<'a, [[T; 1]; B], D> {
    // SAFETY: of the same layout, borrowed for as long.
    unsafe { Ref::new(x.address()) }
}

fn sequences_mut<'a, T: Plain, D: Device, const B: usize>(x: Mut<'a, [T; B], D>) -> Mut<'a, [[T; 1]; B], D> {
    // SAFETY: of the same layout, and given up for as long.
    unsafe { Mut::new(x.address()) }
}

/// [`Lstm`] as a module of such sequences, `$i` being what of it is meant.
macro_rules! of_lstm {
    ($($i:tt)+) => { <Lstm<I, H> as Module<Rank2<1, I>, Rank2<1, H>>>::$($i)+ };
}

impl<const I: usize, const H: usize> Module<[f32; I], [f32; H]> for LstmCell<I, H> {
    const KIND: &'static str = "LstmCell";
    const MACS: u64 = of_lstm!(MACS);
    type State<const B: usize> = of_lstm!(State<B>);
    type Saved<const B: usize> = of_lstm!(Saved<B>);
    type InferScratch<const B: usize> = of_lstm!(InferScratch<B>);
    type TrainScratch<const B: usize> = of_lstm!(TrainScratch<B>);

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [[f32; I]; B], D>,
        y: Mut<'_, [[f32; H]; B], D>,
        state: Mut<'_, Self::State<B>, D>,
        scratch: Mut<'_, Self::InferScratch<B>, D>,
    ) {
        of_lstm!(infer::<D, B>)(cx, field!(p, Self, 0), sequences(x), sequences_mut(y), state, scratch);
    }

    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [[f32; I]; B], D>,
        y: Mut<'_, [[f32; H]; B], D>,
        state: Mut<'_, Self::State<B>, D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        scratch: Mut<'_, Self::TrainScratch<B>, D>,
    ) {
        let (x, y) = (sequences(x), sequences_mut(y));
        of_lstm!(forward::<D, B>)(cx, field!(p, Self, 0), x, y, state, saved, scratch);
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [[f32; I]; B], D>,
        y: Ref<'_, [[f32; H]; B], D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        dy: Ref<'_, [[f32; H]; B], D>,
        dx: Option<Mut<'_, [[f32; I]; B], D>>,
        dp: Mut<'_, Self, D>,
        scratch: Mut<'_, Self::TrainScratch<B>, D>,
    ) {
        let (dp,) = split!(dp, Self { 0 });
        let (x, y, dy, dx) = (sequences(x), sequences(y), sequences(dy), dx.map(sequences_mut));
        of_lstm!(backward::<D, B>)(cx, field!(p, Self, 0), x, y, saved, dy, dx, dp, scratch);
    }
}

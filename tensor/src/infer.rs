//! [`Infer`]: what inference runs, a model or its prepared or quantized form.

use castiron_kernels::Plain;

use crate::cx::Cx;
use crate::device::Device;
use crate::memory::{Mut, Ref};
use crate::module::{Model, Module, Prepare, Row};
use crate::prepared::{Prepared, WeightElement};
use crate::quantized::{Quantizable, Quantized};
use crate::sample::{Batch, Sample};

mod sealed {
    pub trait Sealed {}
    impl<M: super::Model> Sealed for M {}
    impl<M: super::Prepare, E: super::WeightElement> Sealed for super::Prepared<M, E> {}
    impl<M: super::Quantizable, X> Sealed for super::Quantized<M, X> {}
}

/// What [`Predictor`](crate::train::Predictor) and [`train::infer`](crate::train::infer) run: every
/// [`Model`], and [`Prepared`] and [`Quantized`] models. castiron implements it; programs name it where they take either:
///
/// ```
/// use castiron::{Cpu, Error, Infer, Rank1, train::{Workspace, infer}};
///
/// fn classify<M: Infer<Input = Rank1<4>, Output = Rank1<2>>>(net: &M, x: Rank1<4>) -> Result<Rank1<2>, Error> {
///     let (mut y, mut workspace) = ([[0.0; 2]], Workspace::<M, 1>::zeroed());
///     infer(&Cpu::new(), net, &[x], 1, &mut y, &mut workspace)?;
///     Ok(y[0])
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used for inference",
    note = "a model can, which `model!` declares or `#[derive(Module)]` makes, and so can `Prepared<M>` and `Quantized<M>` of a model `M`"
)]
pub trait Infer: sealed::Sealed + Plain {
    /// [`Module::KIND`] of the model.
    const KIND: &'static str;
    /// [`Module::PARTS`] of the model.
    #[doc(hidden)]
    const PARTS: &'static [Row];
    /// One input sample.
    type Input: Sample;
    /// One output sample.
    type Output: Sample;
    /// What is carried from call to call.
    type State<const B: usize>: Plain;
    /// Working memory.
    type Scratch<const B: usize>: Plain;

    /// y = f(x), as used after training.
    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, Batch<Self::Input, B>, D>,
        y: Mut<'_, Batch<Self::Output, B>, D>,
        state: Mut<'_, Self::State<B>, D>,
        scratch: Mut<'_, Self::Scratch<B>, D>,
    );
}

impl<M: Model> Infer for M {
    const KIND: &'static str = <M as Module<<M as Model>::Input, <M as Model>::Output>>::KIND;
    const PARTS: &'static [Row] = <M as Module<<M as Model>::Input, <M as Model>::Output>>::PARTS;
    type Input = <M as Model>::Input;
    type Output = <M as Model>::Output;
    type State<const B: usize> = <M as Module<<M as Model>::Input, <M as Model>::Output>>::State<B>;
    type Scratch<const B: usize> = <M as Module<<M as Model>::Input, <M as Model>::Output>>::InferScratch<B>;

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, Batch<<M as Model>::Input, B>, D>,
        y: Mut<'_, Batch<<M as Model>::Output, B>, D>,
        state: Mut<'_, <M as Infer>::State<B>, D>,
        scratch: Mut<'_, <M as Infer>::Scratch<B>, D>,
    ) {
        <M as Module<<M as Model>::Input, <M as Model>::Output>>::infer::<D, B>(cx, p, x, y, state, scratch);
    }
}

impl<M: Prepare, E: WeightElement> Infer for Prepared<M, E> {
    const KIND: &'static str = <M as Module<<M as Model>::Input, <M as Model>::Output>>::KIND;
    const PARTS: &'static [Row] = <M as Module<<M as Model>::Input, <M as Model>::Output>>::PARTS;
    type Input = <M as Model>::Input;
    type Output = <M as Model>::Output;
    type State<const B: usize> = <M as Module<<M as Model>::Input, <M as Model>::Output>>::State<B>;
    type Scratch<const B: usize> = <M as Prepare>::Scratch<B>;

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, Batch<Self::Input, B>, D>,
        y: Mut<'_, Batch<Self::Output, B>, D>,
        state: Mut<'_, Self::State<B>, D>,
        scratch: Mut<'_, Self::Scratch<B>, D>,
    ) {
        M::infer_prepared::<E, D, B>(cx, Prepared::weights(p), x, y, state, scratch);
    }
}

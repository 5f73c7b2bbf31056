//! [`Module`]: the contract between layers, models, the macro and training.

use crate::cx::Cx;
use crate::device::Device;
use crate::memory::{Mut, Ref};
use crate::params::Params;
use crate::prepared::WeightElement;
use crate::sample::{Batch, GradBatch, Layout, Sample};

use castiron_kernels::Plain;

/// A differentiable map from samples `X` to samples `Y`, whose parameters are `Self`.
///
/// The contract:
/// - Every function gets a capacity `B` and works on the first `cx.rows()` rows of its batches; what lies
///   beyond is neither read nor written.
/// - `infer` computes outputs as they are used after training; `forward` as they are during training, and
///   keeps in `saved` what `backward` will need.
/// - `backward` gets the `x` and `y` of forward, unchanged, what it left in `saved`, which backward may use up,
///   and the gradient `dy` of the loss with respect to `y`. It overwrites `dx` if it is there, *adds* to the
///   trained leaves of `dp`, and overwrites the
///   slots of running averages in `dp` with the statistics of this batch.
/// - `scratch` holds anything at the start of a call, and is nobody's afterwards.
/// - The gradients of parameters, `dp`, are `f32`, whatever the parameters are: those of several batches add up.
///   Of a module in f32 that is `Self`.
/// - No heap, no panic, no device-specific code: memory is reached through operations only.
///
/// A relation, not a function: the same layer may map several `X`, and where an output size follows from a
/// formula, `CHECK` holds the assertion, since stable Rust cannot compute it in a type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not map `{X}` to `{Y}`",
    label = "this layer does not fit here",
    note = "compare the layer's declared sizes with the shape that it gets and the shape that it should give"
)]
pub trait Module<X: Sample, Y: Sample>: Params {
    /// Fails to compile where `X` and `Y` do not belong together. Forced in an item by the macros.
    const CHECK: () = ();
    /// Its name in summaries.
    const KIND: &'static str;
    /// Multiply-adds per sample.
    const MACS: u64 = 0;
    /// Its parts, for summaries.
    const PARTS: &'static [Row] = &[];

    /// What is carried from call to call: the hidden state of a recurrent layer. `()` for most.
    type State<const B: usize>: Plain;
    /// What forward keeps for backward, beyond `x` and `y`.
    type Saved<const B: usize>: Plain;
    /// Working memory of `infer`.
    type InferScratch<const B: usize>: Plain;
    /// Working memory of `forward` and `backward`.
    type TrainScratch<const B: usize>: Plain;

    /// y = f(x), as used after training.
    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, Batch<X, B>, D>,
        y: Mut<'_, Batch<Y, B>, D>,
        state: Mut<'_, Self::State<B>, D>,
        scratch: Mut<'_, Self::InferScratch<B>, D>,
    );

    /// y = f(x), during training.
    #[allow(clippy::too_many_arguments)]
    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, Batch<X, B>, D>,
        y: Mut<'_, Batch<Y, B>, D>,
        state: Mut<'_, Self::State<B>, D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        scratch: Mut<'_, Self::TrainScratch<B>, D>,
    );

    /// dx = dy·∂f/∂x, dp += dy·∂f/∂p.
    #[allow(clippy::too_many_arguments)]
    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, Batch<X, B>, D>,
        y: Ref<'_, Batch<Y, B>, D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        dy: Ref<'_, GradBatch<Y, B>, D>,
        dx: Option<Mut<'_, GradBatch<X, B>, D>>,
        dp: Mut<'_, Self::With<f32>, D>,
        scratch: Mut<'_, Self::TrainScratch<B>, D>,
    );
}

/// A module with one input and one output type: what `model!` and `#[derive(Module)]` make.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    note = "a model is declared by `model!`, or is a struct with `#[derive(Module)]`: it knows its input and output"
)]
pub trait Model: Module<Self::Input, Self::Output> {
    /// One input sample.
    type Input: Sample;
    /// One output sample.
    type Output: Sample;

    /// Bytes of everything that it computes of one sample: what training would need without a plan.
    const ACTIVATION_BYTES: usize;
    /// Bytes of its parameters and buffers.
    const PARAMETER_BYTES: usize = size_of::<Self>();
    /// Bytes of working memory for inference on one sample.
    const INFER_BYTES: usize = size_of::<Self::InferScratch<1>>() + size_of::<Self::State<1>>();
    /// Bytes of working memory for a training step on one sample, beyond parameters, gradients and the
    /// optimizer's moments.
    const TRAIN_BYTES: usize = size_of::<Self::Saved<1>>() + size_of::<Self::TrainScratch<1>>();
}

/// A model that inference can use in another form: batch norms folded into the convolutions before them.
///
/// `#[derive(Module)]` and [`model!`](crate::model) implement it; programs use it through
/// [`Prepared`](crate::Prepared).
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no prepared form",
    note = "models in f32 that `model!` declares and structs with `#[derive(Module)]` have one; others run as they are"
)]
pub trait Prepare: Model {
    /// The parameters in that form, all of it frozen; [`Prepared`](crate::Prepared) says how they lie.
    type Weights<E: WeightElement>: Params;
    /// Working memory.
    type Scratch<const B: usize>: Plain;

    /// Computes them. `cx` has one row: parameters are not a batch. Nothing between them is written.
    fn prepare<E: WeightElement, D: Device>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        to: Mut<'_, Self::Weights<E>, D>,
    );

    /// y = f(x), as used after training.
    fn infer_prepared<E: WeightElement, D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self::Weights<E>, D>,
        x: Ref<'_, Batch<Self::Input, B>, D>,
        y: Mut<'_, Batch<Self::Output, B>, D>,
        state: Mut<'_, Self::State<B>, D>,
        scratch: Mut<'_, Self::Scratch<B>, D>,
    );
}

/// One line of a summary.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The field.
    pub name: &'static str,
    /// [`Module::KIND`].
    pub kind: &'static str,
    /// The output sample.
    pub output: Layout,
    /// Trained numbers.
    pub parameters: usize,
    /// Bytes of parameters and buffers.
    pub bytes: usize,
    /// Multiply-adds per sample.
    pub macs: u64,
    /// The lines below it.
    pub parts: &'static [Row],
}

impl Row {
    /// The line of field `name`, a module `M`.
    pub const fn of<M: Module<X, Y>, X: Sample, Y: Sample>(name: &'static str) -> Self {
        Row {
            name,
            kind: M::KIND,
            output: Y::LAYOUT,
            parameters: M::TRAINED,
            bytes: size_of::<M>(),
            macs: M::MACS,
            parts: M::PARTS,
        }
    }

    /// The multiply-adds of several lines.
    pub const fn macs(rows: &[Row]) -> u64 {
        let (mut sum, mut i) = (0, 0);
        while i < rows.len() {
            sum += rows[i].macs;
            i += 1;
        }
        sum
    }
}

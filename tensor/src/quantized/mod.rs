//! [`Quantized`]: a model on bytes.

mod infer;
mod table;

use core::marker::PhantomData;

use castiron_kernels::Plain;

use crate::device::Device;
use crate::memory::{Area, Mut, Ref};
use crate::module::{Model, Module, Prepare};
use crate::params::{Params, Tree};
use crate::sample::{Batch, Sample};
use crate::{Cx, Element};

pub(crate) use table::{FACTOR, POINTS, places};
pub use table::{Lookup, Product, Rescale, Scale, Sum};

/// The parameters of `M` for inference on bytes: a quarter of the memory for weights and for what is between
/// layers, and integer arithmetic only, whose results are the same bits on every processor and GPU. A
/// [`Calibration`](crate::Calibration) makes them.
///
/// A byte q stands for scale·(q − zero point). Activations have a scale and a zero point for each tensor, weights
/// a scale for each output, as in PyTorch's `get_default_qconfig("x86")`. Batch norms are folded as in
/// [`Prepared`](crate::Prepared). Computed on bytes are `Linear` and `Conv2d` with the activation behind them, and what
/// stands between them: pools, sums, concatenations, slices, permutations, activations. All else is computed on `f32`
/// between two conversions, which are made where they are needed. Logits, what a `Linear` gives that is an output of the
/// model, are not squeezed into bytes.
///
/// It runs wherever a model does: in a [`Predictor`](crate::train::Predictor) and by
/// [`train::infer`](crate::train::infer); and it is plain memory with a tree of names, so it may be a `static`, and be
/// saved and loaded.
///
/// ```
/// use castiron::prelude::*;
/// use castiron::{Calibration, Quantized, files};
///
/// model! {
///     Net: [1, 8, 8] -> [2] {
///         conv: Conv2d(4, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d, Relu, MaxPool2d(2),
///         fc: Linear(2),
///     }
/// }
///
/// // A trained model, and some of the data that it was trained on.
/// let model = init::<Net>(0);
/// let images: Vec<Rank3<1, 8, 8>> = (0..64).map(|i| [[[(i % 7) as f32 / 7.0; 8]; 8]]).collect();
///
/// let mut calibration = Calibration::<Net>::new(Cpu::new(), &model)?;
/// calibration.observe(&images)?;
/// let quantized: Tensor<Quantized<Net>> = calibration.quantize()?;
/// println!("{}", calibration.report(&quantized, &images)?); // layer by layer
///
/// let mut logits = vec![[0.0; 2]; images.len()];
/// Predictor::<Quantized<Net>, 64>::new(Cpu::new(), &quantized)?.predict(&images, &mut logits)?;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("net.int8.safetensors");
/// files::save(&*quantized, path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Quantized<M, u8>` has the same parameters, and takes its input in bytes as it is, so that nothing is computed
/// on floats before the output: images need not become floats first. See [`Calibration::pixels`](crate::Calibration::pixels).
///
/// # Layout
///
/// What operations compute with, in the order in which they run, as `repr(C)` lays it out: a [`Scale`] for each value
/// that is converted to bytes, a [`Product`] for each layer with weights, a [`Sum`], a [`Rescale`] or a [`Lookup`] for what has
/// none; then the layers that compute on `f32`, as in the model. Offsets and size are constants of the
/// model and the target, [`Params::TREE`] and [`Quantized::BYTES`].
#[repr(transparent)]
pub struct Quantized<M: Quantizable, X = f32>(M::Tables, PhantomData<fn() -> X>);

// SAFETY: transparent over a plain type.
unsafe impl<M: Quantizable, X: 'static> Plain for Quantized<M, X> {}

impl<M: Quantizable, X: 'static> Params for Quantized<M, X> {
    const TREE: Tree = M::NAMES;
    // There is only the one that inference uses.
    type With<E: Element> = Self;
}

impl<M: Quantizable, X: 'static> Quantized<M, X> {
    /// Its size.
    pub const BYTES: usize = size_of::<Self>();

    /// Zeroed memory, for a `static` that is loaded.
    pub const fn zeroed() -> Self {
        castiron_kernels::zeroed()
    }

    /// What it consists of.
    pub(crate) fn tables<D: Device>(this: Ref<'_, Self, D>) -> Ref<'_, M::Tables, D> {
        // SAFETY: `repr(transparent)`, borrowed for as long.
        unsafe { Ref::new(this.address()) }
    }
}

impl<M: FromBytes> Quantized<M> {
    /// The same, with the input in bytes.
    pub const fn from_bytes(&self) -> &Quantized<M, u8> {
        // SAFETY: both are transparent over the same type.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }
}

impl<M: Quantizable, X: 'static> core::fmt::Debug for Quantized<M, X> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Quantized<{}>, {} bytes", <M as Module<M::Input, M::Output>>::KIND, Self::BYTES)
    }
}

/// A model that inference can compute on bytes.
///
/// `#[derive(Module)]` and [`model!`](crate::model) implement it; programs use it through [`Quantized`]. What a model gives
/// with its taps has no such form.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no quantized form",
    note = "models that `model!` declares and structs with `#[derive(Module)]` have one; those that give their taps have none"
)]
pub trait Quantizable: Prepare {
    /// The parameters in that form; [`Quantized`] says how they lie.
    type Tables: Plain;
    /// Working memory.
    type Buffers<const B: usize>: Plain;
    /// Names, dimensions and offsets of everything in [`Quantizable::Tables`]; all of it frozen.
    const NAMES: Tree;

    /// y = f(x), as used after training. `x` is a batch of [`Model::Input`], or, where `BYTES`, of
    /// [`FromBytes::Bytes`].
    fn infer_quantized<D: Device, const B: usize, const BYTES: bool>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self::Tables, D>,
        x: Area<'_, D>,
        y: Mut<'_, Batch<<Self as Model>::Output, B>, D>,
        state: Mut<'_, <Self as Module<Self::Input, <Self as Model>::Output>>::State<B>, D>,
        scratch: Mut<'_, Self::Buffers<B>, D>,
    );
}

/// A model whose quantized form can have its input in bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take its input in bytes",
    note = "a model does if its input is one tensor of `f32` that only layers read which compute on bytes: see `castiron::Quantized`"
)]
pub trait FromBytes: Quantizable {
    /// [`Model::Input`], of bytes.
    type Bytes: Sample;
}

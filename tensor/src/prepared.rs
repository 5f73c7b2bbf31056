//! [`Prepared`]: a model's parameters in the form that inference likes best.

use castiron_kernels::{Cpu, Plain, Step};
use half::bf16;

#[cfg(feature = "std")]
use crate::Tensor;
use crate::device::Device;
use crate::memory::{Mut, Ref};
use crate::module::{Module, Prepare};
use crate::params::{Params, Tree};
use crate::{Cx, Element, Error};

/// The parameters of `M` as inference likes them best: every batch norm behind a convolution is folded into
/// that convolution, which saves a pass over its output; the weights of linear layers lie in the order in which products
/// read them, so that no call has to pack them; and where images may be in blocks of channels between layers, those of
/// convolutions are packed for that. The same inputs give the same outputs up to rounding.
///
/// The weights of linear layers and convolutions can be stored in `bf16`: see [below](#weights-in-half-the-memory).
///
/// With sₒ = gₒ/√(varₒ + ε), where g and β are weight and bias of the batch norm, mean and var its running
/// statistics, the folded convolution has weight′ₒ = sₒ·weightₒ and bias′ = s·(bias − mean) + β. PyTorch:
/// `torch.nn.utils.fuse_conv_bn_eval`, for the whole model. What is not folded is a batch norm whose input
/// something else needs too, and one that is used more than once or follows a convolution that is. A module
/// that the macro does not know is used as it is, whatever is inside.
///
/// It runs wherever a model does: in a [`Predictor`](crate::train::Predictor) and by
/// [`train::infer`](crate::train::infer).
///
/// ```
/// use castiron::prelude::*;
///
/// model! {
///     Net: [1, 8, 8] -> [2] {
///         conv: Conv2d(4, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d, Relu, MaxPool2d(2),
///         fc: Linear(2),
///     }
/// }
///
/// let model = init::<Net>(0);
/// let prepared = Prepared::of(&Cpu::new(), &*model)?;
/// let (x, mut y, mut same) = ([[[[0.5; 8]; 8]; 1]; 3], [[0.0; 2]; 3], [[0.0; 2]; 3]);
/// Predictor::<Net, 16>::new(Cpu::new(), &model)?.predict(&x, &mut y)?;
/// Predictor::<Prepared<Net>, 16>::new(Cpu::new(), &prepared)?.predict(&x, &mut same)?;
/// assert!((y[0][0] - same[0][0]).abs() < 1e-5 && (y[2][1] - same[2][1]).abs() < 1e-5);
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// It is plain memory, so it may be a `static`, which [`prepare`] fills; and it has a tree of names, so it
/// can be saved and loaded like a model:
///
/// ```
/// # use castiron::prelude::*;
/// # model! {
/// #     Net: [1, 8, 8] -> [2] {
/// #         conv: Conv2d(4, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d, Relu, MaxPool2d(2),
/// #         fc: Linear(2),
/// #     }
/// # }
/// use castiron::prepare;
/// use castiron::train::{Workspace, infer};
/// use std::sync::Mutex;
///
/// static NET: Mutex<Prepared<Net>> = Mutex::new(Prepared::zeroed());
/// static WORK: Mutex<Workspace<Prepared<Net>, 1>> = Mutex::new(Workspace::zeroed());
/// const _: () = assert!(<Prepared<Net>>::BYTES < 1024);
///
/// let (cpu, mut net, mut work) = (Cpu::new(), NET.lock().unwrap(), WORK.lock().unwrap());
/// prepare(&cpu, &*init::<Net>(0), &mut net)?;
/// let mut y = [[0.0; 2]];
/// infer(&cpu, &*net, &[[[[0.5; 8]; 8]; 1]], 1, &mut y, &mut work)?;
/// assert_ne!(y, [[0.0; 2]]);
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// # Weights in half the memory
///
/// `Prepared<M, bf16>` stores the weights of `Linear`, `Conv1d` and `Conv2d` in [`bf16`], after batch norms are folded:
/// each is rounded to eight significant bits, to the nearest, ties to even. That is half the flash, and half the memory
/// to read at each call. Everything else is `f32`: biases, batch norms that are not folded, all other layers (`Embedding`,
/// `Lstm`, attention and modules that the macro does not know; linear layers whose weight is an embedding's), what is between
/// layers, and every sum. So the results are those of the `f32` model with rounded weights, up to the order of sums.
///
/// ```
/// use castiron::{bf16, files, prelude::*};
///
/// model! {
///     Net: [1, 8, 8] -> [2] {
///         conv: Conv2d(4, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d, Relu, MaxPool2d(2),
///         fc: Linear(2),
///     }
/// }
/// // 4×9 and 2×64 weights of two bytes, and the biases of four; each array begins at a multiple of 64.
/// const _: () = assert!(size_of::<Prepared<Net, bf16>>() == 128 + 64 + 256 + 64);
///
/// let model = init::<Net>(0);
/// let prepared = Prepared::stored_in::<bf16>(&Cpu::new(), &*model)?;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("net.bf16.safetensors");
/// files::save(&*prepared, path)?; // what `include_weights!(Prepared<Net, bf16>, "..")` puts into a program
///
/// let (x, mut y) = ([[[[0.5; 8]; 8]; 1]; 3], [[0.0; 2]; 3]);
/// Predictor::<Prepared<Net, bf16>, 16>::new(Cpu::new(), &prepared)?.predict(&x, &mut y)?;
/// # assert_ne!(y, [[0.0; 2]; 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Linear layers widen the weights where they read them; from 129 vectors on (samples, or positions of their sequences)
/// they first widen a part of them into a buffer. Convolutions in blocks widen them where they read them too; others widen
/// as many as fit into a buffer of the [`Cpu`], of at most 1 MiB, or of 4 KiB on the stack without a standard library, for
/// each call.
///
/// # Layout
///
/// The layers that have parameters, in the order in which the model declares them, as `repr(C)` lays them
/// out: each on a boundary of 64 bytes on 64-bit targets, and of its elements on others, such as
/// microcontrollers. A folded convolution is its weight, `[outputs, inputs / groups, kernel, kernel]`, and its
/// bias, `[outputs]`, each on such a boundary, and so is one without a batch norm; every layer that is not named here is as
/// it is in the model.
///
/// The weight of a linear layer is packed in panels of 32 outputs, one after the other: each is
/// `[inputs, outputs of the panel]`, and the last has what is left of the outputs. Its bias is `[outputs]`. In files the
/// weight has a single dimension.
///
/// Convolutions that are 1×1, depthwise, or from at most four channels, with batch norms that are folded and no activation
/// but ReLU and ReLU6, are run on images in blocks of sixteen channels, if that is possible all the way from an ordinary
/// image to a `GlobalAvgPool2d`, as in MobileNets. Then the weight is packed: `[⌈outputs / 16⌉, weights of an output, 16]`,
/// with weights in the order kernel row, input, kernel column, and zeros beyond the last output; the bias is
/// `[⌈outputs / 16⌉, 16]`.
///
/// Offsets and
/// size are constants of the model and the target, [`Params::TREE`] and [`Prepared::BYTES`]; what the
/// processor that runs can do has no say, so that one that prepares and another that infers may share memory.
#[repr(transparent)]
pub struct Prepared<M: Prepare, E: WeightElement = f32>(M::Weights<E>);

// SAFETY: transparent over a plain type.
unsafe impl<M: Prepare, E: WeightElement> Plain for Prepared<M, E> {}

impl<M: Prepare, E: WeightElement> Params for Prepared<M, E> {
    const TREE: Tree = <M::Weights<E> as Params>::TREE;
    // There is only the one that inference uses.
    type With<Other: Element> = Self;
}

/// What the weights of [`Prepared`] models are stored in: `f32` or `bf16`.
#[diagnostic::on_unimplemented(
    message = "weights are not stored in `{Self}`",
    note = "`Prepared<M>` stores the weights of `M` in `f32`, `Prepared<M, bf16>` in `bf16`; `Quantized<M>` in bytes"
)]
pub trait WeightElement: Element + sealed::OfWeights {}
impl WeightElement for f32 {}
impl WeightElement for bf16 {}

mod sealed {
    pub trait OfWeights {}
    impl OfWeights for f32 {}
    impl OfWeights for half::bf16 {}
}

#[cfg(feature = "std")]
impl<M: Prepare> Prepared<M> {
    /// The form of `model`, in memory of its own. It must be made anew when the model changes.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn of(cpu: &Cpu, model: &M) -> Result<Tensor<Self>, Error> {
        Self::stored_in::<f32>(cpu, model)
    }

    /// The same with its weights stored in `E`: [weights in half the memory](Prepared#weights-in-half-the-memory).
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn stored_in<E: WeightElement>(cpu: &Cpu, model: &M) -> Result<Tensor<Prepared<M, E>>, Error> {
        let mut prepared = Tensor::try_zeros()?;
        prepare(cpu, model, &mut *prepared)?;
        Ok(prepared)
    }
}

impl<M: Prepare, E: WeightElement> Prepared<M, E> {
    /// Its size.
    pub const BYTES: usize = size_of::<Self>();

    /// Zeroed memory, for a `static` that [`prepare`] fills.
    pub const fn zeroed() -> Self {
        castiron_kernels::zeroed()
    }

    /// What it consists of.
    pub(crate) fn weights<D: Device>(this: Ref<'_, Self, D>) -> Ref<'_, M::Weights<E>, D> {
        // SAFETY: `repr(transparent)`, borrowed for as long.
        unsafe { Ref::new(this.address()) }
    }
}

/// Overwrites `to` with the form of `model` that inference likes best: [`Prepared::of`] in memory that the
/// caller owns, without heap or operating system. What lies between parameters becomes zero.
///
/// ```
/// use castiron::{Cpu, Prepared, model, params::init, prepare};
/// model! {
///     Net: [2, 4, 4] -> [3, 4, 4] { conv: Conv2d(3, kernel = 1), bn: BatchNorm2d }
/// }
/// let mut prepared: Prepared<Net> = Prepared::zeroed();
/// prepare(&Cpu::new(), &*init::<Net>(0), &mut prepared)?;
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// # Errors
/// When an operation finds its memory wrong.
pub fn prepare<M: Prepare, E: WeightElement>(
    cpu: &Cpu,
    model: &M,
    to: &mut Prepared<M, E>,
) -> Result<(), Error> {
    // SAFETY: uniquely borrowed, and zero bits are a value. In bytes, so that none is left out.
    unsafe { core::ptr::from_mut(to).cast::<u8>().write_bytes(0, Prepared::<M, E>::BYTES) };
    let step = Step::new();
    Device::enter(cpu, |cpu| {
        // Parameters have no batch: one row is all of them.
        M::prepare::<E, _>(&Cx::new(cpu, 1, Ref::from(&step)), Ref::from(model), Mut::from(&mut to.0));
    });
    cpu.take_fault().map_or(Ok(()), |fault| Err(Error::Operation(fault)))
}

impl<M: Prepare, E: WeightElement> core::fmt::Debug for Prepared<M, E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (kind, element) = (<M as Module<M::Input, M::Output>>::KIND, E::DTYPE);
        write!(f, "Prepared<{kind}, {element}>, {} bytes", Self::BYTES)
    }
}

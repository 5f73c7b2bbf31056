//! [`Prepared`]: a model's parameters in the form that inference likes best.

use castiron_kernels::{Cpu, Plain, Step};

#[cfg(feature = "std")]
use crate::Tensor;
use crate::device::Device;
use crate::memory::{Mut, Ref};
use crate::module::{Module, Prepare};
use crate::params::{Params, Tree};
use crate::{Cx, Element, Error};

/// The parameters of `M` as inference likes them best: every batch norm behind a convolution is folded into
/// that convolution, which saves a pass over its output; and where images may be in blocks of channels between
/// layers, weights are packed for that. The same inputs give the same outputs up to
/// rounding, and to the bit where nothing is folded.
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
/// const _: () = assert!(Prepared::<Net>::BYTES < 1024);
///
/// let (cpu, mut net, mut work) = (Cpu::new(), NET.lock().unwrap(), WORK.lock().unwrap());
/// prepare(&cpu, &*init::<Net>(0), &mut net)?;
/// let mut y = [[0.0; 2]];
/// infer(&cpu, &*net, &[[[[0.5; 8]; 8]; 1]], 1, &mut y, &mut work)?;
/// assert_ne!(y, [[0.0; 2]]);
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// # Layout
///
/// The layers that have parameters, in the order in which the model declares them, as `repr(C)` lays them
/// out: each on a boundary of 64 bytes on 64-bit targets, and of its elements on others, such as
/// microcontrollers. A folded convolution is its weight, `[outputs, inputs / groups, kernel, kernel]`, and its
/// bias, `[outputs]`, each on such a boundary; every other layer is as it is in the model.
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
pub struct Prepared<M: Prepare>(M::Weights);

// SAFETY: transparent over a plain type.
unsafe impl<M: Prepare> Plain for Prepared<M> {}

impl<M: Prepare> Params for Prepared<M> {
    const TREE: Tree = M::LAYOUT;
    // There is only the one that inference uses.
    type With<E: Element> = Self;
}

impl<M: Prepare> Prepared<M> {
    /// Its size.
    pub const BYTES: usize = size_of::<Self>();

    /// The form of `model`, in memory of its own. It must be made anew when the model changes.
    ///
    /// # Errors
    /// When there is not enough memory.
    #[cfg(feature = "std")]
    pub fn of(cpu: &Cpu, model: &M) -> Result<Tensor<Self>, Error> {
        let mut prepared = Tensor::try_zeros()?;
        prepare(cpu, model, &mut *prepared)?;
        Ok(prepared)
    }

    /// Zeroed memory, for a `static` that [`prepare`] fills.
    pub const fn zeroed() -> Self {
        castiron_kernels::zeroed()
    }

    /// What it consists of.
    pub(crate) fn weights<D: Device>(this: Ref<'_, Self, D>) -> Ref<'_, M::Weights, D> {
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
/// let mut prepared = Prepared::<Net>::zeroed();
/// prepare(&Cpu::new(), &*init::<Net>(0), &mut prepared)?;
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// # Errors
/// When an operation finds its memory wrong.
pub fn prepare<M: Prepare>(cpu: &Cpu, model: &M, to: &mut Prepared<M>) -> Result<(), Error> {
    // SAFETY: uniquely borrowed, and zero bits are a value. In bytes, so that none is left out.
    unsafe { core::ptr::from_mut(to).cast::<u8>().write_bytes(0, Prepared::<M>::BYTES) };
    let step = Step::new();
    Device::enter(cpu, |cpu| {
        // Parameters have no batch: one row is all of them.
        M::prepare(&Cx::new(cpu, 1, Ref::from(&step)), Ref::from(model), Mut::from(&mut to.0));
    });
    cpu.take_fault().map_or(Ok(()), |fault| Err(Error::Operation(fault)))
}

impl<M: Prepare> core::fmt::Debug for Prepared<M> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Prepared<{}>, {} bytes", <M as Module<M::Input, M::Output>>::KIND, Self::BYTES)
    }
}

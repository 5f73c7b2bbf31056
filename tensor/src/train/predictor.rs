//! Inference: on slices of any length, and on plain statics without an allocator.

use castiron_kernels::{Cpu, Plain, Step};

#[cfg(feature = "std")]
use super::enter::enter;
#[cfg(feature = "std")]
use crate::device::Storage;
use crate::error::outcome;
#[cfg(feature = "std")]
use crate::memory::{Aligned, Mut};
use crate::{Batch, Cx, Error, Infer};
#[cfg(feature = "std")]
use crate::{Sample, Tensor, field, split};

/// What inference on up to `B` samples needs beside the model: plain memory that a program may place where
/// it likes, zeroed to start with.
#[repr(C)]
pub struct Workspace<M: Infer, const B: usize> {
    state: M::State<B>,
    scratch: M::Scratch<B>,
    step: Step,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<M: Infer, const B: usize> Plain for Workspace<M, B> {}

impl<M: Infer, const B: usize> Workspace<M, B> {
    /// Its size.
    pub const BYTES: usize = size_of::<Self>();

    /// Zeroed memory, for a `static`.
    pub const fn zeroed() -> Self {
        castiron_kernels::zeroed()
    }

    /// Starts recurrent layers from zero again.
    pub fn reset_state(&mut self) {
        // SAFETY: plain memory, which is uniquely borrowed; zero bits are a value.
        unsafe { core::ptr::from_mut(&mut self.state).write_bytes(0, 1) };
    }
}

impl<M: Infer, const B: usize> core::fmt::Debug for Workspace<M, B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Workspace of {} bytes", Self::BYTES)
    }
}

/// y = model(x) for the first `rows` samples of a batch, in memory that the caller owns: no heap, no
/// operating system. `model` is a model or [`Prepared`](crate::Prepared).
///
/// ```
/// use castiron::{Cpu, Module, nn::{Linear, Relu}, params::init, train::{Workspace, infer}};
///
/// #[derive(Module)]
/// #[module(input = [4])]
/// #[repr(C)]
/// struct Net {
///     fc1: Linear<[f32; 4], 8, Relu>,
///     fc2: Linear<[f32; 8], 2>,
/// }
/// let (model, x) = (init::<Net>(0), [[1.0, 2.0, 3.0, 4.0]]);
/// let (mut y, mut workspace) = ([[0.0; 2]], Workspace::<Net, 1>::zeroed());
/// infer(&Cpu::new(), &*model, &x, 1, &mut y, &mut workspace)?;
/// assert_ne!(y, [[0.0; 2]]);
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// # Errors
/// When `rows` is not from 1 to `B`, or an operation finds its data wrong.
pub fn infer<M: Infer, const B: usize>(
    cpu: &Cpu,
    model: &M,
    x: &Batch<M::Input, B>,
    rows: usize,
    y: &mut Batch<M::Output, B>,
    workspace: &mut Workspace<M, B>,
) -> Result<(), Error> {
    if !(1..=B).contains(&rows) {
        return Err(Error::Rows { call: "infer", got: rows, capacity: B });
    }
    let Workspace { state, scratch, step } = workspace;
    let step = &*step;
    let cx = Cx::new(cpu, rows, step.into());
    M::infer::<Cpu, B>(&cx, model.into(), x.into(), y.into(), state.into(), scratch.into());
    outcome(cpu, M::PARTS)
}

#[cfg(feature = "std")]
#[repr(C)]
struct Memory<M: Infer, const B: usize> {
    params: M,
    input: Aligned<Batch<M::Input, B>>,
    output: Aligned<Batch<M::Output, B>>,
    workspace: Workspace<M, B>,
}
#[cfg(feature = "std")]
// SAFETY: `repr(C)`, plain fields.
unsafe impl<M: Infer, const B: usize> Plain for Memory<M, B> {}

/// A model, or [`Prepared`](crate::Prepared), in use on any device: slices of any length, in batches of `B`.
/// After construction nothing is allocated.
///
/// ```
/// use castiron::prelude::*;
/// #[derive(Module)]
/// #[module(input = [4])]
/// #[repr(C)]
/// struct Net {
///     fc: Linear<[f32; 4], 2>,
/// }
/// let mut net = Predictor::<Net, 16>::new(Cpu::new(), &init::<Net>(0))?;
/// let mut y = [[0.0; 2]; 100];
/// net.predict(&[[1.0, 2.0, 3.0, 4.0]; 100], &mut y)?;
/// assert_eq!(y[0], y[99]);
/// # Ok::<(), castiron::Error>(())
/// ```
#[cfg(feature = "std")]
pub struct Predictor<M: Infer, const B: usize, D: Storage = Cpu> {
    device: D,
    memory: Tensor<Memory<M, B>, D>,
    graphs: D::Graphs,
}

#[cfg(feature = "std")]
impl<M: Infer, const B: usize, D: Storage> Predictor<M, B, D> {
    /// Bytes of everything that is allocated.
    pub const BYTES: usize = size_of::<Memory<M, B>>();

    /// Uses a copy of `model`. A capacity of nothing does not compile, since no slice would ever be done:
    /// ```compile_fail
    /// # use castiron::prelude::*;
    /// # #[derive(Module)]
    /// # #[module(input = [4])]
    /// # #[repr(C)]
    /// # struct Net { fc: Linear<[f32; 4], 2> }
    /// let net = Predictor::<Net, 0>::new(Cpu::new(), &init::<Net>(0));
    /// ```
    ///
    /// # Errors
    /// When the device has not enough memory.
    pub fn new(device: D, model: &M) -> Result<Self, Error> {
        const { assert!(B > 0, "a `Predictor` needs a capacity of at least one sample") };
        let mut memory = Tensor::<Memory<M, B>, D>::zeros_on(&device)?;
        let (params,) = split!(memory.borrow_mut(), Memory<M, B> { params, });
        device.write_one(model, params);
        Ok(Predictor { device, memory, graphs: D::Graphs::default() })
    }

    /// y = model(x), row by row, for slices of any length.
    ///
    /// # Errors
    /// When `x` and `y` differ in length, or an operation finds its data wrong.
    pub fn predict(
        &mut self,
        x: <M::Input as Sample>::Rows<'_>,
        y: <M::Output as Sample>::RowsMut<'_>,
    ) -> Result<(), Error> {
        let (inputs, outputs) = (M::Input::count(x), M::Output::count_mut(&y));
        let total = inputs.filter(|_| inputs == outputs);
        let total = total.ok_or(Error::Count { call: "Predictor::predict", inputs, targets: outputs })?;
        let Self { device, memory, graphs } = self;
        enter::<M, _, _>(device, B.min(total), |device| {
            let (params, mut input, mut output, workspace) =
                split!(memory.borrow_mut(), Memory<M, B> { params, input, output, workspace });
            let (mut state, mut scratch, step) = split!(workspace, Workspace<M, B> { state, scratch, step });
            let (mut from, mut rest) = (0, y);
            while from < total {
                let rows = B.min(total - from);
                let (now, later) = M::Output::split_mut(rest, rows);
                let x = M::Input::slice(x, from, from + rows);
                // Whole batches need not be copied where the device reads them as they are.
                let lent = M::Input::lend::<D, B>(device, x);
                if lent.is_none() {
                    M::Input::upload::<D, B>(device, x, input.reborrow().inner());
                }
                let infer = |device: &D| {
                    device.enter_model(M::PARTS);
                    let cx = Cx::new(device, rows, step.as_ref());
                    let to: Mut<'_, Batch<M::Output, B>, D> = output.reborrow().inner();
                    let x = lent.unwrap_or_else(|| input.as_ref().inner());
                    M::infer::<D, B>(&cx, params.as_ref(), x, to, state.reborrow(), scratch.reborrow());
                };
                // SAFETY: `infer` is given the same parts of the predictor's memory each time, borrowed uniquely with it;
                // a device that lends records nothing.
                unsafe { device.repeat(graphs, rows as u64, None, infer) };
                M::Output::download::<D, B>(device, output.as_ref().inner(), now);
                (from, rest) = (from + rows, later);
            }
        });
        outcome(&self.device, M::PARTS)
    }

    /// Whether to look, after every operation, at what it wrote: [`Predictor::predict`] then returns an
    /// [`Error::NotFinite`] that names the first layer and operation that made a NaN or an infinity. Slow; off
    /// until it is turned on.
    #[must_use]
    pub fn detect_anomaly(self, on: bool) -> Self {
        self.device.check_finite(on);
        self
    }

    /// Starts recurrent layers from zero again.
    pub fn reset_state(&mut self) {
        let (workspace,) = split!(self.memory.borrow_mut(), Memory<M, B> { workspace, });
        let (state,) = split!(workspace, Workspace<M, B> { state, });
        self.device.zero(state);
    }

    /// A copy of the model.
    pub fn model(&self) -> Tensor<M> {
        let mut model = Tensor::zeros();
        self.device.read_one(field!(self.memory.borrow(), Memory<M, B>, params), &mut *model);
        model
    }
}

#[cfg(feature = "std")]
impl<M: Infer, const B: usize, D: Storage> core::fmt::Debug for Predictor<M, B, D> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Predictor<{}>, {} bytes", M::KIND, Self::BYTES)
    }
}

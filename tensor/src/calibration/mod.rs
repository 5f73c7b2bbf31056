//! [`Calibration`]: from a trained model and a sample of its data to a quantized model.

mod equalize;
mod observer;
mod operation;
mod range;
mod report;
mod simulate;
mod tables;
mod weights;

use castiron_kernels::{Cpu, Plain, Step};

pub(crate) use observer::Observer;
pub use report::{Line, Report};

use crate::error::outcome;
use crate::memory::{Aligned, Area, Mut, Ref};
use crate::module::{Model, Module};
use crate::prepared::Prepared;
use crate::quantized::{FromBytes, Quantizable, Quantized};
use crate::{Batch, Cx, Error, Sample, Tensor, split};
use observer::Mode;
use range::Affine;
use tables::Tables;

/// What inference on one sample works with.
#[repr(C)]
struct Memory<M: Quantizable> {
    input: Aligned<Batch<<M as Model>::Input, 1>>,
    output: Aligned<Batch<<M as Model>::Output, 1>>,
    state: Aligned<<M as Module<<M as Model>::Input, <M as Model>::Output>>::State<1>>,
    scratch: Aligned<M::Buffers<1>>,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<M: Quantizable> Plain for Memory<M> {}

/// Chooses the scales of a [`Quantized`] model: runs the model, its batch norms folded, on a sample of its data, and
/// notes how each value is distributed. PyTorch's post-training static quantization: `prepare`, calibration and
/// `convert`.
///
/// - Weights are scaled so that the largest of each output is 127.
/// - The scale of a value is the one with the least squared error over all that was observed, which may clip outliers, as
///   PyTorch's `HistogramObserver` does; a value that becomes `f32` again, such as an output, is not clipped.
/// - Where a value goes from one layer with weights to others, its channels are divided by numbers that the next weights
///   are multiplied by, so that all use their 256 steps; and biases make up for what the rounding of weights adds on
///   average: cross-layer equalization and bias correction (Nagel et al. 2019, "Data-Free Quantization Through Weight
///   Equalization and Bias Correction"), by the ranges and means that were observed.
///
/// A few hundred samples are enough, if they are like those that will come.
///
/// ```
/// use castiron::prelude::*;
/// use castiron::{Calibration, Quantized};
///
/// model! {
///     Net: [2, 4, 4] -> [3] { conv: Conv2d(8, kernel = 3), Relu, fc: Linear(3) }
/// }
/// let model = init::<Net>(0);
/// let images = [[[[0.1, 0.2, 0.3, 0.4]; 4]; 2], [[[0.9, -0.5, 0.0, 0.7]; 4]; 2]];
///
/// let mut calibration = Calibration::<Net>::new(Cpu::new(), &model)?;
/// calibration.observe(&images)?;
/// let quantized = calibration.quantize()?;
/// let report = calibration.report(&quantized, &images)?;
/// assert!(report.lines().iter().all(|line| line.sqnr > 30.0), "{report}");
/// # Ok::<(), castiron::Error>(())
/// ```
pub struct Calibration<M: Quantizable> {
    device: Observer,
    /// Only what computes on `f32` is in it.
    model: Tensor<Quantized<M>>,
    memory: Tensor<Memory<M>>,
    step: Tensor<Step>,
    samples: usize,
    pixels: Option<[f32; 2]>,
}

impl<M: Quantizable> Calibration<M> {
    /// Of `model`, which it copies, on the threads of `cpu`.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn new(cpu: Cpu, model: &M) -> Result<Self, Error> {
        let prepared = Prepared::of(&cpu, model)?;
        let (mut model, memory) = (Tensor::try_zeros()?, Tensor::try_zeros()?);
        let device = Observer::new(cpu);
        device.seen().weights = weights::take(&*prepared, &mut *model);
        Ok(Calibration { device, model, memory, step: Tensor::zeros(), samples: 0, pixels: None })
    }

    /// Runs the model on samples, as many times as one likes. The first ones also decide how channels are scaled.
    ///
    /// # Errors
    /// When the parts of a tuple differ in their number of rows, an operation finds its data wrong, or a value is not
    /// finite.
    pub fn observe(&mut self, x: <M::Input as Sample>::Rows<'_>) -> Result<(), Error> {
        let count = count::<M>("Calibration::observe", x)?;
        if self.samples == 0 {
            for row in 0..count {
                self.run(None, M::Input::slice(x, row, row + 1), Mode::Measure)?;
            }
            equalize::equalize(&mut self.device.seen());
        }
        for row in 0..count {
            self.run(None, M::Input::slice(x, row, row + 1), Mode::Observe)?;
        }
        self.samples += count;
        Ok(())
    }

    /// The model with the scales that suit what was observed.
    ///
    /// # Errors
    /// When nothing was, or there is not enough memory.
    pub fn quantize(&self) -> Result<Tensor<Quantized<M>>, Error> {
        self.has_observed("Calibration::quantize")?;
        let mut quantized = self.model.clone();
        let mut tables = Tables(weights::bytes(&mut *quantized));
        let seen = self.device.seen();
        let wide = |value: usize| seen.steps.values().any(|step| step.y == value && step.operation.is_wide());
        let scales = seen.values.iter().enumerate().map(|(id, value)| match self.pixels {
            Some(pixels) if id == 0 => Affine::of_pixels(pixels).0,
            _ if wide(id) => value.range.wide(),
            _ => value.range.affine(!value.is_output),
        });
        let scales: Vec<Affine> = scales.collect();
        for (table, step) in &seen.steps {
            let of_input = self.pixels.filter(|_| step.x.first() == Some(&0));
            let shift = of_input.map_or(0.0, |pixels| Affine::of_pixels(pixels).1);
            tables.fill(&self.device.cpu, &seen, *table, step, &scales, shift);
        }
        drop(seen);
        Ok(quantized)
    }

    /// How far `quantized`, which this calibration has made, is from the model, on these samples.
    ///
    /// # Errors
    /// As for [`Calibration::observe`]; when there are no samples, or none was observed.
    pub fn report(
        &mut self,
        quantized: &Quantized<M>,
        x: <M::Input as Sample>::Rows<'_>,
    ) -> Result<Report, Error> {
        let call = "Calibration::report";
        self.has_observed(call)?;
        let count = count::<M>(call, x)?;
        if count == 0 {
            return Err(Error::Argument { call, name: "samples", got: 0.0, want: "at least 1" });
        }
        self.device.seen().values.iter_mut().for_each(|value| value.errors = Default::default());
        for row in 0..count {
            let row = M::Input::slice(x, row, row + 1);
            self.run(None, row, Mode::Remember)?;
            self.run(Some(quantized), row, Mode::Compare)?;
        }
        let seen = self.device.seen();
        let names = weights::names::<M>();
        let lines = seen.values.iter().map(|value| {
            let affine = seen.affine(value.table);
            let range = match seen.steps.get(&value.table).is_some_and(|step| step.operation.is_wide()) {
                true => [i32::MIN, i32::MAX].map(|q| affine.scale * q as f32),
                false => [0, 255].map(|q| affine.number(q)),
            };
            let name = names.get(&value.table).cloned().unwrap_or_default();
            Line::new(name, range, affine.scale, affine.zero, &value.errors)
        });
        let state = size_of::<<M as Module<M::Input, M::Output>>::State<1>>();
        Ok(Report {
            lines: lines.collect(),
            samples: count,
            bytes: [
                [size_of::<M>(), size_of::<Quantized<M>>()],
                [M::INFER_BYTES, state + size_of::<M::Buffers<1>>()],
            ],
        })
    }

    fn has_observed(&self, call: &'static str) -> Result<(), Error> {
        match self.samples {
            0 => Err(Error::Argument { call, name: "samples observed", got: 0.0, want: "at least 1" }),
            _ => Ok(()),
        }
    }

    /// Runs on one sample `quantized`, or, if there is none, what the model gives on `f32`.
    fn run(
        &mut self,
        quantized: Option<&Quantized<M>>,
        x: <M::Input as Sample>::Rows<'_>,
        mode: Mode,
    ) -> Result<(), Error> {
        let (input, output, state, scratch) =
            split!(self.memory.borrow_mut(), Memory<M> { input, output, state, scratch });
        let (mut input, device) = (input.inner(), &self.device);
        M::Input::upload::<Cpu, 1>(&device.cpu, x, input.reborrow());
        let model = core::ptr::from_ref(quantized.unwrap_or(&self.model)).cast_mut().cast::<u8>();
        device.seen().start(mode, model as usize);
        // SAFETY: borrowed, and only read.
        let model = Quantized::tables(unsafe { Ref::<Quantized<M>, Observer>::new(model) });
        let cx = Cx::new(device, 1, there(self.step.borrow_mut()).into_ref());
        M::infer_quantized::<Observer, 1, false>(
            &cx,
            model,
            Area::of(there(input).into_ref()),
            there(output.inner()),
            there(state.inner()),
            there(scratch.inner()),
        );
        outcome(device, <M as Module<M::Input, <M as Model>::Output>>::PARTS)
    }
}

impl<M: FromBytes> Calibration<M> {
    /// Says that the input is made of bytes p, as (p/255 − `mean`) / `std`: then these are its bytes, and
    /// [`Quantized<M, u8>`](Quantized) takes images as they are. Samples to [observe](Self::observe) are `f32` all the same.
    ///
    /// # Errors
    /// When `mean` is not between 0 and 1, or `std` not positive.
    pub fn pixels(mut self, mean: f32, std: f32) -> Result<Self, Error> {
        let call = "Calibration::pixels";
        if !(0.0..=1.0).contains(&mean) {
            return Err(Error::Argument { call, name: "mean", got: mean.into(), want: "between 0 and 1" });
        }
        if !(std.is_normal() && std > 0.0) {
            return Err(Error::Argument { call, name: "std", got: std.into(), want: "positive" });
        }
        self.pixels = Some([mean, std]);
        Ok(self)
    }
}

impl<M: Quantizable> core::fmt::Debug for Calibration<M> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let kind = <M as Module<M::Input, M::Output>>::KIND;
        write!(f, "Calibration<{kind}>, {} samples observed", self.samples)
    }
}

/// How many samples.
fn count<M: Quantizable>(call: &'static str, x: <M::Input as Sample>::Rows<'_>) -> Result<usize, Error> {
    M::Input::count(x).ok_or(Error::Count { call, inputs: None, targets: None })
}

/// The same place on the observing device, whose addresses are the CPU's.
fn there<'a, T: Plain>(value: Mut<'a, T, Cpu>) -> Mut<'a, T, Observer> {
    // SAFETY: borrowed uniquely for as long.
    unsafe { Mut::new(value.address()) }
}

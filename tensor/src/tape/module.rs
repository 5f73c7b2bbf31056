//! Modules on a tape: one node each, with their compiled backward.

use core::cell::Cell;
use core::marker::PhantomData;

use castiron_kernels::{DType, Plain, Step};

use super::averages::{self, Model};
use super::part::floats;
use super::{Backward, Both, Grad, Or, Rule, Tape, Tracked, Var};
use crate::array::{Array, Dims};
use crate::device::{Device, Storage};
use crate::memory::{Mut, Ref};
use crate::params::{Params, Run};
use crate::{Cx, Element, Error, GradBatch, Module, Shape, Tensor};

thread_local! {
    /// What the masks of dropout are drawn with: other ones at every call.
    static STEP: Cell<Step> = const { Cell::new(Step::new()) };
}

/// Seeds what modules on tapes of this thread draw: the masks of dropout. It is as if called with 0 at first.
/// PyTorch's `torch.manual_seed`.
pub fn manual_seed(seed: u64) {
    STEP.set(Step { seed, ..Step::new() });
}

fn next_step() -> Step {
    let step = STEP.get();
    STEP.set(Step { draw: step.draw.wrapping_add(1), ..step });
    step
}

impl Tape {
    /// Puts a model on the tape: what is computed with it is recorded, and its gradient is of its own type, which
    /// every optimizer takes. No parameters are copied.
    ///
    /// ```
    /// use castiron::prelude::*;
    /// use castiron::{Tape, tensor};
    ///
    /// model! { Net: [2] -> [1] { fc1: Linear(8), Tanh, fc2: Linear(1) } }
    ///
    /// let mut model = init::<Net>(0);
    /// let mut optimizer = Updater::new(&model, Adam::new(0.05))?;
    /// let x = tensor![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    /// let t = tensor![[0.0], [1.0], [1.0], [0.0]];
    /// let mut last = 1.0;
    /// for _ in 0..300 {
    ///     let tape = Tape::new();
    ///     let net = tape.watch_model(&model);
    ///     let loss = (net.forward(&x)? - &t).square().sum() / 4.0;
    ///     optimizer.step(&mut model, &loss.backward()?.get(&net))?;
    ///     last = *loss;
    /// }
    /// assert!(last < 0.01);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    /// Its parameters are all f32; of another element it does not compile:
    /// ```compile_fail
    /// use castiron::memory::Aligned;
    /// use castiron::{Tape, Tensor};
    /// let x = Tape::new().watch_model(&Tensor::<Aligned<[f64; 2]>>::zeros());
    /// ```
    pub fn watch_model<M: Params, D: Storage>(&self, model: &Tensor<M, D>) -> Tensor<M, D, Tracked> {
        const { assert!(all_f32(M::RUNS), "the parameters of a model on a tape are f32") };
        let array = model.array_of(floats::<M>(), DType::F32);
        let model = Model { array: array.clone(), runs: M::RUNS };
        Tensor::from_bytes(self.leaf(array, Some(model)))
    }
}

const fn all_f32(runs: &[Run]) -> bool {
    let mut i = 0;
    while i < runs.len() {
        if !matches!(runs[i].element, DType::F32) {
            return false;
        }
        i += 1;
    }
    true
}

impl<M: Params, D: Storage, G: Grad> Tensor<M, D, G> {
    /// y = model(x), for a batch: a layer or a model called on tensors. PyTorch's `model(x)`.
    ///
    /// On a tape it computes as in training (dropout draws, batch norm looks at the batch), is recorded as one
    /// operation, and its backward is the compiled one; off the tape, and while recording is off, it computes as
    /// after training. A recurrent layer starts from zero at every call. Called several times on one tape, batch
    /// norms keep the statistics of the first call.
    ///
    /// # Errors
    /// When an operation finds its data wrong: an index beyond an embedding, say.
    pub fn forward<X: Shape, Y: Shape, H: Grad, const B: usize>(
        &self,
        x: &Tensor<[X; B], D, H>,
    ) -> Result<Tensor<[Y; B], D, Both<G, H>>, Error>
    where
        M: Module<X, Y>,
        G: Or<H>,
    {
        const { M::CHECK };
        let (p, x) = (self.model_var(), x.as_var());
        let y = if Var::is_recorded(&[&p, &x]) {
            train::<M, X, Y, D, B>(p, x)?
        } else {
            infer::<M, X, Y, D, B>(&p.array, &x.array)?
        };
        Ok(Tensor::from_var(y))
    }

    fn model_var(&self) -> Var {
        Var { array: self.array_of(floats::<M>(), DType::F32), handle: self.handle().cloned() }
    }
}

/// Memory for a `T`, as an array of bytes.
fn memory<T: Plain, D: Storage>(like: &Array) -> Tensor<T, D> {
    let dims = Dims::new(&[size_of::<T>()]);
    Tensor::from_bytes(Var::constant(like.zeros(dims, DType::U8)))
}

/// The value in an array's memory.
fn value<T: Plain, D: Storage>(array: &Array) -> Tensor<T, D> {
    Tensor::from_bytes(Var::constant(array.clone()))
}

fn fault<D: Device>(device: &D) -> Result<(), Error> {
    device.take_fault().map_or(Ok(()), |fault| Err(Error::Operation(fault)))
}

fn infer<M: Module<X, Y>, X: Shape, Y: Shape, D: Storage, const B: usize>(
    p: &Array,
    x: &Array,
) -> Result<Var, Error> {
    let (model, input) = (value::<M, D>(p), value::<[X; B], D>(x));
    let mut y = memory::<[Y; B], D>(p);
    let mut state = memory::<M::State<B>, D>(p);
    let mut scratch = memory::<M::InferScratch<B>, D>(p);
    let step = memory::<Step, D>(p);
    D::of(model.memory().0, |device| {
        let cx = Cx::new(device, B, step.borrow());
        let (p, x) = (model.borrow(), input.borrow());
        M::infer::<D, B>(&cx, p, x, y.borrow_mut(), state.borrow_mut(), scratch.borrow_mut());
        fault(device)
    })?;
    Ok(Var::constant(y.array()))
}

fn train<M: Module<X, Y>, X: Shape, Y: Shape, D: Storage, const B: usize>(
    p: Var,
    x: Var,
) -> Result<Var, Error> {
    let (model, input) = (value::<M, D>(&p.array), value::<[X; B], D>(&x.array));
    let mut y = memory::<[Y; B], D>(&p.array);
    let mut state = memory::<M::State<B>, D>(&p.array);
    let mut saved = memory::<M::Saved<B>, D>(&p.array);
    let mut scratch = memory::<M::TrainScratch<B>, D>(&p.array);
    let mut step = memory::<Step, D>(&p.array);
    D::of(model.memory().0, |device| {
        device.write_one(&next_step(), step.borrow_mut());
        let cx = Cx::new(device, B, step.borrow());
        let (p, x) = (model.borrow(), input.borrow());
        let (state, scratch) = (state.borrow_mut(), scratch.borrow_mut());
        M::forward::<D, B>(&cx, p, x, y.borrow_mut(), state, saved.borrow_mut(), scratch);
        fault(device)
    })?;
    let place = p.handle.as_ref().map(|handle| handle.record.place(handle.index));
    let rule = Compiled::<M, X, Y, D, B> { saved, step, place, map: PhantomData };
    Ok(Var::record_with(y.array(), &[&p, &x], |y| (rule, vec![p.save(), x.save(), y.save()])))
}

/// A module's own backward. It may use up what forward saved, so each walk gets a copy where it is to be kept.
struct Compiled<M: Module<X, Y>, X: Shape, Y: Shape, D: Storage, const B: usize> {
    saved: Tensor<M::Saved<B>, D>,
    step: Tensor<Step, D>,
    /// Where the module lies in the model that is on the tape.
    place: Option<(usize, usize)>,
    map: PhantomData<fn(X) -> Y>,
}

impl<M: Module<X, Y>, X: Shape, Y: Shape, D: Storage, const B: usize> Rule for Compiled<M, X, Y, D, B> {
    fn name(&self) -> &'static str {
        M::KIND
    }

    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        if cx.recording() {
            return Err(Error::NoSecondDerivative { operation: M::KIND });
        }
        let array = &cx.saved(0).array;
        let (model, x, y) = (
            value::<M, D>(array),
            value::<[X; B], D>(&cx.saved(1).array),
            value::<[Y; B], D>(&cx.saved(2).array),
        );
        // What other calls have given the model's gradient is added to where it is.
        let mut dp = match cx.take_sum(0) {
            Some(sum) => Tensor::<M::With<f32>, D>::from_bytes(sum),
            None => memory::<M::With<f32>, D>(array),
        };
        let dy = Tensor::<GradBatch<Y, B>, D>::from_bytes(Var::constant(dy.array));
        let mut dx = cx.wants(1).map(|_| memory::<GradBatch<X, B>, D>(array));
        let mut scratch = memory::<M::TrainScratch<B>, D>(array);
        // A clone that is written to becomes a copy: what was saved stays for another walk.
        let mut saved = self.saved.clone();
        D::of(model.memory().0, |device| {
            let cx = Cx::new(device, B, self.step.borrow());
            let (p, x, y): (Ref<'_, M, D>, _, _) = (model.borrow(), x.borrow(), y.borrow());
            let dx = dx.as_mut().map(|dx| dx.borrow_mut());
            let (saved, scratch): (Mut<'_, M::Saved<B>, D>, _) = (saved.borrow_mut(), scratch.borrow_mut());
            M::backward::<D, B>(&cx, p, x, y, saved, dy.borrow(), dx, dp.borrow_mut(), scratch);
            fault(device)
        })?;
        let mut gradient = dp.array_of(floats::<M::With<f32>>(), DType::F32);
        drop(dp);
        if let Some(place) = self.place {
            averages::take(&mut gradient, M::RUNS, place, cx.statistics);
        }
        cx.give(0, || Var::constant(gradient));
        if let (Some(dx), Some(dims)) = (dx, cx.wants(1)) {
            cx.give(1, || Var::constant(dx.array_of(dims, X::Elem::DTYPE)));
        }
        Ok(())
    }
}

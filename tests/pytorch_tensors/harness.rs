//! Runs a case as its type says, and hands the numbers on without their types: one thin function per case, all
//! else compiled once.

use std::panic::{AssertUnwindSafe, catch_unwind};

use castiron::prelude::*;
use castiron::tape::{Differentiable, Tracked};
use castiron::testing::trace;
use castiron::{DynTensor, Error, Gradients, Shape, Tape, Tensor};

use crate::compare::{compare, difference, direction, moved};
use crate::fixture::Fixture;
use crate::table::{Case, Op};

/// What was found when a case ran.
#[derive(Default)]
pub struct Found {
    pub failures: Vec<String>,
    pub forward: Vec<&'static str>,
    pub backward: Vec<&'static str>,
    /// Gradients were compared with PyTorch's.
    pub gradient: bool,
    /// Gradients of gradients were compared with differences.
    pub second: bool,
}

/// A case that is being run.
pub struct Run<'a> {
    inputs: &'a [DynTensor],
    next: usize,
    tape: Option<Tape>,
    leaves: Vec<Option<Box<dyn Leaf>>>,
    results: Vec<Box<dyn Result>>,
}

impl Run<'_> {
    /// The next input, on a tape if gradients are wanted.
    pub fn tracked<S: Shape<Elem: Differentiable>>(&mut self) -> Tensor<S, Cpu, Tracked> {
        let x: Tensor<S> = self.input().try_into().unwrap();
        let Some(tape) = &self.tape else { return x.constant() };
        let x = tape.watch(&x);
        self.leaves.push(Some(Box::new(x.clone())));
        x
    }

    /// The next input, on no tape.
    pub fn plain<S: Shape>(&mut self) -> Tensor<S> {
        self.leaves.push(None);
        self.input().try_into().unwrap()
    }

    fn input(&mut self) -> &DynTensor {
        self.next += 1;
        &self.inputs[self.next - 1]
    }
}

/// What an operation returns.
pub trait Output {
    fn push(self, run: &mut Run<'_>);
}
impl<S: Shape> Output for Tensor<S> {
    fn push(self, run: &mut Run<'_>) {
        run.results.push(Box::new(DynTensor::from(self)));
    }
}
impl<S: Shape> Output for Tensor<S, Cpu, Tracked> {
    fn push(self, run: &mut Run<'_>) {
        run.results.push(Box::new(self));
    }
}
impl<T: Output> Output for core::result::Result<T, Error> {
    fn push(self, run: &mut Run<'_>) {
        self.unwrap().push(run);
    }
}
impl<A: Output, B: Output> Output for (A, B) {
    fn push(self, run: &mut Run<'_>) {
        self.0.push(run);
        self.1.push(run);
    }
}
impl<A: Output, B: Output, C: Output> Output for (A, B, C) {
    fn push(self, run: &mut Run<'_>) {
        self.0.push(run);
        (self.1, self.2).push(run);
    }
}
impl<T: Output> Output for Vec<T> {
    fn push(self, run: &mut Run<'_>) {
        self.into_iter().for_each(|y| y.push(run));
    }
}
impl<T: Output, const N: usize> Output for [T; N] {
    fn push(self, run: &mut Run<'_>) {
        self.into_iter().for_each(|y| y.push(run));
    }
}

type Number = Tensor<f64, Cpu, Tracked>;

/// An input on a tape.
trait Leaf {
    fn gradient(&self, gradients: &Gradients) -> DynTensor;
    /// ⟨gradient, v⟩
    fn slope(&self, gradients: &Gradients<Tracked>, v: &DynTensor) -> Number;
}
impl<S: Shape> Leaf for Tensor<S, Cpu, Tracked> {
    fn gradient(&self, gradients: &Gradients) -> DynTensor {
        gradients.get(self).into()
    }
    fn slope(&self, gradients: &Gradients<Tracked>, v: &DynTensor) -> Number {
        inner(&gradients.get(self), v)
    }
}

/// A result.
trait Result {
    fn value(&self) -> DynTensor;
    fn backward(&self, dy: &DynTensor) -> Gradients;
    /// ⟨y, dy⟩
    fn inner(&self, dy: &DynTensor) -> Number;
}
impl Result for DynTensor {
    fn value(&self) -> DynTensor {
        self.clone()
    }
    fn backward(&self, _: &DynTensor) -> Gradients {
        panic!("PyTorch has a gradient of this result, but castiron takes it for a constant")
    }
    fn inner(&self, _: &DynTensor) -> Number {
        unreachable!("`backward` comes first")
    }
}
impl<S: Shape> Result for Tensor<S, Cpu, Tracked> {
    fn value(&self) -> DynTensor {
        self.into()
    }
    fn backward(&self, dy: &DynTensor) -> Gradients {
        self.backward_with(&Tensor::<S>::try_from(dy).unwrap()).unwrap()
    }
    fn inner(&self, dy: &DynTensor) -> Number {
        inner(self, dy)
    }
}

fn inner<S: Shape>(x: &Tensor<S, Cpu, Tracked>, v: &DynTensor) -> Number {
    let v = Tensor::<S>::try_from(v).unwrap();
    (x.cast::<f64>() * v.cast::<f64>()).sum()
}

/// Runs a case and compares all that the fixture has of it.
pub fn check(fixture: &Fixture, op: &Op, case: &Case) -> Found {
    let mut found = Found::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut found = Found::default();
        compare_case(fixture, op, case, &mut found);
        found
    }));
    match outcome {
        Ok(outcome) => found = outcome,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()));
            found.failures.push(format!("panicked: {}", text.unwrap_or_default()));
        }
    }
    for failure in &mut found.failures {
        *failure = format!("{}/{} `{}`: {failure}", op.name, case.name, op.call);
    }
    found
}

fn compare_case(fixture: &Fixture, op: &Op, case: &Case, found: &mut Found) {
    let tolerance = op.tolerance(case);
    let prefix = format!("{}/{}", op.name, case.name);
    let all = |letter: &str| -> Vec<Option<&DynTensor>> {
        let last = (0..8).rev().find(|i| fixture.get(&format!("{prefix}/{letter}{i}")).is_some());
        let count = last.map_or(0, |last| last + 1);
        (0..count).map(|i| fixture.get(&format!("{prefix}/{letter}{i}"))).collect()
    };
    let inputs: Vec<DynTensor> =
        all("x").into_iter().map(|x| x.expect("inputs are numbered").clone()).collect();
    let (ys, dys, dxs) = (all("y"), all("dy"), all("dx"));
    assert!(!ys.is_empty(), "the fixture has no such case");
    let seeds: Vec<(usize, &DynTensor)> =
        dys.iter().enumerate().filter_map(|(i, dy)| Some((i, (*dy)?))).collect();
    let (run, forward) = trace(|| started(case, &inputs, !seeds.is_empty()));
    found.forward = forward;
    if run.results.len() != ys.len() {
        found.failures.push(format!("{} results, not {}", run.results.len(), ys.len()));
        return;
    }
    for (i, (got, want)) in run.results.iter().zip(ys).enumerate() {
        let outcome = compare(&got.value(), want.expect("results are numbered"), tolerance, false);
        found.failures.extend(outcome.err().map(|error| format!("y{i}: {error}")));
    }
    if seeds.is_empty() {
        return;
    }
    let (mut total, mut kernels) = (None::<Gradients>, Vec::new());
    for (i, dy) in &seeds {
        let (gradients, backward) = trace(|| run.results[*i].backward(dy));
        kernels.extend(backward);
        match &mut total {
            Some(total) => total.accumulate(gradients),
            None => total = Some(gradients),
        }
    }
    found.backward = kernels;
    let gradients = total.expect("there is a seed");
    for (i, leaf) in run.leaves.iter().enumerate() {
        let Some(leaf) = leaf else { continue };
        let got = leaf.gradient(&gradients);
        let outcome = match dxs.get(i).copied().flatten() {
            Some(want) => compare(&got, want, tolerance, true),
            None => Err("a gradient that PyTorch does not have".to_owned()),
        };
        found.failures.extend(outcome.err().map(|error| format!("dx{i}: {error}")));
        found.gradient = true;
    }
    // Differences are sharp in f64, and where gradients are linear.
    let step = match case.name.rsplit_once('/') {
        Some((_, "f64")) => Some(1e-5),
        Some((_, "f32")) if op.linear => Some(0.25),
        _ => None,
    };
    if let Some(step) = step {
        let outcome = second(case, &inputs, &seeds, step);
        found.failures.extend(outcome.err().map(|error| format!("second order: {error}")));
        found.second = true;
    }
}

fn started<'a>(case: &Case, inputs: &'a [DynTensor], tracked: bool) -> Run<'a> {
    let tape = tracked.then(Tape::new);
    let mut run = Run { inputs, next: 0, tape, leaves: Vec::new(), results: Vec::new() };
    (case.run)(&mut run);
    run
}

/// The gradient of ⟨gradient, v⟩ against differences of gradients along v: both are the Hessian times v.
fn second(
    case: &Case,
    inputs: &[DynTensor],
    seeds: &[(usize, &DynTensor)],
    h: f64,
) -> core::result::Result<(), String> {
    let loss = |run: &Run<'_>| {
        let each = seeds.iter().map(|(i, dy)| run.results[*i].inner(dy));
        each.reduce(|a, b| a + b).expect("there is a seed")
    };
    let directions: Vec<DynTensor> = inputs.iter().enumerate().map(|(i, x)| direction(x, i)).collect();
    let run = started(case, inputs, true);
    let first = loss(&run).backward_create_graph().map_err(|error| error.to_string())?;
    let slopes =
        run.leaves.iter().zip(&directions).filter_map(|(leaf, v)| Some(leaf.as_ref()?.slope(&first, v)));
    let slope = slopes.reduce(|a, b| a + b).expect("there is an input");
    let second = slope.backward().map_err(|error| error.to_string())?;
    let along = |step: f64| -> Vec<Option<DynTensor>> {
        let moved: Vec<DynTensor> = inputs.iter().zip(&directions).map(|(x, v)| moved(x, v, step)).collect();
        let run = started(case, &moved, true);
        let gradients = loss(&run).backward().unwrap();
        run.leaves.iter().map(|leaf| Some(leaf.as_ref()?.gradient(&gradients))).collect()
    };
    for (i, (more, less)) in along(h).iter().zip(along(-h)).enumerate() {
        let (Some(more), Some(less), Some(leaf)) = (more, less, &run.leaves[i]) else { continue };
        difference(&leaf.gradient(&second), more, &less, 2.0 * h)
            .map_err(|error| format!("x{i}: {error}"))?;
    }
    Ok(())
}

//! The walk from a result back to what it was computed from.

use std::rc::Rc;

use castiron_kernels::Cpu;

use super::anomaly::in_backward;
use super::averages::Statistic;
use super::gradients::Item;
use super::handle::Handle;
use super::record::{Kind, Operation, Record};
use super::rule::Backward;
use super::var::Var;
use crate::Error;
use crate::array::{Dims, with_cpu};

/// What happens to what was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Released as backward walks.
    Release,
    /// Kept: another backward may walk it. PyTorch's `retain_graph`.
    Retain,
    /// Kept, and the gradients are recorded too. PyTorch's `create_graph`.
    Create,
}

/// The gradients of `⟨seed, root⟩` with respect to everything that somebody holds.
pub(crate) fn backward(root: &Handle, seed: Var, mode: Mode) -> Result<Vec<Item>, Error> {
    let record = &root.record;
    record.recording_while(mode == Mode::Create, || walk(record, root.index, seed, mode))
}

fn walk(record: &Rc<Record>, root: usize, seed: Var, mode: Mode) -> Result<Vec<Item>, Error> {
    let mut pending: Vec<Option<Var>> = vec![None; root + 1];
    pending[root] = Some(seed);
    let (mut gradients, mut statistics) = (Vec::new(), Vec::new());
    let watched = with_cpu(Cpu::checks_finite);
    for index in (0..=root).rev() {
        let Some(mut dy) = pending[index].take() else { continue };
        let model = record.model(index);
        let averages = model.and_then(|model| model.complete(&mut dy.array, index, &statistics));
        if let Some(serial) = record.node(index, |node| node.is_held().then_some(node.serial)) {
            gradients.push(Item { serial, gradient: dy.clone(), averages });
        }
        match record.take(index) {
            Kind::Leaf(_) => {}
            Kind::Released(operation) => return Err(Error::Released { operation }),
            Kind::Operation(operation) => {
                let outcome = step(record, &operation, dy, mode, &mut pending, &mut statistics);
                if watched {
                    in_backward(operation.rule.name());
                }
                if mode != Mode::Release || outcome.is_err() {
                    record.restore(index, operation);
                }
                outcome?;
            }
        }
    }
    // What a GPU has refused meanwhile.
    let of_root = gradients.first().and_then(|item: &Item| item.gradient.array.memory.take_known_fault());
    of_root.map_or(Ok(gradients), |fault| Err(Error::Operation(fault)))
}

/// The gradients of one operation's inputs, added to what is pending.
fn step(
    record: &Rc<Record>,
    operation: &Operation,
    dy: Var,
    mode: Mode,
    pending: &mut [Option<Var>],
    statistics: &mut Vec<Statistic>,
) -> Result<(), Error> {
    let recording = mode == Mode::Create;
    let saved: Vec<Var> = operation
        .saved
        .iter()
        .map(|saved| Var {
            array: saved.array.clone(),
            handle: saved.node.filter(|_| recording).map(|index| record.handle(index)),
        })
        .collect();
    let inputs: Vec<Option<Dims>> = operation
        .inputs
        .iter()
        .map(|input| input.map(|index| record.node(index, |node| node.dims)))
        .collect();
    let mut gradients: Vec<Option<Var>> = vec![None; inputs.len()];
    let mut cx = Backward {
        saved: &saved,
        inputs: &inputs,
        gradients: &mut gradients,
        nodes: &operation.inputs,
        pending,
        statistics,
        recording,
    };
    operation.rule.backward(&mut cx, dy)?;
    for (input, gradient) in operation.inputs.iter().zip(gradients) {
        let (Some(index), Some(gradient)) = (*input, gradient) else { continue };
        debug_assert_eq!(
            gradient.array.dims,
            record.node(index, |node| node.dims),
            "{}",
            operation.rule.name()
        );
        pending[index] = Some(match pending[index].take() {
            Some(sum) => sum.plus(gradient),
            None => gradient,
        });
    }
    Ok(())
}

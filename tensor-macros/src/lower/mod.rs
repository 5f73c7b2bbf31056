//! From a graph to programs: straight lists of steps over named buffers.
//!
//! There are two: inference, and training, in which forward is followed by its mirror. Nodes that one
//! kernel computes in a pass become one step (`fuse`); values that are the same numbers share a buffer
//! (`values`); what each node does forward and backward is in `forward` and `backward`. Every buffer is
//! written before it is read, and steps run in order: that is all that the plan needs to know.

pub(crate) mod backward;
pub(crate) mod blocked;
mod broadcast;
mod build;
mod forward;
mod fuse;
pub(crate) mod program;
mod quantized;
mod values;
mod whole;

pub(crate) use build::{identifier, is_erased, is_stored};
pub(crate) use fuse::{Group, groups};
pub(crate) use program::{BufferId, Call, Function, Operand, Phase, Place, Program, Step, Table, TableId};

use crate::graph::Graph;
use build::Builder;

/// What the model computes when it is used.
pub(crate) fn inference(graph: &Graph) -> Program {
    let mut builder = Builder::new(graph, Phase::Infer);
    forward::lower(&mut builder);
    builder.finish()
}

/// The same with batch norms folded into what comes before them.
pub(crate) fn prepared(graph: &Graph) -> Program {
    let mut builder = Builder::new(graph, Phase::Prepared);
    forward::lower(&mut builder);
    builder.finish()
}

/// The same on bytes where that is possible.
pub(crate) fn quantized(graph: &Graph) -> Program {
    let mut builder = Builder::new(graph, Phase::Quantized);
    forward::lower(&mut builder);
    quantized::find_input_bytes(&mut builder);
    builder.finish()
}

/// What it computes while it is trained, and the gradients.
pub(crate) fn training(graph: &Graph) -> Program {
    let mut builder = Builder::new(graph, Phase::Train);
    forward::lower(&mut builder);
    builder.program.split = builder.program.steps.len();
    backward::lower(&mut builder);
    builder.finish()
}

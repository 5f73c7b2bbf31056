//! Runs a program on memory that knows who wrote it last: the proof that a plan keeps apart what it must.

use std::ops::Range;

use super::Plan;
use crate::lower::{BufferId, Operand, Place, Program};

/// Fails where a step reads what another buffer has overwritten, where two arguments of one call overlap
/// and one of them is written, and where a buffer is read before it is written.
pub(crate) fn verify(program: &Program, plan: &Plan) {
    let mut owner: Vec<Option<BufferId>> = vec![None; plan.peak];
    let range = |buffer: BufferId| {
        let root = program.root(buffer);
        let floats =
            if program.buffers[root].place == Place::Planned { program.buffers[root].floats } else { 0 };
        plan.offsets[root]..plan.offsets[root] + floats
    };
    let name = |buffer: Option<BufferId>| buffer.map_or("nobody", |buffer| &program.buffers[buffer].name);
    for (i, step) in program.steps.iter().enumerate() {
        let in_place = step.in_place.filter(|_| plan.in_place[i]);
        for (at, operand) in step.operands.iter().enumerate() {
            let Operand::Read(buffer) = *operand else { continue };
            let (read, root) = (range(buffer), program.root(buffer));
            for place in read.clone() {
                assert!(
                    owner[place] == Some(root),
                    "step {i} reads {}, whose memory {} has written",
                    name(Some(root)),
                    name(owner[place])
                );
            }
            for (other, written) in step.operands.iter().enumerate() {
                let (Operand::Write(written) | Operand::Update(written)) = *written else { continue };
                assert!(
                    !overlap(&read, &range(written)) || in_place == Some((at, other)),
                    "step {i} reads {} and writes {} over it",
                    name(Some(root)),
                    name(Some(written))
                );
            }
        }
        for operand in &step.operands {
            let (Operand::Write(buffer) | Operand::Update(buffer)) = *operand else { continue };
            let root = program.root(buffer);
            let written = range(buffer);
            assert!(written.end <= plan.peak && written.start.is_multiple_of(super::LINE));
            owner[written].fill(Some(root));
        }
    }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start.max(b.start) < a.end.min(b.end)
}

//! Copies, sums and zeros of values of any type: sequences and tuples tensor by tensor.

use quote::quote;

use super::build::Builder;
use super::program::{BufferId, Operand, Place, Step};
use crate::graph::BinaryOp;
use crate::sample::{Element, Sample};

/// A tensor that is part of several values of one type: its bytes per sample, its element, and where it is in each.
struct Tensor<const N: usize> {
    bytes: usize,
    element: Element,
    at: [BufferId; N],
}

/// All of them; of gradients, those that have numbers.
fn tensors<const N: usize>(
    builder: &mut Builder<'_>,
    sample: &Sample,
    gradient: bool,
    at: [BufferId; N],
) -> Vec<Tensor<N>> {
    let mut inner = |name: &str, place: &dyn Fn(BufferId) -> Place, sample: &Sample| {
        at.map(|whole| {
            let name = format!("{}_{name}", builder.program.buffers[whole].name);
            builder.buffer(name, place(whole), sample.clone())
        })
    };
    match sample {
        Sample::Shape(_) => {
            let bytes = if gradient { sample.gradient_bytes() } else { sample.bytes() };
            Vec::from_iter((bytes > 0).then_some(Tensor { bytes, element: sample.element(), at }))
        }
        // The gradient of a sequence is that of all its items.
        Sample::Seq(item, max) => {
            let (items, element) = (Sample::Shape(item.clone()), item.element);
            if gradient {
                let bytes = items.gradient_bytes() * max;
                return Vec::from_iter((bytes > 0).then_some(Tensor { bytes, element, at }));
            }
            let lens = inner("lens", &|whole| Place::Field(whole, "lens"), &items);
            let data = inner("data", &|whole| Place::Field(whole, "data"), &items);
            vec![
                Tensor { bytes: 4, element: Element::I32, at: lens },
                Tensor { bytes: items.bytes() * max, element, at: data },
            ]
        }
        Sample::Tuple(parts) => {
            let parts: Vec<_> = (parts.iter().enumerate())
                .map(|(i, part)| (part, inner(&i.to_string(), &|whole| Place::Part(whole, i), part)))
                .collect();
            parts.into_iter().flat_map(|(part, at)| tensors(builder, part, gradient, at)).collect()
        }
    }
}

/// y ← x
pub(super) fn copy(builder: &mut Builder<'_>, sample: &Sample, gradient: bool, from: BufferId, to: BufferId) {
    for Tensor { bytes, at: [from, to], .. } in tensors(builder, sample, gradient, [from, to]) {
        let (function, len) = match bytes.is_multiple_of(4) {
            true => ("arithmetic::copy", bytes / 4),
            false => ("arithmetic::copy_bytes", bytes),
        };
        // Words are copied as they are, whatever they mean.
        builder.step_of(Element::F32, function, quote!(#len), vec![Operand::Read(from), Operand::Write(to)]);
    }
}

/// sum ← a + b, which are gradients of a `sample`. `each` gets every step.
pub(super) fn add(
    builder: &mut Builder<'_>,
    sample: &Sample,
    [a, b, sum]: [BufferId; 3],
    each: impl Fn(&mut Step),
) {
    let add = super::forward::binary_op(BinaryOp::Add);
    for Tensor { bytes, element, at: [a, b, sum] } in tensors(builder, sample, true, [a, b, sum]) {
        let len = bytes / element.bytes();
        let operands = vec![Operand::Read(a), Operand::Read(b), Operand::Write(sum)];
        let step = builder.step_of(element, "arithmetic::binary", quote!(#add, #len), operands);
        step.in_place = Some((0, 2));
        each(step);
    }
}

/// The gradient of a `sample` ← 0
pub(super) fn zeros(builder: &mut Builder<'_>, sample: &Sample, to: BufferId, each: impl Fn(&mut Step)) {
    for Tensor { bytes, element, at: [to] } in tensors(builder, sample, true, [to]) {
        let len = bytes / element.bytes();
        each(builder.step_of(element, "arithmetic::fill", quote!(#len, 0.0), vec![Operand::Write(to)]));
    }
}

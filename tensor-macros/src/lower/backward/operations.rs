//! The gradients of arithmetic, joins and parts.

use quote::quote;

use super::{Backward, Gradient};
use crate::graph::{BinaryOp, Node, ValueId, What};
use crate::lower::broadcast::{self, Walk};
use crate::lower::forward;
use crate::lower::program::{BufferId, Operand};

/// −1/k, with which y = k/x becomes −1/x. Where k is zero, y is too, and so is the gradient.
fn minus_reciprocal(k: f32) -> f32 {
    let inverse = -1.0 / k;
    if inverse.is_finite() { inverse } else { 0.0 }
}

impl Backward<'_, '_> {
    pub(super) fn operation(&mut self, node: &Node, dy: Gradient) {
        let len = self.builder.len(node.output);
        match &node.what {
            What::Binary(op) => self.binary(node, *op, dy),
            What::Affine { scale, .. } => {
                let (input, scale) = (node.inputs[0], forward::number(*scale as f32));
                let dx = self.fresh(input);
                let operands = vec![Operand::Read(dy.buffer), Operand::Write(dx)];
                self.step_for(input, "arithmetic::affine", quote!(#len, #scale, 0.0), operands).in_place =
                    Some((0, 1));
                self.contribute(input, dx, true);
            }
            // y = k/x, dy/dx = −k/x² = y·(−y/k): y² could be too small for an f32.
            What::Reciprocal { numerator } => {
                let (input, factor) = (node.inputs[0], forward::number(minus_reciprocal(*numerator as f32)));
                let y = self.builder.at(node.output);
                let mul = forward::binary_op(BinaryOp::Mul);
                let (inverse, slope) =
                    (self.temporary(input, "inverse", len), self.temporary(input, "slope", len));
                let dx = self.fresh(input);
                let operands = vec![Operand::Read(y), Operand::Write(inverse)];
                self.step_for(input, "arithmetic::affine", quote!(#len, #factor, 0.0), operands);
                let operands = vec![Operand::Read(inverse), Operand::Read(y), Operand::Write(slope)];
                self.step_for(input, "arithmetic::binary", quote!(#mul, #len), operands).in_place =
                    Some((0, 2));
                let operands = vec![Operand::Read(slope), Operand::Read(dy.buffer), Operand::Write(dx)];
                self.step_for(input, "arithmetic::binary", quote!(#mul, #len), operands).in_place =
                    Some((0, 2));
                self.contribute(input, dx, true);
            }
            What::Reduce { axis, mean } => {
                let input = node.inputs[0];
                let args = broadcast::reduce(&self.builder.shape(input).dims, axis.value, *mean);
                let dx = self.fresh(input);
                let operands = vec![Operand::Read(dy.buffer), Operand::Write(dx)];
                self.step_for(input, "reduce::backward", args, operands);
                self.contribute(input, dx, true);
            }
            What::Concat { axis } => {
                let whole = self.builder.shape(node.output).dims.clone();
                let mut start = 0;
                for input in &node.inputs {
                    let part = self.builder.shape(*input).dims.clone();
                    let walk = Walk::narrow(&whole, &part, axis.value, start);
                    start += part[axis.value];
                    if self.is_wanted(*input) {
                        let dx = self.fresh(*input);
                        let operands = vec![Operand::Read(dy.buffer), Operand::Update(dx)];
                        self.step_for(*input, "layout::strided", walk.arguments(1.0, false), operands);
                        self.contribute(*input, dx, true);
                    }
                }
            }
            What::Permute { .. } => {
                let input = node.inputs[0];
                let (from, to) = (&self.builder.shape(input).dims, &self.builder.shape(node.output).dims);
                let walk = Walk::of(node, from, to).reversed();
                let dx = self.fresh(input);
                let operands = vec![Operand::Read(dy.buffer), Operand::Update(dx)];
                self.step_for(input, "layout::strided", walk.arguments(1.0, false), operands);
                self.contribute(input, dx, true);
            }
            What::Narrow { .. } => {
                let input = node.inputs[0];
                let (from, to) = (&self.builder.shape(input).dims, &self.builder.shape(node.output).dims);
                let walk = Walk::of(node, from, to).reversed();
                let dx = self.zeros_or_owned(input);
                let operands = vec![Operand::Read(dy.buffer), Operand::Update(dx)];
                self.step_for(input, "layout::strided", walk.arguments(1.0, true), operands);
            }
            _ => unreachable!("handled before, or resolved by `shapes`"),
        }
    }

    /// The gradient of `value` as memory that can be added to: what there is, or zeros.
    fn zeros_or_owned(&mut self, value: ValueId) -> BufferId {
        if let Some(Gradient { buffer, owned: true }) = self.gradients[value] {
            return buffer;
        }
        let (zeros, len) = (self.fresh(value), self.builder.len(value));
        self.step_for(value, "arithmetic::fill", quote!(#len, 0.0), vec![Operand::Write(zeros)]);
        self.contribute(value, zeros, true);
        self.gradients[value].expect("something was contributed").buffer
    }

    fn binary(&mut self, node: &Node, op: BinaryOp, dy: Gradient) {
        let [a, b] = [node.inputs[0], node.inputs[1]];
        let shape = self.builder.shape(node.output).dims.clone();
        let len = self.builder.len(node.output);
        let [mul, div] = [BinaryOp::Mul, BinaryOp::Div].map(forward::binary_op);
        match op {
            BinaryOp::Add => {
                self.reduced(a, dy.buffer, &shape, 1.0, false);
                self.reduced(b, dy.buffer, &shape, 1.0, false);
            }
            BinaryOp::Sub => {
                self.reduced(a, dy.buffer, &shape, 1.0, false);
                if self.is_wanted(b) {
                    self.negative(b, dy.buffer, &shape);
                }
            }
            BinaryOp::Mul => {
                for (this, other) in [(a, b), (b, a)] {
                    if self.is_wanted(this) {
                        let other = forward::expanded(self.builder, other, &shape);
                        let product = self.temporary(this, "product", len);
                        let operands =
                            vec![Operand::Read(dy.buffer), Operand::Read(other), Operand::Write(product)];
                        self.step_for(this, "arithmetic::binary", quote!(#mul, #len), operands).in_place =
                            Some((0, 2));
                        self.reduced(this, product, &shape, 1.0, true);
                    }
                }
            }
            // y = a/b: da = dy/b, db = −da·y
            BinaryOp::Div => {
                let divisor = forward::expanded(self.builder, b, &shape);
                let da = self.temporary(a, "quotient", len);
                let operands = vec![Operand::Read(dy.buffer), Operand::Read(divisor), Operand::Write(da)];
                let all = if self.wanted[a] > self.wanted[b] { a } else { b };
                self.step_for(all, "arithmetic::binary", quote!(#div, #len), operands).in_place =
                    Some((0, 2));
                if self.is_wanted(b) {
                    let (product, y) = (self.temporary(b, "product", len), self.builder.at(node.output));
                    let operands = vec![Operand::Read(da), Operand::Read(y), Operand::Write(product)];
                    self.step_for(b, "arithmetic::binary", quote!(#mul, #len), operands).in_place =
                        Some((0, 2));
                    self.negative(b, product, &shape);
                }
                self.reduced(a, da, &shape, 1.0, true);
            }
        }
    }

    /// Contributes −`gradient` to `value`.
    fn negative(&mut self, value: ValueId, gradient: BufferId, shape: &[usize]) {
        if self.builder.shape(value).dims != shape {
            return self.reduced(value, gradient, shape, -1.0, false);
        }
        let (len, dx) = (self.builder.len(value), self.fresh(value));
        let operands = vec![Operand::Read(gradient), Operand::Write(dx)];
        self.step_for(value, "arithmetic::affine", quote!(#len, -1.0, 0.0), operands).in_place = Some((0, 1));
        self.contribute(value, dx, true);
    }

    /// Contributes a gradient of `shape` to a value that was repeated to it: the sum over the repeats.
    fn reduced(&mut self, value: ValueId, gradient: BufferId, shape: &[usize], factor: f32, owned: bool) {
        if !self.is_wanted(value) {
            return;
        }
        let dims = self.builder.shape(value).dims.clone();
        if dims == shape {
            return self.contribute(value, gradient, owned);
        }
        let sum = self.zeros_or_owned(value);
        let walk = Walk::repeat(&dims, shape).reversed();
        let operands = vec![Operand::Read(gradient), Operand::Update(sum)];
        self.step_for(value, "layout::strided", walk.arguments(factor, true), operands);
    }
}

//! The gradients of layers.

use quote::quote;

use super::{Backward, Gradient, Wanted};
use crate::code::names::layer_type;
use crate::graph::{Node, UnitId, ValueId};
use crate::layers::{Activation, Layer};
use crate::lower::forward;
use crate::lower::program::{BufferId, Call, Function, Operand, Place};
use crate::sample::Sample;

impl Backward<'_, '_> {
    /// The gradient before an activation.
    fn before(
        &mut self,
        function: Activation,
        value: ValueId,
        pre: Option<BufferId>,
        y: BufferId,
        dy: Gradient,
    ) -> BufferId {
        if function == Activation::Identity {
            return dy.buffer;
        }
        let dz = self.fresh(value);
        let (z, y) = if function.differentiates_from_output() {
            (Operand::None, Operand::Read(y))
        } else {
            (pre.map_or(Operand::None, Operand::Read), Operand::None)
        };
        let args = forward::activation(function, self.builder.len(value));
        let operands = vec![z, y, Operand::Read(dy.buffer), Operand::Write(dz)];
        self.step_for(value, "activation::backward", args, operands).in_place = Some((2, 3));
        dz
    }

    pub(super) fn layer(&mut self, i: usize, node: &Node, unit: UnitId, dy: Gradient) {
        let graph = self.builder.graph;
        let (input, output) = (node.inputs[0], node.output);
        let layer = graph.units[unit].layer.as_ref().unwrap_or(&Layer::Opaque);
        let ty = layer_type(graph, unit);
        match *layer {
            Layer::Linear { activation, .. } | Layer::Conv { activation, .. } => {
                let pre = self.builder.pre.iter().find(|(node, _)| *node == i).map(|(_, pre)| *pre);
                let own = activation != Activation::Identity;
                let y = if own { self.builder.at(output) } else { dy.buffer };
                let dz = self.before(activation, output, pre, y, dy);
                self.product(node, unit, dz);
            }
            Layer::BatchNorm { .. } => self.batch_norm(i, node, unit, dy),
            Layer::Pool { mean, .. } => {
                let dims = &self.builder.shape(input).dims;
                let args = quote!(&const { <#ty>::call([#(#dims),*]) });
                let (x, dx) = (self.builder.read(input), self.fresh(input));
                let (dy, dx_) = (Operand::Read(dy.buffer), Operand::Write(dx));
                if mean {
                    self.step_for(input, "pool2d::mean_backward", args, vec![dy, dx_]);
                } else {
                    self.step_for(input, "pool2d::max_backward", args, vec![x, dy, dx_]);
                }
                self.contribute(input, dx, true);
            }
            Layer::GlobalPool2d => {
                let args = forward::global_pool(forward::image(self.builder, input));
                let dx = self.fresh(input);
                let operands = vec![Operand::Read(dy.buffer), Operand::Write(dx)];
                self.step_for(input, "reduce::backward", args, operands);
                self.contribute(input, dx, true);
            }
            Layer::Dropout { zeroed, of } => {
                let arguments = forward::dropout(self.builder.len(output), zeroed, of);
                let dx = self.fresh(input);
                let operands = vec![Operand::Read(dy.buffer), Operand::Write(dx)];
                let step = self.step_for(input, "dropout::backward", arguments, operands);
                step.in_place = Some((0, 1));
                self.contribute(input, dx, true);
            }
            Layer::Activation(function) => {
                let pre = (!function.differentiates_from_output()).then(|| self.builder.at(input));
                let y = if pre.is_none() { self.builder.at(output) } else { dy.buffer };
                let dx = self.before(function, input, pre, y, dy);
                self.contribute(input, dx, true);
            }
            _ => unreachable!("is_erased says otherwise"),
        }
    }

    fn product(&mut self, node: &Node, unit: UnitId, dz: BufferId) {
        let graph = self.builder.graph;
        let input = node.inputs[0];
        let weight = forward::weight_of(self.builder, unit);
        let (module, call) = forward::product_call(self.builder, unit, node);
        let trained = !graph.units[weight].frozen;
        let dweight = if trained { Operand::Gradient(weight, "weight") } else { Operand::None };
        let dbias = if trained && forward::has_bias(self.builder, unit) {
            Operand::Gradient(unit, "bias")
        } else {
            Operand::None
        };
        let x = if trained { self.builder.read(input) } else { Operand::None };
        let wanted = self.is_wanted(input);
        let dx = wanted.then(|| self.fresh(input));
        let operands = vec![
            Operand::Parameter(weight, "weight"),
            x,
            Operand::Read(dz),
            dx.map_or(Operand::None, Operand::Write),
            dweight,
            dbias,
        ];
        let function = if module == "conv2d" { "conv2d::backward" } else { "linear::backward" };
        let args = quote!(&const { #call });
        if trained {
            self.builder.step(function, args, operands);
        } else if wanted {
            self.step_for(input, function, args, operands);
        }
        if let Some(dx) = dx {
            self.contribute(input, dx, true);
        }
    }

    fn batch_norm(&mut self, i: usize, node: &Node, unit: UnitId, dy: Gradient) {
        let input = node.inputs[0];
        let ty = layer_type(self.builder.graph, unit);
        let [_, height, width] = forward::image(self.builder, input);
        let pixels = height * width;
        let args = quote!(&const { <#ty>::call(#pixels) });
        let wanted = self.is_wanted(input);
        let statistics = self.builder.statistics.iter().find(|(node, _)| *node == i).map(|(_, both)| *both);
        let dx = wanted.then(|| self.fresh(input));
        let dx_ = dx.map_or(Operand::None, Operand::Write);
        let leaf = |name| Operand::Parameter(unit, name);
        let x = self.builder.read(input);
        if let Some([mean, variance]) = statistics {
            let mut operands = vec![leaf("weight"), x, Operand::Read(dy.buffer)];
            operands.extend([Operand::Read(mean), Operand::Read(variance), dx_]);
            operands.extend(
                ["weight", "bias", "running_mean", "running_var"].map(|name| Operand::Gradient(unit, name)),
            );
            self.builder.step("batch_norm::backward", args, operands).in_place = wanted.then_some((2, 5));
        } else if wanted {
            let mut operands = vec![leaf("weight"), leaf("running_mean"), leaf("running_var")];
            // Only the gradients of its parameters, which are frozen, need what it was given.
            operands.extend([Operand::None, Operand::Read(dy.buffer), dx_, Operand::None, Operand::None]);
            self.step_for(input, "batch_norm::backward_frozen", args, operands).in_place = Some((4, 5));
        }
        if let Some(dx) = dx {
            self.contribute(input, dx, true);
        }
    }

    pub(super) fn module(&mut self, i: usize, node: &Node, unit: UnitId, dy: Gradient) {
        let given = self.builder.packed.iter().find(|(node, _)| *node == i).map(|(_, given)| *given);
        let x = given.expect("forward has noted what it gave");
        let sample = self.builder.program.buffers[x].sample.clone();
        let wanted = node.inputs.iter().any(|input| self.is_wanted(*input));
        let name = format!("d{}", self.builder.program.buffers[x].name);
        let all = self.builder.program.buffers[x].place == Place::Inputs;
        let place = if all { Place::InputsGradient } else { Place::Planned };
        let dx = wanted.then(|| match *node.inputs {
            [input] => self.fresh(input),
            _ => self.builder.buffer(name, place, sample.unwrap_or(Sample::Tuple(Vec::new()))),
        });
        let operands = vec![
            Operand::Read(x),
            self.builder.read(node.output),
            Operand::Read(dy.buffer),
            dx.map_or(Operand::None, Operand::Write),
        ];
        let for_input = self.wanted[node.output] == Wanted::ForInput;
        let step = self.builder.push(Call::Module { unit, node: i, function: Function::Backward }, operands);
        step.for_input_gradient = for_input;
        let Some(dx) = dx else { return };
        if all {
            return;
        }
        if let [input] = *node.inputs {
            self.contribute(input, dx, true);
            return;
        }
        for (part, input) in node.inputs.iter().enumerate() {
            let sample = self.builder.sample(*input).clone();
            let name = format!("{}{part}", self.builder.program.buffers[dx].name);
            let buffer = self.builder.buffer(name, Place::Part(dx, part), sample);
            self.contribute(*input, buffer, false);
        }
    }
}

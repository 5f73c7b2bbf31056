//! What each node computes.

use proc_macro2::TokenStream;
use quote::quote;

use super::blocked::{self, Blocked};
use super::broadcast::{self, Walk};
use super::build::{Builder, is_erased, is_stored};
use super::fuse::{self, Group};
use super::program::{BufferId, Call, Function, Operand, Phase, Place};
use super::quantized;
use super::values::is_alias;
use super::whole;
use crate::code::names::{layer_name, layer_type};
use crate::graph::{BinaryOp, Node, UnitId, ValueId, What};
use crate::layers::{Activation, Layer, Space};
use crate::sample::Sample;

/// Appends the steps of all nodes.
pub(super) fn lower(builder: &mut Builder<'_>) {
    for group in fuse::groups(builder.graph, builder.phase()) {
        let node = &builder.graph.nodes[group.anchor];
        if is_alias(builder.graph, node, builder.phase()) {
            continue;
        }
        builder.node = Some(group.anchor);
        if builder.phase() == Phase::Quantized && quantized::group(builder, &group) {
            continue;
        }
        match &node.what {
            What::Unit(unit) if is_erased(&builder.graph.units[*unit]) => layer(builder, &group, *unit),
            What::Unit(unit) => module(builder, group.anchor, *unit),
            _ => operation(builder, node),
        }
    }
    builder.node = None;
    copy_outputs(builder);
}

/// An output that shares its numbers with the input or with another output is a copy of it.
fn copy_outputs(builder: &mut Builder<'_>) {
    for (part, value) in builder.graph.outputs.iter().enumerate() {
        if quantized::output(builder, *value) {
            continue;
        }
        let from = builder.at(*value);
        if builder.program.buffers[from].place == Place::Output(part) {
            continue;
        }
        let to =
            builder.buffer(output_name(builder, part), Place::Output(part), builder.sample(*value).clone());
        whole::copy(builder, builder.sample(*value), false, from, to);
    }
}

/// What a part of the output is called: the only one is all of it.
fn output_name(builder: &Builder<'_>, part: usize) -> String {
    if builder.graph.outputs.len() > 1 { format!("y{part}") } else { "y".to_string() }
}

/// The buffer of a value that is about to be computed.
pub(super) fn create(builder: &mut Builder<'_>, value: ValueId) -> BufferId {
    let class = builder.class[value];
    let outputs = &builder.graph.outputs;
    let place = match outputs.iter().position(|output| builder.class[*output] == class) {
        Some(part) => Place::Output(part),
        None => Place::Planned,
    };
    let name = match place {
        Place::Output(part) => output_name(builder, part),
        _ => builder.name(value),
    };
    let buffer = builder.buffer(name, place, builder.sample(value).clone());
    builder.values[class] = Some(buffer);
    buffer
}

/// `&const { conv1_Layer::call([28, 28]).activation(..) }`
pub(super) fn arguments(call: &TokenStream, group: &Group, keep_pre: bool) -> TokenStream {
    let activation = group.activation.map(|function| {
        let function = function.function();
        quote!(.activation(#function))
    });
    let residual = group.residual.map(|_| quote!(.residual()));
    let keep = keep_pre.then(|| quote!(.keep_pre()));
    quote!(#call #activation #residual #keep)
}

/// The call that a product or a convolution is, whatever follows it.
pub(super) fn product_call(builder: &Builder<'_>, unit: UnitId, node: &Node) -> (&'static str, TokenStream) {
    let name = layer_name(builder.graph, unit);
    match builder.graph.units[unit].layer.as_ref() {
        Ok(Layer::Conv { window, .. }) => {
            let [_, height, width] = image(builder, node.inputs[0]);
            let call = match window.over {
                Space::Signal => quote!(<#name>::call(#width)),
                Space::Image => quote!(<#name>::call([#height, #width])),
            };
            ("conv2d", call)
        }
        Ok(Layer::Linear { outputs, tied, .. }) => {
            let rows = builder.len(node.output) / outputs.value;
            let call = match tied {
                None => quote!(<#name>::call(#rows)),
                Some(_) => {
                    let (inputs, outputs) = (builder.len(node.inputs[0]) / rows, outputs.value);
                    quote!(call::linear::Args::new(#rows, #inputs, #outputs))
                }
            };
            ("linear", call)
        }
        _ => unreachable!("a product is a linear layer or a convolution"),
    }
}

/// The unit whose weight a product uses.
pub(super) fn weight_of(builder: &Builder<'_>, unit: UnitId) -> UnitId {
    match builder.graph.units[unit].layer {
        Ok(Layer::Linear { tied: Some(tied), .. }) => tied,
        _ => unit,
    }
}

pub(super) fn has_bias(builder: &Builder<'_>, unit: UnitId) -> bool {
    match builder.graph.units[unit].layer {
        Ok(Layer::Linear { bias, tied, .. }) => bias && tied.is_none(),
        Ok(Layer::Conv { bias, .. }) => bias,
        _ => false,
    }
}

/// Channels, height and width. A signal is an image one pixel high, and a vector one of one pixel.
pub(super) fn image(builder: &Builder<'_>, value: ValueId) -> [usize; 3] {
    match *builder.shape(value).dims {
        [channels, height, width] => [channels, height, width],
        [channels, length] => [channels, 1, length],
        [channels] => [channels, 1, 1],
        ref other => unreachable!("{other:?} is not an image"),
    }
}

fn layer(builder: &mut Builder<'_>, group: &Group, unit: UnitId) {
    let node = &builder.graph.nodes[group.anchor];
    let blocked = (builder.phase() == Phase::Prepared).then(|| Blocked::of(builder.graph));
    if let Some((blocked, kind)) = blocked.and_then(|blocked| Some((blocked, blocked.kind(group.anchor)?))) {
        if !blocked.is_expanded(group.anchor) {
            blocked::convolution(builder, group, unit, kind);
        }
        return;
    }
    let x = builder.read(node.inputs[0]);
    let residual = group.residual.map_or(Operand::None, |value| builder.read(value));
    let train = builder.phase() == Phase::Train;
    let layer = builder.graph.units[unit].layer.as_ref().unwrap_or(&Layer::Opaque);
    let ty = layer_type(builder.graph, unit);
    match *layer {
        Layer::Linear { activation, .. } | Layer::Conv { activation, .. } => {
            let function = group.activation.unwrap_or(activation);
            let keep = train && !function.differentiates_from_output();
            let (module, call) = product_call(builder, unit, node);
            let mut args = arguments(&call, group, keep);
            let folded = group.folded.is_some();
            if folded {
                args = quote!(call::conv2d::Args { bias: true, ..#args });
            }
            let bias = if folded || has_bias(builder, unit) {
                Operand::Parameter(unit, "bias")
            } else {
                Operand::None
            };
            let of = weight_of(builder, unit);
            let stored = builder.phase() == Phase::Prepared && is_stored(&builder.graph.units[of]);
            let weight = Operand::Parameter(of, "weight");
            let y = create(builder, group.output);
            let pre = if keep {
                let (name, len) = (format!("{}_pre", builder.name(group.before)), builder.len(group.output));
                let pre = builder.numbers(name, len);
                builder.pre.push((group.anchor, pre));
                if group.activation.is_some() {
                    builder.values[group.before] = Some(pre);
                }
                Operand::Write(pre)
            } else {
                Operand::None
            };
            let mut operands = vec![weight, bias, x, residual, Operand::Write(y)];
            if stored {
                let function = if module == "conv2d" { "stored::conv2d" } else { "packed::linear" };
                builder.step(function, quote!(&const { #args }, AnyElement::DTYPE), operands);
            } else {
                operands.push(pre);
                let function = if module == "conv2d" { "conv2d::forward" } else { "linear::forward" };
                builder.step(function, quote!(&const { #args }), operands);
            }
        }
        Layer::BatchNorm { .. } => {
            let [channels, height, width] = image(builder, node.inputs[0]);
            let pixels = height * width;
            let args = arguments(&quote!(<#ty>::call(#pixels)), group, false);
            let leaf = |name| Operand::Parameter(unit, name);
            let y = create(builder, group.output);
            if train && !builder.graph.units[unit].frozen {
                let name = builder.name(node.output);
                let mean = builder.temporary(format!("{name}_mean"), channels);
                let variance = builder.temporary(format!("{name}_variance"), channels);
                builder.statistics.push((group.anchor, [mean, variance]));
                let operands = vec![
                    leaf("weight"),
                    leaf("bias"),
                    x,
                    residual,
                    Operand::Write(y),
                    Operand::Write(mean),
                    Operand::Write(variance),
                ];
                builder.step("batch_norm::forward", quote!(&const { #args }), operands);
            } else {
                let leaves = ["weight", "bias", "running_mean", "running_var"].map(leaf);
                let operands = leaves.into_iter().chain([x, residual, Operand::Write(y)]).collect();
                builder.step("batch_norm::infer", quote!(&const { #args }), operands).in_place = Some((4, 6));
            }
        }
        Layer::Pool { mean, .. } => {
            let dims = &builder.shape(node.inputs[0]).dims;
            let y = create(builder, node.output);
            let function = if mean { "pool2d::mean_forward" } else { "pool2d::max_forward" };
            let args = quote!(&const { <#ty>::call([#(#dims),*]) });
            builder.step(function, args, vec![x, Operand::Write(y)]);
        }
        Layer::GlobalPool2d => {
            let image = image(builder, node.inputs[0]);
            let args = match blocked.is_some_and(|blocked| blocked.has(node.inputs[0])) {
                true => blocked::global_pool(image),
                false => global_pool(image),
            };
            let y = create(builder, node.output);
            builder.step("reduce::forward", args, vec![x, Operand::Write(y)]);
        }
        Layer::Dropout { zeroed, of } => {
            let args = dropout(builder.len(node.output), zeroed, of);
            let y = create(builder, node.output);
            builder.step("dropout::forward", args, vec![x, Operand::Write(y)]).in_place = Some((0, 1));
        }
        Layer::Activation(function) => {
            let args = activation(function, builder.len(node.output));
            let y = create(builder, node.output);
            builder.step("activation::forward", args, vec![x, Operand::Write(y)]).in_place = Some((0, 1));
        }
        _ => unreachable!("is_erased says otherwise"),
    }
}

pub(super) fn global_pool([channels, height, width]: [usize; 3]) -> TokenStream {
    let len = height * width;
    quote!(&call::reduce::Args { outer: #channels, len: #len, inner: 1, mean: true })
}

pub(super) fn dropout(len: usize, zeroed: u32, of: u32) -> TokenStream {
    quote!(#len, #zeroed as f32 / #of as f32)
}

pub(super) fn activation(function: Activation, len: usize) -> TokenStream {
    let function = function.function();
    quote!(#function, #len)
}

/// A module that only rustc knows, called through its types.
fn module(builder: &mut Builder<'_>, node: usize, unit: UnitId) {
    let Node { inputs, output, .. } = &builder.graph.nodes[node];
    let x = match **inputs {
        [input] => builder.read(input),
        ref several if takes_all(builder, node) => {
            let sample = Sample::Tuple(several.iter().map(|value| builder.sample(*value).clone()).collect());
            Operand::Read(builder.buffer("x".to_string(), Place::Inputs, sample))
        }
        ref several => pack(builder, several),
    };
    let y = create(builder, *output);
    let function = if builder.phase() == Phase::Train { Function::Forward } else { Function::Infer };
    if let Operand::Read(x) = x {
        builder.packed.push((node, x));
    }
    builder.push(Call::Module { unit, node, function }, vec![x, Operand::Write(y)]);
}

/// Whether a node takes the model's input, a tuple, as it is, and nobody else looks at its parts.
fn takes_all(builder: &Builder<'_>, node: usize) -> bool {
    let Builder { graph, .. } = builder;
    graph.nodes[node].inputs == graph.inputs
        && graph.inputs.iter().all(|input| fuse::only_reader(graph, *input) == Some(node))
}

/// Several values as the tuple that a module takes.
fn pack(builder: &mut Builder<'_>, values: &[ValueId]) -> Operand {
    let sample = Sample::Tuple(values.iter().map(|value| builder.sample(*value).clone()).collect());
    let name = format!("{}_tuple", builder.name(values[0]));
    let tuple = builder.buffer(name.clone(), Place::Planned, sample);
    for (i, value) in values.iter().enumerate() {
        let (from, sample) = (builder.at(*value), builder.sample(*value).clone());
        let part = builder.buffer(format!("{name}{i}"), Place::Part(tuple, i), sample.clone());
        whole::copy(builder, &sample, false, from, part);
    }
    Operand::Read(tuple)
}

fn operation(builder: &mut Builder<'_>, node: &Node) {
    let (x, output) = (node.inputs.first().copied(), node.output);
    let read = |builder: &Builder<'_>| x.map_or(Operand::None, |x| builder.read(x));
    let len = builder.len(output);
    match &node.what {
        What::Binary(op) => binary(builder, *op, [node.inputs[0], node.inputs[1]], output),
        What::Affine { scale, shift } => {
            let (x, y) = (read(builder), create(builder, output));
            let (scale, shift) = (number(*scale as f32), number(*shift as f32));
            builder
                .step("arithmetic::affine", quote!(#len, #scale, #shift), vec![x, Operand::Write(y)])
                .in_place = Some((0, 1));
        }
        What::Reciprocal { numerator } => {
            let (x, y, numerator) = (read(builder), create(builder, output), number(*numerator as f32));
            builder
                .step("arithmetic::reciprocal", quote!(#len, #numerator), vec![x, Operand::Write(y)])
                .in_place = Some((0, 1));
        }
        What::Reduce { axis, mean } => {
            let args = broadcast::reduce(&builder.shape(node.inputs[0]).dims, axis.value, *mean);
            let (x, y) = (read(builder), create(builder, output));
            builder.step("reduce::forward", args, vec![x, Operand::Write(y)]);
        }
        What::Concat { axis } => {
            let whole = builder.shape(output).dims.clone();
            let y = create(builder, output);
            let mut start = 0;
            for input in &node.inputs {
                let part = builder.shape(*input).dims.clone();
                let walk = Walk::narrow(&whole, &part, axis.value, start).reversed();
                start += part[axis.value];
                let x = builder.read(*input);
                builder.step("layout::strided", walk.arguments(1.0, false), vec![x, Operand::Update(y)]);
            }
        }
        What::Narrow { .. } | What::Permute { .. } => {
            let walk = Walk::of(node, &builder.shape(node.inputs[0]).dims, &builder.shape(output).dims);
            let (x, y) = (read(builder), create(builder, output));
            builder.step("layout::strided", walk.arguments(1.0, false), vec![x, Operand::Update(y)]);
        }
        _ => unreachable!("handled before, or resolved by `shapes`"),
    }
}

pub(super) fn binary(builder: &mut Builder<'_>, op: BinaryOp, inputs: [ValueId; 2], output: ValueId) {
    let shape = builder.shape(output).dims.clone();
    let [a, b] = inputs.map(|input| expanded(builder, input, &shape));
    let y = create(builder, output);
    let (op, len) = (binary_op(op), builder.len(output));
    builder
        .step(
            "arithmetic::binary",
            quote!(#op, #len),
            vec![Operand::Read(a), Operand::Read(b), Operand::Write(y)],
        )
        .in_place = Some((0, 2));
}

/// A value repeated to a larger shape, in a buffer of its own if it has to be.
pub(super) fn expanded(builder: &mut Builder<'_>, value: ValueId, shape: &[usize]) -> BufferId {
    let from = builder.at(value);
    let dims = builder.shape(value).dims.clone();
    if dims == shape {
        return from;
    }
    let name = format!("{}_repeated", builder.name(value));
    let to = builder.numbers(name, shape.iter().product());
    let walk = Walk::repeat(&dims, shape);
    builder.step(
        "layout::strided",
        walk.arguments(1.0, false),
        vec![Operand::Read(from), Operand::Update(to)],
    );
    to
}

/// A number as Rust writes it: one that is too large for an `f32` is infinite, as in PyTorch.
pub(super) fn number(number: f32) -> TokenStream {
    match number {
        f32::INFINITY => quote!(f32::INFINITY),
        f32::NEG_INFINITY => quote!(f32::NEG_INFINITY),
        finite => quote!(#finite),
    }
}

pub(super) fn binary_op(op: BinaryOp) -> TokenStream {
    let name = match op {
        BinaryOp::Add => quote!(Add),
        BinaryOp::Sub => quote!(Sub),
        BinaryOp::Mul => quote!(Mul),
        BinaryOp::Div => quote!(Div),
    };
    quote!(call::arithmetic::BinaryOp::#name)
}

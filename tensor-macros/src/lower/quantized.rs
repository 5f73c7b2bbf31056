//! What a quantized model computes on bytes.
//!
//! A byte q stands for scale·(q − zero point); both are data of the model, in the table of the operation that
//! wrote it. Convolutions and linear layers are computed on bytes, and so are pools, sums, concatenations and
//! moves of what is there in bytes. All else is computed on `f32`, as in a prepared model. A value that is
//! needed in the other form is converted, once.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::broadcast::Walk;
use super::build::{Builder, is_erased};
use super::forward::{activation, binary, create, image, product_call};
use super::fuse::Group;
use super::program::{BufferId, Operand, Phase, Table, TableId};
use super::values::is_alias;
use crate::graph::{BinaryOp, Node, UnitId, ValueId, What};
use crate::layers::{Activation, Layer, Space};
use crate::sample::{Element, Sample};

/// A value in bytes.
#[derive(Clone, Copy)]
pub(super) struct Bytes {
    at: BufferId,
    /// The table that begins with its scale and zero point.
    scale: TableId,
}

/// Appends what a group computes, if that is computed on bytes. Else what it reads is there in `f32`.
pub(super) fn group(builder: &mut Builder<'_>, group: &Group) -> bool {
    let node = &builder.graph.nodes[group.anchor];
    let light = node.inputs.iter().any(|value| is_at_hand(builder, *value));
    match &node.what {
        What::Unit(unit) if is_product(builder, *unit, node) => product(builder, group, *unit),
        What::Unit(unit) if light && is_erased(&builder.graph.units[*unit]) => {
            match builder.graph.units[*unit].layer {
                Ok(Layer::Pool { mean, .. }) => pool(builder, node, *unit, mean),
                Ok(Layer::GlobalPool2d) => global_pool(builder, node),
                Ok(Layer::Activation(function)) => {
                    let x = bytes(builder, node.inputs[0]);
                    activate(builder, group, function, x);
                }
                _ => return on_floats(builder, group),
            }
        }
        What::Binary(BinaryOp::Add) if light && is_even(builder, node) => {
            let [a, b] = [node.inputs[0], node.inputs[1]].map(|value| bytes(builder, value));
            add(builder, group, [a, b]);
        }
        What::Concat { axis } if light => concat(builder, node, axis.value),
        What::Narrow { .. } | What::Permute { .. } if light => walk(builder, node),
        _ => return on_floats(builder, group),
    }
    true
}

/// Copies an output that is there in bytes only to where it belongs.
pub(super) fn output(builder: &mut Builder<'_>, value: ValueId) -> bool {
    let class = builder.class[value];
    let only = builder.values[class].is_none();
    if only {
        floats(builder, class);
    }
    only
}

/// Notes the input's bytes if nothing reads it as it is, so that it may be given in bytes.
pub(super) fn find_input_bytes(builder: &mut Builder<'_>) {
    let [input] = *builder.graph.inputs else { return };
    let (Some(Bytes { at, .. }), Some(x)) = (builder.bytes[input], builder.values[input]) else { return };
    let reads = builder.program.steps.iter().flat_map(|step| &step.operands);
    if reads.filter(|operand| **operand == Operand::Read(x)).count() == 1 {
        builder.program.input_bytes = Some(at);
    }
}

/// Brings what a group reads into `f32`.
fn on_floats(builder: &mut Builder<'_>, group: &Group) -> bool {
    let node = &builder.graph.nodes[group.anchor];
    for value in node.inputs.iter().chain(&group.residual) {
        floats(builder, *value);
    }
    // Its activation is part of the group only for the sake of bytes.
    if let (What::Binary(op), Some(function)) = (&node.what, group.activation) {
        binary(builder, *op, [node.inputs[0], node.inputs[1]], group.before);
        let x = builder.read(group.before);
        activate_floats(builder, group.output, function, x);
        return true;
    }
    false
}

/// A convolution or linear layer with weights of its own, from one tensor of `f32`.
fn is_product(builder: &Builder<'_>, unit: UnitId, node: &Node) -> bool {
    let units = &builder.graph.units;
    let shares = units
        .iter()
        .any(|other| matches!(other.layer, Ok(Layer::Linear { tied: Some(of), .. }) if of == unit));
    let uses = builder.graph.nodes.iter().filter(|node| matches!(node.what, What::Unit(id) if id == unit));
    let kind = matches!(units[unit].layer, Ok(Layer::Conv { .. } | Layer::Linear { tied: None, .. }));
    kind && !shares && uses.count() == 1 && is_erased(&units[unit]) && is_real(builder, node.inputs[0])
}

fn is_real(builder: &Builder<'_>, value: ValueId) -> bool {
    matches!(builder.sample(value), Sample::Shape(shape) if shape.element == Element::F32)
}

/// Whether a value is there in bytes, or is an input, which might be given in bytes.
fn is_at_hand(builder: &Builder<'_>, value: ValueId) -> bool {
    let class = builder.class[value];
    builder.bytes[class].is_some() || builder.graph.inputs.contains(&class) && is_real(builder, class)
}

/// Whether all that a node reads is of `f32` and of one shape.
fn is_even(builder: &Builder<'_>, node: &Node) -> bool {
    let all_real = node.inputs.iter().all(|value| is_real(builder, *value));
    all_real && node.inputs.iter().all(|value| builder.shape(*value) == builder.shape(node.inputs[0]))
}

/// Whether a value is an output that nothing else reads.
fn is_last(builder: &Builder<'_>, value: ValueId) -> bool {
    let graph = builder.graph;
    let same = |other: &ValueId| builder.class[*other] == builder.class[value];
    graph.outputs.iter().any(same)
        && !graph
            .nodes
            .iter()
            .any(|node| !is_alias(graph, node, Phase::Quantized) && node.inputs.iter().any(same))
}

/// What the limits of bytes are.
fn is_limit(function: Activation) -> bool {
    matches!(function, Activation::Identity | Activation::Relu | Activation::Relu6)
}

/// A value in bytes, converted if need be.
fn bytes(builder: &mut Builder<'_>, value: ValueId) -> Bytes {
    let class = builder.class[value];
    if let Some(bytes) = builder.bytes[class] {
        return bytes;
    }
    let maker = builder.graph.nodes.iter().find(|node| node.output == class);
    let name = maker.map_or("input".to_string(), |node| format!("{}.quantize", node.name));
    let scale = table(builder, &name, quote!(Scale));
    let (len, x) = (builder.len(class), builder.read(class));
    let to = written(builder, class, scale);
    builder.step("quantized::quantize", quote!(#len), vec![Operand::Table(scale), x, Operand::Write(to.at)]);
    to
}

/// A value in `f32`, converted if need be.
fn floats(builder: &mut Builder<'_>, value: ValueId) {
    let class = builder.class[value];
    if let (None, Some(from)) = (builder.values[class], builder.bytes[class]) {
        let len = builder.len(class);
        let to = create(builder, class);
        dequantize(builder, len, false, from, to);
    }
}

/// Of bytes, or of `wide` integers.
fn dequantize(builder: &mut Builder<'_>, len: usize, wide: bool, from: Bytes, to: BufferId) {
    let operands = vec![Operand::Table(from.scale), Operand::Read(from.at), Operand::Write(to)];
    builder.step("quantized::dequantize", quote!(#len, #wide), operands);
}

/// A new table.
fn table(builder: &mut Builder<'_>, name: &str, ty: TokenStream) -> TableId {
    let Builder { graph, program, .. } = builder;
    let spelt = name.replace('+', "add");
    let of_a_layer = graph.units.iter().any(|unit| unit.name == name);
    let taken = |name: &str| {
        program.tables.iter().any(|table| table.name == name)
            || !of_a_layer && graph.units.iter().any(|unit| unit.name == name)
    };
    let mut names = std::iter::once(spelt.clone()).chain((1..).map(|i| format!("{spelt}_{i}")));
    let name = names.find(|name| !taken(name)).unwrap_or(spelt);
    program.tables.push(Table { name, ty: quote!(::castiron::quantized::#ty) });
    program.tables.len() - 1
}

/// A buffer for a value in bytes.
fn written(builder: &mut Builder<'_>, value: ValueId, scale: TableId) -> Bytes {
    let class = builder.class[value];
    let bytes = between(builder, value, scale);
    builder.bytes[class] = Some(bytes);
    bytes
}

/// The same for one that is on the way to a value.
fn between(builder: &mut Builder<'_>, value: ValueId, scale: TableId) -> Bytes {
    let (name, len) = (format!("{}_bytes", builder.name(value)), builder.len(value));
    Bytes { at: builder.temporary(name, len.div_ceil(4)), scale }
}

/// A convolution or linear layer, and what follows it in its group.
fn product(builder: &mut Builder<'_>, group: &Group, unit: UnitId) {
    let graph = builder.graph;
    let node = &graph.nodes[group.anchor];
    let (module, call) = product_call(builder, unit, node);
    let (own, ty) = match &graph.units[unit].layer {
        Ok(Layer::Conv { input, output, window, activation, .. }) => {
            let numbers = [input.as_ref().map_or(0, |input| input.value), window.size.value, output.value];
            let [inputs, size, outputs] = numbers.map(Literal::usize_unsuffixed);
            let taps = match window.over {
                Space::Signal => quote!([i8; #size]),
                Space::Image => quote!([[i8; #size]; #size]),
            };
            (*activation, quote!(Product<[#taps; #inputs], #outputs>))
        }
        Ok(Layer::Linear { outputs, activation, .. }) => {
            let rows = builder.len(node.output) / outputs.value;
            let inputs = Literal::usize_unsuffixed(builder.len(node.inputs[0]) / rows);
            let outputs = Literal::usize_unsuffixed(outputs.value);
            (*activation, quote!(Product<[i8; #inputs], #outputs>))
        }
        _ => unreachable!("only these are products"),
    };
    let x = bytes(builder, node.inputs[0]);
    let scale = table(builder, &graph.units[unit].name, ty);
    // Its own activation, if its type has one, is before the sum: then the group is only itself.
    let function = group.activation.unwrap_or(own);
    let fused = if is_limit(function) && group.residual.is_none() { function } else { Activation::Identity };
    let args = {
        let function = fused.function();
        quote!(&const { #call.activation(#function) })
    };
    let operands = |y: Bytes| vec![Operand::Table(scale), Operand::Read(x.at), Operand::Write(y.at)];
    if module == "conv2d" {
        let y = between(builder, group.output, scale);
        builder.step("quantized::conv2d", args, operands(y));
        return follow(builder, group, function, fused, y);
    }
    let wide = group.residual.is_none() && is_last(builder, group.output);
    if !wide {
        let y = between(builder, group.output, scale);
        builder.step("quantized::linear", quote!(#args, false), operands(y));
        return follow(builder, group, function, fused, y);
    }
    // Logits are not squeezed into bytes.
    let (name, len) = (format!("{}_wide", builder.name(group.output)), builder.len(group.output));
    let y = Bytes { at: builder.temporary(name, len), scale };
    let args = quote!(&const { #call.activation(Activation::Identity) }, true);
    builder.step("quantized::linear", args, operands(y));
    let to = create(builder, group.output);
    dequantize(builder, len, true, y, to);
    if function != Activation::Identity {
        let args = activation(function, len);
        builder.step("activation::forward", args, vec![Operand::None, Operand::Update(to)]);
    }
}

/// What follows a product in its group, but for the activation that is part of it.
fn follow(builder: &mut Builder<'_>, group: &Group, function: Activation, fused: Activation, y: Bytes) {
    if let Some(residual) = group.residual {
        let residual = bytes(builder, residual);
        add(builder, group, [y, residual]);
    } else if function == fused {
        let class = builder.class[group.output];
        builder.bytes[class] = Some(y);
    } else {
        activate(builder, group, function, y);
    }
}

/// a + b and its activation.
fn add(builder: &mut Builder<'_>, group: &Group, [a, b]: [Bytes; 2]) {
    let node = &builder.graph.nodes[group.anchor];
    let name = match node.what {
        What::Binary(_) => node.name.clone(),
        _ => format!("{}.add", node.name),
    };
    let scale = table(builder, &name, quote!(Sum));
    let function = group.activation.unwrap_or(Activation::Identity);
    let fused = if is_limit(function) { function } else { Activation::Identity };
    let args = activation(fused, builder.len(group.output));
    let y = between(builder, group.output, scale);
    let operands =
        vec![Operand::Table(scale), Operand::Read(a.at), Operand::Read(b.at), Operand::Write(y.at)];
    builder.step("quantized::add", args, operands);
    let rest = Group { residual: None, ..group.clone() };
    follow(builder, &rest, function, fused, y);
}

/// An activation by its table.
fn activate(builder: &mut Builder<'_>, group: &Group, function: Activation, x: Bytes) {
    let scale =
        table(builder, &format!("{}.activation", builder.graph.nodes[group.anchor].name), quote!(Lookup));
    let args = activation(function, builder.len(group.output));
    let y = written(builder, group.output, scale);
    let operands = vec![Operand::Table(scale), Operand::Read(x.at), Operand::Write(y.at)];
    builder.step("quantized::activate", args, operands);
}

fn activate_floats(builder: &mut Builder<'_>, output: ValueId, function: Activation, x: Operand) {
    let args = activation(function, builder.len(output));
    let y = create(builder, output);
    builder.step("activation::forward", args, vec![x, Operand::Write(y)]).in_place = Some((0, 1));
}

fn pool(builder: &mut Builder<'_>, node: &Node, unit: UnitId, mean: bool) {
    let dims = &builder.shape(node.inputs[0]).dims;
    let ty = crate::code::names::layer_type(builder.graph, unit);
    let args = quote!(&const { <#ty>::call([#(#dims),*]) });
    let x = bytes(builder, node.inputs[0]);
    if mean {
        return self::mean(builder, node, args, x);
    }
    let y = written(builder, node.output, x.scale);
    builder.step("quantized::max_pool2d", args, vec![Operand::Read(x.at), Operand::Write(y.at)]);
}

fn global_pool(builder: &mut Builder<'_>, node: &Node) {
    let [channels, height, width] = image(builder, node.inputs[0]);
    let args = quote!(&const { call::quantized::global([#channels, #height, #width]) });
    let x = bytes(builder, node.inputs[0]);
    mean(builder, node, args, x);
}

fn mean(builder: &mut Builder<'_>, node: &Node, args: TokenStream, x: Bytes) {
    let scale = table(builder, &node.name, quote!(Rescale));
    let y = written(builder, node.output, scale);
    let operands = vec![Operand::Table(scale), Operand::Read(x.at), Operand::Write(y.at)];
    builder.step("quantized::mean_pool2d", args, operands);
}

/// Parts of different scales, each brought to that of the whole.
fn concat(builder: &mut Builder<'_>, node: &Node, axis: usize) {
    let whole = builder.shape(node.output).dims.clone();
    let parts: Vec<Bytes> = node.inputs.iter().map(|input| bytes(builder, *input)).collect();
    let tables: Vec<TableId> = parts.iter().map(|_| table(builder, &node.name, quote!(Rescale))).collect();
    let y = written(builder, node.output, tables[0]);
    let mut start = 0;
    for ((input, x), table) in node.inputs.iter().zip(parts).zip(tables) {
        let part = builder.shape(*input).dims.clone();
        let args = Walk::narrow(&whole, &part, axis, start).reversed().arguments(1.0, false);
        start += part[axis];
        let operands = vec![Operand::Table(table), Operand::Read(x.at), Operand::Update(y.at)];
        builder.step("quantized::place", args, operands);
    }
}

/// A part, or other axes: the same bytes.
fn walk(builder: &mut Builder<'_>, node: &Node) {
    let dims = [node.inputs[0], node.output].map(|value| builder.shape(value).dims.clone());
    let args = Walk::of(node, &dims[0], &dims[1]).arguments(1.0, false);
    let x = bytes(builder, node.inputs[0]);
    let y = written(builder, node.output, x.scale);
    builder.step("quantized::strided", args, vec![Operand::Read(x.at), Operand::Update(y.at)]);
}

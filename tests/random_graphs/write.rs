//! A graph as the text of a `model!`: statements or nested calls, shadowed names, tuples, blocks.

use super::graph::{Form, Function, Graph, Kind, Layer, Op, Side, Value, ValueId, What, Window};
use super::random::Random;

/// What is written how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Layers, one after the other.
    Sequential,
    Body,
    /// A body of a model that is used several times, in which a tap would have no name of its own.
    Part,
}

/// A declaration without `model!` around it.
pub fn declaration(name: &str, graph: &Graph, style: Style, rng: &mut Random) -> String {
    let list = |values: &[&Value]| match values {
        [one] => sample(one),
        several => format!("({})", several.iter().map(|value| sample(value)).collect::<Vec<_>>().join(", ")),
    };
    let inputs: Vec<&Value> = graph.values[..graph.inputs].iter().collect();
    let outputs: Vec<&Value> = graph.outputs.iter().map(|id| &graph.values[*id]).collect();
    let mut text = format!("    pub {name}: {} -> {} {{\n", list(&inputs), list(&outputs));
    for layer in &graph.layers {
        text += &entry(layer, &graph.layers);
    }
    if style != Style::Sequential {
        text += &body(graph, style == Style::Body, rng);
    }
    text + "    }\n"
}

fn sample(value: &Value) -> String {
    match (value.dims.as_slice(), value.integer) {
        ([], false) => "f32".to_string(),
        (dims, false) => format!("{dims:?}"),
        (dims, true) => format!("[i32; {}]", numbers(dims)),
    }
}

fn numbers(list: &[usize]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn entry(layer: &Layer, layers: &[Layer]) -> String {
    let mut text = String::new();
    let mut attribute = |what: String| text += &format!("        #[{what}]\n");
    if layer.frozen {
        attribute("frozen".to_string());
    }
    if let Some(name) = &layer.saved_as {
        attribute(format!("param(name = \"{name}\")"));
    }
    if let Some(init) = layer.init {
        attribute(format!("init({init})"));
    }
    if layer.tap {
        attribute("tap".to_string());
    }
    text += "        ";
    if !layer.name.is_empty() {
        text += &format!("{}: ", layer.name);
    }
    let kind = kind(&layer.kind, layers);
    text += &layer.count.map_or(kind.clone(), |count| format!("[{kind}; {count}]"));
    match &layer.kind {
        Kind::Half => text += &format!(" -> {:?}", layer.input),
        Kind::Squash => text += " -> [3]",
        _ => {}
    }
    text + ",\n"
}

fn kind(kind: &Kind, layers: &[Layer]) -> String {
    let without = |bias: bool| if bias { "" } else { ", bias = false" };
    match kind {
        Kind::Conv2d { out, window, groups, bias } => {
            let mut text = format!("Conv2d({out}, kernel = {}", window.kernel);
            for (option, value, default) in [
                ("stride", window.stride, 1),
                ("padding", window.padding, 0),
                ("dilation", window.dilation, 1),
                ("groups", *groups, 1),
            ] {
                if value != default {
                    text += &format!(", {option} = {value}");
                }
            }
            format!("{text}{})", without(*bias))
        }
        Kind::Linear { out, bias } => format!("Linear({out}{})", without(*bias)),
        Kind::Tied { to, out } => format!("Linear({out}, tied = {})", layers[*to].name),
        Kind::MaxPool2d(window) => pool("MaxPool2d", window),
        Kind::AvgPool2d(window) => pool("AvgPool2d", window),
        Kind::GlobalAvgPool2d => "GlobalAvgPool2d".to_string(),
        Kind::BatchNorm2d { custom: false } => "BatchNorm2d".to_string(),
        Kind::BatchNorm2d { custom: true } => "BatchNorm2d(eps = 1e-3, momentum = 0.01)".to_string(),
        Kind::Dropout => "Dropout(0.25)".to_string(),
        Kind::Embedding { tokens, width } => format!("Embedding({tokens}, {width})"),
        Kind::Lstm { hidden } => format!("Lstm({hidden})"),
        Kind::Attention { heads } => format!("MultiheadAttention(heads = {heads})"),
        Kind::Function(Function::LeakyRelu) => "LeakyRelu(0.01)".to_string(),
        Kind::Function(function) => format!("{function:?}"),
        Kind::Identity => "Identity".to_string(),
        Kind::Flatten => "Flatten".to_string(),
        Kind::Model { name, .. } => name.clone(),
        Kind::Half => "own::Half".to_string(),
        Kind::Squash => "own::Squash".to_string(),
    }
}

fn pool(name: &str, window: &Window) -> String {
    let mut text = format!("{name}({}", window.kernel);
    if window.stride != window.kernel {
        text += &format!(", stride = {}", window.stride);
    }
    if window.padding > 0 {
        text += &format!(", padding = {}", window.padding);
    }
    text + ")"
}

/// Names of values while a body is written.
struct Names {
    /// The name of a value, or the expression that takes its place.
    of: Vec<Option<Text>>,
    /// Uses that are still to come.
    left: Vec<usize>,
    fresh: usize,
}

#[derive(Clone)]
struct Text {
    text: String,
    /// A name or a call, which binds tighter than any operator.
    tight: bool,
}

fn tight(text: String) -> Text {
    Text { text, tight: true }
}

impl Text {
    fn in_parentheses(&self) -> String {
        if self.tight { self.text.clone() } else { format!("({})", self.text) }
    }
}

fn body(graph: &Graph, taps: bool, rng: &mut Random) -> String {
    let inputs: Vec<String> = ["x", "y", "z"][..graph.inputs].iter().map(ToString::to_string).collect();
    let mut names = Names { of: vec![None; graph.values.len()], left: graph.uses(), fresh: 0 };
    inputs.iter().enumerate().for_each(|(id, name)| names.of[id] = Some(tight(name.clone())));
    let mut text = format!("        |{}| {{\n", inputs.join(", "));
    let uses = graph.uses();
    for (index, node) in graph.nodes.iter().enumerate() {
        let mut given: Vec<Text> =
            node.inputs.iter().map(|id| names.of[*id].clone().expect("nodes are in running order")).collect();
        // Now and then the first operand gets a name in a block of its own.
        let block = !given[0].text.chars().all(char::is_alphanumeric) && rng.chance(15);
        let first = given[0].text.clone();
        if block {
            given[0] = tight("inner".to_string());
        }
        let mut made = expression(graph, &node.what, &node.inputs, &given);
        if block {
            made = tight(format!(
                "{{\n                let inner = {first};\n                {}\n            }}",
                made.text
            ));
        }
        node.inputs.iter().for_each(|id| names.left[*id] -= 1);
        if let [value] = node.outputs[..] {
            let next_reads_it = graph.nodes.get(index + 1).is_some_and(|next| next.inputs.contains(&value));
            let short = made.text.len() < 60 && !made.text.contains("inner");
            let result = graph.outputs == [value] && index + 1 == graph.nodes.len();
            if uses[value] == 1 && (next_reads_it || result) && short && rng.chance(45) {
                names.of[value] = Some(made);
                continue;
            }
        }
        let before = names.fresh;
        let pattern: Vec<String> =
            node.outputs.iter().map(|value| names.give(graph, *value, &node.outputs, rng)).collect();
        // A tap has the value's name, which no other tap may have.
        if taps && names.fresh > before && pattern.len() == 1 && rng.chance(8) {
            text += "            #[tap]\n";
        }
        let pattern = match pattern.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(", ")),
        };
        text += &format!("            let {pattern} = {};\n", made.text);
    }
    let outputs: Vec<String> = graph
        .outputs
        .iter()
        .map(|id| names.of[*id].as_ref().expect("an output is computed").text.clone())
        .collect();
    let result =
        if let [one] = outputs.as_slice() { one.clone() } else { format!("({})", outputs.join(", ")) };
    text + &format!("            {result}\n        }}\n")
}

impl Names {
    /// A name for a value that was just computed: a new one, or that of a value that nobody needs any more.
    fn give(&mut self, graph: &Graph, value: ValueId, siblings: &[ValueId], rng: &mut Random) -> String {
        let is_name = |text: &Text| text.text.chars().all(char::is_alphanumeric);
        let named = |id: &usize| self.of[*id].as_ref().is_some_and(is_name);
        let alive = |name: &str| {
            (0..graph.values.len()).any(|id| {
                let needed = self.left[id] > 0 || siblings.contains(&id);
                // What is written where it is used mentions names too.
                needed && self.of[id].as_ref().is_some_and(|text| mentions(&text.text, name))
            })
        };
        let dead =
            (0..graph.values.len()).filter(named).map(|id| self.of[id].as_ref().expect("named").text.clone());
        let dead: Vec<String> = dead.filter(|name| !alive(name)).collect();
        let name = if !dead.is_empty() && rng.chance(30) {
            rng.pick(&dead)
        } else {
            self.fresh += 1;
            format!("h{}", self.fresh - 1)
        };
        self.of[value] = Some(tight(name.clone()));
        name
    }
}

fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

fn expression(graph: &Graph, what: &What, ids: &[ValueId], given: &[Text]) -> Text {
    let x = &given[0];
    let all: Vec<&str> = given.iter().map(|text| text.text.as_str()).collect();
    let dims = &graph.values[ids[0]].dims;
    let method = |call: String| tight(format!("{}.{call}", x.in_parentheses()));
    let binary = |op: Op, a: String, b: String| {
        let sign = match op {
            Op::Add => "+",
            Op::Sub => "-",
            Op::Mul => "*",
            Op::Div => "/",
        };
        Text { text: format!("{a} {sign} {b}"), tight: false }
    };
    match what {
        What::Layer(layer, index) => {
            let index = index.map_or(String::new(), |index| format!("[{index}]"));
            tight(format!("{}{index}({})", graph.layers[*layer].name, all.join(", ")))
        }
        What::Function(Function::LeakyRelu) => tight(format!("leaky_relu({}, 0.01)", x.text)),
        What::Function(function) => {
            let name = match function {
                Function::GeluTanh => "gelu_tanh".to_string(),
                Function::LogSoftmax => "log_softmax".to_string(),
                other => format!("{other:?}").to_lowercase(),
            };
            tight(format!("{name}({})", x.text))
        }
        What::Binary(op) => binary(*op, x.in_parentheses(), given[1].in_parentheses()),
        What::Number(op, Side::Left, number) => binary(*op, x.in_parentheses(), format!("{number:?}")),
        What::Number(op, Side::Right, number) => binary(*op, format!("{number:?}"), x.in_parentheses()),
        What::Negate => Text { text: format!("-{}", x.in_parentheses()), tight: false },
        What::Concat { axis } => tight(format!("concat([{}], axis = {axis})", all.join(", "))),
        What::Narrow { axis, start, len, form } => {
            let range = format!("{start}..{}", start + len);
            match form {
                Form::Narrow => method(format!("narrow({axis}, {start}, {len})")),
                Form::Index => tight(format!("{}[{range}]", x.in_parentheses())),
                Form::Slice => {
                    let all: Vec<&str> =
                        (0..dims.len()).map(|i| if i == *axis { range.as_str() } else { ".." }).collect();
                    method(format!("slice([{}])", all.join(", ")))
                }
            }
        }
        What::Split { axis, sizes, even: true } => method(format!("chunk({}, axis = {axis})", sizes.len())),
        What::Split { axis, sizes, even: false } => method(format!("split({sizes:?}, axis = {axis})")),
        What::Reshape { dims, inferred } => {
            let dim = |i: usize| if *inferred == Some(i) { "-1".to_string() } else { dims[i].to_string() };
            let dims: Vec<String> = (0..dims.len()).map(dim).collect();
            method(format!("reshape([{}])", dims.join(", ")))
        }
        What::Flatten => method("flatten()".to_string()),
        What::Permute(axes) => method(format!("permute({axes:?})")),
        What::Transpose => method("transpose()".to_string()),
        What::Reduce { axis, mean } => method(format!("{}({axis})", if *mean { "mean" } else { "sum" })),
    }
}

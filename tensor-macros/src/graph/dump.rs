//! A [`Graph`] as text, for tests.
//!
//! ```text
//! struct Net { conv1 = conv1 "features.0" frozen init(weight = ..), blocks[2] = NetBlock8 }
//! conv1 = conv2d(? -> 6, groups 1, 5x5 / 1 + 2, dilation 1) at conv1
//! %1 = conv1(%0)
//! in %0 out %3 tap h %1
//! ```

use std::fmt::Write;

use super::{Dims, Graph, Holds, Hop, Unit, What};
use crate::layers::Layer;
use crate::parse::number::Number;

impl Graph {
    /// One line for each struct, unit with a path, and node.
    pub(crate) fn dump(&self) -> String {
        let mut text = String::new();
        for structure in &self.structs {
            let fields: Vec<String> = structure
                .fields
                .iter()
                .map(|field| {
                    let holds = match field.holds {
                        Holds::Unit(unit) => layer(&self.units[unit]),
                        Holds::Struct(structure) => self.structs[structure].name.to_string(),
                    };
                    let mut text = format!("{}: ", field.ident);
                    match field.count {
                        Some(count) => text += &format!("[{holds}; {count}]"),
                        None => text += &holds,
                    }
                    if field.ident != field.saved_as {
                        text += &format!(" {:?}", field.saved_as);
                    }
                    if field.frozen {
                        text += " frozen";
                    }
                    for (leaf, init) in &field.inits {
                        text += &format!(" {leaf} = {}", init.to_string().replace(' ', ""));
                    }
                    text
                })
                .collect();
            let _ = writeln!(text, "struct {} {{ {} }}", structure.name, fields.join(", "));
        }
        for node in &self.nodes {
            let inputs: Vec<String> = node.inputs.iter().map(|input| format!("%{input}")).collect();
            let _ = writeln!(text, "%{} = {}({})", node.output, self.what(&node.what), inputs.join(", "));
        }
        let list =
            |values: &[usize]| values.iter().map(|value| format!("%{value}")).collect::<Vec<_>>().join(" ");
        let _ = write!(text, "{} -> {}", list(&self.inputs), list(&self.outputs));
        for (name, value) in &self.taps {
            let _ = write!(text, " tap {name} %{value}");
        }
        text
    }

    fn what(&self, what: &What) -> String {
        match what {
            What::Unit(unit) => {
                let unit = &self.units[*unit];
                let path: Vec<String> = unit.path.iter().map(hop).collect();
                let frozen = if unit.frozen { " frozen" } else { "" };
                if path.is_empty() {
                    layer(unit)
                } else {
                    format!("{}{frozen}", path.concat().trim_start_matches('.'))
                }
            }
            What::Binary(op) => format!("{op:?}").to_lowercase(),
            What::Affine { scale, shift } => format!("{scale}x + {shift} "),
            What::Reciprocal { numerator } => format!("{numerator}/x "),
            What::Concat { axis } => format!("concat {} ", axis.signed()),
            What::Narrow { axis, start, end } => {
                format!("narrow {} {}..{} ", axis.signed(), start.value, end.value)
            }
            What::From { axis, start } => format!("narrow {} {}.. ", axis.signed(), start.value),
            What::Reshape { dims: Dims::Flat } => "flatten".to_string(),
            What::Reshape { dims: Dims::Given(dims) } => {
                let dims: Vec<String> = dims
                    .iter()
                    .map(|dim| dim.as_ref().map_or("?".to_string(), |dim| dim.value.to_string()))
                    .collect();
                format!("reshape [{}] ", dims.join(", "))
            }
            What::Permute { axes } => {
                format!("permute {:?} ", axes.iter().map(Number::signed).collect::<Vec<_>>())
            }
            What::Transpose => "transpose".to_string(),
            What::Reduce { axis, mean } => {
                format!("{} {} ", if *mean { "mean" } else { "sum" }, axis.signed())
            }
            What::Chunk { axis, index, of } => format!("chunk {} {index}/{} ", axis.signed(), of.value),
            What::Split { axis, index, sizes } => {
                let sizes: Vec<usize> = sizes.iter().map(|size| size.value).collect();
                format!("split {} {index} of {sizes:?} ", axis.signed())
            }
            What::Claim { declared, of } => format!("{of:?} {} ", declared.sample).to_lowercase(),
        }
    }
}

fn hop(hop: &Hop) -> String {
    match hop {
        Hop::Field(_, name) => format!(".{name}"),
        Hop::Index(index) => format!("[{index}]"),
    }
}

fn layer(unit: &Unit) -> String {
    let Ok(layer) = &unit.layer else { return "error".to_string() };
    let annotation = unit.output.as_ref().map_or(String::new(), |output| format!(" -> {}", output.sample));
    let yes = |name: &str, bias: bool| if bias { String::new() } else { format!(" no {name}") };
    let text = match layer {
        Layer::Linear { outputs, tied: Some(unit), .. } => format!("Linear {} tied {unit}", outputs.value),
        Layer::Linear { outputs, bias, .. } => format!("Linear {}{}", outputs.value, yes("bias", *bias)),
        Layer::Conv { output, groups, window, bias, .. } => format!(
            "{} {} k{} s{} p{} d{} g{}{}",
            layer.name(),
            output.value,
            window.size.value,
            window.stride,
            window.padding,
            window.dilation,
            groups.value,
            yes("bias", *bias)
        ),
        Layer::ConvTranspose { output, groups, window, output_padding, bias, .. } => format!(
            "{} {} k{} s{} p{} o{output_padding} g{} d{}{}",
            layer.name(),
            output.value,
            window.size.value,
            window.stride,
            window.padding,
            groups.value,
            window.dilation,
            yes("bias", *bias)
        ),
        Layer::Pool { window, .. } => {
            format!("{} k{} s{} p{}", layer.name(), window.size.value, window.stride, window.padding)
        }
        Layer::GlobalPool2d => "GlobalAvgPool2d".to_string(),
        Layer::BatchNorm { eps_nano, momentum_milli, .. } => {
            format!("{} {eps_nano} {momentum_milli}", layer.name())
        }
        Layer::LayerNorm { over, eps_pico, affine, .. } => {
            let over = over.as_ref().map_or(String::new(), |over| format!(" {:?}", over.dims));
            format!("{}{over} {eps_pico} {}", layer.name(), affine.name())
        }
        Layer::GroupNorm { groups, eps_pico, affine, .. } => {
            format!("GroupNorm {} {eps_pico} {}", groups.value, affine.name())
        }
        Layer::InstanceNorm { eps_pico, affine, .. } => {
            format!("{} {eps_pico} {}", layer.name(), affine.name())
        }
        Layer::Dropout { zeroed, of } => format!("Dropout {zeroed}/{of}"),
        Layer::Activation(activation) => format!("{activation:?}"),
        Layer::Softmax => "Softmax".to_string(),
        Layer::LogSoftmax => "LogSoftmax".to_string(),
        Layer::Identity => "Identity".to_string(),
        Layer::Embedding { tokens, width, .. } => format!("Embedding {} {}", tokens.value, width.value),
        Layer::Lstm { hidden, .. } | Layer::LstmCell { hidden, .. } => {
            format!("{} {}", layer.name(), hidden.value)
        }
        Layer::Attention { heads, causal, .. } => {
            format!("MultiheadAttention {}{}", heads.value, if *causal { " causal" } else { "" })
        }
        Layer::Keeps { .. } => "Keeps".to_string(),
        Layer::Opaque => {
            unit.ty.as_ref().map_or("?".to_string(), |ty| quote::quote!(#ty).to_string().replace(' ', ""))
        }
    };
    text + &annotation
}

//! `Module` and `Model`.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::body::Body;
use super::functions;
use super::memory::samples;
use super::names::{Names, fits, layer_type, span_of};
use super::signature;
use crate::graph::{BinaryOp, Graph, Node, What};
use crate::layers::Layer;
use crate::lower::is_erased;
use crate::sample::Sample;

/// What one sample of the model's input and output is.
pub(super) fn ends(graph: &Graph) -> (Sample, Sample) {
    let whole = |values: &[usize]| {
        let sample = |value: &usize| graph.values[*value].sample.clone().unwrap_or(Sample::Tuple(Vec::new()));
        match values {
            [value] => sample(value),
            several => Sample::Tuple(several.iter().map(sample).collect()),
        }
    };
    (whole(&graph.inputs), whole(&graph.outputs))
}

/// What one sample of the output is, if it is known behind the errors.
pub(super) fn known_output(graph: &Graph) -> Option<Sample> {
    let samples = graph.outputs.iter().map(|value| graph.values[*value].sample.clone());
    let mut samples: Vec<Sample> = samples.collect::<Option<_>>()?;
    match samples.len() {
        0 => None,
        1 => samples.pop(),
        _ => Some(Sample::Tuple(samples)),
    }
}

/// For `model`, which is the graph's own struct or one that wraps it.
pub(super) fn items(
    model: &syn::Ident,
    infer: &Body<'_>,
    train: &Body<'_>,
    requires: &TokenStream,
) -> TokenStream {
    let graph = infer.graph;
    let Names { saved, state, infer_scratch, train_scratch, .. } = infer.names;
    let (x, y) = ends(graph);
    let kind = model.unraw().to_string();
    let rows = graph.nodes.iter().enumerate().map(|(i, node)| row(graph, i, node));
    let checks = graph.nodes.iter().enumerate().filter_map(|(i, node)| {
        let What::Unit(unit) = node.what else { return None };
        if graph.units[unit].ty.is_none() && is_erased(&graph.units[unit]) && fits(graph, unit) {
            return None;
        }
        let ((x, y), layer) = (samples(graph, i), layer_type(graph, unit));
        Some(quote_spanned!(span_of(graph, unit)=> let () = <#layer as ::castiron::Module<#x, #y>>::CHECK;))
    });
    let activations =
        graph.nodes.iter().map(|node| graph.values[node.output].sample.as_ref().map_or(0, Sample::bytes));
    let activations = Literal::usize_unsuffixed(activations.sum());
    let functions = functions::of(infer, train, &x, &y);
    quote! {
        #[automatically_derived]
        impl ::castiron::Module<#x, #y> for #model #requires {
            const CHECK: () = {
                #(#checks)*
            };
            const KIND: &'static str = #kind;
            const MACS: u64 = ::castiron::Row::macs(<Self as ::castiron::Module<#x, #y>>::PARTS);
            const PARTS: &'static [::castiron::Row] = &[#(#rows,)*];

            type State<const CAP: usize> = #state<CAP>;
            type Saved<const CAP: usize> = #saved<CAP>;
            type InferScratch<const CAP: usize> = #infer_scratch<CAP>;
            type TrainScratch<const CAP: usize> = #train_scratch<CAP>;

            #functions
        }

        #[automatically_derived]
        impl ::castiron::Model for #model #requires {
            type Input = #x;
            type Output = #y;
            const ACTIVATION_BYTES: usize = #activations;
        }
    }
}

/// A line of the summary.
fn row(graph: &Graph, i: usize, node: &Node) -> TokenStream {
    let (x, y) = samples(graph, i);
    let name = &node.name;
    let macs = Literal::u64_unsuffixed(macs(graph, node));
    let (kind, parameters) = match node.what {
        What::Unit(unit) => {
            let layer = layer_type(graph, unit);
            if !is_erased(&graph.units[unit]) {
                return quote!(::castiron::Row::of::<#layer, #x, #y>(#name));
            }
            let kind = graph.units[unit].layer.as_ref().map_or("", Layer::name);
            (kind, (!graph.units[unit].path.is_empty()).then_some(layer))
        }
        _ => (operation(&node.what), None),
    };
    let parameters = match parameters {
        Some(layer) => quote! {
            parameters: <#layer as ::castiron::params::Params>::TRAINED,
            bytes: ::core::mem::size_of::<#layer>(),
        },
        None => quote!(parameters: 0, bytes: 0,),
    };
    quote! {
        ::castiron::Row {
            name: #name,
            kind: #kind,
            output: <#y as ::castiron::Sample>::LAYOUT,
            #parameters
            macs: #macs,
            parts: &[],
        }
    }
}

fn operation(what: &What) -> &'static str {
    match what {
        What::Unit(_) => "",
        What::Binary(BinaryOp::Add) => "+",
        What::Binary(BinaryOp::Sub) => "-",
        What::Binary(BinaryOp::Mul) => "*",
        What::Binary(BinaryOp::Div) => "/",
        What::Affine { .. } | What::Reciprocal { .. } => "arithmetic",
        What::Concat { .. } => "concat",
        What::Narrow { .. } => "narrow",
        What::Reshape { .. } => "reshape",
        What::Permute { .. } => "permute",
        What::Reduce { mean: true, .. } => "mean",
        What::Reduce { mean: false, .. } => "sum",
        _ => unreachable!("`shapes` has resolved it"),
    }
}

/// Multiply-adds per sample of products and convolutions.
fn macs(graph: &Graph, node: &Node) -> u64 {
    let What::Unit(unit) = node.what else { return 0 };
    let len = |value: usize| match &graph.values[value].sample {
        Some(Sample::Shape(shape)) => shape.dims.iter().product::<usize>() as u64,
        _ => 0,
    };
    let output = len(node.output);
    match &graph.units[unit].layer {
        Ok(Layer::Linear { outputs, .. }) => {
            let rows = (output / outputs.value as u64).max(1);
            output * (len(node.inputs[0]) / rows)
        }
        Ok(Layer::Conv { input, window, .. }) => {
            let channels = input.as_ref().map_or(0, |input| input.value as u64);
            output * channels * window.taps() as u64
        }
        _ => 0,
    }
}

/// A `Module` that does nothing, for a model with errors.
pub(super) fn stand_in(
    model: &syn::Ident,
    input: &Sample,
    output: &Sample,
    requires: &TokenStream,
) -> TokenStream {
    let [x, y] = [quote!(#input), quote!(#output)];
    let nothing = quote!(());
    let infer = signature::infer(&x, &y, &nothing, &nothing, &TokenStream::new());
    let forward = signature::forward(&x, &y, &nothing, &nothing, &nothing, &TokenStream::new());
    let backward = signature::backward(&x, &y, &nothing, &nothing, &TokenStream::new());
    let prepared = super::prepared::stand_in(model, &x, &y, requires);
    let quantized = super::quantized::stand_in(model, &y, requires);
    quote! {
        #[automatically_derived]
        #[allow(unused_variables)]
        impl ::castiron::Module<#x, #y> for #model #requires {
            const KIND: &'static str = "";
            type State<const CAP: usize> = ();
            type Saved<const CAP: usize> = ();
            type InferScratch<const CAP: usize> = ();
            type TrainScratch<const CAP: usize> = ();
            #infer
            #forward
            #backward
        }
        #[automatically_derived]
        impl ::castiron::Model for #model #requires {
            type Input = #x;
            type Output = #y;
            const ACTIVATION_BYTES: usize = 0;
        }
        #prepared
        #quantized
    }
}

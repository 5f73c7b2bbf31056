//! The names of generated items and locals.
//!
//! Each is the name of the model or of a field, an underscore and one word: two of them are never the
//! same, and none is a name that programs give their own types. What the user wrote as a type is repeated
//! only in an alias: inside a generic item, his `D` or `E` would be taken for the item's own. The capacity of a
//! batch is called `CAP` and not `B`, since where both are in scope Rust takes `B` for a type before it
//! takes it for a constant.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Type};

use crate::graph::{Graph, Node, ValueId};
use crate::layers;

/// The model and its hidden types.
pub(super) struct Names<'a> {
    pub(super) model: &'a Ident,
    /// The alias of the input sample.
    pub(super) input: Ident,
    /// The alias of the output sample.
    pub(super) output: Ident,
    pub(super) with: Ident,
    pub(super) saved: Ident,
    pub(super) state: Ident,
    pub(super) infer_scratch: Ident,
    pub(super) infer_layers: Ident,
    pub(super) train_scratch: Ident,
    pub(super) train_layers: Ident,
    pub(super) parts: Vec<Part<'a>>,
    /// What generated items require of layers of which only rustc can say whether they fit. Without it,
    /// rustc would report one layer that does not at every mention of it; with it, it does so once.
    pub(super) requires: TokenStream,
}

/// A layer and what belongs to it.
pub(super) struct Part<'a> {
    /// Its place among the fields, which makes its path.
    pub(super) index: usize,
    pub(super) field: &'a Ident,
    pub(super) ty: &'a Type,
    pub(super) saved_as: &'a str,
    /// Whether the layer fits for certain.
    pub(super) fits: bool,
    pub(super) reads: ValueId,
    pub(super) makes: ValueId,
    /// The alias of its type.
    pub(super) layer: Ident,
    /// The aliases of the samples that it gets and gives.
    pub(super) input: Ident,
    pub(super) output: Ident,
    /// Its output, a field of the saved struct and a local.
    pub(super) y: Ident,
    /// The gradient of that.
    pub(super) dy: Ident,
    pub(super) saved: Ident,
    pub(super) state: Ident,
}

impl<'a> Names<'a> {
    /// `require` is what is required of layers of which the macro cannot tell whether they fit.
    pub(super) fn of(graph: &Graph<'a>, require: impl Fn(&Part<'a>) -> TokenStream) -> Self {
        let model = &graph.declaration.model;
        let input = format_ident!("{}_X", model);
        let sample = |value: ValueId| match graph.nodes.iter().find(|node| node.output == value) {
            Some(maker) => format_ident!("{}_Y", maker.field.ident),
            None => input.clone(),
        };
        let part = |(index, node): (usize, &Node<'a>)| {
            let field = &node.field.ident;
            Part {
                index,
                field,
                ty: &node.field.ty,
                saved_as: &node.field.saved_as,
                fits: node.layer.is_ok() && layers::is_familiar(&node.field.ty),
                reads: node.input,
                makes: node.output,
                layer: format_ident!("{}_Layer", field),
                input: sample(node.input),
                output: sample(node.output),
                y: format_ident!("{}_y", field),
                dy: format_ident!("{}_dy", field),
                saved: format_ident!("{}_saved", field),
                state: format_ident!("{}_state", field),
            }
        };
        let hidden = |word: &str| format_ident!("{}_{}", model, word);
        let parts: Vec<_> = graph.nodes.iter().enumerate().map(part).collect();
        let requires = parts.iter().filter(|part| !part.fits).map(|part| {
            let (layer, require) = (format_ident!("{}", part.layer, span = part.ty.span()), require(part));
            quote_spanned!(part.ty.span()=> #layer: #require)
        });
        let requires = quote!(where #(#requires),*);
        Names {
            model,
            requires,
            output: sample(graph.output()),
            with: hidden("With"),
            saved: hidden("Saved"),
            state: hidden("State"),
            infer_scratch: hidden("InferScratch"),
            infer_layers: hidden("InferLayers"),
            train_scratch: hidden("TrainScratch"),
            train_layers: hidden("TrainLayers"),
            parts,
            input,
        }
    }

    /// The parts whose outputs are intermediate values: all but the one that makes the model's output.
    pub(super) fn intermediates(&self) -> impl Iterator<Item = &Part<'a>> {
        self.parts.iter().filter(|part| part.output != self.output)
    }

    /// The part that makes `value`; none makes the model's input.
    pub(super) fn maker(&self, value: ValueId) -> Option<&Part<'a>> {
        self.parts.iter().find(|part| part.makes == value)
    }
}

impl Part<'_> {
    /// `<conv1_Layer as Module<LeNet_X, conv1_Y>>`
    pub(super) fn module(&self) -> TokenStream {
        let Part { layer, input, output, .. } = self;
        quote!(<#layer as ::castiron::Module<#input, #output>>)
    }
}

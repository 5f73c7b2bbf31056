//! The names of generated items and locals.
//!
//! Each is the name of the model or of a layer, an underscore and one word: none is a name that programs
//! give their own types. What the user wrote as a type is repeated only in an alias: inside a generic item,
//! his `D` or `E` would be taken for the item's own. The capacity of a batch is called `CAP` and not `B`,
//! since where both are in scope Rust takes `B` for a type before it takes it for a constant.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::graph::{Graph, Holds, Hop, StructId, Unit, UnitId, What};
use crate::layers;
use crate::lower::{Operand, Phase, Program, identifier};

/// The model's hidden types.
pub(super) struct Names {
    pub(super) saved: Ident,
    pub(super) state: Ident,
    pub(super) infer_scratch: Ident,
    pub(super) infer_layers: Ident,
    pub(super) train_scratch: Ident,
    pub(super) train_layers: Ident,
    pub(super) prepared: Ident,
    pub(super) prepared_scratch: Ident,
    pub(super) prepared_layers: Ident,
    pub(super) quantized: Ident,
    pub(super) quantized_scratch: Ident,
    pub(super) quantized_layers: Ident,
}

impl Names {
    pub(super) fn of(model: &Ident) -> Self {
        let hidden = |word: &str| format_ident!("{}_{}", model, word);
        Names {
            saved: hidden("Saved"),
            state: hidden("State"),
            infer_scratch: hidden("InferScratch"),
            infer_layers: hidden("InferLayers"),
            train_scratch: hidden("TrainScratch"),
            train_layers: hidden("TrainLayers"),
            prepared: hidden("Prepared"),
            prepared_scratch: hidden("PreparedScratch"),
            prepared_layers: hidden("PreparedLayers"),
            quantized: hidden("Quantized"),
            quantized_scratch: hidden("QuantizedScratch"),
            quantized_layers: hidden("QuantizedLayers"),
        }
    }
}

/// Where a unit's type is written, for errors that only rustc can find.
pub(super) fn span_of(graph: &Graph, unit: UnitId) -> Span {
    graph.units[unit].ty.as_ref().map_or_else(|| graph.units[unit].at.span(), Spanned::span)
}

/// The same for the layer of a node.
pub(super) fn span_of_node(graph: &Graph, node: usize) -> Span {
    match graph.nodes[node].what {
        What::Unit(unit) => span_of(graph, unit),
        _ => Span::call_site(),
    }
}

/// The alias of a unit's type.
pub(crate) fn layer_name(graph: &Graph, unit: UnitId) -> Ident {
    let span = span_of(graph, unit).resolved_at(Span::call_site());
    format_ident!("{}_Layer", word(graph, unit), span = span)
}

/// A unit's name as part of an identifier.
pub(super) fn word(graph: &Graph, unit: UnitId) -> &str {
    let words = graph.known.words.get_or_init(|| {
        let mut taken = HashSet::new();
        let unique = |(i, unit): (usize, &Unit)| {
            let word = identifier(&unit.name);
            let others = (i..).map(|i| format!("{word}_{i}"));
            let mut candidates = std::iter::once(word.clone()).chain(others);
            // They are written in capitals, too, where `große` is `GROSSE`.
            candidates.find(|word| taken.insert(word.to_uppercase())).unwrap_or(word)
        };
        graph.units.iter().enumerate().map(unique).collect()
    });
    &words[unit]
}

/// A unit's type: its alias if it has parameters, since several items mention it.
pub(crate) fn layer_type(graph: &Graph, unit: UnitId) -> TokenStream {
    let name = layer_name(graph, unit);
    match is_aliased(graph, unit) {
        true => quote!(#name),
        false => written_type(graph, unit),
    }
}

pub(super) fn is_aliased(graph: &Graph, unit: UnitId) -> bool {
    graph.units[unit].ty.is_some() || !graph.units[unit].path.is_empty()
}

/// A unit's type in full.
pub(super) fn written_type(graph: &Graph, unit: UnitId) -> TokenStream {
    let unit = &graph.units[unit];
    match (&unit.ty, &unit.layer) {
        (Some(ty), _) => quote!(#ty),
        (None, Ok(layer)) => {
            let ty = layer.rust_type().unwrap_or_else(|| quote!(()));
            at_the_users_word(ty, layer.name(), &unit.at)
        }
        (None, Err(_)) => quote!(()),
    }
}

/// The name of a layer where the user wrote it, so that an editor finds the definition from there.
fn at_the_users_word(ty: TokenStream, name: &str, declaration: &TokenStream) -> TokenStream {
    let word = declaration.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == name => Some(ident.span()),
        _ => None,
    });
    let Some(span) = word else { return ty };
    let respanned = |token: TokenTree| match token {
        // It resolves where generated code does, whatever the user has imported.
        TokenTree::Ident(ident) if ident == name => {
            TokenTree::Ident(Ident::new(name, Span::call_site().located_at(span)))
        }
        other => other,
    };
    ty.into_iter().map(respanned).collect()
}

/// `model.conv1`, where the user calls it: an editor finds the field from the call.
pub(super) fn calls(graph: &Graph) -> TokenStream {
    let model = &graph.model;
    let calls = graph.nodes.iter().filter_map(|node| {
        let What::Unit(unit) = node.what else { return None };
        let [Hop::Field(0, field)] = graph.units[unit].path.as_slice() else { return None };
        match node.at.clone().into_iter().next() {
            Some(TokenTree::Ident(word)) if word == *field => Some(word),
            _ => None,
        }
    });
    quote! {
        fn calls(model: &#model) {
            #(let _ = &model.#calls;)*
        }
    }
}

/// The type of one element of a field.
pub(super) fn held_type(graph: &Graph, holds: Holds) -> TokenStream {
    match holds {
        Holds::Unit(unit) => layer_type(graph, unit),
        Holds::Struct(id) => {
            let name = &graph.structs[id].name;
            quote!(#name)
        }
    }
}

/// Bytes from the start of the model to a unit. Inside functions it is a constant: what they import may
/// have the name of the model.
pub(super) fn unit_at(graph: &Graph, unit: UnitId) -> TokenStream {
    if graph.units[unit].path.is_empty() {
        return quote!(0);
    }
    let name = format_ident!("{}_AT", word(graph, unit).to_uppercase());
    quote!(#name)
}

/// The same in the gradients, which are `f32`: another place where the model is not.
pub(super) fn unit_gradient_at(graph: &Graph, unit: UnitId) -> TokenStream {
    if !graph.has_halves() || graph.units[unit].path.is_empty() {
        return unit_at(graph, unit);
    }
    let name = format_ident!("{}_GRADIENT_AT", word(graph, unit).to_uppercase());
    quote!(#name)
}

/// The type of the gradients of a `layer`.
pub(super) fn gradient_of(layer: &impl ToTokens) -> TokenStream {
    quote!(<#layer as ::castiron::params::Params>::With<f32>)
}

/// Where a unit is in a model, or in its gradients: `of` says what becomes of the types on the way.
fn offset_of(graph: &Graph, unit: UnitId, of: impl Fn(TokenStream) -> TokenStream) -> TokenStream {
    let mut offset = TokenStream::new();
    let mut field: Option<(StructId, &Ident)> = None;
    for hop in &graph.units[unit].path {
        let plus = (!offset.is_empty()).then(|| quote!(+));
        match hop {
            Hop::Field(owner, ident) => {
                let name = &graph.structs[*owner].name;
                let name = of(quote!(#name));
                offset.extend(quote!(#plus offset_of!(#name, #ident)));
                field = Some((*owner, ident));
            }
            Hop::Index(0) => {}
            Hop::Index(index) => {
                let element = field.and_then(|(owner, ident)| {
                    let fields = &graph.structs[owner].fields;
                    let found = fields.iter().find(|field| field.ident == *ident)?;
                    Some(of(held_type(graph, found.holds)))
                });
                offset.extend(quote!(#plus #index * size_of::<#element>()));
            }
        }
    }
    if offset.is_empty() { quote!(0) } else { offset }
}

/// The constant that says where a parameter is: `CONV1_WEIGHT`.
fn leaf_name(graph: &Graph, unit: UnitId, leaf: &str) -> Ident {
    format_ident!("{}", format!("{}_{leaf}", word(graph, unit)).to_uppercase())
}

/// The constant that says where its gradient is.
fn gradient_name(graph: &Graph, unit: UnitId, leaf: &impl std::fmt::Display) -> Ident {
    let name = leaf_name(graph, unit, &leaf.to_string());
    if graph.has_halves() { format_ident!("{name}_GRADIENT") } else { name }
}

/// Whether a unit fits for certain: the macro knows all that there is to check of it.
pub(super) fn fits(graph: &Graph, unit: UnitId) -> bool {
    let unit = &graph.units[unit];
    let opaque = matches!(unit.layer, Ok(layers::Layer::Opaque) | Err(_));
    !opaque && unit.ty.as_ref().is_none_or(layers::is_familiar)
}

/// What generated items require of layers of which only rustc can say whether they fit. Without it,
/// rustc would report one layer that does not at every mention of it; with it, it does so once.
pub(super) fn requires(graph: &Graph, require: impl Fn(usize) -> TokenStream) -> TokenStream {
    let clauses = graph.nodes.iter().enumerate().filter_map(|(i, node)| {
        let What::Unit(unit) = node.what else { return None };
        if fits(graph, unit) || !is_aliased(graph, unit) {
            return None;
        }
        let (layer, require) = (layer_type(graph, unit), require(i));
        Some(quote_spanned!(span_of(graph, unit)=> #layer: #require))
    });
    quote!(where #(#clauses),*)
}

/// Where a parameter is, in bytes: a constant for the model's own, since three functions read it.
pub(super) fn leaf_at(graph: &Graph, names: &Names, phase: Phase, unit: UnitId, leaf: &str) -> TokenStream {
    match phase {
        Phase::Prepared => super::prepared::offset_of(graph, names, unit, leaf),
        Phase::Quantized => super::quantized::offset_of(graph, names, unit, leaf),
        Phase::Infer | Phase::Train => {
            let name = leaf_name(graph, unit, leaf);
            quote!(#name)
        }
    }
}

/// Where the gradient of a parameter is, in bytes.
pub(super) fn gradient_at(graph: &Graph, unit: UnitId, leaf: &str) -> Ident {
    gradient_name(graph, unit, &leaf)
}

/// `const CONV1_AT: usize = offset_of!(LeNet, conv1);` for each unit, and
/// `const CONV1_WEIGHT: usize = CONV1_AT + offset_of!(conv1_Layer, weight);` for all that programs on the
/// model's own parameters read.
pub(super) fn leaf_constants(graph: &Graph, programs: [&Program; 2]) -> TokenStream {
    let mut seen = HashSet::new();
    let with_field = (0..graph.units.len()).filter(|unit| !graph.units[*unit].path.is_empty());
    let mut items: TokenStream = with_field
        .map(|unit| {
            let (name, offset) = (unit_at(graph, unit), offset_of(graph, unit, |ty| ty));
            let gradient = graph.has_halves().then(|| {
                let name = unit_gradient_at(graph, unit);
                let offset = offset_of(graph, unit, |ty| gradient_of(&ty));
                quote!(const #name: usize = #offset;)
            });
            quote!(const #name: usize = #offset; #gradient)
        })
        .collect();
    for operand in programs.iter().flat_map(|program| &program.steps).flat_map(|step| &step.operands) {
        let (Operand::Parameter(unit, leaf) | Operand::Gradient(unit, leaf)) = *operand else { continue };
        let name = leaf_name(graph, unit, leaf);
        if seen.insert(name.clone()) {
            let (at, layer) = (unit_at(graph, unit), layer_type(graph, unit));
            let leaf = format_ident!("{leaf}");
            items.extend(quote!(const #name: usize = #at + offset_of!(#layer, #leaf);));
            if graph.has_halves() {
                let (name, at) = (gradient_name(graph, unit, &leaf), unit_gradient_at(graph, unit));
                let layer = gradient_of(&layer);
                items.extend(quote!(const #name: usize = #at + offset_of!(#layer, #leaf);));
            }
        }
    }
    items
}

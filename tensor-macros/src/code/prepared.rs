//! `Prepare`: the model's parameters as inference wants them, with batch norms folded, and weights of the element that
//! they are stored in, which is a type parameter.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;

use super::body::Body;
use super::functions;
use super::memory;
use super::module::ends;
use super::names::{Names, layer_type, unit_at, word};
use crate::graph::{Graph, Unit, UnitId, What};
use crate::layers::{Layer, Window};
use crate::lower::blocked::{BLOCK, Blocked};
use crate::lower::{Group, Phase, groups, is_erased, is_stored};

/// A field of the prepared parameters.
enum Prepared {
    /// As it is in the model.
    Kept(UnitId),
    /// A convolution.
    Stored(UnitId),
    /// A linear layer, packed.
    Linear(UnitId),
    /// A convolution with the batch norm behind it.
    Folded { conv: UnitId, norm: UnitId },
    /// The same of a convolution of blocked images, packed.
    Packed { conv: UnitId, norm: UnitId },
}

/// Convolutions and the batch norms that are folded into them.
fn folds(graph: &Graph) -> &[(UnitId, UnitId)] {
    let unit_at = |node: usize| match graph.nodes[node].what {
        What::Unit(unit) => Some(unit),
        _ => None,
    };
    graph.known.folds.get_or_init(|| {
        let groups = groups(graph, Phase::Prepared);
        let fold = |Group { anchor, folded, .. }: &Group| Some((unit_at(*anchor)?, unit_at((*folded)?)?));
        groups.iter().filter_map(fold).collect()
    })
}

fn fields(graph: &Graph) -> Vec<Prepared> {
    let folds = folds(graph);
    let with_parameters = (0..graph.units.len()).filter(|unit| has_parameters(&graph.units[*unit]));
    let kept = with_parameters.filter(|unit| folds.iter().all(|(_, norm)| norm != unit));
    kept.map(|unit| match folds.iter().find(|(conv, _)| *conv == unit) {
        Some(&(conv, norm)) if is_packed(graph, conv) => Prepared::Packed { conv, norm },
        Some(&(conv, norm)) => Prepared::Folded { conv, norm },
        None if !is_stored(&graph.units[unit]) => Prepared::Kept(unit),
        None if matches!(graph.units[unit].layer, Ok(Layer::Linear { .. })) => Prepared::Linear(unit),
        None => Prepared::Stored(unit),
    })
    .collect()
}

fn has_parameters(unit: &Unit) -> bool {
    let none = matches!(
        unit.layer,
        Ok(Layer::Pool { .. }
            | Layer::GlobalPool2d
            | Layer::Dropout { .. }
            | Layer::Activation(_)
            | Layer::Identity)
    );
    let nowhere = unit.path.is_empty();
    !(nowhere || none && is_erased(unit))
}

/// Whether a convolution, which is used once, is one of blocked images.
fn is_packed(graph: &Graph, conv: UnitId) -> bool {
    let is = |what: &What| matches!(what, What::Unit(unit) if *unit == conv);
    let mut nodes = graph.nodes.iter().enumerate().filter(|(_, node)| is(&node.what));
    nodes.any(|(node, _)| Blocked::of(graph).kind(node).is_some())
}

fn leaf_name(graph: &Graph, unit: UnitId, leaf: &str) -> Ident {
    format_ident!("{}_{leaf}", word(graph, unit))
}

/// Bytes from the start of the prepared parameters to one of them.
pub(super) fn offset_of(graph: &Graph, names: &Names, unit: UnitId, leaf: &str) -> TokenStream {
    if is_stored(&graph.units[unit]) {
        let (prepared, field) = (&names.prepared, leaf_name(graph, unit, leaf));
        return quote!(offset_of!(#prepared<AnyElement>, #field));
    }
    let (offset, layer, leaf) =
        (module_offset(graph, names, unit), layer_type(graph, unit), format_ident!("{leaf}"));
    quote!(#offset + offset_of!(#layer, #leaf))
}

/// The same for a layer that is as it is in the model.
pub(super) fn module_offset(graph: &Graph, names: &Names, unit: UnitId) -> TokenStream {
    if graph.units[unit].path.is_empty() {
        return quote!(0);
    }
    let (prepared, field) = (&names.prepared, format_ident!("{}_layer", word(graph, unit)));
    quote!(offset_of!(#prepared<AnyElement>, #field))
}

/// Its struct, its scratch memory and the impl.
pub(super) fn items(model: &Ident, body: &Body<'_>, requires: &TokenStream) -> TokenStream {
    let (graph, names) = (body.graph, body.names);
    let Names { prepared, prepared_scratch, prepared_layers, state, .. } = names;
    let fields = fields(graph);
    let declared = fields.iter().map(|field| declare(graph, field));
    let layout = fields.iter().map(|field| layout(graph, names, field));
    let steps = fields.iter().map(|field| prepare(graph, names, field));
    let scratch = memory::inference(body, prepared_scratch, prepared_layers, requires);
    let (x, y) = ends(graph);
    let calls = body.forward();
    let own = quote!(#prepared_scratch<CAP>);
    let memory = functions::opened(body, (&quote!(scratch), &own), &own);
    let ends = functions::forward_ends();
    quote! {
        #[doc(hidden)]
        #[repr(C)]
        pub struct #prepared<AnyElement: ::castiron::WeightElement> #requires {
            #(#declared)*
            element: ::core::marker::PhantomData<AnyElement>,
        }
        unsafe impl<AnyElement: ::castiron::WeightElement> ::castiron::Plain for #prepared<AnyElement> #requires {}
        #[automatically_derived]
        impl<AnyElement: ::castiron::WeightElement> ::castiron::params::Params for #prepared<AnyElement> #requires {
            const TREE: ::castiron::params::Tree = {
                use ::castiron::params::{Child, Init, Leaf, Params, Tree};
                Tree::Node(&[#(#layout,)*])
            };
            type With<Other: ::castiron::Element> = Self;
        }

        #scratch

        #[automatically_derived]
        impl ::castiron::Prepare for #model #requires {
            type Weights<AnyElement: ::castiron::WeightElement> = #prepared<AnyElement>;
            type Scratch<const CAP: usize> = #prepared_scratch<CAP>;

            fn prepare<AnyElement: ::castiron::WeightElement, AnyDevice: ::castiron::device::Device>(
                cx: &::castiron::Cx<'_, AnyDevice>,
                p: ::castiron::memory::Ref<'_, Self, AnyDevice>,
                to: ::castiron::memory::Mut<'_, Self::Weights<AnyElement>, AnyDevice>,
            ) {
                use ::castiron::{call, memory::{Area, Arg, copy_leaves}};
                let p = Area::of(p);
                let to = unsafe { Area::of_mut(to) };
                #(#steps)*
            }

            fn infer_prepared<AnyElement: ::castiron::WeightElement, AnyDevice: ::castiron::device::Device, const CAP: usize>(
                cx: &::castiron::Cx<'_, AnyDevice>,
                p: ::castiron::memory::Ref<'_, Self::Weights<AnyElement>, AnyDevice>,
                x: ::castiron::memory::Ref<'_, ::castiron::Batch<#x, CAP>, AnyDevice>,
                y: ::castiron::memory::Mut<'_, ::castiron::Batch<#y, CAP>, AnyDevice>,
                state: ::castiron::memory::Mut<'_, #state<CAP>, AnyDevice>,
                scratch: ::castiron::memory::Mut<'_, Self::Scratch<CAP>, AnyDevice>,
            ) {
                #ends
                #memory
                #calls
            }
        }
    }
}

/// A `Prepare` that does nothing, for a model with errors.
pub(super) fn stand_in(
    model: &Ident,
    x: &TokenStream,
    y: &TokenStream,
    requires: &TokenStream,
) -> TokenStream {
    quote! {
        #[automatically_derived]
        #[allow(unused_variables)]
        impl ::castiron::Prepare for #model #requires {
            type Weights<AnyElement: ::castiron::WeightElement> = ();
            type Scratch<const CAP: usize> = ();

            fn prepare<AnyElement: ::castiron::WeightElement, AnyDevice: ::castiron::device::Device>(
                cx: &::castiron::Cx<'_, AnyDevice>,
                p: ::castiron::memory::Ref<'_, Self, AnyDevice>,
                to: ::castiron::memory::Mut<'_, (), AnyDevice>,
            ) {
            }

            fn infer_prepared<AnyElement: ::castiron::WeightElement, AnyDevice: ::castiron::device::Device, const CAP: usize>(
                cx: &::castiron::Cx<'_, AnyDevice>,
                p: ::castiron::memory::Ref<'_, (), AnyDevice>,
                x: ::castiron::memory::Ref<'_, ::castiron::Batch<#x, CAP>, AnyDevice>,
                y: ::castiron::memory::Mut<'_, ::castiron::Batch<#y, CAP>, AnyDevice>,
                state: ::castiron::memory::Mut<'_, (), AnyDevice>,
                scratch: ::castiron::memory::Mut<'_, (), AnyDevice>,
            ) {
            }
        }
    }
}

/// Outputs, inputs of a group, and the kernel, of a convolution.
fn sizes(graph: &Graph, conv: UnitId) -> (usize, usize, &Window) {
    match &graph.units[conv].layer {
        Ok(Layer::Conv { input, output, window, .. }) => {
            (output.value, input.as_ref().map_or(0, |input| input.value), window)
        }
        _ => unreachable!("only convolutions are folded"),
    }
}

/// The dimensions of a weight.
fn dims(graph: &Graph, unit: UnitId) -> Vec<usize> {
    match &graph.units[unit].layer {
        Ok(Layer::Linear { input, outputs, .. }) => {
            vec![outputs.value, input.as_ref().map_or(0, |input| input.dims.iter().product())]
        }
        _ => {
            let (outputs, inputs, kernel) = sizes(graph, unit);
            let each = kernel.over.dims([inputs, kernel.size.value, kernel.size.value]);
            [outputs].into_iter().chain(each).collect()
        }
    }
}

/// Outputs, and weights of each.
fn matrix(graph: &Graph, unit: UnitId) -> [Literal; 2] {
    let dims = dims(graph, unit);
    [dims[0], dims[1..].iter().product()].map(Literal::usize_unsuffixed)
}

fn has_bias(graph: &Graph, unit: UnitId) -> bool {
    matches!(graph.units[unit].layer, Ok(Layer::Conv { bias: true, .. } | Layer::Linear { bias: true, .. }))
}

/// The arrays that the weight and the bias are.
fn arrays(graph: &Graph, field: &Prepared) -> [TokenStream; 2] {
    match *field {
        Prepared::Packed { conv, .. } => {
            let (outputs, inputs, kernel) = sizes(graph, conv);
            let [blocks, depth] =
                [outputs.div_ceil(BLOCK), inputs * kernel.taps()].map(Literal::usize_unsuffixed);
            let block = Literal::usize_unsuffixed(BLOCK);
            [quote!([[[AnyElement; #block]; #depth]; #blocks]), quote!([[f32; #block]; #blocks])]
        }
        Prepared::Linear(unit) => {
            let [outputs, each] = matrix(graph, unit);
            [quote!([AnyElement; #outputs * #each]), quote!([f32; #outputs])]
        }
        Prepared::Folded { conv: unit, .. } | Prepared::Stored(unit) | Prepared::Kept(unit) => {
            let [outputs, each] = matrix(graph, unit);
            [quote!([[AnyElement; #each]; #outputs]), quote!([f32; #outputs])]
        }
    }
}

/// Whether there is a bias: a batch norm that is folded leaves one.
fn has_own_bias(graph: &Graph, field: &Prepared) -> bool {
    !matches!(*field, Prepared::Stored(unit) | Prepared::Linear(unit) if !has_bias(graph, unit))
}

fn declare(graph: &Graph, field: &Prepared) -> TokenStream {
    match *field {
        Prepared::Kept(unit) => {
            let (name, layer) = (format_ident!("{}_layer", word(graph, unit)), layer_type(graph, unit));
            quote!(#name: #layer,)
        }
        Prepared::Stored(unit)
        | Prepared::Linear(unit)
        | Prepared::Folded { conv: unit, .. }
        | Prepared::Packed { conv: unit, .. } => {
            let [weight, bias] = ["weight", "bias"].map(|leaf| leaf_name(graph, unit, leaf));
            let [weights, biases] = arrays(graph, field);
            let bias =
                has_own_bias(graph, field).then(|| quote!(#bias: ::castiron::memory::Aligned<#biases>,));
            quote! {
                #weight: ::castiron::memory::Aligned<#weights>,
                #bias
            }
        }
    }
}

/// Its branch of the tree of names, in which nothing is trained.
fn layout(graph: &Graph, names: &Names, field: &Prepared) -> TokenStream {
    let (Prepared::Kept(unit)
    | Prepared::Stored(unit)
    | Prepared::Linear(unit)
    | Prepared::Folded { conv: unit, .. }
    | Prepared::Packed { conv: unit, .. }) = *field;
    let name = &graph.units[unit].name;
    let (offset, tree) = match *field {
        Prepared::Kept(_) => {
            let layer = layer_type(graph, unit);
            (module_offset(graph, names, unit), quote!(<#layer as Params>::TREE))
        }
        _ => {
            let dims = match field {
                Prepared::Linear(_) | Prepared::Packed { .. } => None,
                _ => {
                    let dims = dims(graph, unit).into_iter().map(Literal::usize_unsuffixed);
                    Some(quote!(.with_dims(&[#(#dims),*])))
                }
            };
            let leaf = |leaf: &str, of: TokenStream| {
                let at = offset_of(graph, names, unit, leaf);
                quote!(Child::leaf(#leaf, #at, #of))
            };
            let [weights, biases] = arrays(graph, field).map(|array| quote!(Leaf::of::<#array>(Init::ZEROS)));
            let weight = leaf("weight", quote!(#weights #dims));
            let bias = has_own_bias(graph, field).then(|| leaf("bias", biases));
            (quote!(0), quote!(Tree::Node(&[#weight, #bias])))
        }
    };
    quote!(Child::new(#name, #offset, #tree).frozen())
}

fn prepare(graph: &Graph, names: &Names, field: &Prepared) -> TokenStream {
    match *field {
        Prepared::Kept(unit) => {
            let (layer, from) = (layer_type(graph, unit), unit_at(graph, unit));
            let to = module_offset(graph, names, unit);
            quote! {
                copy_leaves::<#layer, AnyDevice>(cx, p.field(#from), to.field(#to));
            }
        }
        Prepared::Stored(unit) | Prepared::Linear(unit) => {
            let (layer, from) = (layer_type(graph, unit), unit_at(graph, unit));
            let [outputs, each] = matrix(graph, unit);
            let places = |leaf: &str| {
                let (at, field) = (offset_of(graph, names, unit, leaf), format_ident!("{leaf}"));
                quote!(p.field(#from + offset_of!(#layer, #field)).read(), to.field(#at).write())
            };
            let weight = places("weight");
            let bias = has_bias(graph, unit).then(|| {
                let places = places("bias");
                quote!(call::arithmetic::copy(cx, #outputs, #places);)
            });
            let store = match field {
                Prepared::Linear(_) => {
                    quote!(call::packed::pack(cx, #outputs, #each, AnyElement::DTYPE, #weight);)
                }
                _ => quote!(call::stored::store(cx, AnyElement::DTYPE, #outputs * #each, #weight);),
            };
            quote! {
                #store
                #bias
            }
        }
        Prepared::Folded { conv, norm } | Prepared::Packed { conv, norm } => {
            let eps = match graph.units[norm].layer {
                Ok(Layer::BatchNorm { eps_nano, .. }) => Literal::u64_unsuffixed(eps_nano),
                _ => unreachable!("only batch norms are folded"),
            };
            let leaf = |unit: UnitId, leaf: &str| {
                let at = super::names::leaf_at(graph, names, Phase::Infer, unit, leaf);
                quote!(p.field(#at).read())
            };
            let bias = if has_bias(graph, conv) { leaf(conv, "bias") } else { quote!(Arg::none()) };
            let weight = leaf(conv, "weight");
            let norm = ["weight", "bias", "running_mean", "running_var"].map(|name| leaf(norm, name));
            let to = ["weight", "bias"].map(|leaf| {
                let at = offset_of(graph, names, conv, leaf);
                quote!(to.field(#at).write())
            });
            let (call, sizes) = match field {
                Prepared::Packed { .. } => {
                    let (outputs, inputs, kernel) = sizes(graph, conv);
                    let [outputs, inputs, size] =
                        [outputs, inputs, kernel.size.value].map(Literal::usize_unsuffixed);
                    (quote!(call::blocked::pack), quote!(#outputs, #inputs, #size))
                }
                _ => {
                    let [outputs, each] = matrix(graph, conv);
                    (quote!(call::fold::batch_norm), quote!(#outputs, #each))
                }
            };
            quote! {
                #call(cx, #sizes, const { (#eps as f64 / 1e9) as f32 }, AnyElement::DTYPE, #weight, #bias, #(#norm),*, #(#to),*);
            }
        }
    }
}

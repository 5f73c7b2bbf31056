//! `Plain` and `Params`: models as memory, and their trees of names and offsets.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;

use super::names::held_type;
use crate::graph::{Field, Graph, Struct};

/// The structs that `model!` declares, as the user sees them.
pub(super) fn structs(graph: &Graph) -> TokenStream {
    let item = |structure: &Struct| {
        let Struct { name, visibility, attributes, fields } = structure;
        let fields = fields.iter().map(|field| {
            let Field { ident, attributes, .. } = field;
            let ty = written_type(graph, field);
            let is_documented = attributes.iter().any(|attribute| attribute.path().is_ident("doc"));
            let docs =
                (!is_documented).then(|| documentation(graph, field)).map(|docs| quote!(#[doc = #docs]));
            quote!(#docs #(#attributes)* #visibility #ident: #ty)
        });
        // A block's template may have none, and the user cannot write any here.
        let is_block = *name != graph.model && attributes.is_empty();
        let docs = is_block.then(|| format!(" A block of [`{}`].", graph.model));
        let docs = docs.map(|docs| quote!(#[doc = #docs]));
        quote! {
            #docs
            #(#attributes)*
            #[repr(C)]
            #visibility struct #name {
                #(#fields,)*
            }
        }
    };
    graph.structs.iter().map(item).collect()
}

/// What rustdoc and editors say of a field of which the user says nothing: the layer, and what it maps.
fn documentation(graph: &Graph, field: &Field) -> String {
    let unit = match field.holds {
        crate::graph::Holds::Unit(unit) => unit,
        crate::graph::Holds::Struct(id) => {
            return format!(" A [`{}`].", graph.structs[id].name);
        }
    };
    let name = graph.units[unit].layer.as_ref().map_or("", crate::layers::Layer::name);
    let call =
        graph.nodes.iter().position(|node| matches!(node.what, crate::graph::What::Unit(id) if id == unit));
    let maps = call.map(|node| super::memory::samples(graph, node));
    match maps {
        Some((x, y)) if !name.is_empty() => format!(" `{name}`, from `{x}` to `{y}`."),
        Some((x, y)) => format!(" From `{x}` to `{y}`."),
        None => format!(" `{name}`."),
    }
}

/// The type of a field as it is declared: outside of the scope of the aliases.
fn written_type(graph: &Graph, field: &Field) -> TokenStream {
    let element = match field.holds {
        crate::graph::Holds::Unit(unit) => super::names::written_type(graph, unit),
        crate::graph::Holds::Struct(_) => held_type(graph, field.holds),
    };
    array(&element, field)
}

fn array(element: &TokenStream, field: &Field) -> TokenStream {
    match field.count {
        Some(count) => {
            let count = Literal::usize_unsuffixed(count);
            quote!([#element; #count])
        }
        None => element.clone(),
    }
}

/// For every struct, and for the same struct of another element type.
pub(super) fn items(graph: &Graph, requires: &TokenStream) -> TokenStream {
    graph.structs.iter().map(|structure| item(graph, structure, requires)).collect()
}

fn item(graph: &Graph, structure: &Struct, requires: &TokenStream) -> TokenStream {
    let Struct { name, fields, .. } = structure;
    let with = with_name(name);
    // A model in f32 is its own gradient; another is not, even where none of its parameters says so.
    let same = match graph.has_halves() {
        true => quote!(#with<E>),
        false => quote!(E::Choose<Self, #with<E>>),
    };
    let types: Vec<_> = fields.iter().map(|field| array(&held_type(graph, field.holds), field)).collect();
    let types_with: Vec<_> =
        types.iter().map(|ty| quote!(<#ty as ::castiron::params::Params>::With<E>)).collect();
    let tree = tree(fields, &types);
    let tree_with = self::tree(fields, &types_with);
    let idents = fields.iter().map(|field| &field.ident);
    // Rust wants a parameter to be used.
    let unused = fields.is_empty().then(|| quote!(element: ::core::marker::PhantomData<E>,));
    // Plain is the struct whose fields are, which is what is checked, and whose layout is C's.
    let certain = fields.iter().zip(&types).filter_map(|(field, ty)| match field.holds {
        crate::graph::Holds::Unit(unit) if super::names::fits(graph, unit) => Some(ty),
        _ => None,
    });
    quote! {
        const _: () = {
            const fn plain<T: ::castiron::Plain>() {}
            #(plain::<#certain>();)*
        };
        #[automatically_derived]
        unsafe impl ::castiron::Plain for #name #requires {}

        #[automatically_derived]
        impl ::castiron::params::Params for #name #requires {
            const TREE: ::castiron::params::Tree = #tree;
            type With<E: ::castiron::Element> = #same;
        }

        #[doc(hidden)]
        #[repr(C)]
        pub struct #with<E: ::castiron::Element> #requires {
            #(#idents: #types_with,)*
            #unused
        }

        #[automatically_derived]
        unsafe impl<E: ::castiron::Element> ::castiron::Plain for #with<E> #requires {}

        #[automatically_derived]
        impl<E: ::castiron::Element> ::castiron::params::Params for #with<E> #requires {
            const TREE: ::castiron::params::Tree = #tree_with;
            type With<F: ::castiron::Element> = #with<F>;
        }
    }
}

fn with_name(name: &Ident) -> Ident {
    format_ident!("{}_With", name)
}

fn tree(fields: &[Field], types: &[TokenStream]) -> TokenStream {
    let children = fields.iter().zip(types).map(|(field, ty)| {
        let Field { ident, saved_as, frozen, inits, .. } = field;
        let frozen = frozen.then(|| quote!(.frozen()));
        let inits = inits.iter().map(|(leaf, init)| quote!(.with_init(#leaf, #init)));
        quote! {
            ::castiron::params::Child::new(
                #saved_as,
                offset_of!(Self, #ident),
                <#ty as ::castiron::params::Params>::TREE,
            ) #frozen #(#inits)*
        }
    });
    quote!(::castiron::params::Tree::Node(&[#(#children,)*]))
}

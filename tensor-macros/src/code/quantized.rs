//! `Quantizable`: the model on bytes.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use super::body::Body;
use super::module::ends;
use super::names::{Names, layer_type, word};
use super::{functions, memory};
use crate::graph::{Graph, UnitId};
use crate::lower::{Call, Operand, Table, TableId, identifier};

/// Bytes from the start of the quantized parameters to a table.
pub(super) fn table_offset(names: &Names, tables: &[Table], table: TableId) -> TokenStream {
    let (quantized, field) = (&names.quantized, field(tables, table));
    quote!(offset_of!(#quantized, #field))
}

/// The same to a layer that computes on `f32`.
pub(super) fn module_offset(graph: &Graph, names: &Names, unit: UnitId) -> TokenStream {
    if graph.units[unit].path.is_empty() {
        return quote!(0);
    }
    let (quantized, field) = (&names.quantized, format_ident!("{}_layer", word(graph, unit)));
    quote!(offset_of!(#quantized, #field))
}

/// The same to one of its parameters.
pub(super) fn offset_of(graph: &Graph, names: &Names, unit: UnitId, leaf: &str) -> TokenStream {
    let (offset, layer) = (module_offset(graph, names, unit), layer_type(graph, unit));
    let leaf = format_ident!("{leaf}");
    quote!(#offset + offset_of!(#layer, #leaf))
}

/// A name for each, no two the same: `a.b` and `a_b` are both `a_b`.
fn field(tables: &[Table], table: TableId) -> Ident {
    let word = identifier(&tables[table].name);
    match tables[..table].iter().any(|other| identifier(&other.name) == word) {
        true => format_ident!("{word}_table_{table}"),
        false => format_ident!("{word}_table"),
    }
}

/// Layers that compute on `f32`, in the order of the declaration.
fn kept(body: &Body<'_>) -> Vec<UnitId> {
    let steps = || body.program.steps.iter();
    let read = steps().flat_map(|step| &step.operands).filter_map(|operand| match operand {
        Operand::Parameter(unit, _) => Some(*unit),
        _ => None,
    });
    let called = steps().filter_map(|step| match step.call {
        Call::Module { unit, .. } => Some(unit),
        Call::Erased { .. } => None,
    });
    let mut units: Vec<UnitId> =
        read.chain(called).filter(|unit| !body.graph.units[*unit].path.is_empty()).collect();
    units.sort_unstable();
    units.dedup();
    units
}

/// Its struct, its scratch memory and the impl.
pub(super) fn items(model: &Ident, body: &Body<'_>, requires: &TokenStream) -> TokenStream {
    let (graph, names) = (body.graph, body.names);
    let Names { quantized, quantized_scratch, quantized_layers, state, .. } = names;
    let tables = &body.program.tables;
    let fields = (0..tables.len()).map(|table| field(tables, table));
    let types: Vec<_> = tables.iter().map(|table| &table.ty).collect();
    let offsets = (0..tables.len()).map(|table| table_offset(names, tables, table));
    let labels = tables.iter().map(|table| &table.name);
    let kept = kept(body);
    let layers = kept.iter().map(|unit| format_ident!("{}_layer", word(graph, *unit)));
    let layer_types: Vec<_> = kept.iter().map(|unit| layer_type(graph, *unit)).collect();
    let layer_offsets = kept.iter().map(|unit| module_offset(graph, names, *unit));
    let layer_names = kept.iter().map(|unit| &graph.units[*unit].name);
    let scratch = memory::inference(body, quantized_scratch, quantized_layers, requires);
    let (x, y) = ends(graph);
    let calls = body.forward();
    let own = quote!(#quantized_scratch<CAP>);
    let memory = functions::opened(body, (&quote!(scratch), &own), &own);
    let ends = functions::ends_but_input();
    let of_bytes = body.program.input_bytes.map(|_| {
        let x = x.of_bytes();
        quote! {
            #[automatically_derived]
            impl ::castiron::quantized::FromBytes for #model #requires {
                type Bytes = #x;
            }
        }
    });
    quote! {
        #[doc(hidden)]
        #[repr(C)]
        pub struct #quantized #requires {
            #(#fields: #types,)*
            #(#layers: #layer_types,)*
        }
        unsafe impl ::castiron::Plain for #quantized #requires {}

        #scratch

        #[automatically_derived]
        impl ::castiron::Quantizable for #model #requires {
            type Tables = #quantized;
            type Buffers<const CAP: usize> = #quantized_scratch<CAP>;
            const NAMES: ::castiron::params::Tree = {
                use ::castiron::params::{Child, Params, Tree};
                Tree::Node(&[
                    #(Child::new(#labels, #offsets, <#types as Params>::TREE).frozen(),)*
                    #(Child::new(#layer_names, #layer_offsets, <#layer_types as Params>::TREE).frozen(),)*
                ])
            };

            fn infer_quantized<AnyDevice: ::castiron::device::Device, const CAP: usize, const BYTES: bool>(
                cx: &::castiron::Cx<'_, AnyDevice>,
                p: ::castiron::memory::Ref<'_, Self::Tables, AnyDevice>,
                x: ::castiron::memory::Area<'_, AnyDevice>,
                y: ::castiron::memory::Mut<'_, ::castiron::Batch<#y, CAP>, AnyDevice>,
                state: ::castiron::memory::Mut<'_, #state<CAP>, AnyDevice>,
                scratch: ::castiron::memory::Mut<'_, Self::Buffers<CAP>, AnyDevice>,
            ) {
                #ends
                #memory
                #calls
            }
        }
        #of_bytes
    }
}

/// A `Quantizable` that does nothing, for a model with errors.
pub(super) fn stand_in(model: &Ident, y: &TokenStream, requires: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        #[allow(unused_variables)]
        impl ::castiron::Quantizable for #model #requires {
            type Tables = ();
            type Buffers<const CAP: usize> = ();
            const NAMES: ::castiron::params::Tree = ::castiron::params::Tree::Node(&[]);

            fn infer_quantized<AnyDevice: ::castiron::device::Device, const CAP: usize, const BYTES: bool>(
                cx: &::castiron::Cx<'_, AnyDevice>,
                p: ::castiron::memory::Ref<'_, (), AnyDevice>,
                x: ::castiron::memory::Area<'_, AnyDevice>,
                y: ::castiron::memory::Mut<'_, ::castiron::Batch<#y, CAP>, AnyDevice>,
                state: ::castiron::memory::Mut<'_, (), AnyDevice>,
                scratch: ::castiron::memory::Mut<'_, (), AnyDevice>,
            ) {
            }
        }
    }
}

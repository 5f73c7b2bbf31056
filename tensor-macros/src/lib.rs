//! The procedural macros of castiron: a small compiler inside the Rust compiler.
//!
//! It reads a declaration (`parse`), makes a graph of layers and values of it (`graph`, `layers`),
//! infers every shape (`shapes`), plans memory (`plan`) and writes Rust (`code`). It collects what
//! is wrong on the way (`errors`) and reports everything at once. It knows the layers' names and how
//! they map shapes, and nothing of how they compute: it writes paths into `castiron`.

mod code;
mod errors;
mod graph;
mod layers;
mod parse;
mod plan;
mod sample;
mod shapes;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use errors::Errors;
use graph::Graph;

/// Makes a model of a struct: its fields are layers, and data flows through them in order.
///
/// ```text
/// use castiron::nn::{Conv2d, Linear, MaxPool2d, Relu};
/// use castiron::{Module, Rank3};
///
/// /// A small classifier of images.
/// #[derive(Module)]
/// #[module(input = [1, 28, 28], output = [10])]
/// #[repr(C)]
/// pub struct Classifier {
///     conv: Conv2d<1, 6, 5, 1, 2, 1, 1, Relu>, // [6, 28, 28]
///     pool: MaxPool2d<2>,                      // [6, 14, 14]
///     #[param(name = "head")]
///     fc: Linear<Rank3<6, 14, 14>, 10>,        // [10]
/// }
/// ```
///
/// The macro computes the shape between every two layers, plans where in memory each output and gradient
/// lies, and writes `Plain`, `Params`, `Module` and `Model` for the struct: inference, forward and
/// backward as straight calls of the layers, without heap or dispatch. What does not fit is an error at
/// the layer's type, in numbers:
///
/// ```text
/// error: `fc` gets [6, 14, 14] from `pool`, but is declared for [6, 12, 12]
/// ```
///
/// # On the struct
///
/// - `#[module(input = ..)]` says what one sample of the input is. It is needed.
/// - `#[module(output = ..)]` says what one sample of the output is. It is checked, if it is there.
/// - `#[repr(C)]` is needed, since layers are found by their offsets.
///
/// A sample is written as `[1, 28, 28]` (of `f32`), as `shape![u8; 28, 28]`, or as the Rust type that it
/// is: `Rank3<1, 28, 28>`, `[[u8; 28]; 28]`, `f32`. A tuple of two or three samples is a sample. Sizes are
/// numbers: a macro sees what is written, not what a constant or a type alias stands for.
///
/// # On a field
///
/// - `#[module(output = ..)]` says what the layer gives. Layers of castiron do not need it. Layers that the
///   macro does not know do: your own, another model, a type alias. Rust then checks that the layer maps
///   what it gets to that.
/// - `#[param(name = "..")]` is the layer's name in checkpoints, where it is not the field's:
///   `"features.3"`. Two layers with names that begin alike may share that beginning.
///
/// A layer is recognised by the last part of its path, so a layer of your own should not be called
/// `Linear`. Arrays, `[Block; 6]`, and `Residual<Block>` keep the shape, whatever `Block` is.
///
/// # Limits
///
/// A generic struct is a template, of which the macro cannot plan the memory: write the numbers. A model
/// with branches is not a list of layers: write its parts as structs, and what joins them by hand.
#[proc_macro_derive(Module, attributes(module, param))]
pub fn derive_module(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    let errors = Errors::new();
    let mut items = expand(&input, &errors);
    items.extend(errors.report());
    items.into()
}

/// The items for a struct; where there are errors, those that keep rustc from adding errors of its own.
fn expand(input: &DeriveInput, errors: &Errors) -> TokenStream {
    let Some(declaration) = parse::declaration(input, errors) else { return TokenStream::new() };
    let mut graph = Graph::chain(&declaration);
    shapes::infer(&mut graph, errors);
    if errors.count() > 0 {
        return code::stand_in(&graph);
    }
    let plan = plan::Plan::of(&graph);
    code::model(&graph, &plan)
}

//! The procedural macros of castiron: a small compiler inside the Rust compiler.
//!
//! It has two front-ends. `model!` parses its own language (`parse::model`), finds the declarations of other
//! models (`template`) and builds a graph of layers and values (`build`, `graph`); `#[derive(Module)]` makes one
//! of a struct (`parse`, `chain`). From there on there is one way: infer every shape (`shapes`), turn the graph
//! into programs of calls over named buffers, fused where one kernel does what several nodes say (`lower`), give
//! every buffer its place in memory (`plan`), and write Rust (`code`). What is wrong is collected on the way
//! (`errors`) and reported at once. The compiler knows the layers' names, how they map shapes and what each call
//! reads and writes, and nothing of how they compute: it writes paths into `castiron`.

mod build;
mod chain;
mod code;
mod errors;
#[cfg(test)]
mod expansion;
mod export;
mod graph;
mod layers;
mod lower;
mod parameters;
mod parse;
mod plan;
mod sample;
mod shapes;
mod spelling;
mod template;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use errors::Errors;
use graph::Graph;
use template::Soundness;

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
/// A generic struct is a template, of which the macro cannot plan the memory, and a model with branches is not a
/// list of layers: declare such models with `model!`, which is the same compiler.
#[proc_macro_derive(Module, attributes(module, param))]
pub fn derive_module(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    let errors = Errors::new();
    let mut items = expand(&input, &errors);
    items.extend(errors.report());
    items.into()
}

/// Makes a struct of parameters and layers one that checkpoints, optimizers and tapes know: `Plain` and `Params`.
/// It has no forward of its own; a function of yours, called on a tape, says what it computes.
///
/// ```text
/// /// A layer of one's own: y = scale · x + shift.
/// #[derive(Params)]
/// #[repr(C)]
/// struct Scale<const N: usize> {
///     #[init(ones)]
///     scale: Aligned<Rank1<N>>,
///     shift: Aligned<Rank1<N>>,
/// }
/// ```
///
/// A field is a layer, a struct like this, an array of these, or a parameter, `Aligned<S>` with the shape `S`.
/// `#[init(..)]` says what a parameter starts from, as in `model!`: `zeros` (unless it is said), `ones`,
/// `constant(0.1)`, `uniform(-1, 1)`, `normal(0, 0.02)`, `xavier_uniform`, `kaiming_normal` and so on.
/// `#[param(name = "..")]` is its name in checkpoints, where it is not the field's.
#[proc_macro_derive(Params, attributes(param, init))]
pub fn derive_params(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    let errors = Errors::new();
    let mut items = parameters::expand(&input, &errors);
    items.extend(errors.report());
    items.into()
}

/// Gives a model in a static functions that C can call, and a header for them.
///
/// ```text
/// /// LeNet-5, trained on MNIST.
/// #[castiron::export]
/// static LENET: LeNet = include_weights!(LeNet, "lenet.safetensors");
/// ```
///
/// The functions begin with the name of the static, or with another that the attribute is given,
/// `#[castiron::export(digits)]`. `castiron::export` says what they are.
#[proc_macro_attribute]
pub fn export(arguments: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let name = syn::parse_macro_input!(arguments as Option<syn::Ident>);
    let errors = Errors::new();
    let mut items = export::expand(name.as_ref(), item.into(), &errors);
    items.extend(errors.report());
    items.into()
}

/// Makes models of declarations; the documentation of `castiron::model` says how they are written.
#[proc_macro]
pub fn model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let errors = Errors::new();
    let mut items = declarations(input.into(), &errors);
    items.extend(errors.report());
    items.into()
}

/// The items for the declarations of a `model!`.
fn declarations(input: TokenStream, errors: &Errors) -> TokenStream {
    template::expand(input, errors, &mut |mut graph, soundness| {
        if soundness == Soundness::Hollow {
            return code::stand_in(&graph);
        }
        let faults = errors.count();
        shapes::infer(&mut graph, errors);
        if soundness == Soundness::Faulty || errors.count() > faults {
            return code::stand_in(&graph);
        }
        graph.drop_dead();
        code::model(&graph)
    })
}

/// The items for a struct; where there are errors, those that keep rustc from adding errors of its own.
fn expand(input: &DeriveInput, errors: &Errors) -> TokenStream {
    let Some(declaration) = parse::declaration(input, errors) else { return TokenStream::new() };
    let mut graph = Graph::of_struct(declaration);
    shapes::infer(&mut graph, errors);
    if errors.count() > 0 { code::stand_in(&graph) } else { code::model(&graph) }
}

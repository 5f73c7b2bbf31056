//! From the tokens of a struct to a [`Declaration`].

mod attributes;
pub(crate) mod model;
pub(crate) mod number;
pub(crate) mod repr;
pub(crate) mod sample;
mod spell;

use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, FieldsNamed, Ident, Type, Visibility};

use crate::errors::Errors;
pub(crate) use sample::Written;

/// A model as it is written.
pub(crate) struct Declaration {
    pub(crate) model: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) fields: Vec<Field>,
    /// Nothing if it cannot be read, which was reported.
    pub(crate) input: Option<Written>,
    pub(crate) output: Option<Written>,
}

/// A layer as it is written.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// Its name in checkpoints.
    pub(crate) saved_as: String,
    /// `#[module(output = ..)]`.
    pub(crate) output: Option<Written>,
    /// Whether there is such an attribute, understood or not.
    pub(crate) annotated: bool,
}

impl Field {
    /// Its name in messages.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

/// The declaration, or nothing and at least one error.
pub(crate) fn declaration(input: &DeriveInput, errors: &Errors) -> Option<Declaration> {
    let model = &input.ident;
    let named = named_fields(input, errors)?;
    repr::check(input, errors);
    if let Some(parameter) = input.generics.params.first() {
        errors.at(
            parameter,
            format!(
                "`{model}` is generic, and `derive(Module)` needs to know every number: write the numbers, one \
                 struct for each model that you use"
            ),
        );
    }
    let fields: Vec<Field> = named.named.iter().filter_map(|field| layer(field, errors)).collect();
    distinct_names(&fields, errors);
    let attributes = attributes::of(&input.attrs, attributes::Place::Model, errors);
    if attributes.input.is_none() && !attributes.faulty {
        errors.at(
            model,
            format!("`{model}` does not say what one input is: add `#[module(input = [1, 28, 28])]` with your shape"),
        );
    }
    let complete = fields.len() == named.named.len() && input.generics.params.is_empty();
    let [gets, gives] = [attributes.input, attributes.output].map(Option::flatten);
    let (model, visibility) = (model.clone(), input.vis.clone());
    complete.then_some(Declaration { model, visibility, fields, input: gets, output: gives })
}

fn named_fields<'a>(input: &'a DeriveInput, errors: &Errors) -> Option<&'a FieldsNamed> {
    let model = &input.ident;
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) if !named.named.is_empty() => return Some(named),
            Fields::Unnamed(unnamed) => errors.at(
                unnamed,
                format!("the layers of `{model}` have no names, but checkpoints and messages call them by name: write `{model} {{ fc1: .., fc2: .. }}`"),
            ),
            _ => errors.at(model, format!("`{model}` has no layers: write at least one field")),
        },
        Data::Enum(data) => errors.at(
            data.enum_token,
            format!("`{model}` is an enum, but a model is plain memory without a tag: write a struct whose fields are its layers"),
        ),
        Data::Union(data) => errors.at(
            data.union_token,
            format!("`{model}` is a union, but every layer of a model needs memory of its own: write a struct whose fields are its layers"),
        ),
    }
    None
}

fn layer(field: &syn::Field, errors: &Errors) -> Option<Field> {
    let attributes = attributes::of(&field.attrs, attributes::Place::Layer, errors);
    let ident = field.ident.clone()?;
    let saved_as = attributes.saved_as.unwrap_or_else(|| ident.unraw().to_string());
    let annotated = attributes.output.is_some() || attributes.faulty;
    Some(Field { ident, ty: field.ty.clone(), saved_as, output: attributes.output.flatten(), annotated })
}

/// Two layers of one name would overwrite each other in a checkpoint.
fn distinct_names(fields: &[Field], errors: &Errors) {
    for (i, field) in fields.iter().enumerate() {
        if let Some(earlier) = fields[..i].iter().find(|earlier| earlier.saved_as == field.saved_as) {
            let (name, other) = (&field.saved_as, earlier.name());
            errors.push(syn::Error::new(
                field.ident.span(),
                format!("`{}` is saved as \"{name}\", and so is `{other}`", field.name()),
            ));
        }
    }
}

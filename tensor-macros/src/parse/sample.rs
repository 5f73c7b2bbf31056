//! The notations of a sample: `[1, 28, 28]`, `Rank3<1, 28, 28>`, `[[f32; 28]; 28]`, `shape![i32; 16]`,
//! `f32`, `Seq<[f32; 4], 16>`, and tuples of these.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, GenericArgument, PathArguments, Result, Token, Type, TypePath, bracketed, token};

use super::number;
use crate::sample::{Element, Sample, Shape};

/// A sample and the tokens that say it, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) sample: Sample,
    pub(crate) at: TokenStream,
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if let Some(written) = dimension_list(input)? {
            return Ok(written);
        }
        if input.peek(token::Paren) {
            let content;
            let paren = syn::parenthesized!(content in input);
            let parts = Punctuated::<Written, Token![,]>::parse_terminated(&content)?;
            let at = parts.to_token_stream();
            let written = parts.into_iter().map(|part| part.sample).collect();
            return Ok(Written { sample: tuple(written, paren.span.join())?, at });
        }
        let start = input.cursor().token_stream().into_iter().next();
        let ty: Type = input.parse().map_err(|error| no_sample(start, error))?;
        Ok(Written { sample: of_type(&ty)?, at: ty.to_token_stream() })
    }
}

impl ToTokens for Written {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.at.clone());
    }
}

/// `[1, 28, 28]`: no Rust type, but what shapes are called everywhere else.
fn dimension_list(input: ParseStream<'_>) -> Result<Option<Written>> {
    let ahead = input.fork();
    if !ahead.peek(token::Bracket) {
        return Ok(None);
    }
    let content;
    bracketed!(content in ahead);
    // `[u8; 28, 28]`, which ends as no array type does.
    if let Some(element) = element_list(&content)? {
        let group: proc_macro2::TokenTree = input.parse()?;
        return Ok(Some(Written { sample: Sample::Shape(element), at: group.to_token_stream() }));
    }
    let Ok(dims) = Punctuated::<Expr, Token![,]>::parse_terminated(&content) else {
        return Ok(None);
    };
    let group: proc_macro2::TokenTree = input.parse()?;
    Ok(Some(Written { sample: Sample::Shape(shape(&dims, Element::F32)?), at: group.to_token_stream() }))
}

/// `u8; 28, 28`
fn element_list(content: ParseStream<'_>) -> Result<Option<Shape>> {
    let ahead = content.fork();
    let is_element = ahead.parse::<TypePath>().is_ok_and(|path| element_of(&path).is_ok());
    if is_element && ahead.peek(Token![;]) {
        return shape_macro(content).map(Some);
    }
    Ok(None)
}

/// The sample that a type is.
pub(crate) fn of_type(ty: &Type) -> Result<Sample> {
    match ty {
        Type::Tuple(parts) => {
            tuple(parts.elems.iter().map(of_type).collect::<Result<_>>()?, parts.paren_token.span.join())
        }
        Type::Group(group) => of_type(&group.elem),
        Type::Paren(paren) => of_type(&paren.elem),
        Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Seq") => {
            sequence(path)
        }
        other => shape_of_type(other).map(Sample::Shape),
    }
}

/// `Seq<[f32; 4], 16>`.
fn sequence(path: &TypePath) -> Result<Sample> {
    let arguments = path.path.segments.last().map(|last| &last.arguments);
    if let Some(PathArguments::AngleBracketed(arguments)) = arguments
        && let [GenericArgument::Type(item), max] = Vec::from_iter(&arguments.args).as_slice()
    {
        let max = number::positive(&number::of_argument(max)?, "the capacity")?;
        return Ok(Sample::Seq(shape_of_type(item)?, max));
    }
    Err(Error::new_spanned(path, "a sequence is `Seq<item, capacity>`, such as `Seq<[f32; 4], 16>`"))
}

/// The shape that a type is.
pub(crate) fn shape_of_type(ty: &Type) -> Result<Shape> {
    match ty {
        Type::Array(array) => {
            let mut inner = shape_of_type(&array.elem)?;
            inner.dims.insert(0, number::positive(&number::of_expression(&array.len)?, "a dimension")?);
            Ok(inner)
        }
        Type::Group(group) => shape_of_type(&group.elem),
        Type::Paren(paren) => shape_of_type(&paren.elem),
        Type::Macro(mac) if mac.mac.path.segments.last().is_some_and(|last| last.ident == "shape") => {
            mac.mac.parse_body_with(shape_macro)
        }
        Type::Path(path) => shape_of_path(path),
        other => Err(no_shape(other)),
    }
}

/// `i32; 28, 28` or `28, 28`.
fn shape_macro(input: ParseStream<'_>) -> Result<Shape> {
    let ahead = input.fork();
    let element = match (ahead.parse::<Type>(), ahead.parse::<Token![;]>()) {
        (Ok(Type::Path(path)), Ok(_)) => {
            input.parse::<Type>()?;
            input.parse::<Token![;]>()?;
            element_of(&path)?
        }
        _ => Element::F32,
    };
    shape(&Punctuated::parse_terminated(input)?, element)
}

/// `f32`, `Rank2<28, 28>`, `castiron::Rank1<16, i32>`.
fn shape_of_path(path: &TypePath) -> Result<Shape> {
    let Some(last) = path.path.segments.last() else { return Err(no_shape(path)) };
    let name = last.ident.to_string();
    let Some(rank) = name.strip_prefix("Rank").and_then(|rank| rank.parse::<usize>().ok()) else {
        return element_of(path).map(|element| Shape { dims: Vec::new(), element });
    };
    let arguments: Vec<&GenericArgument> = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().collect(),
        _ => Vec::new(),
    };
    let (dims, rest) = arguments.split_at(rank.min(arguments.len()));
    let element = match rest {
        [] => Element::F32,
        [GenericArgument::Type(Type::Path(element))] => element_of(element)?,
        [other, ..] => return Err(Error::new_spanned(other, format!("`{name}` has {rank} dimensions"))),
    };
    if dims.len() != rank {
        let message = format!("`{name}` has {rank} dimensions, but {} are written", dims.len());
        return Err(Error::new_spanned(path, message));
    }
    let dims = dims.iter().map(|dim| number::positive(&number::of_argument(dim)?, "a dimension"));
    Ok(Shape { dims: dims.collect::<Result<_>>()?, element })
}

fn shape(dims: &Punctuated<Expr, Token![,]>, element: Element) -> Result<Shape> {
    let dims = dims.iter().map(|dim| number::positive(&number::of_expression(dim)?, "a dimension"));
    Ok(Shape { dims: dims.collect::<Result<_>>()?, element })
}

fn tuple(parts: Vec<Sample>, span: proc_macro2::Span) -> Result<Sample> {
    match parts.len() {
        2 | 3 => Ok(Sample::Tuple(parts)),
        other => Err(Error::new(span, format!("a tuple of samples has 2 or 3 parts, not {other}"))),
    }
}

fn element_of(path: &TypePath) -> Result<Element> {
    let last = path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    Element::named(&last).ok_or_else(|| match last.as_str() {
        "bool" => Error::new_spanned(path, "a `bool` cannot be any byte, so samples hold `castiron::Bool`"),
        _ => no_shape(path),
    })
}

/// What is no type either. Where something is missing at the end, the parser says so.
fn no_sample(start: Option<proc_macro2::TokenTree>, error: Error) -> Error {
    match start {
        Some(start) if !matches!(start, proc_macro2::TokenTree::Ident(_)) => {
            let message =
                format!("`{start}` is no sample: write its shape between brackets, such as `[1, 28, 28]`");
            Error::new_spanned(start, message)
        }
        _ => error,
    }
}

fn no_shape(tokens: impl ToTokens + Spanned) -> Error {
    let text = tokens.to_token_stream().to_string();
    Error::new_spanned(
        tokens,
        format!(
            "a macro cannot look into `{text}`: write the shape as `[1, 28, 28]`, `Rank3<1, 28, 28>`, \
             `shape![i32; 16]` or nested arrays"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::Written;

    fn parse(text: &str) -> Result<String, String> {
        syn::parse_str::<Written>(text).map(|w| w.sample.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn every_notation() {
        for (text, shape) in [
            ("[1, 28, 28]", "[1, 28, 28]"),
            ("[10,]", "[10]"),
            ("f32", "[]"),
            ("Rank3<1, 28, 28>", "[1, 28, 28]"),
            ("castiron::Rank1<16, i32>", "[16] of i32"),
            ("Rank0<u8>", "[] of u8"),
            ("Rank2<{ 3 }, 4usize, castiron::bf16>", "[3, 4] of bf16"),
            ("[[f32; 28]; 14]", "[14, 28]"),
            ("[i32; 16]", "[16] of i32"),
            ("shape![64, 784]", "[64, 784]"),
            ("[u8; 28, 14]", "[28, 14] of u8"),
            ("[i32; 2 * 8]", "[16] of i32"),
            ("([3, 8 / 2], [i32; 4])", "([3, 4], [4] of i32)"),
            ("castiron::shape![u8; 28, 28]", "[28, 28] of u8"),
            ("([3, 4], shape![i32; 5])", "([3, 4], [5] of i32)"),
            ("(f32, [1], Rank1<2>)", "([], [1], [2])"),
            ("castiron::Seq<[f32; 4], 16>", "sequences of up to 16 of [4]"),
            ("([3], ([i32; 4], [5]))", "([3], ([4] of i32, [5]))"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(shape), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, part) in [
            ("[C, 28]", "does not know the value of `C`"),
            ("[1, 0]", "a dimension must be at least 1"),
            ("Rank2<3>", "has 2 dimensions, but 1 are written"),
            ("Rank2<3, 4, 5>", "has 2 dimensions"),
            ("[bool; 3]", "castiron::Bool"),
            ("Image", "cannot look into `Image`"),
            ("([3],)", "2 or 3 parts, not 1"),
            ("[1.5]", "`1.5` is no whole number"),
            ("8", "`8` is no sample: write its shape between brackets, such as `[1, 28, 28]`"),
            ("-> [3]", "`-` is no sample"),
            ("Seq<[f32; 4]>", "Seq<item, capacity>"),
        ] {
            let message = parse(text).expect_err(text);
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}

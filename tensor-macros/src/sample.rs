//! [`Sample`]: the type of what flows between layers, as the compiler knows it.

use std::fmt;

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

/// One example: a shape, a sequence or a tuple of samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    Shape(Shape),
    /// Up to that many items of a shape.
    Seq(Shape, usize),
    Tuple(Vec<Sample>),
}

/// Dimensions, outermost first, and the element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) dims: Vec<usize>,
    pub(crate) element: Element,
}

/// The element types of castiron.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    F32,
    F64,
    Bf16,
    F16,
    I8,
    U8,
    I32,
    I64,
    Bool,
}

impl Element {
    const ALL: [Element; 9] = [
        Element::F32,
        Element::F64,
        Element::Bf16,
        Element::F16,
        Element::I8,
        Element::U8,
        Element::I32,
        Element::I64,
        Element::Bool,
    ];

    /// The element that is called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|element| element.name() == name)
    }

    /// As types call it: `Bool`, unlike `bool`, may hold any byte.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Element::F32 => "f32",
            Element::F64 => "f64",
            Element::Bf16 => "bf16",
            Element::F16 => "f16",
            Element::I8 => "i8",
            Element::U8 => "u8",
            Element::I32 => "i32",
            Element::I64 => "i64",
            Element::Bool => "Bool",
        }
    }

    pub(crate) fn bytes(self) -> usize {
        match self {
            Element::F64 | Element::I64 => 8,
            Element::F32 | Element::I32 => 4,
            Element::Bf16 | Element::F16 => 2,
            Element::I8 | Element::U8 | Element::Bool => 1,
        }
    }

    /// Whether layers compute with it.
    pub(crate) fn is_computed(self) -> bool {
        self == Element::F32 || self.is_half()
    }

    /// Whether it is a float of 16 bits, whose sums and masters are `f32`.
    pub(crate) fn is_half(self) -> bool {
        matches!(self, Element::Bf16 | Element::F16)
    }

    /// Whether it has a gradient.
    fn is_real(self) -> bool {
        matches!(self, Element::F32 | Element::F64 | Element::Bf16 | Element::F16)
    }
}

impl Shape {
    /// An `f32` shape.
    pub(crate) fn real(dims: impl Into<Vec<usize>>) -> Self {
        Shape { dims: dims.into(), element: Element::F32 }
    }

    /// " of f32": part of the name of all shapes but those of `f32`.
    pub(crate) fn of_element(&self) -> String {
        format!(" of {}", self.element.name())
    }

    fn bytes(&self) -> usize {
        self.dims.iter().fold(self.element.bytes(), |bytes, dim| bytes.saturating_mul(*dim))
    }
}

impl Sample {
    /// An `f32` shape.
    pub(crate) fn real(dims: impl Into<Vec<usize>>) -> Self {
        Sample::Shape(Shape::real(dims))
    }

    /// What one tensor is made of; `f32` where there are several.
    pub(crate) fn element(&self) -> Element {
        match self {
            Sample::Shape(shape) => shape.element,
            Sample::Seq(..) | Sample::Tuple(_) => Element::F32,
        }
    }

    /// Whether any of it is.
    pub(crate) fn has_halves(&self) -> bool {
        match self {
            Sample::Shape(shape) | Sample::Seq(shape, _) => shape.element.is_half(),
            Sample::Tuple(parts) => parts.iter().any(Sample::has_halves),
        }
    }

    /// An upper bound of the bytes that one sample takes of a batch.
    pub(crate) fn bytes(&self) -> usize {
        self.sum(&Shape::bytes)
    }

    /// The same for its gradient: integers have none.
    pub(crate) fn gradient_bytes(&self) -> usize {
        self.sum(&|shape| if shape.element.is_real() { shape.bytes() } else { 0 })
    }

    /// The same dimensions of bytes.
    pub(crate) fn of_bytes(&self) -> Sample {
        match self {
            Sample::Shape(shape) => Sample::Shape(Shape { element: Element::U8, ..shape.clone() }),
            Sample::Seq(item, max) => Sample::Seq(Shape { element: Element::U8, ..item.clone() }, *max),
            Sample::Tuple(parts) => Sample::Tuple(parts.iter().map(Sample::of_bytes).collect()),
        }
    }

    fn sum(&self, bytes: &impl Fn(&Shape) -> usize) -> usize {
        match self {
            Sample::Shape(shape) => bytes(shape),
            // Lengths and items, each on cache lines of its own.
            Sample::Seq(item, max) => bytes(item).saturating_mul(*max).saturating_add(192),
            // A batch of tuples is a tuple of batches; each may need padding up to its alignment, which
            // is at most 8.
            Sample::Tuple(parts) => {
                parts.iter().fold(0, |sum: usize, part| sum.saturating_add(part.sum(bytes)).saturating_add(8))
            }
        }
    }
}

/// As messages print it: `[1, 28, 28]`, `[16] of i32`, `([3], [4])`.
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sample::Shape(shape) => shape.fmt(f),
            Sample::Seq(item, max) => write!(f, "sequences of up to {max} of {item}"),
            Sample::Tuple(parts) => {
                let parts: Vec<_> = parts.iter().map(ToString::to_string).collect();
                write!(f, "({})", parts.join(", "))
            }
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.dims)?;
        match self.element {
            Element::F32 => Ok(()),
            _ => f.write_str(&self.of_element()),
        }
    }
}

/// As Rust writes it.
impl ToTokens for Element {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let name = quote::format_ident!("{}", self.name());
        tokens.extend(match self {
            Element::Bf16 | Element::F16 | Element::Bool => quote!(::castiron::#name),
            _ => quote!(#name),
        });
    }
}

/// As the Rust type that it is: nested arrays.
impl ToTokens for Sample {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Sample::Shape(shape) => shape.to_tokens(tokens),
            Sample::Seq(item, max) => {
                let max = Literal::usize_unsuffixed(*max);
                tokens.extend(quote!(::castiron::Seq<#item, #max>));
            }
            Sample::Tuple(parts) => tokens.extend(quote!((#(#parts),*))),
        }
    }
}

impl ToTokens for Shape {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let element = self.element;
        tokens.extend(self.dims.iter().rev().fold(quote!(#element), |inner, dim| {
            let dim = Literal::usize_unsuffixed(*dim);
            quote!([#inner; #dim])
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::{Element, Sample, Shape};
    use quote::quote;

    #[test]
    fn prints_and_writes() {
        let image = Sample::real([1, 28, 14]);
        assert_eq!(image.to_string(), "[1, 28, 14]");
        assert_eq!(quote!(#image).to_string().replace(' ', ""), "[[[f32;14];28];1]");
        let pair = Sample::Tuple(vec![image, Sample::Shape(Shape { dims: vec![16], element: Element::I32 })]);
        assert_eq!(pair.to_string(), "([1, 28, 14], [16] of i32)");
        assert_eq!(pair.bytes(), 4 * 28 * 14 + 64 + 16);
        assert_eq!(pair.gradient_bytes(), 4 * 28 * 14 + 16);
    }
}

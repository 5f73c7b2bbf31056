//! From the tokens of a `model!` to [`Model`]s. A fault in one layer, statement or option is reported, and
//! the rest is read all the same.

pub(crate) mod arguments;
mod attributes;
pub(crate) mod body;
mod entry;
mod header;
pub(crate) mod split;

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Attribute, Expr, Pat, Visibility};

use crate::errors::Errors;
use arguments::Argument;

/// One declaration of a `model!`.
pub(crate) struct Model {
    pub(crate) visibility: Visibility,
    /// Documentation and other attributes, for the struct.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) name: Ident,
    /// Its const parameters: with any, it is a template.
    pub(crate) parameters: Vec<Ident>,
    pub(crate) kind: Kind,
    /// The whole declaration.
    pub(crate) tokens: TokenStream,
}

pub(crate) enum Kind {
    /// `Net: [4] -> [2] { .. }`
    Own(Own),
    /// `Net = Other<4> { fc: .. };`
    Of(Of),
}

pub(crate) struct Own {
    pub(crate) input: TokenStream,
    pub(crate) output: TokenStream,
    pub(crate) entries: Vec<Entry>,
    pub(crate) body: Option<Body>,
    /// Names in what could not be read: layers of these names may be there, and may be called.
    pub(crate) unread: Vec<String>,
}

/// A model that is another one, perhaps with other layers.
pub(crate) struct Of {
    pub(crate) output: Option<TokenStream>,
    pub(crate) base: Callee,
    pub(crate) replaced: Vec<Entry>,
    pub(crate) unread: Vec<String>,
}

/// A layer as it is declared: `#[frozen] conv1: Conv2d(6, kernel = 5) -> [6, 24, 24]`.
pub(crate) struct Entry {
    pub(crate) notes: Notes,
    pub(crate) name: Option<Ident>,
    pub(crate) layer: LayerExpr,
    /// What follows `->`.
    pub(crate) output: Option<TokenStream>,
    /// The layer without its name, for messages.
    pub(crate) at: TokenStream,
}

/// What the attributes of a layer say.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    /// Documentation and other attributes, for the field.
    pub(crate) kept: Vec<Attribute>,
    pub(crate) saved_as: Option<SavedAs>,
    pub(crate) frozen: Option<Span>,
    pub(crate) tap: Option<Span>,
    pub(crate) inits: Vec<InitNote>,
}

/// The name in checkpoints, and where that is said.
#[derive(Clone)]
pub(crate) struct SavedAs {
    pub(crate) name: String,
    pub(crate) at: Span,
}

/// `weight = normal(0, 0.02)`
#[derive(Clone)]
pub(crate) struct InitNote {
    pub(crate) leaf: String,
    /// The leaf, for messages.
    pub(crate) at: TokenStream,
    pub(crate) init: Expr,
}

pub(crate) enum LayerExpr {
    One(Callee),
    /// `[layer; count]`
    Array {
        element: Box<LayerExpr>,
        count: Expr,
    },
}

/// `Conv2d(6, kernel = 5)`, `Relu`, `blocks::Block<64>`.
pub(crate) struct Callee {
    /// The path without generic arguments.
    pub(crate) path: TokenStream,
    /// Its last part.
    pub(crate) last: Ident,
    /// What is in `<..>`.
    pub(crate) generics: Option<TokenStream>,
    /// What is in `(..)`.
    pub(crate) arguments: Option<Vec<Argument>>,
    /// Whether these are all: those that could not be read are left out.
    pub(crate) all_arguments: bool,
    /// All of it, as a type is written if there are no arguments.
    pub(crate) at: TokenStream,
}

/// `|x, y| { .. }`
pub(crate) struct Body {
    pub(crate) inputs: Vec<Pat>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) at: TokenStream,
}

pub(crate) enum Statement {
    Let {
        tap: Option<Span>,
        pattern: Pat,
        value: Expr,
    },
    /// The result, if it is the last one and no semicolon ends it; otherwise it does nothing.
    Expr {
        value: Expr,
        ended: bool,
    },
    /// What could not be read, which was reported, and the names in it.
    Unread(Vec<String>),
}

impl Callee {
    /// Its path as one word, to look it up by.
    pub(crate) fn key(&self) -> String {
        key(&self.path)
    }
}

/// A path as one word; `r#Net` is `Net`.
pub(crate) fn key(path: &TokenStream) -> String {
    path.to_string().replace(' ', "").replace("$crate", "crate").replace("r#", "")
}

/// All models in the tokens. With each, whether all of it could be read.
pub(crate) fn models(tokens: TokenStream, errors: &Errors) -> Vec<(Model, bool)> {
    let mut models = Vec::new();
    for chunk in split::declarations(tokens) {
        let faults = errors.count();
        if let Some(model) = header::model(chunk, errors) {
            models.push((model, faults == errors.count()));
        }
    }
    models
}

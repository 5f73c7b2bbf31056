//! `#[init(weight = kaiming_normal)]`: what parameters start from.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::{Error, Expr, Result};

use crate::parse::number::{self, Consts};
use crate::spelling;

const KINDS: [&str; 9] = [
    "zeros",
    "ones",
    "constant",
    "uniform",
    "normal",
    "xavier_uniform",
    "xavier_normal",
    "kaiming_uniform",
    "kaiming_normal",
];

/// The expression of type `castiron::params::Init` for `normal(0, 0.02)`.
pub(crate) fn expression(written: &Expr, consts: &Consts) -> Result<TokenStream> {
    let (name, arguments) = match written {
        Expr::Path(path) => (path.path.get_ident(), Vec::new()),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => (path.path.get_ident(), call.args.iter().collect()),
            _ => (None, Vec::new()),
        },
        _ => (None, Vec::new()),
    };
    let Some(name) = name else { return Err(unknown(written, String::new())) };
    let numbers =
        arguments.iter().map(|argument| number::real(argument, consts)).collect::<Result<Vec<f64>>>()?;
    let of = |variant: &str, fields: &[(&str, f64)]| {
        let variant = Ident::new(variant, name.span());
        let names = fields.iter().map(|(field, _)| Ident::new(field, name.span()));
        let values = fields.iter().map(|(_, value)| real(*value));
        quote!(::castiron::params::Init::#variant { #(#names: #values),* })
    };
    let constant = |value: f64| {
        let value = real(value);
        quote!(::castiron::params::Init::Constant(#value))
    };
    let takes = |what: &str| Err(Error::new_spanned(written, format!("`{name}` {what}")));
    Ok(match (name.to_string().as_str(), numbers.as_slice()) {
        ("zeros", []) => constant(0.0),
        ("ones", []) => constant(1.0),
        ("zeros" | "ones", _) => return takes("takes nothing"),
        ("constant", [value]) => constant(*value),
        ("constant", _) => return takes("takes its value: `constant(0.5)`"),
        ("uniform", [low, high]) if low <= high => of("Uniform", &[("low", *low), ("high", *high)]),
        ("uniform", _) => return takes("takes the smallest value and the largest: `uniform(-0.1, 0.1)`"),
        ("normal", [std]) if *std >= 0.0 => of("Normal", &[("mean", 0.0), ("std", *std)]),
        ("normal", [mean, std]) if *std >= 0.0 => of("Normal", &[("mean", *mean), ("std", *std)]),
        ("normal", _) => return takes("takes the mean and the standard deviation: `normal(0, 0.02)`"),
        ("xavier_uniform", [] | [_]) => of("XavierUniform", &gain(&numbers, 1.0)),
        ("xavier_normal", [] | [_]) => of("XavierNormal", &gain(&numbers, 1.0)),
        ("kaiming_uniform", [] | [_]) => of("KaimingUniform", &gain(&numbers, 2f64.sqrt())),
        ("kaiming_normal", [] | [_]) => of("KaimingNormal", &gain(&numbers, 2f64.sqrt())),
        (known, _) if KINDS.contains(&known) => return takes("takes at most its gain: `kaiming_normal(1)`"),
        (other, _) => {
            return Err(unknown(written, spelling::hint(other, KINDS)));
        }
    })
}

fn gain(numbers: &[f64], default: f64) -> [(&'static str, f64); 1] {
    [("gain", numbers.first().copied().unwrap_or(default))]
}

fn unknown(written: &Expr, hint: String) -> Error {
    let message = format!("parameters start from one of {}{hint}", KINDS.join(", "));
    Error::new_spanned(written, message)
}

fn real(value: f64) -> TokenStream {
    let size = Literal::f32_suffixed(value.abs() as f32);
    if value < 0.0 { quote!(-#size) } else { quote!(#size) }
}

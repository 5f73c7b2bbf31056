//! [`Errors`]: collects everything that is wrong with a declaration, so that the user sees it all at once.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// Every error found so far. It must be asked for them in the end: dropping it unasked is a bug of the
/// compiler, since an error that nobody reports would let a wrong model through.
#[derive(Debug)]
pub(crate) struct Errors {
    found: RefCell<Option<Vec<syn::Error>>>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Errors { found: RefCell::new(Some(Vec::new())) }
    }

    /// Runs something whose errors were reported before, with errors that nobody reads.
    pub(crate) fn unread<T>(run: impl FnOnce(&Errors) -> T) -> T {
        let errors = Errors::new();
        let result = run(&errors);
        errors.into_vec();
        result
    }

    /// An error at `tokens`.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// An error of `syn`, or one that a parser returned. The same one at the same place counts once.
    pub(crate) fn push(&self, error: syn::Error) {
        let mut found = self.found.borrow_mut();
        let found = found.as_mut().expect("errors are reported once");
        // A block that is used twice has its mistakes twice.
        let place = |error: &syn::Error| (error.to_string(), format!("{:?}", error.span()));
        if !found.iter().any(|other| place(other) == place(&error)) {
            found.push(error);
        }
    }

    /// How many there are so far.
    pub(crate) fn count(&self) -> usize {
        self.found.borrow().as_ref().map_or(0, Vec::len)
    }

    /// The value, or nothing and one error more.
    pub(crate) fn take<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// All errors, as the tokens that make rustc print them; empty if there were none.
    pub(crate) fn report(self) -> TokenStream {
        self.into_vec().iter().map(syn::Error::to_compile_error).collect()
    }

    pub(crate) fn into_vec(self) -> Vec<syn::Error> {
        self.found.take().expect("errors are reported once")
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.found.borrow().is_some() {
            panic!("errors were collected and not reported");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Errors;

    #[test]
    #[should_panic(expected = "not reported")]
    fn cannot_be_forgotten() {
        drop(Errors::new());
    }

    #[test]
    fn collects() {
        let errors = Errors::new();
        errors.at(quote::quote!(a), "first");
        assert_eq!(errors.take::<()>(Err(syn::Error::new(proc_macro2::Span::call_site(), "second"))), None);
        let messages: Vec<_> = errors.into_vec().iter().map(ToString::to_string).collect();
        assert_eq!(messages, ["first", "second"]);
    }
}

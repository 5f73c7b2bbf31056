//! `infer`, `forward` and `backward`: signatures, what each begins with, and the steps of its program.

use proc_macro2::TokenStream;
use quote::quote;

use super::body::Body;
use super::memory::has_modules;
use super::names::Names;
use super::signature;
use crate::sample::Sample;

/// The three functions of `Module`.
pub(super) fn of(infer: &Body<'_>, train: &Body<'_>, x: &Sample, y: &Sample) -> TokenStream {
    let Names { saved, state, infer_scratch, train_scratch, .. } = infer.names;
    let [x, y] = [quote!(#x), quote!(#y)];
    let (state, saved) = (quote!(#state<CAP>), quote!(#saved<CAP>));
    let (infer_scratch, train_scratch) = (quote!(#infer_scratch<CAP>), quote!(#train_scratch<CAP>));

    let memory = opened(infer, (&quote!(scratch), &infer_scratch), &infer_scratch);
    let (ends, steps) = (forward_ends(), infer.forward());
    let infer = signature::infer(&x, &y, &state, &infer_scratch, &quote!(#ends #memory #steps));

    let memory = opened(train, (&quote!(saved), &saved), &train_scratch);
    let steps = train.forward();
    let forward = signature::forward(&x, &y, &state, &saved, &train_scratch, &quote!(#ends #memory #steps));

    let (ends, steps) = (backward_ends(), train.backward());
    let backward = signature::backward(&x, &y, &saved, &train_scratch, &quote!(#ends #memory #steps));
    quote!(#infer #forward #backward)
}

/// What steps call, by short names: in here there is nothing of the user's that they could hide.
fn words() -> TokenStream {
    quote! {
        use ::castiron::{call, memory::{Area, Arg}};
        use ::castiron::castiron_kernels::activation::Activation;
    }
}

/// Parameters, input and output.
pub(super) fn forward_ends() -> TokenStream {
    let ends = ends_but_input();
    quote! {
        #ends
        let x = Area::of(x);
    }
}

/// The same where the input is an area already.
pub(super) fn ends_but_input() -> TokenStream {
    let words = words();
    quote! {
        #words
        let cx = &cx.within(CAP);
        let p = Area::of(p);
        let y = unsafe { Area::of_mut(y) };
    }
}

fn backward_ends() -> TokenStream {
    let words = words();
    quote! {
        #words
        let p = Area::of(p);
        let x = Area::of(x);
        let y = Area::of(y);
        let dy = Area::of(dy);
        let dx = unsafe { Area::optional(dx) };
        let dp = unsafe { Area::of_mut(dp) };
    }
}

/// `memory`, the buffers, which are in a field of a struct, and `layers`, the scratch memory of modules; each
/// if there is any.
pub(super) fn opened(
    body: &Body<'_>,
    buffers: (&TokenStream, &TokenStream),
    scratch: &TokenStream,
) -> TokenStream {
    let (of, ty) = buffers;
    let memory = body.has_buffers().then(|| {
        quote! {
            let memory = unsafe { Area::of_mut(::castiron::part!(#of, #ty, buffers).inner()) };
        }
    });
    let layers =
        has_modules(body).then(|| quote!(let mut layers = ::castiron::part!(scratch, #scratch, layers);));
    quote!(#memory #layers)
}

//! The three functions of `Module` around a body.

use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn infer(
    x: &TokenStream,
    y: &TokenStream,
    state: &TokenStream,
    scratch: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    quote! {
        fn infer<D: ::castiron::device::Device, const CAP: usize>(
            cx: &::castiron::Cx<'_, D>,
            p: ::castiron::memory::Ref<'_, Self, D>,
            x: ::castiron::memory::Ref<'_, ::castiron::Batch<#x, CAP>, D>,
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<#y, CAP>, D>,
            state: ::castiron::memory::Mut<'_, #state, D>,
            scratch: ::castiron::memory::Mut<'_, #scratch, D>,
        ) {
            #body
        }
    }
}

pub(super) fn forward(
    x: &TokenStream,
    y: &TokenStream,
    state: &TokenStream,
    saved: &TokenStream,
    scratch: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    quote! {
        fn forward<D: ::castiron::device::Device, const CAP: usize>(
            cx: &::castiron::Cx<'_, D>,
            p: ::castiron::memory::Ref<'_, Self, D>,
            x: ::castiron::memory::Ref<'_, ::castiron::Batch<#x, CAP>, D>,
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<#y, CAP>, D>,
            state: ::castiron::memory::Mut<'_, #state, D>,
            saved: ::castiron::memory::Mut<'_, #saved, D>,
            scratch: ::castiron::memory::Mut<'_, #scratch, D>,
        ) {
            #body
        }
    }
}

pub(super) fn backward(
    x: &TokenStream,
    y: &TokenStream,
    saved: &TokenStream,
    scratch: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    quote! {
        fn backward<D: ::castiron::device::Device, const CAP: usize>(
            cx: &::castiron::Cx<'_, D>,
            p: ::castiron::memory::Ref<'_, Self, D>,
            x: ::castiron::memory::Ref<'_, ::castiron::Batch<#x, CAP>, D>,
            y: ::castiron::memory::Ref<'_, ::castiron::Batch<#y, CAP>, D>,
            saved: ::castiron::memory::Ref<'_, #saved, D>,
            dy: ::castiron::memory::Ref<'_, ::castiron::GradBatch<#y, CAP>, D>,
            dx: ::core::option::Option<::castiron::memory::Mut<'_, ::castiron::GradBatch<#x, CAP>, D>>,
            dp: ::castiron::memory::Mut<'_, Self, D>,
            scratch: ::castiron::memory::Mut<'_, #scratch, D>,
        ) {
            #body
        }
    }
}

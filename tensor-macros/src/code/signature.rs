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
        fn infer<AnyDevice: ::castiron::device::Device, const CAP: usize>(
            cx: &::castiron::Cx<'_, AnyDevice>,
            p: ::castiron::memory::Ref<'_, Self, AnyDevice>,
            x: ::castiron::memory::Ref<'_, ::castiron::Batch<#x, CAP>, AnyDevice>,
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<#y, CAP>, AnyDevice>,
            state: ::castiron::memory::Mut<'_, #state, AnyDevice>,
            scratch: ::castiron::memory::Mut<'_, #scratch, AnyDevice>,
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
        fn forward<AnyDevice: ::castiron::device::Device, const CAP: usize>(
            cx: &::castiron::Cx<'_, AnyDevice>,
            p: ::castiron::memory::Ref<'_, Self, AnyDevice>,
            x: ::castiron::memory::Ref<'_, ::castiron::Batch<#x, CAP>, AnyDevice>,
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<#y, CAP>, AnyDevice>,
            state: ::castiron::memory::Mut<'_, #state, AnyDevice>,
            saved: ::castiron::memory::Mut<'_, #saved, AnyDevice>,
            scratch: ::castiron::memory::Mut<'_, #scratch, AnyDevice>,
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
        fn backward<AnyDevice: ::castiron::device::Device, const CAP: usize>(
            cx: &::castiron::Cx<'_, AnyDevice>,
            p: ::castiron::memory::Ref<'_, Self, AnyDevice>,
            x: ::castiron::memory::Ref<'_, ::castiron::Batch<#x, CAP>, AnyDevice>,
            y: ::castiron::memory::Ref<'_, ::castiron::Batch<#y, CAP>, AnyDevice>,
            saved: ::castiron::memory::Mut<'_, #saved, AnyDevice>,
            dy: ::castiron::memory::Ref<'_, ::castiron::GradBatch<#y, CAP>, AnyDevice>,
            dx: ::core::option::Option<::castiron::memory::Mut<'_, ::castiron::GradBatch<#x, CAP>, AnyDevice>>,
            dp: ::castiron::memory::Mut<'_, <Self as ::castiron::params::Params>::With<f32>, AnyDevice>,
            scratch: ::castiron::memory::Mut<'_, #scratch, AnyDevice>,
        ) {
            #body
        }
    }
}

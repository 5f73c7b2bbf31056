// What the declaration of this name in `src/expansion.rs` becomes.

#[doc(hidden)]
#[macro_export]
#[allow(unused_macros, non_local_definitions)]
macro_rules! __castiron_model_Net_ef17f5a93764a163 {
    (@ castiron $($state:tt)*) => {
        ::castiron::model! { @ found { { sound } { #[doc = " Images to four classes."]
        pub Net : [3, 8, 8] -> [4] { stem : Conv2d(4, kernel = 3, padding = 1), blocks :
        [BasicBlock < 4, 8 >; 2], GlobalAvgPool2d, fc : Linear(4), } } { "BasicBlock" = 1
        } { sound } { BasicBlock < const C : usize, const H : usize >: [C, H, H] -> [C,
        H, H] { conv1 : Conv2d(C, kernel = 3, padding = 1, bias = false), bn1 :
        BatchNorm2d, conv2 : Conv2d(C, kernel = 3, padding = 1, bias = false), bn2 :
        BatchNorm2d, | x | { let h = relu(bn1(conv1(x))); relu(bn2(conv2(h)) + x) } } }
        {} } $($state)* }
    };
    ($($other:tt)*) => {
        ::core::compile_error! { "`Net` is a model, and not a macro" }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub use __castiron_model_Net_ef17f5a93764a163 as Net;
/// Images to four classes.
#[repr(C)]
pub struct Net {
    /// `Conv2d`, from `[3, 8, 8]` to `[4, 8, 8]`.
    pub stem: ::castiron::nn::Conv2d<3, 4, 3, 1, 1>,
    /// A [`NetBasicBlock4x8`].
    pub blocks: [NetBasicBlock4x8; 2],
    /// `Linear`, from `[4]` to `[4]`.
    pub fc: ::castiron::nn::Linear<[f32; 4], 4>,
}
/// A block of [`Net`].
#[repr(C)]
pub struct NetBasicBlock4x8 {
    /// `Conv2d`, from `[4, 8, 8]` to `[4, 8, 8]`.
    pub conv1: ::castiron::nn::Conv2d<
        4,
        4,
        3,
        1,
        1,
        1,
        1,
        ::castiron::nn::Identity,
        ::castiron::nn::NoBias,
    >,
    /// `BatchNorm2d`, from `[4, 8, 8]` to `[4, 8, 8]`.
    pub bn1: ::castiron::nn::BatchNorm2d<4>,
    /// `Conv2d`, from `[4, 8, 8]` to `[4, 8, 8]`.
    pub conv2: ::castiron::nn::Conv2d<
        4,
        4,
        3,
        1,
        1,
        1,
        1,
        ::castiron::nn::Identity,
        ::castiron::nn::NoBias,
    >,
    /// `BatchNorm2d`, from `[4, 8, 8]` to `[4, 8, 8]`.
    pub bn2: ::castiron::nn::BatchNorm2d<4>,
}
#[allow(
    dead_code,
    missing_debug_implementations,
    missing_docs,
    unused_imports,
    unused_variables,
    non_camel_case_types,
    non_snake_case,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks
)]
const _: () = {
    use ::core::mem::offset_of;
    type stem_Layer = ::castiron::nn::Conv2d<3, 4, 3, 1, 1>;
    type blocks_0_conv1_Layer = ::castiron::nn::Conv2d<
        4,
        4,
        3,
        1,
        1,
        1,
        1,
        ::castiron::nn::Identity,
        ::castiron::nn::NoBias,
    >;
    type blocks_0_bn1_Layer = ::castiron::nn::BatchNorm2d<4>;
    type blocks_0_conv2_Layer = ::castiron::nn::Conv2d<
        4,
        4,
        3,
        1,
        1,
        1,
        1,
        ::castiron::nn::Identity,
        ::castiron::nn::NoBias,
    >;
    type blocks_0_bn2_Layer = ::castiron::nn::BatchNorm2d<4>;
    type blocks_1_conv1_Layer = ::castiron::nn::Conv2d<
        4,
        4,
        3,
        1,
        1,
        1,
        1,
        ::castiron::nn::Identity,
        ::castiron::nn::NoBias,
    >;
    type blocks_1_bn1_Layer = ::castiron::nn::BatchNorm2d<4>;
    type blocks_1_conv2_Layer = ::castiron::nn::Conv2d<
        4,
        4,
        3,
        1,
        1,
        1,
        1,
        ::castiron::nn::Identity,
        ::castiron::nn::NoBias,
    >;
    type blocks_1_bn2_Layer = ::castiron::nn::BatchNorm2d<4>;
    type fc_Layer = ::castiron::nn::Linear<[f32; 4], 4>;
    fn calls(model: &Net) {}
    const _: () = {
        const fn plain<T: ::castiron::Plain>() {}
        plain::<stem_Layer>();
        plain::<fc_Layer>();
    };
    #[automatically_derived]
    unsafe impl ::castiron::Plain for Net {}
    #[automatically_derived]
    impl ::castiron::params::Params for Net {
        const TREE: ::castiron::params::Tree = ::castiron::params::Tree::Node(
            &[
                ::castiron::params::Child::new(
                    "stem",
                    offset_of!(Self, stem),
                    <stem_Layer as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "blocks",
                    offset_of!(Self, blocks),
                    <[NetBasicBlock4x8; 2] as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "fc",
                    offset_of!(Self, fc),
                    <fc_Layer as ::castiron::params::Params>::TREE,
                ),
            ],
        );
        type With<E: ::castiron::Element> = E::Choose<Self, Net_With<E>>;
    }
    #[doc(hidden)]
    #[repr(C)]
    pub struct Net_With<E: ::castiron::Element> {
        stem: <stem_Layer as ::castiron::params::Params>::With<E>,
        blocks: <[NetBasicBlock4x8; 2] as ::castiron::params::Params>::With<E>,
        fc: <fc_Layer as ::castiron::params::Params>::With<E>,
    }
    #[automatically_derived]
    unsafe impl<E: ::castiron::Element> ::castiron::Plain for Net_With<E> {}
    #[automatically_derived]
    impl<E: ::castiron::Element> ::castiron::params::Params for Net_With<E> {
        const TREE: ::castiron::params::Tree = ::castiron::params::Tree::Node(
            &[
                ::castiron::params::Child::new(
                    "stem",
                    offset_of!(Self, stem),
                    <<stem_Layer as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "blocks",
                    offset_of!(Self, blocks),
                    <<[NetBasicBlock4x8; 2] as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "fc",
                    offset_of!(Self, fc),
                    <<fc_Layer as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
            ],
        );
        type With<F: ::castiron::Element> = Net_With<F>;
    }
    const _: () = {
        const fn plain<T: ::castiron::Plain>() {}
        plain::<blocks_0_conv1_Layer>();
        plain::<blocks_0_bn1_Layer>();
        plain::<blocks_0_conv2_Layer>();
        plain::<blocks_0_bn2_Layer>();
    };
    #[automatically_derived]
    unsafe impl ::castiron::Plain for NetBasicBlock4x8 {}
    #[automatically_derived]
    impl ::castiron::params::Params for NetBasicBlock4x8 {
        const TREE: ::castiron::params::Tree = ::castiron::params::Tree::Node(
            &[
                ::castiron::params::Child::new(
                    "conv1",
                    offset_of!(Self, conv1),
                    <blocks_0_conv1_Layer as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "bn1",
                    offset_of!(Self, bn1),
                    <blocks_0_bn1_Layer as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "conv2",
                    offset_of!(Self, conv2),
                    <blocks_0_conv2_Layer as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "bn2",
                    offset_of!(Self, bn2),
                    <blocks_0_bn2_Layer as ::castiron::params::Params>::TREE,
                ),
            ],
        );
        type With<E: ::castiron::Element> = E::Choose<Self, NetBasicBlock4x8_With<E>>;
    }
    #[doc(hidden)]
    #[repr(C)]
    pub struct NetBasicBlock4x8_With<E: ::castiron::Element> {
        conv1: <blocks_0_conv1_Layer as ::castiron::params::Params>::With<E>,
        bn1: <blocks_0_bn1_Layer as ::castiron::params::Params>::With<E>,
        conv2: <blocks_0_conv2_Layer as ::castiron::params::Params>::With<E>,
        bn2: <blocks_0_bn2_Layer as ::castiron::params::Params>::With<E>,
    }
    #[automatically_derived]
    unsafe impl<E: ::castiron::Element> ::castiron::Plain for NetBasicBlock4x8_With<E> {}
    #[automatically_derived]
    impl<E: ::castiron::Element> ::castiron::params::Params
    for NetBasicBlock4x8_With<E> {
        const TREE: ::castiron::params::Tree = ::castiron::params::Tree::Node(
            &[
                ::castiron::params::Child::new(
                    "conv1",
                    offset_of!(Self, conv1),
                    <<blocks_0_conv1_Layer as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "bn1",
                    offset_of!(Self, bn1),
                    <<blocks_0_bn1_Layer as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "conv2",
                    offset_of!(Self, conv2),
                    <<blocks_0_conv2_Layer as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "bn2",
                    offset_of!(Self, bn2),
                    <<blocks_0_bn2_Layer as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
            ],
        );
        type With<F: ::castiron::Element> = NetBasicBlock4x8_With<F>;
    }
    const STEM_AT: usize = offset_of!(Net, stem);
    const BLOCKS_0_CONV1_AT: usize = offset_of!(Net, blocks)
        + offset_of!(NetBasicBlock4x8, conv1);
    const BLOCKS_0_BN1_AT: usize = offset_of!(Net, blocks)
        + offset_of!(NetBasicBlock4x8, bn1);
    const BLOCKS_0_CONV2_AT: usize = offset_of!(Net, blocks)
        + offset_of!(NetBasicBlock4x8, conv2);
    const BLOCKS_0_BN2_AT: usize = offset_of!(Net, blocks)
        + offset_of!(NetBasicBlock4x8, bn2);
    const BLOCKS_1_CONV1_AT: usize = offset_of!(Net, blocks)
        + 1usize * size_of::<NetBasicBlock4x8>() + offset_of!(NetBasicBlock4x8, conv1);
    const BLOCKS_1_BN1_AT: usize = offset_of!(Net, blocks)
        + 1usize * size_of::<NetBasicBlock4x8>() + offset_of!(NetBasicBlock4x8, bn1);
    const BLOCKS_1_CONV2_AT: usize = offset_of!(Net, blocks)
        + 1usize * size_of::<NetBasicBlock4x8>() + offset_of!(NetBasicBlock4x8, conv2);
    const BLOCKS_1_BN2_AT: usize = offset_of!(Net, blocks)
        + 1usize * size_of::<NetBasicBlock4x8>() + offset_of!(NetBasicBlock4x8, bn2);
    const FC_AT: usize = offset_of!(Net, fc);
    const STEM_WEIGHT: usize = STEM_AT + offset_of!(stem_Layer, weight);
    const STEM_BIAS: usize = STEM_AT + offset_of!(stem_Layer, bias);
    const BLOCKS_0_CONV1_WEIGHT: usize = BLOCKS_0_CONV1_AT
        + offset_of!(blocks_0_conv1_Layer, weight);
    const BLOCKS_0_BN1_WEIGHT: usize = BLOCKS_0_BN1_AT
        + offset_of!(blocks_0_bn1_Layer, weight);
    const BLOCKS_0_BN1_BIAS: usize = BLOCKS_0_BN1_AT
        + offset_of!(blocks_0_bn1_Layer, bias);
    const BLOCKS_0_BN1_RUNNING_MEAN: usize = BLOCKS_0_BN1_AT
        + offset_of!(blocks_0_bn1_Layer, running_mean);
    const BLOCKS_0_BN1_RUNNING_VAR: usize = BLOCKS_0_BN1_AT
        + offset_of!(blocks_0_bn1_Layer, running_var);
    const BLOCKS_0_CONV2_WEIGHT: usize = BLOCKS_0_CONV2_AT
        + offset_of!(blocks_0_conv2_Layer, weight);
    const BLOCKS_0_BN2_WEIGHT: usize = BLOCKS_0_BN2_AT
        + offset_of!(blocks_0_bn2_Layer, weight);
    const BLOCKS_0_BN2_BIAS: usize = BLOCKS_0_BN2_AT
        + offset_of!(blocks_0_bn2_Layer, bias);
    const BLOCKS_0_BN2_RUNNING_MEAN: usize = BLOCKS_0_BN2_AT
        + offset_of!(blocks_0_bn2_Layer, running_mean);
    const BLOCKS_0_BN2_RUNNING_VAR: usize = BLOCKS_0_BN2_AT
        + offset_of!(blocks_0_bn2_Layer, running_var);
    const BLOCKS_1_CONV1_WEIGHT: usize = BLOCKS_1_CONV1_AT
        + offset_of!(blocks_1_conv1_Layer, weight);
    const BLOCKS_1_BN1_WEIGHT: usize = BLOCKS_1_BN1_AT
        + offset_of!(blocks_1_bn1_Layer, weight);
    const BLOCKS_1_BN1_BIAS: usize = BLOCKS_1_BN1_AT
        + offset_of!(blocks_1_bn1_Layer, bias);
    const BLOCKS_1_BN1_RUNNING_MEAN: usize = BLOCKS_1_BN1_AT
        + offset_of!(blocks_1_bn1_Layer, running_mean);
    const BLOCKS_1_BN1_RUNNING_VAR: usize = BLOCKS_1_BN1_AT
        + offset_of!(blocks_1_bn1_Layer, running_var);
    const BLOCKS_1_CONV2_WEIGHT: usize = BLOCKS_1_CONV2_AT
        + offset_of!(blocks_1_conv2_Layer, weight);
    const BLOCKS_1_BN2_WEIGHT: usize = BLOCKS_1_BN2_AT
        + offset_of!(blocks_1_bn2_Layer, weight);
    const BLOCKS_1_BN2_BIAS: usize = BLOCKS_1_BN2_AT
        + offset_of!(blocks_1_bn2_Layer, bias);
    const BLOCKS_1_BN2_RUNNING_MEAN: usize = BLOCKS_1_BN2_AT
        + offset_of!(blocks_1_bn2_Layer, running_mean);
    const BLOCKS_1_BN2_RUNNING_VAR: usize = BLOCKS_1_BN2_AT
        + offset_of!(blocks_1_bn2_Layer, running_var);
    const FC_WEIGHT: usize = FC_AT + offset_of!(fc_Layer, weight);
    const FC_BIAS: usize = FC_AT + offset_of!(fc_Layer, bias);
    #[doc(hidden)]
    #[repr(C)]
    pub struct Net_Saved<const CAP: usize> {
        buffers: ::castiron::memory::Aligned<[[f32; 2704]; CAP]>,
    }
    unsafe impl<const CAP: usize> ::castiron::Plain for Net_Saved<CAP> {}
    #[doc(hidden)]
    #[repr(C)]
    pub struct Net_State<const CAP: usize> {}
    unsafe impl<const CAP: usize> ::castiron::Plain for Net_State<CAP> {}
    #[doc(hidden)]
    #[repr(C)]
    pub struct Net_InferScratch<const CAP: usize> {
        buffers: ::castiron::memory::Aligned<[[f32; 768]; CAP]>,
    }
    unsafe impl<const CAP: usize> ::castiron::Plain for Net_InferScratch<CAP> {}
    #[doc(hidden)]
    #[repr(C)]
    pub struct Net_TrainScratch<const CAP: usize> {}
    unsafe impl<const CAP: usize> ::castiron::Plain for Net_TrainScratch<CAP> {}
    #[automatically_derived]
    impl ::castiron::Module<[[[f32; 8]; 8]; 3], [f32; 4]> for Net {
        const CHECK: () = {};
        const KIND: &'static str = "Net";
        const MACS: u64 = ::castiron::Row::macs(
            <Self as ::castiron::Module<[[[f32; 8]; 8]; 3], [f32; 4]>>::PARTS,
        );
        const PARTS: &'static [::castiron::Row] = &[
            ::castiron::Row {
                name: "stem",
                kind: "Conv2d",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: <stem_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<stem_Layer>(),
                macs: 6912,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.0.conv1",
                kind: "Conv2d",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: <blocks_0_conv1_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<blocks_0_conv1_Layer>(),
                macs: 9216,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.0.bn1",
                kind: "BatchNorm2d",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: <blocks_0_bn1_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<blocks_0_bn1_Layer>(),
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.0.relu",
                kind: "Relu",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: 0,
                bytes: 0,
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.0.conv2",
                kind: "Conv2d",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: <blocks_0_conv2_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<blocks_0_conv2_Layer>(),
                macs: 9216,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.0.bn2",
                kind: "BatchNorm2d",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: <blocks_0_bn2_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<blocks_0_bn2_Layer>(),
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.0.+",
                kind: "+",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: 0,
                bytes: 0,
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.0.relu",
                kind: "Relu",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: 0,
                bytes: 0,
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.1.conv1",
                kind: "Conv2d",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: <blocks_1_conv1_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<blocks_1_conv1_Layer>(),
                macs: 9216,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.1.bn1",
                kind: "BatchNorm2d",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: <blocks_1_bn1_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<blocks_1_bn1_Layer>(),
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.1.relu",
                kind: "Relu",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: 0,
                bytes: 0,
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.1.conv2",
                kind: "Conv2d",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: <blocks_1_conv2_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<blocks_1_conv2_Layer>(),
                macs: 9216,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.1.bn2",
                kind: "BatchNorm2d",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: <blocks_1_bn2_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<blocks_1_bn2_Layer>(),
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.1.+",
                kind: "+",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: 0,
                bytes: 0,
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "blocks.1.relu",
                kind: "Relu",
                output: <[[[f32; 8]; 8]; 4] as ::castiron::Sample>::LAYOUT,
                parameters: 0,
                bytes: 0,
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "GlobalAvgPool2d",
                kind: "GlobalAvgPool2d",
                output: <[f32; 4] as ::castiron::Sample>::LAYOUT,
                parameters: 0,
                bytes: 0,
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "fc",
                kind: "Linear",
                output: <[f32; 4] as ::castiron::Sample>::LAYOUT,
                parameters: <fc_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<fc_Layer>(),
                macs: 16,
                parts: &[],
            },
        ];
        type State<const CAP: usize> = Net_State<CAP>;
        type Saved<const CAP: usize> = Net_Saved<CAP>;
        type InferScratch<const CAP: usize> = Net_InferScratch<CAP>;
        type TrainScratch<const CAP: usize> = Net_TrainScratch<CAP>;
        fn infer<AnyDevice: ::castiron::device::Device, const CAP: usize>(
            cx: &::castiron::Cx<'_, AnyDevice>,
            p: ::castiron::memory::Ref<'_, Self, AnyDevice>,
            x: ::castiron::memory::Ref<
                '_,
                ::castiron::Batch<[[[f32; 8]; 8]; 3], CAP>,
                AnyDevice,
            >,
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<[f32; 4], CAP>, AnyDevice>,
            state: ::castiron::memory::Mut<'_, Net_State<CAP>, AnyDevice>,
            scratch: ::castiron::memory::Mut<'_, Net_InferScratch<CAP>, AnyDevice>,
        ) {
            use ::castiron::{call, memory::{Area, Arg}};
            use ::castiron::castiron_kernels::activation::Activation;
            let cx = &cx.within(CAP);
            let p = Area::of(p);
            let y = unsafe { Area::of_mut(y) };
            let x = Area::of(x);
            let memory = unsafe {
                Area::of_mut(
                    ::castiron::part!(scratch, Net_InferScratch < CAP >, buffers).inner(),
                )
            };
            let stem_y0 = memory.part(CAP * 0, CAP * 256);
            call::conv2d::forward(
                &cx.child(0),
                &const { <stem_Layer>::call([8, 8]) },
                p.field(STEM_WEIGHT).read(),
                p.field(STEM_BIAS).read(),
                x.read(),
                Arg::none(),
                stem_y0.write(),
                Arg::none(),
            );
            let blocks_0_conv1_y1 = memory.part(CAP * 256, CAP * 256);
            call::conv2d::forward(
                &cx.child(1),
                &const { <blocks_0_conv1_Layer>::call([8, 8]) },
                p.field(BLOCKS_0_CONV1_WEIGHT).read(),
                Arg::none(),
                stem_y0.read(),
                Arg::none(),
                blocks_0_conv1_y1.write(),
                Arg::none(),
            );
            let blocks_0_relu_y3 = memory.part(CAP * 256, CAP * 256);
            call::batch_norm::infer(
                &cx.child(2),
                &const { <blocks_0_bn1_Layer>::call(64).activation(Activation::Relu) },
                p.field(BLOCKS_0_BN1_WEIGHT).read(),
                p.field(BLOCKS_0_BN1_BIAS).read(),
                p.field(BLOCKS_0_BN1_RUNNING_MEAN).read(),
                p.field(BLOCKS_0_BN1_RUNNING_VAR).read(),
                Arg::none(),
                Arg::none(),
                blocks_0_relu_y3.write(),
            );
            let blocks_0_conv2_y4 = memory.part(CAP * 512, CAP * 256);
            call::conv2d::forward(
                &cx.child(4),
                &const { <blocks_0_conv2_Layer>::call([8, 8]) },
                p.field(BLOCKS_0_CONV2_WEIGHT).read(),
                Arg::none(),
                blocks_0_relu_y3.read(),
                Arg::none(),
                blocks_0_conv2_y4.write(),
                Arg::none(),
            );
            let blocks_0_relu_y7 = memory.part(CAP * 512, CAP * 256);
            call::batch_norm::infer(
                &cx.child(5),
                &const {
                    <blocks_0_bn2_Layer>::call(64)
                        .activation(Activation::Relu)
                        .residual()
                },
                p.field(BLOCKS_0_BN2_WEIGHT).read(),
                p.field(BLOCKS_0_BN2_BIAS).read(),
                p.field(BLOCKS_0_BN2_RUNNING_MEAN).read(),
                p.field(BLOCKS_0_BN2_RUNNING_VAR).read(),
                Arg::none(),
                stem_y0.read(),
                blocks_0_relu_y7.write(),
            );
            let blocks_1_conv1_y8 = memory.part(CAP * 0, CAP * 256);
            call::conv2d::forward(
                &cx.child(8),
                &const { <blocks_1_conv1_Layer>::call([8, 8]) },
                p.field(BLOCKS_1_CONV1_WEIGHT).read(),
                Arg::none(),
                blocks_0_relu_y7.read(),
                Arg::none(),
                blocks_1_conv1_y8.write(),
                Arg::none(),
            );
            let blocks_1_relu_y10 = memory.part(CAP * 0, CAP * 256);
            call::batch_norm::infer(
                &cx.child(9),
                &const { <blocks_1_bn1_Layer>::call(64).activation(Activation::Relu) },
                p.field(BLOCKS_1_BN1_WEIGHT).read(),
                p.field(BLOCKS_1_BN1_BIAS).read(),
                p.field(BLOCKS_1_BN1_RUNNING_MEAN).read(),
                p.field(BLOCKS_1_BN1_RUNNING_VAR).read(),
                Arg::none(),
                Arg::none(),
                blocks_1_relu_y10.write(),
            );
            let blocks_1_conv2_y11 = memory.part(CAP * 256, CAP * 256);
            call::conv2d::forward(
                &cx.child(11),
                &const { <blocks_1_conv2_Layer>::call([8, 8]) },
                p.field(BLOCKS_1_CONV2_WEIGHT).read(),
                Arg::none(),
                blocks_1_relu_y10.read(),
                Arg::none(),
                blocks_1_conv2_y11.write(),
                Arg::none(),
            );
            let blocks_1_relu_y14 = memory.part(CAP * 256, CAP * 256);
            call::batch_norm::infer(
                &cx.child(12),
                &const {
                    <blocks_1_bn2_Layer>::call(64)
                        .activation(Activation::Relu)
                        .residual()
                },
                p.field(BLOCKS_1_BN2_WEIGHT).read(),
                p.field(BLOCKS_1_BN2_BIAS).read(),
                p.field(BLOCKS_1_BN2_RUNNING_MEAN).read(),
                p.field(BLOCKS_1_BN2_RUNNING_VAR).read(),
                Arg::none(),
                blocks_0_relu_y7.read(),
                blocks_1_relu_y14.write(),
            );
            let globalavgpool2d_y15 = memory.part(CAP * 0, CAP * 4);
            call::reduce::forward(
                &cx.child(15),
                &call::reduce::Args {
                    outer: 4,
                    len: 64,
                    inner: 1,
                    mean: true,
                },
                blocks_1_relu_y14.read(),
                globalavgpool2d_y15.write(),
            );
            call::linear::forward(
                &cx.child(16),
                &const { <fc_Layer>::call(1) },
                p.field(FC_WEIGHT).read(),
                p.field(FC_BIAS).read(),
                globalavgpool2d_y15.read(),
                Arg::none(),
                y.write(),
                Arg::none(),
            );
        }
        fn forward<AnyDevice: ::castiron::device::Device, const CAP: usize>(
            cx: &::castiron::Cx<'_, AnyDevice>,
            p: ::castiron::memory::Ref<'_, Self, AnyDevice>,
            x: ::castiron::memory::Ref<
                '_,
                ::castiron::Batch<[[[f32; 8]; 8]; 3], CAP>,
                AnyDevice,
            >,
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<[f32; 4], CAP>, AnyDevice>,
            state: ::castiron::memory::Mut<'_, Net_State<CAP>, AnyDevice>,
            saved: ::castiron::memory::Mut<'_, Net_Saved<CAP>, AnyDevice>,
            scratch: ::castiron::memory::Mut<'_, Net_TrainScratch<CAP>, AnyDevice>,
        ) {
            use ::castiron::{call, memory::{Area, Arg}};
            use ::castiron::castiron_kernels::activation::Activation;
            let cx = &cx.within(CAP);
            let p = Area::of(p);
            let y = unsafe { Area::of_mut(y) };
            let x = Area::of(x);
            let memory = unsafe {
                Area::of_mut(
                    ::castiron::part!(saved, Net_Saved < CAP >, buffers).inner(),
                )
            };
            let stem_y0 = memory.part(CAP * 0, CAP * 256);
            call::conv2d::forward(
                &cx.child(0),
                &const { <stem_Layer>::call([8, 8]) },
                p.field(STEM_WEIGHT).read(),
                p.field(STEM_BIAS).read(),
                x.read(),
                Arg::none(),
                stem_y0.write(),
                Arg::none(),
            );
            let blocks_0_conv1_y1 = memory.part(CAP * 256, CAP * 256);
            call::conv2d::forward(
                &cx.child(1),
                &const { <blocks_0_conv1_Layer>::call([8, 8]) },
                p.field(BLOCKS_0_CONV1_WEIGHT).read(),
                Arg::none(),
                stem_y0.read(),
                Arg::none(),
                blocks_0_conv1_y1.write(),
                Arg::none(),
            );
            let blocks_0_relu_y3 = memory.part(CAP * 512, CAP * 256);
            let blocks_0_bn1_y2_mean = memory.part(CAP * 2560, CAP * 4);
            let blocks_0_bn1_y2_variance = memory.part(CAP * 2576, CAP * 4);
            call::batch_norm::forward(
                &cx.child(2),
                &const { <blocks_0_bn1_Layer>::call(64).activation(Activation::Relu) },
                p.field(BLOCKS_0_BN1_WEIGHT).read(),
                p.field(BLOCKS_0_BN1_BIAS).read(),
                blocks_0_conv1_y1.read(),
                Arg::none(),
                blocks_0_relu_y3.write(),
                blocks_0_bn1_y2_mean.write(),
                blocks_0_bn1_y2_variance.write(),
            );
            let blocks_0_conv2_y4 = memory.part(CAP * 768, CAP * 256);
            call::conv2d::forward(
                &cx.child(4),
                &const { <blocks_0_conv2_Layer>::call([8, 8]) },
                p.field(BLOCKS_0_CONV2_WEIGHT).read(),
                Arg::none(),
                blocks_0_relu_y3.read(),
                Arg::none(),
                blocks_0_conv2_y4.write(),
                Arg::none(),
            );
            let blocks_0_relu_y7 = memory.part(CAP * 1024, CAP * 256);
            let blocks_0_bn2_y5_mean = memory.part(CAP * 2592, CAP * 4);
            let blocks_0_bn2_y5_variance = memory.part(CAP * 2608, CAP * 4);
            call::batch_norm::forward(
                &cx.child(5),
                &const {
                    <blocks_0_bn2_Layer>::call(64)
                        .activation(Activation::Relu)
                        .residual()
                },
                p.field(BLOCKS_0_BN2_WEIGHT).read(),
                p.field(BLOCKS_0_BN2_BIAS).read(),
                blocks_0_conv2_y4.read(),
                stem_y0.read(),
                blocks_0_relu_y7.write(),
                blocks_0_bn2_y5_mean.write(),
                blocks_0_bn2_y5_variance.write(),
            );
            let blocks_1_conv1_y8 = memory.part(CAP * 1280, CAP * 256);
            call::conv2d::forward(
                &cx.child(8),
                &const { <blocks_1_conv1_Layer>::call([8, 8]) },
                p.field(BLOCKS_1_CONV1_WEIGHT).read(),
                Arg::none(),
                blocks_0_relu_y7.read(),
                Arg::none(),
                blocks_1_conv1_y8.write(),
                Arg::none(),
            );
            let blocks_1_relu_y10 = memory.part(CAP * 1536, CAP * 256);
            let blocks_1_bn1_y9_mean = memory.part(CAP * 2624, CAP * 4);
            let blocks_1_bn1_y9_variance = memory.part(CAP * 2640, CAP * 4);
            call::batch_norm::forward(
                &cx.child(9),
                &const { <blocks_1_bn1_Layer>::call(64).activation(Activation::Relu) },
                p.field(BLOCKS_1_BN1_WEIGHT).read(),
                p.field(BLOCKS_1_BN1_BIAS).read(),
                blocks_1_conv1_y8.read(),
                Arg::none(),
                blocks_1_relu_y10.write(),
                blocks_1_bn1_y9_mean.write(),
                blocks_1_bn1_y9_variance.write(),
            );
            let blocks_1_conv2_y11 = memory.part(CAP * 1792, CAP * 256);
            call::conv2d::forward(
                &cx.child(11),
                &const { <blocks_1_conv2_Layer>::call([8, 8]) },
                p.field(BLOCKS_1_CONV2_WEIGHT).read(),
                Arg::none(),
                blocks_1_relu_y10.read(),
                Arg::none(),
                blocks_1_conv2_y11.write(),
                Arg::none(),
            );
            let blocks_1_relu_y14 = memory.part(CAP * 2048, CAP * 256);
            let blocks_1_bn2_y12_mean = memory.part(CAP * 2656, CAP * 4);
            let blocks_1_bn2_y12_variance = memory.part(CAP * 2672, CAP * 4);
            call::batch_norm::forward(
                &cx.child(12),
                &const {
                    <blocks_1_bn2_Layer>::call(64)
                        .activation(Activation::Relu)
                        .residual()
                },
                p.field(BLOCKS_1_BN2_WEIGHT).read(),
                p.field(BLOCKS_1_BN2_BIAS).read(),
                blocks_1_conv2_y11.read(),
                blocks_0_relu_y7.read(),
                blocks_1_relu_y14.write(),
                blocks_1_bn2_y12_mean.write(),
                blocks_1_bn2_y12_variance.write(),
            );
            let globalavgpool2d_y15 = memory.part(CAP * 2304, CAP * 4);
            call::reduce::forward(
                &cx.child(15),
                &call::reduce::Args {
                    outer: 4,
                    len: 64,
                    inner: 1,
                    mean: true,
                },
                blocks_1_relu_y14.read(),
                globalavgpool2d_y15.write(),
            );
            call::linear::forward(
                &cx.child(16),
                &const { <fc_Layer>::call(1) },
                p.field(FC_WEIGHT).read(),
                p.field(FC_BIAS).read(),
                globalavgpool2d_y15.read(),
                Arg::none(),
                y.write(),
                Arg::none(),
            );
        }
        fn backward<AnyDevice: ::castiron::device::Device, const CAP: usize>(
            cx: &::castiron::Cx<'_, AnyDevice>,
            p: ::castiron::memory::Ref<'_, Self, AnyDevice>,
            x: ::castiron::memory::Ref<
                '_,
                ::castiron::Batch<[[[f32; 8]; 8]; 3], CAP>,
                AnyDevice,
            >,
            y: ::castiron::memory::Ref<'_, ::castiron::Batch<[f32; 4], CAP>, AnyDevice>,
            saved: ::castiron::memory::Mut<'_, Net_Saved<CAP>, AnyDevice>,
            dy: ::castiron::memory::Ref<
                '_,
                ::castiron::GradBatch<[f32; 4], CAP>,
                AnyDevice,
            >,
            dx: ::core::option::Option<
                ::castiron::memory::Mut<
                    '_,
                    ::castiron::GradBatch<[[[f32; 8]; 8]; 3], CAP>,
                    AnyDevice,
                >,
            >,
            dp: ::castiron::memory::Mut<
                '_,
                <Self as ::castiron::params::Params>::With<f32>,
                AnyDevice,
            >,
            scratch: ::castiron::memory::Mut<'_, Net_TrainScratch<CAP>, AnyDevice>,
        ) {
            use ::castiron::{call, memory::{Area, Arg}};
            use ::castiron::castiron_kernels::activation::Activation;
            let p = Area::of(p);
            let x = Area::of(x);
            let y = Area::of(y);
            let dy = Area::of(dy);
            let dx = unsafe { Area::optional(dx) };
            let dp = unsafe { Area::of_mut(dp) };
            let memory = unsafe {
                Area::of_mut(
                    ::castiron::part!(saved, Net_Saved < CAP >, buffers).inner(),
                )
            };
            let globalavgpool2d_y15 = memory.part(CAP * 2304, CAP * 4);
            let dglobalavgpool2d_y15 = memory.part(CAP * 2688, CAP * 4);
            call::linear::backward(
                &cx.child(16),
                &const { <fc_Layer>::call(1) },
                p.field(FC_WEIGHT).read(),
                globalavgpool2d_y15.read(),
                dy.read(),
                dglobalavgpool2d_y15.write(),
                dp.field(FC_WEIGHT).write(),
                dp.field(FC_BIAS).write(),
            );
            let dblocks_1_relu_y14 = memory.part(CAP * 2304, CAP * 256);
            call::reduce::backward(
                &cx.child(15),
                &call::reduce::Args {
                    outer: 4,
                    len: 64,
                    inner: 1,
                    mean: true,
                },
                dglobalavgpool2d_y15.read(),
                dblocks_1_relu_y14.write(),
            );
            let blocks_1_relu_y14 = memory.part(CAP * 2048, CAP * 256);
            let dblocks_1_sum_y13 = memory.part(CAP * 2304, CAP * 256);
            call::activation::backward(
                &cx.child(14),
                Activation::Relu,
                256,
                Arg::none(),
                blocks_1_relu_y14.read(),
                Arg::none(),
                dblocks_1_sum_y13.write(),
            );
            let blocks_1_conv2_y11 = memory.part(CAP * 1792, CAP * 256);
            let blocks_1_bn2_y12_mean = memory.part(CAP * 2656, CAP * 4);
            let blocks_1_bn2_y12_variance = memory.part(CAP * 2672, CAP * 4);
            let dblocks_1_conv2_y11 = memory.part(CAP * 2048, CAP * 256);
            call::batch_norm::backward(
                &cx.child(12),
                &const { <blocks_1_bn2_Layer>::call(64) },
                p.field(BLOCKS_1_BN2_WEIGHT).read(),
                blocks_1_conv2_y11.read(),
                dblocks_1_sum_y13.read(),
                blocks_1_bn2_y12_mean.read(),
                blocks_1_bn2_y12_variance.read(),
                dblocks_1_conv2_y11.write(),
                dp.field(BLOCKS_1_BN2_WEIGHT).write(),
                dp.field(BLOCKS_1_BN2_BIAS).write(),
                dp.field(BLOCKS_1_BN2_RUNNING_MEAN).write(),
                dp.field(BLOCKS_1_BN2_RUNNING_VAR).write(),
            );
            let blocks_1_relu_y10 = memory.part(CAP * 1536, CAP * 256);
            let dblocks_1_relu_y10 = memory.part(CAP * 1792, CAP * 256);
            call::conv2d::backward(
                &cx.child(11),
                &const { <blocks_1_conv2_Layer>::call([8, 8]) },
                p.field(BLOCKS_1_CONV2_WEIGHT).read(),
                blocks_1_relu_y10.read(),
                dblocks_1_conv2_y11.read(),
                dblocks_1_relu_y10.write(),
                dp.field(BLOCKS_1_CONV2_WEIGHT).write(),
                Arg::none(),
            );
            let dblocks_1_bn1_y9 = memory.part(CAP * 1792, CAP * 256);
            call::activation::backward(
                &cx.child(10),
                Activation::Relu,
                256,
                Arg::none(),
                blocks_1_relu_y10.read(),
                Arg::none(),
                dblocks_1_bn1_y9.write(),
            );
            let blocks_1_conv1_y8 = memory.part(CAP * 1280, CAP * 256);
            let blocks_1_bn1_y9_mean = memory.part(CAP * 2624, CAP * 4);
            let blocks_1_bn1_y9_variance = memory.part(CAP * 2640, CAP * 4);
            let dblocks_1_conv1_y8 = memory.part(CAP * 1792, CAP * 256);
            call::batch_norm::backward(
                &cx.child(9),
                &const { <blocks_1_bn1_Layer>::call(64) },
                p.field(BLOCKS_1_BN1_WEIGHT).read(),
                blocks_1_conv1_y8.read(),
                Arg::none(),
                blocks_1_bn1_y9_mean.read(),
                blocks_1_bn1_y9_variance.read(),
                dblocks_1_conv1_y8.write(),
                dp.field(BLOCKS_1_BN1_WEIGHT).write(),
                dp.field(BLOCKS_1_BN1_BIAS).write(),
                dp.field(BLOCKS_1_BN1_RUNNING_MEAN).write(),
                dp.field(BLOCKS_1_BN1_RUNNING_VAR).write(),
            );
            let blocks_0_relu_y7 = memory.part(CAP * 1024, CAP * 256);
            let dblocks_0_relu_y7_more = memory.part(CAP * 1280, CAP * 256);
            call::conv2d::backward(
                &cx.child(8),
                &const { <blocks_1_conv1_Layer>::call([8, 8]) },
                p.field(BLOCKS_1_CONV1_WEIGHT).read(),
                blocks_0_relu_y7.read(),
                dblocks_1_conv1_y8.read(),
                dblocks_0_relu_y7_more.write(),
                dp.field(BLOCKS_1_CONV1_WEIGHT).write(),
                Arg::none(),
            );
            let dblocks_0_relu_y7_sum = memory.part(CAP * 1280, CAP * 256);
            call::arithmetic::binary(
                &cx.child(8),
                call::arithmetic::BinaryOp::Add,
                256,
                Arg::none(),
                dblocks_1_sum_y13.read(),
                dblocks_0_relu_y7_sum.write(),
            );
            let dblocks_0_sum_y6 = memory.part(CAP * 1280, CAP * 256);
            call::activation::backward(
                &cx.child(7),
                Activation::Relu,
                256,
                Arg::none(),
                blocks_0_relu_y7.read(),
                Arg::none(),
                dblocks_0_sum_y6.write(),
            );
            let blocks_0_conv2_y4 = memory.part(CAP * 768, CAP * 256);
            let blocks_0_bn2_y5_mean = memory.part(CAP * 2592, CAP * 4);
            let blocks_0_bn2_y5_variance = memory.part(CAP * 2608, CAP * 4);
            let dblocks_0_conv2_y4 = memory.part(CAP * 1024, CAP * 256);
            call::batch_norm::backward(
                &cx.child(5),
                &const { <blocks_0_bn2_Layer>::call(64) },
                p.field(BLOCKS_0_BN2_WEIGHT).read(),
                blocks_0_conv2_y4.read(),
                dblocks_0_sum_y6.read(),
                blocks_0_bn2_y5_mean.read(),
                blocks_0_bn2_y5_variance.read(),
                dblocks_0_conv2_y4.write(),
                dp.field(BLOCKS_0_BN2_WEIGHT).write(),
                dp.field(BLOCKS_0_BN2_BIAS).write(),
                dp.field(BLOCKS_0_BN2_RUNNING_MEAN).write(),
                dp.field(BLOCKS_0_BN2_RUNNING_VAR).write(),
            );
            let blocks_0_relu_y3 = memory.part(CAP * 512, CAP * 256);
            let dblocks_0_relu_y3 = memory.part(CAP * 768, CAP * 256);
            call::conv2d::backward(
                &cx.child(4),
                &const { <blocks_0_conv2_Layer>::call([8, 8]) },
                p.field(BLOCKS_0_CONV2_WEIGHT).read(),
                blocks_0_relu_y3.read(),
                dblocks_0_conv2_y4.read(),
                dblocks_0_relu_y3.write(),
                dp.field(BLOCKS_0_CONV2_WEIGHT).write(),
                Arg::none(),
            );
            let dblocks_0_bn1_y2 = memory.part(CAP * 768, CAP * 256);
            call::activation::backward(
                &cx.child(3),
                Activation::Relu,
                256,
                Arg::none(),
                blocks_0_relu_y3.read(),
                Arg::none(),
                dblocks_0_bn1_y2.write(),
            );
            let blocks_0_conv1_y1 = memory.part(CAP * 256, CAP * 256);
            let blocks_0_bn1_y2_mean = memory.part(CAP * 2560, CAP * 4);
            let blocks_0_bn1_y2_variance = memory.part(CAP * 2576, CAP * 4);
            let dblocks_0_conv1_y1 = memory.part(CAP * 768, CAP * 256);
            call::batch_norm::backward(
                &cx.child(2),
                &const { <blocks_0_bn1_Layer>::call(64) },
                p.field(BLOCKS_0_BN1_WEIGHT).read(),
                blocks_0_conv1_y1.read(),
                Arg::none(),
                blocks_0_bn1_y2_mean.read(),
                blocks_0_bn1_y2_variance.read(),
                dblocks_0_conv1_y1.write(),
                dp.field(BLOCKS_0_BN1_WEIGHT).write(),
                dp.field(BLOCKS_0_BN1_BIAS).write(),
                dp.field(BLOCKS_0_BN1_RUNNING_MEAN).write(),
                dp.field(BLOCKS_0_BN1_RUNNING_VAR).write(),
            );
            let stem_y0 = memory.part(CAP * 0, CAP * 256);
            let dstem_y0_more = memory.part(CAP * 256, CAP * 256);
            call::conv2d::backward(
                &cx.child(1),
                &const { <blocks_0_conv1_Layer>::call([8, 8]) },
                p.field(BLOCKS_0_CONV1_WEIGHT).read(),
                stem_y0.read(),
                dblocks_0_conv1_y1.read(),
                dstem_y0_more.write(),
                dp.field(BLOCKS_0_CONV1_WEIGHT).write(),
                Arg::none(),
            );
            let dstem_y0_sum = memory.part(CAP * 256, CAP * 256);
            call::arithmetic::binary(
                &cx.child(1),
                call::arithmetic::BinaryOp::Add,
                256,
                Arg::none(),
                dblocks_0_sum_y6.read(),
                dstem_y0_sum.write(),
            );
            call::conv2d::backward(
                &cx.child(0),
                &const { <stem_Layer>::call([8, 8]) },
                p.field(STEM_WEIGHT).read(),
                x.read(),
                dstem_y0_sum.read(),
                dx.write(),
                dp.field(STEM_WEIGHT).write(),
                dp.field(STEM_BIAS).write(),
            );
        }
    }
    #[automatically_derived]
    impl ::castiron::Model for Net {
        type Input = [[[f32; 8]; 8]; 3];
        type Output = [f32; 4];
        const ACTIVATION_BYTES: usize = 15392;
    }
    #[doc(hidden)]
    #[repr(C)]
    pub struct Net_Prepared<AnyElement: ::castiron::WeightElement> {
        stem_weight: ::castiron::memory::Aligned<[[AnyElement; 27]; 4]>,
        stem_bias: ::castiron::memory::Aligned<[f32; 4]>,
        blocks_0_conv1_weight: ::castiron::memory::Aligned<[[AnyElement; 36]; 4]>,
        blocks_0_conv1_bias: ::castiron::memory::Aligned<[f32; 4]>,
        blocks_0_conv2_weight: ::castiron::memory::Aligned<[[AnyElement; 36]; 4]>,
        blocks_0_conv2_bias: ::castiron::memory::Aligned<[f32; 4]>,
        blocks_1_conv1_weight: ::castiron::memory::Aligned<[[AnyElement; 36]; 4]>,
        blocks_1_conv1_bias: ::castiron::memory::Aligned<[f32; 4]>,
        blocks_1_conv2_weight: ::castiron::memory::Aligned<[[AnyElement; 36]; 4]>,
        blocks_1_conv2_bias: ::castiron::memory::Aligned<[f32; 4]>,
        fc_weight: ::castiron::memory::Aligned<[AnyElement; 4 * 4]>,
        fc_bias: ::castiron::memory::Aligned<[f32; 4]>,
        element: ::core::marker::PhantomData<AnyElement>,
    }
    unsafe impl<AnyElement: ::castiron::WeightElement> ::castiron::Plain
    for Net_Prepared<AnyElement> {}
    #[automatically_derived]
    impl<AnyElement: ::castiron::WeightElement> ::castiron::params::Params
    for Net_Prepared<AnyElement> {
        const TREE: ::castiron::params::Tree = {
            use ::castiron::params::{Child, Init, Leaf, Params, Tree};
            Tree::Node(
                &[
                    Child::new(
                            "stem",
                            0,
                            Tree::Node(
                                &[
                                    Child::leaf(
                                        "weight",
                                        offset_of!(Net_Prepared < AnyElement >, stem_weight),
                                        Leaf::of::<[[AnyElement; 27]; 4]>(Init::ZEROS)
                                            .with_dims(&[4, 3, 3, 3]),
                                    ),
                                    Child::leaf(
                                        "bias",
                                        offset_of!(Net_Prepared < AnyElement >, stem_bias),
                                        Leaf::of::<[f32; 4]>(Init::ZEROS),
                                    ),
                                ],
                            ),
                        )
                        .frozen(),
                    Child::new(
                            "blocks.0.conv1",
                            0,
                            Tree::Node(
                                &[
                                    Child::leaf(
                                        "weight",
                                        offset_of!(
                                            Net_Prepared < AnyElement >, blocks_0_conv1_weight
                                        ),
                                        Leaf::of::<[[AnyElement; 36]; 4]>(Init::ZEROS)
                                            .with_dims(&[4, 4, 3, 3]),
                                    ),
                                    Child::leaf(
                                        "bias",
                                        offset_of!(
                                            Net_Prepared < AnyElement >, blocks_0_conv1_bias
                                        ),
                                        Leaf::of::<[f32; 4]>(Init::ZEROS),
                                    ),
                                ],
                            ),
                        )
                        .frozen(),
                    Child::new(
                            "blocks.0.conv2",
                            0,
                            Tree::Node(
                                &[
                                    Child::leaf(
                                        "weight",
                                        offset_of!(
                                            Net_Prepared < AnyElement >, blocks_0_conv2_weight
                                        ),
                                        Leaf::of::<[[AnyElement; 36]; 4]>(Init::ZEROS)
                                            .with_dims(&[4, 4, 3, 3]),
                                    ),
                                    Child::leaf(
                                        "bias",
                                        offset_of!(
                                            Net_Prepared < AnyElement >, blocks_0_conv2_bias
                                        ),
                                        Leaf::of::<[f32; 4]>(Init::ZEROS),
                                    ),
                                ],
                            ),
                        )
                        .frozen(),
                    Child::new(
                            "blocks.1.conv1",
                            0,
                            Tree::Node(
                                &[
                                    Child::leaf(
                                        "weight",
                                        offset_of!(
                                            Net_Prepared < AnyElement >, blocks_1_conv1_weight
                                        ),
                                        Leaf::of::<[[AnyElement; 36]; 4]>(Init::ZEROS)
                                            .with_dims(&[4, 4, 3, 3]),
                                    ),
                                    Child::leaf(
                                        "bias",
                                        offset_of!(
                                            Net_Prepared < AnyElement >, blocks_1_conv1_bias
                                        ),
                                        Leaf::of::<[f32; 4]>(Init::ZEROS),
                                    ),
                                ],
                            ),
                        )
                        .frozen(),
                    Child::new(
                            "blocks.1.conv2",
                            0,
                            Tree::Node(
                                &[
                                    Child::leaf(
                                        "weight",
                                        offset_of!(
                                            Net_Prepared < AnyElement >, blocks_1_conv2_weight
                                        ),
                                        Leaf::of::<[[AnyElement; 36]; 4]>(Init::ZEROS)
                                            .with_dims(&[4, 4, 3, 3]),
                                    ),
                                    Child::leaf(
                                        "bias",
                                        offset_of!(
                                            Net_Prepared < AnyElement >, blocks_1_conv2_bias
                                        ),
                                        Leaf::of::<[f32; 4]>(Init::ZEROS),
                                    ),
                                ],
                            ),
                        )
                        .frozen(),
                    Child::new(
                            "fc",
                            0,
                            Tree::Node(
                                &[
                                    Child::leaf(
                                        "weight",
                                        offset_of!(Net_Prepared < AnyElement >, fc_weight),
                                        Leaf::of::<[AnyElement; 4 * 4]>(Init::ZEROS),
                                    ),
                                    Child::leaf(
                                        "bias",
                                        offset_of!(Net_Prepared < AnyElement >, fc_bias),
                                        Leaf::of::<[f32; 4]>(Init::ZEROS),
                                    ),
                                ],
                            ),
                        )
                        .frozen(),
                ],
            )
        };
        type With<Other: ::castiron::Element> = Self;
    }
    #[doc(hidden)]
    #[repr(C)]
    pub struct Net_PreparedScratch<const CAP: usize> {
        buffers: ::castiron::memory::Aligned<[[f32; 768]; CAP]>,
    }
    unsafe impl<const CAP: usize> ::castiron::Plain for Net_PreparedScratch<CAP> {}
    #[automatically_derived]
    impl ::castiron::Prepare for Net {
        type Weights<AnyElement: ::castiron::WeightElement> = Net_Prepared<AnyElement>;
        type Scratch<const CAP: usize> = Net_PreparedScratch<CAP>;
        fn prepare<
            AnyElement: ::castiron::WeightElement,
            AnyDevice: ::castiron::device::Device,
        >(
            cx: &::castiron::Cx<'_, AnyDevice>,
            p: ::castiron::memory::Ref<'_, Self, AnyDevice>,
            to: ::castiron::memory::Mut<'_, Self::Weights<AnyElement>, AnyDevice>,
        ) {
            use ::castiron::{call, memory::{Area, Arg, copy_leaves}};
            let p = Area::of(p);
            let to = unsafe { Area::of_mut(to) };
            call::stored::store(
                cx,
                AnyElement::DTYPE,
                4 * 27,
                p.field(STEM_AT + offset_of!(stem_Layer, weight)).read(),
                to.field(offset_of!(Net_Prepared < AnyElement >, stem_weight)).write(),
            );
            call::arithmetic::copy(
                cx,
                4,
                p.field(STEM_AT + offset_of!(stem_Layer, bias)).read(),
                to.field(offset_of!(Net_Prepared < AnyElement >, stem_bias)).write(),
            );
            call::fold::batch_norm(
                cx,
                4,
                36,
                const { (10000 as f64 / 1e9) as f32 },
                AnyElement::DTYPE,
                p.field(BLOCKS_0_CONV1_WEIGHT).read(),
                Arg::none(),
                p.field(BLOCKS_0_BN1_WEIGHT).read(),
                p.field(BLOCKS_0_BN1_BIAS).read(),
                p.field(BLOCKS_0_BN1_RUNNING_MEAN).read(),
                p.field(BLOCKS_0_BN1_RUNNING_VAR).read(),
                to
                    .field(
                        offset_of!(Net_Prepared < AnyElement >, blocks_0_conv1_weight),
                    )
                    .write(),
                to
                    .field(offset_of!(Net_Prepared < AnyElement >, blocks_0_conv1_bias))
                    .write(),
            );
            call::fold::batch_norm(
                cx,
                4,
                36,
                const { (10000 as f64 / 1e9) as f32 },
                AnyElement::DTYPE,
                p.field(BLOCKS_0_CONV2_WEIGHT).read(),
                Arg::none(),
                p.field(BLOCKS_0_BN2_WEIGHT).read(),
                p.field(BLOCKS_0_BN2_BIAS).read(),
                p.field(BLOCKS_0_BN2_RUNNING_MEAN).read(),
                p.field(BLOCKS_0_BN2_RUNNING_VAR).read(),
                to
                    .field(
                        offset_of!(Net_Prepared < AnyElement >, blocks_0_conv2_weight),
                    )
                    .write(),
                to
                    .field(offset_of!(Net_Prepared < AnyElement >, blocks_0_conv2_bias))
                    .write(),
            );
            call::fold::batch_norm(
                cx,
                4,
                36,
                const { (10000 as f64 / 1e9) as f32 },
                AnyElement::DTYPE,
                p.field(BLOCKS_1_CONV1_WEIGHT).read(),
                Arg::none(),
                p.field(BLOCKS_1_BN1_WEIGHT).read(),
                p.field(BLOCKS_1_BN1_BIAS).read(),
                p.field(BLOCKS_1_BN1_RUNNING_MEAN).read(),
                p.field(BLOCKS_1_BN1_RUNNING_VAR).read(),
                to
                    .field(
                        offset_of!(Net_Prepared < AnyElement >, blocks_1_conv1_weight),
                    )
                    .write(),
                to
                    .field(offset_of!(Net_Prepared < AnyElement >, blocks_1_conv1_bias))
                    .write(),
            );
            call::fold::batch_norm(
                cx,
                4,
                36,
                const { (10000 as f64 / 1e9) as f32 },
                AnyElement::DTYPE,
                p.field(BLOCKS_1_CONV2_WEIGHT).read(),
                Arg::none(),
                p.field(BLOCKS_1_BN2_WEIGHT).read(),
                p.field(BLOCKS_1_BN2_BIAS).read(),
                p.field(BLOCKS_1_BN2_RUNNING_MEAN).read(),
                p.field(BLOCKS_1_BN2_RUNNING_VAR).read(),
                to
                    .field(
                        offset_of!(Net_Prepared < AnyElement >, blocks_1_conv2_weight),
                    )
                    .write(),
                to
                    .field(offset_of!(Net_Prepared < AnyElement >, blocks_1_conv2_bias))
                    .write(),
            );
            call::packed::pack(
                cx,
                4,
                4,
                AnyElement::DTYPE,
                p.field(FC_AT + offset_of!(fc_Layer, weight)).read(),
                to.field(offset_of!(Net_Prepared < AnyElement >, fc_weight)).write(),
            );
            call::arithmetic::copy(
                cx,
                4,
                p.field(FC_AT + offset_of!(fc_Layer, bias)).read(),
                to.field(offset_of!(Net_Prepared < AnyElement >, fc_bias)).write(),
            );
        }
        fn infer_prepared<
            AnyElement: ::castiron::WeightElement,
            AnyDevice: ::castiron::device::Device,
            const CAP: usize,
        >(
            cx: &::castiron::Cx<'_, AnyDevice>,
            p: ::castiron::memory::Ref<'_, Self::Weights<AnyElement>, AnyDevice>,
            x: ::castiron::memory::Ref<
                '_,
                ::castiron::Batch<[[[f32; 8]; 8]; 3], CAP>,
                AnyDevice,
            >,
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<[f32; 4], CAP>, AnyDevice>,
            state: ::castiron::memory::Mut<'_, Net_State<CAP>, AnyDevice>,
            scratch: ::castiron::memory::Mut<'_, Self::Scratch<CAP>, AnyDevice>,
        ) {
            use ::castiron::{call, memory::{Area, Arg}};
            use ::castiron::castiron_kernels::activation::Activation;
            let cx = &cx.within(CAP);
            let p = Area::of(p);
            let y = unsafe { Area::of_mut(y) };
            let x = Area::of(x);
            let memory = unsafe {
                Area::of_mut(
                    ::castiron::part!(scratch, Net_PreparedScratch < CAP >, buffers)
                        .inner(),
                )
            };
            let stem_y0 = memory.part(CAP * 0, CAP * 256);
            call::stored::conv2d(
                &cx.child(0),
                &const { <stem_Layer>::call([8, 8]) },
                AnyElement::DTYPE,
                p.field(offset_of!(Net_Prepared < AnyElement >, stem_weight)).read(),
                p.field(offset_of!(Net_Prepared < AnyElement >, stem_bias)).read(),
                x.read(),
                Arg::none(),
                stem_y0.write(),
            );
            let blocks_0_relu_y3 = memory.part(CAP * 256, CAP * 256);
            call::stored::conv2d(
                &cx.child(1),
                &const {
                    call::conv2d::Args {
                        bias: true,
                        ..<blocks_0_conv1_Layer>::call([8, 8])
                            .activation(Activation::Relu)
                    }
                },
                AnyElement::DTYPE,
                p
                    .field(
                        offset_of!(Net_Prepared < AnyElement >, blocks_0_conv1_weight),
                    )
                    .read(),
                p
                    .field(offset_of!(Net_Prepared < AnyElement >, blocks_0_conv1_bias))
                    .read(),
                stem_y0.read(),
                Arg::none(),
                blocks_0_relu_y3.write(),
            );
            let blocks_0_relu_y7 = memory.part(CAP * 512, CAP * 256);
            call::stored::conv2d(
                &cx.child(4),
                &const {
                    call::conv2d::Args {
                        bias: true,
                        ..<blocks_0_conv2_Layer>::call([8, 8])
                            .activation(Activation::Relu)
                            .residual()
                    }
                },
                AnyElement::DTYPE,
                p
                    .field(
                        offset_of!(Net_Prepared < AnyElement >, blocks_0_conv2_weight),
                    )
                    .read(),
                p
                    .field(offset_of!(Net_Prepared < AnyElement >, blocks_0_conv2_bias))
                    .read(),
                blocks_0_relu_y3.read(),
                stem_y0.read(),
                blocks_0_relu_y7.write(),
            );
            let blocks_1_relu_y10 = memory.part(CAP * 0, CAP * 256);
            call::stored::conv2d(
                &cx.child(8),
                &const {
                    call::conv2d::Args {
                        bias: true,
                        ..<blocks_1_conv1_Layer>::call([8, 8])
                            .activation(Activation::Relu)
                    }
                },
                AnyElement::DTYPE,
                p
                    .field(
                        offset_of!(Net_Prepared < AnyElement >, blocks_1_conv1_weight),
                    )
                    .read(),
                p
                    .field(offset_of!(Net_Prepared < AnyElement >, blocks_1_conv1_bias))
                    .read(),
                blocks_0_relu_y7.read(),
                Arg::none(),
                blocks_1_relu_y10.write(),
            );
            let blocks_1_relu_y14 = memory.part(CAP * 256, CAP * 256);
            call::stored::conv2d(
                &cx.child(11),
                &const {
                    call::conv2d::Args {
                        bias: true,
                        ..<blocks_1_conv2_Layer>::call([8, 8])
                            .activation(Activation::Relu)
                            .residual()
                    }
                },
                AnyElement::DTYPE,
                p
                    .field(
                        offset_of!(Net_Prepared < AnyElement >, blocks_1_conv2_weight),
                    )
                    .read(),
                p
                    .field(offset_of!(Net_Prepared < AnyElement >, blocks_1_conv2_bias))
                    .read(),
                blocks_1_relu_y10.read(),
                blocks_0_relu_y7.read(),
                blocks_1_relu_y14.write(),
            );
            let globalavgpool2d_y15 = memory.part(CAP * 0, CAP * 4);
            call::reduce::forward(
                &cx.child(15),
                &call::reduce::Args {
                    outer: 4,
                    len: 64,
                    inner: 1,
                    mean: true,
                },
                blocks_1_relu_y14.read(),
                globalavgpool2d_y15.write(),
            );
            call::packed::linear(
                &cx.child(16),
                &const { <fc_Layer>::call(1) },
                AnyElement::DTYPE,
                p.field(offset_of!(Net_Prepared < AnyElement >, fc_weight)).read(),
                p.field(offset_of!(Net_Prepared < AnyElement >, fc_bias)).read(),
                globalavgpool2d_y15.read(),
                Arg::none(),
                y.write(),
            );
        }
    }
    #[doc(hidden)]
    #[repr(C)]
    pub struct Net_Quantized {
        input_table: ::castiron::quantized::Scale,
        stem_table: ::castiron::quantized::Product<[[[i8; 3]; 3]; 3], 4>,
        blocks_0_conv1_table: ::castiron::quantized::Product<[[[i8; 3]; 3]; 4], 4>,
        blocks_0_conv2_table: ::castiron::quantized::Product<[[[i8; 3]; 3]; 4], 4>,
        blocks_0_conv2_add_table: ::castiron::quantized::Sum,
        blocks_1_conv1_table: ::castiron::quantized::Product<[[[i8; 3]; 3]; 4], 4>,
        blocks_1_conv2_table: ::castiron::quantized::Product<[[[i8; 3]; 3]; 4], 4>,
        blocks_1_conv2_add_table: ::castiron::quantized::Sum,
        globalavgpool2d_table: ::castiron::quantized::Rescale,
        fc_table: ::castiron::quantized::Product<[i8; 4], 4>,
    }
    unsafe impl ::castiron::Plain for Net_Quantized {}
    #[doc(hidden)]
    #[repr(C)]
    pub struct Net_QuantizedScratch<const CAP: usize> {
        buffers: ::castiron::memory::Aligned<[[f32; 192]; CAP]>,
    }
    unsafe impl<const CAP: usize> ::castiron::Plain for Net_QuantizedScratch<CAP> {}
    #[automatically_derived]
    impl ::castiron::Quantizable for Net {
        type Tables = Net_Quantized;
        type Buffers<const CAP: usize> = Net_QuantizedScratch<CAP>;
        const NAMES: ::castiron::params::Tree = {
            use ::castiron::params::{Child, Params, Tree};
            Tree::Node(
                &[
                    Child::new(
                            "input",
                            offset_of!(Net_Quantized, input_table),
                            <::castiron::quantized::Scale as Params>::TREE,
                        )
                        .frozen(),
                    Child::new(
                            "stem",
                            offset_of!(Net_Quantized, stem_table),
                            <::castiron::quantized::Product<
                                [[[i8; 3]; 3]; 3],
                                4,
                            > as Params>::TREE,
                        )
                        .frozen(),
                    Child::new(
                            "blocks.0.conv1",
                            offset_of!(Net_Quantized, blocks_0_conv1_table),
                            <::castiron::quantized::Product<
                                [[[i8; 3]; 3]; 4],
                                4,
                            > as Params>::TREE,
                        )
                        .frozen(),
                    Child::new(
                            "blocks.0.conv2",
                            offset_of!(Net_Quantized, blocks_0_conv2_table),
                            <::castiron::quantized::Product<
                                [[[i8; 3]; 3]; 4],
                                4,
                            > as Params>::TREE,
                        )
                        .frozen(),
                    Child::new(
                            "blocks.0.conv2.add",
                            offset_of!(Net_Quantized, blocks_0_conv2_add_table),
                            <::castiron::quantized::Sum as Params>::TREE,
                        )
                        .frozen(),
                    Child::new(
                            "blocks.1.conv1",
                            offset_of!(Net_Quantized, blocks_1_conv1_table),
                            <::castiron::quantized::Product<
                                [[[i8; 3]; 3]; 4],
                                4,
                            > as Params>::TREE,
                        )
                        .frozen(),
                    Child::new(
                            "blocks.1.conv2",
                            offset_of!(Net_Quantized, blocks_1_conv2_table),
                            <::castiron::quantized::Product<
                                [[[i8; 3]; 3]; 4],
                                4,
                            > as Params>::TREE,
                        )
                        .frozen(),
                    Child::new(
                            "blocks.1.conv2.add",
                            offset_of!(Net_Quantized, blocks_1_conv2_add_table),
                            <::castiron::quantized::Sum as Params>::TREE,
                        )
                        .frozen(),
                    Child::new(
                            "GlobalAvgPool2d",
                            offset_of!(Net_Quantized, globalavgpool2d_table),
                            <::castiron::quantized::Rescale as Params>::TREE,
                        )
                        .frozen(),
                    Child::new(
                            "fc",
                            offset_of!(Net_Quantized, fc_table),
                            <::castiron::quantized::Product<[i8; 4], 4> as Params>::TREE,
                        )
                        .frozen(),
                ],
            )
        };
        fn infer_quantized<
            AnyDevice: ::castiron::device::Device,
            const CAP: usize,
            const BYTES: bool,
        >(
            cx: &::castiron::Cx<'_, AnyDevice>,
            p: ::castiron::memory::Ref<'_, Self::Tables, AnyDevice>,
            x: ::castiron::memory::Area<'_, AnyDevice>,
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<[f32; 4], CAP>, AnyDevice>,
            state: ::castiron::memory::Mut<'_, Net_State<CAP>, AnyDevice>,
            scratch: ::castiron::memory::Mut<'_, Self::Buffers<CAP>, AnyDevice>,
        ) {
            use ::castiron::{call, memory::{Area, Arg}};
            use ::castiron::castiron_kernels::activation::Activation;
            let cx = &cx.within(CAP);
            let p = Area::of(p);
            let y = unsafe { Area::of_mut(y) };
            let memory = unsafe {
                Area::of_mut(
                    ::castiron::part!(scratch, Net_QuantizedScratch < CAP >, buffers)
                        .inner(),
                )
            };
            let x_bytes = if BYTES { x } else { memory.part(CAP * 64, CAP * 48) };
            if !BYTES {
                call::quantized::quantize(
                    &cx.child(0),
                    192,
                    p.field(offset_of!(Net_Quantized, input_table)).read(),
                    x.read(),
                    x_bytes.write(),
                );
            }
            let stem_y0_bytes = memory.part(CAP * 0, CAP * 64);
            call::quantized::conv2d(
                &cx.child(0),
                &const { <stem_Layer>::call([8, 8]).activation(Activation::Identity) },
                p.field(offset_of!(Net_Quantized, stem_table)).read(),
                x_bytes.read(),
                stem_y0_bytes.write(),
            );
            let blocks_0_relu_y3_bytes = memory.part(CAP * 64, CAP * 64);
            call::quantized::conv2d(
                &cx.child(1),
                &const {
                    <blocks_0_conv1_Layer>::call([8, 8]).activation(Activation::Relu)
                },
                p.field(offset_of!(Net_Quantized, blocks_0_conv1_table)).read(),
                stem_y0_bytes.read(),
                blocks_0_relu_y3_bytes.write(),
            );
            let blocks_0_relu_y7_bytes = memory.part(CAP * 128, CAP * 64);
            call::quantized::conv2d(
                &cx.child(4),
                &const {
                    <blocks_0_conv2_Layer>::call([8, 8]).activation(Activation::Identity)
                },
                p.field(offset_of!(Net_Quantized, blocks_0_conv2_table)).read(),
                blocks_0_relu_y3_bytes.read(),
                blocks_0_relu_y7_bytes.write(),
            );
            let blocks_0_relu_y7_bytes_2 = memory.part(CAP * 64, CAP * 64);
            call::quantized::add(
                &cx.child(4),
                Activation::Relu,
                256,
                p.field(offset_of!(Net_Quantized, blocks_0_conv2_add_table)).read(),
                blocks_0_relu_y7_bytes.read(),
                stem_y0_bytes.read(),
                blocks_0_relu_y7_bytes_2.write(),
            );
            let blocks_1_relu_y10_bytes = memory.part(CAP * 0, CAP * 64);
            call::quantized::conv2d(
                &cx.child(8),
                &const {
                    <blocks_1_conv1_Layer>::call([8, 8]).activation(Activation::Relu)
                },
                p.field(offset_of!(Net_Quantized, blocks_1_conv1_table)).read(),
                blocks_0_relu_y7_bytes_2.read(),
                blocks_1_relu_y10_bytes.write(),
            );
            let blocks_1_relu_y14_bytes = memory.part(CAP * 128, CAP * 64);
            call::quantized::conv2d(
                &cx.child(11),
                &const {
                    <blocks_1_conv2_Layer>::call([8, 8]).activation(Activation::Identity)
                },
                p.field(offset_of!(Net_Quantized, blocks_1_conv2_table)).read(),
                blocks_1_relu_y10_bytes.read(),
                blocks_1_relu_y14_bytes.write(),
            );
            let blocks_1_relu_y14_bytes_2 = memory.part(CAP * 0, CAP * 64);
            call::quantized::add(
                &cx.child(11),
                Activation::Relu,
                256,
                p.field(offset_of!(Net_Quantized, blocks_1_conv2_add_table)).read(),
                blocks_1_relu_y14_bytes.read(),
                blocks_0_relu_y7_bytes_2.read(),
                blocks_1_relu_y14_bytes_2.write(),
            );
            let globalavgpool2d_y15_bytes = memory.part(CAP * 64, CAP * 1);
            call::quantized::mean_pool2d(
                &cx.child(15),
                &const { call::quantized::global([4, 8, 8]) },
                p.field(offset_of!(Net_Quantized, globalavgpool2d_table)).read(),
                blocks_1_relu_y14_bytes_2.read(),
                globalavgpool2d_y15_bytes.write(),
            );
            let fc_y16_wide = memory.part(CAP * 0, CAP * 4);
            call::quantized::linear(
                &cx.child(16),
                &const { <fc_Layer>::call(1).activation(Activation::Identity) },
                true,
                p.field(offset_of!(Net_Quantized, fc_table)).read(),
                globalavgpool2d_y15_bytes.read(),
                fc_y16_wide.write(),
            );
            call::quantized::dequantize(
                &cx.child(16),
                4,
                true,
                p.field(offset_of!(Net_Quantized, fc_table)).read(),
                fc_y16_wide.read(),
                y.write(),
            );
        }
    }
    #[automatically_derived]
    impl ::castiron::quantized::FromBytes for Net {
        type Bytes = [[[u8; 8]; 8]; 3];
    }
};
#[doc(hidden)]
#[allow(unused_macros, non_local_definitions)]
macro_rules! __castiron_model_BasicBlock_176dee225ab2780b {
    (@ castiron $($state:tt)*) => {
        ::castiron::model! { @ found { { sound } { BasicBlock < const C : usize, const H
        : usize >: [C, H, H] -> [C, H, H] { conv1 : Conv2d(C, kernel = 3, padding = 1,
        bias = false), bn1 : BatchNorm2d, conv2 : Conv2d(C, kernel = 3, padding = 1, bias
        = false), bn2 : BatchNorm2d, | x | { let h = relu(bn1(conv1(x)));
        relu(bn2(conv2(h)) + x) } } } {} } $($state)* }
    };
    ($($other:tt)*) => {
        ::core::compile_error! { "`BasicBlock` is a model, and not a macro" }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
use __castiron_model_BasicBlock_176dee225ab2780b as BasicBlock;

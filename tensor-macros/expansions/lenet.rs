// What the declaration of this name in `src/expansion.rs` becomes.

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
    type conv1_Layer = Conv2d<1, 6, 5, 1, 2>;
    type bn1_Layer = BatchNorm2d<6>;
    type act1_Layer = Relu;
    type pool1_Layer = MaxPool2d<2>;
    type fc1_Layer = Linear<Rank3<6, 14, 14>, 10>;
    const _: () = <conv1_Layer as ::castiron::Module<
        [[[f32; 28]; 28]; 1],
        [[[f32; 28]; 28]; 6],
    >>::CHECK;
    const _: () = <bn1_Layer as ::castiron::Module<
        [[[f32; 28]; 28]; 6],
        [[[f32; 28]; 28]; 6],
    >>::CHECK;
    const _: () = <act1_Layer as ::castiron::Module<
        [[[f32; 28]; 28]; 6],
        [[[f32; 28]; 28]; 6],
    >>::CHECK;
    const _: () = <pool1_Layer as ::castiron::Module<
        [[[f32; 28]; 28]; 6],
        [[[f32; 14]; 14]; 6],
    >>::CHECK;
    const _: () = <fc1_Layer as ::castiron::Module<
        [[[f32; 14]; 14]; 6],
        [f32; 10],
    >>::CHECK;
    const _: () = {
        const fn plain<T: ::castiron::Plain>() {}
        plain::<conv1_Layer>();
        plain::<bn1_Layer>();
        plain::<act1_Layer>();
        plain::<pool1_Layer>();
        plain::<fc1_Layer>();
    };
    #[automatically_derived]
    unsafe impl ::castiron::Plain for LeNet {}
    #[automatically_derived]
    impl ::castiron::params::Params for LeNet {
        const TREE: ::castiron::params::Tree = ::castiron::params::Tree::Node(
            &[
                ::castiron::params::Child::new(
                    "conv1",
                    offset_of!(Self, conv1),
                    <conv1_Layer as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "bn1",
                    offset_of!(Self, bn1),
                    <bn1_Layer as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "act1",
                    offset_of!(Self, act1),
                    <act1_Layer as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "pool1",
                    offset_of!(Self, pool1),
                    <pool1_Layer as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "fc1",
                    offset_of!(Self, fc1),
                    <fc1_Layer as ::castiron::params::Params>::TREE,
                ),
            ],
        );
        type With<E: ::castiron::Element> = E::Choose<Self, LeNet_With<E>>;
    }
    #[doc(hidden)]
    #[repr(C)]
    pub struct LeNet_With<E: ::castiron::Element> {
        conv1: <conv1_Layer as ::castiron::params::Params>::With<E>,
        bn1: <bn1_Layer as ::castiron::params::Params>::With<E>,
        act1: <act1_Layer as ::castiron::params::Params>::With<E>,
        pool1: <pool1_Layer as ::castiron::params::Params>::With<E>,
        fc1: <fc1_Layer as ::castiron::params::Params>::With<E>,
    }
    #[automatically_derived]
    unsafe impl<E: ::castiron::Element> ::castiron::Plain for LeNet_With<E> {}
    #[automatically_derived]
    impl<E: ::castiron::Element> ::castiron::params::Params for LeNet_With<E> {
        const TREE: ::castiron::params::Tree = ::castiron::params::Tree::Node(
            &[
                ::castiron::params::Child::new(
                    "conv1",
                    offset_of!(Self, conv1),
                    <<conv1_Layer as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "bn1",
                    offset_of!(Self, bn1),
                    <<bn1_Layer as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "act1",
                    offset_of!(Self, act1),
                    <<act1_Layer as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "pool1",
                    offset_of!(Self, pool1),
                    <<pool1_Layer as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
                ::castiron::params::Child::new(
                    "fc1",
                    offset_of!(Self, fc1),
                    <<fc1_Layer as ::castiron::params::Params>::With<
                        E,
                    > as ::castiron::params::Params>::TREE,
                ),
            ],
        );
        type With<F: ::castiron::Element> = LeNet_With<F>;
    }
    const CONV1_AT: usize = offset_of!(LeNet, conv1);
    const BN1_AT: usize = offset_of!(LeNet, bn1);
    const ACT1_AT: usize = offset_of!(LeNet, act1);
    const POOL1_AT: usize = offset_of!(LeNet, pool1);
    const FC1_AT: usize = offset_of!(LeNet, fc1);
    const CONV1_WEIGHT: usize = CONV1_AT + offset_of!(conv1_Layer, weight);
    const CONV1_BIAS: usize = CONV1_AT + offset_of!(conv1_Layer, bias);
    const BN1_WEIGHT: usize = BN1_AT + offset_of!(bn1_Layer, weight);
    const BN1_BIAS: usize = BN1_AT + offset_of!(bn1_Layer, bias);
    const BN1_RUNNING_MEAN: usize = BN1_AT + offset_of!(bn1_Layer, running_mean);
    const BN1_RUNNING_VAR: usize = BN1_AT + offset_of!(bn1_Layer, running_var);
    const FC1_WEIGHT: usize = FC1_AT + offset_of!(fc1_Layer, weight);
    const FC1_BIAS: usize = FC1_AT + offset_of!(fc1_Layer, bias);
    #[doc(hidden)]
    #[repr(C)]
    pub struct LeNet_Saved<const CAP: usize> {
        buffers: ::castiron::memory::Aligned<[[f32; 15328]; CAP]>,
    }
    unsafe impl<const CAP: usize> ::castiron::Plain for LeNet_Saved<CAP> {}
    #[doc(hidden)]
    #[repr(C)]
    pub struct LeNet_State<const CAP: usize> {}
    unsafe impl<const CAP: usize> ::castiron::Plain for LeNet_State<CAP> {}
    #[doc(hidden)]
    #[repr(C)]
    pub struct LeNet_InferScratch<const CAP: usize> {
        buffers: ::castiron::memory::Aligned<[[f32; 5888]; CAP]>,
    }
    unsafe impl<const CAP: usize> ::castiron::Plain for LeNet_InferScratch<CAP> {}
    #[doc(hidden)]
    #[repr(C)]
    pub struct LeNet_TrainScratch<const CAP: usize> {}
    unsafe impl<const CAP: usize> ::castiron::Plain for LeNet_TrainScratch<CAP> {}
    #[automatically_derived]
    impl ::castiron::Module<[[[f32; 28]; 28]; 1], [f32; 10]> for LeNet {
        const CHECK: () = {
            let () = <conv1_Layer as ::castiron::Module<
                [[[f32; 28]; 28]; 1],
                [[[f32; 28]; 28]; 6],
            >>::CHECK;
            let () = <bn1_Layer as ::castiron::Module<
                [[[f32; 28]; 28]; 6],
                [[[f32; 28]; 28]; 6],
            >>::CHECK;
            let () = <act1_Layer as ::castiron::Module<
                [[[f32; 28]; 28]; 6],
                [[[f32; 28]; 28]; 6],
            >>::CHECK;
            let () = <pool1_Layer as ::castiron::Module<
                [[[f32; 28]; 28]; 6],
                [[[f32; 14]; 14]; 6],
            >>::CHECK;
            let () = <fc1_Layer as ::castiron::Module<
                [[[f32; 14]; 14]; 6],
                [f32; 10],
            >>::CHECK;
        };
        const KIND: &'static str = "LeNet";
        const MACS: u64 = ::castiron::Row::macs(
            <Self as ::castiron::Module<[[[f32; 28]; 28]; 1], [f32; 10]>>::PARTS,
        );
        const PARTS: &'static [::castiron::Row] = &[
            ::castiron::Row {
                name: "conv1",
                kind: "Conv2d",
                output: <[[[f32; 28]; 28]; 6] as ::castiron::Sample>::LAYOUT,
                parameters: <conv1_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<conv1_Layer>(),
                macs: 117600,
                parts: &[],
            },
            ::castiron::Row {
                name: "bn1",
                kind: "BatchNorm2d",
                output: <[[[f32; 28]; 28]; 6] as ::castiron::Sample>::LAYOUT,
                parameters: <bn1_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<bn1_Layer>(),
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "act1",
                kind: "Relu",
                output: <[[[f32; 28]; 28]; 6] as ::castiron::Sample>::LAYOUT,
                parameters: <act1_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<act1_Layer>(),
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "pool1",
                kind: "MaxPool2d",
                output: <[[[f32; 14]; 14]; 6] as ::castiron::Sample>::LAYOUT,
                parameters: <pool1_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<pool1_Layer>(),
                macs: 0,
                parts: &[],
            },
            ::castiron::Row {
                name: "fc1",
                kind: "Linear",
                output: <[f32; 10] as ::castiron::Sample>::LAYOUT,
                parameters: <fc1_Layer as ::castiron::params::Params>::TRAINED,
                bytes: ::core::mem::size_of::<fc1_Layer>(),
                macs: 11760,
                parts: &[],
            },
        ];
        type State<const CAP: usize> = LeNet_State<CAP>;
        type Saved<const CAP: usize> = LeNet_Saved<CAP>;
        type InferScratch<const CAP: usize> = LeNet_InferScratch<CAP>;
        type TrainScratch<const CAP: usize> = LeNet_TrainScratch<CAP>;
        fn infer<AnyDevice: ::castiron::device::Device, const CAP: usize>(
            cx: &::castiron::Cx<'_, AnyDevice>,
            p: ::castiron::memory::Ref<'_, Self, AnyDevice>,
            x: ::castiron::memory::Ref<
                '_,
                ::castiron::Batch<[[[f32; 28]; 28]; 1], CAP>,
                AnyDevice,
            >,
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<[f32; 10], CAP>, AnyDevice>,
            state: ::castiron::memory::Mut<'_, LeNet_State<CAP>, AnyDevice>,
            scratch: ::castiron::memory::Mut<'_, LeNet_InferScratch<CAP>, AnyDevice>,
        ) {
            use ::castiron::{call, memory::{Area, Arg}};
            use ::castiron::castiron_kernels::activation::Activation;
            let cx = &cx.within(CAP);
            let p = Area::of(p);
            let y = unsafe { Area::of_mut(y) };
            let x = Area::of(x);
            let memory = unsafe {
                Area::of_mut(
                    ::castiron::part!(scratch, LeNet_InferScratch < CAP >, buffers)
                        .inner(),
                )
            };
            let conv1_y0 = memory.part(CAP * 0, CAP * 4704);
            call::conv2d::forward(
                &cx.child(0),
                &const { <conv1_Layer>::call([28, 28]) },
                p.field(CONV1_WEIGHT).read(),
                p.field(CONV1_BIAS).read(),
                x.read(),
                Arg::none(),
                conv1_y0.write(),
                Arg::none(),
            );
            let act1_y2 = memory.part(CAP * 0, CAP * 4704);
            call::batch_norm::infer(
                &cx.child(1),
                &const { <bn1_Layer>::call(784).activation(Activation::Relu) },
                p.field(BN1_WEIGHT).read(),
                p.field(BN1_BIAS).read(),
                p.field(BN1_RUNNING_MEAN).read(),
                p.field(BN1_RUNNING_VAR).read(),
                Arg::none(),
                Arg::none(),
                act1_y2.write(),
            );
            let pool1_y3 = memory.part(CAP * 4704, CAP * 1176);
            call::pool2d::max_forward(
                &cx.child(3),
                &const { <pool1_Layer>::call([6, 28, 28]) },
                act1_y2.read(),
                pool1_y3.write(),
            );
            call::linear::forward(
                &cx.child(4),
                &const { <fc1_Layer>::call(1) },
                p.field(FC1_WEIGHT).read(),
                p.field(FC1_BIAS).read(),
                pool1_y3.read(),
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
                ::castiron::Batch<[[[f32; 28]; 28]; 1], CAP>,
                AnyDevice,
            >,
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<[f32; 10], CAP>, AnyDevice>,
            state: ::castiron::memory::Mut<'_, LeNet_State<CAP>, AnyDevice>,
            saved: ::castiron::memory::Mut<'_, LeNet_Saved<CAP>, AnyDevice>,
            scratch: ::castiron::memory::Mut<'_, LeNet_TrainScratch<CAP>, AnyDevice>,
        ) {
            use ::castiron::{call, memory::{Area, Arg}};
            use ::castiron::castiron_kernels::activation::Activation;
            let cx = &cx.within(CAP);
            let p = Area::of(p);
            let y = unsafe { Area::of_mut(y) };
            let x = Area::of(x);
            let memory = unsafe {
                Area::of_mut(
                    ::castiron::part!(saved, LeNet_Saved < CAP >, buffers).inner(),
                )
            };
            let conv1_y0 = memory.part(CAP * 0, CAP * 4704);
            call::conv2d::forward(
                &cx.child(0),
                &const { <conv1_Layer>::call([28, 28]) },
                p.field(CONV1_WEIGHT).read(),
                p.field(CONV1_BIAS).read(),
                x.read(),
                Arg::none(),
                conv1_y0.write(),
                Arg::none(),
            );
            let act1_y2 = memory.part(CAP * 4704, CAP * 4704);
            let bn1_y1_mean = memory.part(CAP * 15296, CAP * 6);
            let bn1_y1_variance = memory.part(CAP * 15312, CAP * 6);
            call::batch_norm::forward(
                &cx.child(1),
                &const { <bn1_Layer>::call(784).activation(Activation::Relu) },
                p.field(BN1_WEIGHT).read(),
                p.field(BN1_BIAS).read(),
                conv1_y0.read(),
                Arg::none(),
                act1_y2.write(),
                bn1_y1_mean.write(),
                bn1_y1_variance.write(),
            );
            let pool1_y3 = memory.part(CAP * 9408, CAP * 1176);
            call::pool2d::max_forward(
                &cx.child(3),
                &const { <pool1_Layer>::call([6, 28, 28]) },
                act1_y2.read(),
                pool1_y3.write(),
            );
            call::linear::forward(
                &cx.child(4),
                &const { <fc1_Layer>::call(1) },
                p.field(FC1_WEIGHT).read(),
                p.field(FC1_BIAS).read(),
                pool1_y3.read(),
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
                ::castiron::Batch<[[[f32; 28]; 28]; 1], CAP>,
                AnyDevice,
            >,
            y: ::castiron::memory::Ref<'_, ::castiron::Batch<[f32; 10], CAP>, AnyDevice>,
            saved: ::castiron::memory::Mut<'_, LeNet_Saved<CAP>, AnyDevice>,
            dy: ::castiron::memory::Ref<
                '_,
                ::castiron::GradBatch<[f32; 10], CAP>,
                AnyDevice,
            >,
            dx: ::core::option::Option<
                ::castiron::memory::Mut<
                    '_,
                    ::castiron::GradBatch<[[[f32; 28]; 28]; 1], CAP>,
                    AnyDevice,
                >,
            >,
            dp: ::castiron::memory::Mut<
                '_,
                <Self as ::castiron::params::Params>::With<f32>,
                AnyDevice,
            >,
            scratch: ::castiron::memory::Mut<'_, LeNet_TrainScratch<CAP>, AnyDevice>,
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
                    ::castiron::part!(saved, LeNet_Saved < CAP >, buffers).inner(),
                )
            };
            let pool1_y3 = memory.part(CAP * 9408, CAP * 1176);
            let dpool1_y3 = memory.part(CAP * 14112, CAP * 1176);
            call::linear::backward(
                &cx.child(4),
                &const { <fc1_Layer>::call(1) },
                p.field(FC1_WEIGHT).read(),
                pool1_y3.read(),
                dy.read(),
                dpool1_y3.write(),
                dp.field(FC1_WEIGHT).write(),
                dp.field(FC1_BIAS).write(),
            );
            let act1_y2 = memory.part(CAP * 4704, CAP * 4704);
            let dact1_y2 = memory.part(CAP * 9408, CAP * 4704);
            call::pool2d::max_backward(
                &cx.child(3),
                &const { <pool1_Layer>::call([6, 28, 28]) },
                act1_y2.read(),
                dpool1_y3.read(),
                dact1_y2.write(),
            );
            let dbn1_y1 = memory.part(CAP * 9408, CAP * 4704);
            call::activation::backward(
                &cx.child(2),
                Activation::Relu,
                4704,
                Arg::none(),
                act1_y2.read(),
                Arg::none(),
                dbn1_y1.write(),
            );
            let conv1_y0 = memory.part(CAP * 0, CAP * 4704);
            let bn1_y1_mean = memory.part(CAP * 15296, CAP * 6);
            let bn1_y1_variance = memory.part(CAP * 15312, CAP * 6);
            let dconv1_y0 = memory.part(CAP * 9408, CAP * 4704);
            call::batch_norm::backward(
                &cx.child(1),
                &const { <bn1_Layer>::call(784) },
                p.field(BN1_WEIGHT).read(),
                conv1_y0.read(),
                Arg::none(),
                bn1_y1_mean.read(),
                bn1_y1_variance.read(),
                dconv1_y0.write(),
                dp.field(BN1_WEIGHT).write(),
                dp.field(BN1_BIAS).write(),
                dp.field(BN1_RUNNING_MEAN).write(),
                dp.field(BN1_RUNNING_VAR).write(),
            );
            call::conv2d::backward(
                &cx.child(0),
                &const { <conv1_Layer>::call([28, 28]) },
                p.field(CONV1_WEIGHT).read(),
                x.read(),
                dconv1_y0.read(),
                dx.write(),
                dp.field(CONV1_WEIGHT).write(),
                dp.field(CONV1_BIAS).write(),
            );
        }
    }
    #[automatically_derived]
    impl ::castiron::Model for LeNet {
        type Input = [[[f32; 28]; 28]; 1];
        type Output = [f32; 10];
        const ACTIVATION_BYTES: usize = 61192;
    }
    #[doc(hidden)]
    #[repr(C)]
    pub struct LeNet_Prepared<AnyElement: ::castiron::WeightElement> {
        conv1_weight: ::castiron::memory::Aligned<[[AnyElement; 25]; 6]>,
        conv1_bias: ::castiron::memory::Aligned<[f32; 6]>,
        fc1_weight: ::castiron::memory::Aligned<[AnyElement; 10 * 1176]>,
        fc1_bias: ::castiron::memory::Aligned<[f32; 10]>,
        element: ::core::marker::PhantomData<AnyElement>,
    }
    unsafe impl<AnyElement: ::castiron::WeightElement> ::castiron::Plain
    for LeNet_Prepared<AnyElement> {}
    #[automatically_derived]
    impl<AnyElement: ::castiron::WeightElement> ::castiron::params::Params
    for LeNet_Prepared<AnyElement> {
        const TREE: ::castiron::params::Tree = {
            use ::castiron::params::{Child, Init, Leaf, Params, Tree};
            Tree::Node(
                &[
                    Child::new(
                            "conv1",
                            0,
                            Tree::Node(
                                &[
                                    Child::leaf(
                                        "weight",
                                        offset_of!(LeNet_Prepared < AnyElement >, conv1_weight),
                                        Leaf::of::<[[AnyElement; 25]; 6]>(Init::ZEROS)
                                            .with_dims(&[6, 1, 5, 5]),
                                    ),
                                    Child::leaf(
                                        "bias",
                                        offset_of!(LeNet_Prepared < AnyElement >, conv1_bias),
                                        Leaf::of::<[f32; 6]>(Init::ZEROS),
                                    ),
                                ],
                            ),
                        )
                        .frozen(),
                    Child::new(
                            "fc1",
                            0,
                            Tree::Node(
                                &[
                                    Child::leaf(
                                        "weight",
                                        offset_of!(LeNet_Prepared < AnyElement >, fc1_weight),
                                        Leaf::of::<[AnyElement; 10 * 1176]>(Init::ZEROS),
                                    ),
                                    Child::leaf(
                                        "bias",
                                        offset_of!(LeNet_Prepared < AnyElement >, fc1_bias),
                                        Leaf::of::<[f32; 10]>(Init::ZEROS),
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
    pub struct LeNet_PreparedScratch<const CAP: usize> {
        buffers: ::castiron::memory::Aligned<[[f32; 5888]; CAP]>,
    }
    unsafe impl<const CAP: usize> ::castiron::Plain for LeNet_PreparedScratch<CAP> {}
    #[automatically_derived]
    impl ::castiron::Prepare for LeNet {
        type Weights<AnyElement: ::castiron::WeightElement> = LeNet_Prepared<AnyElement>;
        type Scratch<const CAP: usize> = LeNet_PreparedScratch<CAP>;
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
            call::fold::batch_norm(
                cx,
                6,
                25,
                const { (10000 as f64 / 1e9) as f32 },
                AnyElement::DTYPE,
                p.field(CONV1_WEIGHT).read(),
                p.field(CONV1_BIAS).read(),
                p.field(BN1_WEIGHT).read(),
                p.field(BN1_BIAS).read(),
                p.field(BN1_RUNNING_MEAN).read(),
                p.field(BN1_RUNNING_VAR).read(),
                to
                    .field(offset_of!(LeNet_Prepared < AnyElement >, conv1_weight))
                    .write(),
                to.field(offset_of!(LeNet_Prepared < AnyElement >, conv1_bias)).write(),
            );
            call::packed::pack(
                cx,
                10,
                1176,
                AnyElement::DTYPE,
                p.field(FC1_AT + offset_of!(fc1_Layer, weight)).read(),
                to.field(offset_of!(LeNet_Prepared < AnyElement >, fc1_weight)).write(),
            );
            call::arithmetic::copy(
                cx,
                10,
                p.field(FC1_AT + offset_of!(fc1_Layer, bias)).read(),
                to.field(offset_of!(LeNet_Prepared < AnyElement >, fc1_bias)).write(),
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
                ::castiron::Batch<[[[f32; 28]; 28]; 1], CAP>,
                AnyDevice,
            >,
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<[f32; 10], CAP>, AnyDevice>,
            state: ::castiron::memory::Mut<'_, LeNet_State<CAP>, AnyDevice>,
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
                    ::castiron::part!(scratch, LeNet_PreparedScratch < CAP >, buffers)
                        .inner(),
                )
            };
            let act1_y2 = memory.part(CAP * 0, CAP * 4704);
            call::stored::conv2d(
                &cx.child(0),
                &const {
                    call::conv2d::Args {
                        bias: true,
                        ..<conv1_Layer>::call([28, 28]).activation(Activation::Relu)
                    }
                },
                AnyElement::DTYPE,
                p.field(offset_of!(LeNet_Prepared < AnyElement >, conv1_weight)).read(),
                p.field(offset_of!(LeNet_Prepared < AnyElement >, conv1_bias)).read(),
                x.read(),
                Arg::none(),
                act1_y2.write(),
            );
            let pool1_y3 = memory.part(CAP * 4704, CAP * 1176);
            call::pool2d::max_forward(
                &cx.child(3),
                &const { <pool1_Layer>::call([6, 28, 28]) },
                act1_y2.read(),
                pool1_y3.write(),
            );
            call::packed::linear(
                &cx.child(4),
                &const { <fc1_Layer>::call(1) },
                AnyElement::DTYPE,
                p.field(offset_of!(LeNet_Prepared < AnyElement >, fc1_weight)).read(),
                p.field(offset_of!(LeNet_Prepared < AnyElement >, fc1_bias)).read(),
                pool1_y3.read(),
                Arg::none(),
                y.write(),
            );
        }
    }
    #[doc(hidden)]
    #[repr(C)]
    pub struct LeNet_Quantized {
        input_table: ::castiron::quantized::Scale,
        conv1_table: ::castiron::quantized::Product<[[[i8; 5]; 5]; 1], 6>,
        fc1_table: ::castiron::quantized::Product<[i8; 1176], 10>,
    }
    unsafe impl ::castiron::Plain for LeNet_Quantized {}
    #[doc(hidden)]
    #[repr(C)]
    pub struct LeNet_QuantizedScratch<const CAP: usize> {
        buffers: ::castiron::memory::Aligned<[[f32; 1488]; CAP]>,
    }
    unsafe impl<const CAP: usize> ::castiron::Plain for LeNet_QuantizedScratch<CAP> {}
    #[automatically_derived]
    impl ::castiron::Quantizable for LeNet {
        type Tables = LeNet_Quantized;
        type Buffers<const CAP: usize> = LeNet_QuantizedScratch<CAP>;
        const NAMES: ::castiron::params::Tree = {
            use ::castiron::params::{Child, Params, Tree};
            Tree::Node(
                &[
                    Child::new(
                            "input",
                            offset_of!(LeNet_Quantized, input_table),
                            <::castiron::quantized::Scale as Params>::TREE,
                        )
                        .frozen(),
                    Child::new(
                            "conv1",
                            offset_of!(LeNet_Quantized, conv1_table),
                            <::castiron::quantized::Product<
                                [[[i8; 5]; 5]; 1],
                                6,
                            > as Params>::TREE,
                        )
                        .frozen(),
                    Child::new(
                            "fc1",
                            offset_of!(LeNet_Quantized, fc1_table),
                            <::castiron::quantized::Product<
                                [i8; 1176],
                                10,
                            > as Params>::TREE,
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
            y: ::castiron::memory::Mut<'_, ::castiron::Batch<[f32; 10], CAP>, AnyDevice>,
            state: ::castiron::memory::Mut<'_, LeNet_State<CAP>, AnyDevice>,
            scratch: ::castiron::memory::Mut<'_, Self::Buffers<CAP>, AnyDevice>,
        ) {
            use ::castiron::{call, memory::{Area, Arg}};
            use ::castiron::castiron_kernels::activation::Activation;
            let cx = &cx.within(CAP);
            let p = Area::of(p);
            let y = unsafe { Area::of_mut(y) };
            let memory = unsafe {
                Area::of_mut(
                    ::castiron::part!(scratch, LeNet_QuantizedScratch < CAP >, buffers)
                        .inner(),
                )
            };
            let x_bytes = if BYTES { x } else { memory.part(CAP * 1184, CAP * 196) };
            if !BYTES {
                call::quantized::quantize(
                    &cx.child(0),
                    784,
                    p.field(offset_of!(LeNet_Quantized, input_table)).read(),
                    x.read(),
                    x_bytes.write(),
                );
            }
            let act1_y2_bytes = memory.part(CAP * 0, CAP * 1176);
            call::quantized::conv2d(
                &cx.child(0),
                &const { <conv1_Layer>::call([28, 28]).activation(Activation::Relu) },
                p.field(offset_of!(LeNet_Quantized, conv1_table)).read(),
                x_bytes.read(),
                act1_y2_bytes.write(),
            );
            let pool1_y3_bytes = memory.part(CAP * 1184, CAP * 294);
            call::quantized::max_pool2d(
                &cx.child(3),
                &const { <pool1_Layer>::call([6, 28, 28]) },
                act1_y2_bytes.read(),
                pool1_y3_bytes.write(),
            );
            let fc1_y4_wide = memory.part(CAP * 0, CAP * 10);
            call::quantized::linear(
                &cx.child(4),
                &const { <fc1_Layer>::call(1).activation(Activation::Identity) },
                true,
                p.field(offset_of!(LeNet_Quantized, fc1_table)).read(),
                pool1_y3_bytes.read(),
                fc1_y4_wide.write(),
            );
            call::quantized::dequantize(
                &cx.child(4),
                10,
                true,
                p.field(offset_of!(LeNet_Quantized, fc1_table)).read(),
                fc1_y4_wide.read(),
                y.write(),
            );
        }
    }
    #[automatically_derived]
    impl ::castiron::quantized::FromBytes for LeNet {
        type Bytes = [[[u8; 28]; 28]; 1];
    }
};

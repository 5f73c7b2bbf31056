//! Every layer on bf16 and f16: the contract, and the same numbers as in f32 up to rounding.

use castiron::nn::*;
use castiron::testing::check_precision;
use castiron::{Rank2, Rank3, bf16, f16, model};

/// A layer with rows of at most 4, in both elements.
macro_rules! check {
    ($name:ident, $layer:ty, [$($x:tt)+] => [$($y:tt)+], |$e:ident| $half:ty) => {
        #[test]
        fn $name() {
            fn of<$e: castiron::Element>() {}
            of::<f32>();
            macro_rules! element {
                ($t:ident, $seed:literal) => {{
                    type $e = $t;
                    check_precision::<$half, check!(@ $t $($x)+), check!(@ $t $($y)+), $layer, check!(@ f32 $($x)+), check!(@ f32 $($y)+), 4>(3, $seed, 5);
                }};
            }
            element!(bf16, 1);
            element!(f16, 2);
        }
    };
    (@ $t:ident $a:literal) => { [$t; $a] };
    (@ $t:ident $a:literal, $b:literal) => { Rank2<$a, $b, $t> };
    (@ $t:ident $a:literal, $b:literal, $c:literal) => { Rank3<$a, $b, $c, $t> };
    (@ $t:ident tokens $a:literal) => { [i32; $a] };
}

check!(linear, Linear<[f32; 5], 4>, [5] => [4], |E| Linear<[E; 5], 4>);
check!(linear_of_images, Linear<Rank3<2, 3, 3>, 7, Relu>, [2, 3, 3] => [7], |E| Linear<Rank3<2, 3, 3, E>, 7, Relu>);
check!(linear_of_sequences, Linear<[f32; 5], 3, Gelu>, [4, 5] => [4, 3], |E| Linear<[E; 5], 3, Gelu>);
check!(linear_without_bias, Linear<[f32; 5], 3, Tanh, NoBias>, [5] => [3], |E| Linear<[E; 5], 3, Tanh, NoBias>);
check!(conv2d, Conv2d<2, 3, 3, 1, 1>, [2, 5, 6] => [3, 5, 6], |E| Conv2d<2, 3, 3, 1, 1, 1, 1, Identity, WithBias, E>);
check!(conv2d_silu, Conv2d<2, 4, 3, 2, 0, 1, 1, Silu>, [2, 7, 7] => [4, 3, 3], |E| Conv2d<2, 4, 3, 2, 0, 1, 1, Silu, WithBias, E>);
check!(depthwise, Conv2d<1, 4, 3, 1, 1, 1, 4, Relu, NoBias>, [4, 5, 5] => [4, 5, 5], |E| Conv2d<1, 4, 3, 1, 1, 1, 4, Relu, NoBias, E>);
check!(conv1d, Conv1d<2, 3, 3, 1, 1, 1, 1, Relu>, [2, 9] => [3, 9], |E| Conv1d<2, 3, 3, 1, 1, 1, 1, Relu, WithBias, E>);
check!(conv_transpose2d, ConvTranspose2d<3, 2, 4, 2, 1>, [3, 4, 3] => [2, 8, 6], |E| ConvTranspose2d<3, 2, 4, 2, 1, 0, 1, 1, WithBias, E>);
check!(conv_transpose1d, ConvTranspose1d<2, 3, 3, 2>, [2, 4] => [3, 9], |E| ConvTranspose1d<2, 3, 3, 2, 0, 0, 1, 1, WithBias, E>);
check!(batch_norm2d, BatchNorm2d<3>, [3, 4, 5] => [3, 4, 5], |_E| BatchNorm2d<3>);
check!(batch_norm1d, BatchNorm1d<3>, [3, 7] => [3, 7], |_E| BatchNorm1d<3>);
check!(batch_norm_of_vectors, BatchNorm1d<6>, [6] => [6], |_E| BatchNorm1d<6>);
check!(layer_norm, LayerNorm<[f32; 7]>, [3, 7] => [3, 7], |_E| LayerNorm<[f32; 7]>);
check!(rms_norm, RmsNorm<[f32; 7]>, [3, 7] => [3, 7], |_E| RmsNorm<[f32; 7]>);
check!(group_norm, GroupNorm<2, 4>, [4, 3, 5] => [4, 3, 5], |_E| GroupNorm<2, 4>);
check!(instance_norm2d, InstanceNorm2d<3>, [3, 4, 5] => [3, 4, 5], |_E| InstanceNorm2d<3>);
check!(max_pool2d, MaxPool2d<2>, [2, 6, 4] => [2, 3, 2], |_E| MaxPool2d<2>);
check!(avg_pool2d, AvgPool2d<3, 2, 1>, [2, 5, 5] => [2, 3, 3], |_E| AvgPool2d<3, 2, 1>);
check!(max_pool1d, MaxPool1d<2>, [2, 8] => [2, 4], |_E| MaxPool1d<2>);
check!(avg_pool1d, AvgPool1d<2>, [2, 8] => [2, 4], |_E| AvgPool1d<2>);
check!(global_avg_pool2d, GlobalAvgPool2d, [3, 4, 4] => [3], |_E| GlobalAvgPool2d);
check!(dropout, Dropout<30>, [3, 5] => [3, 5], |_E| Dropout<30>);
check!(relu, Relu, [7] => [7], |_E| Relu);
check!(leaky_relu, LeakyRelu, [7] => [7], |_E| LeakyRelu);
check!(sigmoid, Sigmoid, [7] => [7], |_E| Sigmoid);
check!(tanh, Tanh, [7] => [7], |_E| Tanh);
check!(gelu, Gelu, [7] => [7], |_E| Gelu);
check!(silu, Silu, [7] => [7], |_E| Silu);
check!(identity, Identity, [7] => [7], |_E| Identity);
check!(softmax, Softmax, [3, 7] => [3, 7], |_E| Softmax);
check!(log_softmax, LogSoftmax, [3, 7] => [3, 7], |_E| LogSoftmax);
check!(embedding, Embedding<5, 4>, [tokens 3] => [3, 4], |E| Embedding<5, 4, E>);
check!(residual, Residual<Linear<[f32; 4], 4, Relu>>, [4] => [4], |E| Residual<Linear<[E; 4], 4, Relu>>);
check!(arrays, [Linear<[f32; 4], 4, Tanh>; 3], [4] => [4], |E| [Linear<[E; 4], 4, Tanh>; 3]);

/// A model with branches, broadcasts and joins.
macro_rules! branches {
    ($name:ident, $e:ident) => {
        model! {
            $name: [$e; 2, 6, 6] -> [$e; 5] {
                stem: Conv2d(4, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d,
                a: Conv2d(4, kernel = 3, padding = 1),
                b: Conv2d(4, kernel = 1),
                fc: Linear(5),
                |x| {
                    let x = relu(bn(stem(x)));
                    let y = a(x) + x;
                    let z = concat([y, b(x)], axis = 0);
                    fc(gelu(z * 0.5))
                }
            }
        }
    };
}
branches!(Branches, f32);
branches!(BranchesBf16, bf16);
branches!(BranchesF16, f16);

#[test]
fn whole_models() {
    check_precision::<BranchesBf16, Rank3<2, 6, 6, bf16>, [bf16; 5], Branches, Rank3<2, 6, 6>, [f32; 5], 4>(
        3, 1, 0,
    );
    check_precision::<BranchesF16, Rank3<2, 6, 6, f16>, [f16; 5], Branches, Rank3<2, 6, 6>, [f32; 5], 4>(
        3, 2, 0,
    );
}

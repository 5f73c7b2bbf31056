//! Every layer keeps to the contract: gradients, live rows, scratch memory, the offset device.

use castiron::nn::*;
use castiron::testing::check;
use castiron::{Bool, Rank2, Rank3};

/// One test per line: a name, a layer, what it maps, how many classes integers of its input have.
macro_rules! layers {
    ($($name:ident: $layer:ty, $x:ty => $y:ty $(, $classes:literal)?;)*) => { $(
        #[test]
        fn $name() {
            for seed in 0..3 {
                check::<$layer, $x, $y, 5>(3, seed, 1 $(* $classes)?);
            }
        }
    )* };
}

type Image = Rank3<2, 3, 3>;

castiron::model! {
    /// Roots of what is well above zero, where their differences are exact enough.
    Roots: [4] -> [4] { |x| sqrt(x * x + 1.0) }
}

layers! {
    linear: Linear<[f32; 7], 5>, [f32; 7] => [f32; 5];
    linear_of_images: Linear<Image, 4>, Image => [f32; 4];
    linear_of_sequences: Linear<[f32; 3], 4, Tanh>, Rank2<6, 3> => Rank2<6, 4>;
    linear_without_bias: Linear<[f32; 3], 4, Identity, NoBias>, [f32; 3] => [f32; 4];
    linear_relu: Linear<[f32; 3], 9, Relu>, [f32; 3] => [f32; 9];
    linear_gelu: Linear<[f32; 3], 9, Gelu>, [f32; 3] => [f32; 9];
    linear_silu: Linear<[f32; 3], 9, Silu>, [f32; 3] => [f32; 9];

    relu: Relu, Image => Image;
    relu6: Relu6, Image => Image;
    leaky_relu: LeakyRelu<20>, Image => Image;
    sigmoid: Sigmoid, Image => Image;
    tanh: Tanh, Image => Image;
    gelu: Gelu, Image => Image;
    gelu_tanh: GeluTanh, Image => Image;
    silu: Silu, Image => Image;
    sqrt_of_squares: Roots, [f32; 4] => [f32; 4];
    softmax: Softmax, Rank2<4, 3> => Rank2<4, 3>;
    log_softmax: LogSoftmax, [f32; 5] => [f32; 5];
    identity: Identity, Image => Image;
    dropout: Dropout<30>, Image => Image;

    residual: Residual<Linear<[f32; 4], 4, Tanh>>, [f32; 4] => [f32; 4];
    array: [Linear<[f32; 4], 4, Tanh>; 3], [f32; 4] => [f32; 4];
    array_of_one: [Linear<[f32; 4], 4, Sigmoid>; 1], [f32; 4] => [f32; 4];
    array_of_residuals: [Residual<Linear<[f32; 4], 4, Gelu>>; 2], [f32; 4] => [f32; 4];
    residual_of_array: Residual<[Linear<[f32; 4], 4, Silu>; 4]>, [f32; 4] => [f32; 4];
    array_of_dropouts: [Dropout<50>; 3], [f32; 9] => [f32; 9];

    conv2d: Conv2d<2, 3, 3, 1, 1>, Rank3<2, 4, 5> => Rank3<3, 4, 5>;
    conv2d_strided_dilated: Conv2d<2, 3, 2, 2, 1, 2, 1, Tanh>, Rank3<2, 5, 6> => Rank3<3, 3, 3>;
    conv2d_grouped: Conv2d<2, 4, 3, 1, 1, 1, 2, Relu>, Rank3<4, 3, 3> => Rank3<4, 3, 3>;
    conv2d_depthwise: Conv2d<1, 3, 3, 2, 1, 1, 3, Silu, NoBias>, Rank3<3, 4, 4> => Rank3<3, 2, 2>;
    conv1d: Conv1d<2, 3, 3, 1, 1>, Rank2<2, 7> => Rank2<3, 7>;
    conv1d_strided_dilated: Conv1d<2, 3, 2, 2, 1, 2, 1, Tanh>, Rank2<2, 9> => Rank2<3, 5>;
    conv1d_grouped: Conv1d<2, 4, 3, 1, 1, 1, 2, Relu>, Rank2<4, 6> => Rank2<4, 6>;
    conv1d_depthwise: Conv1d<1, 3, 3, 2, 1, 1, 3, Silu, NoBias>, Rank2<3, 8> => Rank2<3, 4>;
    conv1d_of_few_positions: Conv1d<5, 20, 3, 1, 1>, Rank2<5, 3> => Rank2<20, 3>;
    conv1d_to_one_position: Conv1d<6, 18, 4, 1, 0, 1, 1, Gelu>, Rank2<6, 4> => Rank2<18, 1>;
    conv_transpose2d: ConvTranspose2d<2, 3, 4, 2, 1>, Rank3<2, 3, 2> => Rank3<3, 6, 4>;
    conv_transpose2d_grouped: ConvTranspose2d<4, 3, 3, 2, 1, 1, 2, 1, NoBias>, Rank3<4, 2, 3> => Rank3<6, 4, 6>;
    conv_transpose2d_dilated: ConvTranspose2d<2, 1, 2, 1, 0, 0, 1, 2>, Rank3<2, 3, 3> => Rank3<1, 5, 5>;
    conv_transpose1d: ConvTranspose1d<3, 2, 4, 3, 1, 1>, Rank2<3, 4> => Rank2<2, 12>;
    max_pool1d: MaxPool1d<2>, Rank2<2, 5> => Rank2<2, 2>;
    max_pool1d_overlapping: MaxPool1d<3, 2, 1>, Rank2<2, 5> => Rank2<2, 3>;
    avg_pool1d: AvgPool1d<2>, Rank2<2, 4> => Rank2<2, 2>;
    avg_pool1d_padded: AvgPool1d<3, 1, 1>, Rank2<1, 3> => Rank2<1, 3>;
    max_pool2d: MaxPool2d<2>, Rank3<2, 5, 4> => Rank3<2, 2, 2>;
    max_pool2d_overlapping: MaxPool2d<3, 2, 1>, Rank3<2, 5, 5> => Rank3<2, 3, 3>;
    avg_pool2d: AvgPool2d<2>, Rank3<2, 4, 4> => Rank3<2, 2, 2>;
    avg_pool2d_padded: AvgPool2d<3, 1, 1>, Rank3<1, 3, 3> => Rank3<1, 3, 3>;
    global_avg_pool2d: GlobalAvgPool2d, Rank3<3, 4, 2> => [f32; 3];

    // The four that strain the contract: statistics of the live rows and running averages; integers
    // without a gradient; state from call to call; two inputs.
    batch_norm: BatchNorm2d<2>, Image => Image;
    batch_norm_of_signals: BatchNorm1d<2>, Rank2<2, 5> => Rank2<2, 5>;
    batch_norm_of_vectors: BatchNorm1d<4>, [f32; 4] => [f32; 4];
    layer_norm: LayerNorm<[f32; 5]>, Rank2<3, 5> => Rank2<3, 5>;
    layer_norm_of_all: LayerNorm<Image>, Image => Image;
    layer_norm_of_the_last_two: LayerNorm<Rank2<3, 3>, 1_000_000_000, NoBias>, Image => Image;
    layer_norm_without_parameters: LayerNorm<[f32; 4], 1_000_000_000, NotAffine>, Rank2<3, 4> => Rank2<3, 4>;
    rms_norm: RmsNorm<[f32; 5]>, Rank2<3, 5> => Rank2<3, 5>;
    rms_norm_without_parameters: RmsNorm<[f32; 4], 1_000, NotAffine>, [f32; 4] => [f32; 4];
    group_norm: GroupNorm<2, 4>, Rank3<4, 3, 2> => Rank3<4, 3, 2>;
    group_norm_of_signals: GroupNorm<1, 3, 1_000_000_000, NotAffine>, Rank2<3, 4> => Rank2<3, 4>;
    group_norm_of_vectors: GroupNorm<2, 6>, [f32; 6] => [f32; 6];
    instance_norm2d: InstanceNorm2d<2, 10_000_000, WithBias>, Image => Image;
    instance_norm1d: InstanceNorm1d<2, 1_000_000_000>, Rank2<2, 5> => Rank2<2, 5>;
    embedding: Embedding<6, 3>, [i32; 4] => Rank2<4, 3>, 6;
    lstm: Lstm<3, 2>, Rank2<4, 3> => Rank2<4, 2>;
    lstm_of_one_position: Lstm<3, 2>, Rank2<1, 3> => Rank2<1, 2>;
    lstm_cell: LstmCell<3, 2>, [f32; 3] => [f32; 2];
    causal_attention: MultiheadAttention<4, 2, Causal>, (Rank2<3, 4>, Rank2<3, 4>) => Rank2<3, 4>;
    attention_of_padded_memory: MultiheadAttention<4, 2>, (Rank2<3, 4>, Rank2<5, 4>, [Bool; 5]) => Rank2<3, 4>;
    attention_of_lengths: MultiheadAttention<4, 2, Causal>, (Rank2<6, 4>, Rank2<5, 4>, i32) => Rank2<6, 4>, 5;
    attention: MultiheadAttention<4, 2>, (Rank2<3, 4>, Rank2<5, 4>) => Rank2<3, 4>;
}

//! Every layer and option of a sequential model.
#![deny(warnings, missing_docs, unreachable_pub, unsafe_code, unused)]

use castiron::{Model, Rank1, Rank3, model};

model! {
    /// LeNet-5 for 28×28 grey images.
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5), Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84), Relu,
        fc3: Linear(10),
    }

    /// All options.
    pub(crate) Options: [4, 16, 16] -> [3] {
        strided: Conv2d(8, kernel = 3, stride = 2, padding = 1, bias = false),
        strided_bn: BatchNorm2d,
        Relu6,
        dilated: Conv2d(8, kernel = 3, dilation = 2, padding = 2, groups = 2), LeakyRelu(0.01),
        norm: BatchNorm2d(eps = 1e-3, momentum = 0.01), Sigmoid,
        MaxPool2d(3, stride = 1, padding = 1), Tanh,
        AvgPool2d(2), Gelu,
        AvgPool2d(2, stride = 1), GeluTanh,
        GlobalAvgPool2d, Silu, Dropout(0.5), Identity,
        fc: Linear(3, bias = false), LogSoftmax,
    }

    /// Sequences.
    Words: [i32; 12] -> [12, 50] {
        embedding: Embedding(50, 16),
        lstm: Lstm(16),
        head: Linear(50, tied = embedding), Softmax,
    }

    /// Layers written as types, and arrays of them.
    Types: [1, 8, 8] -> [4] {
        conv: castiron::nn::Conv2d<1, 2, 3>,
        act: castiron::nn::Relu,
        blocks: [Conv2d(2, kernel = 3, padding = 1); 3],
        Flatten,
        fc: castiron::nn::Linear<Rank1<72>, 4>,
    }
}

fn main() {
    fn takes<M: Model<Input = Rank3<1, 28, 28>, Output = Rank1<10>>>() {}
    takes::<LeNet>();
    const _: () = assert!(LeNet::PARAMETER_BYTES >= 4 * 61_706 && LeNet::INFER_BYTES < 64 * 1024);
    const _: () = assert!(LeNet::INFER_BYTES < LeNet::TRAIN_BYTES && LeNet::TRAIN_BYTES < LeNet::ACTIVATION_BYTES);
    assert!(size_of::<Options>() > 0 && size_of::<Words>() > 0 && size_of::<Types>() > 0);
}

//! burn with its backend `flex` as a peer: `peer-burn THREADS`. The MLPs and LeNet-5, inference and training.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, PaddingConfig2d};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::prelude::*;
use burn::tensor::TensorData;
use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use protocol::{Data, Work, serve};

/// How many threads it uses is in the environment.
fn main() {
    serve(work);
}

fn work(name: &str) -> Option<Work> {
    let (data, device) = (|| Data::of(name), Device::flex());
    Some(match name {
        "mlp64" | "mlp784" | "mlp784_b8" | "mlp784_b64" | "mlp784_b512" => infer::<Mlp, 2>(&data(), &device),
        "lenet" => infer::<LeNet, 4>(&data(), &device),
        "train_mlp784" => train::<Mlp, 2>(&data(), &device.autodiff(), SgdConfig::new().init(), 0.1),
        "train_lenet" => {
            let adam = AdamConfig::new().with_epsilon(1e-8).init();
            train::<LeNet, 4>(&data(), &device.autodiff(), adam, 1e-3)
        }
        _ => return None,
    })
}

trait Model<const RANK: usize>: Module + 'static {
    fn load(data: &Data, device: &Device) -> Self;
    fn forward(&self, x: Tensor<RANK>) -> Tensor<2>;
}

#[derive(Module, Debug)]
struct Mlp {
    fc1: Linear,
    fc2: Linear,
}

impl Model<2> for Mlp {
    fn load(data: &Data, device: &Device) -> Self {
        let linear = |name| linear(data, name, device);
        Mlp { fc1: linear("fc1"), fc2: linear("fc2") }
    }
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.fc2.forward(relu(self.fc1.forward(x)))
    }
}

#[derive(Module, Debug)]
struct LeNet {
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

impl Model<4> for LeNet {
    fn load(data: &Data, device: &Device) -> Self {
        let linear = |name| linear(data, name, device);
        LeNet {
            conv1: convolution(data, "conv1", 2, device),
            conv2: convolution(data, "conv2", 0, device),
            fc1: linear("fc1"),
            fc2: linear("fc2"),
            fc3: linear("fc3"),
        }
    }
    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let pool = |x| max_pool2d(relu(x), MaxPoolOptions::new([2, 2]));
        let x = pool(self.conv2.forward(pool(self.conv1.forward(x))));
        let x = relu(self.fc1.forward(x.flatten(1, 3)));
        self.fc3.forward(relu(self.fc2.forward(x)))
    }
}

fn infer<M: Model<RANK>, const RANK: usize>(data: &Data, device: &Device) -> Work {
    let (model, x) = (M::load(data, device), tensor::<RANK>(data, "input", device));
    let infer = move || model.forward(x.clone()).into_data();
    Work::new(&infer().to_vec::<f32>().expect("floats"), move || drop(infer()))
}

fn train<M: Model<RANK>, const RANK: usize>(
    data: &Data,
    device: &Device,
    mut optimizer: ModuleOptimizer,
    learning_rate: f64,
) -> Work {
    let x = tensor::<RANK>(data, "input", device);
    let labels: Vec<i64> = data.get("labels").1.iter().map(|&label| label as i64).collect();
    let count = labels.len();
    let t: Tensor<1, Int> = Tensor::from_data(TensorData::new(labels, vec![count]), device);
    let cross_entropy = CrossEntropyLossConfig::new().init(device);
    let mut model = Some(M::load(data, device));
    let mut step = move || {
        let before = model.take().expect("the model of the last step");
        let loss = cross_entropy.forward(before.forward(x.clone()), t.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &before);
        model = Some(optimizer.step(learning_rate, before, gradients));
        loss.into_scalar::<f32>()
    };
    let losses: Vec<f32> = (0..10).map(|_| step()).collect();
    Work::new(&losses, move || {
        step();
    })
}

fn tensor<const RANK: usize>(data: &Data, name: &str, device: &Device) -> Tensor<RANK> {
    let (dims, numbers) = data.get(name);
    Tensor::from_data(TensorData::new(numbers, dims), device)
}

/// burn has the transpose of PyTorch's weight.
fn linear(data: &Data, name: &str, device: &Device) -> Linear {
    let (dims, numbers) = data.get(&format!("{name}.weight"));
    let [outputs, inputs] = dims[..] else { panic!("{name} is a matrix") };
    let transposed =
        (0..numbers.len()).map(|i| numbers[i % outputs * inputs + i / outputs]).collect::<Vec<_>>();
    let weight = Tensor::from_data(TensorData::new(transposed, vec![inputs, outputs]), device);
    let bias = tensor(data, &format!("{name}.bias"), device);
    Linear { weight: Param::from_tensor(weight), bias: Some(Param::from_tensor(bias)) }
}

fn convolution(data: &Data, name: &str, padding: usize, device: &Device) -> Conv2d {
    let (dims, _) = data.get(&format!("{name}.weight"));
    let padding = PaddingConfig2d::Explicit(padding, padding, padding, padding);
    let config = Conv2dConfig::new([dims[1], dims[0]], [dims[2], dims[3]]).with_padding(padding);
    let mut layer = config.init(device);
    layer.weight = Param::from_tensor(tensor(data, &format!("{name}.weight"), device));
    layer.bias = Some(Param::from_tensor(tensor(data, &format!("{name}.bias"), device)));
    layer
}

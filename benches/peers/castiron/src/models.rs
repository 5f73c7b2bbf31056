//! Whole models, written as a user writes them: inference prepared, training by the trainer.

use castiron::files::Load;
use castiron::optim::Optimizer;
use castiron::prelude::*;
use castiron::{Prepare, Sample, flat, flat_mut, zeroed};
use protocol::{Data, Work};

use crate::silero::SileroVad;
use crate::vision::{MobileNetV2, ResNet18};

model! {
    Small: [64] -> [10] {
        fc1: Linear(32), Relu,
        fc2: Linear(10),
    }

    Mlp: [784] -> [10] {
        fc1: Linear(128), Relu,
        fc2: Linear(10),
    }

    LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
}

pub fn work(cpu: Cpu, name: &str) -> Option<Work> {
    let data = || Data::of(name);
    Some(match name {
        "mlp64" => infer::<Small, _, _, 1>(cpu, data()),
        "mlp784" => infer::<Mlp, _, _, 1>(cpu, data()),
        "mlp784_b8" => infer::<Mlp, _, _, 8>(cpu, data()),
        "mlp784_b64" => infer::<Mlp, _, _, 64>(cpu, data()),
        "mlp784_b512" => infer::<Mlp, _, _, 512>(cpu, data()),
        "lenet" => infer::<LeNet, _, _, 1>(cpu, data()),
        "resnet18" => infer::<ResNet18, _, _, 1>(cpu, data()),
        "mobilenet_v2" => infer::<MobileNetV2, _, _, 1>(cpu, data()),
        "silero" => stream::<SileroVad, _>(cpu, data()),
        "train_mlp784" => train::<Mlp, _, _>(cpu, data(), Sgd::new(0.1)),
        "train_lenet" => train::<LeNet, _, _>(cpu, data(), Adam::new(1e-3)),
        _ => return None,
    })
}

/// The model with the parameters of a file.
fn read<M: Params>(data: &Data) -> Tensor<M> {
    let mut model = Tensor::zeros();
    Load::default().allow_extra().load_bytes(&mut *model, data.bytes()).expect("the parameters of the model");
    model
}

/// The input of a file.
fn rows<X: Shape<Elem = f32>>(data: &Data) -> Vec<X> {
    let (_, numbers) = data.get("input");
    let row = |numbers: &[f32]| {
        let mut row = zeroed::<X>();
        flat_mut(&mut row).copy_from_slice(numbers);
        row
    };
    numbers.chunks_exact(X::LEN).map(row).collect()
}

fn infer<M, X, Y, const B: usize>(cpu: Cpu, data: Data) -> Work
where
    M: Prepare<Input = X, Output = Y>,
    X: Shape<Elem = f32> + for<'a> Sample<Rows<'a> = &'a [X]>,
    Y: Shape<Elem = f32> + for<'a> Sample<RowsMut<'a> = &'a mut [Y]>,
{
    let prepared = Prepared::of(&cpu, &*read::<M>(&data)).expect("memory");
    let mut predictor = Predictor::<Prepared<M>, B>::new(cpu, &prepared).expect("memory");
    let (x, mut y): (Vec<X>, Vec<Y>) = (rows(&data), (0..B).map(|_| zeroed()).collect());
    let mut predict = move |y: &mut [Y]| predictor.predict(&x, y).expect("a prediction");
    predict(&mut y);
    Work::new(&y.iter().flat_map(flat).copied().collect::<Vec<_>>(), move || predict(&mut y))
}

/// The same frame again and again, heard each time with what is remembered.
fn stream<M, X>(cpu: Cpu, data: Data) -> Work
where
    M: Model<Input = X, Output = Rank1<1>>,
    X: Shape<Elem = f32> + for<'a> Sample<Rows<'a> = &'a [X]>,
{
    let mut predictor = Predictor::<M, 1>::new(cpu, &read::<M>(&data)).expect("memory");
    let (x, mut y) = (rows::<X>(&data), [[0.0]]);
    let mut listen = move || {
        predictor.predict(&x, &mut y).expect("a prediction");
        y[0][0]
    };
    let probabilities: Vec<f32> = (0..10).map(|_| listen()).collect();
    Work::new(&probabilities, move || {
        listen();
    })
}

/// Batches of 64. What must agree are the losses of the first ten steps.
fn train<M, X, O: Optimizer>(cpu: Cpu, data: Data, optimizer: O) -> Work
where
    M: Model<Input = X, Output = Rank1<10>>,
    X: Shape<Elem = f32> + for<'a> Sample<Rows<'a> = &'a [X]>,
{
    let loss = CrossEntropyLoss::<10>::new();
    let mut trainer = Trainer::<M, _, O, 64>::new(cpu, &*read::<M>(&data), loss, optimizer).expect("memory");
    let (x, (_, labels)) = (rows::<X>(&data), data.get("labels"));
    let t: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
    let mut step = move || trainer.step(&x, &t).expect("a step");
    let losses: Vec<f32> = (0..10).map(|_| step()).collect();
    Work::new(&losses, move || {
        step();
    })
}

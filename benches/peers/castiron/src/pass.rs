//! Single passes over memory, by the kernels that layers, tensors and optimizers use.

use castiron::Cpu;
use castiron::castiron_kernels::batch_norm::{self, BatchNorm, BatchNormBackward};
use castiron::castiron_kernels::pool2d::{self, MaxPool2d, MaxPool2dBackward};
use castiron::castiron_kernels::softmax::{self, Softmax};
use castiron::castiron_kernels::unary::{self, Function, Unary};
use castiron::castiron_kernels::update::{Adam, AdamArgs};
use castiron::castiron_kernels::{DType, Mode, Op, Raw, RunRow, Spec, Step};
use protocol::{Numbers, Pass, Work};

pub fn work(cpu: Cpu, Pass { name, sizes }: Pass<'_>) -> Option<Work> {
    let function = match name {
        "exp" => Function::Exp,
        "tanh" => Function::Tanh,
        "gelu" => Function::Gelu,
        _ => return rows(cpu, name, &sizes),
    };
    let args = unary::Args { function, dtype: DType::F32, len: sizes[0], in_place: false };
    Some(floats::<Unary, 2>(cpu, args, 1))
}

fn rows(cpu: Cpu, name: &str, sizes: &[usize]) -> Option<Work> {
    let work = match (name, sizes) {
        ("softmax" | "logsoftmax", &[rows, len]) => {
            floats::<Softmax, 2>(cpu, softmax::Args { rows, len, log: name == "logsoftmax" }, 1)
        }
        ("batchnorm", &[images, channels, side]) => {
            let args = batch_norm::Args { images, ..batch_norm::Args::new(channels, side * side, 1e-5) };
            floats::<BatchNorm, 7>(cpu, args, 4)
        }
        ("batchnormbackward", &[images, channels, side]) => {
            let args = batch_norm::BackwardArgs {
                images,
                channels,
                pixels: side * side,
                // Variances are random, from −1 on.
                eps: 2.0,
                input_gradient: true,
                parameter_gradients: true,
                in_place: false,
            };
            floats::<BatchNormBackward, 10>(cpu, args, 5)
        }
        ("maxpool", &[planes, side]) => floats::<MaxPool2d, 2>(cpu, pool(planes, side), 1),
        ("maxpoolbackward", &[planes, side]) => floats::<MaxPool2dBackward, 3>(cpu, pool(planes, side), 2),
        ("adam", &[parameters]) => adam(cpu, parameters),
        _ => return None,
    };
    Some(work)
}

/// Windows of three by three pixels with stride 2, as in ResNet.
fn pool(planes: usize, side: usize) -> pool2d::Args {
    pool2d::Args { planes, input: [side; 2], kernel: [3; 2], stride: [2; 2], padding: [1; 2] }
}

/// An operation whose arguments are floats: random ones, each with its place as the seed, in what it reads. Its result
/// is argument number `result`.
fn floats<O: Op, const N: usize>(cpu: Cpu, args: O::Args, result: usize) -> Work
where
    O::Args: 'static,
{
    let spec = Spec::of::<O>(&args);
    let mut memory: [_; N] = core::array::from_fn(|i| {
        let len = spec.items()[i].bytes / size_of::<f32>();
        match spec.items()[i].mode {
            Mode::Read => Numbers::random(i as u32, len, true),
            _ => Numbers::zeros(len, true),
        }
    });
    let run = move |memory: &mut [Numbers; N]| {
        let mut modes = spec.items().iter().map(|access| access.mode);
        let mut raws = memory.each_mut().map(|numbers| match modes.next() {
            Some(Mode::Read) => Raw::read_slice::<f32>(numbers),
            _ => Raw::write_slice::<f32>(numbers),
        });
        cpu.run::<O>(&args, &mut raws);
        assert!(cpu.take_fault().is_none());
    };
    run(&mut memory);
    Work::new(&memory[result].to_vec(), move || run(&mut memory))
}

fn adam(cpu: Cpu, parameters: usize) -> Work {
    let bytes = parameters * size_of::<f32>();
    let row = RunRow {
        offset: 0,
        len: parameters as u64,
        action: RunRow::TRAIN,
        rate: 1.0,
        weight_decay: 0.0,
        momentum: 0.0,
    };
    let (beta1, beta2) = (0.9, 0.999);
    let args =
        AdamArgs { rows: 1, bytes, beta1, beta2, eps: 1e-8, decoupled: false, clip_value: f32::INFINITY };
    let step = Step {
        learning_rate: 1e-3,
        first_correction: 1.0 - beta1,
        second_correction: (1.0 - beta2).sqrt(),
        ..Step::new()
    };
    let (mut parameter, gradient) =
        (Numbers::random(1, parameters, true), Numbers::random(2, parameters, true));
    let [mut first, mut second] = [0; 2].map(|_| Numbers::zeros(parameters, true));
    let mut run = move |parameter: &mut [f32]| {
        let moments = [&mut first, &mut second].map(|moment| Raw::write_slice::<f32>(moment));
        let [first, second] = moments;
        let memory = &mut [
            Raw::read(&row),
            Raw::read(&step),
            Raw::write_slice(parameter),
            Raw::read_slice(&gradient),
            first,
            second,
        ];
        cpu.run::<Adam>(&args, memory);
        assert!(cpu.take_fault().is_none());
    };
    run(&mut parameter);
    Work::new(&parameter.to_vec(), move || run(&mut parameter))
}

//! Single convolutions, by the kernels that layers use.

use castiron::Cpu;
use castiron::castiron_kernels::Raw;
use castiron::castiron_kernels::activation::Activation;
use castiron::castiron_kernels::conv2d::{Args, Conv2d, Conv2dBackwardInput, Conv2dBackwardWeight};
use protocol::{Convolution, Direction, Numbers, Work, sample};

pub fn work(cpu: Cpu, convolution: Convolution) -> Work {
    let Convolution { images, input: [c, h, w], kernel: [o, u, v], groups, .. } = convolution;
    let args = Args {
        images,
        groups,
        in_channels: c,
        out_channels: o,
        input: [h, w],
        kernel: [u, v],
        stride: [convolution.stride; 2],
        padding: [convolution.padding; 2],
        dilation: [1; 2],
        bias: true,
        activation: Activation::Identity,
        residual: false,
        keep_pre: false,
    };
    let [oh, ow] = args.output();
    let x = Numbers::random(1, images * c * h * w, true);
    let weight = Numbers::random(2, o * (c / groups) * u * v, true);
    let outputs = images * o * oh * ow;
    match convolution.direction {
        Direction::Forward => forward(cpu, args, x, weight, outputs),
        direction => backward(cpu, args, x, weight, outputs, direction == Direction::Backward),
    }
}

fn forward(cpu: Cpu, args: Args, x: Numbers, weight: Numbers, outputs: usize) -> Work {
    let (bias, mut y) = (Numbers::random(3, args.out_channels, true), Numbers::zeros(outputs, true));
    let forward = move |y: &mut [f32]| {
        let [weight, bias, x] = [&weight, &bias, &x].map(|numbers| Raw::read_slice::<f32>(numbers));
        let memory = &mut [weight, bias, x, Raw::write_slice(y), Raw::none(), Raw::none()];
        cpu.run::<Conv2d>(&args, memory);
        assert!(cpu.take_fault().is_none());
    };
    forward(&mut y);
    Work::new(&y.to_vec(), move || forward(&mut y))
}

/// The gradients with respect to weight and bias, which the kernel adds to what is there, and to the input if `with_input`.
fn backward(cpu: Cpu, args: Args, x: Numbers, weight: Numbers, outputs: usize, with_input: bool) -> Work {
    let dy = Numbers::random(4, outputs, true);
    let [mut dx, mut dweight] = [&x, &weight].map(|like| Numbers::zeros(like.len(), true));
    let mut dbias = Numbers::zeros(args.out_channels, true);
    let backward = move |dx: &mut [f32], dweight: &mut [f32], dbias: &mut [f32]| {
        let [x, weight, dy] = [&x, &weight, &dy];
        if with_input {
            let memory = &mut [Raw::read_slice(weight), Raw::read_slice(dy), Raw::write_slice(dx)];
            cpu.run::<Conv2dBackwardInput>(&args, memory);
        }
        let (dweight, dbias) = (Raw::write_slice(dweight), Raw::write_slice(dbias));
        let memory = &mut [Raw::read_slice(x), Raw::read_slice(dy), dweight, dbias];
        cpu.run::<Conv2dBackwardWeight>(&args, memory);
        assert!(cpu.take_fault().is_none());
    };
    backward(&mut dx, &mut dweight, &mut dbias);
    let mut result = if with_input { sample(&dx) } else { Vec::new() };
    result.extend([sample(&dweight), sample(&dbias)].concat());
    Work::with_sample(result, move || backward(&mut dx, &mut dweight, &mut dbias))
}

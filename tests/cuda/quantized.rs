//! Quantized models: a GPU gives the bits that the CPU gives.

use castiron::device::{Cuda, Storage};
use castiron::params::{Init, init_matching};
use castiron::prelude::*;
use castiron::{Calibration, Infer, Quantizable, Quantized, flat, flat_mut, zeroed};

use crate::quantized_models::{Mobile, Net};
use crate::{LeNet, gpu};

/// A model with running averages as training leaves them.
fn trained<M: Params>() -> Tensor<M> {
    let mut model = init::<M>(3);
    init_matching(&mut *model, "*running_mean", Init::Uniform { low: -0.7, high: 0.7 }, 3);
    init_matching(&mut *model, "*running_var", Init::Uniform { low: 0.2, high: 2.0 }, 3);
    model
}

/// Samples of numbers from 0 to 1.
fn samples<S: Shape<Elem = f32>>(rows: usize) -> Vec<S> {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let sample = |_| {
        let mut sample = zeroed::<S>();
        flat_mut(&mut sample).fill_with(&mut next);
        sample
    };
    (0..rows).map(sample).collect()
}

fn quantized<M, X>(model: &M, x: &[X]) -> Tensor<Quantized<M>>
where
    M: Quantizable<Input = X>,
    X: Shape<Elem = f32>,
{
    let mut calibration = Calibration::<M>::new(Cpu::new(), model).unwrap();
    calibration.observe(x).unwrap();
    calibration.quantize().unwrap()
}

/// The bits of what `net` gives for `x`.
fn outputs<N, X, Y, D>(device: D, net: &N, x: &[X]) -> Vec<u32>
where
    N: Infer<Input = X, Output = Y>,
    X: Shape,
    Y: Shape<Elem = f32>,
    D: Storage,
{
    let mut y: Vec<Y> = x.iter().map(|_| zeroed()).collect();
    Predictor::<N, 8, D>::new(device, net).unwrap().predict(x, &mut y).unwrap();
    y.iter().flat_map(flat).map(|y| y.to_bits()).collect()
}

#[test]
fn outputs_are_the_cpus_to_the_bit() {
    fn same<M, X, Y>(gpu: &Cuda, rows: usize)
    where
        M: Quantizable<Input = X, Output = Y>,
        X: Shape<Elem = f32>,
        Y: Shape<Elem = f32>,
    {
        let (model, x) = (trained::<M>(), samples::<X>(rows));
        let net = quantized(&*model, &x);
        let want = outputs(Cpu::new(), &*net, &x);
        assert!(want.iter().any(|y| *y != want[0]), "a constant shows nothing");
        assert_eq!(outputs(gpu.clone(), &*net, &x), want, "{}", <M as Module<X, Y>>::KIND);
    }
    let Some(gpu) = gpu() else { return };
    // One row; a full batch and a part of one; full batches, which are replayed.
    same::<Net, _, _>(&gpu, 1);
    same::<Net, _, _>(&gpu, 13);
    same::<Mobile, _, _>(&gpu, 9);
    same::<LeNet, _, _>(&gpu, 24);
}

#[test]
fn images_of_bytes_are_taken_as_they_are() {
    let Some(gpu) = gpu() else { return };
    let (model, x) = (trained::<LeNet>(), samples::<Rank3<1, 28, 28>>(11));
    let net = quantized(&*model, &x);
    let image = |x: &Rank3<1, 28, 28>| x.map(|plane| plane.map(|line| line.map(|x| (255.0 * x) as u8)));
    let images: Vec<Rank3<1, 28, 28, u8>> = x.iter().map(image).collect();
    assert_eq!(outputs(gpu, net.from_bytes(), &images), outputs(Cpu::new(), net.from_bytes(), &images));
}

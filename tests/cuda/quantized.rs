//! Quantized models: a GPU gives the bits that the CPU gives.

use castiron::device::{Cuda, Storage};
use castiron::prelude::*;
use castiron::{Calibration, Infer, Quantizable, Quantized, flat, zeroed};

use crate::common::{noise, samples, with_averages};
use crate::quantized_models::{Mobile, Net};
use crate::{LeNet, gpu};

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
        let (model, x) = (with_averages::<M>(3), samples::<X>(rows, noise(7)));
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
    let (model, x) = (with_averages::<LeNet>(3), samples::<Rank3<1, 28, 28>>(11, noise(7)));
    let net = quantized(&*model, &x);
    let image = |x: &Rank3<1, 28, 28>| x.map(|plane| plane.map(|line| line.map(|x| (255.0 * x) as u8)));
    let images: Vec<Rank3<1, 28, 28, u8>> = x.iter().map(image).collect();
    assert_eq!(outputs(gpu, net.from_bytes(), &images), outputs(Cpu::new(), net.from_bytes(), &images));
}

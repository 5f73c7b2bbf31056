//! The other ways to run a model on a GPU: evaluation, prediction, prepared parameters.

use castiron::device::Storage;
use castiron::prelude::*;

use crate::{LeNet, close, gpu, lesson, stripes};

/// A model whose running averages are none of 0 and 1.
fn trained() -> Tensor<LeNet> {
    let mut trainer = lesson(Cpu::new(), Sgd::new(0.02));
    for seed in 0..3 {
        let (x, t) = stripes(16, seed);
        trainer.step(&x, &t).unwrap();
    }
    trainer.model()
}

#[test]
fn evaluation_and_its_outputs_are_the_cpus() {
    let Some(gpu) = gpu() else { return };
    fn run<D: Storage>(device: D, model: &LeNet) -> Vec<f32> {
        let mut trainer = lesson(device, Sgd::new(0.1));
        trainer.set_model(model);
        let mut found = Vec::new();
        for (seed, rows) in (0..).zip([16, 16, 16, 5]) {
            let (x, t) = stripes(rows, seed);
            found.push(trainer.evaluate(&x, &t).unwrap());
            let mut y = vec![[0.0; 10]; rows];
            trainer.outputs(&mut y);
            found.extend(y.as_flattened());
        }
        found
    }
    let model = trained();
    close(&run(gpu, &model), &run(Cpu::new(), &model), 1e-4);
}

#[test]
fn prediction_in_batches_of_any_size_is_the_cpus() {
    let Some(gpu) = gpu() else { return };
    let model = trained();
    let prepared = Prepared::<LeNet>::of(&Cpu::new(), &model).unwrap();
    // Three full batches, so that one is replayed, and a part of a fourth.
    let (x, _) = stripes(29, 9);
    let (mut got, mut folded, mut want) = ([[0.0; 10]; 29], [[0.0; 10]; 29], [[0.0; 10]; 29]);
    Predictor::<LeNet, 8>::new(Cpu::new(), &model).unwrap().predict(&x, &mut want).unwrap();
    let mut predictor = Predictor::<LeNet, 8, _>::new(gpu.clone(), &model).unwrap();
    for _ in 0..2 {
        predictor.predict(&x, &mut got).unwrap();
        close(got.as_flattened(), want.as_flattened(), 1e-4);
    }
    Predictor::<Prepared<LeNet>, 8, _>::new(gpu.clone(), &prepared)
        .unwrap()
        .predict(&x, &mut folded)
        .unwrap();
    close(folded.as_flattened(), want.as_flattened(), 1e-4);

    // As a function of tensors.
    let batch = Tensor::from(<[_; 4]>::try_from(&x[..4]).unwrap()).to(&gpu).unwrap();
    let y: Tensor<Rank2<4, 10>, _> = model.to(&gpu).unwrap().forward(&batch).unwrap();
    close(y.to_cpu(&gpu).as_flattened(), want[..4].as_flattened(), 1e-4);
}

#[test]
fn images_in_blocks_of_channels_are_the_cpus() {
    use crate::quantized_models::Mobile;
    use castiron::bf16;
    let Some(gpu) = gpu() else { return };
    fn run<M: castiron::Infer<Input = Rank3<3, 16, 16>, Output = Rank1<7>>, D: Storage>(
        device: D,
        model: &M,
    ) -> Vec<f32> {
        let x = Tensor::<Rank4<11, 3, 16, 16>>::randn(5);
        let mut y = vec![[0.0; 7]; 11];
        Predictor::<M, 4, D>::new(device, model).unwrap().predict(&x[..], &mut y).unwrap();
        y.concat()
    }
    let model = init::<Mobile>(2);
    let prepared = Prepared::<Mobile>::of(&Cpu::new(), &model).unwrap();
    let want = run(Cpu::new(), &*model);
    close(&run(gpu.clone(), &*prepared), &want, 1e-4);
    let stored = Prepared::<Mobile>::stored_in::<bf16>(&Cpu::new(), &model).unwrap();
    close(&run(gpu, &*stored), &run(Cpu::new(), &*stored), 1e-4);
}

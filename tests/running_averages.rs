//! Batch norms of models on a tape: an optimizer moves their running averages towards the statistics of the batches
//! that they have seen, and leaves them where they have seen none.

use castiron::prelude::*;
use castiron::{Error, Tape, Tracked, field, tensor};

model! {
    Net: [1, 1, 2] -> [1, 1, 2] { bn: BatchNorm2d, other: BatchNorm2d }
}

type Images = Tensor<Rank4<2, 1, 1, 2>>;
type Tracking<T> = Tensor<T, Cpu, Tracked>;

/// Mean 2.5, and 5/3 for the variance that averages are made of.
fn images() -> Images {
    tensor![[[[1.0, 2.0]]], [[[3.0, 4.0]]]]
}

/// One step without learning on the loss, and then the averages of the two layers: mean and variance of each.
fn after(loss: impl Fn(&Tracking<Net>) -> Result<Tracking<f32>, Error>) -> [[f32; 2]; 2] {
    let mut model = init::<Net>(0);
    let mut optimizer = Updater::new(&model, Sgd::new(0.0)).unwrap();
    let tape = Tape::new();
    let net = tape.watch_model(&model);
    let gradients = loss(&net).unwrap().backward().unwrap();
    optimizer.step(&mut model, &gradients.get(&net)).unwrap();
    [&model.bn, &model.other].map(|bn| [bn.running_mean[0], bn.running_var[0]])
}

fn close(got: [[f32; 2]; 2], want: [[f32; 2]; 2]) {
    for (got, want) in got.as_flattened().iter().zip(want.as_flattened()) {
        assert!((got - want).abs() < 1e-5, "{got}, not {want}");
    }
}

/// A tenth of the way, as PyTorch goes by default.
const SEEN: [f32; 2] = [0.25, 0.9 + 0.1 * 5.0 / 3.0];
const UNSEEN: [f32; 2] = [0.0, 1.0];

fn first(net: &Tracking<Net>) -> Result<Tracking<f32>, Error> {
    let y: Tensor<Rank4<2, 1, 1, 2>, _, _> = field!(net, Net, bn).forward(&images())?;
    Ok(y.square().sum())
}

fn penalty(net: &Tracking<Net>) -> Tracking<f32> {
    field!(net, Net, bn.weight).numbers().square().sum()
}

#[test]
fn a_layer_that_was_called_moves_and_one_that_was_not_stays() {
    close(after(first), [SEEN, UNSEEN]);
}

#[test]
fn without_a_call_all_stay() {
    close(after(|net| Ok(penalty(net))), [UNSEEN, UNSEEN]);
    // Nor does a loss that does not depend on the model move them.
    close(after(|_| Ok(Tape::new().watch(&Tensor::from(1.0)))), [UNSEEN, UNSEEN]);
}

#[test]
fn a_layer_called_twice_has_the_statistics_of_its_first_call() {
    close(
        after(|net| {
            let called = first(net)?;
            let again: Tensor<Rank4<2, 1, 1, 2>, _, _> = field!(net, Net, bn).forward(&(images() * 3.0))?;
            Ok(called + again.sum() + penalty(net))
        }),
        [SEEN, UNSEEN],
    );
}

#[test]
fn a_whole_model_does_as_its_trainer_does() {
    let x = images();
    let whole = after(|net| Ok((net.forward(&x)? - &x).square().mean()));
    let mut trainer =
        Trainer::<Net, _, _, 2>::new(Cpu::new(), &init::<Net>(0), MseLoss, Sgd::new(0.0)).unwrap();
    trainer.step(&*x, &*x).unwrap();
    let model = trainer.model();
    close(whole, [&model.bn, &model.other].map(|bn| [bn.running_mean[0], bn.running_var[0]]));
}

#[test]
fn accumulated_gradients_keep_the_statistics_of_a_batch() {
    for penalty_first in [true, false] {
        let mut model = init::<Net>(0);
        let mut optimizer = Updater::new(&model, Sgd::new(0.0)).unwrap();
        let tape = Tape::new();
        let net = tape.watch_model(&model);
        let batch = first(&net).unwrap().backward().unwrap();
        let weights = penalty(&net).backward().unwrap();
        let (mut sum, more) = if penalty_first { (weights, batch) } else { (batch, weights) };
        sum.accumulate(more);
        sum.accumulate(first(&net).unwrap().backward().unwrap());
        let gradient = sum.get(&net);
        assert_eq!(gradient.bn.weight[0], 2.0 + 2.0 * first_weight_gradient());
        optimizer.step(&mut model, &gradient).unwrap();
        close([&model.bn, &model.other].map(|bn| [bn.running_mean[0], bn.running_var[0]]), [SEEN, UNSEEN]);
    }
}

fn first_weight_gradient() -> f32 {
    let tape = Tape::new();
    let net = tape.watch_model(&init::<Net>(0));
    first(&net).unwrap().backward().unwrap().get(&net).bn.weight[0]
}

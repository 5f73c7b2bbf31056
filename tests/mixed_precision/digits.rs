//! The network of the example `mnist` in three precisions, on the first digits of MNIST.

use castiron::data::{Dataset, Loader, Samples};
use castiron::prelude::*;
use castiron::train::accuracy;
use castiron::{Element, Precision, bf16, f16};
use examples_common::{Part, Scan, mnist, normalize};

macro_rules! lenet {
    ($name:ident, $e:ident) => {
        model! {
            pub(crate) $name: [$e; 1, 28, 28] -> [$e; 10] {
                conv1: Conv2d(6, kernel = 5, padding = 2), bn1: BatchNorm2d, Relu, MaxPool2d(2),
                conv2: Conv2d(16, kernel = 5),             bn2: BatchNorm2d, Relu, MaxPool2d(2),
                fc1: Linear(120), Relu,
                fc2: Linear(84),  Relu,
                fc3: Linear(10),
            }
        }
    };
}
lenet!(LeNet, f32);
lenet!(LeNetBf16, bf16);
lenet!(LeNetF16, f16);

/// Digits that are rounded as they are asked for.
fn digits<E: Element + Precision>(
    part: Part,
    count: usize,
) -> impl Dataset<X = Rank3<1, 28, 28, E>, T = i32> {
    let (mut scans, mut labels) = mnist(part).expect("the digits are in examples/data");
    scans.truncate(count);
    labels.truncate(count);
    Samples::new(scans, labels).expect("as many").map(
        |scan: &Scan, label: &u8, image: &mut Rank3<1, 28, 28, E>, class: &mut i32| {
            let mut wide = [[[0.0; 28]; 28]];
            normalize(scan, &mut wide);
            *image = wide.map(|rows| rows.map(|row| row.map(E::from_f32)));
            *class = i32::from(*label);
        },
    )
}

/// The share of test digits that are right after one pass over some of the others, and how many steps were skipped.
fn train<M, E>() -> (f32, usize)
where
    E: Element + Precision,
    M: Model<Input = Rank3<1, 28, 28, E>, Output = [E; 10]>,
{
    let (train, test) = (digits::<E>(Part::Train, 12_800), digits::<E>(Part::Test, 2_000));
    let (train, test) = (Loader::new(train).batch_size(64).shuffle(1), Loader::new(test).batch_size(64));
    let (loss, steps) = (CrossEntropyLoss::<10>::new(), train.batches() as u64);
    let mut trainer = Trainer::<M, _, _, 64>::new(Cpu::new(), &init(1), loss, Adam::new(0.004))
        .expect("memory")
        .schedule(OneCycle { max: 0.004, steps });
    let mut skipped = 0;
    for batch in train.epoch(0) {
        trainer.step(batch.x(), batch.t()).expect("a step");
        skipped += usize::from(trainer.was_skipped());
    }
    let (mut right, mut all) = (0, 0);
    for batch in test.epoch(0) {
        trainer.evaluate(batch.x(), batch.t()).expect("an evaluation");
        let mut y = vec![[E::default(); 10]; batch.len()];
        trainer.outputs(&mut y);
        right += accuracy(&y, batch.t());
        all += batch.len();
    }
    (right as f32 / all as f32, skipped)
}

#[test]
fn half_the_bits_are_as_good() {
    let [(wide, _), (bf16, none), (f16, skipped)] =
        [train::<LeNet, f32>(), train::<LeNetBf16, bf16>(), train::<LeNetF16, f16>()];
    println!("f32 {wide}, bf16 {bf16}, f16 {f16} with {skipped} steps skipped");
    assert!(wide > 0.95 && bf16 > wide - 0.01 && f16 > wide - 0.01, "{wide}, {bf16}, {f16}");
    assert_eq!(none, 0);
    assert!(skipped < 20, "{skipped} steps were skipped");
}

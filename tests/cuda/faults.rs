//! Data that is wrong: the CPU's words, no parameter changed, and training goes on.

use castiron::device::Storage;
use castiron::prelude::*;

use crate::common::bits;
use crate::{close, gpu, lesson, stripes};

/// Steps on data of which some is wrong: the words, and the losses of those that went well.
fn run<D: Storage>(device: D) -> (Vec<String>, Vec<f32>) {
    let (mut words, mut losses) = (Vec::new(), Vec::new());
    let mut trainer = lesson(device, Adam::new(1e-3));
    // Before a step is recorded, when it is, and when it is replayed.
    for round in 0..4 {
        let (x, mut t) = stripes(8, round);
        let right = std::mem::replace(&mut t[3], 17);
        let before = bits(&*trainer.model());
        words.push(trainer.step(&x, &t).unwrap_err().to_string());
        words.push(trainer.evaluate(&x, &t).unwrap_err().to_string());
        assert!(bits(&*trainer.model()) == before, "a parameter has changed");
        t[3] = right;
        losses.push(trainer.step(&x, &t).unwrap());
        assert!(bits(&*trainer.model()) != before, "no parameter has changed");
        losses.push(trainer.evaluate(&x, &t).unwrap());
    }
    (words, losses)
}

#[test]
fn a_class_out_of_range_is_said_in_the_cpus_words() {
    let Some(gpu) = gpu() else { return };
    let (got, want) = (run(gpu), run(Cpu::new()));
    assert_eq!(got.0, want.0);
    close(&got.1, &want.1, 1e-3);
}

#[test]
fn steps_behind_a_fault_change_nothing_until_it_is_known() {
    let Some(gpu) = gpu() else { return };
    let mut trainer = lesson(gpu, Sgd::new(0.1));
    let (x, mut t) = stripes(8, 1);
    for _ in 0..3 {
        trainer.enqueue(&x, &t).unwrap();
    }
    trainer.loss().unwrap();
    let before = bits(&*trainer.model());
    let right = std::mem::replace(&mut t[0], -1);
    trainer.enqueue(&x, &t).unwrap();
    t[0] = right;
    trainer.enqueue(&x, &t).unwrap();
    let words = trainer.loss().unwrap_err().to_string();
    assert!(words.contains("-1"), "{words}");
    assert!(bits(&*trainer.model()) == before, "a parameter has changed");
    trainer.step(&x, &t).unwrap();
    assert!(bits(&*trainer.model()) != before);
}

#[test]
fn a_layer_that_makes_numbers_that_are_not_finite_is_named() {
    let Some(gpu) = gpu() else { return };
    fn words<D: Storage>(device: D) -> [String; 2] {
        let mut model = init::<super::LeNet>(3);
        model.fc2.weight[2][3] = f32::NAN;
        let (x, t) = stripes(4, 0);
        let mut trainer = lesson(device, Sgd::new(0.1)).detect_anomaly(true);
        trainer.step(&x, &t).unwrap();
        trainer.set_model(&model);
        let found = trainer.step(&x, &t).unwrap_err().to_string();
        assert!(trainer.model().fc1.bias.iter().all(|b| b.is_finite()), "a step was made");
        [found, trainer.evaluate(&x, &t).unwrap_err().to_string()]
    }
    let (got, want) = (words(gpu), words(Cpu::new()));
    assert!(got[0].starts_with("`fc2`: "), "{got:?}");
    assert_eq!(got, want);
}

#[test]
fn eager_operations_say_what_is_wrong() {
    use castiron::tensor;
    let Some(gpu) = gpu() else { return };
    fn words<D: Storage>(device: &D) -> [String; 2] {
        let x = tensor![[1.0, 2.0], [3.0, 4.0]].to(device).unwrap();
        let rows = tensor![i64; 0, 2].to(device).unwrap();
        let index = x.index_select::<0, _, _>(&rows).expect_err("row 2 of 2");
        let class = x.cross_entropy(&rows).expect_err("class 2 of 2");
        [index, class].map(|error| error.to_string())
    }
    assert_eq!(words(&gpu), words(&Cpu::new()));
    // The stream goes on.
    let x = tensor![1.0, 2.0].to(&gpu).unwrap();
    assert_eq!((&x + &x).to_cpu(&gpu), tensor![2.0, 4.0]);
}

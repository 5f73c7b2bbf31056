//! Copies to the GPU beside its work.

use castiron::data::{Loader, Samples};
use castiron::prelude::*;
use castiron::train::Fit;

use crate::common::bits;
use crate::{child, gpu, stripes};

model! {
    Flat: [1, 28, 28] -> [10] { fc: Linear(10) }
}

/// A batch takes longer to copy than to be worth no stream of its own.
fn trainer(overlap: bool) -> Trainer<Flat, CrossEntropyLoss<10>, Sgd, 16, Cuda> {
    let gpu = gpu().unwrap();
    gpu.overlap_copies(overlap);
    Trainer::new(gpu, &*init::<Flat>(3), CrossEntropyLoss::<10>::new(), Sgd::new(0.05)).unwrap()
}

#[test]
fn copies_run_beside_the_work() {
    // Only the emulated driver takes any order that the program does not forbid.
    let (Some(_), Some(_)) = (gpu(), std::env::var_os("CASTIRON_REQUIRE_CUDA")) else { return };
    let seeds = ["1", "2", "3", "4", "5", "6"];
    for seed in &seeds[..3] {
        child::passes("uploads::same_bits", &[("CASTIRON_EMULATED_SEED", Some(seed))]);
    }
    // The program is wrong without any of its events, and the test finds it.
    for call in ["cuStreamWaitEvent", "cuEventQuery"] {
        let is_found = |seed: &&str| {
            let variables =
                [("CASTIRON_EMULATED_SEED", Some(*seed)), ("CASTIRON_EMULATED_IGNORE", Some(call))];
            !child::run("uploads::same_bits", &variables).status.success()
        };
        assert!(seeds.iter().any(is_found), "`{call}` is of no use");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    child::passes("uploads::nobody_waits", &[("CASTIRON_EMULATED_WAITS", file.path().to_str())]);
}

#[test]
#[ignore = "run by `copies_run_beside_the_work`"]
fn same_bits() {
    let enqueued = |overlap| {
        let mut trainer = trainer(overlap);
        for seed in 0..10 {
            let (x, t) = stripes(if seed == 5 { 9 } else { 16 }, seed);
            trainer.enqueue(&x, &t).unwrap();
        }
        bits(&*trainer.model())
    };
    assert!(enqueued(true) == enqueued(false));

    let fitted = |overlap| {
        let mut trainer = trainer(overlap);
        // What was sent ahead of a step that fails is not what comes next, wherever that lies.
        let (x, mut t) = stripes(90, 2);
        t[20] = 10;
        let wrong = Loader::new(Samples::new(x, t).unwrap()).batch_size(16);
        Fit::new(1).run(&mut trainer, &wrong, Some(&wrong)).unwrap_err();
        drop(wrong);
        let (x, t) = stripes(90, 1);
        let loader = Loader::new(Samples::new(x, t).unwrap()).batch_size(16).shuffle(1).prefetch(1);
        let history = Fit::new(2).run(&mut trainer, &loader, Some(&loader)).unwrap();
        (bits(&*trainer.model()), history.iter().map(|epoch| epoch.train_loss.to_bits()).collect::<Vec<_>>())
    };
    assert!(fitted(true) == fitted(false));

    // More than goes at once, and of several sizes.
    let gpu = gpu().unwrap();
    for _ in 0..3 {
        let (large, small) = (Tensor::<Rank2<1500, 1001>>::randn(6), Tensor::<Rank1<5000>>::randn(7));
        let there = [large.to(&gpu).unwrap(), large.to(&gpu).unwrap()];
        let short = small.to(&gpu).unwrap();
        assert!(there.iter().all(|there| there.to_cpu(&gpu) == large) && short.to_cpu(&gpu) == small);
    }
}

#[test]
#[ignore = "run by `copies_run_beside_the_work`"]
fn nobody_waits() {
    let waits = |call: &str| {
        let all = std::fs::read_to_string(std::env::var("CASTIRON_EMULATED_WAITS").unwrap()).unwrap();
        all.lines().filter(|line| line.contains(call)).count()
    };
    let mut trainer = trainer(true);
    let batches: Vec<_> = (0..20).map(|seed| stripes(16, seed)).collect();
    let before = waits("");
    // The first, the recorded and the replayed ones.
    for (x, t) in &batches {
        trainer.enqueue(x, t).unwrap();
    }
    assert_eq!(waits(""), before);
    trainer.loss().unwrap();
    assert!(waits("") > before);

    // In a loop over epochs the host waits for the results of each step, while the GPU has the next one to do.
    let mut fit = |batches: usize| {
        let (x, t) = stripes(16 * batches, 1);
        let loader = Loader::new(Samples::new(x, t).unwrap()).batch_size(16);
        let before = [waits("cuEvent"), waits("Synchronize") - waits("cuEvent")];
        Fit::new(1)
            .progress(false)
            .run(&mut trainer, &loader, None::<&Loader<Samples<Rank3<1, 28, 28>, i32>>>)
            .unwrap();
        [waits("cuEvent") - before[0], waits("Synchronize") - waits("cuEvent") - before[1]]
    };
    let [events, streams] = fit(3);
    let [more_events, as_many] = fit(7);
    assert!(
        more_events > events && events > 0 && as_many == streams,
        "{more_events} {events} {as_many} {streams}"
    );
}

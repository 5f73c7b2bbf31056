//! One model on several GPUs, by NCCL.

use std::thread;

use castiron::Error;
use castiron::castiron_kernels::Fault;
use castiron::device::{Communicator, CudaError};
use castiron::optim::Optimizer;
use castiron::prelude::*;

use crate::{LeNet, child, close, numbers, stripes};

const TWO: [(&str, Option<&str>); 1] = [("CASTIRON_EMULATED_DEVICES", Some("2"))];

#[test]
fn two_gpus_train_one_model() {
    if super::gpu().is_some() {
        for test in ["halves", "statistics", "faults", "stop", "batches_that_do_not_fit"] {
            child::passes(&format!("data_parallel::{test}"), &TWO);
        }
        // Only the emulated driver fails as one likes.
        if std::env::var_os("CASTIRON_REQUIRE_CUDA").is_some() {
            for refused in
                ["cuStreamBeginCapture@1", "cuGraphInstantiate@1", "cross_entropy@1", "cross_entropy@1+1"]
            {
                let variables = [TWO[0], ("CASTIRON_EMULATED_REFUSE", Some(refused))];
                child::passes("data_parallel::one_gpu_refuses", &variables);
            }
            // Of the calls for gradients and for faults: one of the first step, one of the recording, the replay.
            for refused in ["ncclAllReduce@1", "ncclAllReduce@1+1", "ncclAllReduce@1+2", "cuGraphLaunch@1"] {
                let variables = [TWO[0], ("CASTIRON_EMULATED_REFUSE", Some(refused))];
                child::passes("data_parallel::nobody_waits_for_one_that_fails", &variables);
            }
        }
    }
}

/// Runs `f` on a thread for each of two GPUs, and gives what each has returned. A real machine may have only one.
fn on_two<R: Send>(f: impl Fn(Communicator) -> R + Sync) -> Option<[R; 2]> {
    if Cuda::devices().unwrap() < 2 {
        return None;
    }
    let gpus = [0, 1].map(|ordinal| Cuda::new(ordinal).unwrap());
    let f = &f;
    let run = |communicator: Communicator| move || f(communicator);
    thread::scope(|scope| {
        let threads: Vec<_> =
            Communicator::all(&gpus).unwrap().into_iter().map(|own| scope.spawn(run(own))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>().try_into().ok()
    })
}

/// A trainer of up to 16 rows for one of the GPUs.
fn trainer<M: castiron::Model<Input = Rank3<1, 28, 28>, Output = Rank1<10>>, O: Optimizer>(
    communicator: Communicator,
    model: &M,
    optimizer: O,
) -> Trainer<M, CrossEntropyLoss<10>, O, 16, Cuda> {
    let loss = CrossEntropyLoss::<10>::new();
    Trainer::new(communicator.gpu().clone(), model, loss, optimizer).unwrap().data_parallel(communicator)
}

model! {
    /// Each row's result depends on that row alone.
    pub Plain: [1, 28, 28] -> [10] {
        conv: Conv2d(6, kernel = 5, stride = 2), Relu, MaxPool2d(2),
        fc1: Linear(32), Relu,
        fc2: Linear(10),
    }
}

/// Up to which row of a batch each of the two goes.
const PARTS: [[usize; 3]; 7] =
    [[0, 8, 16], [0, 8, 16], [0, 8, 16], [0, 7, 9], [0, 8, 16], [0, 7, 9], [0, 7, 9]];

#[test]
#[ignore = "run by `two_gpus_train_one_model`"]
fn halves() {
    let model = init::<Plain>(3);
    let optimizer = || Adam::new(2e-3);
    let run = |communicator: Communicator| {
        let rank = communicator.rank();
        let mut trainer = trainer(communicator, &*model, optimizer()).clip(Clip::Norm(1.0));
        for (seed, parts) in (0..).zip(PARTS) {
            let (x, t) = stripes(parts[2], seed);
            let own = parts[rank]..parts[rank + 1];
            trainer.enqueue(&x[own.clone()], &t[own]).unwrap();
        }
        for seed in [20, 21] {
            let (x, t) = stripes(8, seed);
            trainer.accumulate(&x[4 * rank..][..4], &t[4 * rank..][..4]).unwrap();
        }
        trainer.update().unwrap();
        (numbers(&*trainer.model()), trainer.loss().unwrap())
    };
    let Some([a, b]) = on_two(run) else { return };
    assert!(a.0 == b.0, "the same bits on both");
    assert!(a.1 != b.1, "losses are those of each one's rows");

    let loss = CrossEntropyLoss::<10>::new();
    let gpu = super::gpu().unwrap();
    let mut whole =
        Trainer::<Plain, _, _, 16, _>::new(gpu, &*model, loss, optimizer()).unwrap().clip(Clip::Norm(1.0));
    for (seed, parts) in (0..).zip(PARTS) {
        let (x, t) = stripes(parts[2], seed);
        whole.step(&x, &t).unwrap();
    }
    for seed in [20, 21] {
        let (x, t) = stripes(8, seed);
        whole.accumulate(&x, &t).unwrap();
    }
    whole.update().unwrap();
    // Sums of gradients are rounded in another order; Adam divides by small ones.
    close(&a.0, &numbers(&*whole.model()), 1e-4);
}

#[test]
#[ignore = "run by `two_gpus_train_one_model`"]
fn statistics() {
    let model = init::<LeNet>(3);
    let run = |communicator: Communicator| {
        let rank = communicator.rank() as u32;
        let mut trainer = trainer(communicator, &*model, Sgd::new(0.05).momentum(0.9)).seed(11);
        for seed in 0..4 {
            let (x, t) = stripes(6, 10 * seed + rank);
            trainer.step(&x, &t).unwrap();
        }
        trainer.model()
    };
    let Some([a, b]) = on_two(run) else { return };
    assert!(numbers(&*a) == numbers(&*b), "the same bits on both, running averages too");
    assert!(numbers(&a.bn1).iter().all(|x| x.is_finite()));
    assert_ne!(numbers(&a.bn1), numbers(&model.bn1));
}

#[test]
#[ignore = "run by `two_gpus_train_one_model`"]
fn faults() {
    let model = init::<Plain>(3);
    let run = |communicator: Communicator| {
        let rank = communicator.rank();
        let mut trainer = trainer(communicator, &*model, Sgd::new(0.05));
        let (x, t) = stripes(4, rank as u32);
        let mut outcomes = Vec::new();
        for step in 0..6 {
            let before = numbers(&*trainer.model());
            // Of the second, a recorded and a replayed step.
            let wrong = [1, 3, 5].contains(&step) && rank == 1;
            let t = if wrong { vec![0, 1, 10, 2] } else { t.clone() };
            outcomes.push((trainer.step(&x, &t).err(), numbers(&*trainer.model()) == before));
        }
        (outcomes, trainer.steps(), numbers(&*trainer.model()))
    };
    let Some([a, b]) = on_two(run) else { return };
    let elsewhere = Some(Error::Operation(Fault::Elsewhere));
    for (step, (a, b)) in a.0.iter().zip(&b.0).enumerate() {
        if step % 2 == 0 {
            assert_eq!((a, b), (&(None, false), &(None, false)), "step {step}");
        } else {
            assert_eq!(a, &(elsewhere, true), "step {step}");
            let said = b.0.unwrap().to_string();
            assert!(b.1 && said.contains("index 10 in row 2 is out of range"), "step {step}: {said}");
        }
    }
    assert!((a.1, &a.2) == (3, &b.2) && b.1 == 3);
}

#[test]
#[ignore = "run by `two_gpus_train_one_model`"]
fn one_gpu_refuses() {
    let model = init::<Plain>(3);
    let run = |communicator: Communicator| {
        let rank = communicator.rank();
        let mut trainer = trainer(communicator, &*model, Sgd::new(0.05));
        let (x, t) = stripes(4, rank as u32);
        let mut outcomes = Vec::new();
        // The second is recorded.
        for _ in 0..4 {
            let before = numbers(&*trainer.model());
            let error = trainer.step(&x, &t).err();
            outcomes.push((error, numbers(&*trainer.model()) == before));
        }
        (outcomes, trainer.steps(), numbers(&*trainer.model()))
    };
    let Some([a, b]) = on_two(run) else { return };
    assert!(b.0.iter().any(|(error, _)| error.is_some()));
    for (step, (a, b)) in a.0.iter().zip(&b.0).enumerate() {
        let refused = matches!(b.0, Some(Error::Operation(Fault::Launch { code: 2 | 701, .. })));
        let elsewhere = a.0 == Some(Error::Operation(Fault::Elsewhere));
        assert!((a.0.is_none() && b.0.is_none()) || (refused && elsewhere), "step {step}: {a:?}, {b:?}");
        assert_eq!((a.1, b.1), (refused, refused), "step {step}: what has failed changes nothing");
    }
    assert!((a.1, &a.2) == (b.1, &b.2));
}

#[test]
#[ignore = "run by `two_gpus_train_one_model`"]
fn nobody_waits_for_one_that_fails() {
    let model = init::<Plain>(3);
    let run = |communicator: Communicator| {
        let rank = communicator.rank();
        let mut trainer = trainer(communicator, &*model, Sgd::new(0.05));
        let (x, t) = stripes(4, rank as u32);
        let mut step = |_| {
            let before = numbers(&*trainer.model());
            let error = trainer.step(&x, &t).err();
            (error, numbers(&*trainer.model()) == before)
        };
        (0..5).map(&mut step).collect::<Vec<_>>()
    };
    let Some([a, b]) = on_two(run) else { return };
    let failed = b.iter().position(|(error, _)| error.is_some()).expect("one that fails");
    assert!(a[..failed].iter().chain(&b[..failed]).all(|outcome| *outcome == (None, false)));
    let stopped = Some(Error::Stopped { call: "Trainer::step" });
    // A recording that fails is tried once more.
    let mut replayed = false;
    for ((of_a, _), (of_b, unchanged)) in a[failed..].iter().zip(&b[failed..]) {
        let graph = matches!(of_b, Some(Error::Operation(Fault::Launch { op: "graph", .. })));
        let own = graph || matches!(of_b, Some(Error::Operation(Fault::Library { library: "NCCL", .. })));
        let elsewhere = *of_a == Some(Error::Operation(Fault::Elsewhere));
        assert!(own && elsewhere || *of_a == stopped && *of_b == stopped, "{a:?}, {b:?}");
        assert!(unchanged, "{b:?}");
        replayed |= graph;
    }
    assert!(a[4].0 == stopped && b[4].0 == stopped, "{a:?}, {b:?}");
    // The one that has launched its recording has changed its model, by what nobody knows.
    assert!(replayed || a[failed..].iter().all(|(_, unchanged)| *unchanged), "{a:?}");
}

#[test]
#[ignore = "run by `two_gpus_train_one_model`"]
fn batches_that_do_not_fit() {
    let model = init::<Plain>(3);
    let run = |communicator: Communicator| {
        let rank = communicator.rank();
        let mut trainer = trainer(communicator, &*model, Sgd::new(0.05));
        let (x, t) = stripes(20, 1);
        let rows = |step: usize| if step == 1 && rank == 1 { 20 } else { 4 };
        (0..3).map(|step| trainer.step(&x[..rows(step)], &t[..rows(step)]).err()).collect::<Vec<_>>()
    };
    let Some([a, b]) = on_two(run) else { return };
    assert_eq!(a, [None, Some(Error::Operation(Fault::Elsewhere)), None]);
    assert_eq!(b, [None, Some(Error::Rows { call: "Trainer::step", got: 20, capacity: 16 }), None]);
}

#[test]
#[ignore = "run by `two_gpus_train_one_model`"]
fn stop() {
    let model = init::<Plain>(3);
    let run = |communicator: Communicator| {
        let steps = if communicator.rank() == 0 { 5 } else { 2 };
        let mut trainer = trainer(communicator, &*model, Sgd::new(0.05));
        let (x, t) = stripes(4, 1);
        (0..steps).map(|_| trainer.step(&x, &t).err()).collect::<Vec<_>>()
    };
    let Some([a, b]) = on_two(run) else { return };
    let stopped = Error::Stopped { call: "Trainer::step" };
    let after = [Some(stopped); 3];
    assert_eq!((a, b), ([vec![None; 2], after.to_vec()].concat(), vec![None; 2]));
    assert!(stopped.to_string().contains("the trainer of another device is gone"));
}

#[test]
fn what_is_missing_is_said() {
    let Ok(gpu) = Cuda::new(0) else { return };
    if std::env::var_os("CASTIRON_REQUIRE_CUDA").is_some() {
        assert!(Communicator::version().unwrap() >= [2, 11, 0]);
        let folder = child::driver_without(&["libnccl.so.2"]);
        child::passes("data_parallel::missing", &[("LD_LIBRARY_PATH", folder.path().to_str())]);
    }
    // One GPU is no two.
    if Communicator::version().is_ok() {
        let error = Communicator::all(&[gpu.clone(), gpu]).unwrap_err();
        assert!(error.to_string().starts_with("CUDA: ncclCommInitAll failed with NCCL's error"), "{error}");
    }
}

#[test]
#[ignore = "run by `what_is_missing_is_said`"]
fn missing() {
    let error = Communicator::all(&[Cuda::new(0).unwrap()]).unwrap_err();
    assert_eq!(error, CudaError::NoNccl);
    assert!(error.to_string().contains("pip install nvidia-nccl-cu13"), "{error}");
}

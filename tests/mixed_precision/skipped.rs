//! Steps that are skipped, as `tests/fixtures/skipped_steps.py` has them from PyTorch.

use castiron::device::Storage;
use castiron::f16;
use castiron::optim::StepDecay;
use castiron::prelude::*;
use castiron::train::DynamicLossScale;

model! { Net: [f16; 2] -> [f16; 1] { fc: Linear(1) } }
model! { Normed: [f16; 1, 1, 2] -> [f16; 1, 1, 2] { bn: BatchNorm2d, conv: Conv2d(1, kernel = 1) } }

const X: [[f32; 2]; 4] = [[0.5, -1.0], [1.5, 2.0], [-0.25, 0.75], [2.0, -0.5]];
const T: [[f32; 1]; 4] = [[1.0], [-2.0], [0.5], [3.0]];

/// What the script prints: whether a step was skipped; behind it the next rate, weights and bias.
const STEPS: [(bool, f32, [f32; 3]); 20] = [
    (true, 0.1, [0.25, -0.5, 0.125]),
    (false, 0.1, [0.35, -0.6, 0.225]),
    (false, 0.1, [0.444099, -0.699654, 0.321056]),
    (false, 0.05, [0.521749, -0.798659, 0.407061]),
    (false, 0.05, [0.545823, -0.847614, 0.441014]),
    (true, 0.05, [0.545823, -0.847614, 0.441014]),
    (true, 0.05, [0.545823, -0.847614, 0.441014]),
    (false, 0.05, [0.556482, -0.896009, 0.466122]),
    (false, 0.025, [0.556294, -0.943731, 0.483291]),
    (false, 0.025, [0.552157, -0.967165, 0.488632]),
    (false, 0.025, [0.545039, -0.990182, 0.491433]),
    (true, 0.025, [0.545039, -0.990182, 0.491433]),
    (true, 0.025, [0.545039, -0.990182, 0.491433]),
    (false, 0.0125, [0.535769, -1.01276, 0.492348]),
    (false, 0.0125, [0.530381, -1.02382, 0.492151]),
    (false, 0.0125, [0.524433, -1.03466, 0.491476]),
    (false, 0.00625, [0.518087, -1.04529, 0.49048]),
    (true, 0.00625, [0.518087, -1.04529, 0.49048]),
    (true, 0.00625, [0.518087, -1.04529, 0.49048]),
    (false, 0.00625, [0.514782, -1.0505, 0.489893]),
];

fn trainer<D: Storage>(device: D) -> Trainer<Net, MseLoss, Adam, 4, D> {
    let mut model = Tensor::<Net>::zeros();
    *model.fc.weight = [[0.25, -0.5].map(f16::from_f32)];
    *model.fc.bias = [f16::from_f32(0.125)];
    let scale = DynamicLossScale::new().initial(131_072.0).growth(16.0).backoff(0.25).interval(4);
    Trainer::new(device, &*model, MseLoss, Adam::new(0.1))
        .expect("memory")
        .loss_scale(scale)
        .schedule(StepDecay { every: 3, gamma: 0.5 })
}

fn inputs() -> [[f16; 2]; 4] {
    X.map(|row| row.map(f16::from_f32))
}

#[track_caller]
fn is_near<D: Storage>(trainer: &Trainer<Net, MseLoss, Adam, 4, D>, step: usize) {
    let (_, rate, [w0, w1, bias]) = STEPS[step];
    let master = trainer.master();
    let got = [master.fc.weight[0][0], master.fc.weight[0][1], master.fc.bias[0]];
    for (got, want) in got.into_iter().zip([w0, w1, bias]) {
        assert!((got - want).abs() < 2e-4, "step {step}: {got}, not {want}");
    }
    assert!((trainer.learning_rate() - rate).abs() < 1e-8, "step {step}");
    assert_eq!(trainer.steps(), STEPS[..=step].iter().filter(|(skipped, ..)| !skipped).count() as u64);
}

/// Looks after each step, and goes on from a checkpoint in the middle.
fn as_in_pytorch<D: Storage>(device: impl Fn() -> D) {
    use castiron::files::{Position, resume, save_checkpoint};
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("checkpoint.safetensors");
    let mut trained = trainer(device());
    for (step, (skipped, ..)) in STEPS.iter().enumerate() {
        trained.step(&inputs(), &T).expect("a step");
        assert_eq!(trained.was_skipped(), *skipped, "step {step}");
        is_near(&trained, step);
        if step == 6 {
            save_checkpoint(&trained, Position::default(), &path).expect("a file");
        }
    }
    let mut resumed = trainer(device());
    resume(&mut resumed, &path).expect("a checkpoint");
    for step in 7..STEPS.len() {
        resumed.step(&inputs(), &T).expect("a step");
        is_near(&resumed, step);
    }
    assert_eq!(*resumed.master().fc.weight, *trained.master().fc.weight);
}

#[test]
fn skipped_steps_do_not_count() {
    as_in_pytorch(Cpu::new);
}

/// More of them than rates are kept of: schedules go on, late.
#[test]
fn many_may_be_skipped() {
    let scale = DynamicLossScale::new().initial(3e38).growth(1.0).backoff(0.999);
    let mut trainer = trainer(Cpu::new()).loss_scale(scale);
    for _ in 0..300 {
        trainer.step(&inputs(), &T).expect("a step");
        assert!(trainer.was_skipped());
    }
    let trainer = trainer.loss_scale(DynamicLossScale::new().initial(8.0));
    assert_eq!((trainer.steps(), trainer.learning_rate()), (0, 0.1));
}

#[test]
fn running_averages_follow_every_batch() {
    let mut trainer =
        Trainer::<Normed, _, _, 1>::new(Cpu::new(), &init(0), MseLoss, Sgd::new(0.1)).expect("memory");
    let batch = [[[[f16::ONE, f16::INFINITY]]]];
    trainer.step(&batch, &[[[[0.0; 2]]]]).expect("a step");
    assert!(trainer.was_skipped());
    let norm = &trainer.master().bn;
    assert!(norm.running_mean[0] == f32::INFINITY && norm.running_var[0].is_nan());
}

/// On a GPU, or the driver that `tests/cuda` builds: also without looking before the end.
#[cfg(feature = "cuda")]
#[test]
fn skipped_steps_do_not_count_on_a_gpu() {
    use castiron::device::Cuda;
    let gpu = match Cuda::new(0) {
        Ok(gpu) => gpu,
        Err(missing) => {
            assert!(std::env::var_os("CASTIRON_REQUIRE_CUDA").is_none(), "{missing}");
            return;
        }
    };
    as_in_pytorch(|| gpu.clone());
    let mut trained = trainer(gpu);
    for _ in STEPS {
        trained.enqueue(&inputs(), &T).expect("a step");
    }
    is_near(&trained, STEPS.len() - 1);
}

//! Every layer, loss, optimizer and schedule gives what PyTorch gives in float64.

mod common;

use castiron::call::batch_norm;
use castiron::memory::{Mut, Ref};
use castiron::optim::{self, Optimizer};
use castiron::prelude::*;
use castiron::{Batch, Bool, Cx, GradBatch, Sample, Step, flat};
use common::fixtures::{Fixture, Number, leaves, max_error, relative_error};

/// Samples in every batch of the fixtures.
const B: usize = 3;

fn open() -> Fixture {
    Fixture::open("layers.safetensors")
}

/// How far a number may be from PyTorch's, as part of the largest of its tensor: some roundings of float32.
const TOLERANCE: f64 = 2e-6;

fn close(fixture: &Fixture, name: &str, got: &[f32]) {
    let error = max_error(got, &fixture.numbers(name));
    assert!(error <= TOLERANCE, "{name} is off by {error:.1e} of its largest number");
}

/// Runs layer `name` forward and backward, and compares outputs, of inference too, and the gradients of
/// parameters. Returns the gradient of the input; `state` is left as it is after the call.
fn layer<M: Module<X, Y>, X: Sample, Y: Shape<Elem = f32>>(
    name: &str,
    x: &Batch<X, B>,
    state: &mut Tensor<M::State<B>>,
) -> Tensor<GradBatch<X, B>> {
    let fixture = open();
    let model = fixture.model::<M>(|ours| format!("{name}/{}", in_file(ours)));
    let (cpu, step) = (Cpu::new(), Step::new());
    let cx = Cx::new(&cpu, B, (&step).into());
    let (p, x) = (model.borrow(), x.into());

    let (mut y, mut carried) = (Tensor::<[Y; B]>::zeros(), state.clone());
    let mut scratch = Tensor::<M::InferScratch<B>>::zeros();
    M::infer::<Cpu, B>(&cx, p, x, y.borrow_mut(), carried.borrow_mut(), scratch.borrow_mut());
    // Only a batch norm is another function in training.
    if !name.ends_with("_train") {
        close(&fixture, &format!("{name}/y"), flat(&*y));
    }

    let (mut y, mut saved) = (Tensor::<[Y; B]>::zeros(), Tensor::<M::Saved<B>>::zeros());
    let mut scratch = Tensor::<M::TrainScratch<B>>::zeros();
    let memory = (y.borrow_mut(), state.borrow_mut(), saved.borrow_mut(), scratch.borrow_mut());
    M::forward::<Cpu, B>(&cx, p, x, memory.0, memory.1, memory.2, memory.3);
    close(&fixture, &format!("{name}/y"), flat(&*y));

    let dy = fixture.tensor::<[Y; B]>(&format!("{name}/dy"));
    let (mut dx, mut dp) = (Tensor::<GradBatch<X, B>>::zeros(), Tensor::<M::With<f32>>::zeros());
    let (y, saved, dy) = (y.borrow(), saved.borrow_mut(), dy.borrow());
    let memory = (Some(dx.borrow_mut()), dp.borrow_mut(), scratch.borrow_mut());
    M::backward::<Cpu, B>(&cx, p, x, y, saved, dy, memory.0, memory.1, memory.2);
    assert_eq!(cpu.take_fault(), None);
    for (parameter, gradient) in leaves(&*dp) {
        if !parameter.starts_with("running_") {
            close(&fixture, &format!("{name}/d{parameter}"), &gradient);
        }
    }
    dx
}

/// Running averages are there twice: before and after the call.
fn in_file(name: &str) -> String {
    if name.contains("running_") { format!("{name}_before") } else { name.to_owned() }
}

/// A layer from numbers to numbers that carries nothing from call to call.
fn check<M: Module<X, Y>, X: Shape<Elem = f32>, Y: Shape<Elem = f32>>(name: &str) {
    let fixture = open();
    let x = fixture.tensor::<[X; B]>(&format!("{name}/x"));
    let dx = layer::<M, X, Y>(name, &x, &mut Tensor::zeros());
    close(&fixture, &format!("{name}/dx"), flat(&*dx));
}

#[test]
fn linear() {
    check::<Linear<[f32; 5], 4>, [f32; 5], [f32; 4]>("linear");
}

#[test]
fn conv2d() {
    check::<Conv2d<2, 4, 3, 2, 1>, Rank3<2, 7, 6>, Rank3<4, 4, 3>>("conv2d_stride");
    check::<Conv2d<2, 6, 3, 1, 1, 1, 2>, Rank3<4, 6, 5>, Rank3<6, 6, 5>>("conv2d_groups");
    check::<Conv2d<1, 4, 3, 1, 1, 1, 4>, Rank3<4, 6, 5>, Rank3<4, 6, 5>>("conv2d_depthwise");
    check::<Conv2d<2, 3, 3, 1, 0, 2>, Rank3<2, 8, 7>, Rank3<3, 4, 3>>("conv2d_dilation");
}

#[test]
fn conv1d() {
    check::<Conv1d<2, 4, 3, 2, 1>, Rank2<2, 9>, Rank2<4, 5>>("conv1d_stride");
    check::<Conv1d<2, 6, 3, 1, 1, 1, 2>, Rank2<4, 7>, Rank2<6, 7>>("conv1d_groups");
    check::<Conv1d<2, 3, 3, 1, 0, 2>, Rank2<2, 8>, Rank2<3, 4>>("conv1d_dilation");
    check::<Conv1d<1, 40, 16, 8, 0, 1, 1, Identity, NoBias>, Rank2<1, 40>, Rank2<40, 4>>("conv1d_frames");
}

#[test]
fn conv_transpose() {
    check::<ConvTranspose2d<4, 3, 4, 2, 1>, Rank3<4, 3, 5>, Rank3<3, 6, 10>>("conv_transpose2d");
    type Grouped = ConvTranspose2d<4, 3, 3, 3, 1, 2, 2, 2, NoBias>;
    check::<Grouped, Rank3<4, 3, 2>, Rank3<6, 11, 8>>("conv_transpose2d_groups");
    check::<ConvTranspose1d<2, 3, 5, 2, 0, 1>, Rank2<2, 4>, Rank2<3, 12>>("conv_transpose1d");
}

#[test]
fn pooling() {
    check::<MaxPool2d<3, 2, 1>, Rank3<2, 7, 6>, Rank3<2, 4, 3>>("max_pool2d");
    check::<AvgPool2d<2>, Rank3<2, 6, 4>, Rank3<2, 3, 2>>("avg_pool2d");
    check::<MaxPool1d<3, 2, 1>, Rank2<2, 9>, Rank2<2, 5>>("max_pool1d");
    check::<AvgPool1d<2>, Rank2<2, 6>, Rank2<2, 3>>("avg_pool1d");
}

#[test]
fn softmax() {
    check::<Softmax, [f32; 5], [f32; 5]>("softmax");
    check::<LogSoftmax, [f32; 5], [f32; 5]>("log_softmax");
}

#[test]
fn activations() {
    type S = [f32; 7];
    check::<Relu, S, S>("relu");
    check::<Relu6, S, S>("relu6");
    check::<LeakyRelu, S, S>("leaky_relu");
    check::<Sigmoid, S, S>("sigmoid");
    check::<Tanh, S, S>("tanh");
    check::<Gelu, S, S>("gelu");
    check::<GeluTanh, S, S>("gelu_tanh");
    check::<Silu, S, S>("silu");
    check::<Sqrt, S, S>("sqrt");
}

#[test]
fn embedding() {
    let x = open().tensor::<[[i32; 5]; B]>("embedding/x");
    layer::<Embedding<7, 4>, [i32; 5], Rank2<5, 4>>("embedding", &x, &mut Tensor::zeros());
}

#[test]
fn batch_norm2d() {
    type Image = Rank3<4, 5, 5>;
    check::<BatchNorm2d<4>, Image, Image>("batch_norm2d_train");

    #[derive(Module)]
    #[module(input = [4, 5, 5])]
    #[repr(C)]
    struct Net {
        bn: BatchNorm2d<4>,
    }
    let fixture = open();
    let model = fixture.model::<Net>(|ours| in_file(&ours.replace("bn.", "batch_norm2d_train/")));
    let mut trainer = Trainer::<Net, _, _, B>::new(Cpu::new(), &model, MseLoss, Sgd::new(0.1)).unwrap();
    let x = fixture.tensor::<[Image; B]>("batch_norm2d_train/x");
    trainer.accumulate(&*x, &*x).unwrap();
    let model = trainer.model();
    close(&fixture, "batch_norm2d_train/running_mean_after", &*model.bn.running_mean);
    close(&fixture, "batch_norm2d_train/running_var_after", &*model.bn.running_var);
}

#[test]
fn batch_norm1d() {
    check::<BatchNorm1d<4>, Rank2<4, 6>, Rank2<4, 6>>("batch_norm1d_signals_train");
    check::<BatchNorm1d<4>, [f32; 4], [f32; 4]>("batch_norm1d_vectors_train");
}

#[test]
fn norms_within_a_sample() {
    type Sequence = Rank2<4, 6>;
    check::<LayerNorm<[f32; 6]>, Sequence, Sequence>("layer_norm");
    type Image = Rank3<2, 3, 4>;
    check::<LayerNorm<Image, 1_000_000_000, NoBias>, Image, Image>("layer_norm_of_images");
    type Bare = LayerNorm<[f32; 6], 10_000_000, NotAffine>;
    check::<Bare, [f32; 6], [f32; 6]>("layer_norm_without_parameters");
    check::<RmsNorm<[f32; 6], 1_000_000>, Sequence, Sequence>("rms_norm");
    check::<GroupNorm<2, 6>, Rank3<6, 4, 5>, Rank3<6, 4, 5>>("group_norm");
    check::<GroupNorm<2, 8>, [f32; 8], [f32; 8]>("group_norm_of_vectors");
    check::<InstanceNorm2d<3>, Rank3<3, 4, 5>, Rank3<3, 4, 5>>("instance_norm2d");
    check::<InstanceNorm1d<3, 10_000_000, WithBias>, Rank2<3, 7>, Rank2<3, 7>>("instance_norm1d");
}

#[test]
fn batch_norm2d_after_training() {
    type Image = Rank3<4, 5, 5>;
    let fixture = open();
    let of = |part: &str| format!("batch_norm2d_eval/{part}");
    let model = fixture.model::<BatchNorm2d<4>>(|ours| of(&in_file(ours)));
    let x = fixture.tensor::<[Image; B]>(&of("x"));
    let dy = fixture.tensor::<[Image; B]>(&of("dy"));
    let (cpu, step) = (Cpu::new(), Step::new());
    let cx = Cx::new(&cpu, B, (&step).into());

    let (mut y, mut state, mut scratch) = (Tensor::<[Image; B]>::zeros(), (), ());
    let memory = (y.borrow_mut(), (&mut state).into(), (&mut scratch).into());
    BatchNorm2d::<4>::infer::<Cpu, B>(&cx, model.borrow(), x.borrow(), memory.0, memory.1, memory.2);
    close(&fixture, &of("y"), flat(&*y));

    // Its gradient, of a batch norm that is frozen.
    let (mut dx, mut dweight, mut dbias) = (Tensor::<[Image; B]>::zeros(), [0.0; 4], [0.0; 4]);
    batch_norm::backward_frozen(
        &cx,
        &<BatchNorm2d<4>>::call(25),
        Ref::from(&model.weight).arg(),
        Ref::from(&model.running_mean).arg(),
        Ref::from(&model.running_var).arg(),
        x.borrow().arg(),
        dy.borrow().arg(),
        dx.borrow_mut().into_arg(),
        Mut::from(&mut dweight).into_arg(),
        Mut::from(&mut dbias).into_arg(),
    );
    assert_eq!(cpu.take_fault(), None);
    close(&fixture, &of("dx"), flat(&*dx));
    close(&fixture, &of("dweight"), &dweight);
    close(&fixture, &of("dbias"), &dbias);
}

#[test]
fn lstm() {
    let fixture = open();
    let x = fixture.tensor::<[Rank2<5, 4>; B]>("lstm/x");
    let mut state = Tensor::<<Lstm<4, 3> as Module<Rank2<5, 4>, Rank2<5, 3>>>::State<B>>::zeros();
    state.h.0 = *fixture.tensor("lstm/h0");
    state.c.0 = *fixture.tensor("lstm/c0");
    let dx = layer::<Lstm<4, 3>, Rank2<5, 4>, Rank2<5, 3>>("lstm", &x, &mut state);
    close(&fixture, "lstm/dx", flat(&*dx));
    close(&fixture, "lstm/hn", flat(&state.h.0));
    close(&fixture, "lstm/cn", flat(&state.c.0));
}

#[test]
fn lstm_cell() {
    let fixture = open();
    let x = fixture.tensor::<[[f32; 4]; B]>("lstm_cell/x");
    let mut state = Tensor::<<LstmCell<4, 3> as Module<[f32; 4], [f32; 3]>>::State<B>>::zeros();
    state.h.0 = *fixture.tensor("lstm_cell/h0");
    state.c.0 = *fixture.tensor("lstm_cell/c0");
    let dx = layer::<LstmCell<4, 3>, [f32; 4], [f32; 3]>("lstm_cell", &x, &mut state);
    close(&fixture, "lstm_cell/dx", flat(&*dx));
    close(&fixture, "lstm_cell/y", flat(&state.h.0));
    close(&fixture, "lstm_cell/cn", flat(&state.c.0));
}

#[test]
fn multihead_attention() {
    let fixture = open();
    let mut x = Tensor::<([Rank2<3, 8>; B], [Rank2<5, 8>; B])>::zeros();
    x.0 = *fixture.tensor("attention/query");
    x.1 = *fixture.tensor("attention/memory");
    type Input = (Rank2<3, 8>, Rank2<5, 8>);
    let dx = layer::<MultiheadAttention<8, 2>, Input, Rank2<3, 8>>("attention", &x, &mut Tensor::zeros());
    close(&fixture, "attention/dquery", flat(&dx.0));
    close(&fixture, "attention/dmemory", flat(&dx.1));
}

#[test]
fn masked_attention() {
    type Sequence = Rank2<5, 8>;
    let fixture = open();
    let numbers = |name: &str, part: &str| fixture.tensor::<[Sequence; B]>(&format!("{name}/{part}"));
    let compare = |name: &str, dquery: &[Sequence], dmemory: &[Sequence]| {
        close(&fixture, &format!("{name}/dquery"), dquery.as_flattened().as_flattened());
        close(&fixture, &format!("{name}/dmemory"), dmemory.as_flattened().as_flattened());
    };

    let name = "attention_causal";
    let mut x = Tensor::<([Sequence; B], [Sequence; B])>::zeros();
    (x.0, x.1) = (*numbers(name, "query"), *numbers(name, "memory"));
    type Attention = MultiheadAttention<8, 2, Causal>;
    let dx = layer::<Attention, (Sequence, Sequence), Sequence>(name, &x, &mut Tensor::zeros());
    compare(name, &dx.0, &dx.1);

    let name = "attention_lengths";
    let mut x = Tensor::<([Sequence; B], [Sequence; B], [i32; B])>::zeros();
    (x.0, x.1) = (*numbers(name, "query"), *numbers(name, "memory"));
    x.2 = *fixture.tensor("attention_lengths/lengths");
    let dx = layer::<Attention, (Sequence, Sequence, i32), Sequence>(name, &x, &mut Tensor::zeros());
    compare(name, &dx.0, &dx.1);

    let name = "attention_padding";
    let mut x = Tensor::<([Sequence; B], [Sequence; B], [[Bool; 5]; B])>::zeros();
    (x.0, x.1) = (*numbers(name, "query"), *numbers(name, "memory"));
    let padding = fixture.tensor::<[[i32; 5]; B]>("attention_padding/padding");
    x.2 = padding.map(|row| row.map(|hidden| Bool::from(hidden != 0)));
    type Padded = (Sequence, Sequence, [Bool; 5]);
    let dx = layer::<MultiheadAttention<8, 2>, Padded, Sequence>(name, &x, &mut Tensor::zeros());
    compare(name, &dx.0, &dx.1);
}

/// Compares the value of a loss on outputs `Y`, and its gradient.
fn loss<L, Y: Shape<Elem = f32>, T: Shape<Elem: Number>>(name: &str, config: L)
where
    L: Loss<Y, Target = T, Value = f32>,
{
    let fixture = open();
    let y = fixture.tensor::<[Y; B]>(&format!("{name}/x"));
    let t = fixture.tensor::<[T; B]>(&format!("{name}/t"));
    let (cpu, step) = (Cpu::new(), Step::new());
    let cx = Cx::new(&cpu, B, (&step).into());
    let (mut value, mut saved) = (Tensor::<f32>::zeros(), Tensor::<L::Saved<B>>::zeros());
    let mut dy = Tensor::<[Y; B]>::zeros();
    let (config, y, t) = ((&config).into(), y.borrow(), t.borrow());
    L::forward::<Cpu, B>(&cx, config, y, t, value.borrow_mut(), saved.borrow_mut());
    L::backward::<Cpu, B>(&cx, config, y, t, saved.borrow(), dy.borrow_mut());
    assert_eq!(cpu.take_fault(), None);
    close(&fixture, &format!("{name}/y"), &[*value]);
    close(&fixture, &format!("{name}/dx"), flat(&*dy));
}

#[test]
fn losses() {
    type Y = [f32; 5];
    let weights = |name: &str| open().tensor::<Y>(&format!("{name}/weight"));
    let plain = CrossEntropyLoss::<5>::new;
    loss::<_, Y, _>("cross_entropy", plain());
    loss::<_, Y, _>("cross_entropy_smoothing", plain().label_smoothing(0.1));
    loss::<_, Y, _>("cross_entropy_weight", plain().weights(*weights("cross_entropy_weight")));
    let name = "cross_entropy_weight_smoothing";
    loss::<_, Y, _>(name, plain().weights(*weights(name)).label_smoothing(0.1));
    loss::<_, Y, _>("nll", NllLoss::<5>::new());
    loss::<_, Y, _>("mse", MseLoss);
    loss::<_, Y, _>("l1", L1Loss);
    loss::<_, Y, _>("huber", HuberLoss::<7, 10>);
    loss::<_, Y, _>("bce_with_logits", BceWithLogitsLoss);
}

/// Ten steps of an optimizer from given gradients, in a trainer: where the loss is −w·x, its gradient is
/// −x, for any w.
fn optimizer(name: &str, optimizer: impl Optimizer) {
    #[derive(Module)]
    #[module(input = [7])]
    #[repr(C)]
    struct Net {
        w: Linear<[f32; 7], 1, Identity, NoBias>,
    }
    let fixture = open();
    let mut net = Tensor::<Net>::zeros();
    net.w.weight.0 = *fixture.tensor(&format!("optim/{name}/initial"));
    let loss = NllLoss::<1>::new();
    let mut trainer = Trainer::<Net, _, _, 1>::new(Cpu::new(), &net, loss, optimizer).unwrap();
    let mut values = Vec::new();
    for gradient in fixture.tensor::<Rank2<10, 7>>(&format!("optim/{name}/gradients")).iter() {
        trainer.step(&[gradient.map(|g| -g)], &[0]).unwrap();
        values.extend_from_slice(&trainer.model().w.weight[0]);
    }
    close(&fixture, &format!("optim/{name}/values"), &values);
}

#[test]
fn optimizers() {
    optimizer("sgd", Sgd::new(0.1));
    optimizer("sgd_nesterov", Sgd::new(0.1).momentum(0.9).nesterov().weight_decay(0.01));
    optimizer("adam", Adam::new(0.01));
    optimizer("adam_decay", Adam::new(0.01).weight_decay(0.1));
    optimizer("adamw", AdamW::new(0.01).weight_decay(0.1));
    optimizer("rmsprop", RmsProp::new(0.01));
    optimizer("rmsprop_centered", RmsProp::new(0.01).centered().momentum(0.9));
}

#[test]
fn schedules() {
    // A small rate must be as right as a large one.
    let same = |name: &str, steps: usize, schedule: &dyn Schedule| {
        let rates: Vec<f32> = (0..steps).map(|step| schedule.learning_rate(0.1, step as u64)).collect();
        let error = relative_error(&rates, &open().numbers(&format!("schedule/{name}"))[..steps]);
        assert!(error <= TOLERANCE, "{name} is off by {error:.1e}");
    };
    same("step", 30, &StepDecay { every: 7, gamma: 0.5 });
    same("linear", 30, &optim::LinearRamp { start: 0.1, end: 1.0, steps: 8 });
    same("one_cycle", 30, &OneCycle { max: 0.1, steps: 30 });
    // Beyond its steps PyTorch's rises again; castiron's stays.
    let cosine = Cosine { steps: 20, min: 1e-4 };
    same("cosine", 21, &cosine);
    assert!((20..30).all(|step| cosine.learning_rate(0.1, step) == 1e-4));
}

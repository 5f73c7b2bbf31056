//! `#[derive(Module)]` on real layers: derived models keep to the contract of `Module` as layers do, and
//! infer, which has a memory plan of its own, gives what forward gives.

use castiron::nn::{
    AvgPool2d, BatchNorm2d, Conv2d, Dropout, Embedding, Identity, Linear, Lstm, MaxPool2d,
    MultiheadAttention, Relu, Residual, Tanh,
};
use castiron::params::{Params, init, visit};
use castiron::{Cpu, Cx, Model, Module, Rank1, Rank2, Rank3, Shape, Step, Tensor, bf16, testing};

/// Outputs of different sizes, so that buffers meet in the plan in many ways; a layer without memory, an
/// array, a rename.
#[derive(Module)]
#[module(input = [5], output = [2])]
#[repr(C)]
pub struct Mlp {
    fc1: Linear<Rank1<5>, 17, Tanh>,
    same: Identity,
    #[param(name = "blocks")]
    residual: [Residual<Linear<Rank1<17>, 17, Tanh>>; 2],
    fc2: Linear<Rank1<17>, 40>,
    act: Tanh,
    fc3: Linear<Rank1<40>, 3>,
    fc4: Linear<Rank1<3>, 2>,
}

/// Images, statistics that run.
#[derive(Module)]
#[module(input = [2, 9, 8], output = [3])]
#[repr(C)]
pub struct Images {
    conv1: Conv2d<2, 4, 3, 1, 1>,
    norm1: BatchNorm2d<4>,
    act1: Tanh,
    pool1: AvgPool2d<2>,
    depthwise: Conv2d<1, 4, 3, 1, 1, 1, 4, Tanh>,
    residual: Residual<Conv2d<4, 4, 1>>,
    pool2: MaxPool2d<3, 2, 1>,
    fc: Linear<Rank3<4, 2, 2>, 3>,
}

/// Integers in, positions, a state.
#[derive(Module)]
#[module(input = shape![i32; 4], output = [4, 3])]
#[repr(C)]
pub struct Words {
    embedding: Embedding<11, 6>,
    lstm: Lstm<6, 5>,
    head: Linear<Rank1<5>, 3>,
}

/// One layer, hence no buffer; two inputs.
#[derive(Module)]
#[module(input = ([3, 8], [5, 8]))]
#[repr(C)]
pub struct Attend {
    attention: MultiheadAttention<8, 2>,
}

/// A model in a model.
#[derive(Module)]
#[module(input = ([3, 8], Rank2<5, 8>), output = [4])]
#[repr(C)]
pub struct Outer {
    #[module(output = [3, 8])]
    inner: Attend,
    dropout: Dropout<25>,
    act: Tanh,
    #[module(output = [6])]
    head: Linear<Rank2<3, 8>, 6>,
    #[module(output = [4])]
    last: Last,
}

type Last = Linear<Rank1<6>, 4>;

fn check<M: Model<Input: testing::Probe, Output: Shape<Elem = f32>>>(classes: i32) {
    testing::check::<M, M::Input, M::Output, 4>(3, 7, classes);
    testing::check::<M, M::Input, M::Output, 2>(1, 8, classes);
}

/// What a model gives for a batch of `x`, by infer and by forward.
fn outputs<M: Module<X, Y>, X: Shape<Elem = f32>, Y: Shape<Elem = f32>>(
    x: &Tensor<[X; 3]>,
) -> [Tensor<[Y; 3]>; 2] {
    let (cpu, step, model) = (Cpu::new(), Tensor::from(Step::new()), init::<M>(3));
    let cx = Cx::new(&cpu, 3, step.borrow());
    let mut state = Tensor::<M::State<3>>::zeros();
    let mut y = [Tensor::<[Y; 3]>::zeros(), Tensor::zeros()];
    let mut scratch = Tensor::<M::InferScratch<3>>::zeros();
    let (p, x) = (model.borrow(), x.borrow());
    M::infer::<Cpu, 3>(&cx, p, x, y[0].borrow_mut(), state.borrow_mut(), scratch.borrow_mut());
    let (mut saved, mut scratch) = (Tensor::<M::Saved<3>>::zeros(), Tensor::<M::TrainScratch<3>>::zeros());
    M::forward::<Cpu, 3>(
        &cx,
        p,
        x,
        y[1].borrow_mut(),
        state.borrow_mut(),
        saved.borrow_mut(),
        scratch.borrow_mut(),
    );
    assert_eq!(cpu.take_fault(), None);
    y
}

#[test]
fn infer_gives_what_forward_gives() {
    let x = Tensor::from([[0.5, -1.0, 2.0, 0.1, 0.0], [1.0; 5], [-0.3, 0.9, 0.0, 4.0, -2.0]]);
    let [inferred, trained] = outputs::<Mlp, Rank1<5>, Rank1<2>>(&x);
    assert_eq!(*inferred, *trained);
    assert_ne!(inferred[0], inferred[1]);
}

#[test]
fn derived_models_keep_to_the_contract() {
    check::<Mlp>(1);
    check::<Images>(1);
    check::<Words>(11);
    check::<Attend>(1);
    check::<Outer>(1);
}

#[test]
fn the_plan_shares_memory() {
    type Scratch = <Mlp as Module<Rank1<5>, Rank1<2>>>::InferScratch<4>;
    // 40 and 17 numbers meet, in whole cache lines: what can be, is computed in place. The array of residual
    // blocks needs scratch of its own.
    type Blocks =
        <[Residual<Linear<Rank1<17>, 17, Tanh>>; 2] as Module<Rank1<17>, Rank1<17>>>::InferScratch<4>;
    assert_eq!(size_of::<Scratch>(), 4 * (48 + 32) * 4 + size_of::<Blocks>());
}

#[test]
fn names_and_sizes() {
    let mut names = Vec::new();
    visit::<Mlp>(|path, offset, leaf| names.push((path.to_string(), offset, leaf.dims.len())));
    let blocks = core::mem::offset_of!(Mlp, residual);
    assert_eq!(names[0], ("fc1.weight".to_string(), 0, 85));
    assert_eq!(names[2], ("blocks.0.weight".to_string(), blocks, 17 * 17));
    assert_eq!(names[4].0, "blocks.1.weight");
    assert_eq!(names.len(), 12);
    assert_eq!(Mlp::TRAINED, 5 * 17 + 17 + 2 * 18 * 17 + 18 * 40 + 41 * 3 + 8);

    let mut halves = Vec::new();
    visit::<<Mlp as Params>::With<bf16>>(|path, _, leaf| halves.push((path.to_string(), leaf.dtype)));
    assert_eq!(halves[2], ("blocks.0.weight".to_string(), castiron::DType::Bf16));

    let parts = <Mlp as Module<Rank1<5>, Rank1<2>>>::PARTS;
    assert_eq!(parts.iter().map(|row| row.name).collect::<Vec<_>>()[..3], ["fc1", "same", "residual"]);
    assert_eq!(<Mlp as Module<Rank1<5>, Rank1<2>>>::MACS, 85 + 2 * 17 * 17 + 17 * 40 + 120 + 6);
}

/// In a scope where names are other than usual.
#[test]
fn hygiene() {
    /// Not the element types of the language.
    type B = Relu;
    type D = Tanh;
    #[derive(Module)]
    #[module(input = [2])]
    #[repr(C)]
    struct Net {
        #[module(output = [2])]
        x: B,
        #[module(output = [2])]
        y: D,
        r#type: Relu,
    }
    assert_eq!(<Net as Module<Rank1<2>, Rank1<2>>>::PARTS[2].name, "type");
}

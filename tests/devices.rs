//! A whole training run on the device whose addresses are offsets: the same bits as on the CPU.

mod common;

use castiron::device::{Offsets, Storage};
use castiron::loss::Loss;
use castiron::prelude::*;
use common::{Small, bits, quarters};

fn losses_and_weights<D: Storage>(device: D) -> (Vec<u32>, Vec<u8>, Vec<[f32; 4]>) {
    let (x, t) = quarters(40);
    let model = init::<Small>(1);
    let mut trainer =
        Trainer::<Small, _, _, 16, D>::new(device, &model, CrossEntropyLoss::<4>::new(), Adam::new(1e-3))
            .unwrap()
            .clip(Clip::Norm(1.0));
    let losses = (0..5).map(|i| trainer.step(&x[i..i + 13], &t[i..i + 13]).unwrap().to_bits()).collect();
    trainer.evaluate(&x[..16], &t[..16]).unwrap();
    let mut outputs = vec![[0.0; 4]; 16];
    trainer.outputs(&mut outputs);
    (losses, bits(&*trainer.model()), outputs)
}

#[test]
fn training_on_offsets_is_training_on_the_cpu() {
    let memory = 4 * Trainer::<Small, CrossEntropyLoss<4>, Adam, 16, Offsets>::BYTES;
    let there = losses_and_weights(Offsets::new(memory).unwrap());
    assert!(losses_and_weights(Cpu::new()) == there);

    let (x, _) = quarters(21);
    let model = init::<Small>(2);
    let predict = |y: &mut [[f32; 4]]| {
        Predictor::<Small, 8>::new(Cpu::new(), &model).unwrap().predict(&x, y).unwrap();
    };
    let (mut here, mut there) = ([[0.0; 4]; 21], [[0.0; 4]; 21]);
    predict(&mut here);
    Predictor::<Small, 8, Offsets>::new(Offsets::new(memory).unwrap(), &model)
        .unwrap()
        .predict(&x, &mut there)
        .unwrap();
    assert_eq!(here, there);
}

#[test]
fn too_little_memory_is_an_error() {
    let error = Tensor::<Rank2<64, 64>, Offsets>::zeros_on(&Offsets::new(1024).unwrap()).err().unwrap();
    assert_eq!(error.to_string(), "allocation: the device has not 16384 bytes to give");
}

/// Two tasks on one body, which `derive` cannot say: written by hand, as any module can be.
mod two_outputs {
    use castiron::device::Device;
    use castiron::memory::{Mut, Ref};
    use castiron::params::{Child, Params, Tree};
    use castiron::{Batch, Cx, Element, GradBatch, Model, Module, Plain, field, split};
    use core::mem::offset_of;

    use super::*;

    type Class = Linear<[f32; 3], 2>;
    type Value = Linear<[f32; 4], 1, Tanh>;

    #[repr(C)]
    pub struct Two {
        class: Class,
        value: Value,
    }
    // SAFETY: `repr(C)`, plain fields.
    unsafe impl Plain for Two {}
    impl Params for Two {
        const TREE: Tree = Tree::Node(&[
            Child::new("class", offset_of!(Self, class), <Class as Params>::TREE),
            Child::new("value", offset_of!(Self, value), <Value as Params>::TREE),
        ]);
        type With<E: Element> = Two;
    }
    type X = ([f32; 3], [f32; 4]);
    type Y = ([f32; 2], [f32; 1]);
    impl Model for Two {
        type Input = X;
        type Output = Y;
        const ACTIVATION_BYTES: usize = size_of::<f32>() * (2 + 1);
    }
    impl Module<X, Y> for Two {
        const KIND: &'static str = "Two";
        type State<const B: usize> = ();
        type Saved<const B: usize> = ();
        type InferScratch<const B: usize> = ();
        type TrainScratch<const B: usize> = [[f32; 1]; B];

        fn infer<D: Device, const B: usize>(
            cx: &Cx<'_, D>,
            p: Ref<'_, Self, D>,
            x: Ref<'_, Batch<X, B>, D>,
            y: Mut<'_, Batch<Y, B>, D>,
            mut state: Mut<'_, (), D>,
            mut scratch: Mut<'_, (), D>,
        ) {
            let (class, value) = split!(y, Batch<Y, B> { 0, 1 });
            let (x0, x1) = (field!(x, Batch<X, B>, 0), field!(x, Batch<X, B>, 1));
            let (state, scratch) = (&mut state, &mut scratch);
            let (cx0, cx1) = (cx.child(0), cx.child(1));
            <Class as Module<[f32; 3], [f32; 2]>>::infer::<D, B>(
                &cx0,
                field!(p, Self, class),
                x0,
                class,
                state.reborrow(),
                scratch.reborrow(),
            );
            <Value as Module<[f32; 4], [f32; 1]>>::infer::<D, B>(
                &cx1,
                field!(p, Self, value),
                x1,
                value,
                state.reborrow(),
                scratch.reborrow(),
            );
        }

        fn forward<D: Device, const B: usize>(
            cx: &Cx<'_, D>,
            p: Ref<'_, Self, D>,
            x: Ref<'_, Batch<X, B>, D>,
            y: Mut<'_, Batch<Y, B>, D>,
            state: Mut<'_, (), D>,
            saved: Mut<'_, (), D>,
            _: Mut<'_, [[f32; 1]; B], D>,
        ) {
            Self::infer::<D, B>(cx, p, x, y, state, saved);
        }

        fn backward<D: Device, const B: usize>(
            cx: &Cx<'_, D>,
            p: Ref<'_, Self, D>,
            x: Ref<'_, Batch<X, B>, D>,
            y: Ref<'_, Batch<Y, B>, D>,
            mut saved: Mut<'_, (), D>,
            dy: Ref<'_, GradBatch<Y, B>, D>,
            dx: Option<Mut<'_, GradBatch<X, B>, D>>,
            dp: Mut<'_, Self, D>,
            scratch: Mut<'_, [[f32; 1]; B], D>,
        ) {
            let (dclass, dvalue) = split!(dp, Self { class, value });
            let (dx0, dx1) = dx.map(|dx| split!(dx, GradBatch<X, B> { 0, 1 })).unzip();
            let (x0, x1) = (field!(x, Batch<X, B>, 0), field!(x, Batch<X, B>, 1));
            let (y0, y1) = (field!(y, Batch<Y, B>, 0), field!(y, Batch<Y, B>, 1));
            let (dy0, dy1) = (field!(dy, GradBatch<Y, B>, 0), field!(dy, GradBatch<Y, B>, 1));
            // SAFETY: nothing is stored in a `()`.
            let nothing = unsafe { Mut::<(), D>::new(scratch.address()) };
            let (class, value) = (field!(p, Self, class), field!(p, Self, value));
            <Class as Module<[f32; 3], [f32; 2]>>::backward::<D, B>(
                &cx.child(0),
                class,
                x0,
                y0,
                saved.reborrow(),
                dy0,
                dx0,
                dclass,
                nothing,
            );
            <Value as Module<[f32; 4], [f32; 1]>>::backward::<D, B>(
                &cx.child(1),
                value,
                x1,
                y1,
                saved,
                dy1,
                dx1,
                dvalue,
                scratch,
            );
        }
    }
}

#[test]
fn several_inputs_and_outputs_train_with_a_tuple_of_losses() {
    use two_outputs::Two;
    let x0: Vec<[f32; 3]> = (0..8).map(|i| [(i % 2) as f32, 1.0, -0.5]).collect();
    let x1: Vec<[f32; 4]> = (0..8).map(|i| [i as f32 / 8.0, 0.0, 1.0, -1.0]).collect();
    let t0: Vec<i32> = (0..8).map(|i| i % 2).collect();
    let t1: Vec<[f32; 1]> = (0..8).map(|i| [0.5 - i as f32 / 8.0]).collect();
    type Losses = (CrossEntropyLoss<2>, MseLoss);
    fn takes<L: Loss<([f32; 2], [f32; 1])>>(loss: L) -> L {
        loss
    }
    let model = init::<Two>(0);
    let losses = || takes((CrossEntropyLoss::<2>::new(), MseLoss));
    let mut trainer =
        Trainer::<Two, Losses, _, 8>::new(Cpu::new(), &model, losses(), Adam::new(0.05)).unwrap();
    let first = trainer.step((&x0, &x1), (&t0, &t1)).unwrap();
    for _ in 0..150 {
        trainer.step((&x0, &x1), (&t0, &t1)).unwrap();
    }
    let last = trainer.evaluate((&x0, &x1), (&t0, &t1)).unwrap();
    assert!(last < 0.05 * first, "from {first} to {last}");
    assert!(trainer.step((&x0, &x1[..7]), (&t0, &t1)).is_err());
}

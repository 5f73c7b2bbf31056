//! An operation and a layer that castiron does not have, written outside of it: the mean over the items of
//! sequences of different lengths, for the CPU in Rust and for a GPU in CUDA C++. No unsafe code but one marker.

use castiron::device::Device;
use castiron::launch::{Gpu, Pointers, Source};
use castiron::memory::{Mut, Ref};
use castiron::op::{Memory, Spec};
use castiron::params::{Params, Tree};
use castiron::prelude::*;
use castiron::{Cx, Element, Op, Plain, Seq, SeqBatch, field, testing};

#[derive(Clone, Copy)]
struct Sizes {
    rows: usize,
    capacity: usize,
    width: usize,
}

/// A thread for each number that is written.
const SOURCE: Source = Source::new(
    "mean_of_items",
    r#"
extern "C" __global__ void mean_of_items(i64 rows, int capacity, int width, const u32* lens, const float* x, float* y) {
    EACH(i, rows * width) {
        i64 row = i / width;
        u32 len = min(lens[row], (u32)capacity);
        float sum = 0;
        for (u32 k = 0; k < len; k++) sum += x[(row * capacity + k) * width + i % width] / len;
        y[i] = sum;
    }
}

extern "C" __global__ void mean_of_items_backward(i64 rows, int capacity, int width, const u32* lens, const float* dy,
                                                  float* dx) {
    EACH(i, rows * capacity * width) {
        i64 item = i / width, row = item / capacity;
        u32 len = min(lens[row], (u32)capacity);
        dx[i] = item % capacity < len ? dy[row * width + i % width] / len : 0;
    }
}
"#,
);

impl Sizes {
    /// A launch for that many numbers.
    fn launch(&self, gpu: &Gpu<'_>, kernel: &'static str, numbers: usize, memory: &Pointers) {
        let launch = gpu.kernel(&SOURCE, kernel).over(numbers);
        let launch = launch.arg(self.rows).arg(self.capacity as i32).arg(self.width as i32);
        launch.memory(memory, [0, 1, 2]).run();
    }
}

/// y\[row\] ← the mean of x\[row, ..len\[row\]\].
struct MeanOfItems;
impl Op for MeanOfItems {
    const NAME: &'static str = "mean of items";
    type Args = Sizes;
    fn memory(s: &Sizes, spec: &mut Spec) {
        spec.read::<u32>(s.rows).read::<f32>(s.rows * s.capacity * s.width).write::<f32>(s.rows * s.width);
    }
    fn cpu(_: &Cpu, s: &Sizes, memory: &mut Memory<'_>) {
        let (lens, x, y) = (memory.read::<u32>(0), memory.read::<f32>(1), memory.write::<f32>(2));
        y.fill(0.0);
        for ((len, x), y) in lens.iter().zip(x.chunks(s.capacity * s.width)).zip(y.chunks_mut(s.width)) {
            let len = (*len as usize).min(s.capacity);
            for item in x.chunks(s.width).take(len) {
                y.iter_mut().zip(item).for_each(|(y, x)| *y += x / len as f32);
            }
        }
    }
    fn cuda(gpu: &Gpu<'_>, s: &Sizes, memory: &Pointers) {
        s.launch(gpu, "mean_of_items", s.rows * s.width, memory);
    }
}

/// dx\[row, i\] ← dy\[row\] / len where i < len\[row\], else 0.
struct MeanOfItemsBackward;
impl Op for MeanOfItemsBackward {
    const NAME: &'static str = "mean of items backward";
    type Args = Sizes;
    fn memory(s: &Sizes, spec: &mut Spec) {
        spec.read::<u32>(s.rows).read::<f32>(s.rows * s.width).write::<f32>(s.rows * s.capacity * s.width);
    }
    fn cpu(_: &Cpu, s: &Sizes, memory: &mut Memory<'_>) {
        let (lens, dy, dx) = (memory.read::<u32>(0), memory.read::<f32>(1), memory.write::<f32>(2));
        dx.fill(0.0);
        for ((len, dy), dx) in lens.iter().zip(dy.chunks(s.width)).zip(dx.chunks_mut(s.capacity * s.width)) {
            let len = (*len as usize).min(s.capacity);
            for item in dx.chunks_mut(s.width).take(len) {
                item.iter_mut().zip(dy).for_each(|(dx, dy)| *dx = dy / len as f32);
            }
        }
    }
    fn cuda(gpu: &Gpu<'_>, s: &Sizes, memory: &Pointers) {
        s.launch(gpu, "mean_of_items_backward", s.rows * s.capacity * s.width, memory);
    }
}

#[repr(C)]
struct Mean;
// SAFETY: nothing is stored.
unsafe impl Plain for Mean {}
impl Params for Mean {
    const TREE: Tree = Tree::Node(&[]);
    type With<E: Element> = Self;
}

type X<const E: usize, const MAX: usize> = Seq<[f32; E], MAX>;

impl<const E: usize, const MAX: usize> Module<X<E, MAX>, [f32; E]> for Mean {
    const KIND: &'static str = "Mean";
    type State<const B: usize> = ();
    type Saved<const B: usize> = ();
    type InferScratch<const B: usize> = ();
    type TrainScratch<const B: usize> = ();

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        x: Ref<'_, SeqBatch<[f32; E], MAX, B>, D>,
        mut y: Mut<'_, [[f32; E]; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        let lens = field!(x, SeqBatch<[f32; E], MAX, B>, lens);
        let data = field!(x, SeqBatch<[f32; E], MAX, B>, data);
        let sizes = Sizes { rows: cx.rows(), capacity: MAX, width: E };
        cx.run::<MeanOfItems, 3>(sizes, [lens.arg(), data.arg(), y.arg()]);
    }

    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, SeqBatch<[f32; E], MAX, B>, D>,
        y: Mut<'_, [[f32; E]; B], D>,
        state: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
        scratch: Mut<'_, (), D>,
    ) {
        <Self as Module<X<E, MAX>, [f32; E]>>::infer::<D, B>(cx, p, x, y, state, scratch);
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        x: Ref<'_, SeqBatch<[f32; E], MAX, B>, D>,
        _: Ref<'_, [[f32; E]; B], D>,
        _: Mut<'_, (), D>,
        dy: Ref<'_, [[f32; E]; B], D>,
        dx: Option<Mut<'_, [[[f32; E]; MAX]; B], D>>,
        _: Mut<'_, Self, D>,
        _: Mut<'_, (), D>,
    ) {
        let Some(mut dx) = dx else { return };
        let lens = field!(x, SeqBatch<[f32; E], MAX, B>, lens);
        let sizes = Sizes { rows: cx.rows(), capacity: MAX, width: E };
        cx.run::<MeanOfItemsBackward, 3>(sizes, [lens.arg(), dy.arg(), dx.arg()]);
    }
}

#[test]
fn keeps_to_the_contract() {
    for seed in 0..4 {
        testing::check::<Mean, X<3, 5>, [f32; 3], 6>(4, seed, 1);
    }
}

/// A layer of ours among castiron's: told what it gives, the macro takes it.
#[derive(Module)]
#[module(input = castiron::Seq<[f32; 2], 4>, output = [1])]
#[repr(C)]
struct Net {
    #[module(output = [2])]
    mean: Mean,
    fc: Linear<[f32; 2], 1>,
}

#[test]
fn trains_on_sequences_of_different_lengths() {
    // The target is the mean of the first numbers, whatever the length.
    let items = |i: usize| -> Vec<[f32; 2]> { (0..1 + i % 4).map(|k| [(i + k) as f32 / 8.0, 1.0]).collect() };
    let x: Vec<Seq<[f32; 2], 4>> = (0..16).map(|i| Seq::new(&items(i)).unwrap()).collect();
    let mean = |i: usize| items(i).iter().map(|item| item[0]).sum::<f32>() / items(i).len() as f32;
    let t: Vec<[f32; 1]> = (0..16).map(|i| [mean(i)]).collect();
    let mut trainer =
        Trainer::<Net, _, _, 16>::new(Cpu::new(), &init::<Net>(0), MseLoss, Adam::new(0.1)).unwrap();
    for _ in 0..300 {
        trainer.step(&x, &t).unwrap();
    }
    assert!(trainer.evaluate(&x, &t).unwrap() < 1e-3);
}

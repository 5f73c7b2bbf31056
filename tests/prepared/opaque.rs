//! Modules of which `model!` knows nothing but the shape.

use core::mem::offset_of;

use castiron::call::arithmetic;
use castiron::device::Device;
use castiron::memory::{Mut, Ref};
use castiron::op::{Memory, Spec};
use castiron::params::{Child, Init, Kind, Leaf, Params, Tree};
use castiron::prelude::*;
use castiron::{Cx, Element, Op, Plain, bf16, field};

#[derive(Module)]
#[module(input = [2, 5, 5])]
#[repr(C)]
pub struct Inner {
    conv: Conv2d<2, 5, 3>,
    bn: BatchNorm2d<5>,
    pool: GlobalAvgPool2d,
}

/// y = x + table + gain + half, none of which is trained. Between them, and behind, there are gaps.
#[repr(C)]
pub struct Odd {
    pub table: [u8; 5],
    pub gain: f32,
    pub half: [bf16; 3],
}
// SAFETY: `repr(C)`, numbers only.
unsafe impl Plain for Odd {}
impl Params for Odd {
    const TREE: Tree = Tree::Node(&[
        frozen::<[u8; 5]>("table", offset_of!(Self, table)),
        frozen::<f32>("gain", offset_of!(Self, gain)),
        frozen::<[bf16; 3]>("half", offset_of!(Self, half)),
    ]);
    type With<E: Element> = Self;
}

/// y = x + table. Five bytes are no floats.
#[repr(C)]
pub struct Bytes {
    pub table: [u8; 5],
}
// SAFETY: `repr(C)`, numbers only.
unsafe impl Plain for Bytes {}
impl Params for Bytes {
    const TREE: Tree = Tree::Node(&[frozen::<[u8; 5]>("table", 0)]);
    type With<E: Element> = Self;
}

const fn frozen<S: Shape>(name: &'static str, offset: usize) -> Child {
    Child::leaf(name, offset, Leaf::of::<S>(Init::ZEROS).with_kind(Kind::Frozen))
}

struct AddBytes;
impl Op for AddBytes {
    const NAME: &'static str = "add bytes";
    type Args = usize;
    fn memory(rows: &usize, spec: &mut Spec) {
        spec.read::<u8>(5).read::<f32>(5 * rows).write::<f32>(5 * rows);
    }
    fn cpu(_: &Cpu, _: &usize, memory: &mut Memory<'_>) {
        let (table, x, y) = (memory.read::<u8>(0), memory.read::<f32>(1), memory.write::<f32>(2));
        for (i, (y, x)) in y.iter_mut().zip(x).enumerate() {
            *y = x + f32::from(table[i % 5]);
        }
    }
}

struct AddHalves;
impl Op for AddHalves {
    const NAME: &'static str = "add halves";
    type Args = usize;
    fn memory(rows: &usize, spec: &mut Spec) {
        spec.read::<f32>(1).read::<bf16>(3).update::<f32>(5 * rows);
    }
    fn cpu(_: &Cpu, _: &usize, memory: &mut Memory<'_>) {
        let (gain, half, y) = (memory.read::<f32>(0), memory.read::<bf16>(1), memory.write::<f32>(2));
        for (i, y) in y.iter_mut().enumerate() {
            *y += gain[0] + half[i % 5 % 3].to_f32();
        }
    }
}

/// Inference is the given function; what is added has no gradient.
macro_rules! shift {
    ($module:ident, $kind:literal, $infer:item) => {
        impl Module<[f32; 5], [f32; 5]> for $module {
            const KIND: &'static str = $kind;
            type State<const B: usize> = ();
            type Saved<const B: usize> = ();
            type InferScratch<const B: usize> = ();
            type TrainScratch<const B: usize> = ();

            $infer

            fn forward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [[f32; 5]; B], D>,
                y: Mut<'_, [[f32; 5]; B], D>,
                state: Mut<'_, (), D>,
                _: Mut<'_, (), D>,
                scratch: Mut<'_, (), D>,
            ) {
                Self::infer::<D, B>(cx, p, x, y, state, scratch);
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                _: Ref<'_, Self, D>,
                _: Ref<'_, [[f32; 5]; B], D>,
                _: Ref<'_, [[f32; 5]; B], D>,
                _: Mut<'_, (), D>,
                dy: Ref<'_, [[f32; 5]; B], D>,
                dx: Option<Mut<'_, [[f32; 5]; B], D>>,
                _: Mut<'_, Self, D>,
                _: Mut<'_, (), D>,
            ) {
                if let Some(dx) = dx {
                    arithmetic::copy(cx, 5, dy.arg(), dx.into_arg());
                }
            }
        }
    };
}

shift!(
    Odd,
    "Odd",
    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [[f32; 5]; B], D>,
        mut y: Mut<'_, [[f32; 5]; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        cx.run::<AddBytes, 3>(cx.rows(), [field!(p, Self, table).arg(), x.arg(), y.arg()]);
        let (gain, half) = (field!(p, Self, gain), field!(p, Self, half));
        cx.run::<AddHalves, 3>(cx.rows(), [gain.arg(), half.arg(), y.into_arg()]);
    }
);
shift!(
    Bytes,
    "Bytes",
    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [[f32; 5]; B], D>,
        y: Mut<'_, [[f32; 5]; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        cx.run::<AddBytes, 3>(cx.rows(), [field!(p, Self, table).arg(), x.arg(), y.into_arg()]);
    }
);

//! The fully connected layer.

use core::marker::PhantomData;
use core::mem::offset_of;

use castiron_kernels::{Plain, Precision};

use super::{Activation, BiasOption, Identity, WithBias};
use crate::call::linear::{self as call, Args};
use crate::memory::{Aligned, Arg, Mut, Ref};
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::{Cx, Element, GradBatch, Module, Shape, device::Device, field, split};

/// y = A(W·x + b): from samples of shape `I`, whatever its rank, to `N` numbers.
///
/// Nothing is flattened: `Linear<Rank3<16, 5, 5>, 120>` takes images of 16 channels, and its weight is
/// `[Rank3<16, 5, 5>; 120]`, saved as PyTorch's `[120, 400]`. `A` is an activation applied to the output.
/// On a sequence `[I; T]` it is applied at every position. PyTorch's `Linear`.
///
/// `Linear<[bf16; 784], 128>` has weights in bf16 and maps vectors of bf16 to vectors of bf16; its sums are f32.
///
/// Starts from U(−1/√k, 1/√k) with k the number of inputs, as in PyTorch.
///
/// ```
/// use castiron::{nn::{Linear, Relu}, params::{Params, init}};
/// type Layer = Linear<[f32; 784], 128, Relu>;
/// assert_eq!(<Layer as Params>::TRAINED, 784 * 128 + 128);
/// let layer = init::<Layer>(0);
/// let row: &[f32; 784] = &layer.weight[3];
/// ```
#[repr(C)]
pub struct Linear<I: Shape, const N: usize, A = Identity, Bias: BiasOption = WithBias> {
    /// One row of the shape of the input per output.
    pub weight: Aligned<[I; N]>,
    /// Added to the outputs.
    pub bias: Bias::Of<[I::Elem; N]>,
    activation: PhantomData<A>,
}

// SAFETY: `repr(C)`, plain fields.
unsafe impl<I: Shape, const N: usize, A: Activation, C: BiasOption> Plain for Linear<I, N, A, C> {}

impl<I: Shape, const N: usize, A: Activation, C: BiasOption> Linear<I, N, A, C> {
    const CHILDREN: [Child; 2] = [
        Child::leaf(
            "weight",
            offset_of!(Self, weight),
            Leaf::of::<[I; N]>(Init::FanIn(I::LEN)).with_dims(&[N, I::LEN]),
        ),
        Child::leaf("bias", offset_of!(Self, bias), Leaf::of::<[I::Elem; N]>(Init::FanIn(I::LEN))),
    ];
}

impl<I: Shape, const N: usize, A: Activation, C: BiasOption> Params for Linear<I, N, A, C> {
    const TREE: Tree = Tree::Node(Self::CHILDREN.split_at(1 + C::PRESENT as usize).0);
    type With<E: Element> = Linear<I::With<E>, N, A, C>;
}

impl<I: Shape, const N: usize, A: Activation, C: BiasOption> Linear<I, N, A, C> {
    /// The layer on a sample of `rows` inputs, as [`call::linear`](crate::call::linear) takes it: one, or
    /// the positions of a sequence.
    pub const fn call(rows: usize) -> Args {
        Args {
            rows,
            inputs: I::LEN,
            outputs: N,
            bias: C::PRESENT,
            activation: A::FUNCTION,
            residual: false,
            keep_pre: false,
        }
    }
}

macro_rules! linear {
    ($(const $t:ident)?, $x:ty, $y:ty, rows = $rows:expr) => {
        impl<I: Shape<Elem: Precision>, const N: usize, A: Activation, C: BiasOption $(, const $t: usize)?>
            Module<$x, $y> for Linear<I, N, A, C>
        {
            const KIND: &'static str = "Linear";
            const MACS: u64 = ($rows * I::LEN * N) as u64;
            type State<const B: usize> = ();
            type Saved<const B: usize> = A::Keep<[$y; B]>;
            type InferScratch<const B: usize> = ();
            type TrainScratch<const B: usize> = A::Work<GradBatch<$y, B>>;

            fn infer<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [$x; B], D>,
                mut y: Mut<'_, [$y; B], D>,
                _: Mut<'_, (), D>,
                _: Mut<'_, (), D>,
            ) {
                let (weight, bias) = (field!(p, Self, weight), field!(p, Self, bias));
                let (cx, args) = (cx.within(B).of::<I::Elem>(), Self::call($rows));
                call::forward(&cx, &args, weight.arg(), bias.arg(), x.arg(), Arg::none(), y.arg(), Arg::none());
            }

            fn forward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [$x; B], D>,
                mut y: Mut<'_, [$y; B], D>,
                _: Mut<'_, (), D>,
                mut saved: Mut<'_, A::Keep<[$y; B]>, D>,
                _: Mut<'_, A::Work<GradBatch<$y, B>>, D>,
            ) {
                let (weight, bias) = (field!(p, Self, weight), field!(p, Self, bias));
                let keep_pre = !A::FUNCTION.differentiates_from_output();
                let args = Args { keep_pre, ..Self::call($rows) };
                let cx = &cx.of::<I::Elem>();
                call::forward(cx, &args, weight.arg(), bias.arg(), x.arg(), Arg::none(), y.arg(), saved.arg());
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [$x; B], D>,
                y: Ref<'_, [$y; B], D>,
                saved: Mut<'_, A::Keep<[$y; B]>, D>,
                dy: Ref<'_, GradBatch<$y, B>, D>,
                mut dx: Option<Mut<'_, GradBatch<$x, B>, D>>,
                dp: Mut<'_, Linear<I::With<f32>, N, A, C>, D>,
                scratch: Mut<'_, A::Work<GradBatch<$y, B>>, D>,
            ) {
                let (cx, saved) = (&cx.of::<I::Elem>(), saved.into_ref());
                let args = Self::call($rows);
                let dz = A::gradient(cx, cx.rows() * $rows * N, saved, y, dy, scratch);
                let (mut dweight, mut dbias) = split!(dp, Linear<I::With<f32>, N, A, C> { weight, bias });
                let (weight, dx) = (field!(p, Self, weight), Arg::optional(dx.as_mut().map(Mut::arg)));
                call::backward(cx, &args, weight.arg(), x.arg(), dz.arg(), dx, dweight.arg(), dbias.arg());
            }
        }
    };
}
linear!(, I, [I::Elem; N], rows = 1);
linear!(const T, [I; T], [[I::Elem; N]; T], rows = T);

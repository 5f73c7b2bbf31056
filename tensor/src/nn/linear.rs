//! The fully connected layer.

use core::marker::PhantomData;
use core::mem::offset_of;

use castiron_kernels::Plain;
use castiron_kernels::gemm::{Args as Product, Bias, Gemm, View};
use castiron_kernels::reduce::{Args as Sum, Reduce};

use super::{Activation, BiasOption, Identity, WithBias};
use crate::memory::{Aligned, Arg, Mut, Ref};
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::{Cx, Element, Module, Shape, device::Device, field, split};

/// y = A(W·x + b): from samples of shape `I`, whatever its rank, to `N` numbers.
///
/// Nothing is flattened: `Linear<Rank3<16, 5, 5>, 120>` takes images of 16 channels, and its weight is
/// `[Rank3<16, 5, 5>; 120]`, saved as PyTorch's `[120, 400]`. `A` is an activation applied to the output.
/// On a sequence `[I; T]` it is applied at every position. PyTorch's `Linear`.
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

impl<I: Shape<Elem = f32>, const N: usize, A: Activation, C: BiasOption> Linear<I, N, A, C> {
    /// z = x·Wᵀ + b and y = A(z) for `rows` rows; `z` is kept where the activation's derivative needs it.
    fn apply<D: Device>(
        cx: &Cx<'_, D>,
        rows: usize,
        p: Ref<'_, Self, D>,
        x: Arg<'_, D>,
        y: Arg<'_, D>,
        z: Option<Arg<'_, D>>,
    ) {
        let product = Product {
            b: View::transposed(I::LEN),
            bias: if C::PRESENT { Bias::PerColumn } else { Bias::None },
            activation: A::FUNCTION,
            keep_pre: z.is_some() && !A::FUNCTION.differentiates_from_output(),
            ..Product::new(rows, N, I::LEN)
        };
        let (weight, bias) = (field!(p, Self, weight), field!(p, Self, bias));
        cx.run::<Gemm, 5>(product, [x, weight.arg(), bias.arg(), y, Arg::optional(z)]);
    }

    /// Gradients from `dz`, that of the output before the activation.
    fn differentiate<'a, D: Device>(
        cx: &Cx<'_, D>,
        rows: usize,
        p: Ref<'_, Self, D>,
        x: Arg<'_, D>,
        dz: impl Fn() -> Arg<'a, D>,
        dx: Option<Arg<'_, D>>,
        dp: Mut<'_, Self, D>,
    ) {
        let (mut dweight, mut dbias) = split!(dp, Self { weight, bias });
        let product = Product { a: View::transposed(N), accumulate: true, ..Product::new(N, I::LEN, rows) };
        cx.run::<Gemm, 5>(product, [dz(), x, Arg::none(), dweight.arg(), Arg::none()]);
        if C::PRESENT {
            let sum = Sum { outer: 1, len: rows, inner: N, mean: false, accumulate: true };
            cx.run::<Reduce, 2>(sum, [dz(), dbias.arg()]);
        }
        if let Some(dx) = dx {
            let weight = field!(p, Self, weight);
            let product = Product::new(rows, I::LEN, N);
            cx.run::<Gemm, 5>(product, [dz(), weight.arg(), Arg::none(), dx, Arg::none()]);
        }
    }
}

macro_rules! linear {
    ($(const $t:ident)?, $x:ty, $y:ty, rows = $rows:expr) => {
        impl<I: Shape<Elem = f32>, const N: usize, A: Activation, C: BiasOption $(, const $t: usize)?> Module<$x, $y>
            for Linear<I, N, A, C>
        {
            const KIND: &'static str = "Linear";
            const MACS: u64 = ($rows * I::LEN * N) as u64;
            type State<const B: usize> = ();
            type Saved<const B: usize> = A::Keep<[$y; B]>;
            type InferScratch<const B: usize> = ();
            type TrainScratch<const B: usize> = A::Work<[$y; B]>;

            fn infer<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [$x; B], D>,
                mut y: Mut<'_, [$y; B], D>,
                _: Mut<'_, (), D>,
                _: Mut<'_, (), D>,
            ) {
                Self::apply(cx, cx.rows() * $rows, p, x.arg(), y.arg(), None);
            }

            fn forward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [$x; B], D>,
                mut y: Mut<'_, [$y; B], D>,
                _: Mut<'_, (), D>,
                mut saved: Mut<'_, A::Keep<[$y; B]>, D>,
                _: Mut<'_, A::Work<[$y; B]>, D>,
            ) {
                Self::apply(cx, cx.rows() * $rows, p, x.arg(), y.arg(), Some(saved.arg()));
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [$x; B], D>,
                y: Ref<'_, [$y; B], D>,
                saved: Ref<'_, A::Keep<[$y; B]>, D>,
                dy: Ref<'_, [$y; B], D>,
                mut dx: Option<Mut<'_, [$x; B], D>>,
                dp: Mut<'_, Self, D>,
                scratch: Mut<'_, A::Work<[$y; B]>, D>,
            ) {
                let rows = cx.rows() * $rows;
                let dz = A::gradient(cx, rows * N, saved, y, dy, scratch);
                Self::differentiate(cx, rows, p, x.arg(), || dz.arg(), dx.as_mut().map(Mut::arg), dp);
            }
        }
    };
}
linear!(, I, [f32; N], rows = 1);
linear!(const T, [I; T], [[f32; N]; T], rows = T);

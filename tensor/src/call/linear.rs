//! The fully connected layer. Its [`Args`] for a layer's type are [`Linear::call`](crate::nn::Linear::call).

use castiron_kernels::Precision;
use castiron_kernels::activation::Activation;
use castiron_kernels::gemm::{Args as Product, Bias, Gemm, View};
use castiron_kernels::reduce::{Args as Sum, Reduce};

use crate::Cx;
use crate::device::Device;
use crate::memory::Arg;

/// The arguments of [`forward`] and [`backward`], for one sample.
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// How many vectors a sample has: 1, or the positions of a sequence.
    pub rows: usize,
    /// Numbers of an input vector.
    pub inputs: usize,
    /// Numbers of an output vector.
    pub outputs: usize,
    /// Whether a bias is added.
    pub bias: bool,
    /// Applied to each number of the output.
    pub activation: Activation,
    /// Whether a residual of the shape of the output is added before the activation.
    pub residual: bool,
    /// Whether the values before the activation are kept.
    pub keep_pre: bool,
}

impl Args {
    /// For `rows` vectors of a sample, without bias or activation.
    pub const fn new(rows: usize, inputs: usize, outputs: usize) -> Self {
        let (bias, activation) = (false, Activation::Identity);
        Args { rows, inputs, outputs, bias, activation, residual: false, keep_pre: false }
    }

    /// Applies an activation function.
    #[must_use]
    pub const fn activation(self, activation: Activation) -> Self {
        Args { activation, ..self }
    }

    /// Adds a residual before the activation.
    #[must_use]
    pub const fn residual(self) -> Self {
        Args { residual: true, ..self }
    }

    /// Keeps the values before the activation.
    #[must_use]
    pub const fn keep_pre(self) -> Self {
        Args { keep_pre: true, ..self }
    }
}

/// z = W·x + b + r, y = A(z), for every vector; training and inference are the same. W is
/// `[outputs, inputs]`.
///
/// The bias is there if `args.bias`, the residual `r`, of the shape of y, if `args.residual`, and the value
/// before the activation, `z`, if `args.keep_pre`; else they are [`Arg::none`]. PyTorch's `linear`, then
/// `+ r`, then the activation, in one pass.
///
/// ```
/// use castiron::castiron_kernels::activation::Activation;
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, Step, call, nn::Linear};
///
/// // relu(W·x + b + r), for two vectors of three numbers.
/// const ARGS: call::linear::Args =
///     <Linear<[f32; 3], 2>>::call(1).activation(Activation::Relu).residual();
/// let (weight, bias) = ([[1.0f32, 0.0, 0.0], [0.0, 1.0, 1.0]], [10.0f32, 20.0]);
/// let (x, r, mut y) = ([[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]], [[0.5f32; 2], [-20.0; 2]], [[0.0f32; 2]; 2]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// call::linear::forward(
///     &Cx::new(&cpu, 2, Ref::from(&step)),
///     &ARGS,
///     Ref::from(&weight).arg(),
///     Ref::from(&bias).arg(),
///     Ref::from(&x).arg(),
///     Ref::from(&r).arg(),
///     Mut::from(&mut y).into_arg(),
///     Arg::none(),
/// );
/// assert_eq!(y, [[11.5, 25.5], [0.0, 11.0]]);
/// ```
#[allow(clippy::too_many_arguments)]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn forward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: &Args,
    weight: Arg<'_, D>,
    bias: Arg<'_, D>,
    x: Arg<'_, D>,
    r: Arg<'_, D>,
    y: Arg<'_, D>,
    z: Arg<'_, D>,
) {
    let &Args { rows, inputs, outputs, .. } = args;
    let product = Product {
        b: View::transposed(inputs),
        bias: if args.bias { Bias::PerColumn } else { Bias::None },
        activation: args.activation,
        residual: args.residual,
        keep_pre: args.keep_pre,
        ..Product::new(cx.rows() * rows, outputs, inputs)
    };
    cx.run::<E::Op<Gemm>, 6>(product, [x, weight, bias, y, z, r]);
}

/// Gradients from `dz`, that of the value before the activation, which is also that of the residual.
///
/// `dx` is written, unless it is [`Arg::none`]. `dweight` and `dbias` are added to; where both are
/// [`Arg::none`] the layer is frozen. `dbias` alone is absent where the layer has no bias.
///
/// ```
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, Step, call, nn::Linear};
///
/// const ARGS: call::linear::Args = <Linear<[f32; 2], 1>>::call(1);
/// let (weight, x, dz) = ([[1.0f32, 2.0]], [[3.0f32, 4.0], [5.0, 6.0]], [[1.0f32], [10.0]]);
/// let (mut dx, mut dweight, mut dbias) = ([[0.0f32; 2]; 2], [[1.0f32; 2]], [1.0f32]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// call::linear::backward(
///     &Cx::new(&cpu, 2, Ref::from(&step)),
///     &ARGS,
///     Ref::from(&weight).arg(),
///     Ref::from(&x).arg(),
///     Ref::from(&dz).arg(),
///     Mut::from(&mut dx).into_arg(),
///     Mut::from(&mut dweight).into_arg(),
///     Mut::from(&mut dbias).into_arg(),
/// );
/// assert_eq!(dx, [[1.0, 2.0], [10.0, 20.0]]);
/// assert_eq!((dweight, dbias), ([[54.0, 65.0]], [12.0]));
/// ```
#[allow(clippy::too_many_arguments)]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn backward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: &Args,
    weight: Arg<'_, D>,
    x: Arg<'_, D>,
    dz: Arg<'_, D>,
    dx: Arg<'_, D>,
    dweight: Arg<'_, D>,
    dbias: Arg<'_, D>,
) {
    let (rows, &Args { inputs, outputs, .. }) = (cx.rows() * args.rows, args);
    if !dweight.is_none() {
        let args = Product::new(outputs, inputs, rows).a(View::transposed(outputs)).accumulate(true);
        cx.run::<E::Gradient<Gemm>, 6>(args, [dz.again(), x, Arg::none(), dweight, Arg::none(), Arg::none()]);
    }
    if args.bias && !dbias.is_none() {
        let sum = Sum { outer: 1, len: rows, inner: outputs, mean: false, accumulate: true };
        cx.run::<E::Gradient<Reduce>, 2>(sum, [dz.again(), dbias]);
    }
    if !dx.is_none() {
        product(cx, Product::new(rows, inputs, outputs), [dz, weight, Arg::none(), dx]);
    }
}

/// A product without residual, of which only the output is kept: A, B, bias, C.
pub(crate) fn product<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: Product,
    [a, b, bias, c]: [Arg<'_, D>; 4],
) {
    cx.run::<E::Op<Gemm>, 6>(args, [a, b, bias, c, Arg::none(), Arg::none()]);
}

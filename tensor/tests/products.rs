//! Calls of convolutions and linear layers without their types: fused and unfused agree.

use castiron::castiron_kernels::activation::Activation;
use castiron::device::{Offsets, Storage};
use castiron::memory::Arg;
use castiron::nn::{BatchNorm2d, Conv2d, Identity, Linear, NoBias, Tanh};
use castiron::params::init;
use castiron::{Cpu, Cx, Fault, Module, Plain, Rank2, Rank3, Step, Tensor, call, flat, flat_mut};

type Conv = Conv2d<2, 3, 3, 1, 1>;
type Depthwise = Conv2d<1, 4, 3, 2, 1, 1, 4>;
type Fc = Linear<[f32; 5], 3>;

/// Numbers in (−1, 1) without a pattern.
fn numbers<const N: usize>(seed: u32) -> [f32; N] {
    core::array::from_fn(|i| {
        ((i as u32 + 1).wrapping_mul(2_654_435_761 + 2 * seed) >> 8) as f32 / 8388608.0 - 1.0
    })
}

fn put<T: Plain, D: Storage>(value: &T, device: &D) -> Tensor<T, D> {
    Tensor::copy_to(value, device).expect("memory for the test")
}

fn close(got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len());
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= 1e-5 * (1.0 + want.abs()), "{i}: {got}, not {want}");
    }
}

/// What a call with a residual and an activation gives, as (y, z), and what it must be made of: the same
/// call without either.
struct Fused<const Y: usize> {
    y: [f32; Y],
    z: [f32; Y],
    plain: [f32; Y],
}

impl<const Y: usize> Fused<Y> {
    /// `call` gets the residual, y and z, or only y.
    fn of<D: Storage>(device: &D, r: &[f32; Y], call: impl Fn([Arg<'_, D>; 3])) -> Self {
        let r = put(r, device);
        let [mut y, mut z, mut plain] = [0; 3].map(|_| put(&[f32::NAN; Y], device));
        call([r.borrow().arg(), y.borrow_mut().into_arg(), z.borrow_mut().into_arg()]);
        call([Arg::none(), plain.borrow_mut().into_arg(), Arg::none()]);
        assert_eq!(device.take_fault(), None);
        let get = |tensor: &Tensor<[f32; Y], D>| *tensor.to_cpu(device);
        Fused { y: get(&y), z: get(&z), plain: get(&plain) }
    }

    fn check(&self, r: &[f32; Y], activation: Activation) {
        let z: Vec<f32> = self.plain.iter().zip(r).map(|(z, r)| z + r).collect();
        let y: Vec<f32> = z.iter().map(|&z| activation.apply(z)).collect();
        close(&self.z, &z);
        close(&self.y, &y);
    }
}

/// On any device; two live rows of a capacity of three, of which the last stays untouched.
fn fused<D: Storage, const X: usize, const Y: usize>(
    device: &D,
    layer: impl Fn(&Cx<'_, D>, Arg<'_, D>, [Arg<'_, D>; 3]),
) {
    let (x, r, step) = (put(&numbers::<X>(1), device), numbers::<Y>(2), put(&Step::new(), device));
    let cx = Cx::new(device, 2, step.borrow());
    let got = Fused::of(device, &r, |[r, y, z]| layer(&cx, x.borrow().arg(), [r, y, z]));
    let live = Y / 3 * 2;
    assert!(got.y[live..].iter().all(|y| y.is_nan()), "beyond the live rows");
    let cut = |values: &[f32; Y]| {
        let mut values = *values;
        values[live..].fill(0.0);
        values
    };
    let mut r = r;
    r[live..].fill(0.0);
    Fused { y: cut(&got.y), z: cut(&got.z), plain: cut(&got.plain) }.check(&r, Activation::Gelu);
}

#[test]
fn a_residual_rides_with_the_convolution() {
    fn on<D: Storage>(device: &D) {
        const ARGS: call::conv2d::Args = Conv::call([4, 5]);
        let p = put(&*init::<Conv>(1), device);
        fused::<D, { 3 * 2 * 20 }, { 3 * 3 * 20 }>(device, |cx, x, [r, y, z]| {
            let args =
                if r.is_none() { ARGS } else { ARGS.activation(Activation::Gelu).residual().keep_pre() };
            let (weight, bias) =
                (castiron::field!(p.borrow(), Conv, weight), castiron::field!(p.borrow(), Conv, bias));
            call::conv2d::forward(cx, &args, weight.arg(), bias.arg(), x, r, y, z);
        });
        const DEEP: call::conv2d::Args = Depthwise::call([6, 6]);
        let p = put(&*init::<Depthwise>(1), device);
        fused::<D, { 3 * 4 * 36 }, { 3 * 4 * 9 }>(device, |cx, x, [r, y, z]| {
            let args =
                if r.is_none() { DEEP } else { DEEP.activation(Activation::Gelu).residual().keep_pre() };
            let weight = castiron::field!(p.borrow(), Depthwise, weight);
            let bias = castiron::field!(p.borrow(), Depthwise, bias);
            call::conv2d::forward(cx, &args, weight.arg(), bias.arg(), x, r, y, z);
        });
    }
    on(&Cpu::new());
    on(&Offsets::new(1 << 20).expect("memory for the test"));
}

#[test]
fn a_residual_rides_with_the_linear_layer() {
    fn on<D: Storage>(device: &D) {
        let p = put(&*init::<Fc>(1), device);
        // Sequences of four.
        fused::<D, { 3 * 4 * 5 }, { 3 * 4 * 3 }>(device, |cx, x, [r, y, z]| {
            const ARGS: call::linear::Args = Fc::call(4);
            let args =
                if r.is_none() { ARGS } else { ARGS.activation(Activation::Gelu).residual().keep_pre() };
            let (weight, bias) =
                (castiron::field!(p.borrow(), Fc, weight), castiron::field!(p.borrow(), Fc, bias));
            call::linear::forward(cx, &args, weight.arg(), bias.arg(), x, r, y, z);
        });
    }
    on(&Cpu::new());
    on(&Offsets::new(1 << 20).expect("memory for the test"));
}

/// What a backward call writes: dx, dweight, dbias, all of which start as `1.0`.
type Gradients = [Vec<f32>; 3];

fn gradients<const X: usize, const W: usize, const O: usize>(
    wanted: [bool; 3],
    call: impl Fn(&Cx<'_, Cpu>, [Arg<'_, Cpu>; 3]),
) -> Gradients {
    let cpu = Cpu::new();
    let step = Step::new();
    let (mut dx, mut dweight, mut dbias) = ([1.0f32; X], [1.0f32; W], [1.0f32; O]);
    let arg = |wanted: bool, arg| if wanted { arg } else { Arg::none() };
    call(
        &Cx::new(&cpu, 2, (&step).into()),
        [
            arg(wanted[0], castiron::memory::Mut::from(&mut dx).into_arg()),
            arg(wanted[1], castiron::memory::Mut::from(&mut dweight).into_arg()),
            arg(wanted[2], castiron::memory::Mut::from(&mut dbias).into_arg()),
        ],
    );
    assert_eq!(cpu.take_fault(), None);
    [dx.to_vec(), dweight.to_vec(), dbias.to_vec()]
}

/// Gradients that are not wanted are left alone, and the others do not depend on it.
fn optional<const X: usize, const W: usize, const O: usize>(call: impl Fn(&Cx<'_, Cpu>, [Arg<'_, Cpu>; 3])) {
    let all = gradients::<X, W, O>([true; 3], &call);
    for (i, gradient) in all.iter().enumerate() {
        assert!(gradient.iter().all(|&g| g != 1.0), "gradient {i} is not written");
    }
    for wanted in [[false, true, true], [true, false, false], [true, true, false], [false; 3]] {
        let some = gradients::<X, W, O>(wanted, &call);
        for i in 0..3 {
            let want = if wanted[i] { all[i].clone() } else { vec![1.0; all[i].len()] };
            assert_eq!(some[i], want, "gradient {i} of {wanted:?}");
        }
    }
}

#[test]
fn gradients_are_optional() {
    use castiron::memory::Ref;
    let (weight, x, dz) = (numbers::<54>(3), numbers::<80>(4), numbers::<120>(5));
    optional::<80, 54, 3>(|cx, [dx, dweight, dbias]| {
        let (weight, x, dz) = (Ref::from(&weight).arg(), Ref::from(&x).arg(), Ref::from(&dz).arg());
        call::conv2d::backward(cx, &Conv::call([4, 5]), weight, x, dz, dx, dweight, dbias);
    });
    let (weight, x, dz) = (numbers::<15>(3), numbers::<40>(4), numbers::<24>(5));
    optional::<40, 15, 3>(|cx, [dx, dweight, dbias]| {
        let (weight, x, dz) = (Ref::from(&weight).arg(), Ref::from(&x).arg(), Ref::from(&dz).arg());
        call::linear::backward(cx, &Fc::call(4), weight, x, dz, dx, dweight, dbias);
    });
}

#[test]
fn what_is_missing_is_a_fault() {
    use castiron::memory::{Mut, Ref};
    let (cpu, step) = (Cpu::new(), Step::new());
    let (weight, x, mut y) = (numbers::<15>(1), numbers::<5>(2), [0.0f32; 3]);
    let forward = |args: &call::linear::Args, y: &mut [f32; 3]| {
        let cx = Cx::new(&cpu, 1, (&step).into());
        let (weight, x) = (Ref::from(&weight).arg(), Ref::from(&x).arg());
        call::linear::forward(
            &cx,
            args,
            weight,
            Arg::none(),
            x,
            Arg::none(),
            Mut::from(y).into_arg(),
            Arg::none(),
        );
        cpu.take_fault()
    };
    let args = <Linear<[f32; 5], 3, Tanh, NoBias>>::call(1);
    assert_eq!(forward(&args, &mut y), None);
    assert!(matches!(forward(&Fc::call(1), &mut y), Some(Fault::Memory { argument: 2, .. })));
    assert!(matches!(forward(&args.keep_pre(), &mut y), Some(Fault::Memory { argument: 4, .. })));
    assert!(matches!(forward(&args.residual(), &mut y), Some(Fault::Memory { argument: 5, .. })));
}

#[test]
fn arguments_come_from_the_type() {
    let conv = Conv2d::<2, 6, 3, 2, 1, 1, 2, Tanh, NoBias>::call([7, 9]);
    assert_eq!((conv.images, conv.groups, conv.in_channels, conv.out_channels), (1, 2, 4, 6));
    assert_eq!((conv.input, conv.kernel, conv.stride, conv.padding), ([7, 9], [3; 2], [2; 2], [1; 2]));
    assert_eq!((conv.output(), conv.bias, conv.activation), ([4, 5], false, Activation::Tanh));
    assert!(!conv.residual && !conv.keep_pre && conv.residual().residual && conv.keep_pre().keep_pre);
    let fc = Linear::<Rank3<2, 3, 4>, 7, Identity>::call(5).activation(Activation::Silu);
    assert_eq!((fc.rows, fc.inputs, fc.outputs, fc.bias), (5, 24, 7, true));
    assert_eq!(fc.activation, Activation::Silu);
}

/// A convolution and the batch norm after it, at inference, and the one convolution that they fold into.
#[test]
fn a_batch_norm_folds_into_the_convolution_before_it() {
    use castiron::memory::{Mut, Ref};
    type Bare = Conv2d<2, 3, 3, 1, 1, 1, 1, Identity, NoBias>;
    let (conv, bare, mut norm) = (init::<Conv>(1), init::<Bare>(2), init::<BatchNorm2d<3>>(3));
    *norm.weight = numbers(6);
    *norm.bias = numbers(7);
    *norm.running_mean = numbers(8);
    *norm.running_var = [0.5, 1.0, 4.0];
    type Image = Rank3<2, 4, 5>;
    type Wide = Rank3<3, 4, 5>;
    let mut x = Tensor::<[Image; 2]>::zeros();
    flat_mut(&mut *x).copy_from_slice(&numbers::<80>(9));
    let (cpu, step) = (Cpu::new(), Step::new());
    let cx = Cx::new(&cpu, 2, (&step).into());

    fn both<L: Module<Image, Wide, State<2> = (), InferScratch<2> = ()>>(
        cx: &Cx<'_, Cpu>,
        layer: &L,
        norm: &BatchNorm2d<3>,
        x: &[Image; 2],
    ) -> [Wide; 2] {
        let (mut z, mut y) = ([[[[0.0; 5]; 4]; 3]; 2], [[[[0.0; 5]; 4]; 3]; 2]);
        let [mut u, mut v, mut s, mut t] = [(); 4];
        L::infer::<Cpu, 2>(cx, layer.into(), x.into(), (&mut z).into(), (&mut u).into(), (&mut v).into());
        let (z, to) = (Ref::from(&z), Mut::from(&mut y));
        <BatchNorm2d<3> as Module<Wide, Wide>>::infer::<Cpu, 2>(
            cx,
            norm.into(),
            z,
            to,
            (&mut s).into(),
            (&mut t).into(),
        );
        y
    }
    let fold = |weight: Arg<'_, Cpu>, bias: Arg<'_, Cpu>| {
        let (mut to_weight, mut to_bias) = ([f32::NAN; 54], [f32::NAN; 3]);
        let p = Ref::from(&*norm);
        call::fold::batch_norm(
            &cx,
            3,
            18,
            1e-5,
            castiron::DType::F32,
            weight,
            bias,
            castiron::field!(p, BatchNorm2d<3>, weight).arg(),
            castiron::field!(p, BatchNorm2d<3>, bias).arg(),
            castiron::field!(p, BatchNorm2d<3>, running_mean).arg(),
            castiron::field!(p, BatchNorm2d<3>, running_var).arg(),
            Mut::from(&mut to_weight).into_arg(),
            Mut::from(&mut to_bias).into_arg(),
        );
        let mut y: [Wide; 2] = [[[[0.0; 5]; 4]; 3]; 2];
        call::conv2d::forward(
            &cx,
            &Conv::call([4, 5]),
            Ref::from(&to_weight).arg(),
            Ref::from(&to_bias).arg(),
            Ref::from(&*x).arg(),
            Arg::none(),
            Mut::from(&mut y).into_arg(),
            Arg::none(),
        );
        assert_eq!(cpu.take_fault(), None);
        y
    };
    let (weight, bias) = (Ref::from(&conv.weight), Ref::from(&conv.bias));
    close(flat(&fold(weight.arg(), bias.arg())), flat(&both(&cx, &*conv, &norm, &x)));
    close(flat(&fold(Ref::from(&bare.weight).arg(), Arg::none())), flat(&both(&cx, &*bare, &norm, &x)));
}

/// The typed layer on sequences is the same call.
#[test]
fn the_typed_layer_is_the_call() {
    use castiron::memory::{Mut, Ref};
    let (layer, step, cpu) = (init::<Fc>(1), Step::new(), Cpu::new());
    let mut x = [[[0.0f32; 5]; 4]; 2];
    flat_mut(&mut x).copy_from_slice(&numbers::<40>(9));
    let (mut typed, mut erased) = ([[[0.0f32; 3]; 4]; 2], [[[1.0f32; 3]; 4]; 2]);
    let [mut s, mut t] = [(); 2];
    let cx = Cx::new(&cpu, 2, (&step).into());
    type Positions<const N: usize> = Rank2<4, N>;
    <Fc as Module<Positions<5>, Positions<3>>>::infer::<Cpu, 2>(
        &cx,
        (&*layer).into(),
        (&x).into(),
        (&mut typed).into(),
        (&mut s).into(),
        (&mut t).into(),
    );
    let (weight, bias) = (Ref::from(&layer.weight).arg(), Ref::from(&layer.bias).arg());
    let (x, y) = (Ref::from(&x).arg(), Mut::from(&mut erased).into_arg());
    call::linear::forward(&cx, &Fc::call(4), weight, bias, x, Arg::none(), y, Arg::none());
    assert_eq!(typed, erased);
}

use super::is_present;
use crate::activation::Activation;
use crate::check::gpu::gpu;
use crate::cuda::{Buffer, Cuda, Place};
use crate::gemm::{Args, Bias, Gemm, View};
use crate::half::{bf16, f16};
use crate::{DType, Half, Precision};

const M: usize = 12;
const N: usize = 20;
const K: usize = 40;

/// What C and what is kept are after a product on memory that is the same each time.
fn product<E: Precision, Y: Precision>(gpu: &Cuda, args: &Args) -> Vec<f32> {
    let sizes = [M * K, K * N, N.max(M), M * N, M * N, M * N];
    let buffers = sizes.map(|size| gpu.allocate(4 * size).unwrap());
    let number = |i: usize, j: usize| (((i + 3) * j % 17) as f32 - 8.0) / 8.0;
    let absent = [false, false, args.bias == Bias::None, false, !args.keep_pre, !args.residual];
    let mut places = [Place::NONE; 6];
    for (i, (place, buffer)) in places.iter_mut().zip(&buffers).enumerate() {
        let is_output = i == 3 || i == 4;
        let len = if i == 2 && args.bias == Bias::PerRow { M } else { sizes[i] };
        let numbers = (0..sizes[i]).map(|j| number(i, j));
        let (bytes, size) = if is_output { bytes_of::<Y>(numbers) } else { bytes_of::<E>(numbers) };
        // SAFETY: that much memory, which nothing else uses.
        unsafe { gpu.write(&bytes, buffer.pointer()) };
        if !(absent[i] || args.accumulate && [2, 4, 5].contains(&i)) {
            *place = Place { pointer: buffer.pointer(), bytes: size * len, writable: is_output };
        }
    }
    // SAFETY: initialised memory of this GPU, each its own.
    unsafe { gpu.run::<Half<Gemm, E, Y>>(args, &places) };
    assert_eq!(gpu.take_fault(), None, "{}", gpu.take_log().unwrap_or_default());
    let read = |buffer: &Buffer| {
        let mut bytes = vec![0; size_of::<Y>() * M * N];
        // SAFETY: that much initialised memory.
        unsafe { gpu.read(buffer.pointer(), &mut bytes) };
        // SAFETY: bytes that were elements of this type.
        let value = |bytes: &[u8]| unsafe { bytes.as_ptr().cast::<Y>().read_unaligned() }.to_f32();
        bytes.chunks(size_of::<Y>()).map(value).collect::<Vec<f32>>()
    };
    [read(&buffers[3]), read(&buffers[4])].concat()
}

/// Numbers as elements of this type, and its size.
fn bytes_of<E: Precision>(numbers: impl Iterator<Item = f32>) -> (Vec<u8>, usize) {
    let elements: Vec<E> = numbers.map(E::from_f32).collect();
    // SAFETY: plain memory.
    let bytes =
        unsafe { std::slice::from_raw_parts(elements.as_ptr().cast::<u8>(), size_of_val(&*elements)) };
    (bytes.to_vec(), size_of::<E>())
}

/// That a product is the library's or not, that it is the same bits each time, and what kernels compute, to the rounding
/// of the elements.
fn check<E: Precision, Y: Precision>(gpu: &Cuda, args: &Args, by_library: bool) {
    let forms = || gpu.stream.blas.get().and_then(Option::as_ref).map_or([0; 2], |blas| blas.forms());
    let before = forms();
    let got = product::<E, Y>(gpu, args);
    // A residual changes no form: the same algorithm may add C or leave it out.
    assert!(!by_library || args.residual || args.accumulate || forms() != before, "{args:?}");
    assert!(by_library || forms() == before, "{args:?}");
    // Again, and by kernels.
    assert_eq!(product::<E, Y>(gpu, args), got);
    gpu.allow_cublas(false);
    let want = product::<E, Y>(gpu, args);
    gpu.allow_cublas(true);
    let tolerance = match Y::DTYPE {
        DType::Bf16 => 1.0 / 128.0,
        DType::F16 => 1.0 / 1024.0,
        _ => 1e-5,
    };
    for (got, want) in got.iter().zip(&want) {
        assert!((got - want).abs() <= tolerance * (1.0 + want.abs()), "{got} is not {want}: {args:?}");
    }
}

const PLAIN: Args = Args::new(M, N, K);

fn known() -> [Args; 9] {
    [
        PLAIN,
        PLAIN.a(View::transposed(M)),
        PLAIN.b(View::transposed(K)),
        PLAIN.a(View::transposed(M)).b(View::transposed(K)).scale(0.5),
        PLAIN.bias(Bias::PerColumn),
        PLAIN.bias(Bias::PerColumn).activation(Activation::Relu),
        PLAIN.activation(Activation::Relu),
        PLAIN.residual(true).bias(Bias::PerColumn),
        PLAIN.accumulate(true),
    ]
}

fn own() -> [Args; 5] {
    [
        PLAIN.bias(Bias::PerRow),
        PLAIN.activation(Activation::Tanh),
        PLAIN.activation(Activation::Gelu),
        PLAIN.activation(Activation::Relu).keep_pre(true),
        PLAIN.c(View { row: 1, column: M, batch: [0; 2] }).bias(Bias::PerColumn),
    ]
}

#[test]
fn the_library_computes_what_it_has_an_epilogue_for() {
    let Some(gpu) = gpu().filter(|_| is_present()) else { return };
    known().iter().for_each(|args| check::<f32, f32>(&gpu, args, true));
    own().iter().for_each(|args| check::<f32, f32>(&gpu, args, false));
    check::<f32, f32>(&gpu, &PLAIN.activation(Activation::GeluTanh), false);
    all_have_algorithms(&gpu);
}

#[test]
fn the_library_computes_products_of_halves() {
    halves::<bf16>();
    halves::<f16>();
}

fn halves<E: Precision>() {
    let Some(gpu) = gpu().filter(|_| is_present()) else { return };
    let gelu = PLAIN.activation(Activation::GeluTanh);
    let with_bias = gelu.bias(Bias::PerColumn);
    known().iter().chain(&[gelu, with_bias]).for_each(|args| check::<E, E>(&gpu, args, true));
    own().iter().for_each(|args| check::<E, E>(&gpu, args, false));
    // What is kept is written 16 bytes at once: not in lines of 20.
    check::<E, E>(&gpu, &with_bias.keep_pre(true), false);
    let wide = |args: Args| Args { n: 16, b: View::row_major(16), c: View::row_major(16), ..args };
    check::<E, E>(&gpu, &wide(with_bias.keep_pre(true)), true);
    check::<E, E>(&gpu, &wide(gelu.keep_pre(true).residual(true)), true);
    // Gradients of parameters are f32; there is nothing beside them.
    check::<E, f32>(&gpu, &PLAIN, true);
    check::<E, f32>(&gpu, &PLAIN.a(View::transposed(M)).accumulate(true), true);
    check::<E, f32>(&gpu, &PLAIN.bias(Bias::PerColumn), false);
    all_have_algorithms(&gpu);
}

fn all_have_algorithms(gpu: &Cuda) {
    let [all, computed] = gpu.stream.blas.get().and_then(Option::as_ref).map_or([0; 2], |blas| blas.forms());
    assert_eq!(all, computed);
}

use super::is_present;
use crate::activation::Activation;
use crate::check::gpu::gpu;
use crate::cuda::{Cuda, Place};
use crate::gemm::{Args, Bias, Gemm, View};

const M: usize = 12;
const N: usize = 20;
const K: usize = 40;

/// What C is after a product on memory that is the same each time.
fn product(gpu: &Cuda, args: &Args) -> Vec<f32> {
    let sizes = [M * K, K * N, N.max(M), M * N, M * N, M * N].map(|size| 4 * size);
    let buffers = sizes.map(|bytes| gpu.allocate(bytes).unwrap());
    for (i, (buffer, bytes)) in buffers.iter().zip(sizes).enumerate() {
        let numbers: Vec<u8> =
            (0..bytes / 4).flat_map(|j| ((((i + 3) * j % 17) as f32 - 8.0) / 8.0).to_le_bytes()).collect();
        // SAFETY: that much memory, which nothing else uses.
        unsafe { gpu.write(&numbers, buffer.pointer()) };
    }
    let absent = [false, false, args.bias == Bias::None, false, !args.keep_pre, !args.residual];
    let mut places = [Place::NONE; 6];
    for (i, place) in places.iter_mut().enumerate() {
        if !(absent[i] || args.accumulate && [2, 4, 5].contains(&i)) {
            let bytes = if i == 2 && args.bias == Bias::PerRow { 4 * M } else { sizes[i] };
            *place = Place { pointer: buffers[i].pointer(), bytes, writable: i == 3 || i == 4 };
        }
    }
    // SAFETY: initialised memory of this GPU, each its own.
    unsafe { gpu.run::<Gemm>(args, &places) };
    assert_eq!(gpu.take_fault(), None, "{}", gpu.take_log().unwrap_or_default());
    let mut bytes = vec![0; sizes[3]];
    // SAFETY: that much initialised memory.
    unsafe { gpu.read(buffers[3].pointer(), &mut bytes) };
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

#[test]
fn the_library_computes_what_it_has_an_epilogue_for() {
    let Some(gpu) = gpu().filter(|_| is_present()) else { return };
    let plain = Args::new(M, N, K);
    let known = [
        plain,
        plain.a(View::transposed(M)),
        plain.b(View::transposed(K)),
        plain.a(View::transposed(M)).b(View::transposed(K)).scale(0.5),
        plain.bias(Bias::PerColumn),
        plain.bias(Bias::PerColumn).activation(Activation::Relu),
        plain.activation(Activation::Relu),
        plain.residual(true).bias(Bias::PerColumn),
        plain.accumulate(true),
    ];
    let own = [
        plain.bias(Bias::PerRow),
        plain.activation(Activation::Tanh),
        plain.activation(Activation::Relu).keep_pre(true),
        plain.c(View { row: 1, column: M, batch: [0; 2] }).bias(Bias::PerColumn),
    ];
    let forms = || gpu.stream.blas.get().and_then(Option::as_ref).map_or([0; 2], |blas| blas.forms());
    for (args, by_library) in
        known.iter().map(|args| (args, true)).chain(own.iter().map(|args| (args, false)))
    {
        let before = forms();
        let got = product(&gpu, args);
        // A residual changes no form: the same algorithm may add C or leave it out.
        assert!(!by_library || args.residual || args.accumulate || forms() != before, "{args:?}");
        assert!(by_library || forms() == before, "{args:?}");
        // Again, and by kernels.
        assert_eq!(product(&gpu, args), got);
        gpu.allow_cublas(false);
        let want = product(&gpu, args);
        gpu.allow_cublas(true);
        for (got, want) in got.iter().zip(&want) {
            assert!((got - want).abs() <= 1e-5 * (1.0 + want.abs()), "{got} is not {want}: {args:?}");
        }
    }
    let [all, computed] = forms();
    assert_eq!(all, computed);
}

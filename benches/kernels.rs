//! Kernels, one thread: `cargo bench --bench kernels`. Products are measured beside `matrixmultiply` in the
//! same run; throughput is in floating-point operations (shown as elements) per second.

use castiron::castiron_kernels::gemm::{Args, Gemm};
use castiron::castiron_kernels::{Cpu, Raw};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn values(len: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 37 + 11) % 101) as f32 / 50.0 - 1.0).collect()
}

fn products(c: &mut Criterion) {
    let mut group = c.benchmark_group("product");
    let cpu = Cpu::new();
    for [m, k, n] in [[64; 3], [256; 3], [512; 3], [1, 784, 128], [64, 784, 128]] {
        let (a, b, mut y) = (values(m * k), values(k * n), vec![0.0; m * n]);
        let name = format!("{m}x{k}x{n}");
        group.throughput(Throughput::Elements((2 * m * k * n) as u64));
        group.bench_function(BenchmarkId::new("castiron", &name), |bench| {
            bench.iter(|| {
                let memory = &mut [
                    Raw::read_slice(&a),
                    Raw::read_slice(&b),
                    Raw::none(),
                    Raw::write_slice(&mut y),
                    Raw::none(),
                    Raw::none(),
                ];
                cpu.run::<Gemm>(&Args::new(m, n, k), memory);
            });
        });
        assert!(cpu.take_fault().is_none());
        group.bench_function(BenchmarkId::new("matrixmultiply", &name), |bench| {
            // SAFETY: the slices have the lengths that sizes and strides say.
            bench.iter(|| unsafe {
                let (rsa, rsb) = (k as isize, n as isize);
                let (a, b, y) = (a.as_ptr(), b.as_ptr(), y.as_mut_ptr());
                matrixmultiply::sgemm(m, k, n, 1.0, a, rsa, 1, b, rsb, 1, 0.0, y, rsb, 1);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, products);
criterion_main!(benches);

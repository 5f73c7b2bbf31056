//! Matrix products, by the kernel that layers use.

use castiron::Cpu;
use castiron::castiron_kernels::Raw;
use castiron::castiron_kernels::gemm::{Args, Gemm};
use protocol::{Numbers, Product, Work};

pub fn work(cpu: Cpu, Product { m, k, n, aligned }: Product) -> Work {
    let (a, b) = (Numbers::random(1, m * k, aligned), Numbers::random(2, k * n, aligned));
    let mut c = Numbers::zeros(m * n, aligned);
    let product = move |c: &mut [f32]| {
        let c = Raw::write_slice(c);
        let memory =
            &mut [Raw::read_slice(&a), Raw::read_slice(&b), Raw::none(), c, Raw::none(), Raw::none()];
        cpu.run::<Gemm>(&Args::new(m, n, k), memory);
        assert!(cpu.take_fault().is_none());
    };
    product(&mut c);
    Work::new(&c.to_vec(), move || product(&mut c))
}

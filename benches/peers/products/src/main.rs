//! Crates that multiply matrices as peers: `peer-products CRATE THREADS`. And `peer-products limits THREADS`, which
//! says in a line of JSON what the processor can do. Built for the very processor that it runs on.

mod crates;
mod limits;

use protocol::{Product, Work, serve, threads};

fn main() {
    let threads = threads();
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().expect("threads");
    let products =
        |work: fn(Product, usize) -> Work| serve(|name| Some(work(Product::parse(name)?, threads)));
    match std::env::args().nth(1).as_deref() {
        Some("limits") => limits::print(threads),
        Some("matrixmultiply") => products(crates::matrixmultiply),
        Some("gemm") => products(crates::gemm),
        Some("faer") => products(crates::faer),
        // It has no threads, and makes code for small matrices.
        Some("nano-gemm") => serve(|name| {
            let product =
                Product::parse(name).filter(|p| threads == 1 && p.m * p.k * p.n <= 256 * 256 * 256)?;
            Some(crates::nano_gemm(product))
        }),
        _ => panic!("usage: peer-products matrixmultiply|gemm|faer|nano-gemm|limits THREADS"),
    }
}

//! castiron as a peer: `peer-castiron THREADS`. Built as users build it, without flags for this processor.

mod convolution;
mod models;
mod pass;
mod product;
// Their documentation is the example's.
#[allow(dead_code, missing_docs)]
#[path = "../../../../examples/common/silero.rs"]
mod silero;
#[allow(dead_code, missing_docs)]
#[path = "../../../../examples/common/vision/mod.rs"]
mod vision;

use castiron::Cpu;
use protocol::{Convolution, Counting, Pass, Product, Work, serve, threads};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    serve(|name| load(name, Cpu::with_threads(threads()).expect("threads")));
}

fn load(name: &str, cpu: Cpu) -> Option<Work> {
    if let Some(product) = Product::parse(name) {
        return Some(product::work(cpu, product));
    }
    if let Some(convolution) = Convolution::parse(name) {
        return Some(convolution::work(cpu, convolution));
    }
    if let Some(pass) = Pass::parse(name) {
        return pass::work(cpu, pass);
    }
    models::work(cpu, name)
}

//! LeNet-5 on bare x86-64 Linux: without standard library, allocator or libc, and with all memory in
//! statics. Prints the bits of its ten logits, a line each.
#![no_std]
#![no_main]

mod runtime;

// The test that checks this program includes it too.
mod recipe;

use castiron::Cpu;
use castiron::train::{Workspace, infer};
use recipe::{Images, LeNet, Logits};

type Work = Workspace<LeNet, 1>;

// All the memory there is, beside a stack. 61 706 parameters, each array on cache lines of its own:
const _: () = assert!(size_of::<LeNet>() == 247_040);
// The first convolution's output before and after its activation, and what a step of training counts; 37 696
// bytes today, because all other layers fit into the memory of these two.
const _: () = assert!(Work::BYTES < 40 * 1024);

struct Memory {
    model: LeNet,
    images: Images,
    logits: Logits,
    work: Work,
}
// SAFETY: the fields are `Plain`: zero bits are valid.
static mut MEMORY: Memory = unsafe { core::mem::zeroed() };

/// Runs the model and gives the exit status.
fn main() -> i32 {
    let memory = &raw mut MEMORY;
    // SAFETY: called once, on the only thread.
    let Memory { model, images, logits, work } = unsafe { &mut *memory };
    recipe::fill(model, images, 1.0);
    if infer(&Cpu::new(), model, images, 1, logits, work).is_err() {
        return 1;
    }
    logits[0].into_iter().for_each(runtime::print_bits);
    0
}

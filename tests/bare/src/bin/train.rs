//! The same network in training, in statics too. Prints the bits of its losses, a line each.
#![no_std]
#![no_main]

// Inference has parts of it that training has not.
#[allow(dead_code)]
#[path = "../recipe.rs"]
mod recipe;
#[path = "../runtime.rs"]
mod runtime;

use castiron::Cpu;
use castiron::loss::CrossEntropyLoss;
use castiron::optim::Adam;
use castiron::train::{TrainingWorkspace, step};
use recipe::{Images, LeNet, training};

type Work = TrainingWorkspace<LeNet, CrossEntropyLoss<10>, Adam, 1>;

// Gradients and Adam's two moments, and what an image needs.
const _: () = assert!(Work::BYTES < 3 * size_of::<LeNet>() + 128 * 1024);

struct Memory {
    model: LeNet,
    images: Images,
    work: Work,
}
// SAFETY: the fields are `Plain`: zero bits are valid.
static mut MEMORY: Memory = unsafe { core::mem::zeroed() };

/// Trains the model and gives the exit status.
fn main() -> i32 {
    let memory = &raw mut MEMORY;
    // SAFETY: called once, on the only thread.
    let Memory { model, images, work } = unsafe { &mut *memory };
    recipe::fill(model, images, training::SIZE);
    let (cpu, loss, adam) = (Cpu::new(), CrossEntropyLoss::new(), Adam::new(training::RATE));
    for _ in 0..training::STEPS {
        match step(&cpu, model, images, &[training::CLASS], 1, &loss, &adam, work) {
            Ok(loss) => runtime::print_bits(loss),
            Err(_) => return 1,
        }
    }
    0
}

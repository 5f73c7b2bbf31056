//! LeNet-5 for JavaScript, in a page or in Node: the same model as on the microcontroller, without standard library.
//! `classify.mjs` calls it.
#![no_std]

// Which score is the largest, JavaScript says.
#[allow(dead_code)]
#[path = "../../microcontroller/src/model.rs"]
mod model;

use core::cell::UnsafeCell;

use castiron::prelude::*;
use castiron::train::{Workspace, infer};
use model::{Image, LeNet, Logits, Scan, scale};

static MODEL: LeNet = include_weights!(LeNet, "../../data/lenet.safetensors");

/// All memory that it needs; there is no allocator.
struct Memory {
    scan: Scan,
    image: [Image; 1],
    logits: [Logits; 1],
    workspace: Workspace<LeNet, 1>,
}
struct Page(UnsafeCell<Memory>);
// SAFETY: WebAssembly without the feature `atomics` has one thread.
unsafe impl Sync for Page {}
static MEMORY: Page = Page(UnsafeCell::new(Memory {
    scan: [[[0; 28]; 28]],
    image: [[[[0.0; 28]; 28]]],
    logits: [[0.0; 10]],
    workspace: Workspace::zeroed(),
}));

/// Where the 784 grey values of a digit go, 255 being ink.
#[unsafe(no_mangle)]
pub extern "C" fn scan() -> *mut Scan {
    // SAFETY: an address within the static.
    unsafe { &raw mut (*MEMORY.0.get()).scan }
}

/// Where ten scores are, one for each digit, once they are computed of the scan; zero if an operation failed.
#[unsafe(no_mangle)]
pub extern "C" fn classify() -> *const Logits {
    // SAFETY: one thread, which is not within this function yet: it calls nothing of JavaScript's.
    let Memory { scan, image, logits, workspace } = unsafe { &mut *MEMORY.0.get() };
    scale(scan, &mut image[0]);
    match infer(&Cpu::new(), &MODEL, image, 1, logits, workspace) {
        Ok(()) => &raw const logits[0],
        Err(_) => core::ptr::null(),
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

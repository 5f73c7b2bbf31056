//! Tells the linker what memory the target has.

use std::env;
use std::path::Path;

fn main() {
    let folder =
        Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap()).join("memory").join(env::var("TARGET").unwrap());
    println!("cargo:rustc-link-search={}", folder.display());
    println!("cargo:rerun-if-changed={}", folder.display());
    // The linker script of `cortex-m-rt` or `riscv-rt`, which includes `memory.x`.
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}

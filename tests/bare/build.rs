//! Tells the linker that there is nothing below this program.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // No code of the C runtime, no libraries, no loader; fixed addresses, so no relocations either.
    for arg in ["-nostartfiles", "-nostdlib", "-static", "-no-pie"] {
        println!("cargo:rustc-link-arg-bins={arg}");
    }
}

//! Kernels for AMX: products of matrices of 16 rows of 64 bytes, in tile registers.
//!
//! The compiler knows nothing of tile registers but that they are overwritten, so a whole register tile of C is one
//! piece of assembly: 32 × 32 sums in four tiles, two tiles of A and two of B.
//!
//! Products of bf16 are summed in f32 without rounding in between, those of even and of odd k each, and the two sums are
//! added; subnormal numbers count as zero.

use core::arch::asm;

use super::kernel::{Kernel, STRIDE};

/// Words in a row of a tile, rows of a tile.
const SIDE: usize = 16;
/// Columns of a register tile, and rows.
const COLUMNS: usize = 2 * SIDE;
/// Bytes from one row to the next: of packed A, of packed B and of sums.
const A_ROW: usize = STRIDE * 4;
const ROW: usize = COLUMNS * 4;

/// Calls `f` with tiles of 16 rows of 64 bytes, all eight of them.
fn within(f: &mut dyn FnMut()) {
    #[repr(C, align(64))]
    struct Shape {
        palette: u8,
        start_row: u8,
        reserved: [u8; 14],
        row_bytes: [u16; 16],
        rows: [u8; 16],
    }
    static SHAPE: Shape = Shape {
        palette: 1,
        start_row: 0,
        reserved: [0; 14],
        row_bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
        rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
    };
    // SAFETY: called only where `Beyond::detect` found tiles and the operating system has permitted them; `SHAPE` is a
    // valid configuration. It belongs to this thread and nothing else uses it.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &SHAPE, options(nostack, readonly, preserves_flags)) };
    f();
    // SAFETY: as above. The registers are free again, and switching threads is as cheap as before.
    unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) };
}

macro_rules! kernels {
    ($($(#[$meta:meta])* $name:ident: group $group:literal, $dot:literal;)*) => { $(
        $(#[$meta])*
        pub(super) const $name: &Kernel<u32> = {
            fn run(rows: usize, words: usize, a: &[u32], b: &[u32], fresh: bool, sums: &mut [u32]) {
                assert!(words > 0 && words.is_multiple_of(SIDE) && words * 4 <= A_ROW);
                assert_eq!(rows, COLUMNS);
                assert!(a.len() * 4 >= rows * A_ROW && b.len() >= words * COLUMNS);
                assert!(sums.len() >= rows * COLUMNS);
                // SAFETY: each tile that is loaded is 16 rows of 64 bytes within `a`, `b` or `sums`, which are as long
                // as asserted; what is stored lies within `sums`. Tiles are configured so since `within` calls this.
                unsafe {
                    asm!(
                        "test {fresh:e}, {fresh:e}",
                        "jnz 2f",
                        "tileloadd tmm0, [{c} + {row}]",
                        "tileloadd tmm1, [{c} + {row} + 64]",
                        "tileloadd tmm2, [{c} + {row} + {c_down}]",
                        "tileloadd tmm3, [{c} + {row} + {c_down} + 64]",
                        "jmp 3f",
                        "2:",
                        "tilezero tmm0",
                        "tilezero tmm1",
                        "tilezero tmm2",
                        "tilezero tmm3",
                        "3:",
                        "tileloadd tmm4, [{a} + {a_row}]",
                        "tileloadd tmm6, [{b} + {row}]",
                        // The next two tiles of B, one row after the other.
                        ".irp at, 0, 64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960",
                        "prefetcht0 [{b} + {b_step} + \\at]",
                        "prefetcht0 [{b} + {b_step} + 1024 + \\at]",
                        ".endr",
                        concat!($dot, " tmm0, tmm4, tmm6"),
                        "tileloadd tmm7, [{b} + {row} + 64]",
                        concat!($dot, " tmm1, tmm4, tmm7"),
                        "tileloadd tmm5, [{a} + {a_row} + {a_down}]",
                        concat!($dot, " tmm2, tmm5, tmm6"),
                        concat!($dot, " tmm3, tmm5, tmm7"),
                        "add {a}, 64",
                        "add {b}, {b_step}",
                        "dec {steps}",
                        "jnz 3b",
                        "tilestored [{c} + {row}], tmm0",
                        "tilestored [{c} + {row} + 64], tmm1",
                        "tilestored [{c} + {row} + {c_down}], tmm2",
                        "tilestored [{c} + {row} + {c_down} + 64], tmm3",
                        fresh = in(reg) fresh as u32,
                        a = inout(reg) a.as_ptr() => _,
                        b = inout(reg) b.as_ptr() => _,
                        c = in(reg) sums.as_mut_ptr(),
                        steps = inout(reg) words / SIDE => _,
                        a_row = in(reg) A_ROW,
                        row = in(reg) ROW,
                        a_down = const SIDE * A_ROW,
                        c_down = const SIDE * ROW,
                        b_step = const SIDE * ROW,
                        out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                        out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                        options(nostack),
                    );
                }
            }
            &Kernel {
                group: $group,
                depth: SIDE,
                heights: &[COLUMNS],
                columns: COLUMNS,
                run,
                prepare: |_, _| (),
                within,
            }
        };
    )* };
}
kernels! {
    /// Pairs of bf16, summed in f32.
    BF16: group 2, "tdpbf16ps";
    /// Four signed bytes, summed in i32.
    I8: group 4, "tdpbssd";
    /// Four unsigned bytes, summed in i32.
    U8: group 4, "tdpbuud";
    /// Four signed bytes by four unsigned ones, summed in i32.
    I8U8: group 4, "tdpbsud";
}

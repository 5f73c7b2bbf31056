//! What a processor may have beyond its [`Isa`]: instructions for products of small numbers.

use super::Isa;

/// Extensions of AVX-512 that only [`Product`](crate::product::Product) uses. Each includes the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(crate) enum Beyond {
    Nothing,
    /// AVX512-VNNI, and with it BW, DQ and VL.
    Vnni,
    /// AMX for bf16 and for bytes, and AVX512-BF16; the operating system has permitted the tiles.
    Tiles,
}

impl Beyond {
    /// What there is beside the instruction set that was detected. Works without `std`.
    pub(crate) fn detect(isa: Isa) -> Self {
        #[cfg(target_arch = "x86_64")]
        if isa == Isa::Avx512 {
            return x86::detect();
        }
        let _ = isa;
        Beyond::Nothing
    }

    /// The best of these that counts as part of `isa`: tiles are beyond all of them.
    pub(crate) fn within(isa: Isa) -> Self {
        if isa == Isa::Avx512 { Beyond::Vnni } else { Beyond::Nothing }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::{__cpuid_count, _xgetbv};
    use core::sync::atomic::{AtomicU8, Ordering};

    use super::Beyond;

    /// Asks once per process: CPUID takes long in a virtual machine. For processors with AVX-512.
    pub(super) fn detect() -> Beyond {
        const KNOWN: [Beyond; 3] = [Beyond::Nothing, Beyond::Vnni, Beyond::Tiles];
        static FOUND: AtomicU8 = AtomicU8::new(u8::MAX);
        if let Some(found) = KNOWN.get(FOUND.load(Ordering::Relaxed) as usize) {
            return *found;
        }
        let found = ask();
        FOUND.store(found as u8, Ordering::Relaxed);
        found
    }

    fn ask() -> Beyond {
        let all = |register: u32, bits: &[u32]| bits.iter().all(|bit| register >> bit & 1 == 1);
        let features = __cpuid_count(7, 0);
        // DQ, BW and VL; VNNI.
        if !all(features.ebx, &[17, 30, 31]) || !all(features.ecx, &[11]) {
            return Beyond::Nothing;
        }
        // AMX for bf16, tiles, AMX for bytes; in the next leaf, conversions to bf16.
        let tiles = all(features.edx, &[22, 24, 25]) && all(__cpuid_count(7, 1).eax, &[5]);
        // SAFETY: a processor with AVX-512 has XGETBV, and its operating system has enabled it.
        let state = tiles && all(unsafe { state() }, &[17, 18]);
        if state && permitted() { Beyond::Tiles } else { Beyond::Vnni }
    }

    /// The registers that the operating system saves: XCR0.
    #[target_feature(enable = "xsave")]
    fn state() -> u32 {
        // SAFETY: register 0 exists wherever the instruction does.
        unsafe { _xgetbv(0) as u32 }
    }

    /// Asks Linux to let this process, with all its threads, use tiles: their state is large, so it is saved only for
    /// those who ask.
    #[cfg(target_os = "linux")]
    fn permitted() -> bool {
        const ARCH_PRCTL: isize = 158;
        const ARCH_REQ_XCOMP_PERM: usize = 0x1023;
        const TILE_DATA: usize = 18;
        let mut result = ARCH_PRCTL;
        // SAFETY: a system call that touches no memory of the process, and permits something it did not use yet. It
        // is called directly since a library without `std` has no libc. The kernel overwrites rcx and r11.
        unsafe {
            core::arch::asm!(
                "syscall",
                inlateout("rax") result,
                in("rdi") ARCH_REQ_XCOMP_PERM,
                in("rsi") TILE_DATA,
                lateout("rcx") _,
                lateout("r11") _,
                options(nostack),
            );
        }
        result == 0
    }

    #[cfg(not(target_os = "linux"))]
    fn permitted() -> bool {
        false
    }
}

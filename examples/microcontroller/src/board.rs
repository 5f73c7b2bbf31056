//! What is of this processor and not of the network: where a program starts, counting instructions, and measuring
//! stack.

#[cfg(target_arch = "arm")]
pub use cortex_m_rt::entry;
#[cfg(target_arch = "riscv32")]
pub use riscv_rt::entry;

use core::arch::asm;

/// Runs `f`, and counts the instructions: under QEMU with `-icount shift=0`, in steps of 40. On hardware these are
/// cycles of the processor.
///
/// The counter is the core's SysTick. It has 24 bits; QEMU's runs at 25 MHz, and so wraps after 671 million
/// instructions, each of which takes a nanosecond there.
#[cfg(target_arch = "arm")]
pub fn instructions<R>(f: impl FnOnce() -> R) -> (u32, R) {
    const CONTROL: *mut u32 = 0xE000_E010 as *mut u32;
    const RELOAD: *mut u32 = 0xE000_E014 as *mut u32;
    const CURRENT: *mut u32 = 0xE000_E018 as *mut u32;
    // SAFETY: the registers of SysTick, which every Cortex-M4 has and nothing else here uses.
    unsafe {
        RELOAD.write_volatile(0x00FF_FFFF);
        CURRENT.write_volatile(0);
        CONTROL.write_volatile(0b101); // on, by the processor's clock
        let before = CURRENT.read_volatile();
        let result = f();
        let ticks = before.wrapping_sub(CURRENT.read_volatile()) & 0x00FF_FFFF;
        (ticks * 40, result)
    }
}

/// Runs `f`, and counts the instructions.
#[cfg(target_arch = "riscv32")]
pub fn instructions<R>(f: impl FnOnce() -> R) -> (u32, R) {
    let read = || {
        let count: u32;
        // SAFETY: reads a counter.
        unsafe { asm!("csrr {}, minstret", out(reg) count, options(nomem, nostack)) }
        count
    };
    let before = read();
    let result = f();
    (read().wrapping_sub(before), result)
}

/// Runs `f`, and finds how many bytes of stack it used: those below this function's that no longer have the value
/// they were painted with.
#[inline(never)]
pub fn stack<R>(f: impl FnOnce() -> R) -> (usize, R) {
    const PAINT: u32 = 0xC0FF_EE11;
    const WORDS: usize = 16 * 1024 / 4;
    let top: *mut u32;
    // SAFETY: only copies a register.
    unsafe {
        #[cfg(target_arch = "arm")]
        asm!("mov {}, sp", out(reg) top, options(nomem, nostack));
        #[cfg(target_arch = "riscv32")]
        asm!("mv {}, sp", out(reg) top, options(nomem, nostack));
    }
    for word in 1..=WORDS {
        // SAFETY: below the stack pointer, where nothing is kept: RAM between statics and stack has more than that.
        unsafe { top.sub(word).write_volatile(PAINT) };
    }
    let result = f();
    let mut used = WORDS;
    // SAFETY: as above.
    while used > 0 && unsafe { top.sub(used).read_volatile() } == PAINT {
        used -= 1;
    }
    (used * 4, result)
}

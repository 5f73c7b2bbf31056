//! What the C runtime would bring: an entry point, two system calls, and the functions on memory that the
//! compiler calls.

use core::arch::{asm, global_asm};
use core::panic::PanicInfo;

// The kernel enters with an aligned stack and nothing to return to; `call` leaves it as functions expect.
global_asm!(".globl _start", "_start:", "xor ebp, ebp", "and rsp, -16", "call {enter}", "ud2", enter = sym enter);

extern "C" fn enter() -> ! {
    exit(crate::main())
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(101)
}

fn exit(status: i32) -> ! {
    // SAFETY: system call 60 is `exit`, which does not return.
    unsafe { asm!("syscall", in("rax") 60, in("rdi") status, options(noreturn, nostack)) }
}

/// Writes to the standard output; what fails is lost.
fn print(bytes: &[u8]) {
    // SAFETY: system call 1 is `write`, which reads `bytes` and changes these registers.
    unsafe {
        asm!(
            "syscall", inout("rax") 1usize => _, in("rdi") 1, in("rsi") bytes.as_ptr(), in("rdx") bytes.len(),
            out("rcx") _, out("r11") _, options(nostack),
        );
    }
}

/// Writes the bits of a number, a line.
pub fn print_bits(x: f32) {
    let bits = x.to_bits();
    let mut line = *b"00000000\n";
    for (digit, shift) in line.iter_mut().zip((0..32).step_by(4).rev()) {
        *digit = b"0123456789abcdef"[(bits >> shift & 15) as usize];
    }
    print(&line);
}

// In assembly, because the compiler would turn a loop that copies into a call of the function it is in.

#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: as the caller promises.
    unsafe {
        asm!("rep movsb", inout("rcx") len => _, inout("rdi") to => _, inout("rsi") from => _, options(nostack, preserves_flags));
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // Forwards, unless that would overwrite what is still to be read.
    if to.addr().wrapping_sub(from.addr()) >= len {
        // SAFETY: as the caller promises.
        return unsafe { memcpy(to, from, len) };
    }
    // SAFETY: as the caller promises; `len` is not zero here.
    unsafe {
        asm!(
            "std", "rep movsb", "cld",
            inout("rcx") len => _, inout("rdi") to.add(len - 1) => _, inout("rsi") from.add(len - 1) => _,
            options(nostack),
        );
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    // SAFETY: as the caller promises.
    unsafe {
        asm!("rep stosb", inout("rcx") len => _, inout("rdi") to => _, in("al") byte as u8, options(nostack, preserves_flags));
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    let (above, below): (u8, u8);
    // SAFETY: as the caller promises. The first comparison says "equal" in case there is no byte to compare.
    unsafe {
        asm!(
            "cmp rcx, rcx", "repe cmpsb", "seta {above}", "setb {below}",
            inout("rcx") len => _, inout("rsi") a => _, inout("rdi") b => _,
            above = out(reg_byte) above, below = out(reg_byte) below, options(nostack),
        );
    }
    i32::from(above) - i32::from(below)
}

/// What LLVM makes of a `memcmp` that is only asked whether there is a difference.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    // SAFETY: as the caller promises.
    unsafe { memcmp(a, b, len) }
}

/// Named by `core`, which is compiled for unwinding; never called in a program that does not unwind.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

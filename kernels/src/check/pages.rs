//! Memory between two pages that nobody may touch: who reads or writes a byte too far dies at once.

use std::ptr;

/// Whole pages that may be read and written, with one on each side that may not.
pub(super) struct Room {
    start: *mut u8,
    len: usize,
}

impl Room {
    /// At least `len` bytes, zeroed.
    pub(super) fn new(len: usize) -> Self {
        let page = page();
        let len = len.max(1).next_multiple_of(page);
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
        // SAFETY: asks for new memory, wherever there is some.
        let all = unsafe { libc::mmap(ptr::null_mut(), page + len + page, libc::PROT_NONE, kind, -1, 0) };
        assert!(all != libc::MAP_FAILED, "no memory");
        let start = all.cast::<u8>().wrapping_add(page);
        // SAFETY: the inner pages of the memory that was just made, which nobody knows yet.
        assert!(unsafe { libc::mprotect(start.cast(), len, access) } == 0, "memory cannot be protected");
        Room { start, len }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: `new` made these bytes, which are initialised and live as long as `self`.
        unsafe { core::slice::from_raw_parts(self.start, self.len) }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and uniquely borrowed.
        unsafe { core::slice::from_raw_parts_mut(self.start, self.len) }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let page = page();
        // SAFETY: exactly what `new` was given, to which no borrow is left.
        unsafe { libc::munmap(self.start.wrapping_sub(page).cast(), page + self.len + page) };
    }
}

fn page() -> usize {
    // SAFETY: asks for a number.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).expect("the size of a page")
}

/// Overruns end the process, so they happen in another: this test binary once more, with only [`overrun`].
#[test]
fn a_read_beyond_an_argument_kills() {
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    let test = concat!(module_path!(), "::overrun").split_once("::").expect("a crate and a path").1;
    let program = std::env::current_exe().expect("this program");
    for (offset, dies) in [("-1", true), ("0", false), ("28", false), ("29", true), ("32", true)] {
        let mut child = Command::new(&program);
        child.args(["--exact", test, "--ignored"]).env("CASTIRON_OVERRUN", offset);
        let status = child.output().expect("a process").status;
        let killed = matches!(status.signal(), Some(libc::SIGSEGV | libc::SIGBUS));
        assert!(killed == dies && (dies || status.success()), "reading at {offset}: {status}");
    }
}

/// Reads four bytes at an offset from an argument of 32 bytes that ends, or for a negative offset begins, at
/// a page that nobody may touch.
#[test]
#[ignore = "reads out of bounds; `a_read_beyond_an_argument_kills` runs it"]
fn overrun() {
    use super::memory::{Buffer, Edge};

    let Ok(offset) = std::env::var("CASTIRON_OVERRUN") else { return };
    let offset: isize = offset.parse().expect("a number");
    let buffer = Buffer::new(&[7; 32], if offset < 0 { Edge::Start } else { Edge::End });
    let address = buffer.bytes().as_ptr().wrapping_offset(offset).cast::<[u8; 4]>();
    // SAFETY: none where the offset is out of bounds: the processor stops it, which is what is tested.
    assert_eq!(unsafe { address.read_volatile() }, [7; 4]);
}

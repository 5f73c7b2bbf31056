//! Memory for the arguments of a check: of the bytes around it, none may be written, and on Unix those on
//! one side may not even be read, since they lie on a page that nobody may touch.

use std::ops::Range;

#[cfg(unix)]
use super::pages::Room;

/// Bytes that nothing may write, where there are no pages to protect.
#[cfg(unix)]
const BAND: usize = 0;
#[cfg(not(unix))]
const BAND: usize = 128;
/// What the bytes around an argument hold.
const PATTERN: u8 = 0xBE;

/// Which end of an argument lies at a page that nobody may touch.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edge {
    /// The first byte; the argument is aligned to 64 bytes and more.
    Start,
    /// The last byte; the argument is aligned as its length is, which may be no better than its elements.
    End,
}

/// One argument in memory of its own.
pub(super) struct Buffer {
    room: Room,
    inner: Range<usize>,
}

impl Buffer {
    pub(super) fn new(bytes: &[u8], edge: Edge) -> Self {
        let mut room = Room::new(BAND + bytes.len() + BAND);
        let all = room.bytes_mut();
        let start = match edge {
            Edge::Start => BAND,
            Edge::End => all.len() - BAND - bytes.len(),
        };
        let inner = start..start + bytes.len();
        all.fill(PATTERN);
        all[inner.clone()].copy_from_slice(bytes);
        Buffer { room, inner }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.room.bytes()[self.inner.clone()]
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.room.bytes_mut()[self.inner.clone()]
    }

    /// Whether nothing was written around the argument.
    pub(super) fn is_intact(&self) -> bool {
        let all = self.room.bytes();
        all[..self.inner.start].iter().chain(&all[self.inner.end..]).all(|&byte| byte == PATTERN)
    }
}

/// Whole lines of memory, where there are no pages to protect.
#[cfg(not(unix))]
struct Room(Vec<Line>);
#[cfg(not(unix))]
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

#[cfg(not(unix))]
impl Room {
    fn new(len: usize) -> Self {
        Room(vec![Line([0; 64]); len.div_ceil(64)])
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: a line is 64 bytes without padding.
        unsafe { core::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * 64) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and uniquely borrowed.
        unsafe { core::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * 64) }
    }
}

#[test]
fn a_write_around_an_argument_is_seen() {
    for edge in [Edge::Start, Edge::End] {
        let mut buffer = Buffer::new(&[1, 2, 3], edge);
        buffer.bytes_mut()[2] = 0;
        assert!(buffer.is_intact());
        let beside = match edge {
            Edge::Start => buffer.inner.end,
            Edge::End => buffer.inner.start - 1,
        };
        buffer.room.bytes_mut()[beside] = 0;
        assert!(!buffer.is_intact());
    }
}

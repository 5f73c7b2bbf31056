//! [`Handle`]: a node of a tape, counted, so that the tape knows which of its nodes somebody still holds.

use std::rc::Rc;

use super::record::Record;

/// A node of a tape. While handles of a node exist its gradient is kept, and so is its place.
pub struct Handle {
    pub(super) record: Rc<Record>,
    pub(super) index: usize,
    /// Unique among all tapes: places are used again, numbers are not.
    pub(super) serial: u64,
}

impl Handle {
    pub(super) fn same_tape(&self, other: &Handle) -> bool {
        Rc::ptr_eq(&self.record, &other.record)
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        self.record.hold(self.index);
        Handle { record: Rc::clone(&self.record), ..*self }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.record.release(self.index);
    }
}

impl core::fmt::Debug for Handle {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "node {}", self.serial)
    }
}

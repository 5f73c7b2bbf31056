//! Text that is composed at compile time.

/// Text of at most `N` bytes. The first piece that does not fit, and all after it, are left out.
#[derive(Clone, Copy)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
    full: bool,
}

impl<const N: usize> Text<N> {
    /// Nothing yet.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Text { bytes: [0; N], len: 0, full: false }
    }

    /// Appends a piece.
    pub const fn push(&mut self, piece: &str) {
        self.push_bytes(piece.as_bytes());
    }

    /// Appends a piece that is text.
    pub(super) const fn push_bytes(&mut self, piece: &[u8]) {
        self.full = self.full || piece.len() > N - self.len;
        let mut i = 0;
        while i < piece.len() && !self.full {
            self.bytes[self.len + i] = piece[i];
            i += 1;
        }
        self.len += i;
    }

    /// Appends a number.
    pub const fn number(&mut self, mut number: u64) {
        let mut digits = [0; 20];
        let mut first = digits.len();
        loop {
            first -= 1;
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.push_bytes(digits.split_at(first).1);
    }

    /// Whether something was left out.
    pub const fn is_full(&self) -> bool {
        self.full
    }

    /// Ends with a note if something was left out.
    pub const fn note_if_full(&mut self, note: &str) {
        if self.full {
            self.full = false;
            // At the beginning of a character.
            while self.len + note.len() > N || matches!(self.bytes[self.len], 0x80..0xC0) {
                self.len -= 1;
            }
            self.push(note);
        }
    }

    /// Whether there is nothing.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The whole.
    pub const fn as_str(&self) -> &str {
        text(self.as_bytes())
    }

    pub(super) const fn as_bytes(&self) -> &[u8] {
        self.bytes.split_at(self.len).0
    }
}

/// Bytes that are known to be text.
pub(super) const fn text(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("pieces of text are cut between characters"),
    }
}

/// Whether two texts are the same.
pub(super) const fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && starts_with(a, b)
}

pub(super) const fn ends_with(text: &[u8], end: &[u8]) -> bool {
    text.len() >= end.len() && starts_with(text.split_at(text.len() - end.len()).1, end)
}

pub(super) const fn starts_with(text: &[u8], start: &[u8]) -> bool {
    if text.len() < start.len() {
        return false;
    }
    let mut i = 0;
    while i < start.len() {
        if text[i] != start[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn what_does_not_fit_is_noted() {
        let mut text = Text::<10>::new();
        text.push("a = ");
        text.number(u64::MAX);
        text.push("b");
        assert_eq!((text.as_str(), text.is_full()), ("a = ", true));
        text.note_if_full(" and more");
        assert_eq!(text.as_str(), "a and more");

        let mut text = Text::<12>::new();
        text.push("äöüß");
        text.number(1234567890);
        // Not in the middle of a character.
        text.note_if_full(" more");
        assert_eq!(text.as_str(), "äöü more");
    }

    #[test]
    fn numbers_are_written_in_full() {
        let mut text = Text::<100>::new();
        for number in [0, 7, 10, 1_002_003, u64::MAX] {
            text.number(number);
            text.push(" ");
        }
        text.note_if_full("and more");
        assert_eq!(text.as_str(), "0 7 10 1002003 18446744073709551615 ");
    }
}

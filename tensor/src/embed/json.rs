//! As much of JSON as the header of a safetensors file has: objects, strings, lists of natural numbers.
//!
//! The compiler takes its time for calls and for `Result`s. So nothing is called for a single byte, and what is wrong
//! first is kept until somebody asks: after it there is nothing more to read.

use super::reason::Reason;

/// A piece of the header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: u32,
    pub(super) to: u32,
}

impl Span {
    pub(super) const NONE: Span = Span { from: 0, to: 0 };

    pub(super) const fn all(text: &[u8]) -> Self {
        Span { from: 0, to: text.len() as u32 }
    }

    pub(super) const fn of<'a>(&self, header: &'a [u8]) -> &'a [u8] {
        header.split_at(self.to as usize).0.split_at(self.from as usize).1
    }

    /// Whether it is this in the header.
    pub(super) const fn is(&self, header: &[u8], text: &[u8]) -> bool {
        if (self.to - self.from) as usize != text.len() {
            return false;
        }
        let (from, mut i) = (self.from as usize, 0);
        while i < text.len() {
            if header[from + i] != text[i] {
                return false;
            }
            i += 1;
        }
        true
    }
}

/// Reads JSON from left to right, without recursion.
pub(super) struct Json<'a> {
    text: &'a [u8],
    at: usize,
    fault: Option<Reason<'a>>,
}

/// Steps over white space.
macro_rules! skip_space {
    ($json:ident) => {
        while $json.at < $json.text.len() && matches!($json.text[$json.at], b' ' | b'\t' | b'\n' | b'\r') {
            $json.at += 1;
        }
    };
}

/// Whether this byte is here.
macro_rules! here {
    ($json:ident, $byte:expr) => {
        $json.at < $json.text.len() && $json.text[$json.at] == $byte
    };
}

impl<'a> Json<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Json { text, at: 0, fault: None }
    }

    /// What was wrong first.
    pub(super) const fn fault(&self) -> Option<Reason<'a>> {
        self.fault
    }

    const fn expected(&mut self, what: &'static str) {
        self.expected_at(self.at as u32, what);
    }

    pub(super) const fn expected_at(&mut self, at: u32, what: &'static str) {
        if self.fault.is_none() {
            self.fault = Some(Reason::Expected { at, what });
        }
        self.at = self.text.len();
    }

    /// Steps over `wanted`, which `what` names.
    pub(super) const fn expect(&mut self, wanted: u8, what: &'static str) {
        skip_space!(self);
        if here!(self, wanted) {
            self.at += 1;
        } else {
            self.expected(what);
        }
    }

    pub(super) const fn end(&mut self) {
        skip_space!(self);
        if self.at < self.text.len() {
            self.expected("the end");
        }
    }

    /// Whether another part follows in an object or list that `close` ends; steps over comma or end.
    pub(super) const fn another(&mut self, first: bool, close: u8, what: &'static str) -> bool {
        skip_space!(self);
        if here!(self, close) {
            self.at += 1;
            return false;
        }
        if first {
            return self.at < self.text.len() || {
                self.expected(what);
                false
            };
        }
        let found = here!(self, b',');
        if found {
            self.at += 1;
        } else {
            self.expected(what);
        }
        found
    }

    /// A natural number below 2⁶⁴.
    pub(super) const fn number(&mut self) -> u64 {
        skip_space!(self);
        let zero = here!(self, b'0');
        let start = self.at;
        let (mut number, mut fits) = (0_u64, true);
        while self.at < self.text.len() && self.text[self.at].is_ascii_digit() {
            let digit = (self.text[self.at] - b'0') as u64;
            fits = fits && number <= (u64::MAX - digit) / 10;
            number = if fits { 10 * number + digit } else { 0 };
            self.at += 1;
        }
        let digits = self.at - start;
        // As in JSON, no other number begins with a zero.
        if !fits || digits == 0 || (zero && digits > 1) {
            self.expected("a natural number below 2^64");
        }
        number
    }

    /// A list of natural numbers: its text, and their product if that is below 2⁶⁴ at every step.
    pub(super) const fn numbers(&mut self) -> (Span, Option<u64>) {
        self.expect(b'[', "`[`");
        let from = self.at as u32;
        let (mut product, mut fits, mut first) = (1, true, true);
        while self.another(first, b']', "`,` or `]`") {
            let number = self.number();
            fits = fits && product as u128 * number as u128 <= u64::MAX as u128;
            product = if fits { product * number } else { 0 };
            first = false;
        }
        (Span { from, to: self.at as u32 }, if fits { Some(product) } else { None })
    }

    /// A string in which nothing is escaped.
    pub(super) const fn plain_string(&mut self) -> Span {
        self.expect(b'"', "a string");
        let from = self.at as u32;
        self.skip_ordinary();
        let to = self.at as u32;
        if here!(self, b'"') {
            self.at += 1;
        } else if here!(self, b'\\') {
            self.expected("no escape sequence in a name");
        } else {
            self.expected("the rest of a string");
        }
        Span { from, to }
    }

    /// Steps over a string.
    pub(super) const fn skip_string(&mut self) {
        self.expect(b'"', "a string");
        self.skip_ordinary();
        while here!(self, b'\\') {
            self.at += 1;
            self.skip_escape();
            self.skip_ordinary();
        }
        if here!(self, b'"') {
            self.at += 1;
        } else {
            self.expected("the rest of a string");
        }
    }

    /// Steps to the next byte that is no ordinary one of a string.
    const fn skip_ordinary(&mut self) {
        let (text, mut at) = (self.text, self.at);
        while at < text.len() && text[at] != b'"' && text[at] != b'\\' && text[at] >= b' ' {
            at += 1;
        }
        self.at = at;
    }

    /// What follows a backslash.
    const fn skip_escape(&mut self) {
        if !here!(self, b'u') {
            if self.at < self.text.len()
                && matches!(self.text[self.at], b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')
            {
                self.at += 1;
            } else {
                self.expected("an escape sequence of JSON");
            }
            return;
        }
        // Characters beyond 2¹⁶ are two units, which are nothing alone.
        let unit = self.unit();
        let pair = unit >= 0xD800 && unit < 0xDC00 && here!(self, b'\\') && {
            self.at += 1;
            let second = self.unit();
            second >= 0xDC00 && second < 0xE000
        };
        if unit >= 0xD800 && unit < 0xE000 && !pair {
            self.expected("both halves of a character beyond \\uFFFF");
        }
    }

    /// `u` and four hexadecimal digits.
    const fn unit(&mut self) -> u32 {
        let found = here!(self, b'u');
        self.at += found as usize;
        let (mut unit, mut i) = (0, 0);
        while found && i < 4 && self.at < self.text.len() {
            let digit = match self.text[self.at] {
                digit @ b'0'..=b'9' => digit - b'0',
                digit @ b'a'..=b'f' => digit - b'a' + 10,
                digit @ b'A'..=b'F' => digit - b'A' + 10,
                _ => break,
            };
            unit = 16 * unit + digit as u32;
            self.at += 1;
            i += 1;
        }
        if i < 4 {
            self.expected("`u` and four hexadecimal digits");
        }
        unit
    }
}

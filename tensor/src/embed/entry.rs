//! One tensor of a file, as the header describes it: `"fc1.bias":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}`.

use super::json::{Json, Span};
use super::reason::Reason;
use super::text::text;

/// A tensor of the file.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub(super) name: Span,
    pub(super) element: Span,
    pub(super) dims: Span,
    pub(super) hash: u64,
    /// Where its data begin in the data of the file.
    pub begin: u64,
    /// Where they end.
    pub end: u64,
}

impl Entry {
    pub(super) const NONE: Entry =
        Entry { name: Span::NONE, element: Span::NONE, dims: Span::NONE, hash: 0, begin: 0, end: 0 };

    /// Reads what comes after the name.
    pub(super) const fn read<'a>(
        name: Span,
        json: &mut Json<'a>,
        header: &'a [u8],
    ) -> Result<Self, Reason<'a>> {
        let mut entry = Entry { name, hash: hash(name, header), ..Entry::NONE };
        let mut numbers = None;
        let (mut dtype, mut shape, mut data_offsets) = (false, false, false);
        json.expect(b'{', "`{`");
        let mut first = true;
        while json.another(first, b'}', "`,` or `}`") {
            first = false;
            let part = json.plain_string();
            json.expect(b':', "`:`");
            if !dtype && part.is(header, b"dtype") {
                dtype = true;
                entry.element = json.plain_string();
            } else if !shape && part.is(header, b"shape") {
                shape = true;
                (entry.dims, numbers) = json.numbers();
            } else if !data_offsets && part.is(header, b"data_offsets") {
                data_offsets = true;
                json.expect(b'[', "`[`");
                entry.begin = json.number();
                json.expect(b',', "`,`");
                entry.end = json.number();
                json.expect(b']', "`]`");
            } else {
                json.expected_at(part.from, "`dtype`, `shape` or `data_offsets`, each once,");
            }
        }
        if let Some(reason) = json.fault() {
            return Err(reason);
        }
        if dtype && shape && data_offsets {
            return entry.checked(numbers, header);
        }
        let part = if !dtype {
            "dtype"
        } else if !shape {
            "shape"
        } else {
            "data_offsets"
        };
        Err(Reason::Incomplete { name: entry.text(header), part })
    }

    /// Dimensions, of which the product is given, and element say how many bytes it takes.
    const fn checked<'a>(self, numbers: Option<u64>, header: &'a [u8]) -> Result<Self, Reason<'a>> {
        let Some(bits) = bits(self.element, header) else {
            let element = text(self.element.of(header));
            return Err(Reason::UnknownElement { name: self.text(header), element });
        };
        let bits = match numbers {
            Some(numbers) if numbers <= u64::MAX / bits => numbers * bits,
            _ => return Err(Reason::TooLarge { name: self.text(header) }),
        };
        if bits % 8 != 0 {
            Err(Reason::PartOfByte { name: self.text(header) })
        } else if self.end < self.begin {
            Err(Reason::Backwards { name: self.text(header) })
        } else if self.end - self.begin != bits / 8 {
            Err(Reason::Size { name: self.text(header), dims: bits / 8, data: self.end - self.begin })
        } else {
            Ok(self)
        }
    }

    pub(super) const fn text<'a>(&self, header: &'a [u8]) -> &'a str {
        text(self.name.of(header))
    }
}

/// The dimensions of a tensor, outermost first.
pub struct Dimensions<'a> {
    json: Json<'a>,
    first: bool,
}

impl<'a> Dimensions<'a> {
    /// Of a list that was read before, so that nothing is wrong with it.
    pub(super) const fn of(list: &'a [u8]) -> Self {
        Dimensions { json: Json::new(list), first: true }
    }

    /// The next one.
    #[allow(clippy::should_implement_trait)]
    pub const fn next(&mut self) -> Option<u64> {
        let another = self.json.another(self.first, b']', "`,` or `]`");
        self.first = false;
        if another { Some(self.json.number()) } else { None }
    }
}

/// How many bits an element has, by the name that safetensors has for it.
const fn bits(element: Span, header: &[u8]) -> Option<u64> {
    const BITS: [(&[u8], u64); 22] = [
        (b"F32", 32),
        (b"F64", 64),
        (b"F16", 16),
        (b"BF16", 16),
        (b"I64", 64),
        (b"I32", 32),
        (b"I16", 16),
        (b"I8", 8),
        (b"U64", 64),
        (b"U32", 32),
        (b"U16", 16),
        (b"U8", 8),
        (b"BOOL", 8),
        (b"C64", 64),
        (b"F8_E4M3", 8),
        (b"F8_E5M2", 8),
        (b"F8_E8M0", 8),
        (b"F8_E4M3FNUZ", 8),
        (b"F8_E5M2FNUZ", 8),
        (b"F6_E2M3", 6),
        (b"F6_E3M2", 6),
        (b"F4", 4),
    ];
    let mut i = 0;
    while i < BITS.len() {
        if element.is(header, BITS[i].0) {
            return Some(BITS[i].1);
        }
        i += 1;
    }
    None
}

/// FNV-1a.
pub(super) const fn hash(name: Span, header: &[u8]) -> u64 {
    let (mut hash, mut i) = (0xCBF2_9CE4_8422_2325, name.from as usize);
    while i < name.to as usize {
        // Modulo 2⁶⁴.
        hash = ((hash ^ header[i] as u64) as u128 * 0x0100_0000_01B3) as u64;
        i += 1;
    }
    hash
}

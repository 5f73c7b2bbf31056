//! The header of a safetensors file: 8 bytes of length, then JSON that names every tensor with its element, its
//! dimensions and its place in the data, which are the rest of the file
//! (<https://github.com/huggingface/safetensors#format>).

use super::entry::{Dimensions, Entry, hash};
use super::json::{Json, Span};
use super::order::Order;
use super::reason::Reason;
use super::text::text;

/// The shortest description of a tensor has more bytes:
/// `"":{"dtype":"U8","shape":[],"data_offsets":[0,0]}`. So a header of `n` bytes has at most `n / 48` tensors.
pub(super) const BYTES_PER_TENSOR: usize = 48;

/// The tensors of a file, at most `N`.
pub struct Header<'a, const N: usize> {
    json: &'a [u8],
    /// What follows the header.
    pub data: &'a [u8],
    entries: [Entry; N],
    len: usize,
    by_hash: Order<N>,
}

impl<'a, const N: usize> Header<'a, N> {
    /// Reads the header, and checks that the tensors fill the data without gap or overlap.
    ///
    /// What serde_json allows beyond what safetensors writes is refused: escape sequences in names, parts of a
    /// description other than its three, a description as a list, the same name twice, `null` for `__metadata__`.
    pub const fn read(file: &'a [u8]) -> Result<Self, Reason<'a>> {
        let (json, data) = match split(file, N * BYTES_PER_TENSOR) {
            Ok(parts) => parts,
            Err(reason) => return Err(reason),
        };
        let by_hash = Order::of(&[0; N], 0);
        let mut header = Header { json, data, entries: [Entry::NONE; N], len: 0, by_hash };
        if let Some(reason) = header.parse() {
            return Err(reason);
        }
        if let Some(reason) = header.fault_of_places() {
            return Err(reason);
        }
        if let Some(reason) = header.index_names() {
            return Err(reason);
        }
        Ok(header)
    }

    /// How many tensors there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A tensor, in the order of the header.
    pub const fn entry(&self, i: usize) -> &Entry {
        &self.entries[i]
    }

    /// Its name.
    pub const fn name(&self, entry: &Entry) -> &'a [u8] {
        entry.name.of(self.json)
    }

    /// Its element, as safetensors calls it.
    pub const fn element(&self, entry: &Entry) -> &'a [u8] {
        entry.element.of(self.json)
    }

    /// Its dimensions, one after the other.
    pub const fn dims(&self, entry: &Entry) -> Dimensions<'a> {
        Dimensions::of(entry.dims.of(self.json))
    }

    /// Finds a tensor by its name.
    pub const fn find(&self, name: &[u8]) -> Option<usize> {
        let wanted = hash(Span::all(name), name);
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = (low + high) / 2;
            if self.entries[self.by_hash.nth[middle] as usize].hash < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        // Names that differ may have one hash.
        while low < self.len && self.entries[self.by_hash.nth[low] as usize].hash == wanted {
            let i = self.by_hash.nth[low] as usize;
            if self.entries[i].name.is(self.json, name) {
                return Some(i);
            }
            low += 1;
        }
        None
    }

    const fn parse(&mut self) -> Option<Reason<'a>> {
        let mut json = Json::new(self.json);
        let (mut first, mut metadata) = (true, false);
        json.expect(b'{', "`{`");
        while json.another(first, b'}', "`,` or `}`") {
            first = false;
            let name = json.plain_string();
            json.expect(b':', "`:`");
            if name.is(self.json, b"__metadata__") {
                if metadata {
                    return Some(Reason::Twice { name: "__metadata__" });
                }
                metadata = true;
                skip_metadata(&mut json);
            } else {
                self.entries[self.len] = match Entry::read(name, &mut json, self.json) {
                    Ok(entry) => entry,
                    Err(reason) => return Some(reason),
                };
                self.len += 1;
            }
        }
        json.end();
        json.fault()
    }

    /// In the order of their places, each tensor must begin where the one before it ends.
    const fn fault_of_places(&self) -> Option<Reason<'a>> {
        let mut places = [0; N];
        let mut i = 0;
        while i < self.len {
            places[i] = ((self.entries[i].begin as u128) << 64) | self.entries[i].end as u128;
            i += 1;
        }
        let order = Order::of(&places, self.len);
        let (mut end_before, mut i) = (0, 0);
        while i < self.len {
            let entry = &self.entries[order.nth[i] as usize];
            if entry.begin != end_before {
                return Some(Reason::Misplaced {
                    name: entry.text(self.json),
                    begin: entry.begin,
                    end_before,
                });
            }
            end_before = entry.end;
            i += 1;
        }
        if end_before == self.data.len() as u64 {
            None
        } else {
            Some(Reason::DataLength { tensors: end_before, data: self.data.len() })
        }
    }

    /// Puts the names in the order of their hashes; no two may be the same.
    const fn index_names(&mut self) -> Option<Reason<'a>> {
        let mut hashes = [0; N];
        let mut i = 0;
        while i < self.len {
            hashes[i] = self.entries[i].hash as u128;
            i += 1;
        }
        self.by_hash = Order::of(&hashes, self.len);
        let mut i = 1;
        while i < self.len {
            let (one, other) = (self.by_hash.nth[i - 1] as usize, self.by_hash.nth[i] as usize);
            if hashes[one] == hashes[other] {
                let name = self.name(&self.entries[one]);
                if self.entries[other].name.is(self.json, name) {
                    return Some(Reason::Twice { name: text(name) });
                }
            }
            i += 1;
        }
        None
    }
}

/// Header and data, if the header has at most `most` bytes.
const fn split(file: &[u8], most: usize) -> Result<(&[u8], &[u8]), Reason<'_>> {
    let Some((length, rest)) = file.split_first_chunk() else {
        return Err(Reason::NoLength { len: file.len() });
    };
    let said = u64::from_le_bytes(*length);
    if said > rest.len() as u64 {
        return Err(Reason::HeaderLength { said, follow: rest.len() });
    }
    if said > most as u64 {
        return Err(Reason::LongHeader { said, most });
    }
    let (json, data) = rest.split_at(said as usize);
    match core::str::from_utf8(json) {
        Ok(_) => Ok((json, data)),
        Err(error) => Err(Reason::Utf8 { at: error.valid_up_to() }),
    }
}

/// How many bytes of header a file says it has; nothing if it says nothing of use.
pub(super) const fn said_length(file: &[u8]) -> u64 {
    match file.first_chunk() {
        Some(length) => u64::from_le_bytes(*length),
        None => 0,
    }
}

/// `{"key":"value"}`
const fn skip_metadata(json: &mut Json<'_>) {
    let mut first = true;
    json.expect(b'{', "`{`");
    while json.another(first, b'}', "`,` or `}`") {
        first = false;
        json.skip_string();
        json.expect(b':', "`:`");
        json.skip_string();
    }
}

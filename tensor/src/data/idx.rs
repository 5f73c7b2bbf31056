//! Reading IDX files, the format of MNIST and its relatives, plain or gzipped.
//!
//! A file holds one array: its first dimension counts the items, the others are the dimensions of an
//! item. The item is named as a Rust type, and a file of anything else is an error.

mod error;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

pub use error::{IdxError, IdxErrorKind};

/// What one item of an IDX file can be: a number, or an array of items.
pub trait IdxItem: Copy {
    /// The number that the item consists of.
    type Element: Copy;
    /// The code of that number's type in the header of the file.
    const CODE: u8;
    /// Appends the dimensions of the item, outermost first.
    fn dims(dims: &mut Vec<usize>);
    /// Appends the numbers of `bytes`, which are big-endian.
    fn decode(bytes: &[u8], elements: &mut Vec<Self::Element>);
    /// The same numbers, seen as items.
    fn items(elements: &[Self::Element]) -> &[Self];
}

macro_rules! idx_element {
    ($($element:ty: $code:literal),+ $(,)?) => {
        $(impl IdxItem for $element {
            type Element = $element;
            const CODE: u8 = $code;
            fn dims(_: &mut Vec<usize>) {}
            fn decode(bytes: &[u8], elements: &mut Vec<$element>) {
                let (bytes, _) = bytes.as_chunks();
                elements.extend(bytes.iter().map(|bytes| <$element>::from_be_bytes(*bytes)));
            }
            fn items(elements: &[$element]) -> &[$element] {
                elements
            }
        })+

        /// The name of the element type with this code.
        fn element_name(code: u8) -> Option<&'static str> {
            match code {
                $($code => Some(stringify!($element)),)+
                _ => None,
            }
        }
    };
}
idx_element!(u8: 0x08, i8: 0x09, i16: 0x0b, i32: 0x0c, f32: 0x0d, f64: 0x0e);

impl<T: IdxItem, const N: usize> IdxItem for [T; N] {
    type Element = T::Element;
    const CODE: u8 = T::CODE;
    fn dims(dims: &mut Vec<usize>) {
        dims.push(N);
        T::dims(dims);
    }
    fn decode(bytes: &[u8], elements: &mut Vec<T::Element>) {
        T::decode(bytes, elements);
    }
    fn items(elements: &[T::Element]) -> &[Self] {
        const { assert!(N > 0, "an item of an IDX file holds at least one number") };
        T::items(elements).as_chunks().0
    }
}

/// Reads the items of the IDX file at `path`; whether it is gzipped is seen from its content.
///
/// ```no_run
/// use castiron::data::idx;
/// let images: Vec<[[u8; 28]; 28]> = idx::read("train-images-idx3-ubyte.gz")?;
/// let labels: Vec<u8> = idx::read("train-labels-idx1-ubyte.gz")?;
/// # Ok::<(), idx::IdxError>(())
/// ```
pub fn read<T: IdxItem>(path: impl AsRef<Path>) -> Result<Vec<T>, IdxError> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|error| IdxErrorKind::Io(error).at(0));
    file.and_then(|file| parse(BufReader::new(file)))
        .map_err(|error| IdxError { path: Some(path.to_owned()), ..error })
}

/// Reads the items of an IDX file that is in memory, plain or gzipped.
///
/// ```
/// use castiron::data::idx;
/// // Element type 8 (`u8`), two dimensions: 3 items of 2 numbers.
/// let file = [0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6];
/// assert_eq!(idx::from_bytes::<[u8; 2]>(&file)?, [[1, 2], [3, 4], [5, 6]]);
///
/// let error = idx::from_bytes::<[u8; 3]>(&file).unwrap_err();
/// assert_eq!(error.to_string(), "IDX data, byte 4: the dimensions are [3, 2], but [n, 3] was asked for");
/// # Ok::<(), idx::IdxError>(())
/// ```
pub fn from_bytes<T: IdxItem>(bytes: &[u8]) -> Result<Vec<T>, IdxError> {
    parse(bytes)
}

fn parse<T: IdxItem>(mut file: impl BufRead) -> Result<Vec<T>, IdxError> {
    let start = file.fill_buf().map_err(|error| IdxErrorKind::Io(error).at(0))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        Content { reader: MultiGzDecoder::new(file), offset: 0, fault: IdxErrorKind::Gzip }.items()
    } else {
        Content { reader: file, offset: 0, fault: IdxErrorKind::Io }.items()
    }
}

/// What is in the file, decompressed.
struct Content<R> {
    reader: R,
    offset: u64,
    fault: fn(io::Error) -> IdxErrorKind,
}

impl<R: Read> Content<R> {
    fn items<T: IdxItem>(mut self) -> Result<Vec<T>, IdxError> {
        let count = self.header::<T>()?;
        let Some(len) = count.checked_mul(size_of::<T>()) else {
            return Err(IdxErrorKind::Overflow { count, item: size_of::<T>() }.at(4));
        };
        let end = self.offset + len as u64;
        let bytes = self.take(len)?;
        // Reading on to the end also has gzip's checksum verified.
        let mut rest = [0];
        match self.reader.read(&mut rest) {
            Ok(0) => {}
            Ok(_) => return Err(IdxErrorKind::Trailing { want: end }.at(end)),
            Err(error) => return Err((self.fault)(error).at(end)),
        }

        // In blocks, so that beside the bytes and the items there is no third copy of everything.
        let mut items = Vec::with_capacity(count);
        let mut elements = Vec::new();
        for block in bytes.chunks(size_of::<T>() * (65_536 / size_of::<T>()).max(1)) {
            elements.clear();
            T::decode(block, &mut elements);
            items.extend_from_slice(T::items(&elements));
        }
        Ok(items)
    }

    /// Checks the header against `T`, and says how many items follow.
    fn header<T: IdxItem>(&mut self) -> Result<usize, IdxError> {
        let magic = self.take(4)?;
        if magic[..2] != [0, 0] {
            return Err(IdxErrorKind::Magic { got: [magic[0], magic[1]] }.at(0));
        }
        match element_name(magic[2]) {
            None => return Err(IdxErrorKind::ElementCode { got: magic[2] }.at(2)),
            Some(got) if magic[2] != T::CODE => {
                return Err(IdxErrorKind::Element { got, want: element_name(T::CODE).unwrap_or("?") }.at(2));
            }
            Some(_) => {}
        }
        let mut want = Vec::new();
        T::dims(&mut want);
        let mut got = Vec::new();
        i32::decode(&self.take(4 * usize::from(magic[3]))?, &mut got);
        let got: Vec<usize> = got.into_iter().map(|dim| dim as u32 as usize).collect();
        match got.split_first() {
            Some((&count, item)) if item == want => Ok(count),
            _ => Err(IdxErrorKind::Dims { got, want }.at(4)),
        }
    }

    /// The next `len` bytes. Memory grows with what is there, whatever a header claims.
    fn take(&mut self, len: usize) -> Result<Vec<u8>, IdxError> {
        let mut bytes = Vec::new();
        let result = self.reader.by_ref().take(len as u64).read_to_end(&mut bytes);
        let start = self.offset;
        self.offset += bytes.len() as u64;
        match result {
            Err(error) => Err((self.fault)(error).at(self.offset)),
            Ok(got) if got < len => {
                Err(IdxErrorKind::Truncated { got: self.offset, want: start.saturating_add(len as u64) }
                    .at(self.offset))
            }
            Ok(_) => Ok(bytes),
        }
    }
}

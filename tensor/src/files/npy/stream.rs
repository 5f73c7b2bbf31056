//! One array: from and to a stream of bytes.

use std::io::{Read, Write};

use castiron_kernels::DType;

use super::error::Wrong;
use super::header::Header;
use crate::array::Dims;
use crate::{Bool, DynTensor, Element, bf16, f16};

/// An element as its bytes.
trait Bytes: Element {
    type Array: AsRef<[u8]> + AsMut<[u8]> + Default;
    fn from_bytes(bytes: Self::Array, big_endian: bool) -> Self;
    fn to_bytes(self) -> Self::Array;
}
macro_rules! bytes {
    ($($t:ty)*) => { $(
        impl Bytes for $t {
            type Array = [u8; size_of::<$t>()];
            fn from_bytes(bytes: Self::Array, big_endian: bool) -> Self {
                if big_endian { <$t>::from_be_bytes(bytes) } else { <$t>::from_le_bytes(bytes) }
            }
            fn to_bytes(self) -> Self::Array {
                self.to_le_bytes()
            }
        }
    )* };
}
bytes!(f32 f64 bf16 f16 i8 u8 i32 i64);
impl Bytes for Bool {
    type Array = [u8; 1];
    fn from_bytes([byte]: [u8; 1], _: bool) -> Self {
        Bool::from(byte != 0)
    }
    fn to_bytes(self) -> [u8; 1] {
        [u8::from(self.get())]
    }
}

/// `$f::<E>` for the element type that `$dtype` is.
macro_rules! by_dtype {
    ($dtype:expr, $f:ident($($arg:expr),*)) => {
        match $dtype {
            DType::F32 => $f::<f32>($($arg),*),
            DType::F64 => $f::<f64>($($arg),*),
            DType::Bf16 => $f::<bf16>($($arg),*),
            DType::F16 => $f::<f16>($($arg),*),
            DType::I8 => $f::<i8>($($arg),*),
            DType::U8 => $f::<u8>($($arg),*),
            DType::I32 => $f::<i32>($($arg),*),
            DType::I64 => $f::<i64>($($arg),*),
            DType::Bool => $f::<Bool>($($arg),*),
        }
    };
}

/// Bytes that are converted at a time.
const CHUNK: usize = 1 << 16;

/// Reads an array from a stream of at most `available` bytes, header included.
pub(super) fn read(r: &mut impl Read, available: u64) -> Result<DynTensor, Wrong> {
    let header = Header::read(r)?;
    by_dtype!(header.dtype, read_numbers(&header, r, available))
}

fn read_numbers<E: Bytes>(header: &Header, r: &mut impl Read, available: u64) -> Result<DynTensor, Wrong> {
    let Header { dims, dtype, .. } = header;
    let len: usize = dims.iter().product();
    let wanted = len * dtype.size();
    let cut_off = |has: &dyn std::fmt::Display| {
        let claims = format!("it claims to be {dtype} {dims:?}, which takes {wanted} bytes");
        Wrong::Format(format!("it is cut off: {claims}, but has {has}"))
    };
    // Before memory is taken for them.
    if wanted as u64 > available {
        return Err(cut_off(&format_args!("only {available}")));
    }
    let mut values: Vec<E> = Vec::new();
    let no_memory = |_| Wrong::Io(std::io::ErrorKind::OutOfMemory.into());
    values.try_reserve_exact(len).map_err(no_memory)?;
    let mut chunk = vec![0; CHUNK.min(wanted)];
    while values.len() < len {
        let count = (len - values.len()).min(CHUNK / dtype.size());
        let chunk = &mut chunk[..count * dtype.size()];
        r.read_exact(chunk).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => cut_off(&"fewer"),
            _ => error.into(),
        })?;
        values.extend(chunk.chunks_exact(dtype.size()).map(|bytes| {
            let mut array = E::Array::default();
            array.as_mut().copy_from_slice(bytes);
            E::from_bytes(array, header.big_endian)
        }));
    }
    // In Fortran order the axes lie the other way round.
    let mut stored = dims.clone();
    if header.fortran {
        stored.reverse();
    }
    let x = DynTensor::from_vec(&stored, values).map_err(|error| Wrong::Format(error.to_string()))?;
    if !header.fortran || dims.len() < 2 {
        return Ok(x);
    }
    if len == 0 {
        return Ok(DynTensor::of_array(x.array().reshaped(Dims::new(dims))));
    }
    let order: Vec<usize> = (0..dims.len()).rev().collect();
    Ok(DynTensor::of_array(x.array().permute(&order)))
}

/// Writes an array with its header.
pub(super) fn write(x: &DynTensor, w: &mut impl Write) -> Result<(), Wrong> {
    Header::write(x.dims(), x.dtype(), w)?;
    by_dtype!(x.dtype(), write_numbers(x, w))
}

fn write_numbers<E: Bytes>(x: &DynTensor, w: &mut impl Write) -> Result<(), Wrong> {
    let mut bytes = Vec::with_capacity(CHUNK);
    for chunk in x.as_slice::<E>().unwrap_or_default().chunks(CHUNK / size_of::<E>()) {
        bytes.clear();
        chunk.iter().for_each(|value| bytes.extend_from_slice(value.to_bytes().as_ref()));
        w.write_all(&bytes)?;
    }
    Ok(())
}

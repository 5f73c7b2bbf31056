//! The header of an array: its dimensions, elements and order.

use std::io::{Read, Write};

use castiron_kernels::DType;
use npyz::{Endianness, NpyHeader, Order, TypeChar, WriteOptions, WriterBuilder};

use super::error::Wrong;
use crate::shape::MAX_RANK;

pub(super) struct Header {
    pub(super) dims: Vec<usize>,
    pub(super) dtype: DType,
    pub(super) big_endian: bool,
    pub(super) fortran: bool,
}

/// NumPy refuses longer headers too.
const MAX_HEADER: usize = 10_000;

impl Header {
    /// Reads the header; `r` is then at the first number.
    pub(super) fn read(r: &mut impl Read) -> Result<Self, Wrong> {
        let mut bytes = vec![0; 8];
        let cut_off = |_| Wrong::Format("it is cut off within its header".to_owned());
        r.read_exact(&mut bytes).map_err(cut_off)?;
        if !bytes.starts_with(b"\x93NUMPY") {
            return Err(Wrong::Format("not an array of NumPy: it does not start with \\x93NUMPY".to_owned()));
        }
        // Since version 2 the length has four bytes.
        let mut len = [0; 4];
        let width = if bytes[6] == 1 { 2 } else { 4 };
        r.read_exact(&mut len[..width]).map_err(cut_off)?;
        bytes.extend(&len[..width]);
        let len = u32::from_le_bytes(len) as usize;
        if len > MAX_HEADER {
            return Err(Wrong::Format(format!("its header claims {len} bytes, more than {MAX_HEADER}")));
        }
        let start = bytes.len();
        bytes.resize(start + len, 0);
        r.read_exact(&mut bytes[start..]).map_err(cut_off)?;
        check(&bytes[start..]).map_err(|reason| Wrong::Format(reason.to_owned()))?;
        let header = NpyHeader::from_reader(&bytes[..])
            .map_err(|error| Wrong::Format(format!("its header is damaged: {error}")))?;
        Self::of(&header).map_err(Wrong::Format)
    }

    fn of(header: &NpyHeader) -> Result<Self, String> {
        let foreign = |descr: &str| {
            format!(
                "its elements are {descr}, but castiron has '<f2', '<f4', '<f8', '|i1', '<i4', '<i8', '|u1' and '|b1' (and '>' for '<'); in NumPy, `x.astype('f4')` converts"
            )
        };
        let npyz::DType::Plain(kind) = header.dtype() else {
            return Err(foreign("records or arrays"));
        };
        let dtype = match (kind.type_char(), kind.size_field()) {
            (TypeChar::Float, 2) => DType::F16,
            (TypeChar::Float, 4) => DType::F32,
            (TypeChar::Float, 8) => DType::F64,
            (TypeChar::Int, 1) => DType::I8,
            (TypeChar::Int, 4) => DType::I32,
            (TypeChar::Int, 8) => DType::I64,
            (TypeChar::Uint, 1) => DType::U8,
            (TypeChar::Bool, 1) => DType::Bool,
            _ => return Err(foreign(&format!("'{kind}'"))),
        };
        if header.shape().len() > MAX_RANK {
            let rank = header.shape().len();
            return Err(format!("it has {rank} dimensions, but a tensor has at most {MAX_RANK}"));
        }
        let dims: Result<Vec<usize>, _> = header.shape().iter().map(|&size| size.try_into()).collect();
        let dims = dims.map_err(|_| TOO_LARGE.to_owned())?;
        let big_endian = kind.endianness() == Endianness::Big;
        Ok(Header { dims, dtype, big_endian, fortran: header.order() == Order::Fortran })
    }

    /// Writes the header of an array in C order, with the lowest byte first.
    pub(super) fn write(dims: &[usize], dtype: DType, w: &mut impl Write) -> Result<(), Wrong> {
        let descr = match dtype {
            DType::F32 => "<f4",
            DType::F64 => "<f8",
            DType::F16 => "<f2",
            DType::I8 => "|i1",
            DType::U8 => "|u1",
            DType::I32 => "<i4",
            DType::I64 => "<i8",
            DType::Bool => "|b1",
            DType::Bf16 => {
                return Err(Wrong::Format(
                    "NumPy has no bf16: cast the tensor first, `x.cast::<f32>()` keeps every value"
                        .to_owned(),
                ));
            }
        };
        let kind = descr.parse().map_err(|_| Wrong::Format(format!("npyz does not know '{descr}'")))?;
        let shape: Vec<u64> = dims.iter().map(|&size| size as u64).collect();
        let options = WriteOptions::new_header_only().dtype(npyz::DType::Plain(kind)).shape(&shape);
        options.writer(w).write_header_only()?;
        Ok(())
    }
}

const TOO_LARGE: &str = "its header claims more numbers than any memory holds";

/// What the parser of headers does not defend itself against: deep nesting, and dimensions whose product is
/// beyond 64 bits.
fn check(header: &[u8]) -> Result<(), &'static str> {
    let (mut depth, mut product) = (0usize, 16u64);
    let mut words = header.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    for byte in header {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            // The parser would add and subtract.
            b'+' | b'-' => return Err("its header is damaged: a number is not written in decimal digits"),
            _ => {}
        }
        if depth > 8 {
            return Err("its header is damaged: it nests too deeply");
        }
    }
    words.try_for_each(|word| {
        // Names and the like.
        if !word.first().is_some_and(u8::is_ascii_digit) {
            return Ok(());
        }
        if !word.iter().all(u8::is_ascii_digit) {
            return Err("its header is damaged: a number is not written in decimal digits");
        }
        let size = word
            .iter()
            .try_fold(0u64, |size, digit| size.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
        let size = size.ok_or(TOO_LARGE)?;
        product =
            product.checked_mul(size.max(1)).filter(|all| i64::try_from(*all).is_ok()).ok_or(TOO_LARGE)?;
        Ok(())
    })
}

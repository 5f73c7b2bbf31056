//! [`Spec`]: what an operation asks of its memory arguments.

use super::{MAX_MEMORY, Op, mistake};
use crate::element::dispatch;
use crate::sure::cut;
use crate::{DType, Plain};

/// What an operation asks of one memory argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Bytes from the start of the argument.
    pub bytes: usize,
    /// Alignment of the elements.
    pub align: u32,
    /// What it does with them.
    pub mode: Mode,
    /// Their type if they are floats.
    pub float: Option<DType>,
}

impl Access {
    /// Whether memory at this address is what the operation asks for.
    #[inline]
    pub(crate) fn fits(&self, address: u64, bytes: usize, writable: bool) -> bool {
        self.bytes == 0
            || self.bytes <= bytes
                && (self.mode != Mode::Read) == writable
                && address.is_multiple_of(self.align.into())
    }
}

/// How an operation uses one of its memory arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only reads.
    Read,
    /// Writes every element, whatever was there before.
    Write,
    /// Reads what is there and changes it: in-place operations, and sums that go on.
    Update,
}

/// The list that [`Op::memory`] fills.
#[derive(Clone, Debug)]
pub struct Spec {
    items: [Access; MAX_MEMORY],
    len: usize,
}

impl Spec {
    /// What `O` asks for with these arguments.
    pub fn of<O: Op>(args: &O::Args) -> Self {
        let mut spec = Spec::new();
        O::memory(args, &mut spec);
        spec
    }

    #[inline]
    pub(crate) const fn new() -> Self {
        let nothing = Access { bytes: 0, align: 1, mode: Mode::Read, float: None };
        Spec { items: [nothing; MAX_MEMORY], len: 0 }
    }

    /// The next argument: `count` elements that are only read.
    pub fn read<T: Plain>(&mut self, count: usize) -> &mut Self {
        self.push::<T>(count, Mode::Read)
    }

    /// The next argument: `count` elements, all of them overwritten.
    pub fn write<T: Plain>(&mut self, count: usize) -> &mut Self {
        self.push::<T>(count, Mode::Write)
    }

    /// The next argument: `count` elements that are read and changed.
    pub fn update<T: Plain>(&mut self, count: usize) -> &mut Self {
        self.push::<T>(count, Mode::Update)
    }

    /// The next argument of an operation that can work in place: absent if it does.
    pub fn read_unless<T: Plain>(&mut self, in_place: bool, count: usize) -> &mut Self {
        self.read::<T>(if in_place { 0 } else { count })
    }

    /// The output of an operation that can work in place: read and changed if it does, else overwritten.
    pub fn write_or_update<T: Plain>(&mut self, in_place: bool, count: usize) -> &mut Self {
        self.push::<T>(count, if in_place { Mode::Update } else { Mode::Write })
    }

    /// As [`Spec::read`], with the element type known at run time.
    pub fn read_dtype(&mut self, dtype: DType, count: usize) -> &mut Self {
        dispatch!(dtype, T => self.read::<T>(count))
    }

    /// As [`Spec::write`], with the element type known at run time.
    pub fn write_dtype(&mut self, dtype: DType, count: usize) -> &mut Self {
        dispatch!(dtype, T => self.write::<T>(count))
    }

    /// As [`Spec::update`], with the element type known at run time.
    pub fn update_dtype(&mut self, dtype: DType, count: usize) -> &mut Self {
        dispatch!(dtype, T => self.update::<T>(count))
    }

    /// As [`Spec::read_unless`], with the element type known at run time.
    pub fn read_dtype_unless(&mut self, in_place: bool, dtype: DType, count: usize) -> &mut Self {
        self.read_dtype(dtype, if in_place { 0 } else { count })
    }

    /// As [`Spec::write_or_update`], with the element type known at run time.
    pub fn write_or_update_dtype(&mut self, in_place: bool, dtype: DType, count: usize) -> &mut Self {
        if in_place { self.update_dtype(dtype, count) } else { self.write_dtype(dtype, count) }
    }

    /// Arguments of `f32` as others: those that are read become of the first type, those that are written of the second,
    /// but for those that `stays` names.
    pub(crate) fn retype(&mut self, [read, written]: [DType; 2], stays: impl Fn(usize) -> bool) {
        for (i, item) in self.items.iter_mut().take(self.len).enumerate() {
            let dtype = if item.mode == Mode::Read { read } else { written };
            if item.float == Some(DType::F32) && dtype.size() == 2 && !stays(i) {
                let bytes = item.bytes / 2;
                *item = Access { bytes, align: 2, float: Some(dtype), ..*item };
            }
        }
    }

    /// All arguments in order.
    pub fn items(&self) -> &[Access] {
        cut(&self.items, 0, self.len)
    }

    fn push<T: Plain>(&mut self, count: usize, mode: Mode) -> &mut Self {
        // A count that overflows becomes one that no memory satisfies, so it is reported as a fault.
        let bytes = count.saturating_mul(size_of::<T>());
        let float = T::AS_NUMBERS.map(|numbers| numbers.dtype).filter(|dtype| dtype.is_float());
        match self.items.get_mut(self.len) {
            Some(item) => {
                *item = Access { bytes, align: align_of::<T>() as u32, mode, float };
                self.len += 1;
            }
            None => mistake(self.len, "is one too many"),
        }
        self
    }
}

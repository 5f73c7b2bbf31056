//! `Display` as PyTorch prints tensors, and `Debug` for assertions.

mod numbers;

use core::fmt::{self, Display, Formatter, Write};

use castiron_kernels::{Numbers, Plain};

use super::{DynTensor, Tensor};
use crate::Shape;
use crate::array::Dims;
use crate::device::Storage;
use crate::tape::Grad;
use numbers::{Number, Style};

/// More numbers than this are abbreviated.
const THRESHOLD: usize = 1000;
/// How many are left at either end of an axis that is abbreviated.
const EDGE: usize = 3;
/// Where lines end.
const WIDTH: usize = 80;
const PREFIX: &str = "tensor(";

/// As PyTorch's `print(x)`: columns aligned, four digits after the point (`{:.2}` makes it two), in scientific
/// notation where the largest number is beyond 10⁸ or a thousand times the smallest, and abbreviated to three
/// numbers at either end where there are more than a thousand. PyTorch names the element type where it is not the
/// usual one; here it is always named, with Rust's name, and with the dimensions.
///
/// ```
/// use castiron::{Tape, tensor};
/// let x = tensor![[1.0, 2.5], [-3.0, 100.0]];
/// assert_eq!(
///     x.to_string(),
///     "tensor([[  1.0000,   2.5000],\n        [ -3.0000, 100.0000]], f32 [2, 2])"
/// );
/// assert_eq!(format!("{x:.1}"), "tensor([[  1.0,   2.5],\n        [ -3.0, 100.0]], f32 [2, 2])");
/// assert_eq!(tensor![i64; 7, 2, 1].to_string(), "tensor([7, 2, 1], i64 [3])");
/// assert_eq!(Tape::new().watch(&tensor![0.5]).to_string(), "tensor([0.5000], f32 [1], tracked)");
/// ```
impl<S: Shape, D: Storage, G: Grad> Display for Tensor<S, D, G> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        show(&DynTensor::from(self.on_cpu()), self.handle().is_some(), f)
    }
}

/// As PyTorch's `print(x)`, with element type and dimensions: see [`Tensor`]'s.
impl Display for DynTensor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        show(self, false, f)
    }
}

/// Numbers are shown on one line, as precise as they are, abbreviated where there are more than a thousand:
///
/// ```
/// use castiron::tensor;
/// assert_eq!(format!("{:?}", tensor![[1.0, 0.1], [1e-7, 2.0]]), "tensor([[1.0, 0.1], [1e-7, 2.0]], f32 [2, 2])");
/// ```
impl<S: Plain + fmt::Debug, D: Storage, G: Grad> fmt::Debug for Tensor<S, D, G> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let here = self.on_cpu();
        match S::AS_NUMBERS {
            Some(Numbers { dtype, rank, dims }) => {
                fmt::Debug::fmt(&DynTensor::of_array(here.array_of(Dims::new(&dims[..rank]), dtype)), f)
            }
            // A model, or parts of a batch.
            None => fmt::Debug::fmt(&*here, f),
        }
    }
}

impl fmt::Debug for DynTensor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        let layout = Layout { dims: self.dims(), abbreviated: self.len() > THRESHOLD };
        let precision = f.precision();
        layout.line(0, 0, f, &mut |i, f| match (Number::of(self, i), precision) {
            (Number::Real(value), Some(precision)) => write!(f, "{value:.precision$?}"),
            (Number::Real(_), None) => Number::write_shortest(self, i, f),
            (number, _) => write!(f, "{number}"),
        })?;
        write!(f, ", {})", suffix(self))
    }
}

/// `f32 [2, 3]`; of a scalar, `f32`.
fn suffix(x: &DynTensor) -> String {
    match x.dims() {
        [] => x.dtype().to_string(),
        dims => format!("{} {dims:?}", x.dtype()),
    }
}

fn show(x: &DynTensor, tracked: bool, f: &mut Formatter<'_>) -> fmt::Result {
    let layout = Layout { dims: x.dims(), abbreviated: x.len() > THRESHOLD };
    let mut shown = Vec::new();
    layout.visit(0, 0, &mut |i| shown.push(Number::of(x, i)));
    let style = Style::of(&shown, x.dtype().is_float(), f.precision().unwrap_or(4));
    let mut text = String::from(PREFIX);
    if x.is_empty() {
        text.push_str("[]");
    } else {
        layout.rows(0, 0, PREFIX.len(), &mut text, &mut shown.iter(), &style)?;
    }
    // The two are PyTorch's; lines are to break where its lines do.
    let mut column = text.len() - text.rfind('\n').map_or(0, |i| i + 1) + 2;
    for suffix in [Some(suffix(x)), tracked.then(|| "tracked".to_owned())].into_iter().flatten() {
        if column + suffix.len() + 2 > WIDTH {
            write!(text, ",\n{:1$}{suffix}", "", PREFIX.len())?;
            column = PREFIX.len() + suffix.len();
        } else {
            write!(text, ", {suffix}")?;
            column += suffix.len() + 2;
        }
    }
    text.push(')');
    f.write_str(&text)
}

/// Which elements are shown, and how they are nested.
struct Layout<'a> {
    dims: &'a [usize],
    abbreviated: bool,
}

impl Layout<'_> {
    /// The indices of `axis` that are shown; the gap comes before the second part, which may be empty.
    fn shown(&self, axis: usize) -> [core::ops::Range<usize>; 2] {
        let size = self.dims[axis];
        if self.abbreviated && size > 2 * EDGE { [0..EDGE, size - EDGE..size] } else { [0..size, size..size] }
    }

    /// From one index of `axis` to the next.
    fn stride(&self, axis: usize) -> usize {
        self.dims[axis + 1..].iter().product()
    }

    /// All shown elements from `start` on, in order.
    fn visit(&self, axis: usize, start: usize, f: &mut dyn FnMut(usize)) {
        if axis == self.dims.len() {
            return f(start);
        }
        for i in self.shown(axis).into_iter().flatten() {
            self.visit(axis + 1, start + i * self.stride(axis), f);
        }
    }

    /// One line, the numbers written by `number`.
    fn line(
        &self,
        axis: usize,
        start: usize,
        f: &mut Formatter<'_>,
        number: &mut dyn FnMut(usize, &mut Formatter<'_>) -> fmt::Result,
    ) -> fmt::Result {
        if axis == self.dims.len() {
            return number(start, f);
        }
        f.write_char('[')?;
        let [first, last] = self.shown(axis);
        let gap = (!last.is_empty()).then_some(last.start);
        for i in first.chain(last) {
            if i > 0 {
                f.write_str(", ")?;
            }
            if gap == Some(i) {
                f.write_str("..., ")?;
            }
            self.line(axis + 1, start + i * self.stride(axis), f, number)?;
        }
        f.write_char(']')
    }

    /// What PyTorch prints of the elements from `start` on, in `indent` columns.
    fn rows(
        &self,
        axis: usize,
        start: usize,
        indent: usize,
        text: &mut String,
        numbers: &mut core::slice::Iter<'_, Number>,
        style: &Style,
    ) -> fmt::Result {
        let Some(inner) = self.dims.len().checked_sub(axis + 1) else {
            return numbers.next().map_or(Ok(()), |number| style.write(number, text));
        };
        text.push('[');
        let [first, last] = self.shown(axis);
        let gap = (!last.is_empty()).then_some(last.start);
        // A vector is broken into lines; of more dimensions, each index has lines of its own.
        let per_line = if inner == 0 { (WIDTH.saturating_sub(indent) / (style.width + 2)).max(1) } else { 1 };
        let mut items = 0;
        for i in first.chain(last) {
            for is_gap in [true, false] {
                if is_gap && gap != Some(i) {
                    continue;
                }
                if items > 0 && items % per_line == 0 {
                    text.push(',');
                    (0..inner.max(1)).for_each(|_| text.push('\n'));
                    write!(text, "{:1$}", "", indent + 1)?;
                } else if items > 0 {
                    text.push_str(", ");
                }
                items += 1;
                match (is_gap, inner) {
                    (true, 0) => text.push_str(" ..."),
                    (true, _) => text.push_str("..."),
                    (false, _) => {
                        let start = start + i * self.stride(axis);
                        self.rows(axis + 1, start, indent + 1, text, numbers, style)?;
                    }
                }
            }
        }
        text.push(']');
        Ok(())
    }
}

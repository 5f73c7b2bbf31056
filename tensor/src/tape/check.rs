//! [`gradcheck`]: gradients compared with finite differences.

use super::functional::{Computed, row};
use super::tensors::{Arguments, Tensors, Values};
use super::{Mode, Tape, Tracked, Untracked, Var, backward};
use crate::array::Dims;
use crate::{DType, Error};

/// How gradients are compared with finite differences: |analytic − numeric| ≤ `atol` + `rtol`·|numeric|.
///
/// ```
/// use castiron::tape::Gradcheck;
/// use castiron::tensor;
/// let strict = Gradcheck { rtol: 1e-6, ..Gradcheck::F64 };
/// strict.check(|x| x.exp(), &tensor![f64; 0.5, -1.0]).unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradcheck {
    /// How far each number is moved, up and down.
    pub eps: f64,
    /// Absolute tolerance.
    pub atol: f64,
    /// Relative tolerance.
    pub rtol: f64,
}

/// Where a gradient is not that of its function.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum CheckError {
    /// The function or its backward failed.
    Failed(Error),
    /// Analytic and numeric derivative differ.
    Differs {
        /// Which of the inputs, from zero.
        input: usize,
        /// Which of its numbers.
        index: Vec<usize>,
        /// Which number of the output (in [`gradgradcheck`]: of the gradients, one after the other).
        output: usize,
        /// What backward says.
        analytic: f64,
        /// What finite differences say.
        numeric: f64,
    },
}

impl core::fmt::Display for CheckError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            CheckError::Failed(error) => error.fmt(f),
            CheckError::Differs { input, index, output, analytic, numeric } => write!(
                f,
                "the derivative of output {output} with respect to input {input} at {index:?} is {analytic} by backward, but {numeric} by finite differences"
            ),
        }
    }
}
impl core::error::Error for CheckError {}
impl From<Error> for CheckError {
    fn from(error: Error) -> Self {
        CheckError::Failed(error)
    }
}

/// Compares the gradients of `f` at `inputs` (a tensor, or a tuple of up to four) with central finite differences.
/// `f` may return a tensor of any shape, or a `Result` of one. Best done in f64; f32 is compared loosely. PyTorch's
/// `torch.autograd.gradcheck`.
///
/// ```
/// use castiron::tape::gradcheck;
/// use castiron::tensor;
/// let (x, y) = (tensor![f64; 1.0, 2.0], tensor![f64; 3.0, -4.0]);
/// gradcheck(|(x, y)| x * y.square(), (&x, &y)).unwrap();
/// // A gradient that is wrong:
/// let error = gradcheck(|x| x.square() - x.detach(), &x).unwrap_err();
/// assert!(error.to_string().contains("input 0 at [0] is 2 by backward, but 1.0"));
/// ```
///
/// # Errors
/// The first derivative that differs, or what `f` or its backward returns.
pub fn gradcheck<A, R>(
    f: impl Fn(<A::Plain as Tensors>::On<Tracked>) -> R,
    inputs: A,
) -> Result<(), CheckError>
where
    A: Arguments<Grad = Untracked>,
    R: Computed,
{
    Gradcheck::of(&inputs).check(f, inputs)
}

/// [`gradcheck`] of the gradients themselves: second derivatives. The gradient is that of the sum of the outputs,
/// each weighted differently. PyTorch's `torch.autograd.gradgradcheck`.
///
/// ```
/// use castiron::tape::gradgradcheck;
/// use castiron::tensor;
/// gradgradcheck(|x| x.tanh(), &tensor![f64; 0.5, -1.0]).unwrap();
/// ```
///
/// # Errors
/// As [`gradcheck`], and where an operation has no second derivative.
pub fn gradgradcheck<A, R>(
    f: impl Fn(<A::Plain as Tensors>::On<Tracked>) -> R,
    inputs: A,
) -> Result<(), CheckError>
where
    A: Arguments<Grad = Untracked>,
    R: Computed,
{
    Gradcheck::of(&inputs).check_second(f, inputs)
}

/// The results of a function of several arrays.
type Outputs<'a> = dyn Fn(&[Var]) -> Result<Vec<Var>, Error> + 'a;

impl Gradcheck {
    /// For f64, as PyTorch has it.
    pub const F64: Gradcheck = Gradcheck { eps: 1e-6, atol: 1e-5, rtol: 1e-3 };
    /// For f32, whose finite differences have two or three digits.
    pub const F32: Gradcheck = Gradcheck { eps: 4e-3, atol: 1e-2, rtol: 1e-2 };

    fn of<A: Arguments>(inputs: &A) -> Self {
        let f64_only = vars(inputs).iter().all(|input| input.array.dtype == DType::F64);
        if f64_only { Self::F64 } else { Self::F32 }
    }

    /// [`gradcheck`] with these tolerances.
    ///
    /// # Errors
    /// As there.
    pub fn check<A, R>(
        &self,
        f: impl Fn(<A::Plain as Tensors>::On<Tracked>) -> R,
        inputs: A,
    ) -> Result<(), CheckError>
    where
        A: Arguments<Grad = Untracked>,
        R: Computed,
    {
        self.compare(&|x| Ok(vec![call::<A, R>(&f, x)?]), &vars(&inputs))
    }

    /// [`gradgradcheck`] with these tolerances.
    ///
    /// # Errors
    /// As there.
    pub fn check_second<A, R>(
        &self,
        f: impl Fn(<A::Plain as Tensors>::On<Tracked>) -> R,
        inputs: A,
    ) -> Result<(), CheckError>
    where
        A: Arguments<Grad = Untracked>,
        R: Computed,
    {
        let tape = Tape::new();
        let gradients = |x: &[Var]| {
            // Also where only values are asked for, gradients are computed by recorded operations.
            let x: Vec<Var> = x
                .iter()
                .map(|x| if x.handle.is_some() { x.clone() } else { tape.leaf(x.array.clone(), None) })
                .collect();
            let y = call::<A, R>(&f, &x)?;
            let Some(root) = &y.handle else { return Ok(Vec::new()) };
            let seed = (0..y.array.dims.len())
                .fold(y.array.zeros_like(), |seed, i| seed.with_number(i, 1.0 + 0.25 * (i % 7) as f64));
            let all = backward(root, Var::constant(seed), Mode::Create)?;
            let gradient = |x: &Var| {
                let serial = x.handle.as_ref().map(|handle| handle.serial);
                let found = all.iter().find(|item| Some(item.serial) == serial);
                found.map_or_else(|| Var::constant(x.array.zeros_like()), |item| item.gradient.clone())
            };
            Ok(x.iter().map(gradient).collect())
        };
        self.compare(&gradients, &vars(&inputs))
    }

    /// `f` gives several outputs, whose numbers are counted one after the other.
    fn compare(&self, f: &Outputs<'_>, inputs: &[Var]) -> Result<(), CheckError> {
        let tape = Tape::new();
        let tracked: Vec<Var> = inputs.iter().map(|input| tape.leaf(input.array.clone(), None)).collect();
        let outputs = f(&tracked)?;
        // [output][input][index]
        let mut analytic: Vec<Vec<Vec<f64>>> = Vec::new();
        for y in &outputs {
            for i in 0..y.array.dims.len() {
                let rows = tracked.iter().map(|x| Ok(row(y, i, x)?.numbers()));
                analytic.push(rows.collect::<Result<_, Error>>()?);
            }
        }
        for (input, x) in inputs.iter().enumerate() {
            let at = x.array.numbers();
            for index in 0..at.len() {
                let moved = |by: f64| -> Result<(f64, Vec<f64>), Error> {
                    let mut inputs = inputs.to_vec();
                    inputs[input].array = x.array.clone().with_number(index, at[index] + by);
                    let step = inputs[input].array.numbers()[index] - at[index];
                    Ok((step, f(&inputs)?.iter().flat_map(|y| y.array.numbers()).collect()))
                };
                let ((up, high), (down, low)) = (moved(self.eps)?, moved(-self.eps)?);
                for (output, rows) in analytic.iter().enumerate() {
                    let (analytic, numeric) =
                        (rows[input][index], (high[output] - low[output]) / (up - down));
                    let close = (analytic - numeric).abs() <= self.atol + self.rtol * numeric.abs();
                    if !close {
                        let index = unravel(index, &x.array.dims);
                        return Err(CheckError::Differs { input, index, output, analytic, numeric });
                    }
                }
            }
        }
        Ok(())
    }
}

fn vars<A: Arguments>(inputs: &A) -> Vec<Var> {
    let mut vars = Values::default();
    inputs.push(&mut vars);
    vars.0.into()
}

fn call<A: Arguments, R: Computed>(
    f: &impl Fn(<A::Plain as Tensors>::On<Tracked>) -> R,
    x: &[Var],
) -> Result<Var, Error> {
    Ok(f(A::Plain::on::<Tracked>(&mut x.iter().cloned().collect())).computed()?.as_var())
}

/// The indices of element `flat`.
fn unravel(mut flat: usize, dims: &Dims) -> Vec<usize> {
    let mut index: Vec<usize> = dims
        .as_slice()
        .iter()
        .rev()
        .map(|size| {
            let i = flat % size;
            flat /= size;
            i
        })
        .collect();
    index.reverse();
    index
}

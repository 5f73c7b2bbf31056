//! Random tensors. Each takes a [`Source`]: a seed, or a generator that goes on. The numbers follow from it
//! alone: they are the same on every platform and with any number of threads.

use core::convert::Infallible;

use rand::{Rng, RngExt, SeedableRng, TryRng};
use rand_chacha::ChaCha8Rng;

use super::create::tensor;
use super::{IndexElement, Integer, Real, Tensor};
use crate::array::{Array, Dims};
use crate::device::Storage;
use crate::tape::{Grad, Var};
use crate::{DType, Element, Error, Shape, bf16, f16};

/// A generator of random numbers (ChaCha with 8 rounds). PyTorch's `torch.Generator().manual_seed(seed)`.
///
/// ```
/// use castiron::{Generator, Rank2, Tensor};
/// let mut random = Generator::new(42);
/// let a = Tensor::<Rank2<2, 3>>::randn(&mut random);
/// let b = Tensor::<Rank2<2, 3>>::randn(&mut random);
/// assert_ne!(a, b);
/// assert_eq!(a, Tensor::<Rank2<2, 3>>::randn(42));
/// ```
#[derive(Clone, Debug)]
pub struct Generator(ChaCha8Rng);

impl Generator {
    /// One that starts from `seed`.
    pub fn new(seed: u64) -> Self {
        Generator(ChaCha8Rng::seed_from_u64(seed))
    }
}

impl TryRng for Generator {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)
    }
}

/// Where random numbers come from: a seed (`randn(42)`), or a generator of which the next ones are taken
/// (`randn(&mut random)`): a [`Generator`], or any other of the crate `rand`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no source of random numbers",
    label = "neither a seed nor a generator",
    note = "pass a seed of type u64, such as `42`, or `&mut` of a `Generator`"
)]
pub trait Source {
    #[doc(hidden)]
    fn rng(self) -> impl Rng;
}
impl Source for u64 {
    fn rng(self) -> impl Rng {
        Generator::new(self)
    }
}
impl<R: Rng> Source for &mut R {
    fn rng(self) -> impl Rng {
        self
    }
}

/// The number as the element type has it.
fn rounded(dtype: DType, x: f64) -> f64 {
    match dtype {
        DType::F32 => (x as f32).into(),
        DType::Bf16 => bf16::from_f64(x).to_f64(),
        DType::F16 => f16::from_f64(x).to_f64(),
        _ => x,
    }
}

/// In [0, 1), a multiple of 2⁻ᵈ where the element type has d significant bits, so that none is rounded up to 1.
fn unit(dtype: DType, rng: &mut impl Rng) -> f64 {
    let bits = match dtype {
        DType::F32 => 24,
        DType::Bf16 => 8,
        DType::F16 => 11,
        _ => 53,
    };
    (rng.next_u64() >> (64 - bits)) as f64 / (1u64 << bits) as f64
}

/// Standard normal numbers, two at a time, by Marsaglia's polar method. Its logarithm is that of `libm`, which
/// gives the same bits everywhere; those of operating systems do not.
struct Normal<R> {
    rng: R,
    second: Option<f64>,
}
impl<R: Rng> Normal<R> {
    fn next(&mut self) -> f64 {
        if let Some(second) = self.second.take() {
            return second;
        }
        loop {
            let [x, y] = [(); 2].map(|()| 2.0 * unit(DType::F64, &mut self.rng) - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                let factor = (-2.0 * libm::log(square) / square).sqrt();
                self.second = Some(y * factor);
                return x * factor;
            }
        }
    }
}

/// `S::LEN` numbers in its element type.
fn draw<S: Shape, W: Element>(mut f: impl FnMut() -> W) -> Tensor<S> {
    let numbers: Vec<W> = (0..S::LEN).map(|_| f()).collect();
    tensor(Array::from_slice(&numbers, Dims::new(S::DIMS)).cast(S::Elem::DTYPE))
}

fn probability(call: &'static str, p: f64) -> Result<(), Error> {
    let error = Error::Argument { call, name: "p", got: p, want: "a probability, from 0 to 1" };
    if (0.0..=1.0).contains(&p) { Ok(()) } else { Err(error) }
}

impl<S: Shape> Tensor<S>
where
    S::Elem: Real,
{
    /// Uniform between 0, included, and 1, excluded. PyTorch's `torch.rand`.
    ///
    /// ```
    /// use castiron::{Rank2, Tensor};
    /// let x = Tensor::<Rank2<4, 5>>::rand(42);
    /// assert!(x.iter().flatten().all(|x| (0.0..1.0).contains(x)));
    /// ```
    pub fn rand(source: impl Source) -> Self {
        let mut rng = source.rng();
        draw(|| unit(S::Elem::DTYPE, &mut rng))
    }

    /// Uniform between `low`, included, and `high`, excluded unless it is `low`. PyTorch's
    /// `torch.empty(..).uniform_(low, high)`.
    ///
    /// # Errors
    /// [`Error::Argument`] when a bound is not finite or `high` is below `low`.
    pub fn uniform(low: f64, high: f64, source: impl Source) -> Result<Self, Error> {
        let dtype = S::Elem::DTYPE;
        let [from, to] = [low, high].map(|bound| rounded(dtype, bound));
        let refuse = |name, got, want| Err(Error::Argument { call: "uniform", name, got, want });
        if !from.is_finite() {
            return refuse("low", low, "finite in the element type");
        }
        if !to.is_finite() || !(to - from).is_finite() || high < low {
            return refuse("high", high, "at least `low`, and finite in the element type");
        }
        let mut rng = source.rng();
        Ok(draw(|| {
            loop {
                let x = rounded(dtype, from + (to - from) * unit(DType::F64, &mut rng));
                // Rounding may reach the bound; at least half of all draws do not.
                if x < to || from == to {
                    return x;
                }
            }
        }))
    }

    /// Normal with mean 0 and standard deviation 1. PyTorch's `torch.randn`.
    ///
    /// ```
    /// use castiron::{Rank1, Tensor};
    /// let x = Tensor::<Rank1<1000>>::randn(0);
    /// let mean = x.iter().sum::<f32>() / 1000.0;
    /// assert!(mean.abs() < 0.1);
    /// ```
    pub fn randn(source: impl Source) -> Self {
        let mut normal = Normal { rng: source.rng(), second: None };
        draw(|| normal.next())
    }

    /// Normal with the given mean and standard deviation. PyTorch's `torch.normal(mean, std, size)`.
    ///
    /// # Errors
    /// [`Error::Argument`] when `mean` is not finite, or `std` is negative or not finite.
    pub fn normal(mean: f64, std: f64, source: impl Source) -> Result<Self, Error> {
        let refuse = |name, got, want| Err(Error::Argument { call: "normal", name, got, want });
        if !mean.is_finite() {
            return refuse("mean", mean, "finite");
        }
        if !std.is_finite() || std < 0.0 {
            return refuse("std", std, "finite and not negative");
        }
        let mut normal = Normal { rng: source.rng(), second: None };
        Ok(draw(|| mean + std * normal.next()))
    }
}

impl<S: Shape> Tensor<S>
where
    S::Elem: Integer,
{
    /// Integers from `low`, included, to `high`, excluded, each as likely as the others. PyTorch's
    /// `torch.randint(low, high, size)`.
    ///
    /// ```
    /// use castiron::{Rank1, Tensor};
    /// let dice = Tensor::<Rank1<10, u8>>::randint(1, 7, 42)?;
    /// assert!(dice.iter().all(|x| (1..7).contains(x)));
    /// assert!(Tensor::<Rank1<10, u8>>::randint(0, 257, 42).is_err());
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] when `high` is not above `low`, or the element type has not all of them.
    pub fn randint(low: i64, high: i64, source: impl Source) -> Result<Self, Error> {
        let has = |x: i64| {
            let there = Array::from_slice(&[x], Dims::SCALAR).cast(S::Elem::DTYPE);
            *tensor::<i64, crate::Cpu>(there.cast(DType::I64)) == x
        };
        let refuse =
            |name, got: i64, want| Err(Error::Argument { call: "randint", name, got: got as f64, want });
        if !has(low) {
            return refuse("low", low, "an integer of the element type");
        }
        if high <= low || !has(high - 1) {
            return refuse("high", high, "above `low`, and at most one above what the element type has");
        }
        let mut rng = source.rng();
        Ok(draw(|| rng.random_range(low..high)))
    }
}

impl<S: Shape> Tensor<S> {
    /// One (true) with probability `p`, else zero. PyTorch's `torch.empty(..).bernoulli_(p)`.
    ///
    /// ```
    /// use castiron::{Bool, Rank1, Tensor};
    /// let mask = Tensor::<Rank1<1000, Bool>>::bernoulli(0.3, 42)?;
    /// let count = mask.iter().filter(|x| x.get()).count();
    /// assert!((250..350).contains(&count));
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] when `p` is not a probability.
    pub fn bernoulli(p: f64, source: impl Source) -> Result<Self, Error> {
        probability("bernoulli", p)?;
        let mut rng = source.rng();
        Ok(draw(|| u8::from(unit(DType::F64, &mut rng) < p)))
    }
}

impl<I: IndexElement, const N: usize> Tensor<[I; N]> {
    /// The integers from 0 to `N` − 1 in an order of which each is as likely as the others. PyTorch's
    /// `torch.randperm(N)`.
    ///
    /// ```
    /// use castiron::{Rank1, Tensor, tensor};
    /// let order = Tensor::<Rank1<4, i64>>::randperm(42);
    /// let shuffled = tensor![10.0, 20.0, 30.0, 40.0].take(&order)?;
    /// assert_eq!(shuffled.iter().sum::<f32>(), 100.0);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    pub fn randperm(source: impl Source) -> Self {
        const { assert!(N <= 1 << 31, "the positions are integers of 32 bits") };
        let mut rng = source.rng();
        let mut order: Vec<i64> = (0..N as i64).collect();
        for i in (1..N).rev() {
            order.swap(i, rng.random_range(0..=i as u64) as usize);
        }
        tensor(Array::from_slice(&order, Dims::new(&[N])).cast(I::DTYPE))
    }
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G>
where
    S::Elem: Real,
{
    /// Each number is zero with probability `p`, else divided by 1 − p, so that the mean stays. PyTorch's
    /// `torch.nn.functional.dropout(x, p)`; at inference, leave it out.
    ///
    /// ```
    /// use castiron::{Rank1, Tensor};
    /// let y = Tensor::<Rank1<100>>::ones().dropout(0.5, 42)?;
    /// assert!(y.iter().all(|y| *y == 0.0 || *y == 2.0));
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] when `p` is not a probability.
    pub fn dropout(&self, p: f64, source: impl Source) -> Result<Self, Error> {
        probability("dropout", p)?;
        let mut rng = source.rng();
        let mask: Tensor<S> = draw(|| if unit(DType::F64, &mut rng) < p { 0.0 } else { 1.0 / (1.0 - p) });
        Ok(Tensor::from_var(self.as_var().times(&Var::constant(mask.array()))))
    }
}

#[cfg(test)]
mod tests;

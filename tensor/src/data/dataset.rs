//! [`Dataset`]: where samples come from.

use std::marker::PhantomData;
use std::sync::Arc;

use castiron_kernels::Plain;

/// The generator of a sample's random changes. It is seeded from the loader's seed, the epoch and the
/// index of the sample, so that these changes depend neither on the order of the samples nor on threads.
pub type SampleRng = rand_chacha::ChaCha8Rng;

/// Numbered samples, each an input `X` with its target `T`.
///
/// ```
/// use castiron::data::{Dataset, SampleRng};
/// use rand::RngExt;
///
/// /// A noisy sine, made up as it is asked for.
/// struct Sine;
/// impl Dataset for Sine {
///     type X = f32;
///     type T = f32;
///     fn len(&self) -> usize {
///         1000
///     }
///     fn write(&self, index: usize, rng: &mut SampleRng, x: &mut f32, t: &mut f32) {
///         *x = index as f32 / 1000.0;
///         *t = x.sin() + rng.random_range(-0.01..0.01);
///     }
/// }
/// assert_eq!(castiron::data::Loader::new(Sine).batch_size(64).batches(), 16);
/// ```
pub trait Dataset: Send + Sync + 'static {
    /// The input of a model.
    type X: Plain;
    /// What the model should give for it.
    type T: Plain;

    /// The number of samples.
    fn len(&self) -> usize;

    /// Writes sample `index`, which is less than [`len`](Dataset::len), in place. `x` and `t` hold
    /// zeros or an earlier sample, so write all of them.
    fn write(&self, index: usize, rng: &mut SampleRng, x: &mut Self::X, t: &mut Self::T);

    /// Whether there are no samples.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<D: Dataset> Dataset for Arc<D> {
    type X = D::X;
    type T = D::T;
    fn len(&self) -> usize {
        (**self).len()
    }
    fn write(&self, index: usize, rng: &mut SampleRng, x: &mut D::X, t: &mut D::T) {
        (**self).write(index, rng, x, t);
    }
}

/// Samples in memory. They are a [`Dataset`] as they are if they can be cloned; arrays are then copied
/// from place to place, never over the stack. Otherwise [`map`](Samples::map) makes them one.
///
/// ```
/// use castiron::data::{Dataset, Samples};
/// let samples = Samples::new(vec![[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]], vec![0i32, 1, 0])?;
/// let (train, test) = samples.split(2);
/// assert_eq!((train.len(), test.len()), (2, 1));
///
/// let error = Samples::new(vec![0.5f32; 3], vec![1i32; 2]).unwrap_err();
/// assert_eq!(error.to_string(), "there are 3 inputs, but 2 targets");
/// # Ok::<(), castiron::data::LengthError>(())
/// ```
#[derive(Debug)]
pub struct Samples<X, T> {
    x: Vec<X>,
    t: Vec<T>,
}

impl<X, T> Samples<X, T> {
    /// The inputs `x` with their targets `t`, which must be as many.
    pub fn new(x: Vec<X>, t: Vec<T>) -> Result<Self, LengthError> {
        if x.len() != t.len() {
            return Err(LengthError { x: x.len(), t: t.len() });
        }
        Ok(Samples { x, t })
    }

    /// The first `count` samples, and the others.
    pub fn split(mut self, count: usize) -> (Self, Self) {
        let count = count.min(self.x.len());
        let rest = Samples { x: self.x.split_off(count), t: self.t.split_off(count) };
        (self, rest)
    }

    /// A dataset that computes each sample when it is asked for: `map(a, b, x, t)` gets what is stored
    /// and writes what the model sees. Pixels can stay bytes in memory this way.
    pub fn map<X2: Plain, T2: Plain, F>(self, map: F) -> Map<X, T, X2, T2, F>
    where
        F: Fn(&X, &T, &mut X2, &mut T2),
    {
        Map { samples: self, map, output: PhantomData }
    }
}

impl<X: Plain + Clone, T: Plain + Clone> Dataset for Samples<X, T> {
    type X = X;
    type T = T;
    fn len(&self) -> usize {
        self.x.len()
    }
    fn write(&self, index: usize, _: &mut SampleRng, x: &mut X, t: &mut T) {
        x.clone_from(&self.x[index]);
        t.clone_from(&self.t[index]);
    }
}

/// [`Samples`] that are converted when they are asked for, by [`Samples::map`].
#[derive(Debug)]
pub struct Map<A, B, X, T, F> {
    samples: Samples<A, B>,
    map: F,
    output: PhantomData<fn() -> (X, T)>,
}

impl<A, B, X, T, F> Dataset for Map<A, B, X, T, F>
where
    A: Send + Sync + 'static,
    B: Send + Sync + 'static,
    X: Plain,
    T: Plain,
    F: Fn(&A, &B, &mut X, &mut T) + Send + Sync + 'static,
{
    type X = X;
    type T = T;
    fn len(&self) -> usize {
        self.samples.x.len()
    }
    fn write(&self, index: usize, _: &mut SampleRng, x: &mut X, t: &mut T) {
        (self.map)(&self.samples.x[index], &self.samples.t[index], x, t);
    }
}

/// There are not as many targets as inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthError {
    /// The number of inputs.
    pub x: usize,
    /// The number of targets.
    pub t: usize,
}

impl std::fmt::Display for LengthError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there are {} inputs, but {} targets", self.x, self.t)
    }
}

impl std::error::Error for LengthError {}

//! Which parameters a norm has: PyTorch's `elementwise_affine` and `bias`.

use castiron_kernels::Plain;

use super::{NoBias, WithBias};
use crate::memory::Aligned;

/// [`WithBias`], [`NoBias`] or [`NotAffine`], the last parameter of norms within a sample.
///
/// ```
/// use castiron::nn::{LayerNorm, NoBias, NotAffine};
/// use castiron::params::Params;
/// use castiron::Rank1;
/// assert_eq!(LayerNorm::<Rank1<64>>::TRAINED, 128);
/// assert_eq!(LayerNorm::<Rank1<64>, 10_000_000, NoBias>::TRAINED, 64);
/// assert_eq!(LayerNorm::<Rank1<64>, 10_000_000, NotAffine>::TRAINED, 0);
/// ```
pub trait AffineOption: Send + Sync + 'static {
    /// Whether there is a weight.
    const WEIGHT: bool;
    /// Whether there is a bias, which there is only beside a weight.
    const BIAS: bool;
    /// The memory of a weight of type `T`.
    type Weight<T: Plain>: Plain;
    /// The memory of a bias of type `T`.
    type Bias<T: Plain>: Plain;
}

/// The norm neither scales nor shifts: it has no parameters.
#[derive(Clone, Copy, Debug)]
pub struct NotAffine;
impl AffineOption for NotAffine {
    const WEIGHT: bool = false;
    const BIAS: bool = false;
    type Weight<T: Plain> = ();
    type Bias<T: Plain> = ();
}
impl AffineOption for NoBias {
    const WEIGHT: bool = true;
    const BIAS: bool = false;
    type Weight<T: Plain> = Aligned<T>;
    type Bias<T: Plain> = ();
}
impl AffineOption for WithBias {
    const WEIGHT: bool = true;
    const BIAS: bool = true;
    type Weight<T: Plain> = Aligned<T>;
    type Bias<T: Plain> = Aligned<T>;
}

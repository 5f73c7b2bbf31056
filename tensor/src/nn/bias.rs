//! Whether a layer adds a bias: PyTorch's `bias=True`.

use castiron_kernels::Plain;

use crate::memory::Aligned;

/// [`WithBias`] or [`NoBias`], the parameter after the activation.
///
/// ```
/// use castiron::{nn::{Identity, Linear, NoBias}, params::Params};
/// assert_eq!(<Linear<[f32; 784], 10, Identity, NoBias>>::TRAINED, 7840);
/// ```
pub trait BiasOption: Send + Sync + 'static {
    /// Whether there is one.
    const PRESENT: bool;
    /// Its memory, for values `T`.
    type Of<T: Plain>: Plain;
}

/// The layer adds a bias. The default.
#[derive(Clone, Copy, Debug)]
pub struct WithBias;
impl BiasOption for WithBias {
    const PRESENT: bool = true;
    type Of<T: Plain> = Aligned<T>;
}

/// The layer adds none, as before a batch norm.
#[derive(Clone, Copy, Debug)]
pub struct NoBias;
impl BiasOption for NoBias {
    const PRESENT: bool = false;
    type Of<T: Plain> = ();
}

//! Optional memory of an optimizer, decided by type so that what is not used is not allocated.

use crate::params::Params;

/// [`Present`] or [`Absent`].
pub trait Buffer: Clone + Send + Sync + 'static {
    /// The memory, for a model `M`.
    type Of<M: Params>: Params;
    /// Whether there is any.
    const PRESENT: bool;
}

/// As large as the model.
#[derive(Clone, Copy, Debug)]
pub struct Present;
impl Buffer for Present {
    type Of<M: Params> = M;
    const PRESENT: bool = true;
}

/// Nothing.
#[derive(Clone, Copy, Debug)]
pub struct Absent;
impl Buffer for Absent {
    type Of<M: Params> = ();
    const PRESENT: bool = false;
}

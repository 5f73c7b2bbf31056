//! Training: the state that owns all memory, inference in batches, the loop, its history.

#[cfg(feature = "std")]
mod groups;
mod predictor;
#[cfg(feature = "std")]
mod trainer;

#[cfg(feature = "std")]
pub use groups::Group;
#[cfg(feature = "std")]
pub use predictor::Predictor;
pub use predictor::{Workspace, infer};
#[cfg(feature = "files")]
pub(crate) use trainer::Snapshot;
#[cfg(feature = "std")]
pub use trainer::{Clip, Trainer};

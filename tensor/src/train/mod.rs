//! Training: the state that owns all memory, inference in batches, the loop, its history.

#[cfg(feature = "std")]
mod enter;
#[cfg(feature = "fit")]
mod fit;
#[cfg(feature = "std")]
mod groups;
#[cfg(feature = "fit")]
pub mod history;
mod predictor;
#[cfg(feature = "std")]
mod trainer;
#[cfg(feature = "std")]
mod update;
#[cfg(feature = "std")]
mod updater;

#[cfg(feature = "fit")]
pub use fit::{Fit, FitError, Rows, accuracy};
#[cfg(feature = "std")]
pub use groups::Group;
#[cfg(feature = "fit")]
pub use history::{History, Record};
#[cfg(feature = "std")]
pub use predictor::Predictor;
pub use predictor::{Workspace, infer};
#[cfg(feature = "files")]
pub(crate) use trainer::Snapshot;
#[cfg(feature = "std")]
pub use trainer::{Clip, Trainer};
#[cfg(feature = "std")]
pub use updater::Updater;

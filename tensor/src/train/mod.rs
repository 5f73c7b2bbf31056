//! Training: the state that owns all memory, inference in batches, the loop, its history.

mod differentiate;
#[cfg(feature = "std")]
mod enter;
#[cfg(feature = "fit")]
mod fit;
mod groups;
#[cfg(feature = "fit")]
pub mod history;
#[cfg(feature = "std")]
mod loss_scale;
mod master;
mod predictor;
#[cfg(feature = "std")]
mod rounded;
mod step;
#[cfg(feature = "std")]
mod table;
#[cfg(feature = "std")]
mod trainer;
#[cfg(feature = "std")]
mod update;
#[cfg(feature = "std")]
mod updater;

#[cfg(feature = "fit")]
pub use fit::{Fit, FitError, Rows, accuracy};
pub use groups::Group;
#[cfg(feature = "fit")]
pub use history::{History, Record};
#[cfg(feature = "std")]
pub use loss_scale::DynamicLossScale;
#[cfg(feature = "std")]
pub use predictor::Predictor;
pub use predictor::{Workspace, infer};
pub use step::{TrainingWorkspace, step};
#[cfg(feature = "files")]
pub(crate) use trainer::Snapshot;
#[cfg(feature = "std")]
pub use trainer::{Clip, Trainer};
#[cfg(feature = "std")]
pub use updater::Updater;

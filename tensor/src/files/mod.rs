//! Model files: the safetensors format, with PyTorch's names and dimensions.

mod checkpoint;
mod error;
mod load;
mod save;

pub use checkpoint::{Position, resume, save_checkpoint};
pub use error::{Difference, FileError};
pub use load::{Load, load, load_bytes};
pub use save::{Save, save};

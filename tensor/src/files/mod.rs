//! Model files: the safetensors format, with PyTorch's names and dimensions. Files of NumPy.
//!
//! These are read when the program runs; [`include_weights!`](crate::include_weights) puts a file's tensors into the
//! program.

mod checkpoint;
mod error;
mod load;
#[cfg(feature = "npy")]
mod npy;
mod save;

pub use checkpoint::{Position, resume, save_checkpoint};
pub use error::{Difference, FileError};
pub use load::{Load, load, load_bytes};
#[cfg(feature = "npy")]
pub use npy::{NpyError, Npz, read_npy, write_npy, write_npz, write_npz_compressed};
pub use save::{Save, save};

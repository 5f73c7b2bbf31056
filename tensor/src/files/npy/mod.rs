//! NumPy's `.npy` and `.npz` files.

mod error;
mod header;
mod npz;
mod stream;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

pub use error::NpyError;
pub use npz::{Npz, write_npz, write_npz_compressed};

use super::save::replace;
use crate::{ConvertError, DynTensor};
use error::Wrong;

/// Reads an array that NumPy has written: a [`DynTensor`], or a typed tensor whose shape and elements are
/// checked. NumPy's `np.load(path)`.
///
/// ```
/// use castiron::files::{read_npy, write_npy};
/// use castiron::{DynTensor, Rank2, Tensor, tensor};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// write_npy(&path, &tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])?;
///
/// let x: Tensor<Rank2<2, 3>> = read_npy(&path)?;
/// assert_eq!(x[1], [4.0, 5.0, 6.0]);
/// let unknown: DynTensor = read_npy(&path)?;
/// assert_eq!(unknown.dims(), [2, 3]);
///
/// let error = read_npy::<Tensor<Rank2<3, 3>>>(&path).unwrap_err();
/// assert!(error.to_string().ends_with("x.npy: this is f32 [2, 3], but f32 [3, 3] is wanted"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Either order of axes (C and Fortran) and of bytes is read. Elements are f2, f4, f8, i1, i4, i8, u1 and b1 in
/// NumPy's words; of others an error says what they are.
///
/// # Errors
/// When the file cannot be read, is damaged or cut off, or is of another shape or of other elements. A file that
/// claims more numbers than it has is an error before memory is taken for them.
pub fn read_npy<T>(path: impl AsRef<Path>) -> Result<T, NpyError>
where
    T: TryFrom<DynTensor, Error: Into<ConvertError>>,
{
    let path = path.as_ref();
    let open = || -> Result<DynTensor, Wrong> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        stream::read(&mut BufReader::new(file), len)
    };
    let read = open().map_err(|wrong| wrong.of(path, None))?;
    convert(read, path, None)
}

/// Writes a tensor as NumPy's `np.save(path, x)` does. The file appears as a whole or not at all.
///
/// # Errors
/// When the file cannot be written, or the tensor is of bf16, which NumPy has not.
pub fn write_npy(path: impl AsRef<Path>, x: impl Into<DynTensor>) -> Result<(), NpyError> {
    let (path, x) = (path.as_ref(), x.into());
    write_whole(path, |file| stream::write(&x, file)).map_err(|wrong| wrong.of(path, None))
}

fn convert<T>(x: DynTensor, path: &Path, array: Option<&str>) -> Result<T, NpyError>
where
    T: TryFrom<DynTensor, Error: Into<ConvertError>>,
{
    T::try_from(x).map_err(|error| {
        let (path, array) = (path.to_owned(), array.map(str::to_owned));
        NpyError::Mismatch { path, array, error: error.into() }
    })
}

/// Writes a file beside its destination, and moves it there if all went well.
fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    let mut outcome = Ok(());
    let replaced = replace(path, |file| {
        let mut file = BufWriter::new(file);
        outcome = write(&mut file);
        // The destination is left alone unless everything was written.
        if outcome.is_err() {
            return Err(std::io::ErrorKind::Other.into());
        }
        file.flush()
    });
    outcome?;
    Ok(replaced?)
}

//! Several arrays in one file: a zip archive of `.npy` files.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::error::Wrong;
use super::{NpyError, convert, stream, write_whole};
use crate::{ConvertError, DynTensor};

/// An `.npz` file of NumPy, opened to read. NumPy's `np.load(path)`.
///
/// ```
/// use castiron::files::{Npz, write_npz_compressed};
/// use castiron::{Tensor, tensor};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("data.npz");
/// let (x, t) = (tensor![[1.0, 2.0], [3.0, 4.0]], tensor![i64; 0, 1]);
/// write_npz_compressed(&path, [("x", (&x).into()), ("t", (&t).into())])?;
///
/// let mut file = Npz::open(&path)?;
/// assert_eq!(file.names(), ["x", "t"]);
/// let labels: Tensor<[i64; 2]> = file.read("t")?;
/// assert_eq!(labels, t);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Npz {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
    /// Of the file, in bytes.
    len: u64,
}

impl Npz {
    /// Opens a file and reads what it contains.
    ///
    /// # Errors
    /// When it cannot be read, or is no zip archive.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, NpyError> {
        let path = path.as_ref();
        let open = || -> Result<_, Wrong> {
            let file = File::open(path)?;
            let len = file.metadata()?.len();
            Ok((ZipArchive::new(BufReader::new(file))?, len))
        };
        let (archive, len) = open().map_err(|wrong| wrong.of(path, None))?;
        Ok(Npz { path: path.to_owned(), archive, len })
    }

    /// The names of its arrays, in the order of the file.
    pub fn names(&self) -> Vec<String> {
        let names = self.archive.file_names().filter_map(Result::ok);
        names.filter_map(|name| Some(name.strip_suffix(".npy")?.to_owned())).collect()
    }

    /// Reads the array of that name, as [`read_npy`](super::read_npy) does.
    ///
    /// # Errors
    /// When there is none, and as for [`read_npy`](super::read_npy).
    pub fn read<T>(&mut self, name: &str) -> Result<T, NpyError>
    where
        T: TryFrom<DynTensor, Error: Into<ConvertError>>,
    {
        if self.archive.index_for_name(&format!("{name}.npy")).is_none() {
            let (array, has) = (name.to_owned(), self.names());
            return Err(NpyError::Missing { path: self.path.clone(), array, has });
        }
        let read = self.array(name).map_err(|wrong| wrong.of(&self.path, Some(name)))?;
        convert(read, &self.path, Some(name))
    }

    fn array(&mut self, name: &str) -> Result<DynTensor, Wrong> {
        let mut entry = self.archive.by_name(&format!("{name}.npy"))?;
        // What the archive says of sizes need not be true: but no part is larger than the file, and deflate
        // makes at most 1032 bytes of one.
        let stored = entry.compressed_size().min(self.len);
        let most = match entry.compression() {
            CompressionMethod::Stored => stored,
            _ => stored.saturating_mul(1032).saturating_add(1032),
        };
        let available = entry.size().min(most);
        let x = stream::read(&mut entry, available)?;
        // The checksum is compared at the end, which is reached by reading on.
        let _beyond = entry.read(&mut [0])?;
        Ok(x)
    }
}

/// Writes tensors under their names, as NumPy's `np.savez(path, x=x, ..)` does. The file appears as a whole or
/// not at all.
///
/// # Errors
/// When the file cannot be written, a name is there twice, or a tensor is of bf16, which NumPy has not.
pub fn write_npz<N: AsRef<str>>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (N, DynTensor)>,
) -> Result<(), NpyError> {
    write(path.as_ref(), arrays, CompressionMethod::Stored)
}

/// [`write_npz`], compressed. NumPy's `np.savez_compressed`.
///
/// # Errors
/// As for [`write_npz`].
pub fn write_npz_compressed<N: AsRef<str>>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (N, DynTensor)>,
) -> Result<(), NpyError> {
    write(path.as_ref(), arrays, CompressionMethod::Deflated)
}

fn write<N: AsRef<str>>(
    path: &Path,
    arrays: impl IntoIterator<Item = (N, DynTensor)>,
    method: CompressionMethod,
) -> Result<(), NpyError> {
    let mut current = None;
    let outcome = write_whole(path, |file| {
        let mut archive = ZipWriter::new(file);
        for (name, x) in arrays {
            let name = current.insert(name.as_ref().to_owned());
            let bytes = x.len() as u64 * x.dtype().size() as u64;
            // Sizes beyond four bytes have to be announced; the header, and what compression may add, count.
            let large = bytes >= u64::from(u32::MAX) - (1 << 24);
            let options = SimpleFileOptions::default().compression_method(method).large_file(large);
            archive.start_file(format!("{name}.npy"), options)?;
            stream::write(&x, &mut archive)?;
        }
        current = None;
        archive.finish()?;
        Ok(())
    });
    outcome.map_err(|wrong| wrong.of(path, current.as_deref()))
}

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use safetensors::tensor::{Dtype, View};

use super::FileError;
use crate::params::{Params, visit};
use crate::shape::DType;

/// Writes the model's parameters and running averages to a safetensors file, with the names and
/// dimensions that PyTorch's `state_dict` has. The file appears as a whole or not at all.
///
/// ```
/// use castiron::prelude::*;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("layer.safetensors");
/// type Layer = Linear<[f32; 4], 2>;
/// castiron::files::save(&*init::<Layer>(7), &path)?;
/// let mut layer = init::<Layer>(0);
/// castiron::files::load(&mut *layer, &path)?;
/// assert_eq!(*layer.weight, *init::<Layer>(7).weight);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the file cannot be written.
pub fn save<M: Params>(model: &M, path: impl AsRef<Path>) -> Result<(), FileError> {
    Save::default().save(model, path)
}

/// Choices for [`save`].
///
/// ```no_run
/// use castiron::{files::Save, nn::BatchNorm2d, params::init};
/// // For PyTorch's `load_state_dict(…, strict=True)`, after 938 batches.
/// Save::default().num_batches_tracked(938).save(&*init::<BatchNorm2d<6>>(0), "norm.safetensors")?;
/// # Ok::<(), castiron::files::FileError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Save {
    num_batches_tracked: Option<i64>,
}

impl Save {
    /// Also writes PyTorch's `num_batches_tracked` beside every pair of running averages, so that PyTorch
    /// loads the file with `strict=True`.
    #[must_use]
    pub fn num_batches_tracked(mut self, batches: i64) -> Self {
        self.num_batches_tracked = Some(batches);
        self
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save<M: Params>(&self, model: &M, path: impl AsRef<Path>) -> Result<(), FileError> {
        let mut entries = Vec::new();
        collect(model, "", &mut entries);
        if let Some(batches) = self.num_batches_tracked {
            let counters: Vec<String> = entries
                .iter()
                .filter_map(|(name, _)| {
                    Some(format!("{}.num_batches_tracked", name.strip_suffix(".running_mean")?))
                })
                .collect();
            let counter = || Entry {
                dtype: Dtype::I64,
                shape: vec![],
                bytes: Cow::Owned(batches.to_le_bytes().to_vec()),
            };
            entries.extend(counters.into_iter().map(|name| (name, counter())));
        }
        write(entries, None, path.as_ref())
    }
}

/// One tensor of a file.
pub(super) struct Entry<'a> {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Cow<'a, [u8]>,
}

impl View for Entry<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Every leaf of `model`, its name after `prefix`.
pub(super) fn collect<'a, M: Params>(model: &'a M, prefix: &str, entries: &mut Vec<(String, Entry<'a>)>) {
    let base = (model as *const M).cast::<u8>();
    visit::<M>(|path, offset, leaf| {
        let len = leaf.dims.len() * leaf.dtype.size();
        // SAFETY: the tree describes `M`: at `offset` lies a leaf of that many bytes without padding, all
        // within `model`, which stays borrowed.
        let bytes = unsafe { core::slice::from_raw_parts(base.add(offset), len) };
        let entry = Entry {
            dtype: dtype(leaf.dtype),
            shape: leaf.dims.as_slice().to_vec(),
            bytes: Cow::Borrowed(bytes),
        };
        entries.push((format!("{prefix}{path}"), entry));
    });
}

pub(super) fn write(
    entries: Vec<(String, Entry<'_>)>,
    metadata: Option<HashMap<String, String>>,
    path: &Path,
) -> Result<(), FileError> {
    let bytes = safetensors::serialize(entries, metadata)
        .map_err(|error| FileError::Format { path: path.to_owned(), reason: error.to_string() })?;
    replace(path, |file| file.write_all(&bytes))
        .map_err(|source| FileError::Io { path: path.to_owned(), source })
}

/// Writes a file beside its destination, and moves it there when it is complete and on disk.
pub(super) fn replace(
    path: &Path,
    write: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // Temporary files are private unless told otherwise; this one is to be like any other file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

pub(super) fn dtype(dtype: DType) -> Dtype {
    match dtype {
        DType::F32 => Dtype::F32,
        DType::F64 => Dtype::F64,
        DType::Bf16 => Dtype::BF16,
        DType::F16 => Dtype::F16,
        DType::I8 => Dtype::I8,
        DType::U8 => Dtype::U8,
        DType::I32 => Dtype::I32,
        DType::I64 => Dtype::I64,
        DType::Bool => Dtype::BOOL,
    }
}

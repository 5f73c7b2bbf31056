use std::collections::{HashMap, HashSet};
use std::path::Path;

use safetensors::SafeTensors;

use super::save::dtype;
use super::{Difference, FileError};
use crate::params::{Params, matches, visit};

/// Reads a model's parameters and running averages from a safetensors file. Every tensor of the model must
/// be there with its dimensions, and no other; [`Load`] has ways to be less strict. PyTorch's
/// `num_batches_tracked` is passed over.
///
/// # Errors
/// When the file cannot be read, is damaged, or does not fit: all differences at once. The model is then
/// as it was.
pub fn load<M: Params>(model: &mut M, path: impl AsRef<Path>) -> Result<(), FileError> {
    Load::default().load(model, path).map(|_| ())
}

/// [`load`] from the bytes of a file.
///
/// # Errors
/// As for [`load`].
pub fn load_bytes<M: Params>(model: &mut M, bytes: &[u8]) -> Result<(), FileError> {
    Load::default().load_bytes(model, bytes).map(|_| ())
}

type Rename<'a> = dyn Fn(&str) -> String + 'a;

/// Choices for [`load`].
///
/// ```
/// use castiron::files::Load;
/// // A pre-trained body under a new head: take what is named so, leave the rest.
/// let body = Load::default().only("features.*");
/// // Somebody else's names.
/// let renamed = Load::default().rename(|ours| ours.replacen("body.", "module.features.", 1));
/// ```
#[derive(Default)]
pub struct Load<'a> {
    only: Option<&'a str>,
    rename: Option<Box<Rename<'a>>>,
    allow_extra: bool,
}

impl<'a> Load<'a> {
    /// Reads only tensors of the model whose names match `pattern` (`*` stands for any characters); what
    /// else the file has is passed over.
    #[must_use]
    pub fn only(mut self, pattern: &'a str) -> Self {
        self.only = Some(pattern);
        self
    }

    /// From the model's name for a tensor to the file's.
    #[must_use]
    pub fn rename(mut self, rename: impl Fn(&str) -> String + 'a) -> Self {
        self.rename = Some(Box::new(rename));
        self
    }

    /// Passes over tensors that the model has not.
    #[must_use]
    pub fn allow_extra(mut self) -> Self {
        self.allow_extra = true;
        self
    }

    /// Reads the file, and returns how many tensors were read.
    ///
    /// # Errors
    /// As for [`load`].
    pub fn load<M: Params>(&self, model: &mut M, path: impl AsRef<Path>) -> Result<usize, FileError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| FileError::Io { path: path.to_owned(), source })?;
        self.read(model, &bytes, path)
    }

    /// Reads the bytes of a file, and returns how many tensors were read.
    ///
    /// # Errors
    /// As for [`load`].
    pub fn load_bytes<M: Params>(&self, model: &mut M, bytes: &[u8]) -> Result<usize, FileError> {
        self.read(model, bytes, Path::new("<bytes>"))
    }

    fn read<M: Params>(&self, model: &mut M, bytes: &[u8], path: &Path) -> Result<usize, FileError> {
        let file = parse(bytes, path)?;
        let mut used = HashSet::new();
        let mut copies = Copies::default();
        copies.plan::<M>(&file, &mut used, |name| {
            let wanted = self.only.is_none_or(|pattern| matches(pattern, name));
            wanted.then(|| self.rename.as_ref().map_or_else(|| name.to_owned(), |rename| rename(name)))
        });
        if let Some(pattern) = self.only.filter(|_| copies.parts.is_empty() && copies.differences.is_empty())
        {
            copies.differences.push(Difference::Pattern { pattern: pattern.to_owned() });
        }
        if !self.allow_extra && self.only.is_none() {
            copies.extra(&file, &used);
        }
        copies.check(path)?;
        copies.apply(model);
        Ok(copies.parts.len())
    }
}

impl core::fmt::Debug for Load<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Load {{ only: {:?}, allow_extra: {} }}", self.only, self.allow_extra)
    }
}

pub(super) fn parse<'a>(bytes: &'a [u8], path: &Path) -> Result<SafeTensors<'a>, FileError> {
    SafeTensors::deserialize(bytes)
        .map_err(|error| FileError::Format { path: path.to_owned(), reason: error.to_string() })
}

/// What is to be copied where, decided in full before the first byte moves.
#[derive(Default)]
pub(super) struct Copies<'a> {
    /// Offset in the model, bytes of the file.
    pub(super) parts: Vec<(usize, &'a [u8])>,
    pub(super) differences: Vec<Difference>,
}

impl<'a> Copies<'a> {
    /// Looks up the tensors of `M` under the names that `name_in_file` gives; `None` leaves one out.
    pub(super) fn plan<M: Params>(
        &mut self,
        file: &SafeTensors<'a>,
        used: &mut HashSet<String>,
        name_in_file: impl Fn(&str) -> Option<String>,
    ) {
        let tensors: HashMap<String, _> = file.tensors().into_iter().collect();
        visit::<M>(|path, offset, leaf| {
            let Some(name) = name_in_file(&path.to_string()) else { return };
            let dims = leaf.dims.as_slice();
            match tensors.get(&name) {
                None => self.differences.push(Difference::Missing { name, dims: dims.to_vec() }),
                Some(found) if found.shape() != dims => {
                    let (file, model) = (found.shape().to_vec(), dims.to_vec());
                    used.insert(name.clone());
                    self.differences.push(Difference::Dims { name, file, model });
                }
                Some(found) if found.dtype() != dtype(leaf.dtype) => {
                    let file = format!("{:?}", found.dtype());
                    used.insert(name.clone());
                    self.differences.push(Difference::Element { name, file, model: leaf.dtype.name() });
                }
                Some(found) => {
                    used.insert(name);
                    self.parts.push((offset, found.data()));
                }
            }
        });
    }

    /// Notes tensors of the file that nothing used.
    pub(super) fn extra(&mut self, file: &SafeTensors<'_>, used: &HashSet<String>) {
        let mut extra: Vec<_> = file
            .tensors()
            .into_iter()
            .filter(|(name, _)| !used.contains(name) && !name.ends_with("num_batches_tracked"))
            .map(|(name, tensor)| Difference::Extra { name, dims: tensor.shape().to_vec() })
            .collect();
        extra.sort_by_key(|difference| difference.to_string());
        self.differences.extend(extra);
    }

    pub(super) fn check(&mut self, path: &Path) -> Result<(), FileError> {
        let differences = core::mem::take(&mut self.differences);
        if differences.is_empty() {
            Ok(())
        } else {
            Err(FileError::Mismatch { path: path.to_owned(), differences })
        }
    }

    /// Copies everything. `M` must be the type the copies were planned for.
    pub(super) fn apply<M: Params>(&self, model: &mut M) {
        let base = (model as *mut M).cast::<u8>();
        for (offset, bytes) in &self.parts {
            debug_assert!(offset + bytes.len() <= size_of::<M>());
            // SAFETY: planned from the tree of `M`: at `offset` lies a leaf whose size is that of `bytes`
            // (same dims, same element, and safetensors checks data against both), `model` is uniquely
            // borrowed, and any bits are valid numbers.
            unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), base.add(*offset), bytes.len()) };
        }
    }
}

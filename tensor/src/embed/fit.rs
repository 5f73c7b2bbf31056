//! A model's tree held against the tensors of a file.

use core::ptr::copy_nonoverlapping;

use super::entry::Dimensions;
use super::header::Header;
use super::text::{Text, ends_with, same, starts_with, text};
use crate::params::{Leaf, Name, Tree};
use crate::shape::DType;

/// What is wrong, in words: room for a line about each of 4,096 parameters.
pub type Report = Text<{ 256 * 1024 }>;

/// A parameter's name, such as `blocks.2.conv1.weight`.
type Path = Text<512>;

/// How many pairs a list of renames may have.
const RENAMES: usize = 256;

/// The state of the comparison.
pub(super) struct Fit<'a, const N: usize> {
    path: &'a str,
    header: Header<'a, N>,
    renames: &'a [(&'a str, &'a str)],
    report: &'a mut Report,
    /// Which tensors of the file the model has.
    used: [bool; N],
    /// Which renames have met a parameter.
    renamed: [bool; RENAMES],
}

impl<'a, const N: usize> Fit<'a, N> {
    /// `path` is that of the file.
    pub(super) const fn new(
        path: &'a str,
        header: Header<'a, N>,
        renames: &'a [(&'a str, &'a str)],
        report: &'a mut Report,
    ) -> Self {
        assert!(renames.len() <= RENAMES, "at most 256 renames");
        Fit { path, header, renames, report, used: [false; N], renamed: [false; RENAMES] }
    }

    /// Copies what fits into the leaves of the tree, and reports what does not.
    ///
    /// # Safety
    /// All leaves of the tree lie within the memory at `to`, which nothing else reads or writes and for which any
    /// bits are valid.
    pub(super) const unsafe fn tree(&mut self, tree: &Tree, path: Option<&Path>, to: *mut u8) {
        match tree {
            Tree::Leaf(leaf) => {
                let root = Path::new();
                let path = match path {
                    Some(path) => path,
                    None => &root,
                };
                let name = self.name_in_file(path);
                if let Some(begin) = self.data_of(leaf, &name) {
                    let data = self.header.data.as_ptr();
                    // SAFETY: `data_of` found as many bytes in the file as the leaf has, and the caller
                    // promises that these lie at `to`.
                    unsafe { copy_nonoverlapping(data.add(begin), to, leaf.dims.len() * leaf.dtype.size()) };
                }
            }
            Tree::Node(children) => {
                let mut i = 0;
                while i < children.len() {
                    let child = &children[i];
                    let path = below(path, child.name);
                    // SAFETY: the child's leaves are the tree's.
                    unsafe { self.tree(&child.tree, Some(&path), to.add(child.offset)) };
                    i += 1;
                }
            }
        }
    }

    /// Reports tensors of the file that the model has not.
    pub(super) const fn extra(&mut self) {
        let mut i = 0;
        while i < self.header.len() {
            let entry = self.header.entry(i);
            let name = self.header.name(entry);
            if !self.used[i] && !ends_with(name, b"num_batches_tracked") {
                let dims = self.header.dims(entry);
                self.difference(text(name));
                self.report.push(" ");
                list(dims, self.report);
                self.report.push(" is not in the model");
            }
            i += 1;
        }
    }

    /// Reports renames of nothing.
    pub(super) const fn idle_renames(&mut self) {
        let mut i = 0;
        while i < self.renames.len() {
            if !self.renamed[i] {
                self.difference(self.renames[i].0);
                self.report.push(" renames nothing in the model");
            }
            i += 1;
        }
    }

    /// What the file calls a parameter: the first pair whose left side is a beginning of the path replaces it.
    const fn name_in_file(&mut self, path: &Path) -> Path {
        let (mut name, mut i) = (*path, 0);
        while i < self.renames.len() {
            let (ours, theirs) = self.renames[i];
            if begins(path.as_bytes(), ours.as_bytes()) {
                self.renamed[i] = true;
                name = Path::new();
                name.push(theirs);
                name.push_bytes(path.as_bytes().split_at(ours.len()).1);
                break;
            }
            i += 1;
        }
        assert!(!path.is_full() && !name.is_full(), "the name of a parameter has at most 512 bytes");
        name
    }

    /// Where the tensor of this name begins in the data, if it is what the leaf is.
    const fn data_of(&mut self, leaf: &Leaf, name: &Path) -> Option<usize> {
        let Some(i) = self.header.find(name.as_bytes()) else {
            self.difference(name.as_str());
            self.report.push(" ");
            shape(leaf, self.report);
            self.report.push(" is missing in the file");
            return None;
        };
        self.used[i] = true;
        let entry = *self.header.entry(i);
        if !fits(leaf, self.header.dims(&entry)) {
            self.difference(name.as_str());
            self.report.push(" is ");
            list(self.header.dims(&entry), self.report);
            self.report.push(" in the file, but ");
            shape(leaf, self.report);
            self.report.push(" in the model");
            return None;
        }
        let element = self.header.element(&entry);
        if !same(element, tag(leaf.dtype).as_bytes()) {
            self.difference(name.as_str());
            self.report.push(" has elements ");
            self.report.push_bytes(element);
            self.report.push(" in the file, but ");
            self.report.push(leaf.dtype.name());
            self.report.push(" in the model");
            return None;
        }
        Some(entry.begin as usize)
    }

    /// Begins a line about a tensor.
    const fn difference(&mut self, name: &str) {
        if self.report.is_empty() {
            self.report.push(self.path);
            self.report.push(": does not fit the model:");
        }
        self.report.push("\n  `");
        self.report.push(name);
        self.report.push("`");
    }
}

/// The path of a child.
const fn below(parent: Option<&Path>, name: Name) -> Path {
    let mut path = match parent {
        Some(parent) => *parent,
        None => Path::new(),
    };
    if parent.is_some() {
        path.push(".");
    }
    match name {
        Name::Field(name) => path.push(name),
        Name::Index(index) => path.number(index as u64),
    }
    path
}

/// Whether a path begins with these parts; `conv1` is no beginning of `conv10.weight`.
const fn begins(path: &[u8], parts: &[u8]) -> bool {
    let end = parts.len();
    starts_with(path, parts) && (end == 0 || end == path.len() || parts[end - 1] == b'.' || path[end] == b'.')
}

/// Whether a leaf has these dimensions.
const fn fits(leaf: &Leaf, mut dims: Dimensions<'_>) -> bool {
    let (sizes, mut i) = (leaf.dims.as_slice(), 0);
    while let Some(dim) = dims.next() {
        if i == sizes.len() || sizes[i] as u64 != dim {
            return false;
        }
        i += 1;
    }
    i == sizes.len()
}

/// The dimensions of a leaf: `[64, 784]`.
const fn shape(leaf: &Leaf, to: &mut Report) {
    let (sizes, mut i) = (leaf.dims.as_slice(), 0);
    to.push("[");
    while i < sizes.len() {
        if i > 0 {
            to.push(", ");
        }
        to.number(sizes[i] as u64);
        i += 1;
    }
    to.push("]");
}

/// Dimensions in the file, in the same form.
const fn list(mut dims: Dimensions<'_>, to: &mut Report) {
    to.push("[");
    let mut first = true;
    while let Some(dim) = dims.next() {
        if !first {
            to.push(", ");
        }
        to.number(dim);
        first = false;
    }
    to.push("]");
}

/// What safetensors calls an element.
const fn tag(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "F32",
        DType::F64 => "F64",
        DType::Bf16 => "BF16",
        DType::F16 => "F16",
        DType::I8 => "I8",
        DType::U8 => "U8",
        DType::I32 => "I32",
        DType::I64 => "I64",
        DType::Bool => "BOOL",
    }
}

//! What [`include_weights!`](crate::include_weights) consists of: a reader of safetensors files that runs in the
//! compiler, without memory to allocate.

mod entry;
mod fit;
mod header;
mod json;
mod order;
mod reason;
mod text;

pub use fit::Report;
pub use header::Header;
pub use reason::Reason;

use crate::params::{Params, assert_within};
use fit::Fit;
use header::{BYTES_PER_TENSOR, said_length};

/// A safetensors file that the compiler has read, and how it is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Embedded<'a> {
    path: &'a str,
    file: &'a [u8],
    pairs: &'a [(&'a str, &'a str)],
    allow_extra: bool,
}

// The macro writes its options as calls of these, by reference: `rename = [..]` as `.rename(&[..])`.
impl<'a> Embedded<'a> {
    /// The bytes of a file; messages name it by its path.
    pub const fn new(path: &'a str, file: &'a [u8]) -> Self {
        Embedded { path, file, pairs: &[], allow_extra: false }
    }

    /// From beginnings of the model's names to beginnings of the file's.
    #[must_use]
    pub const fn rename(mut self, pairs: &'a [(&'a str, &'a str)]) -> Self {
        self.pairs = pairs;
        self
    }

    /// Whether tensors that the model has not are passed over.
    #[must_use]
    pub const fn allow_extra(mut self, allow: &bool) -> Self {
        self.allow_extra = *allow;
        self
    }

    /// The model.
    ///
    /// # Panics
    /// If the file does not fit, with all that is wrong. In a constant that is a compile error where this is called.
    #[track_caller]
    pub const fn load<M: Params>(&self) -> M {
        if cfg!(target_endian = "big") {
            panic!(
                "include_weights!: numbers in safetensors files are little-endian, and this target's are not"
            );
        }
        let mut model = castiron_kernels::zeroed();
        let mut report = Report::new();
        self.fill(&mut model, &mut report);
        if !report.is_empty() {
            report.note_if_full("\n  and more");
            panic!("{}", report.as_str());
        }
        model
    }

    /// Copies the file's tensors into the model, or reports all that is wrong; what fits is then copied nevertheless.
    pub const fn fill<M: Params>(&self, model: &mut M, report: &mut Report) {
        // Room for as many tensors as a header of that length can have.
        match said_length(self.file) / BYTES_PER_TENSOR as u64 {
            0..0x100 => self.fill_from::<M, 0x100>(model, report),
            0x100..0x1000 => self.fill_from::<M, 0x1000>(model, report),
            _ => self.fill_from::<M, 0x1_0000>(model, report),
        }
    }

    // At run time, in tests, one of these on the stack is enough.
    #[inline(never)]
    const fn fill_from<M: Params, const N: usize>(&self, model: &mut M, report: &mut Report) {
        const { assert_within::<M>() };
        let header = match Header::<N>::read(self.file) {
            Ok(header) => header,
            Err(reason) => return self.unreadable(reason, report),
        };
        let mut fit = Fit::new(self.path, header, self.pairs, report);
        let to = core::ptr::from_mut(model).cast();
        // SAFETY: the leaves lie within `model`, as was asserted; it is uniquely borrowed, and any bits are a
        // plain value.
        unsafe { fit.tree(&M::TREE, None, to) };
        if !self.allow_extra {
            fit.extra();
        }
        fit.idle_renames();
    }

    const fn unreadable(&self, reason: Reason<'_>, report: &mut Report) {
        report.push(self.path);
        report.push(": not a readable safetensors file: ");
        reason.say(report);
    }
}

/// The weights of a model, from a safetensors file that the compiler reads and checks: a constant expression, made
/// for a `static`.
///
/// ```
/// use castiron::prelude::*;
/// use castiron::train::{Workspace, infer};
///
/// model! {
///     pub LeNet: [1, 28, 28] -> [10] {
///         conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
///         conv2: Conv2d(16, kernel = 5),             Relu, MaxPool2d(2),
///         fc1: Linear(120), Relu,
///         fc2: Linear(84),  Relu,
///         fc3: Linear(10),
///     }
/// }
///
/// static LENET: LeNet =
///     include_weights!(LeNet, concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/lenet.safetensors"));
///
/// let mut workspace = Workspace::<LeNet, 1>::zeroed();
/// let (blank, mut logits) = ([[[[0.0; 28]; 28]; 1]], [[0.0; 10]]);
/// infer(&Cpu::new(), &LENET, &blank, 1, &mut logits, &mut workspace)?;
/// # assert_ne!(logits, [[0.0; 10]]);
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// The value is in the program's read-only memory, aligned as its type demands. Nothing is read, copied or checked when
/// the program starts, and nothing is allocated: a microcontroller infers from its flash. In a `let` it would be
/// copied to the stack. An edit of the file builds the program anew.
///
/// The first argument is any type with [`Params`](crate::params::Params), a model, an array of modules, a
/// [`Prepared<M>`](crate::Prepared); the second is a path as [`include_bytes!`] takes it: relative to the source file,
/// or `concat!(env!("OUT_DIR"), "/net.safetensors")` for what a build script has written.
///
/// # What is checked
///
/// As [`files::load`](crate::files::load) does at run time: every tensor of the model must be in the file with its
/// dimensions and its element, and no other, PyTorch's `num_batches_tracked` aside. What is wrong is an error of
/// `cargo check` and of editors, all of it at once and in the words of [`files::FileError`](crate::files::FileError):
///
/// ```text
/// error[E0080]: evaluation panicked: lenet.safetensors: does not fit the model:
///                 `conv1.weight` is [6, 1, 5, 5] in the file, but [8, 1, 5, 5] in the model
/// ```
///
/// Elements are not converted: a model of `f32` wants a file of F32. A build script can convert, and fold batch norms
/// and pack weights besides: see [Preparation in a build script](#preparation-in-a-build-script).
///
/// # Options
///
/// Other people's names, from beginnings of the model's names to beginnings of the file's, whole parts of the dotted
/// path each; the first that fits counts, and one that never does is an error. Tensors that the model has not, if they
/// are to be passed over:
///
/// ```
/// # use castiron::prelude::*;
/// # model! { Layers: [1, 28, 28] -> [6, 14, 14] { first: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2) } }
/// static FIRST: Layers = include_weights!(
///     Layers,
///     concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/lenet.safetensors"),
///     rename = [("first", "conv1")],
///     allow_extra = true,
/// );
/// ```
///
/// # Limits
///
/// A header of at most 3 MiB, which is about 30,000 tensors. Names with escape sequences are refused; safetensors itself
/// writes them for quotes, backslashes and control characters only. Numbers in the file are little-endian; for a
/// big-endian target it is a compile error.
///
/// LeNet's 247 KB take the compiler 0.02 seconds; 100 MB take 1.3 seconds and 0.7 GB of memory to check, 5 seconds and
/// 1.5 GB to build. Every tensor takes 2 milliseconds: 1,200 of them 2.3 seconds.
///
/// # Preparation in a build script
///
/// [`Prepared<M>`](crate::Prepared) is a model as inference likes it best: batch norms folded, weights packed. A build
/// script makes it once:
///
/// ```no_run
/// // build.rs, with castiron and its feature `files` among the build dependencies
/// # mod model {
/// #     castiron::model! { pub LeNet: [1, 28, 28] -> [6, 24, 24] { conv: Conv2d(6, kernel = 5), Relu } }
/// # }
/// use castiron::{Cpu, Prepared, Tensor, files};
/// use model::LeNet; // #[path = "src/model.rs"] mod model; the program has it too
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     println!("cargo::rerun-if-changed=lenet.safetensors");
///     let mut lenet = Tensor::<LeNet>::zeros();
///     files::load(&mut *lenet, "lenet.safetensors")?;
///     let prepared = Prepared::of(&Cpu::new(), &*lenet)?;
///     files::save(&*prepared, format!("{}/prepared.safetensors", std::env::var("OUT_DIR")?))?;
///     Ok(())
/// }
/// ```
///
/// and the program has it, checked against the layout of `Prepared<LeNet>`:
///
/// ```ignore
/// static LENET: Prepared<LeNet> =
///     include_weights!(Prepared<LeNet>, concat!(env!("OUT_DIR"), "/prepared.safetensors"));
/// ```
///
/// Names and dimensions of a prepared model do not depend on the processor, so the script may run on a server for a
/// microcontroller.
#[macro_export]
macro_rules! include_weights {
    ($model:ty, $path:expr $(, $option:ident = $value:expr)* $(,)?) => {{
        // Thousands of tensors take more steps than the lint allows without a warning.
        #[allow(long_running_const_eval)]
        const WEIGHTS: $model = $crate::embed::Embedded::new($path, ::core::include_bytes!($path))
            $(.$option(&$value))*
            .load();
        WEIGHTS
    }};
}

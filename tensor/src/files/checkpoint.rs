//! Checkpoints: everything that training needs to go on as if it had not stopped, in one file.

use std::collections::HashSet;
use std::path::Path;

use castiron_kernels::{LossScale, Step};
use safetensors::tensor::Dtype;

use super::load::{Copies, parse};
use super::save::{Entry, collect, write};
use super::{Difference, FileError};
use crate::device::Storage;
use crate::loss::Loss;
use crate::optim::Optimizer;
use crate::train::{Snapshot, Trainer};
use crate::{Model, Tensor};

/// Where in the data training is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Epochs that are over.
    pub epoch: u64,
    /// Batches of the current epoch that are over.
    pub batch: u64,
    /// The seed of the data's order.
    pub seed: u64,
}

/// Writes a checkpoint: parameters under their own names, so that it loads as a model too, the optimizer's
/// memory, the state of recurrent layers, the scale of the loss, gradients that wait for an update, step count and seed, and the
/// position in the data. Of a model that is not f32 the parameters are those of its master, in f32. The file appears as a whole or not at all.
///
/// ```
/// use castiron::files::{Position, resume, save_checkpoint};
/// use castiron::prelude::*;
/// # #[derive(Module)]
/// # #[module(input = [2])]
/// # #[repr(C)]
/// # struct Net { fc: Linear<[f32; 2], 1> }
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("checkpoint.safetensors");
/// let new = |seed| Trainer::<Net, _, _, 4>::new(Cpu::new(), &init::<Net>(seed), MseLoss, Adam::new(0.01));
/// let (x, t) = ([[0.5, -1.0]], [[2.0]]);
/// let mut trainer = new(1)?;
/// trainer.step(&x, &t)?;
/// save_checkpoint(&trainer, Position { epoch: 3, batch: 1, seed: 42 }, &path)?;
///
/// let mut resumed = new(2)?;
/// assert_eq!(resume(&mut resumed, &path)?.epoch, 3);
/// assert_eq!(resumed.step(&x, &t)?, trainer.step(&x, &t)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the file cannot be written.
pub fn save_checkpoint<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize, D: Storage>(
    trainer: &Trainer<M, L, O, B, D>,
    position: Position,
    path: impl AsRef<Path>,
) -> Result<(), FileError> {
    let Snapshot { master, gradients, optimizer, state, step, loss_scale, accumulated } = trainer.snapshot();
    let mut entries = Vec::new();
    collect(&*master, "", &mut entries);
    collect(&*optimizer, OPTIMIZER, &mut entries);
    if accumulated > 0 {
        collect(&*gradients, GRADIENTS, &mut entries);
    }
    let bytes = bytes_of(&*state);
    if !bytes.is_empty() {
        entries.push((
            STATE.to_owned(),
            Entry { dtype: Dtype::U8, shape: vec![bytes.len()], bytes: bytes.into() },
        ));
    }
    if let Some(LossScale { scale, steady, .. }) = loss_scale {
        let bytes: Vec<u8> = [scale.to_bits(), steady].iter().flat_map(|word| word.to_le_bytes()).collect();
        entries
            .push((LOSS_SCALE.to_owned(), Entry { dtype: Dtype::U32, shape: vec![2], bytes: bytes.into() }));
    }
    let counters =
        [step.seed, step.draw, step.index, accumulated.into(), position.epoch, position.batch, position.seed];
    let counters: Vec<u8> = counters.iter().flat_map(|value| value.to_le_bytes()).collect();
    entries
        .push((COUNTERS.to_owned(), Entry { dtype: Dtype::U64, shape: vec![COUNT], bytes: counters.into() }));
    write(entries, None, path.as_ref())
}

/// Continues from a checkpoint: after it the trainer does, bit for bit, what the one that wrote it would
/// have done. Returns the position in the data. What the program says is not in the file: the optimizer's
/// settings, schedule, clipping, and groups, frozen ones among them, must be the same again.
///
/// # Errors
/// When the file cannot be read, is damaged, or is of another model or optimizer: all differences at once.
/// The trainer is then as it was.
pub fn resume<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize, D: Storage>(
    trainer: &mut Trainer<M, L, O, B, D>,
    path: impl AsRef<Path>,
) -> Result<Position, FileError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| FileError::Io { path: path.to_owned(), source })?;
    let file = parse(&bytes, path)?;
    let mut used = HashSet::new();

    let mut of_model = Copies::default();
    of_model.plan::<M::With<f32>>(&file, &mut used, |name| Some(name.to_owned()));
    let mut of_optimizer = Copies::default();
    of_optimizer.plan::<O::State<M::With<f32>>>(&file, &mut used, |name| Some(format!("{OPTIMIZER}{name}")));
    let mut differences = core::mem::take(&mut of_model.differences);
    differences.append(&mut of_optimizer.differences);

    let counters = exact(&file, COUNTERS, Dtype::U64, COUNT, &mut used, &mut differences);
    let mut values = [0; COUNT];
    for (value, bytes) in values.iter_mut().zip(counters.unwrap_or_default().chunks_exact(8)) {
        *value = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    }
    let [seed, draw, index, accumulated, epoch, batch, order] = values;
    let mut of_gradients = Copies::default();
    if accumulated > 0 {
        of_gradients.plan::<M::With<f32>>(&file, &mut used, |name| Some(format!("{GRADIENTS}{name}")));
        differences.append(&mut of_gradients.differences);
    }
    let size = size_of::<M::State<B>>();
    let carried = if size == 0 {
        Some(&[][..])
    } else {
        exact(&file, STATE, Dtype::U8, size, &mut used, &mut differences)
    };
    // Without it the factor starts anew, as it does for a model that was trained in another element.
    let loss_scale = file.tensor(LOSS_SCALE).is_ok().then(|| {
        let words = exact(&file, LOSS_SCALE, Dtype::U32, 2, &mut used, &mut differences).unwrap_or_default();
        let mut words =
            words.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap_or_default()));
        let (scale, steady) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        LossScale { scale: f32::from_bits(scale), steady, skipped: 0 }
    });
    of_model.differences = differences;
    of_model.extra(&file, &used);
    of_model.check(path)?;

    let mut found = Snapshot {
        master: Tensor::zeros(),
        gradients: Tensor::zeros(),
        optimizer: Tensor::zeros(),
        state: Tensor::<M::State<B>>::zeros(),
        step: Step { seed, draw, index, ..Step::new() },
        loss_scale,
        accumulated: u32::try_from(accumulated).unwrap_or(u32::MAX),
    };
    of_model.apply(&mut *found.master);
    of_gradients.apply(&mut *found.gradients);
    of_optimizer.apply(&mut *found.optimizer);
    write_bytes(&mut *found.state, carried.unwrap_or_default());
    trainer.restore(&found);
    Ok(Position { epoch, batch, seed: order })
}

const OPTIMIZER: &str = "optimizer.";
const GRADIENTS: &str = "training.gradients.";
const STATE: &str = "training.state";
const LOSS_SCALE: &str = "training.loss_scale";
const COUNTERS: &str = "training.counters";
const COUNT: usize = 7;

/// The bytes of a vector that must be there with that element and length.
fn exact<'a>(
    file: &safetensors::SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
    len: usize,
    used: &mut HashSet<String>,
    differences: &mut Vec<Difference>,
) -> Option<&'a [u8]> {
    match file.tensor(name) {
        Ok(found) if found.dtype() == dtype && found.shape() == [len] => {
            used.insert(name.to_owned());
            Some(found.data())
        }
        Ok(found) => {
            used.insert(name.to_owned());
            let (file, model) = (found.shape().to_vec(), vec![len]);
            differences.push(Difference::Dims { name: name.to_owned(), file, model });
            None
        }
        Err(_) => {
            differences.push(Difference::Missing { name: name.to_owned(), dims: vec![len] });
            None
        }
    }
}

fn bytes_of<T: crate::Plain>(value: &T) -> &[u8] {
    // SAFETY: a `Tensor` is zeroed when allocated and copied byte by byte, so padding is initialised too.
    unsafe { core::slice::from_raw_parts((value as *const T).cast(), size_of::<T>()) }
}

fn write_bytes<T: crate::Plain>(value: &mut T, bytes: &[u8]) {
    let len = bytes.len().min(size_of::<T>());
    // SAFETY: within `value`, which is uniquely borrowed; any bits are a `T`.
    unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), (value as *mut T).cast(), len) }
}

//! [`Fit`]: the loop over epochs. Everything it does is public, so that you can write your own.

use std::path::{Path, PathBuf};
use std::time::Instant;

use castiron_kernels::Precision;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::Trainer;
use super::history::{History, HistoryError, Record};
use crate::data::{Dataset, Loader};
use crate::device::Storage;
use crate::files::{FileError, Position, resume, save_checkpoint};
use crate::loss::Loss;
use crate::optim::Optimizer;
use crate::{Error, Model, Plain, Sample, Tensor};

/// A sample whose rows are a plain slice: every shape.
pub trait Rows: for<'a> Sample<Rows<'a> = &'a [Self], RowsMut<'a> = &'a mut [Self]> + Plain {}
impl<S: for<'a> Sample<Rows<'a> = &'a [S], RowsMut<'a> = &'a mut [S]> + Plain> Rows for S {}

/// How many of the outputs have their largest number at the target: the score of a classifier.
///
/// ```
/// use castiron::train::accuracy;
/// assert_eq!(accuracy(&[[0.1, 0.9], [0.8, 0.2]], &[1, 1]), 1);
/// ```
pub fn accuracy<const C: usize, E: Precision>(outputs: &[[E; C]], targets: &[i32]) -> usize {
    let number = |output: &[E; C], i: usize| output[i].to_f32();
    let best = |output: &[E; C]| (0..C).max_by(|&a, &b| number(output, a).total_cmp(&number(output, b)));
    outputs.iter().zip(targets).filter(|(y, t)| best(y).is_some_and(|class| class as i32 == **t)).count()
}

type Score<Y, T> = dyn Fn(&[Y], &[T]) -> usize;
type OnEpoch = dyn Fn(&Record);

/// A training run: epochs with a progress bar, a score, evaluation, early stopping and checkpoints.
///
/// ```no_run
/// use castiron::prelude::*;
/// use castiron::data::{Loader, Samples};
/// use castiron::train::{Fit, accuracy};
/// # #[derive(Module)]
/// # #[module(input = [2])]
/// # #[repr(C)]
/// # struct Net { fc: Linear<[f32; 2], 3> }
/// # let (x, t) = (vec![[0.0f32; 2]; 100], vec![0i32; 100]);
/// let mut trainer =
///     Trainer::<Net, _, _, 64>::new(Cpu::with_threads(0)?, &init::<Net>(0), CrossEntropyLoss::<3>::new(), Adam::new(1e-3))?;
/// let (train, test) = Samples::new(x, t)?.split(80);
/// let history = Fit::new(10)
///     .score(accuracy)
///     .early_stopping(3)
///     .checkpoint("run/checkpoint.safetensors")
///     .history("run/history.csv")
///     .run(&mut trainer, &Loader::new(train).batch_size(64).shuffle(1), Some(&Loader::new(test).batch_size(64)))?;
/// history.plot("run/history.svg")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Fit<Y, T> {
    epochs: u64,
    score: Option<Box<Score<Y, T>>>,
    patience: Option<u64>,
    checkpoint: Option<PathBuf>,
    history: Option<PathBuf>,
    resume: bool,
    progress: bool,
    on_epoch: Option<Box<OnEpoch>>,
}

impl<Y: Rows, T: Rows> Fit<Y, T> {
    /// A run of `epochs` passes over the data.
    pub fn new(epochs: u64) -> Self {
        Fit {
            epochs,
            score: None,
            patience: None,
            checkpoint: None,
            history: None,
            resume: false,
            progress: true,
            on_epoch: None,
        }
    }

    /// Counts how many outputs are right, given them and their targets, as [`accuracy`] does.
    #[must_use]
    pub fn score(mut self, score: impl Fn(&[Y], &[T]) -> usize + 'static) -> Self {
        self.score = Some(Box::new(score));
        self
    }

    /// Stops when the loss on the test data has not fallen below its lowest value for `patience` epochs.
    #[must_use]
    pub fn early_stopping(mut self, patience: u64) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Writes a checkpoint after every epoch; its folder is made if it is not there.
    #[must_use]
    pub fn checkpoint(mut self, path: impl AsRef<Path>) -> Self {
        self.checkpoint = Some(path.as_ref().to_owned());
        self
    }

    /// Writes the history as CSV after every epoch, so that a run that is interrupted leaves it behind.
    #[must_use]
    pub fn history(mut self, path: impl AsRef<Path>) -> Self {
        self.history = Some(path.as_ref().to_owned());
        self
    }

    /// Goes on from the checkpoint, and from the history, if these files are there. The loader must have
    /// the same seed and batch size as before. Early stopping counts the epochs that the history has.
    #[must_use]
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Whether to show progress, where standard error is a terminal.
    #[must_use]
    pub fn progress(mut self, progress: bool) -> Self {
        self.progress = progress;
        self
    }

    /// Called after every epoch with what was measured.
    #[must_use]
    pub fn on_epoch(mut self, on_epoch: impl Fn(&Record) + 'static) -> Self {
        self.on_epoch = Some(Box::new(on_epoch));
        self
    }

    /// Trains, and returns what was measured; after [`Fit::resume`] with a history also what it had.
    ///
    /// # Errors
    /// When a step fails, or a checkpoint or history cannot be written or read.
    pub fn run<M, L, O, const B: usize, D, Train, Test>(
        &self,
        trainer: &mut Trainer<M, L, O, B, D>,
        train: &Loader<Train>,
        test: Option<&Loader<Test>>,
    ) -> Result<History, FitError>
    where
        M: Model<Output = Y>,
        M::Input: Rows,
        L: Loss<Y, Target = T>,
        O: Optimizer,
        D: Storage,
        Train: Dataset<X = M::Input, T = T>,
        Test: Dataset<X = M::Input, T = T>,
    {
        for folder in [&self.checkpoint, &self.history].into_iter().flatten().filter_map(|path| path.parent())
        {
            let io = |source| FileError::Io { path: folder.to_owned(), source };
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let mut position = Position { seed: train.order_seed(), ..Position::default() };
        if let Some(path) = self.checkpoint.as_deref().filter(|path| self.resume && path.exists()) {
            let found = resume(trainer, path)?;
            if found.seed != position.seed {
                return Err(FitError::Order { checkpoint: found.seed, loader: position.seed });
            }
            position = found;
        }
        // The mean over no samples is no loss, and surely not the lowest.
        let test = test.filter(|test| test.batches() > 0);
        let mut outputs = Tensor::<[Y; B]>::zeros();
        let mut history = History::default();
        if let Some(path) = self.history.as_deref().filter(|path| self.resume && path.exists()) {
            // An interruption between the two files may leave an epoch in the one that the other has not.
            let known = History::read_csv(path)?;
            known.iter().filter(|r| r.epoch <= position.epoch).for_each(|r| history.push(*r));
        }
        while position.epoch < self.epochs && !self.enough(&history) {
            let start = Instant::now();
            let bar = self.bar(position, train);
            let mut sum = Sum::default();
            let mut batches = train.epoch_from(position.epoch, position.batch as usize);
            // A GPU goes on with one step while the results of the one before are looked at.
            let mut running = None;
            loop {
                let next = match batches.next() {
                    Some(batch) => Some((trainer.begin(batch.x(), batch.t(), self.score.is_some())?, batch)),
                    None => None,
                };
                let ended = next.is_none();
                if let Some((begun, batch)) = std::mem::replace(&mut running, next) {
                    let rows = batch.len();
                    let loss = trainer.finish(begun, &mut outputs[..rows])?;
                    sum.add(loss, rows, self.score.as_ref().map(|score| score(&outputs[..rows], batch.t())));
                    bar.inc(rows as u64);
                    bar.set_message(sum.message());
                }
                if ended {
                    break;
                }
            }
            bar.finish_and_clear();
            position = Position { epoch: position.epoch + 1, batch: 0, ..position };

            let mut tested = Sum::default();
            for batch in test.into_iter().flat_map(|test| test.epoch(0)) {
                let rows = batch.len();
                let loss = trainer.evaluate(batch.x(), batch.t())?;
                trainer.outputs(&mut outputs[..rows]);
                tested.add(loss, rows, self.score.as_ref().map(|score| score(&outputs[..rows], batch.t())));
            }
            let record = Record {
                epoch: position.epoch,
                step: trainer.steps(),
                learning_rate: trainer.learning_rate(),
                train_loss: sum.loss() as f32,
                train_accuracy: sum.accuracy(),
                test_loss: test.map(|_| tested.loss() as f32),
                test_accuracy: tested.accuracy(),
                seconds: start.elapsed().as_secs_f32(),
            };
            if let Some(on_epoch) = &self.on_epoch {
                on_epoch(&record);
            }
            history.push(record);
            if let Some(path) = &self.history {
                history.write_csv(path)?;
            }
            if let Some(path) = &self.checkpoint {
                save_checkpoint(trainer, position, path)?;
            }
        }
        Ok(history)
    }

    /// Whether the test loss has not fallen for as many epochs as patience lasts.
    fn enough(&self, history: &History) -> bool {
        let (mut lowest, mut since) = (f32::INFINITY, 0);
        for loss in history.iter().filter_map(|record| record.test_loss) {
            (lowest, since) = if loss < lowest { (loss, 0) } else { (lowest, since + 1) };
        }
        self.patience.is_some_and(|patience| since >= patience.max(1))
    }

    fn bar<D: Dataset>(&self, position: Position, train: &Loader<D>) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        // Draws on standard error, and only where that is a terminal.
        let bar = ProgressBar::new(train.dataset().len() as u64);
        let style = "epoch {prefix} [{bar:32}] {human_pos}/{human_len} {msg} {rate}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            // indicatif's own rate has four decimals.
            let rate = |state: &ProgressState, text: &mut dyn core::fmt::Write| {
                let _ = write!(text, "{:.0} samples/s", state.per_sec());
            };
            bar.set_style(style.progress_chars("=> ").with_key("rate", rate));
        }
        bar.set_prefix(format!("{}/{}", position.epoch + 1, self.epochs));
        bar
    }
}

impl<Y, T> core::fmt::Debug for Fit<Y, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Fit over {} epochs", self.epochs)
    }
}

/// Means over samples.
#[derive(Default)]
struct Sum {
    loss: f64,
    rows: usize,
    right: Option<usize>,
}

impl Sum {
    fn add(&mut self, loss: f32, rows: usize, right: Option<usize>) {
        self.loss += loss as f64 * rows as f64;
        self.rows += rows;
        self.right = right.map(|right| right + self.right.unwrap_or(0));
    }
    fn loss(&self) -> f64 {
        self.loss / self.rows.max(1) as f64
    }
    fn accuracy(&self) -> Option<f32> {
        self.right.map(|right| right as f32 / self.rows.max(1) as f32)
    }
    fn message(&self) -> String {
        let accuracy = self.accuracy().map_or(String::new(), |a| format!(", accuracy {:.2} %", 100.0 * a));
        format!("loss {:.4}{accuracy},", self.loss())
    }
}

/// Why a run ended early.
#[derive(Debug)]
#[non_exhaustive]
pub enum FitError {
    /// A step failed.
    Step(Error),
    /// A checkpoint could not be written or read.
    Checkpoint(FileError),
    /// A history could not be written or read.
    History(HistoryError),
    /// The checkpoint was made with data in another order.
    Order {
        /// The seed of the order in the checkpoint.
        checkpoint: u64,
        /// That of the loader.
        loader: u64,
    },
}

impl core::fmt::Display for FitError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            FitError::Step(error) => error.fmt(f),
            FitError::Checkpoint(error) => error.fmt(f),
            FitError::History(error) => error.fmt(f),
            FitError::Order { checkpoint, loader } => write!(
                f,
                "resume: the checkpoint's data was shuffled with seed {checkpoint}, the loader's with {loader}: use the same"
            ),
        }
    }
}
impl std::error::Error for FitError {}
impl From<Error> for FitError {
    fn from(error: Error) -> Self {
        FitError::Step(error)
    }
}
impl From<HistoryError> for FitError {
    fn from(error: HistoryError) -> Self {
        FitError::History(error)
    }
}
impl From<FileError> for FitError {
    fn from(error: FileError) -> Self {
        FitError::Checkpoint(error)
    }
}

//! [`Loader`]: from samples to batches.

#[cfg(test)]
mod tests;

use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;

use rand::SeedableRng;
use rand::seq::SliceRandom;

use super::batch::{Batch, Pool};
use super::dataset::{Dataset, SampleRng};
use super::prefetch::Prefetch;

type Augment<X, T> = dyn Fn(&mut SampleRng, &mut X, &mut T) + Send + Sync;

/// Serves the samples of a dataset in batches.
///
/// What an epoch consists of is a function of the seed and the epoch alone: it is the same on every
/// machine, with any number of threads, and after a restart in its middle.
///
/// ```
/// use castiron::data::{Loader, Samples};
///
/// let samples = Samples::new((0..10).map(|i| i as f32).collect(), vec![0i32; 10])?;
/// let loader = Loader::new(samples).batch_size(4).shuffle(7);
/// assert_eq!(loader.batches(), 3);
/// let sizes: Vec<usize> = loader.epoch(0).map(|batch| batch.len()).collect();
/// assert_eq!(sizes, [4, 4, 2]);
///
/// let rest = loader.epoch_from(0, 1).next().ok_or("no batch")?;
/// let second = loader.epoch(0).nth(1).ok_or("no batch")?;
/// assert_eq!(rest.x(), second.x());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Loader<D: Dataset> {
    dataset: Arc<D>,
    batch_size: usize,
    drop_last: bool,
    shuffle: bool,
    seed: u64,
    prefetch: usize,
    shard: Shard,
    augment: Option<Arc<Augment<D::X, D::T>>>,
    pool: Arc<Pool<D::X, D::T>>,
}

/// Which part of each batch is served.
#[derive(Clone, Copy)]
struct Shard {
    rank: usize,
    ranks: usize,
}

impl<D: Dataset> Loader<D> {
    /// Serves the samples one at a time in their order, until told otherwise.
    pub fn new(dataset: D) -> Self {
        let loader = Loader {
            dataset: Arc::new(dataset),
            batch_size: 1,
            drop_last: false,
            shuffle: false,
            seed: 0,
            prefetch: 0,
            shard: Shard { rank: 0, ranks: 1 },
            augment: None,
            pool: Arc::new(Pool::new(0, 0)),
        };
        loader.with_pool()
    }

    /// The number of samples in a batch, at least one (so zero means one).
    pub fn batch_size(mut self, samples: usize) -> Self {
        self.batch_size = samples.max(1);
        self.with_pool()
    }

    /// Serves every epoch in an order of its own, drawn from `seed`.
    pub fn shuffle(mut self, seed: u64) -> Self {
        self.shuffle = true;
        self.seed(seed)
    }

    /// Seeds the random numbers that the dataset and [`augment`](Loader::augment) get, without shuffling.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether an epoch leaves out a last batch that would not be full. It does not by default.
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }

    /// Changes every sample at random after the dataset wrote it, differently in each epoch.
    ///
    /// ```
    /// use castiron::data::{Loader, Samples};
    /// use rand::RngExt;
    /// let loader = Loader::new(Samples::new(vec![[1.0f32, 2.0, 3.0]; 8], vec![0i32; 8])?)
    ///     .batch_size(8)
    ///     .seed(1)
    ///     .augment(|rng, x, _| if rng.random() { x.reverse() });
    /// let batch = loader.epoch(0).next().ok_or("no batch")?;
    /// assert!(batch.x().contains(&[1.0, 2.0, 3.0]) && batch.x().contains(&[3.0, 2.0, 1.0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn augment<F>(mut self, augment: F) -> Self
    where
        F: Fn(&mut SampleRng, &mut D::X, &mut D::T) + Send + Sync + 'static,
    {
        self.augment = Some(Arc::new(augment));
        self
    }

    /// Has the batches of an epoch made on a thread of their own, up to `batches` ahead of the one that
    /// is asked for. Zero, the default, means no thread.
    pub fn prefetch(mut self, batches: usize) -> Self {
        self.prefetch = batches;
        self.with_pool()
    }

    /// Serves part number `rank` of `ranks` equal parts of each batch, which differ by one sample where it cannot be
    /// cut: what each of several devices trains on, whose loaders are otherwise alike. A last batch with fewer samples
    /// than there are parts is left out. PyTorch's `DistributedSampler`.
    ///
    /// ```
    /// use castiron::data::{Loader, Samples};
    /// let part = |rank| -> Result<Vec<f32>, Box<dyn std::error::Error>> {
    ///     let samples = Samples::new((0..7).map(|i| i as f32).collect(), vec![0i32; 7])?;
    ///     let loader = Loader::new(samples).batch_size(4).shard(rank, 2);
    ///     Ok(loader.epoch(0).flat_map(|batch| batch.x().to_vec()).collect())
    /// };
    /// assert_eq!((part(0)?, part(1)?), (vec![0.0, 1.0, 4.0], vec![2.0, 3.0, 5.0, 6.0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shard(mut self, rank: usize, ranks: usize) -> Self {
        let ranks = ranks.max(1);
        self.shard = Shard { rank: rank.min(ranks - 1), ranks };
        self.with_pool()
    }

    /// The dataset.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// The seed of order and augmentation.
    pub fn order_seed(&self) -> u64 {
        self.seed
    }

    /// The number of batches in an epoch.
    pub fn batches(&self) -> usize {
        let (whole, rest) = (self.dataset.len() / self.batch_size, self.dataset.len() % self.batch_size);
        whole + usize::from(rest >= self.shard.ranks && !self.drop_last)
    }

    /// The batches of epoch number `epoch`.
    pub fn epoch(&self, epoch: u64) -> Epoch<D> {
        self.epoch_from(epoch, 0)
    }

    /// The batches of an epoch from number `first` on: what is left of it after `first` batches.
    pub fn epoch_from(&self, epoch: u64, first: usize) -> Epoch<D> {
        let mut order: Vec<usize> = (0..self.dataset.len()).collect();
        if self.shuffle {
            order.shuffle(&mut rng([self.seed, epoch, 0, 1]));
        }
        let plan = Arc::new(Plan {
            dataset: Arc::clone(&self.dataset),
            order,
            batch_size: self.batch_size,
            seed: self.seed,
            epoch,
            shard: self.shard,
            augment: self.augment.clone(),
            pool: Arc::clone(&self.pool),
        });
        let end = self.batches();
        let first = first.min(end);
        Epoch { prefetch: Prefetch::new(&plan, first..end, self.prefetch), next: first, end, plan }
    }

    /// Memory as the present settings need it: those made ahead, one being made, one in use.
    fn with_pool(mut self) -> Self {
        let rows = self.batch_size.min(self.dataset.len()).div_ceil(self.shard.ranks);
        self.pool = Arc::new(Pool::new(rows, self.prefetch.min(self.batches()) + 2));
        self
    }
}

impl<D: Dataset> fmt::Debug for Loader<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader")
            .field("samples", &self.dataset.len())
            .field("batch_size", &self.batch_size)
            .field("drop_last", &self.drop_last)
            .field("shuffle", &self.shuffle)
            .field("seed", &self.seed)
            .field("prefetch", &self.prefetch)
            .finish_non_exhaustive()
    }
}

/// All that a batch of an epoch depends on.
pub(super) struct Plan<D: Dataset> {
    dataset: Arc<D>,
    order: Vec<usize>,
    batch_size: usize,
    seed: u64,
    epoch: u64,
    shard: Shard,
    augment: Option<Arc<Augment<D::X, D::T>>>,
    pool: Arc<Pool<D::X, D::T>>,
}

impl<D: Dataset> Plan<D> {
    pub(super) fn batch(&self, number: usize) -> Batch<D::X, D::T> {
        let start = number * self.batch_size;
        let indices = &self.order[start..self.order.len().min(start + self.batch_size)];
        let Shard { rank, ranks } = self.shard;
        let indices = &indices[indices.len() * rank / ranks..indices.len() * (rank + 1) / ranks];
        let mut batch = self.pool.batch(indices.len());
        for (&index, (x, t)) in indices.iter().zip(batch.rows()) {
            let mut rng = rng([self.seed, self.epoch, index as u64, 0]);
            self.dataset.write(index, &mut rng, x, t);
            if let Some(augment) = &self.augment {
                augment(&mut rng, x, t);
            }
        }
        batch
    }
}

/// The generator of one purpose: the words are its key, which is what a stream cipher is good at.
fn rng(words: [u64; 4]) -> SampleRng {
    let mut key = [0; 32];
    for (key, word) in key.as_chunks_mut().0.iter_mut().zip(words) {
        *key = word.to_le_bytes();
    }
    SampleRng::from_seed(key)
}

/// The batches of an epoch, by [`Loader::epoch`].
pub struct Epoch<D: Dataset> {
    plan: Arc<Plan<D>>,
    prefetch: Option<Prefetch<D>>,
    next: usize,
    end: usize,
}

impl<D: Dataset> Iterator for Epoch<D> {
    type Item = Batch<D::X, D::T>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.end {
            return None;
        }
        let number = self.next;
        self.next += 1;
        match &mut self.prefetch {
            None => Some(self.plan.batch(number)),
            Some(prefetch) => prefetch.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.end - self.next, Some(self.end - self.next))
    }
}

impl<D: Dataset> ExactSizeIterator for Epoch<D> {}
impl<D: Dataset> FusedIterator for Epoch<D> {}

impl<D: Dataset> fmt::Debug for Epoch<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Epoch").field("next", &self.next).field("end", &self.end).finish_non_exhaustive()
    }
}

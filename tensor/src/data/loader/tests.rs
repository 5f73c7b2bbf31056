use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::RngExt;

use super::*;
use crate::data::Samples;

/// Sample `i` is `i` with a random number; it counts how many were made.
#[derive(Default)]
struct Numbers {
    made: AtomicUsize,
    broken: Option<usize>,
}

impl Dataset for Numbers {
    type X = [u32; 2];
    type T = u32;
    fn len(&self) -> usize {
        103
    }
    fn write(&self, index: usize, rng: &mut SampleRng, x: &mut [u32; 2], t: &mut u32) {
        assert_ne!(Some(index), self.broken, "sample {index} is broken");
        self.made.fetch_add(1, Ordering::Relaxed);
        *x = [index as u32, rng.random()];
        *t = index as u32;
    }
}

fn loader() -> Loader<Numbers> {
    Loader::new(Numbers::default()).batch_size(10).shuffle(1)
}

type Batches = Vec<(Vec<[u32; 2]>, Vec<u32>)>;

fn batches(epoch: Epoch<Numbers>) -> Batches {
    epoch.map(|batch| (batch.x().to_vec(), batch.t().to_vec())).collect()
}

fn indices(epoch: Epoch<Numbers>) -> Vec<u32> {
    epoch.flat_map(|batch| batch.t().to_vec()).collect()
}

#[test]
fn an_epoch_is_a_function_of_seed_and_number() {
    let first = batches(loader().epoch(0));
    assert_eq!(first, batches(loader().epoch(0)));
    assert_ne!(indices(loader().epoch(0)), indices(loader().epoch(1)));
    assert_ne!(indices(loader().epoch(0)), indices(loader().shuffle(2).epoch(0)));
    // The very order, so that a checkpoint resumes with the data it would have seen.
    assert_eq!(indices(loader().epoch(0))[..8], [16, 59, 50, 24, 98, 68, 30, 31]);
}

#[test]
fn every_sample_once_and_a_partial_last_batch() {
    for loader in [loader(), Loader::new(Numbers::default()).batch_size(10)] {
        assert_eq!(loader.batches(), 11);
        let epoch = loader.epoch(3);
        assert_eq!(epoch.len(), 11);
        let batches = batches(epoch);
        assert!(batches[..10].iter().all(|(x, t)| x.len() == 10 && t.len() == 10));
        assert_eq!(batches[10].0.len(), 3);
        let mut seen: Vec<u32> = batches.iter().flat_map(|(_, t)| t.clone()).collect();
        assert!(batches.iter().all(|(x, t)| x.iter().zip(t).all(|(x, t)| x[0] == *t)));
        assert_eq!(seen.is_sorted(), !loader.shuffle);
        seen.sort_unstable();
        assert_eq!(seen, (0..103).collect::<Vec<_>>());
    }
}

#[test]
fn drop_last_leaves_out_only_a_partial_batch() {
    let loader = loader().drop_last(true);
    assert_eq!((loader.batches(), loader.epoch(0).count()), (10, 10));
    let loader = Loader::new(Samples::new(vec![0u8; 20], vec![0u8; 20]).unwrap()).batch_size(10);
    assert_eq!((loader.batches(), loader.drop_last(true).batches()), (2, 2));
}

#[test]
fn odd_sizes() {
    assert_eq!(loader().batch_size(0).epoch(0).count(), 103);
    let huge = loader().batch_size(usize::MAX).prefetch(usize::MAX);
    assert_eq!(huge.epoch(0).map(|batch| batch.len()).collect::<Vec<_>>(), [103]);
    let empty = Samples::new(Vec::<f32>::new(), Vec::<i32>::new()).unwrap();
    assert_eq!(Loader::new(empty).batch_size(3).prefetch(2).epoch(0).count(), 0);
}

#[test]
fn resuming_in_the_middle_gives_the_same_rest() {
    for prefetch in [0, 2] {
        let loader = loader().prefetch(prefetch);
        let all = batches(loader.epoch(5));
        for first in [0, 1, 7, 10, 11, 12] {
            assert_eq!(batches(loader.epoch_from(5, first)), all[first.min(11)..]);
        }
    }
}

#[test]
fn random_changes_depend_on_epoch_and_sample_only() {
    let augmented = |loader: Loader<Numbers>| {
        let loader = loader.augment(|rng, x, _| x[1] ^= rng.random::<u32>());
        let mut x: Vec<_> = loader.epoch(0).flat_map(|batch| batch.x().to_vec()).collect();
        x.sort_unstable();
        x
    };
    let ordered = augmented(Loader::new(Numbers::default()).batch_size(7).seed(1));
    assert_eq!(ordered, augmented(loader()));
    assert_ne!(ordered, augmented(loader().seed(2)));
    let mut random: Vec<u32> = loader().epoch(0).chain(loader().epoch(1)).map(|b| b.x()[0][1]).collect();
    random.sort_unstable();
    random.dedup();
    assert_eq!(random.len(), 22);
}

#[test]
fn prefetching_changes_nothing_but_time() {
    let want = batches(loader().epoch(2));
    for depth in [1, 2, 3, 50] {
        let loader = loader().prefetch(depth);
        assert_eq!(batches(loader.epoch(2)), want);
        let epoch = loader.epoch(2);
        assert_eq!(epoch.len(), 11);
        // All of them held at once.
        let held: Vec<_> = epoch.collect();
        assert!(held.iter().zip(&want).all(|(batch, (x, t))| batch.x() == x && batch.t() == t));
    }
}

#[test]
fn a_dropped_epoch_stops_its_thread() {
    let loader = loader().prefetch(2);
    for taken in [0, 1, 3] {
        let made = loader.dataset().made.load(Ordering::Relaxed);
        let mut epoch = loader.epoch(0);
        assert!((0..taken).all(|_| epoch.next().is_some()));
        drop(epoch);
        let made = loader.dataset().made.load(Ordering::Relaxed) - made;
        assert!(made <= 10 * (taken + 3), "{made} samples were made for {taken} batches");
        assert_eq!(Arc::strong_count(&loader.dataset), 1);
    }
}

#[test]
fn a_panic_of_the_dataset_reaches_the_consumer() {
    let dataset = || Numbers { broken: Some(55), ..Numbers::default() };
    for prefetch in [0, 1, 4] {
        let mut epoch = Loader::new(dataset()).batch_size(10).prefetch(prefetch).epoch(0);
        assert_eq!(epoch.by_ref().take(5).count(), 5);
        let panic = catch_unwind(AssertUnwindSafe(|| epoch.next())).unwrap_err();
        let message = panic.downcast_ref::<String>().map(String::as_str).unwrap_or_default();
        assert!(message.contains("sample 55 is broken"), "{message}");
        drop(epoch);
    }
    drop(Loader::new(dataset()).batch_size(10).prefetch(9).epoch(0));
}

#[test]
fn memory_is_used_again() {
    let loader = loader().prefetch(2);
    let mut addresses: Vec<_> =
        (0..5).flat_map(|epoch| loader.epoch(epoch)).map(|batch| batch.x().as_ptr().addr()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert!(addresses.len() <= 4, "{} buffers", addresses.len());
}

#[test]
fn a_sample_larger_than_the_stack() {
    const LARGE: usize = 32 << 20;
    struct Large;
    impl Dataset for Large {
        type X = [u8; LARGE];
        type T = ();
        fn len(&self) -> usize {
            2
        }
        fn write(&self, index: usize, _: &mut SampleRng, x: &mut [u8; LARGE], _: &mut ()) {
            x[LARGE - 1] = index as u8 + 1;
        }
    }
    let loader = Loader::new(Large).batch_size(2).prefetch(1);
    let batch = loader.epoch(0).next().unwrap();
    assert_eq!([batch.x()[0][LARGE - 1], batch.x()[1][LARGE - 1], batch.x()[1][0]], [1, 2, 0]);
}

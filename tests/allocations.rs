//! After construction, a training step and inference allocate nothing: not on one thread, not on several,
//! and wherever they are called from.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use castiron::bf16;
use castiron::export::Status;
use castiron::prelude::*;
use common::{Small, quarters};
use examples_common::silero::{FRAME, Stream};

struct Counting;
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(address, layout) }
    }
}

#[castiron::export]
static SMALL: Small = castiron::zeroed();

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(f: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.load(Ordering::SeqCst);
    f();
    ALLOCATIONS.load(Ordering::SeqCst) - before
}

/// One test, so that no other allocates meanwhile.
#[test]
fn steps_and_inference_allocate_nothing() {
    assert!(count(|| drop(std::hint::black_box(Box::new(1)))) > 0, "the counter counts");
    let (x, t) = quarters(32);
    for threads in [1, 2] {
        let model = init::<Small>(1);
        let cpu = || Cpu::with_threads(threads).unwrap();
        let mut trainer =
            Trainer::<Small, _, _, 32>::new(cpu(), &model, CrossEntropyLoss::<4>::new(), Adam::new(1e-3))
                .unwrap()
                .schedule(OneCycle { max: 1e-2, steps: 1000 })
                .clip(Clip::Norm(1.0));
        let mut predictor = Predictor::<Small, 8>::new(cpu(), &model).unwrap();
        let mut form = Prepared::of(&cpu(), &*model).unwrap();
        let mut prepared = Predictor::<Prepared<Small>, 8>::new(cpu(), &form).unwrap();
        let half = Prepared::stored_in::<bf16>(&cpu(), &*model).unwrap();
        let mut half = Predictor::<Prepared<Small, bf16>, 8>::new(cpu(), &half).unwrap();
        let there = cpu();
        let mut y = vec![[0.0; 4]; 30];
        let mut work = |steps: usize| {
            for i in 0..steps {
                let rows = 1 + i % 32;
                trainer.step(&x[..rows], &t[..rows]).unwrap();
                predictor.predict(&x[..30], &mut y).unwrap();
                prepared.predict(&x[..30], &mut y).unwrap();
                half.predict(&x[..30], &mut y).unwrap();
                castiron::prepare(&there, &*model, &mut form).unwrap();
            }
            trainer.evaluate(&x, &t).unwrap();
        };
        // Threads allocate once when they first park, which a busy machine may put off.
        assert!((0..10).any(|_| count(|| work(200)) == 0), "always allocations on {threads} threads");

        let mut stream = Stream::new();
        let mut listen = |frames: usize| {
            for i in 0..frames {
                stream.next(&there, &[1.0 / (1 + i) as f32; FRAME]).unwrap();
            }
        };
        assert!(
            (0..10).any(|_| count(|| listen(200)) == 0),
            "always allocations of a stream on {threads} threads"
        );
    }

    // As a C program calls it.
    let mut y = [0.0_f32; 4];
    // SAFETY: an image of `Small`, and its four logits.
    let mut call = || unsafe { small_infer(x[0].as_ptr().cast(), y.as_mut_ptr()) };
    assert_eq!(call(), Status::Ok);
    let mut calls = || (0..100).for_each(|_| assert_eq!(call(), Status::Ok));
    // The threads of above may still be ending.
    assert!((0..10).any(|_| count(&mut calls) == 0), "always allocations of C calls");
}

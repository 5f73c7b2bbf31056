//! The tape's memory and depth: steps do not grow it, backward releases as it walks, and neither backward nor
//! drop goes deep into the stack.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use castiron::tape::Tracked;
use castiron::{Cpu, Error, Rank1, Tape, Tensor, tensor};

struct Counting;
thread_local! {
    /// Bytes in use and the most there were, of what this thread has allocated: tests run side by side.
    static USED: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        USED.set(USED.get().wrapping_add(layout.size()));
        PEAK.set(PEAK.get().max(USED.get()));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        USED.set(USED.get().wrapping_sub(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(address, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn used() -> usize {
    USED.get()
}

/// The most that `f` allocates at a time beyond what is there before.
fn peak<R>(f: impl FnOnce() -> R) -> (R, usize) {
    let before = used();
    PEAK.set(before);
    let result = f();
    (result, PEAK.get() - before)
}

type Numbers = Tensor<Rank1<1024>, Cpu, Tracked>;
const BYTES: usize = 1024 * size_of::<f32>();

#[test]
fn a_thousand_steps_on_one_tape_do_not_grow() -> Result<(), Error> {
    let tape = Tape::new();
    let mut w = Tensor::<Rank1<64>>::zeros();
    let mut step = || -> Result<(), Error> {
        let tracked = tape.watch(&w);
        let loss = (&tracked - 1.0).square().sum();
        let gradient = loss.backward()?.get(&tracked);
        w -= &(gradient * 0.1);
        Ok(())
    };
    (0..10).try_for_each(|_| step())?;
    assert_eq!(tape.len(), 0);
    let before = used();
    (0..1000).try_for_each(|_| step())?;
    assert_eq!((tape.len(), used()), (0, before));
    assert!(w.iter().all(|w| (w - 1.0).abs() < 1e-3));
    Ok(())
}

/// Steps whose tape is held by a parameter watched once: what is recorded on top of it goes.
#[test]
fn what_lies_on_a_held_leaf_is_given_back() -> Result<(), Error> {
    let tape = Tape::new();
    let x = tape.watch(&Tensor::<Rank1<1024>>::zeros());
    let step = || -> Result<(), Error> {
        let y = (&x + 1.0).square();
        // Without backward too.
        if x[0] > 1.0 { y.sum().backward().map(drop) } else { Ok(()) }
    };
    (0..10).try_for_each(|_| step())?;
    let before = used();
    (0..100).try_for_each(|_| step())?;
    assert_eq!((tape.len(), used()), (1, before));
    Ok(())
}

fn in_a_small_stack(f: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(128 << 10).spawn(f).unwrap().join().unwrap();
}

#[test]
fn a_sum_over_a_hundred_thousand_operations_is_not_too_deep() {
    in_a_small_stack(|| {
        let tape = Tape::new();
        let x = tape.watch(&tensor![1.0]);
        let mut sum = tape.watch(&tensor![0.0]);
        for _ in 0..100_000 {
            sum = sum + &x;
        }
        assert!(tape.len() >= 100_000);
        assert_eq!(sum.backward().unwrap().get(&x)[0], 100_000.0);
        drop(sum);
        // Only x is left, and the leaf that the sum began with lies behind it.
        assert!(tape.len() <= 2, "{}", tape.len());
    });
    // And dropped without backward.
    in_a_small_stack(|| {
        let tape = Tape::new();
        let x = tape.watch(&tensor![1.0]);
        let mut sum = x.clone();
        for _ in 0..100_000 {
            sum = sum * &x;
        }
        drop((x, sum));
        assert_eq!(tape.len(), 0);
    });
    in_a_small_stack(|| {
        let tape = Tape::new();
        let x = tape.watch(&tensor![1.0]);
        let sum = (0..100_000).fold(x.clone(), |sum, _| sum + &x);
        drop(tape);
        drop(x);
        drop(sum);
    });
}

#[test]
fn backward_releases_as_it_walks() -> Result<(), Error> {
    const DEPTH: usize = 100;
    let tape = Tape::new();
    let x = tape.watch(&Tensor::<Rank1<1024>>::zeros());
    let chain = || (0..DEPTH).fold(x.clone(), |y: Numbers, _| y.tanh()).sum();
    // The device allocates its working memory at first use.
    drop(chain().backward()?);
    let empty = used();
    let y = chain();
    let recorded = used() - empty;
    assert!(recorded > DEPTH * BYTES, "each result is saved: {recorded}");
    let (gradients, extra) = peak(|| y.backward());
    let gradients = gradients?;
    // A few arrays at a time, not one per operation.
    assert!(extra < 12 * BYTES + DEPTH * 256, "{extra} bytes");
    assert!(used() - empty < recorded / 10, "{} of {recorded} bytes are left", used() - empty);
    assert_eq!(gradients.get(&x)[0], 1.0);
    drop((y, gradients));

    // Kept where it is asked for.
    let y = chain();
    drop(y.backward_retain()?);
    assert!(used() - empty > DEPTH * BYTES);
    assert_eq!(y.backward()?.get(&x)[0], 1.0);
    Ok(())
}

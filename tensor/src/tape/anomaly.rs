//! [`detect_anomaly`]: which operation first made a NaN or an infinity, and where it was called.

use std::backtrace::Backtrace;
use std::cell::RefCell;

use castiron_kernels::{Cpu, NotFinite};

use crate::array::with_cpu;

thread_local! {
    static FOUND: RefCell<Option<Anomaly>> = const { RefCell::new(None) };
}

/// The first result that was not finite.
#[derive(Debug)]
pub struct Anomaly {
    /// The operation, and what it made.
    pub found: NotFinite,
    /// If it was made by backward: the recorded operation whose gradient it is.
    pub backward_of: Option<&'static str>,
    /// The line of the program that called the operation, if the program has debug information. For backward: that
    /// of the call of backward.
    pub location: Option<String>,
    /// All calls up to the operation.
    pub backtrace: Backtrace,
}

impl core::fmt::Display for Anomaly {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.found.fmt(f)?;
        if let Some(operation) = self.backward_of {
            write!(f, ", in the backward of `{operation}`")?;
        }
        match &self.location {
            Some(location) => write!(f, ", at {location}"),
            None => Ok(()),
        }
    }
}
impl core::error::Error for Anomaly {}

/// Runs `f` and looks, after every eager operation of this thread, at what it wrote. Forward and backward; modules
/// on the tape too. Slow, to find trouble. An operation that passes on infinities that it was given is not named,
/// nor are constants: masks may be made of infinities. PyTorch's `torch.autograd.detect_anomaly`.
///
/// ```
/// use castiron::tape::detect_anomaly;
/// use castiron::tensor;
/// let x = tensor![4.0, 0.0];
/// let anomaly = detect_anomaly(|| {
///     let log = x.log(); // −∞
///     log.sum() * 0.0
/// });
/// assert!(anomaly.unwrap_err().to_string().starts_with("`log` made -inf at element 1 of finite numbers"));
/// ```
///
/// # Errors
/// The first result that is not finite. What `f` returned is then dropped.
#[allow(clippy::result_large_err)]
pub fn detect_anomaly<R>(f: impl FnOnce() -> R) -> Result<R, Anomaly> {
    /// The outer scope's state, which goes on afterwards.
    struct Outer(bool, Option<Anomaly>);
    impl Drop for Outer {
        fn drop(&mut self) {
            with_cpu(|cpu| cpu.check_finite(self.0));
            FOUND.set(self.1.take());
        }
    }
    let outer = Outer(with_cpu(|cpu| cpu.checks_finite()), FOUND.take());
    with_cpu(|cpu| cpu.check_finite(true));
    let result = f();
    let found = FOUND.take();
    drop(outer);
    found.map_or(Ok(result), Err)
}

/// Keeps what a device has found. Called after each operation while `cpu`, the thread's, looks.
#[cold]
pub(crate) fn notice(cpu: &Cpu, found: Option<NotFinite>) {
    let Some(found) = found else { return };
    cpu.check_finite(false);
    let backtrace = Backtrace::force_capture();
    let location = caller(&backtrace.to_string());
    FOUND.set(Some(Anomaly { found, backward_of: None, location, backtrace }));
}

/// Says whose gradient was computed when something was found, unless that is known.
pub(super) fn in_backward(operation: &'static str) {
    FOUND.with_borrow_mut(|found| {
        if let Some(found) = found {
            found.backward_of.get_or_insert(operation);
        }
    });
}

/// The place of the first call in a printed backtrace that is neither castiron's nor the standard library's. Told by
/// the files: names are not there in every build.
fn caller(backtrace: &str) -> Option<String> {
    let mut places = backtrace.lines().filter_map(|line| line.trim().strip_prefix("at "));
    // Where this file is, castiron is.
    let here = places.find(|place| place.replace('\\', "/").contains("src/tape/anomaly.rs:"))?;
    let own = &here[..here.len()
        - here.replace('\\', "/").rsplit("tape/anomaly.rs").next()?.len()
        - "tape/anomaly.rs".len()];
    let foreign =
        |place: &&str| !place.starts_with(own) && !place.contains("rustc") && !place.contains("rustlib");
    places.find(foreign).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_is_the_first_call_of_the_program() {
        let backtrace = "\
   0: create
             at /rustc/5980/library/std/src/backtrace.rs:331:13
   1: notice
             at ./tensor/src/tape/anomaly.rs:82:21
   2: run<castiron_kernels::unary::Unary>
             at ./tensor/src/array/run.rs:9:5
   3: try_with
             at /rustc/5980/library/std/src/thread/local.rs:513:12
   4: sqrt
             at ./tensor/src/tensor/elementwise.rs:31:52
   5: loss
             at ./src/main.rs:12:20
   6: main
             at ./src/main.rs:3:5
";
        assert_eq!(caller(backtrace).as_deref(), Some("./src/main.rs:12:20"));
        assert_eq!(caller("   0: notice\n   1: run\n"), None);
    }
}

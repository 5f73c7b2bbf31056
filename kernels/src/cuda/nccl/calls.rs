//! [`Calls`]: who is within a call of NCCL, so that communicators can be ended when one of them has failed.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::cuda::queue::lock;

/// After so long, who is within a call waits there for one that has failed.
const STUCK: Duration = Duration::from_secs(5);

pub(super) struct Calls {
    state: Mutex<State>,
    left: Condvar,
}

struct State {
    within: Vec<bool>,
    ended: bool,
}

impl Calls {
    pub(super) fn new(ranks: usize) -> Self {
        let state = State { within: vec![false; ranks], ended: false };
        Calls { state: Mutex::new(state), left: Condvar::new() }
    }

    /// Runs `call`, unless communicators have been ended.
    pub(super) fn within<R>(&self, rank: usize, call: impl FnOnce() -> R) -> Option<R> {
        {
            let mut state = lock(&self.state);
            if state.ended {
                return None;
            }
            state.within[rank] = true;
        }
        let result = call();
        lock(&self.state).within[rank] = false;
        self.left.notify_all();
        Some(result)
    }

    /// Lets nobody begin a call any more, and runs `end` for each rank: when it is in none, or stuck in one, from which
    /// NCCL lets another thread free it. Once: then it does nothing.
    pub(super) fn end(&self, mut end: impl FnMut(usize)) {
        let mut state = lock(&self.state);
        if std::mem::replace(&mut state.ended, true) {
            return;
        }
        let waited = self.left.wait_timeout_while(state, STUCK, |state| state.within.contains(&true));
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (0..state.within.len()).for_each(&mut end);
    }

    /// Whether communicators have been ended.
    pub(super) fn are_ended(&self) -> bool {
        lock(&self.state).ended
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn nobody_begins_a_call_after_the_end_which_waits_for_those_within() {
        let calls = Calls::new(2);
        let (within, entered) = channel();
        let (leave, left) = channel::<()>();
        let mut ended = Vec::new();
        std::thread::scope(|scope| {
            let calls = &calls;
            let other = scope.spawn(move || {
                calls.within(1, || {
                    within.send(()).unwrap();
                    left.recv().unwrap();
                    calls.are_ended()
                })
            });
            entered.recv().unwrap();
            let end = scope.spawn(|| calls.end(|rank| ended.push(rank)));
            while !calls.are_ended() {
                std::thread::yield_now();
            }
            leave.send(()).unwrap();
            assert_eq!(other.join().unwrap(), Some(true));
            end.join().unwrap();
        });
        assert_eq!(ended, [0, 1]);
        assert_eq!(calls.within(0, || ()), None);
        calls.end(|_| panic!("once"));
    }
}

//! Where the threads of several GPUs wait for each other before a step: so none waits on its GPU for one that has stopped.

use std::sync::{Condvar, Mutex};

use crate::cuda::queue::lock;

/// What the others bring to a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// This one's part of all rows.
    pub weight: f32,
    /// Known by how many rows each has: the same number for the same rows.
    pub kind: usize,
}

pub(super) struct Meeting {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// How many have come to this round.
    present: usize,
    round: u64,
    /// Whether somebody will not come any more.
    left: bool,
    /// How many rows each has.
    rows: Vec<usize>,
    /// All that `rows` has been, and which of them it was in the last round.
    known: Vec<Vec<usize>>,
    kind: usize,
}

impl Meeting {
    pub(super) fn new(ranks: usize) -> Self {
        let rows = vec![0; ranks];
        let state = State { present: 0, round: 0, left: false, rows, known: Vec::new(), kind: 0 };
        Meeting { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Waits for the others; nothing if one of them has left.
    pub(super) fn meet(&self, rank: usize, rows: usize) -> Option<Share> {
        let mut state = lock(&self.state);
        if state.left {
            return None;
        }
        let round = state.round;
        state.rows[rank] = rows;
        state.present += 1;
        if state.present == state.rows.len() {
            let known = state.known.iter().position(|known| *known == state.rows);
            state.kind = known.unwrap_or(state.known.len());
            if known.is_none() {
                let rows = state.rows.clone();
                state.known.push(rows);
            }
            state.present = 0;
            state.round += 1;
            self.changed.notify_all();
        }
        while state.round == round {
            if state.left {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        // Nobody can be in the next round but one before all have come to this one.
        let rows = &state.known[state.kind];
        let all: usize = rows.iter().sum();
        Some(Share { weight: rows[rank] as f32 / all.max(1) as f32, kind: state.kind })
    }

    /// Somebody comes no more.
    pub(super) fn leave(&self) {
        lock(&self.state).left = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_hear_of_all_rows() {
        let meeting = Meeting::new(3);
        let rounds = [[2, 2, 4], [2, 2, 4], [1, 1, 1], [2, 2, 4]];
        std::thread::scope(|scope| {
            for rank in 0..3 {
                let meeting = &meeting;
                scope.spawn(move || {
                    for (rows, kind) in rounds.iter().zip([0, 0, 1, 0]) {
                        let weight = rows[rank] as f32 / rows.iter().sum::<usize>() as f32;
                        assert_eq!(meeting.meet(rank, rows[rank]), Some(Share { weight, kind }));
                    }
                });
            }
        });
    }

    #[test]
    fn who_waits_for_one_that_has_left_is_told() {
        let meeting = Meeting::new(2);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| meeting.meet(0, 1));
            meeting.leave();
            assert_eq!(waits.join().unwrap(), None);
        });
        assert_eq!(meeting.meet(0, 1), None);
    }
}

//! Where the threads of several GPUs wait for each other before a step: so none waits on its GPU for one that has stopped.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::cuda::queue::lock;

/// What the others bring to a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// This one's part of all rows.
    pub weight: f32,
    /// Known by how many rows each has: the same number for the same rows.
    pub kind: usize,
    /// Whether all can do it.
    pub well: bool,
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
    /// Whether all that have come to this round are well, and whether all of the last were.
    well: bool,
    all_well: bool,
}

impl Meeting {
    pub(super) fn new(ranks: usize) -> Self {
        let rows = vec![0; ranks];
        let (known, well, all_well) = (Vec::new(), true, true);
        let state = State { present: 0, round: 0, left: false, rows, known, kind: 0, well, all_well };
        Meeting { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Waits for the others, before a step; nothing if one of them has left.
    pub(super) fn meet(&self, rank: usize, rows: usize, well: bool) -> Option<Share> {
        let mut state = lock(&self.state);
        state.rows[rank] = rows;
        let state = self.round(state, well)?;
        let rows = &state.known[state.kind];
        let all: usize = rows.iter().sum();
        let weight = rows[rank] as f32 / all.max(1) as f32;
        Some(Share { weight, kind: state.kind, well: state.all_well })
    }

    /// Waits for the others in the middle of a step: whether all of them are well.
    pub(super) fn agree(&self, well: bool) -> bool {
        self.round(lock(&self.state), well).is_some_and(|state| state.all_well)
    }

    fn round<'a>(&'a self, mut state: MutexGuard<'a, State>, well: bool) -> Option<MutexGuard<'a, State>> {
        if state.left {
            return None;
        }
        let round = state.round;
        state.well &= well;
        state.present += 1;
        if state.present == state.rows.len() {
            let known = state.known.iter().position(|known| *known == state.rows);
            state.kind = known.unwrap_or(state.known.len());
            if known.is_none() {
                let rows = state.rows.clone();
                state.known.push(rows);
            }
            state.all_well = std::mem::replace(&mut state.well, true);
            state.present = 0;
            state.round += 1;
            self.changed.notify_all();
        }
        while state.round == round {
            if state.left {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        // Nobody can be in the next round but one before all have come to this one.
        Some(state)
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
                        let share = Share { weight, kind, well: true };
                        assert_eq!(meeting.meet(rank, rows[rank], true), Some(share));
                    }
                });
            }
        });
    }

    #[test]
    fn who_waits_for_one_that_has_left_is_told() {
        let meeting = Meeting::new(2);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| meeting.meet(0, 1, true));
            meeting.leave();
            assert_eq!(waits.join().unwrap(), None);
        });
        assert_eq!((meeting.meet(0, 1, true), meeting.agree(true)), (None, false));
    }

    #[test]
    fn all_hear_of_one_that_is_not_well() {
        let meeting = Meeting::new(2);
        std::thread::scope(|scope| {
            for rank in 0..2 {
                let meeting = &meeting;
                scope.spawn(move || {
                    let wells = [true, rank == 0, true, rank == 1];
                    assert_eq!(wells.map(|well| meeting.agree(well)), [true, false, true, false]);
                });
            }
        });
    }
}

//! Which pixels the taps of a kernel look at, in a padded copy of a plane.

/// The taps of a kernel along one axis: tap t of window i looks at pixel `first` + t·`step` + i·`stride` of
/// the padded axis, whose every `stride`-th pixels are stored together as a phase.
#[derive(Clone, Copy)]
pub(super) struct Taps {
    pub(super) count: usize,
    pub(super) first: usize,
    pub(super) step: isize,
    pub(super) stride: usize,
    /// Whether phases other than the first are stored. Taps that fall into these are left out otherwise.
    pub(super) phases: bool,
}

impl Taps {
    /// The phase and the position within it that tap `t` of the first window looks at, if there is such a
    /// tap.
    fn at(&self, t: isize) -> Option<[usize; 2]> {
        if !(0..self.count as isize).contains(&t) {
            return None;
        }
        let pixel = self.first.checked_add_signed(t * self.step)?;
        let phase = pixel % self.stride;
        (self.phases || phase == 0).then_some([phase, pixel / self.stride])
    }

    /// From a tap to the one that looks at the next position of the same phase, if there is such a tap.
    fn next(&self) -> Option<isize> {
        let distance = self.step.unsigned_abs();
        self.stride.is_multiple_of(distance).then(|| (self.stride / distance) as isize * self.step.signum())
    }
}

/// At most three taps, one below the other.
#[derive(Clone, Copy, Default)]
pub(super) struct Column {
    /// Where the topmost looks in the padded copy, for the first window.
    pub(super) from: usize,
    /// The topmost tap.
    pub(super) tap: usize,
    pub(super) height: usize,
}

/// The tallest column: its taps stay in registers together with four lines of sums.
pub(super) const TALLEST: usize = 3;

/// All taps of a kernel, as columns.
pub(super) struct Columns {
    list: [Column; Columns::MOST],
    len: usize,
    /// From a tap of a column to the one below.
    pub(super) step: isize,
}

impl Columns {
    /// A larger kernel is not computed in this way.
    pub(super) const MOST: usize = 64;

    /// `place` gives the place in the padded copy, from the phases and the positions. None if there are too
    /// many.
    pub(super) fn new(
        vertical: Taps,
        horizontal: Taps,
        place: impl Fn([[usize; 2]; 2]) -> usize,
    ) -> Option<Self> {
        let step = vertical.next().unwrap_or(0);
        let mut columns =
            Columns { list: [Column::default(); Self::MOST], len: 0, step: step * horizontal.count as isize };
        // How many taps there are from tap u on, in steps of so many.
        let run = |u: isize, step: isize| {
            let most = if step == 0 { 1 } else { isize::MAX };
            (0..most).take_while(|n| vertical.at(u + n * step).is_some()).count()
        };
        for u in 0..vertical.count as isize {
            // Of those that follow each other, every third starts a column.
            let Some(down) = vertical.at(u).filter(|_| (run(u, -step) - 1).is_multiple_of(TALLEST)) else {
                continue;
            };
            let height = run(u, step).min(TALLEST);
            for v in 0..horizontal.count {
                let Some(across) = horizontal.at(v as isize) else { continue };
                let column =
                    Column { from: place([down, across]), tap: u as usize * horizontal.count + v, height };
                *columns.list.get_mut(columns.len)? = column;
                columns.len += 1;
            }
        }
        Some(columns)
    }

    pub(super) fn list(&self) -> &[Column] {
        &self.list[..self.len]
    }
}

//! Parameter groups: what each leaf's row of the table says that flat passes walk.

use castiron_kernels::RunRow;

use crate::params::{Kind, Run};
use crate::shape::DType;

/// What is different for some parameters.
///
/// ```
/// use castiron::train::Group;
/// let no_decay = Group { weight_decay: Some(0.0), ..Group::default() };
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// Multiplies the learning rate.
    pub rate: f32,
    /// In place of the optimizer's weight decay.
    pub weight_decay: Option<f32>,
    /// Not trained. Running averages stay as they are too.
    pub frozen: bool,
}

impl Default for Group {
    fn default() -> Self {
        Group { rate: 1.0, weight_decay: None, frozen: false }
    }
}

impl Group {
    /// The row of a leaf in this group; `weight_decay` is the optimizer's.
    pub(super) fn row(&self, run: &Run, weight_decay: f32) -> RunRow {
        let (action, momentum) = match run.kind {
            _ if self.frozen || run.element != DType::F32 => (RunRow::SKIP, 0.0),
            Kind::Trained => (RunRow::TRAIN, 0.0),
            Kind::RunningAverage { momentum } => (RunRow::AVERAGE, momentum),
            Kind::Frozen => (RunRow::SKIP, 0.0),
        };
        RunRow {
            offset: run.offset as u64,
            len: if run.element == DType::F32 { run.len as u64 } else { 0 },
            action,
            rate: self.rate,
            weight_decay: self.weight_decay.unwrap_or(weight_decay),
            momentum,
        }
    }
}

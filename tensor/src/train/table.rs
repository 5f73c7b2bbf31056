//! [`Table`]: the rows of a model's leaves, in the memory of any device.

use castiron_kernels::RunRow;

use super::Group;
use crate::Error;
use crate::device::Storage;
use crate::memory::{Arg, Mut};
use crate::params::{Params, matches, visit};

/// The table in the device's memory, and what it was made from.
pub(super) struct Table<D: Storage> {
    memory: D::Memory,
    /// Name and group of every leaf.
    leaves: Vec<(String, Group)>,
}

impl<D: Storage> Table<D> {
    pub(super) fn new<M: Params>(device: &D, weight_decay: f32) -> Result<Self, Error> {
        let mut leaves = Vec::new();
        visit::<M>(|path, _, _| leaves.push((path.to_string(), Group::default())));
        let memory = device.allocate(leaves.len() * size_of::<RunRow>())?;
        let mut table = Table { memory, leaves };
        table.upload::<M>(device, weight_decay);
        Ok(table)
    }

    pub(super) fn rows(&self) -> usize {
        self.leaves.len()
    }

    pub(super) fn arg(&self) -> Arg<'_, D> {
        // SAFETY: the memory was allocated for that many rows, all written, and is borrowed with `self`.
        unsafe { Arg::new(D::address(&self.memory), self.rows() * size_of::<RunRow>(), false) }
    }

    /// Changes the groups of matching leaves, and returns how many match.
    pub(super) fn change<M: Params>(
        &mut self,
        device: &D,
        weight_decay: f32,
        pattern: &str,
        change: impl Fn(&mut Group),
    ) -> usize {
        let matching = self.leaves.iter_mut().filter(|(name, _)| matches(pattern, name));
        let count = matching.map(|(_, group)| change(group)).count();
        self.upload::<M>(device, weight_decay);
        count
    }

    fn upload<M: Params>(&mut self, device: &D, weight_decay: f32) {
        let address = D::address(&self.memory);
        for (i, (run, (_, group))) in M::RUNS.iter().zip(&self.leaves).enumerate() {
            let row = group.row(run, weight_decay);
            // SAFETY: the memory was allocated for that many rows, and `self` is uniquely borrowed.
            let place = unsafe { Mut::<RunRow, D>::new(D::offset(address, i * size_of::<RunRow>())) };
            device.write_one(&row, place);
        }
    }
}

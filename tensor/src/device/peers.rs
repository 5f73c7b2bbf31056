//! [`Peers`]: what the trainer of one device knows of those that train the same model on others.

use super::Device;

/// What a step hears of the others.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// This device's part of all rows of the step.
    pub weight: f32,
    /// Known by how many rows each has: the same number for the same rows.
    pub kind: usize,
    /// Whether no device has a fault that is known before the step.
    pub well: bool,
}

/// The other devices that train the same model, each on a thread of its own.
#[doc(hidden)]
pub trait Peers<D: Device>: Send + Sync {
    /// This one's number, from zero.
    fn rank(&self) -> usize;
    /// Waits until all have come to their next step. Nothing if one has stopped.
    fn meet(&self, rows: usize, well: bool) -> Option<Part>;
    /// Waits until all have come to the same place of a step: whether all are well.
    fn agree(&self, well: bool) -> bool;
    /// Frees the others from waiting for what this one cannot do. They stop for good.
    fn abort(&self);
    /// Replaces floats by their sum over all devices, each times its weight, behind what runs on the device.
    ///
    /// # Safety
    /// That much memory of `device`, uniquely borrowed. All do the same.
    unsafe fn sum(&self, device: &D, memory: D::Address, floats: usize, weight: f32);
}

/// The peers of a device that has none.
#[doc(hidden)]
#[derive(Debug)]
pub enum Alone {}

impl<D: Device> Peers<D> for Alone {
    fn rank(&self) -> usize {
        match *self {}
    }
    fn meet(&self, _: usize, _: bool) -> Option<Part> {
        match *self {}
    }
    fn agree(&self, _: bool) -> bool {
        match *self {}
    }
    fn abort(&self) {
        match *self {}
    }
    unsafe fn sum(&self, _: &D, _: D::Address, _: usize, _: f32) {
        match *self {}
    }
}

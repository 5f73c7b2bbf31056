//! Training on several GPUs: each has a trainer, and they share their gradients.

use super::Trainer;
use crate::Model;
use crate::device::{Communicator, Cuda};
use crate::loss::Loss;
use crate::optim::Optimizer;

impl<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize> Trainer<M, L, O, B, Cuda> {
    /// Makes it one of several trainers of the same model, each on a GPU and a thread of its own, with its part of every
    /// batch: at each step, [`Trainer::accumulate`] included, gradients become their mean over the rows of all of them.
    /// Started alike, the models stay the same, to the bit. PyTorch's `DistributedDataParallel`, within one process.
    ///
    /// ```
    /// use castiron::device::{Communicator, CudaError};
    /// use castiron::prelude::*;
    ///
    /// # #[derive(Module)]
    /// # #[module(input = [4])]
    /// # #[repr(C)]
    /// # struct Net { fc: Linear<[f32; 4], 2> }
    /// fn train(model: &Net, x: &[[f32; 4]], t: &[[f32; 2]]) -> Result<(), Box<dyn std::error::Error>> {
    ///     let gpus = (0..Cuda::devices()?).map(Cuda::new).collect::<Result<Vec<_>, _>>()?;
    ///     let rows = x.len().div_ceil(gpus.len().max(1));
    ///     std::thread::scope(|scope| {
    ///         let parts = x.chunks(rows).zip(t.chunks(rows));
    ///         for (communicator, (x, t)) in Communicator::all(&gpus)?.into_iter().zip(parts) {
    ///             scope.spawn(move || -> Result<(), castiron::Error> {
    ///                 let gpu = communicator.gpu().clone();
    ///                 let mut trainer = Trainer::<Net, _, _, 64, _>::new(gpu, model, MseLoss, Sgd::new(0.1))?
    ///                     .data_parallel(communicator);
    ///                 for _ in 0..10 {
    ///                     trainer.step(x, t)?;
    ///                 }
    ///                 Ok(())
    ///             });
    ///         }
    ///         Ok(())
    ///     })
    /// }
    /// ```
    ///
    /// A [`Loader`](crate::data::Loader) with [`shard`](crate::data::Loader::shard) serves each its part.
    ///
    /// - All trainers make the same calls; a call waits for the others. When one of them is dropped, the others' calls
    ///   are [`Error::Stopped`](crate::Error::Stopped).
    /// - Losses that are returned are those of the GPU's own rows.
    /// - Batch norm takes the statistics of the GPU's own rows; running averages follow their mean. Masks of dropout
    ///   are drawn for each GPU.
    /// - A fault of one, such as a class out of range, a batch that does not fit, or memory that its GPU has not, keeps
    ///   all of them from changing a parameter; on the others it is
    ///   [`Fault::Elsewhere`](castiron_kernels::Fault::Elsewhere). Where NCCL itself fails, or a GPU cannot launch its
    ///   recorded step, nobody waits for it: the call of each is an error, and so are all that follow. Behind a recorded
    ///   step that one could not launch the others' models mean nothing: go on from a checkpoint.
    /// - Only what a GPU refuses behind the sum of gradients, in
    ///   the update itself, it refuses alone: all hear of it, and then the models differ.
    #[must_use]
    pub fn data_parallel(mut self, communicator: Communicator) -> Self {
        self.peers = Some(communicator);
        self
    }
}

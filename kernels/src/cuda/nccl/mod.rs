//! NCCL: several GPUs of one program that train one model.

mod calls;
mod library;
mod meeting;

use std::ffi::{c_int, c_void};
use std::sync::Arc;

pub use meeting::Share;

use super::{Cuda, CudaError};
use crate::Fault;
use crate::launch::Pointer;
use calls::Calls;
use library::{FLOAT32, Handle, Library, MAX, ON_HOST, UINT32};
use meeting::Meeting;

/// A GPU's place among those that train one model together: each has a thread, on which it gives this to its trainer.
///
/// PyTorch's process group with the backend `nccl`, within one process.
pub struct Communicator {
    clique: Arc<Clique>,
    rank: usize,
    gpu: Cuda,
}

/// What the communicators of one model share.
struct Clique {
    library: &'static Library,
    handles: Vec<Handle>,
    gpus: Vec<Cuda>,
    meeting: Meeting,
    calls: Calls,
}
// SAFETY: each handle is used by the thread that has its communicator, and by the last one when all are done, or by one
// that ends all of them: `Calls`.
unsafe impl Send for Clique {}
// SAFETY: as above.
unsafe impl Sync for Clique {}

impl Communicator {
    /// One for each of these GPUs, which must be different ones, in their order.
    ///
    /// # Errors
    /// When NCCL is missing, or what it says.
    pub fn all(gpus: &[Cuda]) -> Result<Vec<Self>, CudaError> {
        let library = Library::get().ok_or(CudaError::NoNccl)?;
        let ordinals: Vec<c_int> = gpus.iter().map(|gpu| gpu.ordinal() as c_int).collect();
        let mut handles: Vec<Handle> = vec![std::ptr::null_mut(); gpus.len()];
        // SAFETY: as many places and ordinals as it is told.
        let answer =
            unsafe { (library.init_all)(handles.as_mut_ptr(), handles.len() as c_int, ordinals.as_ptr()) };
        library.check("ncclCommInitAll", answer)?;
        let (meeting, calls) = (Meeting::new(handles.len()), Calls::new(handles.len()));
        let clique = Arc::new(Clique { library, handles, gpus: gpus.to_vec(), meeting, calls });
        let each = |(rank, gpu): (usize, &Cuda)| Communicator {
            clique: Arc::clone(&clique),
            rank,
            gpu: gpu.clone(),
        };
        Ok(gpus.iter().enumerate().map(each).collect())
    }

    /// NCCL's version: `[2, 28, 3]`.
    ///
    /// # Errors
    /// [`CudaError::NoNccl`], or what it says.
    pub fn version() -> Result<[u32; 3], CudaError> {
        let library = Library::get().ok_or(CudaError::NoNccl)?;
        let mut version = 0;
        // SAFETY: a place for a number.
        library.check("ncclGetVersion", unsafe { (library.version)(&mut version) })?;
        let version = version.max(0) as u32;
        Ok([version / 10_000, version % 10_000 / 100, version % 100])
    }

    /// Its number among them, from zero.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// How many there are.
    pub fn ranks(&self) -> usize {
        self.clique.handles.len()
    }

    /// The GPU.
    pub fn gpu(&self) -> &Cuda {
        &self.gpu
    }

    /// Waits until all others have come to their next step, and hears how many rows they have and whether all are well.
    /// Nothing if one of them will not come, since its communicator is gone.
    #[doc(hidden)]
    pub fn meet(&self, rows: usize, well: bool) -> Option<Share> {
        self.clique.meeting.meet(self.rank, rows, well)
    }

    /// Waits until all others have come to the same place of a step: whether all are well.
    #[doc(hidden)]
    pub fn agree(&self, well: bool) -> bool {
        self.clique.meeting.agree(well)
    }

    /// Replaces `floats` floats by their sum over all GPUs, each times its weight: the same bits on all of them. After
    /// it, a fault of one GPU is known to all. What NCCL refuses is a fault, with which the communicators of all end
    /// ([`Communicator::abort`]) unless it was to be recorded.
    ///
    /// # Safety
    /// That much memory of this GPU, which nothing else uses until its turn is over. All ranks do the same, each on a
    /// thread of its own or behind what the others wait for.
    #[doc(hidden)]
    pub unsafe fn sum(&self, memory: Pointer, floats: usize, weight: f32) {
        // Nobody waits for what is recorded only; who replays it asks the others first.
        let recorded = self.gpu.stream.is_recording();
        // SAFETY: the caller promises it.
        if let Err(error) = unsafe { self.reduce(memory, floats, weight) } {
            let code = if let CudaError::Nccl { code, .. } = error { code } else { 0 };
            let fault = Fault::Library { op: "all_reduce", library: "NCCL", code };
            self.gpu.stream.refuse(fault, error.to_string());
            if !recorded {
                self.abort();
            }
        }
        // Nobody goes on with a sum that does not come.
        if !recorded && !self.agree(true) {
            self.gpu.stream.keep(Fault::Elsewhere);
        }
    }

    /// For one that cannot do what the others wait for on their GPUs: frees them from it, which is then a fault there, and
    /// ends the communicators of all, for good.
    #[doc(hidden)]
    pub fn abort(&self) {
        let Clique { library, handles, gpus, meeting, calls } = &*self.clique;
        meeting.leave();
        calls.end(|rank| {
            gpus[rank].stream.keep(Fault::Elsewhere);
            // SAFETY: made by `ncclCommInitAll`; nobody uses it any more, or another thread waits within a call.
            let _ = unsafe { (library.abort)(handles[rank]) };
        });
    }

    unsafe fn reduce(&self, memory: Pointer, floats: usize, weight: f32) -> Result<(), CudaError> {
        // SAFETY: the caller promises it.
        let call = || unsafe { self.call(memory, floats, weight) };
        // Another one has failed: its step is none here either.
        self.clique.calls.within(self.rank, call).unwrap_or(Ok(()))
    }

    unsafe fn call(&self, memory: Pointer, floats: usize, mut weight: f32) -> Result<(), CudaError> {
        let (library, handle) = (self.clique.library, self.clique.handles[self.rank]);
        let flag = self.gpu.stream.fault_flag().map_err(CudaError::driver("cuMemsetD32Async"))?;
        let stream = self.gpu.stream.handle().map_err(CudaError::driver("cuCtxSetCurrent"))?;
        let mut weighted = 0;
        let scale: *mut f32 = &mut weight;
        // SAFETY: a live communicator, and a float that is read before the call returns.
        let answer = unsafe { (library.scaled_sum)(&mut weighted, scale.cast(), FLOAT32, ON_HOST, handle) };
        library.check("ncclRedOpCreatePreMulSum", answer)?;
        let in_place = |memory: Pointer, count, kind, operation| {
            let place = memory.0 as *mut c_void;
            // SAFETY: the caller promises `memory`; the flag is the stream's own.
            let answer =
                unsafe { (library.all_reduce)(place, place, count, kind, operation, handle, stream) };
            library.check("ncclAllReduce", answer)
        };
        // SAFETY: no arguments.
        library.check("ncclGroupStart", unsafe { (library.group_start)() })?;
        let gradients = in_place(memory, floats, FLOAT32, weighted);
        let faults = in_place(flag, 1, UINT32, MAX);
        // SAFETY: begun above.
        let grouped = library.check("ncclGroupEnd", unsafe { (library.group_end)() });
        // SAFETY: made above, and all calls that are given it have returned.
        let _ = unsafe { (library.forget_operation)(weighted, handle) };
        gradients.and(faults).and(grouped)
    }
}

impl Drop for Communicator {
    fn drop(&mut self) {
        self.clique.meeting.leave();
        // Handles are destroyed when no work uses them.
        self.gpu.synchronize();
    }
}

impl Drop for Clique {
    fn drop(&mut self) {
        if self.calls.are_ended() {
            return;
        }
        for handle in &self.handles {
            // SAFETY: made by `ncclCommInitAll`, and all their communicators are gone.
            let _ = unsafe { (self.library.destroy)(*handle) };
        }
    }
}

impl std::fmt::Debug for Communicator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rank {} of {} on {:?}", self.rank, self.ranks(), self.gpu)
    }
}

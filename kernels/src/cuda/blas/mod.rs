//! Products by cuBLASLt, where the machine has it. Its results are the same bits each time on the same GPU with the same
//! version of the library: an algorithm is chosen once for each form of product, and none that adds up in an order of
//! chance.

mod library;
mod plan;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Mutex;

use super::queue::{Stream, lock};
use crate::gemm::matmul::Matmul;
use crate::launch::{Pointer, Queue};
use library::{Library, product};
use plan::{Key, Owned, Plan, Refused, accepted};

/// Whether cuBLASLt is there.
pub(super) fn is_present() -> bool {
    Library::get().is_some()
}

/// cuBLASLt on one GPU, and the plans that were made there.
pub(super) struct Blas {
    library: &'static Library,
    // Before the handle that they were made with.
    plans: Mutex<HashMap<Key, Option<Plan>>>,
    handle: Owned,
}
// SAFETY: handles, which the library may be given from any thread.
unsafe impl Send for Blas {}
// SAFETY: as above; plans are used by one thread at a time.
unsafe impl Sync for Blas {}

impl Blas {
    /// For the GPU whose context is current, if the library is there.
    pub(super) fn new() -> Option<Self> {
        let library = Library::get()?;
        // SAFETY: a place for a handle.
        let handle = Owned::new(|to| unsafe { (library.create)(to) }, library.destroy).ok()?;
        Some(Blas { library, plans: Mutex::default(), handle })
    }

    /// Puts a product behind what the stream was given before. False where cuBLASLt has no algorithm for it.
    pub(super) fn multiply(&self, stream: &Stream, matmul: &Matmul) -> Result<bool, Refused> {
        let properties = stream.properties();
        // What NVIDIA advises.
        let workspace = if properties.capability >= [9, 0] { 32 << 20 } else { 4 << 20 };
        let Matmul { form, a, b, d, bias, .. } = *matmul;
        // C is read times zero where there is none, which is not at all.
        let c = if matmul.c.is_null() { d } else { matmul.c };
        let alignments = [a, b, c, d].map(alignment);
        let key = Key { form, alignments, tf32: properties.tf32, workspace };
        let mut plans = lock(&self.plans);
        let plan = match plans.entry(key) {
            Entry::Occupied(plan) => plan.into_mut(),
            Entry::Vacant(place) => place.insert(Plan::new(self.library, self.handle.handle, &key)?),
        };
        let Some(plan) = plan else { return Ok(false) };
        let places =
            [(form.bias, product::BIAS_POINTER, bias), (form.kept, product::KEPT_POINTER, matmul.kept)];
        for (_, what, pointer) in places.into_iter().filter(|(there, ..)| *there) {
            let address = (&raw const pointer.0).cast();
            // SAFETY: a live description; an address has 64 bits.
            accepted(unsafe { (self.library.set_product)(plan.product.handle, what, address, 8) })?;
        }
        let space = if plan.workspace > 0 { stream.scratch(plan.workspace) } else { Pointer::NULL };
        let (scale, keep) = (matmul.scale, if matmul.c.is_null() { 0.0f32 } else { 1.0 });
        let Ok(queue) = stream.handle() else { return Ok(false) };
        // SAFETY: live descriptions; the memory is what `Cuda::run` was promised, and spans what they describe.
        let answer = unsafe {
            (self.library.multiply)(
                self.handle.handle,
                plan.product.handle,
                (&raw const scale).cast(),
                a.0 as _,
                plan.a.handle,
                b.0 as _,
                plan.b.handle,
                (&raw const keep).cast(),
                c.0 as _,
                plan.d.handle,
                d.0 as _,
                plan.d.handle,
                &plan.algorithm,
                space.0 as _,
                plan.workspace,
                queue,
            )
        };
        accepted(answer).map(|()| true)
    }

    /// How many forms of product have come, and how many of them have an algorithm.
    #[cfg(test)]
    fn forms(&self) -> [usize; 2] {
        let plans = lock(&self.plans);
        [plans.len(), plans.values().flatten().count()]
    }

    /// What a refusal means.
    pub(super) fn words(&self, refused: Refused) -> String {
        self.library.words(refused)
    }
}

/// What an address is a multiple of, up to what matters.
fn alignment(pointer: Pointer) -> u32 {
    1 << pointer.0.trailing_zeros().min(8)
}

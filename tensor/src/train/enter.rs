//! When a whole pass is worth running inside the device's threads.

use crate::device::Device;

/// Multiplications below which a pass stays on the calling thread. They take about as long as the way into
/// the pool and back.
const WORTH_ENTERING: usize = 1 << 18;

/// Runs `f` inside the device's threads if `rows` samples with a model `M` are worth the way there: each of
/// its numbers is multiplied at least once for each of them. From outside, what is large by itself finds its
/// own way.
pub(super) fn enter<M, D: Device, R: Send>(device: &D, rows: usize, f: impl FnOnce(&D) -> R + Send) -> R {
    let multiplications = rows.saturating_mul(size_of::<M>() / size_of::<f32>());
    if multiplications < WORTH_ENTERING { f(device) } else { device.enter(f) }
}

#[cfg(all(test, feature = "rayon"))]
mod tests {
    use std::thread::current;

    use super::*;
    use crate::Cpu;

    #[test]
    fn small_models_stay_on_the_calling_thread() {
        let cpu = Cpu::with_threads(2).expect("two threads");
        let here = |rows| enter::<[f32; 1000], _, _>(&cpu, rows, |_| current().id()) == current().id();
        assert!(here(1) && here(200));
        assert!(!here(1000));
    }
}

//! Ranges of NVTX, which profilers such as Nsight Systems show above the work that was put into a queue in them.

use std::ffi::{CString, c_char, c_int};
use std::sync::OnceLock;

struct Nvtx {
    push: unsafe extern "C" fn(*const c_char) -> c_int,
    pop: unsafe extern "C" fn() -> c_int,
    _library: libloading::Library,
}

impl Nvtx {
    fn get() -> Option<&'static Self> {
        static NVTX: OnceLock<Option<Nvtx>> = OnceLock::new();
        NVTX.get_or_init(Nvtx::load).as_ref()
    }

    fn load() -> Option<Self> {
        // SAFETY: it only loads the library, whose initialisers NVIDIA answers for.
        let load = |name: &&str| unsafe { libloading::Library::new(*name) }.ok();
        let library = ["libnvtx3interop.so.1", "libnvToolsExt.so.1"].iter().find_map(load)?;
        // SAFETY: the types are those of `nvToolsExt.h`.
        unsafe {
            let push = *library.get("nvtxRangePushA").ok()?;
            Some(Nvtx { push, pop: *library.get("nvtxRangePop").ok()?, _library: library })
        }
    }
}

/// Whether a profiler has started this process: it sets what NVTX is to load.
pub(super) fn profiler_is_attached() -> bool {
    std::env::var_os("NVTX_INJECTION64_PATH").is_some()
}

/// Whether NVTX is there.
pub(super) fn is_present() -> bool {
    Nvtx::get().is_some()
}

/// A range of this thread, until it is dropped.
pub(super) struct Range(&'static Nvtx);

impl Range {
    pub(super) fn new(name: String) -> Option<Self> {
        let nvtx = Nvtx::get()?;
        let name = CString::new(name).unwrap_or_default();
        // SAFETY: a text that ends in a zero, which is read before the call returns.
        unsafe { (nvtx.push)(name.as_ptr()) };
        Some(Range(nvtx))
    }
}

impl Drop for Range {
    fn drop(&mut self) {
        // SAFETY: begun in `new`, on this thread: a `Range` stays within one call.
        unsafe { (self.0.pop)() };
    }
}

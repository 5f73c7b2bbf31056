//! What a profiler is told: the names of layers.

use castiron::prelude::*;

use crate::{child, gpu, lesson, stripes};

#[test]
fn ranges_are_named_after_layers() {
    if gpu().is_none() || std::env::var_os("CASTIRON_REQUIRE_CUDA").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ranges");
    let told = |attached: &str| {
        let variables = [
            ("CASTIRON_EMULATED_NVTX", file.to_str()),
            ("NVTX_INJECTION64_PATH", Some(attached).filter(|path| !path.is_empty())),
        ];
        child::passes("profiling::steps", &variables);
        std::fs::read_to_string(&file).unwrap_or_default()
    };
    // Nobody looks.
    assert_eq!(told(""), "");
    let ranges = told("/a/profiler.so");
    // Each of three steps by itself: none is replayed.
    for name in ["conv1 conv2d\n", "bn1 batch norm\n", "fc3 gemm\n", "conv2 conv2d backward weight\n"] {
        assert!(ranges.matches(name).count() >= 3, "{name:?} is not in\n{ranges}");
    }
}

#[test]
#[ignore = "run by `ranges_are_named_after_layers`"]
fn steps() {
    let mut trainer = lesson(gpu().unwrap(), Sgd::new(0.02));
    let (x, t) = stripes(5, 1);
    for _ in 0..3 {
        trainer.step(&x, &t).unwrap();
    }
}

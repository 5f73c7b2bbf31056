//! Builds the programs that are no members of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of what a package has been built to, in release mode.
///
/// All are built in one target directory, so that those with equal features and profiles share castiron; it is not the
/// workspace's, which may be locked.
pub fn build(package: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--target-dir"])
        .arg(&target)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(package))
        // Meant for the workspace: instrumented code would need a runtime, another target another folder.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .status()
        .unwrap();
    assert!(status.success(), "{package} does not build");
    target.join("release")
}

//! Tests that need a process of their own: the driver reads its variables when it is loaded.

use std::process::{Command, Output};

/// Runs an ignored test of this program in another process, with these variables set, or removed where the value is
/// nothing.
pub fn run(test: &str, variables: &[(&str, Option<&str>)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--ignored", "--nocapture"]);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.output().unwrap()
}

/// The same for a test that must pass.
#[track_caller]
pub fn passes(test: &str, variables: &[(&str, Option<&str>)]) {
    let output = run(test, variables);
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// A folder with the driver's libraries, as the loader finds them now, but for these. It goes when it is dropped.
pub fn driver_without(left_out: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = std::env::var("LD_LIBRARY_PATH").unwrap();
    let driver =
        path.split(':').map(std::path::Path::new).find(|path| path.join("libcuda.so.1").exists()).unwrap();
    for name in ["libcuda.so", "libcuda.so.1", "libnvrtc.so", "libnccl.so.2"] {
        if !left_out.contains(&name) {
            std::os::unix::fs::symlink(driver.join(name), folder.path().join(name)).unwrap();
        }
    }
    folder
}

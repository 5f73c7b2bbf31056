//! Runs the examples.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// An example, as `cargo test` has built it beside the tests; if it has not, or not since its sources changed, cargo
/// builds it now.
pub fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let built = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if is_fresh(&built) {
        return Command::new(built);
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--example", name]).current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    cargo.arg("--");
    cargo
}

/// Whether a program is younger than each of its sources, which cargo lists beside it.
fn is_fresh(program: &Path) -> bool {
    let age = |path: &Path| path.metadata().and_then(|file| file.modified());
    let list = std::fs::read_to_string(program.with_extension("d"));
    let (Ok(built), Ok(list)) = (age(program), list) else { return false };
    let Some((_, sources)) = list.split_once(": ") else { return false };
    // Spaces within a path are escaped; one that is not found counts as changed.
    let sources: Vec<PathBuf> = sources.split_whitespace().map(PathBuf::from).collect();
    let youngest = sources.iter().map(|source| age(source).ok()).collect::<Option<Vec<SystemTime>>>();
    youngest.and_then(|times| times.into_iter().max()).is_some_and(|time| time <= built)
}

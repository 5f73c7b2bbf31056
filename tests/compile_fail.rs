//! What does not compile, and what is said then. The expected messages are part of the interface:
//! `TRYBUILD=overwrite cargo test --test compile_fail` writes them, and they are to be read as a user
//! would.

use std::fs;
use std::path::Path;

/// What the README shows is what the compiler says.
#[test]
fn the_readme_quotes_its_messages() {
    let messages = include_str!("compile_fail/model/readme.stderr");
    let quoted = messages.replace("tests/compile_fail/model/readme.rs", "src/main.rs");
    assert!(include_str!("../README.md").contains(&quoted), "the README does not show:\n{quoted}");
}

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    // Makes trybuild build instead of check, so that what only fails after monomorphisation fails too.
    cases.pass("tests/compile_fail/pass/*.rs");
    cases.compile_fail("tests/compile_fail/derive/*.rs");
    cases.compile_fail("tests/compile_fail/contract/*.rs");
    cases.compile_fail("tests/compile_fail/model/*.rs");
}

/// Messages about a model say which layer is wrong, and both shapes: what a case's `// names:` lists is in
/// the messages themselves, not only in the code that rustc quotes below them.
#[test]
fn messages_name_what_is_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail/model");
    let mut missing = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the folder of cases") {
        let path = entry.expect("a case").path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        count += 1;
        let case = fs::read_to_string(&path).expect("a case");
        let names = case.lines().find_map(|line| line.strip_prefix("// names: "));
        let names = names.unwrap_or_else(|| panic!("{} has no `// names:`", path.display()));
        let Ok(said) = fs::read_to_string(path.with_extension("stderr")) else {
            missing.push(format!("{}: no .stderr", path.display()));
            continue;
        };
        // Quoted code has a line number or a `|` in front.
        let quoted = |line: &&str| line.trim_start().starts_with(|c: char| c == '|' || c.is_ascii_digit());
        let said: Vec<&str> = said.lines().filter(|line| !quoted(line)).collect();
        let said = said.join("\n");
        for name in list(names).filter(|name| !said.contains(name)) {
            missing.push(format!("{}: nothing says {name}", path.display()));
        }
    }
    assert!(count >= 45, "only {count} cases");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Splits at commas that are not within brackets.
fn list(names: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let parts = names.split(move |c: char| {
        depth += i32::from(matches!(c, '[' | '(')) - i32::from(matches!(c, ']' | ')'));
        c == ',' && depth == 0
    });
    parts.map(str::trim)
}

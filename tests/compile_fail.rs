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
    let readme = include_str!("../README.md");
    assert!(readme.contains(&quoted), "the README does not show:\n{quoted}");
    // Of those about weights it shows one, without where it is.
    let messages = include_str!("compile_fail/weights/differences.stderr");
    let several = messages.lines().skip_while(|line| !line.contains("several.safetensors"));
    let several: Vec<_> = several.take_while(|line| !line.contains("-->")).collect();
    assert!(
        several.len() > 2 && readme.contains(&several.join("\n")),
        "the README does not show:\n{several:?}"
    );
    // Of the messages about tensors it shows the beginnings, without the help.
    let messages = include_str!("compile_fail/tensors/readme.stderr");
    let messages = messages.replace("tests/compile_fail/tensors/readme.rs", "src/main.rs");
    let beginnings: Vec<_> =
        messages.split("\n\n").filter_map(|error| error.split_once("   |\n   = ")).collect();
    assert_eq!(beginnings.len(), 2);
    for (quoted, _) in beginnings {
        assert!(readme.contains(quoted), "the README does not show:\n{quoted}");
    }
}

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    // Makes trybuild build instead of check, so that what only fails after monomorphisation fails too.
    cases.pass("tests/compile_fail/pass/*.rs");
    cases.compile_fail("tests/compile_fail/derive/*.rs");
    cases.compile_fail("tests/compile_fail/contract/*.rs");
    cases.compile_fail("tests/compile_fail/model/*.rs");
    cases.compile_fail("tests/compile_fail/tensors/*.rs");
    cases.compile_fail("tests/compile_fail/export/*.rs");
    cases.compile_fail("tests/compile_fail/weights/*.rs");
}

/// Messages about a model say which layer is wrong, and both shapes, and those about tensors say both shapes: what a
/// case's `// names:` lists is in the messages themselves, not only in the code that rustc quotes below them.
#[test]
fn messages_name_what_is_wrong() {
    let mut missing = names_that_nothing_says("model", 45);
    missing.extend(names_that_nothing_says("tensors", 8));
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

fn names_that_nothing_says(folder: &str, cases: usize) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail").join(folder);
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
    assert!(count >= cases, "only {count} cases");
    missing
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

//! What does not compile, and what is said then. The expected messages are part of the interface:
//! `TRYBUILD=overwrite cargo test --test compile_fail` writes them, and they are to be read as a user
//! would.

/// What the README shows is what the compiler says.
#[test]
fn the_readme_quotes_its_messages() {
    let messages = include_str!("compile_fail/derive/readme.stderr");
    let quoted = messages.replace("tests/compile_fail/derive/readme.rs", "src/main.rs");
    assert!(include_str!("../README.md").contains(&quoted), "the README does not show:\n{quoted}");
}

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    // Makes trybuild build instead of check, so that what only fails after monomorphisation fails too.
    cases.pass("tests/compile_fail/pass/*.rs");
    cases.compile_fail("tests/compile_fail/derive/*.rs");
    cases.compile_fail("tests/compile_fail/contract/*.rs");
}

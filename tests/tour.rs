//! `examples/tour/` prints what the same programs print in PyTorch: `fixtures/tour.txt`.
//!
//! What is compared are the numbers and truth values of each section, in their order. Left out is
//! - the picture of a network, which the two draw differently: PyTorch from `Net(` to `)`, the example from the
//!   head of its table to the line about training;
//! - what follows the numbers of a tensor within its parentheses: `, f32 [2, 2], tracked` and `, grad_fn=<..>`;
//! - digits within words, such as those of `fc1` and `float32`.

use std::path::Path;

#[path = "common/examples.rs"]
mod examples;

use examples::example;

const WANT: &str = include_str!("fixtures/tour.txt");

#[test]
fn prints_the_numbers_of_pytorch() {
    let output = example("tour").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let got = String::from_utf8(output.stdout).unwrap();
    if let Some(difference) = difference(&got, WANT) {
        panic!("{difference}\n\nall that it printed:\n{got}");
    }
}

#[test]
fn one_digit_more_or_less_would_be_noticed() {
    assert_eq!(difference(WANT, WANT), None);
    let mut count = 0;
    for (start, _) in WANT.match_indices(|c: char| c.is_ascii_digit()) {
        let line = WANT[..start].rfind('\n').map_or(0, |end| end + 1);
        let (before, digit) = (&WANT[line..start], &WANT[start..=start]);
        let word = before.rsplit(|c: char| !(c.is_alphanumeric() || "_.".contains(c))).next().unwrap();
        let in_a_picture = before.contains("_features=");
        if in_a_picture || word.contains(char::is_alphabetic) {
            continue;
        }
        let other = if digit == "7" { "3" } else { "7" };
        let wrong = format!("{}{other}{}", &WANT[..start], &WANT[start + 1..]);
        assert!(difference(&wrong, WANT).is_some(), "{before}{digit} became {other}");
        count += 1;
    }
    assert!(count > 300, "only {count} digits");
    assert!(difference(&WANT.replace("True", "False"), WANT).is_some());
    assert!(difference(&WANT.replace("== device ==", ""), WANT).is_some());
    assert!(difference(&WANT.replace("tensor([5., 7., 9.])", ""), WANT).is_some());
}

/// What the README shows side by side is in the programs; whitespace does not count.
#[test]
fn the_readme_quotes_the_programs() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: String| words(&std::fs::read_to_string(folder.join(path)).unwrap());
    let python = read("tests/fixtures/tour.py".to_owned());
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for section in sections(WANT) {
        let name = section.name;
        let rust = read(format!("examples/tour/{name}.rs"));
        let (_, table) =
            readme.split_once(&format!("** (`{name}`)\n\n")).unwrap_or_else(|| panic!("no {name}"));
        let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).skip(2).collect();
        assert!(rows.len() > 4, "{name}: {} rows", rows.len());
        for row in rows {
            // A `|` within code is escaped.
            let row = row.replace("\\|", "\u{0}");
            let cells: Vec<&str> = row.split('|').collect();
            let [_, left, right, _] = cells[..] else { panic!("{name}: {} cells in {row}", cells.len()) };
            for (cell, program) in [(left, &python), (right, &rust)] {
                for code in cell.split('`').skip(1).step_by(2).map(|code| code.replace('\u{0}', "|")) {
                    assert!(program.contains(&words(&code)), "{name}: not in the program: {code}");
                }
            }
        }
    }
}

/// The first number in which two outputs differ.
fn difference(got: &str, want: &str) -> Option<String> {
    let (got, want) = (sections(got), sections(want));
    let names = |of: &[Section]| of.iter().map(|section| section.name.clone()).collect::<Vec<_>>();
    if names(&got) != names(&want) {
        return Some(format!("sections {:?}, not {:?}", names(&got), names(&want)));
    }
    got.iter().zip(&want).find_map(|(got, want)| {
        let name = &got.name;
        let pairs = got.numbers.iter().zip(&want.numbers);
        let wrong = pairs.enumerate().find(|(_, (got, want))| got != want);
        wrong.map(|(i, (got, want))| format!("{name}: number {i} is {got}, not {want}")).or_else(|| {
            let (got, want) = (got.numbers.len(), want.numbers.len());
            (got != want).then(|| format!("{name}: {got} numbers, not {want}"))
        })
    })
}

struct Section {
    name: String,
    numbers: Vec<f64>,
}

fn sections(text: &str) -> Vec<Section> {
    let sections = text.split("== ").skip(1).filter_map(|section| section.split_once(" ==\n"));
    sections.map(|(name, text)| Section { name: name.to_owned(), numbers: numbers(text) }).collect()
}

/// Numbers as they are printed, and 0 and 1 for false and true.
fn numbers(text: &str) -> Vec<f64> {
    let text = without(text, |line| line == "Net(", |line| line == ")");
    let text = without(&text, |line| line.contains("multiply-adds"), |line| line.starts_with("training:"));
    let text = without_notes(&text);
    let words = text.split(|c: char| !(c.is_alphanumeric() || "_.-+".contains(c)));
    words.filter_map(number).collect()
}

fn number(word: &str) -> Option<f64> {
    match word {
        "True" | "true" => Some(1.0),
        "False" | "false" => Some(0.0),
        // "inf" and "nan" are numbers to Rust, and are expected nowhere.
        _ if word.contains(|c: char| c.is_ascii_digit()) => word.parse().ok(),
        _ => None,
    }
}

/// The lines but those from one that is `first` to one that is `last`.
fn without(text: &str, first: impl Fn(&str) -> bool, last: impl Fn(&str) -> bool) -> String {
    let mut inside = false;
    let mut kept = String::new();
    for line in text.lines() {
        inside |= first(line);
        if !inside {
            kept += line;
            kept += "\n";
        }
        inside &= !last(line);
    }
    kept
}

/// The text with `tensor(numbers)` where there is `tensor(numbers, note)`.
fn without_notes(text: &str) -> String {
    let mut parts = text.split("tensor(");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (tensor, rest) = part.split_once(")\n").unwrap_or((part, ""));
        // The numbers end with their brackets; a scalar has none.
        let end = if tensor.starts_with('[') {
            let mut depth = 0;
            let end = tensor.find(|c| {
                depth += i32::from(c == '[') - i32::from(c == ']');
                depth == 0
            });
            end.map_or(tensor.len(), |end| end + 1)
        } else {
            tensor.find(',').unwrap_or(tensor.len())
        };
        kept += &format!("tensor({})\n{rest}", &tensor[..end]);
    }
    kept
}

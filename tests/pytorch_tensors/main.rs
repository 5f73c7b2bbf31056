//! Every operation on tensors against PyTorch: values, gradients, and gradients of gradients against differences.
//! The numbers are those of `tests/fixtures/tensors.safetensors`; see `tests/fixtures/README.md`.

#[macro_use]
mod macros;

mod casts;
mod compare;
mod comparison;
mod creation;
mod devices;
mod elementwise;
mod fixture;
mod harness;
mod indexing;
mod layout;
mod operations;
#[path = "../common/operations.rs"]
mod operations_on;
mod order;
mod parts;
mod products;
mod reductions;
mod table;

use fixture::Fixture;
use harness::check;
use table::Table;

/// Runs every case of a family, and fails with all that is wrong.
fn agrees(table: &Table) {
    let fixture = Fixture::open();
    let cases = table.ops.iter().flat_map(|op| op.cases.iter().map(move |case| (op, case)));
    let failures: Vec<String> = cases.flat_map(|(op, case)| check(&fixture, op, case).failures).collect();
    assert!(failures.is_empty(), "{} differences from PyTorch:\n{}", failures.len(), failures.join("\n"));
}

macro_rules! families {
    ($($family:ident $title:literal;)*) => {
        /// All of them.
        fn tables() -> Vec<(&'static str, Table)> {
            vec![$(($title, $family::table())),*]
        }
        mod families {
            $(
                #[test]
                fn $family() {
                    super::agrees(&super::$family::table());
                }
            )*
        }
    };
}
families! {
    elementwise "Element by element";
    comparison "Comparisons and masks";
    casts "Conversions and bits";
    creation "New tensors";
    layout "Shapes and places";
    parts "Joins and parts";
    indexing "Indices";
    products "Products";
    reductions "Reductions";
    order "Running sums, order, softmax";
}

/// Cases of the fixture that no typed call has.
const WITHOUT: &[(&str, &str)] = &[
    ("cumsum_axis_0/scalar/f32", "a scalar has no axis"),
    ("cumprod_axis_0/scalar/f32", "a scalar has no axis"),
];

#[test]
fn every_case_of_the_fixture_is_compared() {
    let fixture = Fixture::open();
    let mut left = fixture.cases();
    for op in tables().iter().flat_map(|(_, table)| &table.ops) {
        for case in &op.cases {
            let name = format!("{}/{}", op.name, case.name);
            assert!(left.remove(name.as_str()), "{name} is compared twice, or not in the fixture");
        }
    }
    for (name, _why) in WITHOUT {
        assert!(left.remove(name), "{name} is compared, or not in the fixture");
    }
    assert!(left.is_empty(), "not compared: {left:?}");
}

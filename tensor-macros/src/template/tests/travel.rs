//! Declarations from one `model!` to another.

use super::{Soundness, World};

#[test]
fn a_model_is_found_by_its_macro() {
    let mut world = World::default();
    world.model("pub Inner<const N: usize>: [N] -> [N] { fc: Linear(N), mine: crate::Mine -> [N] }");
    world.model("pub Block<const N: usize>: [N] -> [N] { one: Inner<N>, two: [Inner<N>; 2] }");
    assert_eq!(world.dumps.len(), 0);
    world.model("Net: [4] -> [4] { b: blocks::Block<4>, i: crate::Inner<8> } Other: [3] -> [3] { Relu }");
    assert_eq!(world.messages, [""; 0]);
    assert_eq!(world.missing, [""; 0]);
    // Others need not wait for it.
    assert!(world.dumps[0].starts_with("struct Other"), "{:?}", world.dumps);
    let structs: Vec<&str> = world.dumps[1].lines().take_while(|line| line.starts_with("struct")).collect();
    assert_eq!(
        structs,
        [
            "struct Net { b: NetBlock4, i: NetInner8 }",
            "struct NetBlock4 { one: NetInner4, two: [NetInner4; 2] }",
            "struct NetInner4 { fc: Linear 4, mine: crate::Mine -> [4] }",
            "struct NetInner8 { fc: Linear 8, mine: crate::Mine -> [8] }",
        ]
    );
}

#[test]
fn concrete_models_are_blocks_and_bases() {
    let mut world = World::default();
    world.model("pub Backbone: [4] -> [8] { fc: Linear(8), Relu }");
    world.model(
        "Net: [4] -> [2] { backbone: Backbone, head: Linear(2) } Small = Net { backbone: Linear(3) };",
    );
    world.model("Again = Net { head: Linear(7) }");
    assert_eq!(world.messages, [""; 0]);
    let first: Vec<&str> = world.dumps.iter().filter_map(|text| text.lines().next()).collect();
    assert_eq!(
        first,
        [
            "struct Backbone { fc: Linear 8 }",
            "struct Small { backbone: Linear 3, head: Linear 2 }",
            "struct Net { backbone: NetBackbone, head: Linear 2 }",
            "struct Again { backbone: AgainBackbone, head: Linear 7 }",
        ]
    );
}

#[test]
fn mistakes_are_said_where_they_are() {
    let mut world = World::default();
    world.model("pub Block<const N: usize>: [N] -> [N] { fc: Linear(N, bios = true) }");
    world.model("A: [4] -> [4] { b: Block<4> }");
    assert_eq!(
        world.messages,
        ["unknown option `bios` of `fc`: `Linear` has bias, tied; did you mean `bias`?"]
    );
}

#[test]
fn blocks_come_first() {
    let mut world = World::default();
    world.model("Net: [4] -> [4] { b: Block } Block: [4] -> [4] { fc: Linear(0) }");
    assert_eq!(world.dumps[0].lines().next(), Some("struct Block { fc: Linear 0 }"));
    assert_eq!(world.messages.len(), 1, "{:?}", world.messages);
}

#[test]
fn what_cannot_be_built_is_hollow() {
    let mut world = World::default();
    world.model("A: [4] -> [4] { b: B } B: [4] -> [4] { a: A } C: [4] -> [4] { a: A, fc: Linear(4) } D = A { fc: Linear(3) }");
    assert_eq!(world.messages.len(), 1, "{:?}", world.messages);
    assert_eq!(world.soundness, [Soundness::Hollow, Soundness::Hollow, Soundness::Faulty, Soundness::Hollow]);
    assert!(world.dumps[2].starts_with("struct C { fc: Linear 4 }"));
}

#[test]
fn what_is_wrong_is_not_repeated_by_those_who_use_it() {
    let mut world = World::default();
    world.model(
        "Block: [4] -> [4] { fc: Linaer(4) } Net: [4] -> [4] { b: Block } More: [4] -> [4] { n: Net }",
    );
    assert_eq!(world.messages, ["unknown layer `Linaer`: did you mean `Linear`?"]);
    assert_eq!(world.soundness, [Soundness::Faulty, Soundness::Faulty, Soundness::Faulty]);
}

#[test]
fn names_that_are_nowhere_are_asked_for() {
    let mut world = World::default();
    world.model("Net: [4] -> [4] { b: nowhere::Blok<3>, fc: Linear(4) }");
    assert_eq!(world.missing, ["Blok"]);
    assert_eq!(world.messages, [""; 0]);
}

#[test]
fn a_name_that_is_nowhere_hides_nothing() {
    let mut world = World::default();
    world.model(
        "Net: [4] -> [4] { b: nowhere::Blok<3>, fc: Linear(0) } Other: [4] -> [4] { n: Net, c: Foo(3) }",
    );
    assert_eq!(world.missing, ["Blok"]);
    assert_eq!(
        world.messages,
        [
            "the number of outputs of `fc` must be at least 1",
            "unknown layer `Foo`: a module that is not castiron's is written with what it gives, `foo: Foo -> [64]`",
        ]
    );
    assert_eq!(world.soundness, [Soundness::Faulty, Soundness::Faulty]);
    // Others that are there are not asked twice.
    world.messages.clear();
    world.model("pub There: [4] -> [4] { Relu }");
    world.model("More: [4] -> [4] { t: There, fc: Linear(0) }");
    assert_eq!(world.messages, ["the number of outputs of `fc` must be at least 1"]);
}

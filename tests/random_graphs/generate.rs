//! Writes the models, and checks that they are written.

use std::fs;
use std::ops::Range;
use std::path::Path;

use super::blocks;
use super::draw::{self, Model};
use super::graph::{Function, Kind, Layer, What};
use super::random::Random;
use super::write::{self, Style};

/// The seeds of `models.rs`.
const SEEDS: Range<u64> = 0..60;

fn file(seeds: Range<u64>, templates: &str) -> String {
    let mut text = "//! Generated: see `main.rs`.\n\nuse castiron::model;\n\nuse crate::own;\n".to_string();
    text += &format!("\n{templates}");
    for seed in seeds.clone() {
        let Model { name, parts, graph, sequential } = draw::model(seed);
        let mut rng = Random::new(seed ^ 0xF00D);
        text += "\nmodel! {\n";
        for (name, part) in &parts {
            text += &write::declaration(name, part, Style::Part, &mut rng);
            text += "\n";
        }
        let style = if sequential { Style::Sequential } else { Style::Body };
        text += &write::declaration(&name, &graph, style, &mut rng);
        text += "}\n";
    }
    text += "\ntests! {\n";
    for seed in seeds {
        text += &format!("    random_{seed:02}: Random{seed:02} = {seed};\n");
    }
    text + "}\n"
}

/// `models.rs` is what the generator writes.
#[test]
fn generator_has_written_the_models() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/random_graphs");
    let text = file(SEEDS, blocks::DECLARATIONS);
    match std::env::var("RANDOM_GRAPHS").as_deref() {
        Ok("overwrite") => fs::write(folder.join("models.rs"), &text).expect("models.rs is written"),
        Ok(range) => {
            let (from, to) = range.split_once("..").expect("RANDOM_GRAPHS=overwrite, or seeds: 100..160");
            let seed = |text: &str| text.parse::<u64>().expect("a seed is a number");
            // Private, since the names are those of the templates in `models.rs`.
            let scratch = file(seed(from)..seed(to), &blocks::DECLARATIONS.replace("pub ", ""));
            fs::write(folder.join("scratch.rs"), scratch).expect("scratch.rs is written");
        }
        Err(_) => {}
    }
    let written = fs::read_to_string(folder.join("models.rs")).expect("models.rs");
    let differs = written.lines().zip(text.lines()).position(|(a, b)| a != b);
    assert!(written == text, "models.rs differs from line {differs:?}; RANDOM_GRAPHS=overwrite writes it");
}

/// A construct, and how to recognise it.
type Such<'a, T> = (&'a str, &'a dyn Fn(&T) -> bool);

/// Every construct is there, and more than once.
#[test]
fn generator_draws_everything() {
    let models: Vec<Model> = SEEDS.map(draw::model).collect();
    let layers = |such: &dyn Fn(&Layer) -> bool| models.iter().filter(|model| model.graph.has(such)).count();
    let kinds: [Such<'_, Kind>; 19] = [
        ("strided", &|kind| matches!(kind, Kind::Conv2d { window, .. } if window.stride > 1)),
        ("dilated", &|kind| matches!(kind, Kind::Conv2d { window, .. } if window.dilation > 1)),
        ("grouped", &|kind| matches!(kind, Kind::Conv2d { groups, out, .. } if *groups > 1 && groups < out)),
        (
            "depthwise",
            &|kind| matches!(kind, Kind::Conv2d { groups, out, .. } if *groups > 1 && groups == out),
        ),
        ("without bias", &|kind| {
            matches!(kind, Kind::Conv2d { bias: false, .. } | Kind::Linear { bias: false, .. })
        }),
        ("tied", &|kind| matches!(kind, Kind::Tied { .. })),
        ("max pool", &|kind| matches!(kind, Kind::MaxPool2d(_))),
        ("average pool", &|kind| matches!(kind, Kind::AvgPool2d(_))),
        ("global pool", &|kind| matches!(kind, Kind::GlobalAvgPool2d)),
        ("batch norm", &|kind| matches!(kind, Kind::BatchNorm2d { .. })),
        ("dropout", &|kind| matches!(kind, Kind::Dropout)),
        ("embedding", &|kind| matches!(kind, Kind::Embedding { .. })),
        ("lstm", &|kind| matches!(kind, Kind::Lstm { .. })),
        ("attention", &|kind| matches!(kind, Kind::Attention { .. })),
        ("identity", &|kind| matches!(kind, Kind::Identity)),
        ("flatten", &|kind| matches!(kind, Kind::Flatten)),
        ("template", &|kind| matches!(kind, Kind::Model { name, .. } if name.contains('<'))),
        ("model", &|kind| matches!(kind, Kind::Model { name, .. } if !name.contains('<'))),
        ("opaque", &|kind| matches!(kind, Kind::Half | Kind::Squash)),
    ];
    for (name, such) in kinds {
        assert!(layers(&|layer| such(&layer.kind)) >= 2, "too few models have a layer that is {name}");
    }
    assert!(layers(&|layer| layer.count.is_some()) >= 2, "too few arrays");
    assert!(layers(&|layer| layer.frozen && matches!(layer.kind, Kind::BatchNorm2d { .. })) >= 2, "frozen");
    assert!(layers(&|layer| layer.saved_as.is_some()) >= 2, "too few other names");

    let nodes = |such: &dyn Fn(&What) -> bool| {
        models.iter().filter(|model| model.graph.nodes.iter().any(|node| such(&node.what))).count()
    };
    for function in Function::ALL {
        let such = |what: &What| matches!(what, What::Function(f) if *f == function);
        let layer = |layer: &Layer| matches!(layer.kind, Kind::Function(f) if f == function);
        assert!(nodes(&such) + layers(&layer) >= 2, "too few models call {function:?}");
    }
    let whats: [Such<'_, What>; 12] = [
        ("binary", &|what| matches!(what, What::Binary(_))),
        ("number", &|what| matches!(what, What::Number(..))),
        ("negate", &|what| matches!(what, What::Negate)),
        ("concat", &|what| matches!(what, What::Concat { .. })),
        ("slice", &|what| matches!(what, What::Narrow { .. })),
        ("chunk", &|what| matches!(what, What::Split { even: true, .. })),
        ("split", &|what| matches!(what, What::Split { even: false, .. })),
        ("reshape", &|what| matches!(what, What::Reshape { .. })),
        ("permute", &|what| matches!(what, What::Permute(_))),
        ("transpose", &|what| matches!(what, What::Transpose)),
        ("mean", &|what| matches!(what, What::Reduce { .. })),
        ("element of an array", &|what| matches!(what, What::Layer(_, Some(_)))),
    ];
    for (name, such) in whats {
        assert!(nodes(such) >= 2, "too few models have a {name}");
    }
    let shared = |model: &&Model| {
        let calls = model.graph.nodes.iter().filter_map(|node| match node.what {
            What::Layer(layer, None) => Some(layer),
            _ => None,
        });
        let mut calls: Vec<usize> = calls.collect();
        let all = calls.len();
        calls.sort_unstable();
        calls.dedup();
        calls.len() < all
    };
    assert!(models.iter().filter(shared).count() >= 5, "too few shared layers");
    let several = models.iter().filter(|model| model.graph.outputs.len() > 1).count();
    assert!(several >= 5, "too few models with several outputs");
    let through = |model: &&Model| model.graph.outputs.iter().any(|id| *id < model.graph.inputs);
    assert!(models.iter().filter(through).count() >= 2, "too few inputs that are outputs");
    let sizes: Vec<usize> = models.iter().map(|model| model.graph.nodes.len()).collect();
    assert!(sizes.iter().all(|size| (2..=30).contains(size)), "{sizes:?}");
    assert!(sizes.iter().any(|size| *size < 4) && sizes.iter().any(|size| *size > 20), "{sizes:?}");
}

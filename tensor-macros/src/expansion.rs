//! What whole declarations become, as text in the repository: a change of the compiler shows in it.
//!
//! `CASTIRON_EXPANSIONS=overwrite cargo test -p castiron-macros` writes the texts again.

use std::path::Path;

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::graph::Graph;
use crate::lower;
use crate::plan::{Plan, verify::verify};

/// Compares with `expansions/NAME.rs`.
fn check(name: &str, items: TokenStream) {
    let file: syn::File = syn::parse2(items).expect("items");
    let text = format!(
        "// What the declaration of this name in `src/expansion.rs` becomes.\n\n{}",
        prettyplease::unparse(&file)
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("expansions").join(name);
    if std::env::var_os("CASTIRON_EXPANSIONS").is_some_and(|value| value == "overwrite") {
        std::fs::write(&path, &text).expect("the text can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{name} is not what the compiler writes: look at the difference, then overwrite it"
    );
}

#[test]
fn of_a_struct() {
    let input = syn::parse_str(
        "#[module(input = [1, 28, 28], output = [10])]
        #[repr(C)]
        pub struct LeNet {
            conv1: Conv2d<1, 6, 5, 1, 2>,
            bn1: BatchNorm2d<6>,
            act1: Relu,
            pool1: MaxPool2d<2>,
            fc1: Linear<Rank3<6, 14, 14>, 10>,
        }",
    )
    .expect("parses");
    let errors = Errors::new();
    let items = crate::expand(&input, &errors);
    assert!(errors.into_vec().is_empty());
    check("lenet.rs", items);
}

#[test]
fn of_a_declaration() {
    let input = "
        /// Images to four classes.
        pub Net: [3, 8, 8] -> [4] {
            stem: Conv2d(4, kernel = 3, padding = 1),
            blocks: [BasicBlock<4, 8>; 2],
            GlobalAvgPool2d,
            fc: Linear(4),
        }
        BasicBlock<const C: usize, const H: usize>: [C, H, H] -> [C, H, H] {
            conv1: Conv2d(C, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d,
            conv2: Conv2d(C, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
            |x| {
                let h = relu(bn1(conv1(x)));
                relu(bn2(conv2(h)) + x)
            }
        }";
    let errors = Errors::new();
    let items = crate::declarations(input.parse().expect("tokens"), &errors);
    let found: Vec<String> = errors.into_vec().iter().map(ToString::to_string).collect();
    assert_eq!(found, [""; 0]);
    check("resnet.rs", items);
}

/// The graphs of declarations that are right.
fn graphs(tokens: TokenStream) -> Vec<Graph> {
    let errors = Errors::new();
    let mut graphs = Vec::new();
    crate::template::expand(tokens, &errors, &mut |mut graph, _| {
        crate::shapes::infer(&mut graph, &errors);
        graph.drop_dead();
        graphs.push(graph);
        TokenStream::new()
    });
    let found: Vec<String> = errors.into_vec().iter().map(ToString::to_string).collect();
    assert_eq!(found, [""; 0]);
    graphs
}

/// The declarations in the tests and examples of the repository.
fn declarations_in(path: &str) -> Vec<TokenStream> {
    struct Models(Vec<TokenStream>);
    impl<'ast> syn::visit::Visit<'ast> for Models {
        fn visit_macro(&mut self, item: &'ast syn::Macro) {
            if item.path.is_ident("model") {
                self.0.push(item.tokens.clone());
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let text = std::fs::read_to_string(path).expect("the file is there");
    let mut models = Models(Vec::new());
    syn::visit::Visit::visit_file(&mut models, &syn::parse_file(&text).expect("Rust"));
    models.0
}

#[test]
fn plans_keep_apart_what_is_in_use() {
    let mut count = 0;
    for file in ["examples/mnist.rs", "examples/digits.rs", "tests/random_graphs/models.rs"] {
        for graph in declarations_in(file).into_iter().flat_map(graphs) {
            let tapped = graph.with_taps_as_outputs();
            for graph in [Some(&graph), tapped.as_ref()].into_iter().flatten() {
                let [infer, prepared] = [lower::inference(graph), lower::prepared(graph)];
                for program in [infer, prepared, lower::quantized(graph), lower::training(graph)] {
                    verify(&program, &Plan::of(&program));
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 6);
}

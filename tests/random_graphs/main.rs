//! Random legal graphs, declared with `model!`: what is computed is compared with a naive reference in
//! float64, gradients with differences, and memory is poisoned between calls.
//!
//! `models.rs` is generated. After a change of the generator, write it anew, and read what changed:
//!
//! ```text
//! RANDOM_GRAPHS=overwrite cargo test --test random_graphs generator
//! ```
//!
//! To try other graphs, draw them into `scratch.rs`, test them, and leave that file as it was:
//!
//! ```text
//! RANDOM_GRAPHS=100..160 cargo test --test random_graphs generator
//! cargo test --test random_graphs scratch
//! git checkout tests/random_graphs/scratch.rs
//! ```

mod blocks;
mod compare;
mod draw;
mod generate;
mod graph;
mod own;
mod random;
mod reference;
mod steps;
mod write;

/// One test per model.
macro_rules! tests {
    ($($test:ident: $model:ident = $seed:literal;)*) => { $(
        #[test]
        fn $test() {
            crate::compare::check::<$model>($seed);
        }
    )* };
}

mod models;
mod scratch;

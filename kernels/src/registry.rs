//! Every operation, in one list. The tests below check each entry against its float64 reference, and
//! that no operation of this crate is missing from the list.

use crate::op::Op;

/// One operation, its argument types erased.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// [`Op::NAME`].
    pub name: &'static str,
    /// The Rust path of its type within this crate.
    pub path: &'static str,
}

macro_rules! registry {
    ($($module:ident :: $op:ident),* $(,)?) => {
        /// All operations of this crate.
        pub const OPS: &[Entry] = &[$(Entry {
            name: <crate::$module::$op as Op>::NAME,
            path: concat!(stringify!($module), "::", stringify!($op)),
        }),*];

        #[cfg(test)]
        mod tests {
            $(
                #[allow(non_snake_case)]
                #[test]
                fn $op() {
                    crate::check::check::<crate::$module::$op>();
                }
            )*
        }
    };
}

registry! {
    activation::Activate,
    activation::ActivateBackward,
    arithmetic::Binary,
    arithmetic::AddAssign,
    arithmetic::Affine,
    arithmetic::Reciprocal,
    arithmetic::CopyElements,
    arithmetic::CopyBytes,
    arithmetic::CopyRows,
    arithmetic::Fill,
    batch_norm::BatchNorm,
    batch_norm::BatchNormInfer,
    batch_norm::BatchNormBackward,
    batch_norm::BatchNormFrozenBackward,
    batch_norm::FoldBatchNorm,
    blocked::BlockedConv2d,
    blocked::BlockedExpand,
    blocked::Pack,
    cast::Cast,
    cross_entropy::CrossEntropy,
    cross_entropy::CrossEntropyBackward,
    dropout::Dropout,
    dropout::DropoutBackward,
    embedding::Embedding,
    embedding::EmbeddingBackward,
    layer_norm::LayerNorm,
    layer_norm::LayerNormBackward,
    lstm::LstmGates,
    lstm::LstmGatesBackward,
    masked_softmax::MaskedSoftmax,
    packed_linear::PackedLinear,
    packed_linear::PackLinear,
    pairwise::Pairwise,
    reduce::Reduce,
    reduce::Expand,
    stored::StoredConv2d,
    strided::Strided,
    select::Select,
    unary::Unary,
    unary::UnaryBackward,
    regression::Regression,
    regression::RegressionBackward,
    softmax::Softmax,
    softmax::SoftmaxBackward,
    update::Sgd,
    update::Adam,
    update::RmsProp,
    update::MergeAverages,
    update::ClipNorm,
    update::BeginScaledStep,
    update::Unscale,
    update::RoundParameters,
    update::ZeroGradients,
    conv2d::Conv2d,
    conv2d::Conv2dBackwardInput,
    conv2d::Conv2dBackwardWeight,
    copy_strided::CopyStrided,
    fill::FillWith,
    fold::Fold,
    gemm::Gemm,
    index::Gather,
    index::ScatterAdd,
    index::IndexSelect,
    index::IndexAdd,
    product::Product,
    quantized::Quantize,
    quantized::Dequantize,
    quantized::Requantize,
    quantized::QuantizedActivation,
    quantized::QuantizedAdd,
    quantized::QuantizedAvgPool2d,
    quantized::QuantizedConv2d,
    quantized::QuantizedLinear,
    quantized::QuantizedMaxPool2d,
    scan::CumSum,
    scan::CumProd,
    sort::Sort,
    pool2d::MaxPool2d,
    pool2d::MaxPool2dBackward,
    pool2d::AvgPool2d,
    pool2d::AvgPool2dBackward,
}

/// Checks of operations on 16-bit floats: of each, in a module for each element.
#[cfg(test)]
macro_rules! halves {
    ($($module:ident :: $op:ident),* $(,)?; gradients: $($of:ident :: $gradient:ident),* $(,)?) => {
        const HALVES: &[&str] = &[$(stringify!($op)),*];
        halves!(@ bf16, 32, $($module :: $op),*; $($of :: $gradient),*);
        halves!(@ f16, 16, $($module :: $op),*; $($of :: $gradient),*);
    };
    (@ $element:ident, $cases:literal, $($module:ident :: $op:ident),*; $($of:ident :: $gradient:ident),*) => {
        mod $element {
            use half::$element;
            use crate::check::check_cases;
            $(
                #[allow(non_snake_case)]
                #[test]
                fn $op() {
                    check_cases::<crate::Half<crate::$module::$op, $element>>($cases);
                }
            )*
            mod gradients {
                $(
                    #[allow(non_snake_case)]
                    #[test]
                    fn $gradient() {
                        super::check_cases::<crate::Half<crate::$of::$gradient, super::$element, f32>>($cases);
                    }
                )*
            }
        }
    };
}

#[cfg(test)]
halves! {
    activation::Activate,
    activation::ActivateBackward,
    arithmetic::Binary,
    arithmetic::AddAssign,
    arithmetic::Affine,
    arithmetic::Reciprocal,
    arithmetic::CopyElements,
    arithmetic::CopyRows,
    arithmetic::Fill,
    batch_norm::BatchNorm,
    batch_norm::BatchNormInfer,
    batch_norm::BatchNormBackward,
    batch_norm::BatchNormFrozenBackward,
    conv2d::Conv2d,
    conv2d::Conv2dBackwardInput,
    conv2d::Conv2dBackwardWeight,
    cross_entropy::CrossEntropy,
    cross_entropy::CrossEntropyBackward,
    dropout::Dropout,
    dropout::DropoutBackward,
    embedding::Embedding,
    embedding::EmbeddingBackward,
    gemm::Gemm,
    layer_norm::LayerNorm,
    layer_norm::LayerNormBackward,
    lstm::LstmGates,
    lstm::LstmGatesBackward,
    pool2d::MaxPool2d,
    pool2d::MaxPool2dBackward,
    pool2d::AvgPool2d,
    pool2d::AvgPool2dBackward,
    reduce::Reduce,
    reduce::Expand,
    regression::Regression,
    regression::RegressionBackward,
    softmax::Softmax,
    softmax::SoftmaxBackward,
    strided::Strided;
    gradients: gemm::Gemm, reduce::Reduce, strided::Strided
}

#[cfg(test)]
mod completeness {
    use std::path::Path;

    /// The `X` of every `impl TRAIT for X` in the source.
    fn implementations(of: &str) -> Vec<String> {
        fn visit(folder: &Path, pattern: &str, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).expect("the source folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    visit(&path, pattern, found);
                } else {
                    let text = std::fs::read_to_string(&path).expect("a source file");
                    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                    found.extend(code.filter_map(|line| {
                        // Generic ones too: `impl<T> Op for Name<T> {`.
                        let (head, name) = line.split_once(pattern)?;
                        let name = name.split([' ', '<']).next().filter(|_| head.starts_with("impl"))?;
                        Some(name.to_owned())
                    }));
                }
            }
        }
        let mut found = Vec::new();
        visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &format!(" {of} for "), &mut found);
        assert!(!found.is_empty());
        found
    }

    #[test]
    fn every_operation_is_registered() {
        // `Half` is none of its own: it makes others work on other elements.
        for name in implementations("Op").iter().filter(|name| *name != "Half") {
            let suffix = format!("::{name}");
            assert!(
                super::OPS.iter().any(|entry| entry.path.ends_with(&suffix)),
                "`{name}` is not in the registry: add a line to kernels/src/registry.rs"
            );
        }
        let mut names: Vec<_> = super::OPS.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), super::OPS.len(), "two operations have the same name");
    }

    #[test]
    fn every_operation_on_halves_is_checked() {
        for name in implementations("HalfOp") {
            assert!(
                super::HALVES.contains(&&*name),
                "`{name}` is not among the halves of kernels/src/registry.rs"
            );
        }
    }
}

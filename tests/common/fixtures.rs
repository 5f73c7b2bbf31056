//! Tensors that PyTorch made, and comparison with them. See `tests/fixtures/README.md`.

use std::path::PathBuf;

use castiron::files::Load;
use castiron::prelude::*;
use castiron::{Element, flat_mut, params};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

/// A file of `tests/fixtures`.
pub struct Fixture {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Fixture {
    pub fn open(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Fixture { path, bytes }
    }

    /// The names that start with `prefix`, without it, in order.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let mut names: Vec<_> = file
            .names()
            .into_iter()
            .filter_map(|name| name.strip_prefix(prefix))
            .map(str::to_owned)
            .collect();
        names.sort();
        names
    }

    /// What the file says of itself under that name.
    pub fn metadata(&self, name: &str) -> String {
        let (_, header) = SafeTensors::read_metadata(&self.bytes).unwrap();
        header.metadata().as_ref().unwrap()[name].clone()
    }

    /// The tensor of that name, as it is in the file.
    pub fn view(&self, name: &str) -> TensorView<'_> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        file.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The numbers of the tensor of that name.
    pub fn numbers<E: Number>(&self, name: &str) -> Vec<E> {
        let view = self.view(name);
        assert_eq!(view.dtype(), E::IN_FILE, "{name}");
        view.data().as_chunks().0.iter().map(|bytes| E::from_bytes(*bytes)).collect()
    }

    /// The tensor of that name as an `S`, which must be of as many numbers.
    pub fn tensor<S: Shape<Elem: Number>>(&self, name: &str) -> Tensor<S> {
        let numbers = self.numbers(name);
        assert_eq!(numbers.len(), S::LEN, "{name}");
        let mut tensor = Tensor::zeros();
        flat_mut::<S>(&mut tensor).copy_from_slice(&numbers);
        tensor
    }

    /// A model read by castiron's own loader, which also compares dimensions. `rename` goes from a name in
    /// the model to the name in the file.
    pub fn model<M: Params>(&self, rename: impl Fn(&str) -> String) -> Tensor<M> {
        let mut model = Tensor::zeros();
        Load::default().allow_extra().rename(rename).load(&mut *model, &self.path).unwrap();
        model
    }
}

/// An element of the fixtures.
pub trait Number: Element {
    const IN_FILE: Dtype;
    fn from_bytes(bytes: [u8; 4]) -> Self;
}
impl Number for f32 {
    const IN_FILE: Dtype = Dtype::F32;
    fn from_bytes(bytes: [u8; 4]) -> f32 {
        f32::from_le_bytes(bytes)
    }
}
impl Number for i32 {
    const IN_FILE: Dtype = Dtype::I32;
    fn from_bytes(bytes: [u8; 4]) -> i32 {
        i32::from_le_bytes(bytes)
    }
}

/// Names and numbers of all parameters and running averages.
pub fn leaves<M: Params>(model: &M) -> Vec<(String, Vec<f32>)> {
    let mut numbers = super::floats(model).into_iter();
    let mut leaves = Vec::new();
    params::visit::<M>(|path, _, leaf| {
        leaves.push((path.to_string(), numbers.by_ref().take(leaf.dims.len()).collect()));
    });
    leaves
}

/// max |got − want| / max |want|: what a sum of many terms can be held to, since rounding errors are as
/// large as its terms, however small the sum.
pub fn max_error(got: &[f32], want: &[f32]) -> f64 {
    assert_eq!(got.len(), want.len());
    let errors = got.iter().zip(want).map(|(got, want)| (*got as f64 - *want as f64).abs());
    largest(errors) / largest(want.iter().map(|want| want.abs() as f64))
}

/// ‖got − want‖ / ‖want‖.
pub fn norm_error(got: &[f32], want: &[f32]) -> f64 {
    assert_eq!(got.len(), want.len());
    let errors = got.iter().zip(want).map(|(got, want)| (*got as f64 - *want as f64).powi(2));
    (errors.sum::<f64>() / want.iter().map(|want| (*want as f64).powi(2)).sum::<f64>()).sqrt()
}

/// The largest |got − want| / |want| of any number: zeros must be zeros.
pub fn relative_error(got: &[f32], want: &[f32]) -> f64 {
    assert_eq!(got.len(), want.len());
    largest(got.iter().zip(want).map(|(got, want)| match (*got as f64, *want as f64) {
        (got, want) if got == want => 0.0,
        (got, want) => ((got - want) / want).abs(),
    }))
}

/// The largest of some numbers that are not negative; NaN if there is one.
fn largest(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}

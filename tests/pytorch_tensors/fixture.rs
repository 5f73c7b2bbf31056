//! All tensors of `tests/fixtures/tensors.safetensors`, read once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use castiron::{Bool, DynTensor, Element, bf16, f16};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

pub struct Fixture {
    tensors: BTreeMap<String, DynTensor>,
}

impl Fixture {
    pub fn open() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tensors.safetensors");
        let bytes = std::fs::read(path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file.iter().map(|(name, view)| (name.to_owned(), tensor(&view)));
        Fixture { tensors: tensors.collect() }
    }

    pub fn get(&self, name: &str) -> Option<&DynTensor> {
        self.tensors.get(name)
    }

    /// `<op>/<case>/<dtype>` of all cases.
    pub fn cases(&self) -> BTreeSet<&str> {
        self.tensors.keys().filter_map(|name| Some(name.rsplit_once('/')?.0)).collect()
    }
}

fn tensor(view: &TensorView<'_>) -> DynTensor {
    match view.dtype() {
        Dtype::F32 => read(view, f32::from_le_bytes),
        Dtype::F64 => read(view, f64::from_le_bytes),
        Dtype::BF16 => read(view, bf16::from_le_bytes),
        Dtype::F16 => read(view, f16::from_le_bytes),
        Dtype::I64 => read(view, i64::from_le_bytes),
        Dtype::I32 => read(view, i32::from_le_bytes),
        Dtype::I8 => read(view, i8::from_le_bytes),
        Dtype::U8 => read(view, u8::from_le_bytes),
        Dtype::BOOL => read(view, |[byte]: [u8; 1]| Bool::from(byte != 0)),
        other => panic!("{other:?}"),
    }
}

fn read<E: Element, const N: usize>(view: &TensorView<'_>, f: fn([u8; N]) -> E) -> DynTensor {
    let numbers = view.data().as_chunks().0.iter().map(|bytes| f(*bytes)).collect();
    DynTensor::from_vec(view.shape(), numbers).unwrap()
}

//! The parameters of a prepared model, found by their names, for the quantized one.

use core::mem::MaybeUninit;
use std::collections::HashMap;

use castiron_kernels::packed_linear::place;

use super::simulate::Weights;
use super::tables::Tables;
use crate::params::{Leaf, Params, visit};
use crate::prepared::Prepared;
use crate::quantized::{Quantizable, Quantized, places};
use crate::shape::DType;

/// Channels of a block of a packed convolution.
const BLOCK: usize = 16;

/// A leaf's description, where it is, and its bytes.
struct Found {
    leaf: Leaf,
    bytes: Vec<u8>,
}

/// All leaves of `model` by their names.
fn leaves<M: Params>(model: &M) -> HashMap<String, Found> {
    let (mut found, base) = (HashMap::new(), core::ptr::from_ref(model).cast::<u8>());
    visit::<M>(|path, offset, leaf| {
        let len = leaf.dims.len() * leaf.dtype.size();
        // SAFETY: the tree describes `M`: at `offset` lies a leaf of that many bytes without padding.
        let bytes = unsafe { core::slice::from_raw_parts(base.add(offset), len) }.to_vec();
        found.insert(path.to_string(), Found { leaf: *leaf, bytes });
    });
    found
}

/// The offsets of all tables, and their names.
pub(super) fn names<M: Quantizable>() -> HashMap<usize, String> {
    let mut names = HashMap::new();
    visit::<Quantized<M>>(|path, offset, _| {
        if let Some(name) = path.to_string().strip_suffix(".scale") {
            names.insert(offset, name.to_owned());
        }
    });
    names
}

/// The memory of a value.
pub(super) fn bytes<T>(value: &mut T) -> &mut [MaybeUninit<u8>] {
    // SAFETY: borrowed uniquely; nothing is said of what the bytes are.
    unsafe { core::slice::from_raw_parts_mut(core::ptr::from_mut(value).cast(), size_of::<T>()) }
}

/// The parameters in `f32` of all products, by the offsets of their tables; what stays `f32` is copied to `model`.
pub(super) fn take<M: Quantizable>(
    prepared: &Prepared<M>,
    model: &mut Quantized<M>,
) -> HashMap<usize, Weights> {
    let (found, mut products) = (leaves(prepared), HashMap::new());
    let mut tables = Tables(bytes(model));
    visit::<Quantized<M>>(|path, offset, leaf| {
        let (name, dims) = (path.to_string(), leaf.dims.as_slice());
        let Some(from) = found.get(&name) else { return };
        if from.leaf.dtype == leaf.dtype && from.leaf.dims == leaf.dims {
            tables.put(offset, from.bytes.iter().copied());
        } else if let (DType::F32, &[outputs, inputs], [_]) = (leaf.dtype, dims, from.leaf.dims.as_slice()) {
            let weight = unpack_linear(&floats(&from.bytes), outputs, inputs);
            tables.put(offset, weight.into_iter().flat_map(f32::to_ne_bytes));
        } else if let (Some(layer), DType::I8) = (name.strip_suffix(".weight"), leaf.dtype) {
            let outputs = dims.first().copied().unwrap_or(0);
            let weight = match (from.leaf.dims.as_slice(), dims) {
                ([_, _, BLOCK], &[outputs, inputs, rows, columns]) => {
                    unpack(&floats(&from.bytes), [outputs, inputs, rows, columns])
                }
                ([_], &[outputs, inputs]) => unpack_linear(&floats(&from.bytes), outputs, inputs),
                _ => floats(&from.bytes),
            };
            // There is none where the layer has none, and more of them where it is packed.
            let mut bias = found.get(&format!("{layer}.bias")).map_or(Vec::new(), |bias| floats(&bias.bytes));
            bias.resize(outputs, 0.0);
            products.insert(offset - places(outputs)[2], Weights { weight, bias });
        }
    });
    products
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|bytes| f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect()
}

/// The weights of a linear layer in the order that they have in the model.
fn unpack_linear(packed: &[f32], outputs: usize, inputs: usize) -> Vec<f32> {
    let places = (0..outputs).flat_map(|o| (0..inputs).map(move |i| place(outputs, inputs, o, i)));
    places.map(|place| packed[place]).collect()
}

/// The weights of a convolution of blocked images in the order that they have in the model; of
/// `[⌈outputs / 16⌉, weights of an output, 16]`, where weights are in the order kernel row, input, kernel column.
fn unpack(packed: &[f32], [outputs, inputs, rows, columns]: [usize; 4]) -> Vec<f32> {
    let each = inputs * rows * columns;
    let mut weight = Vec::with_capacity(outputs * each);
    for o in 0..outputs {
        for (i, row) in (0..inputs).flat_map(|i| (0..rows).map(move |row| (i, row))) {
            let at = |column| (row * inputs + i) * columns + column;
            let block = &packed[o / BLOCK * each * BLOCK..];
            weight.extend((0..columns).map(|column| block[at(column) * BLOCK + o % BLOCK]));
        }
    }
    weight
}

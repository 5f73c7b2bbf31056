//! The same operations in the memory of another device: the same bits.

use castiron::DynTensor;
use castiron::prelude::*;

use crate::operations_on::compute;

#[test]
fn another_device_computes_the_same_bits() {
    let here = compute(&Cpu::new()).unwrap();
    let there = compute(&castiron::device::Offsets::new(1 << 20).unwrap()).unwrap();
    assert_eq!(here.len(), there.len());
    for (i, (here, there)) in here.iter().zip(&there).enumerate() {
        let bits =
            |x: &DynTensor| x.as_slice().map(|x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
        assert_eq!(bits(here), bits(there), "result {i}");
        assert!(here == there, "result {i}");
    }
}

//! What quantized operations compute with: the parts of [`Quantized`](super::Quantized), as files have them.
//!
//! Each begins with the [`Scale`] of what the operation writes, then come its zero points and limits, in the
//! order in which the kernel takes them.

use core::mem::{align_of, offset_of};

use castiron_kernels::Plain;

use crate::memory::Aligned;
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::shape::{Element, Shape};

/// The start of a table's zero points and limits.
pub(crate) const POINTS: usize = size_of::<f32>() + size_of::<u8>();

/// The start of the factor of tables without weights.
pub(crate) const FACTOR: usize = 12;

/// A byte q stands for scale·(q − zero_point).
#[derive(Debug)]
#[repr(C)]
pub struct Scale {
    scale: f32,
    zero_point: u8,
}

/// A convolution or a linear layer: O outputs, each with weights W.
///
/// y = clamp(z_y + ⌊factorₒ·(biasₒ + Σ weightₒ·q) + ½⌋), where the bias has absorbed −z_x·Σ weightₒ.
#[derive(Debug)]
#[repr(C)]
pub struct Product<W, const O: usize> {
    scale: f32,
    zero_point: u8,
    /// z_x, z_y, least and greatest y.
    points: [u8; 4],
    bias: Aligned<[i32; O]>,
    factor: Aligned<[f32; O]>,
    weight: Aligned<[W; O]>,
}

/// The starts of bias, factor and weight of a [`Product`] of so many outputs.
pub(crate) const fn places(outputs: usize) -> [usize; 3] {
    let align = align_of::<Aligned<i32>>();
    let bias = (POINTS + 4).next_multiple_of(align);
    let each = (outputs * size_of::<i32>()).next_multiple_of(align);
    [bias, bias + each, bias + 2 * each]
}

/// a + b.
#[derive(Debug)]
#[repr(C)]
pub struct Sum {
    scale: f32,
    zero_point: u8,
    /// z_a, z_b, z_y, least and greatest y.
    points: [u8; 5],
    factor: [f32; 2],
}

/// A mean, or the same numbers at another scale.
#[derive(Debug)]
#[repr(C)]
pub struct Rescale {
    scale: f32,
    zero_point: u8,
    /// z_x, z_y, least and greatest y.
    points: [u8; 4],
    factor: f32,
}

/// A function of bytes.
#[derive(Debug)]
#[repr(C)]
pub struct Lookup {
    scale: f32,
    zero_point: u8,
    table: [u8; 256],
}

// SAFETY: `repr(C)`, numbers only.
unsafe impl Plain for Scale {}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<W: Plain, const O: usize> Plain for Product<W, O> {}
// SAFETY: `repr(C)`, numbers only.
unsafe impl Plain for Sum {}
// SAFETY: `repr(C)`, numbers only.
unsafe impl Plain for Rescale {}
// SAFETY: `repr(C)`, numbers only.
unsafe impl Plain for Lookup {}

const fn leaf<S: Shape>(name: &'static str, offset: usize) -> Child {
    Child::leaf(name, offset, Leaf::of::<S>(Init::ZEROS))
}

/// Of what is written.
const SCALE: Child = leaf::<f32>("scale", 0);
const ZERO_POINT: Child = leaf::<u8>("zero_point", size_of::<f32>());

impl Params for Scale {
    const TREE: Tree = Tree::Node(&[SCALE, ZERO_POINT]);
    type With<E: Element> = Self;
}

impl<W: Shape<Elem = i8>, const O: usize> Params for Product<W, O> {
    const TREE: Tree = {
        let [bias, factor, weight] = places(O);
        assert!(offset_of!(Self, bias) == bias && offset_of!(Self, factor) == factor);
        assert!(offset_of!(Self, weight) == weight && offset_of!(Self, points) == POINTS);
        Tree::Node(&[
            SCALE,
            ZERO_POINT,
            leaf::<[u8; 4]>("points", POINTS),
            leaf::<[i32; O]>("bias", places(O)[0]),
            leaf::<[f32; O]>("factor", places(O)[1]),
            leaf::<[W; O]>("weight", places(O)[2]),
        ])
    };
    type With<E: Element> = Self;
}

impl Params for Sum {
    const TREE: Tree = {
        assert!(offset_of!(Self, points) == POINTS && offset_of!(Self, factor) == FACTOR);
        Tree::Node(&[
            SCALE,
            ZERO_POINT,
            leaf::<[u8; 5]>("points", POINTS),
            leaf::<[f32; 2]>("factor", FACTOR),
        ])
    };
    type With<E: Element> = Self;
}

impl Params for Rescale {
    const TREE: Tree = {
        assert!(offset_of!(Self, points) == POINTS && offset_of!(Self, factor) == FACTOR);
        Tree::Node(&[SCALE, ZERO_POINT, leaf::<[u8; 4]>("points", POINTS), leaf::<f32>("factor", FACTOR)])
    };
    type With<E: Element> = Self;
}

impl Params for Lookup {
    const TREE: Tree = {
        assert!(offset_of!(Self, table) == POINTS);
        Tree::Node(&[SCALE, ZERO_POINT, leaf::<[u8; 256]>("table", POINTS)])
    };
    type With<E: Element> = Self;
}

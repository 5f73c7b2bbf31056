//! A shape of one's own, which could say anything of its length: memory would be read by it.

use castiron::castiron_kernels::Plain;
use castiron::{Element, R0, Shape};

#[repr(C)]
struct Scale(f32);
// SAFETY: `repr(C)`, one number.
unsafe impl Plain for Scale {}

impl Shape for Scale {
    type Elem = f32;
    type Rank = R0;
    type With<E: Element> = E;
    const RANK: usize = 0;
    const LEN: usize = 8;
    const LAST: usize = 1;
    const PADDED: [usize; 8] = [0; 8];
}

fn main() {}

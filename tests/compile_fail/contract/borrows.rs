//! What would borrow memory twice, or memory that is not there.

use castiron::castiron_kernels::Plain;
use castiron::device::Device;
use castiron::memory::{Either, Mut, Ref};
use castiron::{field, split};

#[repr(C)]
struct Pair {
    a: f32,
    b: Handle,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl Plain for Pair {}

/// Derefs to something much larger, elsewhere.
#[repr(C)]
struct Handle(f32);
// SAFETY: `repr(C)`, one number.
unsafe impl Plain for Handle {}
impl core::ops::Deref for Handle {
    type Target = [f32; 1000];
    fn deref(&self) -> &[f32; 1000] {
        &[0.0; 1000]
    }
}

fn twice<D: Device>(pair: Mut<'_, Pair, D>) {
    let _ = split!(pair, Pair { a, a });
}

fn twice_under_two_names<D: Device>(pair: Mut<'_, Pair, D>) {
    let _ = split!(pair, Pair { a, r#a });
}

fn kept<'a, D: Device>(mut pair: Mut<'a, Pair, D>) -> (Mut<'a, f32, D>, Mut<'a, Pair, D>) {
    let (a,) = split!(&mut pair, Pair { a });
    (a, pair)
}

fn members_of_a_union<D: Device>(either: Mut<'_, Either<f32, f32>, D>) {
    let _ = split!(either, Either<f32, f32> { a, b });
}

fn beyond_the_field<'a, D: Device>(pair: Ref<'a, Pair, D>) -> Ref<'a, [f32; 1000], D> {
    field!(pair, Pair, b)
}

fn main() {}

//! Files that are made to mislead who reads them.

use castiron::prelude::*;

model! {
    Net: [4] -> [2] { fc1: Linear(3), Relu, fc2: Linear(2) }
}

static LENGTH_2_63: Net = include_weights!(Net, "length_2_63.safetensors");
static LENGTH_MAX: Net = include_weights!(Net, "length_max.safetensors");
static OVERLAP: Net = include_weights!(Net, "overlap.safetensors");
static GAP: Net = include_weights!(Net, "gap.safetensors");
static OUTSIDE: Net = include_weights!(Net, "outside.safetensors");
static BACKWARDS: Net = include_weights!(Net, "backwards.safetensors");
static DIMS_OVERFLOW: Net = include_weights!(Net, "dims_overflow.safetensors");
static DIMS_BITS_OVERFLOW: Net = include_weights!(Net, "dims_bits_overflow.safetensors");
static DIMS_ABSURD: Net = include_weights!(Net, "dims_absurd.safetensors");
static NUMBER_TOO_LARGE: Net = include_weights!(Net, "number_too_large.safetensors");
static DIMS_DO_NOT_FIT_DATA: Net = include_weights!(Net, "dims_do_not_fit_data.safetensors");
static TWICE: Net = include_weights!(Net, "twice.safetensors");
static UNKNOWN_ELEMENT: Net = include_weights!(Net, "unknown_element.safetensors");
static PART_OF_BYTE: Net = include_weights!(Net, "part_of_byte.safetensors");
static ESCAPED_NAME: Net = include_weights!(Net, "escaped_name.safetensors");
static UNKNOWN_PART: Net = include_weights!(Net, "unknown_part.safetensors");
static INCOMPLETE: Net = include_weights!(Net, "incomplete.safetensors");

fn main() {}

//! What convolutions do on a GPU alone.

use super::*;

/// With TF32 allowed, on tensor cores: as near as 10 bits of mantissa let them, and no nearer.
#[test]
fn tf32_rounds_factors_to_ten_bits() {
    use crate::check::gpu::{error, gpu};
    let Some(gpu) = gpu() else { return };
    gpu.allow_tf32(true);
    let range = if gpu.properties().capability >= [8, 0] { 5e-5..1e-2 } else { 0.0..2e-5 };
    let forward = wide([3, 1, 40, 136], [13, 14], 3, 1, [1, 1]);
    for args in [forward.residual(), wide([2, 2, 24, 80], [9, 7], 3, 2, [0, 2])] {
        let error = error::<Conv2d>(&gpu, &args);
        assert!(range.contains(&error), "{error} off, for {args:?}");
    }
    for args in [wide([2, 1, 12, 16], [7, 9], 3, 1, [1, 1]), wide([1, 2, 24, 20], [6, 5], 2, 2, [1, 0])] {
        let args = Args { activation: Activation::Identity, ..args };
        for error in [error::<Conv2dBackwardInput>(&gpu, &args), error::<Conv2dBackwardWeight>(&gpu, &args)] {
            assert!(range.contains(&error), "{error} off, for {args:?}");
        }
    }
}

/// A grid is 65,535 blocks deep. Nothing but the size of one channel is large, since the emulated GPU is slow.
#[test]
fn a_gpu_has_more_groups_than_a_grid_is_deep() {
    use crate::check::gpu::{error, gpu};
    let Some(gpu) = gpu() else { return };
    let groups = 65_536;
    let args = |ins, outs| Args {
        images: 1,
        groups,
        in_channels: groups * ins,
        out_channels: groups * outs,
        input: [1, 1],
        kernel: [1, 1],
        padding: [0, 0],
        bias: false,
        activation: Activation::Identity,
        ..tiles(1)[0]
    };
    assert!(error::<Conv2d>(&gpu, &args(1, 9)) < 1e-5);
    assert!(error::<Conv2dBackwardInput>(&gpu, &args(9, 1)) < 1e-5);
    assert!(error::<Conv2dBackwardWeight>(&gpu, &args(1, 9)) < 1e-5);
}

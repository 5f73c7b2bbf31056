//! Layers of images.

use super::Rows;
use crate::graph::Window;

/// Numbers of the window at an output pixel: where each is in its plane, and where in the kernel.
fn window(at: [usize; 2], sides: [usize; 2], window: &Window) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for i in 0..window.kernel {
        for j in 0..window.kernel {
            let y = (at[0] * window.stride + i * window.dilation).checked_sub(window.padding);
            let x = (at[1] * window.stride + j * window.dilation).checked_sub(window.padding);
            if let (Some(y), Some(x)) = (y, x)
                && y < sides[0]
                && x < sides[1]
            {
                found.push((y * sides[1] + x, i * window.kernel + j));
            }
        }
    }
    found
}

fn outputs(sides: [usize; 2], window: &Window) -> [usize; 2] {
    let extent = window.dilation * (window.kernel - 1) + 1;
    sides.map(|side| (side + 2 * window.padding - extent) / window.stride + 1)
}

pub(super) fn conv2d(
    row: &[f64],
    dims: &[usize],
    out: usize,
    kernel: &Window,
    groups: usize,
    weight: &[f64],
    bias: Option<&[f64]>,
) -> Vec<f64> {
    let (channels, sides) = (dims[0] / groups, [dims[1], dims[2]]);
    let (plane, size) = (sides[0] * sides[1], kernel.kernel * kernel.kernel);
    let [height, width] = outputs(sides, kernel);
    let mut y = Vec::new();
    for o in 0..out {
        let group = o / (out / groups);
        for pixel in 0..height * width {
            let mut sum = bias.map_or(0.0, |bias| bias[o]);
            for (from, tap) in window([pixel / width, pixel % width], sides, kernel) {
                for c in 0..channels {
                    sum +=
                        row[(group * channels + c) * plane + from] * weight[(o * channels + c) * size + tap];
                }
            }
            y.push(sum);
        }
    }
    y
}

pub(super) fn pool2d(row: &[f64], dims: &[usize], over: &Window, mean: bool) -> Vec<f64> {
    let sides = [dims[1], dims[2]];
    let [height, width] = outputs(sides, over);
    let mut y = Vec::new();
    for plane in row.chunks(sides[0] * sides[1]) {
        for pixel in 0..height * width {
            let taps = window([pixel / width, pixel % width], sides, over);
            let numbers = taps.iter().map(|(from, _)| plane[*from]);
            y.push(if mean {
                numbers.sum::<f64>() / (over.kernel * over.kernel) as f64
            } else {
                numbers.fold(f64::NEG_INFINITY, f64::max)
            });
        }
    }
    y
}

pub(super) fn batch_norm(
    rows: &Rows,
    dims: &[usize],
    weight: &[f64],
    bias: &[f64],
    running: Option<[&[f64]; 2]>,
    eps: f64,
) -> Rows {
    let pixels = dims[1] * dims[2];
    let mut y = rows.clone();
    for c in 0..dims[0] {
        let numbers = || rows.iter().flat_map(|row| &row[c * pixels..][..pixels]);
        let count = (rows.len() * pixels) as f64;
        let (mean, variance) = match running {
            Some([mean, variance]) => (mean[c], variance[c]),
            None => {
                let mean = numbers().sum::<f64>() / count;
                (mean, numbers().map(|x| (x - mean).powi(2)).sum::<f64>() / count)
            }
        };
        for row in &mut y {
            for x in &mut row[c * pixels..][..pixels] {
                *x = (*x - mean) / (variance + eps).sqrt() * weight[c] + bias[c];
            }
        }
    }
    y
}

//! Layers of sequences.

use super::linear;

/// From a state of zeros; gates in PyTorch's order: i, f, g, o.
pub(super) fn lstm(row: &[f64], input: usize, hidden: usize, leaves: [&[f64]; 4]) -> Vec<f64> {
    let [weight_ih, weight_hh, bias_ih, bias_hh] = leaves;
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let (mut h, mut c, mut y) = (vec![0.0; hidden], vec![0.0; hidden], Vec::new());
    for x in row.chunks(input) {
        let from_x = linear(x, 4 * hidden, weight_ih, Some(bias_ih), input);
        let from_h = linear(&h, 4 * hidden, weight_hh, Some(bias_hh), hidden);
        let z: Vec<f64> = from_x.iter().zip(&from_h).map(|(a, b)| a + b).collect();
        for k in 0..hidden {
            let (i, f, g, o) = (z[k], z[hidden + k], z[2 * hidden + k], z[3 * hidden + k]);
            c[k] = sigmoid(f) * c[k] + sigmoid(i) * g.tanh();
            h[k] = sigmoid(o) * c[k].tanh();
        }
        y.extend_from_slice(&h);
    }
    y
}

/// Queries attend to a memory, both of `width` numbers a position.
pub(super) fn attention(
    q: &[f64],
    memory: &[f64],
    width: usize,
    heads: usize,
    leaves: [&[f64]; 4],
) -> Vec<f64> {
    let [weight, bias, out_weight, out_bias] = leaves;
    let project = |x: &[f64], part: usize| {
        let weight = &weight[part * width * width..][..width * width];
        linear(x, width, weight, Some(&bias[part * width..][..width]), width)
    };
    let (q, k, v) = (project(q, 0), project(memory, 1), project(memory, 2));
    let (size, times) = (width / heads, memory.len() / width);
    let mut mixed = vec![0.0; q.len()];
    for t in 0..q.len() / width {
        for head in 0..heads {
            let at = |x: &[f64], position: usize, i: usize| x[position * width + head * size + i];
            let score =
                |s: usize| (0..size).map(|i| at(&q, t, i) * at(&k, s, i)).sum::<f64>() / (size as f64).sqrt();
            let exps: Vec<f64> = (0..times).map(|s| score(s).exp()).collect();
            let sum: f64 = exps.iter().sum();
            for i in 0..size {
                mixed[t * width + head * size + i] =
                    (0..times).map(|s| exps[s] / sum * at(&v, s, i)).sum::<f64>();
            }
        }
    }
    linear(&mixed, width, out_weight, Some(out_bias), width)
}

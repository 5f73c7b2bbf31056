use super::RegressionLoss;
use crate::Cpu;
use crate::cpu::{map_pairs, multiversion, sum_by, sum_parts};

/// Elements handed to one task.
const CHUNK: usize = 1 << 12;

pub(super) fn forward(cpu: &Cpu, loss: RegressionLoss, x: &[f32], target: &[f32]) -> f64 {
    let isa = cpu.isa();
    sum_parts(cpu, x.len(), CHUNK, x.len() * cost(loss), |part| {
        losses(isa, loss, &x[part.clone()], &target[part])
    })
}

/// `factor` times the gradient of the mean.
pub(super) fn backward(
    cpu: &Cpu,
    loss: RegressionLoss,
    factor: f32,
    x: &[f32],
    target: &[f32],
    dx: &mut [f32],
) {
    let isa = cpu.isa();
    let scale = factor / x.len() as f32;
    cpu.parallel_chunks(dx, CHUNK, x.len() * cost(loss), |i, dx, _| {
        let part = i * CHUNK..i * CHUNK + dx.len();
        gradients(isa, loss, scale, &x[part.clone()], &target[part], dx);
    });
}

/// Elementary operations per element, roughly.
fn cost(loss: RegressionLoss) -> usize {
    if loss == RegressionLoss::BinaryCrossEntropyWithLogits { 4 } else { 2 }
}

/// Matches outside the loop, so that each loss has a loop of its own.
macro_rules! per_loss {
    ($loss:expr, $f:ident => $body:expr) => {
        match $loss {
            RegressionLoss::MeanSquared => {
                let $f = RegressionLoss::MeanSquared;
                $body
            }
            RegressionLoss::MeanAbsolute => {
                let $f = RegressionLoss::MeanAbsolute;
                $body
            }
            RegressionLoss::Huber(delta) => {
                let $f = RegressionLoss::Huber(delta);
                $body
            }
            RegressionLoss::BinaryCrossEntropyWithLogits => {
                let $f = RegressionLoss::BinaryCrossEntropyWithLogits;
                $body
            }
        }
    };
}

multiversion! {
    fn losses(isa, loss: RegressionLoss, x: &[f32], target: &[f32]) -> f64 {
        per_loss!(loss, f => sum_by(x, target, |x, t| f.value(x, t)))
    }
}

multiversion! {
    fn gradients(isa, loss: RegressionLoss, scale: f32, x: &[f32], target: &[f32], dx: &mut [f32]) {
        per_loss!(loss, f => map_pairs(x, target, dx, |x, t| f.derivative(x, t) * scale))
    }
}

use super::Args;
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source};

const SOURCE: Source = Source::new("cross_entropy", include_str!("cross_entropy.cu"));

/// The most blocks that add up the weights of the rows.
const MOST_PARTS: usize = 256;
/// Rows whose weights each block adds up for itself.
const FEW: usize = 1024;

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { rows, classes, log_probabilities, .. } = args;
    let [x, targets, weights, smoothing, loss, probabilities] = [0, 1, 2, 3, 4, 5].map(|i| memory.at(i));
    // Without rows there is a loss all the same.
    let launch = if log_probabilities {
        gpu.kernel(&SOURCE, "picked").over(rows.max(1))
    } else {
        gpu.kernel(&SOURCE, "cross_entropy").over_rows(rows.max(1), classes)
    };
    let blocks = launch.grid[0] as usize;
    let parts = gpu.scratch(blocks * 2 * size_of::<f64>());
    let launch = launch.faults().arg(rows).arg(classes).arg(x).arg(targets).arg(weights);
    if log_probabilities {
        launch.arg(parts).arg(loss).run();
    } else {
        launch.arg(smoothing).arg(parts).arg(loss).arg(probabilities).run();
    }
    if blocks > 1 {
        gpu.kernel(&SOURCE, "finish").arg(blocks).arg(parts).arg(loss).run();
    }
}

pub(super) fn backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { rows, classes, log_probabilities, .. } = args;
    let [probabilities, targets, weights, smoothing, dx, step] = [0, 1, 2, 3, 4, 5].map(|i| memory.at(i));
    let parts = if rows <= FEW { 0 } else { rows.div_ceil(Launch::BLOCK as usize).min(MOST_PARTS) };
    let sums = if parts > 0 { gpu.scratch(parts * size_of::<f64>()) } else { Pointer::NULL };
    if parts > 0 {
        let launch = gpu.kernel(&SOURCE, "row_weights").grid([parts as u32, 1, 1]).faults();
        launch.arg(rows).arg(classes).arg(targets).arg(weights).arg(sums).run();
    }
    let kernel = if log_probabilities { "picked_gradient" } else { "gradient" };
    let launch = gpu.kernel(&SOURCE, kernel).over_rows(rows, classes).faults().arg(rows).arg(classes);
    let launch = launch.arg(targets).arg(weights).arg(parts).arg(sums).arg(step).arg(dx);
    if log_probabilities { launch.run() } else { launch.arg(probabilities).arg(smoothing).run() }
}

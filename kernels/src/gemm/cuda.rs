use super::{Args, Bias, View};
use crate::launch::{Gpu, Pointer, Pointers, Source};

const SOURCE: Source = Source::new("gemm", concat!(include_str!("tile.cuh"), include_str!("gemm.cu")));

/// Rows of C up to which a warp computes a column.
const FEW: usize = 8;
/// The most blocks in the directions y and z of a grid.
const MOST: usize = 65_535;

/// How a product is cut into blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Rows and columns of a tile.
    pub(crate) tile: [usize; 2],
    /// How many parts the sum over k has.
    pub(crate) parts: usize,
    /// How much of k a part has.
    pub(crate) part: usize,
}

impl Cut {
    /// For `matrices` products m×k×n on so many multiprocessors: tiles as large as leave none idle; if even small
    /// ones do, parts of the sum.
    pub(crate) fn new(multiprocessors: u32, [m, n, k]: [usize; 3], matrices: usize) -> Self {
        /// What a part has at least.
        const WORTH_A_PART: usize = 256;
        let multiprocessors = multiprocessors.max(1) as usize;
        let tiles = |[rows, columns]: [usize; 2]| {
            m.div_ceil(rows).saturating_mul(n.div_ceil(columns)).saturating_mul(matrices)
        };
        let tile = match () {
            () if m <= 32 => [32, 64],
            () if tiles([128, 128]) >= multiprocessors => [128, 128],
            () => [64, 64],
        };
        let wanted = (2 * multiprocessors).div_ceil(tiles(tile).max(1));
        let parts = wanted.min(k / WORTH_A_PART).clamp(1, 64);
        let part = k.div_ceil(parts).next_multiple_of(16).max(16);
        Cut { tile, parts: k.div_ceil(part).max(1), part }
    }

    /// The blocks of the tiles, of the parts, and of so many matrices.
    pub(crate) fn grid(&self, m: usize, n: usize, matrices: usize) -> [u32; 3] {
        let tiles = m.div_ceil(self.tile[0]) * n.div_ceil(self.tile[1]);
        [tiles as u32, self.parts as u32, matrices.min(MOST) as u32]
    }
}

pub(super) fn gemm(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let Args { m, n, k, mut batch, a, b, c, .. } = *args;
    // A batch that is summed up is more of k.
    let mut sum = [1; 2];
    for d in 0..2 {
        if args.accumulate && c.batch[d] == 0 {
            (sum[d], batch[d]) = (batch[d], batch[d].min(1));
        }
    }
    let matrices = batch[0] * batch[1];
    let depth = k * sum[0] * sum[1];
    if m * n * matrices == 0 || args.accumulate && depth == 0 {
        return;
    }
    let (bias, residual, kept) = match args.accumulate {
        true => (Pointer::NULL, Pointer::NULL, Pointer::NULL),
        false => (memory.at(2), memory.at(5), memory.at(4)),
    };
    let kind = match args.bias {
        Bias::None => 0,
        Bias::PerRow => 1,
        Bias::PerColumn => 2,
    };
    let strides = |view: View| [view.row, view.column, view.batch[0], view.batch[1]];
    let (code, slope) = args.activation.code();
    let launch = |kernel, [rows, columns]: [usize; 2]| {
        let launch = gpu.kernel(&SOURCE, kernel).define("ROWS", rows).define("COLUMNS", columns);
        let launch = launch.define("ALONG_K", a.column == 1).define("ALONG_COLUMNS", b.column == 1);
        let launch = launch.define("SUMMED", sum != [1; 2]).define("FEW", if m == 1 { 1 } else { FEW });
        let launch = launch.arg(memory.at(0)).arg(memory.at(1)).arg(bias).arg(residual);
        let launch = launch.arg(memory.at(3)).arg(kept).arg(m).arg(n).arg(k);
        let launch = launch.array(strides(a)).array(strides(b)).array(strides(c)).array(sum).array(batch);
        launch.arg(args.scale).arg(slope).arg(args.accumulate).arg(kind).arg(code)
    };
    if m <= FEW && b.row == 1 && sum == [1; 2] {
        let blocks = matrices.saturating_mul(n).div_ceil(8).min(1 << 16);
        return launch("gemm_dots", [32, 64]).grid([blocks as u32, 1, 1]).run();
    }
    let cut = Cut::new(gpu.properties().multiprocessors, [m, n, depth], matrices);
    let parts = match cut.parts {
        1 => Pointer::NULL,
        parts => gpu.scratch(parts * matrices * m * n * size_of::<f32>()),
    };
    launch("gemm", cut.tile).grid(cut.grid(m, n, matrices)).arg(cut.part).arg(parts).run();
    if cut.parts > 1 {
        launch("gemm_finish", cut.tile).over(matrices * m * n).arg(cut.parts as u32).arg(parts).run();
    }
}

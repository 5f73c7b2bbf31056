use super::matmul::Matmul;
use super::{Args, Bias, View};
use crate::DType;
use crate::launch::{Gpu, Launch, Pointer, Pointers, Properties, Source};

/// The source of an operation on matrix products by tiles.
macro_rules! with_tiles {
    ($source:literal) => {
        concat!(
            include_str!("../cuda/tensor_core.cuh"),
            include_str!("../gemm/tile.cuh"),
            include_str!("../gemm/core_tile.cuh"),
            include_str!("../gemm/tensor_tile.cuh"),
            include_str!($source)
        )
    };
}
pub(crate) use with_tiles;

const SOURCE: Source = Source::new("gemm", with_tiles!("gemm.cu"));

/// Rows of C up to which a warp computes a column.
const FEW: usize = 8;
/// The most blocks in the directions y and z of a grid.
pub(crate) const MOST: usize = 65_535;

/// The tensor cores' instruction for factors of this type, where the GPU has it and may use it.
pub(crate) fn tensor_cores(gpu: &Properties, dtype: DType) -> Option<&'static str> {
    let ampere = gpu.capability >= [8, 0];
    match dtype {
        DType::F32 if ampere && gpu.tf32 => Some("mma_m16n8k8_tf32"),
        DType::Bf16 if ampere => Some("mma_m16n8k16_bf16"),
        DType::F16 => Some("mma_m16n8k16_f16"),
        _ => None,
    }
}

/// How a product is cut into blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Rows and columns of a tile.
    pub(crate) tile: [usize; 2],
    /// How many parts the sum over k has.
    pub(crate) parts: usize,
    /// How much of k a part has.
    pub(crate) part: usize,
    /// What computes a tile.
    instruction: Option<&'static str>,
}

impl Cut {
    /// For kernels of the same source that have no tiles.
    pub(crate) const NONE: Cut = Cut { tile: [32, 64], parts: 1, part: 0, instruction: None };

    /// For `matrices` products m×k×n of this type, of whose factors so many elements are read at once: tiles as large as
    /// leave no multiprocessor idle; if even small ones do, parts of the sum.
    pub(crate) fn new(
        gpu: &Properties,
        (dtype, pack): (DType, usize),
        [m, n, k]: [usize; 3],
        matrices: usize,
    ) -> Self {
        /// What a part has at least.
        const WORTH_A_PART: usize = 256;
        let multiprocessors = gpu.multiprocessors.max(1) as usize;
        let tiles = |[rows, columns]: [usize; 2]| {
            m.div_ceil(rows).saturating_mul(n.div_ceil(columns)).saturating_mul(matrices)
        };
        let instruction = tensor_cores(gpu, dtype);
        // Sums of 8 bytes, or so many factors on their way one by one.
        let beyond_registers = dtype.size() == 8 || dtype.size() == 2 && pack == 1;
        let tile = match () {
            () if m <= 32 => [32, 64],
            // As wide as the next, whose lower half would be empty.
            () if m <= 64 && !beyond_registers && tiles([64, 128]) >= multiprocessors => [64, 128],
            () if !beyond_registers && tiles([128, 128]) >= multiprocessors => [128, 128],
            () => [64, 64],
        };
        let wanted = (2 * multiprocessors).div_ceil(tiles(tile).max(1));
        let parts = wanted.min(k / WORTH_A_PART).clamp(1, 64);
        // Whole rounds of a tile.
        let part = k.div_ceil(parts).next_multiple_of(32).max(32);
        Cut { tile, parts: k.div_ceil(part).max(1), part, instruction }
    }

    /// The blocks of the tiles, of the parts, and of so many matrices.
    pub(crate) fn grid(&self, m: usize, n: usize, matrices: usize) -> [u32; 3] {
        let tiles = m.div_ceil(self.tile[0]) * n.div_ceil(self.tile[1]);
        [tiles as u32, self.parts as u32, matrices.min(MOST) as u32]
    }

    /// Whether tensor cores compute it.
    pub(crate) fn has_tensor_cores(&self) -> bool {
        self.instruction.is_some()
    }

    /// By this instruction of the tensor cores, which the GPU has.
    pub(crate) fn by(self, instruction: Option<&'static str>) -> Self {
        Cut { instruction, ..self }
    }

    /// Tells `tile.cuh`.
    pub(crate) fn define<'a>(&self, launch: Launch<'a>) -> Launch<'a> {
        let launch = launch.define("ROWS", self.tile[0]).define("COLUMNS", self.tile[1]);
        match self.instruction {
            Some(instruction) => launch.define("MULTIPLY", instruction),
            None => launch,
        }
    }
}

pub(super) fn gemm(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let [bias, residual, kept] = match args.accumulate {
        true => [Pointer::NULL; 3],
        false => [2, 5, 4].map(|i| memory.at(i)),
    };
    let places = Places { a: memory.at(0), b: memory.at(1), c: memory.at(3), bias, residual, kept };
    let (factors, output) = (gpu.element(), gpu.output());
    Product { factors, output, epilogue: true, panels: false, args: *args, places }.run(gpu);
}

/// Where the matrices of a product are.
pub(crate) struct Places {
    pub(crate) a: Pointer,
    pub(crate) b: Pointer,
    pub(crate) c: Pointer,
    pub(crate) bias: Pointer,
    pub(crate) residual: Pointer,
    pub(crate) kept: Pointer,
}

/// A product of any element type.
pub(crate) struct Product {
    pub(crate) factors: DType,
    pub(crate) output: DType,
    /// Whether there may be anything but a product: floats whose sums are f32 only.
    pub(crate) epilogue: bool,
    /// Whether B is in panels of as many columns as its view says that there are from one row to the next.
    pub(crate) panels: bool,
    pub(crate) args: Args,
    pub(crate) places: Places,
}

impl Product {
    pub(crate) fn run(mut self, gpu: &Gpu<'_>) {
        // A batch that is summed up is more of k.
        let mut sum = [1; 2];
        for d in 0..2 {
            let Args { accumulate, c, batch, .. } = &mut self.args;
            if *accumulate && c.batch[d] == 0 {
                (sum[d], batch[d]) = (batch[d], batch[d].min(1));
            }
        }
        let Args { m, n, k, batch, accumulate, .. } = self.args;
        let matrices = batch[0] * batch[1];
        let depth = k * sum[0] * sum[1];
        if m * n * matrices == 0 || accumulate && depth == 0 {
            return;
        }
        // What is made for few rows serves few columns too.
        if n <= FEW && n < m && self.args.a.column == 1 && !self.panels {
            self.transpose();
        }
        let Args { m, n, a, b, .. } = self.args;
        if m <= FEW && b.row == 1 && sum == [1; 2] {
            // Both factors are read along k.
            let pack = if a.column == 1 { self.pack() } else { 1 };
            let blocks = matrices.saturating_mul(n).div_ceil(8).min(1 << 16);
            let few = if m == 1 { 1 } else { FEW };
            let launch = Cut::NONE.define(self.launch(gpu, "gemm_dots", sum, pack)).define("FEW", few);
            return launch.grid([blocks as u32, 1, 1]).run();
        }
        if sum == [1; 2] && !self.panels && Matmul::of(&self).is_some_and(|matmul| gpu.matmul(&matmul)) {
            return;
        }
        let cut = Cut::new(&gpu.properties(), (self.factors, self.pack()), [m, n, depth], matrices);
        let parts = match cut.parts {
            1 => Pointer::NULL,
            parts => gpu.scratch(parts * matrices * m * n * self.factors.size().max(size_of::<f32>())),
        };
        let launch = |kernel| cut.define(self.launch(gpu, kernel, sum, self.pack())).define("FEW", 1usize);
        launch("gemm").grid(cut.grid(m, n, matrices)).arg(cut.part).arg(parts).run();
        if cut.parts > 1 {
            launch("gemm_finish").over(matrices * m * n).arg(cut.parts as u32).arg(parts).run();
        }
    }

    /// Cᵀ = Bᵀ·Aᵀ.
    fn transpose(&mut self) {
        let transposed = |view: View| View { row: view.column, column: view.row, ..view };
        let Args { m, n, a, b, c, bias, .. } = self.args;
        let bias = match bias {
            Bias::None => Bias::None,
            Bias::PerRow => Bias::PerColumn,
            Bias::PerColumn => Bias::PerRow,
        };
        let (a, b, c) = (transposed(b), transposed(a), transposed(c));
        self.args = Args { m: n, n: m, a, b, c, bias, ..self.args };
        core::mem::swap(&mut self.places.a, &mut self.places.b);
    }

    /// How many elements of a factor can be read at once: all lines begin at a multiple of as many, and are as long.
    fn pack(&self) -> usize {
        let Args { m, n, k, a, b, .. } = self.args;
        let size = self.factors.size();
        let pack = (16 / size).min(8);
        let fits = |place: Pointer, contiguous: usize, len: usize, strides: [usize; 3]| {
            let whole = |n: usize| n.is_multiple_of(pack);
            contiguous == 1
                && whole(len)
                && strides.into_iter().all(whole)
                && place.is_aligned((pack * size) as u64)
        };
        let lines = |place, [along, across]: [usize; 2], len, [b0, b1]: [usize; 2]| {
            fits(place, along, len, [across, b0, b1])
        };
        let of_a = if a.column == 1 { ([a.column, a.row], k) } else { ([a.row, a.column], m) };
        let of_b = if b.column == 1 { ([b.column, b.row], n) } else { ([b.row, b.column], k) };
        let all =
            lines(self.places.a, of_a.0, of_a.1, a.batch) && lines(self.places.b, of_b.0, of_b.1, b.batch);
        if all { pack } else { 1 }
    }

    /// A launch with all that kernels take, summing up so many matrices.
    fn launch<'a>(&self, gpu: &Gpu<'a>, kernel: &'static str, sum: [usize; 2], pack: usize) -> Launch<'a> {
        let &Args { m, n, k, batch, a, b, c, bias, .. } = &self.args;
        let kind = match bias {
            Bias::None => 0,
            Bias::PerRow => 1,
            Bias::PerColumn => 2,
        };
        let strides = |view: View| [view.row, view.column, view.batch[0], view.batch[1]];
        let (code, slope) = self.args.activation.code();
        let places = &self.places;
        let launch =
            gpu.kernel(&SOURCE, kernel).define("ELEMENT", self.factors).define("OUTPUT", self.output);
        let launch =
            launch.define("EPILOGUE", self.epilogue).define("PACK", pack).define("SUMMED", sum != [1; 2]);
        let launch = launch.define("PANEL", if self.panels { b.row } else { 0 });
        let launch = launch.define("ALONG_K", a.column == 1).define("ALONG_COLUMNS", b.column == 1);
        let launch = launch.arg(places.a).arg(places.b).arg(places.bias).arg(places.residual);
        let launch = launch.arg(places.c).arg(places.kept).arg(m).arg(n).arg(k);
        let launch = launch.array(strides(a)).array(strides(b)).array(strides(c)).array(sum).array(batch);
        launch.arg(self.args.scale).arg(slope).arg(self.args.accumulate).arg(kind).arg(code)
    }
}

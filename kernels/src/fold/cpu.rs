use super::block::{Class, Step, TILE, columns, convert, find, find_columns, row};
use super::{Args, FoldOp};
use crate::element::{Element, Number};
use crate::op::Memory;
use crate::{Bool, Cpu, DType, Isa};

/// Elements read by one task, roughly.
const CHUNK: usize = 1 << 13;

/// Elements that are converted at a time, and whose sum is a number of its own.
const BLOCK: usize = 1 << 10;

/// Rows whose columns are folded before that is done.
const ROWS: usize = 256;

/// Parts of a long row.
const PARTS: usize = 64;

/// Elements as a [`Class`]. What computes takes a pointer to one, so that it is compiled for classes and not for types.
trait Source<C: Class>: Sync {
    /// `rows` times `width` elements, `stride` apart, and how far they are apart in what is returned. The
    /// buffer has room for them.
    fn view<'a>(
        &'a self,
        isa: Isa,
        at: usize,
        stride: usize,
        rows: usize,
        width: usize,
        buffer: &'a mut [C; BLOCK],
    ) -> (&'a [C], usize);
}

/// Elements that are of that type.
struct Native<'x, C>(&'x [C]);
impl<C: Class> Source<C> for Native<'_, C> {
    #[inline(always)]
    fn view<'a>(
        &'a self,
        _: Isa,
        at: usize,
        stride: usize,
        rows: usize,
        width: usize,
        _: &'a mut [C; BLOCK],
    ) -> (&'a [C], usize) {
        (&self.0[at..][..(rows - 1) * stride + width], stride)
    }
}

/// Elements that are converted first.
struct Converted<'x, T>(&'x [T]);
impl<T: Element, C: Class> Source<C> for Converted<'_, T> {
    #[inline(always)]
    fn view<'a>(
        &'a self,
        isa: Isa,
        at: usize,
        stride: usize,
        rows: usize,
        width: usize,
        buffer: &'a mut [C; BLOCK],
    ) -> (&'a [C], usize) {
        let x = &self.0[at..][..(rows - 1) * stride + width];
        let to = &mut buffer[..rows * width];
        if stride == width {
            convert(isa, x, to);
        } else {
            for (x, to) in x.chunks(stride).zip(to.chunks_exact_mut(width)) {
                convert(isa, &x[..width], to);
            }
        }
        (to, width)
    }
}

pub(super) fn fold(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    use half::{bf16, f16};
    // Products of floats are computed in f64, others of the 16-bit ones in f32.
    let double = args.op == FoldOp::Prod;
    match args.dtype {
        DType::F32 if !double => to::<f32, f32>(cpu, args, &Native(memory.read::<f32>(0)), memory),
        DType::F32 => to::<f64, f32>(cpu, args, &Converted(memory.read::<f32>(0)), memory),
        DType::F64 => to::<f64, f64>(cpu, args, &Native(memory.read::<f64>(0)), memory),
        DType::Bf16 if !double => to::<f32, bf16>(cpu, args, &Converted(memory.read::<bf16>(0)), memory),
        DType::Bf16 => to::<f64, bf16>(cpu, args, &Converted(memory.read::<bf16>(0)), memory),
        DType::F16 if !double => to::<f32, f16>(cpu, args, &Converted(memory.read::<f16>(0)), memory),
        DType::F16 => to::<f64, f16>(cpu, args, &Converted(memory.read::<f16>(0)), memory),
        DType::I8 => to::<i64, i8>(cpu, args, &Converted(memory.read::<i8>(0)), memory),
        DType::U8 => to::<i64, u8>(cpu, args, &Converted(memory.read::<u8>(0)), memory),
        DType::I32 => to::<i64, i32>(cpu, args, &Converted(memory.read::<i32>(0)), memory),
        DType::I64 => to::<i64, i64>(cpu, args, &Native(memory.read::<i64>(0)), memory),
        DType::Bool => to::<i64, Bool>(cpu, args, &Converted(memory.read::<Bool>(0)), memory),
    }
}

/// With the type of the result: that of x, i64 or boolean.
fn to<C: Class, T: Element>(cpu: &Cpu, args: &Args, x: &dyn Source<C>, memory: &mut Memory<'_>) {
    match args.op.output(args.dtype) {
        output if output == args.dtype => run::<C, T>(cpu, args, x, memory.write(1)),
        DType::I64 => run::<C, i64>(cpu, args, x, memory.write(1)),
        _ => run::<C, Bool>(cpu, args, x, memory.write(1)),
    }
}

fn run<C: Class, O: Element>(cpu: &Cpu, args: &Args, x: &dyn Source<C>, y: &mut [O]) {
    let &Args { outer, len, inner, .. } = args;
    let work = outer * len * inner;
    let (step, place) = match args.op {
        FoldOp::Sum => (Step::Sum, false),
        FoldOp::Prod => (Step::Prod, false),
        FoldOp::Max => (Step::Max, false),
        FoldOp::Min => (Step::Min, false),
        FoldOp::ArgMax => (Step::Max, true),
        FoldOp::ArgMin => (Step::Min, true),
        FoldOp::Any => (Step::Any, false),
        FoldOp::All => (Step::All, false),
    };
    let job = Job { isa: cpu.isa(), step, place, len, inner };
    if inner == 1 && len >= 4 * CHUNK {
        // Few long rows: the threads share each of them.
        for (o, y) in y.iter_mut().enumerate() {
            let size = len.div_ceil(PARTS).next_multiple_of(BLOCK);
            let mut parts = [step.start::<C::Total>(); PARTS];
            let parts = &mut parts[..len.div_ceil(size)];
            cpu.parallel_chunks(parts, 1, len, |i, part, _| {
                part[0] = job.row(x, o * len + i * size, size.min(len - i * size));
            });
            let total = parts.iter().fold(step.start(), |total, part| step.merge(total, *part));
            *y = if place { store(job.place(x, o * len, total)) } else { store(total) };
        }
        return;
    }
    let outputs = CHUNK.div_ceil(len.max(1)).next_multiple_of(if inner == 1 { 1 } else { TILE });
    cpu.parallel_chunks(y, outputs, work, |i, y, _| {
        let start = i * outputs;
        if inner == 1 {
            for (i, y) in y.iter_mut().enumerate() {
                let at = (start + i) * len;
                let total = job.row(x, at, len);
                *y = if place { store(job.place(x, at, total)) } else { store(total) };
            }
            return;
        }
        let (mut totals, mut places, mut at) = ([C::Total::ZERO; TILE], [0; TILE], 0);
        while at < y.len() {
            let width = TILE.min(inner - (start + at) % inner).min(y.len() - at);
            job.columns(x, start + at, &mut totals[..width], &mut places[..width]);
            for (i, y) in y[at..at + width].iter_mut().enumerate() {
                *y = if place { store(places[i]) } else { store(totals[i]) };
            }
            at += width;
        }
    });
}

fn store<N: Number, O: Element>(number: N) -> O {
    O::narrow(if N::FLOAT { O::Wide::from_f64(number.to_f64()) } else { O::Wide::from_i64(number.to_i64()) })
}

/// What is computed.
struct Job {
    isa: Isa,
    step: Step,
    /// Where the result is, instead of what it is.
    place: bool,
    len: usize,
    inner: usize,
}

impl Job {
    /// `len` elements from `at` on.
    fn row<C: Class>(&self, x: &dyn Source<C>, at: usize, len: usize) -> C::Total {
        let mut buffer = [C::ZERO; BLOCK];
        let mut total = self.step.start();
        for from in (0..len).step_by(BLOCK) {
            let width = BLOCK.min(len - from);
            let (x, _) = x.view(self.isa, at + from, width, 1, width, &mut buffer);
            total = self.step.merge(total, row(self.isa, self.step, x));
        }
        total
    }

    /// Where in a whole row this total is.
    fn place<C: Class>(&self, x: &dyn Source<C>, at: usize, total: C::Total) -> i64 {
        let mut buffer = [C::ZERO; BLOCK];
        let place = (0..self.len).step_by(BLOCK).find_map(|from| {
            let width = BLOCK.min(self.len - from);
            let (x, _) = x.view(self.isa, at + from, width, 1, width, &mut buffer);
            Some(from + find(self.isa, x, total)?)
        });
        place.unwrap_or(0) as i64
    }

    /// Neighbouring columns, of which the first is that of output `at`: at most a tile of them, and where their
    /// totals are, if that is asked for.
    fn columns<C: Class>(&self, x: &dyn Source<C>, at: usize, totals: &mut [C::Total], places: &mut [i64]) {
        let &Job { isa, step, len, inner, .. } = self;
        let (base, width) = (at / inner * len * inner + at % inner, totals.len());
        let (mut buffer, most) = ([C::ZERO; BLOCK], (BLOCK / width).min(ROWS));
        totals.fill(step.start());
        for from in (0..len).step_by(most) {
            let rows = most.min(len - from);
            let (x, stride) = x.view(isa, base + from * inner, inner, rows, width, &mut buffer);
            columns::<C>(isa, step, x, stride, rows, totals);
        }
        places.fill(0);
        for block in (0..if self.place { len.div_ceil(most) } else { 0 }).rev() {
            let from = block * most;
            let rows = most.min(len - from);
            let (x, stride) = x.view(isa, base + from * inner, inner, rows, width, &mut buffer);
            find_columns::<C>(isa, x, stride, rows, from, totals, places);
        }
    }
}

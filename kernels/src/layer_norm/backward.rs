//! The gradients of x and of the parameters on the CPU, in one pass over memory: a block of rows at a time, which is
//! in the cache when the columns of it are summed.

use super::Args;
use super::cpu::{load, statistics};
use crate::Cpu;
use crate::cpu::{SendPtr, part};
use crate::math::F32s;
use crate::sure::{cut_mut, holds};
use crate::vector::{Kernel, Vector, Wide, run};

/// The most rows of a block.
const ROWS: usize = 64;

/// Elements of a block, roughly.
const BLOCK: usize = 1 << 15;

/// Registers of columns that are summed together.
const ACROSS: usize = 4;

/// Columns of parameters that a task adds up.
const COLUMNS: usize = 1 << 10;

impl Args {
    /// Samples of a block, whose sums are added up before they are added to others.
    fn block(&self) -> usize {
        if self.pixels == 1 { (BLOCK / self.len().max(1)).clamp(1, ROWS) } else { 1 }
    }
}

#[allow(clippy::too_many_arguments)]
pub(super) fn backward(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    x: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    dweight: &mut [f32],
    dbias: &mut [f32],
) {
    if x.is_empty() {
        return;
    }
    let (isa, &Args { groups, channels, .. }, work) = (cpu.isa(), args, x.len() * 8);
    let blocks = args.samples.div_ceil(args.block());
    let wanted = !dx.is_empty();
    if !holds(dx.len() == if wanted { args.elements() } else { 0 }) {
        return;
    }
    let dx = SendPtr(dx.as_mut_ptr());
    // A task is a group of the samples of a block. It adds to the parameters of the group.
    let tasks = blocks * groups;
    let task = |task: usize, dweight: &mut [f32], dbias: &mut [f32]| {
        let dx = if wanted { dx.get() } else { core::ptr::null_mut() };
        run(isa, Backward { args, task, weight, x, dy, dx, dweight, dbias });
    };
    if dweight.is_empty() && dbias.is_empty() {
        return cpu.parallel(tasks, work, |i, _| task(i, &mut [], &mut []));
    }
    if !cpu.shares(work) {
        for i in 0..tasks {
            let first = i % groups * channels;
            task(i, group(dweight, first, channels), group(dbias, first, channels));
        }
        return;
    }
    // The sums of each block, and then these in their order: the same numbers.
    let [weights, biases] = args.parameters();
    cpu.with_buffer(blocks * (weights + biases), |sums| {
        sums.fill(0.0);
        let (of_weights, of_biases) = sums.split_at_mut(blocks * weights);
        cpu.parallel_zip(
            [&mut *of_weights, &mut *of_biases],
            [channels; 2],
            work,
            |i, [dweight, dbias], _| {
                task(i, dweight, dbias);
            },
        );
        cpu.parallel_zip([dweight, dbias], [COLUMNS; 2], blocks * weights, |i, [dweight, dbias], _| {
            add_blocks(of_weights, weights, i * COLUMNS, dweight);
            add_blocks(of_biases, biases, i * COLUMNS, dbias);
        });
    });
}

/// The parameters of a group, if there are any.
fn group(parameters: &mut [f32], first: usize, channels: usize) -> &mut [f32] {
    if parameters.is_empty() { parameters } else { cut_mut(parameters, first, channels) }
}

/// Adds columns from `first` on of rows of `len` sums.
fn add_blocks(sums: &[f32], len: usize, first: usize, to: &mut [f32]) {
    for sums in sums.chunks_exact(len.max(1)) {
        for (to, sum) in to.iter_mut().zip(&sums[first..]) {
            *to += sum;
        }
    }
}

struct Backward<'a> {
    args: &'a Args,
    /// The group, and the block of samples: groups come first.
    task: usize,
    weight: &'a [f32],
    x: &'a [f32],
    dy: &'a [f32],
    /// As many as x, or null. Rows of this task are written, which no other writes.
    dx: *mut f32,
    dweight: &'a mut [f32],
    dbias: &'a mut [f32],
}
impl Kernel for Backward<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Backward { args, task, weight, x, dy, dx, dweight, dbias } = self;
        let (&Args { samples, groups, channels, pixels, .. }, len) = (args, args.len());
        let (first, group) = (task / groups * args.block(), task % groups);
        let weight = part(weight, group * channels, channels);
        let rows = first..samples.min(first + args.block());
        let row = |sample: usize| (sample * groups + group) * len;
        let mut norms = [[0.0; 2]; ROWS];
        for (sample, norm) in rows.clone().zip(&mut norms) {
            let (start, n) = (row(sample), len as f32);
            let (x, dy) = (&x[start..][..len], &dy[start..][..len]);
            // SAFETY: within `run`; dx has the row, if it is there.
            unsafe {
                *norm = statistics::<V>(args, x);
                let [mean, scale] = *norm;
                let [sum, product] = match pixels {
                    1 if dx.is_null() => continue,
                    1 => sums_of_row::<V>(mean, weight, x, dy),
                    _ => sums_of_planes::<V>(*norm, pixels, weight, x, dy, dweight, dbias),
                };
                if dx.is_null() {
                    continue;
                }
                let even = if args.centred { scale * (sum / n) } else { 0.0 };
                let slope = scale * (scale * (scale * (product / n)));
                let dx = core::slice::from_raw_parts_mut(dx.add(start), len);
                if pixels == 1 {
                    chain_row::<V>([mean, scale, even, slope], weight, x, dy, dx);
                    continue;
                }
                for (c, dx) in dx.chunks_exact_mut(pixels).enumerate() {
                    let (x, dy) = (&x[c * pixels..][..pixels], &dy[c * pixels..][..pixels]);
                    let scale = scale * weight.get(c).unwrap_or(&1.0);
                    chain_row::<V>([mean, scale, even, slope], &[], x, dy, dx);
                }
            }
        }
        if pixels == 1 && !(dweight.is_empty() && dbias.is_empty()) {
            for at in (0..channels).step_by(ACROSS * V::N) {
                // SAFETY: within `run`.
                unsafe { sum_columns::<V>(rows.clone().map(row), &norms, len, at, x, dy, dweight, dbias) };
            }
        }
    }
}

/// Σ weight·dy and Σ weight·dy·(x − mean).
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn sums_of_row<V: Vector>(mean: f32, weight: &[f32], x: &[f32], dy: &[f32]) -> [f32; 2] {
    let mut totals = [0.0f64; 2];
    // SAFETY: within `run`; lanes are those of the slices.
    unsafe {
        let (zero, centre) = (Wide::<V>::splat(0.0), Wide::<V>::splat(mean));
        for block in (0..x.len()).step_by(128 * V::N) {
            let (mut sums, mut products) = ([zero; 2], [zero; 2]);
            for i in (block..x.len().min(block + 128 * V::N)).step_by(2 * V::N) {
                for j in 0..2 {
                    let at = i + j * V::N;
                    let mut g = load(dy, at, 0.0);
                    if !weight.is_empty() {
                        g = g * load(weight, at, 0.0);
                    }
                    sums[j] = sums[j] + g;
                    products[j] = g.mul_add(load(x, at, mean) - centre, products[j]);
                }
            }
            totals[0] += (sums[0] + sums[1]).sum() as f64;
            totals[1] += (products[0] + products[1]).sum() as f64;
        }
    }
    totals.map(|total| total as f32)
}

/// The same of a row of planes, of which each has one weight. Adds to the gradients of the parameters.
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn sums_of_planes<V: Vector>(
    [mean, scale]: [f32; 2],
    pixels: usize,
    weight: &[f32],
    x: &[f32],
    dy: &[f32],
    dweight: &mut [f32],
    dbias: &mut [f32],
) -> [f32; 2] {
    let mut totals = [0.0f64; 2];
    for (c, (x, dy)) in x.chunks_exact(pixels).zip(dy.chunks_exact(pixels)).enumerate() {
        // SAFETY: within `run`.
        let [sum, product] = unsafe { sums_of_row::<V>(mean, &[], x, dy) };
        if let Some(dbias) = dbias.get_mut(c) {
            *dbias += sum;
        }
        if let Some(dweight) = dweight.get_mut(c) {
            *dweight += product * scale;
        }
        let weight = *weight.get(c).unwrap_or(&1.0) as f64;
        totals = [totals[0] + weight * sum as f64, totals[1] + weight * product as f64];
    }
    totals.map(|total| total as f32)
}

/// dx ← scale·weight·dy − even − slope·(x − mean)
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn chain_row<V: Vector>(
    [mean, scale, even, slope]: [f32; 4],
    weight: &[f32],
    x: &[f32],
    dy: &[f32],
    dx: &mut [f32],
) {
    // SAFETY: within `run`; lanes are those of the slices.
    unsafe {
        let (mean, scale) = (Wide::<V>::splat(mean), Wide::<V>::splat(scale));
        let (even, slope) = (Wide::splat(even), Wide::splat(slope));
        for at in (0..x.len()).step_by(V::N) {
            let mut g = load(dy, at, 0.0);
            if !weight.is_empty() {
                g = g * load(weight, at, 0.0);
            }
            let value = (mean - load(x, at, 0.0)).mul_add(slope, g.mul_add(scale, -even));
            value.store(dx.as_mut_ptr().add(at), dx.len() - at);
        }
    }
}

/// Adds the sums over the rows of a block to a few registers of columns.
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn sum_columns<V: Vector>(
    rows: impl Iterator<Item = usize>,
    norms: &[[f32; 2]],
    len: usize,
    first: usize,
    x: &[f32],
    dy: &[f32],
    dweight: &mut [f32],
    dbias: &mut [f32],
) {
    // SAFETY: within `run`; lanes are those of the slices.
    unsafe {
        let zero = Wide::<V>::splat(0.0);
        let (mut products, mut sums) = ([zero; ACROSS], [zero; ACROSS]);
        for (row, &[mean, scale]) in rows.zip(norms) {
            let (x, dy) = (&x[row..][..len], &dy[row..][..len]);
            for i in 0..ACROSS {
                let (x, dy) = (load(x, first + i * V::N, mean), load(dy, first + i * V::N, 0.0));
                products[i] = ((x - mean) * scale).mul_add(dy, products[i]);
                sums[i] = sums[i] + dy;
            }
        }
        for (to, sums) in [(dweight, products), (dbias, sums)] {
            let first = first.min(to.len());
            for (to, sum) in to[first..].chunks_mut(V::N).zip(sums) {
                (load(to, 0, 0.0) + sum).store(to.as_mut_ptr(), to.len());
            }
        }
    }
}

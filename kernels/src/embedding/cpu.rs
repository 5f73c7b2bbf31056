use super::Args;
use crate::Cpu;
use crate::cpu::multiversion;

/// Elements of y written by one task, roughly.
const CHUNK: usize = 1 << 13;

/// Tasks that share the table in the backward. Each looks at all indices, so they are few.
const PARTS: usize = 16;

pub(super) fn forward(cpu: &Cpu, args: &Args, table: &[f32], indices: &[i32], y: &mut [f32]) {
    let width = args.width;
    let rows = CHUNK.div_ceil(width.max(1));
    let work = y.len();
    cpu.parallel_chunks(y, rows * width, work, |i, y, _| {
        for (y, &index) in y.chunks_exact_mut(width).zip(&indices[i * rows..]) {
            match args.row(index) {
                Some(row) => y.copy_from_slice(&table[row * width..][..width]),
                None => y.fill(0.0),
            }
        }
    });
}

pub(super) fn backward(cpu: &Cpu, args: &Args, indices: &[i32], dy: &[f32], dtable: &mut [f32]) {
    let isa = cpu.isa();
    // A row of the table belongs to one task, which meets the indices in their order.
    let rows = args.vocabulary.div_ceil(PARTS);
    cpu.parallel_chunks(dtable, rows * args.width, dy.len() + indices.len(), |i, dtable, _| {
        gather(isa, args, i * rows, indices, dy, dtable);
    });
}

multiversion! {
    /// Adds what belongs to the rows of the table from `first` on, which `dtable` holds.
    fn gather(isa, args: &Args, first: usize, indices: &[i32], dy: &[f32], dtable: &mut [f32]) {
        let width = args.width;
        for (dy, &index) in dy.chunks_exact(width).zip(indices) {
            let row = args.row(index).and_then(|row| row.checked_sub(first));
            let Some(to) = row.and_then(|row| dtable.get_mut(row * width..(row + 1) * width)) else { continue };
            for (to, dy) in to.iter_mut().zip(dy) {
                *to += dy;
            }
        }
    }
}

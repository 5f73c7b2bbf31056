use super::blocked::{Size, product};
use super::operand::Strided;
use super::output::{Epilogue, Fold, Output};
use super::{Args, Bias, View, direct, skinny};
use crate::Cpu;

/// `added` are the bias and the residual, each empty where there is none.
pub(super) fn gemm(
    cpu: &Cpu,
    args: &Args,
    a: &[f32],
    b: &[f32],
    added: [&[f32]; 2],
    c: &mut [f32],
    z: &mut [f32],
) {
    #[cfg(feature = "matrixmultiply")]
    if args.c.span_distinct([args.m, args.n, args.batch[0], args.batch[1]]) <= c.len() {
        return super::external::gemm(args, a, b, added, c, z);
    }
    if direct::applies(cpu, args) {
        return direct::product::<false, false>(cpu.isa(), args, a, b, added, c);
    }
    let (mut batch, mut sum) = (args.batch, [1, 1]);
    for d in 0..2 {
        // A sum over a batch dimension: C stays where it is.
        if args.accumulate && args.c.batch[d] == 0 {
            (batch[d], sum[d]) = (1, batch[d]);
        }
    }
    let epilogue = Epilogue {
        scale: args.scale,
        accumulate: args.accumulate,
        bias: if args.accumulate { Bias::None } else { args.bias },
        bias_values: added[0],
        bias_batch: [0; 2],
        residual: added[1],
        activation: args.activation,
    };
    let (a, b) = (Strided::rows(a, args.a), Strided::columns(b, args.b));
    let size = Size { m: args.m, n: args.n, k: args.k, batch, sum };
    let sizes = [args.m, args.n, batch[0], batch[1]];
    if worth_swapping(args) {
        // Cᵀ = Bᵀ·Aᵀ
        let view = View { row: args.c.column, column: args.c.row, ..args.c };
        let bias = match epilogue.bias {
            Bias::None => Bias::None,
            Bias::PerRow => Bias::PerColumn,
            Bias::PerColumn => Bias::PerRow,
        };
        let (size, sizes) = (Size { m: size.n, n: size.m, ..size }, [sizes[1], sizes[0], sizes[2], sizes[3]]);
        run(cpu, size, &b, &a, &Output::new(c, z, sizes, view, Fold::NONE, Epilogue { bias, ..epilogue }));
    } else {
        run(cpu, size, &a, &b, &Output::new(c, z, sizes, args.c, Fold::NONE, epilogue));
    }
}

fn run(cpu: &Cpu, size: Size, a: &Strided<'_>, b: &Strided<'_>, output: &Output<'_>) {
    if size.m == 0 || size.n == 0 {
        return;
    }
    match skinny::applies(&size, a, b) {
        Some(kind) => skinny::product(cpu, kind, size, a, b, output),
        None => product(cpu, size, a, b, output),
    }
}

/// Vector registers lie along the columns: too few of them, or columns that are not contiguous in C,
/// are reasons to compute the transpose.
fn worth_swapping(args: &Args) -> bool {
    let Args { m, n, c, .. } = *args;
    if m.min(n) <= skinny::ROWS {
        return n < m;
    }
    let padded = |m: usize, n: usize| m * n.next_multiple_of(32);
    if c.column != 1 && c.row == 1 {
        padded(m, n) * 2 > padded(n, m)
    } else {
        padded(m, n) > padded(n, m) * 2
    }
}

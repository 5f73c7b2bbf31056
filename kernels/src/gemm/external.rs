//! The product by the crate `matrixmultiply`, and bias, residual and activation after it.

use super::{Args, Bias};

pub(super) fn gemm(args: &Args, a: &[f32], b: &[f32], added: [&[f32]; 2], c: &mut [f32], z: &mut [f32]) {
    let Args { m, n, k, scale, .. } = *args;
    let [bias, residual] = added;
    let [b0, b1] = args.batch;
    assert!(args.a.span([m, k, b0, b1]) <= a.len() && args.b.span([k, n, b0, b1]) <= b.len());
    assert!(args.c.span_distinct([m, n, b0, b1]) <= c.len());
    let beta = if args.accumulate { 1.0 } else { 0.0 };
    for b0 in 0..args.batch[0] {
        for b1 in 0..args.batch[1] {
            let at = |view: super::View| b0 * view.batch[0] + b1 * view.batch[1];
            if m * n == 0 {
                continue;
            }
            let base = at(args.c);
            // An empty factor has no first element, and is not looked at.
            let (a, b) = if k == 0 { (a, b) } else { (&a[at(args.a)..], &b[at(args.b)..]) };
            let (va, vb, vc) = (args.a, args.b, args.c);
            // SAFETY: all elements of the three views exist, and those of C are distinct.
            unsafe {
                matrixmultiply::sgemm(
                    m,
                    k,
                    n,
                    scale,
                    a.as_ptr(),
                    va.row as isize,
                    va.column as isize,
                    b.as_ptr(),
                    vb.row as isize,
                    vb.column as isize,
                    beta,
                    c[base..].as_mut_ptr(),
                    vc.row as isize,
                    vc.column as isize,
                );
            }
            if args.accumulate {
                continue;
            }
            for i in 0..m {
                for j in 0..n {
                    let at = base + i * vc.row + j * vc.column;
                    let value = c[at]
                        + match args.bias {
                            Bias::None => 0.0,
                            Bias::PerRow => bias[i],
                            Bias::PerColumn => bias[j],
                        }
                        + if args.residual { residual[at] } else { 0.0 };
                    if let Some(z) = z.get_mut(at) {
                        *z = value;
                    }
                    c[at] = args.activation.apply(value);
                }
            }
        }
    }
}

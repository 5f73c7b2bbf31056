//! The transforms of F(4×4, 3×3): polynomials of degree 5 are multiplied by evaluating them at six
//! points. Each function is a matrix times a vector; applied to the columns and then to the rows of a
//! square, it is the transform of the square.
//!
//! The usual points 0, ±1, ±2 and ∞ lose about three bits more than these do.

use crate::gemm::lanes::Lanes;

/// The points are 0, ±P, ±Q and ∞.
const P: f32 = 0.75;
const Q: f32 = 1.5;
const PP: f32 = P * P;
const QQ: f32 = Q * Q;
/// What weights are scaled by at ±P and at ±Q.
const AT_P: f32 = 1.0 / (2.0 * PP * (PP - QQ));
const AT_Q: f32 = 1.0 / (2.0 * QQ * (QQ - PP));

/// A matrix times a vector.
pub(super) trait Transform<const N: usize, const M: usize> {
    fn apply<V: Lanes>(x: [V; N]) -> [V; M];
}

/// Six pixels.
pub(super) struct Input;
impl Transform<6, 6> for Input {
    #[inline(always)]
    fn apply<V: Lanes>(d: [V; 6]) -> [V; 6] {
        let k = V::splat;
        let (even_p, odd_p) = (d[4].fma(d[2], k(-QQ)), d[3].fma(d[1], k(-QQ)));
        let (even_q, odd_q) = (d[4].fma(d[2], k(-PP)), d[3].fma(d[1], k(-PP)));
        [
            d[4].fma(d[2], k(-PP - QQ)).fma(d[0], k(PP * QQ)),
            even_p.fma(odd_p, k(P)),
            even_p.fma(odd_p, k(-P)),
            even_q.fma(odd_q, k(Q)),
            even_q.fma(odd_q, k(-Q)),
            d[5].fma(d[3], k(-PP - QQ)).fma(d[1], k(PP * QQ)),
        ]
    }
}

/// Three weights.
pub(super) struct Weights;
impl Transform<3, 6> for Weights {
    #[inline(always)]
    fn apply<V: Lanes>(g: [V; 3]) -> [V; 6] {
        let (k, zero) = (V::splat, V::splat(0.0));
        let even_p = zero.fma(g[0], k(AT_P)).fma(g[2], k(AT_P * PP));
        let even_q = zero.fma(g[0], k(AT_Q)).fma(g[2], k(AT_Q * QQ));
        [
            zero.fma(g[0], k(1.0 / (PP * QQ))),
            even_p.fma(g[1], k(AT_P * P)),
            even_p.fma(g[1], k(-AT_P * P)),
            even_q.fma(g[1], k(AT_Q * Q)),
            even_q.fma(g[1], k(-AT_Q * Q)),
            g[2],
        ]
    }
}

/// Sums of six products, back to four pixels.
pub(super) struct Output;
impl Transform<6, 4> for Output {
    #[inline(always)]
    fn apply<V: Lanes>(m: [V; 6]) -> [V; 4] {
        let k = V::splat;
        let (even_p, odd_p) = (m[1].fma(m[2], k(1.0)), m[1].fma(m[2], k(-1.0)));
        let (even_q, odd_q) = (m[3].fma(m[4], k(1.0)), m[3].fma(m[4], k(-1.0)));
        let zero = k(0.0);
        [
            m[0].fma(even_p, k(1.0)).fma(even_q, k(1.0)),
            zero.fma(odd_p, k(P)).fma(odd_q, k(Q)),
            zero.fma(even_p, k(PP)).fma(even_q, k(QQ)),
            m[5].fma(odd_p, k(P * PP)).fma(odd_q, k(Q * QQ)),
        ]
    }
}

/// Four pixels of dy, which are the weights of the gradient of the weights.
pub(super) struct Pixels;
impl Transform<4, 6> for Pixels {
    #[inline(always)]
    fn apply<V: Lanes>(g: [V; 4]) -> [V; 6] {
        let (k, zero) = (V::splat, V::splat(0.0));
        let even_p = zero.fma(g[0], k(AT_P)).fma(g[2], k(AT_P * PP));
        let even_q = zero.fma(g[0], k(AT_Q)).fma(g[2], k(AT_Q * QQ));
        let odd_p = zero.fma(g[1], k(AT_P * P)).fma(g[3], k(AT_P * P * PP));
        let odd_q = zero.fma(g[1], k(AT_Q * Q)).fma(g[3], k(AT_Q * Q * QQ));
        [
            zero.fma(g[0], k(1.0 / (PP * QQ))),
            even_p.fma(odd_p, k(1.0)),
            even_p.fma(odd_p, k(-1.0)),
            even_q.fma(odd_q, k(1.0)),
            even_q.fma(odd_q, k(-1.0)),
            g[3],
        ]
    }
}

/// Sums of six products, back to three weights.
pub(super) struct Taps;
impl Transform<6, 3> for Taps {
    #[inline(always)]
    fn apply<V: Lanes>(m: [V; 6]) -> [V; 3] {
        let k = V::splat;
        let (even_p, odd_p) = (m[1].fma(m[2], k(1.0)), m[1].fma(m[2], k(-1.0)));
        let (even_q, odd_q) = (m[3].fma(m[4], k(1.0)), m[3].fma(m[4], k(-1.0)));
        [
            m[0].fma(even_p, k(1.0)).fma(even_q, k(1.0)),
            k(0.0).fma(odd_p, k(P)).fma(odd_q, k(Q)),
            m[5].fma(even_p, k(PP)).fma(even_q, k(QQ)),
        ]
    }
}

/// A transform applied to the columns and then to the rows of a square. Element (i, j) of what is read and of
/// what is written are at i·`stride[0]` + j·`stride[1]`.
#[inline(always)]
pub(super) fn square<V: Lanes, T: Transform<N, M>, const N: usize, const M: usize>(
    from: &[f32],
    from_stride: [usize; 2],
    to: &mut [f32],
    to_stride: [usize; 2],
) {
    let last = |n: usize, stride: [usize; 2]| (n - 1) * (stride[0] + stride[1]) + V::N;
    assert!(from.len() >= last(N, from_stride) && to.len() >= last(M, to_stride));
    let mut columns = [[V::splat(0.0); N]; M];
    let mut j = 0;
    while j < N {
        let mut column = [V::splat(0.0); N];
        let mut i = 0;
        while i < N {
            let at = i * from_stride[0] + j * from_stride[1];
            // SAFETY: not beyond the last element, which the assertion above found to be there.
            column[i] = V::load(unsafe { from.get_unchecked(at..at + V::N) });
            i += 1;
        }
        let column = T::apply(column);
        let mut i = 0;
        while i < M {
            columns[i][j] = column[i];
            i += 1;
        }
        j += 1;
    }
    let mut i = 0;
    while i < M {
        let row = T::apply(columns[i]);
        let mut j = 0;
        while j < M {
            let at = i * to_stride[0] + j * to_stride[1];
            // SAFETY: as above.
            row[j].store(unsafe { to.get_unchecked_mut(at..at + V::N) });
            j += 1;
        }
        i += 1;
    }
}

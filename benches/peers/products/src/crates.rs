//! Row-major matrix products by crates that have nothing else, or little.

use protocol::{Numbers, Product, Work};

/// The operands A and B.
fn operands(Product { m, k, n, aligned }: Product) -> [Numbers; 2] {
    [Numbers::random(1, m * k, aligned), Numbers::random(2, k * n, aligned)]
}

/// The work of a function that makes C.
fn work(Product { m, n, aligned, .. }: Product, product: impl Fn(&mut [f32]) + 'static) -> Work {
    let mut c = Numbers::zeros(m * n, aligned);
    product(&mut c);
    Work::new(&c.to_vec(), move || product(&mut c))
}

/// How many threads it uses is in the environment.
pub fn matrixmultiply(product: Product, _threads: usize) -> Work {
    let [a, b] = operands(product);
    let Product { m, k, n, .. } = product;
    let (rsa, rsb) = (k as isize, n as isize);
    work(product, move |c| {
        let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
        // SAFETY: the slices have the lengths that sizes and strides say.
        unsafe { matrixmultiply::sgemm(m, k, n, 1.0, a, rsa, 1, b, rsb, 1, 0.0, c, rsb, 1) };
    })
}

pub fn gemm(product: Product, threads: usize) -> Work {
    let [a, b] = operands(product);
    let Product { m, k, n, .. } = product;
    let (rsa, rsb) = (k as isize, n as isize);
    let parallelism = if threads == 1 { gemm::Parallelism::None } else { gemm::Parallelism::Rayon(threads) };
    work(product, move |c| {
        let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
        // SAFETY: the slices have the lengths that sizes and strides say.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                c,
                1,
                rsb,
                false,
                a,
                1,
                rsa,
                b,
                1,
                rsb,
                0.0,
                1.0,
                false,
                false,
                false,
                parallelism,
            );
        }
    })
}

pub fn faer(product: Product, threads: usize) -> Work {
    use faer::{Accum, MatMut, MatRef, Par};
    let [a, b] = operands(product);
    let Product { m, k, n, .. } = product;
    let parallelism = if threads == 1 { Par::Seq } else { Par::rayon(threads) };
    work(product, move |c| {
        let (a, b) = (MatRef::from_row_major_slice(&a, m, k), MatRef::from_row_major_slice(&b, k, n));
        let c = MatMut::from_row_major_slice_mut(c, m, n);
        faer::linalg::matmul::matmul(c, Accum::Replace, a, b, 1.0, parallelism);
    })
}

/// It wants columns, so it makes the transpose: Cᵀ = Bᵀ·Aᵀ.
pub fn nano_gemm(product: Product) -> Work {
    let [a, b] = operands(product);
    let Product { m, k, n, .. } = product;
    let (rsa, rsb) = (k as isize, n as isize);
    let plan = nano_gemm::Plan::new_colmajor_lhs_and_dst_f32(n, m, k);
    work(product, move |c| {
        let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
        // SAFETY: the slices have the lengths that sizes and strides say, and those are the plan's.
        unsafe { plan.execute_unchecked(n, m, k, c, 1, rsb, b, 1, rsb, a, 1, rsa, 0.0, 1.0, false, false) };
    })
}

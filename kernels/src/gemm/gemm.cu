// C ← activation(scale·A·B + bias + R), or C ← C + scale·A·B, for every pair of matrices of a batch. Factors, bias and R
// are of type ELEMENT, and C is of type OUTPUT; without EPILOGUE there is only the product.

struct Gemm {
    typedef ELEMENT Element;
    // Integers wrap around.
    typedef number::Bits<Compute<ELEMENT>> Total;
    enum { A_PACK = PACK, B_PACK = PACK, A_ALONG_K = ALONG_K, B_ALONG_COLUMNS = ALONG_COLUMNS };
    typedef Pack<ELEMENT, PACK> Factors;
    const ELEMENT *left, *right;
    const ELEMENT *bias, *residual;
    OUTPUT *c, *kept;
    i64 m, n, k;
    // Strides of A, B and C: from row to row, from column to column, and of the two batch dimensions.
    Array<i64, 4> of_a, of_b, of_c;
    // How many matrices are summed up, in both dimensions of the batch.
    Array<i64, 2> sum;
    float scale, slope;
    int accumulate, bias_kind, code;

    __device__ static void add(Total& sum, Total left, Total right) { sum += left * right; }
    __device__ i64 rows() const { return m; }
    __device__ i64 columns() const { return n; }
    __device__ void enter(int, i64) {}
    // The k-th of all pairs of columns and rows that are summed: `k` of them of each matrix.
    __device__ i64 batch_of(i64& p, const Array<i64, 4>& strides) const {
        if (!SUMMED) return 0;
        i64 matrix = p / k;
        p -= matrix * k;
        return matrix / sum[1] * strides[2] + matrix % sum[1] * strides[3];
    }
    __device__ Factors a(i64 row, i64 p) const {
        if (row >= m) return Factors{};
        i64 start = batch_of(p, of_a);
        return *(const Factors*)(left + start + row * of_a[0] + p * of_a[1]);
    }
    __device__ Factors b(i64 p, i64 column, int = 0) const {
        if (column >= n) return Factors{};
#if PANEL
        // Columns are in panels of so many, the last of what is left.
        i64 first = column / PANEL * PANEL, width = n - first < PANEL ? n - first : PANEL;
        return *(const Factors*)(right + first * k + p * width + column - first);
#endif
        i64 start = batch_of(p, of_b);
        return *(const Factors*)(right + start + p * of_b[0] + column * of_b[1]);
    }
    __device__ void put(i64 row, i64 column, Total sum) const {
        i64 at = row * of_c[0] + column * of_c[1];
#if EPILOGUE
        float value = scale * sum;
        if (accumulate) {
            c[at] = c[at] + value;
            return;
        }
        if (bias_kind == 1) value += bias[row];
        if (bias_kind == 2) value += bias[column];
        if (residual) value += residual[at];
        if (kept) kept[at] = value;
        c[at] = activate(code, slope, value);
#else
        if (accumulate) sum += Total(computed(c[at]));
        c[at] = stored<OUTPUT>(Compute<OUTPUT>(sum));
#endif
    }
    // The problem of matrix (b0, b1) of the batch.
    __device__ Gemm at(i64 b0, i64 b1) const {
        Gemm one = *this;
        one.left += b0 * of_a[2] + b1 * of_a[3];
        one.right += b0 * of_b[2] + b1 * of_b[3];
        i64 to = b0 * of_c[2] + b1 * of_c[3];
        one.c += to;
        if (residual) one.residual += to;
        if (kept) one.kept += to;
        return one;
    }
};

#define PROBLEM                                                                                                     \
    const ELEMENT *left, const ELEMENT *right, const ELEMENT *bias, const ELEMENT *residual, OUTPUT *c,             \
        OUTPUT *kept, i64 m, i64 n, i64 k, Array<i64, 4> of_a, Array<i64, 4> of_b, Array<i64, 4> of_c, Array<i64, 2> sum,         \
        Array<i64, 2> batch, float scale, float slope, int accumulate, int bias_kind, int code
#define GEMM \
    Gemm { left, right, bias, residual, c, kept, m, n, k, of_a, of_b, of_c, sum, scale, slope, accumulate, bias_kind, code }

// Blocks: x a tile of C, y a part of the sum, z a matrix of the batch. With several parts, their sums go to `parts`
// and `gemm_finish` adds them up.
// spills: up to 13 words, where a tile fills all 255 registers of a thread; that smaller tiles cost more was not timed.
extern "C" __global__ void __launch_bounds__(256) gemm(PROBLEM, i64 part, Gemm::Total* parts) {
    i64 matrices = batch[0] * batch[1], total = k * sum[0] * sum[1];
    i64 from = blockIdx.y * part, to = from + part < total ? from + part : total;
    for (i64 matrix = blockIdx.z; matrix < matrices; matrix += gridDim.z) {
        Gemm problem = GEMM.at(matrix / batch[1], matrix % batch[1]);
        Gemm::Total* own = parts + (blockIdx.y * matrices + matrix) * m * n;
        product_tile(problem, from, to, [&](i64 row, i64 column, Gemm::Total sum) {
            if (gridDim.y > 1) own[row * n + column] = sum;
            else problem.put(row, column, sum);
        });
    }
}

// Adds up the parts of each sum, in their order.
extern "C" __global__ void gemm_finish(PROBLEM, int count, const Gemm::Total* parts) {
    i64 matrices = batch[0] * batch[1];
    EACH(i, matrices * m * n) {
        i64 matrix = i / (m * n), place = i % (m * n);
        Gemm::Total total = 0;
        for (int part = 0; part < count; part++) total += parts[(part * matrices + matrix) * m * n + place];
        GEMM.at(matrix / batch[1], matrix % batch[1]).put(place / n, place % n, total);
    }
}

// Few rows, and columns of B that are contiguous: a warp for each column, which reads it once.
// spills: up to 3 words, of halves, and of double precision on capability 10.0.
extern "C" __global__ void __launch_bounds__(256) gemm_dots(PROBLEM) {
    i64 matrices = batch[0] * batch[1];
    int lane = threadIdx.x % 32;
    for (i64 i = blockIdx.x * 8ll + threadIdx.x / 32; i < matrices * n; i += gridDim.x * 8ll) {
        i64 matrix = i / n, column = i % n;
        Gemm problem = GEMM.at(matrix / batch[1], matrix % batch[1]);
        Gemm::Total sums[FEW] = {};
        for (i64 p = lane * PACK; p < k; p += 32 * PACK) {
            Gemm::Factors right = problem.b(p, column);
#pragma unroll
            for (int row = 0; row < FEW; row++) {
                Gemm::Factors left = problem.a(row, p);
#pragma unroll
                for (int e = 0; e < PACK; e++)
                    sums[row] += Gemm::Total(computed(left.at[e])) * Gemm::Total(computed(right.at[e]));
            }
        }
#pragma unroll
        for (int row = 0; row < FEW; row++) {
            Gemm::Total sum = warp_reduce(sums[row], Sum());
            if (row < m && lane == row) problem.put(row, column, sum);
        }
    }
}

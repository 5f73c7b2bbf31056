#ifdef MULTIPLY
// Eight warps, two by four, compute ROWS/2 × COLUMNS/4 sums each, by products of 16×8 on tensor cores. Factors go
// through one of two buffers in shared memory, 64 bytes along k at a time, the next ones being loaded meanwhile.

// How shared memory holds an element: f32 as the nearest tf32, bytes four at a time.
__device__ inline bf16 factor(bf16 x) { return x; }
__device__ inline f16 factor(f16 x) { return x; }
#if __CUDA_ARCH__ >= 800
__device__ inline u32 factor(float x) { return to_tf32(x); }
#endif
__device__ inline u32 factor(u32 x) { return x; }

// A factor's part in shared memory, in the order of global memory: lines along k or along the side.
template <class E, int SIDE, bool BY_K>
struct Panel {
    enum { CHUNK = 16 / sizeof(E), DEPTH = 4 * CHUNK, LINE = BY_K ? DEPTH : SIDE };
    alignas(16) E at[SIDE * DEPTH];

    // In each line, chunks of 16 bytes change places, in such a way that all that is written or read at once is in
    // different banks: eight chunks one after the other; the same chunk of eight lines; or, where 32 bits are read one by
    // one, two chunks of four lines.
    __device__ static int place(int side, int k) {
        int line = BY_K ? side : k, along = BY_K ? k : side;
        int change = LINE == 4 * CHUNK ? line / 2 % 4 : sizeof(E) == 2 ? line % 8 : line % 4 * 2;
        return line * LINE + (along / CHUNK ^ change) * CHUNK + along % CHUNK;
    }

    template <class T, int N>
    __device__ void keep(int side, int k, const Pack<T, N>& elements) {
        Pack<E, N> factors;
#pragma unroll
        for (int e = 0; e < N; e++) factors.at[e] = factor(elements.at[e]);
        *(Pack<E, N>*)(at + place(side, k)) = factors;
    }

    // 16 of the side by 32 bytes of k: four matrices of 8 by 16 bytes, those of the same k one after the other.
    __device__ void fragment(int side, int k, unsigned (&r)[4]) const {
        int lane = threadIdx.x % 32;
        if constexpr (BY_K) {
            ldmatrix_x4(r, at + place(side + lane % 16, k + lane / 16 * CHUNK));
        } else if constexpr (sizeof(E) == 2) {
            ldmatrix_x4_trans(r, at + place(side + lane / 8 % 2 * 8, k + lane / 16 * 8 + lane % 8));
        } else {
#pragma unroll
            for (int i = 0; i < 4; i++) r[i] = at[place(side + i % 2 * 8 + lane / 4, k + i / 2 * 4 + lane % 4)];
        }
    }
};

// The sums over k from `from` to `to`: `put(row, column, sum)` for each of this thread that lies within the matrix.
template <class Problem, class Put>
__device__ inline void product_tile(Problem problem, i64 from, i64 to, Put put) {
    typedef typename Problem::Total T;
    typedef decltype(factor(typename Problem::Element())) E;
    typedef Panel<E, ROWS, Problem::A_ALONG_K> PanelA;
    typedef Panel<E, COLUMNS, !Problem::B_ALONG_COLUMNS> PanelB;
    const int DEPTH = PanelA::DEPTH, DOWN = ROWS / 32, ACROSS = COLUMNS / 32;
    typedef Shares<Problem, DEPTH> Next;
    __shared__ PanelA a[2];
    __shared__ PanelB b[2];
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    int side_a = warp / 4 * (ROWS / 2), side_b = warp % 4 * (COLUMNS / 4);
    Corner corner(problem.rows(), problem.columns());
    Next next;
    next.enter(problem, corner);

    T sums[DOWN][ACROSS][4];
#pragma unroll
    for (int i = 0; i < DOWN; i++) {
#pragma unroll
        for (int j = 0; j < ACROSS; j++) sums[i][j][0] = sums[i][j][1] = sums[i][j][2] = sums[i][j][3] = T(0);
    }
    if (from < to) next.load(problem, corner, from, to);
    // What an earlier tile of this block reads has been read.
    __syncthreads();
    int buffer = 0;
    for (i64 k0 = from; k0 < to; k0 += DEPTH, buffer ^= 1) {
        next.a.each([&](int row, int k, const typename Next::PackA& pack, int) { a[buffer].keep(row, k, pack); });
        next.b.each([&](int column, int k, const typename Next::PackB& pack, int) { b[buffer].keep(column, k, pack); });
        // Whoever writes to this buffer again has passed the next barrier, so that all have read it.
        __syncthreads();
        if (k0 + DEPTH < to) next.load(problem, corner, k0 + DEPTH, to);
#pragma unroll
        for (int k = 0; k < DEPTH; k += DEPTH / 2) {
            unsigned left[DOWN][4], right[ACROSS / 2][4];
#pragma unroll
            for (int i = 0; i < DOWN; i++) a[buffer].fragment(side_a + 16 * i, k, left[i]);
#pragma unroll
            for (int j = 0; j < ACROSS / 2; j++) b[buffer].fragment(side_b + 16 * j, k, right[j]);
#pragma unroll
            for (int i = 0; i < DOWN; i++) {
#pragma unroll
                for (int j = 0; j < ACROSS; j++) {
                    unsigned of_b[2] = {right[j / 2][j % 2], right[j / 2][j % 2 + 2]};
                    MULTIPLY(sums[i][j], left[i], of_b);
                }
            }
        }
    }
    // 32 rows at a time, 16 of each of the upper and of the lower warps, go back through the memory of B, so that they
    // are put in the order of columns, and the code for one is not there as often as there are sums. Rows are shifted
    // against each other, so that warps write to different banks.
    T* strip = (T*)b;
    auto place = [](int row, int column) { return row * COLUMNS + (column ^ row % 4 * 8); };
#pragma unroll
    for (int i = 0; i < DOWN; i++) {
        __syncthreads();
#pragma unroll
        for (int j = 0; j < ACROSS; j++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                int row = warp / 4 * 16 + 8 * half + lane / 4, column = side_b + 8 * j + lane % 4 * 2;
                *(Pack<T, 2>*)(strip + place(row, column)) = {sums[i][j][2 * half], sums[i][j][2 * half + 1]};
            }
        }
        __syncthreads();
#pragma unroll 1
        for (int e = threadIdx.x; e < 32 * COLUMNS; e += 256) {
            int line = e / COLUMNS;
            i64 row = corner.row + line / 16 * (ROWS / 2) + 16 * i + line % 16, column = corner.column + e % COLUMNS;
            if (row < problem.rows() && column < problem.columns()) put(row, column, strip[place(line, e % COLUMNS)]);
        }
    }
}
#endif

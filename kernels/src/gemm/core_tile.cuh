#ifndef MULTIPLY
// A thread computes ROWS/16 × COLUMNS/16 sums; factors go through shared memory, DEPTH of k at a time, the next ones
// being loaded meanwhile.

// Which of the elements of a tile, along one side, element `e` of thread `t` of 16 is: up to four in a row.
template <int SIDE>
__device__ inline int place(int t, int e) {
    const int OWN = SIDE / 16, LINE = OWN < 4 ? OWN : 4;
    return e / LINE * (16 * LINE) + t * LINE + e % LINE;
}

// The sums over k from `from` to `to`: `put(row, column, sum)` for each of this thread that lies within the matrix.
template <class Problem, class Put>
__device__ inline void product_tile(Problem problem, i64 from, i64 to, Put put) {
    typedef typename Problem::Total T;
    const int DEPTH = 16, DOWN = ROWS / 16, ACROSS = COLUMNS / 16;
    typedef Shares<Problem, DEPTH> Next;
    alignas(16) __shared__ T a[DEPTH][ROWS + 4], b[DEPTH][COLUMNS + 4];
    int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
    Corner corner(problem.rows(), problem.columns());
    Next next;
    next.enter(problem, corner);

    T sums[DOWN][ACROSS];
#pragma unroll
    for (int i = 0; i < DOWN; i++) {
#pragma unroll
        for (int j = 0; j < ACROSS; j++) sums[i][j] = T(0);
    }
    if (from < to) next.load(problem, corner, from, to);
    for (i64 k0 = from; k0 < to; k0 += DEPTH) {
        // What the last round reads has been read.
        __syncthreads();
        next.a.each([&](int row, int k, const typename Next::PackA& pack, int) {
            const bool BY_K = Problem::A_ALONG_K;
#pragma unroll
            for (int e = 0; e < Problem::A_PACK; e++)
                a[k + (BY_K ? e : 0)][row + (BY_K ? 0 : e)] = T(computed(pack.at[e]));
        });
        next.b.each([&](int column, int k, const typename Next::PackB& pack, int) {
            const bool BY_K = !Problem::B_ALONG_COLUMNS;
#pragma unroll
            for (int e = 0; e < Problem::B_PACK; e++)
                b[k + (BY_K ? e : 0)][column + (BY_K ? 0 : e)] = T(computed(pack.at[e]));
        });
        __syncthreads();
        if (k0 + DEPTH < to) next.load(problem, corner, k0 + DEPTH, to);
#pragma unroll
        for (int k = 0; k < DEPTH; k++) {
            T left[DOWN], right[ACROSS];
#pragma unroll
            for (int i = 0; i < DOWN; i++) left[i] = a[k][place<ROWS>(ty, i)];
#pragma unroll
            for (int j = 0; j < ACROSS; j++) right[j] = b[k][place<COLUMNS>(tx, j)];
#pragma unroll
            for (int i = 0; i < DOWN; i++) {
#pragma unroll
                for (int j = 0; j < ACROSS; j++) Problem::add(sums[i][j], left[i], right[j]);
            }
        }
    }
    // Sixteen rows at a time go back through the memory of B, so that they are put in the order of columns, and the code
    // for one is not there as often as there are sums.
#pragma unroll
    for (int i = 0; i < DOWN; i++) {
        __syncthreads();
#pragma unroll
        for (int j = 0; j < ACROSS; j++) b[ty][place<COLUMNS>(tx, j)] = sums[i][j];
        __syncthreads();
#pragma unroll 1
        for (int e = threadIdx.x; e < 16 * COLUMNS; e += 256) {
            i64 row = corner.row + place<ROWS>(e / COLUMNS, i), column = corner.column + e % COLUMNS;
            if (row < problem.rows() && column < problem.columns()) put(row, column, b[e / COLUMNS][e % COLUMNS]);
        }
    }
}
#endif

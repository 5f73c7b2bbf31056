// A matrix product by tiles. A block of 256 threads computes HEIGHT×WIDTH sums, a thread HEIGHT/16 × WIDTH/16 of
// them; factors go through shared memory, DEPTH of k at a time, the next ones being loaded meanwhile.
//
// `Problem` says where the factors are: `a(row, k)` and `b(k, column)` are zero outside of the matrices. It is asked by
// threads in the order in which memory lies: along k or along rows for A (`A_ALONG_K`), along columns or along k for
// B (`B_ALONG_COLUMNS`; a thread then asks for one column only, of which `enter` tells it).

enum { DEPTH = 16 };

// Which of the elements of a tile, along one side, element `e` of thread `t` of 16 is: up to four in a row.
template <int SIDE>
__device__ inline int place(int t, int e) {
    const int EACH = SIDE / 16, LINE = EACH < 4 ? EACH : 4;
    return e / LINE * (16 * LINE) + t * LINE + e % LINE;
}

template <int HEIGHT, int WIDTH, class T, class Problem>
__device__ inline void product_tile(Problem problem, i64 row0, i64 column0, i64 from, i64 to,
                                    T (&sums)[HEIGHT / 16][WIDTH / 16]) {
    __shared__ T a[DEPTH][HEIGHT + 4], b[DEPTH][WIDTH + 4];
    const int A_LOADS = HEIGHT * DEPTH / 256, B_LOADS = WIDTH * DEPTH / 256;
    int thread = threadIdx.x, tx = thread % 16, ty = thread / 16;
    T next_a[A_LOADS], next_b[B_LOADS];
    if (Problem::B_ALONG_COLUMNS) problem.enter(column0 + thread % WIDTH);

    auto load = [&](i64 k0) {
#pragma unroll
        for (int i = 0; i < A_LOADS; i++) {
            int e = thread + 256 * i;
            int row = Problem::A_ALONG_K ? e / DEPTH : e % HEIGHT, k = Problem::A_ALONG_K ? e % DEPTH : e / HEIGHT;
            next_a[i] = k0 + k < to ? problem.a(row0 + row, k0 + k) : T(0);
        }
#pragma unroll
        for (int i = 0; i < B_LOADS; i++) {
            int e = thread + 256 * i;
            int column = Problem::B_ALONG_COLUMNS ? e % WIDTH : e / DEPTH;
            int k = Problem::B_ALONG_COLUMNS ? e / WIDTH : e % DEPTH;
            next_b[i] = k0 + k < to ? problem.b(k0 + k, column0 + column) : T(0);
        }
    };
    auto keep = [&]() {
#pragma unroll
        for (int i = 0; i < A_LOADS; i++) {
            int e = thread + 256 * i;
            int row = Problem::A_ALONG_K ? e / DEPTH : e % HEIGHT, k = Problem::A_ALONG_K ? e % DEPTH : e / HEIGHT;
            a[k][row] = next_a[i];
        }
#pragma unroll
        for (int i = 0; i < B_LOADS; i++) {
            int e = thread + 256 * i;
            int column = Problem::B_ALONG_COLUMNS ? e % WIDTH : e / DEPTH;
            int k = Problem::B_ALONG_COLUMNS ? e / WIDTH : e % DEPTH;
            b[k][column] = next_b[i];
        }
    };

#pragma unroll
    for (int i = 0; i < HEIGHT / 16; i++) {
#pragma unroll
        for (int j = 0; j < WIDTH / 16; j++) sums[i][j] = T(0);
    }
    if (from < to) load(from);
    for (i64 k0 = from; k0 < to; k0 += DEPTH) {
        // What the last round reads has been read.
        __syncthreads();
        keep();
        __syncthreads();
        if (k0 + DEPTH < to) load(k0 + DEPTH);
#pragma unroll
        for (int k = 0; k < DEPTH; k++) {
            T left[HEIGHT / 16], right[WIDTH / 16];
#pragma unroll
            for (int i = 0; i < HEIGHT / 16; i++) left[i] = a[k][place<HEIGHT>(ty, i)];
#pragma unroll
            for (int j = 0; j < WIDTH / 16; j++) right[j] = b[k][place<WIDTH>(tx, j)];
#pragma unroll
            for (int i = 0; i < HEIGHT / 16; i++) {
#pragma unroll
                for (int j = 0; j < WIDTH / 16; j++) sums[i][j] += left[i] * right[j];
            }
        }
    }
}

// Calls `put(row, column, sum)` for the sums of this thread that lie within the matrix.
template <int HEIGHT, int WIDTH, class T, class Put>
__device__ inline void for_sums(i64 row0, i64 column0, i64 m, i64 n, const T (&sums)[HEIGHT / 16][WIDTH / 16],
                                Put put) {
    int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
#pragma unroll
    for (int i = 0; i < HEIGHT / 16; i++) {
        i64 row = row0 + place<HEIGHT>(ty, i);
        if (row >= m) continue;
#pragma unroll
        for (int j = 0; j < WIDTH / 16; j++) {
            i64 column = column0 + place<WIDTH>(tx, j);
            if (column < n) put(row, column, sums[i][j]);
        }
    }
}

// Elements of SIZE bytes, WIDTH of them at once, are copied; SCALED ones are floats, which are multiplied and may be
// added to y.
#if SCALED
typedef ELEMENT Value;
typedef OUTPUT Result;
#else
typedef Uint<SIZE> Value, Result;
#endif

template <int N>
__device__ inline void put(Pack<Value, N> x, float factor, int accumulate, Result* address) {
    Pack<Result, N>* y = (Pack<Result, N>*)address;
#if SCALED
    Pack<Result, N> result = {};
    if (accumulate) result = *y;
    for (int k = 0; k < N; k++) result.at[k] = accumulate ? result.at[k] + factor * x.at[k] : factor * x.at[k];
    *y = result;
#else
    *y = x;
#endif
}

extern "C" __global__ void copy(i64 count, int rank, Axes lens, Axes from, Axes to, float factor, int accumulate,
                                const Value* x, Result* y) {
    EACH(i, count) {
        Place<INDEX> places[2] = {};
        locate((INDEX)i, rank, lens, places, from, to);
        put(read_pack<WIDTH>(x + places[0], from[0] == 0), factor, accumulate, y + places[1]);
    }
}

// Memories that are contiguous along different axes, x along rows and y along columns: a block takes a square of both
// by way of shared memory, so that reads and writes are contiguous. The other axes are those of the space.
const int SIDE = 32, LINES = 8;

extern "C" __global__ void transpose(i64 count, int rank, Axes lens, Axes from, Axes to, i64 rows, i64 row_to,
                                     i64 columns, i64 column_from, float factor, int accumulate, const Value* x,
                                     Result* y) {
    // One more than needed, so that the columns lie in different banks.
    __shared__ Value square[SIDE][SIDE + 1];
    i64 down = (rows + SIDE - 1) / SIDE, across = (columns + SIDE - 1) / SIDE;
    for (i64 i = blockIdx.x; i < count * down * across; i += gridDim.x) {
        Place<INDEX> places[2] = {};
        locate((INDEX)(i / across / down), rank, lens, places, from, to);
        i64 row = i / across % down * SIDE, column = i % across * SIDE;
        const Value* source = x + places[0] + column * column_from + row;
        Result* target = y + places[1] + row * row_to + column;
        for (int k = threadIdx.y; k < SIDE; k += LINES) {
            bool inside = row + threadIdx.x < rows && column + k < columns;
            if (inside) square[k][threadIdx.x] = source[k * column_from + threadIdx.x];
        }
        __syncthreads();
        for (int k = threadIdx.y; k < SIDE; k += LINES) {
            Pack<Value, 1> value = {square[threadIdx.x][k]};
            bool inside = row + k < rows && column + threadIdx.x < columns;
            if (inside) put(value, factor, accumulate, target + k * row_to + threadIdx.x);
        }
        __syncthreads();
    }
}

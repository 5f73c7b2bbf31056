// y = x·wᵀ in bytes, or in whole numbers if WIDE.

#if WIDE
typedef int Output;
#else
typedef u8 Output;
#endif

struct Linear {
    typedef u32 Element;
    typedef int Total;
    enum { A_PACK = QUADS, B_PACK = QUADS, A_ALONG_K = 1, B_ALONG_COLUMNS = 0 };
    i64 lines, inputs, outputs;
    const i8* weight;
    const int* bias;
    const float* factors;
    const u8 *points, *x;
    Output* y;

    // Rows of x by rows of the weight; `k` counts quads.
    __device__ i64 rows() const { return lines; }
    __device__ i64 columns() const { return outputs; }
    __device__ i64 depth() const { return (inputs + 3) / 4; }
    __device__ void enter(int, i64) {}
    __device__ static void add(int& sum, int x, int weight) { sum = dot(x, weight, sum); }
    __device__ Quads a(i64 row, i64 k) const { return row < lines ? quads(x + row * inputs, inputs, k) : Quads{}; }
    __device__ Quads b(i64 k, i64 column, int = 0) const {
        return column < outputs ? quads(weight + column * inputs, inputs, k) : Quads{};
    }
    __device__ void put(i64 row, i64 column, int sum) const {
        int multiple = Channel(bias, factors, column).finish(sum);
#if WIDE
        y[row * outputs + column] = multiple;
#else
        y[row * outputs + column] = Points(points).byte(multiple);
#endif
    }
};

#define LINEAR                                                                                                  \
    i64 lines, i64 inputs, i64 outputs, const i8 *weight, const int *bias, const float *factors, const u8 *points, \
        const u8 *x, Output *y
#define THE_LINEAR Linear{lines, inputs, outputs, weight, bias, factors, points, x, y}

// Blocks: x a tile.
extern "C" __global__ void __launch_bounds__(256) linear(LINEAR) {
    Linear problem = THE_LINEAR;
    product_tile(problem, 0, problem.depth(), [&](i64 row, i64 column, int sum) { problem.put(row, column, sum); });
}

// Few rows: a warp for each output, which reads its weights once.
// spills: up to 3 words, where ptxas holds a thread to the 32 registers with which a multiprocessor is full.
extern "C" __global__ void __launch_bounds__(256) linear_dots(LINEAR) {
    Linear problem = THE_LINEAR;
    int lane = threadIdx.x % 32;
    for (i64 column = blockIdx.x * 8ll + threadIdx.x / 32; column < outputs; column += gridDim.x * 8ll) {
        int sums[FEW] = {};
        for (i64 k = lane * QUADS; k < problem.depth(); k += 32 * QUADS) {
            Quads right = problem.b(k, column);
#pragma unroll
            for (int row = 0; row < FEW; row++) {
                Quads left = problem.a(row, k);
#pragma unroll
                for (int e = 0; e < QUADS; e++) sums[row] = dot(left.at[e], right.at[e], sums[row]);
            }
        }
#pragma unroll
        for (int row = 0; row < FEW; row++) {
            int sum = warp_reduce(sums[row], Sum());
            if (row < lines && lane == row) problem.put(row, column, sum);
        }
    }
}

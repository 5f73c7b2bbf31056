// Convolutions of images in blocks of 16 channels: `[channels / 16, height, width, 16]`, an output of them at least. From
// several channels they are products of matrices: windows [images·pixels, depth], which are never stored, times weights
// [depth, channels]. So 16 neighbours in memory are neighbours in a row of each of the three.

enum { LANES = 16 };

struct Output {
    const float *bias, *residual;
    float* y;
    int code;
    // Channel `channel` of all blocks at the element `at`.
    __device__ void put(Index at, Index channel, float sum) const {
        sum += bias[channel];
        if (residual) sum += residual[at];
        y[at] = activate(code, 0.0f, sum);
    }
};

#define RESULT const float *bias, const float *residual, float *y, int code
#define THE_RESULT Output{bias, residual, y, code}

// Weights are [block, kernel height, inputs, kernel width, 16], of type WEIGHT. PACK of them are read at once.
struct Product {
    typedef float Element, Total;
    enum { B_PACK = PACK, B_ALONG_COLUMNS = 1 };
    typedef Pack<float, PACK> Floats;
    Shape shape;
    const WEIGHT* weight;
    const float* x;

    __device__ static void add(float& sum, float left, float right) { sum += left * right; }
    __device__ static int blocks(int channels) { return (channels + LANES - 1) / LANES; }
    __device__ Index depth() const { return (Index)shape.ins * SIZE; }
    __device__ Index rows() const { return shape.images * shape.out_area(); }
    __device__ Index columns() const { return (Index)blocks(shape.outs) * LANES; }
    __device__ void enter(int, Index) {}
    __device__ Floats b(Index k, Index column, int = 0) const {
        Floats wide = {};
        if (column >= columns()) return wide;
        const WEIGHT* first = weight + (column / LANES * depth() + k) * LANES + column % LANES;
        Pack<WEIGHT, PACK> read = *(const Pack<WEIGHT, PACK>*)first;
#pragma unroll
        for (int e = 0; e < PACK; e++) wide.at[e] = widen(read.at[e]);
        return wide;
    }
    // Where an element of the output is.
    __device__ Index at(Index row, Index column) const {
        Index area = shape.out_area(), plane = row / area * blocks(shape.outs) + column / LANES;
        return (plane * area + row % area) * LANES + column % LANES;
    }
};

// By 1×1: windows are pixels.
struct Pointwise : Product {
    enum { A_PACK = PACK, A_ALONG_K = 1 };
    __device__ Floats a(Index row, Index k) const {
        if (row >= rows()) return Floats{};
        Index area = shape.out_area(), plane = row / area * blocks(shape.ins) + k / LANES;
        Floats read = *(const Floats*)(x + (plane * area + row % area) * LANES + k % LANES);
        // What lies beyond the last channel may be no number.
#pragma unroll
        for (int e = 1; e < PACK; e++) {
            if (k + e >= shape.ins) read.at[e] = 0.0f;
        }
        return read;
    }
};

// From an image that is not blocked.
struct First : Product {
    enum { A_PACK = 1, A_ALONG_K = 0 };
    __device__ Pack<float, 1> a(Index row, Index k) const {
        if (row >= rows()) return {0.0f};
        Index area = shape.out_area(), line = row % area / shape.output[1], pixel = row % shape.output[1];
        int channel = k / KERNEL_W % shape.ins, tap = k / KERNEL_W / shape.ins * KERNEL_W + k % KERNEL_W;
        Index at = shape.in_pixel(line, pixel, tap);
        return {at >= 0 ? x[shape.in_plane(row / area, 0, channel) + at] : 0.0f};
    }
};

template <class P>
__device__ inline void convolve(P problem, Output output) {
    product_tile(problem, 0, problem.depth(), [&](Index row, Index column, float sum) {
        output.put(problem.at(row, column), column, sum);
    });
}

extern "C" __global__ void __launch_bounds__(256) blocked_first(SHAPE, const WEIGHT* weight, const float* x, RESULT) {
    convolve(First{{THE_SHAPE, weight, x}}, THE_RESULT);
}

extern "C" __global__ void __launch_bounds__(256) blocked_pointwise(SHAPE, const WEIGHT* weight, const float* x, RESULT) {
    convolve(Pointwise{{THE_SHAPE, weight, x}}, THE_RESULT);
}

// Each channel by itself: a thread for each output, so that 16 neighbours read the same pixels and lines of the weights.
extern "C" __global__ void blocked_depthwise(SHAPE, const WEIGHT* weight, const float* x, RESULT) {
    Shape shape = THE_SHAPE;
    Output output_of = THE_RESULT;
    Index area = shape.out_area(), blocks = Product::blocks(outs);
    EACH(element, images * (i64)blocks * area * LANES) {
        Index i = element, lane = i % LANES, place = i / LANES % area, plane = i / LANES / area;
        Index block = plane % blocks, line = place / shape.output[1], pixel = place % shape.output[1];
        const WEIGHT* w = weight + block * SIZE * LANES + lane;
        const float* from = x + plane * shape.in_area() * LANES + lane;
        float sum = 0.0f;
#pragma unroll
        for (int tap = 0; tap < SIZE; tap++) {
            Index at = shape.in_pixel(line, pixel, tap);
            if (at >= 0) sum += widen(w[tap * LANES]) * from[at * LANES];
        }
        output_of.put(i, block * LANES + lane, sum);
    }
}

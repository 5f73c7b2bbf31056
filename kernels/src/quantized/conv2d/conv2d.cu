// Convolutions of bytes: products of matrices, one of which consists of windows of images that are never stored; and
// sums of their own for few channels.

struct Output {
    const int* bias;
    const float* factors;
    Points points;
    u8* y;
    // `channel` counts through all groups.
    __device__ void put(Index at, Index channel, int sum) const {
        y[at] = points.byte(Channel(bias, factors, channel).finish(sum));
    }
};

#define RESULT const int *bias, const float *factors, const u8 *points, u8 *y
#define THE_RESULT Output{bias, factors, Points(points), y}

// weight [outs, ins·SIZE] times windows [ins·SIZE, images·pixels]; `k` counts quads.
struct Forward {
    typedef u32 Element;
    typedef int Total;
    // The windows of a kernel of one pixel are pixels: if POINTWISE, four of them are read at once.
    enum { A_PACK = QUADS, B_PACK = POINTWISE ? 4 : 1, A_ALONG_K = 1, B_ALONG_COLUMNS = 1 };
    typedef Pack<u32, B_PACK> Columns;
    Shape shape;
    const i8* weight;
    const u8* x;
    int group, zero;
    // The window of this thread, or the first of four.
    Index image, line, pixel;

    __device__ Index depth() const { return (Index)shape.ins * SIZE; }
    __device__ static void add(int& sum, int weight, int x) { sum = dot(x, weight, sum); }
    __device__ Index rows() const { return shape.outs; }
    __device__ Index columns() const { return shape.images * shape.out_area(); }
    __device__ void enter(int, Index column) {
        image = column / shape.out_area();
        line = column % shape.out_area() / shape.output[1];
        pixel = column % shape.output[1];
    }
    __device__ Quads a(Index row, Index k) const {
        return row < shape.outs ? quads(weight + (group * shape.outs + row) * depth(), depth(), k) : Quads{};
    }
#if POINTWISE
    __device__ Columns b(Index k, Index, int = 0) const {
        u32 of[4] = {};
        for (int i = 0; i < 4; i++) {
            if (image < shape.images && 4 * k + i < shape.ins)
                of[i] = *(const u32*)(x + shape.in_plane(image, group, 4 * k + i) + line * shape.input[1] + pixel);
        }
        // Four bytes of each of four channels become four channels of each of four pixels.
        u32 low = __byte_perm(of[0], of[1], 0x5140), high = __byte_perm(of[2], of[3], 0x5140);
        u32 low_next = __byte_perm(of[0], of[1], 0x7362), high_next = __byte_perm(of[2], of[3], 0x7362);
        return {__byte_perm(low, high, 0x5410), __byte_perm(low, high, 0x7632),
                __byte_perm(low_next, high_next, 0x5410), __byte_perm(low_next, high_next, 0x7632)};
    }
#else
    __device__ Columns b(Index k, Index, int = 0) const {
        u32 quad = 0;
        for (int i = 0; i < 4; i++) {
            Index p = 4 * k + i;
            if (image >= shape.images || p >= depth()) break;
            Index at = shape.in_pixel(line, pixel, p % SIZE);
            quad |= (at >= 0 ? x[shape.in_plane(image, group, p / SIZE) + at] : (u32)zero) << 8 * i;
        }
        return {quad};
    }
#endif
};

// Blocks: x a tile, z a group.
// spills: up to 2 words, without tensor cores on capability 10.0, which has them.
extern "C" __global__ void __launch_bounds__(256) conv2d(SHAPE, const i8* weight, const u8* x, RESULT) {
    Output finish = THE_RESULT;
    Forward problem{THE_SHAPE, weight, x, (int)blockIdx.z, finish.points.x, 0, 0, 0};
    Index area = problem.shape.out_area();
    product_tile(problem, 0, (problem.depth() + 3) / 4, [&](Index row, Index column, int sum) {
        Index at = problem.shape.out_plane(column / area, blockIdx.z, row) + column % area;
        finish.put(at, (Index)blockIdx.z * outs + row, sum);
    });
}

// Few channels: a thread for each output.
extern "C" __global__ void conv2d_few(SHAPE, const i8* weight, const u8* x, RESULT) {
    Shape shape = THE_SHAPE;
    Output finish = THE_RESULT;
    Index area = shape.out_area();
    EACH(output_pixel, images * (i64)groups * outs * area) {
        Index i = output_pixel;
        Index channel = i / area % (groups * outs), image = i / area / (groups * outs);
        Index line = i % area / output[1], pixel = i % output[1];
        int group = channel / outs, sum = 0;
        const i8* w = weight + channel * ins * SIZE;
        for (int c = 0; c < ins; c++) {
            const u8* plane = x + shape.in_plane(image, group, c);
#pragma unroll
            for (int tap = 0; tap < SIZE; tap++) {
                Index at = shape.in_pixel(line, pixel, tap);
                sum += w[c * SIZE + tap] * (at >= 0 ? (int)plane[at] : finish.points.x);
            }
        }
        finish.put(i, channel, sum);
    }
}

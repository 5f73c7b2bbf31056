// Convolutions as products of matrices, one of which consists of windows of images that are never stored; and sums of
// their own for few channels.

// What is read one by one.
struct Factors {
    typedef ELEMENT Element;
    typedef float Total;
    typedef Pack<ELEMENT, 1> One;
    enum { A_PACK = 1, B_PACK = 1 };
    // The element there, or zero outside.
    __device__ static One read(const ELEMENT* x, Index at, bool inside) {
        One one = {};
        if (inside) one.at[0] = x[at];
        return one;
    }
    __device__ static void add(float& sum, float left, float right) { sum += left * right; }
};

// ---- forward: weight [outs, ins·SIZE] times windows [ins·SIZE, images·pixels] ----

struct Forward : Factors {
    enum { A_ALONG_K = 1, B_ALONG_COLUMNS = 1 };
    Shape shape;
    const ELEMENT *weight, *x;
    int group;
    // The window of this thread.
    Index image, line, pixel;

    __device__ Index depth() const { return (Index)shape.ins * SIZE; }
    __device__ Index rows() const { return shape.outs; }
    __device__ Index columns() const { return shape.images * shape.out_area(); }
    __device__ void enter(int, Index column) {
        image = column / shape.out_area();
        line = column % shape.out_area() / shape.output[1];
        pixel = column % shape.output[1];
    }
    __device__ One a(Index row, Index k) const {
        return read(weight, (group * shape.outs + row) * depth() + k, row < shape.outs);
    }
    __device__ One b(Index k, Index, int) const {
        Index at = image < shape.images ? shape.in_pixel(line, pixel, k % SIZE) : -1;
        return read(x, shape.in_plane(image, group, k / SIZE) + at, at >= 0);
    }
};

// Blocks: x a tile, z a group.
extern "C" __global__ void __launch_bounds__(256) conv2d(SHAPE, const ELEMENT* weight, const ELEMENT* x, EPILOGUE) {
    Forward problem{{}, THE_SHAPE, weight, x, (int)blockIdx.z, 0, 0, 0};
    Epilogue epilogue = THE_EPILOGUE;
    Index area = problem.shape.out_area();
    product_tile(problem, 0, problem.depth(), [&](Index row, Index column, float sum) {
        Index at = problem.shape.out_plane(column / area, blockIdx.z, row) + column % area;
        epilogue.put(at, (Index)blockIdx.z * outs + row, sum);
    });
}

// Few channels: a thread for each output.
extern "C" __global__ void conv2d_few(SHAPE, const ELEMENT* weight, const ELEMENT* x, EPILOGUE) {
    Shape shape = THE_SHAPE;
    Epilogue epilogue = THE_EPILOGUE;
    Index area = shape.out_area();
    EACH(output_pixel, images * (i64)groups * outs * area) {
        Index i = output_pixel;
        Index channel = i / area % (groups * outs), image = i / area / (groups * outs);
        Index line = i % area / output[1], pixel = i % output[1];
        int group = channel / outs;
        const ELEMENT* w = weight + channel * ins * SIZE;
        float sum = 0.0f;
        for (int c = 0; c < ins; c++) {
            const ELEMENT* plane = x + shape.in_plane(image, group, c);
#pragma unroll
            for (int tap = 0; tap < SIZE; tap++) {
                Index at = shape.in_pixel(line, pixel, tap);
                if (at >= 0) sum += w[c * SIZE + tap] * plane[at];
            }
        }
        epilogue.put(i, channel, sum);
    }
}

// ---- the gradient of the input: weightᵀ [ins, outs·SIZE] times output pixels [outs·SIZE, images·pixels] ----

struct BackwardInput : Factors {
    enum { A_ALONG_K = 0, B_ALONG_COLUMNS = 1 };
    Shape shape;
    const ELEMENT *weight, *dy;
    int group;
    // The pixel of this thread.
    Index image, line, pixel;

    __device__ Index depth() const { return (Index)shape.outs * SIZE; }
    __device__ Index rows() const { return shape.ins; }
    __device__ Index columns() const { return shape.images * shape.in_area(); }
    __device__ void enter(int, Index column) {
        image = column / shape.in_area();
        line = column % shape.in_area() / shape.input[1];
        pixel = column % shape.input[1];
    }
    __device__ One a(Index row, Index k) const {
        return read(weight, ((group * shape.outs + k / SIZE) * shape.ins + row) * SIZE + k % SIZE, row < shape.ins);
    }
    __device__ One b(Index k, Index, int) const {
        Index at = image < shape.images ? shape.out_pixel(line, pixel, k % SIZE) : -1;
        return read(dy, shape.out_plane(image, group, k / SIZE) + at, at >= 0);
    }
};

extern "C" __global__ void __launch_bounds__(256) conv2d_backward_input(SHAPE, const ELEMENT* weight,
                                                                        const ELEMENT* dy, ELEMENT* dx) {
    BackwardInput problem{{}, THE_SHAPE, weight, dy, (int)blockIdx.z, 0, 0, 0};
    Index area = problem.shape.in_area();
    product_tile(problem, 0, problem.depth(), [&](Index row, Index column, float sum) {
        dx[problem.shape.in_plane(column / area, blockIdx.z, row) + column % area] = sum;
    });
}

// Few channels: a thread for each pixel of the input.
extern "C" __global__ void conv2d_backward_input_few(SHAPE, const ELEMENT* weight, const ELEMENT* dy, ELEMENT* dx) {
    Shape shape = THE_SHAPE;
    Index area = shape.in_area();
    EACH(input_pixel, images * (i64)groups * ins * area) {
        Index i = input_pixel;
        Index channel = i / area % (groups * ins), image = i / area / (groups * ins);
        Index line = i % area / input[1], pixel = i % input[1];
        int group = channel / ins, own = channel % ins;
        float sum = 0.0f;
        for (int o = 0; o < outs; o++) {
            const ELEMENT* plane = dy + shape.out_plane(image, group, o);
            const ELEMENT* w = weight + ((Index)(group * outs + o) * ins + own) * SIZE;
#pragma unroll
            for (int tap = 0; tap < SIZE; tap++) {
                Index at = shape.out_pixel(line, pixel, tap);
                if (at >= 0) sum += w[tap] * plane[at];
            }
        }
        dx[i] = sum;
    }
}

// ---- the gradient of the weight: output pixels [outs, images·pixels] times windows [images·pixels, ins·SIZE] ----

struct BackwardWeight : Factors {
    enum { A_ALONG_K = 1, B_ALONG_COLUMNS = 0 };
    Shape shape;
    const ELEMENT *x, *dy;
    int group;

    __device__ Index rows() const { return shape.outs; }
    __device__ Index columns() const { return (Index)shape.ins * SIZE; }
    __device__ void enter(int, Index) {}
    __device__ One a(Index row, Index k) const {
        Index area = shape.out_area();
        return read(dy, shape.out_plane(k / area, group, row) + k % area, row < shape.outs);
    }
    __device__ One b(Index k, Index column, int) const {
        if (column >= columns()) return {};
        Index image = k / shape.out_area(), pixel = k % shape.out_area();
        Index at = shape.in_pixel(pixel / shape.output[1], pixel % shape.output[1], column % SIZE);
        return read(x, shape.in_plane(image, group, column / SIZE) + at, at >= 0);
    }
};

// Blocks: x a tile, y a part of the sum over pixels, z a group. With several parts, their sums go to `parts`, and
// `conv2d_add_parts` adds them up.
extern "C" __global__ void __launch_bounds__(256) conv2d_backward_weight(SHAPE, const ELEMENT* x, const ELEMENT* dy,
                                                                         float* dweight, i64 part, float* parts) {
    BackwardWeight problem{{}, THE_SHAPE, x, dy, (int)blockIdx.z};
    Index n = problem.columns(), total = images * problem.shape.out_area();
    Index from = blockIdx.y * part, to = from + part < total ? from + part : total;
    product_tile(problem, from, to, [&](Index row, Index column, float sum) {
        Index at = ((Index)blockIdx.z * outs + row) * n + column;
        if (gridDim.y > 1) parts[blockIdx.y * (i64)groups * outs * n + at] = sum;
        else dweight[at] += sum;
    });
}

extern "C" __global__ void conv2d_add_parts(i64 len, int count, const float* parts, float* dweight) {
    EACH(i, len) {
        float total = 0.0f;
        for (int part = 0; part < count; part++) total += parts[part * len + i];
        dweight[i] += total;
    }
}

// Few channels: a block for each number of the weight.
extern "C" __global__ void __launch_bounds__(256) conv2d_backward_weight_few(SHAPE, const ELEMENT* x, const ELEMENT* dy,
                                                                             float* dweight) {
    Shape shape = THE_SHAPE;
    Index area = shape.out_area(), len = (Index)groups * outs * ins * SIZE;
    for (Index i = blockIdx.x; i < len; i += gridDim.x) {
        int tap = i % SIZE, c = i / SIZE % ins, o = i / SIZE / ins % outs, group = i / SIZE / ins / outs;
        float sum = 0.0f;
        for (Index p = threadIdx.x; p < images * area; p += blockDim.x) {
            Index image = p / area, pixel = p % area;
            Index at = shape.in_pixel(pixel / output[1], pixel % output[1], tap);
            if (at >= 0) sum += dy[shape.out_plane(image, group, o) + pixel] * x[shape.in_plane(image, group, c) + at];
        }
        sum = block_sum(sum);
        if (threadIdx.x == 0) dweight[i] += sum;
    }
}

// The gradient of the bias: a block for each channel.
extern "C" __global__ void __launch_bounds__(256) conv2d_backward_bias(i64 images, i64 channels, i64 pixels,
                                                                       const ELEMENT* dy, float* dbias) {
    Index area = pixels, count = images * pixels;
    for (Index channel = blockIdx.x; channel < channels; channel += gridDim.x) {
        float sum = 0.0f;
        for (Index p = threadIdx.x; p < count; p += blockDim.x) {
            sum += dy[(p / area * channels + channel) * area + p % area];
        }
        sum = block_sum(sum);
        if (threadIdx.x == 0) dbias[channel] += sum;
    }
}

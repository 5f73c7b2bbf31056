// Convolutions on tensor cores: products of matrices whose factors are read PACK channels at a time, from copies of images
// and weights in which the channels of a pixel follow each other (NHWC), filled up with zeros to a multiple of PACK.

struct Vectors {
    typedef ELEMENT Element;
    typedef float Total;
    typedef Pack<ELEMENT, PACK> Channels;
    enum { A_PACK = PACK, B_PACK = PACK };
    __device__ static Channels read(const ELEMENT* x, Index at, bool inside) {
        return inside ? *(const Channels*)(x + at) : Channels{};
    }
    __device__ static void add(float& sum, float left, float right) { sum += left * right; }
};

// ---- copies ----

// From [images, groups·count, area] to [images, area, groups·padded]. Blocks: x 32 pixels of an image, y 32 channels.
extern "C" __global__ void __launch_bounds__(256) to_nhwc(i64 images, i64 area, int groups, int count, int padded,
                                                          const ELEMENT* from, ELEMENT* to) {
    // A column more, so that both directions go through all banks.
    __shared__ ELEMENT tile[32][33];
    Index strips = (area + 31) / 32, channels = (Index)groups * padded;
    Index image = blockIdx.x / strips, first = blockIdx.x % strips * 32;
    int fast = threadIdx.x % 32, slow = threadIdx.x / 32;
    for (Index channel = blockIdx.y * 32; channel < channels; channel += gridDim.y * 32) {
        for (int line = slow; line < 32; line += 8) {
            Index group = (channel + line) / padded, own = (channel + line) % padded;
            bool inside = channel + line < channels && own < count && first + fast < area;
            ELEMENT none = {};
            tile[line][fast] = inside ? from[((image * groups + group) * count + own) * area + first + fast] : none;
        }
        __syncthreads();
        for (int line = slow; line < 32; line += 8) {
            if (first + line < area && channel + fast < channels)
                to[(image * area + first + line) * channels + channel + fast] = tile[fast][line];
        }
        __syncthreads();
    }
}

// Weights as rows [SIZE, padded]: one for each output channel, or, for the gradient of the input, for each input channel.
extern "C" __global__ void arrange_weight(int groups, int ins, int outs, int padded, int transposed, const ELEMENT* from,
                                          ELEMENT* to) {
    int rows = transposed ? ins : outs, count = transposed ? outs : ins;
    EACH(i, (i64)groups * rows * SIZE * padded) {
        i64 channel = i % padded, tap = i / padded % SIZE, row = i / padded / SIZE % rows, group = i / padded / SIZE / rows;
        i64 o = transposed ? channel : row, c = transposed ? row : channel;
        ELEMENT none = {};
        to[i] = channel < count ? from[((group * outs + o) * ins + c) * SIZE + tap] : none;
    }
}

// ---- y and dx: rows of weights [rows, SIZE·channels] times windows [SIZE·channels, images·pixels] ----

// FORWARD: windows of x around the pixels of y. Else: pixels of dy whose windows meet those of dx.
template <bool FORWARD>
struct Windows : Vectors {
    enum { A_ALONG_K = 1, B_ALONG_COLUMNS = 0 };
    Shape shape;
    const ELEMENT *weight, *from;
    int group, channels;
    // The pixels of this thread's columns; beyond the last image, -1.
    struct {
        Index image, line, pixel;
    } at[COLUMNS / 64];

    __device__ Index depth() const { return (Index)SIZE * channels; }
    __device__ Index rows() const { return FORWARD ? shape.outs : shape.ins; }
    __device__ Index area() const { return FORWARD ? shape.out_area() : shape.in_area(); }
    __device__ Index columns() const { return shape.images * area(); }
    __device__ void enter(int slot, Index column) {
        Index width = FORWARD ? shape.output[1] : shape.input[1];
        at[slot] = {column / area(), column % area() / width, column % width};
        if (column >= columns()) at[slot].image = -1;
    }
    __device__ Channels a(Index row, Index k) const {
        return read(weight, (group * rows() + row) * depth() + k, row < rows());
    }
    __device__ Channels b(Index k, Index, int slot) const {
        Index image = at[slot].image, line = at[slot].line, pixel = at[slot].pixel;
        int tap = k / channels, channel = k - tap * channels;
        Index place = image < 0 ? -1 : FORWARD ? shape.in_pixel(line, pixel, tap) : shape.out_pixel(line, pixel, tap);
        Index area = FORWARD ? shape.in_area() : shape.out_area();
        return read(from, ((image * area + place) * shape.groups + group) * channels + channel, place >= 0);
    }
};

// Blocks: x a tile, y a part of the sum, z a group. With several parts, their sums go to `parts`.
template <bool FORWARD>
__device__ inline void convolve(const Shape& shape, const ELEMENT* weight, const ELEMENT* from, int channels, i64 part,
                                float* parts, const Epilogue& epilogue) {
    Windows<FORWARD> problem{{}, shape, weight, from, (int)blockIdx.z, channels, {}};
    Index area = problem.area(), rows = problem.rows(), columns = problem.columns(), depth = problem.depth();
    Index first = blockIdx.y * part, to = first + part < depth ? first + part : depth;
    float* own = parts + ((i64)blockIdx.y * gridDim.z + blockIdx.z) * rows * columns;
    product_tile(problem, first, to, [&](Index row, Index column, float sum) {
        Index channel = blockIdx.z * rows + row;
        if (gridDim.y > 1) own[(i64)row * columns + column] = sum;
        else epilogue.put((column / area * shape.groups * rows + channel) * area + column % area, channel, sum);
    });
}

extern "C" __global__ void __launch_bounds__(256) conv2d_nhwc(SHAPE, const ELEMENT* weight, const ELEMENT* x,
                                                              int channels, i64 part, float* parts, EPILOGUE) {
    convolve<true>(THE_SHAPE, weight, x, channels, part, parts, THE_EPILOGUE);
}

extern "C" __global__ void __launch_bounds__(256) conv2d_nhwc_backward_input(SHAPE, const ELEMENT* weight,
                                                                             const ELEMENT* dy, int channels, i64 part,
                                                                             float* parts, EPILOGUE) {
    convolve<false>(THE_SHAPE, weight, dy, channels, part, parts, THE_EPILOGUE);
}

// Adds up the parts [count, channels, images, area] of each sum, in their order.
extern "C" __global__ void conv2d_nhwc_finish(i64 images, i64 channels, i64 area, int count, const float* parts,
                                              EPILOGUE) {
    Epilogue epilogue = THE_EPILOGUE;
    i64 len = images * channels * area;
    EACH(i, len) {
        float total = 0.0f;
        for (int part = 0; part < count; part++) total += parts[part * len + i];
        Index pixel = i % area, image = i / area % images, channel = i / area / images;
        epilogue.put((image * channels + channel) * area + pixel, channel, total);
    }
}

// ---- the gradient of the weight: pixels of dy [outs, images·pixels] times windows [images·pixels, SIZE·channels] ----

struct Weight : Vectors {
    enum { A_ALONG_K = 0, B_ALONG_COLUMNS = 1 };
    Shape shape;
    const ELEMENT *x, *dy;
    int group, channels, out_channels;
    // The column of this thread.
    int tap, channel;

    __device__ Index rows() const { return shape.outs; }
    __device__ Index columns() const { return (Index)SIZE * channels; }
    __device__ void enter(int, Index column) { tap = column / channels, channel = column % channels; }
    __device__ Channels a(Index row, Index k) const {
        return read(dy, (k * shape.groups + group) * out_channels + row, row < rows());
    }
    __device__ Channels b(Index k, Index, int) const {
        Index image = k / shape.out_area(), pixel = k - image * shape.out_area(), line = pixel / shape.output[1];
        Index place = tap < SIZE ? shape.in_pixel(line, pixel - line * shape.output[1], tap) : -1;
        Index at = ((image * shape.in_area() + place) * shape.groups + group) * channels + channel;
        return read(x, at, place >= 0);
    }
};

// Blocks: x a tile, y a part of the sum over pixels, z a group. The sums go to `parts`. That one block on a multiprocessor
// will do keeps the compiler from wishing for more, and spilling for it.
extern "C" __global__ void __launch_bounds__(256, 1) conv2d_nhwc_backward_weight(SHAPE, const ELEMENT* x,
                                                                                 const ELEMENT* dy, int channels,
                                                                                 int out_channels, i64 part,
                                                                                 float* parts) {
    Weight problem{{}, THE_SHAPE, x, dy, (int)blockIdx.z, channels, out_channels, 0, 0};
    Index rows = outs, columns = problem.columns(), total = images * problem.shape.out_area();
    Index from = blockIdx.y * part, to = from + part < total ? from + part : total;
    float* own = parts + ((i64)blockIdx.y * gridDim.z + blockIdx.z) * rows * columns;
    product_tile(problem, from, to, [&](Index row, Index column, float sum) { own[(i64)row * columns + column] = sum; });
}

// Adds the parts [count, rows, SIZE, channels] to dweight [rows, ins, SIZE], in their order.
extern "C" __global__ void conv2d_nhwc_add_weight(i64 rows, int ins, int channels, int count, const float* parts,
                                                  float* dweight) {
    i64 len = rows * SIZE * channels;
    EACH(i, rows * ins * SIZE) {
        i64 tap = i % SIZE, channel = i / SIZE % ins, row = i / SIZE / ins;
        float total = 0.0f;
        for (int part = 0; part < count; part++) total += parts[part * len + (row * SIZE + tap) * channels + channel];
        dweight[i] += total;
    }
}

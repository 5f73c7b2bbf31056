// NCHW data, seen as channels of images·pixels elements each. A block works on a part of the elements of a channel,
// or, where images have one pixel (COLUMNS), of 32 neighbouring channels at a time. Blocks lie channels first, parts
// second. INDEX is a type that holds the number of elements.
typedef INDEX Index;

struct Sizes {
    Index images, channels, pixels;
    __device__ Sizes(const Array<i64, 3>& all) : images(all[0]), channels(all[1]), pixels(all[2]) {}

    // Where a part of a channel begins, of so many.
    __device__ Index start(Index part, Index parts) const {
        Index n = images * pixels;
        return min((n + parts - 1) / parts * part, n);
    }
    __device__ Index count(Index part, Index parts) const { return start(part + 1, parts) - start(part, parts); }
};

#if COLUMNS
__device__ inline Index channel() { return (Index)blockIdx.x * 32 + threadIdx.x; }
__device__ inline int lane() { return threadIdx.y; }
__device__ inline int lanes() { return blockDim.y; }
__device__ inline double channel_sum(double x) { return column_reduce(x, Sum()); }
#else
__device__ inline Index channel() { return blockIdx.x; }
__device__ inline int lane() { return threadIdx.x; }
__device__ inline int lanes() { return blockDim.x; }
__device__ inline double channel_sum(double x) { return block_sum(x); }
#endif

// The part of a channel's elements that part `part` of `parts` has, and of these the ones of this thread, one by one.
struct Elements {
    Index left, at, skip, wrap, pixel, step, pixels;

    __device__ Elements(Sizes s, Index part, Index parts) : left(0), pixels(s.pixels) {
        Index count = s.count(part, parts);
        if (channel() >= s.channels || lane() >= count) return;
        left = (count - lane() + lanes() - 1) / lanes();
        Index first = s.start(part, parts) + lane(), image = first / pixels;
        pixel = first % pixels;
        at = (image * s.channels + channel()) * pixels + pixel;
        // A step forward goes over some images and some pixels; it may end behind the last pixel.
        step = lanes() % pixels;
        skip = lanes() / pixels * s.channels * pixels + step;
        wrap = (s.channels - 1) * pixels;
    }
    __device__ Index next() {
        Index here = at;
        left--;
        at += skip;
        pixel += step;
        if (pixel >= pixels) {
            pixel -= pixels;
            at += wrap;
        }
        return here;
    }
};

// Σ f(at) over the elements, four at a time in single precision.
template <class F>
__device__ inline double sum_over(Elements e, F f) {
    double total = 0.0;
    while (e.left >= 4) {
        float a = f(e.next()), b = f(e.next()), c = f(e.next()), d = f(e.next());
        total += (double)((a + b) + (c + d));
    }
    while (e.left > 0) total += (double)f(e.next());
    return channel_sum(total);
}

// Two sums over the same elements.
struct Pair {
    double first, second;
};

// Where part `part` of this channel is kept.
__device__ inline Pair& kept(Pair* parts, i64 part, Index channels) { return parts[part * channels + channel()]; }

template <class F>
__device__ inline double sum_parts(int count, Index channels, F f) {
    double total = 0.0;
    for (int i = lane(); i < count && channel() < channels; i += lanes()) total += f(i);
    return channel_sum(total);
}

__device__ inline float inverse_deviation(float variance, float eps) { return 1.0f / sqrtf(variance + eps); }

// ---- forward ----

// The mean, and the sum of the squares of the distances from it.
__device__ inline Pair moments(Sizes s, const ELEMENT* x) {
    Elements e(s, blockIdx.y, gridDim.y);
    double mean = sum_over(e, [=](Index at) { return x[at]; }) / s.count(blockIdx.y, gridDim.y);
    float centre = (float)mean;
    return Pair{mean, sum_over(e, [=](Index at) { float d = x[at] - centre; return d * d; })};
}

extern "C" __global__ void moments_of_parts(Array<i64, 3> all, const ELEMENT* x, Pair* parts) {
    Sizes s(all);
    Pair found = moments(s, x);
    if (lane() == 0 && channel() < s.channels) kept(parts, blockIdx.y, s.channels) = found;
}

// The moments of the parts together: Chan, Golub, LeVeque, Updating Formulae and a Pairwise Algorithm for Computing
// Sample Variances (1979).
__device__ inline Pair merged(Sizes s, Pair* parts) {
    int count = gridDim.y;
    double n = (double)s.images * s.pixels;
    double mean = sum_parts(count, s.channels, [=](int i) {
        double of_part = s.count(i, count);
        return of_part == 0.0 ? 0.0 : of_part / n * kept(parts, i, s.channels).first;
    });
    double squares = sum_parts(count, s.channels, [=](int i) {
        double of_part = s.count(i, count);
        Pair part = kept(parts, i, s.channels);
        return of_part == 0.0 ? 0.0 : part.second + of_part * (part.first - mean) * (part.first - mean);
    });
    return Pair{mean, squares};
}

// y ← A((x − mean)·scale + bias + r)
__device__ inline void normalize(Elements e, float mean, float scale, float bias, int activation, float slope,
                                 const ELEMENT* x, const ELEMENT* residual, ELEMENT* y) {
    while (e.left > 0) {
        Index at = e.next();
        float value = (x[at] - mean) * scale + bias;
        y[at] = activate(activation, slope, residual ? value + residual[at] : value);
    }
}

// Without `parts` there is one.
extern "C" __global__ void train(Array<i64, 3> all, float eps, int activation, float slope, Pair* parts,
                                 const float* weight, const float* bias, const ELEMENT* x, const ELEMENT* residual,
                                 ELEMENT* y, float* mean, float* variance) {
    Sizes s(all);
    Pair found = parts ? merged(s, parts) : moments(s, x);
    Index c = channel();
    if (c >= s.channels) return;
    float centre = (float)found.first, spread = (float)(found.second / ((double)s.images * s.pixels));
    if (blockIdx.y == 0 && lane() == 0) {
        mean[c] = centre;
        variance[c] = spread;
    }
    float scale = weight[c] * inverse_deviation(spread, eps);
    normalize(Elements(s, blockIdx.y, gridDim.y), centre, scale, bias[c], activation, slope, x, residual, y);
}

// Where x is y, each element is read before it is written.
extern "C" __global__ void infer(Array<i64, 3> all, float eps, int activation, float slope, const float* weight,
                                 const float* bias, const float* mean, const float* variance, const ELEMENT* x,
                                 const ELEMENT* residual, ELEMENT* y) {
    Sizes s(all);
    Index c = channel();
    if (c >= s.channels) return;
    float scale = weight[c] * inverse_deviation(variance[c], eps);
    normalize(Elements(s, blockIdx.y, gridDim.y), mean[c], scale, bias[c], activation, slope, x, residual, y);
}

// ---- backward ----

// Σ dy and Σ dy·(x − mean).
__device__ inline Pair gradient_sums(Sizes s, Elements e, const ELEMENT* x, const ELEMENT* dy, const float* mean) {
    float centre = channel() < s.channels ? mean[channel()] : 0.0f;
    double sum = sum_over(e, [=](Index at) { return dy[at]; });
    return Pair{sum, sum_over(e, [=](Index at) { return dy[at] * (x[at] - centre); })};
}

extern "C" __global__ void sums_of_parts(Array<i64, 3> all, const ELEMENT* x, const ELEMENT* dy, const float* mean,
                                         Pair* parts) {
    Sizes s(all);
    Pair found = gradient_sums(s, Elements(s, blockIdx.y, gridDim.y), x, dy, mean);
    if (lane() == 0 && channel() < s.channels) kept(parts, blockIdx.y, s.channels) = found;
}

// Without `parts` there is one. The gradients of the parameters, the statistics of the batch (absent where these are
// frozen) and dx are written if they are wanted. Where dx is dy, each element is read before it is written.
extern "C" __global__ void backward(Array<i64, 3> all, float eps, Pair* parts, const float* weight, const ELEMENT* x,
                                    const ELEMENT* dy, const float* mean, const float* variance, ELEMENT* dx,
                                    float* dweight, float* dbias, float* batch_mean, float* batch_variance) {
    Sizes s(all);
    Elements e(s, blockIdx.y, gridDim.y);
    Pair found = {0.0, 0.0};
    if (dweight && parts) {
        found.first = sum_parts(gridDim.y, s.channels, [=](int i) { return kept(parts, i, s.channels).first; });
        found.second = sum_parts(gridDim.y, s.channels, [=](int i) { return kept(parts, i, s.channels).second; });
    } else if (dweight) {
        found = gradient_sums(s, e, x, dy, mean);
    }
    Index c = channel();
    if (c >= s.channels) return;
    double n = (double)s.images * s.pixels;
    float inverse = inverse_deviation(variance[c], eps);
    if (blockIdx.y == 0 && lane() == 0 && dweight) {
        dbias[c] += (float)found.first;
        dweight[c] += (float)found.second * inverse;
        if (batch_mean) {
            batch_mean[c] = mean[c];
            batch_variance[c] = variance[c] * (float)(n > 1.0 ? n / (n - 1.0) : 1.0);
        }
    }
    if (!dx) return;
    float scale = weight[c] * inverse;
    if (!batch_mean) {
        while (e.left > 0) {
            Index at = e.next();
            dx[at] = dy[at] * scale;
        }
        return;
    }
    float even = (float)(found.first / n), slope = (float)(found.second / n) * inverse * inverse, centre = mean[c];
    while (e.left > 0) {
        Index at = e.next();
        dx[at] = scale * (dy[at] - even - (x[at] - centre) * slope);
    }
}

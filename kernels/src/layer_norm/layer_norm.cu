// Samples of groups of channels of pixels. A team of threads works on a row: a group of a sample. INDEX is a type that
// holds the number of elements; PLANES says that channels have several pixels.
typedef INDEX Index;

struct Sizes {
    Index samples, groups, channels, pixels;
    __device__ Sizes(const Array<i64, 4>& all)
        : samples(all[0]), groups(all[1]), channels(all[2]), pixels(PLANES ? all[3] : 1) {}

    __device__ Index rows() const { return samples * groups; }
    __device__ Index len() const { return channels * pixels; }
    __device__ Index all_channels() const { return groups * channels; }
    // The channel of an element of a row.
    __device__ Index channel(Index row, Index i) const { return row % groups * channels + (PLANES ? i / pixels : i); }
};

// The mean of a row, 0 where it is not subtracted, and 1/√(variance + ε).
struct Norm {
    float mean, scale;
};

// Two sums over the same elements.
struct Pair {
    double first, second;
};

#ifdef TEAM
__device__ inline Norm norm(const ELEMENT* x, Index len, float eps) {
    float mean = CENTRED ? (float)(team_sum(len, [=](i64 i) { return (float)x[i]; }) / len) : 0.0f;
    double squares = team_sum(len, [=](i64 i) { float d = x[i] - mean; return d * d; });
    return Norm{mean, 1.0f / sqrtf((float)(squares / len) + eps)};
}

extern "C" __global__ void layer_norm(Array<i64, 4> all, float eps, const float* weight, const float* bias,
                                      const ELEMENT* all_x, ELEMENT* all_y) {
    Sizes s(all);
    EACH_ROW(row, s.rows()) {
        const ELEMENT* x = all_x + row * s.len();
        ELEMENT* y = all_y + row * s.len();
        Norm n = norm(x, s.len(), eps);
        for (Index i = team_lane(); i < s.len(); i += TEAM) {
            Index c = s.channel(row, i);
            float value = (x[i] - n.mean) * n.scale;
            if (weight) value *= weight[c];
            y[i] = bias ? value + bias[c] : value;
        }
    }
}

// dx, if it is wanted; and what normalised each row, if the parameters are trained.
extern "C" __global__ void layer_norm_backward(Array<i64, 4> all, float eps, const float* weight, const ELEMENT* all_x,
                                               const ELEMENT* all_dy, ELEMENT* all_dx, Norm* norms) {
    Sizes s(all);
    EACH_ROW(row, s.rows()) {
        const ELEMENT *x = all_x + row * s.len(), *dy = all_dy + row * s.len();
        Norm n = norm(x, s.len(), eps);
        if (norms && team_lane() == 0) norms[row] = n;
        if (!all_dx) continue;
        auto g = [=](Index i) { return weight ? dy[i] * weight[s.channel(row, i)] : (float)dy[i]; };
        float even = CENTRED ? n.scale * (float)(team_sum(s.len(), g) / s.len()) : 0.0f;
        double product = team_sum(s.len(), [=](i64 i) { return g(i) * (x[i] - n.mean); });
        float slope = n.scale * (n.scale * (n.scale * (float)(product / s.len())));
        ELEMENT* dx = all_dx + row * s.len();
        for (Index i = team_lane(); i < s.len(); i += TEAM) {
            dx[i] = n.scale * g(i) - even - (x[i] - n.mean) * slope;
        }
    }
}

// Σ dy·x̂ and Σ dy of each plane.
extern "C" __global__ void sums_of_planes(Array<i64, 4> all, const ELEMENT* all_x, const ELEMENT* all_dy,
                                          const Norm* norms, Pair* sums) {
    Sizes s(all);
    EACH_ROW(plane, s.samples * s.all_channels()) {
        const ELEMENT *x = all_x + plane * s.pixels, *dy = all_dy + plane * s.pixels;
        Norm n = norms[plane / s.channels];
        double product = team_sum(s.pixels, [=](i64 i) { return dy[i] * ((x[i] - n.mean) * n.scale); });
        double sum = team_sum(s.pixels, [=](i64 i) { return (float)dy[i]; });
        if (team_lane() == 0) sums[plane] = Pair{product, sum};
    }
}
#else
// The same over a part of the samples of each channel of one pixel.
extern "C" __global__ void sums_of_columns(Array<i64, 4> all, const ELEMENT* x, const ELEMENT* dy, const Norm* norms,
                                           Pair* sums) {
    Sizes s(all);
    Index width = s.all_channels(), channel = (Index)blockIdx.x * 32 + threadIdx.x;
    Index part = (s.samples + gridDim.y - 1) / gridDim.y;
    Index first = part * blockIdx.y + threadIdx.y, end = min(part * (blockIdx.y + 1), s.samples);
    Index group = channel / s.channels;
    double product = 0.0, sum = 0.0;
    if (channel < width) {
        product = strided_sum(first, end, blockDim.y, [=](i64 sample) {
            Norm n = norms[sample * s.groups + group];
            i64 at = sample * width + channel;
            return dy[at] * ((x[at] - n.mean) * n.scale);
        });
        sum = strided_sum(first, end, blockDim.y, [=](i64 sample) { return (float)dy[sample * width + channel]; });
    }
    product = column_reduce(product, Sum());
    sum = column_reduce(sum, Sum());
    if (channel < width && threadIdx.y == 0) sums[blockIdx.y * width + channel] = Pair{product, sum};
}

// The sums of the parts together are added to the gradients that there are.
extern "C" __global__ void add_parts(i64 parts, i64 channels, const Pair* sums, float* dweight, float* dbias) {
    i64 channel = (i64)blockIdx.x * 32 + threadIdx.x;
    double product = 0.0, sum = 0.0;
    for (i64 part = threadIdx.y; part < parts && channel < channels; part += blockDim.y) {
        product += sums[part * channels + channel].first;
        sum += sums[part * channels + channel].second;
    }
    product = column_reduce(product, Sum());
    sum = column_reduce(sum, Sum());
    if (channel >= channels || threadIdx.y != 0) return;
    if (dweight) dweight[channel] += (float)product;
    if (dbias) dbias[channel] += (float)sum;
}
#endif

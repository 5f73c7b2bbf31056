enum { MEAN_SQUARED, MEAN_ABSOLUTE, HUBER, BINARY_CROSS_ENTROPY };

__device__ inline float loss_of(float delta, float x, float t) {
    float d = x - t;
    switch (LOSS) {
        case MEAN_SQUARED: return d * d;
        case MEAN_ABSOLUTE: return fabsf(d);
        case HUBER: {
            d = fabsf(d);
            return d <= delta ? 0.5f * d * d : delta * (d - 0.5f * delta);
        }
        // ln(1 + eˣ) − x·t, of which the first may be large and almost the second.
        default: return (x < 0.0f ? 0.0f : x) - x * t + log1pf(expf(-fabsf(x)));
    }
}

__device__ inline float slope_of(float delta, float x, float t) {
    float d = x - t;
    switch (LOSS) {
        case MEAN_SQUARED: return 2.0f * d;
        // What is neither is zero, or stays NaN.
        case MEAN_ABSOLUTE: return d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : d;
        case HUBER: return d > delta ? delta : d < -delta ? -delta : d;
        default: return sigmoid(x) - t;
    }
}

// Of one block, whose sum is that of all; of several, to be added up by `finish`.
extern "C" __global__ void regression(i64 len, float delta, const ELEMENT* x, const float* target, double* parts,
                                      float* loss) {
    double sum = block_sum(strided_sum(blockIdx.x * (i64)blockDim.x + threadIdx.x, len, gridDim.x * (i64)blockDim.x,
                                       [=](i64 i) { return loss_of(delta, x[i], target[i]); }));
    if (threadIdx.x != 0) return;
    if (gridDim.x == 1) {
        *loss = (float)(sum / len);
    } else {
        parts[blockIdx.x] = sum;
    }
}

extern "C" __global__ void finish(i64 len, float, i64 count, const double* parts, float* loss) {
    double sum = block_sum(strided_sum(threadIdx.x, count, blockDim.x, [=](i64 i) { return parts[i]; }));
    if (threadIdx.x == 0) *loss = (float)(sum / len);
}

// Times the scale of the loss, which is one without `step`.
extern "C" __global__ void regression_backward(i64 len, float delta, const ELEMENT* x, const float* target, ELEMENT* dx,
                                               const Step* step) {
    float scale = (step ? step->loss_scale : 1.0f) / (float)len;
    EACH(i, len) dx[i] = slope_of(delta, x[i], target[i]) * scale;
}

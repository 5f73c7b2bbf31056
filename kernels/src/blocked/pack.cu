enum { LANES = 16 };

// Weights with the batch norm folded into them: see `Pack`.
extern "C" __global__ void pack_conv2d(i64 outs, i64 inputs, i64 height, i64 width, float eps, const float* weight,
                                       const float* bias, const float* gain, const float* shift, const float* mean,
                                       const float* var, WEIGHT* packed, float* packed_bias) {
    i64 depth = inputs * height * width, blocks = (outs + LANES - 1) / LANES;
    EACH(i, blocks * depth * LANES) {
        i64 o = i / LANES / depth * LANES + i % LANES;
        i64 v = i / LANES % width, c = i / LANES / width % inputs, u = i / LANES / width / inputs % height;
        float value = 0.0f;
        if (o < outs) {
            float scale = gain[o] / sqrtf(var[o] + eps);
            value = scale * weight[((o * inputs + c) * height + u) * width + v];
        }
        packed[i] = narrow<WEIGHT>(value);
    }
    EACH(o, blocks * LANES) {
        float value = 0.0f;
        if (o < outs) {
            float scale = gain[o] / sqrtf(var[o] + eps);
            value = ((bias ? bias[o] : 0.0f) - mean[o]) * scale + shift[o];
        }
        packed_bias[o] = value;
    }
}

// Convolutions of images in blocks of 16 channels: `[channels / 16, height, width, 16]`. A thread computes one element
// of the output, so that 16 neighbours read the same pixel and one line of the weights. These are of type WEIGHT.

enum { LANES = 16 };
enum { FIRST, POINTWISE, DEPTHWISE };

// Packed weights are [block, kernel height, inputs, kernel width, 16]. Pairs are height and width.
extern "C" __global__ void blocked_conv2d(int kind, i64 images, i64 ins, i64 blocks, Array<i64, 2> input,
                                          Array<i64, 2> output, Array<i64, 2> kernel, Array<i64, 2> stride,
                                          Array<i64, 2> padding, Array<i64, 2> dilation, int code,
                                          const WEIGHT* weight, const float* bias, const float* x,
                                          const float* residual, float* y) {
    i64 area = input[0] * input[1], inputs = kind == DEPTHWISE ? 1 : ins;
    i64 in_blocks = kind == DEPTHWISE ? blocks : (ins + LANES - 1) / LANES;
    EACH(i, images * blocks * output[0] * output[1] * LANES) {
        i64 lane = i % LANES, pixel = i / LANES % output[1], line = i / LANES / output[1] % output[0];
        i64 block = i / LANES / output[1] / output[0] % blocks, image = i / LANES / output[1] / output[0] / blocks;
        const WEIGHT* w = weight + block * inputs * kernel[0] * kernel[1] * LANES + lane;
        float sum = 0.0f;
        for (i64 u = 0; u < kernel[0]; u++) {
            i64 from_line = line * stride[0] + u * dilation[0] - padding[0];
            if (from_line < 0 || from_line >= input[0]) continue;
            for (i64 c = 0; c < inputs; c++) {
                for (i64 v = 0; v < kernel[1]; v++) {
                    i64 from_pixel = pixel * stride[1] + v * dilation[1] - padding[1];
                    if (from_pixel < 0 || from_pixel >= input[1]) continue;
                    i64 place = from_line * input[1] + from_pixel, at;
                    if (kind == FIRST) at = (image * ins + c) * area + place;
                    else if (kind == DEPTHWISE) at = ((image * in_blocks + block) * area + place) * LANES + lane;
                    else at = ((image * in_blocks + c / LANES) * area + place) * LANES + c % LANES;
                    sum += widen(w[((u * inputs + c) * kernel[1] + v) * LANES]) * x[at];
                }
            }
        }
        sum += bias[block * LANES + lane];
        if (residual) sum += residual[i];
        y[i] = activate(code, 0.0f, sum);
    }
}

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

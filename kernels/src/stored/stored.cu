// Convolutions with weights of bf16, a team of threads for each number of the output.

// Pairs are height and width.
extern "C" __global__ void stored_conv2d(i64 images, i64 ins, i64 outs, i64 groups, Array<i64, 2> input,
                                         Array<i64, 2> output, Array<i64, 2> kernel, Array<i64, 2> stride,
                                         Array<i64, 2> padding, Array<i64, 2> dilation, int code, float slope,
                                         const bf16* weight, const float* bias, const float* x, float* y,
                                         const float* residual) {
    i64 each = ins / groups, depth = each * kernel[0] * kernel[1];
    EACH_ROW(i, images * outs * output[0] * output[1]) {
        i64 column = i % output[1], line = i / output[1] % output[0], o = i / output[1] / output[0] % outs;
        i64 image = i / output[1] / output[0] / outs, first = image * ins + o / (outs / groups) * each;
        float sum = (float)team_sum(depth, [&](i64 k) {
            i64 v = k % kernel[1], u = k / kernel[1] % kernel[0], c = k / kernel[1] / kernel[0];
            i64 row = line * stride[0] + u * dilation[0] - padding[0];
            i64 at = column * stride[1] + v * dilation[1] - padding[1];
            if (row < 0 || row >= input[0] || at < 0 || at >= input[1]) return 0.0f;
            return widen(weight[o * depth + k]) * x[((first + c) * input[0] + row) * input[1] + at];
        });
        if (team_lane() == 0) {
            if (bias) sum += bias[o];
            if (residual) sum += residual[i];
            y[i] = activate(code, slope, sum);
        }
    }
}

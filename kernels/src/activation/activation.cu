extern "C" __global__ void activation(int code, float slope, i64 len, const float* x, float* y) {
    EACH(i, len) y[i] = activate(code, slope, x[i]);
}

// `kept` is y where the derivative follows from it, else x.
extern "C" __global__ void activation_backward(int code, float slope, i64 len, const float* kept,
                                               const float* dy, float* dx) {
    EACH(i, len) dx[i] = dy[i] * derivative(code, slope, kept[i], kept[i]);
}

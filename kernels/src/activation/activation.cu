extern "C" __global__ void activation(int code, float slope, i64 len, const ELEMENT* x, ELEMENT* y) {
    EACH(i, len) y[i] = activate(code, slope, x[i]);
}

// `kept` is y where the derivative follows from it, else x.
extern "C" __global__ void activation_backward(int code, float slope, i64 len, const ELEMENT* kept,
                                               const ELEMENT* dy, ELEMENT* dx) {
    EACH(i, len) dx[i] = dy[i] * derivative(code, slope, kept[i], kept[i]);
}

// Rows are `stride` elements apart.

extern "C" __global__ void lstm_gates(i64 rows, i64 hidden, Array<i64, 4> strides, ELEMENT* all_gates,
                                      const ELEMENT* c_prev, ELEMENT* c, ELEMENT* h) {
    EACH(at, rows * hidden) {
        i64 row = at / hidden, j = at % hidden;
        ELEMENT* gates = all_gates + row * strides[0] + j;
        float i = sigmoid(gates[0]), f = sigmoid(gates[hidden]);
        float g = tanhf(gates[2 * hidden]), o = sigmoid(gates[3 * hidden]);
        gates[0] = i;
        gates[hidden] = f;
        gates[2 * hidden] = g;
        gates[3 * hidden] = o;
        float cell = f * c_prev[row * strides[1] + j] + i * g;
        c[row * strides[2] + j] = cell;
        h[row * strides[3] + j] = o * tanhf(cell);
    }
}

extern "C" __global__ void lstm_gates_backward(i64 rows, i64 hidden, Array<i64, 5> strides, const ELEMENT* all_gates,
                                               const ELEMENT* c_prev, const ELEMENT* c, const ELEMENT* dh, ELEMENT* dc,
                                               ELEMENT* all_dgates) {
    EACH(at, rows * hidden) {
        i64 row = at / hidden, j = at % hidden;
        const ELEMENT* gates = all_gates + row * strides[0] + j;
        float i = gates[0], f = gates[hidden], g = gates[2 * hidden], o = gates[3 * hidden];
        float t = tanhf(c[row * strides[2] + j]), dy = dh[row * strides[3] + j];
        float d = dc[at] + dy * o * (1.0f - t * t);
        ELEMENT* dgates = all_dgates + row * strides[4] + j;
        dgates[0] = d * g * i * (1.0f - i);
        dgates[hidden] = d * c_prev[row * strides[1] + j] * f * (1.0f - f);
        dgates[2 * hidden] = d * i * (1.0f - g * g);
        dgates[3 * hidden] = dy * t * o * (1.0f - o);
        dc[at] = d * f;
    }
}

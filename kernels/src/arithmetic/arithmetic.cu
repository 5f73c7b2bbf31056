// Elementwise arithmetic, WIDTH elements at a time.

typedef Pack<ELEMENT, WIDTH> Elements;

enum { ADD, SUB, MUL, DIV };

__device__ inline float combine(int op, float a, float b) {
    switch (op) {
        case ADD: return a + b;
        case SUB: return a - b;
        case MUL: return a * b;
        default: return a / b;
    }
}

extern "C" __global__ void binary(int op, i64 count, const Elements* a, const Elements* b, Elements* y) {
    EACH(i, count) {
        Elements left = a[i], right = b[i], result;
        for (int k = 0; k < WIDTH; k++) result.at[k] = combine(op, left.at[k], right.at[k]);
        y[i] = result;
    }
}

extern "C" __global__ void affine(float scale, float shift, i64 count, const Elements* x, Elements* y) {
    EACH(i, count) {
        Elements in = x[i], out;
        for (int k = 0; k < WIDTH; k++) out.at[k] = scale * in.at[k] + shift;
        y[i] = out;
    }
}

extern "C" __global__ void reciprocal(float numerator, i64 count, const Elements* x, Elements* y) {
    EACH(i, count) {
        Elements in = x[i], out;
        for (int k = 0; k < WIDTH; k++) out.at[k] = numerator / in.at[k];
        y[i] = out;
    }
}

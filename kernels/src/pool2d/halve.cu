// Windows of two by two pixels that fill planes side by side, `columns` in a line. Planes that follow each other are
// then one, whose pixels are read and written in pairs.

typedef Pack<ELEMENT, 2> Pixels;

__device__ inline Pixels pixels(float left, float right) {
    Pixels pair;
    pair.at[0] = left;
    pair.at[1] = right;
    return pair;
}

// The upper pair of a window; the lower one is `columns` further on.
__device__ inline u32 upper(u32 window, u32 columns) { return window + window / columns * columns; }

// Whether `x` takes the place of the maximum before it: an equal one does not, a NaN does.
__device__ inline bool replaces(float x, float max) { return x > max || is_nan(x); }

// Which of the four is the maximum, and what it is. Of four −∞ it is the first.
struct Maximum {
    int at;
    float value;
    __device__ Maximum(Pixels top, Pixels bottom) : at(0), value(-INFINITY) {
        float all[4] = {top.at[0], top.at[1], bottom.at[0], bottom.at[1]};
        for (int i = 0; i < 4; i++) {
            at = replaces(all[i], value) ? i : at;
            value = replaces(all[i], value) ? all[i] : value;
        }
    }
};

extern "C" __global__ void max_halves(i64 len, u32 columns, const Pixels* x, ELEMENT* y) {
    EACH(i, len) {
        u32 top = upper(i, columns);
        y[i] = Maximum(x[top], x[top + columns]).value;
    }
}

extern "C" __global__ void max_halves_backward(i64 len, u32 columns, const Pixels* x, const ELEMENT* dy, Pixels* dx) {
    EACH(i, len) {
        u32 top = upper(i, columns);
        int at = Maximum(x[top], x[top + columns]).at;
        float d = dy[i];
        dx[top] = pixels(at == 0 ? d : 0.0f, at == 1 ? d : 0.0f);
        dx[top + columns] = pixels(at == 2 ? d : 0.0f, at == 3 ? d : 0.0f);
    }
}

extern "C" __global__ void average_halves(i64 len, u32 columns, const Pixels* x, ELEMENT* y) {
    EACH(i, len) {
        u32 top = upper(i, columns);
        Pixels a = x[top], b = x[top + columns];
        y[i] = 0.25f * ((a.at[0] + a.at[1]) + (b.at[0] + b.at[1]));
    }
}

extern "C" __global__ void average_halves_backward(i64 len, u32 columns, const ELEMENT* dy, Pixels* dx) {
    EACH(i, len) {
        u32 top = upper(i, columns);
        float d = 0.25f * dy[i];
        dx[top] = dx[top + columns] = pixels(d, d);
    }
}

// Maxima and averages over windows, and their gradients.

// Whether `x` takes the place of the maximum before it: an equal one does not, a NaN does.
__device__ inline bool replaces(float x, float max) { return x > max || is_nan(x); }

extern "C" __global__ void max_pool(i64 len, Array<i64, 10> sizes, const ELEMENT* all, ELEMENT* y) {
    Axis down = axis(sizes, 0), across = axis(sizes, 1);
    EACH(i, len) {
        Pixel at(i, down.windows, across.windows);
        const ELEMENT* x = all + at.plane * down.size * across.size;
        float max = -INFINITY;
        for (Index v = down.first(at.y); v < down.end(at.y); v++) {
            for (Index u = across.first(at.x); u < across.end(at.x); u++) {
                float pixel = x[v * across.size + u];
                if (replaces(pixel, max)) max = pixel;
            }
        }
        y[i] = max;
    }
}

// Whether pixel (y, x) is the maximum of a window: the first of equals, but the last NaN.
__device__ inline bool is_maximum(const ELEMENT* plane, Axis down, Axis across, Index row, Index column, Index y,
                                  Index x) {
    float pixel = plane[y * across.size + x];
    for (Index v = down.first(row); v < down.end(row); v++) {
        for (Index u = across.first(column); u < across.end(column); u++) {
            float other = plane[v * across.size + u];
            bool before = v < y || (v == y && u < x);
            if (before ? !(other < pixel || is_nan(pixel)) : (v != y || u != x) && replaces(other, pixel)) return false;
        }
    }
    return true;
}

// Every pixel gathers from its windows.
extern "C" __global__ void max_pool_backward(i64 len, Array<i64, 10> sizes, const ELEMENT* x, const ELEMENT* dy,
                                             ELEMENT* dx) {
    Axis down = axis(sizes, 0), across = axis(sizes, 1);
    EACH(i, len) {
        Pixel at(i, down.size, across.size);
        const ELEMENT* plane = x + at.plane * down.size * across.size;
        float sum = 0.0f;
        for (Index row = down.first_window(at.y); row < down.end_window(at.y); row++) {
            for (Index column = across.first_window(at.x); column < across.end_window(at.x); column++) {
                if (is_maximum(plane, down, across, row, column, at.y, at.x)) {
                    sum += dy[(at.plane * down.windows + row) * across.windows + column];
                }
            }
        }
        dx[i] = sum;
    }
}

extern "C" __global__ void average_pool(i64 len, Array<i64, 10> sizes, float scale, const ELEMENT* all, ELEMENT* y) {
    Axis down = axis(sizes, 0), across = axis(sizes, 1);
    EACH(i, len) {
        Pixel at(i, down.windows, across.windows);
        const ELEMENT* x = all + at.plane * down.size * across.size;
        float sum = 0.0f;
        for (Index v = down.first(at.y); v < down.end(at.y); v++) {
            for (Index u = across.first(at.x); u < across.end(at.x); u++) sum += x[v * across.size + u];
        }
        y[i] = sum * scale;
    }
}

// The mean of each plane: the only window.
#ifdef TEAM
extern "C" __global__ void plane_means(i64 planes, i64 area, const ELEMENT* all, ELEMENT* y) {
    EACH_ROW(plane, planes) {
        const ELEMENT* x = all + plane * area;
        double sum = team_sum(area, [=](i64 i) { return x[i]; });
        if (team_lane() == 0) y[plane] = (float)(sum / area);
    }
}
#endif

extern "C" __global__ void average_pool_backward(i64 len, Array<i64, 10> sizes, float scale, const ELEMENT* dy,
                                                 ELEMENT* dx) {
    Axis down = axis(sizes, 0), across = axis(sizes, 1);
    EACH(i, len) {
        Pixel at(i, down.size, across.size);
        float sum = 0.0f;
        for (Index row = down.first_window(at.y); row < down.end_window(at.y); row++) {
            const ELEMENT* line = dy + (at.plane * down.windows + row) * across.windows;
            for (Index column = across.first_window(at.x); column < across.end_window(at.x); column++) {
                sum += scale * line[column];
            }
        }
        dx[i] = sum;
    }
}

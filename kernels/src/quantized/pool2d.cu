// Maxima and averages of bytes over windows.

extern "C" __global__ void max_pool(i64 len, Array<i64, 10> sizes, const u8* all, u8* y) {
    Axis down = axis(sizes, 0), across = axis(sizes, 1);
    EACH(i, len) {
        Pixel at(i, down.windows, across.windows);
        const u8* x = all + at.plane * down.size * across.size;
        int most = 0;
        for (Index v = down.first(at.y); v < down.end(at.y); v++) {
            for (Index u = across.first(at.x); u < across.end(at.x); u++) most = max(most, (int)x[v * across.size + u]);
        }
        y[i] = (u8)most;
    }
}

extern "C" __global__ void average_pool(i64 len, Array<i64, 10> sizes, const float* scale, const u8* points,
                                        const u8* all, u8* y) {
    Axis down = axis(sizes, 0), across = axis(sizes, 1);
    Factor factor(*scale);
    Points rest(points);
    EACH(i, len) {
        Pixel at(i, down.windows, across.windows);
        const u8* x = all + at.plane * down.size * across.size;
        int sum = 0;
        for (Index v = down.first(at.y); v < down.end(at.y); v++) {
            for (Index u = across.first(at.x); u < across.end(at.x); u++) sum += x[v * across.size + u] - rest.x;
        }
        y[i] = rest.byte(factor.times(sum));
    }
}

// The average of each plane: the only window.
#ifdef TEAM
extern "C" __global__ void plane_averages(i64 planes, i64 area, const float* scale, const u8* points, const u8* all,
                                          u8* y) {
    Factor factor(*scale);
    Points rest(points);
    EACH_ROW(plane, planes) {
        u32 own = 0;
        for (i64 i = team_lane(); i < area; i += TEAM) own += all[plane * area + i] - rest.x;
        int sum = (int)team_reduce(own, Sum());
        if (team_lane() == 0) y[plane] = rest.byte(factor.times(sum));
    }
}
#endif

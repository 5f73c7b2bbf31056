extern "C" __global__ void softmax(i64 rows, i64 len, const float* all, float* all_y) {
    EACH_ROW(row, rows) {
        const float* x = all + row * len;
        float* y = all_y + row * len;
        float max = -INFINITY;
        // A NaN comes out through the sum.
        for (i64 i = team_lane(); i < len; i += TEAM) max = x[i] > max ? x[i] : max;
        max = team_reduce(max, Max());
        float sum = (float)team_sum(len, [=](i64 i) { return expf(x[i] - max); });
#if LOG
        float log_sum = logf(sum);
        for (i64 i = team_lane(); i < len; i += TEAM) y[i] = x[i] - max - log_sum;
#else
        float scale = 1.0f / sum;
        for (i64 i = team_lane(); i < len; i += TEAM) y[i] = expf(x[i] - max) * scale;
#endif
    }
}

extern "C" __global__ void softmax_backward(i64 rows, i64 len, const float* all, const float* all_dy, float* all_dx) {
    EACH_ROW(row, rows) {
        const float *y = all + row * len, *dy = all_dy + row * len;
        float* dx = all_dx + row * len;
#if LOG
        float sum = (float)team_sum(len, [=](i64 i) { return dy[i]; });
        for (i64 i = team_lane(); i < len; i += TEAM) dx[i] = dy[i] - expf(y[i]) * sum;
#else
        float sum = (float)team_sum(len, [=](i64 i) { return y[i] * dy[i]; });
        for (i64 i = team_lane(); i < len; i += TEAM) dx[i] = y[i] * (dy[i] - sum);
#endif
    }
}

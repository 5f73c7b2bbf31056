// A team of threads works on a row: the keys of a query. What is not attended to is −∞. CAUSAL, MASK and LENGTHS say what
// there is.
#if MASK
typedef Bool PaddingElement;
#else
typedef int PaddingElement;
#endif

extern "C" __global__ void masked_softmax(Array<i64, 4> sizes, const PaddingElement* padding, const float* all,
                                          float* all_y) {
    i64 heads = sizes[1], queries = sizes[2], keys = sizes[3];
    EACH_ROW(row, sizes[0] * heads * queries) {
        const float* x = all + row * keys;
        float* y = all_y + row * keys;
        i64 live = CAUSAL ? min(row % queries + 1, keys) : keys;
#if LENGTHS
        live = min(live, max((i64)padding[row / (heads * queries)], (i64)0));
#endif
        auto score = [=](i64 i) {
#if MASK
            if (padding[row / (heads * queries) * keys + i].byte) return -INFINITY;
#endif
            return x[i];
        };
        float max = -INFINITY;
        // A NaN comes out through the sum.
        for (i64 i = team_lane(); i < live; i += TEAM) {
            float value = score(i);
            max = value > max ? value : max;
        }
        max = team_reduce(max, Max());
        float centre = max == -INFINITY ? 0.0f : max;
        float sum = (float)team_sum(live, [=](i64 i) { return expf(score(i) - centre); });
        float scale = sum == 0.0f ? 0.0f : 1.0f / sum;
        for (i64 i = team_lane(); i < keys; i += TEAM) y[i] = i < live ? expf(score(i) - centre) * scale : 0.0f;
    }
}

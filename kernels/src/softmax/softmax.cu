// A team of threads works on a row, WIDTH elements at a time: lengths count those. Where rows are few and long, blocks
// share each: the second dimension of the grid.

typedef Pack<ELEMENT, WIDTH> Elements;

__device__ inline i64 part_start(i64 len) { return (len + gridDim.y - 1) / gridDim.y * blockIdx.y; }
__device__ inline i64 part_end(i64 len) { return min((len + gridDim.y - 1) / gridDim.y * (blockIdx.y + 1), len); }

// Σ f(i, k) over the row's part that this block has: element k of those at i.
template <class F>
__device__ inline double part_sum(i64 len, F f) {
    auto of_all = [=](i64 i) {
        float sum = 0.0f;
        for (int k = 0; k < WIDTH; k++) sum += f(i, k);
        return sum;
    };
    return team_reduce(strided_sum(part_start(len) + team_lane(), part_end(len), TEAM, of_all), Sum());
}

// The maximum and Σ e^(x − maximum).
struct Norm {
    float max, sum;
};

__device__ inline Norm norm(const Elements* x, i64 len) {
    float max = -INFINITY;
    // A NaN comes out through the sum.
    for (i64 i = part_start(len) + team_lane(); i < part_end(len); i += TEAM) {
        Elements all = x[i];
        for (int k = 0; k < WIDTH; k++) max = all.at[k] > max ? all.at[k] : max;
    }
    max = team_reduce(max, Max());
    // A part may have nothing but −∞, which adds nothing.
    float centre = max == -INFINITY ? 0.0f : max;
    return Norm{max, (float)part_sum(len, [=](i64 i, int k) { return expf(x[i].at[k] - centre); })};
}

__device__ inline Norm merged(const Norm* parts) {
    float max = -INFINITY;
    for (int i = team_lane(); i < gridDim.y; i += TEAM) max = parts[i].max > max ? parts[i].max : max;
    max = team_reduce(max, Max());
    return Norm{max, (float)team_sum(gridDim.y, [=](i64 i) { return parts[i].sum * expf(parts[i].max - max); })};
}

extern "C" __global__ void norms_of_parts(i64 rows, i64 len, const Elements* x, Norm* parts) {
    EACH_ROW(row, rows) {
        Norm found = norm(x + row * len, len);
        if (team_lane() == 0) parts[row * gridDim.y + blockIdx.y] = found;
    }
}

// Without `parts` there is one.
extern "C" __global__ void softmax(i64 rows, i64 len, const Elements* all, const Norm* parts, Elements* all_y) {
    EACH_ROW(row, rows) {
        const Elements* x = all + row * len;
        Elements* y = all_y + row * len;
        Norm n = parts ? merged(parts + row * gridDim.y) : norm(x, len);
        float log_sum = logf(n.sum), scale = 1.0f / n.sum;
        for (i64 i = part_start(len) + team_lane(); i < part_end(len); i += TEAM) {
            Elements in = x[i], out;
            for (int k = 0; k < WIDTH; k++)
                out.at[k] = LOG ? in.at[k] - n.max - log_sum : expf(in.at[k] - n.max) * scale;
            y[i] = out;
        }
    }
}

__device__ inline double gradient_sum(const Elements* y, const Elements* dy, i64 len) {
    return part_sum(len, [=](i64 i, int k) { return LOG ? dy[i].at[k] : y[i].at[k] * dy[i].at[k]; });
}

extern "C" __global__ void sums_of_parts(i64 rows, i64 len, const Elements* y, const Elements* dy, double* parts) {
    EACH_ROW(row, rows) {
        double sum = gradient_sum(y + row * len, dy + row * len, len);
        if (team_lane() == 0) parts[row * gridDim.y + blockIdx.y] = sum;
    }
}

extern "C" __global__ void softmax_backward(i64 rows, i64 len, const Elements* all, const Elements* all_dy,
                                            const double* all_parts, Elements* all_dx) {
    EACH_ROW(row, rows) {
        const Elements *y = all + row * len, *dy = all_dy + row * len;
        const double* parts = all_parts + row * gridDim.y;
        Elements* dx = all_dx + row * len;
        double total = all_parts ? team_sum(gridDim.y, [=](i64 i) { return parts[i]; }) : gradient_sum(y, dy, len);
        float sum = (float)total;
        for (i64 i = part_start(len) + team_lane(); i < part_end(len); i += TEAM) {
            Elements of = y[i], gradient = dy[i], out;
            for (int k = 0; k < WIDTH; k++)
                out.at[k] = LOG ? gradient.at[k] - expf(of.at[k]) * sum : of.at[k] * (gradient.at[k] - sum);
            dx[i] = out;
        }
    }
}

// What a row adds: to the loss, and to the weight that this is divided by.
struct Part {
    double loss, weight;
};

// The class that a row counts for, or −1.
__device__ inline int class_of(int target, i64 classes, Faults* faults, int op, i64 row) {
    if (target >= 0 && target < classes) return target;
    const int IGNORED = -100;
    if (target != IGNORED) report_index(faults, op, row, target, classes);
    return -1;
}

__device__ inline float mean(double loss, double weight) { return weight == 0.0 ? 0.0f : (float)(loss / weight); }

// Of one block, whose parts are all that there are; of several, to be added up by `finish`.
__device__ inline void store(Part part, Part* parts, float* loss) {
    double sum = block_sum(part.loss), weight = block_sum(part.weight);
    if (threadIdx.x != 0) return;
    if (gridDim.x == 1) {
        *loss = mean(sum, weight);
    } else {
        parts[blockIdx.x] = Part{sum, weight};
    }
}

extern "C" __global__ void finish(i64 count, const Part* parts, float* loss) {
    double sum = block_sum(strided_sum(threadIdx.x, count, blockDim.x, [=](i64 i) { return parts[i].loss; }));
    double weight = block_sum(strided_sum(threadIdx.x, count, blockDim.x, [=](i64 i) { return parts[i].weight; }));
    if (threadIdx.x == 0) *loss = mean(sum, weight);
}

#ifdef TEAM
extern "C" __global__ void cross_entropy(Faults* faults, int op, i64 rows, i64 classes, const ELEMENT* all,
                                         const int* targets, const float* weights, const float* smoothing,
                                         Part* parts, float* loss, float* probabilities) {
    double smooth = *smoothing;
    double all_weights = team_sum(classes, [=](i64 c) { return weights[c]; });
    Part part = {0.0, 0.0};
    EACH_ROW(row, rows) {
        const ELEMENT* x = all + row * classes;
        float max = -INFINITY;
        // A NaN comes out through the sum.
        for (i64 c = team_lane(); c < classes; c += TEAM) max = x[c] > max ? x[c] : max;
        max = team_reduce(max, Max());
        float sum = (float)team_sum(classes, [=](i64 c) { return expf(x[c] - max); });
        float scale = 1.0f / sum;
        for (i64 c = team_lane(); c < classes; c += TEAM) probabilities[row * classes + c] = expf(x[c] - max) * scale;

        double log_sum = logf(sum), even = 0.0;
        // Only where it has a part: an impossible class would make it 0·∞.
        if (smooth != 0.0) {
            double sum = team_sum(classes, [=](i64 c) { return weights[c] * (x[c] - max); });
            even = smooth / classes * (all_weights * log_sum - sum);
        }
        if (team_lane() != 0) continue;
        int t = class_of(targets[row], classes, faults, op, row);
        if (t < 0) continue;
        part.loss += (1.0 - smooth) * weights[t] * (log_sum - (x[t] - max)) + even;
        part.weight += weights[t];
    }
    store(part, parts, loss);
}

#endif

// Of log-probabilities.
extern "C" __global__ void picked(Faults* faults, int op, i64 rows, i64 classes, const ELEMENT* x, const int* targets,
                                  const float* weights, Part* parts, float* loss) {
    Part part = {0.0, 0.0};
    EACH(row, rows) {
        int t = class_of(targets[row], classes, faults, op, row);
        if (t < 0) continue;
        part.loss -= (double)weights[t] * x[row * classes + t];
        part.weight += weights[t];
    }
    store(part, parts, loss);
}

// Σ w of the targets of every `step`th row.
__device__ inline double weights_of(Faults* faults, int op, i64 first, i64 rows, i64 step, i64 classes,
                                    const int* targets, const float* weights) {
    double sum = 0.0;
    for (i64 row = first; row < rows; row += step) {
        int t = class_of(targets[row], classes, faults, op, row);
        if (t >= 0) sum += weights[t];
    }
    return sum;
}

extern "C" __global__ void row_weights(Faults* faults, int op, i64 rows, i64 classes, const int* targets,
                                       const float* weights, double* sums) {
    i64 first = blockIdx.x * (i64)blockDim.x + threadIdx.x, step = gridDim.x * (i64)blockDim.x;
    double sum = block_sum(weights_of(faults, op, first, rows, step, classes, targets, weights));
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

#ifdef TEAM
// What the gradients of rows are multiplied by: the scale of the loss, which is one without `step`, over the weights of
// all rows, which `row_weights` has added up in `count` parts; few rows are added up here, by every block.
__device__ inline double scale_of(Faults* faults, int op, i64 rows, i64 classes, const int* targets,
                                  const float* weights, i64 count, const double* sums, const Step* step) {
    double total = sums ? strided_sum(threadIdx.x, count, blockDim.x, [=](i64 i) { return sums[i]; })
                        : weights_of(faults, op, threadIdx.x, rows, blockDim.x, classes, targets, weights);
    total = block_sum(total);
    double factor = step ? step->loss_scale : 1.0;
    return total == 0.0 ? 0.0 : factor / total;
}

extern "C" __global__ void gradient(Faults* faults, int op, i64 rows, i64 classes, const int* targets,
                                    const float* weights, i64 count, const double* sums, const Step* step,
                                    ELEMENT* all_dx, const float* probabilities, const float* smoothing) {
    double scale = scale_of(faults, op, rows, classes, targets, weights, count, sums, step);
    double smooth = *smoothing, even = smooth / classes * scale;
    double all_weights = team_sum(classes, [=](i64 c) { return weights[c]; });
    EACH_ROW(row, rows) {
        ELEMENT* dx = all_dx + row * classes;
        int t = targets[row];
        bool counts = t >= 0 && t < classes;
        double sharp = counts ? (1.0 - smooth) * weights[t] * scale : 0.0;
        float of_p = (float)(sharp + even * all_weights), of_w = (float)even;
        for (i64 c = team_lane(); c < classes; c += TEAM) {
            float value = of_p * probabilities[row * classes + c] - of_w * weights[c];
            dx[c] = !counts ? 0.0f : c == t ? value - (float)sharp : value;
        }
    }
}

extern "C" __global__ void picked_gradient(Faults* faults, int op, i64 rows, i64 classes, const int* targets,
                                           const float* weights, i64 count, const double* sums, const Step* step,
                                           ELEMENT* all_dx) {
    double scale = scale_of(faults, op, rows, classes, targets, weights, count, sums, step);
    EACH_ROW(row, rows) {
        int t = targets[row];
        for (i64 c = team_lane(); c < classes; c += TEAM) {
            all_dx[row * classes + c] = c == t ? -(float)(weights[c] * scale) : 0.0f;
        }
    }
}
#endif

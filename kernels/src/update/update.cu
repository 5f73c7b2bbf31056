// Passes over the memory of a model: the table of rows says which floats of it.

const int BLOCK = 256;
typedef Pack<float, 4> Floats;
// Floats of a row that a block takes at once.
const int CHUNK = 4 * BLOCK;

// Memory of the model's size, null where it is absent, and its place among the arguments of the operation, which is
// not the first.
struct Region {
    const char* address;
    u32 argument;
};

struct Table {
    const RunRow* rows;
    i64 count;
    u64 bytes;
    Faults* faults;
    int op;
};

// Whether entry `i` of the table lies within the regions. The first block reports it if it does not.
template <int N>
__device__ inline bool lies_within(const Table& table, i64 i, const Region (&regions)[N]) {
    RunRow row = table.rows[i];
    u64 end = row.offset + 4 * row.len;
    bool overflows = row.len >> 62 != 0 || end < row.offset;
    bool outside = overflows || end > table.bytes;
    u32 fault = outside ? regions[0].argument : 0;
#pragma unroll
    for (int n = N - 1; n >= 0; n--) {
        u64 address = (u64)regions[n].address;
        bool misaligned = address != 0 && row.len > 0 && (address + row.offset) % 4 != 0;
        if (!outside && misaligned) fault = regions[n].argument;
    }
    if (fault != 0 && blockIdx.x == 0) {
        report_memory(table.faults, table.op, i, fault, table.bytes, overflows ? -1 : (i64)end);
    }
    return fault == 0;
}

const u32 EVERY = ~0u;

// Calls `f(row, offset, count)` for all floats of the rows with this action, of which `count` <= 4 are at `offset`.
// Blocks take the chunks of all rows in turn, so that many short rows are no more work than a long one.
template <int N, class F>
__device__ inline void each_piece(const Table& table, u32 action, const Region (&regions)[N], F f) {
    __shared__ u32 ends[BLOCK];
    int thread = threadIdx.x;
    for (i64 first = 0; first < table.count; first += BLOCK) {
        const RunRow* rows = table.rows + first;
        int count = (int)min((i64)BLOCK, table.count - first);
        // How many chunks a row and those before it have.
        u32 chunks = 0;
        if (thread < count && (action == EVERY || rows[thread].action == action)) {
            if (lies_within(table, first + thread, regions)) chunks = (u32)((rows[thread].len + CHUNK - 1) / CHUNK);
        }
        ends[thread] = chunks;
        __syncthreads();
        for (int distance = 1; distance < count; distance *= 2) {
            u32 before = thread >= distance ? ends[thread - distance] : 0;
            __syncthreads();
            ends[thread] += before;
            __syncthreads();
        }
        for (u32 chunk = blockIdx.x; chunk < ends[count - 1]; chunk += gridDim.x) {
            // The first row that does not end before the chunk.
            int low = 0, high = count - 1;
            while (low < high) {
                int middle = (low + high) / 2;
                if (ends[middle] > chunk) high = middle; else low = middle + 1;
            }
            const RunRow& row = rows[low];
            u64 at = (u64)(chunk - (low > 0 ? ends[low - 1] : 0)) * CHUNK + 4 * thread;
            if (at < row.len) f(row, row.offset + 4 * at, (int)min((u64)4, row.len - at));
        }
        __syncthreads();
    }
}

__device__ inline Floats read(const char* address, int count) {
    if (count == 4 && (u64)address % 16 == 0) return *(const Floats*)address;
    Floats floats = {};
    for (int k = 0; k < 4; k++) {
        if (k < count) floats.at[k] = ((const float*)address)[k];
    }
    return floats;
}

__device__ inline void write(char* address, int count, const Floats& floats) {
    if (count == 4 && (u64)address % 16 == 0) {
        *(Floats*)address = floats;
        return;
    }
    for (int k = 0; k < 4; k++) {
        if (k < count) ((float*)address)[k] = floats.at[k];
    }
}

// What applies to every parameter of a row.
struct Rates {
    float gradient_scale, clip_value, learning_rate, weight_decay;

    __device__ Rates(const Step* step, const RunRow& row, float clip_value)
        : gradient_scale(step->gradient_scale), clip_value(clip_value),
          learning_rate(step->learning_rate * row.rate), weight_decay(row.weight_decay) {}

    // The gradient as the optimizer sees it. A NaN stays one: a broken step must not look sound.
    __device__ float gradient(float g) const {
        g *= gradient_scale;
        return g > clip_value ? clip_value : g < -clip_value ? -clip_value : g;
    }
};

// Whether an earlier operation found something wrong: then nothing may reach parameters or averages before the host knows.
__device__ inline bool must_wait(const Faults* faults, int op) {
    return faults->kind != 0 ? faults->op != (u32)op : faults->anywhere != 0;
}

#define TABLE const RunRow *rows, i64 count, i64 bytes, Faults *faults, int op
#define THE_TABLE Table{rows, count, (u64)bytes, faults, op}

extern "C" __global__ void sgd(TABLE, const Step* step, char* params, const char* gradients, char* velocity,
                               float momentum, float dampening, int nesterov, float clip_value) {
    if (must_wait(faults, op) || step->skipped) return;
    Region regions[] = {{gradients, 3}, {params, 2}, {velocity, 4}};
    // The first step does not look at what the memory held before.
    bool first = step->index == 0;
    each_piece(THE_TABLE, TRAIN, regions, [&](const RunRow& row, u64 offset, int count) {
        Rates rates(step, row, clip_value);
        Floats g = read(gradients + offset, count), p = read(params + offset, count), v = {};
        if (velocity && !first) v = read(velocity + offset, count);
        for (int k = 0; k < 4; k++) {
            float gradient = rates.gradient(g.at[k]) + rates.weight_decay * p.at[k], update = gradient;
            if (velocity) {
                v.at[k] = first ? gradient : momentum * v.at[k] + (1.0f - dampening) * gradient;
                update = nesterov ? gradient + momentum * v.at[k] : v.at[k];
            }
            p.at[k] -= rates.learning_rate * update;
        }
        write(params + offset, count, p);
        if (velocity) write(velocity + offset, count, v);
    });
}

extern "C" __global__ void adam(TABLE, const Step* step, char* params, const char* gradients, char* first,
                                char* second, float beta1, float beta2, float eps, int decoupled,
                                float clip_value) {
    if (must_wait(faults, op) || step->skipped) return;
    Region regions[] = {{gradients, 3}, {params, 2}, {first, 4}, {second, 5}};
    each_piece(THE_TABLE, TRAIN, regions, [&](const RunRow& row, u64 offset, int count) {
        Rates rates(step, row, clip_value);
        float step_size = rates.learning_rate / step->first_correction, correction = step->second_correction;
        float shrink = decoupled ? 1.0f - rates.learning_rate * rates.weight_decay : 1.0f;
        float decay = decoupled ? 0.0f : rates.weight_decay;
        Floats g = read(gradients + offset, count), p = read(params + offset, count);
        Floats m = read(first + offset, count), v = read(second + offset, count);
        for (int k = 0; k < 4; k++) {
            float gradient = rates.gradient(g.at[k]) + decay * p.at[k];
            m.at[k] += (1.0f - beta1) * (gradient - m.at[k]);
            v.at[k] = beta2 * v.at[k] + (1.0f - beta2) * gradient * gradient;
            p.at[k] = p.at[k] * shrink - step_size * m.at[k] / (sqrtf(v.at[k]) / correction + eps);
        }
        write(params + offset, count, p);
        write(first + offset, count, m);
        write(second + offset, count, v);
    });
}

extern "C" __global__ void rms_prop(TABLE, const Step* step, char* params, const char* gradients, char* squares,
                                    char* buffer, char* average, float alpha, float eps, float momentum,
                                    float clip_value) {
    if (must_wait(faults, op) || step->skipped) return;
    Region regions[] = {{gradients, 3}, {params, 2}, {squares, 4}, {buffer, 5}, {average, 6}};
    each_piece(THE_TABLE, TRAIN, regions, [&](const RunRow& row, u64 offset, int count) {
        Rates rates(step, row, clip_value);
        Floats g = read(gradients + offset, count), p = read(params + offset, count);
        Floats s = read(squares + offset, count), b = {}, a = {};
        if (buffer) b = read(buffer + offset, count);
        if (average) a = read(average + offset, count);
        for (int k = 0; k < 4; k++) {
            float gradient = rates.gradient(g.at[k]) + rates.weight_decay * p.at[k];
            s.at[k] = alpha * s.at[k] + (1.0f - alpha) * gradient * gradient;
            if (average) a.at[k] += (1.0f - alpha) * (gradient - a.at[k]);
            float variance = s.at[k] - a.at[k] * a.at[k];
            // Rounding may take it below zero; a NaN stays one.
            float update = gradient / (sqrtf(variance < 0.0f ? 0.0f : variance) + eps);
            if (buffer) update = b.at[k] = momentum * b.at[k] + update;
            p.at[k] -= rates.learning_rate * update;
        }
        write(params + offset, count, p);
        write(squares + offset, count, s);
        if (buffer) write(buffer + offset, count, b);
        if (average) write(average + offset, count, a);
    });
}

extern "C" __global__ void merge_averages(TABLE, char* params, const char* gradients) {
    if (must_wait(faults, op)) return;
    Region regions[] = {{gradients, 2}, {params, 1}};
    each_piece(THE_TABLE, AVERAGE, regions, [&](const RunRow& row, u64 offset, int count) {
        Floats g = read(gradients + offset, count), p = read(params + offset, count);
        for (int k = 0; k < 4; k++) p.at[k] += row.momentum * (g.at[k] - p.at[k]);
        write(params + offset, count, p);
    });
}

extern "C" __global__ void zero_gradients(TABLE, char* gradients) {
    Region regions[] = {{gradients, 1}};
    each_piece(THE_TABLE, EVERY, regions, [&](const RunRow&, u64 offset, int count) {
        write(gradients + offset, count, Floats{});
    });
}

// The sum of squares of what each block takes, in double precision: squares of large gradients overflow in single
// precision.
extern "C" __global__ void squares(TABLE, const char* gradients, double* sums) {
    Region regions[] = {{gradients, 1}};
    double sum = 0.0;
    each_piece(THE_TABLE, TRAIN, regions, [&](const RunRow&, u64 offset, int count) {
        Floats g = read(gradients + offset, count);
        for (int k = 0; k < 4; k++) sum += (double)g.at[k] * (double)g.at[k];
    });
    sum = block_sum(sum);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// One block, which takes the sums of all in their order.
extern "C" __global__ void clip_norm(int blocks, const double* sums, float max_norm, Step* step, float* norm) {
    double total = 0.0;
    for (int i = threadIdx.x; i < blocks; i += blockDim.x) total += sums[i];
    total = block_sum(total);
    if (threadIdx.x != 0) return;
    float length = fabsf(step->gradient_scale) * (float)sqrt(total);
    *norm = length;
    float coefficient = max_norm / (length + 1e-6f);
    // Not the lesser of the two, which would turn a NaN into 1: a broken step must not look sound.
    step->gradient_scale *= coefficient > 1.0f ? 1.0f : coefficient;
}

extern "C" __global__ void begin_scaled_step(const LossScale* scale, Step* step, StepRates* kept, u64 count) {
    u64 index = step->index, oldest = index < count ? 0 : index - (count - 1);
    u64 taken = index < scale->skipped ? 0 : index - scale->skipped;
    kept[index % count] = StepRates{step->learning_rate, step->first_correction, step->second_correction};
    StepRates now = kept[(taken < oldest ? oldest : taken) % count];
    step->index = taken;
    step->learning_rate = now.learning_rate;
    step->first_correction = now.first_correction;
    step->second_correction = now.second_correction;
    step->loss_scale = scale->scale;
}

// How many numbers of what each block takes are not finite.
extern "C" __global__ void not_finite(TABLE, const char* gradients, u32* counts) {
    Region regions[] = {{gradients, 1}};
    u32 found = 0;
    each_piece(THE_TABLE, TRAIN, regions, [&](const RunRow&, u64 offset, int count) {
        Floats g = read(gradients + offset, count);
        for (int k = 0; k < 4; k++) found += !(fabsf(g.at[k]) < INFINITY);
    });
    found = block_sum(found);
    if (threadIdx.x == 0) counts[blockIdx.x] = found;
}

// One block, which takes the counts of all.
extern "C" __global__ void unscale(int blocks, const u32* counts, Faults* faults, int op, float growth, float backoff,
                                   u32 interval, Step* step, LossScale* scale) {
    // The host does not count a step that failed.
    if (must_wait(faults, op)) return;
    bool found = false;
    for (int i = threadIdx.x; i < blocks; i += blockDim.x) found |= counts[i] != 0;
    found = block_sum(found ? 1 : 0) != 0;
    if (threadIdx.x != 0) return;
    step->gradient_scale /= step->loss_scale;
    step->skipped = found;
    if (found) {
        *scale = LossScale{scale->scale * backoff, 0, scale->skipped + 1};
    } else if (++scale->steady >= interval) {
        float grown = scale->scale * growth;
        *scale = LossScale{grown < INFINITY ? grown : scale->scale, 0, scale->skipped};
    }
}

// Each row of blocks takes rows of the table in turn.
extern "C" __global__ void round_parameters(const RoundRow* rows, i64 count, u64 from_bytes, u64 to_bytes, Faults* faults,
                                            int op, const char* params, char* model) {
    for (i64 i = blockIdx.y; i < count; i += gridDim.y) {
        RoundRow row = rows[i];
        u64 size = row.element == ROUND_F32 ? 4 : 2;
        bool overflows = row.len >> 61 != 0;
        u64 from_end = row.from + 4 * row.len, to_end = row.to + size * row.len;
        bool outside = overflows || from_end < row.from || from_end > from_bytes || (u64)(params + row.from) % 4 != 0;
        bool beyond = overflows || to_end < row.to || to_end > to_bytes || (u64)(model + row.to) % size != 0;
        if (row.len > 0 && (outside || beyond)) {
            if (blockIdx.x == 0 && threadIdx.x == 0) {
                u64 got = outside ? from_bytes : to_bytes, want = outside ? from_end : to_end;
                report_memory(faults, op, i, outside ? 1 : 2, got, overflows || want < got ? -1 : (i64)want);
            }
            continue;
        }
        const float* x = (const float*)(params + row.from);
        char* y = model + row.to;
        EACH(k, (i64)row.len) {
            switch (row.element) {
                case ROUND_F32: ((float*)y)[k] = x[k]; break;
                case ROUND_BF16: ((bf16*)y)[k] = x[k]; break;
                default: ((f16*)y)[k] = x[k];
            }
        }
    }
}

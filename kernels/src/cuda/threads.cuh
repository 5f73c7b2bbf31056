// ---- sums and maxima over threads, always in the same order ----

struct Sum {
    template <class T>
    __device__ T operator()(T a, T b) const {
        return a + b;
    }
};
struct Max {
    template <class T>
    __device__ T operator()(T a, T b) const {
        return maximum(a, b);
    }
};
struct Min {
    template <class T>
    __device__ T operator()(T a, T b) const {
        return minimum(a, b);
    }
};

// What the thread of the warp whose number differs by `bits` has; to be overloaded for what has several parts.
template <class T>
__device__ inline T shuffle_xor(T x, int bits) {
    return __shfl_xor_sync(0xffffffffu, x, bits);
}

// Over the 32 threads of a warp, all of which must come here. Every thread gets the result.
template <class Op, class T>
__device__ inline T warp_reduce(T x, Op op) {
    for (int distance = 16; distance > 0; distance /= 2) {
        x = op(x, shuffle_xor(x, distance));
    }
    return x;
}

// Over all threads of a block, whose number is a multiple of 32 and at most 1024. Every thread gets the result.
template <class Op, class T>
__device__ inline T block_reduce(T x, Op op) {
    __shared__ T parts[32];
    int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    int warps = (int)(blockDim.x * blockDim.y * blockDim.z) / 32;
    x = warp_reduce(x, op);
    // What an earlier reduction left has been read.
    __syncthreads();
    if (thread % 32 == 0) parts[thread / 32] = x;
    __syncthreads();
    T result = parts[0];
    for (int warp = 1; warp < warps; warp++) result = op(result, parts[warp]);
    return result;
}
template <class T>
__device__ inline T block_sum(T x) {
    return block_reduce(x, Sum());
}
template <class T>
__device__ inline T block_max(T x) {
    return block_reduce(x, Max());
}

// Over the threads of each column of a block of 32 by `blockDim.y` threads. Every thread gets the result of its column.
template <class Op, class T>
__device__ inline T column_reduce(T x, Op op) {
    __shared__ T parts[32][32];
    __syncthreads();
    parts[threadIdx.y][threadIdx.x] = x;
    __syncthreads();
    T result = parts[0][threadIdx.x];
    for (int y = 1; y < (int)blockDim.y; y++) result = op(result, parts[y][threadIdx.x]);
    return result;
}

// f(first) + f(first + step) + .. below `end`, for a function that reads numbers: four of them are read at a time and
// added up in their own type, the rest is done in double precision.
template <class F>
__device__ inline double strided_sum(i64 first, i64 end, i64 step, F f) {
    double total = 0.0;
    i64 i = first;
    for (; i + 3 * step < end; i += 4 * step) {
        total += (double)((f(i) + f(i + step)) + (f(i + 2 * step) + f(i + 3 * step)));
    }
    for (; i < end; i += step) total += (double)f(i);
    return total;
}

// ---- rows, each with a team of threads: launched by `Launch::over_rows`, which defines how many ----

#ifdef TEAM
// For every row below `rows` that falls to this thread's team.
#define EACH_ROW(row, rows)                                                            \
    for (i64 row = (blockIdx.x * (i64)blockDim.x + threadIdx.x) / TEAM; row < (rows); \
         row += gridDim.x * (i64)blockDim.x / TEAM)

// The place of this thread in its team.
__device__ inline int team_lane() { return threadIdx.x % TEAM; }

// Over the threads of a team, all of which must come here. Every thread gets the result.
template <class Op, class T>
__device__ inline T team_reduce(T x, Op op) {
    if (TEAM == 32) return warp_reduce(x, op);
    return block_reduce(x, op);
}

// f(0) + f(1) + .. below `count`.
template <class F>
__device__ inline double team_sum(i64 count, F f) {
    return team_reduce(strided_sum(team_lane(), count, TEAM, f), Sum());
}
#endif

// Running sums or products along the middle axis of [outer, len, inner] elements, by parts of the axis, the second
// dimension of the grid. Where `inner` is one (TEAM is defined), a team of threads runs along a row; else each thread
// along a column.

#if FLOAT
typedef double State;
__device__ inline State load(IN x) { return (double)widen(x); }
__device__ inline OUT result(State total) { return narrow<OUT>((Wide<OUT>)total); }
#else
// Integers wrap around.
typedef u64 State;
__device__ inline State load(IN x) { return (u64)(i64)widen(x); }
__device__ inline OUT result(State total) { return (OUT)total; }
#endif

struct Combine {
    __device__ State operator()(State a, State b) const { return PRODUCT ? a * b : a + b; }
};
__device__ inline State combine(State a, State b) { return Combine()(a, b); }
__device__ inline State start() { return PRODUCT ? 1 : 0; }

struct Sizes {
    i64 lines, len, inner;
    int reverse;
};

// The place of element i of a line.
__device__ inline i64 place(Sizes s, i64 line, i64 i) {
    return (line / s.inner * s.len + (s.reverse ? s.len - 1 - i : i)) * s.inner + line % s.inner;
}

// The elements of this block's part.
__device__ inline i64 part_size(Sizes s) { return (s.len + gridDim.y - 1) / gridDim.y; }
__device__ inline i64 part_start(Sizes s) { return min(blockIdx.y * part_size(s), s.len); }
__device__ inline i64 part_end(Sizes s) { return min(part_start(s) + part_size(s), s.len); }

#ifdef TEAM
__device__ inline i64 line() { return (blockIdx.x * (i64)blockDim.x + threadIdx.x) / TEAM; }
__device__ inline int lane() { return team_lane(); }
const int LANES = TEAM;
__device__ inline State team_total(State x) { return team_reduce(x, Combine()); }

// What the threads of the team up to this one have; `total` is what all have.
__device__ inline State team_scan(State x, State* total) {
    int lane = threadIdx.x % 32;
    for (int distance = 1; distance < 32; distance *= 2) {
        State before = __shfl_up_sync(0xffffffffu, x, distance);
        if (lane >= distance) x = combine(before, x);
    }
    *total = __shfl_sync(0xffffffffu, x, 31);
#if TEAM > 32
    __shared__ State totals[TEAM / 32];
    int warp = threadIdx.x / 32;
    __syncthreads();
    if (lane == 0) totals[warp] = *total;
    __syncthreads();
    *total = start();
    for (int i = 0; i < TEAM / 32; i++) {
        if (i == warp) x = combine(*total, x);
        *total = combine(*total, totals[i]);
    }
#endif
    return x;
}
#else
__device__ inline i64 line() { return blockIdx.x * (i64)blockDim.x + threadIdx.x; }
__device__ inline int lane() { return 0; }
const int LANES = 1;
__device__ inline State team_total(State x) { return x; }
__device__ inline State team_scan(State x, State* total) { return *total = x; }
#endif

extern "C" __global__ void totals(i64 lines, i64 len, i64 inner, int reverse, const IN* x, State* parts) {
    Sizes s = {lines, len, inner, reverse};
    State total = start();
    i64 end = line() < lines ? part_end(s) : 0;
    for (i64 i = part_start(s) + lane(); i < end; i += LANES) total = combine(total, load(x[place(s, line(), i)]));
    total = team_total(total);
    if (lane() == 0 && line() < lines) parts[blockIdx.y * lines + line()] = total;
}

extern "C" __global__ void scan(i64 lines, i64 len, i64 inner, int reverse, const IN* __restrict__ x,
                                OUT* __restrict__ y, const State* parts) {
    Sizes s = {lines, len, inner, reverse};
    // What the parts before this one have.
    State before = start();
    i64 earlier = line() < lines ? blockIdx.y : 0;
    for (i64 i = lane(); i < earlier; i += LANES) before = combine(before, parts[i * lines + line()]);
    before = team_total(before);

    // All threads of a block go on until the last is done.
    for (i64 from = part_start(s); from < part_end(s); from += LANES) {
        i64 i = from + lane();
        bool inside = i < part_end(s) && line() < lines;
        i64 at = inside ? place(s, line(), i) : 0;
        State total, found = team_scan(inside ? load(x[at]) : start(), &total);
        if (inside) y[at] = result(combine(before, found));
        before = combine(before, total);
    }
}

// [outer, len, inner] elements of type IN become [outer, inner] of type OUT. Each output has a team of threads: with
// COLUMNS a column of a block of 32 by some threads, so that neighbouring threads read neighbouring elements; else TEAM
// threads. Where there are few outputs, blocks share the elements of each: the second dimension of the grid.

typedef Wide<IN> Number;

__device__ inline Number least() {
    if (IsFloat<Number>::value) return (Number)-INFINITY;
    return (Number)-1 > (Number)0 ? (Number)0 : (Number)(1ull << (8 * sizeof(Number) - 1));
}
__device__ inline Number greatest() {
    if (IsFloat<Number>::value) return (Number)INFINITY;
    return (Number)~(u64)(i64)least();
}

// What elements are added up in: floats in double precision, but four of them first in their own type; integers wrap
// around.
template <class T>
struct Totals {
    typedef u64 Type;
    __device__ static u64 of(T x) { return (u64)(i64)x; }
};
template <>
struct Totals<float> {
    typedef double Type;
    __device__ static float of(float x) { return x; }
};
template <>
struct Totals<double> {
    typedef double Type;
    __device__ static double of(double x) { return x; }
};

// A fold has a State: what some elements have become. `start` is that of none, `of` that of one, with its place on the
// axis, `four` that of four; `merge` makes one of two, `result` what is stored.
template <class S, class Fold>
struct ByMerging {
    __device__ static S four(const Number* x, i64 at, i64 step) {
        S a = Fold::merge(Fold::of(x[0], at), Fold::of(x[1], at + step));
        S b = Fold::merge(Fold::of(x[2], at + 2 * step), Fold::of(x[3], at + 3 * step));
        return Fold::merge(a, b);
    }
    __device__ static Wide<OUT> result(S total, i64) { return (Wide<OUT>)total; }
};

typedef Totals<Number>::Type Total;
struct SUM : ByMerging<Total, SUM> {
    typedef Total State;
    __device__ static State start() { return 0; }
    __device__ static State of(Number x, i64) { return Totals<Number>::of(x); }
    __device__ static State four(const Number* x, i64, i64) {
        auto a = Totals<Number>::of(x[0]) + Totals<Number>::of(x[1]);
        auto b = Totals<Number>::of(x[2]) + Totals<Number>::of(x[3]);
        return a + b;
    }
    __device__ static State merge(State a, State b) { return a + b; }
    __device__ static Wide<OUT> result(State total, i64 divisor) {
        return (Wide<OUT>)(divisor == 1 ? total : total / (State)divisor);
    }
};
struct PROD : ByMerging<Total, PROD> {
    typedef Total State;
    __device__ static State start() { return 1; }
    __device__ static State of(Number x, i64) { return Totals<Number>::of(x); }
    __device__ static State merge(State a, State b) { return a * b; }
};
struct MAX : ByMerging<Number, MAX> {
    typedef Number State;
    __device__ static State start() { return least(); }
    __device__ static State of(Number x, i64) { return x; }
    __device__ static State merge(State a, State b) { return maximum(a, b); }
};
struct MIN : ByMerging<Number, MIN> {
    typedef Number State;
    __device__ static State start() { return greatest(); }
    __device__ static State of(Number x, i64) { return x; }
    __device__ static State merge(State a, State b) { return minimum(a, b); }
};
struct ANY : ByMerging<int, ANY> {
    typedef int State;
    __device__ static State start() { return 0; }
    __device__ static State of(Number x, i64) { return x != (Number)0; }
    __device__ static State merge(State a, State b) { return a | b; }
};
struct ALL : ByMerging<int, ALL> {
    typedef int State;
    __device__ static State start() { return 1; }
    __device__ static State of(Number x, i64) { return x != (Number)0; }
    __device__ static State merge(State a, State b) { return a & b; }
};

// An element and where it is; the first of equals, or of NaN.
struct Placed {
    Number x;
    i64 at;
};
__device__ inline Placed shuffle_xor(Placed a, int bits) {
    return Placed{shuffle_xor(a.x, bits), shuffle_xor(a.at, bits)};
}
__device__ inline Placed better(Placed a, Placed b, bool a_wins, bool b_wins) {
    if (is_nan(a.x) || is_nan(b.x)) {
        a_wins = !is_nan(b.x);
        b_wins = !is_nan(a.x);
    }
    return a_wins || (!b_wins && a.at < b.at) ? a : b;
}
const i64 NOWHERE = 0x7fffffffffffffffll;
struct ARG_MAX : ByMerging<Placed, ARG_MAX> {
    typedef Placed State;
    __device__ static State start() { return Placed{least(), NOWHERE}; }
    __device__ static State of(Number x, i64 at) { return Placed{x, at}; }
    __device__ static State merge(State a, State b) { return better(a, b, a.x > b.x, b.x > a.x); }
    __device__ static i64 result(State total, i64) { return total.at; }
};
struct ARG_MIN : ByMerging<Placed, ARG_MIN> {
    typedef Placed State;
    __device__ static State start() { return Placed{greatest(), NOWHERE}; }
    __device__ static State of(Number x, i64 at) { return Placed{x, at}; }
    __device__ static State merge(State a, State b) { return better(a, b, a.x < b.x, b.x < a.x); }
    __device__ static i64 result(State total, i64) { return total.at; }
};

typedef FOLD::State State;
struct Merge {
    __device__ State operator()(State a, State b) const { return FOLD::merge(a, b); }
};

#if COLUMNS
__device__ inline i64 output() { return blockIdx.x * 32ll + threadIdx.x; }
__device__ inline int lane() { return threadIdx.y; }
__device__ inline int lanes() { return blockDim.y; }
__device__ inline State reduced(State x) { return column_reduce(x, Merge()); }
#else
__device__ inline i64 output() { return (blockIdx.x * (i64)blockDim.x + threadIdx.x) / TEAM; }
__device__ inline int lane() { return team_lane(); }
__device__ inline int lanes() { return TEAM; }
__device__ inline State reduced(State x) { return team_reduce(x, Merge()); }
#endif

// Divided by `divisor`, if it is a sum, and added to what y holds, if that is wanted.
__device__ inline void store(State total, i64 divisor, int accumulate, OUT* y) {
    Wide<OUT> value = FOLD::result(total, divisor);
    *y = narrow<OUT>(accumulate ? (Wide<OUT>)(value + widen(*y)) : value);
}

extern "C" __global__ void fold(i64 outputs, i64 divisor, int accumulate, i64 len, i64 inner, const IN* all, OUT* y,
                                State* parts) {
    i64 out = output(), size = (len + gridDim.y - 1) / gridDim.y;
    const IN* x = all + out / inner * len * inner + out % inner;
    i64 i = blockIdx.y * size + lane(), end = out < outputs ? min(len, (blockIdx.y + 1) * size) : 0;
    State total = FOLD::start();
    i64 step = lanes();
    for (; i + 3 * step < end; i += 4 * step) {
        Number four[4];
        for (int k = 0; k < 4; k++) four[k] = widen(x[(i + k * step) * inner]);
        total = FOLD::merge(total, FOLD::four(four, i, step));
    }
    for (; i < end; i += step) total = FOLD::merge(total, FOLD::of(widen(x[i * inner]), i));
    total = reduced(total);
    if (lane() != 0 || out >= outputs) return;
    if (gridDim.y == 1) {
        store(total, divisor, accumulate, y + out);
    } else {
        parts[blockIdx.y * outputs + out] = total;
    }
}

extern "C" __global__ void merge_parts(i64 outputs, i64 divisor, int accumulate, i64 count, const State* parts,
                                       OUT* y) {
    i64 out = output();
    State total = FOLD::start();
    for (i64 i = lane(); i < count && out < outputs; i += lanes()) {
        total = FOLD::merge(total, parts[i * outputs + out]);
    }
    total = reduced(total);
    if (lane() == 0 && out < outputs) store(total, divisor, accumulate, y + out);
}

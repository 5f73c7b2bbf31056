// Memory is seen as [outer, len, inner]; POSITION is the type of a position among the indices, which are of type
// INDEX_TYPE.

typedef INDEX_TYPE Named;

__device__ inline bool is_below(Named index, i64 len) { return (u64)(i64)index < (u64)len; }

// Reports indices that nothing else looks at.
extern "C" __global__ void check(i64 count, i64 len, const Named* index, Faults* faults, int op) {
    EACH(j, count) {
        if (!is_below(index[j], len)) report_index(faults, op, j, index[j], len);
    }
}

#ifdef SIZE

typedef Uint<SIZE> Bits;

// y[o, j, i] = x[o, index[o, j, i], i]
extern "C" __global__ void gather(i64 named, i64 len, i64 count, i64 inner, const Bits* x, const Named* index, Bits* y,
                                  Faults* faults, int op) {
    EACH(at, named) {
        POSITION row = (POSITION)at / (POSITION)inner, i = (POSITION)at - row * (POSITION)inner;
        i64 outer = row / (POSITION)count;
        Named place = index[at];
        bool valid = is_below(place, len);
        y[at] = valid ? x[(outer * len + place) * inner + i] : 0;
        if (!valid) report_index(faults, op, at, place, len);
    }
}

// y[o, j] = x[o, index[j]], each `inner` packs.
extern "C" __global__ void index_select(i64 named, i64 len, i64 count, i64 inner, const Pack<Bits, WIDTH>* x,
                                        const Named* index, Pack<Bits, WIDTH>* y, Faults* faults, int op) {
    EACH(at, named) {
        POSITION row = (POSITION)at / (POSITION)inner, i = (POSITION)at - row * (POSITION)inner;
        POSITION outer = row / (POSITION)count, j = row - outer * (POSITION)count;
        Named place = index[j];
        bool valid = is_below(place, len);
        Pack<Bits, WIDTH> pack = {};
        if (valid) pack = x[((i64)outer * len + place) * inner + i];
        y[at] = pack;
        if (!valid && outer == 0 && i == 0) report_index(faults, op, j, place, len);
    }
}

#else

// Sums go in the order of the indices, whatever the order of the threads: of those that name a place, the first one's
// thread adds all. `first` and `times` say for each place which position that is, and how many there are.

// Where the index at position `at` of [outer, count, inner] points to.
__device__ inline i64 place_of(i64 at, Named index, i64 len, i64 count, i64 inner) {
    POSITION row = (POSITION)at / (POSITION)inner, i = (POSITION)at - row * (POSITION)inner;
    return ((i64)(row / (POSITION)count) * len + index) * inner + i;
}

extern "C" __global__ void forget(i64 named, i64 len, i64 count, i64 inner, const Named* index, POSITION* first,
                                  POSITION* times) {
    EACH(at, named) {
        if (!is_below(index[at], len)) continue;
        i64 place = place_of(at, index[at], len, count, inner);
        first[place] = ~(POSITION)0;
        times[place] = 0;
    }
}

extern "C" __global__ void note(i64 named, i64 len, i64 count, i64 inner, const Named* index, POSITION* first,
                                POSITION* times, Faults* faults, int op) {
    EACH(at, named) {
        if (!is_below(index[at], len)) {
            report_index(faults, op, at, index[at], len);
            continue;
        }
        i64 place = place_of(at, index[at], len, count, inner);
        atomicMin(&first[place], (POSITION)at);
        atomicAdd(&times[place], (POSITION)1);
    }
}

// What is added: the numbers of the type of y, rounded each time; booleans as truth values.
__device__ inline OUTPUT plus(OUTPUT a, ELEMENT b) {
    return stored<OUTPUT>(number::add(computed(a), (Compute<OUTPUT>)computed(b)));
}

// y[o, index[o, j, i], i] += x[o, j, i]
extern "C" __global__ void scatter_add(i64 named, i64 len, i64 count, i64 inner, const ELEMENT* x, const Named* index,
                                       const POSITION* first, const POSITION* times, OUTPUT* y) {
    EACH(at, named) {
        Named mine = index[at];
        if (!is_below(mine, len)) continue;
        i64 place = place_of(at, mine, len, count, inner);
        if (first[place] != (POSITION)at) continue;
        OUTPUT sum = y[place];
        i64 from = at;
        for (POSITION left = times[place]; left > 0; from += inner) {
            if (index[from] != mine) continue;
            sum = plus(sum, x[from]);
            left--;
        }
        y[place] = sum;
    }
}

// y[o, index[j]] += x[o, j], each `inner` elements: blocks in x for j, in y for o. The threads of a warp, whose columns
// follow each other, search the indices together.
extern "C" __global__ void index_add(i64 outer, i64 len, i64 count, i64 inner, const ELEMENT* x, const Named* index,
                                     const POSITION* first, const POSITION* times, OUTPUT* y) {
    int lane = threadIdx.x % 32;
    for (i64 j = blockIdx.x; j < count; j += gridDim.x) {
        Named mine = index[j];
        if (!is_below(mine, len) || first[mine] != (POSITION)j) continue;
        for (i64 o = blockIdx.y; o < outer; o += gridDim.y) {
            for (i64 column = threadIdx.x; column - lane < inner; column += blockDim.x) {
                const ELEMENT* named = x + o * count * inner + column;
                OUTPUT* to = y + (o * len + mine) * inner + column;
                bool live = column < inner;
                OUTPUT sum = {};
                if (live) sum = *to;
                i64 from = j;
                for (POSITION left = times[mine]; left > 0; from += 32) {
                    bool same = from + lane < count && index[from + lane] == mine;
                    u32 hits = __ballot_sync(0xffffffffu, same);
                    left -= __popc(hits);
                    for (; hits != 0; hits &= hits - 1) {
                        i64 hit = from + __ffs(hits) - 1;
                        if (live) sum = plus(sum, named[hit * inner]);
                    }
                }
                if (live) *to = sum;
            }
        }
    }
}

#endif

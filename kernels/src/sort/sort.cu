// Rows of type ELEMENT are sorted as items: the key of an element, which orders as the elements do, and its index, so
// that no two are equal and equal elements stay in their order. LONG: keys of 64 bits.

__device__ inline u64 key(float x) {
    // The sum makes −0 of no sign.
    u32 bits = (u32)__float_as_int(x + 0.0f);
    return is_nan(x) ? 0xffffffffu : bits ^ (bits >> 31 ? 0xffffffffu : 0x80000000u);
}
__device__ inline u64 key(double x) {
    u64 bits = (u64)__double_as_longlong(x + 0.0);
    return is_nan(x) ? ~0ull : bits ^ (bits >> 63 ? ~0ull : 1ull << 63);
}
__device__ inline u64 key(unsigned char x) { return x; }
__device__ inline u64 key(signed char x) { return (u64)(x + 128); }
__device__ inline u64 key(int x) { return (u32)x ^ 0x80000000u; }
__device__ inline u64 key(i64 x) { return (u64)x ^ (1ull << 63); }

#if LONG
struct Item {
    u64 key, index;
};
__device__ inline Item item(u64 key, i64 index) { return Item{key, (u64)index}; }
__device__ inline bool less(Item a, Item b) { return a.key < b.key || (a.key == b.key && a.index < b.index); }
__device__ inline i64 index_of(Item a) { return (i64)a.index; }
#else
typedef u64 Item;
__device__ inline Item item(u64 key, i64 index) { return key << 32 | (u64)index; }
__device__ inline bool less(Item a, Item b) { return a < b; }
__device__ inline i64 index_of(Item a) { return (i64)(a & 0xffffffffu); }
#endif

__device__ inline void exchange(Item* a, Item* b) {
    Item first = *a, second = *b;
    if (less(second, first)) {
        *a = second;
        *b = first;
    }
}

// The network is Batcher's bitonic one in the form where all exchanges are upwards: sorted runs of `half` become sorted
// runs of 2·half by exchanging mirrored pairs, then pairs `distance` apart for ever smaller distances. What is missing
// at the end of a row counts as greater than everything, and never moves.

// The lower place of pair `i`, and the upper one; `half` and `distance` are powers of two.
__device__ inline i64 mirrored(i64 i, i64 half, i64* upper) {
    i64 within = i & (half - 1);
    *upper = 2 * (i - within + half) - 1 - within;
    return 2 * i - within;
}
__device__ inline i64 apart(i64 i, i64 distance, i64* upper) {
    i64 lower = 2 * i - (i & (distance - 1));
    *upper = lower + distance;
    return lower;
}

// A tile of TILE items in shared memory, sorted by TILE / 2 threads.
__device__ inline void exchange_tile(Item* tile, i64 count, i64 lower, i64 upper) {
    if (upper < count) exchange(tile + lower, tile + upper);
    __syncthreads();
}
__device__ inline void narrow_down(Item* tile, i64 count, i64 distance) {
    for (; distance > 0; distance /= 2) {
        i64 upper, lower = apart(threadIdx.x, distance, &upper);
        exchange_tile(tile, count, lower, upper);
    }
}

// A tile of a row: block `block` of those that all rows need.
struct Part {
    i64 start, first, count;
    __device__ Part(i64 block, i64 len) {
        i64 tiles = (len + TILE - 1) / TILE;
        first = block % tiles * TILE;
        start = block / tiles * len + first;
        count = min(len - first, (i64)TILE);
    }
};

// Makes items of elements, and sorts each tile.
extern "C" __global__ void sort_tiles(i64 blocks, i64 len, int descending, const ELEMENT* x, Item* items) {
    __shared__ Item tile[TILE];
    for (i64 block = blockIdx.x; block < blocks; block += gridDim.x) {
        Part part(block, len);
        for (int i = threadIdx.x; i < part.count; i += TILE / 2) {
            u64 k = key(widen(x[part.start + i]));
            tile[i] = item(descending ? ~k : k, part.first + i);
        }
        __syncthreads();
        for (i64 half = 1; half < part.count; half *= 2) {
            i64 upper, lower = mirrored(threadIdx.x, half, &upper);
            exchange_tile(tile, part.count, lower, upper);
            narrow_down(tile, part.count, half / 2);
        }
        for (int i = threadIdx.x; i < part.count; i += TILE / 2) items[part.start + i] = tile[i];
        __syncthreads();
    }
}

// One step of the network that goes beyond tiles: mirrored pairs, or pairs `half` apart. A row has 2^bits pairs.
extern "C" __global__ void merge_step(i64 rows, i64 len, int bits, i64 half, int mirror, Item* items) {
    EACH(i, rows << bits) {
        Item* row = items + (i >> bits) * len;
        i64 pair = i & ((1ll << bits) - 1);
        i64 upper, lower = mirror ? mirrored(pair, half, &upper) : apart(pair, half, &upper);
        if (upper < len) exchange(row + lower, row + upper);
    }
}

// The steps after it, within tiles.
extern "C" __global__ void merge_tiles(i64 blocks, i64 len, Item* items) {
    __shared__ Item tile[TILE];
    for (i64 block = blockIdx.x; block < blocks; block += gridDim.x) {
        Part part(block, len);
        for (int i = threadIdx.x; i < part.count; i += TILE / 2) tile[i] = items[part.start + i];
        __syncthreads();
        narrow_down(tile, part.count, TILE / 2);
        for (int i = threadIdx.x; i < part.count; i += TILE / 2) items[part.start + i] = tile[i];
        __syncthreads();
    }
}

// Writes what is kept; `scratch`, which may be where the items are, gets the indices, then zeros.
extern "C" __global__ void keep(i64 rows, i64 len, i64 kept, const ELEMENT* x, const Item* items, i64* scratch,
                                ELEMENT* values, i64* indices) {
    EACH(i, rows * len) {
        i64 row = i / len, place = i % len;
        i64 index = place < kept ? index_of(items[i]) : 0;
        scratch[i] = index;
        if (place < kept) {
            values[row * kept + place] = x[row * len + index];
            indices[row * kept + place] = index;
        }
    }
}

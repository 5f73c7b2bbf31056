// Dot products of bytes, of x by weights, four at a time: a quad is four bytes in a row, the first being the lowest.

// sum + the products of the unsigned bytes of x by the signed ones of the weight.
#ifdef CASTIRON_EMULATED
inline int dot(u32 x, u32 weight, int sum) {
    for (int i = 0; i < 32; i += 8) sum += (int)(u8)(x >> i) * (int)(i8)(weight >> i);
    return sum;
}
#else
__device__ __forceinline__ int dot(u32 x, u32 weight, int sum) {
    asm("dp4a.u32.s32 %0, %1, %2, %0;" : "+r"(sum) : "r"(x), "r"(weight));
    return sum;
}
#endif

// READ bytes of a line are read at once: 16, 4 or 1; 16 and 4 divide its length.
enum { QUADS = READ / 4 > 1 ? READ / 4 : 1 };
typedef Pack<u32, QUADS> Quads;

// Those of a line of `len` bytes from quad `at` on. What is beyond the end is zero.
__device__ inline Quads quads(const void* line, i64 len, i64 at) {
    if (READ >= 4) return *(const Quads*)((const u32*)line + at);
    Quads all = {};
    for (int i = 0; i < 4; i++) {
        if (4 * at + i < len) all.at[0] |= (u32)((const u8*)line)[4 * at + i] << 8 * i;
    }
    return all;
}

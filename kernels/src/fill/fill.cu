// Elements of SIZE bytes, of which WIDTH are written at once.
#if SIZE == 1
typedef unsigned char Bits;
#elif SIZE == 2
typedef unsigned short Bits;
#elif SIZE == 4
typedef u32 Bits;
#else
typedef u64 Bits;
#endif

extern "C" __global__ void fill(u64 bits, i64 count, Pack<Bits, WIDTH>* y) {
    Pack<Bits, WIDTH> pack;
    for (int k = 0; k < WIDTH; k++) pack.at[k] = (Bits)bits;
    EACH(i, count) y[i] = pack;
}

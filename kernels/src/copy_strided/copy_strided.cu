// Elements of SIZE bytes, of which WIDTH are copied at once.
#if SIZE == 1
typedef unsigned char Bits;
#elif SIZE == 2
typedef unsigned short Bits;
#elif SIZE == 4
typedef u32 Bits;
#else
typedef u64 Bits;
#endif

extern "C" __global__ void copy(i64 count, int rank, Axes lens, Axes from, Axes to, const Bits* x, Bits* y) {
    EACH(i, count) {
        Place<INDEX> places[2] = {};
        locate((INDEX)i, rank, lens, places, from, to);
        *(Pack<Bits, WIDTH>*)(y + places[1]) = read_pack<WIDTH>(x + places[0], from[0] == 0);
    }
}

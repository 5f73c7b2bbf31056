// Elements of SIZE bytes, of which WIDTH are written at once.
typedef Uint<SIZE> Bits;

extern "C" __global__ void fill(u64 bits, i64 count, Pack<Bits, WIDTH>* y) {
    Pack<Bits, WIDTH> pack;
    for (int k = 0; k < WIDTH; k++) pack.at[k] = (Bits)bits;
    EACH(i, count) y[i] = pack;
}

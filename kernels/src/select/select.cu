// Elements of SIZE bytes, WIDTH at a time.
typedef Uint<SIZE> Bits;

extern "C" __global__ void choose(i64 count, int rank, Axes lens, Axes mask_strides, Axes a_strides, Axes b_strides,
                                  const Bool* mask, const Bits* a, const Bits* b, Pack<Bits, WIDTH>* y) {
    EACH(i, count) {
        Place<INDEX> places[3] = {};
        locate((INDEX)i, rank, lens, places, mask_strides, a_strides, b_strides);
        Pack<Bool, WIDTH> choice = read_pack<WIDTH>(mask + places[0], mask_strides[0] == 0);
        Pack<Bits, WIDTH> yes = read_pack<WIDTH>(a + places[1], a_strides[0] == 0);
        Pack<Bits, WIDTH> no = read_pack<WIDTH>(b + places[2], b_strides[0] == 0);
        for (int k = 0; k < WIDTH; k++) yes.at[k] = choice.at[k].byte ? yes.at[k] : no.at[k];
        y[i] = yes;
    }
}

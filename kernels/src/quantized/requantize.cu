// From one scale to another, WIDTH elements at once, between memories with strides.
extern "C" __global__ void requantize(i64 count, int rank, Axes lens, Axes from, Axes to, const float* scale,
                                      const u8* points, const u8* x, u8* y) {
    Factor factor(*scale);
    Points all(points);
    EACH(i, count) {
        Place<INDEX> places[2] = {};
        locate((INDEX)i, rank, lens, places, from, to);
        Pack<u8, WIDTH> pack = read_pack<WIDTH>(x + places[0], from[0] == 0);
#pragma unroll
        for (int k = 0; k < WIDTH; k++) pack.at[k] = all.byte(factor.times(pack.at[k] - all.x));
        *(Pack<u8, WIDTH>*)(y + places[1]) = pack;
    }
}

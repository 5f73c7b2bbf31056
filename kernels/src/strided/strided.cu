// y = factor·x, or y += factor·x where `accumulate`, WIDTH elements at a time.
extern "C" __global__ void scale(i64 count, int rank, Axes lens, Axes from, Axes to, float factor, int accumulate,
                                 const float* x, float* y) {
    EACH(i, count) {
        Place<INDEX> places[2] = {};
        locate((INDEX)i, rank, lens, places, from, to);
        Pack<float, WIDTH> in = read_pack<WIDTH>(x + places[0], from[0] == 0), out = {};
        Pack<float, WIDTH>* target = (Pack<float, WIDTH>*)(y + places[1]);
        if (accumulate) out = *target;
        for (int k = 0; k < WIDTH; k++) {
            out.at[k] = accumulate ? out.at[k] + factor * in.at[k] : factor * in.at[k];
        }
        *target = out;
    }
}

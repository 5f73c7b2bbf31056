// Word i mod 4 of counter i / 4 decides about element i. WHOLE: there are four elements for each counter, all
// aligned.
extern "C" __global__ void dropout(const Step* step, u64 path, u64 threshold, float scale, i64 len, const ELEMENT* x,
                                   ELEMENT* y) {
    u64 seed = step->seed;
    u32 draw = (u32)step->draw;
    EACH(counter, (len + 3) / 4) {
        Words words = philox((u32)counter, (u32)path, (u32)(path >> 32), draw, (u32)seed, (u32)(seed >> 32));
        i64 first = 4 * counter;
#if WHOLE
        Pack<ELEMENT, 4> four = *(const Pack<ELEMENT, 4>*)(x + first);
        for (int k = 0; k < 4; k++) four.at[k] = words.at[k] >= threshold ? four.at[k] * scale : 0.0f;
        *(Pack<ELEMENT, 4>*)(y + first) = four;
#else
        for (int k = 0; k < 4; k++) {
            if (first + k < len) y[first + k] = words.at[k] >= threshold ? x[first + k] * scale : 0.0f;
        }
#endif
    }
}

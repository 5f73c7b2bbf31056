// Every `inner` elements of x are repeated, to `slab` elements. INDEX is a type that holds the number of elements.
extern "C" __global__ void expand(i64 len, i64 slab, i64 inner, float factor, const ELEMENT* x, ELEMENT* y) {
    EACH(i, len) {
        INDEX at = i;
        y[i] = factor * x[at / (INDEX)slab * (INDEX)inner + at % (INDEX)inner];
    }
}

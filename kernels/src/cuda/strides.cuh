// ---- memory with strides: `Space` of the host ----

typedef Array<i64, 8> Axes;

// Where an element is among others, may be before them.
template <class Index>
struct PlaceOf {
    typedef i64 Type;
};
template <>
struct PlaceOf<u32> {
    typedef int Type;
};
template <class Index>
using Place = typename PlaceOf<Index>::Type;

// Adds to `places` where index `i` of a space lies in memories with these strides. Axes come the innermost first.
template <class Index, class... Strides>
__device__ inline void locate(Index i, int rank, const Axes& lens, Place<Index>* places,
                              const Strides&... strides) {
#pragma unroll
    for (int axis = 0; axis < 8; axis++) {
        Index rest = axis + 1 < rank ? i / (Index)lens[axis] : 0;
        Place<Index> along = (Place<Index>)(i - rest * (Index)lens[axis]);
        if (axis + 1 == rank) along = (Place<Index>)i;
        int memory = 0;
        ((places[memory++] += along * (Place<Index>)strides[axis]), ...);
        if (axis + 1 == rank) break;
        i = rest;
    }
}

// N elements from an address on, or the one there N times.
template <int N, class T>
__device__ inline Pack<T, N> read_pack(const T* x, bool repeat) {
    if (!repeat) return *(const Pack<T, N>*)x;
    Pack<T, N> pack;
    for (int k = 0; k < N; k++) pack.at[k] = *x;
    return pack;
}

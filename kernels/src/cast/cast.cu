// FROM one element type to each of all, WIDTH elements at a time.

// The limits of an integer type; the upper one is the first number that is too large, which any float has.
template <class T>
struct Limits {
    static const bool is_signed = (T)-1 < 0;
    static const int bits = 8 * sizeof(T) - (is_signed ? 1 : 0);
    __device__ static double above() { return 2.0 * (double)(1ull << (bits - 1)); }
    __device__ static T highest() { return (T)(~0ull >> (64 - bits)); }
};

// Towards zero; what is out of range becomes the nearest, NaN 0.
template <class To, class C>
__device__ inline To to_integer(C x) {
    const C above = (C)Limits<To>::above(), below = Limits<To>::is_signed ? -above : (C)0;
    const To highest = Limits<To>::highest();
    if (x >= above) return highest;
    if (x <= below) return Limits<To>::is_signed ? (To)(-highest - 1) : (To)0;
    return is_nan(x) ? (To)0 : (To)x;
}

// By way of what x is computed in, which is exact: floats are rounded to nearest, of integers the low bits stay.
template <class To, class C>
__device__ inline To convert(C x, To*) {
    if constexpr (IsFloat<C>::value && !IsFloat<Wide<To>>::value) {
        return to_integer<To>(x);
    } else {
        return narrow<To>((Wide<To>)x);
    }
}
template <class C>
__device__ inline Bool convert(C x, Bool*) {
    return Bool{(unsigned char)(x != 0)};
}

template <class To>
__device__ inline void cast(i64 count, const Pack<FROM, WIDTH>* x, Pack<To, WIDTH>* y) {
    EACH(i, count) {
        Pack<FROM, WIDTH> in = x[i];
        Pack<To, WIDTH> out;
        for (int k = 0; k < WIDTH; k++) out.at[k] = convert(computed(in.at[k]), (To*)0);
        y[i] = out;
    }
}

#define CAST(kernel, To)                                                                                      \
    extern "C" __global__ void kernel(i64 count, const Pack<FROM, WIDTH>* x, Pack<To, WIDTH>* y) {            \
        cast(count, x, y);                                                                                    \
    }
CAST(cast_to_f32, float)
CAST(cast_to_f64, double)
CAST(cast_to_bf16, bf16)
CAST(cast_to_f16, f16)
CAST(cast_to_i8, signed char)
CAST(cast_to_u8, unsigned char)
CAST(cast_to_i32, int)
CAST(cast_to_i64, i64)
CAST(cast_to_bool, Bool)

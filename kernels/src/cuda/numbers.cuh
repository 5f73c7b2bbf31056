// ---- arithmetic of all element types ----

// What numbers are computed in. Low bits of sums and products do not depend on the high ones, so that small integers
// wrap around in `int` too.
template <class T>
struct ComputeOf {
    typedef int Type;
};
template <>
struct ComputeOf<float> {
    typedef float Type;
};
template <>
struct ComputeOf<bf16> {
    typedef float Type;
};
template <>
struct ComputeOf<f16> {
    typedef float Type;
};
template <>
struct ComputeOf<double> {
    typedef double Type;
};
template <>
struct ComputeOf<i64> {
    typedef i64 Type;
};
template <class T>
using Compute = typename ComputeOf<T>::Type;

template <class T>
__device__ inline Compute<T> computed(T x) {
    return (Compute<T>)widen(x);
}
// Rounds floats, and keeps the low bits of integers.
template <class T>
__device__ inline T stored(Compute<T> x) {
    return narrow<T>((Wide<T>)x);
}
template <>
__device__ inline Bool stored<Bool>(int x) {
    return Bool{(unsigned char)(x != 0)};
}

namespace number {

template <class C>
struct Unsigned {
    typedef C Type;
};
template <>
struct Unsigned<int> {
    typedef u32 Type;
};
template <>
struct Unsigned<i64> {
    typedef u64 Type;
};
// Integers wrap around as unsigned ones; floats are themselves.
template <class C>
using Bits = typename Unsigned<C>::Type;

template <class C>
__device__ inline C add(C a, C b) {
    return (C)((Bits<C>)a + (Bits<C>)b);
}
template <class C>
__device__ inline C sub(C a, C b) {
    return (C)((Bits<C>)a - (Bits<C>)b);
}
template <class C>
__device__ inline C mul(C a, C b) {
    return (C)((Bits<C>)a * (Bits<C>)b);
}
template <class C>
__device__ inline C neg(C a) {
    return (C)-(Bits<C>)a;
}

// Integers towards zero; what is divided by zero is zero.
template <class C>
__device__ inline C div(C a, C b) {
    return b == 0 ? 0 : b == -1 ? neg(a) : a / b;
}
__device__ inline float div(float a, float b) { return a / b; }
__device__ inline double div(double a, double b) { return a / b; }

// The remainder with the sign of the dividend; of integers by zero: zero.
template <class C>
__device__ inline C fmod(C a, C b) {
    return b == 0 || b == -1 ? 0 : a % b;
}
__device__ inline float fmod(float a, float b) { return ::fmodf(a, b); }
__device__ inline double fmod(double a, double b) { return ::fmod(a, b); }

// Whether a remainder has another sign than the divisor.
template <class C>
__device__ inline bool is_beside(C r, C b) {
    return r != 0 && (r < 0) != (b < 0);
}

// The remainder with the sign of the divisor; of integers by zero: zero.
template <class C>
__device__ inline C rem(C a, C b) {
    C r = fmod(a, b);
    return is_beside(r, b) ? r + b : r;
}

// The greatest whole number that is not above a / b; of integers by zero: zero.
template <class C>
__device__ inline C div_floor(C a, C b) {
    return div(a, b) - (is_beside(fmod(a, b), b) ? 1 : 0);
}
template <class C>
__device__ inline C float_div_floor(C a, C b) {
    if (b == 0) return a / b;
    // Without the remainder the quotient is whole but for rounding, so that it cannot be rounded to the wrong side.
    C r = fmod(a, b);
    C floor = ::rint((a - r) / b) - (is_beside(r, b) ? 1 : 0);
    // What is left without the remainder may be a zero, whose sign says nothing.
    return floor == 0 ? ::copysign(floor, a / b) : floor;
}
__device__ inline float div_floor(float a, float b) { return float_div_floor(a, b); }
__device__ inline double div_floor(double a, double b) { return float_div_floor(a, b); }

// Negative powers of integers are zero but for those of 1 and -1.
template <class C>
__device__ inline C pow(C a, C b) {
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 == 0 ? 1 : -1) : 0;
    C result = 1;
    for (; b > 0; b /= 2, a = mul(a, a)) {
        if (b % 2 == 1) result = mul(result, a);
    }
    return result;
}
__device__ inline float pow(float a, float b) { return ::powf(a, b); }
__device__ inline double pow(double a, double b) { return ::pow(a, b); }

}  // namespace number

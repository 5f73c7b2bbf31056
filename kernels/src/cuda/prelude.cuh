// What every CUDA source of castiron starts with. It needs no header of the toolkit.
//
// Arithmetic is done in `Wide<T>`: the type itself, but float for the 16-bit floats (which are rounded once, when
// the result is stored) and unsigned char for booleans.

typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;

#ifndef INFINITY
#define INFINITY __int_as_float(0x7f800000)
#endif
#ifndef NAN
#define NAN __int_as_float(0x7fc00000)
#endif

// ---- loops ----

// For every i below `count` that falls to this thread: launched by `Launch::over`.
#define EACH(i, count)                                                                 \
    for (i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x, count_ = (count); i < count_; \
         i += gridDim.x * (i64)blockDim.x)

// Numbers that belong together, passed by value: `Launch::array`.
template <class T, int N>
struct Array {
    T at[N];
    __device__ T operator[](int i) const { return at[i]; }
};

// ---- element types ----

// The 16-bit floats become floats where they are read, and are rounded where they are written.
struct bf16 {
    unsigned short bits;
    __device__ inline operator float() const;
    __device__ inline bf16& operator=(float x);
};
struct f16 {
    unsigned short bits;
    __device__ inline operator float() const;
    __device__ inline f16& operator=(float x);
};
struct Bool {
    unsigned char byte;
};

__device__ inline float to_float(bf16 x) { return __int_as_float((int)((u32)x.bits << 16)); }

// Rounds to nearest, ties to even; NaN stays NaN.
__device__ inline bf16 to_bf16(float x) {
    u32 bits = (u32)__float_as_int(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return bf16{(unsigned short)((bits >> 16) | 0x40u)};
    return bf16{(unsigned short)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
}

#ifdef CASTIRON_EMULATED
inline float to_float(f16 x) {
    _Float16 half;
    memcpy(&half, &x.bits, 2);
    return (float)half;
}
inline f16 to_f16(float x) {
    _Float16 half = (_Float16)x;
    f16 y;
    memcpy(&y.bits, &half, 2);
    return y;
}
#else
__device__ inline float to_float(f16 x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
}
__device__ inline f16 to_f16(float x) {
    f16 y;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
    return y;
}
#endif

__device__ inline bf16::operator float() const { return to_float(*this); }
__device__ inline f16::operator float() const { return to_float(*this); }
__device__ inline bf16& bf16::operator=(float x) { return *this = to_bf16(x); }
__device__ inline f16& f16::operator=(float x) { return *this = to_f16(x); }

// What activations and weights are made of, and what an operation writes: `Gpu::element`, `Gpu::output`. Sums and
// gradients of parameters are floats.
#ifndef ELEMENT
#define ELEMENT float
#endif
#ifndef OUTPUT
#define OUTPUT float
#endif

// `Element<T>::Wide`, `widen` and `narrow<T>`.
template <class T>
struct Element {
    typedef T Wide;
    __device__ static T widen(T x) { return x; }
    __device__ static T narrow(T x) { return x; }
};
template <>
struct Element<bf16> {
    typedef float Wide;
    __device__ static float widen(bf16 x) { return to_float(x); }
    __device__ static bf16 narrow(float x) { return to_bf16(x); }
};
template <>
struct Element<f16> {
    typedef float Wide;
    __device__ static float widen(f16 x) { return to_float(x); }
    __device__ static f16 narrow(float x) { return to_f16(x); }
};
template <>
struct Element<Bool> {
    typedef unsigned char Wide;
    __device__ static unsigned char widen(Bool x) { return x.byte != 0; }
    __device__ static Bool narrow(unsigned char x) { return Bool{(unsigned char)(x != 0)}; }
};
template <class T>
using Wide = typename Element<T>::Wide;

template <class T>
__device__ inline Wide<T> widen(T x) {
    return Element<T>::widen(x);
}
template <class T>
__device__ inline T narrow(Wide<T> x) {
    return Element<T>::narrow(x);
}

// N elements that are read and written at once, at an address that is a multiple of their size: `launch::pack`.
template <class T, int N>
struct alignas(sizeof(T) * N) Pack {
    T at[N];
};

// The unsigned integer of so many bytes: for elements of which only the bits matter.
template <int bytes>
struct UintOf {
    typedef unsigned char Type;
};
template <>
struct UintOf<2> {
    typedef unsigned short Type;
};
template <>
struct UintOf<4> {
    typedef u32 Type;
};
template <>
struct UintOf<8> {
    typedef u64 Type;
};
template <int bytes>
using Uint = typename UintOf<bytes>::Type;

// Whether it is a floating-point type, after widening.
template <class T>
struct IsFloat {
    static const bool value = false;
};
template <>
struct IsFloat<float> {
    static const bool value = true;
};
template <>
struct IsFloat<double> {
    static const bool value = true;
};

// NaN is not itself.
template <class T>
__device__ inline bool is_nan(T x) {
    return x != x;
}
// The greater and the lesser; NaN if either is.
template <class T>
__device__ inline T maximum(T a, T b) {
    return a > b || is_nan(a) ? a : b;
}
template <class T>
__device__ inline T minimum(T a, T b) {
    return a < b || is_nan(a) ? a : b;
}

// ---- activation functions, by the number that `Activation::code` gives them ----

enum { IDENTITY, RELU, RELU6, LEAKY_RELU, SIGMOID, TANH, GELU, GELU_TANH, SILU, SQRT };

__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
__device__ inline float gelu_inner(float x) { return 0.7978846f * (x + 0.044715f * x * x * x); }

__device__ inline float activate(int code, float slope, float x) {
    switch (code) {
        case RELU: return x < 0.0f ? 0.0f : x;
        case RELU6: return x < 0.0f ? 0.0f : x > 6.0f ? 6.0f : x;
        case LEAKY_RELU: return x > 0.0f ? x : slope * x;
        case SIGMOID: return sigmoid(x);
        case TANH: return tanhf(x);
        case GELU: return 0.5f * x * erfcf(-0.70710678f * x);
        case GELU_TANH: return x * sigmoid(2.0f * gelu_inner(x));
        case SILU: return x * sigmoid(x);
        case SQRT: return sqrtf(x);
        default: return x;
    }
}

// The derivative at x with y = f(x). Of x only what `Activation::differentiates_from_output` leaves is looked at.
__device__ inline float derivative(int code, float slope, float x, float y) {
    switch (code) {
        case RELU: return y > 0.0f ? 1.0f : 0.0f;
        case RELU6: return y > 0.0f && y < 6.0f ? 1.0f : 0.0f;
        case LEAKY_RELU: return y > 0.0f ? 1.0f : slope;
        case SIGMOID: return y * (1.0f - y);
        case TANH: return 1.0f - y * y;
        case GELU: return 0.5f * erfcf(-0.70710678f * x) + x * 0.39894228f * expf(-0.5f * x * x);
        case GELU_TANH: {
            float s = sigmoid(2.0f * gelu_inner(x));
            return s + x * s * (1.0f - s) * 2.0f * 0.7978846f * (1.0f + 3.0f * 0.044715f * x * x);
        }
        case SILU: {
            float s = sigmoid(x);
            return s * (1.0f + x * (1.0f - s));
        }
        case SQRT: return 0.5f / y;
        default: return 1.0f;
    }
}

// ---- what changes from step to step ----

struct Step {
    u64 seed, draw, index;
    float learning_rate, first_correction, second_correction, gradient_scale, loss_scale;
    u32 skipped;
};

struct RunRow {
    u64 offset, len;
    u32 action;
    float rate, weight_decay, momentum;
};
enum { SKIP, TRAIN, AVERAGE };

struct LossScale {
    float scale;
    u32 steady;
    u64 skipped;
};

struct StepRates {
    float learning_rate, first_correction, second_correction;
};

struct RoundRow {
    u64 from, to, len;
    u32 element, unused;
};
enum { ROUND_F32, ROUND_BF16, ROUND_F16 };

// ---- random numbers: Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3 (2011) ----

struct Words {
    u32 at[4];
};

// Philox4x32-10 of a counter and a key.
__device__ inline Words philox(u32 a, u32 b, u32 c, u32 d, u32 key0, u32 key1) {
    for (int round = 0; round < 10; round++) {
        u64 first = (u64)0xD2511F53u * a, second = (u64)0xCD9E8D57u * c;
        a = (u32)(second >> 32) ^ b ^ key0;
        b = (u32)second;
        c = (u32)(first >> 32) ^ d ^ key1;
        d = (u32)first;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return Words{{a, b, c, d}};
}

// ---- faults in the data ----

struct Faults {
    u32 lock, kind, op, argument;
    i64 row, got, limit;
    // Whether there is a fault here or on another GPU that trains the same model.
    u32 anywhere, unused;
};

__device__ inline void report(Faults* faults, u32 kind, int op, i64 row, i64 got, i64 limit, u32 argument = 0) {
    while (atomicCAS(&faults->lock, 0u, 1u) != 0u) {
    }
    __threadfence();
    // The first operation that finds something, and of that the first row.
    volatile Faults* f = faults;
    if (f->kind == 0u || (f->op == (u32)op && row < f->row)) {
        f->kind = kind;
        f->op = (u32)op;
        f->argument = argument;
        f->row = row;
        f->got = got;
        f->limit = limit;
        f->anywhere = 1u;
    }
    __threadfence();
    atomicExch(&faults->lock, 0u);
}

// An index in row `row` of the data is not below `limit`.
__device__ inline void report_index(Faults* faults, int op, i64 row, i64 got, i64 limit) {
    report(faults, 1u, op, row, got, limit);
}

// An integer was divided by zero. All that do are the same, so that they need not wait for each other.
__device__ inline void report_zero_divisor(Faults* faults, int op) {
    if (((volatile Faults*)faults)->kind == 0u) report(faults, 2u, op, 0, 0, 0);
}

// Entry `row` of a table names memory that ends at byte `want` of an argument that has `got`.
__device__ inline void report_memory(Faults* faults, int op, i64 row, u32 argument, i64 got, i64 want) {
    report(faults, 3u, op, row, got, want, argument);
}

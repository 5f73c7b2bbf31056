// Tensor cores: products of small matrices by one warp, and what brings their operands into place.
//
// D[16, 8] += A[16, K] · B[K, 8], accumulated in float, or in int. Lane l holds, with g = l / 4 and t = l % 4:
//
//   K = 16, two 16-bit elements a register, the one of lower k in the lower half:
//     a[0]: A[g][2t, 2t+1]     a[1]: A[g+8][2t, 2t+1]     a[2]: A[g][2t+8, 2t+9]     a[3]: A[g+8][2t+8, 2t+9]
//     b[0]: B[2t, 2t+1][g]     b[1]: B[2t+8, 2t+9][g]
//   K = 8, one tf32 a register:
//     a[0]: A[g][t]            a[1]: A[g+8][t]            a[2]: A[g][t+4]            a[3]: A[g+8][t+4]
//     b[0]: B[t][g]            b[1]: B[t+4][g]
//   K = 32, four bytes a register, the one of lowest k in the lowest bits: as K = 8, where each k is four.
//   d[0], d[1]: D[g][2t, 2t+1]   d[2], d[3]: D[g+8][2t, 2t+1]
//
// All lanes of the warp call together. bf16, tf32, bytes and asynchronous copies need compute capability 8.0; before that,
// copies are plain ones, and there is no product of bf16, tf32 or bytes.
#ifndef CASTIRON_EMULATED

#define MMA(SHAPE, TYPE) MMA_IN("f32", "+f", SHAPE, TYPE "." TYPE)
#define MMA_IN(SUM, REGISTER, SHAPE, TYPES)                                                                     \
    asm volatile("mma.sync.aligned." SHAPE ".row.col." SUM "." TYPES "." SUM " {%0, %1, %2, %3}, "              \
                 "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                                                \
                 : REGISTER(d[0]), REGISTER(d[1]), REGISTER(d[2]), REGISTER(d[3])                               \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))

#if __CUDA_ARCH__ >= 800
__device__ __forceinline__ void mma_m16n8k16_f16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    MMA("m16n8k16", "f16");
}
__device__ __forceinline__ void mma_m16n8k16_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    MMA("m16n8k16", "bf16");
}
__device__ __forceinline__ void mma_m16n8k8_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    MMA("m16n8k8", "tf32");
}
// Signed by unsigned bytes, and unsigned by signed ones.
__device__ __forceinline__ void mma_m16n8k32_s8u8(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    MMA_IN("s32", "+r", "m16n8k32", "s8.u8");
}
__device__ __forceinline__ void mma_m16n8k32_u8s8(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    MMA_IN("s32", "+r", "m16n8k32", "u8.s8");
}
// The nearest tf32, in the register of a float; ties go away from zero.
__device__ __forceinline__ unsigned to_tf32(float x) {
    unsigned y;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(y) : "f"(x));
    return y;
}
#else
__device__ __forceinline__ void mma_m16n8k8_f16(float (&d)[4], unsigned a0, unsigned a1, unsigned b) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a0), "r"(a1), "r"(b));
}
__device__ __forceinline__ void mma_m16n8k16_f16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    mma_m16n8k8_f16(d, a[0], a[1], b[0]);
    mma_m16n8k8_f16(d, a[2], a[3], b[1]);
}
#endif
#undef MMA
#undef MMA_IN

__device__ __forceinline__ unsigned shared_address(const void* p) { return unsigned(__cvta_generic_to_shared(p)); }

// Matrices of 8×8 16-bit elements from shared memory: lane l gives the address of row l % 8 of matrix l / 8, 16 bytes
// aligned to 16; it gets [g][2t, 2t+1] of each matrix, or of each transposed one.
#define LDMATRIX_X4(TRANSPOSED)                                                                                 \
    asm volatile("ldmatrix.sync.aligned.m8n8.x4" TRANSPOSED ".shared.b16 {%0, %1, %2, %3}, [%4];"               \
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])                                               \
                 : "r"(shared_address(row))                                                                     \
                 : "memory")
#define LDMATRIX_X2(TRANSPOSED)                                                                                 \
    asm volatile("ldmatrix.sync.aligned.m8n8.x2" TRANSPOSED ".shared.b16 {%0, %1}, [%2];"                       \
                 : "=r"(r[0]), "=r"(r[1])                                                                       \
                 : "r"(shared_address(row))                                                                     \
                 : "memory")
__device__ __forceinline__ void ldmatrix_x4(unsigned (&r)[4], const void* row) { LDMATRIX_X4(""); }
__device__ __forceinline__ void ldmatrix_x4_trans(unsigned (&r)[4], const void* row) { LDMATRIX_X4(".trans"); }
__device__ __forceinline__ void ldmatrix_x2(unsigned (&r)[2], const void* row) { LDMATRIX_X2(""); }
__device__ __forceinline__ void ldmatrix_x2_trans(unsigned (&r)[2], const void* row) { LDMATRIX_X2(".trans"); }
#undef LDMATRIX_X4
#undef LDMATRIX_X2

// Copies 4, 8 or 16 bytes, aligned to as many, from global to shared memory; zeros if not `valid`, and then nothing is
// read. The bytes are there once this thread has waited for their group, and for others after a barrier.
template <int BYTES>
__device__ __forceinline__ void cp_async(void* shared, const void* global, bool valid = true) {
#if __CUDA_ARCH__ >= 800
    if (BYTES == 16)
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global),
                     "r"(valid ? 16 : 0)
                     : "memory");
    else
        asm volatile("cp.async.ca.shared.global [%0], [%1], %3, %2;" ::"r"(shared_address(shared)), "l"(global),
                     "r"(valid ? BYTES : 0), "n"(BYTES)
                     : "memory");
#else
    const int WORDS = BYTES / 4;
    for (int i = 0; i < WORDS; i++) ((unsigned*)shared)[i] = valid ? ((const unsigned*)global)[i] : 0;
#endif
}
__device__ __forceinline__ void cp_async_commit() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}
// Waits until at most `PENDING` of this thread's groups are under way.
template <int PENDING>
__device__ __forceinline__ void cp_async_wait() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
#endif
}

#else  // CASTIRON_EMULATED: the warp's lanes take turns, and a copy is not done before its wait.

struct TensorOperands {
    unsigned a[4], b[2];
};

// `of_a(register, i)`, `of_b(register, i)`: the i-th element that a register holds, of `COUNT`. Sums are in double,
// rounded once, which is exact for bytes.
template <int COUNT, class T, class A, class B>
inline void emulated_mma(T (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], A of_a, B of_b) {
    TensorOperands own = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
    auto lanes = emulator::gather(~0u, own);
    const unsigned g = emulator::lane() / 4, t = emulator::lane() % 4;
    double sums[4] = {d[0], d[1], d[2], d[3]};
    for (unsigned k = 0; k < 4; k++) {
        TensorOperands row = lanes[4 * g + k], left = lanes[8 * t + k], right = lanes[8 * t + 4 + k];
        for (int half = 0; half < 2; half++)
            for (int i = 0; i < COUNT; i++)
                for (int q = 0; q < 4; q++)
                    sums[q] += double(of_a(row.a[2 * half + q / 2], i)) *
                               double(of_b((q % 2 ? right : left).b[half], i));
    }
    for (int q = 0; q < 4; q++) d[q] = T(sums[q]);
}
template <int COUNT, class F>
inline void emulated_mma(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], F value) {
    emulated_mma<COUNT>(d, a, b, value, value);
}
inline void mma_m16n8k16_f16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    emulated_mma<2>(d, a, b, [](unsigned pair, int i) {
        return float(__bits_as<_Float16>((unsigned short)(i ? pair >> 16 : pair)));
    });
}
#if __CUDA_ARCH__ >= 800
inline void mma_m16n8k16_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    emulated_mma<2>(d, a, b, [](unsigned pair, int i) { return __uint_as_float(i ? pair & 0xffff0000 : pair << 16); });
}
inline void mma_m16n8k32_s8u8(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    emulated_mma<4>(
        d, a, b, [](unsigned quad, int i) { return (signed char)(quad >> 8 * i); },
        [](unsigned quad, int i) { return (unsigned char)(quad >> 8 * i); });
}
inline void mma_m16n8k32_u8s8(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    emulated_mma<4>(
        d, a, b, [](unsigned quad, int i) { return (unsigned char)(quad >> 8 * i); },
        [](unsigned quad, int i) { return (signed char)(quad >> 8 * i); });
}
// Hardware takes no notice of the bits that tf32 does not have.
inline void mma_m16n8k8_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    emulated_mma<1>(d, a, b, [](unsigned x, int) { return __uint_as_float(x & 0xffffe000); });
}
inline unsigned to_tf32(float x) {
    unsigned bits = __float_as_uint(x);
    return (bits & 0x7f800000) == 0x7f800000 ? bits : (bits + 0x1000) & 0xffffe000;
}
#endif

template <int COUNT, bool TRANSPOSED>
inline void emulated_ldmatrix(unsigned (&r)[COUNT], const void* row) {
    struct Row {
        unsigned short x[8];
    };
    // Lanes beyond the matrices give no address.
    const uint4 none = {};
    uint4 words = emulator::lane() < 8 * COUNT ? *(const uint4*)row : none;
    auto rows = emulator::gather(~0u, __bits_as<Row>(words));
    const unsigned g = emulator::lane() / 4, t = emulator::lane() % 4;
    for (int m = 0; m < COUNT; m++) {
        unsigned low = TRANSPOSED ? rows[8 * m + 2 * t].x[g] : rows[8 * m + g].x[2 * t];
        unsigned high = TRANSPOSED ? rows[8 * m + 2 * t + 1].x[g] : rows[8 * m + g].x[2 * t + 1];
        r[m] = high << 16 | low;
    }
}
inline void ldmatrix_x4(unsigned (&r)[4], const void* row) { emulated_ldmatrix<4, false>(r, row); }
inline void ldmatrix_x4_trans(unsigned (&r)[4], const void* row) { emulated_ldmatrix<4, true>(r, row); }
inline void ldmatrix_x2(unsigned (&r)[2], const void* row) { emulated_ldmatrix<2, false>(r, row); }
inline void ldmatrix_x2_trans(unsigned (&r)[2], const void* row) { emulated_ldmatrix<2, true>(r, row); }

template <int BYTES>
inline void cp_async(void* shared, const void* global, bool valid = true) {
    // Checks the alignment of both.
    struct alignas(BYTES) Words {
        unsigned x[BYTES / 4];
    };
    const Words& from = *(const Words*)global;
    Words& to = *(Words*)shared;
    emulator::runtime->copy_later(&to, valid ? &from : nullptr, BYTES);
}
inline void cp_async_commit() { emulator::runtime->commit_copies(); }
template <int PENDING>
inline void cp_async_wait() {
    emulator::runtime->wait_for_copies(PENDING);
}

#endif

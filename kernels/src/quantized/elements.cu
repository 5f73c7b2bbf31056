// What is computed of each element by itself, WIDTH of them at once.

typedef Pack<u8, WIDTH> Bytes;

extern "C" __global__ void quantize(i64 count, const float* scale, const u8* zero, const Pack<float, WIDTH>* x, Bytes* q) {
    float inverse = __fdiv_rn(1.0f, *scale);
    EACH(i, count) {
        Pack<float, WIDTH> from = x[i];
        Bytes to;
#pragma unroll
        for (int k = 0; k < WIDTH; k++) {
            float multiple = __fmul_rn(from.at[k], inverse);
            // The comparisons are false for NaN.
            multiple = multiple > -512.0f ? multiple : -512.0f;
            multiple = multiple < 512.0f ? multiple : 512.0f;
            to.at[k] = (u8)min(max(__float2int_rn(multiple) + *zero, 0), 255);
        }
        q[i] = to;
    }
}

// Of bytes, or of whole numbers without a zero point if WIDE.
#if WIDE
typedef int Number;
#else
typedef u8 Number;
#endif

extern "C" __global__ void dequantize(i64 count, const float* scale, const u8* zero, const Pack<Number, WIDTH>* q,
                                      Pack<float, WIDTH>* x) {
    EACH(i, count) {
        Pack<Number, WIDTH> from = q[i];
        Pack<float, WIDTH> to;
#pragma unroll
        for (int k = 0; k < WIDTH; k++) to.at[k] = __fmul_rn(*scale, (float)(from.at[k] - (WIDE ? 0 : *zero)));
        x[i] = to;
    }
}

extern "C" __global__ void look_up(i64 count, const u8* table, const Bytes* x, Bytes* y) {
    __shared__ u8 near[256];
    for (int k = threadIdx.x; k < 256; k += blockDim.x) near[k] = table[k];
    __syncthreads();
    EACH(i, count) {
        Bytes pack = x[i];
#pragma unroll
        for (int k = 0; k < WIDTH; k++) pack.at[k] = near[pack.at[k]];
        y[i] = pack;
    }
}

// `points`: the zero points of a and b, and what `Points` has of y.
extern "C" __global__ void add(i64 count, const float* factors, const u8* points, const Bytes* a, const Bytes* b,
                               Bytes* y) {
    Pair pair(factors[0], factors[1]);
    int a_zero = points[0];
    Points rest(points + 1);
    EACH(i, count) {
        Bytes left = a[i], right = b[i];
#pragma unroll
        for (int k = 0; k < WIDTH; k++) left.at[k] = rest.byte(pair.sum(left.at[k] - a_zero, right.at[k] - rest.x));
        y[i] = left;
    }
}

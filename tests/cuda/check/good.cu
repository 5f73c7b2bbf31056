// Kernels that are right.
#define TILE 16

extern "C" __global__ void __launch_bounds__(TILE * TILE) matmul(const float* __restrict__ a, const float* b, float* c,
                                                                int m, int n, int k) {
  __shared__ float a_tile[TILE][TILE + 1], b_tile[TILE][TILE + 1];
  int row = blockIdx.y * TILE + threadIdx.y, column = blockIdx.x * TILE + threadIdx.x;
  float sum = 0;
  for (int start = 0; start < k; start += TILE) {
    int p = start + threadIdx.x, q = start + threadIdx.y;
    a_tile[threadIdx.y][threadIdx.x] = row < m && p < k ? a[row * k + p] : 0;
    b_tile[threadIdx.y][threadIdx.x] = column < n && q < k ? b[q * n + column] : 0;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < TILE; i++) sum += a_tile[threadIdx.y][i] * b_tile[i][threadIdx.x];
    __syncthreads();
  }
  if (row < m && column < n) c[row * n + column] = sum;
}

template <class F>
__device__ __forceinline__ float block_all(float x, F join) {
  __shared__ float warps[32];
  for (int d = 16; d; d >>= 1) x = join(x, __shfl_xor_sync(0xffffffffu, x, d));
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = x;
  __syncthreads();
  x = warps[0];
  for (int w = 1; w < blockDim.x / 32; w++) x = join(x, warps[w]);
  __syncthreads();
  return x;
}

extern "C" __global__ void softmax(const float* x, float* y, int columns) {
  extern __shared__ __align__(16) float row[];
  x += blockIdx.x * columns, y += blockIdx.x * columns;
  float most = -3.0e38f, sum = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) most = fmaxf(most, row[i] = x[i]);
  most = block_all(most, [](float a, float b) { return fmaxf(a, b); });
  for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += row[i] = __expf(row[i] - most);
  sum = block_all(sum, [](float a, float b) { return a + b; });
  for (int i = threadIdx.x; i < columns; i += blockDim.x) y[i] = row[i] / sum;
}

static __constant__ const float ones[2] = {1, 1};

extern "C" __global__ void scale(float* x, const float* factor, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] *= *factor * ones[i % 2];
}

// Every warp operation; `out` gets one number a check that holds.
extern "C" __global__ void warps(int* out) {
  unsigned lane = threadIdx.x % 32, all = 0xffffffffu;
  int good = 0;
  good += __shfl_sync(all, lane, 3) == 3;
  good += __shfl_sync(all, (unsigned long long)lane << 40, 9, 8) == (unsigned long long)(lane / 8 * 8 + 1) << 40;
  good += __shfl_up_sync(all, lane, 2) == (lane < 2 ? lane : lane - 2);
  good += __shfl_down_sync(all, double(lane), 5, 16) == (lane % 16 + 5 < 16 ? lane + 5 : lane);
  good += __ballot_sync(all, lane % 3 == 0) == 0x49249249u;
  good += __any_sync(all, lane == 7) && !__all_sync(all, lane == 7) && __all_sync(all, lane < 32);
  // Halves of a warp on their own, out of step.
  unsigned half = lane < 16 ? 0xffffu : 0xffff0000u;
  int sum = lane;
  for (int d = lane < 16 ? 8 : 4; d; d >>= 1) sum += __shfl_xor_sync(half, sum, d);
  good += __shfl_sync(half, sum, lane & 16) == (lane < 16 ? 120 : 16 + 17 + 18 + 19 + 20 + 21 + 22 + 23);
  __syncwarp();
  good += __syncthreads_count(threadIdx.x < 5) == 5;
  good += __syncthreads_or(threadIdx.x == 70) && !__syncthreads_and(threadIdx.x == 70);
  atomicAdd(out, good);
  if (threadIdx.x == 0) good += atomicCAS(out + 1, 5, 6) == 5 && atomicMax(out + 1, 9) == 6;
}

// Kernels that are wrong, each in its own way.
extern "C" __global__ void reads_outside(const float* x, float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= n) y[0] = x[i];
}

extern "C" __global__ void writes_outside(float* x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  x[i] = 1;
}

extern "C" __global__ void writes_before(float* x, int n) { x[-1] = 1; }

extern "C" __global__ void misses_barrier(float* x, int n) {
  if (threadIdx.x < 40) __syncthreads();
  x[threadIdx.x] = 1;
}

extern "C" __global__ void diverges(float* x, int n) {
  if (threadIdx.x < 32) __syncthreads();
  else
    __syncthreads();
}

extern "C" __global__ void misses_lanes(int* x, int n) {
  if (threadIdx.x < 16) x[threadIdx.x] = __shfl_xor_sync(0xffffffffu, x[threadIdx.x], 1);
  else
    __syncthreads();
}

// A barrier is missing between the write and the read of another warp's element.
extern "C" __global__ void races(float* x, int n) {
  __shared__ float t[256];
  t[threadIdx.x] = threadIdx.x;
  float other = t[(threadIdx.x + 32) % 256];
  x[threadIdx.x] = other == other;
}

extern "C" __global__ void loads_unaligned(float* x, int n) {
  float4 v = *reinterpret_cast<float4*>(x + 1);
  x[0] = v.x;
}

extern "C" __global__ void overruns_shared(float* x, int n) {
  __shared__ float t[32];
  t[threadIdx.x + n] = 1;
  __syncthreads();
  x[threadIdx.x] = t[threadIdx.x];
}

extern "C" __global__ void overruns_dynamic(float* x, int n) {
  extern __shared__ float t[];
  t[threadIdx.x] = 1;
  __syncthreads();
  x[threadIdx.x] = t[threadIdx.x];
}

extern "C" __global__ void reads_fresh(float* x, int n) {
  __shared__ float t[32];
  float local[4];
  x[threadIdx.x] = t[threadIdx.x];
  x[threadIdx.x + 32] = local[n % 4];
}

__device__ int deep(volatile int* x, int n) {
  int local[64];
  local[n % 64] = n;
  return n == 0 ? 0 : deep(x, n + 1) + local[*x % 64];
}
extern "C" __global__ void recurses(int* x, int n) { x[0] = deep(x, n); }

extern "C" __global__ void __launch_bounds__(64) bounded(float* x, int n) {}

// After tensor_core.cuh: of two groups of copies, the last one may still be under way.
extern "C" __global__ void waits_too_little(float* x, int n) {
  __shared__ __align__(16) float t[64];
  cp_async<4>(&t[threadIdx.x], &x[threadIdx.x]);
  cp_async_commit();
  cp_async<4>(&t[threadIdx.x + 32], &x[threadIdx.x + 32], false);
  cp_async_commit();
  cp_async_wait<1>();
  x[threadIdx.x] = t[threadIdx.x];
  x[threadIdx.x + 32] = t[threadIdx.x + 32];
  cp_async_wait<0>();
  x[63] = t[63];
}

// One warp: products of A[16, 16] and B[16, 8], of 16-bit elements through shared memory, and of A[16, 8] and B[8, 8]
// in tf32, and of A[16, 32] and B[32, 8] in bytes. After tensor_core.cuh.
template <class F>
__device__ void product(const unsigned short* a, const unsigned short* b, float* out, F mma) {
  __shared__ __align__(16) unsigned short a_rows[16][16];
  __shared__ __align__(16) unsigned short b_rows[16][8];
  unsigned lane = threadIdx.x, g = lane / 4, t = lane % 4;
  cp_async<16>(&a_rows[lane / 2][lane % 2 * 8], a + lane * 8);
  if (lane < 16) cp_async<16>(b_rows[lane], b + lane * 8);
  cp_async_commit();
  cp_async_wait<0>();
  __syncwarp();
  unsigned a_part[4], b_part[2];
  ldmatrix_x4(a_part, &a_rows[lane % 16][lane / 16 * 8]);
  ldmatrix_x2_trans(b_part, b_rows[lane % 16]);
  float d[4] = {1, 1, 1, 1};
  mma(d, a_part, b_part);
  for (int i = 0; i < 4; i++) out[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = d[i];
}

extern "C" __global__ void f16(const unsigned short* a, const unsigned short* b, float* out) {
  product(a, b, out, [](float(&d)[4], const unsigned(&a)[4], const unsigned(&b)[2]) { mma_m16n8k16_f16(d, a, b); });
}

#if __CUDA_ARCH__ >= 800
extern "C" __global__ void bf16(const unsigned short* a, const unsigned short* b, float* out) {
  product(a, b, out, [](float(&d)[4], const unsigned(&a)[4], const unsigned(&b)[2]) { mma_m16n8k16_bf16(d, a, b); });
}

extern "C" __global__ void tf32(const float* a, const float* b, float* out) {
  unsigned lane = threadIdx.x, g = lane / 4, t = lane % 4;
  unsigned a_part[4], b_part[2];
  for (int i = 0; i < 4; i++) a_part[i] = to_tf32(a[(g + i % 2 * 8) * 8 + t + i / 2 * 4]);
  for (int i = 0; i < 2; i++) b_part[i] = to_tf32(b[(t + i * 4) * 8 + g]);
  float d[4] = {1, 1, 1, 1};
  mma_m16n8k8_tf32(d, a_part, b_part);
  for (int i = 0; i < 4; i++) out[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = d[i];
}

// Four bytes of k are side by side, of B too: [column][k].
template <class F>
__device__ void bytes(const unsigned* a, const unsigned* b, int* out, F mma) {
  unsigned lane = threadIdx.x, g = lane / 4, t = lane % 4;
  unsigned a_part[4], b_part[2];
  for (int i = 0; i < 4; i++) a_part[i] = a[(g + i % 2 * 8) * 8 + t + i / 2 * 4];
  for (int i = 0; i < 2; i++) b_part[i] = b[g * 8 + t + i * 4];
  int d[4] = {1, 1, 1, 1};
  mma(d, a_part, b_part);
  for (int i = 0; i < 4; i++) out[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = d[i];
}

extern "C" __global__ void s8u8(const unsigned* a, const unsigned* b, int* out) {
  bytes(a, b, out, [](int(&d)[4], const unsigned(&a)[4], const unsigned(&b)[2]) { mma_m16n8k32_s8u8(d, a, b); });
}

extern "C" __global__ void u8s8(const unsigned* a, const unsigned* b, int* out) {
  bytes(a, b, out, [](int(&d)[4], const unsigned(&a)[4], const unsigned(&b)[2]) { mma_m16n8k32_u8s8(d, a, b); });
}
#endif

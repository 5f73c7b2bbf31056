// cuBLASLt for tests: products of floats on the CPU, with what the library asks for after them. An algorithm is good for
// what it was chosen for only: the same description, and addresses aligned as was wished.
#include <cmath>
#include <cstring>

#include "driver.h"

namespace {

constexpr int NOT_INITIALISED = 1, INVALID = 7, NOT_SUPPORTED_HERE = 15;
constexpr int COMPUTE_F32 = 68, COMPUTE_TF32 = 77;
constexpr uint32_t EPILOGUE_RELU = 2, EPILOGUE_BIAS = 4;

struct Matrix {
  uint64_t rows, columns;
  int64_t leading;
  int32_t batch = 1;
  int64_t offset = 0;
  // Elements from the first to behind the last.
  size_t span() const {
    return rows && columns ? size_t(offset) * (batch - 1) + size_t(leading) * (columns - 1) + rows : 0;
  }
  bool operator==(const Matrix& o) const {
    return rows == o.rows && columns == o.columns && leading == o.leading && batch == o.batch && offset == o.offset;
  }
};
struct Product {
  int compute;
  int32_t transposed[2] = {0, 0};
  uint32_t epilogue = 1;
  Address bias = 0;
};
struct Wish {
  uint64_t workspace = 0;
  uint32_t schemes = 7;
  uint32_t alignments[4] = {256, 256, 256, 256};
};
// In the place of `cublasLtMatmulAlgo_t`.
struct Algorithm {
  uint64_t magic, workspace, form;
  uint32_t alignments[4];
  uint64_t unused[3];
};
struct Found {
  Algorithm algorithm;
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};
static_assert(sizeof(Algorithm) == 64 && sizeof(Found) == 96);
constexpr uint64_t MAGIC = 0x6361737469726f6e;

// What an algorithm is chosen by, besides alignments.
uint64_t form(const Product& p, const Matrix& a, const Matrix& b, const Matrix& d) {
  uint64_t hash = 1469598103934665603u;
  auto add = [&hash](uint64_t word) { hash = (hash ^ word) * 1099511628211u; };
  for (uint64_t word : {uint64_t(p.compute), uint64_t(p.transposed[0]), uint64_t(p.transposed[1]), uint64_t(p.epilogue)})
    add(word);
  for (const Matrix* m : {&a, &b, &d})
    for (uint64_t word : {m->rows, m->columns, uint64_t(m->leading), uint64_t(m->batch), uint64_t(m->offset)}) add(word);
  return hash;
}

int check(const Product& p, const Matrix& a, const Matrix& b, const Matrix& d) {
  auto rows = [&](const Matrix& m, int i) { return p.transposed[i] ? m.columns : m.rows; };
  auto columns = [&](const Matrix& m, int i) { return p.transposed[i] ? m.rows : m.columns; };
  if (rows(a, 0) != d.rows || columns(b, 1) != d.columns || columns(a, 0) != rows(b, 1) || a.batch != d.batch ||
      b.batch != d.batch)
    return complain(INVALID, "cublasLt: the matrices of a product do not fit");
  for (const Matrix* m : {&a, &b, &d})
    if (m->leading < int64_t(m->rows)) return complain(INVALID, "cublasLt: columns overlap");
  if (d.batch > 1 && d.offset < d.leading * int64_t(d.columns - 1) + int64_t(d.rows) && d.offset == 0)
    return complain(INVALID, "cublasLt: the matrices of a batch overlap");
  return SUCCESS;
}

// To 10 bits of mantissa.
float tf32(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  if (std::isfinite(x)) bits = (bits + 0x1000) & ~0x1fffu;
  memcpy(&x, &bits, 4);
  return x;
}

float* memory(Address address, size_t count, int device) {
  if (count == 0) return nullptr;
  char* host;
  if (host_address(address, count * 4, "cublasLtMatmul", &host)) fail("cublasLtMatmul: no such memory");
  if (auto* a = find_allocation(address); a && a->device != device) fail("cublasLtMatmul: memory of another device");
  return reinterpret_cast<float*>(host);
}

struct Call {
  Product product;
  Matrix a, b, d;
  float scale, keep;
  Address at_a, at_b, at_c, at_d, workspace;
  size_t workspace_size;
};

void run(const Call& call, int device) {
  const auto& [p, a, b, d, scale, keep, at_a, at_b, at_c, at_d, workspace, workspace_size] = call;
  const float *from_a = memory(at_a, a.span(), device), *from_b = memory(at_b, b.span(), device);
  const float* from_c = keep != 0 ? memory(at_c, d.span(), device) : nullptr;
  const float* bias = p.epilogue & EPILOGUE_BIAS ? memory(p.bias, d.rows, device) : nullptr;
  float* to = memory(at_d, d.span(), device);
  // What was in it is lost.
  if (workspace_size) memset(memory(workspace, workspace_size / 4, device), 0xff, workspace_size);
  const size_t depth = p.transposed[0] ? a.rows : a.columns;
  auto factor = [&](const float* from, const Matrix& m, bool transposed, size_t row, size_t column) {
    if (transposed) std::swap(row, column);
    const float x = from[row + column * size_t(m.leading)];
    return p.compute == COMPUTE_TF32 ? tf32(x) : x;
  };
  for (int batch = 0; batch < d.batch; batch++)
    for (size_t column = 0; column < d.columns; column++)
      for (size_t row = 0; row < d.rows; row++) {
        float sum = 0;
        for (size_t i = 0; i < depth; i++)
          sum = std::fma(factor(from_a + batch * a.offset, a, p.transposed[0], row, i),
                         factor(from_b + batch * b.offset, b, p.transposed[1], i, column), sum);
        const size_t place = size_t(batch * d.offset) + row + column * size_t(d.leading);
        float result = scale * sum;
        if (from_c) result += keep * from_c[place];
        if (bias) result += bias[row];
        if (p.epilogue & EPILOGUE_RELU && result < 0) result = 0;
        to[place] = result;
      }
}

template <class T, class... A>
int make(T** out, A... arguments) {
  return *out = new T{arguments...}, SUCCESS;
}
template <class T>
int end(T* object) {
  delete object;
  return SUCCESS;
}
template <class T>
int set(T& place, const void* value, size_t size) {
  if (size != sizeof(T)) return complain(INVALID, "cublasLt: an attribute has %zu bytes, not %zu", sizeof(T), size);
  return memcpy(&place, value, size), SUCCESS;
}
int unknown(int attribute) { return complain(INVALID, "cublasLt: attribute %d is not emulated", attribute); }

}  // namespace

extern "C" SHARED size_t cublasLtGetVersion() { return 130000; }
extern "C" SHARED const char* cublasLtGetStatusString(int status) {
  return status == INVALID ? "CUBLAS_STATUS_INVALID_VALUE" : "CUBLAS_STATUS_NOT_SUPPORTED";
}
API cublasLtCreate(int** handle) {
  LOCK;
  Stream* stream;
  return find_stream(nullptr, &stream) ? NOT_INITIALISED : make(handle, 0);
}
API cublasLtDestroy(int* handle) { return end(handle); }

API cublasLtMatrixLayoutCreate(Matrix** out, int type, uint64_t rows, uint64_t columns, int64_t leading) {
  if (type != 0) return complain(NOT_SUPPORTED_HERE, "cublasLt: floats only are emulated");
  return make(out, rows, columns, leading);
}
API cublasLtMatrixLayoutDestroy(Matrix* matrix) { return end(matrix); }
API cublasLtMatrixLayoutSetAttribute(Matrix* matrix, int attribute, const void* value, size_t size) {
  switch (attribute) {
    case 5: return set(matrix->batch, value, size);
    case 6: return set(matrix->offset, value, size);
    default: return unknown(attribute);
  }
}
API cublasLtMatmulDescCreate(Product** out, int compute, int type) {
  if ((compute != COMPUTE_F32 && compute != COMPUTE_TF32) || type != 0)
    return complain(NOT_SUPPORTED_HERE, "cublasLt: floats only are emulated");
  return make(out, compute);
}
API cublasLtMatmulDescDestroy(Product* product) { return end(product); }
API cublasLtMatmulDescSetAttribute(Product* product, int attribute, const void* value, size_t size) {
  switch (attribute) {
    case 3: case 4: return set(product->transposed[attribute - 3], value, size);
    case 7: return set(product->epilogue, value, size);
    case 8: return set(product->bias, value, size);
    default: return unknown(attribute);
  }
}
API cublasLtMatmulPreferenceCreate(Wish** out) { return make(out); }
API cublasLtMatmulPreferenceDestroy(Wish* wish) { return end(wish); }
API cublasLtMatmulPreferenceSetAttribute(Wish* wish, int attribute, const void* value, size_t size) {
  switch (attribute) {
    case 1: return set(wish->workspace, value, size);
    case 3: return set(wish->schemes, value, size);
    case 5: case 6: case 7: case 8: return set(wish->alignments[attribute - 5], value, size);
    default: return unknown(attribute);
  }
}

API cublasLtMatmulAlgoGetHeuristic(int*, Product* product, Matrix* a, Matrix* b, Matrix* c, Matrix* d, Wish* wish,
                                   int, Found* found, int* count) {
  *count = 0;
  if (!(*c == *d)) return complain(INVALID, "cublasLt: C and D of different layouts are not emulated");
  TRY(check(*product, *a, *b, *d));
  // As if there were none for outer products.
  if ((product->transposed[0] ? a->rows : a->columns) == 1) return NOT_SUPPORTED_HERE;
  const size_t workspace = d->rows * d->columns > 64 ? std::min<size_t>(wish->workspace, 4096) : 0;
  *found = {{MAGIC, workspace, form(*product, *a, *b, *d), {}, {}}, workspace, SUCCESS, 1, {}};
  memcpy(found->algorithm.alignments, wish->alignments, sizeof wish->alignments);
  return *count = 1, SUCCESS;
}

API cublasLtMatmul(int*, Product* product, const float* scale, const void* at_a, Matrix* a, const void* at_b, Matrix* b,
                   const float* keep, const void* at_c, Matrix*, void* at_d, Matrix* d, const Algorithm* algorithm,
                   void* workspace, size_t workspace_size, void* handle) {
  LOCK;
  Stream* stream;
  if (find_stream(handle, &stream)) return NOT_INITIALISED;
  TRY(check(*product, *a, *b, *d));
  const Address places[] = {Address(at_a), Address(at_b), Address(at_c), Address(at_d)};
  if (algorithm->magic != MAGIC || algorithm->form != form(*product, *a, *b, *d))
    return complain(INVALID, "cublasLtMatmul: the algorithm was chosen for another product");
  for (int i = 0; i < 4; i++)
    if (places[i] % algorithm->alignments[i])
      return complain(INVALID, "cublasLtMatmul: matrix %d is not aligned to %u", i, algorithm->alignments[i]);
  if (workspace_size < algorithm->workspace) return complain(INVALID, "cublasLtMatmul: the workspace is too small");
  if (product->epilogue & EPILOGUE_BIAS && product->bias % 16)
    return complain(INVALID, "cublasLtMatmul: the bias is not aligned to 16");
  const Call call = {*product,  *a,        *b,        *d,        *scale,
                     *keep,     places[0], places[1], places[2], places[3],
                     Address(workspace), workspace_size};
  const int device = stream->context->device;
  return submit(*stream, [call, device] { run(call, device); }) ? INVALID : SUCCESS;
}

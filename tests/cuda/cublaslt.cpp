// cuBLASLt for tests: products of f32, f16 and bf16 on the CPU, with what the library asks for after them. An algorithm is
// good for what it was chosen for only: the same description, and addresses aligned as was wished.
#include <cmath>
#include <cstring>

#include "driver.h"

namespace {

constexpr int NOT_INITIALISED = 1, INVALID = 7, NOT_SUPPORTED_HERE = 15;
constexpr int COMPUTE_F32 = 68, COMPUTE_TF32 = 77;
constexpr uint32_t EPILOGUE_RELU = 2, EPILOGUE_BIAS = 4, EPILOGUE_GELU = 32, EPILOGUE_AUX = 128;
enum Type { F32 = 0, F16 = 2, BF16 = 14 };

struct Matrix {
  int type;
  uint64_t rows, columns;
  int64_t leading;
  int32_t batch = 1;
  int64_t offset = 0;
  // Elements from the first to behind the last.
  size_t span() const {
    return rows && columns ? size_t(offset) * (batch - 1) + size_t(leading) * (columns - 1) + rows : 0;
  }
  bool operator==(const Matrix& o) const {
    return type == o.type && rows == o.rows && columns == o.columns && leading == o.leading && batch == o.batch && offset == o.offset;
  }
};
struct Product {
  int compute;
  int32_t transposed[2] = {0, 0};
  uint32_t epilogue = 1;
  Address bias = 0, aux = 0;
  int64_t aux_leading = 0, aux_offset = 0;
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
  for (uint64_t word : {uint64_t(p.compute), uint64_t(p.transposed[0]), uint64_t(p.transposed[1]), uint64_t(p.epilogue),
                        uint64_t(p.aux_leading), uint64_t(p.aux_offset)})
    add(word);
  for (const Matrix* m : {&a, &b, &d})
    for (uint64_t word :
         {uint64_t(m->type), m->rows, m->columns, uint64_t(m->leading), uint64_t(m->batch), uint64_t(m->offset)})
      add(word);
  return hash;
}

int check(const Product& p, const Matrix& a, const Matrix& b, const Matrix& d) {
  auto rows = [&](const Matrix& m, int i) { return p.transposed[i] ? m.columns : m.rows; };
  auto columns = [&](const Matrix& m, int i) { return p.transposed[i] ? m.rows : m.columns; };
  if (rows(a, 0) != d.rows || columns(b, 1) != d.columns || columns(a, 0) != rows(b, 1) || a.batch != d.batch ||
      b.batch != d.batch)
    return complain(INVALID, "cublasLt: the matrices of a product do not fit");
  // Its table of what goes together: the sums of f16 and bf16 are f32, and what they become is f32 or the same again.
  const bool halves = a.type != F32;
  if (a.type != b.type || (d.type != a.type && d.type != F32) || (!halves && d.type != F32))
    return complain(NOT_SUPPORTED_HERE, "cublasLt: no products of types %d and %d to %d", a.type, b.type, d.type);
  if (halves && p.compute != COMPUTE_F32)
    return complain(NOT_SUPPORTED_HERE, "cublasLt: 16-bit factors with the compute type %d", p.compute);
  if (p.epilogue & EPILOGUE_AUX) {
    if (!(p.epilogue & EPILOGUE_GELU)) return complain(NOT_SUPPORTED_HERE, "cublasLt: AUX is emulated with GELU only");
    if (p.aux_leading < int64_t(d.rows) || p.aux_leading % 8 || p.aux_offset % 8)
      return complain(INVALID, "cublasLt: the leading dimension of AUX, %lld", (long long)p.aux_leading);
  }
  if (p.epilogue & EPILOGUE_RELU && p.epilogue & EPILOGUE_GELU) return complain(INVALID, "cublasLt: ReLU and GELU");
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

char* memory(Address address, size_t bytes, int device) {
  if (bytes == 0) return nullptr;
  char* host;
  if (host_address(address, bytes, "cublasLtMatmul", &host)) fail("cublasLtMatmul: no such memory");
  if (auto* a = find_allocation(address); a && a->device != device) fail("cublasLtMatmul: memory of another device");
  return host;
}

// Numbers of one of the types.
struct Numbers {
  char* at = nullptr;
  int type = F32;
  static size_t size(int type) { return type == F32 ? 4 : 2; }
  Numbers() = default;
  Numbers(Address address, size_t count, int type, int device)
      : at(memory(address, count * size(type), device)), type(type) {}

  float get(size_t i) const {
    if (type == F32) return reinterpret_cast<float*>(at)[i];
    if (type == F16) return float(reinterpret_cast<_Float16*>(at)[i]);
    const uint32_t bits = uint32_t(reinterpret_cast<uint16_t*>(at)[i]) << 16;
    float x;
    return memcpy(&x, &bits, 4), x;
  }
  void put(size_t i, float x) const {
    if (type == F32) {
      reinterpret_cast<float*>(at)[i] = x;
    } else if (type == F16) {
      reinterpret_cast<_Float16*>(at)[i] = _Float16(x);
    } else {
      uint32_t bits;
      memcpy(&bits, &x, 4);
      // To the nearest, ties to even; a NaN stays one.
      bits = std::isnan(x) ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1);
      reinterpret_cast<uint16_t*>(at)[i] = uint16_t(bits >> 16);
    }
  }
};

float gelu(float x) { return x / 2 * (1 + std::tanh(0.7978845608f * (x + 0.044715f * x * x * x))); }

struct Call {
  Product product;
  Matrix a, b, d;
  float scale, keep;
  Address at_a, at_b, at_c, at_d, workspace;
  size_t workspace_size;
};

void run(const Call& call, int device) {
  const auto& [p, a, b, d, scale, keep, at_a, at_b, at_c, at_d, workspace, workspace_size] = call;
  const bool keeps = p.epilogue & EPILOGUE_AUX;
  const size_t kept_span = size_t(p.aux_offset) * (d.batch - 1) + size_t(p.aux_leading) * (d.columns - 1) + d.rows;
  const Numbers from_a(at_a, a.span(), a.type, device), from_b(at_b, b.span(), b.type, device);
  const Numbers from_c = keep != 0 ? Numbers(at_c, d.span(), d.type, device) : Numbers();
  const Numbers bias = p.epilogue & EPILOGUE_BIAS ? Numbers(p.bias, d.rows, d.type, device) : Numbers();
  const Numbers kept = keeps ? Numbers(p.aux, kept_span, d.type, device) : Numbers();
  const Numbers to(at_d, d.span(), d.type, device);
  // What was in it is lost.
  if (workspace_size) memset(memory(workspace, workspace_size, device), 0xff, workspace_size);
  const size_t depth = p.transposed[0] ? a.rows : a.columns;
  auto factor = [&](const Numbers& from, int batch, const Matrix& m, bool transposed, size_t row, size_t column) {
    if (transposed) std::swap(row, column);
    const float x = from.get(size_t(batch * m.offset) + row + column * size_t(m.leading));
    return p.compute == COMPUTE_TF32 ? tf32(x) : x;
  };
  for (int batch = 0; batch < d.batch; batch++)
    for (size_t column = 0; column < d.columns; column++)
      for (size_t row = 0; row < d.rows; row++) {
        float sum = 0;
        for (size_t i = 0; i < depth; i++)
          sum = std::fma(factor(from_a, batch, a, p.transposed[0], row, i),
                         factor(from_b, batch, b, p.transposed[1], i, column), sum);
        const size_t place = size_t(batch * d.offset) + row + column * size_t(d.leading);
        float result = scale * sum;
        if (from_c.at) result += keep * from_c.get(place);
        if (bias.at) result += bias.get(row);
        if (keeps) kept.put(size_t(batch * p.aux_offset) + row + column * size_t(p.aux_leading), result);
        if (p.epilogue & EPILOGUE_RELU && result < 0) result = 0;
        if (p.epilogue & EPILOGUE_GELU) result = gelu(result);
        to.put(place, result);
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
  if (type != F32 && type != F16 && type != BF16)
    return complain(NOT_SUPPORTED_HERE, "cublasLt: matrices of f32, f16 and bf16 only are emulated");
  return make(out, type, rows, columns, leading);
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
  if ((compute != COMPUTE_F32 && compute != COMPUTE_TF32) || type != F32)
    return complain(NOT_SUPPORTED_HERE, "cublasLt: sums of f32 only are emulated");
  return make(out, compute);
}
API cublasLtMatmulDescDestroy(Product* product) { return end(product); }
API cublasLtMatmulDescSetAttribute(Product* product, int attribute, const void* value, size_t size) {
  switch (attribute) {
    case 3: case 4: return set(product->transposed[attribute - 3], value, size);
    case 7: return set(product->epilogue, value, size);
    case 8: return set(product->bias, value, size);
    case 11: return set(product->aux, value, size);
    case 12: return set(product->aux_leading, value, size);
    case 13: return set(product->aux_offset, value, size);
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
  if (product->epilogue & EPILOGUE_AUX && (!product->aux || product->aux % 16))
    return complain(INVALID, "cublasLtMatmul: AUX is not aligned to 16");
  const Call call = {*product,  *a,        *b,        *d,        *scale,
                     *keep,     places[0], places[1], places[2], places[3],
                     Address(workspace), workspace_size};
  const int device = stream->context->device;
  return submit(*stream, [call, device] { run(call, device); }) ? INVALID : SUCCESS;
}

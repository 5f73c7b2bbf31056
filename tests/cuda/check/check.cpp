// One check by its name; test.sh says which of them must end how.
#include <sys/resource.h>

#include <functional>
#include <map>

#include "kernel.hpp"

namespace {

std::vector<float> numbers(size_t n) {
  std::vector<float> x(n);
  for (size_t i = 0; i < n; i++) x[i] = float(int(i * 7919 % 31) - 15) / 8;
  return x;
}

// A file of this folder, behind tensor_core.cuh.
void* module(const char* name) {
  return load(std::string(getenv("KERNELS")) + "/" + name + ".cu", read(getenv("TENSOR_CORE")));
}

void matmul() {
  const int m = 37, n = 29, k = 51;
  auto a = numbers(m * k), b = numbers(k * n), c = std::vector<float>(m * n);
  Address x = upload(a), y = upload(b), z = upload(c);
  OK(launch(get(module("good"), "matmul"), {2, 3}, {16, 16}, 0, nullptr, x, y, z, m, n, k));
  c = download<float>(z, m * n);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int p = 0; p < k; p++) sum += double(a[i * k + p]) * b[p * n + j];
      CHECK(std::abs(c[i * n + j] - sum) < 1e-4);
    }
}

void softmax() {
  const int rows = 5, columns = 100;
  auto x = numbers(rows * columns);
  Address in = upload(x), out = upload(x);
  OK(launch(get(module("good"), "softmax"), {rows}, {64}, columns * 4, nullptr, in, out, columns));
  auto y = download<float>(out, x.size());
  for (int r = 0; r < rows; r++) {
    double sum = 0;
    for (int i = 0; i < columns; i++) sum += exp(x[r * columns + i]);
    for (int i = 0; i < columns; i++) CHECK(std::abs(y[r * columns + i] - exp(x[r * columns + i]) / sum) < 1e-6);
  }
}

void warps() {
  Address out = upload(std::vector<int>{0, 5});
  OK(launch(get(module("good"), "warps"), {1}, {96}, 0, nullptr, out));
  auto got = download<int>(out, 2);
  CHECK(got[0] == 96 * 9);
  CHECK(got[1] == 9);
}

unsigned short to_bf16(float x) {
  unsigned bits;
  memcpy(&bits, &x, 4);
  return bits >> 16;
}
unsigned short to_f16(float x) {
  _Float16 half = _Float16(x);
  unsigned short bits;
  memcpy(&bits, &half, 2);
  return bits;
}

// Numbers of a few bits: exact in every type.
void tensor_core() {
  void* tensor_core = module("tensor_core");
  auto a = numbers(16 * 16), b = numbers(16 * 8);
  for (const char* type : {"f16", "bf16", "tf32"}) {
    const bool single = type[0] == 't';
    const int k = single ? 8 : 16;
    std::vector<unsigned short> a_half, b_half;
    for (float x : a) a_half.push_back(type[0] == 'f' ? to_f16(x) : to_bf16(x));
    for (float x : b) b_half.push_back(type[0] == 'f' ? to_f16(x) : to_bf16(x));
    Address x = single ? upload(a) : upload(a_half), y = single ? upload(b) : upload(b_half), z = upload(a);
    OK(launch(get(tensor_core, type), {1}, {32}, 0, nullptr, x, y, z));
    auto d = download<float>(z, 128);
    for (int i = 0; i < 16; i++)
      for (int j = 0; j < 8; j++) {
        float sum = 1;
        for (int p = 0; p < k; p++) sum += a[i * k + p] * b[p * 8 + j];
        CHECK(d[i * 8 + j] == sum);
      }
  }
  // Bytes of all sizes.
  std::vector<unsigned char> left(16 * 32), right(8 * 32);
  for (size_t i = 0; i < left.size(); i++) left[i] = i * 37 + 5;
  for (size_t i = 0; i < right.size(); i++) right[i] = i * 91 + 130;
  for (bool left_signed : {true, false}) {
    Address x = upload(left), y = upload(right), z = upload(a);
    OK(launch(get(tensor_core, left_signed ? "s8u8" : "u8s8"), {1}, {32}, 0, nullptr, x, y, z));
    auto d = download<int>(z, 128);
    for (int i = 0; i < 16; i++)
      for (int j = 0; j < 8; j++) {
        int sum = 1;
        for (int p = 0; p < 32; p++) {
          unsigned char l = left[i * 32 + p], r = right[j * 32 + p];
          sum += left_signed ? (signed char)l * r : l * (signed char)r;
        }
        CHECK(d[i * 8 + j] == sum);
      }
  }
}

// One graph, replayed with another number in the device's memory each time; its copy rereads the host's memory.
void graph() {
  void *stream, *graph, *executable, *scale = get(module("good"), "scale"), *pinned;
  OK(cuStreamCreate(&stream, 1));
  OK(cuMemHostAlloc(&pinned, 4, 0));
  float& factor = *static_cast<float*>(pinned);
  Address x = upload(std::vector<float>(100, 1)), f = upload(std::vector<float>{0});
  OK(cuStreamBeginCapture_v2(stream, 0));
  OK(cuMemcpyHtoDAsync_v2(f, pinned, 4, stream));
  OK(launch(scale, {2}, {64}, 0, stream, x, f, 100));
  OK(cuStreamEndCapture(stream, &graph));
  OK(cuGraphInstantiateWithFlags(&executable, graph, 0));
  CHECK(download<float>(x, 100)[99] == 1);
  for (float next : {2.0f, 3.0f, 5.0f}) {
    factor = next;
    OK(cuGraphLaunch(executable, stream));
    OK(cuStreamSynchronize(stream));
  }
  CHECK(download<float>(x, 100)[99] == 30);
}

void refused_in_capture() {
  void *stream, *other, *event, *graph;
  Address x = upload(std::vector<float>(4, 1)), y;
  float host;
  OK(cuStreamCreate(&stream, 1));
  OK(cuStreamCreate(&other, 1));
  OK(cuEventCreate(&event, 2));
  ERROR(900, cuStreamBeginCapture_v2(nullptr, 0));
  std::function<int()> waits[] = {
      [&] { return cuStreamSynchronize(stream); },
      [&] { return cuCtxSynchronize(); },
      [&] { return cuMemcpyDtoH_v2(&host, x, 4); },
      [&] { return cuMemAlloc_v2(&y, 4); },
      [&] { return cuMemFree_v2(x); },
  };
  for (auto& wait : waits) {
    OK(cuStreamBeginCapture_v2(stream, 0));
    ERROR(900, wait());
    ERROR(901, cuMemcpyHtoDAsync_v2(x, &host, 4, stream));
    ERROR(901, cuStreamEndCapture(stream, &graph));
  }
  // An event of before; a fork that is never joined; one that is.
  OK(cuEventRecord(event, other));
  OK(cuStreamBeginCapture_v2(stream, 0));
  ERROR(905, cuStreamWaitEvent(stream, event, 0));
  ERROR(901, cuStreamEndCapture(stream, &graph));
  for (bool joined : {false, true}) {
    OK(cuStreamBeginCapture_v2(stream, 0));
    OK(cuEventRecord(event, stream));
    OK(cuStreamWaitEvent(other, event, 0));
    OK(cuMemcpyHtoDAsync_v2(x, &host, 4, other));
    OK(cuEventRecord(event, other));
    if (joined) OK(cuStreamWaitEvent(stream, event, 0));
    ERROR(joined ? 0 : 904, cuStreamEndCapture(stream, &graph));
  }
}

// Streams that do not wait for each other are seen out of order, for some seed.
void streams() {
  void *a, *b, *scale = get(module("good"), "scale"), *event;
  const bool waits = getenv("WAITS");
  OK(cuStreamCreate(&a, 1));
  OK(cuStreamCreate(&b, 1));
  OK(cuEventCreate(&event, 2));
  Address x = upload(std::vector<float>{1}), f = upload(std::vector<float>{3});
  OK(launch(scale, {1}, {1}, 0, a, x, f, 1));
  OK(cuEventRecord(event, a));
  if (waits) OK(cuStreamWaitEvent(b, event, 0));
  float seen;
  OK(cuMemcpyDtoHAsync_v2(&seen, x, 4, b));
  OK(cuStreamSynchronize(b));
  printf("%g\n", seen);
}

// With CASTIRON_EMULATED_REFUSE=scale@0+1, and with CASTIRON_EMULATED_BREAK=scale@0+1.
void refuses() {
  Address x = upload(std::vector<float>{1}), f = upload(std::vector<float>{3});
  void* scale = get(module("good"), "scale");
  OK(launch(scale, {1}, {1}, 0, nullptr, x, f, 1));
  ERROR(701, launch(scale, {1}, {1}, 0, nullptr, x, f, 1));
  CHECK(download<float>(x, 1)[0] == 3);
}
void breaks() {
  Address x = upload(std::vector<float>{1}), f = upload(std::vector<float>{3});
  void* scale = get(module("good"), "scale");
  OK(launch(scale, {1}, {1}, 0, nullptr, x, f, 1));
  OK(cuCtxSynchronize());
  launch(scale, {1}, {1}, 0, nullptr, x, f, 1);
  ERROR(700, cuCtxSynchronize());
  ERROR(700, launch(scale, {1}, {1}, 0, nullptr, x, f, 1));
  ERROR(700, cuMemAlloc_v2(&x, 4));
}

void memory() {
  Address x, y, z;
  char host[64];
  OK(cuMemAlloc_v2(&x, 100));
  ERROR(1, cuMemAlloc_v2(&y, 0));
  ERROR(2, cuMemAlloc_v2(&y, size_t(1) << 40));
  OK(cuMemcpyHtoD_v2(x + 36, host, 64));
  ERROR(1, cuMemcpyHtoD_v2(x + 37, host, 64));
  ERROR(1, cuMemcpyDtoH_v2(host, x - 1, 4));
  ERROR(1, cuMemcpyDtoH_v2(host, Address(host), 4));
  ERROR(1, cuMemsetD8_v2(x, 0, 101));
  OK(cuMemAllocAsync(&z, 8, nullptr));
  CHECK(std::isnan(download<float>(z, 1)[0]));
  ERROR(1, cuMemFree_v2(x + 4));
  OK(cuMemFree_v2(x));
  ERROR(1, cuMemFree_v2(x));
  ERROR(1, cuMemFree_v2(Address(host)));
  ERROR(1, cuMemcpyHtoD_v2(x, host, 4));
  OK(cuMemFreeAsync(z, nullptr));
  OK(cuCtxSynchronize());
  ERROR(1, cuMemFreeAsync(z, nullptr));
}

void compile_errors() {
  std::string ptx, log;
  const char* source = "#ifndef T\n#error no T\n#endif\nextern \"C\" __global__ void k(T* x) {\n  *x = y;\n}\n";
  CHECK(compile(source, "k.cu", {"-D", "T=float"}, ptx, log) == 6);
  CHECK(log.find("k.cu(5): error: ‘y’ was not declared") != std::string::npos);
  CHECK(compile(source, "k.cu", {}, ptx, log) == 6);
  CHECK(log.find("k.cu(2): error: #error no T") != std::string::npos);
  CHECK(compile(source, "k.cu", {"--nonsense"}, ptx, log) == 5);
  CHECK(compile("__global__ void k(float* x) { *x = INFINITY; }", "k.cu", {}, ptx, log) == 6);
  void* module;
  CHECK(compile("extern \"C\" __global__ void k(float* x) { *x = V; }", "k.cu", {"-DV=1"}, ptx, log) == 0);
  OK(cuModuleLoadData(&module, ptx.c_str()));
  ERROR(500, cuModuleGetFunction(&module, module, "l"));
  ptx[ptx.size() / 2] ^= 1;
  ERROR(218, cuModuleLoadData(&module, ptx.c_str()));
  ERROR(218, cuModuleLoadData(&module, ptx.substr(0, 1000).c_str()));
}

// More modules than there may be open files, each with a kernel of its own under one name.
void many_modules() {
  Address x = upload(std::vector<float>{0});
  std::string ptx[2], log;
  for (int i : {0, 1}) {
    std::string source = "extern \"C\" __global__ void k(float* x) { *x = " + std::to_string(i) + "; }";
    CHECK(compile(source, "k.cu", {}, ptx[i], log) == 0);
  }
  for (int i = 0; i < 300; i++) {
    void* module;
    OK(cuModuleLoadData(&module, ptx[i % 2].c_str()));
    OK(launch(get(module, "k"), {1}, {1}, 0, nullptr, x));
    CHECK(download<float>(x, 1)[0] == i % 2);
  }
}

void launch_limits() {
  void* bounded = get(module("bad"), "bounded");
  Address x = upload(std::vector<float>(4));
  OK(launch(bounded, {1}, {64}, 48 << 10, nullptr, x, 4));
  ERROR(701, launch(bounded, {1}, {65}, 0, nullptr, x, 4));
  ERROR(1, launch(bounded, {1}, {0}, 0, nullptr, x, 4));
  ERROR(1, launch(bounded, {0}, {32}, 0, nullptr, x, 4));
  ERROR(1, launch(bounded, {1, 65536}, {32}, 0, nullptr, x, 4));
  ERROR(1, launch(bounded, {1}, {32}, (48 << 10) + 1, nullptr, x, 4));
  OK(cuFuncSetAttribute(bounded, 8, 100 << 10));
  OK(launch(bounded, {1}, {32}, 100 << 10, nullptr, x, 4));
  ERROR(1, cuFuncSetAttribute(bounded, 8, 1 << 20));
}

// A kernel of bad.cu by its name, on 64 floats and one block of 64 threads.
void bad(const char* name) {
  Address x = upload(std::vector<float>(64, 1)), y = upload(std::vector<float>(64, 1));
  void* function = get(module("bad"), name);
  if (!strcmp(name, "reads_outside")) {
    OK(launch(function, {2}, {64}, 0, nullptr, x, y, 64));
  } else if (!strcmp(name, "writes_outside")) {
    OK(launch(function, {1}, {65}, 0, nullptr, x, 64));
  } else if (!strcmp(name, "races")) {
    Address z = upload(std::vector<float>(256));
    OK(launch(function, {1}, {256}, 0, nullptr, z, 256));
    for (float right : download<float>(z, 256)) printf("%g", right);
    puts("");
  } else if (!strcmp(name, "reads_fresh") || !strcmp(name, "waits_too_little")) {
    OK(launch(function, {1}, {32}, 0, nullptr, x, 1));
    auto got = download<float>(x, 64);
    printf("%g %g %g\n", got[0], got[32], got[63]);
  } else {
    OK(launch(function, {1}, {64}, 64 * 4 - 16, nullptr, x, 31));
  }
  OK(cuCtxSynchronize());
}

void host_pointer() {
  static float host[64];
  OK(launch(get(module("bad"), "writes_outside"), {1}, {64}, 0, nullptr, host, 64));
}
void freed_pointer() {
  Address x = upload(std::vector<float>(64, 1));
  OK(cuMemFree_v2(x));
  OK(launch(get(module("bad"), "writes_outside"), {1}, {64}, 0, nullptr, x, 64));
}
// With two devices: memory of one, and a kernel on the other.
void other_device() {
  Address x = upload(std::vector<float>(64, 1));
  void* other;
  OK(cuDevicePrimaryCtxRetain(&other, 1));
  OK(cuCtxSetCurrent(other));
  ERROR(1, cuMemFree_v2(x));
  OK(launch(get(module("bad"), "writes_outside"), {1}, {64}, 0, nullptr, x, 64));
}
void host_reads_device() {
  Address x = upload(std::vector<float>(64, 1));
  printf("%g\n", *reinterpret_cast<float*>(x + 8));
}

// Of this process and of the compilers that it ran.
double processor_seconds() {
  double sum = 0;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage;
    getrusage(who, &usage);
    for (timeval t : {usage.ru_utime, usage.ru_stime}) sum += double(t.tv_sec) + 1e-6 * double(t.tv_usec);
  }
  return sum;
}

void speed() {
  void *matmul = get(module("good"), "matmul"), *scale = get(module("good"), "scale");
  const int n = 256;
  Address a = upload(numbers(n * n)), b = upload(numbers(n * n)), c = upload(numbers(n * n));
  auto time = [](const char* what, double work, auto run) {
    double start = processor_seconds();
    run();
    OK(cuCtxSynchronize());
    double s = processor_seconds() - start;
    printf("%s: %.1f ms, %.3g a second\n", what, s * 1e3, work / s);
  };
  for (int i = 0; i < 3; i++) {
    time("matmul, flop", 2.0 * n * n * n,
         [&] { OK(launch(matmul, {16, 16}, {16, 16}, 0, nullptr, a, b, c, n, n, n)); });
    time("scale, threads", n * n, [&] { OK(launch(scale, {n}, {n}, 0, nullptr, a, b, n * n)); });
    std::string ptx, log;
    time("memory, allocations", 1000, [&] {
      Address x;
      for (int i = 0; i < 1000; i++) OK(cuMemAllocAsync(&x, 4 * n, nullptr)), OK(cuMemFreeAsync(x, nullptr));
    });
    time("launches", 1000, [&] {
      for (int i = 0; i < 1000; i++) OK(launch(scale, {1}, {32}, 0, nullptr, a, b, 32));
    });
    time("compile", 1, [&] { compile(read(std::string(getenv("KERNELS")) + "/good.cu"), "good.cu", {}, ptx, log); });
  }
}

}  // namespace

int main(int, char** argv) {
  const std::map<std::string, void (*)()> checks = {
      {"matmul", matmul}, {"softmax", softmax}, {"warps", warps}, {"tensor_core", tensor_core}, {"graph", graph},
      {"refused_in_capture", refused_in_capture}, {"streams", streams}, {"memory", memory},
      {"compile_errors", compile_errors}, {"many_modules", many_modules}, {"launch_limits", launch_limits},
      {"host_pointer", host_pointer}, {"freed_pointer", freed_pointer}, {"host_reads_device", host_reads_device},
      {"other_device", other_device}, {"speed", speed}, {"refuses", refuses}, {"breaks", breaks},
  };
  start();
  auto check = checks.find(argv[1]);
  check == checks.end() ? bad(argv[1]) : check->second();
  puts("ok");
}

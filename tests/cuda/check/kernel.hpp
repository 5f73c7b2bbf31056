// CUDA's driver, for checks: each call must succeed unless its number is asked for.
#pragma once
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using Address = unsigned long long;
extern "C" {
int cuInit(unsigned);
int cuDeviceGetCount(int*);
int cuDevicePrimaryCtxRetain(void**, int);
int cuCtxSetCurrent(void*);
int cuCtxSynchronize();
int cuStreamCreate(void**, unsigned);
int cuStreamSynchronize(void*);
int cuStreamWaitEvent(void*, void*, unsigned);
int cuStreamBeginCapture_v2(void*, int);
int cuStreamEndCapture(void*, void**);
int cuEventCreate(void**, unsigned);
int cuEventRecord(void*, void*);
int cuGraphInstantiateWithFlags(void**, void*, unsigned long long);
int cuGraphLaunch(void*, void*);
int cuMemAlloc_v2(Address*, size_t);
int cuMemFree_v2(Address);
int cuMemAllocAsync(Address*, size_t, void*);
int cuMemFreeAsync(Address, void*);
int cuMemHostAlloc(void**, size_t, unsigned);
int cuMemcpyHtoD_v2(Address, const void*, size_t);
int cuMemcpyDtoH_v2(void*, Address, size_t);
int cuMemcpyHtoDAsync_v2(Address, const void*, size_t, void*);
int cuMemcpyDtoHAsync_v2(void*, Address, size_t, void*);
int cuMemsetD8_v2(Address, unsigned char, size_t);
int cuModuleLoadData(void**, const void*);
int cuModuleGetFunction(void**, void*, const char*);
int cuFuncSetAttribute(void*, int, int);
int cuLaunchKernel(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);
int nvrtcCreateProgram(void**, const char*, const char*, int, const char**, const char**);
int nvrtcCompileProgram(void*, int, const char* const*);
int nvrtcGetPTXSize(void*, size_t*);
int nvrtcGetPTX(void*, char*);
int nvrtcGetProgramLogSize(void*, size_t*);
int nvrtcGetProgramLog(void*, char*);
}

#define CHECK(condition) \
  if (!(condition)) printf("line %d: not so: %s\n", __LINE__, #condition), exit(1)
#define OK(call) expect(call, 0, #call, __LINE__)
#define ERROR(number, call) expect(call, number, #call, __LINE__)
inline void expect(int got, int wanted, const char* call, int line) {
  if (got != wanted) printf("line %d: %s gave %d, not %d\n", line, call, got, wanted), exit(1);
}

inline void start() {
  void* context;
  OK(cuInit(0));
  OK(cuDevicePrimaryCtxRetain(&context, 0));
  OK(cuCtxSetCurrent(context));
}

// Compiles; a number other than 0 is NVRTC's error, and `log` says more.
inline int compile(const std::string& source, const char* name, std::vector<const char*> options, std::string& ptx,
                   std::string& log) {
  void* program;
  OK(nvrtcCreateProgram(&program, source.c_str(), name, 0, nullptr, nullptr));
  int error = nvrtcCompileProgram(program, int(options.size()), options.data());
  size_t size;
  OK(nvrtcGetProgramLogSize(program, &size));
  log.resize(size);
  OK(nvrtcGetProgramLog(program, log.data()));
  OK(nvrtcGetPTXSize(program, &size));
  ptx.resize(size);
  OK(nvrtcGetPTX(program, ptx.data()));
  return error;
}

inline std::string read(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline void* load(const std::string& path, const std::string& prelude) {
  std::string ptx, log;
  std::string source = prelude + "\n#line 1\n" + read(path);
  if (int error = compile(source, path.c_str(), {"--gpu-architecture=sm_90", "--std=c++17"}, ptx, log))
    printf("%s: error %d\n%s", path.c_str(), error, log.c_str()), exit(1);
  void* module;
  OK(cuModuleLoadData(&module, ptx.c_str()));
  return module;
}

inline void* get(void* module, const char* name) {
  void* function;
  OK(cuModuleGetFunction(&function, module, name));
  return function;
}

struct Dim {
  unsigned x = 1, y = 1, z = 1;
};
template <class... A>
int launch(void* function, Dim grid, Dim block, unsigned shared, void* stream, A... arguments) {
  void* all[] = {&arguments..., nullptr};
  return cuLaunchKernel(function, grid.x, grid.y, grid.z, block.x, block.y, block.z, shared, stream, all, nullptr);
}

template <class T>
Address upload(const std::vector<T>& values) {
  Address address;
  OK(cuMemAlloc_v2(&address, values.size() * sizeof(T)));
  OK(cuMemcpyHtoD_v2(address, values.data(), values.size() * sizeof(T)));
  return address;
}
template <class T>
std::vector<T> download(Address address, size_t n) {
  std::vector<T> values(n);
  OK(cuCtxSynchronize());
  OK(cuMemcpyDtoH_v2(values.data(), address, n * sizeof(T)));
  return values;
}

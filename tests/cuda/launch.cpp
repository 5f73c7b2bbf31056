// Modules, functions, and launches.
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "driver.h"
#include "image.h"

namespace {

struct LoadedModule {
  const emulator::Module* module;
  std::map<std::string, Function> functions;
};

auto& modules = *new std::set<LoadedModule*>;
auto& functions = *new std::set<Function*>;

// A launch outlives its call: it has its own copy of the arguments.
struct Arguments {
  std::vector<std::string> bytes;
  std::vector<void*> addresses;
};

// Pointers of the device become the host's, in `arguments`; `used` gets the allocations that they point into.
void translate(const Function& function, Arguments& arguments, std::vector<Allocation*>& used) {
  const emulator::Kernel& kernel = *function.kernel;
  for (size_t i = 0; i < kernel.count; i++) {
    arguments.addresses.push_back(arguments.bytes[i].data());
    if (!kernel.parameters[i].pointer) continue;
    Address address;
    memcpy(&address, arguments.bytes[i].data(), sizeof address);
    if (address == 0 || is_pinned(reinterpret_cast<void*>(address), 0)) continue;
    Allocation* a = find_allocation(address);
    if (!a)
      fail("kernel `%s`: parameter %zu is %#llx, which is not in memory of the device%s", kernel.name, i, address,
           describe(address).c_str());
    if (a->device != function.context->device)
      fail("kernel `%s`: parameter %zu is memory of device %d, and the kernel runs on device %d", kernel.name, i,
           a->device, function.context->device);
    used.push_back(a);
    char* host = a->host + (address - device_address(a->host));
    memcpy(arguments.bytes[i].data(), &host, sizeof host);
  }
}

int check_launch(const Function& function, dim3 grid, dim3 block, size_t dynamic_shared) {
  const emulator::Kernel& kernel = *function.kernel;
  const uint64_t threads = uint64_t(block.x) * block.y * block.z;
  if (threads == 0 || threads > 1024 || block.z > 64)
    return complain(INVALID_VALUE, "kernel `%s`: a block of %u x %u x %u threads", kernel.name, block.x, block.y,
                    block.z);
  if (grid.x == 0 || grid.x > 0x7fffffff || grid.y == 0 || grid.y > 65535 || grid.z == 0 || grid.z > 65535)
    return complain(INVALID_VALUE, "kernel `%s`: a grid of %u x %u x %u blocks", kernel.name, grid.x, grid.y, grid.z);
  if (kernel.max_threads && threads > kernel.max_threads)
    return complain(LAUNCH_OUT_OF_RESOURCES, "kernel `%s`: %llu threads a block, and its __launch_bounds__ are %u",
                    kernel.name, (unsigned long long)threads, kernel.max_threads);
  if (dynamic_shared > function.max_dynamic_shared)
    return complain(INVALID_VALUE, "kernel `%s`: %zu bytes of dynamic shared memory; its attribute allows %zu",
                    kernel.name, dynamic_shared, function.max_dynamic_shared);
  return SUCCESS;
}

// Of an open file. The loader takes a path that it has seen for the library that it loaded from there, so no two are
// spelled alike: by the bits of a number, "./" or "/".
std::string unique_path(int file) {
  static unsigned number = 0;
  std::string path = "/proc/self/fd/";
  for (unsigned bits = ++number; bits; bits >>= 1) path += bits & 1 ? "./" : "/";
  return path + std::to_string(file);
}

int find_function(Function* function) { return functions.count(function) ? SUCCESS : INVALID_HANDLE; }

// Blocks that one multiprocessor runs at a time.
int active_blocks(int threads) { return threads > 0 ? 2048 / ((threads + 31) / 32 * 32) : 0; }

}  // namespace

API cuModuleLoadDataEx(LoadedModule** out, const void* image, unsigned, void*, void*) {
  LOCK;
  Context* context;
  TRY(current_context(&context));
  TRY(may_wait(nullptr, "cuModuleLoadData"));
  std::string object;
  TRY(read_image(image, &object));
  int file = memfd_create("kernels", MFD_CLOEXEC);
  if (file < 0 || write(file, object.data(), object.size()) != ssize_t(object.size())) fail("no file for a module");
  const std::string path = unique_path(file);
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    complain(INVALID_IMAGE, "%s", dlerror());
    return close(file), INVALID_IMAGE;
  }
  close(file);
  auto* module = static_cast<const emulator::Module*>(dlsym(library, "castiron_module"));
  if (!module || module->build != EMULATOR_BUILD)
    return complain(INVALID_IMAGE, "the module was compiled by another build of the emulated NVRTC");
  auto* loaded = new LoadedModule{module, {}};
  for (size_t i = 0; i < module->count; i++) {
    const emulator::Kernel& kernel = module->kernels[i];
    Function& function = loaded->functions[kernel.name] = {module, &kernel, context};
    functions.insert(&function);
  }
  modules.insert(*out = loaded);
  return SUCCESS;
}
API cuModuleLoadData(LoadedModule** out, const void* image) {
  return cuModuleLoadDataEx(out, image, 0, nullptr, nullptr);
}
API cuModuleUnload(LoadedModule* module) {
  LOCK;
  if (!modules.count(module)) return INVALID_HANDLE;
  TRY(may_wait(nullptr, "cuModuleUnload"));
  Context* context;
  TRY(current_context(&context));
  drain(*context);
  for (auto& [name, function] : module->functions) functions.erase(&function);
  modules.erase(module);
  // The code stays: a graph may hold a kernel of it.
  return SUCCESS;
}
API cuModuleGetFunction(Function** function, LoadedModule* module, const char* name) {
  LOCK;
  if (!modules.count(module)) return INVALID_HANDLE;
  auto i = module->functions.find(name);
  if (i == module->functions.end()) return complain(NOT_FOUND, "no kernel `%s` in the module", name);
  return *function = &i->second, SUCCESS;
}
API cuModuleGetGlobal_v2(Address*, size_t*, LoadedModule*, const char* name) {
  return complain(NOT_FOUND, "no variable `%s`: variables of a module are not emulated", name);
}

API cuFuncGetAttribute(int* value, int attribute, Function* function) {
  LOCK;
  TRY(find_function(function));
  const emulator::Module& module = *function->module;
  switch (attribute) {
    case 0: *value = function->kernel->max_threads ? int(function->kernel->max_threads) : 1024; break;
    case 1: *value = int(module.shared_end - module.shared); break;
    case 4: *value = 32; break;  // registers
    case 5: case 6: *value = compute_capability(); break;
    case 8: *value = int(function->max_dynamic_shared); break;
    default: *value = 0;
  }
  return SUCCESS;
}
API cuFuncSetAttribute(Function* function, int attribute, int value) {
  LOCK;
  TRY(find_function(function));
  if (attribute != 8) return SUCCESS;
  if (value < 0 || size_t(value) > max_shared())
    return complain(INVALID_VALUE, "kernel `%s`: %d bytes of shared memory; a block has up to %zu",
                    function->kernel->name, value, max_shared());
  function->max_dynamic_shared = size_t(value);
  return SUCCESS;
}
API cuFuncSetCacheConfig(Function*, int) { return SUCCESS; }

API cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, Function*, int threads, size_t shared, unsigned) {
  *blocks = active_blocks(threads);
  if (shared) *blocks = std::min(*blocks, int(max_shared() / shared));
  return SUCCESS;
}
API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Function* function, int threads, size_t shared) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, threads, shared, 0);
}
API cuOccupancyMaxPotentialBlockSizeWithFlags(int* grid, int* block, Function* function, void*, size_t, int limit,
                                              unsigned) {
  TRY(cuFuncGetAttribute(block, 0, function));
  if (limit > 0) *block = std::min(*block, limit);
  return *grid = 4 * active_blocks(*block), SUCCESS;
}
API cuOccupancyMaxPotentialBlockSize(int* grid, int* block, Function* function, void* of, size_t shared, int limit) {
  return cuOccupancyMaxPotentialBlockSizeWithFlags(grid, block, function, of, shared, limit, 0);
}
API cuOccupancyAvailableDynamicSMemPerBlock(size_t* size, Function*, int blocks, int) {
  return *size = max_shared() / size_t(std::max(blocks, 1)), SUCCESS;
}

API cuLaunchKernel(Function* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                   unsigned block_y, unsigned block_z, unsigned shared, void* handle, void** parameters, void** extra) {
  LOCK;
  TRY(find_function(function));
  Stream* stream;
  TRY(find_stream(handle, &stream));
  if (extra) return NOT_SUPPORTED;
  if (is_named("CASTIRON_EMULATED_REFUSE", function->kernel->name, stream->context->device))
    return LAUNCH_OUT_OF_RESOURCES;
  if (stream->context != function->context)
    return complain(INVALID_HANDLE, "kernel `%s`: it and the stream are of different devices", function->kernel->name);
  dim3 grid(grid_x, grid_y, grid_z), block(block_x, block_y, block_z);
  TRY(check_launch(*function, grid, block, shared));

  Arguments arguments;
  const emulator::Kernel& kernel = *function->kernel;
  for (size_t i = 0; i < kernel.count; i++)
    arguments.bytes.emplace_back(static_cast<char*>(parameters[i]), kernel.parameters[i].size);
  // Once here, where the caller is still to be seen in a debugger.
  std::vector<Allocation*> used;
  Arguments first = arguments;
  translate(*function, first, used);

  return submit(*stream, [function = *function, grid, block, shared, arguments] {
    if (is_named("CASTIRON_EMULATED_BREAK", function.kernel->name, function.context->device))
      function.context->broken = ILLEGAL_ADDRESS;
    Arguments own = arguments;
    std::vector<Allocation*> used;
    translate(function, own, used);
    run({&function, grid, block, shared, own.addresses.data()});
    for (Allocation* a : used)
      if (!is_intact(*a))
        fail("kernel `%s` wrote beside the allocation of %zu bytes at %#llx", function.kernel->name, a->size,
             device_address(a->host));
  });
}

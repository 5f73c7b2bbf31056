// Devices, contexts, and the names of errors.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "driver.h"
#include "faults.h"

namespace {

bool initialized = false;
thread_local Context* current = nullptr;

int device_count() { return std::min(MOST_DEVICES, std::stoi(environment("CASTIRON_EMULATED_DEVICES", "1"))); }

// What a query of a device's attribute gives, by CUDA's number.
int attribute(int number) {
  const int capability = compute_capability();
  switch (number) {
    case 1: return 1024;                   // threads per block
    case 2: case 3: return 1024;           // block x, y
    case 4: return 64;                     // block z
    case 5: return 0x7fffffff;             // grid x
    case 6: case 7: return 65535;          // grid y, z
    case 8: return 48 << 10;               // shared memory per block
    case 9: return 64 << 10;               // constant memory
    case 10: return 32;                    // warp
    case 12: case 82: return 65536;        // registers per block, per multiprocessor
    case 13: return 1500000;               // clock, kHz
    case 14: return 512;                   // alignment of textures
    case 16: return 4;                     // multiprocessors
    case 31: case 40: case 41: return 1;   // concurrent kernels, copy engines, unified addresses
    case 36: return 2000000;               // memory clock, kHz
    case 37: return 1024;                  // memory bus, bits
    case 38: return 4 << 20;               // second cache, bytes
    case 39: return capability == 75 ? 1024 : 2048;  // threads per multiprocessor
    case 75: return capability / 10;
    case 76: return capability % 10;
    case 78: return 1;                     // stream priorities
    case 81: return int(max_shared()) + 1024;  // shared memory per multiprocessor
    case 97: return int(max_shared());     // shared memory per block, by choice
    case 106: return 32;                   // blocks per multiprocessor
    case 115: return std::stoi(environment("CASTIRON_EMULATED_POOLS", "1"));  // memory pools
    default: return 0;
  }
}

struct Name {
  int error;
  const char *name, *text;
};
const Name names[] = {
    {SUCCESS, "CUDA_SUCCESS", "no error"},
    {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {INVALID_PTX, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {ILLEGAL_STATE, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
    {NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {LAUNCH_OUT_OF_RESOURCES, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
     "operation failed due to a previous error during capture"},
    {CAPTURE_UNMATCHED, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "the capture was not begun in this stream"},
    {CAPTURE_UNJOINED, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
    {CAPTURE_ISOLATION, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION",
     "dependency created on uncaptured work in another stream"},
    {CAPTURE_WRONG_THREAD, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD",
     "attempt to terminate a thread-local capture sequence from another thread"},
};

int name_of(int error, const char** text, bool whole) {
  for (const Name& n : names)
    if (n.error == error) return *text = whole ? n.text : n.name, SUCCESS;
  *text = nullptr;
  return INVALID_VALUE;
}

int check_device(int device) {
  if (!initialized) return NOT_INITIALIZED;
  return device >= 0 && device < device_count() ? SUCCESS : INVALID_DEVICE;
}

}  // namespace

namespace {

std::recursive_mutex& driver_lock() {
  // Never destroyed: threads may still call while the process ends.
  static auto* lock = new std::recursive_mutex;
  return *lock;
}
thread_local int lock_depth = 0;

}  // namespace

DriverLock::DriverLock() { driver_lock().lock(), lock_depth++; }
DriverLock::~DriverLock() { lock_depth--, driver_lock().unlock(); }
void DriverLock::yield() {
  const int depth = lock_depth;
  for (int i = 0; i < depth; i++) driver_lock().unlock();
  std::this_thread::sleep_for(std::chrono::microseconds(200));
  for (int i = 0; i < depth; i++) driver_lock().lock();
}

std::string environment(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value && *value ? value : otherwise;
}

void note_wait(const char* who) {
  static const std::string path = environment("CASTIRON_EMULATED_WAITS", "");
  if (path.empty()) return;
  FILE* file = fopen(path.c_str(), "a");
  if (!file) fail("cannot write to %s", path.c_str());
  fprintf(file, "%s\n", who);
  fclose(file);
}

bool is_named(const char* variable, const char* name, int device) {
  static std::map<std::string, int> left;
  std::string text = environment(variable, "");
  const size_t at = text.find('@'), plus = text.find('+');
  if (text.substr(0, at) != name || (at < plus && at != text.npos && std::stoi(text.substr(at + 1)) != device))
    return false;
  int& count = left.try_emplace(variable, plus == text.npos ? 0 : std::stoi(text.substr(plus + 1))).first->second;
  return count-- <= 0 && (count = 0, true);
}

uint32_t random_bits() {
  static uint64_t state = (std::stoull(environment("CASTIRON_EMULATED_SEED", "1")) + 1) * 0x9e3779b97f4a7c15;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return uint32_t(state * 0x2545f4914f6cdd1d >> 32);
}

// As 75 or 90.
int compute_capability() { return int(std::stod(environment("CASTIRON_EMULATED_CC", "9.0")) * 10 + 0.5); }

// What a block may have of shared memory if the function asks for it.
size_t max_shared() {
  switch (compute_capability()) {
    case 75: return 64 << 10;
    case 80: case 87: return 163 << 10;
    case 86: case 89: case 120: return 99 << 10;
    default: return 227 << 10;
  }
}

int current_context(Context** context) {
  if (!initialized) return NOT_INITIALIZED;
  *context = current;
  return current ? current->broken : INVALID_CONTEXT;
}

Context& primary_context(int device) {
  static Context* contexts = [] {
    auto* all = new Context[MOST_DEVICES];
    for (int i = 0; i < MOST_DEVICES; i++) {
      all[i].device = i;
      all[i].null_stream.context = &all[i];
      all[i].null_stream.blocking = true;
    }
    return all;
  }();
  return contexts[device];
}

API cuInit(unsigned) {
  LOCK;
  if (device_count() == 0) return NO_DEVICE;
  initialized = true;
  catch_faults();
  return SUCCESS;
}
API cuDriverGetVersion(int* version) {
  return *version = std::stoi(environment("CASTIRON_EMULATED_DRIVER", "13000")), SUCCESS;
}
API cuGetErrorName(int error, const char** text) { return name_of(error, text, false); }
API cuGetErrorString(int error, const char** text) { return name_of(error, text, true); }
API cuGetExportTable(const void** table, const void*) { return *table = nullptr, NOT_SUPPORTED; }

API cuDeviceGetCount(int* count) {
  if (!initialized) return NOT_INITIALIZED;
  return *count = device_count(), SUCCESS;
}
API cuDeviceGet(int* device, int ordinal) {
  TRY(check_device(ordinal));
  return *device = ordinal, SUCCESS;
}
API cuDeviceGetName(char* name, int size, int device) {
  TRY(check_device(device));
  snprintf(name, size, "castiron's emulated GPU %d", device);
  return SUCCESS;
}
API cuDeviceGetUuid_v2(char* uuid, int device) {
  TRY(check_device(device));
  memset(uuid, 0xca, 15);
  uuid[15] = char(device);
  return SUCCESS;
}
API cuDeviceGetUuid(char* uuid, int device) { return cuDeviceGetUuid_v2(uuid, device); }
API cuDeviceTotalMem_v2(size_t* size, int device) {
  TRY(check_device(device));
  return *size = memory_size(), SUCCESS;
}
API cuDeviceGetAttribute(int* value, int number, int device) {
  TRY(check_device(device));
  return *value = attribute(number), SUCCESS;
}
API cuDeviceCanAccessPeer(int* can, int, int) { return *can = 0, SUCCESS; }

API cuDevicePrimaryCtxRetain(Context** context, int device) {
  LOCK;
  TRY(check_device(device));
  *context = &primary_context(device);
  (*context)->retained++;
  return SUCCESS;
}
API cuDevicePrimaryCtxRelease_v2(int device) {
  LOCK;
  TRY(check_device(device));
  Context& context = primary_context(device);
  if (context.retained == 0) return INVALID_CONTEXT;
  if (--context.retained > 0) return SUCCESS;
  drain(context);
  release_all(device);
  return SUCCESS;
}
API cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active) {
  TRY(check_device(device));
  return *flags = 0, *active = primary_context(device).retained > 0, SUCCESS;
}
API cuCtxSetCurrent(Context* context) { return current = context, SUCCESS; }
API cuCtxGetCurrent(Context** context) { return *context = current, SUCCESS; }
API cuCtxGetDevice(int* device) { return current ? *device = current->device, SUCCESS : INVALID_CONTEXT; }
API cuCtxSetFlags(unsigned) { return SUCCESS; }
API cuCtxGetLimit(size_t* value, int) { return *value = 0, SUCCESS; }
API cuCtxSetLimit(int, size_t) { return SUCCESS; }
API cuCtxGetCacheConfig(int* config) { return *config = 0, SUCCESS; }
API cuCtxSetCacheConfig(int) { return SUCCESS; }
API cuCtxGetStreamPriorityRange(int* least, int* greatest) { return *least = 0, *greatest = -5, SUCCESS; }
API cuProfilerStart() { return SUCCESS; }
API cuProfilerStop() { return SUCCESS; }
API cuCtxSynchronize() {
  LOCK;
  Context* context;
  TRY(current_context(&context));
  TRY(may_wait(nullptr, "cuCtxSynchronize"));
  note_wait("cuCtxSynchronize");
  drain(*context);
  return context->broken;
}
API cuMemGetInfo_v2(size_t* unused, size_t* total) {
  LOCK;
  Context* context;
  TRY(current_context(&context));
  *total = memory_size();
  *unused = *total - memory_used(context->device);
  return SUCCESS;
}

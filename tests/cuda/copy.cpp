// Allocation in the order of a stream, copies and fills.
#include <cstring>

#include "driver.h"

namespace {

// Copies. Memory that is not pinned is read when the copy is asked for and written before the call returns, as CUDA
// has it; in a capture, both happen at every replay.
int copy(Address to, Address from, size_t size, Stream& stream, bool wait, const char* who, bool host_to,
         bool host_from) {
  if (size == 0) return SUCCESS;
  auto check = [=](Address address, bool on_host, char** host) {
    if (on_host && !find_allocation(address)) return *host = reinterpret_cast<char*>(address), int(SUCCESS);
    if (on_host) return complain(INVALID_VALUE, "%s: %#llx is a device's address, not the host's", who, address);
    return host_address(address, size, who, host);
  };
  char *target, *source;
  TRY(check(to, host_to, &target));
  TRY(check(from, host_from, &source));
  auto work = [=] {
    char *target, *source;
    if (check(to, host_to, &target) || check(from, host_from, &source)) fail("%s: memory was freed before", who);
    memmove(target, source, size);
  };
  if (wait) TRY(may_wait(stream.capture ? &stream : nullptr, who));
  if (stream.capture) return submit(stream, work);
  if (host_from && !is_pinned(source, size)) {
    std::vector<char> staged(source, source + size);
    TRY(submit(stream, [=, staged = std::move(staged)] {
      char* target;
      if (check(to, host_to, &target)) fail("%s: memory was freed before", who);
      memcpy(target, staged.data(), size);
    }));
  } else {
    TRY(submit(stream, work));
  }
  if (wait || (host_to && !is_pinned(target, size))) note_wait(who), drain(stream);
  return stream.context->broken;
}

int fill(Address to, const void* pattern, size_t width, size_t count, void* handle, bool wait, const char* who) {
  LOCK;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  if (wait) TRY(may_wait(nullptr, who));
  if (count == 0) return SUCCESS;
  if (to % width) return complain(INVALID_VALUE, "%s: %#llx is not aligned to %zu", who, to, width);
  char* host;
  TRY(host_address(to, width * count, who, &host));
  std::string bytes(static_cast<const char*>(pattern), width);
  TRY(submit(*stream, [=] {
    char* host;
    if (host_address(to, width * count, who, &host)) fail("%s: memory was freed before", who);
    for (size_t i = 0; i < count; i++) memcpy(host + i * width, bytes.data(), width);
  }));
  if (wait) drain(*stream);
  return SUCCESS;
}

}  // namespace

API cuMemAlloc_v2(Address* address, size_t size) {
  LOCK;
  Context* context;
  TRY(current_context(&context));
  TRY(may_wait(nullptr, "cuMemAlloc"));
  return allocate(address, size, context->device);
}
API cuMemFree_v2(Address address) {
  LOCK;
  Context* context;
  TRY(current_context(&context));
  TRY(may_wait(nullptr, "cuMemFree"));
  if (address == 0) return SUCCESS;
  if (auto* a = find_allocation(address); a && a->device != context->device)
    return complain(INVALID_VALUE, "cuMemFree: %#llx is memory of device %d, not %d", address, a->device,
                    context->device);
  drain(*context);
  return release(address, "cuMemFree");
}
API cuMemAllocAsync(Address* address, size_t size, void* handle) {
  LOCK;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  if (!stream->capture) {
    int result = allocate(address, size, stream->context->device);
    if (result != OUT_OF_MEMORY) return result;
    // What was freed may be pending.
    drain(*stream->context);
    return allocate(address, size, stream->context->device);
  }
  // Of the graph: fresh at every replay, and there for good.
  TRY(allocate(address, size, stream->context->device));
  return submit(*stream, [a = *address] { poison(*find_allocation(a)); });
}
API cuMemFreeAsync(Address address, void* handle) {
  LOCK;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  auto* a = find_allocation(address);
  if (!a || device_address(a->host) != address) return release(address, "cuMemFreeAsync");
  if (a->device != stream->context->device)
    return complain(INVALID_VALUE, "cuMemFreeAsync: %#llx is memory of device %d, not %d", address, a->device,
                    stream->context->device);
  if (stream->capture) return submit(*stream, [address] { poison(*find_allocation(address)); });
  return submit(*stream, [address] {
    if (release(address, "cuMemFreeAsync")) fail("freed twice");
  });
}
API cuMemGetAddressRange_v2(Address* base, size_t* size, Address address) {
  LOCK;
  auto* a = find_allocation(address);
  if (!a) return NOT_FOUND;
  if (base) *base = device_address(a->host);
  if (size) *size = a->size;
  return SUCCESS;
}

#define COPY(NAME, TO, FROM, HOST_TO, HOST_FROM)                                                         \
  API NAME##Async_v2(TO to, FROM from, size_t size, void* handle) {                                      \
    LOCK;                                                                                                \
    Stream* stream;                                                                                      \
    TRY(find_stream(handle, &stream));                                                                   \
    return copy(Address(to), Address(from), size, *stream, false, #NAME "Async", HOST_TO, HOST_FROM);    \
  }                                                                                                      \
  API NAME##_v2(TO to, FROM from, size_t size) {                                                         \
    LOCK;                                                                                                \
    Stream* stream;                                                                                      \
    TRY(find_stream(nullptr, &stream));                                                                  \
    return copy(Address(to), Address(from), size, *stream, true, #NAME, HOST_TO, HOST_FROM);             \
  }
COPY(cuMemcpyHtoD, Address, const void*, false, true)
COPY(cuMemcpyDtoH, void*, Address, true, false)
COPY(cuMemcpyDtoD, Address, Address, false, false)

API cuMemcpyPeerAsync(Address to, Context*, Address from, Context*, size_t size, void* handle) {
  return cuMemcpyDtoDAsync_v2(to, from, size, handle);
}

#define FILL(NAME, T, SUFFIX)                                                          \
  API NAME##Async(Address to, T value, size_t count, void* handle) {                   \
    return fill(to, &value, sizeof(T), count, handle, false, #NAME "Async");           \
  }                                                                                    \
  API NAME##_v2(Address to, T value, size_t count) {                                   \
    return fill(to, &value, sizeof(T), count, nullptr, true, #NAME);                   \
  }
FILL(cuMemsetD8, uint8_t, )
FILL(cuMemsetD16, uint16_t, )
FILL(cuMemsetD32, uint32_t, )

// One pool a device; it keeps nothing.
static int pool;
API cuDeviceGetDefaultMemPool(void** out, int) { return *out = &pool, SUCCESS; }
API cuDeviceGetMemPool(void** out, int) { return *out = &pool, SUCCESS; }
API cuDeviceSetMemPool(int, void*) { return SUCCESS; }
API cuMemPoolCreate(void** out, const void*) { return *out = &pool, SUCCESS; }
API cuMemPoolDestroy(void*) { return SUCCESS; }
API cuMemPoolTrimTo(void*, size_t) { return SUCCESS; }
API cuMemPoolSetAttribute(void*, int, void*) { return SUCCESS; }
API cuMemPoolGetAttribute(void*, int, void* value) { return *static_cast<uint64_t*>(value) = 0, SUCCESS; }
API cuMemAllocFromPoolAsync(Address* address, size_t size, void*, void* stream) {
  return cuMemAllocAsync(address, size, stream);
}

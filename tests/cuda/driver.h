// What the files of the emulated driver share. Every entry of the API holds one lock: work runs on the caller's thread.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "module.h"

#define API extern "C" __attribute__((visibility("default"))) int
#define TRY(call) \
  if (int error = call) return error

enum Result {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NOT_INITIALIZED = 3,
  NO_DEVICE = 100,
  INVALID_DEVICE = 101,
  INVALID_IMAGE = 200,
  INVALID_CONTEXT = 201,
  INVALID_PTX = 218,
  INVALID_HANDLE = 400,
  ILLEGAL_STATE = 401,
  NOT_FOUND = 500,
  NOT_READY = 600,
  ILLEGAL_ADDRESS = 700,
  LAUNCH_OUT_OF_RESOURCES = 701,
  NOT_SUPPORTED = 801,
  CAPTURE_UNSUPPORTED = 900,
  CAPTURE_INVALIDATED = 901,
  CAPTURE_UNMATCHED = 903,
  CAPTURE_UNJOINED = 904,
  CAPTURE_ISOLATION = 905,
  CAPTURE_WRONG_THREAD = 908,
};

using Address = unsigned long long;
struct Stream;

// What a stream is given to do.
struct Work {
  std::function<void()> run;
  // Of work that streams do together (NCCL's): whether all have come to it. Nothing: it waits for nobody.
  std::function<bool()> ready;
  // Makes such work from what was submitted, each time that it comes to a place in a stream: a graph is replayed.
  std::function<Work(Stream&, uint64_t position)> meet;

  Work() = default;
  template <class F, class = decltype(std::declval<F&>()())>
  Work(F run) : run(std::move(run)) {}
};

// What other libraries of the emulator use.
#define SHARED __attribute__((visibility("default")))

// Says what went wrong, since an error's number says little; gives the number.
SHARED int complain(int error, const char* format, ...) __attribute__((format(printf, 2, 3)));

// Ends the process; names the kernel that runs, if one does.
[[noreturn]] SHARED void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

struct SHARED DriverLock {
  DriverLock();
  ~DriverLock();
  // Lets other threads call for a moment.
  static void yield();
};
#define LOCK DriverLock lock

// Pseudo-random numbers: the order of whatever CUDA leaves open follows from CASTIRON_EMULATED_SEED.
uint32_t random_bits();
inline uint32_t random_below(uint32_t n) { return uint32_t(uint64_t(random_bits()) * n >> 32); }

std::string environment(const char* name, const char* otherwise);

// Writes down that the host waits, if there is a file for it.
void note_wait(const char* who);

// Whether the variable names this call or kernel, `NAME`, `NAME@DEVICE` or `NAME@DEVICE+N`: on that device only, and
// not the first N times.
SHARED bool is_named(const char* variable, const char* name, int device);

// memory.cpp
constexpr int MOST_DEVICES = 8;
size_t memory_size();
size_t memory_used(int device);
struct Allocation {
  char* host;
  size_t size;
  int device;
  char* pages;
  size_t pages_size;
};

Address device_address(const void* host);
// The allocation that [address, address + size) lies in; null: none.
SHARED Allocation* find_allocation(Address address, size_t size = 0);
bool is_pinned(const void* host, size_t size);
int allocate(Address* address, size_t size, int device);
int release(Address address, const char* who);
void release_all(int device);
void poison(Allocation& allocation);
// Whether nobody wrote beside the allocation, between its end and the guard page's.
bool is_intact(const Allocation& allocation);
// In words, for messages: the allocation that is nearest to an address of the host or of the device.
std::string describe(Address address);
// The address that the host has for a device's: for `size` bytes there, of which `who` speaks.
SHARED int host_address(Address address, size_t size, const char* who, char** host);

// stream.cpp, graph.cpp
struct Context;

// What one stream has seen of the others, in operations of each: for joining forked streams to a capture.
using Clock = std::map<Stream*, uint64_t>;

struct Capture {
  Stream* origin;
  int mode;
  std::thread::id thread;
  uint64_t id;
  bool invalid = false;
  std::shared_ptr<std::vector<Work>> work = std::make_shared<std::vector<Work>>();
  std::set<Stream*> streams;
};

struct Stream {
  Context* context;
  bool blocking;
  std::deque<Work> pending;
  uint64_t submitted = 0, done = 0;
  // Whose thread runs the first of `pending`; nobody's: none does.
  std::thread::id running;
  std::shared_ptr<Capture> capture;
  Clock clock;
};

struct Event {
  Context* context;
  bool timing;
  Stream* stream = nullptr;
  uint64_t position = 0;
  bool recorded = false;
  double seconds = 0;
  std::shared_ptr<Capture> capture;
  Clock clock;
};

struct Context {
  int device;
  int retained = 0;
  // What a kernel has done to it: the answer to every call from then on.
  int broken = 0;
  Stream null_stream;
  std::set<Stream*> streams;
};

// The context of the calling thread.
int current_context(Context** context);
Context& primary_context(int device);
// The stream of a handle: null and the legacy handle are the context's own.
SHARED int find_stream(void* handle, Stream** stream);
// Gives work to a stream: to be run by `drain`, or to the graph that it is captured into.
SHARED int submit(Stream& stream, Work work);
// Runs what was submitted to a stream until `position`. Unless it is to wait, it stops before work that others have not
// come to.
SHARED void drain(Stream& stream, uint64_t position, bool wait = true);
void drain(Stream& stream);
void drain(Context& context);
// An error if a capture forbids what `who` is about to do: wait for `stream` (null: for the whole device).
int may_wait(Stream* stream, const char* who);
int wait_in_capture(Stream& stream, Event& event);

// launch.cpp
struct Function {
  const emulator::Module* module;
  const emulator::Kernel* kernel;
  Context* context;
  size_t max_dynamic_shared = 48 << 10;
};
int compute_capability();
size_t max_shared();

// fibres.cpp
struct Launch {
  const Function* function;
  dim3 grid, block;
  size_t dynamic_shared;
  void** arguments;
};
void run(const Launch& launch);

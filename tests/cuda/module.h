// What a compiled module and the driver know of each other. A module is a shared object that depends on nothing of
// the driver: it exports one `Module`, and the driver fills in where it points.
#pragma once
#include <stddef.h>

#include "vectors.h"

namespace emulator {

// What the driver does for a kernel. `line` is that of the call, so that two barriers are never taken for one.
struct Runtime {
  // Waits for the whole block; gives the number of threads that came with a true predicate.
  int (*barrier)(bool predicate, int line);
  // Waits for the lanes in `mask`; gives what each of them came with, `SLOT` bytes apart.
  const char* (*gather)(unsigned mask, const void* value, size_t size, int line);
  // An asynchronous copy to shared memory (zeros if `from` is null), which is done when its group is waited for.
  void (*copy_later)(void* to, const void* from, size_t size);
  void (*commit_copies)();
  void (*wait_for_copies)(unsigned pending);
  // The calling thread's number in its warp.
  unsigned (*lane)();
  [[noreturn]] void (*fail)(const char* what, int line);
};

// The most that one lane gives to the others: the fragments of a matrix product.
constexpr size_t SLOT = 32;

struct Parameter {
  size_t size;
  bool pointer;
};

struct Kernel {
  const char* name;
  void (*call)(void** arguments);
  const Parameter* parameters;
  size_t count;
  unsigned max_threads;  // of __launch_bounds__; 0: not given
};

struct Module {
  unsigned build;  // EMULATOR_BUILD, of build.sh
  const Kernel* kernels;
  size_t count;
  uint3 *thread, *block;
  dim3 *block_dim, *grid_dim;
  char** dynamic_shared;
  const Runtime** runtime;
  char *shared, *shared_end;  // every static __shared__ variable of the module
};

}  // namespace emulator

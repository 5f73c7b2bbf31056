// CUDA's language for g++: what stands before a translated `.cu` file. See README.md.
#pragma once
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <utility>

#include "module.h"

#define __global__
#define __device__
#define __constant__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __inline__ inline
#define __noinline__ __attribute__((noinline))
#define __restrict__ __restrict
#define __align__(n) __attribute__((aligned(n)))
#define __grid_constant__
#define __launch_bounds__(...)
// In a section of its own: the driver poisons it before every block.
#define __shared__ static __attribute__((section("shared_memory")))

extern char __start_shared_memory[] __attribute__((weak, visibility("hidden")));
extern char __stop_shared_memory[] __attribute__((weak, visibility("hidden")));

static uint3 threadIdx, blockIdx;
static dim3 blockDim, gridDim;
static constexpr int warpSize = 32;

namespace emulator {

static char* dynamic_shared;
static const Runtime* runtime;

// Kernels as the driver sees them: arguments by address, and which of them are pointers to translate.
template <class T>
inline constexpr bool is_pointer = false;
template <class T>
inline constexpr bool is_pointer<T*> = true;

template <auto kernel>
struct Entry;

template <class... A, void (*kernel)(A...)>
struct Entry<kernel> {
  static constexpr Parameter parameters[sizeof...(A) + 1] = {{sizeof(A), is_pointer<A>}..., {0, false}};

  template <size_t... I>
  static void spread(void** arguments, std::index_sequence<I...>) {
    kernel(*static_cast<A*>(arguments[I])...);
  }
  static void call(void** arguments) {
    spread(arguments, std::index_sequence_for<A...>{});
  }
  static constexpr Kernel describe(const char* name, unsigned max_threads) {
    return {name, call, parameters, sizeof...(A), max_threads};
  }
};

// What every lane of `mask` gave; to be copied before the next call.
template <class T>
struct Lanes {
  static_assert(sizeof(T) <= SLOT);
  const char* slots;
  T operator[](unsigned lane) const {
    T value;
    memcpy(&value, slots + lane * SLOT, sizeof(T));
    return value;
  }
};

template <class T>
inline Lanes<T> gather(unsigned mask, const T& value, int line = __builtin_LINE()) {
  return {runtime->gather(mask, &value, sizeof(T), line)};
}

inline unsigned lane() { return runtime->lane(); }

}  // namespace emulator

#include "intrinsics.h"
#include "sanitize.h"
#include "warp.h"

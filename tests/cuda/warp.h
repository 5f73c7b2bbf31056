// Barriers, shuffles, votes and atomics. Blocks run one after the other and threads take turns at barriers only, so
// plain reads and writes are atomic.
#pragma once

#define LINE int line = __builtin_LINE()

inline void __syncthreads(LINE) { emulator::runtime->barrier(false, line); }
inline int __syncthreads_count(int predicate, LINE) { return emulator::runtime->barrier(predicate, line); }
inline int __syncthreads_or(int predicate, LINE) { return emulator::runtime->barrier(predicate, line) > 0; }
inline int __syncthreads_and(int predicate, LINE) { return emulator::runtime->barrier(!predicate, line) == 0; }
inline void __syncwarp(unsigned mask = ~0u, LINE) { emulator::gather(mask, 0, line); }
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}
[[noreturn]] inline void __trap(LINE) { emulator::runtime->fail("__trap()", line); }

// The last lane of a segment of `width` lanes; where a source lies outside of it, a lane gets its own value.
template <class T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32, LINE) {
  auto lanes = emulator::gather(mask, value, line);
  return lanes[(emulator::lane() & ~(width - 1)) | (source & (width - 1))];
}
template <class T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, LINE) {
  auto lanes = emulator::gather(mask, value, line);
  unsigned lane = emulator::lane();
  return lanes[(lane & (width - 1)) >= delta ? lane - delta : lane];
}
template <class T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, LINE) {
  auto lanes = emulator::gather(mask, value, line);
  unsigned lane = emulator::lane();
  return lanes[(lane & (width - 1)) + delta < unsigned(width) ? lane + delta : lane];
}
template <class T>
inline T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, LINE) {
  auto lanes = emulator::gather(mask, value, line);
  unsigned lane = emulator::lane(), source = lane ^ bits;
  return lanes[source <= (lane | (width - 1)) ? source : lane];
}

inline unsigned __ballot_sync(unsigned mask, int predicate, LINE) {
  auto lanes = emulator::gather(mask, char(predicate ? 1 : 0), line);
  unsigned ballot = 0;
  // A lane that has exited left 0xff.
  for (unsigned i = 0; i < 32; i++) ballot |= unsigned((mask >> i & 1) && lanes[i] == 1) << i;
  return ballot;
}
inline int __any_sync(unsigned mask, int predicate, LINE) { return __ballot_sync(mask, predicate, line) != 0; }
inline int __all_sync(unsigned mask, int predicate, LINE) { return __ballot_sync(mask, !predicate, line) == 0; }
template <class T>
inline unsigned __match_any_sync(unsigned mask, T value, LINE) {
  auto lanes = emulator::gather(mask, value, line);
  unsigned same = 0;
  for (unsigned i = 0; i < 32; i++) same |= unsigned((mask >> i & 1) && lanes[i] == value) << i;
  return same;
}

#define REDUCE(NAME, T, UPDATE)                                    \
  inline T __reduce_##NAME##_sync(unsigned mask, T value, LINE) {  \
    auto lanes = emulator::gather(mask, value, line);              \
    T all = value;                                                 \
    for (unsigned i = 0; i < 32; i++) {                            \
      if (!(mask >> i & 1) || i == emulator::lane()) continue;     \
      T other = lanes[i];                                          \
      all = UPDATE;                                                \
    }                                                              \
    return all;                                                    \
  }
REDUCE(add, unsigned, all + other)
REDUCE(add, int, all + other)
REDUCE(min, unsigned, min(all, other))
REDUCE(min, int, min(all, other))
REDUCE(max, unsigned, max(all, other))
REDUCE(max, int, max(all, other))
REDUCE(and, unsigned, all & other)
REDUCE(or, unsigned, all | other)
REDUCE(xor, unsigned, all ^ other)
#undef REDUCE

#define ATOMIC(NAME, T, UPDATE)        \
  inline T NAME(T* address, T value) { \
    T old = *address;                  \
    *address = UPDATE;                 \
    return old;                        \
  }
#define INTEGERS(NAME, UPDATE)            \
  ATOMIC(NAME, int, UPDATE)               \
  ATOMIC(NAME, unsigned, UPDATE)          \
  ATOMIC(NAME, unsigned long long, UPDATE)
INTEGERS(atomicAdd, old + value)
INTEGERS(atomicSub, old - value)
INTEGERS(atomicExch, value)
INTEGERS(atomicMin, min(old, value))
INTEGERS(atomicMax, max(old, value))
INTEGERS(atomicAnd, old & value)
INTEGERS(atomicOr, old | value)
INTEGERS(atomicXor, old ^ value)
ATOMIC(atomicAdd, float, old + value)
ATOMIC(atomicAdd, double, old + value)
ATOMIC(atomicExch, float, value)
ATOMIC(atomicInc, unsigned, old >= value ? 0 : old + 1)
ATOMIC(atomicDec, unsigned, old == 0 || old > value ? value : old - 1)
#undef ATOMIC
#undef INTEGERS

#define CAS(T)                                       \
  inline T atomicCAS(T* address, T compare, T value) { \
    T old = *address;                                \
    if (old == compare) *address = value;            \
    return old;                                      \
  }
CAS(int)
CAS(unsigned)
CAS(unsigned short)
CAS(unsigned long long)
#undef CAS
#undef LINE

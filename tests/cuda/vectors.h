// CUDA's vector types, with the alignment that they have on a GPU.
#pragma once

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

#define VECTOR2(T, NAME)                       \
  struct alignas(2 * sizeof(T)) NAME##2 {      \
    T x, y;                                    \
  };                                           \
  inline NAME##2 make_##NAME##2(T x, T y) {    \
    return {x, y};                             \
  }
#define VECTOR3(T, NAME)                         \
  struct NAME##3 {                               \
    T x, y, z;                                   \
  };                                             \
  inline NAME##3 make_##NAME##3(T x, T y, T z) { \
    return {x, y, z};                            \
  }
#define VECTOR4(T, NAME)                              \
  struct alignas(4 * sizeof(T)) NAME##4 {             \
    T x, y, z, w;                                     \
  };                                                  \
  inline NAME##4 make_##NAME##4(T x, T y, T z, T w) { \
    return {x, y, z, w};                              \
  }
#define VECTORS(T, NAME) VECTOR2(T, NAME) VECTOR3(T, NAME) VECTOR4(T, NAME)
VECTORS(char, char)
VECTORS(unsigned char, uchar)
VECTORS(short, short)
VECTORS(unsigned short, ushort)
VECTORS(int, int)
VECTORS(unsigned, uint)
VECTORS(float, float)
VECTOR2(double, double)
VECTOR2(long long, longlong)
VECTOR2(unsigned long long, ulonglong)
#undef VECTOR2
#undef VECTOR3
#undef VECTOR4
#undef VECTORS

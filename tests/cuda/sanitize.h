// g++ checks the alignment of every access and the bounds of arrays of known size (-fsanitize=alignment,bounds), and
// calls these where one fails. The layouts are those of libubsan, which a module does without.
#pragma once

namespace emulator {
struct Location {
  const char* file;
  unsigned line, column;
};
struct Type {
  unsigned short kind, info;
  char name[1];
};
struct Mismatch {
  Location location;
  const Type* type;
  unsigned char log_alignment, kind;
};
struct OutOfBounds {
  Location location;
  const Type *array, *index;
};
}  // namespace emulator

#define HANDLER extern "C" __attribute__((used, visibility("hidden"), noreturn)) inline void

HANDLER __ubsan_handle_type_mismatch_v1_abort(const emulator::Mismatch* data, size_t address) {
  static char text[256];
  snprintf(text, sizeof text, "address %#zx is not aligned for %s, which needs %u bytes", address, data->type->name,
           1u << data->log_alignment);
  emulator::runtime->fail(text, int(data->location.line));
}

HANDLER __ubsan_handle_out_of_bounds_abort(const emulator::OutOfBounds* data, size_t index) {
  static char text[256];
  snprintf(text, sizeof text, "index %zd is out of bounds of %s", ssize_t(index), data->array->name);
  emulator::runtime->fail(text, int(data->location.line));
}
#undef HANDLER

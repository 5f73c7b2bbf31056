// What the emulated NVRTC gives for PTX: a shared object as text, so that whoever stores or compares PTX as a string
// can go on doing so.
#pragma once
#include <elf.h>

#include <cstdio>
#include <cstring>
#include <string>

constexpr char IMAGE_HEADER[] = "// castiron's emulated PTX: ";

inline uint64_t image_hash(const std::string& bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : bytes) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

inline std::string write_image(const std::string& object) {
  char header[128];
  snprintf(header, sizeof header, "%s%zu %016llx\n", IMAGE_HEADER, object.size(),
           (unsigned long long)image_hash(object));
  std::string text = header;
  for (unsigned char c : object) text += "0123456789abcdef"[c >> 4], text += "0123456789abcdef"[c & 15];
  return text;
}

// From such a text, or from the object itself (CUBIN). 0, or CUDA's number of the error.
inline int read_image(const void* image, std::string* object) {
  const char* text = static_cast<const char*>(image);
  if (memcmp(text, ELFMAG, SELFMAG) == 0) {
    // The table of sections is the last thing in the file.
    Elf64_Ehdr header;
    memcpy(&header, text, sizeof header);
    object->assign(text, header.e_shoff + size_t(header.e_shentsize) * header.e_shnum);
    return 0;
  }
  size_t size;
  unsigned long long hash;
  int start = 0;
  constexpr int INVALID_PTX = 218;
  if (strncmp(text, IMAGE_HEADER, strlen(IMAGE_HEADER)) != 0) return INVALID_PTX;
  text += strlen(IMAGE_HEADER);
  if (sscanf(text, "%zu %llx\n%n", &size, &hash, &start) != 2 || strlen(text + start) < 2 * size) return INVALID_PTX;
  auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (text += start; object->size() < size; text += 2) *object += char(digit(text[0]) << 4 | digit(text[1]));
  return image_hash(*object) == hash ? 0 : INVALID_PTX;
}

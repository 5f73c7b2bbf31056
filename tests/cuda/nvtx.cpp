// NVTX for tests: ranges are written to the file that CASTIRON_EMULATED_NVTX names, indented by their depth.
#include <cstdio>
#include <cstdlib>

#define API extern "C" __attribute__((visibility("default"))) int

namespace {

thread_local int depth = 0;

}  // namespace

API nvtxRangePushA(const char* name) {
  if (const char* path = getenv("CASTIRON_EMULATED_NVTX"))
    if (FILE* file = fopen(path, "a")) {
      fprintf(file, "%*s%s\n", 2 * depth, "", name);
      fclose(file);
    }
  return depth++;
}
API nvtxRangePop() { return depth > 0 ? --depth : -1; }

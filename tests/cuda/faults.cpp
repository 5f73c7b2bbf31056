#include "faults.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>

#include "driver.h"

namespace {

struct sigaction before;

void on_fault(int signal, siginfo_t* info, void*) {
  const bool in_kernel = !running_kernel().empty();
  const Address address = Address(info->si_addr);
  const std::string where = describe(address);
  if (in_kernel && is_fibre_stack(info->si_addr)) fail("out of stack: local arrays too large, or endless recursion");
  // The kernel gives no address where the hardware does not: SI_KERNEL.
  if (in_kernel && info->si_code != SI_KERNEL) fail("no memory at %#llx%s", address, where.c_str());
  if (in_kernel) fail("an address that no memory can have, or one that is not aligned");
  if (!where.empty()) fail("the host used a device's address, %#llx%s", address, where.c_str());
  // Not ours: once more, for whoever was there before.
  sigaction(signal, &before, nullptr);
}

}  // namespace

void catch_faults() {
  static thread_local bool stack_is_set = false;
  if (!stack_is_set) {
    stack_is_set = true;
    stack_t old;
    if (sigaltstack(nullptr, &old) == 0 && (old.ss_flags & SS_DISABLE || old.ss_size < (32 << 10))) {
      stack_t stack = {malloc(64 << 10), 0, 64 << 10};
      sigaltstack(&stack, nullptr);
    }
  }
  static bool installed = false;
  if (installed) return;
  installed = true;
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGBUS, &action, nullptr);
  sigaction(SIGSEGV, &action, &before);
}

void fail(const char* format, ...) {
  char text[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  std::string kernel = running_kernel();
  fprintf(stderr, "castiron's emulated GPU: %s%s%s\n", kernel.c_str(), kernel.empty() ? "" : ": ", text);
  fflush(stderr);
  abort();
}

int complain(int error, const char* format, ...) {
  char text[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  fprintf(stderr, "castiron's emulated GPU: error %d: %s\n", error, text);
  return error;
}

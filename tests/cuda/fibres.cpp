// Runs kernels. Every CUDA thread is a fibre: a stack of its own, left and resumed at barriers. One block runs at a
// time. A fibre whose kernel returns takes the next thread, so that a kernel without barriers is a loop of calls.
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "driver.h"
#include "faults.h"

namespace {

constexpr unsigned MOST_THREADS = 1024, WARP = 32;
constexpr size_t STACK = 128 << 10;

// Lanes of one warp that wait for each other, and what they bring.
struct Group {
  unsigned mask, arrived, readers;
  size_t size;
  int line;
  alignas(64) char slots[WARP][emulator::SLOT];
};

// Until it is waited for, its target is poisoned.
struct Copy {
  void* to;
  const void* from;
  size_t size;
  unsigned group;
};

struct Thread {
  uint3 index;
  void* stack_pointer;
  Group* held;  // what it read last; others may still read it
  bool started, exited;
  unsigned committed;  // groups of copies
};

struct Warp {
  unsigned alive;
  std::vector<Group*> groups;
};

const Launch* launch_;
thread_local bool runs_here = false;
uint3 block_;
Thread threads[MOST_THREADS];
std::vector<Copy> copies[MOST_THREADS];
Warp warps[MOST_THREADS / WARP];
unsigned count, exited, current, starting;

// Threads that may run, in the order in which they will.
unsigned queue[MOST_THREADS], queue_head, queue_size;

struct {
  unsigned arrived;
  int predicates, result, line;
} barrier_;

// Never destroyed, like all that a thread may use while the process ends.
auto& free_groups = *new std::vector<Group*>;
auto& free_fibres = *new std::vector<unsigned>;
char* stacks;
void* main_stack_pointer;

extern "C" void switch_stack(void** save, void* to);
asm(R"(.text
.type switch_stack,@function
switch_stack:
  push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp
  ret
)");

void resume(unsigned thread) {
  current = thread;
  *launch_->function->module->thread = threads[thread].index;
}

void push(unsigned thread) { queue[(queue_head + queue_size++) % MOST_THREADS] = thread; }
void push_front(unsigned thread) {
  queue_head = (queue_head + MOST_THREADS - 1) % MOST_THREADS;
  queue[queue_head] = thread;
  queue_size++;
}
unsigned pop() {
  unsigned thread = queue[queue_head];
  queue_head = (queue_head + 1) % MOST_THREADS;
  queue_size--;
  return thread;
}

// Every thread of the block, warps in random order, and the lanes of each from a random one on, in random steps.
void push_all() {
  unsigned warp_count = (count + WARP - 1) / WARP, order[MOST_THREADS / WARP];
  std::iota(order, order + warp_count, 0u);
  for (unsigned i = warp_count; i > 1; i--) std::swap(order[i - 1], order[random_below(i)]);
  for (unsigned i = 0; i < warp_count; i++) {
    unsigned start = random_bits() >> 8, step = start >> 8 | 1;
    for (unsigned k = 0; k < WARP; k++) {
      unsigned thread = order[i] * WARP + (start + k * step) % WARP;
      if (thread < count) push(thread);
    }
  }
}

void drop_group(Thread& thread) {
  if (thread.held && --thread.held->readers == 0) free_groups.push_back(thread.held);
  thread.held = nullptr;
}

// Lets the lanes go if all that live have arrived. True: they may go.
bool release_group(Warp& warp, Group* group, unsigned self) {
  unsigned needed = group->mask & warp.alive;
  if ((group->arrived & needed) != needed) return false;
  warp.groups.erase(std::find(warp.groups.begin(), warp.groups.end(), group));
  unsigned first = unsigned(&warp - warps) * WARP;
  group->readers = 0;
  bool soon = random_bits() & 1;
  for (unsigned lane = 0; lane < WARP; lane++) {
    unsigned thread = first + lane;
    if (!(group->arrived >> lane & 1)) continue;
    group->readers++;
    threads[thread].held = group;
    if (thread != self) soon ? push_front(thread) : push(thread);
  }
  return true;
}

void exit_thread() {
  Thread& thread = threads[current];
  thread.exited = true;
  exited++;
  drop_group(thread);
  copies[current].clear();
  Warp& warp = warps[current / WARP];
  warp.alive &= ~(1u << current % WARP);
  for (size_t i = warp.groups.size(); i-- > 0;) release_group(warp, warp.groups[i], MOST_THREADS);
}

void run_fibre(unsigned fibre) {
  for (unsigned thread = starting;;) {
    threads[thread].started = true;
    resume(thread);
    launch_->function->kernel->call(launch_->arguments);
    exit_thread();
    void* unused;
    if (queue_size == 0) switch_stack(&unused, main_stack_pointer);
    thread = pop();
    if (threads[thread].started) {
      free_fibres.push_back(fibre);
      resume(thread);
      switch_stack(&unused, threads[thread].stack_pointer);
    }
  }
}

// `switch_stack` returns into this: the fibre's number lies where %rbx is restored from.
extern "C" __attribute__((used)) void enter_fibre(unsigned fibre) { run_fibre(fibre); }
extern "C" void fibre_entry();
asm(R"(.text
.type fibre_entry,@function
fibre_entry:
  mov %ebx, %edi
  call enter_fibre
)");

void* new_fibre() {
  unsigned fibre = free_fibres.back();
  free_fibres.pop_back();
  // Tops at different distances, or else all of them share the same few sets of the cache.
  char* top = stacks + (fibre + 1) * STACK - (fibre * 7 % 32) * 192;
  // Six registers, the address to return to, and what keeps the stack aligned at a call.
  void** frame = reinterpret_cast<void**>(top) - 9;
  memset(frame, 0, 72);
  frame[4] = reinterpret_cast<void*>(uintptr_t(fibre));
  frame[6] = reinterpret_cast<void*>(fibre_entry);
  return frame;
}

// Runs other threads until this one is resumed.
void leave() {
  void** save = &threads[current].stack_pointer;
  if (queue_size == 0) {
    switch_stack(save, main_stack_pointer);
    return;
  }
  unsigned next = pop();
  if (next == current) return;
  if (threads[next].started) {
    resume(next);
    switch_stack(save, threads[next].stack_pointer);
  } else {
    starting = next;
    switch_stack(save, new_fibre());
  }
}

int barrier(bool predicate, int line) {
  auto& b = barrier_;
  if (b.arrived == 0) b.line = line;
  if (b.line != line) fail("threads of one block wait at different barriers, in the lines %d and %d", b.line, line);
  b.predicates += predicate;
  if (++b.arrived == count) {
    b.result = b.predicates;
    b.arrived = b.predicates = 0;
    push_all();
  }
  leave();
  return b.result;
}

const char* gather(unsigned mask, const void* value, size_t size, int line) {
  Thread& thread = threads[current];
  Warp& warp = warps[current / WARP];
  unsigned lane = current % WARP;
  drop_group(thread);
  if (!(mask >> lane & 1)) fail("line %d: lane %u is not in its own mask %#x", line, lane, mask);
  Group* group = nullptr;
  for (Group* g : warp.groups)
    if (g->mask == mask) group = g;
  if (!group) {
    if (free_groups.empty()) free_groups.push_back(new Group);
    group = free_groups.back();
    free_groups.pop_back();
    group->mask = mask, group->arrived = 0, group->size = size, group->line = line;
    // What lanes would have brought that are not there is undefined.
    if ((mask & warp.alive) != ~0u) memset(group->slots, 0xff, sizeof group->slots);
    warp.groups.push_back(group);
  }
  if (group->line != line || group->size != size)
    fail("lanes of one warp wait for each other at different places, in the lines %d and %d", group->line, line);
  memcpy(group->slots[lane], value, size);
  group->arrived |= 1u << lane;
  if (!release_group(warp, group, current)) leave();
  return group->slots[0];
}

void copy_later(void* to, const void* from, size_t size) {
  memset(to, 0xff, size);
  // Read here too, where the kernel is to blame.
  if (from) static_cast<void>(*static_cast<const volatile char*>(from));
  copies[current].push_back({to, from, size, threads[current].committed});
}

void commit_copies() { threads[current].committed++; }

void wait_for_copies(unsigned pending) {
  std::vector<Copy>& own = copies[current];
  auto done = own.begin();
  for (; done != own.end() && done->group + pending < threads[current].committed; done++)
    done->from ? memcpy(done->to, done->from, done->size) : memset(done->to, 0, done->size);
  own.erase(own.begin(), done);
}

unsigned lane() { return current % WARP; }

void fail_at(const char* what, int line) { fail("line %d: %s", line, what); }

const emulator::Runtime runtime = {barrier, gather, copy_later, commit_copies, wait_for_copies, lane, fail_at};

// No thread can run, and some have not ended.
[[noreturn]] void report_deadlock() {
  for (Warp& warp : warps)
    for (Group* group : warp.groups)
      fail("line %d: lanes %#x of a warp wait for %#x, which do not come", group->line, group->arrived,
           group->mask & warp.alive & ~group->arrived);
  fail("line %d: %u threads wait at a barrier that %u others do not reach: %u have returned", barrier_.line,
       barrier_.arrived, count - barrier_.arrived, exited);
}

void run_block() {
  const dim3 dim = launch_->block;
  exited = queue_head = queue_size = 0;
  barrier_ = {};
  for (unsigned i = 0; i < count; i++)
    threads[i] = {{i % dim.x, i / dim.x % dim.y, i / dim.x / dim.y}, nullptr, nullptr, false, false, 0};
  for (unsigned w = 0; w * WARP < count; w++) {
    unsigned lanes = std::min(WARP, count - w * WARP);
    warps[w].alive = lanes == WARP ? ~0u : (1u << lanes) - 1;
  }
  free_fibres.resize(count);
  for (unsigned i = 0; i < count; i++) free_fibres[i] = count - 1 - i;
  push_all();
  starting = pop();
  switch_stack(&main_stack_pointer, new_fibre());
  if (exited != count) report_deadlock();
}

void make_stacks() {
  size_t size = MOST_THREADS * STACK;
  stacks = static_cast<char*>(
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (stacks == MAP_FAILED) fail("no memory for %zu bytes of stacks", size);
  for (unsigned i = 0; i < MOST_THREADS; i++) mprotect(stacks + i * STACK, 4096, PROT_NONE);
}

// Dynamic shared memory ends at a page that nobody may touch.
char* dynamic_shared(size_t size) {
  static char* pages = nullptr;
  constexpr size_t MOST = 256 << 10;
  if (!pages) {
    pages = static_cast<char*>(mmap(nullptr, MOST + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(pages + MOST, 4096, PROT_NONE);
  }
  return pages + MOST - (size + 15) / 16 * 16;
}

}  // namespace

std::string running_kernel() {
  if (!runs_here) return "";
  uint3 t = threads[current].index;
  char text[256];
  snprintf(text, sizeof text, "kernel `%s`, block (%u, %u, %u), thread (%u, %u, %u)", launch_->function->kernel->name,
           block_.x, block_.y, block_.z, t.x, t.y, t.z);
  return text;
}

bool is_fibre_stack(const void* address) {
  return stacks && address >= stacks && address < stacks + MOST_THREADS * STACK;
}

void run(const Launch& launch) {
  if (!stacks) make_stacks();
  catch_faults();
  const emulator::Module& module = *launch.function->module;
  launch_ = &launch;
  runs_here = true;
  count = launch.block.x * launch.block.y * launch.block.z;
  *module.runtime = &runtime;
  *module.block_dim = launch.block;
  *module.grid_dim = launch.grid;
  *module.dynamic_shared = dynamic_shared(launch.dynamic_shared);

  // Blocks from a random one on, in random steps that reach each of them.
  const dim3 grid = launch.grid;
  uint64_t blocks = uint64_t(grid.x) * grid.y * grid.z, b = random_bits() % blocks, step = random_bits() % blocks;
  while (std::gcd(step, blocks) != 1) step++;
  for (uint64_t i = 0; i < blocks; i++, b = (b + step) % blocks) {
    block_ = {unsigned(b % grid.x), unsigned(b / grid.x % grid.y), unsigned(b / grid.x / grid.y)};
    *module.block = block_;
    if (module.shared) memset(module.shared, 0xff, module.shared_end - module.shared);
    memset(*module.dynamic_shared, 0xff, launch.dynamic_shared);
    run_block();
  }
  runs_here = false;
}

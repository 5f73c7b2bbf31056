// A device's memory. The host has it at one address and the device at another, so that mixing them up fails. Each
// allocation touches a page that nobody may use, at its end (or, with CASTIRON_EMULATED_GUARD=start, at its start),
// and addresses are not given out again: what was freed stays forbidden.
#include <sys/mman.h>

#include <cstring>
#include <mutex>

#include "driver.h"

namespace {

constexpr uintptr_t HOST = 0x2000'0000'0000, DEVICE = 0x4000'0000'0000, WINDOW = 0x0800'0000'0000;
constexpr size_t PAGE = 4096;
constexpr unsigned char POISON = 0xff;

// By the host's address. Pinned memory is the same for host and device, and has a map of its own.
auto& live = *new std::map<uintptr_t, Allocation>;
auto& pinned = *new std::map<uintptr_t, size_t>;
auto& freed = *new std::map<uintptr_t, size_t>;  // the youngest
uintptr_t next_page = HOST;
size_t used[MOST_DEVICES];

void reserve(uintptr_t address) {
  void* wanted = reinterpret_cast<void*>(address);
  void* got = mmap(wanted, WINDOW, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (got != wanted) fail("cannot reserve addresses from %p on", wanted);
}

bool in_window(Address address, uintptr_t window) { return address >= window && address < window + WINDOW; }

template <class M>
typename M::iterator at_or_before(M& map, uintptr_t address) {
  auto i = map.upper_bound(address);
  return i == map.begin() ? map.end() : std::prev(i);
}

}  // namespace

size_t memory_size() { return std::stoull(environment("CASTIRON_EMULATED_MEMORY", "8589934592")); }
size_t memory_used(int device) { return used[device]; }

Address device_address(const void* host) { return Address(host) - HOST + DEVICE; }

Allocation* find_allocation(Address address, size_t size) {
  if (!in_window(address, DEVICE)) return nullptr;
  uintptr_t host = address - DEVICE + HOST;
  auto i = at_or_before(live, host);
  if (i == live.end() || host + size > i->first + i->second.size) return nullptr;
  return &i->second;
}

bool is_pinned(const void* host, size_t size) {
  auto i = at_or_before(pinned, uintptr_t(host));
  return i != pinned.end() && uintptr_t(host) + size <= i->first + i->second;
}

void poison(Allocation& allocation) { memset(allocation.host, POISON, allocation.size); }

int allocate(Address* address, size_t size, int device) {
  if (size == 0) return complain(INVALID_VALUE, "an allocation of no bytes");
  if (used[device] + size > memory_size()) return OUT_OF_MEMORY;
  static std::once_flag once;
  std::call_once(once, [] { reserve(HOST), reserve(DEVICE); });
  static const bool at_start = environment("CASTIRON_EMULATED_GUARD", "end") == "start";
  size_t pages_size = (size + PAGE - 1) / PAGE * PAGE;
  if (next_page + pages_size + 2 * PAGE > HOST + WINDOW) return OUT_OF_MEMORY;
  char* pages = reinterpret_cast<char*>(next_page + PAGE);
  next_page += pages_size + PAGE;
  if (mprotect(pages, pages_size, PROT_READ | PROT_WRITE) != 0) return OUT_OF_MEMORY;
  memset(pages, POISON, pages_size);
  char* host = at_start ? pages : pages + pages_size - (size + 15) / 16 * 16;
  live[uintptr_t(host)] = {host, size, device, pages, pages_size};
  used[device] += size;
  *address = device_address(host);
  return SUCCESS;
}

bool is_intact(const Allocation& a) {
  // The first byte is poison, and each one equals the next.
  auto poisoned = [](const char* from, const char* to) {
    return from == to || (*from == char(POISON) && memcmp(from, from + 1, to - from - 1) == 0);
  };
  return poisoned(a.pages, a.host) && poisoned(a.host + a.size, a.pages + a.pages_size);
}

namespace {

void give_back(std::map<uintptr_t, Allocation>::iterator i) {
  const Allocation& a = i->second;
  if (!is_intact(a)) fail("somebody wrote beside the allocation of %zu bytes at %#llx", a.size, device_address(a.host));
  used[a.device] -= a.size;
  madvise(a.pages, a.pages_size, MADV_DONTNEED);
  mprotect(a.pages, a.pages_size, PROT_NONE);
  freed[i->first] = a.size;
  if (freed.size() > 10000) freed.erase(freed.begin());
  live.erase(i);
}

}  // namespace

int release(Address address, const char* who) {
  uintptr_t host = address - DEVICE + HOST;
  auto i = in_window(address, DEVICE) ? live.find(host) : live.end();
  if (i != live.end()) return give_back(i), SUCCESS;
  if (freed.count(host)) return complain(INVALID_VALUE, "%s: %#llx was freed before", who, address);
  return complain(INVALID_VALUE, "%s: %#llx was never allocated%s", who, address, describe(address).c_str());
}

void release_all(int device) {
  for (auto i = live.begin(); i != live.end();) {
    auto next = std::next(i);
    if (i->second.device == device) give_back(i);
    i = next;
  }
}

std::string describe(Address address) {
  const bool host = in_window(address, HOST);
  if (!host && !in_window(address, DEVICE)) return "";
  uintptr_t at = host ? address : address - DEVICE + HOST;
  auto words = [&](uintptr_t start, size_t size, const char* kind) {
    char text[200];
    const bool before = at < start;
    snprintf(text, sizeof text, ", %zu bytes %s the %s of the %sallocation of %zu bytes at %#llx",
             before ? start - at : at - start, before ? "before" : "after", "start", kind, size,
             device_address(reinterpret_cast<void*>(start)));
    return std::string(text);
  };
  auto dead = at_or_before(freed, at);
  if (dead != freed.end() && at < dead->first + dead->second) return words(dead->first, dead->second, "freed ");
  auto below = at_or_before(live, at);
  auto above = live.upper_bound(at);
  if (above != live.end() && (below == live.end() || above->first - at < at - (below->first + below->second.size)))
    below = above;
  return below == live.end() ? "" : words(below->first, below->second.size, "");
}

int host_address(Address address, size_t size, const char* who, char** host) {
  if (is_pinned(reinterpret_cast<void*>(address), size)) {
    *host = reinterpret_cast<char*>(address);
    return SUCCESS;
  }
  if (!find_allocation(address, size))
    return complain(INVALID_VALUE, "%s: %zu bytes at %#llx are not in one allocation%s", who, size, address,
                    describe(address).c_str());
  *host = reinterpret_cast<char*>(address - DEVICE + HOST);
  return SUCCESS;
}

API cuMemHostAlloc(void** host, size_t size, unsigned) {
  LOCK;
  TRY(may_wait(nullptr, "cuMemHostAlloc"));
  if (size == 0) return INVALID_VALUE;
  *host = aligned_alloc(PAGE, (size + PAGE - 1) / PAGE * PAGE);
  if (!*host) return OUT_OF_MEMORY;
  memset(*host, POISON, size);
  pinned[uintptr_t(*host)] = size;
  return SUCCESS;
}
API cuMemAllocHost_v2(void** host, size_t size) { return cuMemHostAlloc(host, size, 0); }
API cuMemHostGetDevicePointer_v2(Address* device, void* host, unsigned) {
  *device = Address(host);
  return SUCCESS;
}
API cuMemFreeHost(void* host) {
  LOCK;
  TRY(may_wait(nullptr, "cuMemFreeHost"));
  Context* context;
  TRY(current_context(&context));
  drain(*context);
  if (!pinned.erase(uintptr_t(host))) return complain(INVALID_VALUE, "cuMemFreeHost: %p was not pinned", host);
  free(host);
  return SUCCESS;
}

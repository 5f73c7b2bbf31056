// NCCL for tests: reductions over the devices of one process, in the order of their ranks. Like NVIDIA's, each is work of
// its stream that waits for those of the other ranks, can be captured, and must be the same call everywhere.
#include <cstring>

#include "driver.h"

namespace {

constexpr int CUDA_ERROR = 1, INVALID_ARGUMENT = 4, INVALID_USAGE = 5;
enum Type { UINT32 = 3, FLOAT32 = 7 };
enum Operation { SUM = 0, MAX = 2, AVERAGE = 4, FIRST_OWN = 5 };

// What one rank brings to a reduction.
struct Call {
  Address from, to;
  size_t count;
  int type, operation;
  float scale;
  bool captured;
  bool same(const Call& other) const {
    return count == other.count && type == other.type && operation == other.operation && captured == other.captured;
  }
};

struct Part {
  Call call;
  Stream* stream;
  uint64_t position;
};

// One reduction: done for all ranks as soon as the first of them runs it.
struct Round {
  std::map<int, Part> parts;
  bool done = false;
};

// Reductions that did not begin everywhere leave memory as if they had stopped in the middle.
void spoil(const Round& round) {
  for (auto& [rank, part] : round.parts) {
    char* host;
    if (!host_address(part.call.to, part.call.count * 4, "ncclCommAbort", &host)) memset(host, 0xff, part.call.count * 4);
  }
}

struct Clique {
  size_t ranks;
  bool aborted = false;
  // By their number. Rounds that are done are left out.
  std::map<uint64_t, std::shared_ptr<Round>> rounds;
};

struct Communicator {
  std::shared_ptr<Clique> clique;
  int rank, device;
  uint64_t next = 0;
  std::map<int, float> scales;
  int next_operation = FIRST_OWN;
};

auto& communicators = *new std::set<Communicator*>;

char* memory(const Part& part, Address address) {
  char* host;
  if (host_address(address, part.call.count * 4, "ncclAllReduce", &host)) fail("ncclAllReduce: memory was freed before");
  if (find_allocation(address)->device != part.stream->context->device)
    fail("ncclAllReduce: memory of another device than the stream's");
  return host;
}

template <class T, class F>
void reduce(const std::map<int, Part>& parts, F f) {
  const size_t count = parts.begin()->second.call.count;
  std::vector<T> result(count);
  for (auto& [rank, part] : parts) {
    const T* from = reinterpret_cast<T*>(memory(part, part.call.from));
    for (size_t i = 0; i < count; i++) result[i] = f(rank == 0, result[i], from[i], part.call.scale);
  }
  for (auto& [rank, part] : parts) memcpy(memory(part, part.call.to), result.data(), count * sizeof(T));
}

void run(Round& round) {
  const Call& first = round.parts.begin()->second.call;
  for (auto& [rank, part] : round.parts) {
    if (!first.same(part.call)) fail("ncclAllReduce: ranks 0 and %d call it differently", rank);
    drain(*part.stream, part.position);
  }
  if (round.done) return;
  round.done = true;
  auto largest = [](bool start, auto a, auto b, float) { return start || b > a ? b : a; };
  auto sum = [](bool start, auto a, auto b, float scale) { return start ? b * scale : a + b * scale; };
  const bool whole = first.type == UINT32;
  if (first.operation == MAX && whole) reduce<uint32_t>(round.parts, largest);
  else if (first.operation == MAX) reduce<float>(round.parts, largest);
  else if (whole) reduce<uint32_t>(round.parts, [](bool start, uint32_t a, uint32_t b, float) { return start ? b : a + b; });
  else reduce<float>(round.parts, sum);
}

Work join(Communicator& communicator, const Call& call, Stream& stream, uint64_t position) {
  auto& rounds = communicator.clique->rounds;
  const size_t ranks = communicator.clique->ranks;
  auto& place = rounds[communicator.next++];
  if (!place) place = std::make_shared<Round>();
  std::shared_ptr<Round> round = place;
  round->parts[communicator.rank] = {call, &stream, position};
  if (round->parts.size() == ranks) rounds.erase(communicator.next - 1);
  auto clique = communicator.clique;
  Work work = [round, ranks] { round->parts.size() == ranks ? run(*round) : spoil(*round); };
  work.ready = [round, ranks, clique] { return clique->aborted || round->parts.size() == ranks; };
  return work;
}

int check(Communicator* communicator) { return communicators.count(communicator) ? SUCCESS : INVALID_ARGUMENT; }

}  // namespace

API ncclGetVersion(int* version) { return *version = 22800, SUCCESS; }
extern "C" SHARED const char* ncclGetErrorString(int error) {
  return error == INVALID_USAGE ? "invalid usage" : error == INVALID_ARGUMENT ? "invalid argument" : "unhandled error";
}
API ncclGroupStart() { return SUCCESS; }
API ncclGroupEnd() { return SUCCESS; }

API ncclCommInitAll(Communicator** all, int count, const int* devices) {
  LOCK;
  if (count < 1) return INVALID_ARGUMENT;
  auto clique = std::make_shared<Clique>();
  clique->ranks = size_t(count);
  std::set<int> different;
  for (int i = 0; i < count; i++) {
    const int device = devices ? devices[i] : i;
    if (!different.insert(device).second) return complain(INVALID_USAGE, "ncclCommInitAll: device %d twice", device);
    communicators.insert(all[i] = new Communicator{clique, i, device});
  }
  return SUCCESS;
}
API ncclCommDestroy(Communicator* communicator) {
  LOCK;
  TRY(check(communicator));
  // Kept: a graph may hold work of it.
  communicators.erase(communicator);
  return SUCCESS;
}

// Frees all that wait for the ranks of this one. It may be called by any thread.
API ncclCommAbort(Communicator* communicator) {
  LOCK;
  TRY(check(communicator));
  communicator->clique->aborted = true;
  communicators.erase(communicator);
  return SUCCESS;
}

API ncclRedOpCreatePreMulSum(int* operation, void* scale, int type, int residence, Communicator* communicator) {
  LOCK;
  TRY(check(communicator));
  if (type != FLOAT32 || residence != 1) return complain(INVALID_ARGUMENT, "ncclRedOpCreatePreMulSum: not emulated");
  *operation = communicator->next_operation++;
  memcpy(&communicator->scales[*operation], scale, sizeof(float));
  return SUCCESS;
}
API ncclRedOpDestroy(int operation, Communicator* communicator) {
  LOCK;
  TRY(check(communicator));
  return communicator->scales.erase(operation) ? SUCCESS : INVALID_ARGUMENT;
}

API ncclAllReduce(const void* from, void* to, size_t count, int type, int operation, Communicator* communicator,
                  void* handle) {
  LOCK;
  TRY(check(communicator));
  Stream* stream;
  if (find_stream(handle, &stream)) return CUDA_ERROR;
  if (stream->context->device != communicator->device)
    return complain(INVALID_USAGE, "ncclAllReduce: the stream is of another device than the communicator");
  if (is_named("CASTIRON_EMULATED_REFUSE", "ncclAllReduce", communicator->device)) return CUDA_ERROR;
  const bool own = communicator->scales.count(operation);
  if (!own && operation != SUM && operation != MAX && operation != AVERAGE) return INVALID_ARGUMENT;
  if (type != FLOAT32 && (type != UINT32 || own || operation == AVERAGE))
    return complain(INVALID_ARGUMENT, "ncclAllReduce: this type or operation is not emulated");
  float scale = own ? communicator->scales[operation] : 1;
  if (operation == AVERAGE) scale = 1 / float(communicator->clique->ranks);
  const Call call = {Address(from), Address(to), count, type, std::min<int>(operation, FIRST_OWN), scale,
                     stream->capture != nullptr};
  for (Address address : {call.from, call.to})
    if (char* host; host_address(address, count * 4, "ncclAllReduce", &host)) return INVALID_ARGUMENT;
  Work work;
  work.meet = [=](Stream& stream, uint64_t position) { return join(*communicator, call, stream, position); };
  return submit(*stream, work) ? CUDA_ERROR : SUCCESS;
}

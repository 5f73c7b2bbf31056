// Captures and graphs. The order in which work was captured is one in which it may run, so a graph is a list.
#include "driver.h"

namespace {

using Graph = std::shared_ptr<std::vector<Work>>;

auto& captures = *new std::set<Capture*>;
auto& graphs = *new std::set<Graph*>;

enum Mode { GLOBAL, THREAD_LOCAL, RELAXED };

void join(Stream& stream, const std::shared_ptr<Capture>& capture, const Clock& clock) {
  stream.capture = capture;
  capture->streams.insert(&stream);
  for (auto [other, count] : clock) stream.clock[other] = std::max(stream.clock[other], count);
}

int invalidate(Capture& capture, const char* who) {
  capture.invalid = true;
  return complain(CAPTURE_UNSUPPORTED, "%s is not permitted while a stream is captured", who);
}

}  // namespace

int may_wait(Stream* stream, const char* who) {
  if (stream) return stream->capture ? invalidate(*stream->capture, who) : SUCCESS;
  for (Capture* capture : captures) {
    const bool own = capture->thread == std::this_thread::get_id();
    if (capture->mode == GLOBAL || (capture->mode == THREAD_LOCAL && own)) return invalidate(*capture, who);
  }
  return SUCCESS;
}

int wait_in_capture(Stream& stream, Event& event) {
  if (stream.capture && stream.capture->invalid) return CAPTURE_INVALIDATED;
  if (!event.capture || !captures.count(event.capture.get())) {
    if (!stream.capture) return SUCCESS;
    stream.capture->invalid = true;
    return complain(CAPTURE_ISOLATION, "a captured stream waits for an event that was recorded outside of the capture");
  }
  if (stream.capture && stream.capture != event.capture) return CAPTURE_ISOLATION;
  if (&stream == &stream.context->null_stream) return invalidate(*event.capture, "the default stream");
  join(stream, event.capture, event.clock);
  return SUCCESS;
}

API cuStreamBeginCapture_v2(void* handle, int mode) {
  LOCK;
  static uint64_t next_id = 1;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  if (stream == &stream->context->null_stream)
    return complain(CAPTURE_UNSUPPORTED, "the default stream cannot be captured: make one");
  if (stream->capture) return ILLEGAL_STATE;
  if (is_named("CASTIRON_EMULATED_REFUSE", "cuStreamBeginCapture", stream->context->device)) return OUT_OF_MEMORY;
  auto capture = std::make_shared<Capture>(Capture{stream, mode, std::this_thread::get_id(), next_id++});
  captures.insert(capture.get());
  stream->clock.clear();
  join(*stream, capture, {});
  return SUCCESS;
}

API cuStreamEndCapture(void* handle, Graph** graph) {
  LOCK;
  *graph = nullptr;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  std::shared_ptr<Capture> capture = stream->capture;
  if (!capture) return ILLEGAL_STATE;
  if (capture->origin != stream) return CAPTURE_UNMATCHED;
  if (capture->mode != RELAXED && capture->thread != std::this_thread::get_id()) return CAPTURE_WRONG_THREAD;
  bool joined = true;
  for (Stream* other : capture->streams) joined &= stream->clock[other] == other->clock[other];
  for (Stream* other : capture->streams) {
    other->capture = nullptr;
    other->clock.clear();
  }
  captures.erase(capture.get());
  if (capture->invalid) return CAPTURE_INVALIDATED;
  if (!joined) return CAPTURE_UNJOINED;
  *graph = new Graph(capture->work);
  graphs.insert(*graph);
  return SUCCESS;
}

API cuStreamIsCapturing(void* handle, int* status) {
  LOCK;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  *status = !stream->capture ? 0 : stream->capture->invalid ? 2 : 1;
  return SUCCESS;
}
API cuStreamGetCaptureInfo_v3(void* handle, int* status, uint64_t* id, void**, const void**, const void**, size_t* n) {
  LOCK;
  TRY(cuStreamIsCapturing(handle, status));
  Stream* stream;
  TRY(find_stream(handle, &stream));
  if (id && stream->capture) *id = stream->capture->id;
  if (n) *n = 0;
  return SUCCESS;
}
API cuStreamGetCaptureInfo_v2(void* handle, int* status, uint64_t* id, void** graph, const void** nodes, size_t* n) {
  return cuStreamGetCaptureInfo_v3(handle, status, id, graph, nodes, nullptr, n);
}
API cuThreadExchangeStreamCaptureMode(int* mode) { return *mode = GLOBAL, SUCCESS; }

API cuGraphInstantiateWithFlags(Graph** executable, Graph* graph, unsigned long long flags) {
  LOCK;
  // A launch from the device excludes automatic frees.
  if (!graphs.count(graph) || (flags & 4 && flags & 1)) return INVALID_VALUE;
  Context* context;
  TRY(current_context(&context));
  if (is_named("CASTIRON_EMULATED_REFUSE", "cuGraphInstantiate", context->device)) return OUT_OF_MEMORY;
  *executable = new Graph(*graph);
  graphs.insert(*executable);
  return SUCCESS;
}
API cuGraphInstantiate(Graph** executable, Graph* graph, unsigned long long flags) {
  return cuGraphInstantiateWithFlags(executable, graph, flags);
}
API cuGraphGetNodes(Graph* graph, void**, size_t* count) {
  LOCK;
  if (!graphs.count(graph)) return INVALID_VALUE;
  return *count = (*graph)->size(), SUCCESS;
}
API cuGraphUpload(Graph* executable, void*) {
  LOCK;
  return graphs.count(executable) ? SUCCESS : INVALID_VALUE;
}
API cuGraphLaunch(Graph* executable, void* handle) {
  LOCK;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  if (!graphs.count(executable)) return complain(INVALID_VALUE, "cuGraphLaunch: no such graph");
  if (is_named("CASTIRON_EMULATED_REFUSE", "cuGraphLaunch", stream->context->device)) return OUT_OF_MEMORY;
  const Graph work = *executable;
  for (const Work& piece : *work) TRY(submit(*stream, piece));
  return SUCCESS;
}
API cuGraphDestroy(Graph* graph) {
  LOCK;
  if (!graphs.erase(graph)) return INVALID_VALUE;
  delete graph;
  return SUCCESS;
}
API cuGraphExecDestroy(Graph* executable) { return cuGraphDestroy(executable); }

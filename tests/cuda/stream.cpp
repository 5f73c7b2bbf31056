// Streams and events. Work is put off until somebody waits for it, or until chance runs it earlier: what an order of
// streams does not force is done in either order, so that a wait that is missing shows.
#include <time.h>

#include <cstring>

#include "driver.h"

namespace {

auto& streams = *new std::set<Stream*>;
auto& events = *new std::set<Event*>;

// More than this is never put off.
constexpr uint64_t MOST_PENDING = 4096;

double seconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

// How long work may wait for other streams before the program is taken to hang.
constexpr double MOST_SECONDS = 300;

void put(Stream& stream, Work work) {
  if (work.meet) work = work.meet(stream, stream.submitted);
  stream.pending.push_back(std::move(work));
  stream.submitted++;
}

// The legacy default stream waits for every blocking stream of its context, and they for it.
void order_by_null_stream(Stream& stream) {
  Stream& null = stream.context->null_stream;
  auto wait = [&stream](Stream& other) {
    uint64_t position = other.submitted;
    if (position > other.done) put(stream, [&other, position] { drain(other, position); });
  };
  if (&stream != &null) {
    if (stream.blocking) wait(null);
    return;
  }
  for (Stream* other : stream.context->streams)
    if (other->blocking) wait(*other);
}

int check(Event* event) { return events.count(event) ? SUCCESS : INVALID_HANDLE; }

}  // namespace

int find_stream(void* handle, Stream** stream) {
  Context* context;
  TRY(current_context(&context));
  // Null, CU_STREAM_LEGACY; the default stream per thread (2) is taken for the same.
  if (uintptr_t(handle) <= 2) return *stream = &context->null_stream, SUCCESS;
  *stream = static_cast<Stream*>(handle);
  if (!streams.count(*stream)) return complain(INVALID_HANDLE, "%p is no stream", handle);
  return SUCCESS;
}

int submit(Stream& stream, Work work) {
  if (stream.capture) {
    if (stream.capture->invalid) return CAPTURE_INVALIDATED;
    stream.capture->work->push_back(std::move(work));
    stream.clock[&stream]++;
    return SUCCESS;
  }
  order_by_null_stream(stream);
  put(stream, std::move(work));
  static const bool at_once = environment("CUDA_LAUNCH_BLOCKING", "0") == "1";
  if (at_once || stream.pending.size() > MOST_PENDING || random_below(4) == 0)
    drain(stream, stream.submitted, false);
  return SUCCESS;
}

void drain(Stream& stream, uint64_t position, bool wait) {
  const auto self = std::this_thread::get_id(), nobody = std::thread::id();
  double since = 0;
  while (stream.done < position && !stream.pending.empty() && stream.running != self) {
    Work& work = stream.pending.front();
    if (stream.running != nobody || (work.ready && !work.ready())) {
      if (!wait) return;
      if (since == 0) since = seconds();
      if (seconds() - since > MOST_SECONDS)
        fail("device %d waits for other devices, which do not come to the same call", stream.context->device);
      DriverLock::yield();
      continue;
    }
    stream.running = self;
    if (!stream.context->broken) work.run();
    stream.running = nobody;
    stream.pending.pop_front();
    stream.done++;
  }
}
void drain(Stream& stream) { drain(stream, stream.submitted); }
void drain(Context& context) {
  drain(context.null_stream);
  for (Stream* stream : context.streams) drain(*stream);
}

API cuStreamCreateWithPriority(Stream** stream, unsigned flags, int) {
  LOCK;
  Context* context;
  TRY(current_context(&context));
  *stream = new Stream{context, !(flags & 1)};
  context->streams.insert(*stream);
  streams.insert(*stream);
  return SUCCESS;
}
API cuStreamCreate(Stream** stream, unsigned flags) { return cuStreamCreateWithPriority(stream, flags, 0); }
API cuStreamDestroy_v2(void* handle) {
  LOCK;
  Stream* stream;
  if (!streams.count(static_cast<Stream*>(handle))) return INVALID_HANDLE;
  stream = static_cast<Stream*>(handle);
  if (stream->capture) stream->capture->invalid = true;
  drain(*stream);
  stream->context->streams.erase(stream);
  streams.erase(stream);
  // Kept: events and waits may still speak of it.
  return SUCCESS;
}
API cuStreamSynchronize(void* handle) {
  LOCK;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  TRY(may_wait(stream, "cuStreamSynchronize"));
  note_wait("cuStreamSynchronize");
  drain(*stream);
  return stream->context->broken;
}
API cuStreamQuery(void* handle) {
  LOCK;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  TRY(may_wait(stream, "cuStreamQuery"));
  if (stream->done == stream->submitted) return SUCCESS;
  drain(*stream, stream->done + 1);
  return NOT_READY;
}
API cuStreamGetCtx(void* handle, Context** context) {
  LOCK;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  return *context = stream->context, SUCCESS;
}
API cuStreamWaitEvent(void* handle, Event* event, unsigned) {
  LOCK;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  TRY(check(event));
  if (stream->capture || event->capture) return wait_in_capture(*stream, *event);
  if (is_named("CASTIRON_EMULATED_IGNORE", "cuStreamWaitEvent", stream->context->device)) return SUCCESS;
  if (!event->recorded) return SUCCESS;
  Stream* other = event->stream;
  uint64_t position = event->position;
  if (other == stream) return SUCCESS;
  return submit(*stream, [other, position] { drain(*other, position); });
}
API cuLaunchHostFunc(void* handle, void (*function)(void*), void* data) {
  LOCK;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  return submit(*stream, [function, data] { function(data); });
}

API cuEventCreate(Event** event, unsigned flags) {
  LOCK;
  Context* context;
  TRY(current_context(&context));
  *event = new Event{context, !(flags & 2)};
  events.insert(*event);
  return SUCCESS;
}
API cuEventDestroy_v2(Event* event) {
  LOCK;
  // Kept: work that records it may still be pending.
  return events.erase(event) ? SUCCESS : INVALID_HANDLE;
}
API cuEventRecord(Event* event, void* handle) {
  LOCK;
  Stream* stream;
  TRY(find_stream(handle, &stream));
  TRY(check(event));
  if (event->context != stream->context) return complain(INVALID_HANDLE, "event and stream are of different devices");
  if (stream->capture) {
    if (stream->capture->invalid) return CAPTURE_INVALIDATED;
    event->capture = stream->capture;
    event->clock = stream->clock;
    return SUCCESS;
  }
  event->capture = nullptr;
  event->recorded = true;
  TRY(submit(*stream, [event] { event->seconds = seconds(); }));
  event->stream = stream;
  event->position = stream->submitted;
  return SUCCESS;
}
API cuEventRecordWithFlags(Event* event, void* handle, unsigned) { return cuEventRecord(event, handle); }
API cuEventSynchronize(Event* event) {
  LOCK;
  TRY(check(event));
  if (event->capture) {
    event->capture->invalid = true;
    return complain(CAPTURE_UNSUPPORTED, "cuEventSynchronize: the event was recorded in a capture");
  }
  TRY(may_wait(nullptr, "cuEventSynchronize"));
  note_wait("cuEventSynchronize");
  if (event->recorded) drain(*event->stream, event->position);
  return event->context->broken;
}
API cuEventQuery(Event* event) {
  LOCK;
  TRY(check(event));
  if (event->capture) {
    event->capture->invalid = true;
    return complain(CAPTURE_UNSUPPORTED, "cuEventQuery: the event was recorded in a capture");
  }
  TRY(may_wait(nullptr, "cuEventQuery"));
  if (is_named("CASTIRON_EMULATED_IGNORE", "cuEventQuery", event->context->device)) return SUCCESS;
  if (!event->recorded || event->stream->done >= event->position) return SUCCESS;
  drain(*event->stream, event->stream->done + 1);
  return NOT_READY;
}
API cuEventElapsedTime_v2(float* milliseconds, Event* start, Event* end) {
  LOCK;
  TRY(check(start));
  TRY(check(end));
  if (!start->timing || !end->timing || !start->recorded || !end->recorded) return INVALID_HANDLE;
  for (Event* event : {start, end})
    if (event->stream->done < event->position) return NOT_READY;
  *milliseconds = float(1e3 * (end->seconds - start->seconds));
  return SUCCESS;
}
API cuEventElapsedTime(float* ms, Event* start, Event* end) { return cuEventElapsedTime_v2(ms, start, end); }

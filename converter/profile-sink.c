// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Profiles of time, out of the timeline. See profile-sink.h.
 */
#include "profile-sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thread-names.h"

/* Intervals that wait for their task; more of them are told apart by regions only. */
#define PENDING_COUNT_MAX 64U
#define TASK_COUNT_MAX    131072U
#define REGION_DEPTH_MAX  256U
/* Frames of functions, those inlined included; and different stacks of them. */
#define CHAIN_FRAME_COUNT_MAX 256U
#define CHAIN_COUNT_MAX       65536U
/* Reason, system call, task, thread, process. */
#define STACK_DEPTH_MAX (CHAIN_FRAME_COUNT_MAX + REGION_DEPTH_MAX + 5U)

/* The state of a thread that is announced; known by its address. */
static const char is_new[] = "run queue: new";

/* What kind of time an interval is. */
enum interval_kind {
	INTERVAL_RUN,
	INTERVAL_QUEUE,
	INTERVAL_BLOCKED,
	INTERVAL_IDLE, /* A thread of the kernel that has nothing to do: nobody waits. */
};

/* The functions in which a thread went to sleep. Equal ones are the same. */
struct chain {
	uint32_t count;
	uint32_t locations[]; /* Innermost first. */
};

/* Intervals of one thread that differ in nothing but their times. */
struct pending {
	enum interval_kind kind;
	const char *reason; /* Static. */
	weft_syscall_index syscall;
	const struct chain *chain; /* Weak; NULL: not told. */
	const char *woken_by;      /* A string of the profile; NULL not known or not woken. */
	uint32_t region_count;     /* Regions that were open: the thread's first so many. */
	int64_t count, ns;
};

/* An open region of a thread. Strings are the profile's. */
struct region {
	uint32_t seq; /* Tells it from others of the thread. */
	uint32_t location;
	const char *name;
	const char *task; /* Type; NULL: none, or not known. */
};

struct weft_profile_thread {
	struct weft_profile_thread *next, **to_this;
	const struct weft_thread *thread; /* Weak; until its exit. */
	uint64_t since_ns;
	enum interval_kind kind;
	const char *reason;
	weft_syscall_index syscall;
	const struct chain *chain; /* Of the block; weak. */
	const char *woken_by;
	struct region *regions; /* Outermost first; owned. */
	uint32_t region_count, region_capacity;
	struct pending pending[PENDING_COUNT_MAX];
	size_t pending_count;
};

static void fail(struct weft_profile_sink *sink, int code)
{
	if (sink->status == 0 && code < 0) {
		sink->status = code;
	}
}

bool weft_profile_format_needs_sched(enum weft_convert_format format)
{
	return format != WEFT_CONVERT_PPROF_CPU && format != WEFT_CONVERT_PPROF_ON_CPU &&
	       format != WEFT_CONVERT_PPROF_SCHED;
}

/* ---- Frames ---- */

/* A frame without machine code: only a name, and a place in a source when known. */
static uint32_t add_frame(struct weft_profile_sink *sink, const char *name, const char *file,
			  int64_t line_number)
{
	struct weft_pprof_function function = {.name = name, .file = file};
	struct weft_pprof_line line = {.line = line_number};
	struct weft_pprof_location location = {.mapping = 0, .lines = &line, .line_count = 1};
	uint32_t index = 0;
	int ret;

	ret = weft_pprof_add_function(sink->profile, &function, &line.function);
	if (ret == 0) {
		ret = weft_pprof_add_location(sink->profile, &location, &index);
	}
	fail(sink, ret);
	return index;
}

static const char *keep_text(struct weft_profile_sink *sink, const char *text)
{
	const char *kept = "";

	fail(sink, weft_pprof_add_string(sink->profile, text, &kept));
	return kept;
}

/* ---- Intervals → samples ---- */

static bool is_sync(const char *reason)
{
	return strstr(reason, "sync") || strstr(reason, "chan") || strstr(reason, "select");
}

static bool is_wanted(const struct weft_profile_sink *sink, const struct pending *interval)
{
	switch (sink->format) {
	case WEFT_CONVERT_PPROF_CPU:
	case WEFT_CONVERT_PPROF_ON_CPU:
		return interval->kind == INTERVAL_RUN;
	case WEFT_CONVERT_PPROF_OFF_CPU:
		return interval->kind == INTERVAL_QUEUE || interval->kind == INTERVAL_BLOCKED;
	case WEFT_CONVERT_PPROF_SCHED:
		return interval->kind == INTERVAL_QUEUE;
	case WEFT_CONVERT_PPROF_BLOCK:
		return interval->kind == INTERVAL_BLOCKED && is_sync(interval->reason);
	case WEFT_CONVERT_PPROF_SYSCALL:
		return interval->kind == INTERVAL_BLOCKED && interval->syscall > WEFT_SYSCALL_NONE;
	case WEFT_CONVERT_GO_TRACE:
		break;
	}
	return false;
}

static uint32_t put_task_frame(struct weft_profile_sink *sink, const char *type)
{
	char name[WEFT_NAME_SIZE + sizeof("task ")];

	(void)memcpy(name, "task ", sizeof("task "));
	(void)strncat(name, type, sizeof(name) - sizeof("task "));
	return add_frame(sink, name, "", 0);
}

static uint32_t fill_stack(struct weft_profile_sink *sink, const struct weft_profile_thread *self,
			   const struct pending *interval, const char *type, uint32_t *stack)
{
	const char *syscall = weft_wait_get_syscall_name(interval->syscall);
	uint32_t depth = 0, i;

	if (interval->kind != INTERVAL_RUN) {
		stack[depth++] = add_frame(sink, interval->reason, "", 0);
	}
	if (syscall[0]) {
		stack[depth++] = add_frame(sink, syscall, "", 0);
	}
	for (i = 0; interval->chain && i < interval->chain->count; i++) {
		stack[depth++] = interval->chain->locations[i];
	}
	for (i = interval->region_count; i > 0; i--) {
		stack[depth++] = self->regions[i - 1].location;
	}
	if (type) {
		stack[depth++] = put_task_frame(sink, type);
	}
	stack[depth++] = add_frame(sink, weft_thread_name(self->thread), "", 0);
	stack[depth++] = add_frame(sink, weft_process_name(self->thread->process), "", 0);
	return depth;
}

static void add_sample(struct weft_profile_sink *sink, const struct weft_profile_thread *self,
		       const struct pending *interval, const char *type)
{
	struct weft_pprof_label labels[5];
	uint32_t stack[STACK_DEPTH_MAX];
	const int64_t values[] = {interval->count, interval->ns};
	struct weft_pprof_sample sample = {.locations = stack, .labels = labels, .values = values};

	sample.location_count = fill_stack(sink, self, interval, type, stack);
	labels[sample.label_count++] = (struct weft_pprof_label){
		.key = "process", .str = weft_process_name(self->thread->process)};
	labels[sample.label_count++] =
		(struct weft_pprof_label){.key = "thread", .str = weft_thread_name(self->thread)};
	if (type) {
		labels[sample.label_count++] =
			(struct weft_pprof_label){.key = "task", .str = type};
	}
	if (interval->region_count > 0) {
		labels[sample.label_count++] = (struct weft_pprof_label){
			.key = "region", .str = self->regions[interval->region_count - 1].name};
	}
	if (interval->woken_by) {
		labels[sample.label_count++] =
			(struct weft_pprof_label){.key = "woken_by", .str = interval->woken_by};
	}
	fail(sink, weft_pprof_add_sample(sink->profile, &sample));
}

/*
 * Intervals that were inside the outermost `region_count` regions become samples.
 *
 * type: Of the task they belonged to; NULL: what their regions say.
 */
static void flush(struct weft_profile_sink *sink, struct weft_profile_thread *self,
		  uint32_t region_count, const char *type)
{
	size_t kept = 0, i;

	for (i = 0; i < self->pending_count; i++) {
		const struct pending *interval = &self->pending[i];

		if (interval->region_count < region_count) {
			self->pending[kept++] = *interval;
		} else if (!type && interval->region_count > 0) {
			add_sample(sink, self, interval,
				   self->regions[interval->region_count - 1].task);
		} else {
			add_sample(sink, self, interval, type);
		}
	}
	self->pending_count = kept;
}

static bool pending_equal(const struct pending *a, const struct pending *b)
{
	return a->kind == b->kind && a->reason == b->reason && a->syscall == b->syscall &&
	       a->chain == b->chain && a->woken_by == b->woken_by &&
	       a->region_count == b->region_count;
}

static struct pending *find_pending(struct weft_profile_sink *sink,
				    struct weft_profile_thread *self, const struct pending *wanted)
{
	size_t i;

	for (i = self->pending_count; i > 0; i--) {
		if (pending_equal(&self->pending[i - 1], wanted)) {
			return &self->pending[i - 1];
		}
	}
	if (self->pending_count == PENDING_COUNT_MAX) {
		flush(sink, self, 0, NULL);
	}
	self->pending[self->pending_count] = *wanted;
	return &self->pending[self->pending_count++];
}

/*
 * Ends the interval that runs, or a part of it: is_over says whether the event itself, of which
 * there is one an interval, is over.
 */
static void end_interval(struct weft_profile_sink *sink, struct weft_profile_thread *self,
			 uint64_t ts_ns, bool is_over)
{
	struct pending interval = {
		.kind = self->kind,
		.reason = self->reason,
		.syscall = self->kind == INTERVAL_BLOCKED ? self->syscall : WEFT_SYSCALL_UNKNOWN,
		.chain = self->kind == INTERVAL_BLOCKED ? self->chain : NULL,
		.woken_by = self->kind == INTERVAL_RUN ? NULL : self->woken_by,
		.region_count = self->region_count,
	};
	struct pending *pending;

	/* A thread that is met running has not waited. */
	bool is_event = is_over && (ts_ns > self->since_ns || self->reason != is_new);

	if (sink->has_intervals && is_wanted(sink, &interval) &&
	    (is_event || ts_ns > self->since_ns)) {
		pending = find_pending(sink, self, &interval);
		pending->count += is_event;
		pending->ns += (int64_t)(ts_ns - self->since_ns);
	}
	self->since_ns = ts_ns;
}

/* ---- Threads ---- */

static struct weft_profile_thread *self_of(const struct weft_thread *thread)
{
	return (struct weft_profile_thread *)thread->consumer;
}

static void on_thread_new(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  struct weft_thread *creator)
{
	struct weft_profile_sink *sink = (struct weft_profile_sink *)ctx;
	struct weft_profile_thread *self;

	(void)creator;
	if (!sink->started) {
		sink->started = true;
		sink->first_ns = ts_ns;
	}
	self = (struct weft_profile_thread *)calloc(1, sizeof(*self));
	if (!self) {
		fail(sink, -ENOMEM);
		return;
	}
	sink->thread_count++;
	self->thread = thread;
	self->since_ns = ts_ns;
	self->kind = INTERVAL_QUEUE;
	self->reason = is_new;
	self->next = sink->threads;
	self->to_this = &sink->threads;
	if (self->next) {
		self->next->to_this = &self->next;
	}
	sink->threads = self;
	thread->consumer = self;
}

static void forget_thread(struct weft_profile_thread *self)
{
	*self->to_this = self->next;
	if (self->next) {
		self->next->to_this = self->to_this;
	}
	free(self->regions);
	free(self);
}

static void on_exit_thread(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane)
{
	struct weft_profile_sink *sink = (struct weft_profile_sink *)ctx;
	struct weft_profile_thread *self = self_of(thread);

	(void)lane;
	if (self) {
		end_interval(sink, self, ts_ns, true);
		flush(sink, self, 0, NULL);
		forget_thread(self);
		thread->consumer = NULL;
	}
}

static void change(struct weft_profile_sink *sink, const struct weft_thread *thread, uint64_t ts_ns,
		   enum interval_kind kind, const char *reason)
{
	struct weft_profile_thread *self = self_of(thread);

	if (self) {
		end_interval(sink, self, ts_ns, true);
		self->kind = kind;
		self->reason = reason;
		self->woken_by = NULL;
		self->chain = NULL;
	}
}

static void on_run(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	change((struct weft_profile_sink *)ctx, thread, ts_ns, INTERVAL_RUN, "running");
}

/* ---- Call chains ---- */

/* All at once, which is faster: most of a chain is new or none of it. */
static uint32_t resolve_chain(struct weft_profile_sink *sink, const struct weft_thread *thread,
			      uint32_t *ret_locations)
{
	const int32_t pid = thread->process->pid;
	struct weft_call_site sites[WEFT_CHAIN_DEPTH_MAX];
	size_t site_count = weft_symbolizer_trim_chain(sink->symbolizer, pid, thread->chain);
	uint32_t count = 0;
	uint64_t ip;
	size_t i, j;

	site_count = site_count < WEFT_CHAIN_DEPTH_MAX ? site_count : WEFT_CHAIN_DEPTH_MAX;
	for (i = 0; i < site_count; i++) {
		memcpy(&ip, thread->chain.text + i * sizeof(ip), sizeof(ip));
		sites[i] = (struct weft_call_site){pid, ip};
	}
	weft_symbolizer_prepare(sink->symbolizer, sites, site_count); /* Leaves them in disorder. */
	for (i = 0; i < site_count; i++) {
		const struct weft_frames *found;

		memcpy(&ip, thread->chain.text + i * sizeof(ip), sizeof(ip));
		found = weft_symbolizer_resolve_all(sink->symbolizer, pid, ip);
		for (j = 0; j < found->count && count < CHAIN_FRAME_COUNT_MAX; j++) {
			const struct weft_frame *frame = found->frames[j];

			ret_locations[count++] =
				add_frame(sink, frame->function, frame->file, frame->line);
		}
	}
	return count;
}

static uint64_t hash_locations(const uint32_t *locations, uint32_t count)
{
	uint64_t hash = count;
	uint32_t i;

	for (i = 0; i < count; i++) {
		hash = (hash ^ locations[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return hash;
}

/* The one chain of these frames; NULL: there are too many, or no memory, which is remembered. */
static const struct chain *keep_chain(struct weft_profile_sink *sink, const uint32_t *locations,
				      uint32_t count)
{
	uint64_t key = hash_locations(locations, count);
	struct chain *chain;

	while ((chain = (struct chain *)weft_id_map_find(&sink->chains, key)) != NULL) {
		if (chain->count == count &&
		    memcmp(chain->locations, locations, count * sizeof(*locations)) == 0) {
			return chain;
		}
		key++; /* Different ones with equal hashes take the next free key. */
	}
	if (sink->chains.count >= CHAIN_COUNT_MAX) {
		return NULL;
	}
	chain = (struct chain *)malloc(sizeof(*chain) + count * sizeof(*locations));
	if (!chain || weft_id_map_put(&sink->chains, key, chain) < 0) {
		free(chain);
		fail(sink, -ENOMEM);
		return NULL;
	}
	chain->count = count;
	memcpy(chain->locations, locations, count * sizeof(*locations));
	return chain;
}

static const struct chain *chain_of(struct weft_profile_sink *sink,
				    const struct weft_thread *thread)
{
	uint32_t locations[CHAIN_FRAME_COUNT_MAX];
	uint32_t count;

	if (thread->chain.len < sizeof(uint64_t)) {
		return NULL;
	}
	count = resolve_chain(sink, thread, locations);
	return count ? keep_chain(sink, locations, count) : NULL;
}

static void on_block(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
		     const char *reason)
{
	struct weft_profile_sink *sink = (struct weft_profile_sink *)ctx;

	(void)lane;
	change(sink, thread, ts_ns,
	       thread->wait.sleep == WEFT_WAIT_FOR_WORK ? INTERVAL_IDLE : INTERVAL_BLOCKED, reason);
	if (self_of(thread)) {
		self_of(thread)->syscall = thread->wait.syscall;
		self_of(thread)->chain = chain_of(sink, thread);
	}
}

static void on_stop(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
		    const char *reason)
{
	(void)lane;
	change((struct weft_profile_sink *)ctx, thread, ts_ns, INTERVAL_QUEUE,
	       strcmp(reason, "yield") == 0 ? "run queue: yielded" : "run queue: preempted");
}

static void on_wake(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		    struct weft_thread *waker, int32_t lane)
{
	struct weft_profile_sink *sink = (struct weft_profile_sink *)ctx;
	struct weft_profile_thread *self = self_of(thread);
	const char *name = waker ? weft_thread_name(waker) : lane >= 0 ? "[interrupt]" : NULL;

	if (!self) {
		return;
	}
	/* The wait that ends is what was woken; the queueing that follows has the same waker. */
	name = name ? keep_text(sink, name) : NULL;
	self->woken_by = name;
	change(sink, thread, ts_ns, INTERVAL_QUEUE, "run queue: woken");
	self->woken_by = name;
}

/* ---- Regions ---- */

static int reserve_regions(struct weft_profile_thread *self)
{
	uint32_t capacity = self->region_capacity ? self->region_capacity * 2 : 8;
	struct region *regions;

	if (self->region_count < self->region_capacity) {
		return 0;
	}
	regions = (struct region *)realloc(self->regions, capacity * sizeof(*regions));
	if (!regions) {
		return -ENOMEM;
	}
	self->regions = regions;
	self->region_capacity = capacity;
	return 0;
}

static void push_region(struct weft_profile_sink *sink, struct weft_profile_thread *self,
			const struct weft_open_region *open)
{
	const struct weft_frame *site =
		weft_symbolizer_resolve(sink->symbolizer, self->thread->process->pid, open->ip);
	struct region *region;

	if (reserve_regions(self) < 0) {
		fail(sink, -ENOMEM);
		return;
	}
	region = &self->regions[self->region_count++];
	region->seq = open->seq;
	region->name = keep_text(sink, open->name[0] ? open->name : "(unnamed)");
	region->location = add_frame(sink, region->name, site->file, site->line);
	region->task = (const char *)weft_id_map_find(&sink->tasks, open->task);
}

static void on_region_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			    const struct weft_open_region *region)
{
	struct weft_profile_sink *sink = (struct weft_profile_sink *)ctx;
	struct weft_profile_thread *self = self_of(thread);

	if (self && self->region_count < REGION_DEPTH_MAX) {
		end_interval(sink, self, ts_ns, false);
		push_region(sink, self, region);
	}
}

static void on_region_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_open_region *region, struct weft_text error,
			  bool repaired, bool began_before)
{
	struct weft_profile_sink *sink = (struct weft_profile_sink *)ctx;
	struct weft_profile_thread *self = self_of(thread);

	(void)error;
	(void)repaired;
	(void)began_before;
	/* A selection may show the end of a region without its begin. */
	if (self && self->region_count > 0 &&
	    self->regions[self->region_count - 1].seq == region->seq) {
		end_interval(sink, self, ts_ns, false);
		/* What was inside it, before the next one takes its place. */
		flush(sink, self, self->region_count, NULL);
		self->region_count--;
	}
}

/* ---- Tasks ---- */

static void on_task_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_task_state *task, uint64_t ip)
{
	struct weft_profile_sink *sink = (struct weft_profile_sink *)ctx;

	(void)ts_ns;
	(void)thread;
	(void)ip;
	if (sink->tasks.count < TASK_COUNT_MAX) {
		/* The map's values are not const; nobody writes through them. */
		fail(sink,
		     weft_id_map_put(&sink->tasks, task->id, (void *)keep_text(sink, task->type)));
	}
}

static void on_task_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			const struct weft_task_state *task, struct weft_text error)
{
	(void)ts_ns;
	(void)thread;
	(void)error;
	weft_id_map_remove(&((struct weft_profile_sink *)ctx)->tasks, task->id);
}

/* What the thread used itself, where the scheduler did not tell. */
static void add_account(struct weft_profile_sink *sink, struct weft_profile_thread *self,
			const struct weft_event *event, const char *type)
{
	bool is_queue = sink->format == WEFT_CONVERT_PPROF_SCHED;
	uint64_t ns = is_queue ? event->account.run_wait_ns : event->account.cpu_ns;
	struct pending interval = {
		.kind = is_queue ? INTERVAL_QUEUE : INTERVAL_RUN,
		.reason = "run queue",
		.region_count = self->region_count,
		.count = 1,
		.ns = (int64_t)ns,
	};

	if (ns > 0 && ns < INT64_MAX && is_wanted(sink, &interval)) {
		add_sample(sink, self, &interval, type);
	}
}

static void on_account(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		       const struct weft_task_state *task, const struct weft_event *event)
{
	struct weft_profile_sink *sink = (struct weft_profile_sink *)ctx;
	struct weft_profile_thread *self = self_of(thread);
	const char *type = task && task->type[0] ? task->type : NULL;

	if (!self) {
		return;
	}
	if (sink->has_intervals) {
		end_interval(sink, self, ts_ns, false);
		flush(sink, self, 0, type);
	} else {
		add_account(sink, self, event, type);
	}
}

static void on_account_of_others(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	struct weft_profile_sink *sink = (struct weft_profile_sink *)ctx;
	struct weft_profile_thread *self = self_of(thread);

	if (self && sink->has_intervals) {
		end_interval(sink, self, ts_ns, false);
		self->pending_count = 0;
	}
}

/* ---- Samples ---- */

/* As soon as there is one, the profile is of samples: they tell functions. */
static void on_cpu_sample(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_task_state *task, const struct weft_event *event)
{
	struct weft_profile_sink *sink = (struct weft_profile_sink *)ctx;

	(void)ts_ns;
	if (sink->format != WEFT_CONVERT_PPROF_CPU || !self_of(thread)) {
		return;
	}
	if (!sink->has_samples) {
		sink->has_samples = true;
		fail(sink, weft_sample_profile_init(&sink->samples, sink->symbolizer));
	}
	if (sink->status == 0) {
		weft_sample_profile_add(&sink->samples, thread, task, event);
		fail(sink, sink->samples.status);
	}
}

const struct weft_timeline_ops weft_profile_sink_ops = {
	.thread_new = on_thread_new,
	.run = on_run,
	.block = on_block,
	.stop = on_stop,
	.wake = on_wake,
	.exit = on_exit_thread,
	.task_begin = on_task_begin,
	.task_end = on_task_end,
	.region_begin = on_region_begin,
	.region_end = on_region_end,
	.account = on_account,
	.account_of_others = on_account_of_others,
	.cpu_sample = on_cpu_sample,
};

/* ---- Life ---- */

static int describe(struct weft_profile_sink *sink, const char *name)
{
	/* What the frames are of: nothing that anybody could look up further. */
	const struct weft_pprof_mapping mapping = {
		.limit = UINT64_MAX,
		.file = name,
		.has_functions = true,
		.has_filenames = true,
		.has_line_numbers = true,
		.has_inline_frames = true,
	};
	uint32_t index;
	static const struct {
		const char *count, *ns, *period;
	} types[] = {
		[WEFT_CONVERT_PPROF_CPU] = {"intervals", "cpu", "cpu"},
		[WEFT_CONVERT_PPROF_ON_CPU] = {"intervals", "cpu", "cpu"},
		[WEFT_CONVERT_PPROF_OFF_CPU] = {"waits", "delay", "waits"},
		[WEFT_CONVERT_PPROF_SCHED] = {"waits", "delay", "waits"},
		[WEFT_CONVERT_PPROF_BLOCK] = {"contentions", "delay", "contentions"},
		[WEFT_CONVERT_PPROF_SYSCALL] = {"waits", "delay", "waits"},
	};
	int ret;

	ret = weft_pprof_add_sample_type(sink->profile, types[sink->format].count, "count");
	if (ret == 0) {
		ret = weft_pprof_add_sample_type(sink->profile, types[sink->format].ns,
						 "nanoseconds");
	}
	if (ret == 0) {
		/* Every interval is there: the period is one event. */
		ret = weft_pprof_set_period(
			sink->profile, types[sink->format].period,
			strcmp(types[sink->format].period, "cpu") == 0 ? "nanoseconds" : "count",
			1);
	}
	if (ret == 0) {
		ret = weft_pprof_add_mapping(sink->profile, &mapping, &index);
	}
	return ret;
}

int weft_profile_sink_init(struct weft_profile_sink *sink, enum weft_convert_format format,
			   bool has_sched, const char *name, struct weft_symbolizer *symbolizer)
{
	*sink = (struct weft_profile_sink){
		.format = format,
		/* Waits for locks are told by programs as well. */
		.has_intervals = has_sched || format == WEFT_CONVERT_PPROF_BLOCK,
		.symbolizer = symbolizer,
		.profile = weft_pprof_create(),
	};
	return sink->profile ? describe(sink, name) : -ENOMEM;
}

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): does not see that forget_thread() moves the head. */
void weft_profile_sink_end(struct weft_profile_sink *sink, uint64_t last_ns)
{
	while (sink->threads) {
		end_interval(sink, sink->threads, last_ns, true);
		flush(sink, sink->threads, 0, NULL);
		forget_thread(sink->threads);
	}
}

void weft_profile_sink_fini(struct weft_profile_sink *sink)
{
	size_t i;

	while (sink->threads) {
		forget_thread(sink->threads);
	}
	for (i = 0; i < sink->chains.slot_count; i++) {
		free(sink->chains.slots[i].value);
	}
	weft_id_map_fini(&sink->chains);
	weft_id_map_fini(&sink->tasks);
	weft_sample_profile_fini(&sink->samples);
	weft_pprof_destroy(sink->profile);
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */

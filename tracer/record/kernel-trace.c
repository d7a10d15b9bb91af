// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Payloads of the kernel's events, field by field as kernel-layout.c declares them. See kernel-trace.h.
 */
#include "kernel-trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "syscalls.h"

/* The kernel's own ceiling for thread ids on 64-bit machines. */
#define TID_MAX (1U << 22)
/* No payload with a fixed layout is longer; that of a fork tells a thread's id in each namespace. */
#define ROOM      192
#define ROOM_FORK (ROOM + WEFT_VTID_MAX * sizeof(int32_t))
/* Beside two texts. */
#define ROOM_MAP  64
#define PATH_ROOM (WEFT_CTF_PAYLOAD_MAX - 32)

_Static_assert(WEFT_CHAIN_MAX <= UINT8_MAX, "the context's length has 8 bits");

/* ---- Fields ---- */

#define PUT(type)                                                                                  \
	static uint8_t *put_##type(uint8_t *at, type##_t value)                                    \
	{                                                                                          \
		memcpy(at, &value, sizeof(value));                                                 \
		return at + sizeof(value);                                                         \
	}
PUT(int16)
PUT(int32)
PUT(int64)
PUT(uint8)
PUT(uint32)
PUT(uint64)

static uint8_t *put_name(uint8_t *at, const char *name)
{
	memcpy(at, name, WEFT_COMM_SIZE);
	return at + WEFT_COMM_SIZE;
}

/* At least WEFT_COMM_SIZE bytes, as put_name() takes them. */
static const char *name_of(const struct weft_kernel_trace *trace, uint64_t time_ns, int32_t tid)
{
	/* Some versions of babeltrace2 show the text before for one that is empty. */
	static const char none[WEFT_COMM_SIZE] = "?";
	const struct weft_kernel_name *name;

	if ((uint32_t)tid >= trace->name_count) {
		return none;
	}
	name = &trace->names[tid];
	if (time_ns < name->since_ns && name->before[0]) {
		return name->before;
	}
	return name->now[0] ? name->now : none;
}

const char *weft_kernel_trace_name(const struct weft_kernel_trace *trace, uint64_t time_ns,
				   int32_t tid)
{
	return name_of(trace, time_ns, tid);
}

/* No character is left behind the end: readers may show them. */
void weft_kernel_trace_set_name(struct weft_kernel_trace *trace, uint64_t time_ns, int32_t tid,
				const char *name)
{
	struct weft_kernel_name *known;
	char clean[WEFT_COMM_SIZE] = {0};

	if ((uint32_t)tid >= trace->name_count || trace->names[tid].since_ns >= time_ns) {
		return;
	}
	known = &trace->names[tid];
	memcpy(clean, name, strnlen(name, WEFT_COMM_SIZE - 1));
	memcpy(known->before, known->now, WEFT_COMM_SIZE);
	memcpy(known->now, clean, WEFT_COMM_SIZE);
	known->since_ns = time_ns;
}

/* Room for an event, its header and context written. */
static uint8_t *begin_event(const struct weft_kernel_trace *trace, struct weft_ctf_stream *stream,
			    uint16_t id, uint64_t time_ns, size_t room)
{
	uint8_t *at = weft_ctf_stream_begin(stream, id, time_ns, room + 1);

	return trace->layout.chains ? put_uint8(at, 0) : at;
}

/* ---- Life ---- */

static int make_names(struct weft_kernel_trace *trace, struct weft_error *err)
{
	void *names = mmap(NULL, (size_t)TID_MAX * sizeof(*trace->names), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (names == MAP_FAILED) {
		return weft_error_set_errno(err, -errno, "cannot keep the names of threads");
	}
	trace->names = (struct weft_kernel_name *)names;
	trace->name_count = TID_MAX;
	return 0;
}

static int open_streams(struct weft_kernel_trace *trace, struct weft_error *err)
{
	char path[PATH_MAX + 32];
	uint32_t cpu;
	int ret = 0;

	for (cpu = 0; ret == 0 && cpu < trace->cpu_count; cpu++) {
		(void)snprintf(path, sizeof(path), "%s/channel0_%u", trace->dir, cpu);
		ret = weft_ctf_stream_init(&trace->cpus[cpu].stream, path, trace->layout.uuid, cpu,
					   cpu, err);
	}
	if (ret == 0) {
		(void)snprintf(path, sizeof(path), "%s/statedump_0", trace->dir);
		ret = weft_ctf_stream_init(&trace->dump, path, trace->layout.uuid, 0,
					   trace->cpu_count, err);
	}
	if (ret == 0 && trace->layout.chains) {
		(void)snprintf(path, sizeof(path), "%s/mappings_0", trace->dir);
		ret = weft_ctf_stream_init(&trace->maps, path, trace->layout.uuid, 0,
					   (uint64_t)trace->cpu_count + 1, err);
	}
	return ret;
}

int weft_kernel_trace_init(struct weft_kernel_trace *trace, const char *dir,
			   const struct weft_kernel_layout *layout, uint32_t cpu_count,
			   struct weft_error *err)
{
	uint32_t cpu;
	int ret;

	memset(trace, 0, sizeof(*trace));
	trace->layout = *layout;
	trace->dump.fd = trace->maps.fd = -1;
	(void)snprintf(trace->dir, sizeof(trace->dir), "%s", dir);
	if (getrandom(trace->layout.uuid, WEFT_CTF_UUID_SIZE, 0) != WEFT_CTF_UUID_SIZE) {
		return weft_error_set_errno(err, -errno, "cannot name the trace");
	}
	/* Version 4, variant 1. */
	trace->layout.uuid[6] = (uint8_t)((trace->layout.uuid[6] & 0x0f) | 0x40);
	trace->layout.uuid[8] = (uint8_t)((trace->layout.uuid[8] & 0x3f) | 0x80);
	if (mkdir(dir, 0777) < 0) {
		return weft_error_set_errno(err, -errno, "cannot make '%s'", dir);
	}
	trace->cpus = (struct weft_kernel_cpu *)calloc(cpu_count, sizeof(*trace->cpus));
	if (!trace->cpus) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	trace->cpu_count = cpu_count;
	for (cpu = 0; cpu < cpu_count; cpu++) {
		trace->cpus[cpu].stream.fd = -1;
		trace->cpus[cpu].running = -1;
	}
	ret = make_names(trace, err);
	if (ret == 0) {
		ret = weft_kernel_layout_write(&trace->layout, trace->dir, err);
	}
	if (ret == 0) {
		ret = open_streams(trace, err);
	}
	if (ret < 0) {
		(void)weft_kernel_trace_fini(trace, NULL); /* The first error is told. */
	}
	return ret;
}

static void close_stream(struct weft_ctf_stream *stream, struct weft_error *first)
{
	weft_ctf_stream_fini(stream);
	if (first->code == 0) {
		*first = stream->problem;
	}
}

int weft_kernel_trace_fini(struct weft_kernel_trace *trace, struct weft_error *err)
{
	struct weft_error first = WEFT_ERROR_INIT;
	uint32_t cpu;

	for (cpu = 0; cpu < trace->cpu_count; cpu++) {
		close_stream(&trace->cpus[cpu].stream, &first);
	}
	close_stream(&trace->dump, &first);
	close_stream(&trace->maps, &first);
	if (trace->names) {
		(void)munmap(trace->names,
			     (size_t)TID_MAX * sizeof(*trace->names)); /* Mapped by us. */
	}
	free(trace->cpus);
	trace->cpus = NULL;
	trace->names = NULL;
	trace->cpu_count = trace->name_count = 0;
	return first.code ? weft_error_set(err, first.code, "%s", first.text) : 0;
}

void weft_kernel_trace_flush(struct weft_kernel_trace *trace)
{
	uint32_t cpu;

	for (cpu = 0; cpu < trace->cpu_count; cpu++) {
		weft_ctf_stream_flush(&trace->cpus[cpu].stream);
	}
	weft_ctf_stream_flush(&trace->dump);
	if (trace->layout.chains) {
		weft_ctf_stream_flush(&trace->maps);
	}
}

int weft_kernel_trace_set_offset(struct weft_kernel_trace *trace, int64_t clock_offset_ns,
				 struct weft_error *err)
{
	trace->layout.clock_offset_ns = clock_offset_ns;
	return weft_kernel_layout_write(&trace->layout, trace->dir, err);
}

/* ---- Events ---- */

/* NULL: a CPU that was not there when recording began. */
static struct weft_ctf_stream *stream_of(struct weft_kernel_trace *trace, uint32_t cpu)
{
	if (cpu >= trace->cpu_count) {
		return NULL;
	}
	trace->event_count++;
	return &trace->cpus[cpu].stream;
}

static void count_switch(struct weft_kernel_trace *trace, uint32_t cpu,
			 const struct weft_kernel_switch *event)
{
	struct weft_kernel_cpu *state = &trace->cpus[cpu];

	trace->switch_count++;
	state->out_count += event->prev_tid != 0;
	state->in_count += event->next_tid != 0;
	if (event->one_sided) {
		return;
	}
	if (state->running < 0) {
		state->in_count += event->prev_tid != 0; /* Was there before us. */
	} else if (state->running != event->prev_tid) {
		state->broken_tid = state->broken_count++ ? state->broken_tid : state->running;
	}
	state->running = event->next_tid;
}

/* As begin_event(), with a context that says where `prev` was. */
static uint8_t *begin_switch(const struct weft_kernel_trace *trace, struct weft_ctf_stream *stream,
			     uint64_t time_ns, const struct weft_kernel_switch *event)
{
	const uint32_t count =
		event->chain_count < WEFT_CHAIN_MAX ? event->chain_count : WEFT_CHAIN_MAX;
	uint8_t *at;

	if (!trace->layout.chains || count == 0) {
		return begin_event(trace, stream, WEFT_KERNEL_SWITCH, time_ns, ROOM);
	}
	at = weft_ctf_stream_begin(stream, WEFT_KERNEL_SWITCH, time_ns,
				   ROOM + 1 + count * sizeof(*event->chain));
	at = put_uint8(at, (uint8_t)count);
	memcpy(at, event->chain, count * sizeof(*event->chain));
	return at + count * sizeof(*event->chain);
}

void weft_kernel_trace_switch(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			      const struct weft_kernel_switch *event)
{
	struct weft_ctf_stream *stream = stream_of(trace, cpu);
	char idle[WEFT_COMM_SIZE + 4] = {0}; /* Room for any number; CPUs have five digits. */
	uint8_t *at;

	if (!stream) {
		return;
	}
	if (!event->one_sided) {
		(void)snprintf(idle, sizeof(idle), "swapper/%u", cpu);
	}
	count_switch(trace, cpu, event);
	at = begin_switch(trace, stream, time_ns, event);
	at = put_name(at, event->prev_tid ? name_of(trace, time_ns, event->prev_tid) : idle);
	at = put_int32(at, event->prev_tid);
	at = put_int32(at, event->prev_prio);
	at = put_int64(at, event->prev_state);
	at = put_name(at, event->next_tid ? name_of(trace, time_ns, event->next_tid) : idle);
	at = put_int32(at, event->next_tid);
	at = put_int32(at, event->next_prio);
	if (trace->layout.blocks) {
		at = put_int16(at, event->syscall);
		at = put_uint8(at, event->object);
		at = put_uint64(at, event->arg);
	}
	weft_ctf_stream_end(stream, at);
}

void weft_kernel_trace_waking(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			      const struct weft_kernel_waking *event, bool is_new)
{
	struct weft_ctf_stream *stream = stream_of(trace, cpu);
	uint8_t *at;

	if (!stream) {
		return;
	}
	at = begin_event(trace, stream, is_new ? WEFT_KERNEL_WAKEUP_NEW : WEFT_KERNEL_WAKING,
			 time_ns, ROOM);
	at = put_name(at, name_of(trace, time_ns, event->tid));
	at = put_int32(at, event->tid);
	at = put_int32(at, event->prio);
	at = put_int32(at, event->target_cpu);
	if (!is_new && trace->layout.wakers) {
		at = put_int32(at, event->waker_tid);
		at = put_uint8(at, event->context);
	}
	weft_ctf_stream_end(stream, at);
}

void weft_kernel_trace_fork(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			    const struct weft_kernel_fork *event)
{
	struct weft_ctf_stream *stream = stream_of(trace, cpu);
	char name[WEFT_COMM_SIZE];
	uint8_t *at;
	uint32_t i;

	if (!stream) {
		return;
	}
	memcpy(name, name_of(trace, time_ns, event->parent_tid), sizeof(name));
	weft_kernel_trace_set_name(trace, time_ns, event->child_tid, name);
	at = begin_event(trace, stream, WEFT_KERNEL_FORK, time_ns, ROOM_FORK);
	at = put_name(at, name);
	at = put_int32(at, event->parent_tid);
	at = put_int32(at, event->parent_pid);
	at = put_uint32(at, event->parent_ns);
	at = put_name(at, name);
	at = put_int32(at, event->child_tid);
	at = put_uint8(at, (uint8_t)event->vtid_count);
	for (i = 0; i < event->vtid_count; i++) {
		at = put_int32(at, event->vtids[i]);
	}
	at = put_int32(at, event->child_pid);
	at = put_uint32(at, event->child_ns);
	weft_ctf_stream_end(stream, at);
}

void weft_kernel_trace_exec(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			    int32_t tid, int32_t old_tid, const char *filename)
{
	struct weft_ctf_stream *stream = stream_of(trace, cpu);
	size_t len = strnlen(filename, PATH_ROOM);
	uint8_t *at;

	if (!stream) {
		return;
	}
	at = begin_event(trace, stream, WEFT_KERNEL_EXEC, time_ns, len + 16);
	memcpy(at, filename, len);
	at[len] = '\0';
	at = put_int32(at + len + 1, tid);
	at = put_int32(at, old_tid);
	weft_ctf_stream_end(stream, at);
}

void weft_kernel_trace_exit(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			    int32_t tid, int32_t prio)
{
	struct weft_ctf_stream *stream = stream_of(trace, cpu);
	uint8_t *at;

	if (!stream) {
		return;
	}
	at = begin_event(trace, stream, WEFT_KERNEL_EXIT, time_ns, ROOM);
	at = put_name(at, name_of(trace, time_ns, tid));
	at = put_int32(at, tid);
	at = put_int32(at, prio);
	weft_ctf_stream_end(stream, at);
}

void weft_kernel_trace_rename(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			      int32_t tid, const char *name)
{
	struct weft_ctf_stream *stream = stream_of(trace, cpu);
	uint8_t *at;

	if (!stream) {
		return;
	}
	at = begin_event(trace, stream, WEFT_KERNEL_RENAME, time_ns, ROOM);
	at = put_int32(at, tid);
	at = put_name(at, name_of(trace, time_ns - 1, tid));
	weft_kernel_trace_set_name(trace, time_ns, tid, name);
	at = put_name(at, name_of(trace, time_ns, tid));
	at = put_int16(at, 0);
	weft_ctf_stream_end(stream, at);
}

void weft_kernel_trace_syscall_entry(struct weft_kernel_trace *trace, uint32_t cpu,
				     uint64_t time_ns, int number)
{
	struct weft_ctf_stream *stream = weft_syscall_name(number) ? stream_of(trace, cpu) : NULL;

	if (stream) {
		weft_ctf_stream_end(stream,
				    begin_event(trace, stream,
						(uint16_t)(WEFT_KERNEL_SYSCALL_ENTRY + number),
						time_ns, ROOM));
	}
}

void weft_kernel_trace_syscall_exit(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
				    int number, int64_t result)
{
	struct weft_ctf_stream *stream = weft_syscall_name(number) ? stream_of(trace, cpu) : NULL;

	if (stream) {
		uint8_t *at =
			begin_event(trace, stream, (uint16_t)(WEFT_KERNEL_SYSCALL_EXIT + number),
				    time_ns, ROOM);

		weft_ctf_stream_end(stream, put_int64(at, result));
	}
}

void weft_kernel_trace_lost(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t count)
{
	if (cpu < trace->cpu_count) {
		weft_ctf_stream_discard(&trace->cpus[cpu].stream, count);
	}
}

/* ---- Mappings ---- */

static uint8_t *put_text(uint8_t *at, const char *text, size_t max_len)
{
	size_t len = strnlen(text, max_len);

	memcpy(at, text, len);
	at[len] = '\0';
	return at + len + 1;
}

void weft_kernel_trace_map(struct weft_kernel_trace *trace, uint64_t time_ns,
			   const struct weft_kernel_map *map)
{
	enum { BUILD_ID_LEN_MAX = 128, PATH_LEN_MAX = 3500 };
	const size_t room = ROOM_MAP + strnlen(map->path, PATH_LEN_MAX) +
			    strnlen(map->build_id, BUILD_ID_LEN_MAX);
	uint8_t *at;

	if (!trace->layout.chains) {
		return;
	}
	trace->event_count++;
	at = begin_event(trace, &trace->maps, WEFT_KERNEL_VM_MAP, time_ns, room);
	at = put_int32(at, map->pid);
	at = put_uint64(at, map->start);
	at = put_uint64(at, map->end);
	at = put_uint64(at, map->flags);
	at = put_uint64(at, map->inode);
	at = put_uint64(at, map->offset_bytes);
	at = put_text(at, map->path, PATH_LEN_MAX);
	at = put_text(at, map->build_id, BUILD_ID_LEN_MAX);
	weft_ctf_stream_end(&trace->maps, at);
}

void weft_kernel_trace_maps_lost(struct weft_kernel_trace *trace, uint64_t count)
{
	if (trace->layout.chains) {
		weft_ctf_stream_discard(&trace->maps, count);
	}
}

/* ---- Threads that were there ---- */

static void dump_mark(struct weft_kernel_trace *trace, uint16_t id, uint64_t time_ns)
{
	weft_ctf_stream_end(&trace->dump, begin_event(trace, &trace->dump, id, time_ns, ROOM));
}

void weft_kernel_trace_dump_begin(struct weft_kernel_trace *trace, uint64_t time_ns)
{
	dump_mark(trace, WEFT_KERNEL_DUMP_START, time_ns);
}

/* The tracer's numbers, as kernel-layout.c names them. */
static int32_t status_of(char state)
{
	switch (state) {
	case 'R':
		return 6;
	case 'Z':
		return 4;
	case 'X':
		return 7;
	case '?':
		return 0;
	default:
		return 5;
	}
}

void weft_kernel_trace_dump_thread(struct weft_kernel_trace *trace, uint64_t time_ns,
				   const struct weft_kernel_thread *thread)
{
	uint8_t *at = begin_event(trace, &trace->dump, WEFT_KERNEL_DUMP_STATE, time_ns, ROOM);

	/* Older than whatever an event tells; since 1: none is known that is older. */
	weft_kernel_trace_set_name(trace, 1, thread->tid, thread->name);
	at = put_int32(at, thread->tid);
	at = put_int32(at, thread->vtid);
	at = put_int32(at, thread->pid);
	at = put_int32(at, thread->vpid);
	at = put_int32(at, thread->ppid);
	at = put_int32(at, thread->vppid);
	at = put_name(at, thread->name);
	at = put_int32(at, thread->kernel);
	at = put_int32(at, thread->syscall >= 0 ? 1 : 5);
	at = put_int32(at, 0);
	at = put_int32(at, status_of(thread->state));
	at = put_int32(at, thread->ns_level);
	at = put_uint32(at, thread->ns_inum);
	at = put_uint32(at, thread->cpu);
	at = put_int16(at, thread->syscall);
	at = put_uint8(at, thread->object);
	at = put_uint64(at, thread->arg);
	weft_ctf_stream_end(&trace->dump, at);
	at = begin_event(trace, &trace->dump, WEFT_KERNEL_DUMP_NS, time_ns, ROOM);
	at = put_int32(at, thread->tid);
	at = put_int32(at, thread->vtid);
	at = put_int32(at, thread->vpid);
	at = put_int32(at, thread->vppid);
	at = put_int32(at, thread->ns_level);
	at = put_uint32(at, thread->ns_inum);
	weft_ctf_stream_end(&trace->dump, at);
}

void weft_kernel_trace_dump_end(struct weft_kernel_trace *trace, uint64_t time_ns)
{
	dump_mark(trace, WEFT_KERNEL_DUMP_END, time_ns);
	weft_ctf_stream_flush(&trace->dump);
}

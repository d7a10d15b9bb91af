// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Records of perf_event_open(2), one by one. See perf-state.h.
 */
#include "perf-state.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "statedump.h"

#define PRIO_SHIFT  100 /* As in bpf-engine.c: the LTTng kernel tracer's zero. */
#define PRIO_NORMAL 20
#define PREEMPTED   256
#define EXITED      32
/* In the byte of a tracepoint's record that tells the context: TRACE_FLAG_* of the kernel. */
#define FLAGS_OFFSET 2
#define FLAG_HARDIRQ 0x08
#define FLAG_SOFTIRQ 0x10
#define FLAG_NMI     0x40

static int32_t prio_of(const struct weft_perf_state *state, int32_t tid)
{
	if (!state->prios || tid <= 0 || tid >= WEFT_PERF_TID_MAX || !state->prios[tid]) {
		return PRIO_NORMAL;
	}
	return state->prios[tid] - WEFT_PRIO_KNOWN;
}

static void note_prio(struct weft_perf_state *state, int32_t tid, int32_t prio)
{
	if (state->prios && tid > 0 && tid < WEFT_PERF_TID_MAX) {
		state->prios[tid] = (int16_t)(prio + WEFT_PRIO_KNOWN);
	}
}

/* What `record` says of its thread, also when that is being destroyed. */
static int32_t own_tid(const struct weft_perf_cpu *cpu, const struct weft_perf_record *record)
{
	if (record->tid >= 0) {
		return record->tid;
	}
	return cpu->pending ? cpu->told.prev_tid : cpu->running;
}

/* Whom a thread makes room for; while that one is being destroyed perf knows no id of it. */
static int32_t next_tid(const struct weft_perf_cpu *cpu, const struct weft_perf_record *record)
{
	int32_t tid = 0;

	if (record->size >= 8) {
		memcpy(&tid, record->body + 4, sizeof(tid));
	}
	return tid < 0 && cpu->dying ? cpu->dying : tid;
}

/* A switch away from a thread, which its tracepoint told or did not. */
static void compare(struct weft_perf_cpu *cpu, int32_t prev_tid, bool is_told)
{
	cpu->switch_count++;
	cpu->untold_count += !is_told;
	cpu->window.switch_count++;
	cpu->window.from_idle_count += prev_tid == 0;
	cpu->window.untold_from_idle_count += prev_tid == 0 && !is_told;
}

static void take_out(struct weft_perf_state *state, struct weft_kernel_trace *trace,
		     uint32_t number, const struct weft_perf_record *record)
{
	struct weft_perf_cpu *cpu = &state->cpus[number];
	const bool preempted = (record->misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT) != 0;
	struct weft_kernel_switch event = {.prev_tid = own_tid(cpu, record)};
	const bool is_told = cpu->pending && cpu->told.prev_tid == event.prev_tid;

	if (cpu->source != WEFT_SOURCE_RECORDS) {
		compare(cpu, event.prev_tid, is_told);
	}
	cpu->pending = false;
	if (is_told && cpu->written) {
		return;
	}
	if (is_told) {
		event = cpu->told;
	} else {
		event.next_tid = next_tid(cpu, record);
		event.prev_state = event.prev_tid != 0;
		event.prev_prio = prio_of(state, event.prev_tid);
		event.next_prio = prio_of(state, event.next_tid);
	}
	if (preempted && event.prev_tid) {
		event.prev_state = PREEMPTED;
	}
	cpu->running = event.next_tid;
	weft_kernel_trace_switch(trace, number, record->time_ns, &event);
}

/* Normally known from the record of the thread that left; else that one was missed. */
static void take_in(struct weft_perf_state *state, struct weft_kernel_trace *trace, uint32_t number,
		    const struct weft_perf_record *record)
{
	struct weft_perf_cpu *cpu = &state->cpus[number];
	struct weft_kernel_switch event = {.prev_prio = PRIO_NORMAL, .next_prio = PRIO_NORMAL};

	if (record->tid < 0 || cpu->running == record->tid) {
		return;
	}
	if (record->size >= 8) {
		memcpy(&event.prev_tid, record->body + 4, sizeof(event.prev_tid));
	}
	event.prev_state = event.prev_tid != 0;
	event.next_tid = record->tid;
	event.prev_prio = prio_of(state, event.prev_tid);
	event.next_prio = prio_of(state, event.next_tid);
	cpu->running = record->tid;
	weft_kernel_trace_switch(trace, number, record->time_ns, &event);
}

/* One thread's view: what the CPU did before or does next is not told. */
static void take_own_switch(struct weft_kernel_trace *trace, uint32_t number,
			    const struct weft_perf_record *record)
{
	struct weft_kernel_switch event = {.prev_prio = PRIO_NORMAL,
					   .next_prio = PRIO_NORMAL,
					   .syscall = -2,
					   .one_sided = true};

	if (record->misc & PERF_RECORD_MISC_SWITCH_OUT) {
		event.prev_tid = record->tid;
		event.prev_state =
			record->misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT ? PREEMPTED : 1;
	} else {
		event.next_tid = record->tid;
	}
	if (record->tid > 0) {
		weft_kernel_trace_switch(trace, number, record->time_ns, &event);
	}
}

static int64_t field(const struct weft_perf_point *point, int number,
		     const struct weft_perf_record *record)
{
	return weft_tracepoint_get(&point->fields[number], record->body, record->size);
}

/* The records tell the same, or nothing any more; where the tracepoint has holes it is kept for them. */
/* Of a thread that goes to sleep: how its program came there. The kernel marks parts by large numbers. */
static void take_chain(struct weft_perf_cpu *cpu, const struct weft_perf_record *record)
{
	const int64_t state = cpu->told.prev_state;
	uint64_t address;
	uint64_t i;

	cpu->told.chain = cpu->chain;
	cpu->told.chain_count = 0;
	if (state == 0 || state >= EXITED / 2) {
		return; /* Preempted, or at its end. */
	}
	for (i = 0; i < record->chain_count && cpu->told.chain_count < WEFT_CHAIN_MAX; i++) {
		memcpy(&address, record->chain + i * sizeof(address), sizeof(address));
		if (address < (uint64_t)PERF_CONTEXT_MAX) {
			cpu->chain[cpu->told.chain_count++] = address;
		}
	}
}

static void take_point(struct weft_perf_state *state, const struct weft_perf_point *point,
		       struct weft_kernel_trace *trace, uint32_t number,
		       const struct weft_perf_record *record)
{
	struct weft_perf_cpu *cpu = &state->cpus[number];

	cpu->told = (struct weft_kernel_switch){
		.prev_tid = (int32_t)field(point, WEFT_FIELD_TID, record),
		.next_tid = (int32_t)field(point, WEFT_FIELD_NEXT_TID, record),
		.prev_prio = (int32_t)field(point, WEFT_FIELD_PRIO, record) - PRIO_SHIFT,
		.next_prio = (int32_t)field(point, WEFT_FIELD_NEXT_PRIO, record) - PRIO_SHIFT,
		.prev_state = field(point, WEFT_FIELD_STATE, record),
	};
	take_chain(cpu, record);
	cpu->pending = true;
	cpu->written = cpu->source != WEFT_SOURCE_RECORDS;
	if (!cpu->written) {
		return;
	}
	if (cpu->source == WEFT_SOURCE_POINT) {
		compare(cpu, cpu->told.prev_tid, true);
		if (cpu->running >= 0 && cpu->running != cpu->told.prev_tid) {
			compare(cpu, cpu->running, false); /* One before it is missing. */
		}
	}
	note_prio(state, cpu->told.next_tid, cpu->told.next_prio);
	cpu->running = cpu->told.next_tid;
	weft_kernel_trace_switch(trace, number, record->time_ns, &cpu->told);
}

static void take_waking(struct weft_perf_state *state, const struct weft_perf_point *point,
			struct weft_kernel_trace *trace, uint32_t number,
			const struct weft_perf_record *record)
{
	const uint8_t flags = record->size > FLAGS_OFFSET ? record->body[FLAGS_OFFSET] : 0;
	struct weft_kernel_waking event = {
		.tid = (int32_t)field(point, WEFT_FIELD_TID, record),
		.prio = (int32_t)field(point, WEFT_FIELD_PRIO, record) - PRIO_SHIFT,
		.target_cpu = (int32_t)field(point, WEFT_FIELD_TARGET_CPU, record),
		.waker_tid = record->tid,
		.context = WEFT_CONTEXT_TASK,
	};

	if (flags & (FLAG_HARDIRQ | FLAG_NMI) || record->tid == 0) {
		event.context = WEFT_CONTEXT_IRQ;
	} else if (flags & FLAG_SOFTIRQ) {
		event.context = WEFT_CONTEXT_SOFTIRQ;
	}
	note_prio(state, event.tid, event.prio);
	weft_kernel_trace_waking(trace, number, record->time_ns, &event,
				 point == &state->points[WEFT_POINT_WAKEUP_NEW]);
}

static void take_exec_point(const struct weft_perf_point *point, struct weft_kernel_trace *trace,
			    uint32_t number, const struct weft_perf_record *record)
{
	char path[PATH_MAX];

	(void)weft_tracepoint_get_text(&point->fields[WEFT_FIELD_TEXT], record->body, record->size,
				       path, sizeof(path));
	weft_kernel_trace_exec(trace, number, record->time_ns,
			       (int32_t)field(point, WEFT_FIELD_TID, record),
			       (int32_t)field(point, WEFT_FIELD_OLD_TID, record), path);
}

static void take_sample(struct weft_perf_state *state, struct weft_kernel_trace *trace,
			uint32_t number, const struct weft_perf_record *record)
{
	const struct weft_perf_point *point = state->points;
	uint16_t id;

	if (record->size < sizeof(id)) {
		return;
	}
	memcpy(&id, record->body, sizeof(id));
	while (point < state->points + WEFT_POINT_COUNT && point->id != id) {
		point++;
	}
	switch (point - state->points) {
	case WEFT_POINT_SWITCH:
		take_point(state, point, trace, number, record);
		break;
	case WEFT_POINT_WAKING:
	case WEFT_POINT_WAKEUP_NEW:
		take_waking(state, point, trace, number, record);
		break;
	case WEFT_POINT_EXEC:
		take_exec_point(point, trace, number, record);
		break;
	default:
		break;
	}
}

/* In how many namespaces a new thread has an id, and which; the record tells one of them. */
static uint32_t read_vtids(int32_t tid, int32_t ret_vtids[2])
{
	char path[64];
	char text[4096];
	struct weft_kernel_thread thread = {.vtid = tid};
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	file = fopen(path, "re");
	len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	text[len] = '\0';
	if (file) {
		(void)fclose(file); /* Read only; nothing to lose. */
	}
	weft_statedump_parse_status(text, &thread);
	ret_vtids[0] = tid;
	ret_vtids[1] = thread.vtid;
	return thread.ns_level > 0 ? 2 : 1;
}

static void take_fork(const struct weft_perf_state *state, struct weft_kernel_trace *trace,
		      uint32_t number, const struct weft_perf_record *record)
{
	int32_t ids[4]; /* pid, ppid, tid, ptid */
	int32_t vtids[2];
	struct weft_kernel_fork event = {.vtids = vtids};

	if (record->size < sizeof(ids)) {
		return;
	}
	memcpy(ids, record->body, sizeof(ids));
	if (!state->wide && ids[0] == state->self) {
		return;
	}
	event.child_pid = ids[0];
	event.parent_pid = ids[1];
	event.child_tid = ids[2];
	event.parent_tid = ids[3];
	event.vtid_count = read_vtids(event.child_tid, vtids);
	weft_kernel_trace_fork(trace, number, record->time_ns, &event);
}

/* A thread that ends is watched no longer when it leaves its CPU for the last time. */
static void take_exit(struct weft_perf_state *state, struct weft_kernel_trace *trace,
		      uint32_t number, const struct weft_perf_record *record)
{
	struct weft_kernel_switch last = {.prev_prio = PRIO_NORMAL,
					  .next_prio = PRIO_NORMAL,
					  .prev_state = EXITED,
					  .one_sided = true};

	if (record->size < 16) {
		return;
	}
	memcpy(&last.prev_tid, record->body + 8, sizeof(last.prev_tid));
	state->cpus[number].dying = last.prev_tid;
	weft_kernel_trace_exit(trace, number, record->time_ns, last.prev_tid, PRIO_NORMAL);
	if (!state->wide) {
		weft_kernel_trace_switch(trace, number, record->time_ns, &last);
	}
}

/* A program's path is not told; /proc knows it while the program runs. */
static void take_exec(struct weft_kernel_trace *trace, uint32_t number,
		      const struct weft_perf_record *record, int32_t tid, const char *name)
{
	char link[64];
	char path[PATH_MAX];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)tid);
	len = readlink(link, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	weft_kernel_trace_exec(trace, number, record->time_ns, tid, tid, len > 0 ? path : name);
}

static void take_comm(const struct weft_perf_state *state, struct weft_kernel_trace *trace,
		      uint32_t number, const struct weft_perf_record *record)
{
	char name[WEFT_COMM_SIZE] = {0};
	size_t len = record->size > 8 ? record->size - 8 : 0;
	int32_t tid;

	if (!len) {
		return;
	}
	memcpy(&tid, record->body + 4, sizeof(tid));
	memcpy(name, record->body + 8, len < sizeof(name) - 1 ? len : sizeof(name) - 1);
	weft_kernel_trace_rename(trace, number, record->time_ns, tid, name);
	if (!state->wide && record->misc & PERF_RECORD_MISC_COMM_EXEC) {
		take_exec(trace, number, record, tid, name);
	}
}

static void take_lost(struct weft_perf_cpu *cpu, struct weft_kernel_trace *trace, uint32_t number,
		      const struct weft_perf_record *record, size_t offset)
{
	uint64_t count;

	if (record->size >= offset + sizeof(count)) {
		memcpy(&count, record->body + offset, sizeof(count));
		cpu->lost_count += count;
		cpu->running = -1;
		cpu->window.lost = true;
		weft_kernel_trace_lost(trace, number, count);
	}
}

void weft_perf_take(struct weft_perf_state *state, struct weft_kernel_trace *trace, uint32_t number,
		    const struct weft_perf_record *record)
{
	struct weft_perf_cpu *cpu = &state->cpus[number];

	switch (record->type) {
	case PERF_RECORD_SAMPLE:
		take_sample(state, trace, number, record);
		break;
	case PERF_RECORD_SWITCH_CPU_WIDE:
		if (record->misc & PERF_RECORD_MISC_SWITCH_OUT) {
			take_out(state, trace, number, record);
		} else {
			take_in(state, trace, number, record);
		}
		break;
	case PERF_RECORD_SWITCH:
		take_own_switch(trace, number, record);
		break;
	case PERF_RECORD_FORK:
		take_fork(state, trace, number, record);
		break;
	case PERF_RECORD_EXIT:
		take_exit(state, trace, number, record);
		break;
	case PERF_RECORD_COMM:
		take_comm(state, trace, number, record);
		break;
	case PERF_RECORD_LOST:
		take_lost(cpu, trace, number, record, 8);
		break;
	case PERF_RECORD_LOST_SAMPLES:
		take_lost(cpu, trace, number, record, 0);
		break;
	default:
		break;
	}
}

void weft_perf_take_name(struct weft_kernel_trace *trace, const struct weft_perf_record *record)
{
	char name[WEFT_COMM_SIZE] = {0};
	int32_t ids[4]; /* Of a fork: pid, ppid, tid, ptid; of a name: pid, tid. */

	if (record->size < sizeof(ids)) {
		return;
	}
	memcpy(ids, record->body, sizeof(ids));
	if (record->type == PERF_RECORD_FORK) {
		memcpy(name, weft_kernel_trace_name(trace, record->time_ns, ids[3]), sizeof(name));
		weft_kernel_trace_set_name(trace, record->time_ns, ids[2], name);
	} else if (record->type == PERF_RECORD_COMM) {
		memcpy(name, record->body + 8,
		       record->size - 8 < sizeof(name) ? record->size - 8 : sizeof(name));
		weft_kernel_trace_set_name(trace, record->time_ns, ids[1], name);
	}
}

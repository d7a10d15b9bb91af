// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Engine "bpf" of tier `tracepoints`: sched.bpf.c in the kernel, one ring a CPU. Complete where perf's
 * and ftrace's buffers are not, and cheapest. See engine.h.
 */
#include "engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf-api.h"
#include "bpf-record.h"
#include "pid-namespace.h"
#include "syscalls.h"

/* The object file, as the build made it. */
__asm__(".section .rodata\n"
	".balign 16\n"
	"weft_sched_bpf_begin:\n"
	".incbin \"" WEFT_BPF_OBJECT "\"\n"
	"weft_sched_bpf_end:\n"
	".previous\n");
extern const char weft_sched_bpf_begin[] __attribute__((visibility("hidden")));
extern const char weft_sched_bpf_end[] __attribute__((visibility("hidden")));

enum { PROGRAM_MAX = 32, NAMES_RING_BYTES = 256 << 10 };

/* Kernel's priorities, and ours: the LTTng kernel tracer counts from the first of normal threads. */
#define PRIO_SHIFT 100
#define PREEMPTED  256

struct bpf_ring {
	struct bpf_state *state;
	uint32_t cpu;
	int fd;         /* -1: none. Owned. */
	uint64_t bytes; /* Moved in this round. */
};

struct bpf_state {
	const struct weft_bpf *bpf;
	struct bpf_object *object;
	struct bpf_link *links[PROGRAM_MAX];
	size_t link_count;
	struct ring_buffer *reader;
	struct bpf_ring *rings; /* One a CPU, and one for names. */
	uint32_t cpu_count;
	uint64_t *lost;                  /* By CPU: told the trace so far. Owned. */
	struct weft_bpf_cpu *cpus;       /* What the program counts on each, as read last. Owned. */
	int cpus_fd;                     /* The map of struct weft_bpf_cpu; the object's. */
	struct weft_kernel_trace *trace; /* While draining. */
};

static int be_quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* ---- Records ---- */

static int32_t prio_of(uint8_t prio)
{
	return (prio == UINT8_MAX ? -1 : (int32_t)prio) - PRIO_SHIFT;
}

static void take_switch(struct weft_kernel_trace *trace, uint32_t cpu,
			const struct weft_bpf_switch *record)
{
	const bool blocked = record->type == WEFT_BPF_SWITCH_ARG;
	struct weft_kernel_switch event = {
		.prev_tid = record->prev_tid,
		.next_tid = record->next_tid,
		.prev_prio = prio_of(record->prev_prio),
		.next_prio = prio_of(record->next_prio),
		.prev_state = record->state,
		.syscall = record->syscall,
		.object = record->object,
		.arg = blocked ? record->arg : 0,
	};

	/* The highest bit is the state that counts, as the kernel's tracepoint shows it. */
	if (record->state) {
		event.prev_state = 1 << (31 - __builtin_clz(record->state));
	}
	if (record->flags & WEFT_BPF_PREEMPTED) {
		event.prev_state = PREEMPTED;
	}
	weft_kernel_trace_switch(trace, cpu, record->time_ns, &event);
}

static void take_waking(struct weft_kernel_trace *trace, uint32_t cpu,
			const struct weft_bpf_waking *record)
{
	const struct weft_kernel_waking event = {
		.tid = record->tid,
		.prio = prio_of(record->prio),
		.target_cpu = record->target_cpu,
		.waker_tid = record->waker_tid,
		.context = record->context,
	};

	weft_kernel_trace_waking(trace, cpu, record->time_ns, &event,
				 record->type == WEFT_BPF_WAKEUP_NEW);
}

static void take_fork(struct weft_kernel_trace *trace, uint32_t cpu,
		      const struct weft_bpf_fork *record)
{
	const struct weft_kernel_fork event = {
		.parent_tid = record->parent_tid,
		.parent_pid = record->parent_pid,
		.child_tid = record->child_tid,
		.child_pid = record->child_pid,
		.parent_ns = record->parent_ns,
		.child_ns = record->child_ns,
		.vtid_count = record->level_count,
		.vtids = record->vtids,
	};

	weft_kernel_trace_fork(trace, cpu, record->time_ns, &event);
}

static void take_exit(struct weft_kernel_trace *trace, uint32_t cpu,
		      const struct weft_bpf_waking *record)
{
	weft_kernel_trace_exit(trace, cpu, record->time_ns, record->tid, prio_of(record->prio));
}

static void take_exec(struct weft_kernel_trace *trace, uint32_t cpu,
		      const struct weft_bpf_exec *record)
{
	weft_kernel_trace_exec(trace, cpu, record->time_ns, record->tid, record->old_tid,
			       record->path);
}

static void take_rename(struct weft_kernel_trace *trace, uint32_t cpu,
			const struct weft_bpf_rename *record)
{
	weft_kernel_trace_rename(trace, cpu, record->time_ns, record->tid, record->name);
}

static void take_syscall(struct weft_kernel_trace *trace, uint32_t cpu,
			 const struct weft_bpf_syscall *record)
{
	if (record->type == WEFT_BPF_SYSCALL_ENTRY) {
		weft_kernel_trace_syscall_entry(trace, cpu, record->time_ns, record->number);
	} else {
		weft_kernel_trace_syscall_exit(trace, cpu, record->time_ns, record->number,
					       record->result);
	}
}

/* libbpf calls it for each record; a negative result would end the round. */
static int take(void *ctx, void *bytes, size_t size)
{
	struct bpf_ring *ring = (struct bpf_ring *)ctx;
	struct weft_kernel_trace *trace = ring->state->trace;

	ring->bytes += size + 8;
	switch (((const struct weft_bpf_switch *)bytes)->type) {
	case WEFT_BPF_SWITCH:
	case WEFT_BPF_SWITCH_ARG:
		take_switch(trace, ring->cpu, (const struct weft_bpf_switch *)bytes);
		break;
	case WEFT_BPF_WAKING:
	case WEFT_BPF_WAKEUP_NEW:
		take_waking(trace, ring->cpu, (const struct weft_bpf_waking *)bytes);
		break;
	case WEFT_BPF_FORK:
		take_fork(trace, ring->cpu, (const struct weft_bpf_fork *)bytes);
		break;
	case WEFT_BPF_EXEC:
		take_exec(trace, ring->cpu, (const struct weft_bpf_exec *)bytes);
		break;
	case WEFT_BPF_EXIT:
		take_exit(trace, ring->cpu, (const struct weft_bpf_waking *)bytes);
		break;
	case WEFT_BPF_NAME:
		weft_kernel_trace_set_name(trace, ((const struct weft_bpf_rename *)bytes)->time_ns,
					   ((const struct weft_bpf_rename *)bytes)->tid,
					   ((const struct weft_bpf_rename *)bytes)->name);
		break;
	case WEFT_BPF_RENAME:
		take_rename(trace, ring->cpu, (const struct weft_bpf_rename *)bytes);
		break;
	default:
		take_syscall(trace, ring->cpu, (const struct weft_bpf_syscall *)bytes);
		break;
	}
	return 0;
}

/* ---- Opening ---- */

static int explain(struct weft_error *err, int code, const char *what)
{
	if (code == -EPERM || code == -EACCES) {
		return weft_error_set(
			err, code,
			"BPF: %s is not permitted: needs CAP_BPF and CAP_PERFMON (as root: setcap "
			"cap_bpf,cap_perfmon=ep weft; containers: "
			"--privileged, or --cap-add BPF --cap-add PERFMON and a seccomp profile "
			"that permits bpf)",
			what);
	}
	if (code == -ENOSYS) {
		return weft_error_set(err, code,
				      "BPF: %s: this kernel lacks it, or seccomp forbids it", what);
	}
	return weft_error_set_errno(err, code, "BPF: %s", what);
}

/* Since Linux 5.18 the state of the thread that leaves is an argument; before, it is read from it. */
static int look_at_kernel(const struct weft_bpf *bpf, bool *ret_state_is_told,
			  struct weft_error *err)
{
	struct btf *kernel = bpf->btf__load_vmlinux_btf();
	const struct btf_type *type;
	int id;

	if (!kernel) {
		return weft_error_set(err, errno ? -errno : -ENOENT,
				      "BPF: the kernel does not tell its types "
				      "(/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF)");
	}
	*ret_state_is_told = false;
	id = bpf->btf__find_by_name_kind(kernel, "btf_trace_sched_switch", BTF_KIND_TYPEDEF);
	type = id > 0 ? bpf->btf__type_by_id(kernel, (unsigned int)id) : NULL;
	type = type ? bpf->btf__type_by_id(kernel, type->type) : NULL; /* Pointer. */
	type = type ? bpf->btf__type_by_id(kernel, type->type) : NULL; /* Function. */
	if (type) {
		*ret_state_is_told = BTF_INFO_VLEN(type->info) >= 5; /* One is the tracer's own. */
	}
	bpf->btf__free(kernel);
	return type ? 0
		    : weft_error_set(err, -ENOENT,
				     "BPF: the kernel has no tracepoint "
				     "sched_switch");
}

static int set_up_program(struct bpf_state *state, const struct weft_engine_request *request,
			  struct weft_error *err)
{
	const struct weft_bpf *bpf = state->bpf;
	struct weft_bpf_settings *settings;
	struct bpf_program *program = NULL;
	struct bpf_map *map = NULL;
	bool state_is_told = false;
	size_t size = 0;
	int ret = look_at_kernel(bpf, &state_is_told, err);
	int i;

	if (ret < 0) {
		return ret;
	}
	while ((map = bpf->bpf_object__next_map(state->object, map)) != NULL &&
	       !strstr(bpf->bpf_map__name(map), ".rodata")) {
	}
	settings = map ? (struct weft_bpf_settings *)bpf->bpf_map__initial_value(map, &size) : NULL;
	if (!settings || size < sizeof(*settings)) {
		return weft_error_set(err, -EINVAL, "BPF: the program has no settings");
	}
	settings->state_is_told = state_is_told;
	settings->names_ring = state->cpu_count;
	settings->wake_bytes = request->ring_bytes / 2;
	for (i = 0; i < WEFT_BPF_SYSCALLS; i++) {
		settings->takes_fd[i] = weft_syscall_takes_fd(i);
	}
	while ((program = bpf->bpf_object__next_program(state->object, program)) != NULL) {
		if (strstr(bpf->bpf_program__name(program), "on_sys_")) {
			(void)bpf->bpf_program__set_autoload(program, request->syscalls);
		}
	}
	map = bpf->bpf_object__find_map_by_name(state->object, "rings");
	return bpf->bpf_map__set_max_entries(map, state->cpu_count + 1) < 0
		       ? weft_error_set(err, -EINVAL, "BPF: the program has no rings")
		       : 0;
}

static int make_ring(struct bpf_state *state, uint32_t cpu, uint64_t bytes, int rings_fd,
		     struct weft_error *err)
{
	const struct weft_bpf *bpf = state->bpf;
	struct bpf_ring *ring = &state->rings[cpu];

	ring->state = state;
	ring->cpu = cpu;
	ring->fd =
		bpf->bpf_map_create(BPF_MAP_TYPE_RINGBUF, "weft_ring", 0, 0, (uint32_t)bytes, NULL);
	if (ring->fd < 0 || bpf->bpf_map_update_elem(rings_fd, &cpu, &ring->fd, BPF_ANY) < 0) {
		return explain(err, -errno, "making a ring");
	}
	if (!state->reader) {
		state->reader = bpf->ring_buffer__new(ring->fd, take, ring, NULL);
		return state->reader ? 0 : explain(err, -errno, "reading a ring");
	}
	return bpf->ring_buffer__add(state->reader, ring->fd, take, ring) < 0
		       ? explain(err, -errno, "reading a ring")
		       : 0;
}

static int make_rings(struct bpf_state *state, const struct weft_engine_request *request,
		      struct weft_error *err)
{
	const struct weft_bpf *bpf = state->bpf;
	int fd = bpf->bpf_map__fd(bpf->bpf_object__find_map_by_name(state->object, "rings"));
	uint32_t cpu;
	int ret;

	state->cpus_fd = bpf->bpf_map__fd(bpf->bpf_object__find_map_by_name(state->object, "cpus"));
	/* The reader takes them in this order: names first. */
	ret = make_ring(state, state->cpu_count, NAMES_RING_BYTES, fd, err);
	for (cpu = 0; ret == 0 && cpu < state->cpu_count; cpu++) {
		ret = make_ring(state, cpu, request->ring_bytes, fd, err);
	}
	return ret;
}

static int attach_all(struct bpf_state *state, bool syscalls, struct weft_error *err)
{
	const struct weft_bpf *bpf = state->bpf;
	struct bpf_program *program = NULL;

	while ((program = bpf->bpf_object__next_program(state->object, program)) != NULL) {
		if (!syscalls && strstr(bpf->bpf_program__name(program), "on_sys_")) {
			continue;
		}
		state->links[state->link_count] = bpf->bpf_program__attach(program);
		if (!state->links[state->link_count]) {
			return explain(err, -errno, bpf->bpf_program__name(program));
		}
		state->link_count++;
	}
	return 0;
}

static void bpf_stop(void *ctx)
{
	struct bpf_state *state = (struct bpf_state *)ctx;

	while (state->link_count) {
		(void)state->bpf->bpf_link__destroy(state->links[--state->link_count]);
	}
}

static void bpf_close(void *ctx)
{
	struct bpf_state *state = (struct bpf_state *)ctx;
	uint32_t cpu;

	bpf_stop(state);
	if (state->reader) {
		state->bpf->ring_buffer__free(state->reader);
	}
	for (cpu = 0; state->rings && cpu <= state->cpu_count; cpu++) {
		if (state->rings[cpu].fd >= 0) {
			(void)close(state->rings[cpu].fd); /* Nothing was written through it. */
		}
	}
	if (state->object) {
		state->bpf->bpf_object__close(state->object);
	}
	free(state->rings);
	free(state->lost);
	free(state->cpus);
	free(state);
}

static int bpf_open(const struct weft_engine_request *request, void **ret_state,
		    struct weft_error *err)
{
	struct bpf_state *state = (struct bpf_state *)calloc(1, sizeof(*state));
	struct bpf_object_open_opts options = {.sz = sizeof(options), .object_name = "weft"};
	uint32_t cpu;
	int cpu_count;
	int ret;

	if (!state) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	ret = weft_pid_namespace_check(err);
	if (ret < 0) {
		free(state);
		weft_error_prepend(err, "BPF");
		return ret;
	}
	ret = weft_bpf_load(&state->bpf, err);
	if (ret < 0) {
		free(state);
		return ret;
	}
	(void)state->bpf->libbpf_set_print(be_quiet); /* The old one prints to the terminal. */
	cpu_count = state->bpf->libbpf_num_possible_cpus();
	if (cpu_count <= 0) {
		ret = weft_error_set(err, -ENODEV, "BPF: cannot tell how many CPUs there are");
		goto out;
	}
	state->cpu_count = (uint32_t)cpu_count;
	state->rings = (struct bpf_ring *)calloc(state->cpu_count + 1, sizeof(*state->rings));
	state->lost = (uint64_t *)calloc(state->cpu_count, sizeof(*state->lost));
	for (cpu = 0; state->rings && cpu <= state->cpu_count; cpu++) {
		state->rings[cpu].fd = -1;
	}
	state->cpus = (struct weft_bpf_cpu *)calloc(state->cpu_count, sizeof(*state->cpus));
	if (!state->rings || !state->lost || !state->cpus) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	state->object = state->bpf->bpf_object__open_mem(
		weft_sched_bpf_begin, (size_t)(weft_sched_bpf_end - weft_sched_bpf_begin),
		&options);
	if (!state->object) {
		ret = explain(err, -errno, "opening the program");
		goto out;
	}
	ret = set_up_program(state, request, err);
	if (ret == 0) {
		ret = state->bpf->bpf_object__load(state->object);
		ret = ret < 0 ? explain(err, ret, "loading the program") : 0;
	}
	if (ret == 0) {
		ret = make_rings(state, request, err);
	}
	if (ret == 0) {
		ret = attach_all(state, request->syscalls, err);
	}
out:
	if (ret < 0) {
		bpf_close(state);
	} else {
		*ret_state = state;
	}
	return ret;
}

/* ---- Running ---- */

static int bpf_get_fd(void *ctx)
{
	const struct bpf_state *state = (const struct bpf_state *)ctx;

	return state->bpf->ring_buffer__epoll_fd(state->reader);
}

static void tell_losses(struct bpf_state *state, struct weft_kernel_trace *trace)
{
	const uint32_t zero = 0;
	struct weft_bpf_cpu *cpus = state->cpus;
	uint32_t cpu;

	if (state->bpf->bpf_map_lookup_elem(state->cpus_fd, &zero, cpus) == 0) {
		for (cpu = 0; cpu < state->cpu_count; cpu++) {
			weft_kernel_trace_lost(trace, cpu, cpus[cpu].lost_count - state->lost[cpu]);
			state->lost[cpu] = cpus[cpu].lost_count;
		}
	}
}

static uint64_t bpf_drain(void *ctx, struct weft_kernel_trace *trace)
{
	struct bpf_state *state = (struct bpf_state *)ctx;
	uint64_t most = 0;
	uint32_t cpu;

	state->trace = trace;
	for (cpu = 0; cpu < state->cpu_count; cpu++) {
		state->rings[cpu].bytes = 0;
	}
	(void)state->bpf->ring_buffer__consume(state->reader); /* take() never fails. */
	for (cpu = 0; cpu < state->cpu_count; cpu++) {
		most = state->rings[cpu].bytes > most ? state->rings[cpu].bytes : most;
	}
	tell_losses(state, trace);
	return most;
}

static void bpf_report(void *ctx, struct weft_engine_report *ret_report)
{
	const struct bpf_state *state = (const struct bpf_state *)ctx;
	uint32_t cpu;

	memset(ret_report, 0, sizeof(*ret_report));
	for (cpu = 0; cpu < state->cpu_count; cpu++) {
		ret_report->lost_count += state->lost[cpu];
	}
}

const struct weft_engine weft_engine_bpf = {
	.name = "bpf",
	.tier = WEFT_RECORD_TIER_TRACEPOINTS,
	.blocks = true,
	.wakers = true,
	.has_syscalls = true,
	.open = bpf_open,
	.get_fd = bpf_get_fd,
	.drain = bpf_drain,
	.stop = bpf_stop,
	.report = bpf_report,
	.close = bpf_close,
};

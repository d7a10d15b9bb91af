// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Engine "bpf" of tier `tracepoints`: sched.bpf.c in the kernel, one ring a CPU. Complete where perf's
 * and ftrace's buffers are not, and cheapest. See engine.h.
 */
#include "engine.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

enum { PROGRAM_MAX = 32 };

/* Kernel's priorities, and ours: the LTTng kernel tracer counts from the first of normal threads. */
#define PRIO_SHIFT 100
#define PREEMPTED  256

struct bpf_state {
	const struct weft_bpf *bpf;
	struct bpf_object *object;
	struct bpf_link *links[PROGRAM_MAX];
	size_t link_count;
	struct ring_buffer *names; /* Read first. */
	uint8_t *rings;   /* Those of all CPUs, as the kernel maps them; NULL: not mapped. */
	size_t ring_size; /* From one to the next, with what bpf-record.h puts around it. */
	uint64_t ring_bytes;
	uint32_t cpu_count;
	uint64_t *ends;                  /* By CPU: what this round reads. Owned. */
	uint64_t *lost;                  /* By CPU: told the trace so far. Owned. */
	struct weft_bpf_chain *chains;   /* By CPU: of the switch that follows. Owned. */
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

/* It is the next switch's, unless that found no room. */
static void take_switch(struct weft_kernel_trace *trace, uint32_t cpu,
			const struct weft_bpf_switch *record, struct weft_bpf_chain *chain)
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

	if (chain->count && chain->tid == record->prev_tid) {
		event.chain = (const uint64_t *)(const void *)chain->addresses; /* As wide. */
		event.chain_count = chain->count;
	}
	chain->count = 0;
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

/* What a record takes of its ring; 0: nothing that the program writes. */
static size_t size_of(const void *record)
{
	const uint8_t type = ((const struct weft_bpf_switch *)record)->type;
	const uint8_t count = ((const struct weft_bpf_chain *)record)->count;
	static const size_t sizes[] = {
		[WEFT_BPF_SWITCH] = offsetof(struct weft_bpf_switch, arg),
		[WEFT_BPF_SWITCH_ARG] = sizeof(struct weft_bpf_switch),
		[WEFT_BPF_WAKING] = sizeof(struct weft_bpf_waking),
		[WEFT_BPF_WAKEUP_NEW] = sizeof(struct weft_bpf_waking),
		[WEFT_BPF_FORK] = sizeof(struct weft_bpf_fork),
		[WEFT_BPF_EXEC] = sizeof(struct weft_bpf_exec),
		[WEFT_BPF_EXIT] = sizeof(struct weft_bpf_waking),
		[WEFT_BPF_RENAME] = sizeof(struct weft_bpf_rename),
		[WEFT_BPF_SYSCALL_ENTRY] = sizeof(struct weft_bpf_syscall),
		[WEFT_BPF_SYSCALL_EXIT] = sizeof(struct weft_bpf_syscall),
	};

	if (type == WEFT_BPF_CHAIN) {
		return count <= WEFT_CHAIN_MAX ? offsetof(struct weft_bpf_chain, addresses) +
							 count * sizeof(uint64_t)
					       : 0;
	}
	return type < sizeof(sizes) / sizeof(sizes[0]) ? (sizes[type] + 7) / 8 * 8 : 0;
}

static void take(struct bpf_state *state, uint32_t cpu, const void *record, size_t size)
{
	struct weft_kernel_trace *trace = state->trace;

	switch (((const struct weft_bpf_switch *)record)->type) {
	case WEFT_BPF_SWITCH:
	case WEFT_BPF_SWITCH_ARG:
		take_switch(trace, cpu, (const struct weft_bpf_switch *)record,
			    &state->chains[cpu]);
		break;
	case WEFT_BPF_CHAIN:
		memcpy(&state->chains[cpu], record, size);
		break;
	case WEFT_BPF_WAKING:
	case WEFT_BPF_WAKEUP_NEW:
		take_waking(trace, cpu, (const struct weft_bpf_waking *)record);
		break;
	case WEFT_BPF_FORK:
		take_fork(trace, cpu, (const struct weft_bpf_fork *)record);
		break;
	case WEFT_BPF_EXEC:
		take_exec(trace, cpu, (const struct weft_bpf_exec *)record);
		break;
	case WEFT_BPF_EXIT:
		take_exit(trace, cpu, (const struct weft_bpf_waking *)record);
		break;
	case WEFT_BPF_RENAME:
		take_rename(trace, cpu, (const struct weft_bpf_rename *)record);
		break;
	default:
		take_syscall(trace, cpu, (const struct weft_bpf_syscall *)record);
		break;
	}
}

/* libbpf calls it for each record of the ring of names; a negative result would end the round. */
static int take_name(void *ctx, void *bytes, size_t size)
{
	const struct bpf_state *state = (const struct bpf_state *)ctx;
	const struct weft_bpf_rename *record = (const struct weft_bpf_rename *)bytes;

	if (record->type == WEFT_BPF_NAME && size >= sizeof(*record)) {
		weft_kernel_trace_set_name(state->trace, record->time_ns, record->tid,
					   record->name);
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

/*
 * Since Linux 5.18 the state of the thread that leaves is an argument; before, it is read from it.
 * Since 6.2 pointers can be given a type.
 */
static int look_at_kernel(const struct weft_bpf *bpf, bool *ret_state_is_told, bool *ret_casts,
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
	*ret_casts = bpf->btf__find_by_name_kind(kernel, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	bpf->btf__free(kernel);
	return type ? 0
		    : weft_error_set(err, -ENOENT,
				     "BPF: the kernel has no tracepoint "
				     "sched_switch");
}

/* Of those that the object holds, what this kernel and this recording want. */
static void choose_programs(const struct bpf_state *state, bool syscalls, bool casts)
{
	const struct weft_bpf *bpf = state->bpf;
	const char *const other_switch = casts ? "on_switch_copies" : "on_switch_casts";
	struct bpf_program *program = NULL;

	while ((program = bpf->bpf_object__next_program(state->object, program)) != NULL) {
		const char *name = bpf->bpf_program__name(program);

		/* Before loading nothing forbids it. */
		(void)bpf->bpf_program__set_autoload(
			program,
			strstr(name, "on_sys_") ? syscalls : strcmp(name, other_switch) != 0);
	}
}

static int set_up_program(struct bpf_state *state, const struct weft_engine_request *request,
			  struct weft_error *err)
{
	const struct weft_bpf *bpf = state->bpf;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct weft_bpf_settings *settings;
	struct bpf_map *map = NULL;
	bool state_is_told = false;
	bool casts = false;
	size_t size = 0;
	int ret = look_at_kernel(bpf, &state_is_told, &casts, err);
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
	state->ring_bytes = request->ring_bytes;
	state->ring_size = (sizeof(struct weft_bpf_cpu) + (size_t)request->ring_bytes +
			    WEFT_BPF_RECORD_MAX + page - 1) /
			   page * page;
	settings->state_is_told = state_is_told;
	settings->takes_chains = request->chains;
	settings->ring_bytes = request->ring_bytes;
	settings->wake_bytes = request->ring_bytes / 2;
	for (i = 0; i < WEFT_BPF_SYSCALLS; i++) {
		settings->takes_fd[i] = weft_syscall_takes_fd(i);
	}
	choose_programs(state, request->syscalls, casts);
	map = bpf->bpf_object__find_map_by_name(state->object, "cpus");
	return bpf->bpf_map__set_max_entries(map, state->cpu_count) < 0 ||
			       bpf->bpf_map__set_value_size(map, (uint32_t)state->ring_size) < 0
		       ? weft_error_set(err, -EINVAL, "BPF: the program has no rings")
		       : 0;
}

static int map_rings(struct bpf_state *state, struct weft_error *err)
{
	const struct weft_bpf *bpf = state->bpf;
	int fd = bpf->bpf_map__fd(bpf->bpf_object__find_map_by_name(state->object, "cpus"));
	void *rings = mmap(NULL, state->cpu_count * state->ring_size, PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, 0);

	if (rings == MAP_FAILED) {
		return explain(err, -errno, "mapping the rings");
	}
	state->rings = (uint8_t *)rings;
	fd = bpf->bpf_map__fd(bpf->bpf_object__find_map_by_name(state->object, "names"));
	state->names = bpf->ring_buffer__new(fd, take_name, state, NULL);
	return state->names ? 0 : explain(err, -errno, "reading the names");
}

static int attach_all(struct bpf_state *state, struct weft_error *err)
{
	const struct weft_bpf *bpf = state->bpf;
	struct bpf_program *program = NULL;

	while ((program = bpf->bpf_object__next_program(state->object, program)) != NULL) {
		if (!bpf->bpf_program__autoload(program)) {
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

	bpf_stop(state);
	if (state->names) {
		state->bpf->ring_buffer__free(state->names);
	}
	if (state->rings) {
		(void)munmap(state->rings, state->cpu_count * state->ring_size); /* Ours. */
	}
	if (state->object) {
		state->bpf->bpf_object__close(state->object);
	}
	free(state->chains);
	free(state->lost);
	free(state->ends);
	free(state);
}

static int bpf_open(const struct weft_engine_request *request, void **ret_state,
		    struct weft_error *err)
{
	struct bpf_state *state = (struct bpf_state *)calloc(1, sizeof(*state));
	struct bpf_object_open_opts options = {.sz = sizeof(options), .object_name = "weft"};
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
	state->ends = (uint64_t *)calloc(state->cpu_count, sizeof(*state->ends));
	state->lost = (uint64_t *)calloc(state->cpu_count, sizeof(*state->lost));
	state->chains = (struct weft_bpf_chain *)calloc(state->cpu_count, sizeof(*state->chains));
	if (!state->ends || !state->lost || !state->chains) {
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
		ret = map_rings(state, err);
	}
	if (ret == 0) {
		ret = attach_all(state, err);
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

	return state->bpf->ring_buffer__epoll_fd(state->names);
}

static struct weft_bpf_cpu *cpu_of(const struct bpf_state *state, uint32_t cpu)
{
	return (struct weft_bpf_cpu *)(state->rings + cpu * state->ring_size);
}

static uint64_t load(const __u64 *place)
{
	/* R1: pairs with A1 in sched.bpf.c: what a record tells after the time that says it is whole. */
	return atomic_load_explicit((const _Atomic __u64 *)place, memory_order_acquire);
}

static void store(void *place, uint64_t value)
{
	/* A2: pairs with the program's check for room: our writes before its own. */
	atomic_store_explicit((_Atomic __u64 *)place, value, memory_order_release);
}

/* Up to the end of the round, or to a record that is being written. */
static void read_ring(struct bpf_state *state, uint32_t cpu)
{
	struct weft_bpf_cpu *own = cpu_of(state, cpu);
	uint8_t *ring = (uint8_t *)(own + 1);
	uint64_t at = own->tail;

	while (at < state->ends[cpu]) {
		uint8_t *record = ring + (at & (state->ring_bytes - 1));
		size_t size;

		if (load((const __u64 *)record) == 0) {
			break;
		}
		size = size_of(record);
		if (size == 0) {
			at = state->ends[cpu]; /* Cannot be; the rest is left, not read for ever. */
			break;
		}
		take(state, cpu, record, size);
		memset(record, 0, size);
		at += size;
	}
	store(&own->tail, at);
}

static void tell_losses(struct bpf_state *state, uint32_t cpu)
{
	const uint64_t lost = load(&cpu_of(state, cpu)->lost_count);

	weft_kernel_trace_lost(state->trace, cpu, lost - state->lost[cpu]);
	state->lost[cpu] = lost;
}

/* Names are read after what is in the rings was noted, so that all its threads have theirs. */
static uint64_t bpf_drain(void *ctx, struct weft_kernel_trace *trace)
{
	struct bpf_state *state = (struct bpf_state *)ctx;
	uint64_t most = 0;
	uint32_t cpu;

	state->trace = trace;
	for (cpu = 0; cpu < state->cpu_count; cpu++) {
		struct weft_bpf_cpu *own = cpu_of(state, cpu);

		store(&own->is_told, 0);
		state->ends[cpu] = load(&own->head);
		most = state->ends[cpu] - own->tail > most ? state->ends[cpu] - own->tail : most;
	}
	(void)state->bpf->ring_buffer__consume(state->names); /* take_name() never fails. */
	for (cpu = 0; cpu < state->cpu_count; cpu++) {
		read_ring(state, cpu);
		tell_losses(state, cpu);
	}
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
	.sees_all = true,
	.has_syscalls = true,
	.has_chains = true,
	.open = bpf_open,
	.get_fd = bpf_get_fd,
	.drain = bpf_drain,
	.stop = bpf_stop,
	.report = bpf_report,
	.close = bpf_close,
};

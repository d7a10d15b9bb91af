// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Random programs as the converter sees them. See random-script.h.
 */
#include "random-script.h"

#include <string.h>

#define CPU_COUNT      3U
#define PROCESS_COUNT  2U
#define THREAD_COUNT   7U /* In all processes. */
#define TASK_COUNT_MAX 12U
#define DEPTH_MAX      6U
#define LENGTH_MIN     200U
#define LENGTH_MAX     1500U

struct thread {
	int32_t pid, tid;
	bool alive, told, runnable;
	bool waits;  /* For a lock, by its own word: it does nothing else. */
	int32_t cpu; /* Where it runs, -1: nowhere. */
	uint32_t last_seq, depth;
	uint32_t seqs[DEPTH_MAX];
	uint64_t tasks[DEPTH_MAX];
};

struct world {
	struct weft_script *script;
	uint64_t *random;
	uint64_t now_ns;
	struct thread threads[THREAD_COUNT];
	int32_t on_cpu[CPU_COUNT]; /* Index of a thread, -1: idle. */
	uint64_t tasks[TASK_COUNT_MAX];
	size_t task_count;
	uint64_t last_task;
	int32_t last_tid;
};

static const char *const names[] = {"serve",       "parse",       "work", "reply",
				    "caf\xc3\xa9", "\xff\x1b[2J", ""};

static struct weft_text text(const char *string)
{
	return (struct weft_text){string, (uint32_t)strlen(string)};
}

static uint32_t below(struct world *world, uint32_t limit)
{
	return weft_script_below(world->random, limit);
}

static struct weft_text any_name(struct world *world)
{
	return text(names[below(world, sizeof(names) / sizeof(names[0]))]);
}

/* Appends an event at the next moment; the caller fills in the rest. */
static struct weft_event *append(struct world *world, enum weft_event_kind kind, int32_t cpu)
{
	struct weft_event *event = &world->script->events[world->script->count++];

	world->now_ns += below(world, 4) ? below(world, 300) : below(world, 3000000);
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->cpu = cpu;
	event->pid = -1;
	event->tid = -1;
	event->ts_ns = world->now_ns;
	return event;
}

static struct weft_event *append_by(struct world *world, enum weft_event_kind kind,
				    const struct thread *thread)
{
	int32_t cpu = thread->cpu >= 0 ? thread->cpu : (int32_t)below(world, CPU_COUNT);
	struct weft_event *event = append(world, kind, cpu);

	event->pid = thread->pid;
	event->tid = thread->tid;
	return event;
}

/* ---- What the kernel tells ---- */

/* Often none; the deepest are deeper than any reader takes. */
static struct weft_text any_chain(struct world *world)
{
	static const uint64_t depths[] = {1, 5, 64, WEFT_CHAIN_DEPTH_MAX};
	static uint64_t addresses[WEFT_CHAIN_DEPTH_MAX + 16];
	const uint64_t depth = below(world, 2) ? 0 : depths[below(world, 4)];
	size_t i;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		addresses[i] = 0x400000 + 16 * (i % 40);
	}
	return (struct weft_text){(const char *)(addresses + below(world, 16)),
				  (uint32_t)(depth * sizeof(addresses[0]))};
}

static void switch_cpu(struct world *world, uint32_t cpu, int32_t next,
		       enum weft_switch_reason reason)
{
	struct weft_event *event;
	int32_t prev = world->on_cpu[cpu];

	if (prev == next) {
		return;
	}
	event = append(world, WEFT_EVENT_SWITCH, (int32_t)cpu);
	event->sched_switch.prev = prev >= 0 ? world->threads[prev].tid : 0;
	event->sched_switch.next = next >= 0 ? world->threads[next].tid : 0;
	event->sched_switch.reason = reason;
	event->sched_switch.wait.syscall = (weft_syscall_index)below(world, 100);
	event->sched_switch.wait.object = (uint8_t)below(world, 10);
	event->sched_switch.chain = any_chain(world);
	event->sched_switch.prev_name = text("thread");
	event->sched_switch.next_name = text("thread");
	if (prev >= 0) {
		world->threads[prev].cpu = -1;
		world->threads[prev].runnable = reason == WEFT_SWITCH_PREEMPTED;
	}
	if (next >= 0) {
		world->threads[next].cpu = (int32_t)cpu;
	}
	world->on_cpu[cpu] = next;
}

static int32_t find_runnable(struct world *world)
{
	uint32_t first = below(world, THREAD_COUNT);
	uint32_t i;

	for (i = 0; i < THREAD_COUNT; i++) {
		const struct thread *thread = &world->threads[(first + i) % THREAD_COUNT];

		if (thread->alive && thread->runnable && thread->cpu < 0) {
			return (int32_t)((first + i) % THREAD_COUNT);
		}
	}
	return -1;
}

static void schedule(struct world *world)
{
	uint32_t cpu = below(world, CPU_COUNT);
	int32_t next = below(world, 5) ? find_runnable(world) : -1;

	switch_cpu(world, cpu, next, below(world, 2) ? WEFT_SWITCH_PREEMPTED : WEFT_SWITCH_BLOCKED);
}

static void wake(struct world *world)
{
	struct thread *thread = &world->threads[below(world, THREAD_COUNT)];
	uint32_t cpu = below(world, CPU_COUNT);
	struct weft_event *event;

	/* Also one that is about to sleep, or not asleep at all. */
	if (!thread->alive || (below(world, 4) && (thread->runnable || thread->cpu >= 0))) {
		return;
	}
	event = append(world, WEFT_EVENT_WAKING, (int32_t)cpu);
	if (world->on_cpu[cpu] >= 0) {
		event->tid = world->threads[world->on_cpu[cpu]].tid;
	}
	event->waking.subject = thread->tid;
	event->waking.waker = (int32_t)below(world, 3) - 1; /* Unknown, idle, or nobody's id. */
	if (world->on_cpu[cpu] >= 0 && below(world, 2)) {
		event->waking.waker = event->tid;
	}
	event->waking.context = below(world, 6);
	event->waking.target_cpu = (int32_t)below(world, CPU_COUNT);
	thread->runnable = true;
}

/* What only explains other events. */
static void explain(struct world *world)
{
	static const enum weft_event_kind kinds[] = {WEFT_EVENT_SYSCALL_ENTRY,
						     WEFT_EVENT_SYSCALL_EXIT, WEFT_EVENT_IRQ_ENTRY,
						     WEFT_EVENT_IRQ_EXIT, WEFT_EVENT_THREAD_STATE};
	const struct thread *thread = &world->threads[below(world, THREAD_COUNT)];
	struct weft_event *event =
		append(world, kinds[below(world, 5)], (int32_t)below(world, CPU_COUNT + 1) - 1);

	switch (event->kind) {
	case WEFT_EVENT_THREAD_STATE:
		event->thread_state.subject = thread->tid;
		event->thread_state.subject_pid = below(world, 4) ? thread->pid : thread->tid;
		event->thread_state.ppid = 1;
		event->thread_state.name = text("thread");
		event->thread_state.is_asleep = !thread->runnable && thread->cpu < 0;
		event->thread_state.wait.syscall = (weft_syscall_index)below(world, 100);
		break;
	case WEFT_EVENT_IRQ_ENTRY:
	case WEFT_EVENT_IRQ_EXIT:
		event->irq.is_soft = below(world, 2);
		break;
	default:
		event->syscall.index = (weft_syscall_index)below(world, 100);
		break;
	}
}

/* ---- Lives ---- */

static void create_thread(struct world *world, const struct thread *creator)
{
	struct thread *thread = NULL;
	struct weft_event *event;
	uint32_t i;

	for (i = 0; i < THREAD_COUNT && !thread; i++) {
		thread = world->threads[i].alive ? NULL : &world->threads[i];
	}
	if (!thread) {
		return;
	}
	memset(thread, 0, sizeof(*thread));
	thread->alive = true;
	thread->runnable = true;
	thread->cpu = -1;
	thread->pid = creator ? creator->pid : 100 + (int32_t)below(world, PROCESS_COUNT);
	thread->tid = ++world->last_tid;
	if (world->script->has_sched && creator) {
		event = append_by(world, WEFT_EVENT_FORK, creator);
		event->fork.subject = thread->tid;
		event->fork.subject_pid = thread->pid;
		event->fork.name = text("thread");
	}
}

static void end_thread(struct world *world, struct thread *thread)
{
	struct weft_event *event;

	/* A program ends what it began, most of the time. */
	if (thread->depth && below(world, 4)) {
		return;
	}
	(void)append_by(world, WEFT_EVENT_THREAD_END, thread);
	if (world->script->has_sched) {
		event = append_by(world, WEFT_EVENT_EXIT, thread);
		event->exit.subject = thread->tid;
		switch_cpu(world, (uint32_t)thread->cpu, -1, WEFT_SWITCH_EXITED);
	}
	thread->alive = false;
	thread->runnable = false;
}

static void tell_thread(struct world *world, struct thread *thread)
{
	struct weft_event *event;

	if (!thread->told) {
		event = append_by(world, WEFT_EVENT_THREAD, thread);
		event->thread.subject = thread->tid;
		event->thread.name = any_name(world);
		thread->told = true;
	}
}

/* ---- What the program tells ---- */

static uint64_t any_task(struct world *world)
{
	return world->task_count && below(world, 5)
		       ? world->tasks[below(world, (uint32_t)world->task_count)]
		       : 0;
}

static void begin_task(struct world *world, const struct thread *thread)
{
	struct weft_event *event;

	if (world->task_count == TASK_COUNT_MAX) {
		return;
	}
	event = append_by(world, WEFT_EVENT_TASK_BEGIN, thread);
	event->task_begin.parent = any_task(world);
	event->task_begin.task = ++world->last_task << 20 | 7U;
	event->task_begin.type = any_name(world);
	event->task_begin.ip = 0x1000 + below(world, 16);
	world->tasks[world->task_count++] = event->task_begin.task;
}

static void end_task(struct world *world, const struct thread *thread)
{
	struct weft_event *event;
	uint32_t at;

	if (!world->task_count) {
		return;
	}
	at = below(world, (uint32_t)world->task_count);
	event = append_by(world, WEFT_EVENT_TASK_END, thread);
	event->task_end.task = world->tasks[at];
	event->task_end.type = any_name(world);
	event->task_end.error = text(below(world, 8) ? "" : "failed");
	world->tasks[at] = world->tasks[--world->task_count];
}

static void begin_region(struct world *world, struct thread *thread)
{
	struct weft_event *event;

	if (thread->depth == DEPTH_MAX) {
		return;
	}
	event = append_by(world, WEFT_EVENT_REGION_BEGIN, thread);
	event->region_begin.task = any_task(world);
	event->region_begin.seq = ++thread->last_seq;
	event->region_begin.name = any_name(world);
	event->region_begin.ip = 0x1000 + below(world, 16);
	thread->seqs[thread->depth] = thread->last_seq;
	thread->tasks[thread->depth++] = event->region_begin.task;
}

static void end_region(struct world *world, struct thread *thread)
{
	struct weft_event *event;

	if (!thread->depth) {
		return;
	}
	thread->depth--;
	event = append_by(world, WEFT_EVENT_REGION_END, thread);
	event->region_end.task = thread->tasks[thread->depth];
	event->region_end.seq = thread->seqs[thread->depth];
	event->region_end.name = any_name(world); /* Pairing is by number, not by name. */
	event->region_end.error = text("");
}

static void log_something(struct world *world, const struct thread *thread)
{
	struct weft_event *event = append_by(world, WEFT_EVENT_LOG, thread);

	event->log.task = any_task(world);
	event->log.category = any_name(world);
	event->log.message = any_name(world);
	event->log.ip = 0x1000 + below(world, 16);
}

/* Begins, or ends what it began. */
static void wait_for_lock(struct world *world, struct thread *thread)
{
	struct weft_event *event = append_by(
		world, thread->waits ? WEFT_EVENT_LOCK_WAIT_END : WEFT_EVENT_LOCK_WAIT_BEGIN,
		thread);

	thread->waits = !thread->waits;
	event->lock_wait.task = any_task(world);
	event->lock_wait.object = below(world, 4);
	event->lock_wait.kind = below(world, 9);
	event->lock_wait.holder = (int32_t)below(world, 3) - 1;
}

static void act(struct world *world, struct thread *thread)
{
	tell_thread(world, thread);
	if (thread->waits) {
		wait_for_lock(world, thread);
		return;
	}
	switch (below(world, 11)) {
	case 0:
		begin_task(world, thread);
		break;
	case 1:
		end_task(world, thread);
		break;
	case 2:
	case 3:
	case 4:
		begin_region(world, thread);
		break;
	case 5:
	case 6:
	case 7:
		end_region(world, thread);
		break;
	case 8:
		log_something(world, thread);
		break;
	case 9:
		wait_for_lock(world, thread);
		break;
	default:
		if (below(world, 3)) {
			create_thread(world, thread);
		} else {
			end_thread(world, thread);
		}
		break;
	}
}

static void step(struct world *world)
{
	struct thread *thread = &world->threads[below(world, THREAD_COUNT)];

	if (world->script->has_sched && below(world, 3) == 0) {
		schedule(world);
	} else if (world->script->has_sched && below(world, 3) == 0) {
		wake(world);
	} else if (world->script->has_sched && below(world, 8) == 0) {
		explain(world);
	} else if (thread->alive && (thread->cpu >= 0 || !world->script->has_sched)) {
		act(world, thread);
	} else if (!thread->alive && below(world, 30) == 0) {
		create_thread(world, NULL);
	}
}

static void tell_process(struct world *world, uint32_t number)
{
	struct weft_event *event = append(world, WEFT_EVENT_PROCESS, 0);

	event->pid = event->tid = 100 + (int32_t)number;
	event->process.ppid = 1;
	event->process.version = 1;
	event->process.start_ns = 5 + number;
	event->process.exe = text("/usr/bin/program");
	event->process.cmdline = text("program");
}

void weft_script_generate(struct weft_script *script, uint64_t *random, bool has_sched)
{
	struct world world = {.script = script, .random = random, .last_tid = 1000};
	uint32_t length = LENGTH_MIN + weft_script_below(random, LENGTH_MAX - LENGTH_MIN);
	uint32_t i;

	script->count = 0;
	script->has_sched = has_sched;
	for (i = 0; i < CPU_COUNT; i++) {
		world.on_cpu[i] = -1;
	}
	for (i = 0; i < PROCESS_COUNT; i++) {
		tell_process(&world, i);
	}
	for (i = 0; i < 3; i++) {
		create_thread(&world, NULL);
	}
	while (script->count < length) {
		step(&world);
	}
}

/* ---- Damage ---- */

static void drop_some(struct weft_script *script, uint64_t *random)
{
	uint32_t every = 2 + weft_script_below(random, 30);
	size_t kept = 0;
	size_t i;

	for (i = 0; i < script->count; i++) {
		if (weft_script_below(random, every)) {
			script->events[kept++] = script->events[i];
		}
	}
	script->count = kept;
}

static void repeat_some(struct weft_script *script, uint64_t *random)
{
	static struct weft_event copies[WEFT_SCRIPT_EVENT_COUNT_MAX];
	uint32_t every = 2 + weft_script_below(random, 30);
	size_t count = 0;
	size_t i;

	for (i = 0; i < script->count && count + 2 <= WEFT_SCRIPT_EVENT_COUNT_MAX; i++) {
		copies[count++] = script->events[i];
		if (weft_script_below(random, every) == 0) {
			copies[count++] =
				script->events[weft_script_below(random, (uint32_t)i + 1)];
		}
	}
	memcpy(script->events, copies, count * sizeof(copies[0]));
	script->count = count;
}

static void reorder_some(struct weft_script *script, uint64_t *random)
{
	uint32_t every = 2 + weft_script_below(random, 20);
	size_t i;

	for (i = 1; i < script->count; i++) {
		if (weft_script_below(random, every) == 0) {
			size_t back = 1 + weft_script_below(random, 8);
			size_t other = i > back ? i - back : 0;
			struct weft_event moved = script->events[i];

			script->events[i] = script->events[other];
			script->events[other] = moved;
		}
	}
}

static void cut(struct weft_script *script, uint64_t *random)
{
	size_t first = weft_script_below(random, (uint32_t)script->count);
	size_t last = first + weft_script_below(random, (uint32_t)(script->count - first)) + 1;

	memmove(script->events, script->events + first, (last - first) * sizeof(script->events[0]));
	script->count = last - first;
}

/* Any bytes but those of texts, which a source always makes valid. */
static void corrupt_event(struct weft_event *event, uint64_t *random)
{
	static const int32_t odd[] = {0, -1, 1, INT32_MAX, INT32_MIN, 1000003, 8191, 1 << 20};
	int32_t value = odd[weft_script_below(random, sizeof(odd) / sizeof(odd[0]))];

	switch (weft_script_below(random, 5)) {
	case 0:
		event->cpu = value;
		break;
	case 1:
		event->pid = value;
		break;
	case 2:
		event->tid = value;
		break;
	case 3:
		event->ts_ns = weft_script_below(random, 2) ? weft_script_random(random) >> 8
							    : event->ts_ns + (uint64_t)value;
		break;
	default:
		/* The first number of each kind: a task, a thread. */
		if (event->kind == WEFT_EVENT_SWITCH) {
			event->sched_switch.next = value;
		} else if (event->kind != WEFT_EVENT_PROCESS) {
			memcpy((char *)event + offsetof(struct weft_event, task_begin), &value,
			       sizeof(value));
		}
		break;
	}
}

static void corrupt_some(struct weft_script *script, uint64_t *random)
{
	uint32_t every = 2 + weft_script_below(random, 60);
	size_t i;

	for (i = 0; i < script->count; i++) {
		if (weft_script_below(random, every) == 0) {
			corrupt_event(&script->events[i], random);
		}
	}
}

static void drop_ends_of_idle(struct weft_script *script)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < script->count; i++) {
		const struct weft_event *event = &script->events[i];

		if (event->kind != WEFT_EVENT_SWITCH || event->cpu != 1 ||
		    event->sched_switch.prev != 0) {
			script->events[kept++] = *event;
		}
	}
	script->count = kept;
}

void weft_script_damage(struct weft_script *script, uint64_t *random, unsigned int damage)
{
	if (damage & WEFT_DAMAGE_IDLE) {
		drop_ends_of_idle(script);
	}
	if (damage & WEFT_DAMAGE_CUT) {
		cut(script, random);
	}
	if (damage & WEFT_DAMAGE_DROP) {
		drop_some(script, random);
	}
	if (damage & WEFT_DAMAGE_REPEAT) {
		repeat_some(script, random);
	}
	if (damage & WEFT_DAMAGE_REORDER) {
		reorder_some(script, random);
	}
	if (damage & WEFT_DAMAGE_CORRUPT) {
		corrupt_some(script, random);
	}
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See thread-stacks.h.
 */
#include "thread-stacks.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <weft/runtime.h>

#include "control.h"
#include "cpu-sampler.h"
#include "cpu-threads.h"
#include "labels.h"
#include "mappings.h"
#include "proc-file.h"
#include "stack-bounds.h"
#include "stack-table.h"
#include "thread-state.h"
#include "unwinder.h"

#define ASKED_AT_ONCE  32U
#define PAUSE_NS       100000L
#define NS_PER_MS      UINT64_C(1000000)
#define PATIENCE_MS    100U
#define RUNNING_MS     1000U
#define BATCH_MS       20U
#define DRAIN_MS       1000U
#define OWN_LABELS_MAX 4U
#define TAGGED_MAX     65536U
#define SIGNAL_BIT     (UINT64_C(1) << (SIGPROF - 1))
#define NO_TIMER       (-1)

enum slot_state { SLOT_WAITING, SLOT_BEING_WRITTEN, SLOT_DONE };

/* What one thread answers; the rest is filled in by who asks. */
struct slot {
	_Atomic uint32_t state;
	int32_t tid;
	int timer; /* NO_TIMER, or the one that asks it while it runs. */
	bool is_asked;
	bool is_walked;                 /* By who asks, while it slept. */
	bool is_deaf;                   /* Blocks the signal. */
	struct weft_proc_thread status; /* If the request is detailed. */
	struct weft_thread_syscall syscall;
	uint64_t wait_ns;           /* 0: unknown. */
	struct weft_labels *labels; /* A reference. */
	size_t depth;
	uintptr_t pcs[WEFT_STACK_DEPTH_MAX];
};

struct request {
	uint32_t id;
	bool is_detailed; /* Names, states and waits are wanted, which costs more than the rest. */
	uint32_t size, count; /* Slots there are, and in use. */
	uint32_t left_out;
	uint32_t settled; /* Of the first so many no answer is missing. */
	struct slot slots[];
};

struct tid_list {
	int32_t *tids;
	uint32_t count, capacity;
	bool is_cut; /* For lack of memory. */
};

/* What is remembered of a thread between two detailed collections. */
struct memory {
	int32_t tid;
	uint64_t switch_count; /* What it shows next time if it goes on waiting. */
	uint64_t since_ns;     /* It has been waiting since then at least. */
};

/* Guards all below; taken before those of stack-bounds and mappings. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t last_id;
static struct memory *memories; /* By tid. */
static size_t memory_count;

static _Atomic int thread_limit; /* 0: none. */

/* For the handler. */
static _Atomic(struct request *) active;
static _Atomic uint32_t user_count;

/* ---- The thread that is asked ---- */

static void answer(struct slot *slot, const void *context)
{
	uint32_t expected = SLOT_WAITING;
	struct weft_unwind_registers registers;
	struct weft_unwind_bounds bounds;

	if (!atomic_compare_exchange_strong_explicit(&slot->state, &expected, SLOT_BEING_WRITTEN,
						     memory_order_relaxed, memory_order_relaxed)) {
		return;
	}
	weft_unwind_registers_get(context, &registers);
	weft_stack_bounds_get(context, registers.sp, &bounds);
	slot->depth = weft_unwind(&registers, &bounds, slot->pcs, WEFT_STACK_DEPTH_MAX);
	slot->labels = weft_labels_get_ref(weft_labels__peek());
	/* A1: pairs with R1 in is_done(): the answer before its state. */
	atomic_store_explicit(&slot->state, SLOT_DONE, memory_order_release);
}

/* What a question carries; the upper half is never 0, as it is in the timers of CPU profiles. */
static void *pack(uint32_t id, uint32_t at)
{
	return (void *)(uintptr_t)(((uint64_t)at + 1) << 32 | id);
}

bool weft_thread_stacks__is_question(const siginfo_t *info)
{
	if (info->si_code == SI_TIMER) {
		return (uint64_t)(uintptr_t)info->si_value.sival_ptr >> 32 != 0;
	}
	return info->si_code == WEFT_THREAD_STACKS_SI_CODE && info->si_pid == weft_control.pid;
}

void weft_thread_stacks__on_signal(const siginfo_t *info, const void *context)
{
	uint64_t packed = (uint64_t)(uintptr_t)info->si_value.sival_ptr;
	uint32_t at = (uint32_t)(packed >> 32) - 1;
	struct request *request;

	/* Sequential: either close_request() sees this user, or the request is seen to be over. */
	atomic_fetch_add_explicit(&user_count, 1, memory_order_seq_cst);
	request = atomic_load_explicit(&active, memory_order_seq_cst);
	if (request && request->id == (uint32_t)packed && at < request->size) {
		answer(&request->slots[at], context);
	}
	/* A2: pairs with R2 in close_request(): the answer before leaving. */
	atomic_fetch_sub_explicit(&user_count, 1, memory_order_release);
}

/* ---- The thread that asks ---- */

static bool is_done(const struct slot *slot)
{
	return atomic_load_explicit(&slot->state, memory_order_acquire) == SLOT_DONE; /* R1 */
}

static void pause_shortly(void)
{
	const struct timespec pause = {0, PAUSE_NS};

	(void)nanosleep(&pause, NULL); /* Woken early: looks again. */
}

static struct request *create_request(uint32_t size, bool is_detailed)
{
	struct request *request;
	/* All of it will be written to: a fault a page would cost more. */
	void *memory =
		mmap(NULL, sizeof(*request) + size * sizeof(struct slot), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED) {
		return NULL;
	}
	request = (struct request *)memory;
	last_id = last_id == UINT32_MAX ? 1 : last_id + 1;
	request->id = last_id;
	request->is_detailed = is_detailed;
	request->size = size;
	return request;
}

static void destroy_request(struct request *request)
{
	uint32_t i;

	for (i = 0; i < request->count; i++) {
		weft_labels_put_ref(request->slots[i].labels);
	}
	(void)munmap(request, sizeof(*request) + request->size * sizeof(struct slot)); /* Whole. */
}

/* Ends the answering. False: a thread is held inside an answer, so the memory must stay. */
static bool close_request(void)
{
	uint64_t end_ns = weft_control__now_ns() + DRAIN_MS * NS_PER_MS;

	atomic_store_explicit(&active, NULL, memory_order_seq_cst);
	/* R2: pairs with A2 in weft_thread_stacks__on_signal(); sequential as said there. */
	while (atomic_load_explicit(&user_count, memory_order_seq_cst) != 0) {
		if (weft_control__now_ns() > end_ns) {
			return false;
		}
		pause_shortly();
	}
	return true;
}

static bool note_thread(void *ctx, int32_t tid)
{
	struct tid_list *list = (struct tid_list *)ctx;

	if (list->count == list->capacity) {
		uint32_t capacity = list->capacity > 0 ? list->capacity * 2 : 256;
		int32_t *tids = (int32_t *)realloc(list->tids, capacity * sizeof(*tids));

		if (!tids) {
			list->is_cut = true;
			return false;
		}
		list->tids = tids;
		list->capacity = capacity;
	}
	list->tids[list->count++] = tid;
	return true;
}

/* What /proc says, before a signal changes it. 0; -ESRCH or another negative errno. */
static int read_status(const struct request *request, struct slot *slot)
{
	int ret = request->is_detailed ? weft_proc_thread_read(slot->tid, &slot->status)
				       : weft_proc_thread_blocks(slot->tid, SIGPROF);

	if (ret >= 0) {
		slot->is_deaf =
			request->is_detailed ? (slot->status.blocked & SIGNAL_BIT) != 0 : ret == 1;
	}
	return ret < 0 ? ret : 0;
}

/* The asking thread needs no signal. */
static void answer_self(struct slot *slot)
{
	slot->status.state = 'R';
	slot->syscall.number = -1;
	slot->depth = weft_stack_bounds_walk(slot->pcs, WEFT_STACK_DEPTH_MAX, 0);
	if (slot->depth > 0) {
		slot->pcs[0]--; /* The call, as the others have their very instruction there. */
	}
	slot->labels = weft_labels_capture();
	atomic_store_explicit(&slot->state, SLOT_DONE, memory_order_relaxed);
}

/* Without a signal, if it is still in the same system call afterwards. syscall_fd: its file. */
static void walk_sleeper(struct slot *slot, int syscall_fd)
{
	struct weft_thread_syscall after;

	slot->depth = weft_stack_bounds_walk_other((uintptr_t)slot->syscall.pc,
						   (uintptr_t)slot->syscall.sp, slot->pcs,
						   WEFT_STACK_DEPTH_MAX);
	weft_thread_state_peek_syscall(syscall_fd, &after);
	if (after.number == slot->syscall.number && after.sp == slot->syscall.sp) {
		slot->is_walked = slot->depth > 0;
	} else {
		slot->depth = 0;
	}
	slot->labels = weft_labels__get_ref_of(slot->tid);
}

static void ask_by_signal(const struct request *request, uint32_t at)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = WEFT_THREAD_STACKS_SI_CODE;
	info.si_pid = weft_control.pid;
	info.si_uid = getuid();
	info.si_value.sival_ptr = pack(request->id, at);
	/* Fails for a thread that has ended: it will not answer. */
	(void)syscall(SYS_rt_tgsigqueueinfo, weft_control.pid, request->slots[at].tid, SIGPROF,
		      &info);
}

static void delete_timer(struct slot *slot)
{
	if (slot->timer != NO_TIMER) {
		(void)syscall(SYS_timer_delete, slot->timer); /* Gone either way. */
		slot->timer = NO_TIMER;
	}
}

/* False: there is no timer to be had, or no such thread. */
static bool ask_when_it_runs(struct request *request, uint32_t at)
{
	const struct itimerspec at_once = {{0, 0}, {0, 1}};
	struct slot *slot = &request->slots[at];
	struct sigevent event;
	int timer;

	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = SIGPROF;
	event.sigev_value.sival_ptr = pack(request->id, at);
	event._sigev_un._tid = slot->tid;
	if (syscall(SYS_timer_create, weft_cpu_threads_clock(slot->tid), &event, &timer) < 0) {
		return false;
	}
	slot->timer = timer;
	if (syscall(SYS_timer_settime, timer, 0, &at_once, NULL) < 0) {
		delete_timer(slot);
		return false;
	}
	return true;
}

static bool is_running(const struct slot *slot)
{
	return slot->syscall.number < 0 && slot->syscall.pc == 0;
}

/*
 * In the way that suits what the thread is doing. It must not be asked yet. False: there is no such
 * thread any more, or /proc does not tell of it.
 */
static bool ask(struct request *request, uint32_t at)
{
	struct slot *slot = &request->slots[at];
	int syscall_fd = weft_proc_task_open(slot->tid, "syscall");
	bool is_fragile;
	bool is_there;

	weft_thread_state_peek_syscall(syscall_fd, &slot->syscall);
	is_fragile = weft_thread_state_is_fragile(&slot->syscall);
	/* Of those that are not asked, whether they could be is only wanted for its own sake. */
	is_there = (is_fragile && !request->is_detailed) || read_status(request, slot) == 0;
	if (is_there && (is_fragile || slot->is_deaf)) {
		walk_sleeper(slot, syscall_fd);
	} else if (is_there) {
		slot->is_asked = true;
		if (!is_running(slot) || !ask_when_it_runs(request, at)) {
			ask_by_signal(request, at);
		}
	}
	if (syscall_fd >= 0) {
		(void)close(syscall_fd); /* Read only; nothing to lose. */
	}
	return is_there;
}

/* A thread that ran and sleeps by now is asked in another way. */
static void ask_again(struct request *request, uint32_t at)
{
	struct slot *slot = &request->slots[at];
	struct weft_thread_syscall now;

	weft_thread_state_read_syscall(slot->tid, &now);
	if ((now.number >= 0 || now.pc != 0) && !is_done(slot)) {
		delete_timer(slot);
		slot->is_asked = false;
		(void)ask(request, at); /* Gone by now: it is told as it was. */
	}
}

static bool is_missing(const struct slot *slot)
{
	return slot->is_asked && !is_done(slot);
}

static uint32_t count_missing(struct request *request, uint32_t end)
{
	uint32_t missing = 0;
	uint32_t i;

	for (i = request->settled; i < end; i++) {
		if (request->slots[i].timer != NO_TIMER && !is_done(&request->slots[i])) {
			ask_again(request, i);
		}
		missing += is_missing(&request->slots[i]);
		if (missing == 0) {
			request->settled = i + 1;
		}
	}
	return missing;
}

/* Waits until at most `missing_max` of the first `end` are missing, or until the time is up. */
static void wait_for(struct request *request, uint32_t end, uint32_t missing_max, uint64_t end_ns)
{
	while (count_missing(request, end) > missing_max && weft_control__now_ns() < end_ns) {
		pause_shortly();
	}
}

static bool is_running_missing(const struct request *request)
{
	uint32_t i;

	for (i = 0; i < request->count; i++) {
		if (request->slots[i].timer != NO_TIMER && !is_done(&request->slots[i])) {
			return true;
		}
	}
	return false;
}

/* Those will answer for sure, as soon as it is their turn. */
static void wait_for_running(struct request *request, uint64_t end_ns)
{
	while (is_running_missing(request) && weft_control__now_ns() < end_ns) {
		(void)count_missing(request,
				    request->count); /* Who sleeps by now is asked again. */
		pause_shortly();
	}
}

/* Gives the next slot to this thread. False: it has ended. */
static bool ask_next(struct request *request, int32_t tid, bool is_self)
{
	struct slot *slot = &request->slots[request->count];

	slot->tid = tid;
	slot->timer = NO_TIMER;
	if (is_self) {
		(void)read_status(request, slot); /* For its name alone. */
		answer_self(slot);
	} else if (!ask(request, request->count)) {
		return false; /* It was not asked: the slot is free for the next. */
	}
	request->count++;
	return true;
}

static void ask_all(struct request *request, const struct tid_list *list)
{
	uint64_t begin_ns = weft_control__now_ns();
	uint64_t end_ns = begin_ns + (PATIENCE_MS + (uint64_t)request->size) * NS_PER_MS;
	int32_t own_tid = gettid();
	uint32_t asked_count = 0;
	uint32_t i;

	for (i = 0; i < list->count && request->count < request->size; i++) {
		if (ask_next(request, list->tids[i], list->tids[i] == own_tid) &&
		    request->slots[request->count - 1].is_asked &&
		    ++asked_count % ASKED_AT_ONCE == 0) {
			wait_for(request, request->count, ASKED_AT_ONCE / 4,
				 weft_control__now_ns() + BATCH_MS * NS_PER_MS);
		}
	}
	wait_for(request, request->count, 0, end_ns);
	wait_for_running(request, begin_ns + RUNNING_MS * NS_PER_MS);
	for (i = 0; i < request->count; i++) {
		delete_timer(&request->slots[i]);
	}
}

/* ---- How long they have been waiting ---- */

static int compare_memories(const void *a, const void *b)
{
	int32_t left = ((const struct memory *)a)->tid;
	int32_t right = ((const struct memory *)b)->tid;

	return left < right ? -1 : left > right;
}

/*
 * A thread that waits does not switch, but for the one switch with which it goes back to wait after
 * it has answered. E.g. it shows 7 switches and answers: it goes on waiting if it shows 8 next time.
 */
static void remember_detailed(struct request *request)
{
	uint64_t now_ns = weft_control__now_ns();
	struct memory *next = (struct memory *)calloc(request->count + 1, sizeof(struct memory));
	uint32_t i;

	if (!next) {
		return; /* Nobody's wait is known, this time and the next. */
	}
	for (i = 0; i < request->count; i++) {
		struct slot *slot = &request->slots[i];
		const struct memory wanted = {.tid = slot->tid};
		const struct memory *old =
			memories ? (const struct memory *)bsearch(&wanted, memories, memory_count,
								  sizeof(wanted), compare_memories)
				 : NULL;
		bool waits = slot->status.state == 'S' || slot->status.state == 'D';

		next[i] = (struct memory){
			slot->tid, slot->status.switch_count + (slot->is_asked && is_done(slot)),
			now_ns};
		if (waits && old && old->switch_count == slot->status.switch_count) {
			next[i].since_ns = old->since_ns;
			slot->wait_ns = now_ns - old->since_ns;
		}
	}
	qsort(next, request->count, sizeof(*next), compare_memories);
	free(memories);
	memories = next;
	memory_count = request->count;
}

/* What was not looked at goes on waiting as far as is known: but for the switch back after an answer. */
static void remember_answers(const struct request *request)
{
	uint32_t i;

	for (i = 0; i < request->count; i++) {
		const struct slot *slot = &request->slots[i];
		const struct memory wanted = {.tid = slot->tid};
		struct memory *old = NULL;

		if (memories && slot->is_asked && is_done(slot)) {
			old = (struct memory *)bsearch(&wanted, memories, memory_count,
						       sizeof(wanted), compare_memories);
		}
		if (old) {
			old->switch_count++;
		}
	}
}

/* ---- Output ---- */

/*
 * A thread that gave no answer is shown where its system call was made, or in a function of this name:
 * pprof leaves out what has no stack at all.
 */
__attribute__((noinline, used)) static void weft_stack_unknown(void)
{
	__asm__ volatile("nop");
}

static void complete(struct slot *slot)
{
	if (!is_done(slot) && !slot->is_walked) {
		slot->pcs[0] = slot->syscall.pc != 0 ? (uintptr_t)slot->syscall.pc
						     : (uintptr_t)weft_stack_unknown;
		slot->depth = 1;
	}
}

static size_t add_own_labels(const struct weft_labels *set, struct weft_raw_label *ret_labels)
{
	size_t i;

	for (i = 0; i < weft_labels_count(set); i++) {
		ret_labels[i] =
			(struct weft_raw_label){set->pairs[i].key, set->pairs[i].value, 0, NULL};
	}
	return i;
}

/* Why there may be no stack. */
static const char *silence_of(const struct slot *slot)
{
	if (is_done(slot) || slot->is_walked) {
		return "";
	}
	return slot->is_asked ? ", no answer" : slot->is_deaf ? ", signal blocked" : "";
}

static void write_thread(struct weft_raw_profile *raw, const struct slot *slot)
{
	struct weft_raw_label labels[OWN_LABELS_MAX + WEFT_LABELS_MAX];
	const int64_t one = 1;
	struct weft_raw_sample sample = {slot->pcs, slot->depth, &one, labels, 0, false};
	char state[64];

	(void)snprintf(
		state, sizeof(state), "%s%s",
		weft_thread_state_name(slot->status.state, &slot->syscall, slot->pcs, slot->depth),
		silence_of(slot));
	labels[sample.label_count++] = (struct weft_raw_label){"tid", NULL, slot->tid, NULL};
	labels[sample.label_count++] =
		(struct weft_raw_label){"thread", slot->status.name, 0, NULL};
	labels[sample.label_count++] = (struct weft_raw_label){"state", state, 0, NULL};
	if (slot->wait_ns > 0) {
		labels[sample.label_count++] = (struct weft_raw_label){
			"wait", NULL, (int64_t)slot->wait_ns, "nanoseconds"};
	}
	sample.label_count += add_own_labels(slot->labels, labels + sample.label_count);
	weft_raw_profile_add_sample(raw, &sample);
}

/* Which of the slots before has equal labels: the group's tag. */
static uint64_t tag_of(const struct request *request, uint32_t at)
{
	uint32_t i;

	if (!request->slots[at].labels) {
		return 0;
	}
	for (i = 0; i < at; i++) {
		if (weft_labels__equal(request->slots[i].labels, request->slots[at].labels)) {
			break;
		}
	}
	return (uint64_t)i + 1;
}

static int write_groups(struct weft_raw_profile *raw, const struct request *request)
{
	struct weft_stack_table *groups = weft_stack_table_create(request->count * 4 + 64);
	struct weft_raw_label labels[WEFT_LABELS_MAX];
	struct weft_stack_entry *group;
	uint32_t cursor = 0;
	uint32_t i;

	if (!groups) {
		return -ENOMEM;
	}
	for (i = 0; i < request->count; i++) {
		const struct slot *slot = &request->slots[i];

		group = weft_stack_table_find_or_add(groups, slot->pcs, slot->depth,
						     tag_of(request, i));
		if (group) { /* There is room for all. */
			atomic_fetch_add_explicit(&group->values[0], 1, memory_order_relaxed);
		}
	}
	while ((group = weft_stack_table_next(groups, &cursor))) {
		int64_t count = atomic_load_explicit(&group->values[0], memory_order_relaxed);
		struct weft_raw_sample sample = {group->pcs, group->depth, &count, labels,
						 0,          false};

		if (group->tag > 0) {
			sample.label_count =
				add_own_labels(request->slots[group->tag - 1].labels, labels);
		}
		weft_raw_profile_add_sample(raw, &sample);
	}
	weft_stack_table_destroy(groups);
	return 0;
}

static int write_profile(struct request *request, bool by_thread, weft_raw_profile_write_fn write,
			 void *ctx)
{
	struct weft_raw_profile *raw = weft_raw_profile_create(write, ctx);
	uint32_t i;
	int ret = 0;

	if (!raw) {
		return -ENOMEM;
	}
	weft_raw_profile_add_sample_type(raw, "goroutine", "count");
	weft_raw_profile_set_period(raw, "goroutine", "count", 1);
	if (request->left_out > 0) {
		weft_raw_profile_add_comment(raw,
					     "threads left out: %" PRIu32 ", by the limit of %d",
					     request->left_out, request->count);
	}
	weft_raw_profile_set_time(raw, weft_raw_profile_now_ns(), 0);
	for (i = 0; i < request->count; i++) {
		complete(&request->slots[i]);
		if (by_thread) {
			write_thread(raw, &request->slots[i]);
		}
	}
	if (!by_thread) {
		ret = write_groups(raw, request);
	}
	if (ret == 0) {
		ret = weft_raw_profile_finish(raw);
	}
	weft_raw_profile_destroy(raw);
	return ret;
}

/* Of the threads in the list. */
static int collect_listed(const struct tid_list *list, bool is_detailed,
			  struct request **ret_request, bool *ret_is_closed)
{
	uint32_t limit = (uint32_t)atomic_load_explicit(&thread_limit, memory_order_relaxed);
	uint32_t size = limit > 0 && list->count > limit ? limit : list->count;
	struct request *request = create_request(size, is_detailed);

	if (!request) {
		return -ENOMEM;
	}
	request->left_out = list->count - size;
	(void)weft_stack_bounds_refresh(); /* Else stacks are their innermost frame. */
	weft_proc_tasks_hold();
	atomic_store_explicit(&active, request, memory_order_seq_cst);
	ask_all(request, list);
	weft_proc_tasks_release();
	*ret_is_closed = close_request();
	if (is_detailed) {
		remember_detailed(request);
	} else {
		remember_answers(request);
	}
	*ret_request = request;
	return 0;
}

/* Under the lock. */
static int collect(bool is_detailed, struct request **ret_request, bool *ret_is_closed)
{
	struct tid_list list = {NULL, 0, 0, false};
	int ret = weft_cpu_sampler_install();

	if (ret < 0) {
		return ret;
	}
	ret = weft_proc_threads_walk(note_thread, &list);
	if (ret >= 0) {
		ret = list.is_cut ? -ENOMEM
				  : collect_listed(&list, is_detailed, ret_request, ret_is_closed);
	}
	free(list.tids);
	return ret;
}

int weft_thread_stacks_write(bool by_thread, weft_raw_profile_write_fn write, void *ctx)
{
	struct request *request = NULL;
	bool is_closed = false;
	int ret;

	(void)pthread_mutex_lock(&lock);
	ret = collect(by_thread, &request, &is_closed);
	(void)pthread_mutex_unlock(&lock);
	if (ret < 0) {
		return ret;
	}
	ret = write_profile(request, by_thread, write, ctx);
	if (is_closed) { /* Else somebody may still write there. */
		destroy_request(request);
	}
	return ret;
}

int weft_thread_stacks_add(struct weft_stack_table *table, int64_t amount)
{
	struct request *request = NULL;
	bool is_closed = false;
	uint32_t i;
	int ret;

	(void)pthread_mutex_lock(&lock);
	ret = collect(false, &request, &is_closed);
	(void)pthread_mutex_unlock(&lock);
	if (ret < 0) {
		return ret;
	}
	for (i = 0; i < request->count; i++) {
		struct slot *slot = &request->slots[i];
		struct weft_stack_entry *entry;

		if (slot->tid == gettid()) {
			continue;
		}
		complete(slot);
		entry = weft_stack_table_find_or_add(table, slot->pcs, slot->depth, 0);
		if (entry) { /* Else the table counts it as lost. */
			atomic_fetch_add_explicit(&entry->values[0], 1, memory_order_relaxed);
			atomic_fetch_add_explicit(&entry->values[1], amount, memory_order_relaxed);
		}
	}
	if (is_closed) { /* Else somebody may still write there. */
		destroy_request(request);
	}
	return 0;
}

int weft_runtime_set_thread_limit(int threads)
{
	return atomic_exchange_explicit(&thread_limit, threads > 0 ? threads : 0,
					memory_order_relaxed);
}

/* ---- fork() ---- */

void weft_thread_stacks__lock(void)
{
	(void)pthread_mutex_lock(&lock);
}

void weft_thread_stacks__unlock(void)
{
	(void)pthread_mutex_unlock(&lock);
}

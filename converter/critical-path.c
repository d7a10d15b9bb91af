// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What all threads did while a task lasted: hooks → intervals, claims. See critical-path.h.
 *
 * A thread's row lives at thread->consumer. Rows of threads that ended before the task began go at
 * once; all others stay, because intervals name them.
 */
#include "critical-path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Ceilings; what is beyond is left out of the path, never out of its sum. */
#define THREAD_COUNT_MAX 131072U
#define CLAIM_COUNT_MAX  4096U
#define FAMILY_COUNT_MAX 65536U
#define NAME_COUNT_MAX   16384U
#define REGION_COUNT_MAX 65536U
#define RING_SIZE_FIRST  UINT64_C(1024)

/* Who had a CPU lately: enough to find the one that had it for most of a wait. */
#define LANE_HISTORY 8U

struct occupancy {
	const struct weft_critical_thread *thread;
	uint64_t begin_ns, end_ns;
};

struct weft_critical_lane {
	struct occupancy former[LANE_HISTORY]; /* Ring. */
	size_t count;                          /* Ever added. */
};

static void fail(struct weft_critical_path *path, int code)
{
	if (path->status == 0) {
		path->status = code;
	}
}

static struct weft_critical_thread *row_of(const struct weft_thread *thread)
{
	return thread ? (struct weft_critical_thread *)thread->consumer : NULL;
}

/* ---- Names and regions ---- */

static uint64_t name_of(struct weft_critical_path *path, const char *text)
{
	struct weft_text value = {text, (uint32_t)strlen(text)};
	uint64_t id = 0;

	if (path->names.count >= NAME_COUNT_MAX) {
		return weft_text_table_find(&path->names, value);
	}
	if (weft_text_table_add(&path->names, value, &id) < 0) {
		fail(path, -ENOMEM);
	}
	return id;
}

struct weft_text weft_critical_path__name(const struct weft_critical_path *path, uint64_t name_id)
{
	return name_id ? weft_text_table_get(&path->names, name_id) : (struct weft_text){"", 0};
}

/* The node of region `name_id` inside of `outer`; `outer` itself when there is no room. */
static uint32_t region_node(struct weft_critical_path *path, uint32_t outer, uint64_t name_id)
{
	uint64_t key = (uint64_t)outer << 32 | name_id;
	uintptr_t known = (uintptr_t)weft_id_map_find(&path->region_index, key);

	if (known || path->region_count >= REGION_COUNT_MAX) {
		return known ? (uint32_t)known : outer;
	}
	if (path->region_count == path->region_capacity) {
		uint32_t capacity = path->region_capacity ? path->region_capacity * 2 : 64;
		struct weft_critical_regions *regions = (struct weft_critical_regions *)realloc(
			path->regions, capacity * sizeof(*regions));

		if (!regions) {
			fail(path, -ENOMEM);
			return outer;
		}
		path->regions = regions;
		path->region_capacity = capacity;
	}
	path->regions[path->region_count] = (struct weft_critical_regions){outer, name_id};
	known = ++path->region_count;
	if (weft_id_map_put(&path->region_index, key, (void *)known) < 0) {
		fail(path, -ENOMEM);
	}
	return (uint32_t)known;
}

/* The stack of a thread's outermost `count` regions. */
static uint32_t region_stack(struct weft_critical_path *path, const struct weft_thread *thread,
			     uint32_t count)
{
	uint32_t node = 0;
	uint32_t i;

	for (i = 0; i < count; i++) {
		node = region_node(path, node, name_of(path, thread->regions[i].name));
	}
	return node;
}

/* ---- Intervals ---- */

struct weft_critical_interval *weft_critical_path__interval(const struct weft_critical_path *path,
							    uint64_t number)
{
	if (number == 0 || number + path->ring_size <= path->interval_count) {
		return NULL;
	}
	return &path->ring[(number - 1) % path->ring_size];
}

/* Doubles the ring while it may grow; no entry has been overwritten by then. */
static bool need_room(struct weft_critical_path *path)
{
	uint64_t size = path->ring_size ? path->ring_size * 2 : RING_SIZE_FIRST;
	struct weft_critical_interval *ring;

	if (path->interval_count < path->ring_size || path->ring_size >= path->ring_limit) {
		return true;
	}
	size = size < path->ring_limit ? size : path->ring_limit;
	ring = (struct weft_critical_interval *)realloc(path->ring, size * sizeof(*ring));
	if (!ring) {
		fail(path, -ENOMEM);
		return path->ring_size > 0;
	}
	path->ring = ring;
	path->ring_size = size;
	return true;
}

/* What ended an interval, for close_interval(). */
struct ending {
	struct weft_critical_thread *waker, *behind;
	enum weft_critical_waker waker_kind;
};

/* Ends the thread's interval at `ts_ns`, with its outermost `region_count` regions open. */
static void close_interval(struct weft_critical_path *path, struct weft_critical_thread *row,
			   uint64_t ts_ns, uint32_t region_count, const struct ending *ending)
{
	uint64_t begin_ns =
		row->since_ns > path->task.begin_ns ? row->since_ns : path->task.begin_ns;
	struct weft_critical_interval *interval;

	if (ts_ns <= begin_ns || !need_room(path)) {
		return;
	}
	interval = &path->ring[path->interval_count % path->ring_size];
	*interval = (struct weft_critical_interval){
		.begin_ns = begin_ns,
		.end_ns = ts_ns,
		.former = row->last,
		.thread = row,
		.waker = ending->waker,
		.behind = ending->behind,
		.reason = row->reason,
		.lane = row->lane,
		.state = (uint8_t)row->state,
		.waker_kind = (uint8_t)ending->waker_kind,
	};
	if (row->is_born && row->since_ns >= path->task.begin_ns) {
		interval->is_born = true;
		interval->waker = row->creator;
	}
	if (row->live && region_count) {
		interval->regions = region_stack(path, row->live, region_count);
	}
	row->last = ++path->interval_count;
}

/* The thread goes on in another state. */
static void change(struct weft_critical_thread *row, uint64_t ts_ns, enum weft_critical_state state,
		   const char *reason, int32_t lane)
{
	row->since_ns = ts_ns;
	row->state = state;
	row->reason = reason;
	row->lane = lane;
	row->is_born = false;
}

/* At the task's end: what lasts is cut there. */
static void finish(struct weft_critical_path *path)
{
	static const struct ending none = {NULL, NULL, WEFT_CRITICAL_WAKER_NONE};
	static const struct ending unknown = {NULL, NULL, WEFT_CRITICAL_WAKER_UNKNOWN};
	struct weft_critical_thread *row;

	for (row = path->threads; row; row = row->next) {
		if (row->live) {
			close_interval(path, row, path->task.end_ns, row->live->region_count,
				       row->state == WEFT_CRITICAL_BLOCKED ? &unknown : &none);
		}
	}
	path->done = true;
}

/* Whether the hook at `ts_ns` still counts. */
static bool counts(struct weft_critical_path *path, uint64_t ts_ns)
{
	if (!path->done && ts_ns > path->task.end_ns) {
		finish(path);
	}
	return !path->done;
}

/* ---- Claims ---- */

static bool is_family(const struct weft_critical_path *path, uint64_t task_id)
{
	return task_id == path->task.id || weft_id_map_find(&path->family, task_id) != NULL;
}

static void add_claim(struct weft_critical_path *path, struct weft_critical_thread *row,
		      uint64_t ts_ns)
{
	if (path->claim_count >= CLAIM_COUNT_MAX) {
		return;
	}
	if (path->claim_count == path->claim_capacity) {
		size_t capacity = path->claim_capacity ? path->claim_capacity * 2 : 16;
		struct weft_critical_claim *claims = (struct weft_critical_claim *)realloc(
			path->claims, capacity * sizeof(*claims));

		if (!claims) {
			fail(path, -ENOMEM);
			return;
		}
		path->claims = claims;
		path->claim_capacity = capacity;
	}
	path->claims[path->claim_count++] = (struct weft_critical_claim){
		.thread = row, .first_ns = ts_ns, .end_ns = UINT64_MAX};
	row->claim = path->claim_count;
	row->is_claimer = true;
}

/* The thread does something for a task (0: for none, which says nothing). */
static void act(struct weft_critical_path *path, const struct weft_thread *thread, uint64_t ts_ns,
		uint64_t task_id)
{
	struct weft_critical_thread *row = row_of(thread);

	if (!row || task_id == 0 || ts_ns < path->task.begin_ns) {
		return;
	}
	if (is_family(path, task_id)) {
		if (row->claim == 0) {
			add_claim(path, row, ts_ns);
		}
		if (row->claim) {
			path->claims[row->claim - 1].last_ns = ts_ns;
		}
		if (!path->task.ended) {
			path->end_thread = row;
		}
	} else if (row->claim) {
		path->claims[row->claim - 1].end_ns = ts_ns;
		row->claim = 0;
	}
}

/* ---- Threads and lanes ---- */

static void on_lane_new(void *ctx, uint64_t ts_ns, int32_t lane)
{
	struct weft_critical_path *path = (struct weft_critical_path *)ctx;

	(void)ts_ns;
	if (lane >= path->lane_capacity) {
		int32_t capacity = lane < 8 ? 16 : lane * 2;
		struct weft_critical_lane *lanes = (struct weft_critical_lane *)realloc(
			path->lanes, (size_t)capacity * sizeof(*lanes));

		if (!lanes) {
			fail(path, -ENOMEM);
			return;
		}
		path->lanes = lanes;
		path->lane_capacity = capacity;
	}
	memset(&path->lanes[lane], 0, sizeof(path->lanes[lane]));
	path->lane_count = lane + 1;
}

static void set_names(struct weft_critical_path *path, struct weft_critical_thread *row)
{
	row->pid = row->live->process->pid;
	row->name_id = name_of(path, row->live->name);
	row->exe_id = name_of(path, row->live->process->exe);
}

static void on_thread_new(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  struct weft_thread *creator)
{
	struct weft_critical_path *path = (struct weft_critical_path *)ctx;
	struct weft_critical_thread *row;

	if (!counts(path, ts_ns) || path->thread_count >= THREAD_COUNT_MAX) {
		return;
	}
	row = (struct weft_critical_thread *)calloc(1, sizeof(*row));
	if (!row) {
		fail(path, -ENOMEM);
		return;
	}
	row->id = thread->id;
	row->tid = thread->tid;
	row->live = thread;
	change(row, ts_ns, WEFT_CRITICAL_RUNNABLE, creator ? "new" : NULL, -1);
	/* Who made a thread before the task is never asked for, and may be gone. */
	row->is_born = creator != NULL;
	row->creator = ts_ns >= path->task.begin_ns ? row_of(creator) : NULL;
	row->next = path->threads;
	if (row->next) {
		row->next->previous = row;
	}
	path->threads = row;
	path->thread_count++;
	thread->consumer = row;
}

static void free_row(struct weft_critical_path *path, struct weft_critical_thread *row)
{
	int32_t lane;
	size_t i;

	for (lane = 0; lane < path->lane_count; lane++) {
		for (i = 0; i < LANE_HISTORY; i++) {
			if (path->lanes[lane].former[i].thread == row) {
				path->lanes[lane].former[i].thread = NULL;
			}
		}
	}
	if (row->previous) {
		row->previous->next = row->next;
	} else {
		path->threads = row->next;
	}
	if (row->next) {
		row->next->previous = row->previous;
	}
	path->thread_count--;
	free(row);
}

static void leave_lane(struct weft_critical_path *path, const struct weft_critical_thread *row,
		       uint64_t ts_ns, int32_t lane)
{
	if (lane >= 0 && lane < path->lane_count) {
		struct weft_critical_lane *left = &path->lanes[lane];

		left->former[left->count++ % LANE_HISTORY] =
			(struct occupancy){row, row->on_lane_ns, ts_ns};
	}
}

/* Who had the lane for most of [since_ns, ts_ns]. */
static struct weft_critical_thread *who_had(const struct weft_critical_path *path,
					    const struct weft_critical_thread *row, uint64_t ts_ns,
					    int32_t lane)
{
	const struct weft_critical_thread *thread = NULL;
	uint64_t longest_ns = 0;
	size_t i;

	for (i = 0; lane >= 0 && lane < path->lane_count && i < LANE_HISTORY; i++) {
		const struct occupancy *former = &path->lanes[lane].former[i];
		uint64_t begin_ns =
			former->begin_ns > row->since_ns ? former->begin_ns : row->since_ns;
		uint64_t end_ns = former->end_ns < ts_ns ? former->end_ns : ts_ns;

		if (former->thread && former->thread != row && end_ns > begin_ns &&
		    end_ns - begin_ns > longest_ns) {
			longest_ns = end_ns - begin_ns;
			thread = former->thread;
		}
	}
	return (struct weft_critical_thread *)thread;
}

static void on_run(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	struct weft_critical_path *path = (struct weft_critical_path *)ctx;
	struct weft_critical_thread *row = row_of(thread);

	if (row && counts(path, ts_ns)) {
		struct ending ending = {NULL, who_had(path, row, ts_ns, thread->lane),
					WEFT_CRITICAL_WAKER_NONE};

		close_interval(path, row, ts_ns, thread->region_count, &ending);
		change(row, ts_ns, WEFT_CRITICAL_ON_CPU, NULL, thread->lane);
		row->on_lane_ns = ts_ns;
	}
}

/* The thread leaves its lane. */
static void leave(struct weft_critical_path *path, uint64_t ts_ns, const struct weft_thread *thread,
		  int32_t lane, enum weft_critical_state state, const char *reason)
{
	static const struct ending none = {NULL, NULL, WEFT_CRITICAL_WAKER_NONE};
	struct weft_critical_thread *row = row_of(thread);

	if (row && counts(path, ts_ns)) {
		if (lane >= 0) {
			leave_lane(path, row, ts_ns, lane);
		}
		close_interval(path, row, ts_ns, thread->region_count, &none);
		change(row, ts_ns, state, reason, -1);
	}
}

static void on_block(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
		     const char *reason)
{
	leave((struct weft_critical_path *)ctx, ts_ns, thread, lane, WEFT_CRITICAL_BLOCKED, reason);
}

static void on_stop(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
		    const char *reason)
{
	leave((struct weft_critical_path *)ctx, ts_ns, thread, lane, WEFT_CRITICAL_RUNNABLE,
	      reason);
}

static void on_wake(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		    struct weft_thread *waker, int32_t lane)
{
	struct weft_critical_path *path = (struct weft_critical_path *)ctx;
	struct weft_critical_thread *row = row_of(thread);
	struct ending ending = {row_of(waker), NULL, WEFT_CRITICAL_WAKER_UNKNOWN};

	if (!row || !counts(path, ts_ns)) {
		return;
	}
	if (ending.waker) {
		ending.waker_kind = WEFT_CRITICAL_WAKER_THREAD;
	} else if (!waker && lane >= 0) {
		ending.waker_kind = WEFT_CRITICAL_WAKER_INTERRUPT;
	}
	close_interval(path, row, ts_ns, thread->region_count, &ending);
	change(row, ts_ns, WEFT_CRITICAL_RUNNABLE, NULL, -1);
}

static void on_exit_thread(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane)
{
	struct weft_critical_path *path = (struct weft_critical_path *)ctx;
	struct weft_critical_thread *row = row_of(thread);

	if (!row) {
		return;
	}
	leave(path, ts_ns, thread, lane, WEFT_CRITICAL_UNKNOWN, NULL);
	thread->consumer = NULL;
	set_names(path, row);
	row->live = NULL;
	if (ts_ns < path->task.begin_ns) {
		free_row(path, row);
	}
}

/* ---- Tasks, regions, logs ---- */

static void on_task_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_task_state *task, uint64_t ip)
{
	struct weft_critical_path *path = (struct weft_critical_path *)ctx;

	(void)ip;
	if (!counts(path, ts_ns)) {
		return;
	}
	if (task->id != path->task.id && task->parent && is_family(path, task->parent) &&
	    path->family.count < FAMILY_COUNT_MAX &&
	    weft_id_map_put(&path->family, task->id, path) < 0) {
		fail(path, -ENOMEM);
	}
	act(path, thread, ts_ns, task->id);
}

static void on_task_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			const struct weft_task_state *task, struct weft_text error)
{
	struct weft_critical_path *path = (struct weft_critical_path *)ctx;

	(void)error;
	if (!counts(path, ts_ns)) {
		return;
	}
	act(path, thread, ts_ns, task->id);
	if (task->id == path->task.id) {
		path->end_thread = row_of(thread);
		finish(path);
	}
}

/* Regions open or close: the thread goes on, its interval is cut in two. */
static void cut(struct weft_critical_path *path, const struct weft_thread *thread, uint64_t ts_ns,
		uint32_t region_count)
{
	static const struct ending none = {NULL, NULL, WEFT_CRITICAL_WAKER_NONE};
	struct weft_critical_thread *row = row_of(thread);

	if (row && ts_ns > path->task.begin_ns) {
		close_interval(path, row, ts_ns, region_count, &none);
		row->since_ns = ts_ns;
	}
}

static void on_region_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			    const struct weft_open_region *region)
{
	struct weft_critical_path *path = (struct weft_critical_path *)ctx;

	if (counts(path, ts_ns)) {
		cut(path, thread, ts_ns, thread->region_count - 1);
		act(path, thread, ts_ns, region->task);
	}
}

static void on_region_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_open_region *region, struct weft_text error,
			  bool repaired, bool began_before)
{
	struct weft_critical_path *path = (struct weft_critical_path *)ctx;

	(void)error;
	(void)repaired;
	if (counts(path, ts_ns)) {
		if (!began_before) {
			cut(path, thread, ts_ns, thread->region_count);
		}
		act(path, thread, ts_ns, region->task);
	}
}

static void on_log(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		   const struct weft_task_state *task, struct weft_text category,
		   struct weft_text message, uint64_t ip)
{
	struct weft_critical_path *path = (struct weft_critical_path *)ctx;

	(void)category;
	(void)message;
	(void)ip;
	if (task && counts(path, ts_ns)) {
		act(path, thread, ts_ns, task->id);
	}
}

static void on_account(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		       const struct weft_task_state *task, const struct weft_event *event)
{
	struct weft_critical_path *path = (struct weft_critical_path *)ctx;

	(void)event;
	if (task && counts(path, ts_ns)) {
		act(path, thread, ts_ns, task->id);
	}
}

/* ---- Life cycle ---- */

void weft_critical_path_init(struct weft_critical_path *path, const struct weft_critical_task *task,
			     bool has_sched, uint64_t interval_limit)
{
	memset(path, 0, sizeof(*path));
	path->task = *task;
	path->has_sched = has_sched;
	path->ring_limit = interval_limit;
}

int weft_critical_path_finish(struct weft_critical_path *path)
{
	struct weft_critical_thread *row;

	if (!path->done) {
		finish(path);
	}
	for (row = path->threads; row; row = row->next) {
		if (row->live) {
			set_names(path, row);
			row->live = NULL;
		}
	}
	return path->status < 0 ? path->status : weft_critical_path__walk(path);
}

void weft_critical_path_fini(struct weft_critical_path *path)
{
	struct weft_critical_thread *row = path->threads;

	while (row) {
		struct weft_critical_thread *next = row->next;

		free(row);
		row = next;
	}
	free(path->ring);
	free(path->claims);
	free(path->lanes);
	free(path->regions);
	free(path->segments);
	free(path->waits);
	weft_id_map_fini(&path->family);
	weft_id_map_fini(&path->region_index);
	weft_text_table_fini(&path->names);
}

const struct weft_timeline_ops weft_critical_path_ops = {
	.lane_new = on_lane_new,
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
	.log = on_log,
	.account = on_account,
};

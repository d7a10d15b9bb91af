// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Backwards from the task's end along wake-ups. See critical-path.h for the rule.
 *
 * The walk stands at a time on one thread, and is in one of two modes:
 *
 *   carrying   The thread is known to work for the task since `floor_ns`. What it waited for is
 *              looked into (a frame each), and left again where the wait began.
 *   searching  Before floor_ns of the one that carried: who brought the task to it? Wake-ups are
 *              followed without coming back, until a thread that works for the task is met, or until
 *              the last time when another did, which is where the walk then goes on.
 *
 * Example. A begins the task at 0 and wakes B at 5; B acts for the task from 7 on and ends it at 9:
 * carrying B 9..7, searching B 7..5 (it waited for a CPU), met A at 5, carrying A 5..0.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "critical-path.h"

/* Waits within waits that are looked into; deeper ones stay waits. */
#define DEPTH_MAX 64U
/* Wake-ups followed without time going by: equal times can make a circle. */
#define HOP_COUNT_MAX 8U

/* A wait that is looked into. */
struct frame {
	struct weft_critical_thread *thread;
	uint64_t begin_ns;
};

struct walk {
	struct weft_critical_path *path;
	struct weft_critical_thread *thread;
	uint64_t now_ns;
	uint64_t floor_ns; /* Of the mode. */
	bool searching;
	const struct weft_critical_claim *fallback; /* Searching: where to go on. */
	uint64_t from_ns;                           /* Searching: where it began. */
	size_t segment_mark;                        /* Searching: segments before it. */
	struct weft_critical_thread *touched;       /* Searching: whose cursors moved. */
	struct frame frames[DEPTH_MAX];
	unsigned int depth;
	unsigned int hop_count;
};

/* ---- Segments ---- */

/* An array with room for one more entry, doubled when full; NULL: out of memory, unchanged. */
static void *with_room(void *entries, size_t count, size_t *capacity, size_t size)
{
	size_t larger = *capacity ? *capacity * 2 : 64;

	if (entries && count < *capacity) {
		return entries;
	}
	entries = realloc(entries, larger * size);
	if (entries) {
		*capacity = larger;
	}
	return entries;
}

static bool is_same(const struct weft_critical_segment *a, const struct weft_critical_segment *b)
{
	return a->thread == b->thread && a->state == b->state && a->waker == b->waker &&
	       a->behind == b->behind && a->lane == b->lane && a->regions == b->regions &&
	       a->depth == b->depth && a->waker_kind == b->waker_kind &&
	       (a->reason == b->reason ||
		(a->reason && b->reason && strcmp(a->reason, b->reason) == 0));
}

/* Adds [segment->begin_ns, walk->now_ns] in front of all others, and goes to its begin. */
static int emit(struct walk *walk, const struct weft_critical_segment *segment)
{
	struct weft_critical_path *path = walk->path;
	size_t least = walk->searching ? walk->segment_mark : 0;
	struct weft_critical_segment *latest =
		path->segment_count > least ? &path->segments[path->segment_count - 1] : NULL;
	struct weft_critical_segment *segments;

	walk->now_ns = segment->begin_ns;
	walk->hop_count = 0;
	if (latest && is_same(latest, segment)) {
		latest->begin_ns = segment->begin_ns;
		return 0;
	}
	segments = (struct weft_critical_segment *)with_room(
		path->segments, path->segment_count, &path->segment_capacity, sizeof(*segment));
	if (!segments) {
		return -ENOMEM;
	}
	path->segments = segments;
	segments[path->segment_count++] = *segment;
	return 0;
}

static int emit_unknown(struct walk *walk, uint64_t begin_ns)
{
	struct weft_critical_segment segment = {
		.begin_ns = begin_ns,
		.end_ns = walk->now_ns,
		.thread = walk->thread,
		.lane = -1,
		.depth = walk->depth,
		.state = WEFT_CRITICAL_UNKNOWN,
	};

	return emit(walk, &segment);
}

static int emit_interval(struct walk *walk, const struct weft_critical_interval *interval,
			 uint64_t begin_ns)
{
	struct weft_critical_segment segment = {
		.begin_ns = begin_ns,
		.end_ns = walk->now_ns,
		.thread = walk->thread,
		.waker = interval->waker,
		.behind = interval->behind,
		.reason = interval->reason,
		.lane = interval->lane,
		.regions = interval->regions,
		.depth = walk->depth,
		.state = (enum weft_critical_state)interval->state,
		.waker_kind = (enum weft_critical_waker)interval->waker_kind,
	};

	return emit(walk, &segment);
}

static int add_wait(struct walk *walk, const struct weft_critical_interval *interval,
		    uint64_t begin_ns)
{
	struct weft_critical_path *path = walk->path;
	struct weft_critical_wait *waits = (struct weft_critical_wait *)with_room(
		path->waits, path->wait_count, &path->wait_capacity, sizeof(*waits));

	if (!waits) {
		return -ENOMEM;
	}
	path->waits = waits;
	waits[path->wait_count++] = (struct weft_critical_wait){
		.begin_ns = begin_ns,
		.end_ns = walk->now_ns,
		.thread = walk->thread,
		.waker = interval->waker,
		.reason = interval->reason,
		.regions = interval->regions,
		.depth = walk->depth,
	};
	return 0;
}

/* ---- Who works for the task ---- */

/* The thread's claim at a time; NULL: none. */
static const struct weft_critical_claim *claim_at(const struct weft_critical_path *path,
						  const struct weft_critical_thread *thread,
						  uint64_t ts_ns)
{
	size_t i;

	for (i = path->claim_count; thread->is_claimer && i > 0; i--) {
		const struct weft_critical_claim *claim = &path->claims[i - 1];

		if (claim->thread == thread && claim->first_ns < ts_ns && ts_ns <= claim->end_ns) {
			return claim;
		}
	}
	return NULL;
}

/* The latest time up to `ts_ns` at which the claim's thread is known to have worked for the task. */
static uint64_t last_act_ns(const struct weft_critical_claim *claim, uint64_t ts_ns)
{
	return claim->last_ns < ts_ns ? claim->last_ns : ts_ns;
}

/* Who else worked for the task last before a time; of several the one that began first. */
static const struct weft_critical_claim *claim_before(const struct walk *walk)
{
	const struct weft_critical_path *path = walk->path;
	const struct weft_critical_claim *best = NULL;
	size_t i;

	for (i = 0; i < path->claim_count; i++) {
		const struct weft_critical_claim *claim = &path->claims[i];

		if (claim->first_ns < walk->now_ns &&
		    (!best || last_act_ns(claim, walk->now_ns) > last_act_ns(best, walk->now_ns))) {
			best = claim;
		}
	}
	return best;
}

/* ---- Moving ---- */

/* The thread's interval that lies before now, at least in part; NULL: nothing is known. */
static const struct weft_critical_interval *interval_before(struct walk *walk)
{
	struct weft_critical_thread *thread = walk->thread;
	const struct weft_critical_interval *interval;

	if (walk->searching && !thread->is_touched) {
		thread->is_touched = true;
		thread->saved_cursor = thread->cursor;
		thread->next_touched = walk->touched;
		walk->touched = thread;
	}
	for (;;) {
		interval = weft_critical_path__interval(walk->path, thread->cursor);
		if (!interval || interval->begin_ns < walk->now_ns) {
			return interval;
		}
		thread->cursor = interval->former;
	}
}

/* Ends a search; with `undo` as if it had not been. */
static void end_search(struct walk *walk, bool undo)
{
	while (walk->touched) {
		struct weft_critical_thread *thread = walk->touched;

		walk->touched = thread->next_touched;
		thread->is_touched = false;
		if (undo) {
			thread->cursor = thread->saved_cursor;
		}
	}
	walk->searching = false;
}

/* No claim: as if the thread had worked for the task all the time. */
static void carry(struct walk *walk, const struct weft_critical_claim *claim)
{
	walk->floor_ns = claim ? claim->first_ns : walk->path->task.begin_ns;
}

/* The one that carried did not work for the task before now. */
static void start_search(struct walk *walk)
{
	const struct weft_critical_claim *claim = claim_before(walk);

	if (!claim) {
		carry(walk, NULL);
		return;
	}
	walk->searching = true;
	walk->fallback = claim;
	walk->from_ns = walk->now_ns;
	walk->segment_mark = walk->path->segment_count;
	/* One that works on may have brought the task at any time, another before its last act. */
	walk->floor_ns = claim->last_ns < walk->now_ns ? claim->last_ns : claim->first_ns;
}

/* Nobody was met: the walk goes on with the one that worked for the task last. */
static void fall_back(struct walk *walk)
{
	struct weft_critical_path *path = walk->path;
	const struct weft_critical_claim *claim = walk->fallback;
	const struct weft_critical_interval *interval;
	uint64_t resume_ns = last_act_ns(claim, walk->from_ns);

	end_search(walk, true);
	walk->thread = claim->thread;
	walk->now_ns = walk->from_ns;
	interval = interval_before(walk);
	if (claim->last_ns >= walk->from_ns && interval &&
	    interval->state == WEFT_CRITICAL_BLOCKED) {
		/* It was waiting already; what it did for the task it had done before. */
		resume_ns =
			interval->begin_ns > claim->first_ns ? interval->begin_ns : claim->first_ns;
	}
	while (path->segment_count > walk->segment_mark &&
	       path->segments[path->segment_count - 1].end_ns <= resume_ns) {
		path->segment_count--;
	}
	if (path->segment_count > walk->segment_mark) {
		path->segments[path->segment_count - 1].begin_ns = resume_ns;
	}
	walk->now_ns = resume_ns;
	carry(walk, claim);
}

/* Whether the search has met a thread that works for the task. */
static void meet(struct walk *walk)
{
	const struct weft_critical_claim *claim;

	if (walk->searching) {
		claim = claim_at(walk->path, walk->thread, walk->now_ns);
		if (claim) {
			end_search(walk, false);
			carry(walk, claim);
		}
	}
}

/* Goes to the thread that woke or made the current one, now. */
static void follow(struct walk *walk, struct weft_critical_thread *waker)
{
	walk->thread = waker;
	walk->hop_count++;
	meet(walk);
}

/* Whether the thread is one whose wait is being looked into: it cannot have woken anybody. */
static bool is_waiting(const struct walk *walk, const struct weft_critical_thread *thread)
{
	unsigned int i;

	for (i = 0; i < walk->depth; i++) {
		if (walk->frames[i].thread == thread) {
			return true;
		}
	}
	return false;
}

static bool may_follow(const struct walk *walk, const struct weft_critical_interval *interval)
{
	return interval->waker && interval->waker != walk->thread &&
	       walk->hop_count < HOP_COUNT_MAX && !is_waiting(walk, interval->waker) &&
	       interval->end_ns == walk->now_ns; /* Else it woke the thread at another time. */
}

/* Looks into a wait, or goes over it. */
static int step_blocked(struct walk *walk, const struct weft_critical_interval *interval,
			uint64_t lower_ns)
{
	int ret;

	if (!may_follow(walk, interval) || interval->waker_kind != WEFT_CRITICAL_WAKER_THREAD ||
	    (!walk->searching && walk->depth == DEPTH_MAX)) {
		return emit_interval(walk, interval, lower_ns);
	}
	if (!walk->searching) {
		ret = add_wait(walk, interval, lower_ns);
		if (ret < 0) {
			return ret;
		}
		walk->frames[walk->depth++] = (struct frame){walk->thread, lower_ns};
	}
	follow(walk, interval->waker);
	return 0;
}

/* The time down to which the current thread matters. */
static uint64_t lowest_ns(const struct walk *walk)
{
	return walk->depth ? walk->frames[walk->depth - 1].begin_ns : walk->floor_ns;
}

static int step(struct walk *walk)
{
	const struct weft_critical_interval *interval = interval_before(walk);
	uint64_t lowest = lowest_ns(walk);
	struct weft_critical_thread *creator;
	uint64_t lower_ns;
	int ret;

	if (!interval) {
		walk->path->is_cut |= walk->thread->cursor != 0;
		return emit_unknown(walk, lowest);
	}
	if (interval->end_ns < walk->now_ns) {
		return emit_unknown(walk, interval->end_ns > lowest ? interval->end_ns : lowest);
	}
	lower_ns = interval->begin_ns > lowest ? interval->begin_ns : lowest;
	if (interval->state == WEFT_CRITICAL_BLOCKED) {
		return step_blocked(walk, interval, lower_ns);
	}
	creator = interval->is_born && lower_ns == interval->begin_ns ? interval->waker : NULL;
	ret = emit_interval(walk, interval, lower_ns);
	if (ret == 0 && creator && walk->now_ns > lowest) {
		follow(walk, creator);
	}
	return ret;
}

/* Leaves waits that began now, and modes whose time is over. */
static void come_back(struct walk *walk)
{
	while (walk->depth && walk->frames[walk->depth - 1].begin_ns >= walk->now_ns) {
		walk->thread = walk->frames[--walk->depth].thread;
	}
	while (walk->depth == 0 && walk->now_ns <= walk->floor_ns &&
	       walk->now_ns > walk->path->task.begin_ns) {
		if (walk->searching) {
			fall_back(walk);
		} else {
			start_search(walk);
		}
	}
}

static void reverse(struct weft_critical_path *path)
{
	size_t i;
	size_t j;

	for (i = 0, j = path->segment_count; i + 1 < j; i++) {
		struct weft_critical_segment segment = path->segments[i];

		path->segments[i] = path->segments[--j];
		path->segments[j] = segment;
	}
}

/* Joins what was not joined because a search ended between. */
static void join(struct weft_critical_path *path)
{
	size_t kept = 0;
	size_t i;

	for (i = 1; i < path->segment_count; i++) {
		if (is_same(&path->segments[kept], &path->segments[i])) {
			path->segments[kept].end_ns = path->segments[i].end_ns;
		} else {
			path->segments[++kept] = path->segments[i];
		}
	}
	path->segment_count = path->segment_count ? kept + 1 : 0;
}

static int compare_waits(const void *left, const void *right)
{
	const struct weft_critical_wait *a = (const struct weft_critical_wait *)left;
	const struct weft_critical_wait *b = (const struct weft_critical_wait *)right;

	if (a->begin_ns != b->begin_ns) {
		return a->begin_ns < b->begin_ns ? -1 : 1;
	}
	return (a->depth > b->depth) - (a->depth < b->depth);
}

int weft_critical_path__walk(struct weft_critical_path *path)
{
	struct walk walk = {
		.path = path,
		.thread = path->end_thread,
		.now_ns = path->task.end_ns,
	};
	const struct weft_critical_claim *claim;
	struct weft_critical_thread *thread;
	int ret = 0;

	for (thread = path->threads; thread; thread = thread->next) {
		thread->cursor = thread->last;
	}
	if (!walk.thread) {
		return 0; /* The end was lost between the passes; there is nothing to stand on. */
	}
	claim = claim_at(path, walk.thread, walk.now_ns);
	walk.floor_ns = claim ? claim->first_ns : walk.now_ns;
	come_back(&walk);
	while (ret == 0 && walk.now_ns > path->task.begin_ns) {
		ret = step(&walk);
		come_back(&walk);
	}
	end_search(&walk, false);
	reverse(path);
	join(path);
	if (path->wait_count) {
		qsort(path->waits, path->wait_count, sizeof(*path->waits), compare_waits);
	}
	return ret;
}

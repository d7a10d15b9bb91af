// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: goroutines, processors, threads. See verify.h.
 *
 * Threads hold ids, not pointers, as readers do: what a thread holds may be gone, or be another one
 * under the same id, when a broken trace says so.
 */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* Real programs have thousands, a few have a million. All of them together take about 1 GB. */
#define OBJECT_COUNT_MAX ((size_t)1 << 23)

uint64_t weft_verify_key(const struct weft_verify *verify, uint64_t id)
{
	uint64_t key = id ^ verify->key_seed;

	/* Each step has an inverse, so two ids never have one key. */
	key = (key ^ (key >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	key = (key ^ (key >> 27)) * UINT64_C(0x94d049bb133111eb);
	return key ^ (key >> 31);
}

int weft_verify_count_object(struct weft_verify *verify)
{
	if (verify->object_count >= OBJECT_COUNT_MAX) {
		(void)weft_error_set(verify->err, -E2BIG,
				     "generation %llu: more than %zu live goroutines, processors, "
				     "threads, tasks and regions",
				     (unsigned long long)verify->generation.number,
				     OBJECT_COUNT_MAX);
		return -E2BIG;
	}
	verify->object_count++;
	return 0;
}

int weft_verify_charge(struct weft_verify *verify, uint64_t steps)
{
	verify->effort += steps;
	if (verify->effort <= verify->effort_max) {
		return 0;
	}
	return weft_error_set(verify->err, -E2BIG,
			      "generation %llu: events are so much out of order that finding one "
			      "would take too long; gave up after %llu attempts",
			      (unsigned long long)verify->generation.number,
			      (unsigned long long)verify->effort);
}

/* Adds an object that was just allocated. On failure it is released. */
static int put(struct weft_verify *verify, struct weft_id_map *map, uint64_t id, void *object)
{
	int ret;

	if (!object) {
		return weft_error_set_errno(verify->err, -ENOMEM, "keep the state of the trace");
	}
	ret = weft_verify_count_object(verify);
	if (ret == 0 && weft_id_map_put(map, weft_verify_key(verify, id), object) < 0) {
		ret = weft_error_set_errno(verify->err, -ENOMEM, "keep the state of the trace");
	}
	if (ret < 0) {
		free(object);
	}
	return ret;
}

static struct weft_verify_goroutine *find_any(const struct weft_verify *verify, uint64_t id)
{
	return (struct weft_verify_goroutine *)weft_id_map_find(&verify->goroutines,
								weft_verify_key(verify, id));
}

struct weft_verify_goroutine *weft_verify_goroutine_find(const struct weft_verify *verify,
							 uint64_t id)
{
	struct weft_verify_goroutine *goroutine = find_any(verify, id);

	return goroutine && goroutine->is_alive ? goroutine : NULL;
}

void weft_verify_goroutine_mention(struct weft_verify *verify,
				   struct weft_verify_goroutine *goroutine)
{
	goroutine->seq_generation = verify->generation.number;
	goroutine->seq = 0;
	if (goroutine->mention_ordinal != verify->generation.ordinal) {
		goroutine->mention_ordinal = verify->generation.ordinal;
		verify->generation.mentioned_count++;
	}
}

int weft_verify_goroutine_add(const struct weft_verify_rule_call *call, uint64_t id, uint8_t status)
{
	struct weft_verify *verify = call->verify;
	struct weft_verify_goroutine *goroutine;
	int ret;

	if (verify->strict && find_any(verify, id)) {
		return weft_verify_strict(call, "the id of a goroutine that ended is used again; "
						"viewers then show the later life only");
	}
	goroutine = (struct weft_verify_goroutine *)calloc(1, sizeof(*goroutine));
	ret = put(verify, &verify->goroutines, id, goroutine);
	if (ret < 0) {
		return ret;
	}
	goroutine->id = id;
	goroutine->status = status;
	goroutine->is_alive = true;
	goroutine->m = WEFT_VERIFY_NONE;
	weft_verify_goroutine_mention(verify, goroutine);
	verify->live_count++;
	verify->result->goroutine_count++;
	return 0;
}

static void release_goroutine(struct weft_verify_goroutine *goroutine)
{
	free(goroutine->regions.items);
	free(goroutine->stops.items);
	goroutine->regions = (struct weft_verify_regions){NULL, 0, 0};
	goroutine->stops = (struct weft_verify_regions){NULL, 0, 0};
}

void weft_verify_goroutine_remove(struct weft_verify *verify,
				  struct weft_verify_goroutine *goroutine)
{
	verify->live_count--;
	if (goroutine->mention_ordinal == verify->generation.ordinal) {
		verify->generation.mentioned_count--;
	}
	verify->result->open_region_count += goroutine->regions.count;
	verify->object_count -= goroutine->regions.count + goroutine->stops.count;
	release_goroutine(goroutine);
	goroutine->is_alive = false;
	if (!verify->strict) {
		weft_id_map_remove(&verify->goroutines, weft_verify_key(verify, goroutine->id));
		free(goroutine);
		verify->object_count--;
	}
}

struct weft_verify_proc *weft_verify_proc_find(const struct weft_verify *verify, uint64_t id)
{
	return (struct weft_verify_proc *)weft_id_map_find(&verify->procs,
							   weft_verify_key(verify, id));
}

int weft_verify_proc_add(struct weft_verify *verify, uint64_t id, uint8_t status)
{
	struct weft_verify_proc *proc = (struct weft_verify_proc *)calloc(1, sizeof(*proc));
	int ret = put(verify, &verify->procs, id, proc);

	if (ret < 0) {
		return ret;
	}
	proc->id = id;
	proc->status = status;
	proc->m = WEFT_VERIFY_NONE;
	verify->result->proc_count++;
	return 0;
}

struct weft_verify_thread *weft_verify_thread_find(const struct weft_verify *verify, uint64_t m)
{
	return (struct weft_verify_thread *)weft_id_map_find(&verify->threads,
							     weft_verify_key(verify, m));
}

int weft_verify_thread_get(struct weft_verify *verify, uint64_t m,
			   struct weft_verify_thread **ret_thread)
{
	struct weft_verify_thread *thread = weft_verify_thread_find(verify, m);
	int ret;

	if (!thread) {
		thread = (struct weft_verify_thread *)calloc(1, sizeof(*thread));
		ret = put(verify, &verify->threads, m, thread);
		if (ret < 0) {
			return ret;
		}
		*thread = (struct weft_verify_thread){m, WEFT_VERIFY_NONE, WEFT_VERIFY_NONE};
		verify->result->thread_count++;
	}
	*ret_thread = thread;
	return 0;
}

void weft_verify_bind_goroutine(struct weft_verify *verify, struct weft_verify_thread *thread,
				uint64_t g)
{
	struct weft_verify_goroutine *goroutine;

	if (!thread) {
		return;
	}
	goroutine = weft_verify_goroutine_find(verify, thread->g);
	if (goroutine && goroutine->m == thread->m) {
		goroutine->m = WEFT_VERIFY_NONE;
	}
	thread->g = g;
	goroutine = weft_verify_goroutine_find(verify, g);
	if (goroutine) {
		goroutine->m = thread->m;
	}
}

void weft_verify_bind_proc(struct weft_verify *verify, struct weft_verify_thread *thread,
			   uint64_t p)
{
	struct weft_verify_proc *proc;

	if (!thread) {
		return;
	}
	proc = weft_verify_proc_find(verify, thread->p);
	if (proc && proc->m == thread->m) {
		proc->m = WEFT_VERIFY_NONE;
	}
	thread->p = p;
	proc = weft_verify_proc_find(verify, p);
	if (proc) {
		proc->m = thread->m;
	}
}

bool weft_verify_is_next(const struct weft_verify *verify, uint64_t stored_generation,
			 uint64_t stored_seq, uint64_t seq)
{
	return stored_generation == verify->generation.number && seq == stored_seq + 1;
}

int weft_verify_push(struct weft_verify *verify, struct weft_verify_regions *regions,
		     const struct weft_verify_region *region)
{
	size_t capacity = regions->capacity ? regions->capacity * 2 : 4;
	struct weft_verify_region *items = regions->items;
	int ret = weft_verify_count_object(verify);

	if (ret < 0) {
		return ret;
	}
	if (regions->count == regions->capacity) {
		items = (struct weft_verify_region *)realloc(items, capacity * sizeof(*items));
		if (!items) {
			return weft_error_set_errno(verify->err, -ENOMEM, "keep open regions");
		}
		regions->items = items;
		regions->capacity = capacity;
	}
	items[regions->count++] = *region;
	return 0;
}

int weft_verify_check_mentions(struct weft_verify *verify)
{
	const struct weft_verify_generation *generation = &verify->generation;
	uint64_t id = WEFT_VERIFY_NONE;
	size_t i;

	if (!verify->strict || generation->mentioned_count == verify->live_count) {
		return 0;
	}
	for (i = 0; i < verify->goroutines.slot_count; i++) {
		const struct weft_verify_goroutine *goroutine =
			(const struct weft_verify_goroutine *)verify->goroutines.slots[i].value;

		if (goroutine && goroutine->is_alive &&
		    goroutine->mention_ordinal != generation->ordinal && goroutine->id < id) {
			id = goroutine->id;
		}
	}
	return weft_verify_broken_bytes(verify, verify->at,
					"strict: the generation that ends here has no status of G "
					"%" PRIu64
					", which lives, so the trace cannot be cut before "
					"it",
					id);
}

static void count_open(struct weft_verify *verify)
{
	size_t i;

	for (i = 0; i < verify->goroutines.slot_count; i++) {
		struct weft_verify_goroutine *goroutine =
			(struct weft_verify_goroutine *)verify->goroutines.slots[i].value;

		if (goroutine) {
			verify->result->open_region_count += goroutine->regions.count;
			release_goroutine(goroutine);
		}
	}
	verify->result->open_task_count = verify->tasks.count;
}

static void free_values(struct weft_id_map *map)
{
	size_t i;

	for (i = 0; i < map->slot_count; i++) {
		free(map->slots[i].value);
	}
	weft_id_map_fini(map);
}

void weft_verify_state_fini(struct weft_verify *verify)
{
	count_open(verify);
	free_values(&verify->goroutines);
	free_values(&verify->procs);
	free_values(&verify->threads);
	weft_id_map_fini(&verify->tasks); /* Values are places in the trace. */
}

int weft_verify_need_thread(const struct weft_verify_rule_call *call)
{
	if (call->thread) {
		return 0;
	}
	return weft_verify_broken(call, "needs a thread, but is in the no-thread stream");
}

int weft_verify_need_proc(const struct weft_verify_rule_call *call)
{
	const struct weft_verify_proc *proc;
	int ret = weft_verify_need_thread(call);

	if (ret < 0) {
		return ret;
	}
	if (call->before.p == WEFT_VERIFY_NONE) {
		return weft_verify_broken(call, "needs a processor, but its thread has none");
	}
	proc = weft_verify_proc_find(call->verify, call->before.p);
	if (proc && proc->mention_ordinal != call->verify->generation.ordinal) {
		return weft_verify_strict(call, "the thread's processor has no status yet in this "
						"generation");
	}
	return 0;
}

int weft_verify_need_user(const struct weft_verify_rule_call *call)
{
	int ret = weft_verify_need_proc(call);

	if (ret < 0 || call->before.g != WEFT_VERIFY_NONE) {
		return ret;
	}
	return weft_verify_broken(call, "needs a goroutine, but its thread has none");
}

int weft_verify_need_no_goroutine(const struct weft_verify_rule_call *call)
{
	if (call->before.g == WEFT_VERIFY_NONE) {
		return 0;
	}
	return weft_verify_broken(call, "its thread should have no goroutine, but has one");
}

/* Finds what the thread holds. It is gone when another thread had it too and ended it. */
static int held_goroutine(const struct weft_verify_rule_call *call,
			  struct weft_verify_goroutine **ret_goroutine)
{
	struct weft_verify_goroutine *goroutine =
		weft_verify_goroutine_find(call->verify, call->before.g);

	if (!goroutine) {
		(void)weft_verify_broken(call, "the thread's goroutine does not exist");
		return -EBADMSG;
	}
	*ret_goroutine = goroutine;
	if (goroutine->mention_ordinal != call->verify->generation.ordinal) {
		return weft_verify_strict(call, "the thread's goroutine has no status yet in this "
						"generation");
	}
	return 0;
}

int weft_verify_need_any(const struct weft_verify_rule_call *call,
			 struct weft_verify_goroutine **ret_goroutine)
{
	int ret = weft_verify_need_user(call);

	return ret < 0 ? ret : held_goroutine(call, ret_goroutine);
}

int weft_verify_current_goroutine(const struct weft_verify_rule_call *call, uint8_t status,
				  struct weft_verify_goroutine **ret_goroutine)
{
	struct weft_verify_goroutine *goroutine = NULL;
	int ret = weft_verify_need_thread(call);

	if (ret < 0) {
		return ret;
	}
	if (call->before.g == WEFT_VERIFY_NONE) {
		return weft_verify_broken(call, "needs a goroutine, but its thread has none");
	}
	ret = held_goroutine(call, &goroutine);
	if (ret < 0) {
		return ret;
	}
	if (goroutine->status != status) {
		return weft_verify_broken(call, "the thread's goroutine should be %s, but is %s",
					  weft_verify_go_status_name(status),
					  weft_verify_go_status_name(goroutine->status));
	}
	*ret_goroutine = goroutine;
	return 0;
}

int weft_verify_need_goroutine(const struct weft_verify_rule_call *call, uint8_t status,
			       struct weft_verify_goroutine **ret_goroutine)
{
	int ret = weft_verify_need_user(call);

	return ret < 0 ? ret : weft_verify_current_goroutine(call, status, ret_goroutine);
}

struct weft_verify_string weft_verify_arg_string(const struct weft_verify_rule_call *call,
						 unsigned arg)
{
	struct weft_verify_string string = {(const uint8_t *)"", 0};

	/* Cannot miss: an event with an unknown string never gets to its rule. */
	(void)weft_verify_string_find(call->verify, call->event->args[arg], &string);
	return string;
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: merges the streams of a generation. See verify.h.
 *
 * Each stream has its own order, and sequence numbers tie streams together; times are a hint. So the
 * earliest next event is tried first, and when it must wait the next later one is, until one goes
 * on. A heap by time hands them out in that order: those that wait are set aside and put back after
 * the first success, which costs as much as there are attempts.
 *
 * CPU samples take no part. Readers slip them in between by time and nothing depends on them.
 */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define FRONTIER_SHOWN_MAX 3U

struct heap {
	struct weft_verify_cursor **items; /* `count` in the heap, `waiting` at the far end. */
	size_t count, waiting, size;
};

/* A tick is turned by itself, base times and steps alike, as readers do it. */
uint64_t weft_verify_time(const struct weft_verify *verify, uint64_t ticks)
{
	double ns = (double)ticks * verify->generation.ns_per_tick;

	return ns >= 18446744073709549568.0 ? UINT64_MAX : (uint64_t)ns;
}

static bool is_earlier(const struct weft_verify_cursor *a, const struct weft_verify_cursor *b)
{
	return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->first_batch < b->first_batch;
}

static void heap_push(struct heap *heap, struct weft_verify_cursor *cursor)
{
	size_t at = heap->count++;

	while (at > 0 && is_earlier(cursor, heap->items[(at - 1) / 2])) {
		heap->items[at] = heap->items[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap->items[at] = cursor;
}

/* Puts `cursor` into the free place at the top and lets it sink. */
static void heap_replace_top(struct heap *heap, struct weft_verify_cursor *cursor)
{
	size_t at = 0;

	while (2 * at + 1 < heap->count) {
		size_t child = 2 * at + 1;

		if (child + 1 < heap->count &&
		    is_earlier(heap->items[child + 1], heap->items[child])) {
			child++;
		}
		if (is_earlier(cursor, heap->items[child])) {
			break;
		}
		heap->items[at] = heap->items[child];
		at = child;
	}
	heap->items[at] = cursor;
}

static void heap_drop_top(struct heap *heap)
{
	heap->count--;
	if (heap->count) {
		heap_replace_top(heap, heap->items[heap->count]);
	}
}

/* The top cannot go on now. The places freed at the far end of the heap are never in use. */
static void heap_set_aside(struct heap *heap)
{
	struct weft_verify_cursor *top = heap->items[0];

	heap_drop_top(heap);
	heap->waiting++;
	heap->items[heap->size - heap->waiting] = top;
}

static void heap_put_back(struct heap *heap)
{
	while (heap->waiting) {
		struct weft_verify_cursor *cursor = heap->items[heap->size - heap->waiting];

		heap->waiting--;
		heap_push(heap, cursor);
	}
}

static int check_time(struct weft_verify *verify, const struct weft_verify_cursor *cursor,
		      uint64_t ticks)
{
	if (verify->strict && (ticks == 0 || ticks >= UINT64_C(1) << 53)) {
		return weft_verify_broken_bytes(
			verify, cursor->at, "strict: stream %lld: time of %" PRIu64 " ticks: %s",
			(long long)cursor->m, ticks,
			ticks ? "readers round beyond 2^53" : "0 means none to viewers");
	}
	return 0;
}

/* 1: cursor->event is the stream's next; 0: the stream is at its end; or a negative errno. */
static int refill(struct weft_verify *verify, struct weft_verify_cursor *cursor)
{
	const struct weft_verify_batch *batches = verify->generation.batches;
	int ret;

	while (cursor->batch != SIZE_MAX && cursor->at == batches[cursor->batch].end) {
		cursor->batch = batches[cursor->batch].next;
		if (cursor->batch != SIZE_MAX) {
			cursor->at = batches[cursor->batch].begin;
			cursor->time_ns =
				weft_verify_time(verify, batches[cursor->batch].base_tick);
			ret = check_time(verify, cursor, batches[cursor->batch].base_tick);
			if (ret < 0) {
				return ret;
			}
		}
	}
	if (cursor->batch == SIZE_MAX) {
		return 0;
	}
	cursor->event.m = cursor->m;
	ret = weft_verify_take_event(verify, &cursor->at, batches[cursor->batch].end,
				     &cursor->event);
	if (ret < 0) {
		return ret;
	}
	cursor->time_ns += weft_verify_time(verify, cursor->event.dt_ticks);
	return 1;
}

static int check_references(const struct weft_verify_rule_call *call)
{
	const struct weft_verify_type_row *row = weft_verify_type_find(call->event->type);
	struct weft_verify_string string;
	unsigned i;

	for (i = 0; i < row->arg_count; i++) {
		uint64_t id = call->event->args[i];

		if ((row->stack_args & (1U << i)) &&
		    !weft_verify_stack_is_known(call->verify, id)) {
			return weft_verify_broken(call, "stack %" PRIu64 " is not in the table",
						  id);
		}
		if ((row->string_args & (1U << i)) &&
		    !weft_verify_string_find(call->verify, id, &string)) {
			return weft_verify_broken(call, "string %" PRIu64 " is not in the table",
						  id);
		}
	}
	return 0;
}

/* An answer of enum weft_verify_answer, or a negative errno. */
static int try_event(struct weft_verify *verify, struct weft_verify_cursor *cursor)
{
	struct weft_verify_rule_call call = {
		.verify = verify,
		.event = &cursor->event,
		.before = {cursor->m, WEFT_VERIFY_NONE, WEFT_VERIFY_NONE},
	};
	int ret;

	if (!cursor->thread && cursor->m != WEFT_VERIFY_NONE) {
		ret = weft_verify_thread_get(verify, cursor->m, &cursor->thread);
		if (ret < 0) {
			return ret;
		}
	}
	call.thread = cursor->thread;
	if (call.thread) {
		call.before = *call.thread;
	}
	ret = check_references(&call);
	return ret < 0 ? ret : weft_verify_type_find(cursor->event.type)->rule(&call);
}

static void add_waiting(struct weft_verify *verify, struct weft_verify_text *text,
			struct weft_verify_cursor *cursor)
{
	weft_verify_text_add(text,
			     cursor->m == WEFT_VERIFY_NONE ? "no-thread stream" : "stream %lld",
			     (long long)cursor->m);
	weft_verify_text_add(text, " at byte %zu: ", (size_t)(cursor->event.at - verify->bytes));
	weft_verify_text_event(text, &cursor->event);
	weft_verify_text_add(text, " ");
	verify->reason = text;
	(void)try_event(verify, cursor); /* It waits again, and now says why. */
	verify->reason = NULL;
}

/* All streams wait for one another; set aside in order of time. */
static int stuck(struct weft_verify *verify, const struct heap *heap)
{
	char bytes[WEFT_ERROR_TEXT_SIZE];
	struct weft_verify_text text = {bytes, sizeof(bytes), 0};
	size_t i;

	weft_verify_text_add(&text,
			     "generation %" PRIu64 ": failed to advance: none of %zu streams can "
			     "go on: ",
			     verify->generation.number, heap->waiting);
	for (i = 0; i < heap->waiting && i < FRONTIER_SHOWN_MAX; i++) {
		weft_verify_text_add(&text, i ? " | " : "");
		add_waiting(verify, &text, heap->items[heap->size - 1 - i]);
	}
	if (i < heap->waiting) {
		weft_verify_text_add(&text, " | and %zu more", heap->waiting - i);
	}
	return weft_error_set(verify->err, -EBADMSG, "%s", bytes);
}

static void count_event(struct weft_verify *verify, const struct weft_verify_cursor *cursor,
			bool overtakes)
{
	struct weft_verify_result *result = verify->result;

	if (result->event_count == 0 || cursor->time_ns < result->first_ns) {
		result->first_ns = cursor->time_ns;
	}
	if (cursor->time_ns > result->last_ns) {
		result->last_ns = cursor->time_ns;
	}
	result->event_count++;
	result->overtaking_count += overtakes;
	result->type_counts[cursor->event.type]++;
}

static int merge(struct weft_verify *verify, struct heap *heap)
{
	int ret;

	while (heap->count) {
		struct weft_verify_cursor *top = heap->items[0];

		ret = try_event(verify, top);
		if (ret < 0) {
			return ret;
		}
		if (ret == WEFT_VERIFY_WAIT) {
			heap_set_aside(heap);
			ret = weft_verify_charge(verify, 1);
			if (ret < 0) {
				return ret;
			}
			continue;
		}
		count_event(verify, top, heap->waiting > 0);
		ret = refill(verify, top);
		if (ret < 0) {
			return ret;
		}
		if (ret == 1) {
			heap_replace_top(heap, top);
		} else {
			heap_drop_top(heap);
		}
		heap_put_back(heap);
	}
	return heap->waiting ? stuck(verify, heap) : 0;
}

static int fill_heap(struct weft_verify *verify, struct heap *heap)
{
	struct weft_verify_generation *generation = &verify->generation;
	size_t i;
	int ret;

	for (i = 0; i < generation->cursor_count; i++) {
		struct weft_verify_cursor *cursor = &generation->cursors[i];
		const struct weft_verify_batch *first = &generation->batches[cursor->first_batch];

		cursor->batch = cursor->first_batch;
		cursor->at = first->begin;
		cursor->time_ns = weft_verify_time(verify, first->base_tick);
		ret = check_time(verify, cursor, first->base_tick);
		if (ret == 0) {
			ret = refill(verify, cursor);
		}
		if (ret < 0) {
			return ret;
		}
		if (ret == 1) {
			heap_push(heap, cursor);
		}
	}
	if (heap->count == 0 && (verify->strict || verify->result->version < 25)) {
		return weft_verify_broken_bytes(verify, verify->at,
						"the generation that ends here has no events; "
						"readers before Go 1.25 refuse that");
	}
	return 0;
}

int weft_verify_order(struct weft_verify *verify)
{
	struct heap heap = {.size = verify->generation.cursor_count};
	int ret;

	heap.items = (struct weft_verify_cursor **)calloc(heap.size + 1,
							  sizeof(struct weft_verify_cursor *));
	if (!heap.items) {
		return weft_error_set_errno(verify->err, -ENOMEM, "order streams");
	}
	ret = fill_heap(verify, &heap);
	if (ret == 0) {
		ret = merge(verify, &heap);
	}
	if (ret == 0) {
		ret = weft_verify_check_mentions(verify);
	}
	free(heap.items);
	return ret;
}

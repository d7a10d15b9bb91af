// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Messages of babeltrace2 → batches. See message-reader.h.
 */
#include "message-reader.h"

#include <errno.h>
#include <string.h>

#include "bt-error.h"

int weft_message_reader_init(struct weft_message_reader *reader, const struct weft_source_ops *ops,
			     void *ctx, struct weft_error *err)
{
	memset(reader, 0, sizeof(*reader));
	reader->ops = ops;
	reader->ctx = ctx;
	reader->err = err;
	reader->decoder = weft_decoder_create();
	return reader->decoder ? 0 : weft_error_set(err, -ENOMEM, "out of memory");
}

void weft_message_reader_fini(struct weft_message_reader *reader)
{
	weft_decoder_destroy(reader->decoder);
	reader->decoder = NULL;
}

static void hand_over(struct weft_message_reader *reader)
{
	reader->batch->origin_ns =
		reader->origin_known ? reader->origin_ns : WEFT_BATCH_ORIGIN_UNKNOWN;
	reader->ops->put_batch(reader->ctx, reader->batch);
	reader->batch = NULL;
}

/* A batch with room for one more event; false when reading shall stop. */
static bool need_batch(struct weft_message_reader *reader)
{
	if (reader->batch && !weft_batch_has_room(reader->batch)) {
		hand_over(reader);
	}
	if (!reader->batch) {
		reader->batch = reader->ops->get_batch(reader->ctx);
		reader->stopped = !reader->batch;
	}
	return !reader->stopped;
}

static void take_event(struct weft_message_reader *reader, const bt_message *message)
{
	const bt_clock_snapshot *clock =
		bt_message_event_borrow_default_clock_snapshot_const(message);
	int64_t ns = reader->origin_ns;
	int ret;

	if (!need_batch(reader)) {
		return;
	}
	if (bt_clock_snapshot_get_ns_from_origin(clock, &ns) !=
	    BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK) {
		reader->status =
			weft_bt_error_take(reader->err, -ERANGE, "cannot read a time stamp");
		return;
	}
	ret = weft_decoder_decode(reader->decoder, bt_message_event_borrow_event_const(message),
				  reader->batch, reader->err);
	if (ret < 0) {
		reader->status = ret;
	}
	if (ret <= 0) {
		return;
	}
	if (!reader->origin_known) {
		reader->origin_ns = ns;
		reader->origin_known = true;
	}
	reader->last_ns = ns < reader->origin_ns ? 0 : (uint64_t)(ns - reader->origin_ns);
	reader->batch->events[reader->batch->event_count - 1].ts_ns = reader->last_ns;
}

static void take_loss(struct weft_message_reader *reader, bt_property_availability known,
		      uint64_t count)
{
	struct weft_event *event;

	if (!need_batch(reader)) {
		return;
	}
	event = &reader->batch->events[reader->batch->event_count++];
	event->kind = WEFT_EVENT_LOST;
	event->cpu = -1;
	event->pid = -1;
	event->tid = -1;
	event->ts_ns = reader->last_ns;
	event->lost.lost_count = known == BT_PROPERTY_AVAILABILITY_AVAILABLE ? count : 1;
}

static bool declares_sched(const bt_stream_class *stream_class)
{
	uint64_t count = bt_stream_class_get_event_class_count(stream_class);
	uint64_t i;

	for (i = 0; i < count; i++) {
		const char *name = bt_event_class_get_name(
			bt_stream_class_borrow_event_class_by_index_const(stream_class, i));

		if (name && strcmp(name, "sched_switch") == 0) {
			return true;
		}
	}
	return false;
}

static void take_stream(struct weft_message_reader *reader, const bt_message *message)
{
	const bt_stream *stream = bt_message_stream_beginning_borrow_stream_const(message);
	const bt_trace_class *trace_class =
		bt_trace_borrow_class_const(bt_stream_borrow_trace_const(stream));
	uint64_t count = bt_trace_class_get_stream_class_count(trace_class);
	uint64_t i;

	if (trace_class == reader->known_class) {
		return;
	}
	reader->known_class = trace_class;
	for (i = 0; !reader->has_sched && i < count; i++) {
		reader->has_sched = declares_sched(
			bt_trace_class_borrow_stream_class_by_index_const(trace_class, i));
	}
}

static void take_message(struct weft_message_reader *reader, const bt_message *message)
{
	uint64_t count = 0;
	bt_property_availability known;

	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_STREAM_BEGINNING:
		take_stream(reader, message);
		break;
	case BT_MESSAGE_TYPE_EVENT:
		take_event(reader, message);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		known = bt_message_discarded_events_get_count(message, &count);
		take_loss(reader, known, count);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		known = bt_message_discarded_packets_get_count(message, &count);
		take_loss(reader, known, count);
		break;
	default:
		break;
	}
}

bt_message_iterator_next_status weft_message_reader_next(struct weft_message_reader *reader,
							 bt_message_iterator *iterator)
{
	bt_message_iterator_next_status status;
	bt_message_array_const messages;
	uint64_t count;
	uint64_t i;

	status = bt_message_iterator_next(iterator, &messages, &count);
	if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK) {
		return status;
	}
	for (i = 0; i < count; i++) {
		if (reader->status == 0 && !reader->stopped) {
			take_message(reader, messages[i]);
		}
		bt_message_put_ref(messages[i]);
	}
	return reader->status || reader->stopped ? BT_MESSAGE_ITERATOR_NEXT_STATUS_END : status;
}

void weft_message_reader_flush(struct weft_message_reader *reader)
{
	if (reader->batch) {
		hand_over(reader);
	}
}

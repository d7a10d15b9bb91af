// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * babeltrace2 event messages → normalised events.
 *
 * Knows the events of <weft/events.h> and the scheduling events of the LTTng kernel tracer by name;
 * all others are ignored. The fields of an event class are looked up and checked once; after that an
 * event costs index accesses only.
 *
 * Threads: one thread at a time per decoder.
 */
#ifndef WEFT_CONVERTER_DECODE_H
#define WEFT_CONVERTER_DECODE_H

#include <babeltrace2/babeltrace.h>

#include <weft/error.h>

#include "batch.h"

struct weft_decoder;

struct weft_decoder *weft_decoder_create(void);
void weft_decoder_destroy(struct weft_decoder *decoder);

/**
 * Decodes one event into the batch, which must have room. ts_ns is left to the caller.
 *
 * @return 1: added; 0: an event of no interest; -EPROTO: the trace declares the event with other
 *         fields or types than it must have, `err` names both; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_decoder_decode(struct weft_decoder *decoder, const bt_event *event,
					struct weft_batch *batch, struct weft_error *err);

#endif

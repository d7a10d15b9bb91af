// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Healing a torn sub-buffer.
 *
 * A program killed between reserving room for an event and committing it leaves a hole: LTTng
 * waits for the commit for ever, and with it for all that stands in and behind that sub-buffer. In a
 * program that emits without pause, two kills of five end so. The hole is found and taken out, and
 * what stands behind it moves up: all other events are whole.
 *
 * Finding it. The ring buffer tells how many bytes are missing, and up to where all is committed
 * (the hint), which nearly always is where the hole begins. A place is right when all events before
 * it and all events behind the missing bytes are plausible up to the very end. Threads that shared
 * the CPU may each have left a hole (one killed on the CPU, others while they waited for it); then
 * the missing bytes are divided among up to four places. Pure.
 */
#ifndef WEFT_RECORD_TORN_H
#define WEFT_RECORD_TORN_H

#include <stddef.h>
#include <stdint.h>

#include "event-layout.h"

struct weft_torn {
	uint8_t *bytes; /* The packet: header, then events. */
	size_t size;    /* Up to the end of the last event. In: as written; out: healed. */
	size_t header_size;
	size_t missing;    /* Bytes not committed. */
	size_t hint;       /* Offset up to which all is committed; 0: not known. */
	uint64_t begin_ns; /* Of the packet. */
	uint64_t end_ns;   /* Of the packet; 0: not known. */
};

/**
 * Takes out the hole. Where none can be found that explains all bytes, what follows the first
 * implausible event is cut off.
 *
 * @return Bytes of events that were cut off; 0: all whole events are there.
 */
size_t weft_torn_heal(const struct weft_layouts *layouts, struct weft_torn *torn);

#endif

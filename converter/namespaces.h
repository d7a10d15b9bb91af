// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * PID namespaces: an instrumented program in a container tells ids as it sees them, the kernel's half
 * tells those of the outermost namespace. Here the former become the latter.
 *
 * Known from the kernel's half: which (namespace, id inside) is which thread. Known from the program:
 * its namespace (field pid_ns of `weft:process`). A program whose namespace has no threads in the
 * kernel's half, or whose recording lacks either, is left as it is. Two programs with equal ids in
 * different namespaces cannot be told apart in one recording: their events carry nothing else.
 *
 * Threads: one at a time per object.
 */
#ifndef WEFT_CONVERTER_NAMESPACES_H
#define WEFT_CONVERTER_NAMESPACES_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/error.h>

#include "event.h"
#include "id-map.h"

/** Zero-initialise; fini. */
struct weft_namespaces {
	struct weft_id_map outer; /**< Namespace and id inside → id outside, as a pointer. */
	struct weft_id_map inner; /**< Id of a process inside → its namespace, as a pointer. */
};

void weft_namespaces_fini(struct weft_namespaces *namespaces);
/** Takes what the event tells about namespaces. 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_namespaces_learn(struct weft_namespaces *namespaces,
					  const struct weft_event *event);
/**
 * The event with ids of the outermost namespace.
 *
 * @param storage  Holds the changed event.
 * @return `event` itself when nothing is to be changed, else `storage`.
 */
const struct weft_event *weft_namespaces_translate(const struct weft_namespaces *namespaces,
						   const struct weft_event *event,
						   struct weft_event *storage);

#endif

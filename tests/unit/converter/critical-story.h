// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Timelines told by hand to the hooks of the critical path, and its answer as text.
 *
 * A script is lines of `MS VERB ARGUMENT...`; threads have names of one letter, times are whole
 * milliseconds, tasks 1 and from 5 on are of type "request":
 *
 *     new A [B]       A exists (B made it)       begin A N [P]   task N begins (child of P)
 *     run A LANE      A gets a CPU               end A N         task N ends
 *     block A REASON  A sleeps                   open A NAME N   a region of task N begins
 *     stop A REASON   A loses its CPU            close A         the innermost region ends
 *     wake A B|irq|?  B (a timer, nobody) wakes  log A N         a log of task N
 *     exit A
 *
 * A path is a line a segment, with the waits that segments explain in square brackets.
 */
#ifndef WEFT_TEST_CRITICAL_STORY_H
#define WEFT_TEST_CRITICAL_STORY_H

#include "critical-path.h"

/** Tells a script to a consumer's hooks; a path is finished at its end. Fails the test on nonsense. */
void weft_story_tell(const char *script, const struct weft_timeline_ops *ops, void *ctx);
/** The path as text; to be freed. Fails the test unless the segments fill the task's time. */
char *weft_story_format_path(const struct weft_critical_path *path);

#endif

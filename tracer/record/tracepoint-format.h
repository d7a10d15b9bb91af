// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where the fields of a kernel tracepoint are, from the `format` file that tracefs has for it.
 */
#ifndef WEFT_RECORD_TRACEPOINT_FORMAT_H
#define WEFT_RECORD_TRACEPOINT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

/** A field of a record; size 0: there is none of that name. */
struct weft_tracepoint_field {
	uint32_t offset, size; /* Bytes. */
};

/** @return The number that the kernel gave the tracepoint; -1: the text has none. */
int weft_tracepoint_parse_id(const char *text);

/** Finds a field by name in the text of a format file; any text. */
struct weft_tracepoint_field weft_tracepoint_parse_field(const char *text, const char *name);

/** A signed integer of a record; 0 when it is not in it. */
int64_t weft_tracepoint_get(const struct weft_tracepoint_field *field, const uint8_t *record,
			    size_t size);

/**
 * Text of a record, in place or where the record says (`__data_loc`).
 *
 * @return Its length, at most room − 1; `ret_text` ends with a NUL.
 */
size_t weft_tracepoint_get_text(const struct weft_tracepoint_field *field, const uint8_t *record,
				size_t size, char *ret_text, size_t room);

/**
 * Reads the format files of several tracepoints ("sched/sched_switch"). Where tracefs is mounted
 * nowhere, a child process mounts it for itself alone.
 *
 * @param ret_texts  One for each name; to be freed, NULL on failure.
 * @return 0; -ENOENT: the kernel has no such tracepoint; -EACCES, -EPERM: tracefs is closed to us.
 */
WEFT_MUST_CHECK int weft_tracepoint_read(const char *const *names, size_t count, char **ret_texts,
					 struct weft_error *err);

#endif

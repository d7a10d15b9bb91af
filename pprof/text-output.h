// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the text forms of <weft/pprof-text.h> share: a buffer in front of the writer, addresses and
 * frames of a sample. text.c chooses the form; text-count.c, text-heap.c, text-contention.c and
 * text-stacks.c are the forms.
 */
#ifndef WEFT_PPROF_TEXT_OUTPUT_H
#define WEFT_PPROF_TEXT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/pprof-text.h>
#include <weft/pprof.h>

struct weft_text_output {
	const struct weft_pprof *profile;
	const struct weft_pprof_text_options *options;
	weft_pprof_write_fn write;
	void *ctx;
	int status; /* Of the first write that failed; nothing is written after it. */
	size_t len;
	char text[1 << 14];
};

void weft_text_add(struct weft_text_output *output, const char *text, size_t len);
void weft_text_format(struct weft_text_output *output, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A name that may hold anything; what would break a line shows as '?'. */
void weft_text_add_name(struct weft_text_output *output, const char *name);
/* As Go quotes: "a\"b\n". What is not UTF-8 becomes \xNN, and so do the bytes in `also`. */
void weft_text_add_quoted(struct weft_text_output *output, const char *text, const char *also);
/* Writes what is still in the buffer; returns the status of all. */
int weft_text_flush(struct weft_text_output *output);

/* One line of a stack: inlined functions have lines of their own. */
struct weft_text_frame {
	const struct weft_pprof_function *function; /* NULL: the address is all that is known. */
	int64_t line;
	uint64_t address; /* Of the call. */
	uint64_t offset;  /* From where the function begins. */
	bool is_inlined;  /* Into the frame that follows. */
};

/*
 * The frames of a sample, innermost first, to be freed; NULL: out of memory.
 */
struct weft_text_frame *weft_text_get_frames(const struct weft_text_output *output,
					     const struct weft_pprof_sample *sample,
					     size_t *ret_count);

/* " @ 0x12 0x34": return addresses; " @ 0x0" for a sample without a place, as readers want one. */
void weft_text_add_addresses(struct weft_text_output *output,
			     const struct weft_pprof_sample *sample);
/* Lines that begin with '#', aligned by tabs, and an empty line. 0; -ENOMEM. */
int weft_text_add_stack(struct weft_text_output *output, const struct weft_pprof_sample *sample);

/* ---- Forms: 0; -ENOMEM; -EINVAL with err set. Failed writes are in the output's status ---- */

int weft_text_write_counts(struct weft_text_output *output, const char *name,
			   bool has_thread_labels);
int weft_text_write_stacks(struct weft_text_output *output);
int weft_text_write_contention(struct weft_text_output *output, bool is_mutex,
			       struct weft_error *err);
int weft_text_write_heap(struct weft_text_output *output, struct weft_error *err);

/* Whether a thread's own property, which is no label of the program's. */
bool weft_text_is_thread_label(const char *key);

#endif

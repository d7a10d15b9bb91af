// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Stacks of threads, as a Go program prints those of its goroutines. See <weft/pprof-text.h>.
 */
#include "text-output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Of a longer stack, so many at either end are shown. */
#define FRAMES_AT_ENDS ((size_t)50)

#define NS_PER_MINUTE INT64_C(60000000000)

static const struct weft_pprof_label *find_label(const struct weft_pprof_sample *sample,
						 const char *key)
{
	uint32_t i;

	for (i = 0; i < sample->label_count; i++) {
		if (strcmp(sample->labels[i].key, key) == 0) {
			return &sample->labels[i];
		}
	}
	return NULL;
}

/* Parsers end the head's brackets at the first that closes. */
static void add_in_brackets(struct weft_text_output *output, const char *text)
{
	const char *at = text;

	for (; *at; at++) {
		const char byte[] = {*at == ']' ? ')' : *at == '[' ? '(' : *at, '\0'};

		weft_text_add_name(output, byte);
	}
}

static void add_label(struct weft_text_output *output, const struct weft_pprof_label *label,
		      const char *separator)
{
	weft_text_add(output, separator, strlen(separator));
	weft_text_add_quoted(output, label->key, "[]");
	weft_text_add(output, ":", 1);
	if (label->str) {
		weft_text_add_quoted(output, label->str, "[]");
		return;
	}
	weft_text_format(output, "\"%" PRId64 "%s", label->num,
			 label->unit && label->unit[0] ? " " : "");
	add_in_brackets(output, label->unit ? label->unit : "");
	weft_text_add(output, "\"", 1);
}

/* The thread's name, then the program's labels. */
static void add_labels(struct weft_text_output *output, const struct weft_pprof_sample *sample)
{
	const struct weft_pprof_label *thread = find_label(sample, "thread");
	const char *separator = " labels:{";
	uint32_t i;

	if (thread) {
		add_label(output, thread, separator);
		separator = ", ";
	}
	for (i = 0; i < sample->label_count; i++) {
		if (!weft_text_is_thread_label(sample->labels[i].key)) {
			add_label(output, &sample->labels[i], separator);
			separator = ", ";
		}
	}
	if (separator[0] == ',') {
		weft_text_add(output, "}", 1);
	}
}

static void add_head(struct weft_text_output *output, const struct weft_pprof_sample *sample,
		     uint32_t number)
{
	const struct weft_pprof_label *tid = find_label(sample, "tid");
	const struct weft_pprof_label *state = find_label(sample, "state");
	const struct weft_pprof_label *wait = find_label(sample, "wait");
	int64_t minutes = wait && !wait->str ? wait->num / NS_PER_MINUTE : 0;
	int64_t id = number;

	if (tid) {
		id = tid->str ? strtoll(tid->str, NULL, 10) : tid->num;
	}
	weft_text_format(output, "goroutine %" PRId64 " [", id);
	add_in_brackets(output, state && state->str && state->str[0] ? state->str : "unknown");
	if (minutes > 0) {
		weft_text_format(output, ", %" PRId64 " minutes", minutes);
	}
	add_labels(output, sample);
	weft_text_add(output, "]:\n", 3);
}

static void add_frame(struct weft_text_output *output, const struct weft_text_frame *frame)
{
	if (frame->function) {
		weft_text_add_name(output, frame->function->name);
		weft_text_add(output, "(...)\n\t", 7);
		weft_text_add_name(output, frame->function->file[0] ? frame->function->file : "?");
		weft_text_format(output, ":%" PRId64, frame->line);
	} else {
		weft_text_format(output, "0x%" PRIx64 "(...)\n\t?:0", frame->address);
	}
	if (frame->is_inlined) {
		weft_text_add(output, "\n", 1);
	} else {
		weft_text_format(output, " +0x%" PRIx64 "\n", frame->offset);
	}
}

static int add_thread(struct weft_text_output *output, const struct weft_pprof_sample *sample,
		      uint32_t number)
{
	size_t count = 0;
	struct weft_text_frame *frames = weft_text_get_frames(output, sample, &count);
	size_t i;

	if (!frames) {
		return -ENOMEM;
	}
	weft_text_add(output, "\n", number > 1);
	add_head(output, sample, number);
	for (i = 0; i < count; i++) {
		if (count > 2 * FRAMES_AT_ENDS && i == FRAMES_AT_ENDS) {
			weft_text_format(output, "...%zu frames elided...\n",
					 count - 2 * FRAMES_AT_ENDS);
			i = count - FRAMES_AT_ENDS;
		}
		add_frame(output, &frames[i]);
	}
	free(frames);
	return 0;
}

int weft_text_write_stacks(struct weft_text_output *output)
{
	uint32_t count = weft_pprof_sample_count(output->profile);
	int ret = 0;
	uint32_t i;

	for (i = 0; ret == 0 && i < count; i++) {
		ret = add_thread(output, weft_pprof_get_sample(output->profile, i), i + 1);
	}
	return ret;
}

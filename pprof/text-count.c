// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Counts of equal stacks. See <weft/pprof-text.h>.
 *
 * Samples are the same when the texts are that show their addresses and labels: "@ 0x12 0x34" and a
 * line of labels below it. The texts also decide the order of groups with equal counts, as in Go.
 */
#include "text-output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct group {
	char *key; /* Owned. */
	int64_t count;
	struct weft_pprof_sample sample; /* The first of them. */
};

bool weft_text_is_thread_label(const char *key)
{
	static const char *const keys[] = {"tid", "thread", "state", "wait"};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(key, keys[i]) == 0) {
			return true;
		}
	}
	return false;
}

static int compare_keys(const void *left, const void *right)
{
	const struct group *a = (const struct group *)left;
	const struct group *b = (const struct group *)right;

	return strcmp(a->key, b->key);
}

static int compare_groups(const void *left, const void *right)
{
	const struct group *a = (const struct group *)left;
	const struct group *b = (const struct group *)right;

	if (a->count != b->count) {
		return a->count < b->count ? 1 : -1;
	}
	return strcmp(a->key, b->key);
}

/* ---- Keys ---- */

static int append(void *ctx, const void *bytes, size_t size)
{
	return fwrite(bytes, 1, size, (FILE *)ctx) == size ? 0 : -ENOMEM;
}

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void add_label(struct weft_text_output *output, const struct weft_pprof_label *label)
{
	char number[64];

	weft_text_add_quoted(output, label->key, "");
	weft_text_add(output, ":", 1);
	if (label->str) {
		weft_text_add_quoted(output, label->str, "");
		return;
	}
	(void)snprintf(number, sizeof(number), "%" PRId64 "%s%.32s", label->num,
		       label->unit && label->unit[0] ? " " : "", label->unit ? label->unit : "");
	weft_text_add_quoted(output, number, "");
}

/* `"key":"value"`, to be freed; NULL: out of memory. */
static char *format_label(const struct weft_pprof_label *label)
{
	struct weft_text_output *output = (struct weft_text_output *)calloc(1, sizeof(*output));
	char *text = NULL;
	size_t size = 0;
	FILE *file = output ? open_memstream(&text, &size) : NULL;

	if (file) {
		output->write = append;
		output->ctx = file;
		add_label(output, label);
		if (weft_text_flush(output) != 0) {
			size = 0;
		}
		if (fclose(file) != 0 || size == 0) {
			free(text);
			text = NULL;
		}
	}
	free(output);
	return text;
}

/* The line of labels, sorted; nothing when there are none. */
static int add_labels(struct weft_text_output *output, const struct weft_pprof_sample *sample,
		      bool has_thread_labels)
{
	char **texts =
		(char **)calloc(sample->label_count ? sample->label_count : 1, sizeof(*texts));
	uint32_t count = 0;
	uint32_t i;
	int ret = texts ? 0 : -ENOMEM;

	for (i = 0; ret == 0 && i < sample->label_count; i++) {
		if (has_thread_labels && weft_text_is_thread_label(sample->labels[i].key)) {
			continue;
		}
		texts[count] = format_label(&sample->labels[i]);
		ret = texts[count] ? 0 : -ENOMEM;
		count += ret == 0;
	}
	if (ret == 0 && count > 0) {
		qsort(texts, count, sizeof(*texts), compare_texts);
		weft_text_format(output, "\n# labels: {");
		for (i = 0; i < count; i++) {
			weft_text_add(output, ", ", i ? 2 : 0);
			weft_text_add(output, texts[i], strlen(texts[i]));
		}
		weft_text_add(output, "}", 1);
	}
	for (i = 0; i < count; i++) {
		free(texts[i]);
	}
	free(texts);
	return ret;
}

/* Writes what all samples of a group have in common; `keys` is only there to write into memory. */
static int make_key(const struct weft_text_output *output, const struct weft_pprof_sample *sample,
		    bool has_thread_labels, struct weft_text_output *keys, char **ret_key)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	int ret;

	if (!file) {
		return -ENOMEM;
	}
	*keys = (struct weft_text_output){.profile = output->profile,
					  .options = output->options,
					  .write = append,
					  .ctx = file};
	weft_text_add_addresses(keys, sample);
	ret = add_labels(keys, sample, has_thread_labels);
	if (weft_text_flush(keys) != 0) {
		ret = -ENOMEM;
	}
	if (fclose(file) != 0) {
		ret = -ENOMEM;
	}
	if (ret < 0) {
		free(text);
		return ret;
	}
	*ret_key = text;
	return 0;
}

/* ---- Groups ---- */

static int make_groups(const struct weft_text_output *output, bool has_thread_labels,
		       struct group *groups, uint32_t count)
{
	struct weft_text_output *keys = (struct weft_text_output *)calloc(1, sizeof(*keys));
	int ret = keys ? 0 : -ENOMEM;
	uint32_t i;

	for (i = 0; ret == 0 && i < count; i++) {
		groups[i].sample = *weft_pprof_get_sample(output->profile, i);
		groups[i].count = groups[i].sample.values[0];
		ret = make_key(output, &groups[i].sample, has_thread_labels, keys, &groups[i].key);
	}
	free(keys);
	return ret;
}

/* Adds up groups with equal keys; returns how many are left at the beginning. */
static uint32_t join_groups(struct group *groups, uint32_t count)
{
	uint32_t kept = 0;
	uint32_t i;

	qsort(groups, count, sizeof(*groups), compare_keys);
	for (i = 0; i < count; i++) {
		if (kept > 0 && strcmp(groups[kept - 1].key, groups[i].key) == 0) {
			groups[kept - 1].count += groups[i].count;
			free(groups[i].key);
		} else {
			groups[kept++] = groups[i];
		}
	}
	for (i = kept; i < count; i++) {
		groups[i].key = NULL;
	}
	qsort(groups, kept, sizeof(*groups), compare_groups);
	return kept;
}

int weft_text_write_counts(struct weft_text_output *output, const char *name,
			   bool has_thread_labels)
{
	uint32_t count = weft_pprof_sample_count(output->profile);
	struct group *groups = (struct group *)calloc(count ? count : 1, sizeof(*groups));
	int64_t total = 0;
	uint32_t kept;
	uint32_t i;
	int ret = groups ? make_groups(output, has_thread_labels, groups, count) : -ENOMEM;

	if (ret == 0) {
		kept = join_groups(groups, count);
		for (i = 0; i < kept; i++) {
			total += groups[i].count;
		}
		weft_text_add_name(output, name);
		weft_text_format(output, " profile: total %" PRId64 "\n", total);
		for (i = 0; ret == 0 && i < kept; i++) {
			weft_text_format(output, "%" PRId64, groups[i].count);
			weft_text_add(output, groups[i].key, strlen(groups[i].key));
			weft_text_add(output, "\n", 1);
			ret = weft_text_add_stack(output, &groups[i].sample);
		}
	}
	for (i = 0; groups && i < count; i++) {
		free(groups[i].key);
	}
	free(groups);
	return ret;
}

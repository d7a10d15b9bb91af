// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Which text form a profile has. See <weft/pprof-text.h>; the forms are in files of their own.
 */
#include <weft/pprof-text.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text-output.h"

enum form { FORM_NONE, FORM_COUNTS, FORM_HEAP, FORM_CONTENTION };

static bool has_types(const struct weft_pprof *profile, const char *const *types, uint32_t count)
{
	uint32_t i;

	if (weft_pprof_sample_type_count(profile) != count) {
		return false;
	}
	for (i = 0; i < count; i++) {
		if (strcmp(weft_pprof_get_sample_type(profile, i)->type, types[i]) != 0) {
			return false;
		}
	}
	return true;
}

/* Of several counts the first is told. */
static bool counts_only(const struct weft_pprof *profile)
{
	uint32_t i;

	for (i = 0; i < weft_pprof_sample_type_count(profile); i++) {
		if (strcmp(weft_pprof_get_sample_type(profile, i)->unit, "count") != 0) {
			return false;
		}
	}
	return i > 0;
}

static enum form find_form(const struct weft_pprof *profile)
{
	static const char *const heap[] = {"alloc_objects", "alloc_space", "inuse_objects",
					   "inuse_space"};
	static const char *const contention[] = {"contentions", "delay"};

	if (has_types(profile, heap, 4)) {
		return FORM_HEAP;
	}
	if (has_types(profile, contention, 2)) {
		return FORM_CONTENTION;
	}
	return counts_only(profile) ? FORM_COUNTS : FORM_NONE;
}

static int refuse(const struct weft_pprof *profile, struct weft_error *err)
{
	uint32_t count = weft_pprof_sample_type_count(profile);

	return weft_error_set(err, -EINVAL, "profiles of '%s' have no text form",
			      count ? weft_pprof_get_sample_type(profile, count - 1)->type
				    : "nothing");
}

static int write_counts(struct weft_text_output *output, const char *name)
{
	const char *type = weft_pprof_get_sample_type(output->profile, 0)->type;
	bool is_threads = strcmp(type, "goroutine") == 0;

	if (is_threads && output->options->debug >= 2) {
		return weft_text_write_stacks(output);
	}
	return weft_text_write_counts(output, name[0] ? name : type, is_threads);
}

static int write_form(struct weft_text_output *output, struct weft_error *err)
{
	const char *name = output->options->name ? output->options->name : "";

	switch (find_form(output->profile)) {
	case FORM_HEAP:
		return weft_text_write_heap(output, err);
	case FORM_CONTENTION:
		return weft_text_write_contention(output, strcmp(name, "mutex") == 0, err);
	case FORM_COUNTS:
		return write_counts(output, name);
	case FORM_NONE:
	default:
		return refuse(output->profile, err);
	}
}

int weft_pprof_write_text(const struct weft_pprof *profile,
			  const struct weft_pprof_text_options *options, weft_pprof_write_fn write,
			  void *ctx, struct weft_error *err)
{
	struct weft_text_output *output;
	int ret;

	if (options->debug < 1) {
		return weft_error_set(err, -EINVAL, "debug=%d is no text form", options->debug);
	}
	output = (struct weft_text_output *)calloc(1, sizeof(*output));
	if (!output) {
		return weft_error_set_errno(err, -ENOMEM, "cannot write a profile as text");
	}
	output->profile = profile;
	output->options = options;
	output->write = write;
	output->ctx = ctx;
	ret = write_form(output, err);
	if (ret == 0) {
		ret = weft_text_flush(output);
		if (ret < 0) {
			(void)weft_error_set_errno(err, ret, "cannot write a profile as text");
		}
	} else if (ret == -ENOMEM) {
		(void)weft_error_set_errno(err, ret, "cannot write a profile as text");
	}
	free(output);
	return ret;
}

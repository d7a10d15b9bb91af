// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Block and mutex profiles. See <weft/pprof-text.h>.
 *
 * Times are in cycles of a clock that the header names: nanoseconds of one with 10^9 cycles a second.
 * Values are whole already, so the sampling period, by which readers multiply, is 1.
 */
#include "text-output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { VALUE_COUNT, VALUE_DELAY };

struct record {
	int64_t delay_ns;
	uint32_t sample;
};

static int compare_records(const void *left, const void *right)
{
	const struct record *a = (const struct record *)left;
	const struct record *b = (const struct record *)right;

	if (a->delay_ns != b->delay_ns) {
		return a->delay_ns < b->delay_ns ? 1 : -1;
	}
	return (a->sample > b->sample) - (a->sample < b->sample);
}

/* Readers know no negative numbers here. */
static int collect(const struct weft_pprof *profile, struct record *records, struct weft_error *err)
{
	uint32_t count = weft_pprof_sample_count(profile);
	uint32_t i;

	for (i = 0; i < count; i++) {
		const struct weft_pprof_sample *sample = weft_pprof_get_sample(profile, i);

		if (sample->values[VALUE_COUNT] < 0 || sample->values[VALUE_DELAY] < 0) {
			return weft_error_set(
				err, -EINVAL,
				"a difference of contention profiles has no text form");
		}
		records[i] = (struct record){sample->values[VALUE_DELAY], i};
	}
	qsort(records, count, sizeof(*records), compare_records);
	return 0;
}

int weft_text_write_contention(struct weft_text_output *output, bool is_mutex,
			       struct weft_error *err)
{
	uint32_t count = weft_pprof_sample_count(output->profile);
	struct record *records = (struct record *)calloc(count ? count : 1, sizeof(*records));
	int ret = records ? collect(output->profile, records, err) : -ENOMEM;
	uint32_t i;

	if (ret == 0) {
		weft_text_format(output, "--- %s:\ncycles/second=1000000000\n%s",
				 is_mutex ? "mutex" : "contention",
				 is_mutex ? "sampling period=1\n" : "");
	}
	for (i = 0; ret == 0 && i < count; i++) {
		const struct weft_pprof_sample *sample =
			weft_pprof_get_sample(output->profile, records[i].sample);

		weft_text_format(output, "%" PRId64 " %" PRId64, sample->values[VALUE_DELAY],
				 sample->values[VALUE_COUNT]);
		weft_text_add_addresses(output, sample);
		weft_text_add(output, "\n", 1);
		ret = weft_text_add_stack(output, sample);
	}
	free(records);
	return ret;
}

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
#include <string.h>

#include "model.h"

enum { VALUE_COUNT, VALUE_DELAY };

/* A stack: this form has no labels, samples that differ by them only are one. */
struct record {
	int64_t count, delay_ns;
	const struct weft_pprof_sample *sample; /* The first of its samples. */
};

static int compare_places(const struct record *a, const struct record *b)
{
	return (a->sample > b->sample) - (a->sample < b->sample);
}

static int compare_stacks(const struct weft_pprof_sample *a, const struct weft_pprof_sample *b)
{
	if (a->location_count != b->location_count) {
		return a->location_count < b->location_count ? -1 : 1;
	}
	return memcmp(a->locations, b->locations, a->location_count * sizeof(*a->locations));
}

static int by_stack(const void *left, const void *right)
{
	const struct record *a = (const struct record *)left;
	const struct record *b = (const struct record *)right;
	int order = compare_stacks(a->sample, b->sample);

	return order ? order : compare_places(a, b);
}

static int by_delay(const void *left, const void *right)
{
	const struct record *a = (const struct record *)left;
	const struct record *b = (const struct record *)right;

	if (a->delay_ns != b->delay_ns) {
		return a->delay_ns < b->delay_ns ? 1 : -1;
	}
	return compare_places(a, b);
}

/* Sums up by stack what is sorted by stack. Returns how many there are. */
static uint32_t join(struct record *records, uint32_t count)
{
	uint32_t joined = 0, i;

	for (i = 0; i < count; i++) {
		struct record *last = joined > 0 ? &records[joined - 1] : NULL;

		if (last && compare_stacks(last->sample, records[i].sample) == 0) {
			last->count = weft_pprof__add(last->count, records[i].count);
			last->delay_ns = weft_pprof__add(last->delay_ns, records[i].delay_ns);
		} else {
			records[joined++] = records[i];
		}
	}
	return joined;
}

/* Readers know no negative numbers here. */
static int collect(const struct weft_pprof *profile, struct record *records, uint32_t *ret_count,
		   struct weft_error *err)
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
		records[i] = (struct record){sample->values[VALUE_COUNT],
					     sample->values[VALUE_DELAY], sample};
	}
	qsort(records, count, sizeof(*records), by_stack);
	*ret_count = join(records, count);
	qsort(records, *ret_count, sizeof(*records), by_delay);
	return 0;
}

int weft_text_write_contention(struct weft_text_output *output, bool is_mutex,
			       struct weft_error *err)
{
	uint32_t count = weft_pprof_sample_count(output->profile);
	struct record *records = (struct record *)calloc(count ? count : 1, sizeof(*records));
	int ret = records ? collect(output->profile, records, &count, err) : -ENOMEM;
	uint32_t i;

	if (ret == 0) {
		weft_text_format(output, "--- %s:\ncycles/second=1000000000\n%s",
				 is_mutex ? "mutex" : "contention",
				 is_mutex ? "sampling period=1\n" : "");
	}
	for (i = 0; ret == 0 && i < count; i++) {
		weft_text_format(output, "%" PRId64 " %" PRId64, records[i].delay_ns,
				 records[i].count);
		weft_text_add_addresses(output, records[i].sample);
		weft_text_add(output, "\n", 1);
		ret = weft_text_add_stack(output, records[i].sample);
	}
	free(records);
	return ret;
}

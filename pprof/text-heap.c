// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Heap profiles. See <weft/pprof-text.h>.
 *
 * The text has what a sampler saw, and its reader scales that up; the profile has what came of it. With
 * the mean distance R between samples, n objects of b bytes in total, seen, stand for
 *
 *     f(b / n) n   objects and   f(b / n) b   bytes,     f(a) = 1 / (1 - exp(-a / R)),
 *
 * each cut to an integer. To take (N, B) back: f depends on the mean size a alone, which is nearly B / N
 * (exactly, but for the cutting), so n is near N / f(B / N). For each n around that, f(b / n) b grows
 * with b, and f(b / n) n falls, so the b that gives B, and the one that gives N, are found by halving an
 * interval; of all pairs the one is taken whose (N, B) is nearest. Example: R = 524288, one object of 524288 bytes was seen. f = 1.58198, so the
 * profile says N = 1, B = 829411. B / N suggests n = 0.79; n = 1 gives b = 524288, which reproduces both.
 */
#include "text-output.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_ALLOC_OBJECTS, VALUE_ALLOC_BYTES, VALUE_INUSE_OBJECTS, VALUE_INUSE_BYTES };

/* Counts of objects tried on either side of the likely one. */
#define COUNTS_AROUND 3

/* Beyond, numbers are not exact in a double, and scaling is 1 anyway. */
#define EXACT_MAX (INT64_C(1) << 53)

struct pair {
	int64_t objects, bytes;
};

/* As google/pprof's scaleHeapSample(). */
static struct pair scale_up(struct pair seen, double rate)
{
	double factor;

	if (seen.objects == 0 || seen.bytes == 0) {
		return (struct pair){0, 0};
	}
	if (rate <= 1) {
		return seen;
	}
	factor = 1 / (1 - exp(-((double)seen.bytes / (double)seen.objects) / rate));
	return (struct pair){(int64_t)((double)seen.objects * factor),
			     (int64_t)((double)seen.bytes * factor)};
}

/*
 * The least b for which `objects` and b stand for as many bytes as wanted (by_count: for no more objects
 * than wanted). Of small objects the bytes hardly tell b, since every sample stands for about R bytes;
 * of large ones the count does not.
 */
static int64_t find_bytes(int64_t objects, struct pair wanted, double rate, bool by_count)
{
	int64_t low = 1;
	int64_t high = wanted.bytes;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;
		struct pair scaled = scale_up((struct pair){objects, middle}, rate);

		if (by_count ? scaled.objects > wanted.objects : scaled.bytes < wanted.bytes) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static double distance(struct pair scaled, struct pair wanted)
{
	return fabs((double)(scaled.bytes - wanted.bytes)) +
	       fabs((double)(scaled.objects - wanted.objects));
}

struct best {
	struct pair seen;
	double distance;
};

static void try_pair(struct pair seen, struct pair wanted, double rate, struct best *best)
{
	double missed = distance(scale_up(seen, rate), wanted);

	if (missed < best->distance) {
		*best = (struct best){seen, missed};
	}
}

/* Of a profile that was changed since, no counts may fit; the nearest are taken. */
static struct pair scale_down(struct pair wanted, double rate)
{
	struct best best = {{0, 0}, INFINITY};
	double mean = (double)wanted.bytes / (double)wanted.objects;
	int64_t likely = (int64_t)((double)wanted.objects * (1 - exp(-mean / rate)));
	int64_t objects = likely > COUNTS_AROUND ? likely - COUNTS_AROUND : 1;

	for (; objects <= likely + COUNTS_AROUND && best.distance > 0; objects++) {
		struct pair seen = {objects, find_bytes(objects, wanted, rate, false)};

		try_pair(seen, wanted, rate, &best);
		seen.bytes = find_bytes(objects, wanted, rate, true);
		try_pair(seen, wanted, rate, &best);
	}
	return best.seen;
}

/* Nothing in use is said of what has a value without the other: readers refuse that. */
static struct pair take_back(struct pair wanted, double rate)
{
	struct pair seen;

	if (wanted.objects == 0 || wanted.bytes == 0) {
		return (struct pair){0, 0};
	}
	if (rate <= 1 || llabs(wanted.bytes) > EXACT_MAX || llabs(wanted.objects) > EXACT_MAX ||
	    (wanted.objects < 0) != (wanted.bytes < 0)) {
		return wanted;
	}
	if (wanted.objects > 0) {
		return scale_down(wanted, rate);
	}
	seen = scale_down((struct pair){-wanted.objects, -wanted.bytes}, rate);
	return (struct pair){-seen.objects, -seen.bytes};
}

/* ---- Records ---- */

struct record {
	struct pair inuse, alloc;
	uint32_t sample;
};

static int compare_records(const void *left, const void *right)
{
	const struct record *a = (const struct record *)left;
	const struct record *b = (const struct record *)right;

	if (a->inuse.bytes != b->inuse.bytes) {
		return a->inuse.bytes < b->inuse.bytes ? 1 : -1;
	}
	if (a->alloc.bytes != b->alloc.bytes) {
		return a->alloc.bytes < b->alloc.bytes ? 1 : -1;
	}
	return (a->sample > b->sample) - (a->sample < b->sample);
}

static int collect(const struct weft_pprof *profile, double rate, struct record *records,
		   struct weft_error *err)
{
	uint32_t count = weft_pprof_sample_count(profile);
	uint32_t i;

	for (i = 0; i < count; i++) {
		const int64_t *values = weft_pprof_get_sample(profile, i)->values;
		struct record *record = &records[i];

		if (values[VALUE_ALLOC_OBJECTS] < 0 || values[VALUE_ALLOC_BYTES] < 0) {
			return weft_error_set(err, -EINVAL,
					      "a difference of heap profiles has no text form");
		}
		record->sample = i;
		record->inuse = take_back(
			(struct pair){values[VALUE_INUSE_OBJECTS], values[VALUE_INUSE_BYTES]},
			rate);
		record->alloc = take_back(
			(struct pair){values[VALUE_ALLOC_OBJECTS], values[VALUE_ALLOC_BYTES]},
			rate);
	}
	qsort(records, count, sizeof(*records), compare_records);
	return 0;
}

/* Readers take equal totals for a profile that has only two columns. */
static void add_head(struct weft_text_output *output, const struct record *records, uint32_t count,
		     int64_t rate)
{
	struct pair inuse = {0, 0};
	struct pair alloc = {0, 0};
	uint32_t i;

	for (i = 0; i < count; i++) {
		inuse.objects += records[i].inuse.objects;
		inuse.bytes += records[i].inuse.bytes;
		alloc.objects += records[i].alloc.objects;
		alloc.bytes += records[i].alloc.bytes;
	}
	alloc.bytes += alloc.bytes == inuse.bytes;
	/* Twice the rate: a habit of the first such profiler that readers know. */
	weft_text_format(output,
			 "heap profile: %" PRId64 ": %" PRId64 " [%" PRId64 ": %" PRId64
			 "] @ heap/%" PRId64 "\n",
			 inuse.objects, inuse.bytes, alloc.objects, alloc.bytes, 2 * rate);
}

static void add_trailer(struct weft_text_output *output)
{
	uint32_t count = weft_pprof_comment_count(output->profile);
	bool is_first = true;
	uint32_t i;

	for (i = 0; i < count; i++) {
		const char *comment = weft_pprof_get_comment(output->profile, i);

		if (strncmp(comment, "# ", 2) == 0) {
			weft_text_add(output, "\n", is_first);
			weft_text_add_name(output, comment);
			weft_text_add(output, "\n", 1);
			is_first = false;
		}
	}
}

int weft_text_write_heap(struct weft_text_output *output, struct weft_error *err)
{
	uint32_t count = weft_pprof_sample_count(output->profile);
	struct record *records = (struct record *)calloc(count ? count : 1, sizeof(*records));
	int64_t period = weft_pprof_get_header(output->profile)->period;
	int64_t rate = period > 1 && period < EXACT_MAX ? period : 1;
	int ret = records ? collect(output->profile, (double)rate, records, err) : -ENOMEM;
	uint32_t i;

	if (ret == 0) {
		add_head(output, records, count, rate);
	}
	for (i = 0; ret == 0 && i < count; i++) {
		const struct record *record = &records[i];
		const struct weft_pprof_sample *sample =
			weft_pprof_get_sample(output->profile, record->sample);

		weft_text_format(output, "%" PRId64 ": %" PRId64 " [%" PRId64 ": %" PRId64 "]",
				 record->inuse.objects, record->inuse.bytes, record->alloc.objects,
				 record->alloc.bytes);
		weft_text_add_addresses(output, sample);
		weft_text_add(output, "\n", 1);
		ret = weft_text_add_stack(output, sample);
	}
	if (ret == 0) {
		add_trailer(output);
	}
	free(records);
	return ret;
}

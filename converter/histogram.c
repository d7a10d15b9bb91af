// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Log-linear histogram. See histogram.h.
 *
 * Worked example: 1000 = 0b1111101000 has its top bit at 9; its octave is 9 - 6 = 3, buckets there are
 * 2^(9-7) = 4 wide, and its bucket is (1000 >> 2) & 127 = 122: values 1000..1003.
 */
#include "histogram.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define BUCKET_BITS 7U

static unsigned int octave_of(uint64_t value)
{
	return value < WEFT_HISTOGRAM_BUCKET_COUNT
		       ? 0
		       : 63U - (unsigned int)__builtin_clzll(value) - (BUCKET_BITS - 1);
}

/* Octaves 0 and 1 have buckets of width 1. */
static unsigned int shift_of(unsigned int octave)
{
	return octave ? octave - 1 : 0;
}

static uint64_t *need_octave(struct weft_histogram *histogram, unsigned int octave)
{
	if (!histogram->octaves[octave]) {
		histogram->octaves[octave] =
			(uint64_t *)calloc(WEFT_HISTOGRAM_BUCKET_COUNT, sizeof(uint64_t));
	}
	return histogram->octaves[octave];
}

void weft_histogram_fini(struct weft_histogram *histogram)
{
	unsigned int i;

	for (i = 0; i < WEFT_HISTOGRAM_OCTAVE_COUNT; i++) {
		free(histogram->octaves[i]);
		histogram->octaves[i] = NULL;
	}
	histogram->count = 0;
}

static void widen(struct weft_histogram *histogram, uint64_t min, uint64_t max)
{
	if (histogram->count == 0 || min < histogram->min) {
		histogram->min = min;
	}
	if (histogram->count == 0 || max > histogram->max) {
		histogram->max = max;
	}
}

int weft_histogram_add(struct weft_histogram *histogram, uint64_t value)
{
	unsigned int octave = octave_of(value);
	uint64_t *buckets = need_octave(histogram, octave);

	if (!buckets) {
		return -ENOMEM;
	}
	buckets[(value >> shift_of(octave)) % WEFT_HISTOGRAM_BUCKET_COUNT]++;
	widen(histogram, value, value);
	histogram->count++;
	histogram->sum += (double)value;
	return 0;
}

int weft_histogram_merge(struct weft_histogram *histogram, const struct weft_histogram *other)
{
	unsigned int octave;
	unsigned int i;

	if (other->count == 0) {
		return 0;
	}
	for (octave = 0; octave < WEFT_HISTOGRAM_OCTAVE_COUNT; octave++) {
		if (!other->octaves[octave]) {
			continue;
		}
		if (!need_octave(histogram, octave)) {
			return -ENOMEM;
		}
		for (i = 0; i < WEFT_HISTOGRAM_BUCKET_COUNT; i++) {
			histogram->octaves[octave][i] += other->octaves[octave][i];
		}
	}
	widen(histogram, other->min, other->max);
	histogram->count += other->count;
	histogram->sum += other->sum;
	return 0;
}

/* Middle of a bucket, never outside what was seen. */
static uint64_t representative(const struct weft_histogram *histogram, unsigned int octave,
			       unsigned int bucket)
{
	unsigned int shift = shift_of(octave);
	uint64_t low = (uint64_t)(octave ? WEFT_HISTOGRAM_BUCKET_COUNT + bucket : bucket) << shift;
	uint64_t middle = low + ((UINT64_C(1) << shift) >> 1);

	if (middle < histogram->min) {
		return histogram->min;
	}
	return middle > histogram->max ? histogram->max : middle;
}

uint64_t weft_histogram_quantile(const struct weft_histogram *histogram, double quantile)
{
	uint64_t rank;
	uint64_t seen = 0;
	unsigned int octave;
	unsigned int i;

	if (histogram->count == 0) {
		return 0;
	}
	rank = (uint64_t)ceil(quantile * (double)histogram->count);
	if (rank <= 1 && quantile <= 0) {
		return histogram->min;
	}
	if (rank >= histogram->count) {
		return histogram->max;
	}
	for (octave = 0; octave < WEFT_HISTOGRAM_OCTAVE_COUNT; octave++) {
		for (i = 0; histogram->octaves[octave] && i < WEFT_HISTOGRAM_BUCKET_COUNT; i++) {
			seen += histogram->octaves[octave][i];
			if (seen >= rank && histogram->octaves[octave][i]) {
				return representative(histogram, octave, i);
			}
		}
	}
	return histogram->max;
}

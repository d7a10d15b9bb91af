// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Histogram of durations with a bounded relative error, in bounded memory.
 *
 * Each power of two is cut into 128 equal buckets, so that a quantile is off by at most 1/256
 * (0.4 %). Octaves are allocated when first hit: about 1 KiB for each power of two in use.
 *
 * Threads: one thread at a time per histogram.
 */
#ifndef WEFT_CONVERTER_HISTOGRAM_H
#define WEFT_CONVERTER_HISTOGRAM_H

#include <stdint.h>

#include <weft/error.h>

#define WEFT_HISTOGRAM_OCTAVE_COUNT 58U
#define WEFT_HISTOGRAM_BUCKET_COUNT 128U

/** Zero-initialised is empty. */
struct weft_histogram {
	uint64_t count, min, max;
	double sum;
	uint64_t *octaves[WEFT_HISTOGRAM_OCTAVE_COUNT];
};

void weft_histogram_fini(struct weft_histogram *histogram);
/** 0; -ENOMEM: unchanged. */
WEFT_MUST_CHECK int weft_histogram_add(struct weft_histogram *histogram, uint64_t value);
/** Adds all of `other`. 0; -ENOMEM: some of it may be missing. */
WEFT_MUST_CHECK int weft_histogram_merge(struct weft_histogram *histogram,
					 const struct weft_histogram *other);
/**
 * Smallest value that at least the share `quantile` (0..1) of all values does not exceed; exact for
 * 0 and 1. 0 when empty.
 */
uint64_t weft_histogram_quantile(const struct weft_histogram *histogram, double quantile);

#endif

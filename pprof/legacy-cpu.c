// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * CPU profiles of gperftools: machine words of whoever wrote them. See legacy.h.
 *
 *     0 3 0 PERIOD_US 0     COUNT DEPTH PC...  ...     0 1 0     memory map as text
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "legacy.h"

#define HEADER_WORDS 5U
#define TRAILER_SIZE 3U
/* Samples of one profile: days of all that gperftools would write. */
#define SAMPLE_MAX (UINT32_C(1) << 26)
/* Frames of the profiler's own that are looked for above the leaf. */
#define HANDLER_FRAMES 2
#define HANDLER_SHARE  32U

/* What a word is, and where reading has come to. */
struct words {
	const unsigned char *bytes;
	size_t size, at; /* In bytes. */
	unsigned word_size;
	bool is_big_endian;
};

struct cpu_sample {
	int64_t count;
	uint32_t first, depth; /* In the array of addresses. */
};

/* All samples, before frames are taken out of them. */
struct cpu_samples {
	struct cpu_sample *items;
	size_t count, capacity;
	uint64_t *addresses;
	size_t address_count, address_capacity;
};

static bool next_word(struct words *words, uint64_t *ret_word)
{
	uint64_t word = 0;
	unsigned i;

	if (words->size - words->at < words->word_size) {
		return false;
	}
	for (i = 0; i < words->word_size; i++) {
		unsigned at = words->is_big_endian ? i : words->word_size - 1 - i;

		word = word << 8 | words->bytes[words->at + at];
	}
	words->at += words->word_size;
	*ret_word = word;
	return true;
}

/* Whether the bytes begin as such a profile does with words of that kind. */
static bool read_header(struct words *words, int64_t *ret_period_us)
{
	uint64_t header[HEADER_WORDS];
	size_t i;

	words->at = 0;
	for (i = 0; i < HEADER_WORDS; i++) {
		if (!next_word(words, &header[i])) {
			return false;
		}
	}
	*ret_period_us = (int64_t)header[3];
	return header[0] == 0 && header[1] == 3 && header[2] == 0 && header[3] > 0 &&
	       header[3] < INT64_MAX / 1000 && header[4] == 0;
}

static int add_address(struct cpu_samples *samples, uint64_t address)
{
	if (weft_array_reserve(&samples->addresses, &samples->address_capacity,
			       samples->address_count + 1, SIZE_MAX / 16, sizeof(address)) < 0) {
		return -ENOMEM;
	}
	samples->addresses[samples->address_count++] = address;
	return 0;
}

static int read_sample(struct words *words, struct cpu_samples *samples, uint64_t count,
		       uint64_t depth)
{
	struct cpu_sample sample = {.count = (int64_t)count,
				    .first = (uint32_t)samples->address_count,
				    .depth = (uint32_t)depth};
	uint64_t i, address;

	if (samples->count == SAMPLE_MAX || samples->address_count > UINT32_MAX - depth) {
		return -E2BIG;
	}
	for (i = 0; i < depth; i++) {
		if (!next_word(words, &address)) {
			return -EBADMSG;
		}
		/* Callers are known by where they go on; the leaf by where it is. */
		address -= i > 0 && address > 0;
		if (add_address(samples, address) < 0) {
			return -ENOMEM;
		}
	}
	if (weft_array_reserve(&samples->items, &samples->capacity, samples->count + 1, SAMPLE_MAX,
			       sizeof(sample)) < 0) {
		return -ENOMEM;
	}
	samples->items[samples->count++] = sample;
	return 0;
}

/* 0, at the text behind it; -EBADMSG; -E2BIG; -ENOMEM. */
static int read_samples(struct words *words, struct cpu_samples *samples)
{
	uint64_t count, depth, address;
	int ret = 0;

	while (ret == 0) {
		size_t start = words->at;

		if (words->at == words->size) {
			return 0; /* A profiler that was killed writes no end. */
		}
		if (!next_word(words, &count) || !next_word(words, &depth) || depth == 0 ||
		    depth > LEGACY_DEPTH_MAX || count > INT64_MAX) {
			return -EBADMSG;
		}
		if (count == 0 && depth == 1 && next_word(words, &address) && address == 0) {
			return 0;
		}
		words->at = start + 2 * (size_t)words->word_size;
		ret = read_sample(words, samples, count, depth);
	}
	return ret;
}

/* Takes the frame above the leaf out. */
static void remove_second(struct cpu_samples *samples, struct cpu_sample *sample)
{
	uint64_t *addresses = samples->addresses + sample->first;

	memmove(addresses + 1, addresses + 2, (sample->depth - 2) * sizeof(*addresses));
	sample->depth--;
}

static bool has_second(const struct cpu_samples *samples, const struct cpu_sample *sample,
		       uint64_t address)
{
	return sample->depth > 1 && samples->addresses[sample->first + 1] == address;
}

/* The signal handler stands above the leaf of all samples, but for a few that it could not unwind. */
static void remove_handlers(struct cpu_samples *samples)
{
	size_t i;
	int round;

	for (round = 0; round < HANDLER_FRAMES && samples->count > 1; round++) {
		size_t others = 0;
		uint64_t address;

		if (samples->items[0].depth < 2) {
			return;
		}
		address = samples->addresses[samples->items[0].first + 1];
		for (i = 0; i < samples->count; i++) {
			others += !has_second(samples, &samples->items[i], address);
		}
		if (others > samples->count / HANDLER_SHARE) {
			return;
		}
		for (i = 0; i < samples->count; i++) {
			if (has_second(samples, &samples->items[i], address)) {
				remove_second(samples, &samples->items[i]);
			}
		}
	}
}

/* Some unwinders begin with the leaf that the signal's context already told. */
static void remove_doubled_leaves(struct cpu_samples *samples)
{
	size_t i;

	for (i = 0; i < samples->count; i++) {
		struct cpu_sample *sample = &samples->items[i];

		if (sample->depth > 1 && samples->addresses[sample->first] ==
						 samples->addresses[sample->first + 1] + 1) {
			remove_second(samples, sample);
		}
	}
}

static int make_profile(struct legacy *legacy, const struct cpu_samples *samples, int64_t period_us)
{
	struct weft_pprof *profile = legacy->profile;
	int64_t period_ns = period_us * 1000;
	int ret = weft_pprof_add_sample_type(profile, "samples", "count");
	size_t i;

	ret = ret < 0 ? ret : weft_pprof_add_sample_type(profile, "cpu", "nanoseconds");
	ret = ret < 0 ? ret : weft_pprof_set_period(profile, "cpu", "nanoseconds", period_ns);
	ret = ret < 0 ? ret
		      : weft_pprof_set_frame_filters(
				profile,
				"ProfileData::Add|ProfileData::prof_handler|"
				"CpuProfiler::prof_handler|__pthread_sighandler|__restore",
				"");
	for (i = 0; ret == 0 && i < samples->count; i++) {
		const struct cpu_sample *sample = &samples->items[i];
		int64_t values[2] = {sample->count, 0};

		if (__builtin_mul_overflow(sample->count, period_ns, &values[1])) {
			return -EBADMSG;
		}
		legacy->depth = sample->depth;
		memcpy(legacy->addresses, samples->addresses + sample->first,
		       sample->depth * sizeof(uint64_t));
		ret = weft_legacy__add_sample(legacy, values, NULL);
	}
	return ret;
}

static int decode(struct legacy *legacy, struct words *words, int64_t period_us,
		  struct weft_error *err)
{
	struct cpu_samples samples = {.count = 0};
	int ret = read_samples(words, &samples);

	if (ret < 0) {
		(void)weft_error_set(err, ret, "malformed CPU profile: byte %zu: %s", words->at,
				     ret == -EBADMSG ? "not a sample" : strerror(-ret));
	} else {
		remove_handlers(&samples);
		remove_doubled_leaves(&samples);
		ret = weft_legacy__read_maps(legacy, (const char *)words->bytes + words->at,
					     words->size - words->at);
		ret = ret < 0 ? ret : make_profile(legacy, &samples, period_us);
		if (ret < 0) {
			(void)weft_error_set_errno(err, ret, "make a CPU profile");
		}
	}
	free(samples.items);
	free(samples.addresses);
	return ret;
}

int weft_legacy__decode_cpu(struct legacy *legacy, const unsigned char *bytes, size_t size,
			    struct weft_error *err)
{
	static const struct {
		unsigned word_size;
		bool is_big_endian;
	} kinds[] = {{4, false}, {4, true}, {8, false}, {8, true}};
	int64_t period_us;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct words words = {.bytes = bytes,
				      .size = size,
				      .word_size = kinds[i].word_size,
				      .is_big_endian = kinds[i].is_big_endian};

		if (read_header(&words, &period_us)) {
			return decode(legacy, &words, period_us, err);
		}
	}
	return -ENOMSG;
}

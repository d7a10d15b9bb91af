// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Heap profiles as text: gperftools, Go, jemalloc. See legacy.h.
 *
 *     heap profile: OBJECTS: BYTES [OBJECTS: BYTES] @ KIND/RATE      heap_v2/RATE
 *     OBJECTS: BYTES [OBJECTS: BYTES] @ 0xPC...                      @ 0xPC...
 *                                                                      t*: OBJECTS: BYTES [OBJECTS: BYTES]
 *
 * In brackets is what was allocated in all, before them what is still in use.
 *
 * Scaling: with a mean of RATE bytes between samples, an allocation of s bytes is sampled with probability
 * p = 1 - exp(-s/RATE). n samples of s bytes each then stand for n/p allocations; for the s of a line its
 * average is taken.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "legacy.h"

/* What stands above the functions that ask for memory. */
static const char allocators[] =
	"(c|m|pv|v|re)alloc|c?free|(do_)?memalign|(__)?posix_memalign|aligned_alloc|"
	"tcmalloc::.*|tc_(c|m|pv|v|re)alloc|tc_c?free|tc_(posix_)?memalign|"
	"tc_(new|delete)(array)?(_nothrow)?|"
	"malloc_zone_(malloc|calloc|valloc|realloc|memalign|free)|"
	"runtime\\..*|"
	"BaseArena::.*|(::)?do_malloc(_no_errno|_pages)?|DoSampledAllocation|"
	"MallocedMemBlock::MallocedMemBlock|_M_allocate|__builtin_(vec_)?(new|delete)|"
	"__gnu_cxx::new_allocator::allocate|__libc_malloc|__malloc_alloc_template::allocate|"
	"allocate|cpp_alloc|operator new(\\[\\])?|simple_alloc::allocate";
/* What of Go's runtime is not the allocator. */
static const char not_allocators[] = "runtime\\.(panic|reflectcall|call[0-9]*)";

/* What the first line says. */
struct heap {
	int64_t rate;    /* Of the sampling; and the profile's period. */
	bool is_sampled; /* Values are to be scaled. */
	bool has_alloc;  /* Also what was allocated in all. */
	bool is_jemalloc;
};

struct amounts {
	int64_t in_use[2], alloc[2]; /* Objects, bytes. */
};

/* "1: 2 [3: 4]". Moves *at behind it. */
static bool parse_amounts(const char **at, struct amounts *ret_amounts)
{
	return weft_legacy__parse_number(at, &ret_amounts->in_use[0]) &&
	       weft_legacy__skip(at, ":") &&
	       weft_legacy__parse_number(at, &ret_amounts->in_use[1]) &&
	       weft_legacy__skip(at, "[") && weft_legacy__parse_count(at, &ret_amounts->alloc[0]) &&
	       weft_legacy__skip(at, ":") && weft_legacy__parse_count(at, &ret_amounts->alloc[1]) &&
	       weft_legacy__skip(at, "]");
}

/* "heap_v2/524288" and others behind the @. */
static bool parse_kind(const char *at, struct heap *heap)
{
	static const struct {
		const char *name;
		int64_t divisor; /* Of the rate; 0: not sampled. */
	} kinds[] = {{"heapz_v2", 1}, {"heap_v2", 1}, {"heapprofile", 0},    {"heap", 2},
		     {"growthz", 0},  {"growth", 0},  {"fragmentationz", 0}, {"fragmentation", 0}};
	size_t len = strcspn(at, "/ "), i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].name) != len || memcmp(kinds[i].name, at, len) != 0) {
			continue;
		}
		at += len;
		heap->rate = 0;
		if (*at == '/') {
			at++;
			if (*at && !weft_legacy__parse_number(&at, &heap->rate)) {
				return false;
			}
		}
		heap->is_sampled = kinds[i].divisor != 0;
		heap->rate = heap->is_sampled ? heap->rate / kinds[i].divisor : 1;
		return heap->rate >= 0;
	}
	return false;
}

/* Whether the line begins such a profile. */
static bool parse_header(const char *line, struct heap *ret_heap)
{
	static const char jemalloc[] = "heap_v2/";
	struct amounts total;

	*ret_heap = (struct heap){.rate = 0};
	if (strncmp(line, jemalloc, sizeof(jemalloc) - 1) == 0) {
		ret_heap->is_jemalloc = true;
		return parse_kind(line, ret_heap);
	}
	if (!weft_legacy__skip(&line, "heap profile:") || !parse_amounts(&line, &total) ||
	    !weft_legacy__skip(&line, "@")) {
		return false;
	}
	line += strspn(line, " \t");
	if (!parse_kind(line, ret_heap)) {
		return false;
	}
	/* Growth has no second pair of its own. */
	ret_heap->has_alloc = strncmp(line, "heap", 4) == 0 &&
			      ((total.alloc[0] != total.in_use[0] && total.alloc[0] != 0) ||
			       (total.alloc[1] != total.in_use[1] && total.alloc[1] != 0));
	return true;
}

static int64_t to_int(double value)
{
	return value >= -0x1p63 && value < 0x1p63 ? (int64_t)value : INT64_MIN;
}

/* Makes of what was sampled what was there. */
static void scale(const struct heap *heap, int64_t amounts[2])
{
	double probability;

	if (amounts[0] == 0 || amounts[1] == 0) {
		amounts[0] = amounts[1] = 0;
		return;
	}
	if (heap->rate <= 1) {
		return; /* Each one was. */
	}
	probability = 1 - exp(-((double)amounts[1] / (double)amounts[0]) / (double)heap->rate);
	amounts[0] = to_int((double)amounts[0] / probability);
	amounts[1] = to_int((double)amounts[1] / probability);
}

/* Adds one sample with the stack of `legacy`. */
static int add_sample(struct legacy *legacy, const struct heap *heap, struct amounts *amounts)
{
	int64_t *pairs[] = {amounts->alloc, amounts->in_use};
	int64_t values[4], block_size = 0;
	size_t i, count = 0;

	for (i = heap->has_alloc ? 0 : 1; i < 2; i++) {
		if (pairs[i][0] == 0 && pairs[i][1] != 0) {
			return -EBADMSG;
		}
		if (pairs[i][0] != 0) {
			/* -1 has no quotient that could overflow but this one. */
			block_size = pairs[i][0] == -1 ? (int64_t)(0 - (uint64_t)pairs[i][1])
						       : pairs[i][1] / pairs[i][0];
			if (heap->is_sampled) {
				scale(heap, pairs[i]);
			}
		}
		values[count++] = pairs[i][0];
		values[count++] = pairs[i][1];
	}
	return weft_legacy__add_sample(legacy, values, &block_size);
}

static int add_types(struct legacy *legacy, const struct heap *heap)
{
	static const char *const all[][2] = {{"alloc_objects", "count"},
					     {"alloc_space", "bytes"},
					     {"inuse_objects", "count"},
					     {"inuse_space", "bytes"}};
	static const char *const in_use[][2] = {{"objects", "count"}, {"space", "bytes"}};
	const char *const(*types)[2] = heap->has_alloc ? all : in_use;
	size_t count = heap->has_alloc ? 4 : 2, i;
	int ret = weft_pprof_set_period(legacy->profile, "space", "bytes", heap->rate);

	for (i = 0; ret == 0 && i < count; i++) {
		ret = weft_pprof_add_sample_type(legacy->profile, types[i][0], types[i][1]);
	}
	return ret < 0 ? ret
		       : weft_pprof_set_frame_filters(legacy->profile, allocators, not_allocators);
}

/* ---- The lines ---- */

static int take_line(struct legacy *legacy, const struct heap *heap, const char *line)
{
	struct amounts amounts;
	int ret;

	if (!parse_amounts(&line, &amounts) || !weft_legacy__skip(&line, "@")) {
		return -EBADMSG;
	}
	legacy->depth = 0;
	ret = weft_legacy__parse_addresses(legacy, line, false);
	return ret < 0 ? ret : add_sample(legacy, heap, &amounts);
}

/* A stack, then what its threads have: only the sum of all of them counts. */
static int take_jemalloc_line(struct legacy *legacy, const struct heap *heap, const char *line)
{
	struct amounts amounts;

	if (*line == '@') {
		legacy->depth = 0;
		return weft_legacy__parse_addresses(legacy, line + 1, false);
	}
	if (!weft_legacy__skip(&line, "t*:")) {
		return *line == 't' ? 0 : -EBADMSG;
	}
	if (!parse_amounts(&line, &amounts)) {
		return -EBADMSG;
	}
	/* Before the first stack come the sums of the whole profile. */
	return legacy->depth ? add_sample(legacy, heap, &amounts) : 0;
}

/* jemalloc says nowhere but in its lines whether it also counted what was freed. */
static bool has_jemalloc_alloc(struct legacy_lines lines)
{
	struct amounts total;
	const char *line = weft_legacy__next_line(&lines);

	return line && weft_legacy__skip(&line, "t*:") && parse_amounts(&line, &total) &&
	       (total.alloc[0] != 0 || total.alloc[1] != 0);
}

static int explain(const struct legacy *legacy, int ret, struct weft_error *err)
{
	if (ret == -EBADMSG) {
		return weft_legacy__malformed(legacy, "not a line of a heap profile", err);
	}
	return weft_error_set_errno(err, ret, "heap profile: line %" PRIu64, legacy->line_number);
}

/* The second line, whose reading cuts it: a copy of the whole state is not a copy of the text. */
static bool look_at_second(const struct heap *heap, struct legacy_lines lines)
{
	char *end = memchr(lines.at, '\n', (size_t)(lines.end - lines.at));
	bool result;

	if (!heap->is_jemalloc) {
		return heap->has_alloc;
	}
	result = has_jemalloc_alloc(lines);
	if (end) {
		*end = '\n';
	}
	return result;
}

int weft_legacy__decode_heap(struct legacy *legacy, struct legacy_lines lines,
			     struct weft_error *err)
{
	const char *line = weft_legacy__next_line(&lines);
	struct heap heap;
	int ret;

	if (!line || !parse_header(line, &heap)) {
		return -ENOMSG;
	}
	heap.has_alloc = look_at_second(&heap, lines);
	ret = add_types(legacy, &heap);
	legacy->depth = 0;
	while (ret == 0 && (line = weft_legacy__next_line(&lines))) {
		legacy->line_number = lines.number;
		if (weft_legacy__is_map_start(line)) {
			break;
		}
		if (*line && *line != '#') {
			ret = heap.is_jemalloc ? take_jemalloc_line(legacy, &heap, line)
					       : take_line(legacy, &heap, line);
		}
	}
	return ret < 0 ? explain(legacy, ret, err) : 0;
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Texts of older kinds as profiles: one line a sample, "values: addresses [bytes]", one a mapping.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/pprof-legacy.h>

static void describe_sample(const struct weft_pprof *profile, uint32_t index, FILE *out)
{
	const struct weft_pprof_sample *sample = weft_pprof_get_sample(profile, index);
	uint32_t i;

	for (i = 0; i < weft_pprof_sample_type_count(profile); i++) {
		(void)fprintf(out, "%s%" PRId64, i ? " " : "", sample->values[i]);
	}
	(void)fprintf(out, ":");
	for (i = 0; i < sample->location_count; i++) {
		(void)fprintf(out, " %" PRIx64,
			      weft_pprof_get_location(profile, sample->locations[i])->address);
	}
	for (i = 0; i < sample->label_count; i++) {
		(void)fprintf(out, " %s=%" PRId64, sample->labels[i].key, sample->labels[i].num);
	}
	(void)fprintf(out, "\n");
}

/* To be freed. */
static char *describe(const struct weft_pprof *profile)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	uint32_t i;

	for (i = 0; i < weft_pprof_sample_type_count(profile); i++) {
		(void)fprintf(out, "%s%s", i ? " " : "",
			      weft_pprof_get_sample_type(profile, i)->type);
	}
	(void)fprintf(out, " / %" PRId64 "\n", weft_pprof_get_header(profile)->period);
	for (i = 0; i < weft_pprof_sample_count(profile); i++) {
		describe_sample(profile, i, out);
	}
	for (i = 0; i < weft_pprof_mapping_count(profile); i++) {
		const struct weft_pprof_mapping *mapping = weft_pprof_get_mapping(profile, i);

		(void)fprintf(out, "%" PRIx64 "-%" PRIx64 " %" PRIx64 " %s %s\n", mapping->start,
			      mapping->limit, mapping->offset, mapping->file, mapping->build_id);
	}
	(void)fclose(out);
	return text;
}

/* What a kind of text becomes. */
struct text_case {
	const char *text, *wanted;
};

static void texts_become_profiles(void **state)
{
	static const struct text_case cases[] = {
		/* 100 bytes each, 1000 apart: one in 1 - exp(-0.1) of them is seen. */
		{"heap_v2/1000\n  t*: 3: 300 [0: 0]\n  t0: 3: 300 [0: 0]\n"
		 "@ 0x11 0x22\n  t*: 2: 200 [0: 0]\n  t0: 2: 200 [0: 0]\n"
		 "@ 0x31\n  t*: 1: 100 [0: 0]\n  t3: 1: 100 [0: 0]\n"
		 "\nMAPPED_LIBRARIES:\n10-40 r-xp 00000000 00:01 2   /bin/app\n",
		 "objects space / 1000\n21 2101: 10 21 bytes=100\n"
		 "10 1050: 30 bytes=100\n10-40 0 /bin/app \n"},
		{"heap profile: 1: 8 [2: 16] @ heapprofile\n1: 8 [2: 16] @ 0x401 0x501\n",
		 "alloc_objects alloc_space inuse_objects inuse_space / 1\n"
		 "2 16 1 8: 400 500 bytes=8\n0-ffffffffffffffff 0  \n"},
		/* In-use values of a difference may be below zero. */
		{"heap profile: 1: 8 [1: 8] @ growthz\n-1: -8 [1: 8] @ 0x401\n",
		 "objects space / 1\n-1 -8: 400 bytes=8\n0-ffffffffffffffff 0  \n"},
		{"mine profile: total 3\n# labels: {\"a\":\"b\"}\n3 @ 0x11 0x21\n\n",
		 "mine / 1\n3: 10 20\n0-ffffffffffffffff 0  \n"},
		{"--- contentionz 7 ---\ncycles/second = 2000000000\nsampling period = 10\n"
		 "100 3 @ 0x11\n",
		 "contentions delay / 10\n30 500: 10\n0-ffffffffffffffff 0  \n"},
		/* Two threads alike; a third in another place. */
		{"--- threadz 1 ---\n\n--- Thread 1 (name: a/1) stack: ---\n  PC: 0x11 0x21\n"
		 "   0x31 main\n--- Thread 2 (name: b/2) stack: ---\n [same as previous thread]\n"
		 "--- Thread 3 (name: c/3) stack: ---\n 0x12\n",
		 "thread / 1\n2: 11 20 30\n1: 12\n0-ffffffffffffffff 0  \n"},
		/* Pieces of a file are one; the program comes first; variables; logs' beginnings. */
		{"x profile: total 1\n1 @ 0x151\n--- Memory map: ---\n"
		 "build=/home/me\nI0101 12:00 7 a.cc:10] 1000-2000: /lib/libx.so.6\n"
		 "0x100-0x140: $build/app (@0) 12ab\n140-180 r-xp $build/app 12ab\n"
		 "180-190 rw-p 00000080 08:01 9 /home/me/app\n",
		 "x / 1\n1: 150\n100-180 0 /home/me/app 12ab\n1000-2000 0 /lib/libx.so.6 \n"},
		/* A mapping whose first part is missing is made longer. */
		{"x profile: total 1\n1 @ 0x1051\n--- Memory map: ---\n"
		 "2000-3000 r-xp 00001000 08:01 9 /a\n",
		 "x / 1\n1: 1050\n1000-3000 0 /a \n"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_error err = WEFT_ERROR_INIT;
		struct weft_pprof *profile = NULL;
		char *text;

		if (weft_pprof_decode_any(cases[i].text, strlen(cases[i].text), 0, &profile, &err) <
		    0) {
			fail_msg("%zu: %s", i, err.text);
		}
		text = describe(profile);
		assert_string_equal(text, cases[i].wanted);
		free(text);
		weft_pprof_destroy(profile);
	}
}

static void what_is_damaged_is_refused_with_its_line(void **state)
{
	static const struct text_case cases[] = {
		{"hello\n", "unrecognized profile format"},
		{"x profile: total 1\n6 @\n", "line 2"},
		{"x profile: total 1\n1 @ 0x1\nnonsense\n", "line 3"},
		{"heap profile: 1: 2 [3: 4] @ heap/2\n0: 8 [1: 8] @ 0x1\n", "line 2"},
		{"heap profile: 1: 2 [3: 4] @ unheard/2\n", "unrecognized"},
		{"heap_v2/10\n@ 0x1\n t*: 1\n", "line 3"},
		{"--- contentionz 1 ---\ncycles/second = many\n", "line 2"},
		{"--- Thread 1 (name: a/1) stack: ---\n 0x1\n--- what ---\n", "line 3"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_error err = WEFT_ERROR_INIT;
		struct weft_pprof *profile = NULL;

		assert_int_equal(weft_pprof_decode_any(cases[i].text, strlen(cases[i].text), 0,
						       &profile, &err),
				 -EBADMSG);
		assert_null(profile);
		if (!strstr(err.text, cases[i].wanted)) {
			fail_msg("%zu: %s", i, err.text);
		}
	}
}

static void there_is_a_ceiling(void **state)
{
	static const char head[] = "x profile: total 1\n";
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_pprof *profile = NULL;
	size_t size = 1 << 20, at;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	memcpy(text, head, sizeof(head) - 1);
	for (at = sizeof(head) - 1; at + 16 < size; at += 16) {
		(void)snprintf(text + at, 17, "1 @ 0x%09zx\n", at);
	}
	assert_int_equal(weft_pprof_decode_any(text, at, 4 << 20, &profile, &err), -E2BIG);
	assert_int_equal(weft_pprof_decode_any(text, at, 64 << 20, &profile, &err), 0);
	weft_pprof_destroy(profile);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_become_profiles),
		cmocka_unit_test(what_is_damaged_is_refused_with_its_line),
		cmocka_unit_test(there_is_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

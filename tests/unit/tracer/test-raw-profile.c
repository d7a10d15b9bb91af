// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Raw profiles, decoded by the profile library: everything that goes in comes out.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/pprof.h>

#include "mappings.h"
#include "raw-profile.h"

struct bytes {
	unsigned char *bytes;
	size_t size;
	int fails_at; /* Pieces until `write` fails; -1: never. */
};

static int collect(void *ctx, const void *bytes, size_t size)
{
	struct bytes *all = (struct bytes *)ctx;

	if (all->fails_at == 0) {
		return -ENOSPC;
	}
	all->fails_at -= all->fails_at > 0;
	all->bytes = (unsigned char *)realloc(all->bytes, all->size + size);
	assert_non_null(all->bytes);
	memcpy(all->bytes + all->size, bytes, size);
	all->size += size;
	return 0;
}

static struct weft_pprof *decode(const struct bytes *all)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_pprof *decoded = NULL;

	if (weft_pprof_decode(all->bytes, all->size, 0, &decoded, &err) < 0) {
		fail_msg("%s", err.text);
	}
	return decoded;
}

static struct weft_raw_profile *begin(struct bytes *all)
{
	struct weft_raw_profile *raw = weft_raw_profile_create(collect, all);

	assert_non_null(raw);
	weft_raw_profile_add_sample_type(raw, "samples", "count");
	weft_raw_profile_add_sample_type(raw, "cpu", "nanoseconds");
	return raw;
}

static struct weft_pprof *finish(struct weft_raw_profile *raw, struct bytes *all)
{
	struct weft_pprof *decoded;

	assert_int_equal(weft_raw_profile_finish(raw), 0);
	weft_raw_profile_destroy(raw);
	decoded = decode(all);
	free(all->bytes);
	return decoded;
}

static void header_is_kept(void **state)
{
	struct bytes all = {NULL, 0, -1};
	struct weft_raw_profile *raw = begin(&all);
	const struct weft_pprof_header *header;
	struct weft_pprof *decoded;

	(void)state;
	weft_raw_profile_set_period(raw, "cpu", "nanoseconds", 10000000);
	weft_raw_profile_set_time(raw, 1764110000123456789, 5000000001);
	weft_raw_profile_set_default_type(raw, "samples");
	weft_raw_profile_add_comment(raw, "rate: %d Hz", 100);
	weft_raw_profile_add_comment(raw, "samples"); /* A string that is there already. */
	decoded = finish(raw, &all);
	header = weft_pprof_get_header(decoded);
	assert_string_equal(header->period_type.type, "cpu");
	assert_string_equal(header->period_type.unit, "nanoseconds");
	assert_int_equal(header->period, 10000000);
	assert_int_equal(header->time_ns, 1764110000123456789);
	assert_int_equal(header->duration_ns, 5000000001);
	assert_string_equal(header->default_sample_type, "samples");
	assert_int_equal(weft_pprof_sample_type_count(decoded), 2);
	assert_string_equal(weft_pprof_get_sample_type(decoded, 0)->unit, "count");
	assert_string_equal(weft_pprof_get_sample_type(decoded, 1)->type, "cpu");
	assert_int_equal(weft_pprof_comment_count(decoded), 2);
	assert_string_equal(weft_pprof_get_comment(decoded, 0), "rate: 100 Hz");
	assert_string_equal(weft_pprof_get_comment(decoded, 1), "samples");
	weft_pprof_destroy(decoded);
}

static void samples_are_kept(void **state)
{
	static const uintptr_t pcs[] = {0x1000, 0x2000, 0x1000};
	static const int64_t values[] = {-3, INT64_MAX};
	static const struct weft_raw_label labels[] = {
		{"path", "/", 0, NULL},
		{"empty", "", 0, NULL}, /* Readers drop it, as Go's own. */
		{"bytes", NULL, -512, "bytes"},
		{"tid", NULL, 77, NULL},
	};
	const struct weft_raw_sample sample = {pcs, 3, values, labels, 4, false};
	struct bytes all = {NULL, 0, -1};
	struct weft_raw_profile *raw = begin(&all);
	const struct weft_pprof_sample *got;
	struct weft_pprof *decoded;

	(void)state;
	weft_raw_profile_add_sample(raw, &sample);
	decoded = finish(raw, &all);
	assert_int_equal(weft_pprof_sample_count(decoded), 1);
	got = weft_pprof_get_sample(decoded, 0);
	assert_int_equal(got->location_count, 3);
	assert_int_equal(got->values[0], -3);
	assert_int_equal(got->values[1], INT64_MAX);
	assert_int_equal(got->label_count, 3);
	assert_string_equal(got->labels[0].key, "path");
	assert_string_equal(got->labels[0].str, "/");
	assert_string_equal(got->labels[1].key, "bytes");
	assert_null(got->labels[1].str);
	assert_int_equal(got->labels[1].num, -512);
	assert_string_equal(got->labels[1].unit, "bytes");
	assert_int_equal(got->labels[2].num, 77);
	weft_pprof_destroy(decoded);
}

/* The interrupted instruction stands for itself, a return address for the call before it. */
static void callers_lie_inside_their_calls(void **state)
{
	static const uintptr_t pcs[] = {0x1000, 0x1000};
	static const int64_t values[] = {1, 2};
	struct weft_raw_sample sample = {pcs, 2, values, NULL, 0, false};
	struct bytes all = {NULL, 0, -1};
	struct weft_raw_profile *raw = begin(&all);
	const struct weft_pprof_sample *got;
	struct weft_pprof *decoded;

	(void)state;
	weft_raw_profile_add_sample(raw, &sample);
	sample.leaf_is_call = true;
	weft_raw_profile_add_sample(raw, &sample);
	decoded = finish(raw, &all);
	assert_int_equal(weft_pprof_location_count(decoded), 2);
	got = weft_pprof_get_sample(decoded, 0);
	assert_int_equal(weft_pprof_get_location(decoded, got->locations[0])->address, 0x1000);
	assert_int_equal(weft_pprof_get_location(decoded, got->locations[1])->address, 0xfff);
	got = weft_pprof_get_sample(decoded, 1);
	assert_int_equal(weft_pprof_get_location(decoded, got->locations[0])->address, 0xfff);
	assert_int_equal(weft_pprof_get_location(decoded, got->locations[1])->address, 0xfff);
	weft_pprof_destroy(decoded);
}

static void zero_values_are_written(void **state)
{
	static const int64_t values[] = {0, 0};
	const struct weft_raw_sample sample = {NULL, 0, values, NULL, 0, false};
	struct bytes all = {NULL, 0, -1};
	struct weft_raw_profile *raw = begin(&all);
	struct weft_pprof *decoded;

	(void)state;
	weft_raw_profile_add_sample(raw, &sample);
	decoded = finish(raw, &all); /* Refused, were there fewer values than types. */
	assert_int_equal(weft_pprof_sample_count(decoded), 1);
	assert_int_equal(weft_pprof_get_sample(decoded, 0)->location_count, 0);
	weft_pprof_destroy(decoded);
}

/* Every address of this program's code and of libc's has its mapping, the program's the first. */
static void code_has_its_mapping(void **state)
{
	const uintptr_t pcs[] = {(uintptr_t)code_has_its_mapping, (uintptr_t)malloc, 1};
	static const int64_t values[] = {1, 1};
	const struct weft_raw_sample sample = {pcs, 3, values, NULL, 0, false};
	struct bytes all = {NULL, 0, -1};
	struct weft_raw_profile *raw = begin(&all);
	const struct weft_pprof_location *location;
	const struct weft_pprof_mapping *mapping;
	const struct weft_pprof_sample *got;
	struct weft_pprof *decoded;
	unsigned int i;

	(void)state;
	weft_raw_profile_add_sample(raw, &sample);
	decoded = finish(raw, &all);
	got = weft_pprof_get_sample(decoded, 0);
	for (i = 0; i < 2; i++) {
		location = weft_pprof_get_location(decoded, got->locations[i]);
		assert_int_not_equal(location->mapping, WEFT_PPROF_NONE);
		mapping = weft_pprof_get_mapping(decoded, location->mapping);
		assert_true(location->address >= mapping->start &&
			    location->address < mapping->limit);
		assert_true(strlen(mapping->build_id) >= 16);
		assert_false(mapping->has_functions);
	}
	location = weft_pprof_get_location(decoded, got->locations[0]);
	assert_int_equal(location->mapping, 0);
	assert_non_null(strstr(weft_pprof_get_mapping(decoded, 0)->file, "raw-profile"));
	location = weft_pprof_get_location(decoded, got->locations[2]);
	assert_int_equal(location->mapping, WEFT_PPROF_NONE);
	weft_pprof_destroy(decoded);
}

/* More than one buffer, and tables that grow. */
static void large_profiles_are_whole(void **state)
{
	struct bytes all = {NULL, 0, -1};
	struct weft_raw_profile *raw = begin(&all);
	struct weft_pprof *decoded;
	int64_t sum = 0;
	uint32_t i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		const uintptr_t pcs[] = {i + 1, 0x100000 + i, 0x200000 + i % 7};
		const int64_t values[] = {i, 1};
		const struct weft_raw_label label = {"n", NULL, i + 1, NULL};
		const struct weft_raw_sample sample = {pcs, 3, values, &label, 1, false};

		weft_raw_profile_add_sample(raw, &sample);
	}
	decoded = finish(raw, &all);
	assert_int_equal(weft_pprof_sample_count(decoded), 20000);
	for (i = 0; i < 20000; i++) {
		const struct weft_pprof_sample *got = weft_pprof_get_sample(decoded, i);

		assert_int_equal(got->labels[0].num, i + 1);
		assert_int_equal(weft_pprof_get_location(decoded, got->locations[0])->address,
				 i + 1);
		sum += got->values[0];
	}
	assert_int_equal(sum, INT64_C(20000) * 19999 / 2);
	assert_int_equal(weft_pprof_location_count(decoded), 40007);
	weft_pprof_destroy(decoded);
}

static void failures_are_told_at_the_end(void **state)
{
	static const int64_t values[] = {1, 1};
	const struct weft_raw_sample sample = {NULL, 0, values, NULL, 0, false};
	struct bytes all = {NULL, 0, 0};
	struct weft_raw_profile *raw = begin(&all);

	(void)state;
	assert_int_equal(weft_raw_profile_finish(raw), -ENOSPC);
	weft_raw_profile_destroy(raw);
	raw = weft_raw_profile_create(collect, &all);
	weft_raw_profile_add_sample(raw, &sample); /* Of which type? */
	assert_int_equal(weft_raw_profile_finish(raw), -EINVAL);
	weft_raw_profile_destroy(raw);
	free(all.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_is_kept),
		cmocka_unit_test(samples_are_kept),
		cmocka_unit_test(callers_lie_inside_their_calls),
		cmocka_unit_test(zero_values_are_written),
		cmocka_unit_test(code_has_its_mapping),
		cmocka_unit_test(large_profiles_are_whole),
		cmocka_unit_test(failures_are_told_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

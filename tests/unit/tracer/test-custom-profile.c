// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Sets of pointers with stacks.
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

#include "custom-profile.h"

#define VALUE(number) ((const void *)(uintptr_t)(number))

static void a_value_is_there_once(void **state)
{
	static const uintptr_t pcs[] = {1, 2};
	struct weft_custom_profile *profile = weft_custom_profile_create();

	(void)state;
	assert_non_null(profile);
	assert_int_equal(weft_custom_profile_add(profile, VALUE(8), pcs, 2), 0);
	assert_int_equal(weft_custom_profile_add(profile, VALUE(8), pcs, 1), -EEXIST);
	assert_int_equal(weft_custom_profile_add(profile, NULL, NULL, 0), 0);
	assert_int_equal(weft_custom_profile_count(profile), 2);
	weft_custom_profile_remove(profile, VALUE(16)); /* Is not there. */
	weft_custom_profile_remove(profile, VALUE(8));
	weft_custom_profile_remove(profile, VALUE(8));
	assert_int_equal(weft_custom_profile_count(profile), 1);
	assert_int_equal(weft_custom_profile_add(profile, VALUE(8), pcs, 2), 0);
	weft_custom_profile_destroy(profile);
}

static void many_values_come_and_go(void **state)
{
	struct weft_custom_profile *profile = weft_custom_profile_create();
	uintptr_t i;

	(void)state;
	for (i = 1; i <= 10000; i++) {
		assert_int_equal(weft_custom_profile_add(profile, VALUE(i * 64), &i, 1), 0);
	}
	for (i = 2; i <= 10000; i += 2) {
		weft_custom_profile_remove(profile, VALUE(i * 64));
	}
	assert_int_equal(weft_custom_profile_count(profile), 5000);
	for (i = 1; i <= 10000; i += 2) {
		assert_int_equal(weft_custom_profile_add(profile, VALUE(i * 64), &i, 1), -EEXIST);
	}
	weft_custom_profile_destroy(profile);
}

struct bytes {
	unsigned char bytes[1U << 20];
	size_t size;
};

static int collect(void *ctx, const void *bytes, size_t size)
{
	struct bytes *all = (struct bytes *)ctx;

	assert_true(all->size + size <= sizeof(all->bytes));
	memcpy(all->bytes + all->size, bytes, size);
	all->size += size;
	return 0;
}

static void equal_stacks_are_one_sample(void **state)
{
	static const uintptr_t here[] = {0x10, 0x20};
	static const uintptr_t there[] = {0x30};
	struct weft_custom_profile *profile = weft_custom_profile_create();
	struct bytes *all = (struct bytes *)calloc(1, sizeof(*all));
	struct weft_pprof *decoded = NULL;
	int64_t counts[3] = {0, 0, 0};
	uint32_t i;

	(void)state;
	assert_non_null(all);
	for (i = 1; i <= 5; i++) {
		assert_int_equal(weft_custom_profile_add(profile, VALUE(i), here, 2), 0);
	}
	assert_int_equal(weft_custom_profile_add(profile, VALUE(6), there, 1), 0);
	assert_int_equal(weft_custom_profile_add(profile, VALUE(7), NULL, 0), 0);
	assert_int_equal(weft_custom_profile_write(profile, "open files", collect, all), 0);
	assert_int_equal(weft_pprof_decode(all->bytes, all->size, 0, &decoded, NULL), 0);
	assert_string_equal(weft_pprof_get_sample_type(decoded, 0)->type, "open files");
	assert_int_equal(weft_pprof_get_header(decoded)->period, 1);
	assert_int_equal(weft_pprof_sample_count(decoded), 3);
	for (i = 0; i < 3; i++) {
		const struct weft_pprof_sample *sample = weft_pprof_get_sample(decoded, i);

		counts[sample->location_count] += sample->values[0];
		if (sample->location_count == 1) { /* A return address is a call's. */
			assert_int_equal(
				weft_pprof_get_location(decoded, sample->locations[0])->address,
				0x2f);
		}
	}
	assert_int_equal(counts[2], 5);
	assert_int_equal(counts[1], 1);
	assert_int_equal(counts[0], 1);
	weft_pprof_destroy(decoded);
	weft_custom_profile_destroy(profile);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_there_once),
		cmocka_unit_test(many_values_come_and_go),
		cmocka_unit_test(equal_stacks_are_one_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

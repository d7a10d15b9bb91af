// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Id map: against a plain array that answers the same questions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "id-map.h"

#define KEY_COUNT 512U

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

/* Ids as they come: dense, strided, high bits only, and all alike in the low bits. */
static uint64_t key_of(unsigned int form, uint64_t number)
{
	switch (form) {
	case 0:
		return number;
	case 1:
		return number * 64;
	case 2:
		return number << 55;
	default:
		return number << 32 | 0xffffffffU;
	}
}

static void it_answers_like_an_array_over_random_steps(void **state)
{
	static char values[KEY_COUNT];
	unsigned int form;

	(void)state;
	for (form = 0; form < 4; form++) {
		struct weft_id_map map = {0};
		void *model[KEY_COUNT] = {NULL};
		size_t count = 0;
		uint64_t seed = form + 1;
		int step;

		for (step = 0; step < 200000; step++) {
			uint64_t number = next_random(&seed) % KEY_COUNT;
			uint64_t key = key_of(form, number);

			if (next_random(&seed) % 2) {
				void *value = &values[next_random(&seed) % KEY_COUNT];

				assert_int_equal(weft_id_map_put(&map, key, value), 0);
				count += !model[number];
				model[number] = value;
			} else {
				weft_id_map_remove(&map, key);
				count -= model[number] != NULL;
				model[number] = NULL;
			}
			number = next_random(&seed) % KEY_COUNT;
			assert_ptr_equal(weft_id_map_find(&map, key_of(form, number)),
					 model[number]);
			assert_int_equal(map.count, count);
		}
		weft_id_map_fini(&map);
	}
}

static void an_empty_map_finds_nothing_and_may_be_removed_from(void **state)
{
	struct weft_id_map map = {0};

	(void)state;
	assert_null(weft_id_map_find(&map, 0));
	weft_id_map_remove(&map, 7);
	weft_id_map_clear(&map);
	assert_int_equal(map.count, 0);
	weft_id_map_fini(&map);
}

static void it_does_not_grow_in_steady_use(void **state)
{
	struct weft_id_map map = {0};
	size_t slot_count = 0;
	uint64_t key;

	(void)state;
	for (key = 0; key < 1000000; key++) {
		assert_int_equal(weft_id_map_put(&map, key, &map), 0);
		if (key >= 1000) {
			weft_id_map_remove(&map, key - 1000);
		}
		if (key == 2000) {
			slot_count = map.slot_count;
		}
	}
	assert_int_equal(map.slot_count, slot_count);
	weft_id_map_fini(&map);
}

static void clear_forgets_all_and_keeps_working(void **state)
{
	struct weft_id_map map = {0};
	uint64_t key;

	(void)state;
	for (key = 0; key < 100; key++) {
		assert_int_equal(weft_id_map_put(&map, key, &map), 0);
	}
	weft_id_map_clear(&map);
	for (key = 0; key < 100; key++) {
		assert_null(weft_id_map_find(&map, key));
	}
	assert_int_equal(weft_id_map_put(&map, 5, &key), 0);
	assert_ptr_equal(weft_id_map_find(&map, 5), &key);
	weft_id_map_fini(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_answers_like_an_array_over_random_steps),
		cmocka_unit_test(an_empty_map_finds_nothing_and_may_be_removed_from),
		cmocka_unit_test(it_does_not_grow_in_steady_use),
		cmocka_unit_test(clear_forgets_all_and_keeps_working),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

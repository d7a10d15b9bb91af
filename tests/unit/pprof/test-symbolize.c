// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names of files and of profiles: what callers can rely on, at the library that the converter's test
 * looks into as well. What names come out for which programs is the integration test's matter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>

#include <weft/symbol-file.h>
#include <weft/symbolize.h>

#define OK(call) assert_int_equal(call, 0)
/* Where the library is loaded to in profiles. */
#define BASE UINT64_C(0x700000000000)

static uint64_t plain_address; /* Of plain_function() in the file. */

static int find_address(void **state)
{
	void *library = dlopen(WEFT_TEST_TARGET, RTLD_NOW | RTLD_LOCAL);
	struct link_map *map = NULL;
	const void *function = library ? dlsym(library, "plain_function") : NULL;

	(void)state;
	if (!function || dlinfo(library, RTLD_DI_LINKMAP, &map) != 0) {
		return -1;
	}
	plain_address = (uint64_t)(uintptr_t)function - map->l_addr;
	return dlclose(library);
}

static struct weft_symbol_file *open_target(void)
{
	const struct weft_symbol_file_options options = {.path = WEFT_TEST_TARGET};
	struct weft_symbol_file *file = NULL;

	OK(weft_symbol_file_open(&options, &file, NULL));
	return file;
}

/* ---- Files ---- */

struct taken {
	size_t count;
	size_t last_index;
	uint64_t entry;
	int answer;
};

static int take(void *ctx, const struct weft_symbol *symbol)
{
	struct taken *taken = (struct taken *)ctx;

	assert_true(symbol->has_inlines);
	assert_int_equal(symbol->frame_count, 1);
	assert_string_equal(symbol->frames[0].function, "plain_function");
	taken->count++;
	taken->last_index = symbol->index;
	taken->entry = symbol->entry;
	return taken->answer;
}

static void addresses_may_repeat_and_be_unknown(void **state)
{
	struct weft_symbol_file *file = open_target();
	const uint64_t addresses[] = {plain_address, plain_address, plain_address + 1, UINT64_MAX};
	struct taken taken = {0, 0, 0, 0};

	(void)state;
	OK(weft_symbol_file_find_all(file, addresses, 4, take, &taken));
	assert_int_equal(taken.count, 3);
	assert_int_equal(taken.last_index, 2);
	assert_int_equal(taken.entry, plain_address);
	OK(weft_symbol_file_find_all(file, addresses, 0, take, &taken));
	assert_int_equal(taken.count, 3);
	weft_symbol_file_close(file);
}

static void addresses_must_ascend(void **state)
{
	struct weft_symbol_file *file = open_target();
	const uint64_t addresses[] = {plain_address + 1, plain_address};
	struct taken taken = {0, 0, 0, 0};

	(void)state;
	assert_int_equal(weft_symbol_file_find_all(file, addresses, 2, take, &taken), -EINVAL);
	assert_int_equal(taken.count, 0);
	weft_symbol_file_close(file);
}

static void a_search_ends_when_its_taker_says_so(void **state)
{
	struct weft_symbol_file *file = open_target();
	const uint64_t addresses[] = {plain_address, plain_address + 1};
	struct taken taken = {0, 0, 0, 7};

	(void)state;
	assert_int_equal(weft_symbol_file_find_all(file, addresses, 2, take, &taken), 7);
	assert_int_equal(taken.count, 1);
	weft_symbol_file_close(file);
}

static void files_that_cannot_be_used_are_refused(void **state)
{
	static const struct {
		const char *path, *build_id;
		int code;
		const char *text;
	} cases[] = {
		{"/nonexistent/x", "", -ENOENT,
		 "cannot open '/nonexistent/x': No such file or directory"},
		{"/", "", -EINVAL, "cannot open '/': Invalid argument"},
		{"/dev/null", "", -EINVAL, "cannot open '/dev/null': Invalid argument"},
		{__FILE__, "", -ENOEXEC, "'" __FILE__ "' is not an ELF file"},
		{WEFT_TEST_TARGET, "0123", -ESTALE, "wanted 0123"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct weft_symbol_file_options options = {.path = cases[i].path,
								 .build_id = cases[i].build_id};
		struct weft_symbol_file *file = NULL;
		struct weft_error err = WEFT_ERROR_INIT;

		assert_int_equal(weft_symbol_file_open(&options, &file, &err), cases[i].code);
		assert_non_null(strstr(err.text, cases[i].text));
		assert_null(file);
	}
}

/* ---- Profiles ---- */

/* One location in each of two mappings of the library: the second is said to be done. */
static struct weft_pprof *create(uint64_t address)
{
	struct weft_pprof *profile = weft_pprof_create();
	const struct weft_pprof_mapping mappings[] = {
		{.start = BASE, .limit = BASE + (1 << 20), .file = WEFT_TEST_TARGET},
		{.start = 2 * BASE,
		 .limit = 2 * BASE + (1 << 20),
		 .file = WEFT_TEST_TARGET,
		 .has_functions = true},
	};
	uint32_t index;
	uint32_t i;

	assert_non_null(profile);
	for (i = 0; i < 2; i++) {
		const struct weft_pprof_location location = {.mapping = i,
							     .address = (i + 1) * BASE + address};

		OK(weft_pprof_add_mapping(profile, &mappings[i], &index));
		OK(weft_pprof_add_location(profile, &location, &index));
	}
	return profile;
}

static void what_is_done_already_is_left_alone(void **state)
{
	struct weft_pprof *profile = create(plain_address);
	uint64_t entries[] = {0, 0};
	const struct weft_symbolize_options options = {.entries = entries};
	const struct weft_pprof_mapping *mapping;
	const struct weft_pprof_location *location;

	(void)state;
	OK(weft_pprof_symbolize(profile, &options, NULL));
	mapping = weft_pprof_get_mapping(profile, 0);
	assert_true(mapping->has_functions && mapping->has_filenames && mapping->has_line_numbers &&
		    mapping->has_inline_frames);
	location = weft_pprof_get_location(profile, 0);
	assert_int_equal(location->line_count, 1);
	assert_string_equal(weft_pprof_get_function(profile, location->lines[0].function)->name,
			    "plain_function");
	assert_int_equal(entries[0], BASE + plain_address);

	assert_int_equal(weft_pprof_get_location(profile, 1)->line_count, 0);
	assert_false(weft_pprof_get_mapping(profile, 1)->has_filenames);
	assert_int_equal(entries[1], 0);
	assert_int_equal(weft_pprof_comment_count(profile), 0);

	/* Once more changes nothing. */
	OK(weft_pprof_symbolize(profile, &options, NULL));
	assert_int_equal(weft_pprof_function_count(profile), 1);
	weft_pprof_destroy(profile);
}

static void unknown_addresses_stay_addresses(void **state)
{
	struct weft_pprof *profile = create((1 << 20) - 1);
	const struct weft_symbolize_options options = {.pid = 0};

	(void)state;
	OK(weft_pprof_symbolize(profile, &options, NULL));
	assert_int_equal(weft_pprof_get_location(profile, 0)->line_count, 0);
	assert_false(weft_pprof_get_mapping(profile, 0)->has_functions);
	weft_pprof_destroy(profile);
}

/* Names of symbol tables cost next to nothing; lines are what takes time. */
static void after_the_deadline_there_are_names_but_no_lines(void **state)
{
	struct weft_pprof *profile = create(plain_address);
	const struct weft_symbolize_options options = {.deadline_ns = 1};

	(void)state;
	OK(weft_pprof_symbolize(profile, &options, NULL));
	assert_int_equal(weft_pprof_get_location(profile, 0)->line_count, 1);
	assert_true(weft_pprof_get_mapping(profile, 0)->has_functions);
	assert_false(weft_pprof_get_mapping(profile, 0)->has_line_numbers);
	assert_int_equal(weft_pprof_comment_count(profile), 1);
	assert_string_equal(weft_pprof_get_comment(profile, 0),
			    "symbols: there was no time to look up all lines");
	weft_pprof_destroy(profile);
}

static void a_profile_without_room_for_names_is_said(void **state)
{
	struct weft_pprof *profile = create(plain_address);
	const struct weft_symbolize_options options = {.pid = 0};
	struct weft_error err = WEFT_ERROR_INIT;

	(void)state;
	weft_pprof_set_memory_limit(profile, 1);
	assert_int_equal(weft_pprof_symbolize(profile, &options, &err), -E2BIG);
	assert_non_null(strstr(err.text, "cannot keep the names of a profile"));
	assert_int_equal(weft_pprof_get_location(profile, 0)->line_count, 0);
	weft_pprof_destroy(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_may_repeat_and_be_unknown),
		cmocka_unit_test(addresses_must_ascend),
		cmocka_unit_test(a_search_ends_when_its_taker_says_so),
		cmocka_unit_test(files_that_cannot_be_used_are_refused),
		cmocka_unit_test(what_is_done_already_is_left_alone),
		cmocka_unit_test(unknown_addresses_stay_addresses),
		cmocka_unit_test(after_the_deadline_there_are_names_but_no_lines),
		cmocka_unit_test(a_profile_without_room_for_names_is_said),
	};

	return cmocka_run_group_tests(tests, find_address, NULL);
}

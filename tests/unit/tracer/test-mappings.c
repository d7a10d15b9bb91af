// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What is code, also after it has been unloaded.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "mappings.h"

/* Part of glibc's package, and of no program's needs. */
#define LIBRARY "libBrokenLocale.so.1"
#define SYMBOL  "__ctype_get_mb_cur_max"

static const struct weft_mapping *find(struct weft_mappings *mappings, uint64_t address)
{
	assert_int_equal(weft_mappings_copy(mappings), 0);
	return weft_mappings_find(mappings, address);
}

static void every_mapping_is_found_by_its_addresses(void **state)
{
	struct weft_mappings mappings;
	size_t i;

	(void)state;
	assert_int_equal(weft_mappings_refresh(true), 0);
	assert_int_equal(weft_mappings_copy(&mappings), 0);
	assert_true(mappings.count > 2);
	assert_non_null(strstr(mappings.items[0].file, "mappings"));
	for (i = 0; i < mappings.count; i++) {
		const struct weft_mapping *mapping = &mappings.items[i];

		assert_true(mapping->start < mapping->limit);
		assert_ptr_equal(weft_mappings_find(&mappings, mapping->start), mapping);
		assert_ptr_equal(weft_mappings_find(&mappings, mapping->limit - 1), mapping);
		assert_true(i < 2 || mappings.items[i - 1].limit <= mapping->start);
	}
	assert_null(weft_mappings_find(&mappings, 1));
	assert_null(weft_mappings_find(&mappings, (uint64_t)(uintptr_t)&mappings));
	weft_mappings_fini(&mappings);
}

static void unloaded_objects_stay(void **state)
{
	void *library = dlopen(LIBRARY, RTLD_NOW);
	char build_id[WEFT_BUILD_ID_SIZE];
	struct weft_mappings mappings;
	const struct weft_mapping *mapping;
	uint64_t address;

	(void)state;
	if (!library) {
		skip();
	}
	address = (uint64_t)(uintptr_t)dlsym(library, SYMBOL);
	assert_int_equal(weft_mappings_refresh(false), 0); /* Sees that there is something new. */
	mapping = find(&mappings, address);
	assert_non_null(mapping);
	assert_non_null(strstr(mapping->file, "BrokenLocale"));
	memcpy(build_id, mapping->build_id, sizeof(build_id));
	weft_mappings_fini(&mappings);
	assert_int_equal(dlclose(library), 0);
	assert_int_equal(weft_mappings_refresh(false), 0);
	assert_int_equal(weft_mappings_refresh(true), 0);
	mapping = find(&mappings, address);
	assert_non_null(mapping);
	assert_non_null(strstr(mapping->file, "BrokenLocale"));
	assert_string_equal(mapping->build_id, build_id);
	weft_mappings_fini(&mappings);
}

/* As code that a program generates has none. */
static void memory_without_a_file_is_no_mapping(void **state)
{
	const size_t size = 65536;
	char *code =
		(char *)mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct weft_mappings mappings;

	(void)state;
	assert_ptr_not_equal(code, MAP_FAILED);
	assert_int_equal(weft_mappings_refresh(true), 0);
	assert_null(find(&mappings, (uint64_t)(uintptr_t)code));
	weft_mappings_fini(&mappings);
	assert_int_equal(munmap(code, size), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mapping_is_found_by_its_addresses),
		cmocka_unit_test(unloaded_objects_stay),
		cmocka_unit_test(memory_without_a_file_is_no_mapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

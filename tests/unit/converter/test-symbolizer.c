// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Symbolizer: real objects built for this test, with and without debug information.
 *
 * The library of symbolizer-target.cc is looked into from outside, at the addresses its symbol table
 * tells through dlsym() in this process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbolizer.h"

#define PID 42

static void *library;
static char other_path[64];

static int load(void **state)
{
	(void)state;
	library = dlopen(WEFT_TEST_TARGET, RTLD_NOW | RTLD_LOCAL);
	return library ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	return dlclose(library);
}

static struct weft_text text_of(const char *text)
{
	return (struct weft_text){text, (uint32_t)strlen(text)};
}

/* Where a symbol is in this process, and the base of its object. */
static uint64_t address_of(const char *symbol, uint64_t *ret_base)
{
	void *address = dlsym(library, symbol);
	struct link_map *map = NULL;

	assert_non_null(address);
	assert_int_equal(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
	*ret_base = map->l_addr;
	return (uint64_t)(uintptr_t)address;
}

static void announce(struct weft_symbolizer *symbolizer, const char *path, const char *build_id,
		     uint64_t base)
{
	struct weft_event event = {.kind = WEFT_EVENT_OBJECT, .pid = PID};

	event.object.base = base;
	event.object.start = base;
	event.object.end = base + (UINT64_C(1) << 20);
	event.object.path = text_of(path);
	event.object.build_id = text_of(build_id);
	assert_int_equal(weft_symbolizer_add_object(symbolizer, PID, &event), 0);
}

/* Resolves the return address of a call at the symbol's first instruction. */
static const struct weft_frame *resolve(struct weft_symbolizer *symbolizer, const char *path,
					const char *build_id, const char *symbol)
{
	uint64_t base;
	uint64_t address = address_of(symbol, &base);

	announce(symbolizer, path, build_id, base);
	return weft_symbolizer_resolve(symbolizer, PID, address + 1);
}

static void expect_plain_function_in(const char *path)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	const int *line = (const int *)dlsym(library, "plain_function_line");
	const struct weft_frame *frame = resolve(symbolizer, path, "", "plain_function");

	assert_non_null(line);
	assert_string_equal(frame->function, "plain_function");
	assert_non_null(strstr(frame->file, "symbolizer-target.cc"));
	assert_in_range(frame->line, *line - 1, *line + 1);
	weft_symbolizer_destroy(symbolizer);
}

static void function_file_and_line_come_from_debug_information(void **state)
{
	(void)state;
	expect_plain_function_in(WEFT_TEST_TARGET);
}

/* As clang leaves it: nothing tells which compile unit an address belongs to. */
static void a_file_without_an_index_of_addresses_is_read_as_well(void **state)
{
	(void)state;
	expect_plain_function_in(WEFT_TEST_TARGET_UNINDEXED);
}

static void cpp_names_are_readable_and_without_parameters(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	const struct weft_frame *frame =
		resolve(symbolizer, WEFT_TEST_TARGET, "", "_ZNK5outer5Thing6methodIlEEiT_");

	(void)state;
	assert_non_null(strstr(frame->function, "outer::Thing::method<long>"));
	assert_null(strchr(frame->function, '('));
	weft_symbolizer_destroy(symbolizer);
}

/* Only the dynamic symbols are left: they give the function, not the line. */
static void a_stripped_file_gives_function_names(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	const struct weft_frame *frame =
		resolve(symbolizer, WEFT_TEST_TARGET_STRIPPED, "", "plain_function");

	(void)state;
	assert_string_equal(frame->function, "plain_function");
	assert_string_equal(frame->file, "");
	assert_int_equal(frame->line, 0);
	weft_symbolizer_destroy(symbolizer);
}

static void a_file_that_is_gone_gives_object_and_offset(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	uint64_t base;
	uint64_t address = address_of("plain_function", &base);
	char expected[64];
	const struct weft_frame *frame =
		resolve(symbolizer, "/nonexistent/libgone.so", "", "plain_function");

	(void)state;
	(void)snprintf(expected, sizeof(expected), "libgone.so+0x%llx",
		       (unsigned long long)(address + 1 - base));
	assert_string_equal(frame->function, expected);
	weft_symbolizer_destroy(symbolizer);
}

/* The file was replaced since the recording: its names would be wrong ones. */
static void another_build_id_gives_object_and_offset(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	const struct weft_frame *frame =
		resolve(symbolizer, WEFT_TEST_TARGET, "0123456789012345678901234567890123456789",
			"plain_function");

	(void)state;
	assert_non_null(strstr(frame->function, ".so+0x"));
	weft_symbolizer_destroy(symbolizer);
}

static void files_that_are_no_objects_give_object_and_offset(void **state)
{
	static const char *const paths[] = {"/dev/null", "/", "/proc/self/status", ""};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct weft_symbolizer *symbolizer = weft_symbolizer_create();
		const struct weft_frame *frame =
			resolve(symbolizer, paths[i], "", "plain_function");

		assert_non_null(strstr(frame->function, "+0x"));
		weft_symbolizer_destroy(symbolizer);
	}
}

/* Opening a named pipe must not wait for a writer. */
static void a_named_pipe_does_not_stop_the_conversion(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();

	(void)state;
	(void)snprintf(other_path, sizeof(other_path), "/tmp/weft-pipe-%ld", (long)getpid());
	assert_int_equal(mkfifo(other_path, 0600), 0);
	assert_non_null(
		strstr(resolve(symbolizer, other_path, "", "plain_function")->function, "+0x"));
	assert_int_equal(unlink(other_path), 0);
	weft_symbolizer_destroy(symbolizer);
}

static void unknown_addresses_are_shown_as_numbers(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();

	(void)state;
	assert_string_equal(weft_symbolizer_resolve(symbolizer, PID, 0)->function, "[unknown]");
	assert_string_equal(weft_symbolizer_resolve(symbolizer, PID, 0x1234)->function, "0x1234");
	assert_string_equal(weft_symbolizer_resolve(symbolizer, PID, UINT64_MAX)->function,
			    "0xffffffffffffffff");
	weft_symbolizer_destroy(symbolizer);
}

static void equal_places_are_one_frame(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	const struct weft_frame *frame =
		resolve(symbolizer, WEFT_TEST_TARGET, "", "plain_function");
	uint64_t base;
	uint64_t address = address_of("plain_function", &base);

	(void)state;
	assert_ptr_equal(weft_symbolizer_resolve(symbolizer, PID, address + 1), frame);
	assert_int_not_equal(weft_symbolizer_resolve(symbolizer, PID, 0x1234)->id, frame->id);
	weft_symbolizer_destroy(symbolizer);
}

static void a_new_life_of_a_pid_forgets_its_objects(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	uint64_t base;
	uint64_t address = address_of("plain_function", &base);

	(void)state;
	weft_symbolizer_set_process(symbolizer, PID, 1);
	assert_string_equal(resolve(symbolizer, WEFT_TEST_TARGET, "", "plain_function")->function,
			    "plain_function");
	weft_symbolizer_set_process(symbolizer, PID, 1);
	assert_string_equal(weft_symbolizer_resolve(symbolizer, PID, address + 1)->function,
			    "plain_function");
	weft_symbolizer_set_process(symbolizer, PID, 2);
	assert_non_null(
		strstr(weft_symbolizer_resolve(symbolizer, PID, address + 1)->function, "0x"));
	weft_symbolizer_destroy(symbolizer);
}

static void a_later_object_replaces_what_it_overlaps(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();

	(void)state;
	announce(symbolizer, "/nonexistent/first", "", 0x100000);
	assert_string_equal(weft_symbolizer_resolve(symbolizer, PID, 0x100011)->function,
			    "first+0x11");
	announce(symbolizer, "/nonexistent/second", "", 0x100000);
	assert_string_equal(weft_symbolizer_resolve(symbolizer, PID, 0x100011)->function,
			    "second+0x11");
	weft_symbolizer_destroy(symbolizer);
}

/* What the kernel tells of the library's code in this process, as if it were process `pid`. */
static struct weft_event own_mapping(int32_t pid, const char *path)
{
	const uint64_t address = (uint64_t)(uintptr_t)dlsym(library, "plain_function");
	struct weft_event event = {.kind = WEFT_EVENT_MAPPING};
	unsigned long start = 0, end = 0, offset = 0;
	char line[1024];
	FILE *file = fopen("/proc/self/maps", "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) &&
	       (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) != 3 || address < start ||
		address >= end)) {
	}
	(void)fclose(file);
	assert_in_range(address, start, end - 1);
	event.mapping.subject_pid = pid;
	event.mapping.start = start;
	event.mapping.end = end;
	event.mapping.offset = offset;
	event.mapping.path = text_of(path);
	event.mapping.build_id = text_of("");
	return event;
}

static const char *name_in(struct weft_symbolizer *symbolizer, int32_t pid)
{
	const uint64_t address = (uint64_t)(uintptr_t)dlsym(library, "plain_function");

	return weft_symbolizer_resolve(symbolizer, pid, address + 1)->function;
}

static void mappings_that_the_kernel_tells_give_functions(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	struct weft_event mapping = own_mapping(PID, WEFT_TEST_TARGET);
	char expected[64];

	(void)state;
	/* An address is a number until what is there is told. */
	assert_memory_equal(name_in(symbolizer, PID), "0x", 2);
	mapping.mapping.path = text_of("");
	assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &mapping), 0);
	assert_memory_equal(name_in(symbolizer, PID), "0x", 2);
	mapping = own_mapping(PID, WEFT_TEST_TARGET);
	assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &mapping), 0);
	assert_string_equal(name_in(symbolizer, PID), "plain_function");
	assert_memory_equal(name_in(symbolizer, PID + 1), "0x", 2);
	/* Of another file there is an offset to tell. */
	mapping = own_mapping(PID + 1, "/nonexistent/libgone.so");
	assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &mapping), 0);
	(void)snprintf(expected, sizeof(expected), "libgone.so+0x%llx",
		       (unsigned long long)((uint64_t)(uintptr_t)dlsym(library, "plain_function") +
					    1 - mapping.mapping.start + mapping.mapping.offset));
	assert_string_equal(name_in(symbolizer, PID + 1), expected);
	weft_symbolizer_destroy(symbolizer);
}

/* The kernel's offset may lie outside of all that a file loads. */
static void damaged_mappings_give_object_and_offset(void **state)
{
	static const uint64_t offsets[] = {UINT64_MAX, UINT64_MAX / 2, 1, 1U << 30};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct weft_symbolizer *symbolizer = weft_symbolizer_create();
		struct weft_event mapping = own_mapping(PID, WEFT_TEST_TARGET);

		mapping.mapping.offset = offsets[i];
		assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &mapping), 0);
		assert_non_null(name_in(symbolizer, PID));
		mapping.mapping.end = mapping.mapping.start;
		assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &mapping), 0);
		weft_symbolizer_destroy(symbolizer);
	}
}

/* Mappings are parts of it, and say no more. */
static void what_a_program_says_of_itself_outdoes_its_mappings(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	struct weft_event mapping = own_mapping(PID, WEFT_TEST_TARGET);
	const uint64_t id =
		(announce(symbolizer, WEFT_TEST_TARGET, "", mapping.mapping.start - 0x10000),
		 weft_symbolizer_find_object(symbolizer, PID, mapping.mapping.start)->id);

	(void)state;
	assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &mapping), 0);
	assert_int_equal(weft_symbolizer_find_object(symbolizer, PID, mapping.mapping.start)->id,
			 id);
	/* Another file there means that it is gone. */
	mapping.mapping.path = text_of("/nonexistent/other");
	assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &mapping), 0);
	assert_string_equal(
		weft_symbolizer_find_object(symbolizer, PID, mapping.mapping.start)->path,
		"/nonexistent/other");
	weft_symbolizer_destroy(symbolizer);
}

static void a_forked_process_has_what_its_parent_has(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	struct weft_event mapping = own_mapping(PID, WEFT_TEST_TARGET);
	struct weft_event other = own_mapping(PID + 1, "/nonexistent/other");

	(void)state;
	assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &mapping), 0);
	/* What an earlier process with that id had is gone. */
	assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &other), 0);
	assert_int_equal(weft_symbolizer_fork(symbolizer, PID, PID + 1), 0);
	assert_string_equal(name_in(symbolizer, PID + 1), "plain_function");
	/* Of a parent that nobody knows, of itself. */
	assert_int_equal(weft_symbolizer_fork(symbolizer, PID + 7, PID + 1), 0);
	assert_memory_equal(name_in(symbolizer, PID + 1), "0x", 2);
	assert_int_equal(weft_symbolizer_fork(symbolizer, PID, PID), 0);
	assert_string_equal(name_in(symbolizer, PID), "plain_function");
	weft_symbolizer_destroy(symbolizer);
}

/* Of a machine that starts programs all day long, the last thousand that ended are kept. */
static void processes_that_ended_long_ago_are_forgotten(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	struct weft_event mapping = own_mapping(PID, WEFT_TEST_TARGET);
	int32_t pid;

	(void)state;
	for (pid = 1000; pid < 1000 + 1500; pid++) {
		mapping.mapping.subject_pid = pid;
		assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &mapping), 0);
		weft_symbolizer_exit(symbolizer, pid);
		weft_symbolizer_exit(symbolizer, pid);
		weft_symbolizer_exit(symbolizer, -pid);
	}
	assert_string_equal(name_in(symbolizer, 2499), "plain_function");
	assert_string_equal(name_in(symbolizer, 2499 - 1023), "plain_function");
	assert_memory_equal(name_in(symbolizer, 2499 - 1024), "0x", 2);
	weft_symbolizer_destroy(symbolizer);
}

/* Where a program has no frame pointers, a chain ends in whatever was in their place. */
static void what_is_no_code_ends_no_chain(void **state)
{
	const uint64_t code = (uint64_t)(uintptr_t)dlsym(library, "plain_function") + 1;
	const uint64_t chains[][4] = {{code, code, 0x6b08, 5},
				      {code, 0x6b08, code, 5},
				      {0x6b08, code, code, code},
				      {0x6b08, 1, 2, 3},
				      {0x6b08, 0, UINT64_MAX, 0}};
	const size_t expected[] = {2, 3, 4, 1, 1};
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	struct weft_event mapping = own_mapping(PID, WEFT_TEST_TARGET);
	struct weft_text chain = {"", 0};
	size_t i;

	(void)state;
	assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &mapping), 0);
	assert_int_equal(weft_symbolizer_trim_chain(symbolizer, PID, chain), 0);
	for (i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		chain = (struct weft_text){(const char *)chains[i], sizeof(chains[i])};
		assert_int_equal(weft_symbolizer_trim_chain(symbolizer, PID, chain), expected[i]);
		/* Of a process that nothing is known of, all is as good. */
		assert_int_equal(weft_symbolizer_trim_chain(symbolizer, PID + 1, chain), 4);
	}
	weft_symbolizer_destroy(symbolizer);
}

/* Regions are looked up when all is read. */
static void what_a_program_said_of_itself_is_kept(void **state)
{
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	struct weft_event mapping = own_mapping(PID, "/nonexistent/other");
	int32_t pid;

	(void)state;
	assert_string_equal(resolve(symbolizer, WEFT_TEST_TARGET, "", "plain_function")->function,
			    "plain_function");
	weft_symbolizer_exit(symbolizer, PID);
	for (pid = 1000; pid < 1000 + 1500; pid++) {
		mapping.mapping.subject_pid = pid;
		assert_int_equal(weft_symbolizer_add_mapping(symbolizer, &mapping), 0);
		weft_symbolizer_exit(symbolizer, pid);
	}
	assert_string_equal(name_in(symbolizer, PID), "plain_function");
	weft_symbolizer_destroy(symbolizer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(function_file_and_line_come_from_debug_information),
		cmocka_unit_test(a_file_without_an_index_of_addresses_is_read_as_well),
		cmocka_unit_test(cpp_names_are_readable_and_without_parameters),
		cmocka_unit_test(a_stripped_file_gives_function_names),
		cmocka_unit_test(a_file_that_is_gone_gives_object_and_offset),
		cmocka_unit_test(another_build_id_gives_object_and_offset),
		cmocka_unit_test(files_that_are_no_objects_give_object_and_offset),
		cmocka_unit_test(a_named_pipe_does_not_stop_the_conversion),
		cmocka_unit_test(unknown_addresses_are_shown_as_numbers),
		cmocka_unit_test(equal_places_are_one_frame),
		cmocka_unit_test(a_new_life_of_a_pid_forgets_its_objects),
		cmocka_unit_test(a_later_object_replaces_what_it_overlaps),
		cmocka_unit_test(mappings_that_the_kernel_tells_give_functions),
		cmocka_unit_test(damaged_mappings_give_object_and_offset),
		cmocka_unit_test(what_a_program_says_of_itself_outdoes_its_mappings),
		cmocka_unit_test(a_forked_process_has_what_its_parent_has),
		cmocka_unit_test(processes_that_ended_long_ago_are_forgotten),
		cmocka_unit_test(what_a_program_said_of_itself_is_kept),
		cmocka_unit_test(what_is_no_code_ends_no_chain),
	};

	return cmocka_run_group_tests(tests, load, unload);
}

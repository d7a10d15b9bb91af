// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Go tables: what is stored is valid, equal texts have one id, ids are dense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "go-tables.h"

#define FFFD "\xef\xbf\xbd"

static struct weft_text text_of(const char *text)
{
	return (struct weft_text){text, (uint32_t)strlen(text)};
}

static void damaged_utf8_is_replaced_byte_by_byte(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"plain", "plain"},
		{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"a\x80z", "a" FFFD "z"},                  /* Alone. */
		{"a\xc3", "a" FFFD},                       /* Cut. */
		{"\xe2\x82z", FFFD FFFD "z"},              /* Cut. */
		{"\xc0\xaf", FFFD FFFD},                   /* Overlong slash. */
		{"\xe0\x80\xaf", FFFD FFFD FFFD},          /* Overlong. */
		{"\xf0\x80\x80\xaf", FFFD FFFD FFFD FFFD}, /* Overlong. */
		{"\xed\xa0\x80", FFFD FFFD FFFD},          /* Surrogate. */
		{"\xed\x9f\xbf", "\xed\x9f\xbf"},          /* The last before. */
		{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},  /* U+10FFFF. */
		{"\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD}, /* Beyond. */
		{"\xf5\x80\x80\x80", FFFD FFFD FFFD FFFD}, /* Beyond. */
		{"\xff\xfe", FFFD FFFD},
		{"12345678\xff"
		 "12345678",
		 "12345678" FFFD "12345678"}, /* Beyond the first word. */
	};
	struct weft_text_table table = {0};
	uint64_t id;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_text stored;

		assert_int_equal(weft_text_table_add(&table, text_of(cases[i].from), &id), 0);
		stored = weft_text_table_get(&table, id);
		assert_int_equal(stored.len, strlen(cases[i].to));
		assert_memory_equal(stored.text, cases[i].to, stored.len);
	}
	weft_text_table_fini(&table);
}

static void long_texts_are_cut_at_a_character(void **state)
{
	struct weft_text_table table = {0};
	char text[3 * WEFT_GO_STRING_SIZE_MAX];
	uint64_t id;
	size_t i;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(weft_text_table_add(&table, (struct weft_text){text, sizeof(text)}, &id),
			 0);
	assert_int_equal(weft_text_table_get(&table, id).len, WEFT_GO_STRING_SIZE_MAX);
	for (i = 0; i + 3 <= sizeof(text); i += 3) {
		memcpy(text + i, "\xe2\x82\xac", 3);
	}
	assert_int_equal(weft_text_table_add(&table, (struct weft_text){text, sizeof(text)}, &id),
			 0);
	assert_int_equal(weft_text_table_get(&table, id).len, WEFT_GO_STRING_SIZE_MAX / 3 * 3);
	weft_text_table_fini(&table);
}

static void the_empty_text_has_id_0_and_is_not_stored(void **state)
{
	struct weft_text_table table = {0};
	uint64_t id = 9;

	(void)state;
	assert_int_equal(weft_text_table_add(&table, text_of(""), &id), 0);
	assert_int_equal(id, 0);
	assert_int_equal(table.count, 0);
	weft_text_table_fini(&table);
}

static void texts_may_contain_nul(void **state)
{
	struct weft_text_table table = {0};
	uint64_t first;
	uint64_t second;

	(void)state;
	assert_int_equal(weft_text_table_add(&table, (struct weft_text){"a\0b", 3}, &first), 0);
	assert_int_equal(weft_text_table_add(&table, (struct weft_text){"a\0c", 3}, &second), 0);
	assert_int_not_equal(first, second);
	assert_memory_equal(weft_text_table_get(&table, first).text, "a\0b", 3);
	weft_text_table_fini(&table);
}

static void ids_are_dense_and_stay_over_growth(void **state)
{
	struct weft_text_table table = {0};
	char text[32];
	uint64_t id;
	unsigned int pass;
	unsigned int i;

	(void)state;
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < 20000; i++) {
			(void)snprintf(text, sizeof(text), "text %u", i * 7919);
			assert_int_equal(weft_text_table_add(&table, text_of(text), &id), 0);
			assert_int_equal(id, i + 1);
			assert_int_equal(weft_text_table_find(&table, text_of(text)), id);
		}
	}
	assert_int_equal(table.count, 20000);
	weft_text_table_clear(&table);
	assert_int_equal(weft_text_table_add(&table, text_of("new"), &id), 0);
	assert_int_equal(id, 1);
	weft_text_table_fini(&table);
}

static void find_adds_nothing(void **state)
{
	struct weft_text_table table = {0};
	uint64_t id;

	(void)state;
	assert_int_equal(weft_text_table_find(&table, text_of("x")), 0);
	assert_int_equal(weft_text_table_add(&table, text_of("x\xff"), &id), 0);
	assert_int_equal(weft_text_table_find(&table, text_of("y")), 0);
	assert_int_equal(weft_text_table_find(&table, text_of("x\xff")), id);
	assert_int_equal(weft_text_table_find(&table, text_of("")), 0);
	assert_int_equal(table.count, 1);
	weft_text_table_fini(&table);
}

static void sites_differ_by_process_and_address(void **state)
{
	struct weft_site_table table = {0};
	uint64_t id;
	uint64_t ip;
	int32_t pid;

	(void)state;
	for (pid = 0; pid < 50; pid++) {
		for (ip = 0; ip < 50; ip++) {
			assert_int_equal(weft_site_table_add(&table, 0, pid, ip << 40, &id), 0);
			assert_int_equal(id, (uint64_t)pid * 50 + ip + 1);
		}
	}
	assert_int_equal(weft_site_table_add(&table, 0, 3, UINT64_C(4) << 40, &id), 0);
	assert_int_equal(id, 3 * 50 + 4 + 1);
	weft_site_table_fini(&table);
}

/* Stacks a→b, a→c and a→b again: what they share is there once. */
static void stacks_share_their_outer_part(void **state)
{
	struct weft_site_table table = {0};
	uint64_t a, b, c, again;

	(void)state;
	assert_int_equal(weft_site_table_add(&table, 0, 1, 0xa, &a), 0);
	assert_int_equal(weft_site_table_add(&table, a, 1, 0xb, &b), 0);
	assert_int_equal(weft_site_table_add(&table, a, 1, 0xc, &c), 0);
	assert_int_equal(weft_site_table_add(&table, a, 1, 0xb, &again), 0);
	assert_int_equal(again, b);
	assert_int_equal(table.count, 3);
	assert_int_equal(table.entries[b - 1].caller, a);
	assert_int_equal(table.entries[c - 1].caller, a);
	/* The same address without a caller is another stack. */
	assert_int_equal(weft_site_table_add(&table, 0, 1, 0xb, &again), 0);
	assert_int_not_equal(again, b);
	assert_false(table.entries[b - 1].is_stack);
	weft_site_table_fini(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_utf8_is_replaced_byte_by_byte),
		cmocka_unit_test(long_texts_are_cut_at_a_character),
		cmocka_unit_test(the_empty_text_has_id_0_and_is_not_stored),
		cmocka_unit_test(texts_may_contain_nul),
		cmocka_unit_test(ids_are_dense_and_stay_over_growth),
		cmocka_unit_test(find_adds_nothing),
		cmocka_unit_test(sites_differ_by_process_and_address),
		cmocka_unit_test(stacks_share_their_outer_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

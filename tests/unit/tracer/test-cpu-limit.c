// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What control groups permit, of both versions, with files made up for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/runtime.h>

#include "cpu-limit.h"

static char root[] = "/tmp/weft-cgroup-XXXXXX";

static void write_file(const char *path, const char *text)
{
	char whole[256];
	FILE *file;

	(void)snprintf(whole, sizeof(whole), "%s/%s", root, path);
	file = fopen(whole, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *path)
{
	char whole[256];

	(void)snprintf(whole, sizeof(whole), "%s/%s", root, path);
	assert_int_equal(mkdir(whole, 0755), 0);
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	make_folder("a");
	make_folder("a/b");
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void quotas_are_parsed(void **state)
{
	static const struct {
		const char *text;
		double limit;
	} cases[] = {
		{"150000 100000\n", 1.5},
		{"max 100000\n", 0},
		{"50000 100000", 0.5},
		{"-1 100000\n", 0},
		{"", 0},
		{"100000", 0},
		{"100000 0\n", 0},
		{"x y", 0},
		{"100000 x", 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(weft_cpu_limit_parse(cases[i].text) == cases[i].limit);
	}
}

static void the_lowest_limit_on_the_way_up_counts(void **state)
{
	(void)state;
	assert_true(weft_cpu_limit_find(root, "0::/a/b\n") == 0);
	write_file("a/b/cpu.max", "max 100000\n");
	write_file("a/cpu.max", "250000 100000\n");
	assert_true(weft_cpu_limit_find(root, "0::/a/b\n") == 2.5);
	write_file("a/b/cpu.max", "400000 100000\n");
	assert_true(weft_cpu_limit_find(root, "0::/a/b\n") == 2.5);
	write_file("a/b/cpu.max", "50000 100000\n");
	assert_true(weft_cpu_limit_find(root, "0::/a/b\n") == 0.5);
	assert_true(weft_cpu_limit_find(root, "0::/a\n") == 2.5);
	assert_true(weft_cpu_limit_find(root, "0::/\n") == 0);
	assert_true(weft_cpu_limit_find(root, "") == 0);
	assert_true(weft_cpu_limit_find(root, "nonsense\n:\n") == 0);
}

static void version_1_has_two_files(void **state)
{
	(void)state;
	make_folder("v1");
	write_file("v1/cpu.cfs_quota_us", "75000\n");
	write_file("v1/cpu.cfs_period_us", "50000\n");
	assert_true(weft_cpu_limit_find(root, "3:memory:/a\n2:cpu,cpuacct:/v1\n") == 1.5);
	write_file("v1/cpu.cfs_quota_us", "-1\n");
	assert_true(weft_cpu_limit_find(root, "2:cpu:/v1\n") == 0);
}

static void this_process_has_a_cpu(void **state)
{
	(void)state;
	assert_in_range(weft_runtime_cpu_count(), 1, sysconf(_SC_NPROCESSORS_CONF));
	assert_true(weft_runtime_cpu_quota() >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotas_are_parsed),
		cmocka_unit_test(the_lowest_limit_on_the_way_up_counts),
		cmocka_unit_test(version_1_has_two_files),
		cmocka_unit_test(this_process_has_a_cpu),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

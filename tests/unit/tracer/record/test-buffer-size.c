// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Sizes of ring buffers, chosen from what a machine has.
 */
#include "buffer-size.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static void buffers_fit_the_machine(void **state)
{
	static const struct {
		struct weft_machine machine;
		uint64_t bytes; /* Of a sub-buffer; 0: refused. */
	} cases[] = {
		/* A laptop, a large server, and one with little memory for its CPUs. */
		{{8, 16 * GIB, 8 * GIB, 100 * GIB}, 4 * MIB},
		{{256, 512 * GIB, 256 * GIB, 100 * GIB}, 4 * MIB},
		{{64, 8 * GIB, 4 * GIB, 100 * GIB}, 2 * MIB},
		/* A container with the usual 64 MiB of shared memory. */
		{{8, 16 * GIB, 64 * MIB, 100 * GIB}, 512 * KIB},
		/* A small disk. */
		{{2, 16 * GIB, 8 * GIB, 160 * MIB}, 2 * MIB},
		/* Below the budget, but it fits; and it does not. */
		{{8, 16 * GIB, 4 * MIB, 100 * GIB}, 64 * KIB},
		{{8, 16 * GIB, 4 * MIB - 1, 100 * GIB}, 0},
		{{8, 4 * MIB - 1, 8 * GIB, 100 * GIB}, 0},
		{{8, 16 * GIB, 8 * GIB, 4 * MIB - 1}, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_buffer_size size = {0, 0};
		struct weft_error err = WEFT_ERROR_INIT;
		int ret = weft_buffer_size_choose(&cases[i].machine, &size, &err);

		assert_int_equal(ret, cases[i].bytes ? 0 : -ENOSPC);
		assert_int_equal(strlen(err.text) == 0, cases[i].bytes != 0);
		if (ret == 0) {
			assert_int_equal(size.subbuffer_bytes, cases[i].bytes);
			assert_int_equal(size.subbuffer_count, 8);
		}
	}
}

static void what_is_asked_for_is_kept_or_refused(void **state)
{
	static const struct weft_machine machine = {2, 16 * GIB, 64 * MIB, 100 * GIB};
	static const struct {
		struct weft_buffer_size size;
		int ret;
	} cases[] = {
		{{4096, 2}, 0},       {{8 * MIB, 4}, 0},       {{16 * MIB, 4}, -ENOSPC},
		{{5000, 2}, -EINVAL}, {{2048, 2}, -EINVAL},    {{4096, 3}, -EINVAL},
		{{4096, 1}, -EINVAL}, {{2 * GIB, 2}, -EINVAL}, {{4096, 131072}, -EINVAL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_buffer_size size = cases[i].size;

		assert_int_equal(weft_buffer_size_choose(&machine, &size, NULL), cases[i].ret);
		assert_int_equal(size.subbuffer_bytes, cases[i].size.subbuffer_bytes);
		assert_int_equal(size.subbuffer_count, cases[i].size.subbuffer_count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_fit_the_machine),
		cmocka_unit_test(what_is_asked_for_is_kept_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

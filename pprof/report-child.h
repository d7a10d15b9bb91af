// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Programs that reports leave work to: dot, objdump.
 */
#ifndef WEFT_PPROF_REPORT_CHILD_H
#define WEFT_PPROF_REPORT_CHILD_H

#include <stdio.h>

#include <weft/error.h>

/* What a program may print: more is damage. */
#define REPORT_CHILD_OUTPUT_MAX ((size_t)1 << 30)

/**
 * Runs a program, found by PATH, to its end.
 *
 * Its output is copied once all of it is there: a program that fails leaves `out` as it was.
 *
 * @param argv  NULL behind the last.
 * @param in    Its standard input, from the start of the file; NULL: nothing.
 * @param out   Where its standard output goes.
 * @param limit_ms  It is killed when it takes longer; 0: it may take as long as it likes.
 * @return 0; -ENOENT: there is no such program; -EIO: it failed, err has the first line of what it
 *         said; -ETIME: it took too long; -E2BIG; other errors of starting it.
 *
 * Threads: any. Signals: not safe.
 */
WEFT_MUST_CHECK int weft_report_child__run(const char *const argv[], FILE *in, FILE *out,
					   unsigned int limit_ms, struct weft_error *err);

#endif

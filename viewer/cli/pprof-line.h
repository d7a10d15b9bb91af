// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Lines of input of the shell of `weft pprof`: by libedit on a terminal (emacs keys, or as ~/.editrc says;
 * history of the session; completion by tab), plainly from anything else.
 */
#ifndef WEFT_CLI_PPROF_LINE_H
#define WEFT_CLI_PPROF_LINE_H

#include <weft/error.h>
#include <weft/pprof.h>

struct pprof_line;

/**
 * @param profile  Borrowed until the end: its functions complete arguments.
 * @return 0; -ENOMEM; -EIO: the terminal is none that libedit knows how to use.
 */
WEFT_MUST_CHECK int pprof_line_open(const struct weft_pprof *profile, struct pprof_line **ret_line,
				    struct weft_error *err);
/**
 * Prompts, and waits for a line.
 *
 * @return Borrowed until the next call, without the newline; NULL: input ended.
 */
const char *pprof_line_read(struct pprof_line *line);
/** NULL is fine. */
void pprof_line_close(struct pprof_line *line);

#endif

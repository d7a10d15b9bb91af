// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Lines that were typed in earlier sessions of the shell: weft/pprof-history below $XDG_STATE_HOME or
 * ~/.local/state, one a line. A line is there as soon as it was typed, so that shells beside each other
 * lose nothing of each other.
 *
 * History is a convenience: where the file cannot be read or written, there is none, and nobody is told.
 */
#ifndef WEFT_CLI_PPROF_HISTORY_H
#define WEFT_CLI_PPROF_HISTORY_H

/**
 * Opens the file, and gives its last lines to `add`, oldest first.
 *
 * @param add  Gets each line, without its end.
 * @return A descriptor, to be closed; -1: there is no history.
 */
int pprof_history_open(void (*add)(void *ctx, const char *line), void *ctx);
/** Adds a line, which ends at its first newline or NUL. A descriptor of -1 is fine. */
void pprof_history_add(int fd, const char *line);

#endif

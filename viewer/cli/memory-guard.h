// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reading traces that anybody may have made, with babeltrace2: it makes room for as many numbers as a
 * damaged event says that it has, thousands of millions, and GLib ends the process where there is no
 * memory left.
 */
#ifndef WEFT_CLI_MEMORY_GUARD_H
#define WEFT_CLI_MEMORY_GUARD_H

/**
 * Keeps this process, and those that it starts, to 4 GiB or three quarters of the machine's memory, whichever
 * is less (a lower RLIMIT_DATA stays), and has it end with one line and WEFT_CLI_FAILED where a library
 * gives up.
 *
 * @param command  Name of the subcommand, for the line. Borrowed for ever.
 */
void weft_memory_guard_start(const char *command);

/** The trace is read: what ends the process from now on has other reasons. The limit stays. */
void weft_memory_guard_end(void);

#endif

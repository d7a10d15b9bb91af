// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * The helper process: `weft SUBCOMMAND`, started by a library that must not carry what it needs.
 *
 *     library                      helper
 *     socket ◀──── lines ────────▶ descriptor WEFT_HELPER_SOCKET_FD
 *     output ────────────────────▶ descriptor WEFT_HELPER_OUTPUT_FD, when there is one
 *
 * Not installed: for libweft, libweft-http and the helper itself. Needs libc only.
 *
 * Threads: any. Signals: not safe.
 */
#ifndef WEFT_HELPER_H
#define WEFT_HELPER_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_HELPER_SOCKET_FD 3
#define WEFT_HELPER_OUTPUT_FD 4
#define WEFT_HELPER_PATH_SIZE 4096

/**
 * Starts the helper: the program that the environment variable WEFT_BIN names, else the `weft` of the
 * same installation as the calling library, else the one in PATH. It goes on as a grandchild, so that
 * nothing is left to wait for, in a process group of its own, with default signals, and without any
 * other descriptor above 2.
 *
 * @param argv         As for exec, argv[0] included.
 * @param socket_fd    Becomes WEFT_HELPER_SOCKET_FD; the caller's stays open.
 * @param output_fd    Becomes WEFT_HELPER_OUTPUT_FD; -1: none. The caller's stays open.
 * @param ret_program  What was run, for messages; WEFT_HELPER_PATH_SIZE bytes. Set on failure too.
 * @return 0; a negative errno: it does not run; -EPERM: see weft_helper_forbid().
 */
int weft_helper_start(char *const *argv, int socket_fd, int output_fd, char *ret_program);

/**
 * Whether the calling thread may start no helper: for answers that whoever asked completes.
 * Threads begin with false.
 */
void weft_helper_forbid(bool is_forbidden);

/**
 * Takes a line "error CODE TEXT" apart.
 *
 * @param ret_text  Points into `line`.
 * @return The code as a negative errno (-EIO for a code that is none); 0: another line, ret_text is
 *         untouched.
 */
int weft_helper_parse_error(const char *line, const char **ret_text);

#ifdef __cplusplus
}
#endif

#endif

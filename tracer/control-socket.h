// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The control socket: who may look into this process asks for its exports (<weft/export.h>).
 *
 * An abstract unix stream socket named "weft-control-PID", PID as the process sees itself. It leaves
 * no file behind, and needs no folder. One request a connection, a line; then the answer:
 *
 *     list                                   ok, a line "COUNT NAME<TAB>DESCRIPTION" each, the end
 *     fetch debug=D seconds=S gc=G NAME      ok, pieces, "0"; a piece: its length, newline, bytes
 *     either, on failure                     error ERRNO TEXT
 *
 * Numbers are decimal and not negative. A fetch that ends without "0" is not whole.
 *
 * A process that has a socket also lists and serves "fgprof" (wall-clock.h), unless the program has an
 * export of that name.
 *
 * Binary profiles of Weft's own (debug=0) come raw, as <weft/profile.h> writes them where there is no
 * `weft` command: who asks has them completed, so that no process is started from this one.
 */
#ifndef WEFT_TRACER_CONTROL_SOCKET_H
#define WEFT_TRACER_CONTROL_SOCKET_H

#include <stdbool.h>

#include <weft/export.h>

#define WEFT_CONTROL_SOCKET_NAME "weft-control-%d"

enum weft_control_verb {
	WEFT_CONTROL_LIST,
	WEFT_CONTROL_FETCH,
};

/** Where an export writes: to a client of the socket, or to whoever asked inside the process. */
struct weft_export_output {
	int fd;             /**< Of the client; unused with `write`. */
	bool begun, failed; /**< Something was written; the client is gone. */
	int (*write)(void *ctx, const void *bytes, size_t size); /**< NULL: to fd. */
	void *ctx;
	int failure; /**< What `write` returned. */
};

/** A request taken apart. */
struct weft_control_line {
	enum weft_control_verb verb;
	struct weft_export_request request;
	char name[WEFT_EXPORT_NAME_SIZE];
};

/** Takes apart a line without its end; any bytes. Pure. @return Whether it is a request. */
bool weft_control_socket__parse(const char *text, struct weft_control_line *ret_line);

/** Starts the socket if it does not run. @return 0; negative errno. */
int weft_control_socket__start(void);

/** In the child of fork(): the parent's is not ours; starts an own one if there are exports. */
void weft_control_socket__forget(void);

/* ---- export.c ---- */

/** Takes an export by name so that it stays; NULL: there is none. */
const struct weft_export *weft_export__borrow(const char *name);
/** Gives it back. */
void weft_export__return(const struct weft_export *profile);
/** Borrows the export at `index` of the table; NULL: none is there. */
const struct weft_export *weft_export__borrow_at(unsigned int index);
bool weft_export__has_any(void);
/** In the child of fork(): the threads that held exports do not exist there. */
void weft_export__forget(void);

#endif

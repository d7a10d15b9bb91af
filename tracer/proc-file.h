// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reading files of /proc and the list of this process's threads, with libc only.
 *
 * Threads: any. Signals: not safe, though nothing here takes a lock but malloc's.
 */
#ifndef WEFT_TRACER_PROC_FILE_H
#define WEFT_TRACER_PROC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole file with a NUL behind it, to be freed by the caller. 0; a negative errno. */
int weft_proc_file_read(const char *path, char **ret_text, size_t *ret_len);
/* At most size - 1 bytes, always with a NUL. Number of bytes, or a negative errno. */
int weft_proc_file_peek(const char *path, char *ret_text, size_t size);

/* Calls `visit` for each thread that was there meanwhile; false from it ends the walk. */
int weft_proc_threads_walk(bool (*visit)(void *ctx, int32_t tid), void *ctx);

/* As weft_proc_file_peek(), a file of one thread of this process, e.g. "syscall". */
int weft_proc_task_peek(int32_t tid, const char *file, char *ret_text, size_t size);
/* The same for a file that is read more than once: a descriptor to be closed, or a negative errno. */
int weft_proc_task_open(int32_t tid, const char *file);
/* From its begin, as weft_proc_file_peek(). */
int weft_proc_fd_peek(int fd, char *ret_text, size_t size);
/* Between these two the calling thread finds such files faster. Not nested. */
void weft_proc_tasks_hold(void);
void weft_proc_tasks_release(void);

/* A thread as /proc tells it. */
struct weft_proc_thread {
	char name[32];
	uint64_t blocked;      /* Mask of blocked signals: bit n - 1 is signal n. */
	char state;            /* R, S, D, T, ... */
	uint64_t switch_count; /* Context switches of both kinds. */
};

/* 0; -ESRCH or another negative errno: it is gone, or cannot be read. */
int weft_proc_thread_read(int32_t tid, struct weft_proc_thread *ret_thread);
/* Whether it blocks this signal, 1 to 31, for two thirds of that cost. 1; 0; a negative errno as above. */
int weft_proc_thread_blocks(int32_t tid, int signal);

#endif

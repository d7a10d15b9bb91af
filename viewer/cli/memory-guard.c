// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See memory-guard.h.
 */
#include "memory-guard.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli.h"

/* What is read is never held as a whole: traces of any length take some 64 MiB. */
#define LIMIT_MAX ((rlim_t)4 << 30)

static const char *guarded_command;

static void say(const char *text)
{
	(void)!write(STDERR_FILENO, text, strlen(text)); /* Nowhere else to tell. */
}

/* GLib raises SIGTRAP or SIGABRT when it gets no memory, babeltrace2 SIGABRT where it is at a loss. */
static void on_end(int number)
{
	(void)number;
	say("weft ");
	say(guarded_command);
	say(": cannot read the trace: a library gave up (its reason is above): ");
	say("the trace is damaged, or takes more memory than there is\n");
	_exit(WEFT_CLI_FAILED);
}

static void handle_ends(void (*handler)(int number))
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	(void)sigaction(SIGTRAP, &action, NULL);
	(void)sigaction(SIGABRT, &action, NULL);
}

static void limit_memory(void)
{
/* What watches memory takes too much of it. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	const long pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);
	rlim_t most = LIMIT_MAX;
	struct rlimit data;

	if (pages > 0 && page_size > 0 && most / (rlim_t)page_size > (rlim_t)pages / 4 * 3) {
		most = (rlim_t)pages / 4 * 3 * (rlim_t)page_size;
	}
	if (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur > most) {
		data.rlim_cur = most;
		(void)setrlimit(RLIMIT_DATA, &data); /* A lower limit is always granted. */
	}
#endif
}

void weft_memory_guard_start(const char *command)
{
	guarded_command = command;
	handle_ends(on_end);
	limit_memory();
}

void weft_memory_guard_end(void)
{
	handle_ends(SIG_DFL);
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Execution of another program in this process's place: no destructor runs then, and what was profiled is
 * gone. So the profiles are written before, by a copy of the process, if the execution is likely to
 * succeed; when it fails all the same they are taken back, and the process goes on as it was.
 *
 * All of these may be called by signal handlers, and in a child of vfork(), whose memory is its
 * parent's: the same holds for what is done here, and such a child writes nothing. libc's own functions
 * for starting programs (posix_spawn(), popen(), ...) do not come by here.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hooks.h"
#include "real.h"

/* Words of an execl() that need no large frame; and those that are possible at all. */
#define FEW_WORDS  62U
#define WORDS_MAX  4095U
#define SHELL_PATH "/bin:/usr/bin" /* libc's, where there is no PATH. */

extern char **environ;

WEFT_PRELOAD_API int IN_FRONT_OF(execve)(const char *path, char *const words[],
					 char *const environment[]) __asm__("execve");
WEFT_PRELOAD_API int IN_FRONT_OF(execv)(const char *path, char *const words[]) __asm__("execv");
WEFT_PRELOAD_API int IN_FRONT_OF(execvp)(const char *file, char *const words[]) __asm__("execvp");
WEFT_PRELOAD_API int IN_FRONT_OF(execvpe)(const char *file, char *const words[],
					  char *const environment[]) __asm__("execvpe");
WEFT_PRELOAD_API int IN_FRONT_OF(fexecve)(int fd, char *const words[],
					  char *const environment[]) __asm__("fexecve");
WEFT_PRELOAD_API int IN_FRONT_OF(execveat)(int folder_fd, const char *path, char *const words[],
					   char *const environment[],
					   int flags) __asm__("execveat");
WEFT_PRELOAD_API int IN_FRONT_OF(execl)(const char *path, const char *word, ...) __asm__("execl");
WEFT_PRELOAD_API int IN_FRONT_OF(execlp)(const char *file, const char *word, ...) __asm__("execlp");
WEFT_PRELOAD_API int IN_FRONT_OF(execle)(const char *path, const char *word, ...) __asm__("execle");

/* ---- Whether it is likely to succeed ---- */

static bool is_program(int folder_fd, const char *path, int flags)
{
	struct stat status;

	return fstatat(folder_fd, path, &status, flags & AT_EMPTY_PATH) == 0 &&
	       S_ISREG(status.st_mode) &&
	       ((flags & AT_EMPTY_PATH) || faccessat(folder_fd, path, X_OK, AT_EACCESS) == 0);
}

/* In one folder of PATH, of which an empty one is this folder. */
static bool is_program_in(const char *folder, size_t folder_len, const char *file)
{
	char path[PATH_MAX];
	size_t file_len = strlen(file);

	if (folder_len + 1 + file_len >= sizeof(path)) {
		return false;
	}
	memcpy(path, folder, folder_len);
	path[folder_len] = '/';
	memcpy(path + folder_len + (folder_len > 0), file, file_len + 1);
	return is_program(AT_FDCWD, path, 0);
}

static bool is_program_in_path(const char *file)
{
	const char *folder = getenv("PATH");

	if (strchr(file, '/')) {
		return is_program(AT_FDCWD, file, 0);
	}
	for (folder = folder ? folder : SHELL_PATH;; folder++) {
		size_t len = strcspn(folder, ":");

		if (is_program_in(folder, len, file)) {
			return true;
		}
		folder += len;
		if (*folder == '\0') {
			return false;
		}
	}
}

/* ---- Arrays of words ---- */

/* The last step: it returns a failure only. `is_likely`: to succeed. */
#define ATTEMPT(is_likely, call)                                                                   \
	do {                                                                                       \
		bool is_left = (is_likely) && weft_hooks_before_exec(weft_real_use_own_memory);    \
		int ret = weft_real.call;                                                          \
                                                                                                   \
		if (is_left) {                                                                     \
			weft_hooks_exec_failed();                                                  \
		}                                                                                  \
		return ret;                                                                        \
	} while (0)

int IN_FRONT_OF(execve)(const char *path, char *const words[], char *const environment[])
{
	ATTEMPT(is_program(AT_FDCWD, path, 0), execve(path, words, environment));
}

int IN_FRONT_OF(execv)(const char *path, char *const words[])
{
	return IN_FRONT_OF(execve)(path, words, environ);
}

int IN_FRONT_OF(execvpe)(const char *file, char *const words[], char *const environment[])
{
	ATTEMPT(is_program_in_path(file), execvpe(file, words, environment));
}

int IN_FRONT_OF(execvp)(const char *file, char *const words[])
{
	return IN_FRONT_OF(execvpe)(file, words, environ);
}

int IN_FRONT_OF(fexecve)(int fd, char *const words[], char *const environment[])
{
	ATTEMPT(is_program(fd, "", AT_EMPTY_PATH), fexecve(fd, words, environment));
}

int IN_FRONT_OF(execveat)(int folder_fd, const char *path, char *const words[],
			  char *const environment[], int flags)
{
	ATTEMPT(is_program(folder_fd, path, flags),
		execveat(folder_fd, path, words, environment, flags));
}

/* ---- Lists of words ---- */

/* What to do with words that were a list. */
struct list_call {
	int (*execute)(const char *path, char *const words[], char *const environment[]);
	const char *path, *word; /* `word` is the first, the rest is in the list. */
	bool has_environment;    /* Behind the list's NULL. */
};

static int execute_words(const struct list_call *call, va_list rest, char **words)
{
	size_t count = 0;

	words[0] = (char *)call->word;
	while (words[count]) {
		words[++count] = va_arg(rest, char *);
	}
	return call->execute(call->path, words,
			     call->has_environment ? va_arg(rest, char **) : environ);
}

static __attribute__((noinline)) int execute_many(const struct list_call *call, va_list rest)
{
	char *words[WORDS_MAX + 1];

	return execute_words(call, rest, words);
}

static __attribute__((noinline)) int execute_few(const struct list_call *call, va_list rest)
{
	char *words[FEW_WORDS + 1];

	return execute_words(call, rest, words);
}

static int execute_list(const struct list_call *call, va_list rest)
{
	va_list counted;
	size_t count = call->word ? 1 : 0;

	va_copy(counted, rest);
	while (count > 0 && count <= WORDS_MAX && va_arg(counted, char *)) {
		count++;
	}
	va_end(counted);
	if (count > WORDS_MAX) {
		errno = E2BIG;
		return -1;
	}
	return count > FEW_WORDS ? execute_many(call, rest) : execute_few(call, rest);
}

#define EXECUTE_LIST(call, word)                                                                   \
	do {                                                                                       \
		va_list rest;                                                                      \
		int ret;                                                                           \
                                                                                                   \
		va_start(rest, word);                                                              \
		ret = execute_list(call, rest);                                                    \
		va_end(rest);                                                                      \
		return ret;                                                                        \
	} while (0)

int IN_FRONT_OF(execl)(const char *path, const char *word, ...)
{
	const struct list_call call = {IN_FRONT_OF(execve), path, word, false};

	EXECUTE_LIST(&call, word);
}

int IN_FRONT_OF(execlp)(const char *file, const char *word, ...)
{
	const struct list_call call = {IN_FRONT_OF(execvpe), file, word, false};

	EXECUTE_LIST(&call, word);
}

int IN_FRONT_OF(execle)(const char *path, const char *word, ...)
{
	const struct list_call call = {IN_FRONT_OF(execve), path, word, true};

	EXECUTE_LIST(&call, word);
}

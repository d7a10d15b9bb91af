// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The session daemon. See daemon.h.
 */
#include "daemon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process.h"

#define PROGRAM     "lttng-sessiond"
#define MARK        "WEFT_SESSIOND=1"
#define PATIENCE_MS 30000
#define STEP_MS     10
#define END_MS      10000
#define PATH_SIZE   4096
/* A daemon, its consumers, and a worker of each. */
#define FAMILY_MAX 32

extern char **environ;

static void sleep_ms(long ms)
{
	const struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};

	(void)nanosleep(&pause, NULL); /* Cut short by a signal: the caller looks again anyway. */
}

/* ---- Places ---- */

int weft_daemon_find_folder(char *ret_path, size_t size, struct weft_error *err)
{
	const char *home = getenv("LTTNG_HOME");
	const struct passwd *user;
	int len;

	if (geteuid() == 0) {
		len = snprintf(ret_path, size, "/var/run/lttng");
	} else {
		home = home ? home : getenv("HOME");
		if (!home) {
			user = getpwuid(geteuid());
			home = user ? user->pw_dir : NULL;
		}
		if (!home) {
			return weft_error_set(err, -ENOENT,
					      "this user has no home folder for the "
					      "session daemon: set HOME");
		}
		len = snprintf(ret_path, size, "%s/.lttng", home);
	}
	if (len < 0 || (size_t)len >= size) {
		return weft_error_set(err, -ENAMETOOLONG, "the home folder's path is too long");
	}
	return 0;
}

int weft_daemon_find_program(char *ret_path, size_t size, struct weft_error *err)
{
	const char *set = getenv("LTTNG_SESSIOND_PATH");
	const char *at = getenv("PATH");
	int len;

	if (set) {
		(void)snprintf(ret_path, size, "%s", set);
		if (access(set, X_OK) == 0) {
			return 0;
		}
		return weft_error_set_errno(err, -errno, "cannot run '%s' (LTTNG_SESSIOND_PATH)",
					    set);
	}
	for (at = at ? at : "/usr/bin:/usr/sbin"; *at; at += strspn(at, ":")) {
		size_t folder_len = strcspn(at, ":");

		len = snprintf(ret_path, size, "%.*s/" PROGRAM, (int)folder_len, at);
		if (len > 0 && (size_t)len < size && access(ret_path, X_OK) == 0) {
			return 0;
		}
		at += folder_len;
	}
	return weft_error_set(err, -ENOENT,
			      "no session daemon is running, and " PROGRAM " is not in PATH: "
			      "install package lttng-tools");
}

/* ---- Lock ---- */

int weft_daemon_lock(struct weft_daemon *daemon, struct weft_error *err)
{
	char path[PATH_SIZE];
	size_t len;
	int ret;

	ret = weft_daemon_find_folder(path, sizeof(path) - 16, err);
	if (ret < 0) {
		return ret;
	}
	if (mkdir(path, 0755) < 0 && errno != EEXIST) {
		return weft_error_set_errno(err, -errno,
					    "cannot make '%s', where the session "
					    "daemon lives",
					    path);
	}
	len = strlen(path);
	(void)snprintf(path + len, sizeof(path) - len, "/weft.lock");
	daemon->lock_fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (daemon->lock_fd < 0) {
		return weft_error_set_errno(err, -errno, "cannot open '%s'", path);
	}
	while (flock(daemon->lock_fd, LOCK_EX) < 0) {
		if (errno != EINTR) {
			ret = weft_error_set_errno(err, -errno, "cannot lock '%s'", path);
			weft_daemon_unlock(daemon);
			return ret;
		}
	}
	return 0;
}

void weft_daemon_unlock(struct weft_daemon *daemon)
{
	if (daemon->lock_fd >= 0) {
		(void)close(daemon->lock_fd); /* Nothing was written. */
		daemon->lock_fd = -1;
	}
}

/* ---- Starting ---- */

/* The daemon's own words, when it gives up: its last line. */
static void read_last_line(int fd, char *ret_line, size_t size)
{
	ssize_t len = pread(fd, ret_line, size - 1, 0);
	char *line;

	ret_line[len > 0 ? len : 0] = '\0';
	while (len > 0 && ret_line[len - 1] == '\n') {
		ret_line[--len] = '\0';
	}
	line = strrchr(ret_line, '\n');
	if (line) {
		memmove(ret_line, line + 1, strlen(line + 1) + 1);
	}
}

static int wait_until_ready(struct weft_daemon *daemon, const char *program, int log_fd,
			    struct weft_error *err)
{
	char line[2048];
	int waited_ms;
	int status;

	for (waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += STEP_MS) {
		if (daemon->lttng->lttng_session_daemon_alive() == 1) {
			return 0;
		}
		if (waitpid(daemon->child_pid, &status, WNOHANG) == daemon->child_pid) {
			daemon->child_pid = 0;
			read_last_line(log_fd, line, sizeof(line));
			return weft_error_set(err, -EIO, "the session daemon ended at once: %s: %s",
					      program, line[0] ? line : "it does not say why");
		}
		sleep_ms(STEP_MS);
	}
	(void)kill(daemon->child_pid, SIGTERM); /* It may have ended by itself by now. */
	return weft_error_set(err, -ETIMEDOUT,
			      "the session daemon does not answer %d s after its start: %s",
			      PATIENCE_MS / 1000, program);
}

/* The environment of this process and our mark. Free the array, not the strings. */
static char **marked_environment(void)
{
	static char mark[] = MARK;
	size_t count = 0;
	char **marked;

	while (environ[count]) {
		count++;
	}
	marked = (char **)calloc(count + 2, sizeof(*marked));
	if (marked) {
		memcpy(marked, environ, count * sizeof(*marked));
		marked[count] = mark;
	}
	return marked;
}

/* In a session of its own: Ctrl-C and hang-up of our terminal must not reach it. */
static int spawn(const char *program, int log_fd, pid_t *ret_pid)
{
	char argument[] = "--no-kernel";
	char name[] = PROGRAM;
	char *const argv[] = {name, argument, NULL};
	char **environment = marked_environment();
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int ret = -ENOMEM;

	if (!environment || posix_spawn_file_actions_init(&files) != 0) {
		free(environment);
		return ret;
	}
	if (posix_spawnattr_init(&attributes) != 0) {
		goto out_files;
	}
	(void)sigemptyset(&none); /* These two cannot fail. */
	(void)sigfillset(&all);
	if (posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) == 0 &&
	    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0) == 0 &&
	    posix_spawn_file_actions_adddup2(&files, log_fd, 2) == 0 &&
	    posix_spawnattr_setsigmask(&attributes, &none) == 0 &&
	    posix_spawnattr_setsigdefault(&attributes, &all) == 0 &&
	    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
							  POSIX_SPAWN_SETSIGDEF) == 0) {
		ret = -posix_spawn(ret_pid, program, &files, &attributes, argv, environment);
	}
	(void)posix_spawnattr_destroy(&attributes); /* Cannot fail. */
out_files:
	(void)posix_spawn_file_actions_destroy(&files); /* Cannot fail. */
	free(environment);
	return ret;
}

int weft_daemon_acquire(struct weft_daemon *daemon, struct weft_error *err)
{
	char program[PATH_SIZE];
	int log_fd;
	int ret;

	if (daemon->lttng->lttng_session_daemon_alive() == 1) {
		return 0;
	}
	ret = weft_daemon_find_program(program, sizeof(program), err);
	if (ret < 0) {
		return ret;
	}
	log_fd = memfd_create("weft-sessiond-log", MFD_CLOEXEC);
	if (log_fd < 0) {
		return weft_error_set_errno(err, -errno, "cannot start the session daemon");
	}
	ret = spawn(program, log_fd, &daemon->child_pid);
	if (ret < 0) {
		ret = weft_error_set_errno(err, ret, "cannot start the session daemon '%s'",
					   program);
	} else {
		ret = wait_until_ready(daemon, program, log_fd, err);
	}
	(void)close(log_fd); /* Memory only. */
	return ret;
}

/* ---- Ending ---- */

static pid_t read_pid_file(void)
{
	char path[PATH_SIZE];
	char text[32];
	size_t len;
	char *end;
	long pid;
	FILE *file;

	if (weft_daemon_find_folder(path, sizeof(path) - 32, NULL) < 0) {
		return 0;
	}
	len = strlen(path);
	(void)snprintf(path + len, sizeof(path) - len, "/" PROGRAM ".pid");
	file = fopen(path, "re");
	if (!file) {
		return 0;
	}
	end = fgets(text, sizeof(text), file);
	(void)fclose(file); /* Read only; nothing to lose. */
	if (!end) {
		return 0;
	}
	errno = 0;
	pid = strtol(text, &end, 10);
	return errno || pid <= 1 || pid > INT32_MAX || (*end && *end != '\n') ? 0 : (pid_t)pid;
}

static bool has_mark(pid_t pid)
{
	char path[64];
	char *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	file = fopen(path, "re");
	if (!file) {
		return false;
	}
	while (!found && getdelim(&line, &size, '\0', file) > 0) {
		found = strcmp(line, MARK) == 0;
	}
	free(line);
	(void)fclose(file); /* Read only; nothing to lose. */
	return found;
}

pid_t weft_daemon_find_own(void)
{
	pid_t pid = read_pid_file();

	return pid && has_mark(pid) ? pid : 0;
}

/* Adds the children of a process; the number of processes then. */
static size_t add_children(pid_t parent, pid_t family[FAMILY_MAX], size_t count)
{
	DIR *listing = opendir("/proc");
	const struct dirent *entry;

	while (listing && count < FAMILY_MAX && (entry = readdir(listing)) != NULL) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (pid > 0 && !*end && weft_process_get_parent((pid_t)pid) == parent) {
			family[count++] = (pid_t)pid;
		}
	}
	if (listing) {
		(void)closedir(listing); /* Read only; nothing to lose. */
	}
	return count;
}

bool weft_daemon_kill_own(void)
{
	pid_t family[FAMILY_MAX] = {weft_daemon_find_own()};
	size_t count = 1;
	size_t i;

	if (!family[0]) {
		return false;
	}
	/* All of them first: a child's parent is another one once its own is gone. */
	for (i = 0; i < count; i++) {
		count = add_children(family[i], family, count);
	}
	for (i = 0; i < count; i++) {
		(void)kill(family[i], SIGKILL); /* Gone already: so much the better. */
	}
	return true;
}

bool weft_daemon_end_unused(struct weft_daemon *daemon)
{
	struct lttng_session *sessions = NULL;
	pid_t pid = weft_daemon_find_own();
	int waited_ms;
	int count;

	if (!pid || daemon->lttng->lttng_session_daemon_alive() != 1) {
		return false;
	}
	count = daemon->lttng->lttng_list_sessions(&sessions);
	free(sessions);
	if (count != 0 || kill(pid, SIGTERM) < 0) {
		return false;
	}
	for (waited_ms = 0; waited_ms < 2 * END_MS && weft_process_is_running(pid);
	     waited_ms += STEP_MS) {
		if (waited_ms == END_MS) {
			(void)kill(pid, SIGKILL); /* Ours, without sessions, and hangs. */
		}
		/* Only our own child has to be reaped. */
		(void)waitpid(pid, NULL, WNOHANG);
		sleep_ms(STEP_MS);
	}
	return true;
}

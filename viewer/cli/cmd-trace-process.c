// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft trace-process PID OUTPUT [BYTES]: the helper behind weft_trace_start() of <weft/trace.h>, and
 * behind /debug/pprof/trace of <weft/http.h>.
 *
 * Not for people: its standard is the socket at descriptor 3, whose other end the traced program
 * or the server holds (tracer/start.c and viewer/recorder.h have the words). Records PID in a
 * private session until that end is closed, then converts to OUTPUT.
 *
 * For a program, a recording that cannot be converted is kept, and named. For a server (BYTES is
 * given), the end comes by the word "stop", or when the recording has so many bytes; nothing is ever
 * kept, and a closed end means that nobody wants the trace any more.
 */
#include "commands.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <weft/convert.h>
#include <weft/helper.h>
#include <weft/record.h>

#include "cli.h"
#include "hang-guard.h"
#include "helper-process.h"

#define OPEN_FDS_MAX 16
/*
 * LTTng's daemon may never answer again. For a server this is noticed (hang-guard.h), and the next helper
 * cleans up what stays. The start waits for other helpers, for a daemon and for the process; at the end a
 * client may be slow.
 */
#define HANG_START_S   40
#define HANG_S         15
#define HANG_STOP_S    60
#define HANG_DELIVER_S 300
/* As often as weft_record_serve() wants to look at the disk. */
#define SERVE_INTERVAL_MS 250
/* Between looks for packets that can be converted. */
#define FOLLOW_INTERVAL_MS 250
/* Between looks whether this is the end. */
#define LOOK_INTERVAL_MS 10
/* Measuring a recording reads its folder. */
#define MEASURE_INTERVAL_MS 1000
/* Between a folder's birth and its lock. */
#define LEFTOVER_AGE_S 10
#define REQUEST_FOLDER "weft-http-"
#define PROGRAM_FOLDER "weft-trace-"

/* Who wants the recording. */
struct client {
	bool is_server;
	uint64_t bytes_max;
	bool gone; /* Before it said "stop". */
};

/* One recording and what becomes of it. */
struct job {
	struct client *client;
	int32_t pid;
	struct weft_hang_guard guard; /* For a server. */
	char folder[PATH_MAX];
	const char *output;
	bool unfit;       /* Something failed, or nobody wants it. */
	bool ended_early; /* For want of room: what there is is whole, but not what was asked for. */
	bool delivered;   /* The server has its trace. */
	const char *input; /* The folder. */
	struct weft_follow *follow;
	pthread_t follower;
	atomic_bool is_over; /* The follower shall end. */
	bool is_joined;
	/* The follower's until it is joined. */
	struct weft_error convert_err;
};

/* Whether the client has said that this is the end. */
static bool is_stopped(struct client *client)
{
	char words[16];
	ssize_t size = recv(WEFT_HELPER_SOCKET_FD, words, sizeof(words), MSG_DONTWAIT);

	if (size < 0) {
		client->gone = client->is_server && errno != EAGAIN && errno != EINTR;
		return errno != EAGAIN && errno != EINTR;
	}
	client->gone = client->is_server && size == 0;
	return size == 0 || client->is_server;
}

static bool is_full(struct weft_recording *recording, const struct client *client,
		    unsigned int *waited_ms)
{
	struct weft_record_stats stats;

	*waited_ms += SERVE_INTERVAL_MS;
	if (!client->is_server || *waited_ms < MEASURE_INTERVAL_MS) {
		return false;
	}
	*waited_ms = 0;
	return weft_record_get_stats(recording, &stats, NULL) == 0 &&
	       stats.byte_count >= client->bytes_max;
}

/* Until the client wants no more, or the recording cannot go on. */
static int serve_until_stop(struct weft_recording *recording, struct job *job,
			    struct weft_error *err)
{
	struct client *client = job->client;
	struct pollfd waited[] = {{.fd = WEFT_HELPER_SOCKET_FD, .events = POLLIN},
				  {.fd = weft_record_get_fd(recording), .events = POLLIN}};
	unsigned int waited_ms = 0;
	int ret;

	for (;;) {
		weft_hang_guard_expect(&job->guard, HANG_S);
		ret = poll(waited, 2, SERVE_INTERVAL_MS);
		if (ret < 0 && errno != EINTR) {
			return weft_error_set_errno(err, -errno, "cannot wait for the program");
		}
		if (ret > 0 && waited[0].revents && is_stopped(client)) {
			return 0;
		}
		ret = weft_record_serve(recording, err);
		if (ret < 0) {
			return ret;
		}
		if (is_full(recording, client, &waited_ms)) {
			return 0;
		}
	}
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)status;
	(void)kind;
	(void)at;
	return remove(path);
}

/* Left behind in part, it takes room and does no harm. */
static void remove_folder(const char *path)
{
	(void)nftw(path, remove_entry, OPEN_FDS_MAX, FTW_DEPTH | FTW_PHYS);
}

/* Removes folders of servers' helpers that did not come to their end: nobody holds their lock. */
static void remove_leftovers(const char *parent)
{
	DIR *listing = opendir(parent);
	const struct dirent *entry;

	while (listing && (entry = readdir(listing)) != NULL) {
		char path[PATH_MAX];
		struct stat status;
		int fd;

		if (strncmp(entry->d_name, REQUEST_FOLDER, sizeof(REQUEST_FOLDER) - 1) != 0 ||
		    snprintf(path, sizeof(path), "%s/%s", parent, entry->d_name) >=
			    (int)sizeof(path)) {
			continue;
		}
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
		    time(NULL) - status.st_mtime > LEFTOVER_AGE_S &&
		    flock(fd, LOCK_EX | LOCK_NB) == 0) {
			remove_folder(path);
		}
		if (fd >= 0) {
			(void)close(fd); /* Read only; nothing to lose. */
		}
	}
	if (listing) {
		(void)closedir(listing); /* Read only; nothing to lose. */
	}
}

/* Holds the lock that tells others that this helper lives; kept open until the process ends. */
static void mark_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		(void)flock(fd, LOCK_EX | LOCK_NB); /* Its own new folder. */
	}
}

/* A folder for the recording: on a disk rather than in memory where there is a choice. */
static int make_folder(const struct client *client, char *ret_path, size_t size,
		       struct weft_error *err)
{
	const char *parents[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
	const char *prefix = client->is_server ? REQUEST_FOLDER : PROGRAM_FOLDER;
	size_t i;

	for (i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		if (!parents[i] || !parents[i][0]) {
			continue;
		}
		remove_leftovers(parents[i]);
		if (snprintf(ret_path, size, "%s/%sXXXXXX", parents[i], prefix) < (int)size &&
		    mkdtemp(ret_path)) {
			if (client->is_server) {
				mark_folder(ret_path);
			}
			return 0;
		}
	}
	return weft_error_set_errno(err, -errno,
				    "cannot make a folder in TMPDIR, /var/tmp or /tmp");
}

/* What can be known now is told now, not after the recording. */
static int check_output(const char *path, struct weft_error *err)
{
	char folder[PATH_MAX];
	struct stat status;
	char *slash;

	if (strncmp(path, "/dev/fd/", 8) == 0) {
		return 0;
	}
	if (stat(path, &status) == 0) {
		if (S_ISDIR(status.st_mode)) {
			return weft_error_set_errno(err, -EISDIR, "cannot write '%s'", path);
		}
		return access(path, W_OK) == 0
			       ? 0
			       : weft_error_set_errno(err, -errno, "cannot write '%s'", path);
	}
	(void)snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash) {
		(void)snprintf(folder, sizeof(folder), ".");
	} else {
		slash[slash == folder ? 1 : 0] = '\0';
	}
	return access(folder, W_OK | X_OK) == 0
		       ? 0
		       : weft_error_set_errno(err, -errno, "cannot write '%s'", path);
}

/* For a program: in one go, when everything is there. */
static int convert(const struct job *job, struct weft_error *err)
{
	const char *inputs[] = {job->folder};
	struct weft_convert_options options = {
		.inputs = inputs, .input_count = 1, .selection = WEFT_SELECTION_INIT};
	struct weft_convert_result result;
	int ret = weft_convert(&options, job->output, &result, err);

	if (ret < 0) {
		weft_error_prepend(err, "the recording is kept in '%s'", job->folder);
	}
	return ret;
}

/* ---- For a server: while it is recorded ---- */

static bool is_over(struct job *job)
{
	return atomic_load_explicit(&job->is_over, memory_order_relaxed);
}

/* From now on it is not worth while to follow: the end will convert the rest. */
static void tell_end(struct job *job)
{
	atomic_store_explicit(&job->is_over, true, memory_order_relaxed);
}

static void *follow_main(void *ctx)
{
	struct job *job = (struct job *)ctx;
	int ret = 0;

	while (ret == 0 && !is_over(job)) {
		unsigned int waited_ms;

		ret = weft_follow_step(job->follow, &job->convert_err);
		for (waited_ms = 0; waited_ms < FOLLOW_INTERVAL_MS && !is_over(job);
		     waited_ms += LOOK_INTERVAL_MS) {
			(void)poll(NULL, 0, LOOK_INTERVAL_MS);
		}
	}
	return NULL; /* A failure is in convert_err. */
}

static int start_following(struct job *job, struct weft_error *err)
{
	struct weft_convert_options options = {
		.inputs = &job->input, .input_count = 1, .selection = WEFT_SELECTION_INIT};
	int ret;

	job->input = job->folder;
	/* Who asks about one process is told about no other, though the scheduler's events hold all. */
	options.selection.pid = job->pid;
	ret = weft_follow_open(&options, job->output, &job->follow, err);
	if (ret == 0) {
		ret = pthread_create(&job->follower, NULL, follow_main, job);
		if (ret) {
			weft_follow_close(job->follow);
			job->follow = NULL;
			ret = weft_error_set_errno(err, -ret, "cannot start a thread");
		}
	}
	return ret;
}

static void stop_following(struct job *job)
{
	if (job->follow && !job->is_joined) {
		tell_end(job);
		(void)pthread_join(job->follower, NULL); /* Ours, joinable: cannot fail. */
		job->is_joined = true;
	}
}

/* A server's client need not wait until LTTng has taken its session down. */
static void deliver(void *ctx)
{
	struct job *job = (struct job *)ctx;
	struct weft_convert_result result;

	if (job->unfit) {
		return;
	}
	weft_hang_guard_expect(&job->guard, HANG_DELIVER_S);
	stop_following(job);
	if (job->follow && !job->convert_err.code &&
	    weft_follow_finish(job->follow, &result, &job->convert_err) == 0) {
		job->delivered = true;
		(void)close(
			WEFT_HELPER_OUTPUT_FD); /* The converter has told what could not be written. */
		if (!job->ended_early) {
			weft_cli_helper_say("done\n");
		}
	}
	weft_hang_guard_expect(&job->guard, HANG_STOP_S);
}

/* Why it ended early, and why not even what there was by then could be sent. */
static void tell_both(struct weft_error *err, const struct weft_error *why)
{
	const struct weft_error first = *err;

	if (why->code) {
		(void)weft_error_set(err, first.code, "%.500s; the trace up to then is lost: %s",
				     first.text, why->text);
	}
}

static int record(struct job *job, pid_t pid, struct weft_error *err)
{
	struct weft_record_options options = {
		.dir = job->folder,
		/* The best that can be had, for whoever looks from outside. */
		.tier = job->client->is_server ? WEFT_RECORD_TIER_COUNT_ - 1
					       : WEFT_RECORD_TIER_ACCOUNTING,
		.scope = WEFT_RECORD_SCOPE_PROCESS,
		.pid = pid,
		.is_followed = job->client->is_server,
	};
	struct weft_recording *recording = NULL;
	struct weft_record_stats stats;
	struct weft_error close_err = WEFT_ERROR_INIT;
	int served;
	int ret;

	ret = weft_record_open(&options, &recording, err);

	if (ret < 0) {
		return ret;
	}
	if (job->client->is_server && start_following(job, err) < 0) {
		struct weft_error ignored = WEFT_ERROR_INIT;

		(void)!weft_record_close(recording, NULL, &stats, &ignored); /* The start failed. */
		return err->code;
	}
	weft_cli_helper_say("ready\n");
	served = serve_until_stop(recording, job, err);
	weft_hang_guard_expect(&job->guard, HANG_STOP_S);
	tell_end(job);
	job->ended_early = served == -ENOSPC;
	job->unfit = (served < 0 && !job->ended_early) || job->client->gone;
	if (job->client->is_server) {
		weft_record_on_stopped(recording, deliver, job);
	}
	ret = weft_record_close(recording, NULL, &stats, served < 0 ? &close_err : err);
	stop_following(job);
	if (job->ended_early && !job->delivered) {
		tell_both(err, ret < 0 ? &close_err : &job->convert_err);
	}
	return served < 0 ? served : ret;
}

/* For a server: nothing is left in any case. */
static int trace_for_server(struct job *job, pid_t pid, struct weft_error *err)
{
	int ret = weft_hang_guard_start(&job->guard, HANG_START_S, err);

	if (ret == 0) {
		ret = record(job, pid, err);
	}
	weft_follow_close(job->follow);
	remove_folder(job->folder);
	if (weft_hang_guard_end(&job->guard) && !job->delivered) {
		ret = weft_error_set(
			err, -ETIMEDOUT,
			"LTTng's session daemon did not answer any more: it was ended");
	}
	if (ret == 0 && job->convert_err.code) {
		*err = job->convert_err;
		ret = err->code;
	}
	if (ret == 0 && !job->delivered) {
		ret = weft_error_set(err, -ECANCELED, "nobody wants the trace any more");
	}
	return ret;
}

/* For a program: what was recorded and cannot be converted is kept. */
static int trace_for_program(struct job *job, pid_t pid, struct weft_error *err)
{
	int ret = record(job, pid, err);

	if (ret < 0) {
		(void)rmdir(job->folder); /* Keeps whatever was recorded. */
		return ret;
	}
	ret = convert(job, err);
	if (ret == 0) {
		remove_folder(job->folder);
		weft_cli_helper_say("done\n");
	}
	return ret;
}

static int trace(struct job *job, pid_t pid, struct weft_error *err)
{
	int ret = check_output(job->output, err);

	if (ret == 0) {
		ret = make_folder(job->client, job->folder, sizeof(job->folder), err);
	}
	if (ret < 0) {
		return ret;
	}
	return job->client->is_server ? trace_for_server(job, pid, err)
				      : trace_for_program(job, pid, err);
}

int weft_cmd_trace_process(int argc, char **argv)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct client client = {.is_server = argc == 4};
	struct job job = {.client = &client};
	uint64_t pid = 0;

	if (argc < 3 || argc > 4 || !weft_cli_parse_number(argv[1], 1, INT_MAX, &pid) ||
	    (client.is_server &&
	     !weft_cli_parse_number(argv[3], 1, UINT64_MAX, &client.bytes_max)) ||
	    fcntl(WEFT_HELPER_SOCKET_FD, F_GETFD) < 0) {
		return weft_cli_usage("trace-process",
				      "only weft_trace_start() and servers run this");
	}
	if (weft_cli_helper_detach(&err) < 0) {
		return weft_cli_helper_fail(&err);
	}
	job.output = argv[2];
	job.pid = (int32_t)pid;
	return trace(&job, (pid_t)pid, &err) < 0 ? weft_cli_helper_fail(&err) : WEFT_CLI_OK;
}

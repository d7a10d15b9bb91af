// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft run: runs a command with the preload library, and shows and keeps its profiles.
 *
 *     weft run ── LD_PRELOAD, WEFT ──▶ COMMAND ── at its end: FOLDER/KIND.PID ──▶ run-profiles.c
 *        └─ with --http: weft serve --pid ──▶ control socket of COMMAND
 */
#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "cli.h"
#include "processes.h"
#include "program-file.h"
#include "run-profiles.h"

#define SETTING_SIZE (3 * PATH_MAX)
#define CPU_KIND     0
#define CPU_RATE_HZ  100
#define LOOK_NS      5000000
/* Waits of 10 us and more always count: what is shorter is hardly a reason for anything. */
#define BLOCK_RATE_NS 10000

static const char help[] =
	"Usage: weft run [OPTION]... -- COMMAND [ARGUMENT]...\n"
	"Runs COMMAND, any dynamically linked program as it is, and profiles what it allocates,\n"
	"what it waits for, which locks make others wait, the threads that it creates and its CPU\n"
	"time. At the end the top of each is shown on standard error, by the innermost function "
	"that\n"
	"is not of C++'s own library. The exit status is COMMAND's\n"
	"(128 + N when killed by signal N, 127 when not found, 126 when it cannot be run).\n\n"
	"  -o, --output DIR      keep DIR/KIND.pb.gz of each kind, for go tool pprof; DIR is made\n"
	"  -k, --profile KIND,.. only these: cpu, allocs, heap, block, mutex, threadcreate, or "
	"all\n"
	"                        (default: all)\n"
	"      --http ADDRESS    serve /debug/pprof/ of COMMAND while it runs, as weft serve "
	"does;\n"
	"                        CPU time is then profiled on request, and from the start only if\n"
	"                        --profile names cpu\n"
	"      --children        also what COMMAND starts (DIR/KIND.PID.pb.gz) and what it "
	"executes "
	"in\n"
	"                        its own place, as env and nice do; without, those run untouched\n"
	"  -q, --quiet           show nothing\n"
	"  -h, --help            this text\n\n"
	"Knobs can be set by the environment, e.g. WEFT=memprofilerate=1 for every allocation, "
	"or\n"
	"blockprofilerate=1 for every wait (nanoseconds between samples; 10000 unless set),\n"
	"mutexprofilefraction=N (1), cpuprofilerate=HZ (100), blockio=1 to count as waiting what\n"
	"read, write, recv, send, accept, connect, poll, select, epoll_wait, sleeps, fsync, flock\n"
	"and waitpid take. schedtrace=MS, scheddetail=1 and alloctrace=MS print lines at "
	"intervals\n"
	"about threads and the allocator.\n\n"
	"A program that executes another one in its place leaves its profiles before: as program "
	"1, 2\n"
	"... of the process in the tables, DIR/KIND.exec1.pb.gz and so on. DIR/KIND.pb.gz are the "
	"last\n"
	"program's.\n\n"
	"A command that SIGKILL kills leaves no profiles. Allocations of programs that bring an\n"
	"allocator of their own in the program file cannot be seen.\n";

enum { OPTION_HTTP = 256, OPTION_CHILDREN };

static const struct option long_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"profile", required_argument, NULL, 'k'},
	{"http", required_argument, NULL, OPTION_HTTP},
	{"children", no_argument, NULL, OPTION_CHILDREN},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct settings {
	const char *output; /* NULL: none. */
	const char *http;   /* NULL: none. */
	char *const *command;
	bool is_wanted[WEFT_RUN_KIND_COUNT];
	bool has_kinds; /* --profile was given. */
	bool children, quiet, help;
};

struct run {
	const struct settings *settings;
	struct weft_program_file program;
	struct weft_child child, server;
	char folder[PATH_MAX]; /* For raw profiles; "" before there is one. */
	char preload[SETTING_SIZE];
	char weft[SETTING_SIZE];
};

/* ---- Options ---- */

static bool take_kind(const char *kind, size_t len, struct settings *settings)
{
	bool is_known = false;
	unsigned int i;

	for (i = 0; i < WEFT_RUN_KIND_COUNT; i++) {
		bool is_it = strlen(weft_run_kinds[i]) == len &&
			     memcmp(weft_run_kinds[i], kind, len) == 0;

		if (is_it || (len == 3 && memcmp(kind, "all", 3) == 0)) {
			settings->is_wanted[i] = true;
			is_known = true;
		}
	}
	return is_known;
}

static int take_kinds(const char *kinds, struct settings *settings)
{
	settings->has_kinds = true;
	for (;;) {
		size_t len = strcspn(kinds, ",");

		if (!take_kind(kinds, len, settings)) {
			return weft_cli_usage("run", "no profile called '%.*s'", (int)len, kinds);
		}
		if (kinds[len] == '\0') {
			return WEFT_CLI_OK;
		}
		kinds += len + 1;
	}
}

static int take_option(int code, struct settings *settings)
{
	switch (code) {
	case 'o':
		settings->output = optarg;
		return WEFT_CLI_OK;
	case 'k':
		return take_kinds(optarg, settings);
	case OPTION_HTTP:
		settings->http = optarg;
		return WEFT_CLI_OK;
	case OPTION_CHILDREN:
		settings->children = true;
		return WEFT_CLI_OK;
	case 'q':
		settings->quiet = true;
		return WEFT_CLI_OK;
	case 'h':
		settings->help = true;
		return WEFT_CLI_OK;
	default:
		return weft_cli_usage("run", "see above");
	}
}

static int parse(int argc, char **argv, struct settings *settings)
{
	unsigned int i;
	int code;

	/* Options of COMMAND are not ours. */
	while ((code = getopt_long(argc, argv, "+o:k:qh", long_options, NULL)) != -1) {
		int ret = take_option(code, settings);

		if (ret != WEFT_CLI_OK || settings->help) {
			return ret;
		}
	}
	if (optind == argc) {
		return weft_cli_usage("run", "which command?");
	}
	settings->command = argv + optind;
	for (i = 0; i < WEFT_RUN_KIND_COUNT && !settings->has_kinds; i++) {
		settings->is_wanted[i] = i != CPU_KIND || !settings->http;
	}
	return WEFT_CLI_OK;
}

/* ---- What the command is given ---- */

static int find_library(char ret_path[PATH_MAX], struct weft_error *err)
{
	char own[PATH_MAX];
	char path[2 * PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (len < 0) {
		return weft_error_set_errno(err, -errno, "find the preload library");
	}
	own[len] = '\0';
	*strrchr(own, '/') = '\0';
	(void)snprintf(path, sizeof(path), "%s/%s/libweft-preload.so", own, WEFT_LIBRARY_FOLDER);
	if (!realpath(path, ret_path)) {
		return weft_error_set_errno(err, -errno, "find the preload library '%s'", path);
	}
	if (strpbrk(ret_path, ": ")) {
		return weft_error_set(err, -EINVAL,
				      "cannot preload '%s': the loader takes no path with a colon "
				      "or a space",
				      ret_path);
	}
	return 0;
}

/* The user's own libraries come behind ours; AddressSanitizer insists on being the first. */
static int prepare_preload(struct run *run, struct weft_error *err)
{
	const char *others = getenv("LD_PRELOAD");
	const char *asan = run->program.asan;
	char library[PATH_MAX];
	int ret = find_library(library, err);
	int len;

	if (ret < 0) {
		return ret;
	}
	len = snprintf(run->preload, sizeof(run->preload), "LD_PRELOAD=%s%s%s%s%s", asan,
		       asan[0] ? ":" : "", library, others && others[0] ? ":" : "",
		       others ? others : "");
	return len < (int)sizeof(run->preload)
		       ? 0
		       : weft_error_set(err, -E2BIG, "LD_PRELOAD is too long");
}

static bool wants(const struct settings *settings, const char *kind)
{
	unsigned int i;

	for (i = 0; strcmp(weft_run_kinds[i], kind) != 0; i++) {
	}
	return settings->is_wanted[i];
}

/* Ours, then the user's knobs, which win; the folder takes the rest. */
static int prepare_knobs(struct run *run, struct weft_error *err)
{
	const struct settings *settings = run->settings;
	const char *knobs = getenv("WEFT");
	bool heap = wants(settings, "heap") || wants(settings, "allocs") || settings->http;
	bool block = wants(settings, "block") || settings->http;
	bool mutex = wants(settings, "mutex") || settings->http;
	int len;

	if (knobs && (strcmp(knobs, "off") == 0 || strstr(knobs, "out="))) {
		return weft_error_set(err, -EINVAL,
				      "the environment says WEFT=%s, which leaves nothing to do",
				      knobs);
	}
	/* Programs are traced by `weft record`; only when it runs us is there somebody to ask. */
	len = snprintf(run->weft, sizeof(run->weft),
		       "WEFT=trace=%d,serve=%d,children=%d,memprofilerate=%d,blockprofilerate=%d,"
		       "mutexprofilefraction=%d,cpuprofilerate=%d%s%s,out=%s",
		       getenv("WEFT_RECORDER") != NULL, settings->http != NULL, settings->children,
		       heap ? 524288 : 0, block ? BLOCK_RATE_NS : 0, mutex,
		       wants(settings, "cpu") ? CPU_RATE_HZ : 0, knobs ? "," : "",
		       knobs ? knobs : "", run->folder);
	return len < (int)sizeof(run->weft) ? 0 : weft_error_set(err, -E2BIG, "WEFT is too long");
}

static int prepare_folders(struct run *run, struct weft_error *err)
{
	const char *parent = getenv("TMPDIR");
	char folder[PATH_MAX];

	if (run->settings->output && mkdir(run->settings->output, 0777) < 0 && errno != EEXIST) {
		return weft_error_set_errno(err, -errno, "make the folder '%s'",
					    run->settings->output);
	}
	(void)snprintf(folder, sizeof(folder), "%s/weft-run-XXXXXX",
		       parent && parent[0] == '/' ? parent : "/tmp");
	if (!mkdtemp(folder)) {
		return weft_error_set_errno(err, -errno, "make the folder '%s'", folder);
	}
	memcpy(run->folder, folder, sizeof(folder));
	/* Root's servers work as somebody else, who has to leave files here as well; see hooks.c. */
	if (geteuid() == 0 && chmod(folder, 01733) < 0) {
		return weft_error_set_errno(err, -errno, "open the folder '%s' to others", folder);
	}
	return 0;
}

static int prepare(struct run *run, struct weft_error *err)
{
	int ret = weft_program_file_examine(run->settings->command[0], &run->program, err);

	if (ret == 0) {
		ret = prepare_folders(run, err);
	}
	if (ret == 0) {
		ret = prepare_preload(run, err);
	}
	return ret == 0 ? prepare_knobs(run, err) : ret;
}

/* ---- While it runs ---- */

static int start_server(struct run *run, struct weft_error *err)
{
	char pid[16];
	const char *const words[] = {"/proc/self/exe", "serve", "--listen", run->settings->http,
				     "--pid",          pid,     NULL};
	const char *const none[] = {NULL};

	(void)snprintf(pid, sizeof(pid), "%d", (int)run->child.pid);
	return weft_child_start(&run->server, (char *const *)words, none, err);
}

/*
 * The next signal; 0 when it is time to look for what the server waits for: until the command has loaded
 * libweft there is nothing to serve.
 */
static int next_signal(const sigset_t *awaited, bool is_server_due, siginfo_t *ret_info)
{
	const struct timespec pause = {0, LOOK_NS};

	if (!is_server_due) {
		return sigwaitinfo(awaited, ret_info);
	}
	return sigtimedwait(awaited, ret_info, &pause);
}

/* Once the command has loaded libweft. The command ends when there can be no server. */
static int start_server_if_due(struct run *run, bool *is_due, struct weft_error *err)
{
	struct weft_process process;
	int ret;

	if (!*is_due || !weft_process_look(run->child.pid, &process)) {
		return 0;
	}
	*is_due = false;
	ret = start_server(run, err);
	if (ret < 0) {
		weft_child_signal(&run->child, SIGTERM);
	}
	return ret;
}

/*
 * Ctrl-C and Ctrl-\ reach the command by themselves; what is sent to us alone is passed on. Returns when
 * the command has ended; an error: it was not served.
 */
static int wait_for_command(struct run *run, const sigset_t *awaited, struct weft_error *err)
{
	bool is_server_due = run->settings->http != NULL;
	siginfo_t signal_info;
	int ret = 0;

	while (!weft_child_reap(&run->child)) {
		int number = next_signal(awaited, is_server_due, &signal_info);

		if (number == SIGTERM || number == SIGHUP ||
		    (number > 0 && number != SIGCHLD && signal_info.si_code <= 0)) {
			weft_child_signal(&run->child, number);
		}
		(void)weft_child_reap(&run->server); /* It has said itself why it ended. */
		ret = ret < 0 ? ret : start_server_if_due(run, &is_server_due, err);
	}
	return ret;
}

static void stop_server(struct run *run)
{
	const struct timespec pause = {0, 10000000};

	weft_child_signal(&run->server, SIGTERM);
	while (!weft_child_reap(&run->server)) {
		(void)nanosleep(&pause, NULL); /* Woken early: looks again. */
	}
}

static int run_command(struct run *run, struct weft_error *err)
{
	const char *const settings[] = {run->preload, run->weft, NULL};
	sigset_t awaited;
	int ret;

	(void)sigemptyset(&awaited); /* None of these can fail. */
	(void)sigaddset(&awaited, SIGCHLD);
	(void)sigaddset(&awaited, SIGINT);
	(void)sigaddset(&awaited, SIGQUIT);
	(void)sigaddset(&awaited, SIGTERM);
	(void)sigaddset(&awaited, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &awaited, NULL);
	ret = weft_child_start(&run->child, run->settings->command, settings, err);
	if (ret < 0) {
		return ret;
	}
	ret = wait_for_command(run, &awaited, err);
	stop_server(run);
	return ret;
}

/* ---- The end ---- */

static int finish(struct run *run, pid_t pid, struct weft_error *err)
{
	const struct settings *settings = run->settings;
	struct weft_run_profiles profiles = {
		.raw_folder = run->folder,
		.output = settings->output,
		.pid = pid,
		.is_quiet = settings->quiet,
	};
	struct weft_run_result result;
	int ret;

	memcpy(profiles.is_wanted, settings->is_wanted, sizeof(profiles.is_wanted));
	ret = weft_run_profiles_finish(&profiles, &result, err);
	if (ret == 0 && result.is_lost_by_exec && !settings->quiet) {
		(void)fprintf(stderr,
			      "weft run: the command executed another program in its place, which "
			      "has left no profiles%s\n",
			      settings->children ? "" : ": try --children");
	}
	if (ret == 0 && result.count > 0 && result.table_count == 0 && !result.is_lost_by_exec &&
	    !settings->quiet) {
		(void)fprintf(stderr, "weft run: nothing to show: the command did too little to be "
				      "sampled; WEFT=memprofilerate=1,cpuprofilerate=1000 looks "
				      "closer\n");
	}
	if (ret == 0 && result.count == 0) {
		ret = run->child.signal
			      ? weft_error_set(err, -ENODATA,
					       "no profiles: signal %d killed the command before "
					       "it could write them",
					       run->child.signal)
			      : weft_error_set(err, -ENODATA,
					       "no profiles: the command has left none; if it "
					       "started another program, try --children");
	}
	return ret;
}

static int fail(const struct weft_error *err, int status)
{
	(void)weft_cli_fail("run", err);
	return status;
}

static int run_settings(const struct settings *settings)
{
	struct run run = {.settings = settings};
	struct weft_error err = WEFT_ERROR_INIT;
	int status = WEFT_CLI_FAILED;
	pid_t pid;
	int ret = prepare(&run, &err);

	if (ret < 0) {
		status = fail(&err, WEFT_CLI_FAILED);
		goto out;
	}
	ret = run_command(&run, &err);
	pid = run.child.started_pid;
	if (pid == 0) {
		status = fail(&err, ret == -ENOENT ? 127 : 126);
		goto out;
	}
	status = run.child.status;
	if (ret < 0 || finish(&run, pid, &err) < 0) {
		/* The command's own failure is what matters, if there is one. */
		status = fail(&err, status ? status : WEFT_CLI_FAILED);
	}
out:
	if (run.folder[0]) {
		(void)rmdir(
			run.folder); /* Stays when there is something in it that we do not know. */
	}
	return status;
}

int weft_cmd_run(int argc, char **argv)
{
	struct settings settings = {0};
	int status = parse(argc, argv, &settings);

	if (status != WEFT_CLI_OK) {
		return status;
	}
	if (settings.help || !settings.command) {
		(void)fputs(help, stdout);
		return WEFT_CLI_OK;
	}
	return run_settings(&settings);
}

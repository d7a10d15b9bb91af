// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft record: runs a command, or attaches, and writes a trace directory.
 *
 * Signals are taken from a descriptor, so that the loop below is the only place where anything
 * happens.
 */
#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include <weft/record.h>

#include "child.h"
#include "cli.h"
#include "now.h"
#include "selection.h"

#define NS_PER_S         INT64_C(1000000000)
#define TICK_NS          (NS_PER_S / 20)
#define PROGRESS_NS      (NS_PER_S / 4)
#define KILL_PATIENCE_NS (10 * NS_PER_S)
#define COMMAND_SIZE     4096

static const char help[] =
	"Usage: weft record [OPTION]... -- COMMAND [ARGUMENT]...\n"
	"  or:  weft record [OPTION]... --pid PID\n"
	"  or:  weft record [OPTION]... --all\n"
	"Records what instrumented programs do into a directory, for `weft summary` and\n"
	"`weft convert`.\n\n"
	"  COMMAND            run it and record it and its descendants, from the first event until "
	"it\n"
	"                     ends; the exit status is COMMAND's (128 + N when killed by signal "
	"N,\n"
	"                     127 when not found, 126 when it cannot be run)\n"
	"  -p, --pid PID      record one running process (not what it forks), until Ctrl-C\n"
	"  -a, --all          record every instrumented process that the session daemon sees: of "
	"this\n"
	"                     user, or of all users for root; until Ctrl-C\n"
	"  -o, --output DIR   directory to write; must be empty or not exist\n"
	"                     (default: weft-NAME-DATE-TIME)\n"
	"  -s, --seconds N    stop recording after N seconds (1.5, 250ms); COMMAND is then asked "
	"to\n"
	"                     end (SIGTERM, and SIGKILL 10 s later), and that counts as success\n"
	"      --sched TIER   what is told about scheduling: auto (default: the best that this "
	"machine\n"
	"                     permits), none, accounting (CPU time and wait of each task), switch\n"
	"                     (when own threads run), tracepoints (who ran, waited, woke whom), "
	"or\n"
	"                     lttng-kernel (the same by LTTng's modules); all but auto and none "
	"add\n"
	"                     accounting, and all but auto fail if they are not permitted. A "
	"source\n"
	"                     can be named: tracepoints:bpf, tracepoints:perf\n"
	"      --syscalls     record each system call too (tracepoints:bpf; many events)\n"
	"      --callchains   record where in its program each thread is that goes to sleep\n"
	"                     (tier tracepoints; follows frame pointers; twice the cost)\n"
	"      --json         print the result as one JSON object on standard output\n"
	"  -q, --quiet        no progress, no closing lines\n"
	"  -h, --help         this text\n\n"
	"Ctrl-C reaches COMMAND as well; recording goes on until it has ended. A second Ctrl-C "
	"stops\n"
	"recording at once and asks COMMAND to end; a third one kills it. The trace is complete "
	"in\n"
	"each case.\n";

enum { OPTION_SCHED = 256, OPTION_SYSCALLS, OPTION_CALLCHAINS, OPTION_JSON };

static const struct option long_options[] = {
	{"pid", required_argument, NULL, 'p'},
	{"all", no_argument, NULL, 'a'},
	{"output", required_argument, NULL, 'o'},
	{"seconds", required_argument, NULL, 's'},
	{"sched", required_argument, NULL, OPTION_SCHED},
	{"syscalls", no_argument, NULL, OPTION_SYSCALLS},
	{"callchains", no_argument, NULL, OPTION_CALLCHAINS},
	{"json", no_argument, NULL, OPTION_JSON},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct settings {
	struct weft_record_options options;
	char default_dir[256];
	char *const *command; /* NULL: attach. */
	int64_t limit_ns;     /* 0: none. */
	bool all, json, quiet, help;
};

struct run {
	const struct settings *settings;
	struct weft_recording *recording;
	struct weft_child child;
	int signal_fd;
	int64_t begin_ns;
	int interrupt_count;
	bool stop;      /* End the recording. */
	bool end_child; /* The command is to end with it. */
	bool time_is_up;
	struct weft_error problem;
};

static int64_t now_ns(void)
{
	return (int64_t)weft_now_ns();
}

/* ---- Options ---- */

static int take_pid(const char *value, pid_t *ret_pid)
{
	uint64_t pid;

	if (!weft_cli_parse_number(value, 1, INT32_MAX, &pid)) {
		return weft_cli_usage("record", "--pid: '%s' is not a process id", value);
	}
	*ret_pid = (pid_t)pid;
	return WEFT_CLI_OK;
}

static int take_option(int code, struct settings *settings)
{
	switch (code) {
	case 'p':
		settings->options.scope = WEFT_RECORD_SCOPE_PROCESS;
		return take_pid(optarg, &settings->options.pid);
	case 'a':
		settings->all = true;
		return WEFT_CLI_OK;
	case 'o':
		settings->options.dir = optarg;
		return WEFT_CLI_OK;
	case 's':
		if (!weft_cli_parse_duration(optarg, &settings->limit_ns) ||
		    settings->limit_ns <= 0) {
			return weft_cli_usage("record",
					      "--seconds: '%s' is not a time such as 5, "
					      "1.5s or 250ms",
					      optarg);
		}
		return WEFT_CLI_OK;
	case OPTION_SCHED:
		if (weft_record_parse_sched(optarg, &settings->options) < 0) {
			return weft_cli_usage("record",
					      "--sched: no tier '%s': auto, none, accounting, "
					      "switch, tracepoints[:bpf|:perf], lttng-kernel",
					      optarg);
		}
		return WEFT_CLI_OK;
	case OPTION_SYSCALLS:
		settings->options.syscalls = true;
		return WEFT_CLI_OK;
	case OPTION_CALLCHAINS:
		settings->options.callchains = true;
		return WEFT_CLI_OK;
	case OPTION_JSON:
		settings->json = true;
		return WEFT_CLI_OK;
	case 'q':
		settings->quiet = true;
		return WEFT_CLI_OK;
	case 'h':
		settings->help = true;
		return WEFT_CLI_OK;
	default:
		(void)fprintf(stderr, "Try 'weft record --help'.\n");
		return WEFT_CLI_USAGE;
	}
}

static int choose_scope(int argc, char **argv, struct settings *settings)
{
	int ways = (settings->options.pid != 0) + settings->all + (optind < argc);

	if (ways == 0) {
		return weft_cli_usage("record", "what to record? give -- COMMAND, --pid PID or "
						"--all");
	}
	if (ways > 1) {
		return weft_cli_usage("record", "only one of COMMAND, --pid and --all is possible");
	}
	if (optind < argc) {
		settings->command = argv + optind;
		settings->options.scope = WEFT_RECORD_SCOPE_COMMAND;
	} else if (settings->all) {
		settings->options.scope = WEFT_RECORD_SCOPE_EVERYTHING;
	}
	return WEFT_CLI_OK;
}

static void choose_dir(struct settings *settings)
{
	char date[32];
	char name[64];
	const char *base = "all";
	time_t now = time(NULL);
	struct tm local;
	size_t len;

	if (settings->options.dir) {
		return;
	}
	if (settings->command) {
		base = strrchr(settings->command[0], '/');
		base = base ? base + 1 : settings->command[0];
	} else if (settings->options.pid) {
		(void)snprintf(name, sizeof(name), "%d", (int)settings->options.pid);
		base = name;
	}
	(void)localtime_r(&now, &local); /* A date of this century. */
	(void)strftime(date, sizeof(date), "%Y%m%d-%H%M%S", &local);
	len = (size_t)snprintf(settings->default_dir, sizeof(settings->default_dir),
			       "weft-%.100s-%s", base, date);
	if (access(settings->default_dir, F_OK) == 0) {
		(void)snprintf(settings->default_dir + len, sizeof(settings->default_dir) - len,
			       "-%d", (int)getpid());
	}
	settings->options.dir = settings->default_dir;
}

/* ---- Signals ---- */

/* Those ignored at our start (nohup, background jobs of a script) stay ignored. */
static int open_signals(struct weft_error *err)
{
	static const int wanted[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD};
	struct sigaction action;
	sigset_t set;
	size_t i;
	int fd;

	(void)sigemptyset(&set); /* Cannot fail. */
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (wanted[i] == SIGCHLD || sigaction(wanted[i], NULL, &action) < 0 ||
		    action.sa_handler != SIG_IGN) {
			(void)sigaddset(&set, wanted[i]); /* Valid numbers. */
		}
	}
	(void)sigprocmask(SIG_BLOCK, &set, NULL); /* Valid arguments. */
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0) {
		(void)weft_error_set_errno(err, -errno, "cannot take signals");
	}
	return fd;
}

static void take_interrupt(struct run *run, const struct signalfd_siginfo *info)
{
	run->interrupt_count++;
	if (!run->child.pid) {
		run->stop = true;
	} else if (run->interrupt_count == 1) {
		/* From the terminal the command has it already; from kill(1) only we have. */
		if (info->ssi_code == SI_USER) {
			weft_child_signal(&run->child, (int)info->ssi_signo);
		}
	} else {
		run->stop = true;
		run->end_child = true;
		weft_child_signal(&run->child, run->interrupt_count == 2 ? SIGTERM : SIGKILL);
	}
}

static void take_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			break; /* The loop looks at the command anyway. */
		case SIGTERM:
		case SIGHUP:
			weft_child_signal(&run->child, (int)info.ssi_signo);
			run->stop = run->stop || !run->child.pid;
			break;
		default:
			take_interrupt(run, &info);
			break;
		}
	}
}

/* ---- The loop ---- */

static void show_progress(struct run *run)
{
	struct weft_record_stats stats;
	double seconds;

	if (run->settings->quiet || run->settings->command || !isatty(STDERR_FILENO) ||
	    weft_record_get_stats(run->recording, &stats, NULL) < 0) {
		return;
	}
	seconds = (double)stats.duration_ns / 1e9;
	(void)fprintf(stderr,
		      "\r%.1f s, %.1f MB (%.1f MB/s), %" PRIu32 " processes, %" PRIu64
		      " events lost; Ctrl-C stops\033[K",
		      seconds, (double)stats.byte_count / 1e6,
		      (double)stats.byte_count / 1e6 / seconds, stats.process_count,
		      stats.lost_count);
}

static int wait_ms(const struct run *run)
{
	int64_t wait_ns = TICK_NS;

	if (run->settings->limit_ns) {
		int64_t left_ns = run->begin_ns + run->settings->limit_ns - now_ns();

		wait_ns = left_ns < wait_ns ? left_ns : wait_ns;
	}
	return wait_ns > 0 ? (int)((wait_ns + 999999) / 1000000) : 0;
}

static void record_until_end(struct run *run)
{
	struct pollfd fds[2] = {
		{.fd = run->signal_fd, .events = POLLIN},
		{.fd = weft_record_get_fd(run->recording), .events = POLLIN},
	};
	int64_t shown_ns = 0;

	while (!run->stop) {
		(void)poll(fds, 2, wait_ms(run)); /* Whatever woke us, all is looked at. */
		take_signals(run);
		if (weft_record_serve(run->recording, &run->problem) < 0) {
			run->stop = true;
		}
		if (run->settings->command && weft_child_reap(&run->child)) {
			run->stop = true;
		}
		if (run->settings->limit_ns &&
		    now_ns() - run->begin_ns >= run->settings->limit_ns) {
			run->stop = true;
			run->end_child = true;
			run->time_is_up = true;
		}
		if (now_ns() - shown_ns >= PROGRESS_NS) {
			shown_ns = now_ns();
			show_progress(run);
		}
	}
}

/* After the recording: the command ends by itself, or is made to. */
static void wait_for_child(struct run *run)
{
	struct pollfd fd = {.fd = run->signal_fd, .events = POLLIN};
	const int64_t kill_ns = now_ns() + KILL_PATIENCE_NS;

	if (run->end_child && run->child.pid) {
		weft_child_signal(&run->child, SIGTERM);
	}
	while (!weft_child_reap(&run->child)) {
		(void)poll(&fd, 1, (int)(TICK_NS / 1000000)); /* Both are looked at anyway. */
		take_signals(run);
		if (run->end_child && now_ns() > kill_ns) {
			weft_child_signal(&run->child, SIGKILL);
		}
	}
}

/* ---- Results ---- */

static void join_words(char *const *words, char *ret_text, size_t size)
{
	size_t at = 0;

	ret_text[0] = '\0';
	for (; *words && at < size; words++) {
		int len = snprintf(ret_text + at, size - at, "%s%s", at ? " " : "", *words);

		at += len > 0 ? (size_t)len : 0;
	}
}

static void print_nothing(const struct settings *settings, const struct weft_record_stats *stats)
{
	(void)fprintf(stderr, "weft record: nothing was recorded: ");
	if (settings->options.scope == WEFT_RECORD_SCOPE_COMMAND && stats->process_count) {
		(void)fprintf(stderr,
			      "the command is linked with libweft but emitted nothing. Is package "
			      "liblttng-ust1 installed where it runs? Is WEFT=off set? Did it end "
			      "before its first event? `weft doctor` tells more\n");
		return;
	}
	if (settings->options.scope == WEFT_RECORD_SCOPE_PROCESS) {
		(void)fprintf(stderr, "the process emitted no event in that time\n");
		return;
	}
	(void)fprintf(
		stderr,
		"no instrumented process was seen. Likely reasons: the program is not linked "
		"with libweft (or built with -DWEFT_DISABLE); LTTng-UST (package "
		"liblttng-ust1) is not installed where it runs; it runs as another user, with "
		"another HOME, or in a container of its own; it clears its environment. "
		"`weft doctor` tells more\n");
}

/* The first line is what was obtained; what stands in the way of more follows. */
static void print_scheduling(const struct weft_record_stats *stats)
{
	const struct weft_record_kernel *kernel = &stats->kernel;

	if (stats->tier == WEFT_RECORD_TIER_LTTNG_KERNEL) {
		(void)fprintf(stderr, "scheduling: tier %s, %" PRIu64 " lost\n",
			      weft_record_tier_name(stats->tier), kernel->lost_count);
	} else if (kernel->engine) {
		(void)fprintf(stderr,
			      "scheduling: tier %s (%s), %" PRIu64 " switches, %" PRIu64
			      " events, %" PRIu64 " lost\n",
			      weft_record_tier_name(stats->tier), kernel->engine,
			      kernel->switch_count, kernel->event_count, kernel->lost_count);
	} else {
		(void)fprintf(stderr, "scheduling: tier %s\n", weft_record_tier_name(stats->tier));
	}
	if (kernel->holes[0]) {
		(void)fprintf(stderr, "scheduling: events are missing: %s\n", kernel->holes);
	}
	if (stats->refusal[0]) {
		(void)fprintf(stderr, "scheduling: no better tier: %s\n", stats->refusal);
	}
}

static void print_result(const struct settings *settings, const struct weft_record_stats *stats)
{
	const char *dir = settings->options.dir;

	(void)fprintf(stderr,
		      "%s: %.2f MB in %.2f s from %" PRIu32 " process%s, %" PRIu64 " events lost\n",
		      dir, (double)stats->byte_count / 1e6, (double)stats->duration_ns / 1e9,
		      stats->process_count, stats->process_count == 1 ? "" : "es",
		      stats->lost_count);
	if (stats->unreadable_bytes) {
		(void)fprintf(stderr,
			      "%" PRIu64 " bytes of events behind the place where a process was "
			      "killed could not be read\n",
			      stats->unreadable_bytes);
	}
	print_scheduling(stats);
	if (stats->payload_bytes == 0) {
		(void)fprintf(stderr, "no instrumented program was seen: scheduling alone is "
				      "recorded (`weft doctor` tells more)\n");
	}
	(void)fprintf(stderr,
		      "look at it: weft summary %s\n"
		      "            weft convert %s -o app.trace\n",
		      dir, dir);
}

static int print_json(const struct run *run, const struct weft_record_stats *stats)
{
	const struct settings *settings = run->settings;
	json_t *object = json_pack(
		"{s:s, s:s, s:f, s:I, s:I, s:I, s:I, s:i, s:b}", "directory", settings->options.dir,
		"tier", weft_record_tier_name(stats->tier), "duration_s",
		(double)stats->duration_ns / 1e9, "bytes", (json_int_t)stats->byte_count,
		"payload_bytes", (json_int_t)stats->payload_bytes, "lost_events",
		(json_int_t)stats->lost_count, "unreadable_bytes",
		(json_int_t)stats->unreadable_bytes, "processes", (int)stats->process_count,
		"own_session_daemon", (int)stats->own_daemon);
	const struct weft_record_kernel *kernel = &stats->kernel;
	bool whole = object && (!settings->command ||
				json_object_set_new(object, "command_status",
						    json_integer(run->child.status)) == 0);

	if (kernel->engine) {
		whole = whole &&
			json_object_set_new(object, "kernel",
					    json_pack("{s:s, s:I, s:I, s:I, s:s}", "engine",
						      kernel->engine, "events",
						      (json_int_t)kernel->event_count, "switches",
						      (json_int_t)kernel->switch_count,
						      "lost_events", (json_int_t)kernel->lost_count,
						      "holes", kernel->holes)) == 0;
	}
	if (stats->refusal[0]) {
		whole = whole && json_object_set_new(object, "tier_refusal",
						     json_string(stats->refusal)) == 0;
	}
	whole = whole && json_dumpf(object, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF &&
		fflush(stdout) == 0;
	json_decref(object);
	return whole ? 0 : -1;
}

static int finish(struct run *run)
{
	const struct settings *settings = run->settings;
	char command[COMMAND_SIZE];
	struct weft_record_stats stats;
	struct weft_error err = WEFT_ERROR_INIT;
	int ret;

	if (settings->command) {
		join_words(settings->command, command, sizeof(command));
	}
	if (!settings->quiet && !settings->command && isatty(STDERR_FILENO)) {
		(void)fprintf(stderr, "\r\033[K");
	}
	if (run->problem.code) {
		(void)weft_cli_fail("record", &run->problem); /* At once: closing takes a while. */
	}
	ret = weft_record_close(run->recording, settings->command ? command : NULL, &stats, &err);
	if (!run->problem.code && ret < 0) {
		(void)weft_cli_fail("record", &err);
	}
	wait_for_child(run);
	if (stats.payload_bytes == 0 && !stats.kernel.engine) {
		print_nothing(settings, &stats);
	} else if (!settings->quiet && !settings->json) {
		print_result(settings, &stats);
	}
	if (settings->json && print_json(run, &stats) < 0) {
		return WEFT_CLI_FAILED;
	}
	if (run->child.status && !(run->time_is_up && run->child.signal)) {
		return run->child.status;
	}
	if (run->problem.code || ret < 0) {
		return WEFT_CLI_FAILED;
	}
	return stats.payload_bytes || stats.kernel.engine || settings->command ? WEFT_CLI_OK
									       : WEFT_CLI_FAILED;
}

static int start_command(struct run *run)
{
	static char register_timeout[] = "LTTNG_UST_REGISTER_TIMEOUT=60000";
	const char *settings[3] = {weft_record_get_token(run->recording)};
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_record_stats stats;
	int ret;

	/* A busy machine may need more than LTTng's 3 s until the first event can be recorded. */
	if (!getenv("LTTNG_UST_REGISTER_TIMEOUT")) {
		settings[1] = register_timeout;
	}
	ret = weft_child_start(&run->child, run->settings->command, settings, &err);
	if (ret < 0) {
		(void)weft_cli_fail("record", &err);
		if (weft_record_close(run->recording, NULL, &stats, &err) < 0) {
			return WEFT_CLI_FAILED; /* What is said above is what matters. */
		}
		return ret == -ENOENT ? 127 : 126;
	}
	return 0;
}

static int record(const struct settings *settings)
{
	struct run run = {.settings = settings};
	struct weft_error err = WEFT_ERROR_INIT;
	int ret;

	run.signal_fd = open_signals(&err);
	if (run.signal_fd < 0 || weft_record_open(&settings->options, &run.recording, &err) < 0) {
		return weft_cli_fail("record", &err);
	}
	run.begin_ns = now_ns();
	ret = settings->command ? start_command(&run) : 0;
	if (ret == 0) {
		record_until_end(&run);
		ret = finish(&run);
	}
	(void)close(run.signal_fd); /* Read only; nothing to lose. */
	return ret;
}

int weft_cmd_record(int argc, char **argv)
{
	struct settings settings = {.options = {.tier = WEFT_RECORD_TIER_COUNT_ - 1}};
	int code;
	int ret;

	while ((code = getopt_long(argc, argv, "+p:ao:s:qh", long_options, NULL)) != -1) {
		ret = take_option(code, &settings);
		if (ret != WEFT_CLI_OK) {
			return ret;
		}
		if (settings.help) {
			(void)fputs(help, stdout);
			return WEFT_CLI_OK;
		}
	}
	ret = choose_scope(argc, argv, &settings);
	if (ret != WEFT_CLI_OK) {
		return ret;
	}
	choose_dir(&settings);
	return record(&settings);
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft symbolize: a profile of addresses becomes one with names, or a text.
 *
 * Also the helper that libweft and servers start (--helper): the profile comes by the socket at
 * descriptor 3 until the program shuts its side, the answer goes to the output at descriptor 4, and
 * then the socket says "done" or "error CODE TEXT".
 *
 * Debug information is read in a child with limits: whatever a file does to it, there is an answer,
 * which then has no names and a comment that says why.
 */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <weft/helper.h>
#include <weft/output-file.h>
#include <weft/pprof-text.h>
#include <weft/pprof.h>
#include <weft/symbolize.h>

#include "address-names.h"
#include "cli.h"
#include "helper-process.h"
#include "now.h"
#include "profile-delta.h"

#define TIMEOUT_S_DEFAULT  60
#define MEMORY_MIB_DEFAULT 2048
#define TEXT_OF_(number)   #number
#define TEXT_OF(number)    TEXT_OF_(number)
/* After its deadline the child has what it knows to write. */
#define GRACE_MS 5000U

static const char help[] =
	"Usage: weft symbolize [OPTION]... [FILE]\n"
	"Reads a profile in pprof's format (gzipped or not; FILE or standard input), looks up "
	"functions,\n"
	"files, lines and inlined calls of its addresses, and writes it (gzipped).\n\n"
	"What cannot be looked up stays an address; comments of the profile say why.\n\n"
	"  -o, --output FILE     write to FILE, not to standard output\n"
	"  -p, --pid PID         the process that it is of, which still runs: finds deleted files "
	"and\n"
	"                        those of its container\n"
	"      --debug N         write Go's text form, as N = 1 or 2 in a URL of /debug/pprof/\n"
	"      --name NAME       what the profile is called there; tells mutex from block\n"
	"      --debuginfod      also ask the servers in DEBUGINFOD_URLS for debug information\n"
	"      --timeout SECONDS look up for so long at most (default " TEXT_OF(
		TIMEOUT_S_DEFAULT) ")\n"
				   "      --memory MIB      take so much memory at most "
				   "(default " TEXT_OF(MEMORY_MIB_DEFAULT) ")\n"
									   "  -h, --help           "
									   " this text\n";

enum {
	OPTION_DEBUG = 256,
	OPTION_NAME,
	OPTION_DEBUGINFOD,
	OPTION_TIMEOUT,
	OPTION_MEMORY,
	OPTION_HELPER,
	OPTION_ADDRESSES,
	OPTION_EARLIER_SIZE,
	OPTION_KEEP_INUSE,
};

static const struct option long_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"pid", required_argument, NULL, 'p'},
	{"debug", required_argument, NULL, OPTION_DEBUG},
	{"name", required_argument, NULL, OPTION_NAME},
	{"debuginfod", no_argument, NULL, OPTION_DEBUGINFOD},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"memory", required_argument, NULL, OPTION_MEMORY},
	/* For libraries, not for people. */
	{"helper", no_argument, NULL, OPTION_HELPER},
	{"addresses", no_argument, NULL, OPTION_ADDRESSES},
	{"earlier-size", required_argument, NULL, OPTION_EARLIER_SIZE},
	{"keep-inuse", no_argument, NULL, OPTION_KEEP_INUSE},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct settings {
	const char *input;  /* NULL: standard input. */
	const char *output; /* NULL: standard output. */
	const char *name;   /* NULL: by the sample types. */
	uint64_t pid, debug, timeout_s, memory_mib;
	uint64_t earlier_size; /* Of a profile in front, to be subtracted; 0: there is none. */
	bool keeps_inuse;      /* Not from what is in use. */
	bool has_addresses;    /* The input is a list of them, the answer one of names. */
	bool debuginfod, is_helper, help;
};

/* What the child tells; shared with it. */
struct verdict {
	bool is_done; /* It came to its end; `ret` and `err` are its answer. */
	int ret;
	struct weft_error err;
};

/* ---- The child ---- */

static int write_profile(const struct weft_pprof *profile, const struct settings *settings,
			 const uint64_t *entries, int fd, struct weft_error *err)
{
	const struct weft_pprof_text_options options = {
		.name = settings->name, .debug = (int)settings->debug, .entries = entries};

	if (settings->has_addresses) {
		return weft_cli_addresses_write(profile, fd, err);
	}
	if (settings->debug) {
		return weft_pprof_write_text(profile, &options, weft_pprof_write_to_fd, &fd, err);
	}
	return weft_pprof_write_fd(profile, fd, err);
}

/* Files that are mapped for reading do not count: they are no memory of this process. */
static void limit_memory(uint64_t memory_mib)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	const struct rlimit data = {memory_mib << 20, memory_mib << 20};

	(void)setrlimit(RLIMIT_DATA, &data); /* A lower limit is always granted. */
#else
	(void)memory_mib; /* What watches memory takes too much of it. */
#endif
}

static int symbolize(struct weft_pprof *profile, const struct settings *settings, int fd,
		     struct weft_error *err)
{
	uint32_t count = weft_pprof_location_count(profile);
	struct weft_symbolize_options options = {
		.pid = (int32_t)settings->pid,
		.debuginfod = settings->debuginfod,
		.deadline_ns = weft_now_ns() + settings->timeout_s * WEFT_NS_PER_S,
	};
	struct weft_error why = WEFT_ERROR_INIT;
	int ret;

	options.entries = (uint64_t *)calloc(count ? count : 1, sizeof(*options.entries));
	if (!options.entries) {
		return weft_error_set_errno(err, -ENOMEM, "cannot look up names");
	}
	ret = 0;
	if (weft_pprof_symbolize(profile, &options, &why) < 0) {
		weft_error_prepend(&why, "symbols");
		ret = weft_pprof_add_comment(profile, why.text);
	}
	ret = ret < 0 ? weft_error_set_errno(err, ret, "cannot look up names")
		      : write_profile(profile, settings, options.entries, fd, err);
	free(options.entries);
	return ret;
}

static void run_child(struct weft_pprof *profile, const struct settings *settings, int fd,
		      struct verdict *verdict)
{
	limit_memory(settings->memory_mib);
	verdict->ret = symbolize(profile, settings, fd, &verdict->err);
	verdict->is_done = true;
	_exit(WEFT_CLI_OK);
}

/* ---- The parent ---- */

/* How the child ended when it gave no answer. */
struct ending {
	int status; /* As of waitpid(). */
	bool was_late;
};

/*
 * Waits until the child has ended, whose end of the pipe is then closed; kills it when it is late, or
 * when nobody wants the answer any more (`client_fd`, -1: somebody does).
 */
static struct ending wait_for_child(pid_t child, int pipe_fd, int client_fd, uint64_t timeout_s)
{
	uint64_t deadline_ns =
		weft_now_ns() + timeout_s * WEFT_NS_PER_S + GRACE_MS * WEFT_NS_PER_MS;
	struct pollfd waited[] = {{.fd = pipe_fd, .events = POLLIN}, {.fd = client_fd}};
	struct ending ending = {0, false};

	for (;;) {
		uint64_t now = weft_now_ns();
		uint64_t left_ms = now < deadline_ns ? (deadline_ns - now) / 1000000 + 1 : 0;
		int ret = poll(waited, 2, left_ms < INT_MAX ? (int)left_ms : INT_MAX);

		if (ret > 0 && waited[0].revents) {
			break;
		}
		if (ret > 0 || (ret == 0 && left_ms == 0) || (ret < 0 && errno != EINTR)) {
			(void)kill(child, SIGKILL); /* Our own child, not waited for yet. */
			ending.was_late = true;
			break;
		}
	}
	while (waitpid(child, &ending.status, 0) < 0 && errno == EINTR) {
	}
	return ending;
}

/* Runs the child to its end. 0: see the verdict; a negative errno: it could not be started. */
static int run_limited(struct weft_pprof *profile, const struct settings *settings, int fd,
		       struct verdict *verdict, struct ending *ret_ending)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		return -errno;
	}
	child = fork();
	if (child < 0) {
		int ret = -errno;

		(void)close(ends[0]); /* A pipe that nobody has used. */
		(void)close(ends[1]); /* As above. */
		return ret;
	}
	if (child == 0) {
		(void)close(ends[0]); /* The parent's. */
		run_child(profile, settings, fd, verdict);
	}
	(void)close(ends[1]); /* The child's. */
	*ret_ending =
		wait_for_child(child, ends[0], settings->is_helper ? WEFT_HELPER_SOCKET_FD : -1,
			       settings->timeout_s);
	(void)close(ends[0]); /* Nothing ever comes through it. */
	return 0;
}

/* Says in the profile, and to people, that there are no names, and why. */
static int explain(struct weft_pprof *profile, const struct settings *settings, int started,
		   const struct ending *ending, struct weft_error *err)
{
	struct weft_error why = WEFT_ERROR_INIT;

	if (started < 0) {
		(void)weft_error_set_errno(&why, started, "no names: cannot start a process");
	} else if (ending->was_late) {
		(void)weft_error_set(&why, -ETIME,
				     "no names: looking them up took longer than %" PRIu64 " s",
				     settings->timeout_s);
	} else if (WIFSIGNALED(ending->status)) {
		(void)weft_error_set(&why, -ECHILD,
				     "no names: looking them up ended by signal %d (%s)",
				     WTERMSIG(ending->status), strsignal(WTERMSIG(ending->status)));
	} else {
		(void)weft_error_set(&why, -ECHILD, "no names: looking them up ended unexpectedly");
	}
	if (!settings->is_helper) {
		(void)weft_cli_fail("symbolize", &why); /* A warning: there is an answer. */
	}
	weft_error_prepend(&why, "symbols");
	if (weft_pprof_add_comment(profile, why.text) < 0) {
		return weft_error_set_errno(err, -ENOMEM, "cannot add a comment");
	}
	return 0;
}

/* Puts the whole answer into the file at `fd`, which is empty. */
static int make_answer(struct weft_pprof *profile, const struct settings *settings, int fd,
		       struct weft_error *err)
{
	struct verdict *verdict = (struct verdict *)mmap(
		NULL, sizeof(*verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct ending ending = {0, false};
	int ret;

	if (verdict == MAP_FAILED) {
		return weft_error_set_errno(err, -errno, "cannot look up names");
	}
	ret = run_limited(profile, settings, fd, verdict, &ending);
	if (ret == 0 && verdict->is_done) {
		ret = verdict->ret;
		*err = verdict->err;
	} else {
		ret = explain(profile, settings, ret, &ending, err);
		if (ret == 0 && (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)) {
			ret = weft_error_set_errno(err, -errno, "cannot write the profile");
		}
		if (ret == 0) {
			ret = write_profile(profile, settings, NULL, fd, err);
		}
	}
	(void)munmap(verdict, sizeof(*verdict)); /* Mapped above. */
	return ret;
}

static int copy(int from, weft_pprof_write_fn write, void *ctx, struct weft_error *err)
{
	char block[1 << 16];
	off_t at = 0;
	ssize_t size;
	int ret = 0;

	while (ret == 0 && (size = pread(from, block, sizeof(block), at)) != 0) {
		if (size < 0) {
			return weft_error_set_errno(err, -errno, "cannot read the answer back");
		}
		ret = write(ctx, block, (size_t)size);
		at += size;
	}
	return ret < 0 ? weft_error_set_errno(err, ret, "cannot write the profile") : 0;
}

/* ---- Input and output ---- */

/* What a library wants done: only there is more than one profile to be read, or none. */
static int read_profile(const struct settings *settings, int fd, struct weft_pprof **ret_profile,
			struct weft_error *err)
{
	uint64_t limit_bytes = settings->memory_mib << 20;

	if (settings->has_addresses) {
		return weft_cli_addresses_read(fd, (pid_t)settings->pid, ret_profile, err);
	}
	if (settings->earlier_size) {
		return weft_cli_delta_read(fd, settings->earlier_size, settings->keeps_inuse,
					   limit_bytes, ret_profile, err);
	}
	return weft_pprof_read_fd(fd, limit_bytes, ret_profile, err);
}

static int read_input(const struct settings *settings, struct weft_pprof **ret_profile,
		      struct weft_error *err)
{
	const char *shown = settings->input ? settings->input : "standard input";
	int fd = settings->is_helper ? WEFT_HELPER_SOCKET_FD : STDIN_FILENO;
	int ret;

	if (settings->input) {
		fd = open(settings->input, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			return weft_error_set_errno(err, -errno, "cannot open '%s'", shown);
		}
	}
	ret = read_profile(settings, fd, ret_profile, err);
	if (settings->input) {
		(void)close(fd); /* Read only; nothing to lose. */
	}
	if (ret < 0) {
		weft_error_prepend(err, "cannot read a profile from %s", shown);
	}
	return ret;
}

static int write_output(const struct settings *settings, int answer_fd, struct weft_error *err)
{
	int fd = settings->is_helper ? WEFT_HELPER_OUTPUT_FD : STDOUT_FILENO;
	struct weft_output_file *file;
	int ret;

	if (!settings->output) {
		return copy(answer_fd, weft_pprof_write_to_fd, &fd, err);
	}
	ret = weft_output_file_open(settings->output, &file, err);
	if (ret < 0) {
		return ret;
	}
	ret = copy(answer_fd, weft_output_file_write, file, err);
	if (ret < 0) {
		weft_error_prepend(err, "'%s'", settings->output);
		weft_output_file_discard(file);
		return ret;
	}
	return weft_output_file_commit(file, err);
}

static int run(const struct settings *settings, struct weft_error *err)
{
	struct weft_pprof *profile = NULL;
	int answer_fd = -1;
	int ret = read_input(settings, &profile, err);

	if (ret == 0) {
		answer_fd = memfd_create("profile", MFD_CLOEXEC);
		ret = answer_fd < 0 ? weft_error_set_errno(err, -errno, "cannot make an answer")
				    : make_answer(profile, settings, answer_fd, err);
	}
	if (ret == 0) {
		ret = write_output(settings, answer_fd, err);
	}
	if (answer_fd >= 0) {
		(void)close(answer_fd); /* In memory only. */
	}
	weft_pprof_destroy(profile);
	return ret;
}

static int run_helper(const struct settings *settings)
{
	struct weft_error err = WEFT_ERROR_INIT;

	if (fcntl(WEFT_HELPER_SOCKET_FD, F_GETFD) < 0 ||
	    fcntl(WEFT_HELPER_OUTPUT_FD, F_GETFD) < 0) {
		return weft_cli_usage("symbolize", "--helper is for libraries that start it");
	}
	if (weft_cli_helper_detach(&err) < 0 || run(settings, &err) < 0) {
		return weft_cli_helper_fail(&err);
	}
	(void)close(WEFT_HELPER_OUTPUT_FD); /* All of it is written. */
	weft_cli_helper_say("done\n");
	return WEFT_CLI_OK;
}

/* ---- Options ---- */

struct number_option {
	int code;
	const char *name;
	uint64_t least, most;
	size_t offset;
};

static const struct number_option number_options[] = {
	{'p', "--pid", 1, INT_MAX, offsetof(struct settings, pid)},
	{OPTION_DEBUG, "--debug", 0, INT_MAX, offsetof(struct settings, debug)},
	{OPTION_TIMEOUT, "--timeout", 1, 86400, offsetof(struct settings, timeout_s)},
	{OPTION_EARLIER_SIZE, "--earlier-size", 1, INT_MAX,
	 offsetof(struct settings, earlier_size)},
	{OPTION_MEMORY, "--memory", 16, 1U << 20, offsetof(struct settings, memory_mib)},
};

static int take_number(int code, struct settings *settings)
{
	size_t i;

	for (i = 0; i < sizeof(number_options) / sizeof(number_options[0]); i++) {
		const struct number_option *option = &number_options[i];

		if (option->code != code) {
			continue;
		}
		if (!weft_cli_parse_number(optarg, option->least, option->most,
					   (uint64_t *)((char *)settings + option->offset))) {
			return weft_cli_usage("symbolize",
					      "%s needs a number from %" PRIu64 " to %" PRIu64
					      ", not '%s'",
					      option->name, option->least, option->most, optarg);
		}
		return WEFT_CLI_OK;
	}
	(void)fprintf(stderr, "Try 'weft symbolize --help'.\n");
	return WEFT_CLI_USAGE;
}

static int take_option(int code, struct settings *settings)
{
	switch (code) {
	case 'o':
		settings->output = optarg;
		return WEFT_CLI_OK;
	case OPTION_NAME:
		settings->name = optarg;
		return WEFT_CLI_OK;
	case OPTION_DEBUGINFOD:
		settings->debuginfod = true;
		return WEFT_CLI_OK;
	case OPTION_HELPER:
		settings->is_helper = true;
		return WEFT_CLI_OK;
	case OPTION_ADDRESSES:
		settings->has_addresses = true;
		return WEFT_CLI_OK;
	case OPTION_KEEP_INUSE:
		settings->keeps_inuse = true;
		return WEFT_CLI_OK;
	case 'h':
		settings->help = true;
		return WEFT_CLI_OK;
	default:
		return take_number(code, settings);
	}
}

int weft_cmd_symbolize(int argc, char **argv)
{
	struct settings settings = {.timeout_s = TIMEOUT_S_DEFAULT,
				    .memory_mib = MEMORY_MIB_DEFAULT};
	struct weft_error err = WEFT_ERROR_INIT;
	int code;

	while ((code = getopt_long(argc, argv, "o:p:h", long_options, NULL)) != -1) {
		int ret = take_option(code, &settings);

		if (ret != WEFT_CLI_OK) {
			return ret;
		}
		if (settings.help) {
			(void)fputs(help, stdout);
			return WEFT_CLI_OK;
		}
	}
	if (argc - optind > 1) {
		return weft_cli_usage("symbolize", "one profile at a time, not %d", argc - optind);
	}
	if (settings.is_helper) {
		return run_helper(&settings);
	}
	if (settings.has_addresses || settings.earlier_size || settings.keeps_inuse) {
		return weft_cli_usage("symbolize", "this is for libraries that start it");
	}
	if (optind < argc && strcmp(argv[optind], "-") != 0) {
		settings.input = argv[optind];
	}
	if (!settings.output && !settings.debug && isatty(STDOUT_FILENO)) {
		return weft_cli_usage("symbolize",
				      "a profile is not for terminals: use -o FILE or --debug 1");
	}
	return run(&settings, &err) < 0 ? weft_cli_fail("symbolize", &err) : WEFT_CLI_OK;
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft serve: the HTTP frontend beside running processes. The manual is <weft/http.h>.
 */
#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/http.h>
#include <weft/record.h>

#include "cli.h"
#include "processes.h"
#include "server.h"

#define HOSTS_MAX        64
#define LOAD_PATIENCE_MS 2000U
#define LOAD_STEP_MS     20

static const char help[] =
	"Usage: weft serve [OPTION]...\n"
	"Serves /debug/pprof/ of running processes that use libweft: profiles and execution "
	"traces\n"
	"for go tool pprof and go tool trace. Ends by Ctrl-C or SIGTERM.\n\n"
	"  -l, --listen ADDRESS    HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH; port 0: a free one\n"
	"                          (default: 127.0.0.1:6060)\n"
	"  -p, --pid PID           serve this process at /debug/pprof/; without, / lists all that\n"
	"                          can be seen, each at /PID/debug/pprof/\n"
	"  -t, --token-file FILE   ask for the bearer token in FILE's first line\n"
	"      --tls-cert FILE     serve TLS: certificate chain, PEM\n"
	"      --tls-key FILE      and its key\n"
	"      --allow-host NAME   a further name that may be in Host (may be repeated)\n"
	"      --max-trace S       longest trace, in seconds (default: 10)\n"
	"      --max-profile S     longest profile, in seconds (default: 60)\n"
	"      --max-traces N      traces at once (default: 8)\n"
	"      --max-disk MIB      of each trace's recording (default: 1024)\n"
	"  -q, --quiet             no line for each request on standard error\n"
	"  -h, --help              this text\n\n"
	"Other machines can reach it only by an address given with --listen, and with a token or "
	"TLS.\n"
	"A unix socket answers this user and root:\n"
	"  curl --unix-socket PATH http://localhost/PID/debug/pprof/trace?seconds=5 -o trace\n";

enum long_option {
	OPTION_TLS_CERT = 256,
	OPTION_TLS_KEY,
	OPTION_ALLOW_HOST,
	OPTION_MAX_TRACE,
	OPTION_MAX_PROFILE,
	OPTION_MAX_TRACES,
	OPTION_MAX_DISK,
};

static const struct option long_options[] = {
	{"listen", required_argument, NULL, 'l'},
	{"pid", required_argument, NULL, 'p'},
	{"token-file", required_argument, NULL, 't'},
	{"tls-cert", required_argument, NULL, OPTION_TLS_CERT},
	{"tls-key", required_argument, NULL, OPTION_TLS_KEY},
	{"allow-host", required_argument, NULL, OPTION_ALLOW_HOST},
	{"max-trace", required_argument, NULL, OPTION_MAX_TRACE},
	{"max-profile", required_argument, NULL, OPTION_MAX_PROFILE},
	{"max-traces", required_argument, NULL, OPTION_MAX_TRACES},
	{"max-disk", required_argument, NULL, OPTION_MAX_DISK},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct settings {
	struct weft_http_options http;
	const char *hosts[HOSTS_MAX + 1];
	size_t host_count;
	uint32_t pid, disk_mib;
	bool help;
};

static bool take_number(int option, const char *text, struct settings *settings)
{
	const struct {
		int option;
		uint32_t most;
		uint32_t *value;
	} numbers[] = {
		{'p', INT_MAX, &settings->pid},
		{OPTION_MAX_TRACE, 86400, &settings->http.trace_seconds_max},
		{OPTION_MAX_PROFILE, 86400, &settings->http.profile_seconds_max},
		{OPTION_MAX_TRACES, 1000, &settings->http.trace_count_max},
		{OPTION_MAX_DISK, 1U << 30, &settings->disk_mib},
	};
	uint64_t number;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i].option == option &&
		    weft_cli_parse_number(text, 1, numbers[i].most, &number)) {
			*numbers[i].value = (uint32_t)number;
			return true;
		}
	}
	return false;
}

/* Whether it was one of those that take a word. */
static bool take_word(int option, const char *text, struct settings *settings)
{
	switch (option) {
	case 'l':
		settings->http.address = text;
		return true;
	case 't':
		settings->http.token_file = text;
		return true;
	case OPTION_TLS_CERT:
		settings->http.tls_cert_file = text;
		return true;
	case OPTION_TLS_KEY:
		settings->http.tls_key_file = text;
		return true;
	case 'q':
		settings->http.quiet = true;
		return true;
	case 'h':
		settings->help = true;
		return true;
	default:
		return false;
	}
}

static int parse(int argc, char **argv, struct settings *settings)
{
	int option;

	while ((option = getopt_long(argc, argv, "l:p:t:qh", long_options, NULL)) != -1) {
		if (option == '?') {
			return weft_cli_usage("serve", "see above");
		}
		if (option == OPTION_ALLOW_HOST) {
			if (settings->host_count == HOSTS_MAX) {
				return weft_cli_usage("serve", "at most %d names", HOSTS_MAX);
			}
			settings->hosts[settings->host_count++] = optarg;
		} else if (!take_word(option, optarg, settings) &&
			   !take_number(option, optarg, settings)) {
			return weft_cli_usage("serve", "'%s' is no such number", optarg);
		}
	}
	if (optind < argc) {
		return weft_cli_usage("serve", "'%s' is too much", argv[optind]);
	}
	settings->http.hosts = settings->hosts;
	settings->http.trace_bytes_max = (uint64_t)settings->disk_mib << 20;
	return WEFT_CLI_OK;
}

/* A process that has just been started, by `weft run` say, loads its libraries first. */
static int check_process(pid_t pid, struct weft_error *err)
{
	struct weft_process process;
	unsigned int waited_ms;

	for (waited_ms = 0; waited_ms <= LOAD_PATIENCE_MS; waited_ms += LOAD_STEP_MS) {
		if (kill(pid, 0) < 0) {
			return weft_error_set_errno(err, -errno, "cannot serve process %d",
						    (int)pid);
		}
		if (weft_process_look(pid, &process)) {
			return 0;
		}
		(void)poll(NULL, 0, LOAD_STEP_MS); /* Woken early: looks again. */
	}
	return weft_error_set(err, -ENOPKG,
			      "cannot serve process %d: it is not linked with libweft, or belongs "
			      "to another user",
			      (int)pid);
}

int weft_cmd_serve(int argc, char **argv)
{
	struct settings settings = {.http = WEFT_HTTP_OPTIONS_INIT, .disk_mib = 1024};
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_record_keeper *keeper = NULL;
	struct weft_http *http = NULL;
	sigset_t ends;
	int received;
	int ret = parse(argc, argv, &settings);

	if (ret != WEFT_CLI_OK) {
		return ret;
	}
	if (settings.help) {
		(void)fputs(help, stdout);
		return WEFT_CLI_OK;
	}
	/* All threads inherit the mask, so that these come to sigwait() below. */
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
	if (settings.pid && check_process((pid_t)settings.pid, &err) < 0) {
		return weft_cli_fail("serve", &err);
	}
	if (weft_server_start(&settings.http, (pid_t)settings.pid, &http, &err) < 0) {
		return weft_cli_fail("serve", &err);
	}
	/* Profiles can be served all the same. */
	if (weft_record_keep(&keeper, &err) < 0) {
		(void)fprintf(stderr, "weft serve: no traces: %s\n", err.text);
	}
	(void)fprintf(stderr, "weft serve: listening on %s%s\n", weft_http_get_url(http),
		      settings.pid ? "/debug/pprof/" : "/");
	(void)sigwait(&ends, &received);
	weft_http_stop(http);
	weft_record_release(keeper);
	return WEFT_CLI_OK;
}

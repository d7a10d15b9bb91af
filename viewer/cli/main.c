// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The `weft` command: picks a subcommand. See cli.h.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "commands.h"

struct weft_cli_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary; /* NULL: not listed. */
};

static const struct weft_cli_command commands[] = {
	{"record", weft_cmd_record, "record a command, a process or everything"},
	{"run", weft_cmd_run, "profile a command: CPU, memory, locks, threads"},
	{"convert", weft_cmd_convert, "turn recordings into a file for go tool trace"},
	{"summary", weft_cmd_summary, "tell what recordings hold, without a viewer"},
	{"verify", weft_cmd_verify, "check a Go trace against the rules of its readers"},
	{"serve", weft_cmd_serve, "serve /debug/pprof/ of running processes over HTTP"},
	{"symbolize", weft_cmd_symbolize, "put names into a profile, or show it as text"},
	{"pprof", weft_cmd_pprof, "report about profiles, as go tool pprof does"},
	{"doctor", weft_cmd_doctor, "what this machine allows, and what lifts each limit"},
	{"trace-process", weft_cmd_trace_process, NULL}, /* For libweft, not for people. */
	{NULL, NULL, NULL},
};

static void print_help(FILE *out)
{
	const struct weft_cli_command *command;

	(void)fprintf(out, "Usage: weft COMMAND [OPTION]... [ARGUMENT]...\n"
			   "Execution traces and profiles for native programs.\n\n"
			   "Commands:\n");
	for (command = commands; command->name; command++) {
		if (command->summary) {
			(void)fprintf(out, "  %-10s %s\n", command->name, command->summary);
		}
	}
	(void)fprintf(out, "\n'weft COMMAND --help' tells more about each.\n");
}

/* getopt() says whose option it was by argv[0]. */
static int run_command(const struct weft_cli_command *command, int argc, char **argv)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "weft %s", command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	const struct weft_cli_command *command;

	/* A reader that goes away is a failed write like any other. */
	(void)sigaction(SIGPIPE, &ignore, NULL);
	if (argc < 2) {
		print_help(stderr);
		return WEFT_CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return WEFT_CLI_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("weft %s\n", WEFT_VERSION);
		return WEFT_CLI_OK;
	}
	for (command = commands; command->name; command++) {
		if (strcmp(argv[1], command->name) == 0) {
			return run_command(command, argc - 1, argv + 1);
		}
	}
	(void)fprintf(stderr, "weft: no command called '%s'; 'weft --help' lists them\n", argv[1]);
	return WEFT_CLI_USAGE;
}

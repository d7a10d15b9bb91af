// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The words of `weft pprof`. See pprof-options.h.
 */
#include "pprof-options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define VARIABLES_MAX 64
/* Longest profile that can be asked for. */
#define SECONDS_MAX 1000000

/* Options of the command that are neither variables nor formats. */
struct own_option {
	const char *name;
	int (*take)(struct pprof_options *options, const char *name, const char *value);
	bool has_value;
	const char *help;
};

/* Options that stand for a choice of the value shown. */
static const struct {
	const char *name, *sample_type;
	bool is_mean;
} shorthands[] = {
	{"total_delay", "delay", false},           {"mean_delay", "delay", true},
	{"contentions", "contentions", false},     {"inuse_space", "inuse_space", false},
	{"inuse_objects", "inuse_objects", false}, {"alloc_space", "alloc_space", false},
	{"alloc_objects", "alloc_objects", false},
};

static int set_variable(struct pprof_options *options, const char *name, const char *value)
{
	struct weft_error err = WEFT_ERROR_INIT;

	if (weft_report_config_set(options->config, name, value, &err) < 0) {
		return weft_cli_usage("pprof", "-%s: %s", name, err.text);
	}
	return WEFT_CLI_OK;
}

static int add_base(struct pprof_options *options, const char *name, const char *value)
{
	bool is_diff = strcmp(name, "diff_base") == 0;
	const char **bases;

	if (options->base_count > 0 && options->is_diff != is_diff) {
		return weft_cli_usage("pprof", "-base and -diff_base cannot both be given");
	}
	bases = realloc(options->bases, ((size_t)options->base_count + 1) * sizeof(*bases));
	if (!bases) {
		return weft_cli_usage("pprof", "out of memory");
	}
	bases[options->base_count++] = value;
	options->bases = bases;
	options->is_diff = is_diff;
	return WEFT_CLI_OK;
}

static int set_comment(struct pprof_options *options, const char *name, const char *value)
{
	(void)name; /* Options share one shape. */
	options->comment = value;
	return WEFT_CLI_OK;
}

static int set_build_id(struct pprof_options *options, const char *name, const char *value)
{
	(void)name;
	options->build_id = value;
	return WEFT_CLI_OK;
}

static int set_flag(bool *flag, const char *name, const char *value)
{
	struct weft_report_config *scratch = weft_report_config_create();
	struct weft_error err = WEFT_ERROR_INIT;
	int ret = scratch ? weft_report_config_set(scratch, "trim", value, &err) : -1;

	if (ret == 0) {
		*flag = strcmp(weft_report_config_get(scratch, "trim"), "true") == 0;
	}
	weft_report_config_destroy(scratch);
	return ret == 0 ? WEFT_CLI_OK
			: weft_cli_usage("pprof", "-%s: neither true nor false: %s", name, value);
}

static int set_all_frames(struct pprof_options *options, const char *name, const char *value)
{
	return set_flag(&options->all_frames, name, value);
}

static int set_http(struct pprof_options *options, const char *name, const char *value)
{
	(void)name;
	options->http = value;
	return WEFT_CLI_OK;
}

static int set_no_browser(struct pprof_options *options, const char *name, const char *value)
{
	return set_flag(&options->no_browser, name, value);
}

static int set_help(struct pprof_options *options, const char *name, const char *value)
{
	return set_flag(&options->help, name, value);
}

static int set_symbols(struct pprof_options *options, const char *name, const char *value)
{
	(void)name;
	options->symbols = pprof_symbols_parse(value);
	return WEFT_CLI_OK;
}

static int set_recording(struct pprof_options *options, const char *name, const char *value)
{
	struct weft_error err = WEFT_ERROR_INIT;
	char format[64];

	(void)snprintf(format, sizeof(format), "pprof:%s", value);
	if (weft_convert_parse_format(format, &options->recording, &err) < 0) {
		return weft_cli_usage("pprof",
				      "-%s: cpu, off-cpu, sched, block or syscall, not '%s'", name,
				      value);
	}
	return WEFT_CLI_OK;
}

static int set_number(long *number, const char *name, const char *value)
{
	uint64_t parsed;

	if (!weft_cli_parse_number(value, 0, SECONDS_MAX, &parsed)) {
		return weft_cli_usage("pprof", "-%s: needs a number of seconds, not '%s'", name,
				      value);
	}
	*number = (long)parsed;
	return WEFT_CLI_OK;
}

static int set_seconds(struct pprof_options *options, const char *name, const char *value)
{
	return set_number(&options->url.seconds, name, value);
}

static int set_timeout(struct pprof_options *options, const char *name, const char *value)
{
	return set_number(&options->url.timeout_s, name, value);
}

static int set_tls(struct pprof_options *options, const char *name, const char *value)
{
	const char **text = &options->url.tls_ca;

	if (strcmp(name, "tls_cert") == 0) {
		text = &options->url.tls_cert;
	} else if (strcmp(name, "tls_key") == 0) {
		text = &options->url.tls_key;
	}
	*text = *value ? value : NULL;
	return WEFT_CLI_OK;
}

static int set_tools(struct pprof_options *options, const char *name, const char *value)
{
	(void)name;
	options->tools = value;
	return WEFT_CLI_OK;
}

static const struct own_option own_options[] = {
	{"base", add_base, true, "Subtract this profile (may be given again: of several the sum)"},
	{"diff_base", add_base, true, "As -base, with percentages of the base"},
	{"add_comment", set_comment, true, "Add a comment to the profile"},
	{"buildid", set_build_id, true, "Build id of the main program, where the profile has none"},
	{"all_frames", set_all_frames, false, "Keep frames that the profile itself says to drop"},
	{"seconds", set_seconds, true, "Of a URL: profile for so many seconds"},
	{"timeout", set_timeout, true, "Of a URL: wait for so many seconds at most"},
	{"tls_cert", set_tls, true,
	 "Of an https URL: certificate to show (PEM), with its -tls_key"},
	{"tls_key", set_tls, true, "Of an https URL: key of that certificate (PEM)"},
	{"tls_ca", set_tls, true, "Of an https URL: certificates to trust (PEM)"},
	{"recording", set_recording, true,
	 "Of a recording: cpu (the default), off-cpu, sched, block, syscall"},
	{"symbolize", set_symbols, true,
	 "Names: none, local, fastlocal, remote, force, demangle=none|default|templates|full"},
	{"tools", set_tools, true, "Folders with objdump and dot, a comma between two"},
	{"http", set_http, true,
	 "Serve pages at HOST:PORT (either may be left out) instead of a report"},
	{"no_browser", set_no_browser, false, "With -http: start no browser"},
	{"help", set_help, false, "This text"},
	{"h", set_help, false, NULL},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct own_option *find_own(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(own_options); i++) {
		if (strcmp(own_options[i].name, name) == 0) {
			return &own_options[i];
		}
	}
	return NULL;
}

/* The option that chose the format. */
static const char *get_format_option(const struct pprof_options *options)
{
	return options->viewer ? options->viewer->name : options->format;
}

/* `viewer`: that shows it; NULL: none. */
static int set_format(struct pprof_options *options, const struct weft_report_format *format,
		      const struct pprof_viewer *viewer, const char *value)
{
	bool is_on = true;
	int status = WEFT_CLI_OK;

	if (!format->has_argument) {
		status = set_flag(&is_on, format->name, value);
	}
	if (status != WEFT_CLI_OK || !is_on) {
		return status;
	}
	if (options->format) {
		return weft_cli_usage("pprof", "must set at most one output format: -%s, -%s",
				      get_format_option(options),
				      viewer ? viewer->name : format->name);
	}
	options->format = format->name;
	options->viewer = viewer;
	options->argument = format->has_argument ? value : NULL;
	return WEFT_CLI_OK;
}

/* Whether the option is one of a choice, or a variable that is true or false. */
static bool is_switch(const char *name)
{
	const struct weft_report_variable *variable = weft_report_variable_find(name);
	const struct weft_report_format *format = weft_report_format_find(name);
	const struct own_option *own = find_own(name);
	size_t i;

	for (i = 0; i < COUNT(shorthands); i++) {
		if (strcmp(shorthands[i].name, name) == 0) {
			return true;
		}
	}
	return (format ? !format->has_argument : pprof_viewer_find(name) != NULL) ||
	       (own && !own->has_value) ||
	       (variable &&
		(variable->kind == WEFT_REPORT_KIND_BOOL || strcmp(variable->name, name) != 0));
}

static bool is_known(const char *name)
{
	const struct weft_report_variable *variable = weft_report_variable_find(name);
	bool is_variable = variable && (variable->kind != WEFT_REPORT_KIND_CHOICE ||
					strcmp(variable->name, name) != 0);

	return is_variable || weft_report_format_find(name) || find_own(name) || is_switch(name);
}

static int take_shorthand(struct pprof_options *options, size_t index)
{
	if (*weft_report_config_get(options->config, "sample_index")) {
		(void)fprintf(stderr, "Multiple value selections, ignoring -%s\n",
			      shorthands[index].name);
		return WEFT_CLI_OK;
	}
	if (shorthands[index].is_mean) {
		int status = set_variable(options, "mean", "true");

		if (status != WEFT_CLI_OK) {
			return status;
		}
	}
	return set_variable(options, "sample_index", shorthands[index].sample_type);
}

/* `chosen` has a mark for each variable that had its choice. */
static int take_choice(struct pprof_options *options, const struct weft_report_variable *variable,
		       const char *name, const char *value, bool chosen[])
{
	const char *before = weft_report_config_get(options->config, variable->name);
	bool is_on = false;
	int status = set_flag(&is_on, name, value);
	size_t i;

	if (status != WEFT_CLI_OK || !is_on) {
		return status;
	}
	for (i = 0; weft_report_variable_get(i) != variable; i++) {
	}
	if (chosen[i] && strcmp(before, name) != 0) {
		return weft_cli_usage("pprof", "conflicting options set: [%s %s]", before, name);
	}
	chosen[i] = true;
	return set_variable(options, name, "true");
}

static int take(struct pprof_options *options, const char *name, const char *value, bool chosen[])
{
	const struct weft_report_variable *variable = weft_report_variable_find(name);
	const struct weft_report_format *format = weft_report_format_find(name);
	const struct pprof_viewer *viewer = pprof_viewer_find(name);
	const struct own_option *own = find_own(name);
	bool is_on = false;
	size_t i;
	int status;

	if (own) {
		return own->take(options, name, value);
	}
	if (format) {
		return set_format(options, format, NULL, value);
	}
	if (viewer) {
		return set_format(options, weft_report_format_find(viewer->format), viewer, value);
	}
	if (variable && strcmp(variable->name, name) != 0) {
		return take_choice(options, variable, name, value, chosen);
	}
	if (variable) {
		return set_variable(options, name, value);
	}
	for (i = 0; strcmp(shorthands[i].name, name) != 0; i++) {
	}
	status = set_flag(&is_on, name, value);
	return status == WEFT_CLI_OK && is_on ? take_shorthand(options, i) : status;
}

static bool is_object_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char magic[4];
	bool is_object = file && fread(magic, 1, sizeof(magic), file) == sizeof(magic) &&
			 memcmp(magic, "\177ELF", sizeof(magic)) == 0;

	if (file) {
		(void)fclose(file); /* Only read from. */
	}
	return is_object;
}

/* The first of several sources may be the program. */
static void take_binary(struct pprof_options *options)
{
	const char *first = options->source_count > 1 ? options->sources[0] : "";

	if (*first == '\0' || !is_object_file(first)) {
		return;
	}
	options->binary = first;
	options->sources++;
	options->source_count--;
}

static int take_all(struct pprof_options *options, int argc, char **argv, int *ret_end)
{
	bool chosen[VARIABLES_MAX] = {false};
	char name[64];
	int i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *word = argv[i] + 1 + (argv[i][1] == '-');
		const char *equals = strchr(word, '=');
		size_t len = equals ? (size_t)(equals - word) : strlen(word);
		const char *value = equals ? equals + 1 : "true";
		int status;

		if (*word == '\0') {
			i++;
			break;
		}
		if (len >= sizeof(name)) {
			return weft_cli_usage("pprof", "no option is called '%s'", argv[i]);
		}
		memcpy(name, word, len);
		name[len] = '\0';
		if (!is_known(name)) {
			return weft_cli_usage("pprof", "no option is called '-%s'", name);
		}
		if (!equals && !is_switch(name)) {
			if (++i == argc) {
				return weft_cli_usage("pprof", "-%s: needs a value", name);
			}
			value = argv[i];
		}

		status = take(options, name, value, chosen);
		if (status != WEFT_CLI_OK) {
			return status;
		}
	}
	*ret_end = i;
	return WEFT_CLI_OK;
}

/* What one option says about another. */
static int check_together(const struct pprof_options *options)
{
	if (!options->url.tls_cert != !options->url.tls_key) {
		return weft_cli_usage("pprof", "-tls_cert and -tls_key must be given together");
	}
	if (options->http && options->format) {
		return weft_cli_usage("pprof",
				      "-http is not compatible with an output format on the "
				      "command line: leave -%s out",
				      get_format_option(options));
	}
	if (options->http && *weft_report_config_get(options->config, "output")) {
		return weft_cli_usage("pprof", "-http writes no file: leave -output out");
	}
	if (options->no_browser && !options->http) {
		return weft_cli_usage("pprof", "-no_browser only makes sense with -http");
	}
	if (strcmp(weft_report_config_get(options->config, "normalize"), "true") == 0 &&
	    options->base_count == 0) {
		return weft_cli_usage("pprof", "must have base profile to normalize by");
	}
	return WEFT_CLI_OK;
}

int pprof_options_init(struct pprof_options *options, int argc, char **argv)
{
	int status, end = argc;

	*options = (struct pprof_options){.config = weft_report_config_create(),
					  .symbols = pprof_symbols_parse(""),
					  .recording = WEFT_CONVERT_PPROF_CPU,
					  .tools = getenv("PPROF_TOOLS")};
	if (!options->config) {
		return weft_cli_usage("pprof", "out of memory");
	}
	status = take_all(options, argc, argv, &end);
	if (status != WEFT_CLI_OK || options->help) {
		return status;
	}
	options->sources = argv + end;
	options->source_count = argc - end;
	if (options->source_count == 0) {
		return weft_cli_usage("pprof", "no profile source specified");
	}
	take_binary(options);
	return check_together(options);
}

void pprof_options_fini(struct pprof_options *options)
{
	weft_report_config_destroy(options->config);
	free(options->bases);
}

static void print_row(const char *name, const char *help)
{
	(void)printf("  -%-21s %.*s\n", name, (int)strcspn(help, "\n"), help);
}

static void print_variables(void)
{
	const struct weft_report_variable *variable;
	size_t i, j;

	(void)printf("\nWhat to show, and how:\n");
	for (i = 0; (variable = weft_report_variable_get(i)); i++) {
		if (variable->kind != WEFT_REPORT_KIND_CHOICE) {
			print_row(variable->name, variable->help);
		}
	}
	for (i = 0; (variable = weft_report_variable_get(i)); i++) {
		for (j = 0; variable->choices && variable->choices[j]; j++) {
			if (j == 0) {
				(void)printf("\n%.*s, one of:\n",
					     (int)strcspn(variable->help, "\n"), variable->help);
			}
			print_row(variable->choices[j],
				  weft_report_choice_help(variable->choices[j]));
		}
	}
}

void pprof_options_print_help(void)
{
	const struct weft_report_format *format;
	const struct pprof_viewer *viewer;
	size_t i;

	(void)printf(
		"Usage: weft pprof [-FORMAT] [OPTION]... [BINARY] SOURCE...\n"
		"Reports about profiles: the options of go tool pprof, and the same texts.\n"
		"Without a format: a shell to ask for them line by line; -http: pages in a "
		"browser.\n\n"
		"SOURCE is one of these; of several the sum is shown, and all are read at once:\n"
		"  FILE       a profile, also of an older kind (gperftools, jemalloc, texts of "
		"Go)\n"
		"  DIRECTORY  a recording of `weft record`: where its threads' time went\n"
		"  URL        HOST:PORT, http://..., https://..., https+insecure://...; a copy is\n"
		"             kept in PPROF_TMPDIR (~/pprof)\n"
		"BINARY names the program. Copies of binaries are looked for in PPROF_BINARY_PATH\n"
		"(~/pprof/binaries), by build id and name.\n\n"
		"Formats, one of:\n");
	for (i = 0; (format = weft_report_format_get(i)); i++) {
		print_row(format->name, format->help);
	}
	for (i = 0; (viewer = pprof_viewer_get(i)); i++) {
		if (!weft_report_format_find(viewer->name)) {
			print_row(viewer->name, viewer->help);
		}
	}
	(void)printf("\nSources:\n");
	for (i = 0; i < COUNT(own_options); i++) {
		if (own_options[i].help) {
			print_row(own_options[i].name, own_options[i].help);
		}
	}
	print_variables();
	(void)printf("\nThe value to show, by its old options:\n ");
	for (i = 0; i < COUNT(shorthands); i++) {
		(void)printf(" -%s", shorthands[i].name);
	}
	(void)printf(
		"\n\nAn option's value comes behind '=' or in the next word. Options end where "
		"the first source is.\n\n"
		"Environment:\n"
		"  PPROF_TMPDIR           Where copies of what URLs give are kept (~/pprof)\n"
		"  PPROF_TOOLS            As -tools\n"
		"  PPROF_BINARY_PATH      Folders with binaries, colons between "
		"(~/pprof/binaries)\n"
		"  BROWSER                Program that -http, -web and -weblist start\n"
		"  XDG_CONFIG_HOME        Where pages keep saved views: pprof/settings.json "
		"(~/.config)\n"
		"  XDG_STATE_HOME         Where the shell keeps its lines: weft/pprof-history "
		"(~/.local/state)\n");
}

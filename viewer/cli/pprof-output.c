// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where reports go. See pprof-output.h.
 */
#include "pprof-output.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weft/output-file.h>

#define NAME_SIZE       64
#define NAME_NUMBER_MAX 999

static void print_warning(void *ctx, const char *text)
{
	(void)ctx;
	(void)fprintf(stderr, "%s\n", text);
}

static int write_report(const struct weft_pprof *profile, const struct pprof_output *output,
			FILE *out, struct weft_error *err)
{
	const struct weft_report_request request = {.format = output->format->name,
						    .argument = output->argument,
						    .warn = print_warning};

	return weft_report_write(profile, output->config, &request, out, err);
}

/* Bytes of a report on their way into a file that appears when all are there. */
static ssize_t write_bytes(void *cookie, const char *bytes, size_t size)
{
	int ret = weft_output_file_write(cookie, bytes, size);

	if (ret < 0) {
		errno = -ret;
		return 0;
	}
	return (ssize_t)size;
}

/* A name that no file has yet: "profile001.svg". */
static int choose_name(const char *extension, char name[NAME_SIZE], struct weft_error *err)
{
	int i;

	for (i = 1; i <= NAME_NUMBER_MAX; i++) {
		(void)snprintf(name, NAME_SIZE, "profile%03d.%s", i, extension);
		if (access(name, F_OK) != 0) {
			return 0;
		}
	}
	return weft_error_set(err, -EEXIST,
			      "choose a file name: profile001.%s to profile%d.%s are taken: say "
			      "-output",
			      extension, NAME_NUMBER_MAX, extension);
}

static int write_file(const struct weft_pprof *profile, const struct pprof_output *output,
		      const char *path, struct weft_error *err)
{
	const cookie_io_functions_t functions = {.write = write_bytes};
	struct weft_output_file *file;
	FILE *out;
	int ret;

	(void)fprintf(stderr, "Generating report in %s\n", path);
	ret = weft_output_file_open(path, &file, err);
	if (ret < 0) {
		return ret;
	}
	out = fopencookie(file, "w", functions);
	if (!out) {
		weft_output_file_discard(file);
		return weft_error_set_errno(err, -ENOMEM, "write %s", path);
	}
	ret = write_report(profile, output, out, err);
	if (ret == 0 && (fflush(out) != 0 || ferror(out))) {
		ret = weft_error_set_errno(err, -errno, "write %s", path);
	}
	(void)fclose(out); /* Flushed; or of no use. */
	if (ret < 0) {
		weft_output_file_discard(file);
		return ret;
	}
	return weft_output_file_commit(file, err);
}

/* Unlike SIG_IGN not passed on to the reader, whose own programs are to end by it. */
static void ignore_signal(int number)
{
	(void)number;
}

static int write_to_reader(const struct weft_pprof *profile, const struct pprof_output *output,
			   struct weft_error *err)
{
	const struct sigaction ignore = {.sa_handler = ignore_signal};
	struct sigaction before;
	FILE *out;
	int ret;

	(void)fflush(NULL); /* What was printed before comes before what the reader prints. */
	(void)sigaction(SIGPIPE, &ignore, &before); /* Cannot fail. */
	out = popen(output->reader, "we");
	if (out) {
		ret = write_report(profile, output, out, err);
		/* A reader says itself what went wrong, and may well leave early. */
		(void)pclose(out);
	} else {
		ret = weft_error_set_errno(err, -errno, "start '%s'", output->reader);
	}
	(void)sigaction(SIGPIPE, &before, NULL);
	return ret;
}

int pprof_output_write(const struct weft_pprof *profile, const struct pprof_output *output,
		       struct weft_error *err)
{
	const char *path = weft_report_config_get(output->config, "output");
	char name[NAME_SIZE];
	int ret;

	if (*path) {
		return write_file(profile, output, path, err);
	}
	if (output->reader) {
		return write_to_reader(profile, output, err);
	}
	if (output->format->extension && output->is_for_people) {
		ret = choose_name(output->format->extension, name, err);
		return ret < 0 ? ret : write_file(profile, output, name, err);
	}
	ret = write_report(profile, output, stdout, err);
	if (ret == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
		ret = weft_error_set_errno(err, -errno, "write standard output");
	}
	return ret;
}

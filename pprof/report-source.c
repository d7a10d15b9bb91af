// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Lines of source files. See report-source.h.
 */
#include "report-source.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report-view.h"

/* A regular file, for reading; NULL: errno. */
static FILE *open_regular(const char *path)
{
	FILE *file = fopen(path, "re");
	struct stat status;

	if (file && fstat(fileno(file), &status) == 0 && !S_ISREG(status.st_mode)) {
		(void)fclose(file);
		errno = EISDIR;
		return NULL;
	}
	return file;
}

/* Looks in a folder, then in each above it. */
static FILE *open_upward(const char *folder, size_t len, const char *path)
{
	char name[PATH_MAX];

	for (;;) {
		FILE *file;

		while (len > 0 && folder[len - 1] == '/') {
			len--;
		}
		if (snprintf(name, sizeof(name), "%.*s/%s", (int)len, folder, path) <
		    (int)sizeof(name)) {
			file = open_regular(name);
			if (file) {
				return file;
			}
		}
		if (len == 0) {
			return NULL;
		}
		while (len > 0 && folder[len - 1] != '/') {
			len--;
		}
	}
}

static FILE *find(const char *path, const char *source_path)
{
	FILE *file = NULL;

	while (!file && *source_path) {
		size_t len = strcspn(source_path, ":");

		if (len > 0) {
			file = open_upward(source_path, len, path);
		}
		source_path += len + (source_path[len] == ':');
	}
	return file;
}

static int read_all(FILE *file, char **ret_text, size_t *ret_size)
{
	size_t size = 0, capacity = 0;
	char *text = NULL;

	do {
		char *grown;

		capacity = capacity ? 2 * capacity : 65536;
		grown = capacity > REPORT_SOURCE_SIZE_MAX ? NULL : realloc(text, capacity + 1);
		if (!grown) {
			free(text);
			return -ENOMEM;
		}
		text = grown;
		size += fread(text + size, 1, capacity - size, file);
	} while (size == capacity);
	text[size] = '\0';
	*ret_text = text;
	*ret_size = size;
	return 0;
}

static int split(struct report_source *source, size_t size)
{
	uint32_t count = 0;
	size_t i;
	char *at;

	for (i = 0; i < size; i++) {
		count += source->text[i] == '\n';
		source->text[i] = source->text[i] ? source->text[i] : ' ';
	}
	source->lines = malloc(((size_t)count + 1) * sizeof(char *));
	if (!source->lines) {
		return -ENOMEM;
	}
	for (at = source->text; *at;) {
		size_t len = strcspn(at, "\n");
		bool is_last = at[len] == '\0';

		source->lines[source->line_count++] = at;
		at[len] = '\0';
		if (len > 0 && at[len - 1] == '\r') {
			at[len - 1] = '\0';
		}
		at += len + !is_last;
	}
	return 0;
}

/* Errors as the reader words them. */
static int open_error(struct weft_error *err, const char *path)
{
	int code = errno;
	char text[128];
	char *why = strerror_r(code, text, sizeof(text));

	return weft_error_set(err, -code, "open %s: %c%s", path, tolower((unsigned char)*why),
			      why + 1);
}

int weft_report_source__open(const char *path, const char *trim_path, const char *source_path,
			     struct report_source *ret_source, struct weft_error *err)
{
	char here[PATH_MAX];
	size_t size;
	FILE *file;
	int ret;

	*ret_source = (struct report_source){.text = NULL};
	if (*source_path == '\0') {
		if (!getcwd(here, sizeof(here))) {
			return weft_error_set_errno(err, -errno, "find the working directory");
		}
		source_path = here;
	}
	path = weft_report_path__trim(path, trim_path, source_path);
	file = *path == '/' ? open_regular(path) : find(path, source_path);
	if (!file && *path == '/') {
		return open_error(err, path);
	}
	if (!file) {
		return weft_error_set(err, -ENOENT, "could not find file %s on path %s", path,
				      source_path);
	}
	ret = read_all(file, &ret_source->text, &size);
	(void)fclose(file); /* Only read from. */
	ret = ret < 0 ? ret : split(ret_source, size);
	return ret < 0 ? weft_error_set(err, ret, "read %s: too large", path) : 0;
}

void weft_report_source__close(struct report_source *source)
{
	free(source->lines);
	free(source->text);
	*source = (struct report_source){.text = NULL};
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names of addresses. See address-names.h. Source: net/http/pprof, Symbol().
 */
#include "address-names.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "query.h"

#define TEXT_SIZE_MAX (1U << 20)

/* One line of /proc/PID/maps; whether it is of code of a file. */
static bool parse_mapping(const char *line, struct weft_pprof_mapping *ret_mapping,
			  char path[PATH_MAX])
{
	char permissions[5] = "";
	int path_at = 0;

	memset(ret_mapping, 0, sizeof(*ret_mapping));
	if (sscanf(line,
		   "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n", /* NOLINT(cert-err34-c) */
		   &ret_mapping->start, &ret_mapping->limit, permissions, &ret_mapping->offset,
		   &path_at) != 4 ||
	    path_at == 0 || permissions[2] != 'x') {
		return false;
	}
	(void)snprintf(path, PATH_MAX, "%s", line + path_at);
	path[strcspn(path, "\n")] = '\0';
	ret_mapping->file = path;
	return path[0] != '\0';
}

static int add_mappings(struct weft_pprof *profile, pid_t pid, struct weft_error *err)
{
	char line[PATH_MAX + 128];
	char path[PATH_MAX];
	uint32_t index;
	FILE *file;
	int ret = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	file = fopen(path, "re");
	if (!file) {
		return weft_error_set_errno(err, -errno, "cannot read '%s'", path);
	}
	while (ret == 0 && fgets(line, sizeof(line), file)) {
		struct weft_pprof_mapping mapping;

		if (parse_mapping(line, &mapping, path)) {
			ret = weft_pprof_add_mapping(profile, &mapping, &index);
		}
	}
	(void)fclose(file); /* Read only; nothing to lose. */
	return ret < 0 ? weft_error_set_errno(err, ret, "cannot look up names") : 0;
}

static uint32_t find_mapping(const struct weft_pprof *profile, uint64_t address)
{
	uint32_t i;

	for (i = 0; i < weft_pprof_mapping_count(profile); i++) {
		const struct weft_pprof_mapping *mapping = weft_pprof_get_mapping(profile, i);

		if (address >= mapping->start && address < mapping->limit) {
			return i;
		}
	}
	return WEFT_PPROF_NONE;
}

static int add_addresses(struct weft_pprof *profile, const char *text, const char *end)
{
	const int64_t one = 1;
	uint64_t address;
	int ret = weft_pprof_add_sample_type(profile, "addresses", "count");

	while (ret == 0 && weft_query_next_address(&text, end, &address)) {
		const struct weft_pprof_location location = {
			.mapping = find_mapping(profile, address), .address = address};
		struct weft_pprof_sample sample = {.location_count = 1, .values = &one};
		uint32_t index;

		ret = weft_pprof_add_location(profile, &location, &index);
		if (ret == 0) {
			sample.locations = &index;
			ret = weft_pprof_append_sample(profile, &sample);
		}
	}
	return ret;
}

int weft_cli_addresses_read(int fd, pid_t pid, struct weft_pprof **ret_profile,
			    struct weft_error *err)
{
	struct weft_pprof *profile = weft_pprof_create();
	char *text = (char *)malloc(TEXT_SIZE_MAX);
	size_t len = 0;
	ssize_t got = 1;
	int ret = profile && text ? 0 : weft_error_set(err, -ENOMEM, "out of memory");

	while (ret == 0 && got != 0) {
		got = read(fd, text + len, TEXT_SIZE_MAX - len);
		if (got < 0 && errno != EINTR) {
			ret = weft_error_set_errno(err, -errno, "cannot read the addresses");
		}
		len += got > 0 ? (size_t)got : 0;
		if (ret == 0 && len == TEXT_SIZE_MAX) {
			ret = weft_error_set(err, -E2BIG, "the list of addresses is too long");
		}
	}
	if (ret == 0) {
		ret = add_mappings(profile, pid, err);
	}
	if (ret == 0) {
		ret = add_addresses(profile, text, text + len);
		if (ret < 0) {
			(void)weft_error_set_errno(err, ret, "cannot look up names");
		}
	}
	free(text);
	if (ret < 0) {
		weft_pprof_destroy(profile);
	} else {
		*ret_profile = profile;
	}
	return ret;
}

int weft_cli_addresses_write(const struct weft_pprof *profile, int fd, struct weft_error *err)
{
	uint32_t i;
	bool failed = dprintf(fd, "num_symbols: 1\n") < 0; /* Clients only tell 0 from more. */

	for (i = 0; i < weft_pprof_sample_count(profile) && !failed; i++) {
		const struct weft_pprof_location *location = weft_pprof_get_location(
			profile, weft_pprof_get_sample(profile, i)->locations[0]);

		if (location->line_count > 0) {
			/* The function that has the code: the symbol, as tools expect it. */
			uint32_t function = location->lines[location->line_count - 1].function;

			failed = dprintf(fd, "0x%" PRIx64 " %s\n", location->address,
					 weft_pprof_get_function(profile, function)->name) < 0;
		}
	}
	return failed ? weft_error_set_errno(err, -errno, "cannot write the names") : 0;
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Gets the profile to report about. See pprof-fetch.h.
 */
#include "pprof-fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weft/pprof-legacy.h>

/* Some sources, summed up. */
struct group {
	const char *what; /* "source" or "base". */
	const char *const *names;
	int count;
	const char *label; /* For each sample, "key=value"; or NULL. */
};

static int read_file(const char *name, struct weft_pprof **ret_profile, struct weft_error *err)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0) {
		return weft_error_set_errno(err, -errno, "%s: open", name);
	}
	ret = weft_pprof_read_any_fd(fd, 0, ret_profile, err);
	(void)close(fd); /* Only read from. */
	if (ret < 0) {
		weft_error_prepend(err, "%s", name);
	}
	return ret;
}

/* Puts the names of the command line over those of the profile. */
static int name_binary(const struct pprof_options *options, struct weft_pprof *profile)
{
	struct weft_pprof_mapping mapping;

	if ((!options->binary && !options->build_id) || weft_pprof_mapping_count(profile) == 0) {
		return 0;
	}
	mapping = *weft_pprof_get_mapping(profile, 0);
	if (options->binary) {
		mapping.file = options->binary;
	}
	if (options->build_id && *mapping.build_id == '\0') {
		mapping.build_id = options->build_id;
	}
	return weft_pprof_set_mapping(profile, 0, &mapping);
}

/* Arranges one profile as readers keep it; the original goes. */
static int arrange(struct weft_pprof **profile, const char *label, struct weft_error *err)
{
	struct weft_pprof *arranged;
	int ret = weft_report_canonicalize(*profile, label, &arranged, err);

	if (ret == 0) {
		weft_pprof_destroy(*profile);
		*profile = arranged;
	}
	return ret;
}

/* Adds `profile`, which goes. Only what is summed up is arranged: one profile alone stays as it is. */
static int add_to_sum(const struct group *group, struct weft_pprof **sum, bool *is_arranged,
		      struct weft_pprof *profile, struct weft_error *err)
{
	int ret = 0;

	if (!*sum) {
		*sum = profile;
		return 0;
	}
	if (!*is_arranged) {
		ret = arrange(sum, group->label, err);
		*is_arranged = true;
	}
	ret = ret < 0 ? ret : arrange(&profile, group->label, err);
	ret = ret < 0 ? ret : weft_pprof_merge(*sum, profile, err);
	weft_pprof_destroy(profile);
	return ret;
}

static int fetch_group(const struct pprof_options *options, const struct group *group,
		       struct weft_pprof **ret_sum, struct weft_error *err)
{
	struct weft_pprof *sum = NULL, *profile = NULL;
	bool is_arranged = false;
	int good = 0, ret = 0, i;

	for (i = 0; ret == 0 && i < group->count; i++) {
		if (read_file(group->names[i], &profile, err) < 0) {
			(void)fprintf(stderr, "%s\n", err->text);
			continue;
		}
		good++;
		ret = name_binary(options, profile);
		if (ret < 0) {
			weft_pprof_destroy(profile);
			(void)weft_error_set_errno(err, ret, "name the main program");
		} else {
			ret = add_to_sum(group, &sum, &is_arranged, profile, err);
		}
	}
	if (ret == 0 && good == 0) {
		ret = weft_error_set(err, -ENODATA, "failed to fetch any %s profiles", group->what);
	}
	if (ret == 0 && (options->base_count > 0 || is_arranged)) {
		ret = arrange(&sum, group->label, err);
	}
	if (ret < 0) {
		weft_pprof_destroy(sum);
		return ret;
	}
	if (good < group->count) {
		(void)fprintf(stderr, "Fetched %d %s profiles out of %d\n", good, group->what,
			      group->count);
	}
	*ret_sum = sum;
	return 0;
}

static int subtract_bases(const struct pprof_options *options, struct weft_pprof **profile,
			  struct weft_error *err)
{
	const struct group bases = {.what = "base",
				    .names = options->bases,
				    .count = options->base_count,
				    .label = options->is_diff ? "pprof::base=true" : NULL};
	const char *normalize = weft_report_config_get(options->config, "normalize");
	struct weft_pprof *base = NULL;
	int ret = fetch_group(options, &bases, &base, err);

	if (ret == 0 && strcmp(normalize, "true") == 0) {
		ret = weft_report_normalize(*profile, base, err);
	}
	if (ret == 0) {
		weft_pprof_scale(base, -1);
		ret = weft_pprof_merge(*profile, base, err);
	}
	/* What came to zero leaves places behind that nothing uses. */
	ret = ret < 0 ? ret : arrange(profile, NULL, err);
	weft_pprof_destroy(base);
	return ret;
}

int pprof_fetch(const struct pprof_options *options, struct weft_pprof **ret_profile,
		struct weft_error *err)
{
	const struct group sources = {.what = "source",
				      .names = (const char *const *)options->sources,
				      .count = options->source_count};
	struct weft_pprof *profile = NULL;
	int ret = fetch_group(options, &sources, &profile, err);

	if (ret == 0 && options->base_count > 0) {
		ret = subtract_bases(options, &profile, err);
	}
	if (ret == 0 && !options->all_frames) {
		ret = weft_report_drop_frames(&profile, err);
	}
	if (ret == 0 && options->comment) {
		ret = weft_pprof_add_comment(profile, options->comment);
		if (ret < 0) {
			(void)weft_error_set_errno(err, ret, "add a comment");
		}
	}
	if (ret < 0) {
		weft_pprof_destroy(profile);
		return ret;
	}
	*ret_profile = profile;
	return 0;
}

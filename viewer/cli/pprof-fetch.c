// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Gets the profile to report about. See pprof-fetch.h.
 */
#include "pprof-fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pprof-source.h"
#include "pprof-symbols.h"

/* Copies of one program's profiles. */
#define COPY_NUMBER_MAX 9999

/* Some sources, summed up. */
struct group {
	const char *what; /* "source" or "base". */
	const char *const *names;
	int count;
	const char *label; /* For each sample, "key=value"; or NULL. */
};

/* What the profiles of a group come to. */
struct sum {
	struct weft_pprof *profile; /* Owned. */
	bool is_arranged, is_remote;
};

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
static int add_to_sum(const struct group *group, struct sum *sum, struct weft_pprof *profile,
		      struct weft_error *err)
{
	int ret = 0;

	if (!sum->profile) {
		sum->profile = profile;
		return 0;
	}
	if (!sum->is_arranged) {
		ret = arrange(&sum->profile, group->label, err);
		sum->is_arranged = true;
	}
	ret = ret < 0 ? ret : arrange(&profile, group->label, err);
	ret = ret < 0 ? ret : weft_pprof_merge(sum->profile, profile, err);
	weft_pprof_destroy(profile);
	return ret;
}

/* Names the binary, then adds the source's profile, which goes. */
static int add_source(const struct pprof_options *options, const struct group *group,
		      struct pprof_source *source, struct sum *sum, struct weft_error *err)
{
	struct weft_pprof *profile = source->profile;
	int ret = name_binary(options, profile);

	source->profile = NULL;
	if (ret < 0) {
		weft_pprof_destroy(profile);
		return weft_error_set_errno(err, ret, "name the main program");
	}
	return add_to_sum(group, sum, profile, err);
}

static int add_sources(const struct pprof_options *options, const struct group *group,
		       struct pprof_source *sources, struct sum *sum, struct weft_error *err)
{
	int good = 0, ret = 0, i;

	for (i = 0; ret == 0 && i < group->count; i++) {
		if (!sources[i].profile) {
			(void)fprintf(stderr, "%s\n", sources[i].err.text);
			continue;
		}
		good++;
		sum->is_remote = sum->is_remote || sources[i].is_remote;
		ret = add_source(options, group, &sources[i], sum, err);
	}
	if (ret < 0) {
		return ret;
	}
	if (good == 0) {
		return weft_error_set(err, -ENODATA, "failed to fetch any %s profiles",
				      group->what);
	}
	if (good < group->count) {
		(void)fprintf(stderr, "Fetched %d %s profiles out of %d\n", good, group->what,
			      group->count);
	}
	return 0;
}

static int fetch_group(const struct pprof_options *options, const struct group *group,
		       struct sum *ret_sum, struct weft_error *err)
{
	struct pprof_source *sources = calloc((size_t)group->count, sizeof(*sources));
	struct sum sum = {.profile = NULL};
	int ret, i;

	if (!sources) {
		return weft_error_set_errno(err, -ENOMEM, "fetch %s profiles", group->what);
	}
	for (i = 0; i < group->count; i++) {
		sources[i].name = group->names[i];
	}
	pprof_source_read_all(options, sources, group->count);
	ret = add_sources(options, group, sources, &sum, err);
	if (ret == 0 && (options->base_count > 0 || sum.is_arranged)) {
		ret = arrange(&sum.profile, group->label, err);
	}
	for (i = 0; i < group->count; i++) {
		weft_pprof_destroy(sources[i].profile);
	}
	free(sources);
	if (ret < 0) {
		weft_pprof_destroy(sum.profile);
		return ret;
	}
	*ret_sum = sum;
	return 0;
}

static int subtract_bases(const struct pprof_options *options, struct sum *sum,
			  struct weft_error *err)
{
	const struct group bases = {.what = "base",
				    .names = options->bases,
				    .count = options->base_count,
				    .label = options->is_diff ? "pprof::base=true" : NULL};
	const char *normalize = weft_report_config_get(options->config, "normalize");
	struct sum base = {.profile = NULL};
	int ret = fetch_group(options, &bases, &base, err);

	if (ret == 0 && strcmp(normalize, "true") == 0) {
		ret = weft_report_normalize(sum->profile, base.profile, err);
	}
	if (ret == 0) {
		weft_pprof_scale(base.profile, -1);
		ret = weft_pprof_merge(sum->profile, base.profile, err);
	}
	/* What came to zero leaves places behind that nothing uses. */
	ret = ret < 0 ? ret : arrange(&sum->profile, NULL, err);
	sum->is_remote = sum->is_remote || base.is_remote;
	weft_pprof_destroy(base.profile);
	return ret;
}

/* ---- Copies of what came over the network ---- */

static bool try_folder(const char *folder)
{
	return *folder && (mkdir(folder, 0755) == 0 || errno == EEXIST) &&
	       access(folder, W_OK | X_OK) == 0;
}

/* PPROF_TMPDIR, ~/pprof, or where temporary files go. */
static const char *choose_folder(char folder[PATH_MAX])
{
	const char *own = getenv("PPROF_TMPDIR"), *home = getenv("HOME"), *tmp = getenv("TMPDIR");

	if (own && try_folder(own)) {
		return own;
	}
	if (home) {
		(void)snprintf(folder, PATH_MAX, "%s/pprof", home);
		if (try_folder(folder)) {
			return folder;
		}
	}
	return tmp && *tmp ? tmp : "/tmp";
}

/* "pprof.PROGRAM.TYPE.TYPE." */
static void format_prefix(const struct weft_pprof *profile, char prefix[NAME_MAX])
{
	const char *file =
		weft_pprof_mapping_count(profile) ? weft_pprof_get_mapping(profile, 0)->file : "";
	const char *slash = strrchr(file, '/');
	size_t used = (size_t)snprintf(prefix, NAME_MAX, "pprof.%s%s", slash ? slash + 1 : file,
				       *file ? "." : "");
	uint32_t i;

	for (i = 0; i < weft_pprof_sample_type_count(profile) && used < NAME_MAX; i++) {
		used += (size_t)snprintf(prefix + used, NAME_MAX - used, "%s.",
					 weft_pprof_get_sample_type(profile, i)->type);
	}
	for (; *prefix; prefix++) {
		*prefix = *prefix == '/' ? '_' : *prefix;
	}
}

/* A failure is told; there is a report without the copy. */
static void save_copy(const struct weft_pprof *profile)
{
	char folder[PATH_MAX], prefix[NAME_MAX], path[PATH_MAX + NAME_MAX + 32];
	const char *chosen = choose_folder(folder);
	struct weft_error err = WEFT_ERROR_INIT;
	int fd = -1, number, ret;

	format_prefix(profile, prefix);
	for (number = 1; fd < 0 && number <= COPY_NUMBER_MAX; number++) {
		(void)snprintf(path, sizeof(path), "%s/%s%03d.pb.gz", chosen, prefix, number);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST) {
			break;
		}
	}
	if (fd < 0) {
		(void)fprintf(stderr, "Could not save profile: %s: %s\n", path, strerror(errno));
		return;
	}
	ret = weft_pprof_write_fd(profile, fd, &err);
	if (close(fd) != 0 && ret == 0) {
		ret = weft_error_set_errno(&err, -errno, "close");
	}
	if (ret < 0) {
		(void)fprintf(stderr, "Could not save profile: %s: %s\n", path, err.text);
		(void)unlink(path); /* A part is no profile. */
		return;
	}
	(void)fprintf(stderr, "Saved profile in %s\n", path);
}

int pprof_fetch(const struct pprof_options *options, struct weft_pprof **ret_profile,
		struct weft_error *err)
{
	const struct group sources = {.what = "source",
				      .names = (const char *const *)options->sources,
				      .count = options->source_count};
	struct sum sum = {.profile = NULL};
	int ret = fetch_group(options, &sources, &sum, err);

	if (ret == 0 && options->base_count > 0) {
		ret = subtract_bases(options, &sum, err);
	}
	ret = ret < 0 ? ret : pprof_symbols_find_local(sum.profile, &options->symbols, err);
	if (ret == 0 && !options->all_frames) {
		ret = weft_report_drop_frames(&sum.profile, err);
	}
	if (ret == 0 && options->comment) {
		ret = weft_pprof_add_comment(sum.profile, options->comment);
		if (ret < 0) {
			(void)weft_error_set_errno(err, ret, "add a comment");
		}
	}
	if (ret < 0) {
		weft_pprof_destroy(sum.profile);
		return ret;
	}
	if (sum.is_remote) {
		save_copy(sum.profile);
	}
	*ret_profile = sum.profile;
	return 0;
}

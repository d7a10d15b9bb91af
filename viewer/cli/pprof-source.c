// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Sources of profiles. See pprof-source.h.
 */
#include "pprof-source.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/convert.h>
#include <weft/pprof-legacy.h>

#include "memory-guard.h"
#include "pprof-symbols.h"

/* Waiting at the same time costs little; what is more waits for its turn. */
#define THREAD_MAX 128

/* ---- Files ---- */

static int read_file(const char *name, struct weft_pprof **ret_profile, struct weft_error *err)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0) {
		return weft_error_set_errno(err, -errno, "open");
	}
	ret = weft_pprof_read_any_fd(fd, 0, ret_profile, err);
	(void)close(fd); /* Only read from. */
	return ret;
}

/* ---- Recordings ---- */

static int read_recording(const struct pprof_options *options, const char *name,
			  struct weft_pprof **ret_profile, struct weft_error *err)
{
	const struct weft_convert_options convert = {.inputs = &name,
						     .input_count = 1,
						     .format = options->recording,
						     .selection = WEFT_SELECTION_INIT};
	struct weft_convert_result result;
	int fd = memfd_create("profile", MFD_CLOEXEC);
	char path[64];
	int ret;

	if (fd < 0) {
		return weft_error_set_errno(err, -errno, "make a file in memory");
	}
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	weft_memory_guard_start("pprof");
	ret = weft_convert(&convert, path, &result, err);
	weft_memory_guard_end();
	/* What could be read of a damaged recording is worth showing. */
	if (ret == -EBADMSG && lseek(fd, 0, SEEK_END) > 0) {
		(void)fprintf(stderr, "%s: %s\n", name, err->text);
		ret = 0;
	}
	if (ret == 0) {
		ret = lseek(fd, 0, SEEK_SET) < 0
			      ? weft_error_set_errno(err, -errno, "read the answer back")
			      : weft_pprof_read_fd(fd, 0, ret_profile, err);
	}
	(void)close(fd); /* In memory only. */
	return ret;
}

/* ---- URLs ---- */

static int read_url(const struct pprof_options *options, const char *url,
		    struct weft_pprof **ret_profile, struct weft_error *err)
{
	struct pprof_url_answer answer = {.bytes = NULL};
	struct weft_error why = WEFT_ERROR_INIT;
	int ret = pprof_url_get(url, &options->url, &answer, err);

	if (ret < 0) {
		return ret;
	}
	ret = weft_pprof_decode_any(answer.bytes, answer.size, 0, ret_profile, err);
	free(answer.bytes);
	/* Only this server knows the addresses: names come before profiles are summed up. */
	if (ret == 0 && pprof_symbols_find_local(*ret_profile, &options->symbols, &why) < 0) {
		(void)fprintf(stderr, "%s\n", why.text);
	}
	if (ret == 0 && options->symbols.remote &&
	    pprof_symbols_find_remote(*ret_profile, url, &options->url, &why) < 0) {
		(void)fprintf(stderr, "Remote symbolization failed: %s\n", why.text);
	}
	return ret;
}

/* ---- All ---- */

static void read_source(const struct pprof_options *options, struct pprof_source *source)
{
	struct stat status;
	char *url = NULL;
	int ret;

	if (stat(source->name, &status) == 0) {
		ret = S_ISDIR(status.st_mode)
			      ? read_recording(options, source->name, &source->profile,
					       &source->err)
			      : read_file(source->name, &source->profile, &source->err);
	} else if (pprof_url_looks_like(source->name) && !pprof_url_can_be_used()) {
		ret = weft_error_set(&source->err, -ENOENT,
				     "fetch a URL: libcurl is not there: install libcurl4");
	} else if ((url = pprof_url_parse(source->name, &options->url))) {
		source->is_remote = true;
		ret = read_url(options, url, &source->profile, &source->err);
	} else {
		ret = read_file(source->name, &source->profile, &source->err);
	}
	if (ret < 0) {
		source->profile = NULL;
		weft_error_prepend(&source->err, "%s", source->name);
	}
	free(url);
}

/* What threads share: the next source that nobody has taken. */
struct reading {
	const struct pprof_options *options;
	struct pprof_source *sources;
	int count;
	atomic_int next;
};

static void *read_some(void *ctx)
{
	struct reading *reading = ctx;

	for (;;) {
		/* Order of nothing else depends on it: each index is taken once. */
		int index = atomic_fetch_add_explicit(&reading->next, 1, memory_order_relaxed);

		if (index >= reading->count) {
			return NULL;
		}
		read_source(reading->options, &reading->sources[index]);
	}
}

void pprof_source_read_all(const struct pprof_options *options, struct pprof_source *sources,
			   int count)
{
	struct reading reading = {.options = options, .sources = sources, .count = count};
	pthread_t threads[THREAD_MAX];
	int thread_count = 0, i;

	/* This thread reads, too; without any other it reads all. */
	while (thread_count < THREAD_MAX && thread_count < count - 1 &&
	       pthread_create(&threads[thread_count], NULL, read_some, &reading) == 0) {
		thread_count++;
	}
	(void)read_some(&reading);
	for (i = 0; i < thread_count; i++) {
		(void)pthread_join(threads[i], NULL); /* Created above, joined once. */
	}
}

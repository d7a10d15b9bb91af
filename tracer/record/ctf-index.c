// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See ctf-index.h.
 */
#include "ctf-index.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT32_C(0xC1F1DCC1)

enum { MAJOR = 1, MINOR = 1 };

_Static_assert(sizeof(struct weft_ctf_index_entry) == 72, "nine fields, nothing between");

/* DIR/STREAM → DIR/index/STREAM.idx, with its folder. */
static char *path_of(const char *stream_path)
{
	const char *name = strrchr(stream_path, '/');
	char *folder = NULL;
	char *path = NULL;

	name = name ? name + 1 : stream_path;
	if (asprintf(&folder, "%.*sindex", (int)(name - stream_path), stream_path) < 0) {
		return NULL;
	}
	(void)mkdir(folder, 0777); /* Of all streams; without it opening fails. */
	if (asprintf(&path, "%s/%s.idx", folder, name) < 0) {
		path = NULL;
	}
	free(folder);
	return path;
}

/* An index that covers a part would be taken for damaged. */
static void give_up(struct weft_ctf_index *index)
{
	(void)unlink(index->path); /* If it stays, readers see that it does not fit. */
	weft_ctf_index_fini(index);
}

static void append(struct weft_ctf_index *index, const void *bytes, size_t size)
{
	ssize_t written;

	do {
		written = write(index->fd, bytes, size);
	} while (written < 0 && errno == EINTR);
	if (written != (ssize_t)size) {
		give_up(index);
	}
}

void weft_ctf_index_init(struct weft_ctf_index *index, const char *stream_path)
{
	const uint32_t header[] = {htobe32(MAGIC), htobe32(MAJOR), htobe32(MINOR),
				   htobe32(sizeof(struct weft_ctf_index_entry))};

	index->path = path_of(stream_path);
	if (!index->path) {
		return;
	}
	index->fd = open(index->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (index->fd < 0) {
		free(index->path);
		index->path = NULL;
		return;
	}
	append(index, header, sizeof(header));
}

void weft_ctf_index_add(struct weft_ctf_index *index, const struct weft_ctf_index_entry *entry)
{
	const uint64_t fields[] = {
		htobe64(entry->offset_bytes), htobe64(entry->packet_bits),
		htobe64(entry->content_bits), htobe64(entry->begin_ns),
		htobe64(entry->end_ns),       htobe64(entry->discarded_count),
		htobe64(entry->stream_id),    htobe64(entry->instance),
		htobe64(entry->sequence),
	};

	if (index->path) {
		append(index, fields, sizeof(fields));
	}
}

void weft_ctf_index_fini(struct weft_ctf_index *index)
{
	if (!index->path) {
		return;
	}
	(void)close(index->fd); /* What was not written shows as an index that is too short. */
	free(index->path);
	index->path = NULL;
}

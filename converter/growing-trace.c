// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Packets as they come. See growing-trace.h.
 */
#include "growing-trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "trace-files.h"

#define PACKET_MAGIC 0xc1fc1fc1U
/* Three times as long as both halves keep what they have. */
#define LAG_NS UINT64_C(600000000)
/* A half that tells nothing for so long has nothing to tell. */
#define SILENCE_NS UINT64_C(2000000000)
/* Metadata that have not changed for so long are whole. */
#define SETTLED_NS UINT64_C(400000000)

/* Start of a packet as LTTng and the recorder write it, on a 64-bit machine. */
struct packet_start {
	uint32_t magic;
	uint8_t uuid[16];
	uint32_t stream_id;
	uint64_t stream_instance_id;
	uint64_t begin_ns, end_ns;
	uint64_t content_bits, packet_bits;
	uint64_t sequence;
	uint64_t discarded_count;
};

void weft_growing_trace_init(struct weft_growing_trace *growing, const char *dir)
{
	memset(growing, 0, sizeof(*growing));
	growing->dir = dir;
}

void weft_growing_trace_fini(struct weft_growing_trace *growing)
{
	size_t i;

	for (i = 0; i < growing->stream_count; i++) {
		free(growing->streams[i].path);
		free(growing->streams[i].packets);
	}
	for (i = 0; i < growing->trace_count; i++) {
		free(growing->traces[i]);
	}
	free(growing->streams);
	free(growing->traces);
	free(growing->metadata);
}

/* ---- Packets ---- */

static int add_packet(struct weft_growing_stream *stream, const struct packet_start *start)
{
	struct weft_growing_packet *packet;

	if (stream->packet_count == stream->packet_capacity) {
		size_t capacity = stream->packet_capacity ? 2 * stream->packet_capacity : 64;

		packet = (struct weft_growing_packet *)realloc(stream->packets,
							       capacity * sizeof(*packet));
		if (!packet) {
			return -ENOMEM;
		}
		stream->packets = packet;
		stream->packet_capacity = capacity;
	}
	packet = &stream->packets[stream->packet_count++];
	packet->at = stream->scanned_bytes;
	packet->size = start->packet_bits / 8;
	packet->begin_ns = start->begin_ns;
	packet->end_ns = start->end_ns;
	return 0;
}

/* Adds the whole packets behind those that are known. */
static int scan_file(struct weft_growing_trace *growing, struct weft_growing_stream *stream, int fd,
		     uint64_t size)
{
	struct packet_start start;
	int ret = 0;

	while (ret == 0 && stream->scanned_bytes < size &&
	       pread(fd, &start, sizeof(start), (off_t)stream->scanned_bytes) ==
		       (ssize_t)sizeof(start)) {
		if (start.magic != PACKET_MAGIC || start.packet_bits % 8 != 0 ||
		    start.packet_bits / 8 < sizeof(start)) {
			return -EBADMSG;
		}
		if (start.packet_bits / 8 > size - stream->scanned_bytes) {
			break; /* It is being written. */
		}
		ret = add_packet(stream, &start);
		if (ret == 0) {
			stream->scanned_bytes += start.packet_bits / 8;
			growing->new_lost_count +=
				start.discarded_count > stream->discarded_count
					? start.discarded_count - stream->discarded_count
					: 0;
			stream->discarded_count = start.discarded_count;
		}
	}
	return ret;
}

static int scan_stream(struct weft_growing_trace *growing, struct weft_growing_stream *stream,
		       struct weft_error *err)
{
	int fd = open(stream->path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	int ret;

	if (fd < 0 || fstat(fd, &status) < 0) {
		ret = -errno;
	} else {
		ret = scan_file(growing, stream, fd, (uint64_t)status.st_size);
	}
	if (fd >= 0) {
		(void)close(fd); /* Read only; nothing to lose. */
	}
	return ret < 0 ? weft_error_set_errno(err, ret, "cannot read packets of '%s'", stream->path)
		       : 0;
}

/* ---- Files ---- */

static bool has_stream(const struct weft_growing_trace *growing, const char *path)
{
	size_t i;

	for (i = 0; i < growing->stream_count; i++) {
		if (strcmp(growing->streams[i].path, path) == 0) {
			return true;
		}
	}
	return false;
}

/* @param path  Taken. */
static int add_stream(struct weft_growing_trace *growing, size_t trace, char *path)
{
	struct weft_growing_stream *stream;

	if (growing->stream_count == growing->stream_capacity) {
		size_t capacity = growing->stream_capacity ? 2 * growing->stream_capacity : 16;

		stream = (struct weft_growing_stream *)realloc(growing->streams,
							       capacity * sizeof(*stream));
		if (!stream) {
			free(path);
			return -ENOMEM;
		}
		growing->streams = stream;
		growing->stream_capacity = capacity;
	}
	stream = &growing->streams[growing->stream_count++];
	memset(stream, 0, sizeof(*stream));
	stream->path = path;
	stream->trace = trace;
	return 0;
}

static int find_streams(struct weft_growing_trace *growing, size_t trace)
{
	DIR *listing = opendir(growing->traces[trace]);
	const struct dirent *entry;
	int ret = 0;

	if (!listing) {
		return -errno;
	}
	while (ret == 0 && (entry = readdir(listing)) != NULL) {
		struct stat status;
		char *path;

		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "metadata") == 0) {
			continue;
		}
		if (asprintf(&path, "%s/%s", growing->traces[trace], entry->d_name) < 0) {
			ret = -ENOMEM;
		} else if (stat(path, &status) < 0 || !S_ISREG(status.st_mode) ||
			   has_stream(growing, path)) {
			free(path);
		} else {
			ret = add_stream(growing, trace, path);
		}
	}
	(void)closedir(listing); /* Read only; nothing to lose. */
	return ret;
}

/* Looks whether the metadata of a trace are as they were. */
static void look_at_metadata(struct weft_growing_trace *growing, size_t trace)
{
	struct weft_growing_metadata *metadata = &growing->metadata[trace];
	char path[PATH_MAX];
	struct stat status;

	(void)snprintf(path, sizeof(path), "%s/metadata", growing->traces[trace]);
	if (stat(path, &status) == 0 && (uint64_t)status.st_size != metadata->bytes) {
		metadata->bytes = (uint64_t)status.st_size;
		metadata->changed_ns = weft_clock_read_ns(CLOCK_MONOTONIC);
	}
}

/* The number of a trace, a new one if need be; a negative errno. */
static int number_of(struct weft_growing_trace *growing, const char *path)
{
	struct weft_growing_metadata *metadata;
	char **traces;
	size_t i;

	for (i = 0; i < growing->trace_count; i++) {
		if (strcmp(growing->traces[i], path) == 0) {
			return (int)i;
		}
	}
	traces = (char **)realloc(growing->traces, (i + 1) * sizeof(*traces));
	if (!traces) {
		return -ENOMEM;
	}
	growing->traces = traces;
	metadata = (struct weft_growing_metadata *)realloc(growing->metadata,
							   (i + 1) * sizeof(*metadata));
	if (!metadata) {
		return -ENOMEM;
	}
	growing->metadata = metadata;
	memset(&metadata[i], 0, sizeof(*metadata));
	traces[i] = strdup(path);
	if (!traces[i]) {
		return -ENOMEM;
	}
	growing->trace_count++;
	return (int)i;
}

int weft_growing_trace_scan(struct weft_growing_trace *growing, struct weft_error *err)
{
	struct weft_trace_dirs dirs = {0};
	struct weft_error problem = WEFT_ERROR_INIT;
	size_t i;
	int ret = weft_trace_dirs_find(&dirs, growing->dir, &problem);

	if (ret == -ENODATA || ret == -EPROTO || ret == -ENOENT) {
		ret = 0; /* Metadata are still to come, or being written. */
	} else if (ret < 0) {
		(void)weft_error_set(err, ret, "%s", problem.text);
	}
	for (i = 0; ret == 0 && i < dirs.count; i++) {
		int trace = number_of(growing, dirs.dirs[i].path);

		ret = trace < 0 ? trace : find_streams(growing, (size_t)trace);
		if (ret < 0) {
			(void)weft_error_set_errno(err, ret, "cannot read '%s'", dirs.dirs[i].path);
		}
	}
	for (i = 0; i < growing->trace_count; i++) {
		look_at_metadata(growing, i);
	}
	for (i = 0; ret == 0 && i < growing->stream_count; i++) {
		ret = scan_stream(growing, &growing->streams[i], err);
	}
	weft_trace_dirs_fini(&dirs);
	return ret;
}

/* End of the last packet of a trace; 0: it has none. */
static uint64_t end_of(const struct weft_growing_trace *growing, size_t trace)
{
	uint64_t end_ns = 0;
	size_t i;

	for (i = 0; i < growing->stream_count; i++) {
		const struct weft_growing_stream *stream = &growing->streams[i];

		if (stream->trace == trace && stream->packet_count > 0 &&
		    stream->packets[stream->packet_count - 1].end_ns > end_ns) {
			end_ns = stream->packets[stream->packet_count - 1].end_ns;
		}
	}
	return end_ns;
}

uint64_t weft_growing_trace_horizon(const struct weft_growing_trace *growing)
{
	uint64_t first_ns = UINT64_MAX;
	uint64_t last_ns = 0;
	size_t i;

	for (i = 0; i < growing->trace_count; i++) {
		uint64_t end_ns = end_of(growing, i);

		if (weft_clock_read_ns(CLOCK_MONOTONIC) - growing->metadata[i].changed_ns <
		    SETTLED_NS) {
			return 0;
		}
		first_ns = end_ns < first_ns ? end_ns : first_ns;
		last_ns = end_ns > last_ns ? end_ns : last_ns;
	}
	if (last_ns > SILENCE_NS && first_ns < last_ns - SILENCE_NS) {
		first_ns = last_ns - SILENCE_NS;
	}
	return last_ns > 0 && first_ns > LAG_NS ? first_ns - LAG_NS : 0;
}

void weft_growing_trace_forget(struct weft_growing_trace *growing, uint64_t until_ns)
{
	size_t i;

	for (i = 0; i < growing->stream_count; i++) {
		struct weft_growing_stream *stream = &growing->streams[i];
		size_t gone = 0;

		/* The last stays: it tells how far the stream is. */
		while (gone + 1 < stream->packet_count && stream->packets[gone].end_ns < until_ns) {
			gone++;
		}
		stream->packet_count -= gone;
		memmove(stream->packets, stream->packets + gone,
			stream->packet_count * sizeof(*stream->packets));
	}
}

/* ---- Views ---- */

/* Copies a part of a file to a new one; size 0: all of it. */
static int copy_part(const char *from, uint64_t at, uint64_t size, const char *to,
		     struct weft_error *err)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	off_t offset = (off_t)at;
	bool is_whole = size == 0;
	int ret = in < 0 || out < 0 ? -errno : 0;

	while (ret == 0 && (is_whole || size > 0)) {
		/* Not copy_file_range(): that is for one file system alone. */
		ssize_t copied = sendfile(out, in, &offset, is_whole ? SSIZE_MAX / 2 : size);

		if (copied < 0 || (copied == 0 && !is_whole)) {
			ret = copied < 0 ? -errno : -EIO;
		} else if (copied == 0) {
			break;
		} else if (!is_whole) {
			size -= (uint64_t)copied;
		}
	}
	if (in >= 0) {
		(void)close(in); /* Read only; nothing to lose. */
	}
	if (out >= 0 && close(out) < 0 && ret == 0) {
		ret = -errno;
	}
	return ret < 0 ? weft_error_set_errno(err, ret, "cannot copy '%s' to '%s'", from, to) : 0;
}

/* The packets of a stream that reach into the span are neighbours. */
static size_t find_span(const struct weft_growing_stream *stream, uint64_t from_ns,
			uint64_t until_ns, uint64_t *ret_at, uint64_t *ret_size)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < stream->packet_count; i++) {
		const struct weft_growing_packet *packet = &stream->packets[i];

		if (packet->end_ns < from_ns || packet->begin_ns >= until_ns) {
			continue;
		}
		if (count == 0) {
			*ret_at = packet->at;
		}
		*ret_size = packet->at + packet->size - *ret_at;
		count++;
	}
	return count;
}

/* A folder for a trace, with its metadata, if it is not there yet. */
static int make_trace(const struct weft_growing_trace *growing, size_t trace, const char *view,
		      struct weft_error *err)
{
	char from[PATH_MAX];
	char to[PATH_MAX];

	(void)snprintf(to, sizeof(to), "%s/%zu", view, trace);
	if ((mkdir(view, 0700) < 0 && errno != EEXIST) || mkdir(to, 0700) < 0) {
		return errno == EEXIST ? 0
				       : weft_error_set_errno(err, -errno, "cannot make '%s'", to);
	}
	(void)snprintf(from, sizeof(from), "%s/metadata", growing->traces[trace]);
	(void)snprintf(to, sizeof(to), "%s/%zu/metadata", view, trace);
	return copy_part(from, 0, 0, to, err);
}

int weft_growing_trace_view(const struct weft_growing_trace *growing, uint64_t from_ns,
			    uint64_t until_ns, const char *view, struct weft_error *err)
{
	char to[PATH_MAX];
	size_t count = 0;
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < growing->stream_count; i++) {
		const struct weft_growing_stream *stream = &growing->streams[i];
		uint64_t at = 0;
		uint64_t size = 0;
		size_t found = find_span(stream, from_ns, until_ns, &at, &size);

		if (found == 0) {
			continue;
		}
		ret = make_trace(growing, stream->trace, view, err);
		if (ret == 0) {
			(void)snprintf(to, sizeof(to), "%s/%zu/%zu", view, stream->trace, i);
			ret = copy_part(stream->path, at, size, to, err);
		}
		count += found;
	}
	return ret < 0 ? ret : count < INT_MAX ? (int)count : INT_MAX;
}

void weft_growing_trace_unview(const struct weft_growing_trace *growing, const char *view)
{
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < growing->stream_count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%zu/%zu", view, growing->streams[i].trace,
			       i);
		(void)unlink(path); /* May not have been made. */
	}
	for (i = 0; i < growing->trace_count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%zu/metadata", view, i);
		(void)unlink(path); /* As above. */
		(void)snprintf(path, sizeof(path), "%s/%zu", view, i);
		(void)rmdir(path); /* As above. */
	}
	(void)rmdir(view); /* As above. */
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Packets of one stream. See ctf-stream.h.
 */
#include "ctf-stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC UINT32_C(0xC1FC1FC1)

_Static_assert(84 + 14 + WEFT_CTF_PAYLOAD_MAX <= WEFT_CTF_PACKET_SIZE, "an event fits");

/* Offsets of what is filled in when the packet is complete, and where events begin. */
enum {
	AT_UUID = 4,
	AT_STREAM_ID = 20,
	AT_INSTANCE = 24,
	AT_BEGIN = 32,
	AT_END = 40,
	AT_CONTENT_SIZE = 48,
	AT_PACKET_SIZE = 56,
	AT_SEQUENCE = 64,
	AT_DISCARDED = 72,
	AT_CPU = 80,
	HEADER_SIZE = 84,
	EVENT_HEADER_MAX = 14,
	ID_EXTENDED = 65535,
};

static void put_u64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put_u32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

int weft_ctf_stream_init(struct weft_ctf_stream *stream, const char *path,
			 const uint8_t uuid[WEFT_CTF_UUID_SIZE], uint32_t cpu, uint64_t instance,
			 struct weft_error *err)
{
	memset(stream, 0, sizeof(*stream));
	memcpy(stream->uuid, uuid, WEFT_CTF_UUID_SIZE);
	stream->cpu = cpu;
	stream->instance = instance;
	stream->used = HEADER_SIZE;
	stream->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (stream->fd < 0) {
		return weft_error_set_errno(err, -errno, "cannot write '%s'", path);
	}
	stream->bytes = (uint8_t *)malloc(WEFT_CTF_PACKET_SIZE);
	if (!stream->bytes) {
		(void)close(stream->fd); /* Nothing was written. */
		stream->fd = -1;
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	weft_ctf_index_init(&stream->index, path);
	return 0;
}

void weft_ctf_stream_fini(struct weft_ctf_stream *stream)
{
	if (stream->fd < 0) {
		return;
	}
	weft_ctf_stream_flush(stream);
	weft_ctf_index_fini(&stream->index);
	if (close(stream->fd) < 0 && stream->problem.code == 0) {
		(void)weft_error_set_errno(&stream->problem, -errno,
					   "cannot write the last packet");
	}
	stream->fd = -1;
	free(stream->bytes);
	stream->bytes = NULL;
}

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written <= 0) {
			return false;
		}
		bytes += written;
		size -= (size_t)written;
	}
	return true;
}

/* The rest of a packet that did not fit is taken back, or the next one would be unreadable. */
static void take_back(struct weft_ctf_stream *stream)
{
	stream->discarded += stream->event_count;
	if (stream->problem.code == 0) {
		(void)weft_error_set_errno(&stream->problem, errno ? -errno : -EIO,
					   "cannot write the scheduling events of CPU %u",
					   (unsigned int)stream->cpu);
	}
	if (ftruncate(stream->fd, (off_t)stream->file_bytes) < 0 ||
	    lseek(stream->fd, (off_t)stream->file_bytes, SEEK_SET) < 0) {
		stream->problem.code = -EIO; /* The file ends inside a packet; readers cope. */
	}
}

static void add_to_index(struct weft_ctf_stream *stream)
{
	const struct weft_ctf_index_entry entry = {
		.offset_bytes = stream->file_bytes,
		.packet_bits = (uint64_t)WEFT_CTF_PACKET_SIZE * 8,
		.content_bits = (uint64_t)stream->used * 8,
		.begin_ns = stream->begin_ns,
		.end_ns = stream->last_ns,
		.discarded_count = stream->discarded,
		.instance = stream->instance,
		.sequence = stream->sequence,
	};

	weft_ctf_index_add(&stream->index, &entry);
}

void weft_ctf_stream_flush(struct weft_ctf_stream *stream)
{
	uint8_t *bytes = stream->bytes;

	if (stream->event_count == 0 && stream->discarded == stream->told) {
		return;
	}
	if (stream->event_count == 0) {
		stream->begin_ns = stream->last_ns;
	}
	put_u32(bytes, MAGIC);
	memcpy(bytes + AT_UUID, stream->uuid, WEFT_CTF_UUID_SIZE);
	put_u32(bytes + AT_STREAM_ID, 0);
	put_u64(bytes + AT_INSTANCE, stream->instance);
	put_u64(bytes + AT_BEGIN, stream->begin_ns);
	put_u64(bytes + AT_END, stream->last_ns);
	put_u64(bytes + AT_CONTENT_SIZE, (uint64_t)stream->used * 8);
	put_u64(bytes + AT_PACKET_SIZE, (uint64_t)WEFT_CTF_PACKET_SIZE * 8);
	put_u64(bytes + AT_SEQUENCE, stream->sequence);
	put_u64(bytes + AT_DISCARDED, stream->discarded);
	put_u32(bytes + AT_CPU, stream->cpu);
	memset(bytes + stream->used, 0, WEFT_CTF_PACKET_SIZE - stream->used);
	if (write_all(stream->fd, bytes, WEFT_CTF_PACKET_SIZE)) {
		add_to_index(stream);
		stream->file_bytes += WEFT_CTF_PACKET_SIZE;
		stream->sequence++;
		stream->told = stream->discarded;
	} else {
		take_back(stream);
	}
	stream->used = HEADER_SIZE;
	stream->event_count = 0;
}

uint8_t *weft_ctf_stream_begin(struct weft_ctf_stream *stream, uint16_t id, uint64_t time_ns,
			       size_t room)
{
	uint8_t *at;
	uint16_t short_id = id;
	uint64_t before_ns;

	if (stream->used + EVENT_HEADER_MAX + room > WEFT_CTF_PACKET_SIZE) {
		weft_ctf_stream_flush(stream);
	}
	if (time_ns < stream->last_ns) {
		time_ns = stream->last_ns;
		stream->late_count++;
	}
	if (stream->event_count == 0) {
		stream->begin_ns = time_ns;
		stream->last_ns = time_ns;
	}
	before_ns = stream->last_ns;
	stream->last_ns = time_ns;
	at = stream->bytes + stream->used;
	if ((time_ns - before_ns) >> 32) {
		short_id = ID_EXTENDED;
		memcpy(at, &short_id, sizeof(short_id));
		put_u32(at + 2, id);
		put_u64(at + 6, time_ns);
		return at + 14;
	}
	memcpy(at, &short_id, sizeof(short_id));
	put_u32(at + 2, (uint32_t)time_ns);
	return at + 6;
}

void weft_ctf_stream_end(struct weft_ctf_stream *stream, const uint8_t *end)
{
	stream->used = (size_t)(end - stream->bytes);
	stream->event_count++;
}

void weft_ctf_stream_discard(struct weft_ctf_stream *stream, uint64_t count)
{
	stream->discarded += count;
}

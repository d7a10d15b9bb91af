// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Packet headers of a trace. See packets.h.
 */
#include "packets.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0xC1FC1FC1U

/* Offsets in the header described in packets.h. */
enum {
	AT_CONTENT_SIZE = 48,
	AT_PACKET_SIZE = 56,
	AT_SEQUENCE = 64,
	AT_DISCARDED = 72,
	SIZE_OF_CPU_ID = 4,
};

static uint64_t read_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t read_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

void weft_packets_scan(struct weft_packets *packets, const uint8_t *bytes, size_t size,
		       size_t long_bytes)
{
	const size_t header_size = AT_DISCARDED + long_bytes + SIZE_OF_CPU_ID;
	uint64_t expected = 0;
	uint64_t lost = 0;
	size_t at = 0;

	while (size - at >= header_size && read_u32(bytes + at) == MAGIC) {
		uint64_t content = read_u64(bytes + at + AT_CONTENT_SIZE) / 8;
		uint64_t whole = read_u64(bytes + at + AT_PACKET_SIZE) / 8;
		uint64_t sequence = read_u64(bytes + at + AT_SEQUENCE);

		if (content < header_size || whole < content || whole > size - at) {
			break;
		}
		lost = long_bytes == 8 ? read_u64(bytes + at + AT_DISCARDED)
				       : read_u32(bytes + at + AT_DISCARDED);
		if (sequence > expected) {
			packets->missing_packets += sequence - expected;
		}
		expected = sequence + 1;
		packets->payload_bytes += content - header_size;
		packets->packet_count++;
		at += whole;
	}
	packets->lost_count += lost;
	packets->damaged_files += at != size;
}

static int scan_file(struct weft_packets *packets, const char *path, size_t size,
		     struct weft_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	void *bytes;
	int ret = 0;

	if (fd < 0) {
		return weft_error_set_errno(err, -errno, "cannot read '%s'", path);
	}
	bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		ret = weft_error_set_errno(err, -errno, "cannot read '%s'", path);
	} else {
		weft_packets_scan(packets, (const uint8_t *)bytes, size,
				  strstr(path, "/32-bit/") ? 4 : 8);
		(void)munmap(bytes, size); /* Mapped above. */
	}
	(void)close(fd); /* Read only; nothing to lose. */
	return ret;
}

static bool is_stream(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && strcmp(name, "/metadata") != 0 && !strstr(path, "/index/");
}

static int walk(const char *dir, struct weft_packets *packets, bool headers, struct weft_error *err)
{
	char *top = strdup(dir);
	char *const tops[] = {top, NULL};
	FTS *listing = top ? fts_open(tops, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	const FTSENT *entry;
	int ret = 0;

	if (!listing) {
		free(top);
		return weft_error_set_errno(err, -errno, "cannot list '%s'", dir);
	}
	while (ret == 0 && (entry = fts_read(listing)) != NULL) {
		if (entry->fts_info != FTS_F || entry->fts_statp->st_size <= 0) {
			continue;
		}
		packets->file_bytes += (uint64_t)entry->fts_statp->st_size;
		if (headers && is_stream(entry->fts_path)) {
			ret = scan_file(packets, entry->fts_path, (size_t)entry->fts_statp->st_size,
					err);
		}
	}
	(void)fts_close(listing); /* Read only; nothing to lose. */
	free(top);
	return ret;
}

int weft_packets_scan_dir(struct weft_packets *packets, const char *dir, struct weft_error *err)
{
	return walk(dir, packets, true, err);
}

uint64_t weft_packets_measure(const char *dir)
{
	struct weft_packets packets = {0};

	return walk(dir, &packets, false, NULL) < 0 ? 0 : packets.file_bytes;
}

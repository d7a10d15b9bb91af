// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * LTTng-UST's ring buffers from outside. See ring.h.
 *
 * Counting. A position counts bytes since the start of recording. Sub-buffer number i is used for
 * positions with (position / subbuf_size) % num_subbuf == i; its commit count grows by subbuf_size
 * at each use. Worked example: 4 sub-buffers of 64 KiB, position 0x5000a: use 1 (the second) of
 * sub-buffer 1; complete when its commit count is 2 × 64 KiB.
 */
#include "ring.h"

#include <endian.h>
#include <fcntl.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event-layout.h"
#include "torn.h"

#define ENDIAN_MARK  0x1234
#define PATH_SIZE    4096
#define PAGE_SIZE_   4096U
#define MODE_DISCARD 1U

/* Layout 0.0, at the start of the file. */
struct published {
	uint64_t magic[2];
	uint64_t mmap_length;
	uint16_t endian, major, minor;
	uint8_t word_size, layout_type;
	struct {
		uint32_t prod_offset, consumed_offset, commit_hot_array, commit_hot_seq;
		uint32_t wsb_array, wsb_id, sb_array, sb_array_shmp_offset, sb_backend_p_offset;
		uint32_t content_size, packet_size;
	} at;
	uint8_t lengths[8];
	uint32_t commit_hot_stride, wsb_stride, sb_stride;
	uint64_t buf_size, subbuf_size, num_subbuf;
	uint32_t mode;
} __attribute__((packed));

/* Of a sub-buffer's descriptor, and of a packet's header; see packets.h. */
#define PACKET_MAGIC UINT32_C(0xC1FC1FC1)
enum {
	DESCRIPTOR_AT_DATA_SIZE = 0x18,
	PACKET_AT_BEGIN = 32,
	PACKET_AT_END = 40,
	PACKET_AT_CONTENT_SIZE = 48,
	PACKET_AT_PACKET_SIZE = 56,
	PACKET_AT_SEQUENCE = 64,
	PACKET_HEADER_SIZE = 84,
};

struct ring {
	uint8_t *bytes;
	size_t size;
	const struct published *published;
	size_t cold_array, ts_end_array;
};

/* ---- Opening ---- */

static bool is_as_expected(struct ring *ring)
{
	const struct published *published = ring->published;
	uint64_t num = published->num_subbuf;
	uint64_t subbuf = published->subbuf_size;

	if (ring->size < sizeof(*published) || published->magic[0] != htobe64(0x177bf177bf177bf1) ||
	    published->magic[1] != htobe64(0x77bf177bf177bf17) ||
	    published->endian != ENDIAN_MARK || published->major || published->minor ||
	    published->word_size != 8 || published->mode != MODE_DISCARD ||
	    published->mmap_length != ring->size || num < 2 || num > 1U << 16 ||
	    subbuf < PAGE_SIZE_ || subbuf > UINT64_C(1) << 30 || (subbuf & (subbuf - 1)) ||
	    (num & (num - 1)) || published->buf_size != subbuf * num ||
	    published->at.content_size != PACKET_AT_CONTENT_SIZE ||
	    published->at.packet_size != PACKET_AT_PACKET_SIZE ||
	    published->buf_size > ring->size) {
		return false;
	}
	/* Hot counts, cold counts of the same stride, end times, descriptors: without a gap. */
	ring->cold_array = published->at.commit_hot_array + num * published->commit_hot_stride;
	ring->ts_end_array = ring->cold_array + num * published->commit_hot_stride;
	return published->commit_hot_stride >= 16 && published->commit_hot_stride <= 1024 &&
	       ring->ts_end_array + num * sizeof(uint64_t) == published->at.sb_array &&
	       published->sb_stride >= 16 && published->sb_stride <= 64 &&
	       published->at.sb_array + num * published->sb_stride <= ring->size &&
	       published->at.wsb_array + num * published->wsb_stride <= ring->size &&
	       published->at.prod_offset + 8U <= ring->size &&
	       published->at.consumed_offset + 8U <= ring->size;
}

static bool open_ring(const char *path, size_t size, struct ring *ret_ring)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	void *bytes;

	if (fd < 0) {
		return false;
	}
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd); /* The mapping stays. */
	if (bytes == MAP_FAILED) {
		return false;
	}
	ret_ring->bytes = (uint8_t *)bytes;
	ret_ring->size = size;
	ret_ring->published = (const struct published *)bytes;
	if (is_as_expected(ret_ring)) {
		return true;
	}
	(void)munmap(bytes, size); /* Mapped above. */
	return false;
}

/* ---- One sub-buffer ---- */

struct subbuffer {
	uint64_t position; /* Where its use began. */
	uint64_t *hot_count, *cold_count;
	uint64_t hot_sequence, complete_count, missing, use_base;
	uint64_t end_ns;
	uint8_t *packet;
	uint64_t *data_size;
};

static uint64_t load(const struct ring *ring, size_t at)
{
	return __atomic_load_n((const uint64_t *)(const void *)(ring->bytes + at),
			       __ATOMIC_ACQUIRE);
}

static bool find_subbuffer(const struct ring *ring, uint64_t position, struct subbuffer *ret)
{
	const struct published *published = ring->published;
	uint64_t idx = position / published->subbuf_size % published->num_subbuf;
	size_t hot = published->at.commit_hot_array + idx * published->commit_hot_stride;
	uint64_t id = load(ring, published->at.wsb_array + idx * published->wsb_stride +
					 published->at.wsb_id);
	uint64_t descriptor;
	uint64_t data;

	if (id >= published->num_subbuf) {
		return false;
	}
	descriptor = load(ring, published->at.sb_array + id * published->sb_stride +
					published->at.sb_array_shmp_offset);
	if (descriptor > ring->size || ring->size - descriptor < 64) {
		return false;
	}
	data = load(ring, descriptor + published->at.sb_backend_p_offset);
	if (data > ring->size || ring->size - data < published->subbuf_size) {
		return false;
	}
	ret->position = position & ~(published->subbuf_size - 1);
	ret->hot_count = (uint64_t *)(void *)(ring->bytes + hot);
	ret->cold_count = (uint64_t *)(void *)(ring->bytes + ring->cold_array +
					       idx * published->commit_hot_stride);
	ret->use_base = position / published->buf_size * published->subbuf_size;
	ret->complete_count = ret->use_base + published->subbuf_size;
	ret->hot_sequence = load(ring, hot + published->at.commit_hot_seq);
	ret->missing = ret->complete_count - __atomic_load_n(ret->hot_count, __ATOMIC_ACQUIRE);
	ret->end_ns = load(ring, ring->ts_end_array + idx * sizeof(uint64_t));
	ret->packet = ring->bytes + data;
	ret->data_size = (uint64_t *)(void *)(ring->bytes + descriptor + DESCRIPTOR_AT_DATA_SIZE);
	return true;
}

/*
 * Calls `visit` for each sub-buffer that is left by its writers and not delivered (open_bytes 0),
 * and for the one being written (open_bytes: reserved in it so far).
 */
static void for_each_waiting(const struct ring *ring,
			     void (*visit)(void *ctx, const struct ring *ring,
					   const struct subbuffer *subbuffer, uint64_t open_bytes),
			     void *ctx)
{
	const struct published *published = ring->published;
	uint64_t mask = ~(published->subbuf_size - 1);
	uint64_t reserved = load(ring, published->at.prod_offset);
	uint64_t at = load(ring, published->at.consumed_offset) & mask;
	struct subbuffer subbuffer;

	if ((reserved & mask) - at > published->buf_size) {
		return; /* Not a state that a ring buffer can be in. */
	}
	for (; at != (reserved & mask); at += published->subbuf_size) {
		if (find_subbuffer(ring, at, &subbuffer) &&
		    __atomic_load_n(subbuffer.cold_count, __ATOMIC_ACQUIRE) !=
			    subbuffer.complete_count &&
		    subbuffer.missing <= published->subbuf_size) {
			visit(ctx, ring, &subbuffer, 0);
		}
	}
	if (reserved != at && find_subbuffer(ring, at, &subbuffer)) {
		visit(ctx, ring, &subbuffer, reserved - at);
	}
}

/* ---- Looking ---- */

static void look(void *ctx, const struct ring *ring, const struct subbuffer *subbuffer,
		 uint64_t open_bytes)
{
	struct weft_ring_look *seen = (struct weft_ring_look *)ctx;
	uint64_t committed = ring->published->subbuf_size - subbuffer->missing;

	if (!open_bytes) {
		seen->stuck_count++;
		seen->stuck_state = seen->stuck_state * 31 + subbuffer->complete_count + committed;
	} else if (committed != open_bytes) {
		seen->open_count++;
		seen->open_state = seen->open_state * 31 + subbuffer->use_base + open_bytes;
	}
}

/* ---- Healing ---- */

struct healing {
	struct weft_layouts layouts;
	struct weft_ring_healed *healed;
};

static void put_u64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

static uint64_t get_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static bool has_magic(const struct subbuffer *subbuffer)
{
	uint32_t magic;

	memcpy(&magic, subbuffer->packet, sizeof(magic));
	return magic == PACKET_MAGIC;
}

/*
 * Who enters a sub-buffer writes its header, and may die or be put off before, while others go on
 * behind it. What the header of the sub-buffer before says holds for this one too, but for times and
 * number.
 *
 * @return Bytes of the hole that are the header's.
 */
static size_t heal_header(const struct ring *ring, const struct subbuffer *subbuffer)
{
	struct subbuffer before;
	uint64_t begin_ns;
	uint64_t end_ns;

	if (subbuffer->missing < PACKET_HEADER_SIZE ||
	    subbuffer->position < ring->published->subbuf_size ||
	    !find_subbuffer(ring, subbuffer->position - 1, &before) || !has_magic(&before)) {
		return 0;
	}
	begin_ns = get_u64(before.packet + PACKET_AT_BEGIN);
	end_ns = before.end_ns > begin_ns ? before.end_ns : begin_ns;
	/* There, and not that of a former use. */
	if (has_magic(subbuffer) && get_u64(subbuffer->packet + PACKET_AT_BEGIN) >= end_ns) {
		return 0;
	}
	memcpy(subbuffer->packet, before.packet, PACKET_HEADER_SIZE);
	put_u64(subbuffer->packet + PACKET_AT_BEGIN, end_ns);
	put_u64(subbuffer->packet + PACKET_AT_SEQUENCE,
		get_u64(before.packet + PACKET_AT_SEQUENCE) + 1);
	return PACKET_HEADER_SIZE;
}

static void heal_packet(struct healing *healing, const struct ring *ring,
			const struct subbuffer *subbuffer)
{
	const size_t header_missing = heal_header(ring, subbuffer);
	struct weft_torn torn = {
		.bytes = subbuffer->packet,
		.size = *subbuffer->data_size,
		.header_size = PACKET_HEADER_SIZE,
		.missing = subbuffer->missing - header_missing,
		.begin_ns = get_u64(subbuffer->packet + PACKET_AT_BEGIN),
		.end_ns = subbuffer->end_ns,
	};

	if (torn.size < PACKET_HEADER_SIZE || torn.size > ring->published->subbuf_size ||
	    torn.end_ns < torn.begin_ns) {
		/* Killed while it left the sub-buffer: its end was not noted. */
		torn.size = ring->published->subbuf_size;
		torn.end_ns = 0;
	}
	if (subbuffer->hot_sequence > subbuffer->use_base) {
		torn.hint = subbuffer->hot_sequence - subbuffer->use_base;
	}
	if (torn.missing) {
		healing->healed->unreadable_bytes += weft_torn_heal(&healing->layouts, &torn);
	}
	put_u64(subbuffer->packet + PACKET_AT_END, torn.end_ns ? torn.end_ns : torn.begin_ns);
	put_u64(subbuffer->packet + PACKET_AT_CONTENT_SIZE, torn.size * 8);
	put_u64(subbuffer->packet + PACKET_AT_PACKET_SIZE,
		((torn.size + PAGE_SIZE_ - 1) & ~(uint64_t)(PAGE_SIZE_ - 1)) * 8);
	*subbuffer->data_size = torn.size;
}

static void heal(void *ctx, const struct ring *ring, const struct subbuffer *subbuffer,
		 uint64_t open_bytes)
{
	struct healing *healing = (struct healing *)ctx;

	if (open_bytes) {
		return;
	}
	heal_packet(healing, ring, subbuffer);
	healing->healed->torn_count++;
	/* The consumer reads the counts first, then the packet: packet before counts. */
	__atomic_store_n(subbuffer->hot_count, subbuffer->complete_count, __ATOMIC_RELEASE);
	__atomic_store_n(subbuffer->cold_count, subbuffer->complete_count, __ATOMIC_RELEASE);
}

/* ---- All buffers ---- */

/* The metadata of the buffers of `shm_path` stands at the same place below the trace. */
static bool read_layouts(const char *shm_path, const char *trace_dir, struct weft_layouts *layouts)
{
	const char *at = strstr(shm_path, "/ust/");
	const char *slash = strrchr(shm_path, '/');
	char path[PATH_SIZE];
	struct stat status;
	size_t count = 0;
	void *bytes;
	int fd;

	if (!at || !slash || slash < at) {
		return false;
	}
	(void)snprintf(path, sizeof(path), "%s%.*s/metadata", trace_dir, (int)(slash - at), at);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	if (fstat(fd, &status) == 0 && status.st_size > 0) {
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED) {
			count = weft_layouts_parse(layouts, (const uint8_t *)bytes,
						   (size_t)status.st_size);
			(void)munmap(bytes, (size_t)status.st_size); /* Mapped above. */
		}
	}
	(void)close(fd); /* Read only; nothing to lose. */
	return count > 0;
}

static void look_at_file(void *ctx, const struct ring *ring, const char *path)
{
	(void)path;
	for_each_waiting(ring, look, ctx);
}

struct healing_all {
	const char *trace_dir;
	struct weft_ring_healed *healed;
};

static void heal_file(void *ctx, const struct ring *ring, const char *path)
{
	const struct healing_all *all = (const struct healing_all *)ctx;
	struct healing healing = {.healed = all->healed};

	if (read_layouts(path, all->trace_dir, &healing.layouts)) {
		for_each_waiting(ring, heal, &healing);
	}
}

static void for_each_ring(const char *shm_dir,
			  void (*visit)(void *ctx, const struct ring *ring, const char *path),
			  void *ctx)
{
	char *top = strdup(shm_dir);
	char *const tops[] = {top, NULL};
	FTS *listing = top ? fts_open(tops, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	const FTSENT *entry;
	struct ring ring;

	while (listing && (entry = fts_read(listing)) != NULL) {
		if (entry->fts_info == FTS_F &&
		    (size_t)entry->fts_statp->st_size >= sizeof(struct published) &&
		    strcmp(entry->fts_name, "metadata") != 0 &&
		    open_ring(entry->fts_path, (size_t)entry->fts_statp->st_size, &ring)) {
			visit(ctx, &ring, entry->fts_path);
			(void)munmap(ring.bytes, ring.size); /* Mapped by open_ring(). */
		}
	}
	if (listing) {
		(void)fts_close(listing); /* Read only; nothing to lose. */
	}
	free(top);
}

void weft_ring_look(const char *shm_dir, struct weft_ring_look *ret_look)
{
	memset(ret_look, 0, sizeof(*ret_look));
	for_each_ring(shm_dir, look_at_file, ret_look);
}

void weft_ring_heal(const char *shm_dir, const char *trace_dir, struct weft_ring_healed *healed)
{
	struct healing_all all = {trace_dir, healed};

	for_each_ring(shm_dir, heal_file, &all);
}

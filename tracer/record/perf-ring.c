// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See perf-ring.h.
 */
#include "perf-ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	COPY_SIZE = 64 << 10, /* Of the longest record: its size is 16 bits. */
	TIME_SIZE = 8,        /* Before a tracepoint's data. */
	ORIGIN_SIZE = 16,     /* At the end of each other record: pid, tid, time. */
	AT_TID = 4, /* In a tracepoint's data: common_pid, at the same place in all of them. */
};

int weft_perf_open(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	long fd;

	attr->size = sizeof(*attr);
	/* The kernel looks up ids for each record that tells them; tracepoints do so by themselves. */
	attr->sample_type |= PERF_SAMPLE_TIME;
	attr->sample_type |= attr->type == PERF_TYPE_TRACEPOINT ? 0 : PERF_SAMPLE_TID;
	attr->sample_id_all = 1;
	attr->use_clockid = 1;
	attr->clockid = CLOCK_MONOTONIC;
	attr->watermark = 1;
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

int weft_perf_ring_init(struct weft_perf_ring *ring, int fd, size_t bytes, struct weft_error *err)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	memset(ring, 0, sizeof(*ring));
	ring->copy = (uint8_t *)malloc(COPY_SIZE);
	if (!ring->copy) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	for (; bytes >= page; bytes /= 2) {
		void *map = mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (map != MAP_FAILED) {
			ring->page = (struct perf_event_mmap_page *)map;
			ring->bytes = bytes;
			return 0;
		}
		if (errno != EPERM && errno != ENOMEM) {
			break;
		}
	}
	weft_perf_ring_fini(ring);
	return weft_error_set_errno(err, -errno,
				    "perf: cannot map a ring (kernel.perf_event_mlock_kb and "
				    "ulimit -l say how much an ordinary user may)");
}

void weft_perf_ring_fini(struct weft_perf_ring *ring)
{
	if (ring->page) {
		(void)munmap(ring->page, (size_t)sysconf(_SC_PAGESIZE) + ring->bytes); /* Ours. */
		ring->page = NULL;
	}
	free(ring->copy);
	ring->copy = NULL;
}

uint64_t weft_perf_ring_begin(struct weft_perf_ring *ring)
{
	_Atomic __u64 *head = (_Atomic __u64 *)&ring->page->data_head;

	/* A1: pairs with the kernel's barrier before it moves data_head: records before head. */
	return atomic_load_explicit(head, memory_order_acquire) - ring->at;
}

void weft_perf_ring_end(struct weft_perf_ring *ring)
{
	_Atomic __u64 *tail = (_Atomic __u64 *)&ring->page->data_tail;

	/* R1: pairs with the kernel's check for room: our reads before its writes. */
	atomic_store_explicit(tail, ring->at, memory_order_release);
}

/* Events tell losses, each as it tells everything: with its ids or without. */
static bool has_origin(uint32_t type)
{
	return type != PERF_RECORD_LOST && type != PERF_RECORD_LOST_SAMPLES;
}

static int read_origin(struct weft_perf_record *record)
{
	const uint8_t *at;

	record->pid = record->tid = 0;
	record->time_ns = 0;
	if (!has_origin(record->type)) {
		return 1;
	}
	if (record->size < ORIGIN_SIZE) {
		return 0;
	}
	record->size -= ORIGIN_SIZE;
	at = record->body + record->size;
	memcpy(&record->pid, at, sizeof(record->pid));
	memcpy(&record->tid, at + 4, sizeof(record->tid));
	memcpy(&record->time_ns, at + 8, sizeof(record->time_ns));
	return 1;
}

static void advance(struct weft_perf_record *record, size_t size)
{
	record->body += size;
	record->size -= size;
}

static int read_chain(struct weft_perf_record *record)
{
	uint64_t count;

	if (record->size < sizeof(count)) {
		return 0;
	}
	memcpy(&count, record->body, sizeof(count));
	advance(record, sizeof(count));
	if (count > record->size / sizeof(uint64_t)) {
		return 0;
	}
	record->chain = record->body;
	record->chain_count = count;
	advance(record, (size_t)count * sizeof(uint64_t));
	return 1;
}

static int read_sample(struct weft_perf_record *record, bool has_chains)
{
	uint32_t raw_size;

	if (record->size < TIME_SIZE) {
		return 0;
	}
	memcpy(&record->time_ns, record->body, sizeof(record->time_ns));
	advance(record, TIME_SIZE);
	if ((has_chains && !read_chain(record)) || record->size < sizeof(raw_size)) {
		return 0;
	}
	memcpy(&raw_size, record->body, sizeof(raw_size));
	advance(record, sizeof(raw_size));
	record->size = raw_size < record->size ? raw_size : record->size;
	record->pid = record->tid = 0;
	if (record->size >= AT_TID + sizeof(record->tid)) {
		memcpy(&record->tid, record->body + AT_TID, sizeof(record->tid));
	}
	return 1;
}

int weft_perf_ring_next(struct weft_perf_ring *ring, uint64_t end,
			struct weft_perf_record *ret_record)
{
	const uint8_t *data = (const uint8_t *)ring->page + (size_t)sysconf(_SC_PAGESIZE);
	const size_t offset = (size_t)(ring->at & (ring->bytes - 1));
	struct perf_event_header header;
	const uint8_t *record = data + offset;

	if (end - ring->at < sizeof(header)) {
		return 0;
	}
	/* Records are multiples of 8 bytes, so that a header never wraps. */
	memcpy(&header, record, sizeof(header));
	if (header.size < sizeof(header) || header.size > end - ring->at ||
	    header.size % sizeof(uint64_t)) {
		ring->at = end; /* Not what the kernel writes: leave the rest. */
		return 0;
	}
	if (offset + header.size > ring->bytes) {
		size_t first = ring->bytes - offset;

		memcpy(ring->copy, record, first);
		memcpy(ring->copy + first, data, header.size - first);
		record = ring->copy;
	}
	ring->at += header.size;
	ret_record->type = header.type;
	ret_record->misc = header.misc;
	ret_record->body = record + sizeof(header);
	ret_record->size = header.size - sizeof(header);
	ret_record->chain = NULL;
	ret_record->chain_count = 0;
	if (header.type == PERF_RECORD_SAMPLE ? read_sample(ret_record, ring->has_chains)
					      : read_origin(ret_record)) {
		return 1;
	}
	ring->at = end; /* As above. */
	return 0;
}

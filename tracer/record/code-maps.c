// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What processes map. See code-maps.h.
 */
#include "code-maps.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A program that starts maps a few dozen files, 100 bytes each: room for some thousand in a pause. */
#define RING_BYTES ((size_t)256 << 10)

/* Of a PERF_RECORD_MMAP2, as perf_event_open(2) draws it. */
enum {
	AT_PID = 0,
	AT_ADDRESS = 8,
	AT_SIZE = 16,
	AT_OFFSET = 24,
	AT_ID_SIZE = 32, /* With a build id; else device, inode and its generation. */
	AT_ID = 36,
	AT_INODE = 40,
	AT_PROTECTION = 56,
	AT_PATH = 64,
};
enum { BUILD_ID_SIZE_MAX = 20 };

struct watch {
	int fd; /* -1: CPU is not up. */
	struct weft_perf_ring ring;
	uint64_t end;                  /* Of the round. */
	struct weft_perf_record first; /* Not taken yet. */
	bool has_first;
};

struct weft_code_maps {
	uint32_t cpu_count;
	struct watch cpus[];
};

/* ---- Texts and records ---- */

bool weft_code_maps_parse_line(char *line, struct weft_kernel_map *ret_map)
{
	struct weft_kernel_map map = {.build_id = ""};
	char protection[8];
	int path_at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*x:%*x %" SCNu64 " %n",
		   &map.start, &map.end, protection, &map.offset_bytes, &map.inode,
		   &path_at) != 5 ||
	    path_at == 0 || line[path_at] != '/' || map.start >= map.end ||
	    !strchr(protection, 'x')) {
		return false;
	}
	map.flags = (strchr(protection, 'r') ? PROT_READ : 0U) |
		    (strchr(protection, 'w') ? PROT_WRITE : 0U) | PROT_EXEC;
	map.path = line + path_at;
	*ret_map = map;
	return true;
}

static void format_build_id(const uint8_t *bytes, size_t size,
			    char ret_text[WEFT_BUILD_ID_TEXT_SIZE])
{
	size_t i;

	ret_text[0] = '\0';
	for (i = 0; i < size && i < BUILD_ID_SIZE_MAX; i++) {
		(void)snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
	}
}

bool weft_code_maps_parse_record(const struct weft_perf_record *record,
				 struct weft_kernel_map *ret_map,
				 char ret_build_id[WEFT_BUILD_ID_TEXT_SIZE])
{
	struct weft_kernel_map map = {.build_id = ret_build_id};
	const char *path = (const char *)record->body + AT_PATH;
	uint64_t size;
	uint32_t protection;

	if (record->type != PERF_RECORD_MMAP2 || record->size <= AT_PATH || path[0] != '/' ||
	    path[1] == '/' || !memchr(path, '\0', record->size - AT_PATH)) {
		return false; /* "//anon" is no file. */
	}
	memcpy(&map.pid, record->body + AT_PID, sizeof(map.pid));
	memcpy(&map.start, record->body + AT_ADDRESS, sizeof(map.start));
	memcpy(&size, record->body + AT_SIZE, sizeof(size));
	memcpy(&map.offset_bytes, record->body + AT_OFFSET, sizeof(map.offset_bytes));
	memcpy(&protection, record->body + AT_PROTECTION, sizeof(protection));
	if (!(protection & PROT_EXEC) || size == 0 || size > UINT64_MAX - map.start ||
	    map.pid <= 0) {
		return false;
	}
	map.end = map.start + size;
	map.flags = protection & (PROT_READ | PROT_WRITE | PROT_EXEC);
	map.path = path;
	ret_build_id[0] = '\0';
	if (record->misc & PERF_RECORD_MISC_MMAP_BUILD_ID) {
		format_build_id(record->body + AT_ID, record->body[AT_ID_SIZE], ret_build_id);
	} else {
		memcpy(&map.inode, record->body + AT_INODE, sizeof(map.inode));
	}
	*ret_map = map;
	return true;
}

/* ---- What is there ---- */

static bool dump_process(struct weft_kernel_trace *trace, uint64_t time_ns, const char *name)
{
	struct weft_kernel_map map;
	char path[300];
	char *line = NULL;
	size_t capacity = 0;
	ssize_t len;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%s/maps", name);
	file = fopen(path, "re");
	if (!file) {
		return false;
	}
	while ((len = getline(&line, &capacity, file)) > 0) {
		if (line[len - 1] == '\n') {
			line[len - 1] = '\0';
		}
		if (weft_code_maps_parse_line(line, &map)) {
			map.pid = (int32_t)strtol(name, NULL, 10);
			weft_kernel_trace_map(trace, time_ns, &map);
		}
	}
	free(line);
	(void)fclose(file); /* Read only; nothing to lose. */
	return true;
}

size_t weft_code_maps_dump(struct weft_kernel_trace *trace, uint64_t time_ns)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	size_t count = 0;

	while (processes && (entry = readdir(processes)) != NULL) {
		if (isdigit((unsigned char)entry->d_name[0])) {
			count += dump_process(trace, time_ns, entry->d_name);
		}
	}
	if (processes) {
		(void)closedir(processes); /* Read only; nothing to lose. */
	}
	return count;
}

/* ---- What is mapped from now on ---- */

/* Linux before 5.12 tells no build ids. */
static int open_event(uint32_t cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1,
		.mmap2 = 1,
		.build_id = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.wakeup_watermark = RING_BYTES / 2,
	};
	int fd = weft_perf_open(&attr, -1, (int)cpu);

	if (fd == -EINVAL) {
		attr.build_id = 0;
		fd = weft_perf_open(&attr, -1, (int)cpu);
	}
	return fd;
}

static int open_cpu(struct watch *watch, uint32_t cpu, struct weft_error *err)
{
	watch->fd = open_event(cpu);
	if (watch->fd == -ENODEV) {
		watch->fd = -1;
		return 0;
	}
	if (watch->fd < 0) {
		int code = watch->fd;

		watch->fd = -1;
		return weft_error_set_errno(err, code, "perf: cannot watch what programs map");
	}
	return weft_perf_ring_init(&watch->ring, watch->fd, RING_BYTES, err);
}

int weft_code_maps_open(uint32_t cpu_count, struct weft_code_maps **ret_mappings,
			struct weft_error *err)
{
	struct weft_code_maps *mappings = (struct weft_code_maps *)calloc(
		1, sizeof(*mappings) + cpu_count * sizeof(mappings->cpus[0]));
	uint32_t cpu;
	int ret = 0;

	if (!mappings) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	mappings->cpu_count = cpu_count;
	for (cpu = 0; cpu < cpu_count; cpu++) {
		mappings->cpus[cpu].fd = -1;
	}
	for (cpu = 0; ret == 0 && cpu < cpu_count; cpu++) {
		ret = open_cpu(&mappings->cpus[cpu], cpu, err);
	}
	if (ret < 0) {
		weft_code_maps_close(mappings);
		return ret;
	}
	*ret_mappings = mappings;
	return 0;
}

void weft_code_maps_close(struct weft_code_maps *mappings)
{
	uint32_t cpu;

	for (cpu = 0; mappings && cpu < mappings->cpu_count; cpu++) {
		weft_perf_ring_fini(&mappings->cpus[cpu].ring);
		if (mappings->cpus[cpu].fd >= 0) {
			(void)close(mappings->cpus[cpu].fd); /* Nothing was written. */
		}
	}
	free(mappings);
}

/* Losses have no time, so that they are told as soon as they are met. */
static void step(struct watch *watch, struct weft_kernel_trace *trace)
{
	uint64_t lost;

	for (;;) {
		watch->has_first = weft_perf_ring_next(&watch->ring, watch->end, &watch->first);
		if (!watch->has_first || watch->first.type != PERF_RECORD_LOST) {
			return;
		}
		if (watch->first.size >= 2 * sizeof(lost)) {
			memcpy(&lost, watch->first.body + sizeof(lost), sizeof(lost));
			weft_kernel_trace_maps_lost(trace, lost);
		}
	}
}

/* The CPU whose next record is the oldest. */
static struct watch *find_oldest(struct weft_code_maps *mappings)
{
	struct watch *oldest = NULL;
	uint32_t cpu;

	for (cpu = 0; cpu < mappings->cpu_count; cpu++) {
		struct watch *watch = &mappings->cpus[cpu];

		if (watch->has_first && (!oldest || watch->first.time_ns < oldest->first.time_ns)) {
			oldest = watch;
		}
	}
	return oldest;
}

void weft_code_maps_drain(struct weft_code_maps *mappings, struct weft_kernel_trace *trace)
{
	char build_id[WEFT_BUILD_ID_TEXT_SIZE];
	struct weft_kernel_map map;
	struct watch *watch;
	uint32_t cpu;

	for (cpu = 0; cpu < mappings->cpu_count; cpu++) {
		watch = &mappings->cpus[cpu];
		watch->has_first = false;
		if (watch->fd >= 0) {
			watch->end = watch->ring.at + weft_perf_ring_begin(&watch->ring);
			step(watch, trace);
		}
	}
	while ((watch = find_oldest(mappings)) != NULL) {
		if (weft_code_maps_parse_record(&watch->first, &map, build_id)) {
			weft_kernel_trace_map(trace, watch->first.time_ns, &map);
		}
		step(watch, trace);
	}
	for (cpu = 0; cpu < mappings->cpu_count; cpu++) {
		if (mappings->cpus[cpu].fd >= 0) {
			weft_perf_ring_end(&mappings->cpus[cpu].ring);
		}
	}
}

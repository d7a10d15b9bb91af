// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * How large the ring buffers are. See buffer-size.h.
 */
#include "buffer-size.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/*
 * A thread that does nothing but emit writes about 0.4 GB/s; 32 MiB a CPU hold what it emits in
 * 80 ms, several times what the consumer daemon waits for a busy disk or CPU.
 */
#define SUBBUFFER_BYTES_MAX (UINT64_C(4) << 20)
#define SUBBUFFER_BYTES_MIN (UINT64_C(64) << 10)
#define SUBBUFFER_COUNT     8U

static bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

uint64_t weft_buffer_size_total(const struct weft_buffer_size *size, uint32_t cpu_count)
{
	return size->subbuffer_bytes * size->subbuffer_count * cpu_count;
}

static int read_available_memory(uint64_t *ret_bytes, struct weft_error *err)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	uint64_t kib;
	int ret = -EPROTO;

	if (!file) {
		return weft_error_set_errno(err, -errno, "cannot read /proc/meminfo");
	}
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &kib) == 1) {
			*ret_bytes = kib << 10;
			ret = 0;
			break;
		}
	}
	(void)fclose(file); /* Read only; nothing to lose. */
	return ret < 0 ? weft_error_set(err, ret, "/proc/meminfo has no MemAvailable") : 0;
}

static int read_free(const char *path, uint64_t *ret_bytes, struct weft_error *err)
{
	struct statvfs status;

	if (statvfs(path, &status) < 0) {
		return weft_error_set_errno(err, -errno, "cannot see how much is free in '%s'",
					    path);
	}
	*ret_bytes = (uint64_t)status.f_bavail * status.f_frsize;
	return 0;
}

int weft_buffer_size_look(const char *dir, struct weft_machine *ret_machine, struct weft_error *err)
{
	long cpu_count = sysconf(_SC_NPROCESSORS_CONF);
	int ret;

	ret_machine->cpu_count = cpu_count > 0 ? (uint32_t)cpu_count : 1;
	ret = read_available_memory(&ret_machine->memory_bytes, err);
	if (ret == 0) {
		ret = read_free("/dev/shm", &ret_machine->shm_bytes, err);
	}
	if (ret == 0) {
		ret = read_free(dir, &ret_machine->disk_bytes, err);
	}
	return ret;
}

static int check(const struct weft_machine *machine, const struct weft_buffer_size *size,
		 struct weft_error *err)
{
	const struct {
		const char *name, *lift;
		uint64_t bytes;
	} places[] = {
		{"memory is available", "free some", machine->memory_bytes},
		{"is free in /dev/shm",
		 "mount -o remount,size=1G /dev/shm (docker run: --shm-size=1g)",
		 machine->shm_bytes},
		{"is free on the disk of the output", "free some, or choose another with -o",
		 machine->disk_bytes},
	};
	uint64_t total = weft_buffer_size_total(size, machine->cpu_count);
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (places[i].bytes < total) {
			return weft_error_set(err, -ENOSPC,
					      "buffers for %" PRIu32 " CPUs need %" PRIu64
					      " KiB, but only %" PRIu64 " KiB %s: %s",
					      machine->cpu_count, total >> 10,
					      places[i].bytes >> 10, places[i].name,
					      places[i].lift);
		}
	}
	return 0;
}

int weft_buffer_size_choose(const struct weft_machine *machine, struct weft_buffer_size *size,
			    struct weft_error *err)
{
	uint64_t budget = machine->memory_bytes / 8;
	bool free_choice = size->subbuffer_bytes == 0;

	budget = machine->shm_bytes / 2 < budget ? machine->shm_bytes / 2 : budget;
	budget = machine->disk_bytes / 4 < budget ? machine->disk_bytes / 4 : budget;
	if (!size->subbuffer_count) {
		size->subbuffer_count = SUBBUFFER_COUNT;
	}
	if (free_choice) {
		size->subbuffer_bytes = SUBBUFFER_BYTES_MAX;
	}
	if (!is_power_of_two(size->subbuffer_bytes) || size->subbuffer_bytes < 4096 ||
	    size->subbuffer_bytes > UINT64_C(1) << 30) {
		return weft_error_set(err, -EINVAL,
				      "a sub-buffer of %" PRIu64 " bytes: must be a power of two "
				      "from 4096 to 1 GiB",
				      size->subbuffer_bytes);
	}
	if (!is_power_of_two(size->subbuffer_count) || size->subbuffer_count < 2 ||
	    size->subbuffer_count > 1U << 16) {
		return weft_error_set(err, -EINVAL,
				      "%" PRIu32 " sub-buffers: must be a power of two from 2 to "
				      "65536",
				      size->subbuffer_count);
	}
	while (free_choice && size->subbuffer_bytes > SUBBUFFER_BYTES_MIN &&
	       weft_buffer_size_total(size, machine->cpu_count) > budget) {
		size->subbuffer_bytes /= 2;
	}
	return check(machine, size, err);
}

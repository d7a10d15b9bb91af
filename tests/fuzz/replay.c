// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Runs a fuzz target over the files of its corpus: what once was found stays fixed. Used where the
 * fuzzer itself is not linked.
 */
#include <dirent.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_SIZE_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A block of its own size each, so that a read beyond the end shows. */
static int replay(const char *path, uint8_t *room)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes;
	size_t size;
	size_t i;

	if (!file) {
		perror(path);
		return 1;
	}
	size = fread(room, 1, INPUT_SIZE_MAX, file);
	(void)fclose(file); /* Only read from. */
	bytes = (uint8_t *)malloc(size ? size : 1);
	if (!bytes) {
		return 1;
	}
	for (i = 0; i < size; i++) {
		bytes[i] = room[i];
	}
	(void)LLVMFuzzerTestOneInput(bytes, size); /* Always 0; it ends the process if it fails. */
	free(bytes);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
	uint8_t *room = (uint8_t *)malloc(INPUT_SIZE_MAX);
	const struct dirent *entry;
	unsigned count = 0;
	int failed = 0;

	if (!directory || !room) {
		(void)fprintf(stderr, "Usage: %s FOLDER\n", argv[0]);
		free(room);
		return 2;
	}
	while ((entry = readdir(directory))) {
		char path[PATH_MAX];

		if (entry->d_name[0] != '.') {
			(void)snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
			failed |= replay(path, room);
			count++;
		}
	}
	(void)closedir(directory);
	free(room);
	(void)printf("%u inputs\n", count);
	return failed || count == 0;
}

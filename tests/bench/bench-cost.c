// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Runs a command and writes what it took into a file, as JSON: CPU and wall seconds, peak memory in
 * KiB, exit status. A program of its own because the kernel counts the peak of whoever starts a command
 * as the command's: that of a script's interpreter would be the least that could be measured.
 *
 * Usage: bench-cost FILE COMMAND [ARGUMENT]...
 */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct timespec begin;
	struct timespec end;
	struct rusage usage;
	int status;
	pid_t child;
	FILE *file;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: bench-cost FILE COMMAND [ARGUMENT]...\n");
		return 2;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &begin); /* Cannot fail for this clock. */
	child = fork();
	if (child == 0) {
		(void)execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	while (child < 0 || wait4(child, &status, 0, &usage) < 0) {
		if (child < 0 || errno != EINTR) {
			perror("bench-cost");
			return 2;
		}
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &end); /* As above. */
	file = fopen(argv[1], "w");
	if (!file ||
	    fprintf(file,
		    "{\"cpu_s\": %.6f, \"wall_s\": %.6f, \"peak_kib\": %ld, \"status\": %d}\n",
		    seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
		    (double)(end.tv_sec - begin.tv_sec) +
			    (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
		    usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128) < 0 ||
	    fclose(file) != 0) {
		perror(argv[1]);
		return 2;
	}
	return 0;
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Two threads that do nothing but wake each other. "pingpong": a byte through two pipes. "server": a
 * request and its answer through a socket pair, with some work for each. Both threads share a CPU, so
 * that each half of a round trip is a switch. Prints the
 * CPU time of a round trip, kernel included, as JSON.
 *
 * Usage: bench-switch pingpong|server ROUNDS
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WORK 20000 /* Steps of a request, some microseconds. */

struct peer {
	int in, out;
	long rounds;
	long work;
};

static volatile uint64_t sink;

static void work(long steps)
{
	uint64_t value = 1;

	for (; steps > 0; steps--) {
		value = value * 6364136223846793005U + 1442695040888963407U;
	}
	sink = value;
}

static void *answer(void *ctx)
{
	const struct peer *peer = (const struct peer *)ctx;
	char byte = 0;
	long i;

	for (i = 0; i < peer->rounds; i++) {
		if (read(peer->in, &byte, 1) != 1) {
			abort();
		}
		work(peer->work);
		if (write(peer->out, &byte, 1) != 1) {
			abort();
		}
	}
	return NULL;
}

static void ask(const struct peer *peer)
{
	char byte = 0;
	long i;

	for (i = 0; i < peer->rounds; i++) {
		if (write(peer->out, &byte, 1) != 1 || read(peer->in, &byte, 1) != 1) {
			abort();
		}
	}
}

static void stay_on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0) {
		perror("sched_setaffinity");
	}
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* Cannot fail for this clock. */
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
	struct peer client = {.rounds = argc == 3 ? strtol(argv[2], NULL, 10) : 0};
	struct peer server;
	int there[2];
	int back[2];
	pthread_t thread;
	uint64_t begin;

	if (client.rounds <= 0) {
		(void)fprintf(stderr, "usage: bench-switch pingpong|server ROUNDS\n");
		return 2;
	}
	server = client;
	stay_on_one_cpu();
	if (strcmp(argv[1], "pingpong") == 0) {
		if (pipe(there) < 0 || pipe(back) < 0) {
			return 1;
		}
		client.out = there[1];
		server.in = there[0];
		server.out = back[1];
		client.in = back[0];
	} else {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, there) < 0) {
			return 1;
		}
		server.work = WORK;
		client.in = client.out = there[0];
		server.in = server.out = there[1];
	}
	if (pthread_create(&thread, NULL, answer, &server) != 0) {
		return 1;
	}
	begin = cpu_ns();
	ask(&client);
	(void)printf("{\"ns\": %.1f}\n", (double)(cpu_ns() - begin) / (double)client.rounds);
	return pthread_join(thread, NULL) != 0;
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * First half of a pipeline of two processes, traced: writes orders and sends them to the consumer,
 * which it starts. A task "order" begins here and ends over there; its number travels in the order.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/trace.h>

#include "order.h"

#define THREADS_MAX 64U

/* One order in so many arrives damaged, so that there are failed tasks to look at. */
#define DAMAGE_EVERY 25U

static const char help[] =
	"Usage: producer [OPTION]...\n"
	"Sends texts to a second process, which counts their distinct words; then prints what "
	"both\n"
	"did as a line of JSON.\n\n"
	"  -n, --requests N     orders to send (default: 500)\n"
	"  -t, --threads N      threads in each of the two processes, 1 to 64 (default: 2)\n"
	"      --consumer PATH  the second program (default: consumer, beside this one)\n"
	"  -h, --help           this text\n";

struct settings {
	uint64_t requests, threads;
	const char *consumer;
};

struct producer {
	int fd; /* To the consumer. */
	uint64_t order_count;
	_Atomic uint64_t next_order;
	_Atomic uint64_t sent_count;
	_Atomic uint64_t unsent_count; /* The consumer had gone. */
};

/* Words of one to seven letters out of few, so that some repeat. */
static void compose(struct order *order)
{
	uint64_t state = (order->number + 1) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t len = 0, word_len = 0;

	while (len < 1024 + order->number * 37 % (ORDER_TEXT_SIZE - 1024)) {
		state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
		if (word_len && (word_len == 7 || (state >> 60) < 4)) {
			order->text[len++] = ' ';
			word_len = 0;
		} else {
			order->text[len++] = (char)('a' + (state >> 40) % 5);
			word_len++;
		}
	}
	order->text_len = len;
	order->checksum = order_checksum(order->text, len);
	if (order->number % DAMAGE_EVERY == DAMAGE_EVERY - 1) {
		order->text[len / 2] ^= 1;
	}
}

static bool send_order(const struct producer *producer, const struct order *order)
{
	ssize_t ret;

	do {
		ret = send(producer->fd, order, sizeof(*order), MSG_NOSIGNAL);
	} while (ret < 0 && errno == EINTR);
	return ret == (ssize_t)sizeof(*order);
}

static void produce(struct producer *producer, uint32_t number)
{
	/* It ends elsewhere: the form that leaves this thread's current task alone. */
	struct weft_task task = weft_task_begin_ctx(WEFT_CONTEXT_NONE, "order");
	struct order order = {.task = task.context.task, .number = number};
	bool sent = false;

	weft_logf_ctx(task.context, "number", "%" PRIu32, number);
	WEFT_REGION_CTX(task.context, "compose") {
		compose(&order);
	}
	WEFT_REGION_CTX(task.context, "send") {
		sent = send_order(producer, &order);
	}
	if (sent) {
		atomic_fetch_add(&producer->sent_count, 1); /* The consumer ends the task. */
	} else {
		atomic_fetch_add(&producer->unsent_count, 1);
		weft_task_end_error(&task, "consumer has gone");
	}
}

static void *producer_main(void *argument)
{
	struct producer *producer = argument;
	uint64_t number;

	weft_thread_set_name("producer");
	while ((number = atomic_fetch_add(&producer->next_order, 1)) < producer->order_count) {
		produce(producer, (uint32_t)number);
	}
	return NULL;
}

/* Starts the consumer with its end of the socket as CONSUMER_FD. Returns 0, or says what failed. */
static int start_consumer(const struct settings *settings, int fd, pid_t *ret_pid)
{
	char path[4096], threads[24];
	char *argv[] = {path, threads, NULL};
	posix_spawn_file_actions_t actions;
	ssize_t len;
	int ret;

	if (settings->consumer) {
		(void)snprintf(path, sizeof(path), "%s", settings->consumer);
	} else {
		len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("consumer"));
		if (len < 0) {
			(void)fprintf(stderr,
				      "producer: find the consumer beside this program: "
				      "%s: use --consumer\n",
				      strerror(errno));
			return -1;
		}
		path[len] = '\0';
		(void)snprintf(strrchr(path, '/') + 1, sizeof("consumer"), "consumer");
	}
	(void)snprintf(threads, sizeof(threads), "%" PRIu64, settings->threads);
	ret = posix_spawn_file_actions_init(&actions);
	if (ret) {
		return ret;
	}
	ret = posix_spawn_file_actions_adddup2(&actions, fd, CONSUMER_FD);
	if (!ret) {
		ret = posix_spawn(ret_pid, path, &actions, NULL, argv, environ);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (ret) {
		(void)fprintf(stderr, "producer: start %s: %s\n", path, strerror(ret));
	}
	return ret;
}

/* Sends all orders from several threads. Returns how many threads ran. */
static size_t send_orders(struct producer *producer, uint64_t thread_count)
{
	pthread_t threads[THREADS_MAX];
	size_t started_count = 0, i;
	int ret = 0;

	while (started_count < thread_count && ret == 0) {
		ret = pthread_create(&threads[started_count], NULL, producer_main, producer);
		started_count += ret == 0;
	}
	if (ret) {
		(void)fprintf(stderr, "producer: start thread %zu: %s\n", started_count,
			      strerror(ret));
	}
	for (i = 0; i < started_count; i++) {
		pthread_join(threads[i], NULL);
	}
	return started_count;
}

/* What both processes called, from what they did. The format is described in ../README.md. */
static void print_counts(const struct producer *did, const struct receipt *receipt)
{
	uint64_t orders = did->sent_count + did->unsent_count;
	uint64_t intact = receipt->received_count - receipt->damaged_count;

	(void)printf("{\"tasks\":{\"order\":%" PRIu64 "},", orders);
	(void)printf("\"failed\":{\"order\":%" PRIu64 "},",
		     receipt->damaged_count + did->unsent_count);
	(void)printf("\"regions\":{\"compose\":%" PRIu64 ",\"send\":%" PRIu64 ",\"check\":%" PRIu64
		     ",\"count\":%" PRIu64 "},",
		     orders, orders, receipt->received_count, intact);
	(void)printf("\"logs\":%" PRIu64 ",\"log_categories\":{\"number\":%" PRIu64
		     ",\"words\":%" PRIu64 "},",
		     orders + intact, orders, intact);
	(void)printf("\"words\":%" PRIu64 "}\n", receipt->word_count);
}

static int run(const struct settings *settings)
{
	struct producer producer = {.order_count = settings->requests};
	struct receipt receipt = {0};
	size_t thread_count;
	int fds[2], status;
	ssize_t received;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
		(void)fprintf(stderr, "producer: make a socket: %s\n", strerror(errno));
		return 1;
	}
	/* The child's end must not be CONSUMER_FD already: dup2 onto itself keeps close-on-exec. */
	if (fds[1] == CONSUMER_FD) {
		int swap = fds[0];

		fds[0] = fds[1];
		fds[1] = swap;
	}
	if (start_consumer(settings, fds[1], &pid)) {
		return 1;
	}
	(void)close(fds[1]);
	producer.fd = fds[0];
	thread_count = send_orders(&producer, settings->threads);
	(void)shutdown(producer.fd, SHUT_WR); /* The consumer sees the end. */
	received = recv(producer.fd, &receipt, sizeof(receipt), 0);
	(void)close(producer.fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
		/* Again. */
	}
	print_counts(&producer, &receipt);
	if (received != (ssize_t)sizeof(receipt) || status != 0) {
		(void)fprintf(stderr,
			      "producer: the consumer failed (wait status %d): "
			      "its counts are missing\n",
			      status);
		return 1;
	}
	return thread_count == settings->threads ? 0 : 1;
}

static int take_number(const char *what, uint64_t min, uint64_t max, uint64_t *ret_number)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(optarg, &end, 10);
	if (errno || end == optarg || *end || optarg[0] == '-' || number < min || number > max) {
		(void)fprintf(stderr,
			      "producer: %s: '%s' is not a number from %" PRIu64 " to %" PRIu64
			      "\nTry 'producer --help'.\n",
			      what, optarg, min, max);
		return 2;
	}
	*ret_number = number;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"requests", required_argument, NULL, 'n'},
		{"threads", required_argument, NULL, 't'},
		{"consumer", required_argument, NULL, 'C'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct settings settings = {.requests = 500, .threads = 2};
	int option, ret = 0;

	while (ret == 0 && (option = getopt_long(argc, argv, "n:t:h", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			ret = take_number("--requests", 1, 100000000, &settings.requests);
			break;
		case 't':
			ret = take_number("--threads", 1, THREADS_MAX, &settings.threads);
			break;
		case 'C':
			settings.consumer = optarg;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return 0;
		default:
			(void)fprintf(stderr, "Try 'producer --help'.\n");
			return 2;
		}
	}
	if (ret == 0 && optind < argc) {
		(void)fprintf(stderr,
			      "producer: unexpected argument '%s'\nTry 'producer --help'.\n",
			      argv[optind]);
		ret = 2;
	}
	return ret ? ret : run(&settings);
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Second half of the pipeline: takes orders, checks them, counts their distinct words, and ends the
 * task that the producer began. Started by the producer.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weft/trace.h>

#include "order.h"

#define THREADS_MAX 64U

static const char help[] =
	"Usage: consumer THREADS\n"
	"Started by producer, with a socket as file descriptor 3. See producer --help.\n";

struct consumer {
	pthread_mutex_t lock; /* Guards the receipt. */
	struct receipt receipt;
};

static int compare_words(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Cuts the text into words, in place. text has room for a NUL after text_len. */
static uint64_t count_distinct_words(char *text, uint32_t text_len)
{
	char *words[ORDER_TEXT_SIZE / 2 + 1], *rest = text, *word;
	size_t word_count = 0, i;
	uint64_t distinct_count = 0;

	text[text_len] = '\0';
	while ((word = strsep(&rest, " "))) {
		if (*word) {
			words[word_count++] = word;
		}
	}
	qsort(words, word_count, sizeof(words[0]), compare_words);
	for (i = 0; i < word_count; i++) {
		distinct_count += i == 0 || strcmp(words[i], words[i - 1]) != 0;
	}
	return distinct_count;
}

static void consume(struct consumer *consumer, const struct order *order)
{
	/* The number that came with the order is the context of all that is done for it... */
	struct weft_context context = WEFT_CONTEXT(order->task);
	/* ... and makes this process the one that ends the task. */
	struct weft_task task = weft_task_adopt(context, "order");
	char text[ORDER_TEXT_SIZE + 1];
	bool intact = false;
	uint64_t word_count = 0;

	WEFT_REGION_CTX(context, "check") {
		intact = order->text_len <= ORDER_TEXT_SIZE &&
			 order_checksum(order->text, order->text_len) == order->checksum;
	}
	if (intact) {
		WEFT_REGION_CTX(context, "count") {
			memcpy(text, order->text, order->text_len);
			word_count = count_distinct_words(text, order->text_len);
		}
		weft_logf_ctx(context, "words", "%" PRIu64, word_count);
		weft_task_end(&task);
	} else {
		weft_task_end_error(&task, "checksum differs");
	}
	pthread_mutex_lock(&consumer->lock);
	consumer->receipt.received_count++;
	consumer->receipt.damaged_count += !intact;
	consumer->receipt.word_count += word_count;
	pthread_mutex_unlock(&consumer->lock);
}

static void *consumer_main(void *argument)
{
	struct consumer *consumer = argument;
	struct order order;

	weft_thread_set_name("consumer");
	for (;;) {
		ssize_t ret = recv(CONSUMER_FD, &order, sizeof(order), 0);

		if (ret == (ssize_t)sizeof(order)) {
			consume(consumer, &order);
		} else if (ret >= 0 || errno != EINTR) {
			break; /* The producer has no more. */
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct consumer consumer = {.lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_t threads[THREADS_MAX];
	unsigned long wanted = 0;
	size_t thread_count, i;
	socklen_t size = sizeof(int);
	int type, ret = 0;

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		(void)fputs(help, stdout);
		return 0;
	}
	if (argc == 2) {
		wanted = strtoul(argv[1], NULL, 10);
	}
	if (wanted < 1 || wanted > THREADS_MAX) {
		(void)fputs(help, stderr);
		return 2;
	}
	if (getsockopt(CONSUMER_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0) {
		(void)fprintf(stderr,
			      "consumer: use file descriptor %d: %s: start producer, "
			      "which starts this program\n",
			      CONSUMER_FD, strerror(errno));
		return 1;
	}
	for (thread_count = 0; thread_count < wanted && ret == 0; thread_count += ret == 0) {
		ret = pthread_create(&threads[thread_count], NULL, consumer_main, &consumer);
	}
	for (i = 0; i < thread_count; i++) {
		pthread_join(threads[i], NULL);
	}
	if (send(CONSUMER_FD, &consumer.receipt, sizeof(consumer.receipt), MSG_NOSIGNAL) < 0) {
		(void)fprintf(stderr, "consumer: send the receipt: %s\n", strerror(errno));
		return 1;
	}
	return ret ? 1 : 0;
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * What the two processes say to each other, over a SOCK_SEQPACKET socket: one message is one packet,
 * so several threads may send and receive without a lock.
 *
 *     producer ── struct order ──▶ consumer      any number of these, then the producer shuts down
 *     producer ◀── struct receipt ── consumer    one, at the end
 */
#ifndef EXAMPLE_PIPELINE_ORDER_H
#define EXAMPLE_PIPELINE_ORDER_H

#include <stddef.h>
#include <stdint.h>

#define ORDER_TEXT_SIZE 4096U

/** File descriptor on which the consumer finds its end of the socket. */
#define CONSUMER_FD 3

struct order {
	uint64_t task; /* weft_context.task of "order": all that tracing adds to the protocol. */
	uint64_t checksum;
	uint32_t number;
	uint32_t text_len;
	char text[ORDER_TEXT_SIZE]; /* Words with one blank between them; not terminated. */
};

struct receipt {
	uint64_t received_count;
	uint64_t damaged_count; /* Of these, with a wrong checksum. */
	uint64_t word_count;    /* Distinct words of each order, added up. */
};

/** FNV-1a. */
static inline uint64_t order_checksum(const char *text, size_t len)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < len; i++) {
		sum = (sum ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	}
	return sum;
}

#endif

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Good and broken Go traces, as text (trace-text.h), each about one rule of the readers. The unit
 * test compares the verifier's verdict with what stands here; the integration test compares it with
 * the verdict of real readers.
 */
#ifndef WEFT_TEST_VERIFY_CASES_H
#define WEFT_TEST_VERIFY_CASES_H

enum verify_verdict {
	VERIFY_CASE_GOOD,   /* Accepted, strict or not. */
	VERIFY_CASE_LAX,    /* Readers accept it; strict mode does not. */
	VERIFY_CASE_BROKEN, /* Never accepted. */
};

struct verify_case {
	const char *name;
	enum verify_verdict verdict;
	const char *text;
	const char *fragment; /* Part of the message, where there is one. */
};

/** Ends with a row without a name. */
extern const struct verify_case verify_cases[];

/* One generation with everything a rule may need: texts 1 to 5, stack 1, the clock. */
#define VERIFY_TABLES(gen)                                                                         \
	"batch " #gen " -1 1000; Strings; String 1 \"sync\"; String 2 \"worker\"; "                \
	"String 3 \"a.c\"; String 4 \"other\"; String 5 \"forever\"; "                             \
	"batch " #gen " -1 1000; Stacks; Stack 1 1 16 2 3 1; "
#define VERIFY_CLOCK(gen) "batch " #gen " -1 1000; Frequency 1000000000; "
#define VERIFY_SYNC(gen, mono)                                                                     \
	"batch " #gen " -1 1000; Sync; Frequency 1000000000; ClockSnapshot 1 " #mono               \
	" 1700000000 " #mono "; "
#define VERIFY_HEAD(gen) VERIFY_CLOCK(gen) VERIFY_TABLES(gen)

/* Goroutine 7 on processor 0, stream 1; its next number is 2. */
#define VERIFY_RUN                                                                                 \
	"batch 1 1 1000; ProcStatus 0 0 1; GoCreate 1 7 1 1; GoStart 1 7 1; ProcsChange 1 1 1; "
/* The worked example of the format's description, without header and clock. */
#define VERIFY_EXAMPLE                                                                             \
	"batch 1 1 1000000; ProcStatus 0 0 1; GoCreate 0 4242 1 0; GoStart 0 4242 1; "             \
	"ProcsChange 0 1 0; GoBlock 5000 1 2; GoUnblock 2000 4242 2 0; GoStart 300 4242 3; "       \
	"GoDestroy 1000; "
#define VERIFY_EXAMPLE_TABLES                                                                      \
	"batch 1 -1 1000000; Stacks; Stack 1 1 4096 2 3 1; Stack 2 2 8192 4 5 7 4096 2 3 1; "      \
	"batch 1 -1 1000000; Strings; String 1 \"sync\"; String 2 \"worker\"; "                    \
	"String 3 \"[comm]\"; String 4 \"futex_wait\"; String 5 \"kernel/futex.c\"; "
#define VERIFY_EXAMPLE_22                                                                          \
	"format 22; " VERIFY_EXAMPLE                                                               \
	"batch 1 -1 1000000; Frequency 1000000000; " VERIFY_EXAMPLE_TABLES
#define VERIFY_EXAMPLE_25                                                                          \
	"format 25; batch 1 -1 999999; Sync; Frequency 1000000000; "                               \
	"ClockSnapshot 1 1000000 1700000000 5; " VERIFY_EXAMPLE VERIFY_EXAMPLE_TABLES

#endif

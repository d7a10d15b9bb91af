// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The summary's model: a consumer of the timeline that keeps rows instead of events.
 *
 *   summary.c        hooks → rows
 *   summary-text.c   rows → tables for people
 *   summary-json.c   rows → one JSON object for programs
 *
 * Memory grows with distinct names, call sites, threads and open tasks, each with a ceiling beyond
 * which rows share one called "(other)"; not with the length of the trace.
 */
#ifndef WEFT_CONVERTER_SUMMARY_H
#define WEFT_CONVERTER_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <weft/error.h>

#include "go-tables.h"
#include "histogram.h"
#include "id-map.h"
#include "pipeline.h"
#include "timeline.h"

/** What threads used while they worked for something; from `account` events. */
struct weft_usage {
	uint64_t count; /**< Intervals. */
	uint64_t elapsed_ns, cpu_ns, nvcsw, nivcsw;
	uint64_t run_wait_ns;
	bool run_wait_unknown; /**< At least one interval did not know its run-queue wait. */
};

struct weft_task_row {
	uint64_t name_id; /**< In names. */
	uint64_t begin_count, end_count, error_count;
	uint64_t began_before_count; /**< Seen only from their middle on. */
	struct weft_histogram duration_ns;
	struct weft_usage usage;
};

struct weft_region_row {
	uint64_t name_id;
	int32_t pid;
	uint64_t ip;
	const struct weft_frame *site; /**< NULL until resolved; owned by the symbolizer. */
	uint64_t begin_count, error_count;
	struct weft_histogram duration_ns;
	struct weft_region_row *next;
};

struct weft_log_row {
	uint64_t name_id;
	uint64_t count;
};

#define WEFT_SUMMARY_REASON_COUNT 6U

struct weft_reason_row {
	const char *reason; /**< Static; NULL: unused. */
	uint64_t count, ns;
};

struct weft_thread_row {
	uint64_t id;
	int32_t pid, tid;
	char name[WEFT_NAME_SIZE];
	char exe[WEFT_NAME_SIZE];
	uint64_t first_ns, last_ns;
	uint64_t region_count, task_count, log_count;
	uint64_t run_ns, wait_ns; /**< On a lane; runnable without one. From scheduling data only. */
	struct weft_reason_row blocked[WEFT_SUMMARY_REASON_COUNT];
	enum weft_thread_state state;
	uint64_t since_ns;
	const char *reason;
	struct weft_usage usage;
	struct weft_thread_row *next;
};

struct weft_process_row {
	uint64_t id;
	int32_t pid, ppid;
	char exe[WEFT_NAME_SIZE];
	uint64_t thread_count;
	struct weft_process_row *next;
};

struct weft_misuse_row {
	uint32_t kind;
	uint64_t name_id;
	int32_t pid;
	uint64_t ip;
	const struct weft_frame *site;
	struct weft_misuse_row *next;
};

struct weft_summary {
	struct weft_symbolizer *symbolizer; /**< Weak. */
	int status;                         /**< First failure. */
	int64_t origin_ns;

	struct weft_text_table names;
	struct weft_site_table sites;   /**< Call sites of the processes' current lives. */
	struct weft_id_map regions;     /**< name and site → row of the current lives. */
	struct weft_id_map processes;   /**< Process id → row. */

	struct weft_task_row *tasks; /**< In order of first appearance. */
	size_t task_count, task_capacity;
	uint32_t *task_index; /**< name_id → index + 1. */
	size_t task_index_count;
	struct weft_log_row *logs;
	size_t log_count, log_capacity;
	struct weft_region_row *first_region;
	size_t region_count;
	struct weft_thread_row *first_thread;
	size_t thread_count;
	struct weft_process_row *first_process;
	struct weft_misuse_row *first_misuse;
	size_t misuse_count;
	struct weft_usage background; /**< While no task was current. */

	/* Filled in after the run. */
	const struct weft_timeline_totals *totals;
	const struct weft_source_facts *facts;
	const char *tier;
};

/** The hooks; pass the summary as ctx. */
extern const struct weft_timeline_ops weft_summary_ops;

void weft_summary__init(struct weft_summary *summary, struct weft_symbolizer *symbolizer);
/** Ends running intervals at the last event, resolves and merges call sites, sorts rows. */
void weft_summary__finish(struct weft_summary *summary, uint64_t last_ns);
void weft_summary__fini(struct weft_summary *summary);

/** Text of a name id: "(other)" for 0. NUL-terminated copy of at most `size` - 1 bytes. */
void weft_summary__name(const struct weft_summary *summary, uint64_t name_id, char *ret_name,
			size_t size);

/** Writes tables. 0; negative errno. */
WEFT_MUST_CHECK int weft_summary__write_text(const struct weft_summary *summary, FILE *out);
/** Writes one JSON object and a newline. 0; negative errno. */
WEFT_MUST_CHECK int weft_summary__write_json(const struct weft_summary *summary, FILE *out);

/** What would tell more than this trace does: X-macro of (condition, text) rows in summary.c. */
const char *weft_summary__hint(const struct weft_summary *summary, size_t number);
/** What a kind of misuse means; for a kind unknown to us a text that says so. Static. */
const char *weft_summary__misuse_text(uint32_t kind);

#endif

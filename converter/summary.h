// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The summary's model: a consumer of the timeline that keeps rows instead of events.
 *
 *   summary.c        hooks → rows
 *   summary-rows.c   after the run: call sites, merging, sorting, names, hints
 *   summary-text.c   rows → tables for people
 *   summary-json.c   rows → one JSON object for programs
 *   summarize.c      weft_summarize(): the pipeline around these
 *
 * Memory grows with distinct names, call sites, threads and open tasks, each with a ceiling beyond
 * which rows share one called "(other)"; not with the length of the trace.
 */
#ifndef WEFT_CONVERTER_SUMMARY_H
#define WEFT_CONVERTER_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <weft/convert.h>

#include "critical-path.h"
#include "go-tables.h"
#include "histogram.h"
#include "id-map.h"
#include "source.h"
#include "states.h"
#include "symbolizer.h"
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
	uint64_t open_count;         /**< Begun here and not ended here. */
	uint64_t open_longest_ns;    /**< Age of the oldest open one; set by finish. */
	uint64_t began_before_count; /**< Ended here, begun before or outside of what was read. */
	struct weft_histogram duration_ns; /**< Of all that ended and whose begin is known. */
	struct weft_usage usage;
	struct weft_states states; /**< Of threads while they worked for it. */
};

struct weft_region_row {
	uint64_t name_id;
	uint64_t process; /**< Id of the process's life. */
	int32_t pid;
	uint64_t ip;
	const struct weft_frame *site; /**< NULL until resolved; owned by the symbolizer. */
	uint64_t begin_count, error_count;
	int64_t open_count; /**< Below 0 while rows of one call site are not merged. */
	uint64_t began_before_count, repaired_count;
	struct weft_histogram duration_ns; /**< Of those that their own end closed. */
};

struct weft_log_row {
	uint64_t name_id;
	uint64_t count;
};

struct weft_thread_row {
	uint64_t id;
	int32_t tid;
	uint64_t process; /**< Id of the process's life. */
	uint64_t name_id; /**< 0 unknown. */
	uint64_t first_ns, last_ns;
	uint64_t region_count, task_count, log_count;
	struct weft_states states; /**< From scheduling data only. */
	/** What of `states` has been credited to a task; owned, NULL until it works for one. */
	struct weft_states *credited;
	enum weft_thread_state state;
	uint64_t since_ns;
	const char *reason; /**< Of the wait; "preempted" and the like while runnable; NULL. */
	struct weft_usage usage;
};

struct weft_process_row {
	uint64_t id;
	int32_t pid, ppid;
	uint64_t exe_id; /**< In names, 0 unknown. */
	uint64_t thread_count;
	uint64_t activity; /**< Tasks, regions and logs of its threads; set by finish. */
	uint64_t run_ns;   /**< Of its threads; set by finish. */
};

struct weft_misuse_row {
	uint32_t kind;
	uint64_t name_id;
	int32_t pid;
	uint64_t ip;
	const struct weft_frame *site;
	uint64_t count;
};

/** Rows of one kind; owned. */
struct weft_rows {
	void **rows;
	size_t count, capacity;
};

struct weft_summary {
	struct weft_symbolizer *symbolizer; /**< Weak; NULL: call sites are not wanted. */
	int status;                         /**< First failure. */
	int64_t origin_ns;                  /**< Wall clock time of the timeline's 0. */
	bool started;
	uint64_t start_ns; /**< Of the first hook about a thread. */

	struct weft_text_table names;
	struct weft_rows tasks, regions, logs, threads, processes, misuse;
	struct weft_id_map task_index;    /**< Name id → row; weak. */
	struct weft_id_map region_index;  /**< Hash of name, process and call site → row; weak. */
	struct weft_id_map log_index;     /**< Name id → row; weak. */
	struct weft_id_map process_index; /**< Process id → row; weak. */
	struct weft_id_map open_tasks;    /**< Task id → struct weft_open_task; owned. */
	struct weft_region_row *other_region;
	bool regions_full;
	uint64_t misuse_count;        /**< Events, beyond the ceiling of rows as well. */
	struct weft_usage background; /**< While no task was current. */
	struct weft_states background_states;

	/* Told by the caller before weft_summary__finish(). */
	const struct weft_summary_options *options;
	const struct weft_timeline_totals *totals;
	const struct weft_source_facts *facts;
	const char *tier;
	const struct weft_critical_report *critical; /**< NULL: no task to look into. */
	uint64_t from_ns, until_ns; /**< What was looked at; on the timeline's clock. */
};

/** The hooks; pass the summary as ctx. */
extern const struct weft_timeline_ops weft_summary_ops;

void weft_summary__init(struct weft_summary *summary, struct weft_symbolizer *symbolizer);
/**
 * Ends running intervals at `last_ns`, resolves and merges call sites, sorts rows.
 *
 * @return 0; the first failure of any hook.
 */
WEFT_MUST_CHECK int weft_summary__finish(struct weft_summary *summary, uint64_t last_ns);
void weft_summary__fini(struct weft_summary *summary);

/** Adds a zeroed row of `size` bytes. NULL: out of memory, remembered in status. */
void *weft_summary__add_row(struct weft_summary *summary, struct weft_rows *rows, size_t size);
/** Ends what runs, at the end of what was read. Needs totals. */
void weft_summary__end_intervals(struct weft_summary *summary, uint64_t last_ns);
/** Gives each region row its call site, joins rows that share name and site, clears the index. */
void weft_summary__merge_regions(struct weft_summary *summary);
/** Resolves call sites of one process, whose objects are about to be forgotten. */
void weft_summary__resolve(struct weft_summary *summary, int32_t pid);

/** Text of a name id: "(other)" for 0. Borrowed. Valid UTF-8. */
struct weft_text weft_summary__name(const struct weft_summary *summary, uint64_t name_id);
/** NULL: not known. */
const struct weft_process_row *weft_summary__process(const struct weft_summary *summary,
						     uint64_t process_id);

/** Writes tables. 0; negative errno. Failures of `out` are left to its owner (ferror()). */
WEFT_MUST_CHECK int weft_summary__write_text(const struct weft_summary *summary, FILE *out);
/** Writes one JSON object and a newline. As above. */
WEFT_MUST_CHECK int weft_summary__write_json(const struct weft_summary *summary, FILE *out);

/** The number-th hint at what would tell more than this trace does; NULL after the last. Static. */
const char *weft_summary__hint(const struct weft_summary *summary, size_t number);
/** What a kind of misuse means; for a kind unknown to us a text that says so. Static. */
const char *weft_summary__misuse_text(uint32_t kind);

#endif

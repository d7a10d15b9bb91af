// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * From recorded traces to files that open elsewhere, and to answers.
 *
 *     weft_convert()    any CTF 1.8 trace directory → Go trace, or a profile of time for pprof
 *     weft_follow_*()   the same while it is being recorded → Go trace, as it comes
 *     weft_summarize()  the same input → text tables or JSON
 *     weft_verify_*()   a Go trace → accepted, or the first rule it breaks
 *
 * Inputs are directories: of `weft record`, of any LTTng session (user space, kernel, or both), or
 * any CTF 1.8 trace below them. Nothing here prints; failures come back as struct weft_error.
 *
 * Threads: calls are independent of one another. weft_convert() runs one helper thread.
 */
#ifndef WEFT_CONVERT_H
#define WEFT_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <weft/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** "No limit" for the times below. */
#define WEFT_TIME_NONE INT64_MIN

/** What part of the input counts. Zero-initialise with WEFT_SELECTION_INIT. */
struct weft_selection {
	int64_t from_ns;       /**< Since the first event; WEFT_TIME_NONE: from the beginning. */
	int64_t until_ns;      /**< Since the first event; WEFT_TIME_NONE: to the end. */
	int32_t pid;           /**< Only threads of this process; 0: all. */
	const char *task_type; /**< Only tasks of this type and what belongs to them; NULL: all. */
	uint64_t slower_than_ns; /**< Only tasks that took at least this long; 0: all. */
};

#define WEFT_SELECTION_INIT                                                                        \
	{                                                                                          \
		WEFT_TIME_NONE, WEFT_TIME_NONE, 0, NULL, 0                                         \
	}

enum weft_convert_rows {
	WEFT_CONVERT_ROWS_AUTO,
	WEFT_CONVERT_ROWS_CPU,
	WEFT_CONVERT_ROWS_THREAD,
};

/** What to write. The profiles have labels process, thread, task, region, woken_by. */
enum weft_convert_format {
	WEFT_CONVERT_GO_TRACE,
	/**
	 * Time on a CPU by function: {samples, count}, {cpu, nanoseconds}, if programs profiled
	 * themselves while they were traced; else as the next.
	 */
	WEFT_CONVERT_PPROF_CPU,
	/** Time on a CPU, exact, by task and region: {intervals, count}, {cpu, nanoseconds}. */
	WEFT_CONVERT_PPROF_ON_CPU,
	/** Time off a CPU, blocked or waiting for one: {waits, count}, {delay, nanoseconds}. */
	WEFT_CONVERT_PPROF_OFF_CPU,
	/** Time runnable, waiting for a CPU; as above. */
	WEFT_CONVERT_PPROF_SCHED,
	/** Time blocked by another thread: locks, conditions; {contentions, count}, as above. */
	WEFT_CONVERT_PPROF_BLOCK,
	/** Time blocked in system calls, of any kind; {waits, count}, as above. */
	WEFT_CONVERT_PPROF_SYSCALL,
};

/** Parses "go-trace", "pprof:cpu", "pprof:off-cpu" and so on. 0; -EINVAL, told in `err`. */
WEFT_MUST_CHECK int weft_convert_parse_format(const char *text,
					      enum weft_convert_format *ret_format,
					      struct weft_error *err);
/** Parses "cpu" or "thread". 0; -EINVAL, told in `err`. */
WEFT_MUST_CHECK int weft_convert_parse_rows(const char *text, enum weft_convert_rows *ret_rows,
					    struct weft_error *err);
/** Parses "1.22" and so on into weft_convert_options.go_version. 0; -EINVAL, told in `err`. */
WEFT_MUST_CHECK int weft_convert_parse_go_version(const char *text, uint32_t *ret_version,
						  struct weft_error *err);

struct weft_progress {
	uint64_t event_count;
	uint64_t byte_count; /**< Written. */
};

struct weft_convert_options {
	const char *const *inputs; /**< Directories. */
	size_t input_count;
	enum weft_convert_format format;
	struct weft_selection selection;
	enum weft_convert_rows rows; /**< Of a Go trace. */
	uint32_t go_version; /**< 22, 23, 25, 26; 0: 22, which every tool since Go 1.22 opens. */
	/** Called about four times a second on the calling thread; NULL: none. */
	void (*progress)(void *ctx, const struct weft_progress *progress);
	void *progress_ctx;
};

/** What came out; strings are static. */
struct weft_convert_result {
	uint64_t event_count, byte_count, lost_count, repair_count;
	uint64_t task_count, region_count, log_count, thread_count, process_count;
	uint64_t sample_count; /**< Of a profile; the five above are 0 but for thread_count. */
	const char
		*tier; /**< "none", "accounting", "lttng-kernel", ...: best scheduling data seen. */
};

/**
 * Converts to the format that the options name.
 *
 * @param path        File to write. It appears when complete: after a failure (disk full, say) an
 *                    older file of that name is untouched and no partial one is left. "-" is
 *                    standard output, "/dev/fd/N" a descriptor; these are written as it goes.
 * @param ret_result  Filled in on success and after -EBADMSG.
 * @return 0; -EBADMSG: the input is damaged; a valid file of what could be read was written unless
 *         that was nothing; -ENODATA: nothing to convert, or nothing of the kind that the profile is
 *         about; another negative errno.
 */
WEFT_MUST_CHECK int weft_convert(const struct weft_convert_options *options, const char *path,
				 struct weft_convert_result *ret_result, struct weft_error *err);

struct weft_follow;

/**
 * Starts the conversion of a recording that is still being written.
 *
 *     weft_follow_open()
 *     weft_follow_step()     a few times a second, on any one thread at a time
 *     weft_follow_finish()   when the recording has ended
 *     weft_follow_close()
 *
 * The trace is written as it goes: what was recorded a second ago is in it, and a generation of the
 * trace leaves at its end.
 *
 * @param options  One input; a Go trace; of the selection `pid` and `from_ns` only. Its texts are
 *                 borrowed until the close. A folder ".view" comes and goes in the input.
 * @param path     As for weft_convert(); a file appears at the finish.
 * @return 0; -EINVAL: the options; another negative errno.
 */
WEFT_MUST_CHECK int weft_follow_open(const struct weft_convert_options *options, const char *path,
				     struct weft_follow **ret_follow, struct weft_error *err);
/** Converts what surely is complete. 0, also when that is nothing; a negative errno: give up. */
WEFT_MUST_CHECK int weft_follow_step(struct weft_follow *follow, struct weft_error *err);
/** Converts the rest. @return As weft_convert(). */
WEFT_MUST_CHECK int weft_follow_finish(struct weft_follow *follow,
				       struct weft_convert_result *ret_result,
				       struct weft_error *err);
/** NULL does nothing. */
void weft_follow_close(struct weft_follow *follow);

struct weft_summary_options {
	const char *const *inputs;
	size_t input_count;
	/** With a task_type the summary also has the critical path of one such task. */
	struct weft_selection selection;
	uint64_t task_id; /**< Which one, by its id in a Go trace; 0: the slowest selected. */
	bool json;
	size_t row_count_max; /**< Rows a table; 0: all. */
	unsigned int width;   /**< Columns that tables may take; 0: 100. */
};

/**
 * Reads the input and writes tables (or one JSON object) to `out`.
 *
 * @return 0; -EBADMSG: the input is damaged, the report is of what could be read; -ENODATA: nothing
 *         to report, nothing was written; -ENOENT: no task of that type has task_id, nothing was
 *         written; another negative errno.
 */
WEFT_MUST_CHECK int weft_summarize(const struct weft_summary_options *options, FILE *out,
				   struct weft_error *err);

/** Types of events in a Go trace are numbers below this. */
#define WEFT_VERIFY_EVENT_TYPE_COUNT 137U

/** How to verify. Zero-initialised: what every reader of the file's format needs. */
struct weft_verify_options {
	/**
	 * Also what a writer should keep though readers let it pass: everything that makes a page of
	 * the viewer wrong or fail, or that keeps the file from being cut at a generation. For traces
	 * of this project; Go's own runtime does not keep all of it.
	 */
	bool strict;
};

/** What a verified trace holds. */
struct weft_verify_result {
	uint32_t version; /**< 22, 23, 25, 26. */
	uint64_t byte_count;
	uint64_t generation_count; /**< Accepted to their end. */
	uint64_t batch_count;
	uint64_t event_count; /**< Timed events; without samples and tables. */
	uint64_t
		overtaking_count; /**< Events ahead of some with an earlier time, as order demands. */
	uint64_t goroutine_count; /**< Lives: an id that is used again counts again. */
	uint64_t proc_count;
	uint64_t thread_count; /**< Streams with events, without the no-thread stream. */
	uint64_t task_begin_count, task_end_count, region_begin_count, region_end_count, log_count;
	uint64_t open_task_count;   /**< Tasks without an end. */
	uint64_t open_region_count; /**< Regions without an end when the trace ended. */
	uint64_t string_count, stack_count, sample_count;
	uint64_t first_ns,
		last_ns; /**< Earliest and latest time of an event, from the clock's zero. */
	/** Timed events and samples by type; weft_verify_event_name() names them. */
	uint64_t type_counts[WEFT_VERIFY_EVENT_TYPE_COUNT];
};

/** Name of an event type in a Go trace ("GoStart"), static; NULL: there is no such type. */
const char *weft_verify_event_name(unsigned type);

/**
 * Checks a Go trace (formats 1.22, 1.23, 1.25, 1.26) against every rule of the reader.
 *
 * A rule that depends on the reader's version counts as the oldest reader of the file's format has
 * it. Accepted by default is at least what the Go 1.22 tool both parses and shows.
 *
 * Cost: one pass, about 50 ns an event; memory for one generation's tables and the live objects.
 * The file is mapped: one that is cut short meanwhile ends the process (SIGBUS), as with any map.
 *
 * @param path        "-" is standard input, which may be a pipe (copied to an unnamed file first).
 * @param options     NULL: the defaults.
 * @param ret_result  Filled in on success, and after -EBADMSG with what came before the fault.
 * @return 0: accepted; -EBADMSG: broken, `err` names the first broken rule with generation, stream,
 *         byte offset, event and state; -E2BIG: more live objects or more events out of order than
 *         any real trace has; another negative errno: not readable.
 */
WEFT_MUST_CHECK int weft_verify_file(const char *path, const struct weft_verify_options *options,
				     struct weft_verify_result *ret_result, struct weft_error *err);

/** As weft_verify_file(), for bytes in memory. */
WEFT_MUST_CHECK int weft_verify_bytes(const void *bytes, size_t size,
				      const struct weft_verify_options *options,
				      struct weft_verify_result *ret_result,
				      struct weft_error *err);

#ifdef __cplusplus
}
#endif

#endif

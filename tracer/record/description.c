// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * DIR/weft.json. See description.h.
 */
#include "description.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include <jansson.h>

#include <weft/events.h>

#include "whole-file.h"

#define NS_PER_S INT64_C(1000000000)

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now); /* Cannot fail for these clocks. */
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t weft_description_clock_offset_ns(void)
{
	int64_t best_width = INT64_MAX;
	int64_t offset = 0;
	int i;

	for (i = 0; i < 8; i++) {
		int64_t before = read_clock(CLOCK_MONOTONIC);
		int64_t wall = read_clock(CLOCK_REALTIME);
		int64_t width = read_clock(CLOCK_MONOTONIC) - before;

		if (width < best_width) {
			best_width = width;
			offset = wall - (before + width / 2);
		}
	}
	return offset;
}

static const char *scope_name(enum weft_record_scope scope)
{
	static const char *const names[] = {
		[WEFT_RECORD_SCOPE_EVERYTHING] = "everything",
		[WEFT_RECORD_SCOPE_PROCESS] = "process",
		[WEFT_RECORD_SCOPE_COMMAND] = "command",
	};

	return names[scope];
}

static json_t *describe_host(void)
{
	struct utsname host;

	if (uname(&host) < 0) {
		return json_object();
	}
	return json_pack("{s:s, s:s, s:s, s:s}", "name", host.nodename, "system", host.sysname,
			 "kernel", host.release, "machine", host.machine);
}

/* What a program was called with need not be UTF-8, as JSON must be. */
static json_t *text_or_null(const char *text)
{
	json_t *string = text ? json_string(text) : json_null();
	char clean[1024];
	size_t i;

	if (string || !text) {
		return string;
	}
	for (i = 0; text[i] && i + 1 < sizeof(clean); i++) {
		clean[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	}
	clean[i] = '\0';
	return json_string(clean);
}

static json_t *describe_result(const struct weft_record_stats *stats)
{
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:i, s:b}", "bytes", (json_int_t)stats->byte_count,
		"payload_bytes", (json_int_t)stats->payload_bytes, "lost_events",
		(json_int_t)stats->lost_count, "torn_events", (json_int_t)stats->torn_count,
		"unreadable_bytes", (json_int_t)stats->unreadable_bytes, "processes",
		(int)stats->process_count, "own_session_daemon", (int)stats->own_daemon);
}

/* null where the kernel's half is missing. */
static json_t *describe_kernel(const struct weft_record_kernel *kernel)
{
	json_t *cpus = json_array();
	uint32_t cpu;

	if (!kernel->engine) {
		json_decref(cpus);
		return json_null();
	}
	for (cpu = 0; cpu < kernel->cpu_count && cpu < WEFT_RECORD_CPUS_MAX; cpu++) {
		/* A lost row fails the pack below only if memory is short there too. */
		(void)json_array_append_new(
			cpus, json_pack("{s:I, s:I, s:b, s:I}", "in",
					(json_int_t)kernel->cpus[cpu].in_count, "out",
					(json_int_t)kernel->cpus[cpu].out_count, "running",
					(int)kernel->cpus[cpu].running, "lost",
					(json_int_t)kernel->cpus[cpu].lost_count));
	}
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "engine", kernel->engine, "clock",
			 "CLOCK_MONOTONIC", "events", (json_int_t)kernel->event_count, "switches",
			 (json_int_t)kernel->switch_count, "lost_events",
			 (json_int_t)kernel->lost_count, "holes",
			 text_or_null(kernel->holes[0] ? kernel->holes : NULL), "cpus", cpus);
}

static json_t *describe(const struct weft_description *description)
{
	json_t *clock = json_pack("{s:s, s:I, s:I, s:I}", "name", "CLOCK_MONOTONIC", "begin_ns",
				  (json_int_t)description->begin_ns, "end_ns",
				  (json_int_t)description->end_ns, "offset_to_wall_ns",
				  (json_int_t)description->clock_offset_ns);
	json_t *buffers = json_pack("{s:I, s:i, s:i}", "subbuffer_bytes",
				    (json_int_t)description->size.subbuffer_bytes,
				    "subbuffer_count", (int)description->size.subbuffer_count,
				    "cpus", (int)description->cpu_count);

	return json_pack(
		"{s:s, s:s, s:i, s:s, s:s, s:i, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"format", "weft recording 1", "weft_version", WEFT_VERSION, "events_version",
		WEFT_EVENTS_VERSION, "tier", weft_record_tier_name(description->tier), "scope",
		scope_name(description->scope), "pid", (int)description->pid, "command",
		text_or_null(description->command), "session", description->session, "clock", clock,
		"buffers", buffers, "host", describe_host(), "result",
		describe_result(description->stats), "problem",
		text_or_null(description->problem[0] ? description->problem : NULL), "kernel",
		describe_kernel(&description->stats->kernel), "tier_refusal",
		text_or_null(description->stats->refusal[0] ? description->stats->refusal : NULL));
}

int weft_description_write(const struct weft_description *description, const char *dir,
			   struct weft_error *err)
{
	json_t *object = describe(description);
	char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
	struct weft_whole_file file;
	int ret;

	json_decref(object);
	if (!text) {
		return weft_error_set(err, -ENOMEM, "cannot describe the recording: out of memory");
	}
	ret = weft_whole_file_open(&file, dir, "weft.json", err);
	if (ret == 0) {
		(void)fprintf(file.stream, "%s\n", text); /* Errors stay with the stream. */
		ret = weft_whole_file_close(&file, err);
	}
	free(text);
	return ret;
}

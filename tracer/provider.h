// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * LTTng-UST declaration of the events of <weft/events.h>: same names, fields, order and types (a
 * test compares the recorded metadata with the contract). Read several times by LTTng's headers,
 * once per view of the tables.
 */
/* tracepoint macro tables, which the formatter would tear apart. */
/* clang-format off */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER weft

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./provider.h"

#if !defined(WEFT_TRACER_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define WEFT_TRACER_PROVIDER_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT(weft, task_begin,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint64_t, task_arg,
		uint64_t, parent_arg, const char *, type_arg, uint64_t, ip_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint64_t, task, task_arg)
		lttng_ust_field_integer(uint64_t, parent, parent_arg)
		lttng_ust_field_string(type, type_arg)
		lttng_ust_field_integer(uint64_t, ip, ip_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, task_end,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint64_t, task_arg,
		const char *, type_arg, const char *, error_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint64_t, task, task_arg)
		lttng_ust_field_string(type, type_arg)
		lttng_ust_field_string(error, error_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, region_begin,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint64_t, task_arg, uint32_t, seq_arg,
		const char *, name_arg, uint64_t, ip_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint64_t, task, task_arg)
		lttng_ust_field_integer(uint32_t, seq, seq_arg)
		lttng_ust_field_string(name, name_arg)
		lttng_ust_field_integer(uint64_t, ip, ip_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, region_end,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint64_t, task_arg, uint32_t, seq_arg,
		const char *, name_arg, const char *, error_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint64_t, task, task_arg)
		lttng_ust_field_integer(uint32_t, seq, seq_arg)
		lttng_ust_field_string(name, name_arg)
		lttng_ust_field_string(error, error_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, log,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint64_t, task_arg,
		const char *, category_arg, const char *, message_arg, uint64_t, ip_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint64_t, task, task_arg)
		lttng_ust_field_string(category, category_arg)
		lttng_ust_field_string(message, message_arg)
		lttng_ust_field_integer(uint64_t, ip, ip_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, misuse,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint8_t, kind_arg,
		const char *, name_arg, uint64_t, ip_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint8_t, kind, kind_arg)
		lttng_ust_field_string(name, name_arg)
		lttng_ust_field_integer(uint64_t, ip, ip_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, thread,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, int32_t, subject_arg,
		const char *, name_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(int32_t, subject, subject_arg)
		lttng_ust_field_string(name, name_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, thread_end,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, process,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, int32_t, ppid_arg,
		uint64_t, start_ns_arg, uint32_t, version_arg, const char *, exe_arg,
		const char *, cmdline_arg, uint32_t, pid_ns_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(int32_t, ppid, ppid_arg)
		lttng_ust_field_integer(uint64_t, start_ns, start_ns_arg)
		lttng_ust_field_integer(uint32_t, version, version_arg)
		lttng_ust_field_string(exe, exe_arg)
		lttng_ust_field_string(cmdline, cmdline_arg)
		lttng_ust_field_integer(uint32_t, pid_ns, pid_ns_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, process_end,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, object,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint64_t, base_arg, uint64_t, start_arg,
		uint64_t, end_arg, const char *, path_arg, const char *, build_id_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint64_t, base, base_arg)
		lttng_ust_field_integer(uint64_t, start, start_arg)
		lttng_ust_field_integer(uint64_t, end, end_arg)
		lttng_ust_field_string(path, path_arg)
		lttng_ust_field_string(build_id, build_id_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, account,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint64_t, task_arg,
		uint64_t, elapsed_ns_arg, uint64_t, cpu_ns_arg, uint64_t, run_wait_ns_arg,
		uint64_t, nvcsw_arg, uint64_t, nivcsw_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint64_t, task, task_arg)
		lttng_ust_field_integer(uint64_t, elapsed_ns, elapsed_ns_arg)
		lttng_ust_field_integer(uint64_t, cpu_ns, cpu_ns_arg)
		lttng_ust_field_integer(uint64_t, run_wait_ns, run_wait_ns_arg)
		lttng_ust_field_integer(uint64_t, nvcsw, nvcsw_arg)
		lttng_ust_field_integer(uint64_t, nivcsw, nivcsw_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, lock_wait_begin,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint64_t, task_arg,
		uint64_t, object_arg, uint8_t, kind_arg, int32_t, holder_arg, uint64_t, ip_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint64_t, task, task_arg)
		lttng_ust_field_integer(uint64_t, object, object_arg)
		lttng_ust_field_integer(uint8_t, kind, kind_arg)
		lttng_ust_field_integer(int32_t, holder, holder_arg)
		lttng_ust_field_integer(uint64_t, ip, ip_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, lock_wait_end,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint64_t, task_arg,
		uint64_t, object_arg, uint8_t, kind_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint64_t, task, task_arg)
		lttng_ust_field_integer(uint64_t, object, object_arg)
		lttng_ust_field_integer(uint8_t, kind, kind_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft, cpu_sample,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint64_t, task_arg, uint64_t, cpu_ns_arg,
		unsigned int, depth_arg, const uint64_t *, pcs_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint64_t, task, task_arg)
		lttng_ust_field_integer(uint64_t, cpu_ns, cpu_ns_arg)
		lttng_ust_field_sequence(uint64_t, pcs, pcs_arg, unsigned int, depth_arg)))

#endif

#include <lttng/tracepoint-event.h>
/* clang-format on */

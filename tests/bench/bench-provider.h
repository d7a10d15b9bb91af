// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The peer of bench-events: plain LTTng-UST events with the payloads of <weft/events.h>, written as
 * LTTng's manual shows it.
 */
/* tracepoint macro tables */
/* clang-format off */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER weft_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./bench-provider.h"

#if !defined(WEFT_BENCH_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define WEFT_BENCH_PROVIDER_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT(weft_bench, begin,
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

LTTNG_UST_TRACEPOINT_EVENT(weft_bench, end,
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

LTTNG_UST_TRACEPOINT_EVENT(weft_bench, task_begin,
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

LTTNG_UST_TRACEPOINT_EVENT(weft_bench, task_end,
	LTTNG_UST_TP_ARGS(
		int32_t, pid_arg, int32_t, tid_arg, uint64_t, task_arg,
		const char *, type_arg, const char *, error_arg),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int32_t, pid, pid_arg)
		lttng_ust_field_integer(int32_t, tid, tid_arg)
		lttng_ust_field_integer(uint64_t, task, task_arg)
		lttng_ust_field_string(type, type_arg)
		lttng_ust_field_string(error, error_arg)))

LTTNG_UST_TRACEPOINT_EVENT(weft_bench, log,
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

#endif

#include <lttng/tracepoint-event.h>
/* clang-format on */

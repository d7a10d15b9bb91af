// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: what events there are, and how one is read. See verify.h.
 */
#include "verify.h"

#include <errno.h>

#define ARG(i)     (1U << (i))
#define STRUCTURAL NULL, 0, 22, 0, 0

/*
 * Rows: name, names of the arguments, rule, number of arguments, first format, which of the
 * arguments are stacks, which are strings.
 */
/* a table */
/* clang-format off */
static const struct weft_verify_type_row types[WEFT_VERIFY_EVENT_TYPE_COUNT] = {
	[1] = {"EventBatch", {NULL}, STRUCTURAL},
	[2] = {"Stacks", {NULL}, STRUCTURAL},
	[3] = {"Stack", {NULL}, STRUCTURAL},
	[4] = {"Strings", {NULL}, STRUCTURAL},
	[5] = {"String", {NULL}, STRUCTURAL},
	[6] = {"CPUSamples", {NULL}, STRUCTURAL},
	[7] = {"CPUSample", {NULL}, STRUCTURAL},
	[8] = {"Frequency", {NULL}, STRUCTURAL},

	[9] = {"ProcsChange", {"procs", "stack"}, weft_verify_procs_change, 2, 22, ARG(1), 0},
	[10] = {"ProcStart", {"p", "p_seq"}, weft_verify_proc_start, 2, 22, 0, 0},
	[11] = {"ProcStop", {NULL}, weft_verify_proc_stop, 0, 22, 0, 0},
	[12] = {"ProcSteal", {"p", "p_seq", "m"}, weft_verify_proc_steal, 3, 22, 0, 0},
	[13] = {"ProcStatus", {"p", "pstatus"}, weft_verify_proc_state, 2, 22, 0, 0},

	[14] = {"GoCreate",
		{"new_g", "new_stack", "stack"},
		weft_verify_go_create,
		3,
		22,
		ARG(1) | ARG(2),
		0},
	[15] = {"GoCreateSyscall", {"new_g"}, weft_verify_go_create_syscall, 1, 22, 0, 0},
	[16] = {"GoStart", {"g", "g_seq"}, weft_verify_go_start, 2, 22, 0, 0},
	[17] = {"GoDestroy", {NULL}, weft_verify_go_destroy, 0, 22, 0, 0},
	[18] = {"GoDestroySyscall", {NULL}, weft_verify_go_destroy_syscall, 0, 22, 0, 0},
	[19] = {"GoStop", {"reason", "stack"}, weft_verify_go_stop, 2, 22, ARG(1), ARG(0)},
	[20] = {"GoBlock", {"reason", "stack"}, weft_verify_go_block, 2, 22, ARG(1), ARG(0)},
	[21] = {"GoUnblock", {"g", "g_seq", "stack"}, weft_verify_go_unblock, 3, 22, ARG(2), 0},
	[22] = {"GoSyscallBegin",
		{"p_seq", "stack"},
		weft_verify_go_syscall_begin,
		2,
		22,
		ARG(1),
		0},
	[23] = {"GoSyscallEnd", {NULL}, weft_verify_go_syscall_end, 0, 22, 0, 0},
	[24] = {"GoSyscallEndBlocked", {NULL}, weft_verify_go_syscall_end_blocked, 0, 22, 0, 0},
	[25] = {"GoStatus", {"g", "m", "gstatus"}, weft_verify_go_state, 3, 22, 0, 0},

	[26] = {"STWBegin", {"kind", "stack"}, weft_verify_stw_begin, 2, 22, ARG(1), ARG(0)},
	[27] = {"STWEnd", {NULL}, weft_verify_stw_end, 0, 22, 0, 0},
	[28] = {"GCActive", {"gc_seq"}, weft_verify_gc_active, 1, 22, 0, 0},
	[29] = {"GCBegin", {"gc_seq", "stack"}, weft_verify_gc_begin, 2, 22, ARG(1), 0},
	[30] = {"GCEnd", {"gc_seq"}, weft_verify_gc_end, 1, 22, 0, 0},
	[31] = {"GCSweepActive", {"p"}, weft_verify_sweep_active, 1, 22, 0, 0},
	[32] = {"GCSweepBegin", {"stack"}, weft_verify_sweep_begin, 1, 22, ARG(0), 0},
	[33] = {"GCSweepEnd", {"swept", "reclaimed"}, weft_verify_sweep_end, 2, 22, 0, 0},
	[34] = {"GCMarkAssistActive", {"g"}, weft_verify_assist_active, 1, 22, 0, 0},
	[35] = {"GCMarkAssistBegin", {"stack"}, weft_verify_assist_begin, 1, 22, ARG(0), 0},
	[36] = {"GCMarkAssistEnd", {NULL}, weft_verify_assist_end, 0, 22, 0, 0},
	[37] = {"HeapAlloc", {"heapalloc"}, weft_verify_heap_metric, 1, 22, 0, 0},
	[38] = {"HeapGoal", {"heapgoal"}, weft_verify_heap_metric, 1, 22, 0, 0},

	[39] = {"GoLabel", {"label"}, weft_verify_go_label, 1, 22, 0, ARG(0)},
	[40] = {"UserTaskBegin",
		{"task", "parent_task", "name", "stack"},
		weft_verify_task_begin,
		4,
		22,
		ARG(3),
		ARG(2)},
	[41] = {"UserTaskEnd", {"task", "stack"}, weft_verify_task_end, 2, 22, ARG(1), 0},
	[42] = {"UserRegionBegin",
		{"task", "name", "stack"},
		weft_verify_region_begin,
		3,
		22,
		ARG(2),
		ARG(1)},
	[43] = {"UserRegionEnd",
		{"task", "name", "stack"},
		weft_verify_region_end,
		3,
		22,
		ARG(2),
		ARG(1)},
	[44] = {"UserLog",
		{"task", "key", "value", "stack"},
		weft_verify_log,
		4,
		22,
		ARG(3),
		ARG(1) | ARG(2)},

	[45] = {"GoSwitch", {"g", "g_seq"}, weft_verify_go_switch, 2, 23, 0, 0},
	[46] = {"GoSwitchDestroy", {"g", "g_seq"}, weft_verify_go_switch, 2, 23, 0, 0},
	[47] = {"GoCreateBlocked",
		{"new_g", "new_stack", "stack"},
		weft_verify_go_create,
		3,
		23,
		ARG(1) | ARG(2),
		0},
	[48] = {"GoStatusStack",
		{"g", "m", "gstatus", "stack"},
		weft_verify_go_state,
		4,
		23,
		ARG(3),
		0},
	[49] = {"ExperimentalBatch", {NULL}, NULL, 0, 23, 0, 0},
	[50] = {"Sync", {NULL}, NULL, 0, 25, 0, 0},
	[51] = {"ClockSnapshot", {NULL}, NULL, 0, 25, 0, 0},
	[52] = {"EndOfGeneration", {NULL}, NULL, 0, 26, 0, 0},

	[128] = {"Span", {"id", "pages", "class"}, weft_verify_allocation, 3, 23, 0, 0},
	[129] = {"SpanAlloc", {"id", "pages", "class"}, weft_verify_allocation, 3, 23, 0, 0},
	[130] = {"SpanFree", {"id"}, weft_verify_allocation, 1, 23, 0, 0},
	[131] = {"HeapObject", {"id", "type"}, weft_verify_allocation, 2, 23, 0, 0},
	[132] = {"HeapObjectAlloc", {"id", "type"}, weft_verify_allocation, 2, 23, 0, 0},
	[133] = {"HeapObjectFree", {"id"}, weft_verify_allocation, 1, 23, 0, 0},
	[134] = {"GoroutineStack", {"id", "order"}, weft_verify_allocation, 2, 23, 0, 0},
	[135] = {"GoroutineStackAlloc", {"id", "order"}, weft_verify_allocation, 2, 23, 0, 0},
	[136] = {"GoroutineStackFree", {"id"}, weft_verify_allocation, 1, 23, 0, 0},
};
/* clang-format on */

const struct weft_verify_type_row *weft_verify_type_find(unsigned type)
{
	return type < WEFT_VERIFY_EVENT_TYPE_COUNT && types[type].name ? &types[type] : NULL;
}

const char *weft_verify_event_name(unsigned type)
{
	return type < WEFT_VERIFY_EVENT_TYPE_COUNT ? types[type].name : NULL;
}

bool weft_verify_take_uvarint(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
	const uint8_t *byte = *at;
	uint64_t value = 0;
	unsigned shift;

	for (shift = 0; byte < end && shift < 64; shift += 7) {
		value |= (uint64_t)(*byte & 0x7f) << shift;
		if (!(*byte & 0x80)) {
			if (shift == 63 && *byte > 1) {
				return false;
			}
			*at = byte + 1;
			*ret_value = value;
			return true;
		}
		byte++;
	}
	return false;
}

int weft_verify_take_event(struct weft_verify *verify, const uint8_t **at, const uint8_t *end,
			   struct weft_verify_event *ret_event)
{
	const struct weft_verify_type_row *row = weft_verify_type_find(**at);
	unsigned i;

	ret_event->at = *at;
	ret_event->type = **at;
	if (!row) {
		return weft_verify_broken_bytes(verify, *at,
						"stream %lld: there is no event type %u",
						(long long)ret_event->m, **at);
	}
	if (!row->rule) {
		return weft_verify_broken_bytes(verify, *at,
						"stream %lld: %s among events: it is not an event "
						"with a time",
						(long long)ret_event->m, row->name);
	}
	if (row->version > verify->result->version) {
		return weft_verify_broken_bytes(verify, *at,
						"stream %lld: %s came with format 1.%u, this file "
						"has format 1.%u",
						(long long)ret_event->m, row->name, row->version,
						verify->result->version);
	}
	++*at;
	if (!weft_verify_take_uvarint(at, end, &ret_event->dt_ticks)) {
		return weft_verify_broken_bytes(verify, ret_event->at,
						"stream %lld: %s: its time is cut short or not a "
						"64-bit number",
						(long long)ret_event->m, row->name);
	}
	for (i = 0; i < row->arg_count; i++) {
		if (!weft_verify_take_uvarint(at, end, &ret_event->args[i])) {
			return weft_verify_broken_bytes(verify, ret_event->at,
							"stream %lld: %s: argument '%s' is cut "
							"short or not a 64-bit number",
							(long long)ret_event->m, row->name,
							row->arg_names[i]);
		}
	}
	return 0;
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The kernel's trace as babeltrace2 reads it: names, types and values of every event, times across
 * packets and long pauses, losses, a full disk.
 */
#include "kernel-trace.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "packets.h"

#define S UINT64_C(1000000000)

struct place {
	char top[64];
	char dir[80];
	struct weft_kernel_trace trace;
};

static void open_layout(struct place *place, const struct weft_kernel_layout *layout)
{
	struct weft_error err = WEFT_ERROR_INIT;

	(void)snprintf(place->top, sizeof(place->top), "/tmp/weft-kernel-XXXXXX");
	assert_non_null(mkdtemp(place->top));
	(void)snprintf(place->dir, sizeof(place->dir), "%s/kernel", place->top);
	assert_int_equal(weft_kernel_trace_init(&place->trace, place->dir, layout, 2, &err), 0);
}

static void open_place(struct place *place, bool additions, bool syscalls)
{
	const struct weft_kernel_layout layout = {
		.clock_offset_ns = 5000000000,
		.tier = additions ? "tracepoints" : "switch",
		.engine = additions ? "bpf" : "perf",
		.blocks = additions,
		.wakers = additions,
		.syscalls = syscalls,
	};

	open_layout(place, &layout);
}

static void close_place(struct place *place)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r %s", place->top);
	assert_int_equal(system(command), 0);
}

/* What babeltrace2 prints, warnings included. To be freed. */
static char *read_back(const struct place *place)
{
	char command[192];
	char *text = NULL;
	size_t size = 0;
	FILE *pipe;
	FILE *memory = open_memstream(&text, &size);
	int c;

	assert_non_null(memory);
	(void)snprintf(command, sizeof(command), "babeltrace2 --no-delta --clock-cycles %s 2>&1",
		       place->dir);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while ((c = fgetc(pipe)) != EOF) {
		(void)fputc(c, memory);
	}
	assert_int_equal(pclose(pipe), 0);
	(void)fclose(memory);
	return text;
}

static void skip_without_babeltrace(void)
{
	if (system("command -v babeltrace2 >/dev/null") != 0) {
		(void)fprintf(stderr, "skipped: babeltrace2 is not installed\n");
		skip();
	}
}

static void write_one_of_each(struct weft_kernel_trace *trace)
{
	static const int32_t vtids[] = {101, 7};
	static const struct weft_kernel_thread thread = {.tid = 100,
							 .vtid = 6,
							 .pid = 99,
							 .vpid = 5,
							 .ppid = 1,
							 .vppid = 0,
							 .name = "server",
							 .state = 'S',
							 .ns_level = 1,
							 .ns_inum = 4026531999U,
							 .cpu = 1,
							 .syscall = __NR_futex,
							 .object = WEFT_OBJECT_NONE,
							 .arg = 0x7f00};
	static const struct weft_kernel_switch blocked = {
		100, 0, 120, 120, 1, __NR_read, WEFT_OBJECT_SOCKET, 9, false, 0, NULL};
	static const struct weft_kernel_switch back = {0, 100, 120,   120, 0,   -1,
						       0, 0,   false, 0,   NULL};
	static const struct weft_kernel_waking waking = {100, 120, 1, 0, WEFT_CONTEXT_IRQ};
	static const struct weft_kernel_fork fork = {100,         99,          101, 101,
						     4026531836U, 4026531999U, 2,   vtids};

	weft_kernel_trace_dump_begin(trace, 1 * S);
	weft_kernel_trace_dump_thread(trace, 1 * S + 1, &thread);
	weft_kernel_trace_dump_end(trace, 1 * S + 2);
	weft_kernel_trace_switch(trace, 1, 2 * S, &blocked);
	weft_kernel_trace_waking(trace, 1, 3 * S, &waking, false);
	weft_kernel_trace_switch(trace, 1, 3 * S + 1, &back);
	weft_kernel_trace_fork(trace, 1, 4 * S, &fork);
	weft_kernel_trace_waking(trace, 1, 4 * S + 1, &waking, true);
	/* More than 2^32 ns later. */
	weft_kernel_trace_rename(trace, 1, 20 * S, 100, "worker");
	weft_kernel_trace_exec(trace, 1, 20 * S + 1, 101, 101, "/bin/true");
	weft_kernel_trace_syscall_entry(trace, 1, 20 * S + 2, __NR_read);
	weft_kernel_trace_syscall_exit(trace, 1, 20 * S + 3, __NR_read, -EINTR);
	weft_kernel_trace_exit(trace, 1, 20 * S + 4, 100, 120);
}

static const char expected[] =
	"[00000000001000000000] lttng_statedump_start: { cpu_id = 0 }, { }\n"
	"[00000000001000000001] lttng_statedump_process_state: { cpu_id = 0 }, { tid = 100, vtid = "
	"6, pid = 99, vpid = 5, ppid = 1, vppid = 0, name = \"server\", type = ( \"USER_THREAD\" : "
	"container = 0 ), mode = ( \"SYSCALL\" : container = 1 ), submode = ( \"NONE\" : container "
	"= 0 ), status = ( \"WAIT\" : container = 5 ), ns_level = 1, ns_inum = 4026531999, cpu = "
	"1, syscall = ( \"futex\" : container = 202 ), object = ( \"none\" : container = 0 ), arg "
	"= 0x7F00 }\n"
	"[00000000001000000001] lttng_statedump_process_pid_ns: { cpu_id = 0 }, { tid = 100, vtid "
	"= 6, vpid = 5, vppid = 0, ns_level = 1, ns_inum = 4026531999 }\n"
	"[00000000001000000002] lttng_statedump_end: { cpu_id = 0 }, { }\n"
	"[00000000002000000000] sched_switch: { cpu_id = 1 }, { prev_comm = \"server\", prev_tid = "
	"100, prev_prio = 120, prev_state = 1, next_comm = \"swapper/1\", next_tid = 0, next_prio "
	"= 120, prev_syscall = ( \"read\" : container = 0 ), prev_object = ( \"socket\" : "
	"container = 1 ), prev_arg = 0x9 }\n"
	"[00000000003000000000] sched_waking: { cpu_id = 1 }, { comm = \"server\", tid = 100, prio "
	"= 120, target_cpu = 1, waker_tid = 0, context = ( \"irq\" : container = 2 ) }\n"
	"[00000000003000000001] sched_switch: { cpu_id = 1 }, { prev_comm = \"swapper/1\", "
	"prev_tid = 0, prev_prio = 120, prev_state = 0, next_comm = \"server\", next_tid = 100, "
	"next_prio = 120, prev_syscall = ( \"none\" : container = -1 ), prev_object = ( \"none\" "
	": container = 0 ), prev_arg = 0x0 }\n"
	"[00000000004000000000] sched_process_fork: { cpu_id = 1 }, { parent_comm = \"server\", "
	"parent_tid = 100, parent_pid = 99, parent_ns_inum = 4026531836, child_comm = \"server\", "
	"child_tid = 101, _vtids_length = 2, vtids = [ [0] = 101, [1] = 7 ], child_pid = 101, "
	"child_ns_inum = 4026531999 }\n"
	"[00000000004000000001] sched_wakeup_new: { cpu_id = 1 }, { comm = \"server\", tid = 100, "
	"prio = 120, target_cpu = 1 }\n"
	"[00000000020000000000] task_rename: { cpu_id = 1 }, { tid = 100, oldcomm = \"server\", "
	"newcomm = \"worker\", oom_score_adj = 0 }\n"
	"[00000000020000000001] sched_process_exec: { cpu_id = 1 }, { filename = \"/bin/true\", "
	"tid = 101, old_tid = 101 }\n"
	"[00000000020000000002] syscall_entry_read: { cpu_id = 1 }, { }\n"
	"[00000000020000000003] syscall_exit_read: { cpu_id = 1 }, { ret = -4 }\n"
	"[00000000020000000004] sched_process_exit: { cpu_id = 1 }, { comm = \"worker\", tid = "
	"100, prio = 120 }\n";

/* The host's name stands before each event's. */
static void drop_host(char *text)
{
	char host[256];
	char *at;

	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	host[sizeof(host) - 1] = '\0';
	while ((at = strstr(text, host)) != NULL && at[-1] == ' ' && at[strlen(host)] == ' ') {
		memmove(at, at + strlen(host) + 1, strlen(at + strlen(host) + 1) + 1);
	}
}

static void every_event_reads_back_with_names_and_values(void **state)
{
	struct place place;
	char *text;

	(void)state;
#ifndef __x86_64__
	skip(); /* The numbers of system calls above are this machine's. */
#endif
	skip_without_babeltrace();
	open_place(&place, true, true);
	write_one_of_each(&place.trace);
	assert_int_equal(place.trace.cpus[1].in_count, 2);
	assert_int_equal(place.trace.cpus[1].out_count, 1);
	assert_int_equal(place.trace.cpus[1].broken_count, 0);
	assert_int_equal(weft_kernel_trace_fini(&place.trace, NULL), 0);
	text = read_back(&place);
	drop_host(text);
	assert_string_equal(text, expected);
	free(text);
	close_place(&place);
}

static size_t count_lines(const char *text, const char *word)
{
	size_t count = 0;

	while ((text = strstr(text, word)) != NULL) {
		count++;
		text += strlen(word);
	}
	return count;
}

static void what_the_source_cannot_tell_is_left_out(void **state)
{
	static const struct weft_kernel_switch out = {100, 0, 120, 120, 1, -2, 0, 0, true, 0, NULL};
	struct place place;
	char *text;

	(void)state;
	skip_without_babeltrace();
	open_place(&place, false, false);
	weft_kernel_trace_switch(&place.trace, 0, S, &out);
	assert_int_equal(weft_kernel_trace_fini(&place.trace, NULL), 0);
	text = read_back(&place);
	assert_null(strstr(text, "prev_syscall"));
	assert_non_null(strstr(text, "next_comm = \"\", next_tid = 0"));
	free(text);
	close_place(&place);
}

/* Packets follow each other, none of them holds an event twice, and losses are told. */
static void many_packets_hold_every_event_in_order(void **state)
{
	struct weft_kernel_switch event = {1, 2, 120, 120, 1, -1, 0, 0, false, 0, NULL};
	struct weft_packets packets = {0};
	struct place place;
	char *text;
	uint64_t i;

	(void)state;
	skip_without_babeltrace();
	open_place(&place, true, false);
	for (i = 0; i < 5000; i++) {
		event.prev_tid = (int32_t)(i % 2);
		event.next_tid = (int32_t)((i + 1) % 2);
		/* Some come late, as from an interrupt: they keep their place. */
		weft_kernel_trace_switch(&place.trace, 0, S + i * 1000 - (i % 7 ? 0 : 1500),
					 &event);
	}
	weft_kernel_trace_lost(&place.trace, 0, 3);
	assert_true(place.trace.cpus[0].stream.late_count > 0);
	assert_true(place.trace.cpus[0].stream.sequence > 3);
	assert_int_equal(weft_kernel_trace_fini(&place.trace, NULL), 0);
	assert_int_equal(weft_packets_scan_dir(&packets, place.dir, NULL), 0);
	assert_int_equal(packets.lost_count, 3);
	assert_int_equal(packets.missing_packets, 0);
	assert_int_equal(packets.damaged_files, 0);
	text = read_back(&place);
	assert_int_equal(count_lines(text, "sched_switch:"), 5000);
	free(text);
	close_place(&place);
}

/* Halves of packets are taken back: what is there reads, what is not is counted. */
static void a_full_disk_leaves_whole_packets(void **state)
{
	struct weft_kernel_switch event = {1, 2, 120, 120, 1, -1, 0, 0, false, 0, NULL};
	const struct rlimit small = {100000, RLIM_INFINITY};
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct weft_packets packets = {0};
	struct weft_error err = WEFT_ERROR_INIT;
	struct place place;
	uint64_t kept;
	uint64_t i;

	(void)state;
	open_place(&place, true, false);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (i = 0; i < 5000; i++) {
		weft_kernel_trace_switch(&place.trace, 0, S + i, &event);
	}
	kept = place.trace.cpus[0].stream.file_bytes;
	assert_true(kept > 0 && kept <= 100000);
	assert_true(place.trace.cpus[0].stream.discarded > 2000);
	assert_true(weft_kernel_trace_fini(&place.trace, &err) < 0);
	assert_non_null(strstr(err.text, "CPU 0"));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	assert_int_equal(weft_packets_scan_dir(&packets, place.dir, NULL), 0);
	assert_int_equal(packets.damaged_files, 0);
	assert_true(packets.packet_count > 0);
	close_place(&place);
}

/* As many frames as there may be; more are cut. Mappings are in time's order of their own. */
static void call_chains_stand_in_the_context_of_switches(void **state)
{
	const struct weft_kernel_layout layout = {
		.tier = "tracepoints", .engine = "perf", .chains = true};
	uint64_t chain[WEFT_CHAIN_MAX + 1] = {0x401136, 0x7fff00001234};
	struct weft_kernel_switch out = {100, 0, 120, 120, 1, -1, 0, 0, false, 2, chain};
	const struct weft_kernel_map map = {99, 0x401000, 0x402000,    0x1000,
					    5,  12,       "/bin/true", "ab12"};
	struct place place;
	char *text;

	(void)state;
	skip_without_babeltrace();
	open_layout(&place, &layout);
	weft_kernel_trace_switch(&place.trace, 0, S, &out);
	weft_kernel_trace_map(&place.trace, S / 2, &map);
	out.chain_count = 0;
	weft_kernel_trace_switch(&place.trace, 0, 2 * S, &out);
	out.chain_count = WEFT_CHAIN_MAX + 1;
	weft_kernel_trace_switch(&place.trace, 0, 3 * S, &out);
	weft_kernel_trace_maps_lost(&place.trace, 2);
	assert_int_equal(weft_kernel_trace_fini(&place.trace, NULL), 0);
	text = read_back(&place);
	assert_non_null(strstr(text, "[00000000000500000000]"));
	assert_non_null(strstr(text,
			       "lttng_statedump_vm_map: { cpu_id = 0 }, "
			       "{ _callstack_user_length = 0, callstack_user = [ ] }, "
			       "{ pid = 99, start = 0x401000, end = 0x402000, flags = "
			       "0x5, inode = 12, pgoff = 4096, path = \"/bin/true\", build_id "
			       "= \"ab12\" }\n"));
	assert_non_null(strstr(text, "sched_switch: { cpu_id = 0 }, { _callstack_user_length = 2, "
				     "callstack_user = [ [0] = 0x401136, [1] = 0x7FFF00001234 ] }, "
				     "{ prev_comm = "));
	assert_int_equal(count_lines(text, "sched_switch: { cpu_id = 0 }, "
					   "{ _callstack_user_length = 0, "),
			 1);
	assert_int_equal(count_lines(text, "{ _callstack_user_length = 64, "), 1);
	assert_non_null(strstr(text, "may have discarded events"));
	free(text);
	close_place(&place);
}

/* Without chains there is neither context nor file for them. */
static void no_chains_leave_no_trace(void **state)
{
	const struct weft_kernel_map map = {99, 0x401000, 0x402000, 0, 5, 0, "/bin/true", ""};
	struct place place;
	char path[128];

	(void)state;
	open_place(&place, true, false);
	weft_kernel_trace_map(&place.trace, S, &map);
	assert_int_equal(place.trace.event_count, 0);
	assert_int_equal(weft_kernel_trace_fini(&place.trace, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/mappings_0", place.dir);
	assert_int_equal(access(path, F_OK), -1);
	close_place(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_reads_back_with_names_and_values),
		cmocka_unit_test(what_the_source_cannot_tell_is_left_out),
		cmocka_unit_test(many_packets_hold_every_event_in_order),
		cmocka_unit_test(a_full_disk_leaves_whole_packets),
		cmocka_unit_test(call_chains_stand_in_the_context_of_switches),
		cmocka_unit_test(no_chains_leave_no_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

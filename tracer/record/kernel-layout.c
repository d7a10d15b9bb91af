// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Metadata of the kernel's trace. See kernel-layout.h.
 */
#include "kernel-layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "syscalls.h"
#include "whole-file.h"

#define INTEGER(bits, sign, base, name)                                                            \
	"\t\tinteger { size = " #bits "; align = 8; signed = " #sign                               \
	"; encoding = none; base = " #base "; } _" name ";\n"
#define S16(name)  INTEGER(16, 1, 10, name)
#define S32(name)  INTEGER(32, 1, 10, name)
#define S64(name)  INTEGER(64, 1, 10, name)
#define U8(name)   INTEGER(8, 0, 10, name)
#define U32(name)  INTEGER(32, 0, 10, name)
#define U64(name)  INTEGER(64, 0, 10, name)
#define U64X(name) INTEGER(64, 0, 16, name)
#define COMM(name)                                                                                 \
	"\t\tinteger { size = 8; align = 8; signed = 1; encoding = UTF8; base = 10; } _" name      \
	"[16];\n"
#define TEXT(name) "\t\tstring _" name ";\n"
#define TIDS(name)                                                                                 \
	"\t\tinteger { size = 8; align = 8; signed = 0; encoding = none; base = 10; } __" name     \
	"_length;\n\t\tinteger { size = 32; align = 8; signed = 1; encoding = none; base = 10; } " \
	"_" name "[ __" name "_length ];\n"
#define U64X_SEQUENCE(name)                                                                        \
	"\t\tinteger { size = 64; align = 8; signed = 0; encoding = none; base = 16; } "           \
	"_" name "[ __" name "_length ];\n"
#define ENUM(bits, sign, values, name)                                                             \
	"\t\tenum : integer { size = " #bits "; align = 8; signed = " #sign                        \
	"; encoding = none; base = 10; } { " values " } _" name ";\n"

#define OBJECTS                                                                                    \
	"\"none\" = 0, \"socket\" = 1, \"pipe\" = 2, \"file\" = 3, \"block\" = 4, \"char\" = 5, "  \
	"\"anon\" = 6, \"directory\" = 7, \"unknown\" = 8"
#define CONTEXTS    "\"task\" = 0, \"softirq\" = 1, \"irq\" = 2, \"unknown\" = 3"
#define THREAD_TYPE "\"USER_THREAD\" = 0, \"KERNEL_THREAD\" = 1"
#define EXECUTION_MODE                                                                             \
	"\"USER_MODE\" = 0, \"SYSCALL\" = 1, \"TRAP\" = 2, \"IRQ\" = 3, \"SOFTIRQ\" = 4, "         \
	"\"MODE_UNKNOWN\" = 5"
#define EXECUTION_SUBMODE "\"NONE\" = 0, \"UNKNOWN\" = 1"
#define THREAD_STATUS                                                                              \
	"\"UNNAMED\" = 0, \"WAIT_FORK\" = 1, \"WAIT_CPU\" = 2, \"EXIT\" = 3, \"ZOMBIE\" = 4, "     \
	"\"WAIT\" = 5, \"RUN\" = 6, \"DEAD\" = 7"

#define SYSCALL_FIELD "\t\tenum weft_syscall _"

/* What stands behind the fields of the LTTng kernel tracer, if the source tells it. */
enum addition { ADDITION_NONE, ADDITION_BLOCKS, ADDITION_WAKERS, ADDITION_ALWAYS };

/* a table */
/* clang-format off */
static const struct event {
	const char *name;
	const char *fields;
	enum addition addition;
	const char *added;
} events[WEFT_KERNEL_EVENT_COUNT] = {
	[WEFT_KERNEL_SWITCH] = {"sched_switch",
				COMM("prev_comm") S32("prev_tid") S32("prev_prio") S64("prev_state")
					COMM("next_comm") S32("next_tid") S32("next_prio"),
				ADDITION_BLOCKS,
				SYSCALL_FIELD "prev_syscall;\n" ENUM(8, 0, OBJECTS, "prev_object")
					U64X("prev_arg")},
	[WEFT_KERNEL_WAKING] = {"sched_waking",
				COMM("comm") S32("tid") S32("prio") S32("target_cpu"),
				ADDITION_WAKERS, S32("waker_tid") ENUM(8, 0, CONTEXTS, "context")},
	[WEFT_KERNEL_WAKEUP_NEW] = {"sched_wakeup_new",
				    COMM("comm") S32("tid") S32("prio") S32("target_cpu"),
				    ADDITION_NONE, NULL},
	[WEFT_KERNEL_FORK] = {"sched_process_fork",
			      COMM("parent_comm") S32("parent_tid") S32("parent_pid")
				      U32("parent_ns_inum") COMM("child_comm") S32("child_tid")
					      TIDS("vtids") S32("child_pid") U32("child_ns_inum"),
			      ADDITION_NONE, NULL},
	[WEFT_KERNEL_EXEC] = {"sched_process_exec", TEXT("filename") S32("tid") S32("old_tid"),
			      ADDITION_NONE, NULL},
	[WEFT_KERNEL_EXIT] = {"sched_process_exit", COMM("comm") S32("tid") S32("prio"),
			      ADDITION_NONE, NULL},
	[WEFT_KERNEL_RENAME] = {"task_rename",
				S32("tid") COMM("oldcomm") COMM("newcomm") S16("oom_score_adj"),
				ADDITION_NONE, NULL},
	[WEFT_KERNEL_DUMP_START] = {"lttng_statedump_start", "", ADDITION_NONE, NULL},
	[WEFT_KERNEL_DUMP_STATE] = {"lttng_statedump_process_state",
				    S32("tid") S32("vtid") S32("pid") S32("vpid") S32("ppid") S32(
					    "vppid") COMM("name") ENUM(32, 1, THREAD_TYPE, "type")
					    ENUM(32, 1, EXECUTION_MODE, "mode")
						    ENUM(32, 1, EXECUTION_SUBMODE, "submode")
							    ENUM(32, 1, THREAD_STATUS, "status")
								    S32("ns_level") U32("ns_inum")
									    U32("cpu"),
				    ADDITION_ALWAYS,
				    SYSCALL_FIELD "syscall;\n" ENUM(8, 0, OBJECTS, "object")
					    U64X("arg")},
	[WEFT_KERNEL_DUMP_NS] = {"lttng_statedump_process_pid_ns",
				 S32("tid") S32("vtid") S32("vpid") S32("vppid") S32("ns_level")
					 U32("ns_inum"),
				 ADDITION_NONE, NULL},
	[WEFT_KERNEL_DUMP_END] = {"lttng_statedump_end", "", ADDITION_NONE, NULL},
	[WEFT_KERNEL_VM_MAP] = {"lttng_statedump_vm_map",
				S32("pid") U64X("start") U64X("end") U64X("flags") U64("inode")
					U64("pgoff"),
				ADDITION_ALWAYS, TEXT("path") TEXT("build_id")},
};
/* clang-format on */

static const char prologue[] =
	"/* CTF 1.8 */\n\n"
	"typealias integer { size = 8; align = 8; signed = false; } := uint8_t;\n"
	"typealias integer { size = 16; align = 8; signed = false; } := uint16_t;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := uint64_t;\n\n";

static const char packets[] =
	"typealias integer { size = 32; align = 8; signed = false; map = clock.monotonic.value; } "
	":= uint32_clock_monotonic_t;\n"
	"typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } "
	":= uint64_clock_monotonic_t;\n\n"
	"struct packet_context {\n"
	"\tuint64_clock_monotonic_t timestamp_begin;\n"
	"\tuint64_clock_monotonic_t timestamp_end;\n"
	"\tuint64_t content_size;\n"
	"\tuint64_t packet_size;\n"
	"\tuint64_t packet_seq_num;\n"
	"\tuint64_t events_discarded;\n"
	"\tuint32_t cpu_id;\n"
	"};\n\n"
	"struct event_header_large {\n"
	"\tenum : uint16_t { compact = 0 ... 65534, extended = 65535 } id;\n"
	"\tvariant <id> {\n"
	"\t\tstruct { uint32_clock_monotonic_t timestamp; } compact;\n"
	"\t\tstruct { uint32_t id; uint64_clock_monotonic_t timestamp; } extended;\n"
	"\t} v;\n"
	"} align(8);\n\n";

/*
 * A context of all events, as LTTng's are: one of sched_switch alone would do and be smaller, but
 * babeltrace2 2.0 aborts when the context of an event holds a sequence. Its length has 8 bits instead of
 * LTTng's 32: readers ask for room of that many addresses before they look whether the packet has them,
 * so that one wrong bit of a large number could claim all memory.
 */
static void write_stream(FILE *file, const struct weft_kernel_layout *layout)
{
	(void)fprintf(file, "stream {\n\tid = 0;\n\tevent.header := struct event_header_large;\n"
			    "\tpacket.context := struct packet_context;\n");
	if (layout->chains) {
		(void)fprintf(file, "\tevent.context := struct {\n%s\t};\n",
			      U8("_callstack_user_length") U64X_SEQUENCE("callstack_user"));
	}
	(void)fprintf(file, "};\n\n");
}

/* The clock's uuid is what tells readers that both halves of a recording share it. */
static void read_boot_id(char ret_id[37])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file || !fgets(ret_id, 37, file)) {
		(void)snprintf(ret_id, 37, "00000000-0000-0000-0000-000000000000");
	}
	if (file) {
		(void)fclose(file); /* Read only; nothing to lose. */
	}
}

static void write_trace(FILE *file, const struct weft_kernel_layout *layout)
{
	const uint16_t probe = 1;
	const bool little = *(const uint8_t *)&probe == 1;
	const uint8_t *u = layout->uuid;
	struct utsname host;
	char boot_id[37];

	memset(&host, 0, sizeof(host));
	(void)uname(&host); /* Empty words then. */
	read_boot_id(boot_id);
	(void)fprintf(file,
		      "trace {\n\tmajor = 1;\n\tminor = 8;\n"
		      "\tuuid = \"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		      "%02x%02x%02x%02x%02x%02x\";\n\tbyte_order = %s;\n"
		      "\tpacket.header := struct {\n\t\tuint32_t magic;\n\t\tuint8_t uuid[16];\n"
		      "\t\tuint32_t stream_id;\n\t\tuint64_t stream_instance_id;\n\t};\n};\n\n",
		      u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11],
		      u[12], u[13], u[14], u[15], little ? "le" : "be");
	(void)fprintf(file,
		      "env {\n\thostname = \"%s\";\n\tdomain = \"kernel\";\n\tsysname = \"%s\";\n"
		      "\tkernel_release = \"%s\";\n\tkernel_version = \"%s\";\n"
		      "\ttracer_name = \"weft\";\n\ttracer_major = 0;\n\ttracer_minor = 1;\n"
		      "\tweft_tier = \"%s\";\n\tweft_engine = \"%s\";\n};\n\n",
		      host.nodename, host.sysname, host.release, host.version, layout->tier,
		      layout->engine);
	(void)fprintf(file,
		      "clock {\n\tname = \"monotonic\";\n\tuuid = \"%s\";\n"
		      "\tdescription = \"Monotonic Clock\";\n\tfreq = 1000000000;\n"
		      "\tabsolute = TRUE;\n"
		      "\toffset = %" PRId64 ";\n};\n\n",
		      boot_id, layout->clock_offset_ns);
}

static void write_event(FILE *file, const char *name, unsigned int id, const char *fields,
			const char *added)
{
	(void)fprintf(file,
		      "event {\n\tname = \"%s\";\n\tid = %u;\n\tstream_id = 0;\n"
		      "\tfields := struct {\n%s%s\t};\n};\n\n",
		      name, id, fields, added);
}

static bool is_added(const struct weft_kernel_layout *layout, enum addition addition)
{
	switch (addition) {
	case ADDITION_BLOCKS:
		return layout->blocks;
	case ADDITION_WAKERS:
		return layout->wakers;
	default:
		return addition == ADDITION_ALWAYS;
	}
}

static void write_events(FILE *file, const struct weft_kernel_layout *layout)
{
	char name[64];
	unsigned int i;

	(void)fprintf(file,
		      "enum weft_syscall : integer { size = 16; align = 8; signed = true; } {\n"
		      "\t\"unknown\" = %d,\n\t\"none\" = %d,\n",
		      WEFT_SYSCALL_UNKNOWN, WEFT_SYSCALL_NONE);
	for (i = 0; i < WEFT_SYSCALL_COUNT; i++) {
		if (weft_syscall_name((int)i)) {
			(void)fprintf(file, "\t\"%s\" = %u,\n", weft_syscall_name((int)i), i);
		}
	}
	(void)fprintf(file, "};\n\n");
	for (i = 0; i < WEFT_KERNEL_EVENT_COUNT; i++) {
		write_event(file, events[i].name, i, events[i].fields,
			    is_added(layout, events[i].addition) ? events[i].added : "");
	}
	for (i = 0; layout->syscalls && i < WEFT_SYSCALL_COUNT; i++) {
		if (weft_syscall_name((int)i)) {
			(void)snprintf(name, sizeof(name), "syscall_entry_%s",
				       weft_syscall_name((int)i));
			write_event(file, name, WEFT_KERNEL_SYSCALL_ENTRY + i, "", "");
			(void)snprintf(name, sizeof(name), "syscall_exit_%s",
				       weft_syscall_name((int)i));
			write_event(file, name, WEFT_KERNEL_SYSCALL_EXIT + i, S64("ret"), "");
		}
	}
}

int weft_kernel_layout_write(const struct weft_kernel_layout *layout, const char *dir,
			     struct weft_error *err)
{
	struct weft_whole_file file;
	int ret = weft_whole_file_open(&file, dir, "metadata", err);

	if (ret < 0) {
		return ret;
	}
	(void)fputs(prologue, file.stream); /* Errors stay with the stream. */
	write_trace(file.stream, layout);
	(void)fputs(packets, file.stream);
	write_stream(file.stream, layout);
	write_events(file.stream, layout);
	return weft_whole_file_close(&file, err);
}

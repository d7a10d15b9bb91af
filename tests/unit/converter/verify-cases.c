// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Good and broken Go traces. See verify-cases.h.
 */
#include "verify-cases.h"

#include <stddef.h>

#define GOOD   VERIFY_CASE_GOOD
#define LAX    VERIFY_CASE_LAX
#define BROKEN VERIFY_CASE_BROKEN

#define HEAD(gen) VERIFY_HEAD(gen)
#define RUN       VERIFY_RUN
/* A generation of format 22 in which goroutine 7 runs on stream 1. */
#define G22 "format 22; " HEAD(1) RUN
#define G23 "format 23; " HEAD(1) RUN
/* The same, and processor 1 on stream 2, running nothing. */
#define TWO G22 "batch 1 2 2000; ProcStatus 0 1 1; "
/* Goroutine 7 in a syscall on stream 1, with processor 0. */
#define SYSCALL           G22 "GoSyscallBegin 1 1 1; "
#define EMPTY_TABLES(gen) "batch " #gen " -1 1000; Strings; batch " #gen " -1 1000; Stacks; "
/* Second generation: statuses of what SYSCALL left. */
#define GEN2 HEAD(2) "batch 2 1 9000; ProcStatus 0 0 1; GoStatus 1 7 0 2; "

/* a table */
/* clang-format off */
const struct verify_case verify_cases[] = {
	/* ---- Accepted ---- */
	{"example-22", LAX, VERIFY_EXAMPLE_22, "without a stack"},
	{"example-23", LAX,
	 "format 23; " VERIFY_EXAMPLE
	 "batch 1 -1 1000000; Frequency 1000000000; " VERIFY_EXAMPLE_TABLES,
	 "without a stack"},
	{"example-25", LAX, VERIFY_EXAMPLE_25, "without a stack"},
	{"example-26", LAX,
	 "format 26; batch 1 -1 999999; Sync; Frequency 1000000000; "
	 "ClockSnapshot 1 1000000 1700000000 5; " VERIFY_EXAMPLE VERIFY_EXAMPLE_TABLES
	 "EndOfGeneration",
	 "without a stack"},
	{"padded-sizes", GOOD, "padded; " G22, NULL},
	{"tables-last", GOOD, "format 22; " RUN VERIFY_CLOCK(1) VERIFY_TABLES(1), NULL},
	{"empty-batch", GOOD, G22 "batch 1 1 3000; batch 1 9 3000; batch 1 1 3000; GoStop 1 1 1",
	 NULL},
	{"sparse-ids", GOOD,
	 "format 22; " VERIFY_CLOCK(1) "batch 1 -1 1; Strings; String 900000000000 \"f\"; "
				       "String 3 \"a\"; String 17 \"b\"; batch 1 -1 1; Stacks; "
				       "Stack -1 1 1 900000000000 3 1; "
				       "batch 1 1 1000; ProcStatus 0 0 1; GoCreate 0 7 -1 0; "
				       "GoStart 1 7 1; ProcsChange 1 1 0; "
				       "GoStop 1 17 -1",
	 NULL},
	{"longest-string-and-stack", GOOD,
	 "format 22; " VERIFY_CLOCK(1) "batch 1 -1 1; Strings; String 1 *1024; "
				       "batch 1 -1 1; Stacks; Stack 1 1 1 1 1 1; " RUN,
	 NULL},
	{"stack-of-128-frames", LAX,
	 "format 22; " VERIFY_CLOCK(1) "batch 1 -1 1; Stacks; Stack 1 *128; " RUN,
	 "a caller without"},
	{"migration", GOOD, TWO "GoStart 10 7 2; batch 1 1 1500; GoStop 1 1 1", NULL},
	{"wakeup-stamped-too-early", GOOD,
	 TWO "GoUnblock 1 7 2 1; GoStart 1 7 3; batch 1 1 9000; GoBlock 1 1 1", NULL},
	{"wakeup-by-nobody", GOOD,
	 G22 "GoBlock 1 1 1; batch 1 -1 8000; GoUnblock 1 7 2 1; batch 1 1 9000; GoStart 1 7 3",
	 NULL},
	{"create-without-goroutine", GOOD, TWO "GoCreate 1 8 1 1; GoStart 1 8 1; GoDestroy 1",
	 NULL},
	{"rows-by-thread", GOOD,
	 "format 22; " HEAD(
		 1) "batch 1 -1 1000; ProcStatus 0 0 2; GoStatus 0 8 0 4; "
		    "batch 1 7 1000; ProcStatus 0 1 1; GoStatus 0 7 0 2; ProcsChange 0 2 1; "
		    "GoCreate 1 9 1 1; "
		    "GoBlock 1 1 1; ProcStop 0; batch 1 9 2000; ProcStart 0 0 1; GoStart 1 9 1; "
		    "GoUnblock 1 8 1 1; GoStop 1 1 1; ProcStop 1; batch 1 8 3000; ProcStart 1 1 1; "
		    "GoStart 1 8 2; GoDestroy 1; ProcStop 1",
	 NULL},
	{"syscall", GOOD,
	 SYSCALL "GoSyscallEnd 1; GoSyscallBegin 1 2 1; GoSyscallEnd 5; GoStop 1 1 1", NULL},
	{"syscall-that-blocks", GOOD,
	 SYSCALL "ProcStop 1; ProcStart 50 0 2; GoSyscallEndBlocked 1; GoStart 1 7 2", NULL},
	{"syscall-of-foreign-thread", GOOD,
	 G22 "batch 1 5 2000; GoCreateSyscall 0 50; GoDestroySyscall 5", NULL},
	{"thread-in-syscall-all-along", GOOD,
	 G22 "batch 1 -1 1000; GoStatus 0 20 44 3; GoStatus 0 21 45 3; "
	     "batch 1 44 2000; GoSyscallEndBlocked 1",
	 NULL},
	{"steal", GOOD,
	 SYSCALL "GoSyscallEndBlocked 9; batch 1 2 2000; ProcSteal 1 0 2 1; ProcStart 1 0 3", NULL},
	{"steal-from-oneself", GOOD, SYSCALL "ProcSteal 1 0 2 1; GoSyscallEndBlocked 1", NULL},
	{"steal-then-other-processor", GOOD,
	 SYSCALL "ProcStart 5 1 1; GoSyscallEndBlocked 1; GoStart 1 7 2; "
		 "batch 1 2 2000; ProcStatus 0 1 2; ProcSteal 900 0 2 1",
	 NULL},
	{"steal-in-next-generation", GOOD,
	 SYSCALL HEAD(2) "batch 2 1 9000; GoStatus 0 7 1 3; GoSyscallEndBlocked 1; "
			 "batch 2 2 9000; ProcStatus 0 0 4; ProcSteal 1 0 1 1",
	 NULL},
	{"abandoned-processor-stolen", GOOD,
	 "format 22; " HEAD(
		 1) "batch 1 2 1000; ProcStatus 0 0 4; ProcSteal 0 0 1 1; "
		    "ProcStart 0 0 2; GoCreate 0 7 1 1; GoStart 0 7 1; ProcsChange 1 1 1",
	 NULL},
	{"goroutine-ends-in-syscall", GOOD,
	 SYSCALL "GoDestroySyscall 1; batch 1 2 9000; ProcSteal 1 0 2 1; ProcStart 1 0 3", NULL},
	{"syscall-over-generations", GOOD,
	 SYSCALL HEAD(2) "batch 2 1 9000; ProcStatus 0 0 3; GoStatus 0 7 1 3; GoSyscallEnd 1; "
			 "GoStop 1 1 1",
	 NULL},
	{"two-generations", GOOD, G22 GEN2 "GoBlock 1 1 1; GoUnblock 1 7 1 1", NULL},
	{"first-generation-is-nine", GOOD,
	 "format 22; " HEAD(9) "batch 9 1 1000; ProcStatus 0 0 1; GoCreate 1 7 1 1; GoStart 1 7 1; "
			       "ProcsChange 1 1 1; " HEAD(
				       10) "batch 10 1 5000; ProcStatus 0 0 1; GoStatus 0 7 0 2",
	 NULL},
	{"number-waits-for-new-generation", GOOD,
	 TWO "GoCreate 1 8 1 1; GoStart 1 8 1; GoStop 1 1 1; " HEAD(
		 2) "batch 2 2 9000; ProcStatus 0 1 1; GoStart 1 8 1; batch 2 1 9100; ProcStatus 0 "
		    "0 1; "
		    "GoStatus 0 7 0 2; GoStatus 0 8 0 1",
	 NULL},
	{"tasks-regions-logs-labels", GOOD,
	 G22
	 "UserTaskBegin 1 1 0 2 1; UserTaskBegin 1 2 1 2 1; UserRegionBegin 1 1 1 1; "
	 "UserRegionBegin 1 0 2 1; UserLog 1 1 1 2 1; UserLog 1 0 0 0 0; UserRegionEnd 1 0 2 1; "
	 "UserRegionEnd 1 1 1 1; UserTaskEnd 1 2 1; UserTaskEnd 1 1 1; GoLabel 1 2; "
	 "UserTaskBegin 1 1 0 2 1",
	 NULL},
	{"region-over-generations", GOOD,
	 G22 "UserTaskBegin 1 9 0 2 1; UserRegionBegin 1 9 4 1; " VERIFY_CLOCK(
		 2) "batch 2 -1 1; Strings; String 1 \"sync\"; String 77 \"other\"; batch 2 -1 1; "
		    "Stacks; "
		    "Stack 1 1 1 1 1 1; batch 2 1 9000; ProcStatus 0 0 1; GoStatus 0 7 0 2; "
		    "GoBlock 1 1 1; "
		    "GoUnblock 1 7 1 1; GoStart 1 7 2; UserRegionEnd 1 9 77 1; UserTaskEnd 1 9 1",
	 NULL},
	{"ends-of-earlier-begins", GOOD, G22 "UserTaskEnd 1 5 1; UserRegionEnd 1 5 1 1", NULL},
	{"samples", GOOD,
	 G22 "batch 1 -1 1000; CPUSamples; CPUSample 1001 1 0 7 1; CPUSample 999 -1 -1 0 0", NULL},
	{"collections", GOOD,
	 G22 "GCActive 0 5; STWBegin 1 1 1; STWEnd 1; STWBegin 1 1 1; STWBegin 1 2 1; STWEnd 1; "
	     "STWBegin 1 1 1; STWEnd 1; STWEnd 1; GCMarkAssistBegin 1 1; GCMarkAssistEnd 1; "
	     "GCSweepBegin 1 1; GCSweepEnd 1 5 6; GCEnd 1 6; GCBegin 1 7 1; HeapAlloc 1 1; "
	     "HeapGoal 1 2",
	 NULL},
	{"collection-over-generations", GOOD,
	 G22 "GCBegin 1 1 1; GCSweepBegin 1 1; GCMarkAssistBegin 1 1; " GEN2
	     "GCActive 0 2; GCSweepActive 0 0; GCMarkAssistActive 0 7; GCSweepEnd 1 1 1; "
	     "GCMarkAssistEnd 1; GCEnd 1 3",
	 NULL},
	{"ranges-before-the-trace", GOOD,
	 G22 "GCSweepActive 0 0; GCMarkAssistActive 0 7; GCMarkAssistEnd 1; GCSweepEnd 1 0 0",
	 NULL},
	{"created-blocked", GOOD,
	 G23 "GoCreateBlocked 1 8 1 1; GoUnblock 1 8 1 1; GoStop 1 1 1; GoStart 1 8 2", NULL},
	{"status-with-stack", GOOD,
	 "format 23; " HEAD(1) "batch 1 1 1000; ProcStatus 0 0 1; GoStatusStack 0 7 0 2 1; "
			       "GoStatusStack 0 8 0 4 1; ProcsChange 0 1 1",
	 NULL},
	{"switches", GOOD,
	 G23
	 "GoCreateBlocked 1 8 1 1; GoCreateBlocked 1 9 1 1; GoSwitch 1 8 1; GoSwitchDestroy 1 9 1; "
	 "GoSwitch 1 7 2",
	 NULL},
	{"experiments", GOOD,
	 G23 "SpanAlloc 1 2 3 4; HeapObjectFree 1 9; experiment 1 1 1 1000; hex 01 02 03", NULL},
	{"clocks-25", GOOD,
	 "format 25; " VERIFY_SYNC(1, 1000) VERIFY_TABLES(1) RUN VERIFY_SYNC(2, 9000)
		 VERIFY_TABLES(2) "batch 2 1 9000; ProcStatus 0 0 1; GoStatus 0 7 0 2",
	 NULL},
	{"clock-in-other-order-25", GOOD,
	 "format 25; batch 1 -1 5; Sync; ClockSnapshot 1 2 3 4; Frequency "
	 "1000000000; " VERIFY_TABLES(1) RUN,
	 NULL},
	{"two-generations-26", GOOD,
	 "format 26; " VERIFY_SYNC(1, 1000) VERIFY_TABLES(1) RUN "EndOfGeneration; " VERIFY_SYNC(
		 2, 9000) VERIFY_TABLES(2) "batch 2 1 9000; ProcStatus 0 0 1; GoStatus 0 7 0 2; "
					   "EndOfGeneration",
	 NULL},
	{"new-processor-later", GOOD, G22 GEN2 "batch 2 2 9100; ProcStatus 0 1 2; ProcStart 1 1 1",
	 NULL},
	{"runtime-frequency", GOOD,
	 "format 22; batch 1 -1 1000; Frequency 15625000; " VERIFY_TABLES(1) RUN, NULL},
	{"clock-batch-only-25", LAX, "format 25; " VERIFY_SYNC(1, 1000), "no events"},
	{"header-only", BROKEN, "format 22", "ends after its header"},

	/* ---- Framing ---- */
	{"header-unknown", BROKEN, "format 24; " HEAD(1) RUN, "unknown format"},
	{"header-old", BROKEN, "format 21; " HEAD(1) RUN, "unknown format"},
	{"not-a-trace", BROKEN, "hex 7f 45 4c 46 2 1 1 0 0 0 0 0 0 0 0 0 0", "not a Go trace"},
	{"header-cut", BROKEN, "hex 67 6f 20 31", "not a Go trace"},
	{"no-batch", BROKEN, G22 "end; hex 03", "a batch should begin here"},
	{"generation-zero", BROKEN, G22 "batch 0 1 1; GoStop 1 1 1", "generation 0"},
	{"batch-too-large", BROKEN, G22 "batch 1 -1 1; Strings; String 9 *1024; size 65537",
	 "size 65537 is above"},
	{"batch-cut", BROKEN, G22 "batch 1 1 1; GoStop 1 1 1; size 9",
	 "the file ends within a batch"},
	{"batch-header-cut", BROKEN, G22 "end; hex 01 01", "batch header: its stream is cut short"},
	{"number-too-long", BROKEN, G22 "end; hex 01 81 80 80 80 80 80 80 80 80 80 00",
	 "batch header: its generation"},
	{"number-too-large", BROKEN, G22 "end; hex 01 81 80 80 80 80 80 80 80 80 02 01 01 00",
	 "batch header: its generation"},
	{"generation-skipped", BROKEN, G22 HEAD(3) "batch 3 1 9000; ProcStatus 0 0 1",
	 "generations out of order"},
	{"generation-again", BROKEN, G22 GEN2 HEAD(1), "generations out of order"},
	{"end-mark-in-old-format", BROKEN, G22 "EndOfGeneration",
	 "EndOfGeneration came with format 1.26"},
	{"end-mark-missing-26", BROKEN, "format 26; " VERIFY_SYNC(1, 1000) VERIFY_TABLES(1) RUN,
	 "ends within a generation"},
	{"end-mark-alone-26", BROKEN,
	 "format 26; " VERIFY_SYNC(1, 1000) VERIFY_TABLES(1) RUN "EndOfGeneration; EndOfGeneration",
	 "without a generation"},
	{"generations-interleaved-26", BROKEN,
	 "format 26; " VERIFY_SYNC(1, 1000) VERIFY_TABLES(1) RUN "batch 2 1 5; GoStop 1 1 1; "
								 "EndOfGeneration",
	 "interleaved"},
	{"generation-jumps-26", LAX,
	 "format 26; " VERIFY_SYNC(1, 1000) VERIFY_TABLES(1) RUN "EndOfGeneration; " VERIFY_SYNC(
		 5, 9000) VERIFY_TABLES(5) "batch 5 1 9000; ProcStatus 0 0 1; GoStatus 0 7 0 2; "
					   "EndOfGeneration",
	 "count up by one"},
	{"clock-missing", BROKEN, "format 22; " VERIFY_TABLES(1) RUN, "no Frequency batch"},
	{"clock-missing-25", BROKEN, "format 25; " VERIFY_TABLES(1) RUN, "no Sync batch"},
	{"clock-twice", BROKEN, G22 VERIFY_CLOCK(1), "a second Frequency"},
	{"clock-twice-25", BROKEN,
	 "format 25; " VERIFY_SYNC(1, 1) VERIFY_TABLES(1) RUN VERIFY_SYNC(1, 2),
	 "a second Frequency"},
	{"clock-bare-25", BROKEN, "format 25; " HEAD(1) RUN, "belongs into a Sync batch"},
	{"clock-without-snapshot-25", BROKEN,
	 "format 25; batch 1 -1 1; Sync; Frequency 1000000000; " VERIFY_TABLES(1) RUN,
	 "without ClockSnapshot"},
	{"clock-without-frequency-25", BROKEN,
	 "format 25; batch 1 -1 1; Sync; ClockSnapshot 1 2 3 4; " VERIFY_TABLES(1) RUN,
	 "without Frequency"},
	{"clock-sync-in-old-format", BROKEN, "format 22; " VERIFY_SYNC(1, 1) VERIFY_TABLES(1) RUN,
	 "no Frequency batch"},
	{"clock-sync-besides-frequency", BROKEN, G22 VERIFY_SYNC(1, 1), "Sync among events"},
	{"clock-batch-only", BROKEN, "format 22; " HEAD(1), "has no events"},
	{"clock-batch-only-later", BROKEN, G22 HEAD(2), "has no events"},
	{"experiment-in-old-format", BROKEN, G22 "experiment 1 1 1 1000; hex 01",
	 "a batch should begin here"},
	{"experiment-unknown", BROKEN, G23 "experiment 7 1 1 1000; hex 01", "unknown experiment 7"},

	{"clock-with-more", BROKEN,
	 "format 22; batch 1 -1 1; Frequency 1000000000; hex 00; " VERIFY_TABLES(1) RUN,
	 "more bytes after Frequency"},
	{"clock-snapshot-cut-25", BROKEN,
	 "format 25; batch 1 -1 1; Sync; Frequency 1000000000; ClockSnapshot 1 2 3; " VERIFY_TABLES(
		 1) RUN,
	 "nanoseconds is cut short"},

	/* ---- Events as such ---- */
	{"event-unknown", BROKEN, G22 "hex 35 01", "there is no event type 53"},
	{"event-structural", BROKEN, G22 "String 9 \"late\"", "String among events"},
	{"event-clock-snapshot-25", BROKEN,
	 "format 25; " VERIFY_SYNC(1, 1) VERIFY_TABLES(1) RUN "ClockSnapshot 1 2 3 4",
	 "ClockSnapshot among events"},
	{"event-of-later-format", BROKEN, G22 "GoCreateBlocked 1 8 1 1", "came with format 1.23"},
	{"event-cut", BROKEN, G22 "GoUnblock 1 7", "argument 'g_seq' is cut short"},
	{"event-time-cut", BROKEN, G22 "ProcStop", "its time is cut short"},

	/* ---- Tables ---- */
	{"string-zero", BROKEN, G22 "batch 1 -1 1; Strings; String 0 \"x\"", "String 0 is defined"},
	{"string-twice", BROKEN, G22 "batch 1 -1 1; Strings; String 2 \"worker\"",
	 "String 2 is defined twice"},
	{"string-too-long", BROKEN, G22 "batch 1 -1 1; Strings; String 9 *1025",
	 "length 1025 is above"},
	{"string-cut", BROKEN, G22 "batch 1 -1 1; Strings; hex 05 09 08 41",
	 "ends within its text"},
	{"string-of-other-type", BROKEN, G22 "batch 1 -1 1; Strings; Stack 5 0",
	 "a String should begin"},
	{"stack-zero", BROKEN, G22 "batch 1 -1 1; Stacks; Stack 0 1 1 2 3 1", "Stack 0 is defined"},
	{"stack-twice", BROKEN, G22 "batch 1 -1 1; Stacks; Stack 1 1 16 2 3 1",
	 "Stack 1 is defined twice"},
	{"stack-too-deep", BROKEN, G22 "batch 1 -1 1; Stacks; Stack 9 *129",
	 "129 frames are more than"},
	{"stack-cut", BROKEN, G22 "batch 1 -1 1; Stacks; Stack 9 2 1 2 3 1", "frame is cut short"},
	{"stack-of-other-type", BROKEN, G22 "batch 1 -1 1; Stacks; String 5 \"x\"",
	 "a Stack should begin"},
	{"frame-function-unknown", BROKEN, G22 "batch 1 -1 1; Stacks; Stack 9 1 1 99 3 1",
	 "function string 99"},
	{"frame-file-unknown", BROKEN, G22 "batch 1 -1 1; Stacks; Stack 9 1 1 2 98 1",
	 "file string 98"},
	{"event-string-unknown", BROKEN, G22 "GoBlock 1 99 1", "string 99 is not in the table"},
	{"event-stack-unknown", BROKEN, G22 "GoBlock 1 1 99", "stack 99 is not in the table"},
	{"event-new-stack-unknown", BROKEN, G22 "GoCreate 1 8 99 1",
	 "stack 99 is not in the table"},
	{"string-of-other-generation", BROKEN,
	 G22 VERIFY_CLOCK(2) EMPTY_TABLES(2) "batch 2 1 9000; ProcStatus 0 0 1; GoStatus 0 7 0 2; "
					     "GoBlock 1 1 0",
	 "string 1 is not in the table"},
	{"sample-stack-unknown", BROKEN, G22 "batch 1 -1 1; CPUSamples; CPUSample 2000 1 0 7 99",
	 "CPUSample: stack 99"},
	{"sample-of-other-type", BROKEN, G22 "batch 1 -1 1; CPUSamples; Stack 2000 1 0 7 99",
	 "a CPUSample should begin"},
	{"sample-cut", BROKEN, G22 "batch 1 -1 1; CPUSamples; CPUSample 2000 1 0",
	 "g is cut short"},

	/* ---- What an event needs on its stream ---- */
	{"block-without-goroutine", BROKEN, TWO "GoBlock 1 1 1", "needs a goroutine"},
	{"stop-without-goroutine", BROKEN, TWO "GoStop 1 1 1", "needs a goroutine"},
	{"destroy-without-goroutine", BROKEN, TWO "GoDestroy 1", "needs a goroutine"},
	{"syscall-without-goroutine", BROKEN, TWO "GoSyscallBegin 1 1 1", "needs a goroutine"},
	{"task-without-goroutine", BROKEN, TWO "UserTaskBegin 1 1 0 2 1", "needs a goroutine"},
	{"task-end-without-goroutine", BROKEN, TWO "UserTaskEnd 1 1 1", "needs a goroutine"},
	{"region-without-goroutine", BROKEN, TWO "UserRegionBegin 1 0 2 1", "needs a goroutine"},
	{"region-end-without-goroutine", BROKEN, TWO "UserRegionEnd 1 0 2 1", "needs a goroutine"},
	{"log-without-goroutine", BROKEN, TWO "UserLog 1 0 1 1 1", "needs a goroutine"},
	{"label-without-goroutine", BROKEN, TWO "GoLabel 1 1", "needs a goroutine"},
	{"procs-change-without-goroutine", BROKEN, TWO "ProcsChange 1 1 1", "needs a goroutine"},
	{"stw-without-goroutine", BROKEN, TWO "STWBegin 1 1 1", "needs a goroutine"},
	{"stw-end-without-goroutine", BROKEN, TWO "STWEnd 1", "needs a goroutine"},
	{"assist-without-goroutine", BROKEN, TWO "GCMarkAssistBegin 1 1", "needs a goroutine"},
	{"switch-without-goroutine", BROKEN, G23 "batch 1 2 2000; ProcStatus 0 1 1; GoSwitch 1 7 2",
	 "needs a goroutine"},
	{"create-without-processor", BROKEN, G22 "batch 1 2 2000; GoCreate 1 8 1 1",
	 "needs a processor"},
	{"start-without-processor", BROKEN, G22 "GoStop 1 1 1; batch 1 2 2000; GoStart 1 7 2",
	 "needs a processor"},
	{"block-without-processor", BROKEN, G22 "ProcStop 1; GoBlock 1 1 1", "needs a processor"},
	{"heap-without-processor", BROKEN, G22 "batch 1 2 2000; HeapAlloc 1 1",
	 "needs a processor"},
	{"sweep-without-processor", BROKEN, G22 "batch 1 2 2000; GCSweepBegin 1 1",
	 "needs a processor"},
	{"stop-without-processor", BROKEN, G22 "batch 1 2 2000; ProcStop 1", "needs a processor"},
	{"log-without-processor", BROKEN, G22 "ProcStop 1; UserLog 1 0 1 1 1", "needs a processor"},
	{"create-on-no-thread", BROKEN, G22 "batch 1 -1 2000; GoCreate 1 8 1 1",
	 "no-thread stream"},
	{"start-processor-on-no-thread", BROKEN,
	 G22 "batch 1 -1 2000; ProcStatus 0 1 2; ProcStart 1 1 1", "no-thread stream"},
	{"foreign-syscall-on-no-thread", BROKEN, G22 "batch 1 -1 2000; GoCreateSyscall 1 8",
	 "no-thread stream"},
	{"experiment-on-no-thread", BROKEN, G23 "batch 1 -1 2000; SpanFree 1 8",
	 "no-thread stream"},
	{"start-on-busy-stream", BROKEN, G22 "GoCreate 1 8 1 1; GoStart 1 8 1",
	 "should have no goroutine"},
	{"foreign-syscall-on-busy-stream", BROKEN, G22 "GoCreateSyscall 1 8",
	 "should have no goroutine"},

	/* ---- Goroutines ---- */
	{"start-waiting", BROKEN, G22 "GoBlock 1 1 1; GoStart 1 7 2",
	 "to be Runnable, it is Waiting"},
	{"start-unknown", BROKEN, TWO "GoStart 1 9 1", "to be created or announced"},
	{"start-wrong-number", BROKEN, G22 "GoStop 1 1 1; GoStart 1 7 3", "waits for its turn"},
	{"start-number-of-old-generation", BROKEN,
	 TWO "GoCreate 1 8 1 1; " HEAD(2) "batch 2 2 9000; ProcStatus 0 1 1; GoStart 1 8 1",
	 "of generation 1"},
	{"unblock-running", BROKEN, TWO "GoUnblock 1 7 2 1", "to be Waiting, it is Running"},
	{"unblock-runnable", BROKEN, G22 "GoStop 1 1 1; GoUnblock 1 7 2 1",
	 "to be Waiting, it is Runnable"},
	{"unblock-wrong-number", BROKEN, G22 "GoBlock 1 1 1; GoUnblock 1 7 1 1",
	 "waits for its turn"},
	{"two-streams-wait-for-one-another", BROKEN,
	 TWO "GoCreate 1 8 1 1; GoStart 1 8 1; GoUnblock 1 7 2 1; GoBlock 1 1 1; "
	     "batch 1 1 1900; GoUnblock 1 8 2 1; GoBlock 1 1 1",
	 "none of 2 streams"},
	{"block-in-syscall", BROKEN, SYSCALL "GoBlock 1 1 1",
	 "should be Running, but is in a syscall"},
	{"stop-in-syscall", BROKEN, SYSCALL "GoStop 1 1 1",
	 "should be Running, but is in a syscall"},
	{"create-in-syscall", BROKEN, SYSCALL "GoCreate 1 8 1 1",
	 "should be Running, but is in a syscall"},
	{"destroy-in-syscall", BROKEN, SYSCALL "GoDestroy 1",
	 "should be Running, but is in a syscall"},
	{"syscall-in-syscall", BROKEN, SYSCALL "GoSyscallBegin 1 2 1", "should be Running"},
	{"syscall-wrong-number", BROKEN, G22 "GoSyscallBegin 1 2 1", "p_seq should be"},
	{"syscall-end-outside", BROKEN, G22 "GoSyscallEnd 1",
	 "should be in a syscall, but is Running"},
	{"syscall-end-with-lost-processor", BROKEN,
	 SYSCALL "ProcStop 1; ProcStart 1 0 2; GoSyscallEnd 1", "processor should be in a syscall"},
	{"syscall-end-without-processor", BROKEN, SYSCALL "ProcStop 1; GoSyscallEnd 1",
	 "needs a processor"},
	{"syscall-end-blocked-with-processor", BROKEN, SYSCALL "GoSyscallEndBlocked 1",
	 "to be stopped or stolen"},
	{"syscall-end-blocked-outside", BROKEN, G22 "GoSyscallEndBlocked 1",
	 "should be in a syscall"},
	{"destroy-syscall-outside", BROKEN, G22 "GoDestroySyscall 1", "should be in a syscall"},
	{"destroy-syscall-takes-processor", BROKEN, SYSCALL "GoDestroySyscall 1; GoCreate 1 8 1 1",
	 "needs a processor"},
	{"create-existing", BROKEN, G22 "GoCreate 1 7 1 1", "already exists"},
	{"create-syscall-existing", BROKEN, G22 "batch 1 2 2000; GoCreateSyscall 1 7",
	 "already exists"},
	{"running-on-two-streams", BROKEN,
	 "format 22; " HEAD(1) "batch 1 1 1000; ProcStatus 0 0 1; GoStatus 0 7 0 2; GoBlock 9 1 1; "
			       "batch 1 2 1001; ProcStatus 0 1 1; GoStatus 0 7 0 2; GoBlock 90 1 1",
	 "should be Running, but is Waiting"},
	{"ended-on-other-stream", BROKEN,
	 "format 22; " HEAD(1) "batch 1 1 1000; ProcStatus 0 0 1; GoStatus 0 7 0 2; GoDestroy 9; "
			       "batch 1 2 1001; ProcStatus 0 1 1; GoStatus 0 7 0 2; GoBlock 90 1 1",
	 "does not exist"},
	{"status-too-large", BROKEN, G22 "GoStatus 1 8 0 5", "no goroutine status 5"},
	{"status-inconsistent", BROKEN, G22 GEN2 "batch 2 2 9900; GoStatus 0 7 0 4",
	 "inconsistent status"},
	{"status-new-in-second-generation", BROKEN, G22 GEN2 "GoStatus 1 8 0 4",
	 "after the first generation"},
	{"status-syscall-without-thread", BROKEN, G22 "GoStatus 1 8 -1 3", "needs a thread"},
	{"status-syscall-of-other-thread", BROKEN, G22 "batch 1 2 2000; GoStatus 1 8 1 3",
	 "on the thread that it names"},
	{"status-syscall-moved", BROKEN, SYSCALL HEAD(2) "batch 2 2 9000; GoStatus 1 7 2 3",
	 "since an earlier generation"},
	{"running-before-processor", BROKEN,
	 "format 22; " HEAD(1) "batch 1 1 1000; GoStatus 0 7 0 2; ProcStatus 0 0 1; GoBlock 9 1 1",
	 "viewer: a Running"},
	{"switch-to-runnable", BROKEN, G23 "GoCreate 1 8 1 1; GoSwitch 1 8 1",
	 "to be Waiting, it is Runnable"},
	{"switch-in-syscall", BROKEN,
	 G23 "GoCreateBlocked 1 8 1 1; GoSyscallBegin 1 1 1; GoSwitch 1 8 1", "should be Running"},

	/* ---- Processors ---- */
	{"start-processor-twice", BROKEN,
	 G22 "batch 1 -1 1000; ProcStatus 0 1 2; batch 1 1 2000; ProcStart 1 1 1", "to lose P 0"},
	{"start-processor-unknown", BROKEN, G22 "batch 1 2 2000; ProcStart 1 9 1",
	 "a status of the processor"},
	{"start-processor-running", BROKEN, G22 "batch 1 2 2000; ProcStart 1 0 1",
	 "to be Idle, it is Running"},
	{"start-processor-wrong-number", BROKEN,
	 G22 "batch 1 2 2000; ProcStatus 0 1 2; ProcStart 1 1 2", "waits for its turn"},
	{"processor-status-too-large", BROKEN, G22 "ProcStatus 1 1 5", "no processor status 5"},
	{"processor-status-inconsistent", BROKEN, G22 HEAD(2) "batch 2 1 9000; ProcStatus 0 0 2",
	 "inconsistent status: the processor is Running"},
	{"stop-processor-twice", BROKEN, G22 "GoStop 1 1 1; ProcStop 1; ProcStop 1",
	 "needs a processor"},
	{"steal-running", BROKEN, TWO "ProcSteal 1 0 1 1", "to be in a syscall, it is Running"},
	{"steal-unknown", BROKEN, TWO "ProcSteal 1 9 1 1", "a status of the processor"},
	{"steal-wrong-number", BROKEN, SYSCALL "batch 1 2 2000; ProcSteal 1 0 1 1",
	 "waits for its turn"},
	{"steal-from-unknown-thread", BROKEN, SYSCALL "batch 1 2 2000; ProcSteal 1 0 2 77",
	 "from a thread that is unknown"},
	{"steal-from-wrong-thread", BROKEN,
	 SYSCALL "batch 1 3 1000; ProcStatus 0 1 1; batch 1 2 2000; ProcSteal 1 0 2 3",
	 "does not have the processor"},
	{"steal-on-no-thread", BROKEN, SYSCALL "batch 1 -1 2000; ProcSteal 1 0 2 1",
	 "no-thread stream"},

	/* ---- Ranges ---- */
	{"stw-twice", BROKEN, G22 "STWBegin 1 1 1; STWBegin 1 1 1", "range of this kind"},
	{"stw-end-alone", BROKEN, G22 "STWEnd 1", "not in a stop-the-world range"},
	{"assist-twice", BROKEN, G22 "GCMarkAssistBegin 1 1; GCMarkAssistBegin 1 1",
	 "open already"},
	{"assist-end-alone", BROKEN, G22 "GCMarkAssistEnd 1", "no range of this kind"},
	{"sweep-twice", BROKEN, G22 "GCSweepBegin 1 1; GCSweepBegin 1 1", "open already"},
	{"sweep-end-alone", BROKEN, G22 "GCSweepEnd 1 1 1", "no range of this kind"},
	{"sweep-active-unknown", BROKEN, G22 "GCSweepActive 1 9", "the processor is unknown"},
	{"assist-active-unknown", BROKEN, G22 "GCMarkAssistActive 1 9", "the goroutine is unknown"},
	{"sweep-active-twice", BROKEN, G22 "GCSweepActive 1 0; GCSweepActive 1 0", "open already"},
	{"sweep-active-new-in-second-generation", BROKEN, G22 GEN2 "GCSweepActive 1 0",
	 "since an earlier"},
	{"collection-twice", BROKEN, G22 "GCBegin 1 1 1; GCBegin 1 2 1", "is running already"},
	{"collection-end-alone", BROKEN, G22 "GCBegin 1 1 1; GCEnd 1 2; GCEnd 1 3",
	 "no garbage collection"},
	{"collection-end-first", BROKEN, G22 "GCEnd 1 1", "no garbage collection"},
	{"collection-wrong-number", BROKEN, G22 "GCBegin 1 1 1; GCEnd 1 3",
	 "the last GC event was 1"},
	{"collection-active-late", BROKEN, G22 "GCBegin 1 1 1; GCActive 1 2",
	 "first event of the garbage"},
	{"collection-active-while-off", BROKEN,
	 G22 "GCBegin 1 1 1; GCEnd 1 2; " GEN2 "GCActive 1 3", "no garbage collection"},

	/* ---- Tasks and regions ---- */
	{"task-twice", BROKEN, G22 "UserTaskBegin 1 1 0 2 1; UserTaskBegin 1 1 0 2 1",
	 "is active since byte"},
	{"region-end-of-other-name", BROKEN, G22 "UserRegionBegin 1 0 2 1; UserRegionEnd 1 0 4 1",
	 "ends region 'other', but"},
	{"region-end-of-other-task", BROKEN, G22 "UserRegionBegin 1 5 2 1; UserRegionEnd 1 6 2 1",
	 "'worker' of task 5"},
	{"regions-crossed", BROKEN,
	 G22 "UserRegionBegin 1 0 2 1; UserRegionBegin 1 0 4 1; UserRegionEnd 1 0 2 1",
	 "innermost open"},

	/* ---- What only strict mode refuses ---- */
	{"strict-frequency-zero", LAX,
	 "format 22; batch 1 -1 1000; Frequency 0; " VERIFY_TABLES(1) RUN, "does not divide"},
	{"strict-frequency-odd", LAX,
	 "format 22; batch 1 -1 1000; Frequency 3000000000; " VERIFY_TABLES(1) RUN,
	 "does not divide"},
	{"strict-epoch-times", LAX,
	 "format 22; " HEAD(1) "batch 1 1 1700000000000000000; ProcStatus 0 0 1",
	 "round beyond 2^53"},
	{"strict-time-zero", LAX, "format 22; " HEAD(1) "batch 1 1 0; ProcStatus 0 0 1",
	 "0 means none"},
	{"strict-caller-without-line", LAX, G22 "batch 1 -1 1; Stacks; Stack 2 2 1 2 3 1 9 2 3 0",
	 "a caller without"},
	{"strict-pc-of-two-frames", LAX, G22 "batch 1 -1 1; Stacks; Stack 2 1 16 2 3 2",
	 "has another function, file or line"},
	{"strict-label-empty", LAX, G22 "GoLabel 1 0", "an empty label"},
	{"strict-task-zero", LAX, G22 "UserTaskBegin 1 0 0 2 1", "the background task"},
	{"strict-task-none", LAX, G22 "UserTaskEnd 1 -1 1", "means none"},
	{"strict-block-without-stack", LAX, G22 "GoBlock 1 1 0", "without a stack"},
	{"strict-unblock-without-stack", LAX, G22 "GoBlock 1 1 1; GoUnblock 1 7 2 0",
	 "without a stack"},
	{"strict-forever", LAX, G22 "GoBlock 1 5 1", "reason 'forever'"},
	{"strict-goroutine-zero", LAX, G22 "GoCreate 1 0 1 1", "goroutine 0 means none"},
	{"strict-goroutine-of-viewer", LAX, G22 "GoCreate 1 1000003 1 1", "for other rows"},
	{"strict-processor-of-viewer", LAX, G22 "batch 1 2 1000; ProcStatus 0 1000001 2",
	 "for other rows"},
	{"strict-stream-zero", LAX, G22 "batch 1 0 1000; ProcStatus 0 1 1; GoCreate 1 8 1 1",
	 "stream 0"},
	{"strict-goroutine-again", LAX, G22 "GoDestroy 1; GoCreate 1 7 1 1", "used again"},
	{"strict-goroutine-status-twice", LAX, G22 "GoStatus 1 7 0 2",
	 "a second status of one goroutine"},
	{"strict-processor-status-twice", LAX, G22 "ProcStatus 1 0 1",
	 "a second status of one processor"},
	{"strict-goroutine-status-zero", LAX, G22 "GoStatus 1 8 0 0", "status 0 means nothing"},
	{"strict-processor-status-zero", LAX, G22 "ProcStatus 1 8 0", "status 0 means nothing"},
	{"strict-processor-lost", LAX, G22 "ProcStatus 1 1 1", "silently lose"},
	{"strict-processor-on-two-threads", LAX, G22 HEAD(2) "batch 2 2 9000; ProcStatus 0 0 1",
	 "is on another thread"},
	{"strict-processor-on-no-thread", LAX, G22 "batch 1 -1 1000; ProcStatus 0 3 1",
	 "this is the no-thread stream"},
	{"strict-goroutine-lost", LAX, G22 "GoStatus 1 8 0 2", "silently lose"},
	{"strict-goroutine-not-announced", LAX,
	 G22 HEAD(2) "batch 2 1 9000; ProcStatus 0 0 1; GoBlock 1 1 1", "no status yet"},
	{"strict-processor-not-announced", LAX, G22 HEAD(2) "batch 2 1 9000; GoStatus 0 7 0 2",
	 "no status yet"},
	{"strict-goroutine-not-listed", LAX, G22 "GoCreate 1 8 1 1; " GEN2, "has no status of G 8"},
	{"strict-ends-in-range", LAX, G22 "STWBegin 1 1 1; GoDestroy 1", "ends within a range"},
	{"strict-clock-zero-25", LAX,
	 "format 25; batch 1 -1 1; Sync; Frequency 1000000000; ClockSnapshot 1 0 3 "
	 "4; " VERIFY_TABLES(1) RUN,
	 "a clock at zero"},
	{"strict-clock-backwards-25", LAX,
	 "format 25; " VERIFY_SYNC(1, 1000) VERIFY_TABLES(1) RUN VERIFY_SYNC(2, 999)
		 VERIFY_TABLES(2) "batch 2 1 9000; ProcStatus 0 0 1; GoStatus 0 7 0 2",
	 "not later than"},
	{"strict-no-procs-change", LAX,
	 "format 22; " HEAD(1) "batch 1 1 1000; ProcStatus 0 0 1; GoCreate 1 7 1 1",
	 "no ProcsChange"},
	{"strict-procs-change-too-small", LAX, TWO "GCSweepBegin 1 1; GCSweepEnd 1 0 0",
	 "P 1 has sweeps"},
	{"strict-syscall-with-idle-processor", LAX,
	 G22 "batch 1 2 1000; ProcStatus 9 0 1; ProcStop 1; "
	     "batch 1 1 2000; GoSyscallBegin 1 1 1",
	 "a second status of one processor"},
	{NULL, GOOD, NULL, NULL},
};
/* clang-format on */

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * The event vocabulary: what an instrumented process writes, and what every consumer reads.
 *
 * This header is the contract between `tracer/` (which declares LTTng-UST events with exactly these
 * names, fields and types) and `converter/` (which looks fields up by these names). Consumers
 * read nothing but the contract, so a trace recorded with plain lttng commands
 *
 *     lttng enable-event -u 'weft:*'
 *
 * converts like one recorded by `weft record`. No LTTng context is needed: each event carries its
 * process, thread, task, name and call site. Names travel as text in every event, so that a trace
 * whose beginning was cut off or overwritten still resolves.
 *
 * Conventions
 *   pid, tid   as getpid() and gettid() see them, hence of the process's own PID namespace.
 *   task       task id; 0 is the background task (no task). Ids are unique across processes with
 *              overwhelming probability: 28 random bits a process, 36 bits of counter. A context
 *              may therefore be sent to another process.
 *   seq        number of a region within its thread, counted up from 1 over the thread's life,
 *              wrapping at 2^32. It pairs region_end with region_begin.
 *   ip         return address into the calling function, 0 when unknown. Resolve it with the
 *              `object` events of the same pid. Look up ip - 1 (the call itself).
 *   text       bytes as the program gave them, normally UTF-8, never trusted.
 *   Times      are the event's own (CLOCK_MONOTONIC in LTTng-UST's default clock).
 *
 * Regions belong to their thread and nest; tasks cross threads (and processes).
 *
 * The lists are X-macros: WEFT_EVENT_MAP(X) calls X(NAME, name, FIELDS) once per event, and each
 * FIELDS(F) calls F(field, type) in record order, where type is S32, U8, U32, U64 or STRING.
 * WEFT_EVENT_SAMPLE_MAP(X) does so for the events of samplers, which have one type more: U64_SEQUENCE,
 * an unsigned length and that many U64.
 */
#ifndef WEFT_EVENTS_H
#define WEFT_EVENTS_H

/** LTTng-UST provider; full event names are "weft:task_begin" and so on. */
#define WEFT_EVENTS_PROVIDER "weft"

/** Version of this contract, carried by `process`. Fields may be appended within a version. */
#define WEFT_EVENTS_VERSION 1

/* tables */
/* clang-format off */

/** A task starts. parent: task id or 0. type: groups tasks in reports. */
#define WEFT_EVENT_TASK_BEGIN_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(task, U64) F(parent, U64) F(type, STRING) F(ip, U64)

/** A task ends, on any thread. type: as at begin. error: "" for success, else what went wrong. */
#define WEFT_EVENT_TASK_END_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(task, U64) F(type, STRING) F(error, STRING)

/** A region opens on the emitting thread. */
#define WEFT_EVENT_REGION_BEGIN_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(task, U64) F(seq, U32) F(name, STRING) F(ip, U64)

/** Region `seq` of the emitting thread closes; so do all regions opened inside it. */
#define WEFT_EVENT_REGION_END_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(task, U64) F(seq, U32) F(name, STRING) F(error, STRING)

/** A message with a category (key). */
#define WEFT_EVENT_LOG_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(task, U64) F(category, STRING) F(message, STRING) F(ip, U64)

/** A wrong use of the API, emitted once per kind and call site. kind: enum weft_misuse_kind. */
#define WEFT_EVENT_MISUSE_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(kind, U8) F(name, STRING) F(ip, U64)

/**
 * A thread exists and is called `name`. `subject` is the thread described (the emitter may be
 * another one: the state dump describes all threads). Precedes a thread's first other event of
 * a session when the thread emits it itself.
 */
#define WEFT_EVENT_THREAD_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(subject, S32) F(name, STRING)

/** The emitting thread ends. */
#define WEFT_EVENT_THREAD_END_FIELDS(F) \
	F(pid, S32) F(tid, S32)

/**
 * The process, at session start, after fork and at registration. start_ns: CLOCK_MONOTONIC time
 * of libweft's initialisation (or of the fork); two different values for one pid are two
 * lives of the pid. version: WEFT_EVENTS_VERSION. pid_ns: inode of the PID namespace that all ids
 * of this process's events belong to, 0 unknown; recordings of before 2026-12 lack it.
 */
#define WEFT_EVENT_PROCESS_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(ppid, S32) F(start_ns, U64) F(version, U32) F(exe, STRING) \
	F(cmdline, STRING) F(pid_ns, U32)

/** The process ends normally: its threads end. Nothing tells when it is killed. */
#define WEFT_EVENT_PROCESS_END_FIELDS(F) \
	F(pid, S32) F(tid, S32)

/**
 * A loaded object. base: load bias (run-time address = base + ELF virtual address). start, end:
 * address range [start, end) it covers. build_id: lower-case hex, "" when the object has none.
 */
#define WEFT_EVENT_OBJECT_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(base, U64) F(start, U64) F(end, U64) F(path, STRING) F(build_id, STRING)

/**
 * Resources the emitting thread used since its previous `account` (or since accounting began on
 * it) while it worked for `task`. elapsed_ns: wall time of that interval; cpu_ns: time on a CPU;
 * run_wait_ns: time runnable, waiting for a CPU (UINT64_MAX: the kernel does not tell);
 * nvcsw, nivcsw: voluntary and involuntary context switches. All are differences, so a lost event
 * loses its interval and nothing else.
 */
#define WEFT_EVENT_ACCOUNT_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(task, U64) F(elapsed_ns, U64) F(cpu_ns, U64) F(run_wait_ns, U64) \
	F(nvcsw, U64) F(nivcsw, U64)

/**
 * The emitting thread is about to wait: another one has the lock, or what it waits for has not happened.
 * Only of programs that run with libweft-preload. object: its address (of a thread that is joined: what
 * pthread_create() called it). kind: enum weft_lock_kind. holder: the thread that had the lock a
 * moment ago, 0 unknown or nobody. ip: as above, but no object is described for it.
 */
#define WEFT_EVENT_LOCK_WAIT_BEGIN_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(task, U64) F(object, U64) F(kind, U8) F(holder, S32) F(ip, U64)

/** The wait that the emitting thread began last is over. */
#define WEFT_EVENT_LOCK_WAIT_END_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(task, U64) F(object, U64) F(kind, U8)

#define WEFT_EVENT_MAP(X) \
	X(TASK_BEGIN, task_begin, WEFT_EVENT_TASK_BEGIN_FIELDS) \
	X(TASK_END, task_end, WEFT_EVENT_TASK_END_FIELDS) \
	X(REGION_BEGIN, region_begin, WEFT_EVENT_REGION_BEGIN_FIELDS) \
	X(REGION_END, region_end, WEFT_EVENT_REGION_END_FIELDS) \
	X(LOG, log, WEFT_EVENT_LOG_FIELDS) \
	X(MISUSE, misuse, WEFT_EVENT_MISUSE_FIELDS) \
	X(THREAD, thread, WEFT_EVENT_THREAD_FIELDS) \
	X(THREAD_END, thread_end, WEFT_EVENT_THREAD_END_FIELDS) \
	X(PROCESS, process, WEFT_EVENT_PROCESS_FIELDS) \
	X(PROCESS_END, process_end, WEFT_EVENT_PROCESS_END_FIELDS) \
	X(OBJECT, object, WEFT_EVENT_OBJECT_FIELDS) \
	X(ACCOUNT, account, WEFT_EVENT_ACCOUNT_FIELDS) \
	X(LOCK_WAIT_BEGIN, lock_wait_begin, WEFT_EVENT_LOCK_WAIT_BEGIN_FIELDS) \
	X(LOCK_WAIT_END, lock_wait_end, WEFT_EVENT_LOCK_WAIT_END_FIELDS)

/**
 * A sample of the CPU profile, while one is being taken: the emitting thread had used `cpu_ns` of CPU
 * time since its last sample. pcs: innermost frame first; the first is the interrupted instruction,
 * the others are return addresses. Only from threads that LTTng-UST knows: that began while libweft
 * was there, or have emitted another event.
 */
#define WEFT_EVENT_CPU_SAMPLE_FIELDS(F) \
	F(pid, S32) F(tid, S32) F(task, U64) F(cpu_ns, U64) F(pcs, U64_SEQUENCE)

#define WEFT_EVENT_SAMPLE_MAP(X) \
	X(CPU_SAMPLE, cpu_sample, WEFT_EVENT_CPU_SAMPLE_FIELDS)

/** Kinds of misuse: X(NAME, value, text for reports). */
#define WEFT_MISUSE_MAP(X) \
	X(REGION_OTHER_THREAD, 1, "region ended on another thread than it began on") \
	X(REGION_ORDER, 2, "region ended while regions opened inside it were still open") \
	X(REGION_TWICE, 3, "region ended twice, or after the region around it") \
	X(TASK_TWICE, 4, "task ended twice")

/** What is waited for: X(NAME, value, word for reports). */
#define WEFT_LOCK_KIND_MAP(X) \
	X(MUTEX, 1, "mutex") \
	X(RWLOCK_READ, 2, "read lock") \
	X(RWLOCK_WRITE, 3, "write lock") \
	X(CONDITION, 4, "condition") \
	X(SEMAPHORE, 5, "semaphore") \
	X(BARRIER, 6, "barrier") \
	X(THREAD, 7, "thread")

/* clang-format on */

enum weft_misuse_kind {
#define WEFT_MISUSE_ENUMERATOR(upper, value, text) WEFT_MISUSE_##upper = (value),
	WEFT_MISUSE_MAP(WEFT_MISUSE_ENUMERATOR)
#undef WEFT_MISUSE_ENUMERATOR
};

enum weft_lock_kind {
#define WEFT_LOCK_KIND_ENUMERATOR(upper, value, word) WEFT_LOCK_KIND_##upper = (value),
	WEFT_LOCK_KIND_MAP(WEFT_LOCK_KIND_ENUMERATOR)
#undef WEFT_LOCK_KIND_ENUMERATOR
};

#endif

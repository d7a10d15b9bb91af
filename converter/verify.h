// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: what its parts share.
 *
 * An independent reader: it has nothing in common with the encoder but the file format, so that a
 * misunderstanding on one side shows on the other.
 *
 *     verify.c            files, bytes, the loop over generations
 *     verify-batches.c    header, batches: one generation at a time, grouped by stream
 *     verify-tables.c     strings, stacks, samples, clocks of one generation
 *     verify-events.c     the table of event types; one event out of a batch
 *     verify-order.c      merges the streams; calls the rule of each event
 *     verify-state.c      goroutines, processors, threads, tasks: found, added, bound
 *     verify-procs.c, verify-goroutines.c, verify-ranges.c, verify-spans.c
 *                         the rules, one function an event type
 *     verify-message.c    what is said about a broken rule
 *
 * A rule looks at the state, changes nothing until it is sure, and answers one of three things:
 * WEFT_VERIFY_ADVANCE (the event happened), WEFT_VERIFY_WAIT (it may be its turn once other streams
 * went on), or a negative errno from weft_verify_broken(). Rules that hold in strict mode only go
 * through weft_verify_strict().
 *
 * Ids are 64 bits, all values possible; all ones means "none" as it does in the format. Text is
 * never copied: it points into the trace, which stays mapped for as long as a verifier exists.
 *
 * Threads: one thread at a time per verifier.
 */
#ifndef WEFT_CONVERTER_VERIFY_H
#define WEFT_CONVERTER_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/convert.h>
#include <weft/error.h>

#include "id-map.h"

#define WEFT_VERIFY_NONE          UINT64_MAX
#define WEFT_VERIFY_ARG_COUNT_MAX 4U

enum weft_verify_answer {
	WEFT_VERIFY_WAIT = 0,
	WEFT_VERIFY_ADVANCE = 1,
};

/* The types that code names; verify-events.c has all. */
enum weft_verify_type {
	WEFT_VERIFY_EVENT_BATCH = 1,
	WEFT_VERIFY_STACKS = 2,
	WEFT_VERIFY_STACK = 3,
	WEFT_VERIFY_STRINGS = 4,
	WEFT_VERIFY_STRING = 5,
	WEFT_VERIFY_CPU_SAMPLES = 6,
	WEFT_VERIFY_CPU_SAMPLE = 7,
	WEFT_VERIFY_FREQUENCY = 8,
	WEFT_VERIFY_GO_SWITCH_DESTROY = 46,
	WEFT_VERIFY_GO_CREATE_BLOCKED = 47,
	WEFT_VERIFY_EXPERIMENTAL_BATCH = 49,
	WEFT_VERIFY_SYNC = 50,
	WEFT_VERIFY_CLOCK_SNAPSHOT = 51,
	WEFT_VERIFY_END_OF_GENERATION = 52,
};

/* Numbers as in the file. */
enum weft_verify_go_status {
	WEFT_VERIFY_GO_RUNNABLE = 1,
	WEFT_VERIFY_GO_RUNNING = 2,
	WEFT_VERIFY_GO_SYSCALL = 3,
	WEFT_VERIFY_GO_WAITING = 4,
	WEFT_VERIFY_GO_STATUS_COUNT_,
};

/* Numbers as in the file. */
enum weft_verify_proc_status {
	WEFT_VERIFY_PROC_RUNNING = 1,
	WEFT_VERIFY_PROC_IDLE = 2,
	WEFT_VERIFY_PROC_SYSCALL = 3,
	WEFT_VERIFY_PROC_ABANDONED = 4,
	WEFT_VERIFY_PROC_STATUS_COUNT_,
};

/** Text inside the trace. */
struct weft_verify_string {
	const uint8_t *text;
	size_t len;
};

/** A row of one generation's string or stack table. */
struct weft_verify_entry {
	uint64_t id;
	const uint8_t *bytes; /* Text, or the first frame. */
	uint32_t count;       /* Bytes of text, or frames. */
};

/** Sorted by id once weft_verify_table_sort() ran. Zero-initialised is empty. */
struct weft_verify_table {
	struct weft_verify_entry *entries;
	size_t count, capacity;
};

/** Payload of one batch. */
struct weft_verify_batch {
	const uint8_t *begin, *end;
	uint64_t m, base_tick;
	size_t next; /* Next batch of the same stream; SIZE_MAX: none. */
};

/** One timed event, decoded. */
struct weft_verify_event {
	const uint8_t *at; /* Its first byte. */
	uint64_t m;
	uint64_t dt_ticks;
	uint64_t args[WEFT_VERIFY_ARG_COUNT_MAX];
	uint8_t type;
};

struct weft_verify_region {
	uint64_t task;
	struct weft_verify_string name;
};

/** Grows; zero-initialised is empty. */
struct weft_verify_regions {
	struct weft_verify_region *items;
	size_t count, capacity;
};

struct weft_verify_goroutine {
	uint64_t id;
	uint8_t status;
	bool is_alive; /* Dead ones stay in strict mode only, to notice an id used again. */
	bool has_assist;
	uint64_t seq_generation, seq;
	uint64_t mention_ordinal; /* Last generation with a status or the creation. */
	uint64_t m;               /* Where it executes; none unless bound. */
	struct weft_verify_regions regions;
	struct weft_verify_regions stops; /* Open stop-the-world ranges; the name is the kind. */
};

struct weft_verify_proc {
	uint64_t id;
	uint8_t status;
	bool has_sweep;
	uint64_t seq_generation, seq;
	uint64_t mention_ordinal;
	uint64_t m;
};

/** What a stream holds; the no-thread stream has none of these. */
struct weft_verify_thread {
	uint64_t m;
	uint64_t p, g;
};

/** One stream of the generation at hand. */
struct weft_verify_cursor {
	uint64_t m;
	size_t first_batch, last_batch;
	size_t batch; /* The one being read; SIZE_MAX: at the end. */
	const uint8_t *at;
	uint64_t time_ns;
	struct weft_verify_thread
		*thread; /* NULL until its first event is tried, and for no thread. */
	struct weft_verify_event event;
};

struct weft_verify_generation {
	uint64_t number;
	uint64_t ordinal; /* 1, 2, ... whatever the numbers in the file are. */
	bool has_frequency;
	double ns_per_tick;
	size_t event_batch_count;
	size_t first_samples, last_samples; /* Batches of samples, a list; SIZE_MAX: none. */
	struct weft_verify_batch *batches;
	size_t batch_count, batch_capacity;
	struct weft_verify_cursor *cursors;
	size_t cursor_count, cursor_capacity;
	struct weft_id_map cursor_indices; /* m → index + 1. */
	struct weft_verify_table strings, stacks;
	size_t mentioned_count; /* Live goroutines mentioned in it. */
};

enum weft_verify_gc {
	WEFT_VERIFY_GC_UNKNOWN,
	WEFT_VERIFY_GC_OFF,
	WEFT_VERIFY_GC_ON,
};

struct weft_verify_clock {
	uint64_t mono_ns, wall_s, wall_ns;
	bool is_known;
};

struct weft_verify_text {
	char *bytes;
	size_t size, len;
};

struct weft_verify {
	const uint8_t *bytes, *end;
	const uint8_t *at; /* The next batch. */
	bool strict;
	struct weft_verify_result *result;
	struct weft_error *err;

	struct weft_verify_generation generation;

	uint64_t
		key_seed; /* Ids are scrambled with it, so that no file can choose hash collisions. */
	struct weft_id_map goroutines, procs, threads, tasks;
	size_t object_count; /* Of everything that grows with the trace and outlives a generation. */
	size_t live_count;   /* Goroutines. */
	uint64_t effort, effort_max;
	enum weft_verify_gc gc;
	uint64_t gc_seq;
	struct weft_verify_clock clock;
	uint64_t procs_value;    /* Largest of ProcsChange. */
	uint64_t range_proc_end; /* Largest id of a processor with ranges, plus one. */

	struct weft_verify_text *reason; /* Where a waiting rule says why; NULL: nobody asks. */
};

/* ---- verify-events.c ---- */

struct weft_verify_rule_call {
	struct weft_verify *verify;
	const struct weft_verify_event *event;
	struct weft_verify_thread *thread; /* NULL: the no-thread stream. */
	struct weft_verify_thread before;  /* Copy; all "none" on the no-thread stream. */
};

typedef int (*weft_verify_rule)(const struct weft_verify_rule_call *call);

struct weft_verify_type_row {
	const char *name;
	const char *arg_names[WEFT_VERIFY_ARG_COUNT_MAX];
	weft_verify_rule rule; /* NULL: not a timed event. */
	uint8_t arg_count;     /* Without the time delta. */
	uint8_t version;       /* First format that has it. */
	uint8_t stack_args;    /* Bit i: args[i] is a stack id. */
	uint8_t string_args;
};

/** NULL: no such type. */
const struct weft_verify_type_row *weft_verify_type_find(unsigned type);
/** Reads one unsigned LEB128 number, padded or not. False: cut short or over 64 bits. */
bool weft_verify_take_uvarint(const uint8_t **at, const uint8_t *end, uint64_t *ret_value);
/** Decodes the event at *at, which is below `end`, and moves *at behind it. */
WEFT_MUST_CHECK int weft_verify_take_event(struct weft_verify *verify, const uint8_t **at,
					   const uint8_t *end, struct weft_verify_event *ret_event);

/* ---- verify-batches.c ---- */

/** The file's header. */
WEFT_MUST_CHECK int weft_verify_header(struct weft_verify *verify);
/**
 * Loads the next generation and checks its tables.
 *
 * @return 1: loaded; 0: the trace ended before it; negative errno.
 */
WEFT_MUST_CHECK int weft_verify_load(struct weft_verify *verify);
void weft_verify_generation_fini(struct weft_verify_generation *generation);

/* ---- verify-tables.c ---- */

/* Each reads the payload of one table batch, after its first byte. */
WEFT_MUST_CHECK int weft_verify_table_strings(struct weft_verify *verify,
					      const struct weft_verify_batch *batch);
WEFT_MUST_CHECK int weft_verify_table_stacks(struct weft_verify *verify,
					     const struct weft_verify_batch *batch);
WEFT_MUST_CHECK int weft_verify_table_frequency(struct weft_verify *verify,
						const struct weft_verify_batch *batch);
WEFT_MUST_CHECK int weft_verify_table_sync(struct weft_verify *verify,
					   const struct weft_verify_batch *batch);
/** Checks samples; the stack table must be complete. */
WEFT_MUST_CHECK int weft_verify_table_samples(struct weft_verify *verify,
					      const struct weft_verify_batch *batch);
/** Once all batches are read: sorts, finds duplicates, and follows the references of frames. */
WEFT_MUST_CHECK int weft_verify_tables_finish(struct weft_verify *verify);
/** False: not in the table. Id 0 is always there: the empty string. */
bool weft_verify_string_find(const struct weft_verify *verify, uint64_t id,
			     struct weft_verify_string *ret_string);
bool weft_verify_stack_is_known(const struct weft_verify *verify, uint64_t id);
bool weft_verify_string_equal(struct weft_verify_string a, struct weft_verify_string b);

/* ---- verify-order.c ---- */

/** Handles all events of the loaded generation. */
WEFT_MUST_CHECK int weft_verify_order(struct weft_verify *verify);
/** The file's time in nanoseconds, rounded as readers do it. */
uint64_t weft_verify_time(const struct weft_verify *verify, uint64_t ticks);

/* ---- verify-state.c ---- */

void weft_verify_state_fini(struct weft_verify *verify);
/** Scrambled id: the key of all maps. */
uint64_t weft_verify_key(const struct weft_verify *verify, uint64_t id);
/** Counts one more object that outlives its generation. -E2BIG when there are too many. */
WEFT_MUST_CHECK int weft_verify_count_object(struct weft_verify *verify);
/** Counts work that a hostile trace could ask for without end. -E2BIG beyond all reason. */
WEFT_MUST_CHECK int weft_verify_charge(struct weft_verify *verify, uint64_t steps);

/** NULL: unknown or gone. */
struct weft_verify_goroutine *weft_verify_goroutine_find(const struct weft_verify *verify,
							 uint64_t id);
/** Adds one that is not there; its sequence starts. */
WEFT_MUST_CHECK int weft_verify_goroutine_add(const struct weft_verify_rule_call *call, uint64_t id,
					      uint8_t status);
/** A status or creation in this generation: sequence 0. */
void weft_verify_goroutine_mention(struct weft_verify *verify,
				   struct weft_verify_goroutine *goroutine);
void weft_verify_goroutine_remove(struct weft_verify *verify,
				  struct weft_verify_goroutine *goroutine);
struct weft_verify_proc *weft_verify_proc_find(const struct weft_verify *verify, uint64_t id);
WEFT_MUST_CHECK int weft_verify_proc_add(struct weft_verify *verify, uint64_t id, uint8_t status);
struct weft_verify_thread *weft_verify_thread_find(const struct weft_verify *verify, uint64_t m);
/** -ENOMEM, -E2BIG; otherwise *ret_thread is the one that is there or a new one. */
WEFT_MUST_CHECK int weft_verify_thread_get(struct weft_verify *verify, uint64_t m,
					   struct weft_verify_thread **ret_thread);
/** Makes a thread hold a goroutine or processor, or none. A NULL thread holds nothing. */
void weft_verify_bind_goroutine(struct weft_verify *verify, struct weft_verify_thread *thread,
				uint64_t g);
void weft_verify_bind_proc(struct weft_verify *verify, struct weft_verify_thread *thread,
			   uint64_t p);
/** True when `seq` of this generation comes right after the stored number. */
bool weft_verify_is_next(const struct weft_verify *verify, uint64_t stored_generation,
			 uint64_t stored_seq, uint64_t seq);
WEFT_MUST_CHECK int weft_verify_push(struct weft_verify *verify,
				     struct weft_verify_regions *regions,
				     const struct weft_verify_region *region);
/** -EBADMSG in strict mode when a live goroutine was not mentioned in this generation. */
WEFT_MUST_CHECK int weft_verify_check_mentions(struct weft_verify *verify);

/* ---- What the rules ask of the emitting thread ---- */

/** A real thread; then also a processor; then also a goroutine. 0 or -EBADMSG. */
WEFT_MUST_CHECK int weft_verify_need_thread(const struct weft_verify_rule_call *call);
WEFT_MUST_CHECK int weft_verify_need_proc(const struct weft_verify_rule_call *call);
WEFT_MUST_CHECK int weft_verify_need_user(const struct weft_verify_rule_call *call);
WEFT_MUST_CHECK int weft_verify_need_no_goroutine(const struct weft_verify_rule_call *call);
/** As weft_verify_need_user(), and hands out the goroutine, which must be in that status. */
WEFT_MUST_CHECK int weft_verify_need_goroutine(const struct weft_verify_rule_call *call,
					       uint8_t status,
					       struct weft_verify_goroutine **ret_goroutine);
/** As weft_verify_need_user(), and hands out the goroutine, whatever its status. */
WEFT_MUST_CHECK int weft_verify_need_any(const struct weft_verify_rule_call *call,
					 struct weft_verify_goroutine **ret_goroutine);
/** The thread's goroutine, with a thread but not necessarily a processor. */
WEFT_MUST_CHECK int weft_verify_current_goroutine(const struct weft_verify_rule_call *call,
						  uint8_t status,
						  struct weft_verify_goroutine **ret_goroutine);
/** The string of args[i]; its existence was checked before the rule ran. */
struct weft_verify_string weft_verify_arg_string(const struct weft_verify_rule_call *call,
						 unsigned arg);

/* ---- Rules, by number of the event type ---- */

int weft_verify_procs_change(const struct weft_verify_rule_call *call);
int weft_verify_proc_start(const struct weft_verify_rule_call *call);
int weft_verify_proc_stop(const struct weft_verify_rule_call *call);
int weft_verify_proc_steal(const struct weft_verify_rule_call *call);
int weft_verify_proc_state(const struct weft_verify_rule_call *call);

int weft_verify_go_create(const struct weft_verify_rule_call *call);
int weft_verify_go_create_syscall(const struct weft_verify_rule_call *call);
int weft_verify_go_start(const struct weft_verify_rule_call *call);
int weft_verify_go_destroy(const struct weft_verify_rule_call *call);
int weft_verify_go_destroy_syscall(const struct weft_verify_rule_call *call);
int weft_verify_go_stop(const struct weft_verify_rule_call *call);
int weft_verify_go_block(const struct weft_verify_rule_call *call);
int weft_verify_go_unblock(const struct weft_verify_rule_call *call);
int weft_verify_go_syscall_begin(const struct weft_verify_rule_call *call);
int weft_verify_go_syscall_end(const struct weft_verify_rule_call *call);
int weft_verify_go_syscall_end_blocked(const struct weft_verify_rule_call *call);
int weft_verify_go_state(const struct weft_verify_rule_call *call);
int weft_verify_go_switch(const struct weft_verify_rule_call *call);

int weft_verify_stw_begin(const struct weft_verify_rule_call *call);
int weft_verify_stw_end(const struct weft_verify_rule_call *call);
int weft_verify_gc_active(const struct weft_verify_rule_call *call);
int weft_verify_gc_begin(const struct weft_verify_rule_call *call);
int weft_verify_gc_end(const struct weft_verify_rule_call *call);
int weft_verify_sweep_active(const struct weft_verify_rule_call *call);
int weft_verify_sweep_begin(const struct weft_verify_rule_call *call);
int weft_verify_sweep_end(const struct weft_verify_rule_call *call);
int weft_verify_assist_active(const struct weft_verify_rule_call *call);
int weft_verify_assist_begin(const struct weft_verify_rule_call *call);
int weft_verify_assist_end(const struct weft_verify_rule_call *call);
int weft_verify_heap_metric(const struct weft_verify_rule_call *call);
int weft_verify_allocation(const struct weft_verify_rule_call *call);

int weft_verify_go_label(const struct weft_verify_rule_call *call);
int weft_verify_task_begin(const struct weft_verify_rule_call *call);
int weft_verify_task_end(const struct weft_verify_rule_call *call);
int weft_verify_region_begin(const struct weft_verify_rule_call *call);
int weft_verify_region_end(const struct weft_verify_rule_call *call);
int weft_verify_log(const struct weft_verify_rule_call *call);

/* ---- verify-message.c ---- */

void weft_verify_text_add(struct weft_verify_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** A rule broken by an event; the message ends with the state of all that the event names. */
int weft_verify_broken(const struct weft_verify_rule_call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** A rule broken by the bytes at `at`. @return -EBADMSG. */
int weft_verify_broken_bytes(struct weft_verify *verify, const uint8_t *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** As weft_verify_broken() in strict mode; otherwise 0. */
WEFT_MUST_CHECK int weft_verify_strict(const struct weft_verify_rule_call *call, const char *format,
				       ...) __attribute__((format(printf, 2, 3)));
/** The event waits; says why when somebody asks. @return WEFT_VERIFY_WAIT. */
int weft_verify_wait(const struct weft_verify_rule_call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** `GoStart(g=1, g_seq=2)`. */
void weft_verify_text_event(struct weft_verify_text *text, const struct weft_verify_event *event);
/** `G 1 Running, seq 3 of generation 1, on stream 2`. */
void weft_verify_text_goroutine(struct weft_verify_text *text, const struct weft_verify *verify,
				uint64_t id);
void weft_verify_text_proc(struct weft_verify_text *text, const struct weft_verify *verify,
			   uint64_t id);
/** Goroutine and processor of the emitting thread, and those among the arguments. */
void weft_verify_text_state(struct weft_verify_text *text,
			    const struct weft_verify_rule_call *call);
const char *weft_verify_go_status_name(uint8_t status);
const char *weft_verify_proc_status_name(uint8_t status);

#endif

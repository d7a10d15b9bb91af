// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * babeltrace2 event messages → normalised events. See decode.h.
 *
 * Each known event is a row of a table: its name, its kind, and where each of its fields goes in
 * struct weft_event. A plan binds such a row to an event class of the trace at hand.
 */
#include "decode.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <weft/events.h>

#include "id-map.h"

#define FIELD_COUNT_MAX 10U
/* System calls by number: from -2 (unknown) and -1 (none) on. */
#define SYSCALL_COUNT  1024
#define SYSCALL_OFFSET 2
/* Of a field that the trace does not have. */
#define INDEX_MISSING UINT64_MAX

/* How a field is stored in struct weft_event. */
enum field_type {
	TYPE_S32,
	TYPE_U8,
	TYPE_U32,
	TYPE_U64,
	TYPE_S64,
	TYPE_STRING,
	TYPE_U64_SEQUENCE, /* Into a text: the bytes of its numbers. */
	TYPE_LAST,         /* Array of integers, of which the last; into an int32_t. */
	TYPE_BYTE,         /* Into a uint8_t. */
	TYPE_SYSCALL, /* Enumeration whose labels name system calls, into a weft_syscall_index. */
};

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	bool optional;  /* Weft's additions to LTTng's events: other tracers lack them. */
	int32_t absent; /* Value of an optional field that is not there. */
};

struct known_event {
	const char *name;
	enum weft_event_kind kind;
	const struct field *fields;
	size_t field_count;
	void (*finish)(struct weft_event *event); /* What a table cannot say; NULL: nothing. */
};

/* ---- The contract's events ---- */

#define AT(member)            offsetof(struct weft_event, member)
#define AT_pid(event)         AT(pid)
#define AT_tid(event)         AT(tid)
#define AT_task(event)        AT(event.task)
#define AT_parent(event)      AT(event.parent)
#define AT_type(event)        AT(event.type)
#define AT_error(event)       AT(event.error)
#define AT_ip(event)          AT(event.ip)
#define AT_seq(event)         AT(event.seq)
#define AT_name(event)        AT(event.name)
#define AT_category(event)    AT(event.category)
#define AT_message(event)     AT(event.message)
#define AT_kind(event)        AT(event.kind)
#define AT_subject(event)     AT(event.subject)
#define AT_ppid(event)        AT(event.ppid)
#define AT_start_ns(event)    AT(event.start_ns)
#define AT_version(event)     AT(event.version)
#define AT_exe(event)         AT(event.exe)
#define AT_pid_ns(event)      AT(event.pid_ns)
#define AT_cmdline(event)     AT(event.cmdline)
#define AT_base(event)        AT(event.base)
#define AT_start(event)       AT(event.start)
#define AT_end(event)         AT(event.end)
#define AT_path(event)        AT(event.path)
#define AT_build_id(event)    AT(event.build_id)
#define AT_elapsed_ns(event)  AT(event.elapsed_ns)
#define AT_cpu_ns(event)      AT(event.cpu_ns)
#define AT_run_wait_ns(event) AT(event.run_wait_ns)
#define AT_nvcsw(event)       AT(event.nvcsw)
#define AT_nivcsw(event)      AT(event.nivcsw)
#define AT_pcs(event)         AT(event.pcs)
#define AT_object(event)      AT(event.object)
#define AT_holder(event)      AT(event.holder)

/* One table of fields an event; MEMBER is the member of struct weft_event's union. */
#define FIELD_ROW(field, type) {#field, TYPE_##type, AT_##field(MEMBER), false, 0},

#define MEMBER task_begin
static const struct field fields_task_begin[] = {WEFT_EVENT_TASK_BEGIN_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER task_end
static const struct field fields_task_end[] = {WEFT_EVENT_TASK_END_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER region_begin
static const struct field fields_region_begin[] = {WEFT_EVENT_REGION_BEGIN_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER region_end
static const struct field fields_region_end[] = {WEFT_EVENT_REGION_END_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER log
static const struct field fields_log[] = {WEFT_EVENT_LOG_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER misuse
static const struct field fields_misuse[] = {WEFT_EVENT_MISUSE_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER thread
static const struct field fields_thread[] = {WEFT_EVENT_THREAD_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER thread_end
static const struct field fields_thread_end[] = {WEFT_EVENT_THREAD_END_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER process
static const struct field fields_process[] = {WEFT_EVENT_PROCESS_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER process_end
static const struct field fields_process_end[] = {WEFT_EVENT_PROCESS_END_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER object
static const struct field fields_object[] = {WEFT_EVENT_OBJECT_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER account
static const struct field fields_account[] = {WEFT_EVENT_ACCOUNT_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER cpu_sample
static const struct field fields_cpu_sample[] = {WEFT_EVENT_CPU_SAMPLE_FIELDS(FIELD_ROW)};
#undef MEMBER
#define MEMBER lock_wait
static const struct field fields_lock_wait_begin[] = {WEFT_EVENT_LOCK_WAIT_BEGIN_FIELDS(FIELD_ROW)};
static const struct field fields_lock_wait_end[] = {WEFT_EVENT_LOCK_WAIT_END_FIELDS(FIELD_ROW)};
#undef MEMBER

/* ---- The kernel's events, as the LTTng kernel tracer names them ---- */

#define FIELD(name, type, member)                                                                  \
	{                                                                                          \
		name, TYPE_##type, AT(member), false, 0                                            \
	}
#define ADDED_FIELD(name, type, member, absent)                                                    \
	{                                                                                          \
		name, TYPE_##type, AT(member), true, absent                                        \
	}

static const struct field fields_sched_switch[] = {
	FIELD("prev_comm", STRING, sched_switch.prev_name),
	FIELD("prev_tid", S32, sched_switch.prev),
	FIELD("prev_state", S64, sched_switch.state),
	FIELD("next_comm", STRING, sched_switch.next_name),
	FIELD("next_tid", S32, sched_switch.next),
	ADDED_FIELD("prev_syscall", SYSCALL, sched_switch.wait.syscall, WEFT_SYSCALL_UNKNOWN),
	ADDED_FIELD("prev_object", BYTE, sched_switch.wait.object, WEFT_WAIT_OBJECT_UNKNOWN),
	ADDED_FIELD("prev_arg", U64, sched_switch.wait.arg, 0),
};

static const struct field fields_sched_waking[] = {
	FIELD("tid", S32, waking.subject),
	FIELD("target_cpu", S32, waking.target_cpu),
	ADDED_FIELD("waker_tid", S32, waking.waker, -1),
	ADDED_FIELD("context", U32, waking.context, WEFT_WAKE_BY_UNKNOWN),
};

static const struct field fields_sched_fork[] = {
	FIELD("parent_tid", S32, tid),
	ADDED_FIELD("parent_pid", S32, fork.parent_pid, 0),
	FIELD("child_tid", S32, fork.subject),
	FIELD("child_comm", STRING, fork.name),
	ADDED_FIELD("child_pid", S32, fork.subject_pid, 0),
	ADDED_FIELD("vtids", LAST, fork.vtid, 0),
	ADDED_FIELD("child_ns_inum", U32, fork.ns_inum, 0),
};

static const struct field fields_sched_exit[] = {
	FIELD("tid", S32, exit.subject),
};

static const struct field fields_sched_exec[] = {
	FIELD("tid", S32, comm.subject),
	FIELD("filename", STRING, comm.name),
};

static const struct field fields_task_rename[] = {
	FIELD("tid", S32, comm.subject),
	FIELD("newcomm", STRING, comm.name),
};

static const struct field fields_vm_map[] = {
	FIELD("pid", S32, mapping.subject_pid),
	FIELD("start", U64, mapping.start),
	FIELD("end", U64, mapping.end),
	FIELD("pgoff", U64, mapping.offset),
	ADDED_FIELD("path", STRING, mapping.path, 0),
	ADDED_FIELD("build_id", STRING, mapping.build_id, 0),
};

static const struct field fields_process_state[] = {
	FIELD("tid", S32, thread_state.subject),
	FIELD("pid", S32, thread_state.subject_pid),
	FIELD("ppid", S32, thread_state.ppid),
	FIELD("name", STRING, thread_state.name),
	ADDED_FIELD("vtid", S32, thread_state.vtid, 0),
	ADDED_FIELD("ns_inum", U32, thread_state.ns_inum, 0),
	FIELD("status", S32, thread_state.status),
	ADDED_FIELD("syscall", SYSCALL, thread_state.wait.syscall, WEFT_SYSCALL_UNKNOWN),
	ADDED_FIELD("object", BYTE, thread_state.wait.object, WEFT_WAIT_OBJECT_UNKNOWN),
	ADDED_FIELD("arg", U64, thread_state.wait.arg, 0),
};

/*
 * Bits of prev_state, from the kernel's task state report: 0 running; 1 interruptible; 2
 * uninterruptible; 4 stopped; 8 traced; 16 and 32 exit states; 64 parked; 128 idle (a kernel thread
 * without work). A preempted thread shows as 0, or as one bit above all those that the kernel
 * reports (256 or 4096, by version).
 */
static void finish_switch(struct weft_event *event)
{
	int64_t state = event->sched_switch.state;

	if (state == 0 || state == 256 || state == 4096) {
		event->sched_switch.reason = WEFT_SWITCH_PREEMPTED;
	} else if (state & (16 | 32)) {
		event->sched_switch.reason = WEFT_SWITCH_EXITED;
	} else if (state & (4 | 8)) {
		event->sched_switch.reason = WEFT_SWITCH_STOPPED;
	} else if (state & (2 | 64 | 128)) {
		event->sched_switch.reason = WEFT_SWITCH_UNINTERRUPTIBLE;
	} else {
		event->sched_switch.reason = WEFT_SWITCH_BLOCKED;
	}
}

/* WAIT, of the states that the LTTng kernel tracer dumps. */
static void finish_process_state(struct weft_event *event)
{
	event->thread_state.is_asleep = event->thread_state.status == 5;
}

static void finish_softirq(struct weft_event *event)
{
	event->irq.is_soft = 1;
}

static void finish_irq(struct weft_event *event)
{
	event->irq.is_soft = 0;
}

/* A program is called like the last part of its path, of which the kernel keeps 15 bytes. */
static void finish_exec(struct weft_event *event)
{
	struct weft_text *name = &event->comm.name;
	const char *slash = (const char *)memrchr(name->text, '/', name->len);

	if (slash) {
		name->len -= (uint32_t)(slash + 1 - name->text);
		name->text = slash + 1;
	}
	if (name->len > 15) {
		name->len = 15;
	}
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CONTRACT_ROW(upper, lower, fields)                                                         \
	{WEFT_EVENTS_PROVIDER ":" #lower, WEFT_EVENT_##upper, fields_##lower,                      \
	 COUNT(fields_##lower), NULL},

static const struct known_event known_events[] = {
	WEFT_EVENT_MAP(CONTRACT_ROW) WEFT_EVENT_SAMPLE_MAP(CONTRACT_ROW)
#define KERNEL_ROW(name, kind, fields, finish)                                                     \
	{                                                                                          \
		name, WEFT_EVENT_##kind, fields, COUNT(fields), finish                             \
	}
		KERNEL_ROW("sched_switch", SWITCH, fields_sched_switch, finish_switch),
	KERNEL_ROW("sched_waking", WAKING, fields_sched_waking, NULL),
	KERNEL_ROW("sched_wakeup", WAKING, fields_sched_waking, NULL),
	KERNEL_ROW("sched_wakeup_new", WAKING, fields_sched_waking, NULL),
	KERNEL_ROW("sched_process_fork", FORK, fields_sched_fork, NULL),
	KERNEL_ROW("sched_process_exit", EXIT, fields_sched_exit, NULL),
	KERNEL_ROW("sched_process_exec", COMM, fields_sched_exec, finish_exec),
	KERNEL_ROW("task_rename", COMM, fields_task_rename, NULL),
	KERNEL_ROW("lttng_statedump_process_state", THREAD_STATE, fields_process_state,
		   finish_process_state),
	KERNEL_ROW("lttng_statedump_vm_map", MAPPING, fields_vm_map, NULL),
	{"lttng_statedump_end", WEFT_EVENT_DUMP_END, NULL, 0, NULL},
	{"irq_handler_entry", WEFT_EVENT_IRQ_ENTRY, NULL, 0, finish_irq},
	{"irq_handler_exit", WEFT_EVENT_IRQ_EXIT, NULL, 0, finish_irq},
	{"x86_irq_vectors_local_timer_entry", WEFT_EVENT_IRQ_ENTRY, NULL, 0, finish_irq},
	{"x86_irq_vectors_local_timer_exit", WEFT_EVENT_IRQ_EXIT, NULL, 0, finish_irq},
	{"irq_softirq_entry", WEFT_EVENT_IRQ_ENTRY, NULL, 0, finish_softirq},
	{"irq_softirq_exit", WEFT_EVENT_IRQ_EXIT, NULL, 0, finish_softirq},
};

/* Events whose name goes on with that of the system call. */
static const struct known_event syscall_entry = {"syscall_entry_", WEFT_EVENT_SYSCALL_ENTRY, NULL,
						 0, NULL};
static const struct known_event syscall_exit = {"syscall_exit_", WEFT_EVENT_SYSCALL_EXIT, NULL, 0,
						NULL};

/* ---- Plans ---- */

/* Where a trace has call chains, if it has: as context of its events, or of one kind of them. */
enum chain_scope { CHAIN_NONE, CHAIN_OF_EVENT, CHAIN_OF_STREAM };

struct plan {
	const struct known_event *known; /* NULL: of no interest. */
	enum chain_scope chain_scope;
	uint64_t chain_index; /* Of the field there. */
	bool chain_is_signed;
	uint64_t indexes[FIELD_COUNT_MAX];
	bool is_signed[FIELD_COUNT_MAX];
	weft_syscall_index
		*syscalls; /* Value + SYSCALL_OFFSET → system call; NULL: no such field. */
	weft_syscall_index syscall;        /* Of the events of one system call. */
	const bt_event_class *event_class; /* Strong: keeps the address from being given anew. */
};

struct weft_decoder {
	struct weft_id_map plans; /* Event class → plan. */
	struct weft_id_map cpus;  /* Stream → CPU + 2: LTTng writes one stream a CPU. */
};

struct weft_decoder *weft_decoder_create(void)
{
	return (struct weft_decoder *)calloc(1, sizeof(struct weft_decoder));
}

void weft_decoder_destroy(struct weft_decoder *decoder)
{
	size_t i;

	if (!decoder) {
		return;
	}
	for (i = 0; i < decoder->plans.slot_count; i++) {
		struct plan *plan = (struct plan *)decoder->plans.slots[i].value;

		if (plan) {
			bt_event_class_put_ref(plan->event_class);
			free(plan->syscalls);
			free(plan);
		}
	}
	weft_id_map_fini(&decoder->plans);
	weft_id_map_fini(&decoder->cpus);
	free(decoder);
}

static bool is_integer(const bt_field_class *class, bool *ret_is_signed)
{
	bt_field_class_type type = bt_field_class_get_type(class);

	*ret_is_signed = bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER);
	return *ret_is_signed || bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER);
}

static bool matches(enum field_type type, const bt_field_class *class, bool *ret_is_signed)
{
	bt_field_class_type class_type = bt_field_class_get_type(class);

	if (type == TYPE_STRING) {
		return class_type == BT_FIELD_CLASS_TYPE_STRING;
	}
	if (type == TYPE_LAST || type == TYPE_U64_SEQUENCE) {
		return bt_field_class_type_is(class_type, BT_FIELD_CLASS_TYPE_ARRAY) &&
		       is_integer(bt_field_class_array_borrow_element_field_class_const(class),
				  ret_is_signed);
	}
	return is_integer(class, ret_is_signed);
}

static const char *type_name(enum field_type type)
{
	switch (type) {
	case TYPE_STRING:
		return "text";
	case TYPE_LAST:
	case TYPE_U64_SEQUENCE:
		return "integers";
	default:
		return "integer";
	}
}

/* Fields that Weft or later LTTng versions added: a trace without them is as good. */
static bool is_added(const struct known_event *known, const struct field *field)
{
	return field->optional ||
	       (known->kind == WEFT_EVENT_PROCESS && strcmp(field->name, "pid_ns") == 0);
}

/* What the values of an enumeration are called. Plain integers and damaged ranges stay unknown. */
static int bind_syscalls(struct plan *plan, const bt_field_class *class)
{
	uint64_t count;
	uint64_t i;

	plan->syscalls = (weft_syscall_index *)calloc(SYSCALL_COUNT,
						      sizeof(plan->syscalls[0])); /* Unknown. */
	if (!plan->syscalls) {
		return -ENOMEM;
	}
	if (bt_field_class_get_type(class) != BT_FIELD_CLASS_TYPE_SIGNED_ENUMERATION) {
		return 0;
	}
	count = bt_field_class_enumeration_get_mapping_count(class);
	for (i = 0; i < count; i++) {
		const bt_field_class_enumeration_signed_mapping *mapping =
			bt_field_class_enumeration_signed_borrow_mapping_by_index_const(class, i);
		const bt_integer_range_signed *range =
			bt_integer_range_set_signed_borrow_range_by_index_const(
				bt_field_class_enumeration_signed_mapping_borrow_ranges_const(
					mapping),
				0);
		int64_t value = bt_integer_range_signed_get_lower(range);

		if (value >= -SYSCALL_OFFSET && value < SYSCALL_COUNT - SYSCALL_OFFSET) {
			plan->syscalls[value + SYSCALL_OFFSET] =
				weft_wait_find_syscall(bt_field_class_enumeration_mapping_get_label(
					bt_field_class_enumeration_signed_mapping_as_mapping_const(
						mapping)));
		}
	}
	return 0;
}

static int bind_field(struct plan *plan, size_t at, const bt_field_class *payload,
		      struct weft_error *err)
{
	const struct field *field = &plan->known->fields[at];
	uint64_t count = bt_field_class_structure_get_member_count(payload);
	uint64_t i;

	for (i = 0; i < count; i++) {
		const bt_field_class_structure_member *member =
			bt_field_class_structure_borrow_member_by_index_const(payload, i);
		const bt_field_class *member_class =
			bt_field_class_structure_member_borrow_field_class_const(member);

		if (strcmp(bt_field_class_structure_member_get_name(member), field->name) != 0) {
			continue;
		}
		if (!matches(field->type, member_class, &plan->is_signed[at])) {
			if (is_added(plan->known, field)) {
				break;
			}
			return weft_error_set(
				err, -EPROTO, "event '%s': field '%s' has another type than %s",
				plan->known->name, field->name, type_name(field->type));
		}
		plan->indexes[at] = i;
		return field->type == TYPE_SYSCALL && bind_syscalls(plan, member_class) < 0
			       ? weft_error_set(err, -ENOMEM, "out of memory")
			       : 0;
	}
	if (is_added(plan->known, field)) {
		plan->indexes[at] = INDEX_MISSING;
		return 0;
	}
	return weft_error_set(err, -EPROTO, "event '%s': field '%s' missing", plan->known->name,
			      field->name);
}

static void bind_name(struct plan *plan, const char *name)
{
	static const struct known_event *const families[] = {&syscall_entry, &syscall_exit};
	size_t i;

	for (i = 0; i < COUNT(known_events); i++) {
		if (strcmp(name, known_events[i].name) == 0) {
			plan->known = &known_events[i];
			return;
		}
	}
	for (i = 0; i < COUNT(families); i++) {
		size_t len = strlen(families[i]->name);

		if (strncmp(name, families[i]->name, len) == 0) {
			plan->known = families[i];
			plan->syscall = weft_wait_find_syscall(name + len);
			return;
		}
	}
}

static void bind_chain(struct plan *plan, enum chain_scope scope, const bt_field_class *context)
{
	uint64_t count = context ? bt_field_class_structure_get_member_count(context) : 0;
	uint64_t i;

	for (i = 0; i < count && plan->chain_scope == CHAIN_NONE; i++) {
		const bt_field_class_structure_member *member =
			bt_field_class_structure_borrow_member_by_index_const(context, i);

		if (strcmp(bt_field_class_structure_member_get_name(member), "callstack_user") ==
			    0 &&
		    matches(TYPE_U64_SEQUENCE,
			    bt_field_class_structure_member_borrow_field_class_const(member),
			    &plan->chain_is_signed)) {
			plan->chain_scope = scope;
			plan->chain_index = i;
		}
	}
}

static int bind_plan(struct plan *plan, const bt_event_class *event_class, struct weft_error *err)
{
	const bt_field_class *payload =
		bt_event_class_borrow_payload_field_class_const(event_class);
	const char *name = bt_event_class_get_name(event_class);
	size_t i;

	plan->event_class = event_class;
	bt_event_class_get_ref(event_class);
	if (name) {
		bind_name(plan, name);
	}
	if (plan->known && plan->known->kind == WEFT_EVENT_SWITCH) {
		bind_chain(plan, CHAIN_OF_EVENT,
			   bt_event_class_borrow_specific_context_field_class_const(event_class));
		bind_chain(plan, CHAIN_OF_STREAM,
			   bt_stream_class_borrow_event_common_context_field_class_const(
				   bt_event_class_borrow_stream_class_const(event_class)));
	}
	for (i = 0; plan->known && i < plan->known->field_count; i++) {
		int ret = payload ? bind_field(plan, i, payload, err)
				  : weft_error_set(err, -EPROTO, "event '%s': no fields", name);

		if (ret < 0) {
			return ret;
		}
	}
	return 0;
}

static int get_plan(struct weft_decoder *decoder, const bt_event_class *event_class,
		    const struct plan **ret_plan, struct weft_error *err)
{
	uint64_t key = (uint64_t)(uintptr_t)event_class;
	struct plan *plan = (struct plan *)weft_id_map_find(&decoder->plans, key);
	int ret;

	if (!plan) {
		plan = (struct plan *)calloc(1, sizeof(*plan));
		if (!plan || weft_id_map_put(&decoder->plans, key, plan) < 0) {
			free(plan);
			return weft_error_set(err, -ENOMEM, "out of memory");
		}
		ret = bind_plan(plan, event_class, err);
		if (ret < 0) {
			return ret;
		}
	}
	*ret_plan = plan;
	return 0;
}

/* ---- Events ---- */

static int32_t cpu_of_packet(const bt_packet *packet)
{
	const bt_field *context = packet ? bt_packet_borrow_context_field_const(packet) : NULL;
	const bt_field *field =
		context ? bt_field_structure_borrow_member_field_by_name_const(context, "cpu_id")
			: NULL;

	if (!field || !bt_field_class_type_is(bt_field_get_class_type(field),
					      BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER)) {
		return -1;
	}
	return (int32_t)bt_field_integer_unsigned_get_value(field);
}

/* -1 when the trace does not tell. */
static int32_t cpu_of(struct weft_decoder *decoder, const bt_event *event)
{
	const bt_stream *stream = bt_event_borrow_stream_const(event);
	uint64_t key = (uint64_t)(uintptr_t)stream; /* Streams live as long as the graph. */
	uintptr_t known = (uintptr_t)weft_id_map_find(&decoder->cpus, key);
	int32_t cpu = -1;

	if (known) {
		return (int32_t)known - 2;
	}
	if (bt_stream_class_supports_packets(bt_stream_borrow_class_const(stream))) {
		cpu = cpu_of_packet(bt_event_borrow_packet_const(event));
	}
	if (cpu < -1) {
		cpu = -1;
	}
	/* Without room it is looked up again next time. */
	(void)!weft_id_map_put(&decoder->cpus, key, (void *)((uintptr_t)cpu + 2));
	return cpu;
}

static void store_number(const struct plan *plan, const struct field *field, uint64_t number,
			 struct weft_event *event)
{
	char *at = (char *)event + field->offset;

	switch (field->type) {
	case TYPE_S32:
	case TYPE_LAST:
		*(int32_t *)(void *)at = (int32_t)number;
		break;
	case TYPE_BYTE:
		*(uint8_t *)(void *)at = (uint8_t)number;
		break;
	case TYPE_U8:
	case TYPE_U32:
		*(uint32_t *)(void *)at = (uint32_t)number;
		break;
	case TYPE_SYSCALL:
		number += SYSCALL_OFFSET;
		*(weft_syscall_index *)(void *)at = number < SYSCALL_COUNT && plan->syscalls
							    ? plan->syscalls[number]
							    : WEFT_SYSCALL_UNKNOWN;
		break;
	default:
		*(uint64_t *)(void *)at = number;
		break;
	}
}

static uint64_t get_number(const bt_field *value, bool is_signed)
{
	return is_signed ? (uint64_t)bt_field_integer_signed_get_value(value)
			 : bt_field_integer_unsigned_get_value(value);
}

/* The batch cuts what is too long between two numbers. */
static struct weft_text add_numbers(struct weft_batch *batch, const bt_field *array, bool is_signed)
{
	uint64_t numbers[WEFT_BATCH_TEXT_SIZE_MAX / sizeof(uint64_t)];
	uint64_t count = bt_field_array_get_length(array);
	uint64_t i;

	if (count > COUNT(numbers)) {
		count = COUNT(numbers);
	}
	for (i = 0; i < count; i++) {
		numbers[i] = get_number(
			bt_field_array_borrow_element_field_by_index_const(array, i), is_signed);
	}
	return weft_batch_add_text(batch, (const char *)numbers, count * sizeof(numbers[0]));
}

/* The LTTng kernel tracer ends a chain with a number that is no address. */
static struct weft_text add_chain(struct weft_batch *batch, const struct plan *plan,
				  const bt_event *event)
{
	const bool is_of_event = plan->chain_scope == CHAIN_OF_EVENT;
	const bt_field *context = is_of_event ? bt_event_borrow_specific_context_field_const(event)
					      : bt_event_borrow_common_context_field_const(event);
	const bt_field *chain =
		bt_field_structure_borrow_member_field_by_index_const(context, plan->chain_index);
	uint64_t count = bt_field_array_get_length(chain);
	uint64_t addresses[WEFT_CHAIN_DEPTH_MAX];
	size_t kept = 0;
	uint64_t i;

	for (i = 0; i < count && kept < WEFT_CHAIN_DEPTH_MAX; i++) {
		const uint64_t address =
			get_number(bt_field_array_borrow_element_field_by_index_const(chain, i),
				   plan->chain_is_signed);

		if (address != 0 && address != UINT64_MAX) {
			addresses[kept++] = address;
		}
	}
	return weft_batch_add_text(batch, (const char *)addresses, kept * sizeof(addresses[0]));
}

static void store_field(const struct plan *plan, size_t at, const bt_field *payload,
			struct weft_event *event, struct weft_batch *batch)
{
	const struct field *field = &plan->known->fields[at];
	const bt_field *value;

	if (plan->indexes[at] == INDEX_MISSING && field->type == TYPE_STRING) {
		*(struct weft_text *)(void *)((char *)event + field->offset) = weft_text_of("");
		return;
	}
	if (plan->indexes[at] == INDEX_MISSING) {
		/* Without the field there is no table: its system call becomes unknown. */
		store_number(plan, field, (uint64_t)(int64_t)field->absent, event);
		return;
	}
	value = bt_field_structure_borrow_member_field_by_index_const(payload, plan->indexes[at]);
	if (field->type == TYPE_STRING) {
		*(struct weft_text *)(void *)((char *)event + field->offset) = weft_batch_add_text(
			batch, bt_field_string_get_value(value), bt_field_string_get_length(value));
		return;
	}
	if (field->type == TYPE_U64_SEQUENCE) {
		*(struct weft_text *)(void *)((char *)event + field->offset) =
			add_numbers(batch, value, plan->is_signed[at]);
		return;
	}
	if (field->type == TYPE_LAST) {
		uint64_t count = bt_field_array_get_length(value);

		if (count == 0) {
			store_number(plan, field, (uint64_t)(int64_t)field->absent, event);
			return;
		}
		value = bt_field_array_borrow_element_field_by_index_const(value, count - 1);
	}
	store_number(plan, field, get_number(value, plan->is_signed[at]), event);
}

int weft_decoder_decode(struct weft_decoder *decoder, const bt_event *bt_event,
			struct weft_batch *batch, struct weft_error *err)
{
	struct weft_event *event = &batch->events[batch->event_count];
	const struct plan *plan = NULL;
	const bt_field *payload;
	size_t i;
	int ret = get_plan(decoder, bt_event_borrow_class_const(bt_event), &plan, err);

	if (ret < 0 || !plan || !plan->known) {
		return ret;
	}
	event->kind = plan->known->kind;
	event->pid = -1;
	event->tid = -1;
	event->cpu = cpu_of(decoder, bt_event);
	event->syscall.index = plan->syscall; /* Overwritten by the fields of other kinds. */
	payload = bt_event_borrow_payload_field_const(bt_event);
	for (i = 0; i < plan->known->field_count; i++) {
		store_field(plan, i, payload, event, batch);
	}
	if (event->kind == WEFT_EVENT_SWITCH) {
		event->sched_switch.chain =
			plan->chain_scope ? add_chain(batch, plan, bt_event) : weft_text_of("");
	}
	if (plan->known->finish) {
		plan->known->finish(event);
	}
	batch->event_count++;
	return 1;
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: what is said about a broken rule. See verify.h.
 *
 *     generation 1: stream 1: byte 54: GoStart(g=4242, g_seq=3): RULE (M 1: P 0 Running, seq 0 of
 *     generation 1, on stream 1; no G; G 4242 Waiting, ...)
 */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void text_add_list(struct weft_verify_text *text, const char *format, va_list args)
{
	size_t left = text->size - text->len;
	int len = vsnprintf(text->bytes + text->len, left, format, args);

	if (len > 0) {
		text->len += (size_t)len < left ? (size_t)len : left - 1;
	}
}

void weft_verify_text_add(struct weft_verify_text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_add_list(text, format, args);
	va_end(args);
}

const char *weft_verify_go_status_name(uint8_t status)
{
	static const char *const names[] = {"undetermined", "Runnable", "Running", "in a syscall",
					    "Waiting"};

	return status < WEFT_VERIFY_GO_STATUS_COUNT_ ? names[status] : "invalid";
}

const char *weft_verify_proc_status_name(uint8_t status)
{
	static const char *const names[] = {"undetermined", "Running", "Idle", "in a syscall",
					    "abandoned in a syscall"};

	return status < WEFT_VERIFY_PROC_STATUS_COUNT_ ? names[status] : "invalid";
}

/* All ones reads as "none" where an id is meant, and it is how the no-thread stream is written. */
static void add_id(struct weft_verify_text *text, const char *kind, uint64_t id)
{
	if (id == WEFT_VERIFY_NONE) {
		weft_verify_text_add(text, "no %s", kind);
	} else {
		weft_verify_text_add(text, "%s %" PRIu64, kind, id);
	}
}

static void add_stream(struct weft_verify_text *text, uint64_t m)
{
	if (m == WEFT_VERIFY_NONE) {
		weft_verify_text_add(text, "the no-thread stream");
	} else {
		weft_verify_text_add(text, "stream %" PRIu64, m);
	}
}

void weft_verify_text_event(struct weft_verify_text *text, const struct weft_verify_event *event)
{
	const struct weft_verify_type_row *row = weft_verify_type_find(event->type);
	unsigned i;

	weft_verify_text_add(text, "%s(", row->name);
	for (i = 0; i < row->arg_count; i++) {
		weft_verify_text_add(text, "%s%s=%" PRId64, i ? ", " : "", row->arg_names[i],
				     (int64_t)event->args[i]);
	}
	weft_verify_text_add(text, ")");
}

void weft_verify_text_goroutine(struct weft_verify_text *text, const struct weft_verify *verify,
				uint64_t id)
{
	const struct weft_verify_goroutine *goroutine = weft_verify_goroutine_find(verify, id);

	add_id(text, "G", id);
	if (id == WEFT_VERIFY_NONE) {
		return;
	}
	if (!goroutine) {
		weft_verify_text_add(text, " unknown");
		return;
	}
	weft_verify_text_add(text, " %s, seq %" PRIu64 " of generation %" PRIu64,
			     weft_verify_go_status_name(goroutine->status), goroutine->seq,
			     goroutine->seq_generation);
	if (goroutine->m != WEFT_VERIFY_NONE) {
		weft_verify_text_add(text, ", on stream %" PRIu64, goroutine->m);
	}
}

void weft_verify_text_proc(struct weft_verify_text *text, const struct weft_verify *verify,
			   uint64_t id)
{
	const struct weft_verify_proc *proc = weft_verify_proc_find(verify, id);

	add_id(text, "P", id);
	if (id == WEFT_VERIFY_NONE) {
		return;
	}
	if (!proc) {
		weft_verify_text_add(text, " unknown");
		return;
	}
	weft_verify_text_add(text, " %s, seq %" PRIu64 " of generation %" PRIu64,
			     weft_verify_proc_status_name(proc->status), proc->seq,
			     proc->seq_generation);
	if (proc->m != WEFT_VERIFY_NONE) {
		weft_verify_text_add(text, ", on stream %" PRIu64, proc->m);
	}
}

static bool names(const struct weft_verify_type_row *row, unsigned arg, const char *a,
		  const char *b)
{
	return strcmp(row->arg_names[arg], a) == 0 || (b && strcmp(row->arg_names[arg], b) == 0);
}

/* GoStatus has a thread that matters in one status only. */
static bool names_thread(const struct weft_verify_type_row *row,
			 const struct weft_verify_event *event, unsigned arg)
{
	return names(row, arg, "m", NULL) &&
	       (row->rule != weft_verify_go_state || event->args[2] == WEFT_VERIFY_GO_SYSCALL);
}

static void add_thread(struct weft_verify_text *text, const struct weft_verify *verify, uint64_t m)
{
	const struct weft_verify_thread *thread = weft_verify_thread_find(verify, m);

	add_stream(text, m);
	if (!thread) {
		weft_verify_text_add(text, " unknown");
		return;
	}
	weft_verify_text_add(text, " has ");
	add_id(text, "P", thread->p);
	weft_verify_text_add(text, ", ");
	add_id(text, "G", thread->g);
}

void weft_verify_text_state(struct weft_verify_text *text, const struct weft_verify_rule_call *call)
{
	const struct weft_verify_event *event = call->event;
	const struct weft_verify_type_row *row = weft_verify_type_find(event->type);
	unsigned i;

	add_stream(text, event->m);
	weft_verify_text_add(text, " has ");
	weft_verify_text_proc(text, call->verify, call->before.p);
	weft_verify_text_add(text, "; ");
	weft_verify_text_goroutine(text, call->verify, call->before.g);
	for (i = 0; i < row->arg_count; i++) {
		uint64_t id = event->args[i];

		if (names(row, i, "g", "new_g") && id != call->before.g) {
			weft_verify_text_add(text, "; ");
			weft_verify_text_goroutine(text, call->verify, id);
		} else if (names(row, i, "p", NULL) && id != call->before.p) {
			weft_verify_text_add(text, "; ");
			weft_verify_text_proc(text, call->verify, id);
		} else if (names_thread(row, event, i) && id != event->m) {
			weft_verify_text_add(text, "; ");
			add_thread(text, call->verify, id);
		}
	}
}

/* Names come from the trace and may hold anything; the message is one line. */
static int set_error(struct weft_verify *verify, char *bytes)
{
	char *at;

	for (at = bytes; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f) {
			*at = '?';
		}
	}
	return weft_error_set(verify->err, -EBADMSG, "%s", bytes);
}

static int broken_list(const struct weft_verify_rule_call *call, const char *prefix,
		       const char *format, va_list args)
{
	struct weft_verify *verify = call->verify;
	char bytes[WEFT_ERROR_TEXT_SIZE];
	struct weft_verify_text text = {bytes, sizeof(bytes), 0};

	weft_verify_text_add(&text, "generation %" PRIu64 ": ", verify->generation.number);
	add_stream(&text, call->event->m);
	weft_verify_text_add(&text, ": byte %zu: ", (size_t)(call->event->at - verify->bytes));
	weft_verify_text_event(&text, call->event);
	weft_verify_text_add(&text, ": %s", prefix);
	text_add_list(&text, format, args);
	weft_verify_text_add(&text, " (");
	weft_verify_text_state(&text, call);
	weft_verify_text_add(&text, ")");
	return set_error(verify, bytes);
}

int weft_verify_broken(const struct weft_verify_rule_call *call, const char *format, ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = broken_list(call, "", format, args);
	va_end(args);
	return ret;
}

int weft_verify_strict(const struct weft_verify_rule_call *call, const char *format, ...)
{
	va_list args;
	int ret;

	if (!call->verify->strict) {
		return 0;
	}
	va_start(args, format);
	ret = broken_list(call, "strict: ", format, args);
	va_end(args);
	return ret;
}

int weft_verify_broken_bytes(struct weft_verify *verify, const uint8_t *at, const char *format, ...)
{
	char bytes[WEFT_ERROR_TEXT_SIZE];
	struct weft_verify_text text = {bytes, sizeof(bytes), 0};
	va_list args;

	if (verify->generation.number) {
		weft_verify_text_add(&text, "generation %" PRIu64 ": ", verify->generation.number);
	}
	weft_verify_text_add(&text, "byte %zu: ", (size_t)(at - verify->bytes));
	va_start(args, format);
	text_add_list(&text, format, args);
	va_end(args);
	return set_error(verify, bytes);
}

int weft_verify_wait(const struct weft_verify_rule_call *call, const char *format, ...)
{
	va_list args;

	if (call->verify->reason) {
		va_start(args, format);
		text_add_list(call->verify->reason, format, args);
		va_end(args);
	}
	return WEFT_VERIFY_WAIT;
}

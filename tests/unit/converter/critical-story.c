// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Scripted timelines and paths as text. See critical-story.h.
 */
#include "critical-story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS               UINT64_C(1000000)
#define WORD_COUNT_MAX   6
#define REGION_COUNT_MAX 4
#define TEXT_SIZE        8192

struct actor {
	struct weft_thread thread;
	struct weft_open_region regions[REGION_COUNT_MAX];
};

struct story {
	const struct weft_timeline_ops *ops;
	void *ctx;
	struct weft_process process;
	struct actor actors[26];
	uint64_t parent[16]; /* By task. */
	uint64_t now_ns;
};

static struct weft_thread *thread_of(struct story *story, const char *name)
{
	assert_true(name && name[0] >= 'A' && name[0] <= 'Z' && !name[1]);
	return &story->actors[name[0] - 'A'].thread;
}

static void tell_new(struct story *story, char **words)
{
	struct weft_thread *thread = thread_of(story, words[0]);

	*thread = (struct weft_thread){
		.id = (uint64_t)words[0][0],
		.tid = words[0][0],
		.lane = -1,
		.state = WEFT_THREAD_NEW,
		.process = &story->process,
		.regions = story->actors[words[0][0] - 'A'].regions,
	};
	thread->name[0] = words[0][0];
	if (story->ops->thread_new) {
		story->ops->thread_new(story->ctx, story->now_ns, thread,
				       words[1] ? thread_of(story, words[1]) : NULL);
	}
}

static void tell_run(struct story *story, char **words)
{
	struct weft_thread *thread = thread_of(story, words[0]);

	thread->lane = atoi(words[1]);
	thread->state = WEFT_THREAD_RUNNING;
	if (story->ops->run) {
		story->ops->run(story->ctx, story->now_ns, thread);
	}
}

static int32_t leave(struct weft_thread *thread, enum weft_thread_state state)
{
	int32_t lane = thread->lane;

	assert_int_equal(thread->state, WEFT_THREAD_RUNNING);
	thread->lane = -1;
	thread->state = state;
	return lane;
}

static const char *reason_of(const char *word)
{
	static const char *const reasons[] = {"sync", "network", "sleep", "preempted"};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(word, reasons[i]) == 0) {
			return reasons[i];
		}
	}
	fail_msg("no reason '%s'", word);
	return NULL;
}

static void tell_block(struct story *story, char **words)
{
	struct weft_thread *thread = thread_of(story, words[0]);
	int32_t lane = leave(thread, WEFT_THREAD_WAITING);

	story->ops->block(story->ctx, story->now_ns, thread, lane, reason_of(words[1]));
}

static void tell_stop(struct story *story, char **words)
{
	struct weft_thread *thread = thread_of(story, words[0]);
	int32_t lane = leave(thread, WEFT_THREAD_RUNNABLE);

	story->ops->stop(story->ctx, story->now_ns, thread, lane, reason_of(words[1]));
}

static void tell_wake(struct story *story, char **words)
{
	struct weft_thread *thread = thread_of(story, words[0]);
	bool by_irq = strcmp(words[1], "irq") == 0;
	struct weft_thread *waker =
		by_irq || words[1][0] == '?' ? NULL : thread_of(story, words[1]);

	thread->state = WEFT_THREAD_RUNNABLE;
	story->ops->wake(story->ctx, story->now_ns, thread, waker, waker || by_irq ? 0 : -1);
}

static void tell_exit(struct story *story, char **words)
{
	struct weft_thread *thread = thread_of(story, words[0]);
	int32_t lane = thread->lane;

	thread->state = WEFT_THREAD_GONE;
	story->ops->exit(story->ctx, story->now_ns, thread, lane);
}

static struct weft_task_state task_of(const struct story *story, const char *word)
{
	uint64_t id = strtoull(word, NULL, 10);

	return (struct weft_task_state){
		.id = id,
		.raw = id * 100,
		.parent = story->parent[id],
		.begun = true,
		.type = id == 1 || id >= 5 ? "request" : "other",
	};
}

static void tell_begin(struct story *story, char **words)
{
	struct weft_task_state task;

	story->parent[atoi(words[1])] = words[2] ? strtoull(words[2], NULL, 10) : 0;
	task = task_of(story, words[1]);
	story->ops->task_begin(story->ctx, story->now_ns, thread_of(story, words[0]), &task, 0);
}

static void tell_end(struct story *story, char **words)
{
	struct weft_task_state task = task_of(story, words[1]);

	story->ops->task_end(story->ctx, story->now_ns, thread_of(story, words[0]), &task,
			     (struct weft_text){"", 0});
}

static void tell_open(struct story *story, char **words)
{
	struct weft_thread *thread = thread_of(story, words[0]);
	struct weft_open_region *region = &thread->regions[thread->region_count++];

	assert_true(thread->region_count <= REGION_COUNT_MAX);
	*region = (struct weft_open_region){.begin_ns = story->now_ns,
					    .task = strtoull(words[2], NULL, 10)};
	(void)snprintf(region->name, sizeof(region->name), "%s", words[1]);
	story->ops->region_begin(story->ctx, story->now_ns, thread, region);
}

static void tell_close(struct story *story, char **words)
{
	struct weft_thread *thread = thread_of(story, words[0]);

	story->ops->region_end(story->ctx, story->now_ns, thread,
			       &thread->regions[thread->region_count - 1],
			       (struct weft_text){"", 0}, false, false);
	thread->region_count--;
}

static void tell_log(struct story *story, char **words)
{
	struct weft_task_state task = task_of(story, words[1]);

	story->ops->log(story->ctx, story->now_ns, thread_of(story, words[0]), &task,
			(struct weft_text){"", 0}, (struct weft_text){"", 0}, 0);
}

static const struct {
	const char *name;
	void (*tell)(struct story *story, char **words);
} verbs[] = {
	{"new", tell_new},   {"run", tell_run},     {"block", tell_block}, {"stop", tell_stop},
	{"wake", tell_wake}, {"exit", tell_exit},   {"begin", tell_begin}, {"end", tell_end},
	{"open", tell_open}, {"close", tell_close}, {"log", tell_log},
};

static void tell_line(struct story *story, char *line)
{
	char *words[WORD_COUNT_MAX] = {0};
	char *state = NULL;
	size_t count = 0;
	size_t i;
	char *word;

	for (word = strtok_r(line, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
		assert_true(count < WORD_COUNT_MAX);
		words[count++] = word;
	}
	assert_true(count >= 3);
	story->now_ns = strtoull(words[0], NULL, 10) * MS;
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, words[1]) == 0) {
			verbs[i].tell(story, words + 2);
			return;
		}
	}
	fail_msg("no verb '%s'", words[1]);
}

void weft_story_tell(const char *script, const struct weft_timeline_ops *ops, void *ctx)
{
	struct story story = {.ops = ops, .ctx = ctx, .process = {.id = 1, .pid = 100}};
	char *copy = strdup(script);
	char *state = NULL;
	int32_t lane;
	char *line;

	assert_non_null(copy);
	for (lane = 0; lane < 2 && ops->lane_new; lane++) {
		ops->lane_new(ctx, 0, lane);
	}
	for (line = strtok_r(copy, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
		tell_line(&story, line);
	}
	/* What the timeline's end is to a consumer: threads are there until then. */
	if (ops == &weft_critical_path_ops) {
		assert_int_equal(weft_critical_path_finish((struct weft_critical_path *)ctx), 0);
	}
	free(copy);
}

/* ---- The path as text ---- */

static void add(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(char *text, const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text + len, TEXT_SIZE - len, format, args);
	va_end(args);
}

static void add_regions(char *text, const struct weft_critical_path *path, uint32_t node)
{
	if (node) {
		struct weft_text name =
			weft_critical_path__name(path, path->regions[node - 1].name_id);

		add_regions(text, path, path->regions[node - 1].outer);
		add(text, " /%.*s", (int)name.len, name.text);
	}
}

static void add_segment(char *text, const struct weft_critical_path *path,
			const struct weft_critical_segment *segment)
{
	add(text, "%*s%u-%u %c %s", (int)segment->depth * 2, "", (unsigned)(segment->begin_ns / MS),
	    (unsigned)(segment->end_ns / MS), segment->thread->tid,
	    weft_critical_state_name(segment->state));
	if (segment->reason) {
		add(text, " %s", segment->reason);
	}
	if (segment->behind) {
		add(text, " behind %c", segment->behind->tid);
	}
	if (segment->waker_kind == WEFT_CRITICAL_WAKER_INTERRUPT) {
		add(text, " by irq");
	}
	if (segment->waker_kind == WEFT_CRITICAL_WAKER_UNKNOWN) {
		add(text, " by ?");
	}
	add_regions(text, path, segment->regions);
	add(text, "\n");
}

char *weft_story_format_path(const struct weft_critical_path *path)
{
	char *text = (char *)calloc(1, TEXT_SIZE);
	uint64_t now_ns = path->task.begin_ns;
	size_t wait = 0;
	size_t i;

	assert_non_null(text);
	for (i = 0; i < path->segment_count; i++) {
		const struct weft_critical_segment *segment = &path->segments[i];

		for (; wait < path->wait_count && path->waits[wait].begin_ns <= segment->begin_ns;
		     wait++) {
			const struct weft_critical_wait *at = &path->waits[wait];

			add(text, "%*s[%u-%u %c %s by %c]\n", (int)at->depth * 2, "",
			    (unsigned)(at->begin_ns / MS), (unsigned)(at->end_ns / MS),
			    at->thread->tid, at->reason, at->waker->tid);
		}
		assert_int_equal(segment->begin_ns, now_ns);
		assert_true(segment->end_ns > segment->begin_ns);
		now_ns = segment->end_ns;
		add_segment(text, path, segment);
	}
	assert_int_equal(now_ns, path->task.end_ns);
	assert_int_equal(wait, path->wait_count);
	return text;
}

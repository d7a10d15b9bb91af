// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Property: whatever is lost, repeated, reordered, cut or corrupted, the Go trace is accepted, and what
 * it holds is what came in, less what was counted as repaired.
 *
 * As a test: WEFT_PROPERTY_SEEDS scripts (default 400), each undamaged and with each damage.
 * As a tool: `--dump FOLDER COUNT` writes damaged traces for real readers to judge.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/convert.h>

#include "filter.h"
#include "go-encoder.h"
#include "profile-sink.h"
#include "random-script.h"
#include "timeline.h"

#define SEED_COUNT_DEFAULT 400U

struct bytes {
	char *bytes;
	size_t size, capacity;
};

struct variant {
	bool has_sched;
	unsigned int damage;
	enum weft_lanes lanes;
	uint32_t version;
	bool select; /* Through the filter as well. */
};

/* What went in, by kind. */
struct fed {
	uint64_t counts[WEFT_EVENT_KIND_COUNT_];
};

struct outcome {
	struct bytes trace;
	struct fed fed;
	struct weft_timeline_totals totals;
	struct weft_go_counts written;
};

static struct weft_script script;

static int collect(void *ctx, const void *bytes, size_t size)
{
	struct bytes *all = (struct bytes *)ctx;

	if (all->size + size > all->capacity) {
		all->capacity = (all->size + size) * 2;
		all->bytes = (char *)realloc(all->bytes, all->capacity);
		assert_non_null(all->bytes);
	}
	memcpy(all->bytes + all->size, bytes, size);
	all->size += size;
	return 0;
}

static void feed_script(struct weft_timeline *timeline, struct fed *fed)
{
	size_t i;

	for (i = 0; i < script.count; i++) {
		fed->counts[script.events[i].kind]++;
		assert_int_equal(weft_timeline_feed(timeline, &script.events[i]), 0);
	}
}

/* Half of the script's time, and tasks of one type. */
static struct weft_selection choose_selection(uint64_t *random)
{
	struct weft_selection selection = WEFT_SELECTION_INIT;
	uint64_t first_ns = script.count ? script.events[0].ts_ns : 0;
	uint64_t last_ns = script.count ? script.events[script.count - 1].ts_ns : 0;
	int64_t half_ns = last_ns > first_ns ? (int64_t)((last_ns - first_ns) / 2) : 0;

	if (weft_script_below(random, 2)) {
		selection.from_ns = half_ns / 2;
	}
	if (weft_script_below(random, 2)) {
		selection.until_ns = half_ns;
	}
	if (weft_script_below(random, 3) == 0) {
		selection.pid = 100;
	}
	if (weft_script_below(random, 3) == 0) {
		selection.task_type = "serve";
	}
	if (weft_script_below(random, 3) == 0) {
		selection.slower_than_ns = 100000;
	}
	return selection;
}

static struct weft_filter *learn(const struct weft_selection *selection,
				 const struct weft_timeline_options *options)
{
	struct weft_filter *filter = weft_filter_create(selection);
	struct weft_timeline *timeline;
	struct fed ignored = {{0}};

	assert_non_null(filter);
	timeline = weft_timeline_create(options, &weft_filter_learn_ops, filter);
	assert_non_null(timeline);
	feed_script(timeline, &ignored);
	assert_int_equal(weft_filter_learned(filter, weft_timeline_totals(timeline)->last_ns), 0);
	weft_timeline_destroy(timeline);
	return filter;
}

static void convert_script(const struct variant *variant, uint64_t *random, struct outcome *ret)
{
	struct weft_timeline_options timeline_options = {variant->lanes, variant->has_sched};
	struct weft_go_encoder_options options = {
		.version = variant->version,
		.stream_per_thread = !variant->has_sched && variant->lanes != WEFT_LANES_CPU,
		.generation_ns = 200000000,
		.note = weft_script_below(random, 2) ? "[note]" : NULL,
	};
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	struct weft_go_encoder *encoder;
	struct weft_selection selection = choose_selection(random);
	struct weft_filter *filter = NULL;
	struct weft_timeline *timeline;

	assert_non_null(symbolizer);
	encoder = weft_go_encoder_create(&options, symbolizer, collect, &ret->trace);
	assert_non_null(encoder);
	weft_go_encoder_set_origin(encoder, INT64_C(1700000000000000000));
	if (variant->select) {
		filter = learn(&selection, &timeline_options);
		timeline = weft_timeline_create(&timeline_options, &weft_filter_ops, filter);
		weft_filter_connect(filter, timeline, &weft_go_encoder_ops, encoder);
	} else {
		timeline = weft_timeline_create(&timeline_options, &weft_go_encoder_ops, encoder);
	}
	assert_non_null(timeline);
	feed_script(timeline, &ret->fed);
	ret->totals = *weft_timeline_totals(timeline);
	assert_int_equal(weft_go_encoder_finish(encoder), 0);
	weft_go_encoder_get_counts(encoder, &ret->written);
	weft_timeline_destroy(timeline);
	weft_go_encoder_destroy(encoder);
	weft_filter_destroy(filter);
	weft_symbolizer_destroy(symbolizer);
}

static void generate(uint64_t seed, const struct variant *variant, uint64_t *ret_random)
{
	*ret_random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	weft_script_generate(&script, ret_random, variant->has_sched);
	weft_script_damage(&script, ret_random, variant->damage);
}

static void check_no_repair(uint64_t seed, const struct weft_repairs *repairs)
{
#define CHECK_REPAIR(name, text)                                                                   \
	if (repairs->name) {                                                                       \
		fail_msg("seed %llu: %llu %s", (unsigned long long)seed,                           \
			 (unsigned long long)repairs->name, text);                                 \
	}
	WEFT_REPAIR_MAP(CHECK_REPAIR)
#undef CHECK_REPAIR
}

/* Every begin, end and log that went in is in the trace or among the counted repairs. */
static void check_accounts(const struct outcome *outcome, const struct weft_verify_result *found)
{
	const struct weft_timeline_totals *totals = &outcome->totals;
	const struct weft_repairs *repairs = &totals->repairs;
	const uint64_t *fed = outcome->fed.counts;

	assert_int_equal(found->task_begin_count, totals->task_begin_count);
	assert_int_equal(found->task_end_count, totals->task_end_count);
	assert_int_equal(found->region_begin_count, totals->region_begin_count);
	assert_int_equal(found->region_end_count,
			 totals->region_end_count + repairs->region_began_before);
	assert_int_equal(found->log_count, totals->log_count);
	assert_int_equal(totals->event_count, script.count);
	assert_in_range(fed[WEFT_EVENT_LOG], totals->log_count,
			totals->log_count + repairs->event_invalid);
	assert_in_range(
		fed[WEFT_EVENT_TASK_BEGIN], totals->task_begin_count + repairs->task_begin_dropped,
		totals->task_begin_count + repairs->task_begin_dropped + repairs->event_invalid);
	assert_in_range(
		fed[WEFT_EVENT_TASK_END], totals->task_end_count + repairs->task_end_dropped,
		totals->task_end_count + repairs->task_end_dropped + repairs->event_invalid);
	assert_in_range(fed[WEFT_EVENT_REGION_BEGIN],
			totals->region_begin_count + repairs->region_begin_dropped +
				repairs->region_limit,
			totals->region_begin_count + repairs->region_begin_dropped +
				repairs->region_limit + repairs->event_invalid);
	assert_in_range(fed[WEFT_EVENT_REGION_END],
			totals->region_end_count - repairs->region_closed_by_outer +
				repairs->region_end_dropped,
			totals->region_end_count - repairs->region_closed_by_outer +
				repairs->region_end_dropped + repairs->region_began_before +
				repairs->event_invalid);
}

/* What the program told is complete; regions end in the thread they began in, or would not match. */
static void check_all_told(const struct outcome *outcome, const struct weft_verify_result *found)
{
	const uint64_t *fed = outcome->fed.counts;

	assert_int_equal(found->task_begin_count, fed[WEFT_EVENT_TASK_BEGIN]);
	assert_int_equal(found->task_end_count, fed[WEFT_EVENT_TASK_END]);
	assert_int_equal(found->region_begin_count, fed[WEFT_EVENT_REGION_BEGIN]);
	assert_int_equal(found->region_end_count, fed[WEFT_EVENT_REGION_END]);
	assert_int_equal(found->log_count, fed[WEFT_EVENT_LOG]);
}

static void check_seed(uint64_t seed, const struct variant *variant)
{
	struct outcome outcome = {{NULL, 0, 0}, {{0}}, {0}, {0}};
	struct weft_verify_options strict = {.strict = true};
	struct weft_verify_result found = {0};
	struct weft_error err = WEFT_ERROR_INIT;
	uint64_t random;
	int ret = 0;

	generate(seed, variant, &random);
	convert_script(variant, &random, &outcome);
	if (outcome.trace.size) {
		ret = weft_verify_bytes(outcome.trace.bytes, outcome.trace.size, &strict, &found,
					&err);
	}
	if (ret < 0) {
		fail_msg("seed %llu, damage %u, sched %d, lanes %d, version %u, select %d: %s",
			 (unsigned long long)seed, variant->damage, variant->has_sched,
			 (int)variant->lanes, variant->version, variant->select, err.text);
	}
	/* No stream ever has to wait for another, which is where readers differ. */
	assert_int_equal(found.overtaking_count, 0);
	if (!variant->select) {
		check_accounts(&outcome, &found);
	}
	if (variant->damage == 0) {
		check_no_repair(seed, &outcome.totals.repairs);
	}
	if (variant->damage == WEFT_DAMAGE_IDLE && !variant->select) {
		check_all_told(&outcome, &found);
	}
	free(outcome.trace.bytes);
}

static uint64_t seed_count(void)
{
	const char *text = getenv("WEFT_PROPERTY_SEEDS");
	uint64_t count = text ? strtoull(text, NULL, 10) : 0;

	return count ? count : SEED_COUNT_DEFAULT;
}

/* A variant for a seed: all combinations come up. */
static struct variant vary(uint64_t seed, unsigned int damage)
{
	static const uint32_t versions[] = {22, 23, 25, 26};
	static const enum weft_lanes lanes[] = {WEFT_LANES_AUTO, WEFT_LANES_CPU, WEFT_LANES_THREAD};

	return (struct variant){
		.has_sched = seed % 2,
		.damage = damage,
		.lanes = lanes[seed / 2 % 3],
		.version = versions[seed / 6 % 4],
		.select = seed / 24 % 3 == 2,
	};
}

static void check_damage(unsigned int damage)
{
	uint64_t count = seed_count();
	uint64_t seed;

	for (seed = 0; seed < count; seed++) {
		struct variant variant = vary(seed, damage);

		check_seed(seed, &variant);
	}
}

static void undamaged_events_are_all_there_without_repair(void **state)
{
	(void)state;
	check_damage(0);
}

static void any_event_may_be_missing(void **state)
{
	(void)state;
	check_damage(WEFT_DAMAGE_DROP);
}

static void any_event_may_come_twice(void **state)
{
	(void)state;
	check_damage(WEFT_DAMAGE_REPEAT);
}

static void events_of_cpus_may_change_places(void **state)
{
	(void)state;
	check_damage(WEFT_DAMAGE_REORDER);
}

static void beginning_and_end_may_be_cut(void **state)
{
	(void)state;
	check_damage(WEFT_DAMAGE_CUT);
}

static void fields_may_be_corrupt(void **state)
{
	(void)state;
	check_damage(WEFT_DAMAGE_CORRUPT);
}

static void all_damages_may_come_together(void **state)
{
	(void)state;
	check_damage(WEFT_DAMAGE_ALL);
}

static void one_cpu_may_hide_what_it_does_after_idling(void **state)
{
	(void)state;
	check_damage(WEFT_DAMAGE_IDLE);
}

/* A program that hangs: no thread runs in all the trace, and all of them are in it. */
static void threads_that_never_run_are_shown(void **state)
{
	const struct variant variant = {.has_sched = true, .lanes = WEFT_LANES_AUTO, .version = 26};
	struct outcome outcome = {{NULL, 0, 0}, {{0}}, {0}, {0}};
	struct weft_verify_options strict = {.strict = true};
	struct weft_verify_result found = {0};
	struct weft_error err = WEFT_ERROR_INIT;
	uint64_t random = 1;
	int32_t i;

	(void)state;
	script.count = 3;
	for (i = 0; i < 3; i++) {
		script.events[i] = (struct weft_event){
			.kind = WEFT_EVENT_THREAD_STATE,
			.ts_ns = 1000000 + (uint64_t)i,
			.cpu = -1,
			.thread_state = {.subject = 500 + i,
					 .subject_pid = 500,
					 .is_asleep = true,
					 .name = {"sleeper", 7}},
		};
	}
	convert_script(&variant, &random, &outcome);
	assert_int_equal(
		weft_verify_bytes(outcome.trace.bytes, outcome.trace.size, &strict, &found, &err),
		0);
	assert_int_equal(found.goroutine_count, 3);
	free(outcome.trace.bytes);
}

/* ---- For real readers ---- */

/* Nanoseconds and events of all samples; the deepest stack. */
struct profile_sums {
	int64_t count, ns;
	uint32_t depth;
};

static struct profile_sums profile_script(enum weft_convert_format format, bool with_chains)
{
	struct weft_timeline_options options = {WEFT_LANES_AUTO, true};
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	struct weft_profile_sink sink;
	struct weft_timeline *timeline;
	struct profile_sums sums = {0};
	struct weft_event event;
	uint32_t i;

	assert_non_null(symbolizer);
	assert_int_equal(weft_profile_sink_init(&sink, format, true, "x", symbolizer), 0);
	timeline = weft_timeline_create(&options, &weft_profile_sink_ops, &sink);
	assert_non_null(timeline);
	for (i = 0; i < script.count; i++) {
		event = script.events[i];
		if (event.kind == WEFT_EVENT_SWITCH && !with_chains) {
			event.sched_switch.chain.len = 0;
		}
		assert_int_equal(weft_timeline_feed(timeline, &event), 0);
	}
	weft_profile_sink_end(&sink, weft_timeline_totals(timeline)->last_ns);
	assert_int_equal(sink.status, 0);
	for (i = 0; i < weft_pprof_sample_count(sink.profile); i++) {
		const struct weft_pprof_sample *sample = weft_pprof_get_sample(sink.profile, i);

		sums.count += sample->values[0];
		sums.ns += sample->values[1];
		sums.depth =
			sample->location_count > sums.depth ? sample->location_count : sums.depth;
	}
	weft_timeline_destroy(timeline);
	weft_profile_sink_fini(&sink);
	weft_symbolizer_destroy(symbolizer);
	return sums;
}

/* Where threads wait says nothing about how long, whatever is damaged. */
static void call_chains_change_no_sum_of_a_profile(void **state)
{
	struct variant variant = {.has_sched = true};
	uint32_t deepest = 0;
	uint64_t random;
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= seed_count() / 4; seed++) {
		struct profile_sums with;
		struct profile_sums without;

		variant.damage = seed % 4 == 0 ? WEFT_DAMAGE_CORRUPT : 0;
		generate(seed, &variant, &random);
		with = profile_script(WEFT_CONVERT_PPROF_OFF_CPU, true);
		without = profile_script(WEFT_CONVERT_PPROF_OFF_CPU, false);
		assert_int_equal(with.count, without.count);
		assert_int_equal(with.ns, without.ns);
		assert_true(without.depth < with.depth || with.count == 0 || with.depth < 12);
		deepest = with.depth > deepest ? with.depth : deepest;
	}
	assert_true(deepest > WEFT_CHAIN_DEPTH_MAX);
}

static int dump(const char *folder, uint64_t count)
{
	uint64_t seed;

	for (seed = 0; seed < count; seed++) {
		struct variant variant =
			vary(seed, (unsigned int)(seed * 7 % (WEFT_DAMAGE_ALL + 1)));
		struct outcome outcome = {{NULL, 0, 0}, {{0}}, {0}, {0}};
		char path[4096];
		uint64_t random;
		FILE *file;

		variant.version = 22; /* Which all readers read. */
		generate(seed, &variant, &random);
		convert_script(&variant, &random, &outcome);
		if (outcome.trace.size) {
			(void)snprintf(path, sizeof(path), "%s/%llu.trace", folder,
				       (unsigned long long)seed);
			file = fopen(path, "wb");
			if (!file ||
			    fwrite(outcome.trace.bytes, 1, outcome.trace.size, file) !=
				    outcome.trace.size ||
			    fclose(file) != 0) {
				(void)fprintf(stderr, "cannot write '%s'\n", path);
				return 1;
			}
		}
		free(outcome.trace.bytes);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undamaged_events_are_all_there_without_repair),
		cmocka_unit_test(any_event_may_be_missing),
		cmocka_unit_test(any_event_may_come_twice),
		cmocka_unit_test(events_of_cpus_may_change_places),
		cmocka_unit_test(beginning_and_end_may_be_cut),
		cmocka_unit_test(fields_may_be_corrupt),
		cmocka_unit_test(all_damages_may_come_together),
		cmocka_unit_test(one_cpu_may_hide_what_it_does_after_idling),
		cmocka_unit_test(threads_that_never_run_are_shown),
		cmocka_unit_test(call_chains_change_no_sum_of_a_profile),
	};

	if (argc == 4 && strcmp(argv[1], "--dump") == 0) {
		return dump(argv[2], strtoull(argv[3], NULL, 10));
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

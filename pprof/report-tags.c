// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reports that list what a profile carries besides stacks: tags, comments.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash-index.h"
#include "report-view.h"

/* The sum of one value of one label. */
struct value_sum {
	const char *key, *value;
	int64_t sum;
};

struct tag_table {
	struct report *report;
	struct value_sum *sums;
	size_t capacity;
	uint32_t count;
	struct weft_hash_index index;
	uint64_t seed;
};

static int add_value(struct tag_table *table, const char *key, const char *value, int64_t amount)
{
	struct weft_arena *arena = &table->report->arena;
	uint64_t hash = weft_hash_bytes(table->seed, key, strlen(key) + 1);
	struct weft_hash_probe probe;
	void *sums = table->sums;
	uint32_t found;

	hash = weft_hash_bytes(hash, value, strlen(value));
	for (weft_hash_index_start(&table->index, hash, &probe);
	     table->sums && weft_hash_index_next(&table->index, &probe, &found);) {
		struct value_sum *sum = &table->sums[found];

		if (strcmp(sum->key, key) == 0 && strcmp(sum->value, value) == 0) {
			sum->sum = weft_report_unit__add(sum->sum, amount);
			return 0;
		}
	}
	value = weft_report__string(arena, value, strlen(value));
	if (!value || weft_hash_index_reserve(&table->index, arena, (size_t)table->count + 1) < 0 ||
	    weft_arena_grow_array(arena, &sums, &table->capacity, (size_t)table->count + 1,
				  sizeof(*table->sums)) < 0) {
		return -ENOMEM;
	}
	table->sums = sums;
	weft_hash_index_add(&table->index, hash, table->count);
	table->sums[table->count++] = (struct value_sum){key, value, amount};
	return 0;
}

static int add_sample(struct tag_table *table, const struct report_sample *sample)
{
	struct report *report = table->report;
	int64_t amount = weft_report_view__value(report, sample);
	char number[WEFT_REPORT_TEXT_SIZE];
	uint32_t i;

	for (i = 0; i < sample->label_count; i++) {
		const struct weft_pprof_label *label = &sample->labels[i];
		const char *value = label->str;

		if (weft_report_tag__is_number(label)) {
			value = weft_report_unit__label(number, label->num,
							weft_report_tag__unit(report, label->key),
							report->output_unit);
		} else if (!weft_report_tag__is_text(label)) {
			continue;
		}
		if (add_value(table, label->key, value, amount) < 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

/* By key, then the heaviest first. */
static int compare_sums(const void *left, const void *right)
{
	const struct value_sum *a = left, *b = right;
	int64_t x = weft_report_unit__magnitude(a->sum), y = weft_report_unit__magnitude(b->sum);
	int order = strcmp(a->key, b->key);

	if (order == 0 && x != y) {
		order = x > y ? -1 : 1;
	}
	return order ? order : strcmp(a->value, b->value);
}

/* Characters, not bytes. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++) {
		width += (*text & 0xc0) != 0x80;
	}
	return width;
}

static void print_right(FILE *out, const char *text, int width)
{
	(void)fprintf(out, "%*s%s", width - width_of(text), "", text);
}

/* "V (P%):", or "V:" in a profile of zeros. */
static void format_sum(const struct report *report, int64_t sum,
		       char text[2 * WEFT_REPORT_TEXT_SIZE])
{
	char value[WEFT_REPORT_TEXT_SIZE], percent[WEFT_REPORT_TEXT_SIZE];

	if (report->total > 0) {
		(void)snprintf(text, 2 * (size_t)WEFT_REPORT_TEXT_SIZE,
			       "%s (%s):", weft_report_view__format(report, value, sum),
			       weft_report_unit__percent(percent, sum, report->total));
	} else {
		(void)snprintf(text, 2 * (size_t)WEFT_REPORT_TEXT_SIZE,
			       "%s:", weft_report_view__format(report, value, sum));
	}
}

/* All values of one key. */
static void print_key(const struct report *report, const struct value_sum *sums, uint32_t count,
		      FILE *out)
{
	char text[2 * WEFT_REPORT_TEXT_SIZE], total[WEFT_REPORT_TEXT_SIZE];
	int64_t key_total = 0;
	int key_width = width_of(sums[0].key) + 2, width = 0;
	uint32_t i;

	for (i = 0; i < count; i++) {
		key_total = weft_report_unit__add(key_total, sums[i].sum);
		format_sum(report, sums[i].sum, text);
		width = width_of(text) > width ? width_of(text) : width;
	}
	format_sum(report, key_total, text);
	text[strcspn(text, "(:")] = '\0';
	(void)fprintf(out, " %s: Total %.*s of %s", sums[0].key, (int)strcspn(text, " "), text,
		      weft_report_view__format(report, total, report->total));
	if (report->total > 0) {
		(void)fprintf(out, " (%s)",
			      weft_report_unit__percent(text, key_total, report->total));
	}
	(void)fprintf(out, "\n");
	for (i = 0; i < count; i++) {
		print_right(out, " ", key_width);
		format_sum(report, sums[i].sum, text);
		print_right(out, text, width + 1);
		(void)fprintf(out, " %s\n", sums[i].value);
	}
	(void)fprintf(out, "\n");
}

int weft_report_write_tags(struct report *report, FILE *out, struct weft_error *err)
{
	struct tag_table table = {.report = report, .seed = weft_hash_seed()};
	uint32_t first, last, i;
	int ret = 0;

	for (i = 0; ret == 0 && i < report->sample_count; i++) {
		ret = add_sample(&table, &report->samples[i]);
	}
	if (table.count) {
		qsort(table.sums, table.count, sizeof(*table.sums), compare_sums);
	}
	for (first = 0; ret == 0 && first < table.count; first = last) {
		for (last = first + 1; last < table.count; last++) {
			if (strcmp(table.sums[first].key, table.sums[last].key) != 0) {
				break;
			}
		}
		print_key(report, &table.sums[first], last - first, out);
	}
	weft_hash_index_fini(&table.index, &report->arena);
	weft_arena_free_array(&report->arena, table.sums, table.capacity, sizeof(*table.sums));
	return ret < 0 ? weft_report_view__no_memory(err) : 0;
}

int weft_report_write_comments(struct report *report, FILE *out, struct weft_error *err)
{
	uint32_t i;

	(void)err; /* Writers share one shape; this one cannot fail. */
	for (i = 0; i < weft_pprof_comment_count(report->profile); i++) {
		(void)fprintf(out, "%s\n", weft_pprof_get_comment(report->profile, i));
	}
	return 0;
}

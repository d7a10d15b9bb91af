// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Labels of samples: their units, filters by them, frames made of them. See report-view.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash-index.h"
#include "report-view.h"

bool weft_report_tag__is_text(const struct weft_pprof_label *label)
{
	return label->str && *label->str;
}

bool weft_report_tag__is_number(const struct weft_pprof_label *label)
{
	return !weft_report_tag__is_text(label) &&
	       (label->num != 0 || (label->unit && *label->unit));
}

/* ---- Units ---- */

static struct report_key *find_key(const struct report *report, const char *key)
{
	uint32_t i;

	for (i = 0; i < report->key_count; i++) {
		if (report->keys[i].key == key || strcmp(report->keys[i].key, key) == 0) {
			return &report->keys[i];
		}
	}
	return NULL;
}

static int note_unit(struct report *report, const struct weft_pprof_label *label)
{
	struct report_key *key = find_key(report, label->key);

	if (!key) {
		/* Keys are few: room for twice as many when a power of two is reached. */
		if ((report->key_count & (report->key_count - 1)) == 0) {
			struct report_key *keys = weft_report__zeroed(
				&report->arena, 2 * (size_t)report->key_count + 1, sizeof(*keys));

			if (!keys) {
				return -ENOMEM;
			}
			if (report->key_count) {
				memcpy(keys, report->keys, report->key_count * sizeof(*keys));
			}
			report->keys = keys;
		}
		key = &report->keys[report->key_count++];
		key->key = label->key;
		key->unit = "";
	}
	if (label->unit && *label->unit && *key->unit == '\0') {
		key->unit = label->unit;
	} else if (label->unit && *label->unit && strcmp(key->unit, label->unit) != 0) {
		weft_report_view__warn(report,
				       "For tag %s used unit %s, also encountered unit(s) %s",
				       key->key, key->unit, label->unit);
	}
	return 0;
}

int weft_report_tag__find_units(struct report *report)
{
	uint32_t i, j;

	for (i = 0; i < report->sample_count; i++) {
		const struct report_sample *sample = &report->samples[i];

		for (j = 0; j < sample->label_count; j++) {
			if (weft_report_tag__is_number(&sample->labels[j]) &&
			    note_unit(report, &sample->labels[j]) < 0) {
				return -ENOMEM;
			}
		}
	}
	for (i = 0; i < report->key_count; i++) {
		struct report_key *key = &report->keys[i];

		if (*key->unit == '\0') {
			bool is_size = strcmp(key->key, "alignment") == 0 ||
				       strcmp(key->key, "request") == 0;

			key->unit = is_size ? "bytes" : key->key;
		}
	}
	return 0;
}

const char *weft_report_tag__unit(const struct report *report, const char *key)
{
	const struct report_key *found = find_key(report, key);

	return found ? found->unit : "";
}

/* ---- Filters ---- */

/* Ends of a range, in its unit; both included. */
struct range {
	bool has_low, has_high;
	double low, high;
	const char *unit;
};

struct report_tag_filter {
	char *key, *text; /* key is NULL: any. Text holds the expressions. */
	bool is_range;
	struct range range;
	char low_unit[16], high_unit[16];
	struct report_regex **regexes;
	size_t regex_count;
};

struct bound {
	int64_t value;
	char unit[16];
};

/* A number with a unit at the start of a text. @return What is behind it; NULL: there is none. */
static const char *parse_bound(const char *text, struct bound *ret_bound)
{
	const char *digits = text + (*text == '+' || *text == '-');
	size_t len;
	char *end;

	if (*digits < '0' || *digits > '9') {
		return NULL;
	}
	errno = 0;
	ret_bound->value = strtoll(text, &end, 10);
	len = strspn(end, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (errno != 0 || len >= sizeof(ret_bound->unit)) {
		return NULL;
	}
	memcpy(ret_bound->unit, end, len);
	ret_bound->unit[len] = '\0';
	return end + len;
}

/* "V", "V:", ":V", "V:W". */
static bool parse_range(const char *text, struct report_tag_filter *filter)
{
	struct bound low, high;
	struct range *range = &filter->range;
	const char *unit;
	const char *rest;

	range->has_low = *text != ':';
	rest = parse_bound(text + !range->has_low, range->has_low ? &low : &high);
	if (!rest) {
		return false;
	}
	if (!range->has_low) {
		low = high;
	}
	memcpy(filter->low_unit, low.unit, sizeof(low.unit));
	range->low = range->high = weft_report_unit__scale(low.value, filter->low_unit,
							   filter->low_unit, &range->unit);
	if (!range->has_low || *rest == '\0') {
		range->has_high = true;
		return *rest == '\0';
	}
	if (strcmp(rest, ":") == 0) {
		return true;
	}
	if (*rest != ':') {
		return false;
	}
	rest = parse_bound(rest + 1, &high);
	if (!rest || *rest) {
		return false;
	}
	range->has_high = true;
	memcpy(filter->high_unit, high.unit, sizeof(high.unit));
	range->high = weft_report_unit__scale(high.value, filter->high_unit, range->unit, &unit);
	return strcmp(unit, range->unit) == 0;
}

static int compile_list(struct report_tag_filter *filter, struct weft_error *err)
{
	size_t count = 1;
	char *at = filter->text;
	int ret;

	for (; *at; at++) {
		count += *at == ',';
	}
	filter->regexes = calloc(count, sizeof(struct report_regex *));
	if (!filter->regexes) {
		return weft_report_view__no_memory(err);
	}
	for (at = filter->text; filter->regex_count < count; filter->regex_count++) {
		size_t len = strcspn(at, ",");

		at[len] = '\0';
		ret = weft_report_regex__create(at, &filter->regexes[filter->regex_count], err);
		if (ret < 0) {
			return ret;
		}
		at += len + 1;
	}
	return 0;
}

int weft_report_tag__create_filter(struct report *report, const char *name, const char *text,
				   struct report_tag_filter **ret_filter, struct weft_error *err)
{
	const char *equals = strchr(text, '=');
	struct report_tag_filter *filter;
	int ret = 0;

	if (*text == '\0') {
		*ret_filter = NULL;
		return 0;
	}
	filter = calloc(1, sizeof(*filter));
	if (!filter) {
		return weft_report_view__no_memory(err);
	}
	filter->text = strdup(equals ? equals + 1 : text);
	if (equals > text) { /* "=acme" names no key: any will do. */
		filter->key = strndup(text, (size_t)(equals - text));
	}
	if (!filter->text || (equals > text && !filter->key)) {
		ret = weft_report_view__no_memory(err);
	} else if (parse_range(filter->text, filter)) {
		filter->is_range = true;
		weft_report_view__warn(report, "%s:Interpreted '%s' as range, not regexp", name,
				       filter->text);
	} else {
		ret = compile_list(filter, err);
		if (ret < 0) {
			weft_error_prepend(err, "parsing %s regexp", name);
		}
	}
	if (ret < 0) {
		weft_report_tag__destroy_filter(filter);
		return ret;
	}
	*ret_filter = filter;
	return 0;
}

void weft_report_tag__destroy_filter(struct report_tag_filter *filter)
{
	size_t i;

	if (!filter) {
		return;
	}
	for (i = 0; i < filter->regex_count; i++) {
		weft_report_regex__destroy(filter->regexes[i]);
	}
	free(filter->regexes);
	free(filter->key);
	free(filter->text);
	free(filter);
}

static bool is_in_range(const struct range *range, int64_t value, const char *unit)
{
	const char *result;
	double scaled = weft_report_unit__scale(value, unit, range->unit, &result);

	return strcmp(result, range->unit) == 0 && (!range->has_low || scaled >= range->low) &&
	       (!range->has_high || scaled <= range->high);
}

static bool has_number_in(const struct report *report, const struct report_tag_filter *filter,
			  const struct report_sample *sample)
{
	uint32_t i;

	for (i = 0; i < sample->label_count; i++) {
		const struct weft_pprof_label *label = &sample->labels[i];

		if (weft_report_tag__is_number(label) &&
		    (!filter->key || strcmp(filter->key, label->key) == 0) &&
		    is_in_range(&filter->range, label->num,
				weft_report_tag__unit(report, label->key))) {
			return true;
		}
	}
	return false;
}

/* With a key: its value matches; without: "key:value" does. */
static bool label_matches(struct report_tag_filter *filter, struct report_regex *regex,
			  const struct weft_pprof_label *label)
{
	char buffer[512];
	char *pair = buffer;
	size_t key_len = strlen(label->key), size = key_len + strlen(label->str) + 2;
	bool matches;

	if (filter->key) {
		return weft_report_regex__matches(regex, label->str);
	}
	if (size > sizeof(buffer)) {
		pair = malloc(size);
		if (!pair) {
			return false;
		}
	}
	memcpy(pair, label->key, key_len);
	pair[key_len] = ':';
	memcpy(pair + key_len + 1, label->str, size - key_len - 1);
	matches = weft_report_regex__matches(regex, pair);
	if (pair != buffer) {
		free(pair);
	}
	return matches;
}

static bool any_label_matches(struct report_tag_filter *filter, struct report_regex *regex,
			      const struct report_sample *sample)
{
	uint32_t i;

	for (i = 0; i < sample->label_count; i++) {
		const struct weft_pprof_label *label = &sample->labels[i];

		if (weft_report_tag__is_text(label) &&
		    (!filter->key || strcmp(filter->key, label->key) == 0) &&
		    label_matches(filter, regex, label)) {
			return true;
		}
	}
	return false;
}

bool weft_report_tag__matches(const struct report *report, struct report_tag_filter *filter,
			      const struct report_sample *sample)
{
	/* With a key one expression of the list is enough; without, all must match something. */
	bool wanted = filter->key != NULL;
	size_t i;

	if (filter->is_range) {
		return has_number_in(report, filter, sample);
	}
	for (i = 0; i < filter->regex_count; i++) {
		if (any_label_matches(filter, filter->regexes[i], sample) == wanted) {
			return wanted;
		}
	}
	return !wanted;
}

/* ---- Frames ---- */

/* Keys of tagroot or tagleaf. */
struct tag_keys {
	const char **keys; /* As given. */
	uint32_t count;
	bool matched;
};

static int split_keys(struct report *report, const char *text, struct tag_keys *ret_keys)
{
	uint32_t count = 1;
	const char *at;

	for (at = text; *at; at++) {
		count += *at == ',';
	}
	ret_keys->keys = weft_report__zeroed(&report->arena, count, sizeof(*ret_keys->keys));
	if (!ret_keys->keys) {
		return -ENOMEM;
	}
	for (at = text; at; at = *at ? at + 1 : NULL) {
		size_t len = strcspn(at, ",");

		if (len > 0) {
			ret_keys->keys[ret_keys->count] =
				weft_report__string(&report->arena, at, len);
			if (!ret_keys->keys[ret_keys->count++]) {
				return -ENOMEM;
			}
		}
		at += len;
	}
	return 0;
}

static bool is_value(const struct weft_pprof_label *label, const char *key, bool is_text)
{
	return strcmp(label->key, key) == 0 &&
	       (is_text ? weft_report_tag__is_text(label) : weft_report_tag__is_number(label));
}

static bool any_has_unit(const struct report_sample *sample, const char *key)
{
	uint32_t i;

	for (i = 0; i < sample->label_count; i++) {
		const struct weft_pprof_label *label = &sample->labels[i];

		if (is_value(label, key, false) && label->unit && *label->unit) {
			return true;
		}
	}
	return false;
}

/* The values of one label with commas between; "" without any. NULL: out of memory. */
/* The values of one label with commas between; "" without any. NULL: out of memory. */
static char *join_values(struct report *report, const struct report_sample *sample, const char *key)
{
	char *joined = weft_report__string(&report->arena, "", 0);
	bool has_unit = any_has_unit(sample, key);
	uint32_t i;
	int pass;

	/* Texts first, then numbers. */
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; joined && i < sample->label_count; i++) {
			const struct weft_pprof_label *label = &sample->labels[i];
			char number[WEFT_REPORT_TEXT_SIZE];
			const char *value = label->str;

			if (!is_value(label, key, pass == 0)) {
				continue;
			}
			if (pass == 1) {
				value = weft_report_unit__label(
					number, label->num,
					has_unit && label->unit ? label->unit : "",
					has_unit ? report->values.unit : "");
			}
			joined = weft_report__format(&report->arena, "%s%s%s", joined,
						     *joined ? "," : "", value);
		}
	}
	return joined;
}

/* Frames made so far: functions and locations behind the profile's own. */
struct frame_maker {
	struct report *report;
	struct weft_hash_index index;
	size_t function_capacity, location_capacity;
	uint64_t seed;
};

static int make_room(struct frame_maker *maker)
{
	struct report *report = maker->report;
	void *grown;

	if (report->function_count == maker->function_capacity) {
		size_t capacity = 2 * maker->function_capacity + 64;

		grown = weft_report__zeroed(&report->arena, capacity, sizeof(*report->functions));
		if (!grown) {
			return -ENOMEM;
		}
		memcpy(grown, report->functions,
		       report->function_count * sizeof(*report->functions));
		report->functions = grown;
		maker->function_capacity = capacity;
	}
	if (report->location_count == maker->location_capacity) {
		size_t capacity = 2 * maker->location_capacity + 64;

		grown = weft_report__zeroed(&report->arena, capacity, sizeof(*report->locations));
		if (!grown) {
			return -ENOMEM;
		}
		memcpy(grown, report->locations,
		       report->location_count * sizeof(*report->locations));
		report->locations = grown;
		maker->location_capacity = capacity;
	}
	return weft_hash_index_reserve(&maker->index, &report->arena, maker->index.count + 1);
}

static int make_frame(struct frame_maker *maker, const char *name, const char *key,
		      uint32_t *ret_location)
{
	struct report *report = maker->report;
	uint64_t hash = weft_hash_bytes(maker->seed, name, strlen(name) + 1);
	struct weft_pprof_line *line;
	struct weft_hash_probe probe;
	uint32_t found;

	hash = weft_hash_bytes(hash, key, strlen(key));
	if (make_room(maker) < 0) {
		return -ENOMEM;
	}
	for (weft_hash_index_start(&maker->index, hash, &probe);
	     weft_hash_index_next(&maker->index, &probe, &found);) {
		const struct weft_pprof_function *function =
			&report->functions[report->locations[found].lines->function];

		if (strcmp(function->name, name) == 0 && strcmp(function->file, key) == 0) {
			*ret_location = found;
			return 0;
		}
	}
	line = weft_report__zeroed(&report->arena, 1, sizeof(*line));
	if (!line) {
		return -ENOMEM;
	}
	line->function = report->function_count;
	report->functions[report->function_count++] =
		(struct weft_pprof_function){.name = name, .system_name = "", .file = key};
	report->locations[report->location_count] = (struct report_location){
		.lines = line, .line_count = 1, .mapping = WEFT_PPROF_NONE};
	weft_hash_index_add(&maker->index, hash, report->location_count);
	*ret_location = report->location_count++;
	return 0;
}

/* The last key comes first in the stack: it is nearest to the leaf. */
static int make_frames(struct frame_maker *maker, struct tag_keys *keys,
		       const struct report_sample *sample, uint32_t *locations)
{
	uint32_t i;

	for (i = 0; i < keys->count; i++) {
		const char *key = keys->keys[keys->count - 1 - i];
		const char *name = join_values(maker->report, sample, key);

		if (!name || make_frame(maker, name, key, &locations[i]) < 0) {
			return -ENOMEM;
		}
		keys->matched = keys->matched || *name;
	}
	return 0;
}

int weft_report_tag__add_frames(struct report *report)
{
	struct frame_maker maker = {.report = report,
				    .function_capacity = report->function_count,
				    .location_capacity = report->location_count,
				    .seed = weft_hash_seed()};
	struct tag_keys roots = {.count = 0}, leaves = {.count = 0};
	uint32_t i;
	int ret;

	if (*report->values.tagroot == '\0' && *report->values.tagleaf == '\0') {
		return 0;
	}
	ret = split_keys(report, report->values.tagroot, &roots);
	ret = ret < 0 ? ret : split_keys(report, report->values.tagleaf, &leaves);
	for (i = 0; ret == 0 && i < report->sample_count; i++) {
		struct report_sample *sample = &report->samples[i];
		size_t count = (size_t)leaves.count + sample->location_count + roots.count;
		uint32_t *stack = weft_report__zeroed(&report->arena, count, sizeof(*stack));

		if (!stack) {
			ret = -ENOMEM;
			break;
		}
		if (sample->location_count) {
			memcpy(stack + leaves.count, sample->locations,
			       sample->location_count * sizeof(*stack));
		}
		ret = make_frames(&maker, &roots, sample,
				  stack + leaves.count + sample->location_count);
		ret = ret < 0 ? ret : make_frames(&maker, &leaves, sample, stack);
		sample->locations = stack;
		sample->location_count = (uint32_t)count;
	}
	weft_hash_index_fini(&maker.index, &report->arena);
	if (ret == 0 && *report->values.tagroot && !roots.matched) {
		weft_report_view__warn(report, "TagRoot expression matched no samples");
	}
	if (ret == 0 && *report->values.tagleaf && !leaves.matched) {
		weft_report_view__warn(report, "TagLeaf expression matched no samples");
	}
	return ret;
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See raw-profile.h.
 *
 * Protocol Buffers in four lines: a field is a varint (number << 3 | kind), then its content; kind 0
 * is a varint, kind 2 a length and bytes. A varint has seven bits a byte, lowest first, the top
 * bit set on all but the last. A field that is absent is 0.
 */
#include "raw-profile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mappings.h"

#define OUTPUT_SIZE   (64U << 10)
#define COMMENT_SIZE  1024
#define VARINT_MAX    10U
#define FIRST_ENTRIES 256U

enum profile_field {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_MAPPING = 3,
	PROFILE_LOCATION = 4,
	PROFILE_STRING = 6,
	PROFILE_TIME = 9,
	PROFILE_DURATION = 10,
	PROFILE_PERIOD_TYPE = 11,
	PROFILE_PERIOD = 12,
	PROFILE_COMMENT = 13,
	PROFILE_DEFAULT_TYPE = 14,
};

enum value_type_field { VALUE_TYPE_TYPE = 1, VALUE_TYPE_UNIT = 2 };
enum sample_field { SAMPLE_LOCATION = 1, SAMPLE_VALUE = 2, SAMPLE_LABEL = 3 };
enum label_field { LABEL_KEY = 1, LABEL_STR = 2, LABEL_NUM = 3, LABEL_UNIT = 4 };
enum location_field { LOCATION_ID = 1, LOCATION_MAPPING = 2, LOCATION_ADDRESS = 3 };
enum mapping_field {
	MAPPING_ID = 1,
	MAPPING_START = 2,
	MAPPING_LIMIT = 3,
	MAPPING_OFFSET = 4,
	MAPPING_FILE = 5,
	MAPPING_BUILD_ID = 6,
};

/* A message that is being put together, before its length is known. */
struct message {
	unsigned char *bytes;
	size_t len, size;
};

/*
 * What has been numbered, open-addressed, at most half full. A string's key is its hash, told apart
 * by the text; an address is its own key and has no text.
 */
struct numbered {
	uint64_t key;
	uint32_t number; /* 0: free. Strings: index + 1, as index 0 is in use. */
	char *text;
};

struct number_table {
	struct numbered *entries;
	size_t count, size; /* size: power of two, or 0. */
};

struct weft_raw_profile {
	weft_raw_profile_write_fn write;
	void *ctx;
	int failure; /* The first one, 0: none. */
	size_t type_count;
	size_t output_len;
	struct weft_mappings mappings;
	struct number_table strings, locations;
	struct message message, inner;
	unsigned char output[OUTPUT_SIZE];
};

/* ---- Bytes out ---- */

static void fail(struct weft_raw_profile *profile, int code)
{
	if (profile->failure == 0) {
		profile->failure = code;
	}
}

static void flush(struct weft_raw_profile *profile)
{
	if (profile->failure == 0 && profile->output_len > 0) {
		int ret = profile->write(profile->ctx, profile->output, profile->output_len);

		if (ret < 0) {
			fail(profile, ret);
		}
	}
	profile->output_len = 0;
}

static void put(struct weft_raw_profile *profile, const void *bytes, size_t size)
{
	const unsigned char *from = (const unsigned char *)bytes;

	while (size > 0) {
		size_t room = OUTPUT_SIZE - profile->output_len;
		size_t part = size < room ? size : room;

		memcpy(profile->output + profile->output_len, from, part);
		profile->output_len += part;
		from += part;
		size -= part;
		if (profile->output_len == OUTPUT_SIZE) {
			flush(profile);
		}
	}
}

static size_t encode_varint(uint64_t value, unsigned char *ret_bytes)
{
	size_t len = 0;

	while (value >= 0x80) {
		ret_bytes[len++] = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	ret_bytes[len++] = (unsigned char)value;
	return len;
}

static void put_number(struct weft_raw_profile *profile, unsigned int field, uint64_t value)
{
	unsigned char bytes[2 * VARINT_MAX];
	size_t len = encode_varint((uint64_t)field << 3, bytes);

	len += encode_varint(value, bytes + len);
	put(profile, bytes, len);
}

static void put_bytes(struct weft_raw_profile *profile, unsigned int field, const void *bytes,
		      size_t size)
{
	unsigned char head[2 * VARINT_MAX];
	size_t len = encode_varint((uint64_t)field << 3 | 2, head);

	len += encode_varint(size, head + len);
	put(profile, head, len);
	put(profile, bytes, size);
}

/* ---- Messages inside ---- */

static bool reserve(struct weft_raw_profile *profile, struct message *message, size_t more)
{
	size_t size = message->size ? message->size : 256;
	unsigned char *bytes;

	while (size - message->len < more) {
		size *= 2;
	}
	if (size == message->size) {
		return true;
	}
	bytes = (unsigned char *)realloc(message->bytes, size);
	if (!bytes) {
		fail(profile, -ENOMEM);
		return false;
	}
	message->bytes = bytes;
	message->size = size;
	return true;
}

static void add_number(struct weft_raw_profile *profile, struct message *message,
		       unsigned int field, uint64_t value)
{
	if (value != 0 && reserve(profile, message, (size_t)2 * VARINT_MAX)) {
		message->len += encode_varint((uint64_t)field << 3, message->bytes + message->len);
		message->len += encode_varint(value, message->bytes + message->len);
	}
}

static void add_message(struct weft_raw_profile *profile, struct message *message,
			unsigned int field, const struct message *inner)
{
	if (reserve(profile, message, (size_t)2 * VARINT_MAX + inner->len)) {
		message->len +=
			encode_varint((uint64_t)field << 3 | 2, message->bytes + message->len);
		message->len += encode_varint(inner->len, message->bytes + message->len);
		if (inner->len > 0) {
			memcpy(message->bytes + message->len, inner->bytes, inner->len);
		}
		message->len += inner->len;
	}
}

static void put_message(struct weft_raw_profile *profile, unsigned int field,
			struct message *message)
{
	put_bytes(profile, field, message->bytes, message->len);
	message->len = 0;
}

/* ---- Numbers for strings and addresses ---- */

static uint64_t mix(uint64_t key)
{
	key *= UINT64_C(0x9e3779b97f4a7c15);
	return key ^ key >> 29;
}

/* FNV-1a. */
static uint64_t hash_text(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++) {
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	}
	return hash;
}

static struct numbered *find(const struct number_table *table, uint64_t key, const char *text)
{
	size_t at = mix(key) & (table->size - 1);

	while (table->entries[at].number &&
	       (table->entries[at].key != key ||
		(text && strcmp(table->entries[at].text, text) != 0))) {
		at = (at + 1) & (table->size - 1);
	}
	return &table->entries[at];
}

static bool grow(struct weft_raw_profile *profile, struct number_table *table)
{
	struct number_table larger = {NULL, table->count,
				      table->size ? 2 * table->size : FIRST_ENTRIES};
	size_t i;

	if (2 * (table->count + 1) <= table->size) {
		return true;
	}
	larger.entries = (struct numbered *)calloc(larger.size, sizeof(*larger.entries));
	if (!larger.entries) {
		fail(profile, -ENOMEM);
		return false;
	}
	for (i = 0; i < table->size; i++) {
		const struct numbered *old = &table->entries[i];

		if (old->number) {
			*find(&larger, old->key, old->text) = *old;
		}
	}
	free(table->entries);
	*table = larger;
	return true;
}

/* The number of a key, and whether it is new (number 0 then: out of memory). */
static bool assign(struct weft_raw_profile *profile, struct number_table *table, uint64_t key,
		   const char *text, uint32_t *ret_number)
{
	struct numbered *entry;

	*ret_number = 0;
	if (!grow(profile, table)) {
		return true;
	}
	entry = find(table, key, text);
	if (entry->number) {
		*ret_number = entry->number;
		return false;
	}
	if (text) {
		entry->text = strdup(text);
		if (!entry->text) {
			fail(profile, -ENOMEM);
			return true;
		}
	}
	entry->key = key;
	entry->number = (uint32_t)++table->count;
	*ret_number = entry->number;
	return true;
}

/* Index of a string, which is written when it is new. NULL counts as "". */
static uint64_t string(struct weft_raw_profile *profile, const char *text)
{
	uint32_t number;

	text = text ? text : "";
	if (assign(profile, &profile->strings, hash_text(text), text, &number) && number) {
		put_bytes(profile, PROFILE_STRING, text, strlen(text));
	}
	return number ? number - 1 : 0;
}

static uint64_t location(struct weft_raw_profile *profile, uint64_t address)
{
	const struct weft_mapping *mapping;
	uint32_t number;

	if (assign(profile, &profile->locations, address, NULL, &number) && number) {
		mapping = weft_mappings_find(&profile->mappings, address);
		add_number(profile, &profile->inner, LOCATION_ID, number);
		add_number(profile, &profile->inner, LOCATION_MAPPING,
			   mapping ? (uint64_t)(mapping - profile->mappings.items) + 1 : 0);
		add_number(profile, &profile->inner, LOCATION_ADDRESS, address);
		put_message(profile, PROFILE_LOCATION, &profile->inner);
	}
	return number;
}

static void put_mappings(struct weft_raw_profile *profile)
{
	size_t i;

	for (i = 0; i < profile->mappings.count; i++) {
		const struct weft_mapping *mapping = &profile->mappings.items[i];
		uint64_t file = string(profile, mapping->file);
		uint64_t build_id = string(profile, mapping->build_id);

		add_number(profile, &profile->message, MAPPING_ID, i + 1);
		add_number(profile, &profile->message, MAPPING_START, mapping->start);
		add_number(profile, &profile->message, MAPPING_LIMIT, mapping->limit);
		add_number(profile, &profile->message, MAPPING_OFFSET, mapping->offset);
		add_number(profile, &profile->message, MAPPING_FILE, file);
		add_number(profile, &profile->message, MAPPING_BUILD_ID, build_id);
		put_message(profile, PROFILE_MAPPING, &profile->message);
	}
}

/* ---- The interface ---- */

struct weft_raw_profile *weft_raw_profile_create(weft_raw_profile_write_fn write, void *ctx)
{
	struct weft_raw_profile *profile =
		(struct weft_raw_profile *)calloc(1, sizeof(struct weft_raw_profile));

	if (!profile) {
		return NULL;
	}
	profile->write = write;
	profile->ctx = ctx;
	(void)string(profile, ""); /* Index 0. */
	/* Without /proc the addresses go without mappings: a profile all the same. */
	(void)weft_mappings_refresh(true);
	if (weft_mappings_copy(&profile->mappings) < 0) {
		fail(profile, -ENOMEM);
	}
	put_mappings(profile);
	return profile;
}

static void destroy_table(struct number_table *table)
{
	size_t i;

	for (i = 0; i < table->size; i++) {
		free(table->entries[i].text);
	}
	free(table->entries);
}

void weft_raw_profile_destroy(struct weft_raw_profile *profile)
{
	if (!profile) {
		return;
	}
	weft_mappings_fini(&profile->mappings);
	destroy_table(&profile->strings);
	destroy_table(&profile->locations);
	free(profile->message.bytes);
	free(profile->inner.bytes);
	free(profile);
}

static void put_value_type(struct weft_raw_profile *profile, unsigned int field, const char *type,
			   const char *unit)
{
	uint64_t type_string = string(profile, type);
	uint64_t unit_string = string(profile, unit);

	add_number(profile, &profile->message, VALUE_TYPE_TYPE, type_string);
	add_number(profile, &profile->message, VALUE_TYPE_UNIT, unit_string);
	put_message(profile, field, &profile->message);
}

void weft_raw_profile_add_sample_type(struct weft_raw_profile *profile, const char *type,
				      const char *unit)
{
	if (profile->type_count == WEFT_RAW_PROFILE_TYPES_MAX) {
		fail(profile, -EINVAL);
		return;
	}
	profile->type_count++;
	put_value_type(profile, PROFILE_SAMPLE_TYPE, type, unit);
}

void weft_raw_profile_set_period(struct weft_raw_profile *profile, const char *type,
				 const char *unit, int64_t period)
{
	put_value_type(profile, PROFILE_PERIOD_TYPE, type, unit);
	put_number(profile, PROFILE_PERIOD, (uint64_t)period);
}

void weft_raw_profile_set_time(struct weft_raw_profile *profile, int64_t time_ns,
			       int64_t duration_ns)
{
	put_number(profile, PROFILE_TIME, (uint64_t)time_ns);
	if (duration_ns != 0) {
		put_number(profile, PROFILE_DURATION, (uint64_t)duration_ns);
	}
}

void weft_raw_profile_set_default_type(struct weft_raw_profile *profile, const char *type)
{
	uint64_t index = string(profile, type);

	put_number(profile, PROFILE_DEFAULT_TYPE, index);
}

void weft_raw_profile_add_comment(struct weft_raw_profile *profile, const char *format, ...)
{
	char text[COMMENT_SIZE];
	va_list args;
	uint64_t index;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	index = string(profile, text);
	put_number(profile, PROFILE_COMMENT, index);
}

static void add_label(struct weft_raw_profile *profile, const struct weft_raw_label *label)
{
	uint64_t key = string(profile, label->key);
	uint64_t str = label->str ? string(profile, label->str) : 0;
	uint64_t unit = label->str ? 0 : string(profile, label->unit);

	profile->inner.len = 0;
	add_number(profile, &profile->inner, LABEL_KEY, key);
	add_number(profile, &profile->inner, LABEL_STR, str);
	add_number(profile, &profile->inner, LABEL_NUM, label->str ? 0 : (uint64_t)label->num);
	add_number(profile, &profile->inner, LABEL_UNIT, unit);
	add_message(profile, &profile->message, SAMPLE_LABEL, &profile->inner);
	profile->inner.len = 0;
}

/* Even 0 has to stand: there must be as many values as types. */
static void add_value(struct weft_raw_profile *profile, int64_t value)
{
	struct message *message = &profile->message;

	if (reserve(profile, message, (size_t)2 * VARINT_MAX)) {
		message->len += encode_varint(SAMPLE_VALUE << 3, message->bytes + message->len);
		message->len += encode_varint((uint64_t)value, message->bytes + message->len);
	}
}

void weft_raw_profile_add_sample(struct weft_raw_profile *profile,
				 const struct weft_raw_sample *sample)
{
	size_t i;

	if (profile->type_count == 0) {
		fail(profile, -EINVAL);
	}
	if (profile->failure) {
		return;
	}
	for (i = 0; i < sample->depth; i++) {
		bool is_call = i > 0 || sample->leaf_is_call;
		uint64_t id = location(profile, sample->pcs[i] - (is_call && sample->pcs[i] > 0));

		add_number(profile, &profile->message, SAMPLE_LOCATION, id);
	}
	for (i = 0; i < profile->type_count; i++) {
		add_value(profile, sample->values[i]);
	}
	for (i = 0; i < sample->label_count; i++) {
		add_label(profile, &sample->labels[i]);
	}
	put_message(profile, PROFILE_SAMPLE, &profile->message);
}

int weft_raw_profile_finish(struct weft_raw_profile *profile)
{
	flush(profile);
	return profile->failure;
}

int64_t weft_raw_profile_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* Cannot fail for this clock. */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

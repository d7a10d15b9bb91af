// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Profile → bytes. One message at a time goes through protobuf-c and into zlib, so that the memory
 * it takes does not depend on the profile's size. See <weft/pprof.h>.
 */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ZLIB_CONST
#include <zlib.h>

#include <profile.pb-c.h>

#include "array.h"
#include "wire.h"

#define OUT_SIZE     (64U << 10)
#define MESSAGE_SIZE (64U << 10)
/* A gzip frame around deflate data; 15: the window, 8: the default memory. */
#define GZIP_WINDOW_BITS (15 + 16)

struct encoder {
	const struct weft_pprof *profile;
	weft_pprof_write_fn write;
	void *ctx;
	z_stream deflate;
	unsigned char *out;     /* OUT_SIZE bytes. */
	unsigned char *message; /* Message being packed. */
	size_t message_capacity;
	Weft__Pb__Label *labels, **label_pointers; /* Of the sample being packed. */
	uint64_t *location_ids;
	size_t label_capacity, pointer_capacity, location_capacity;
};

static int deflate_bytes(struct encoder *encoder, const void *bytes, size_t size, int flush)
{
	z_stream *stream = &encoder->deflate;
	int ret;

	stream->next_in = (const unsigned char *)bytes;
	stream->avail_in = (uInt)size;
	do {
		size_t produced;

		stream->next_out = encoder->out;
		stream->avail_out = OUT_SIZE;
		/* It cannot fail on a stream that was set up; a full buffer is not an error. */
		(void)deflate(stream, flush);
		produced = OUT_SIZE - stream->avail_out;
		ret = produced > 0 ? encoder->write(encoder->ctx, encoder->out, produced) : 0;
		if (ret < 0) {
			return ret;
		}
	} while (stream->avail_out == 0);
	return 0;
}

/* A field of the profile itself whose value is `size` bytes. */
static int put_bytes(struct encoder *encoder, uint32_t field, const void *bytes, size_t size)
{
	unsigned char head[2 * WEFT_WIRE_VARINT_SIZE];
	size_t len = weft_wire_put_varint(head, weft_wire_tag(field, WEFT_WIRE_BYTES));
	int ret;

	len += weft_wire_put_varint(head + len, size);
	ret = deflate_bytes(encoder, head, len, Z_NO_FLUSH);
	return ret < 0 || size == 0 ? ret : deflate_bytes(encoder, bytes, size, Z_NO_FLUSH);
}

static int put_message(struct encoder *encoder, uint32_t field, const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	int ret;

	ret = weft_array_reserve(&encoder->message, &encoder->message_capacity, size, SIZE_MAX, 1);
	if (ret < 0) {
		return ret;
	}
	protobuf_c_message_pack(message, encoder->message);
	return put_bytes(encoder, field, encoder->message, size);
}

static int64_t string_id(const char *text)
{
	return weft_pprof__string_of(text)->number;
}

static int put_sample_types(struct encoder *encoder)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < weft_pprof_sample_type_count(encoder->profile); i++) {
		const struct weft_pprof_value_type *type =
			weft_pprof_get_sample_type(encoder->profile, i);
		Weft__Pb__ValueType message = WEFT__PB__VALUE_TYPE__INIT;

		message.type = string_id(type->type);
		message.unit = string_id(type->unit);
		ret = put_message(encoder, 1, &message.base);
	}
	return ret;
}

/* Room for the ids and labels of a sample. */
static int reserve_for_sample(struct encoder *encoder, const struct weft_pprof_sample *sample)
{
	int ret;

	ret = weft_array_reserve(&encoder->location_ids, &encoder->location_capacity,
				 sample->location_count, UINT32_MAX,
				 sizeof(*encoder->location_ids));
	if (ret == 0) {
		ret = weft_array_reserve(&encoder->labels, &encoder->label_capacity,
					 sample->label_count, UINT32_MAX, sizeof(*encoder->labels));
	}
	if (ret == 0) {
		ret = weft_array_reserve(&encoder->label_pointers, &encoder->pointer_capacity,
					 sample->label_count, UINT32_MAX,
					 sizeof(struct Weft__Pb__Label *));
	}
	return ret;
}

static void fill_label(const struct weft_pprof_label *label, Weft__Pb__Label *message)
{
	weft__pb__label__init(message);
	message->key = string_id(label->key);
	if (label->str) {
		message->str = string_id(label->str);
	} else {
		message->num = label->num;
		message->num_unit = string_id(label->unit);
	}
}

static int put_samples(struct encoder *encoder)
{
	Weft__Pb__Sample message = WEFT__PB__SAMPLE__INIT;
	uint32_t i, k;
	int ret = 0;

	for (i = 0; ret == 0 && i < weft_pprof_sample_count(encoder->profile); i++) {
		const struct weft_pprof_sample *sample = weft_pprof_get_sample(encoder->profile, i);

		ret = reserve_for_sample(encoder, sample);
		if (ret < 0) {
			return ret;
		}
		for (k = 0; k < sample->location_count; k++) {
			encoder->location_ids[k] = (uint64_t)sample->locations[k] + 1;
		}
		for (k = 0; k < sample->label_count; k++) {
			fill_label(&sample->labels[k], &encoder->labels[k]);
			encoder->label_pointers[k] = &encoder->labels[k];
		}
		message.n_location_id = sample->location_count;
		message.location_id = encoder->location_ids;
		message.n_value = weft_pprof_sample_type_count(encoder->profile);
		message.value = (int64_t *)sample->values; /* protobuf-c only reads it. */
		message.n_label = sample->label_count;
		message.label = encoder->label_pointers;
		ret = put_message(encoder, 2, &message.base);
	}
	return ret;
}

static int put_mappings(struct encoder *encoder)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < weft_pprof_mapping_count(encoder->profile); i++) {
		const struct weft_pprof_mapping *mapping =
			weft_pprof_get_mapping(encoder->profile, i);
		Weft__Pb__Mapping message = WEFT__PB__MAPPING__INIT;

		message.id = (uint64_t)i + 1;
		message.memory_start = mapping->start;
		message.memory_limit = mapping->limit;
		message.file_offset = mapping->offset;
		message.filename = string_id(mapping->file);
		message.build_id = string_id(mapping->build_id);
		message.has_functions = mapping->has_functions;
		message.has_filenames = mapping->has_filenames;
		message.has_line_numbers = mapping->has_line_numbers;
		message.has_inline_frames = mapping->has_inline_frames;
		ret = put_message(encoder, 3, &message.base);
	}
	return ret;
}

static int put_location(struct encoder *encoder, uint32_t index)
{
	const struct weft_pprof_location *location =
		weft_pprof_get_location(encoder->profile, index);
	Weft__Pb__Location message = WEFT__PB__LOCATION__INIT;
	Weft__Pb__Line *lines = NULL, **pointers = NULL;
	uint32_t i;
	int ret = -ENOMEM;

	lines = (Weft__Pb__Line *)calloc((size_t)location->line_count + 1, sizeof(*lines));
	pointers = (Weft__Pb__Line **)calloc((size_t)location->line_count + 1,
					     sizeof(struct Weft__Pb__Line *));
	if (!lines || !pointers) {
		goto out;
	}
	for (i = 0; i < location->line_count; i++) {
		weft__pb__line__init(&lines[i]);
		lines[i].function_id = (uint64_t)location->lines[i].function + 1;
		lines[i].line = location->lines[i].line;
		lines[i].column = location->lines[i].column;
		pointers[i] = &lines[i];
	}
	message.id = (uint64_t)index + 1;
	message.mapping_id =
		location->mapping == WEFT_PPROF_NONE ? 0 : (uint64_t)location->mapping + 1;
	message.address = location->address;
	message.n_line = location->line_count;
	message.line = pointers;
	message.is_folded = location->is_folded;
	ret = put_message(encoder, 4, &message.base);
out:
	free((void *)pointers);
	free(lines);
	return ret;
}

static int put_locations(struct encoder *encoder)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < weft_pprof_location_count(encoder->profile); i++) {
		ret = put_location(encoder, i);
	}
	return ret;
}

static int put_functions(struct encoder *encoder)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < weft_pprof_function_count(encoder->profile); i++) {
		const struct weft_pprof_function *function =
			weft_pprof_get_function(encoder->profile, i);
		Weft__Pb__Function message = WEFT__PB__FUNCTION__INIT;

		message.id = (uint64_t)i + 1;
		message.name = string_id(function->name);
		message.system_name = string_id(function->system_name);
		message.filename = string_id(function->file);
		message.start_line = function->start_line;
		ret = put_message(encoder, 5, &message.base);
	}
	return ret;
}

static int put_strings(struct encoder *encoder)
{
	struct weft_string **strings = (struct weft_string **)encoder->profile->strings.items;
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < encoder->profile->strings.count; i++) {
		ret = put_bytes(encoder, 6, strings[i]->text, strings[i]->len);
	}
	return ret;
}

/* The profile's own numbers: a message of only these, without a head of its own. */
static int put_header(struct encoder *encoder)
{
	const struct weft_pprof_header *header = &encoder->profile->header;
	Weft__Pb__Profile message = WEFT__PB__PROFILE__INIT;
	Weft__Pb__ValueType period_type = WEFT__PB__VALUE_TYPE__INIT;
	size_t count = encoder->profile->comments.count, size, i;
	int64_t *comments = (int64_t *)calloc(count + 1, sizeof(*comments));
	int ret;

	if (!comments) {
		return -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		comments[i] = string_id(weft_pprof_get_comment(encoder->profile, (uint32_t)i));
	}
	period_type.type = string_id(header->period_type.type);
	period_type.unit = string_id(header->period_type.unit);
	message.period_type = period_type.type != 0 || period_type.unit != 0 ? &period_type : NULL;
	message.period = header->period;
	message.time_nanos = header->time_ns;
	message.duration_nanos = header->duration_ns;
	message.default_sample_type = string_id(header->default_sample_type);
	message.doc_url = string_id(header->doc_url);
	message.drop_frames = string_id(header->drop_frames);
	message.keep_frames = string_id(header->keep_frames);
	message.comment = comments;
	message.n_comment = count;
	size = protobuf_c_message_get_packed_size(&message.base);
	ret = weft_array_reserve(&encoder->message, &encoder->message_capacity, size, SIZE_MAX, 1);
	if (ret == 0) {
		protobuf_c_message_pack(&message.base, encoder->message);
		ret = deflate_bytes(encoder, encoder->message, size, Z_NO_FLUSH);
	}
	free(comments);
	return ret;
}

static int put_profile(struct encoder *encoder)
{
	static int (*const parts[])(struct encoder *) = {
		put_sample_types, put_samples, put_mappings, put_locations,
		put_functions,    put_strings, put_header,
	};
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < sizeof(parts) / sizeof(parts[0]); i++) {
		ret = parts[i](encoder);
	}
	return ret < 0 ? ret : deflate_bytes(encoder, "", 0, Z_FINISH);
}

int weft_pprof_write(const struct weft_pprof *profile, weft_pprof_write_fn write, void *ctx,
		     struct weft_error *err)
{
	struct encoder encoder = {.profile = profile, .write = write, .ctx = ctx};
	int ret = -ENOMEM;

	/* As Go does: profiles are read soon, and the fastest level is within 10 % of the best. */
	if (deflateInit2(&encoder.deflate, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW_BITS, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK) {
		return weft_error_set(err, -ENOMEM, "cannot write the profile: out of memory");
	}
	encoder.out = (unsigned char *)malloc(OUT_SIZE);
	encoder.message = (unsigned char *)malloc(MESSAGE_SIZE);
	encoder.message_capacity = MESSAGE_SIZE;
	if (encoder.out && encoder.message) {
		ret = put_profile(&encoder);
	}
	free((void *)encoder.label_pointers);
	free(encoder.labels);
	free(encoder.location_ids);
	free(encoder.message);
	free(encoder.out);
	(void)deflateEnd(&encoder.deflate); /* It only warns of bytes that are still inside. */
	return ret < 0 ? weft_error_set_errno(err, ret, "cannot write the profile") : 0;
}

int weft_pprof_write_to_fd(void *ctx, const void *bytes, size_t size)
{
	const char *at = (const char *)bytes;

	while (size > 0) {
		ssize_t written = write(*(const int *)ctx, at, size);

		if (written < 0 && errno != EINTR) {
			return -errno;
		}
		if (written > 0) {
			at += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

int weft_pprof_write_fd(const struct weft_pprof *profile, int fd, struct weft_error *err)
{
	return weft_pprof_write(profile, weft_pprof_write_to_fd, &fd, err);
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The babeltrace2 plugin `weft`: its sink component class `go-trace` writes a Go trace.
 *
 *     babeltrace2 --plugin-path=DIR -c sink.weft.go-trace --params 'path="x.trace"' INPUT
 *
 * Only registers and adapts: message-reader.h and go-sink.h do the work, as they (or what they are
 * made of) do for `weft convert`. Failures become causes of babeltrace2's current error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <babeltrace2/babeltrace.h>

#include <weft/convert.h>

#include "batch.h"
#include "go-sink.h"
#include "message-reader.h"

#define PORT_NAME "in"

struct component {
	bt_self_component *self; /* Weak. */
	bt_message_iterator *iterator;
	struct weft_message_reader reader;
	struct weft_go_sink *sink;
	struct weft_batch *batch;
	struct weft_error err;
	int status; /* First failure of the sink. */
};

static void append_cause(bt_self_component *self, const struct weft_error *err)
{
	(void)BT_CURRENT_THREAD_ERROR_APPEND_CAUSE_FROM_COMPONENT(self, "%s", err->text);
}

/* ---- Batches: one, taken as soon as it is full ---- */

static struct weft_batch *get_batch(void *ctx)
{
	struct component *component = (struct component *)ctx;

	if (component->status < 0) {
		return NULL;
	}
	component->batch->event_count = 0;
	component->batch->arena_size = 0;
	return component->batch;
}

static void put_batch(void *ctx, struct weft_batch *batch)
{
	struct component *component = (struct component *)ctx;

	if (component->status == 0) {
		component->status = weft_go_sink_take(component->sink, component->reader.has_sched,
						      batch, &component->err);
	}
}

static const struct weft_source_ops batch_ops = {get_batch, put_batch};

/* ---- Parameters ---- */

struct parameters {
	const char *path;
	struct weft_convert_options options;
	struct weft_error *err;
};

static int take_path(struct parameters *parameters, const bt_value *value)
{
	if (!bt_value_is_string(value) || bt_value_string_get(value)[0] == '\0') {
		return weft_error_set(parameters->err, -EINVAL, "it must be the name of a file");
	}
	parameters->path = bt_value_string_get(value);
	return 0;
}

static int take_rows(struct parameters *parameters, const bt_value *value)
{
	if (!bt_value_is_string(value)) {
		return weft_error_set(parameters->err, -EINVAL, "it must be \"cpu\" or \"thread\"");
	}
	return weft_convert_parse_rows(bt_value_string_get(value), &parameters->options.rows,
				       parameters->err);
}

/* `go-version=1.22` without quotation marks is a number to babeltrace2. */
static int take_go_version(struct parameters *parameters, const bt_value *value)
{
	char text[32];

	if (bt_value_is_string(value)) {
		(void)snprintf(text, sizeof(text), "%s", bt_value_string_get(value));
	} else if (bt_value_is_real(value)) {
		(void)snprintf(text, sizeof(text), "%.2f", bt_value_real_get(value));
	} else {
		return weft_error_set(parameters->err, -EINVAL,
				      "it must be a text such as \"1.22\"");
	}
	return weft_convert_parse_go_version(text, &parameters->options.go_version,
					     parameters->err);
}

static const struct {
	const char *name;
	int (*take)(struct parameters *parameters, const bt_value *value);
} known_parameters[] = {
	{"path", take_path},
	{"rows", take_rows},
	{"go-version", take_go_version},
};

static bt_value_map_foreach_entry_const_func_status
take_parameter(const char *key, const bt_value *value, void *data)
{
	struct parameters *parameters = (struct parameters *)data;
	size_t i;

	for (i = 0; i < sizeof(known_parameters) / sizeof(known_parameters[0]); i++) {
		if (strcmp(key, known_parameters[i].name) != 0) {
			continue;
		}
		if (known_parameters[i].take(parameters, value) < 0) {
			weft_error_prepend(parameters->err, "parameter '%s'", key);
			return BT_VALUE_MAP_FOREACH_ENTRY_CONST_FUNC_STATUS_INTERRUPT;
		}
		return BT_VALUE_MAP_FOREACH_ENTRY_CONST_FUNC_STATUS_OK;
	}
	(void)weft_error_set(parameters->err, -EINVAL,
			     "no parameter '%.100s' (there are path, rows and go-version)", key);
	return BT_VALUE_MAP_FOREACH_ENTRY_CONST_FUNC_STATUS_INTERRUPT;
}

static int read_parameters(const bt_value *map, struct parameters *parameters)
{
	if (bt_value_map_foreach_entry_const(map, take_parameter, parameters) < 0 &&
	    parameters->err->code == 0) {
		return weft_error_set(parameters->err, -ENOMEM, "out of memory");
	}
	if (parameters->err->code < 0) {
		return parameters->err->code;
	}
	if (!parameters->path) {
		return weft_error_set(parameters->err, -EINVAL,
				      "no output given: add --params 'path=\"FILE\"'");
	}
	return 0;
}

/* ---- Life cycle ---- */

static void destroy(struct component *component)
{
	if (component) {
		BT_MESSAGE_ITERATOR_PUT_REF_AND_RESET(component->iterator);
		weft_message_reader_fini(&component->reader);
		weft_go_sink_destroy(component->sink);
		free(component->batch);
		free(component);
	}
}

static int create(const struct parameters *parameters, struct component **ret_component,
		  struct weft_error *err)
{
	struct component *component = (struct component *)calloc(1, sizeof(*component));
	int ret = 0;

	if (component) {
		component->batch = (struct weft_batch *)malloc(sizeof(*component->batch));
	}
	if (!component || !component->batch) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	ret = weft_message_reader_init(&component->reader, &batch_ops, component, &component->err);
	if (ret < 0) {
		ret = weft_error_set(err, ret, "out of memory");
		goto out;
	}
	ret = weft_go_sink_create(&parameters->options, parameters->path, &component->sink, err);
out:
	if (ret < 0) {
		destroy(component);
	} else {
		*ret_component = component;
	}
	return ret;
}

static bt_component_class_initialize_method_status
go_trace_initialize(bt_self_component_sink *self_sink,
		    bt_self_component_sink_configuration *configuration, const bt_value *params,
		    void *data)
{
	bt_self_component *self = bt_self_component_sink_as_self_component(self_sink);
	struct weft_error err = WEFT_ERROR_INIT;
	struct parameters parameters = {.err = &err};
	struct component *component = NULL;

	(void)configuration;
	(void)data;
	if (read_parameters(params, &parameters) < 0 || create(&parameters, &component, &err) < 0) {
		append_cause(self, &err);
		return err.code == -ENOMEM
			       ? BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_MEMORY_ERROR
			       : BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
	}
	if (bt_self_component_sink_add_input_port(self_sink, PORT_NAME, NULL, NULL) !=
	    BT_SELF_COMPONENT_ADD_PORT_STATUS_OK) {
		destroy(component);
		return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR; /* Its cause is there. */
	}
	component->self = self;
	bt_self_component_set_data(self, component);
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static struct component *component_of(bt_self_component_sink *self_sink)
{
	return (struct component *)bt_self_component_get_data(
		bt_self_component_sink_as_self_component(self_sink));
}

static void go_trace_finalize(bt_self_component_sink *self_sink)
{
	destroy(component_of(self_sink));
}

static bt_component_class_sink_graph_is_configured_method_status
go_trace_graph_is_configured(bt_self_component_sink *self_sink)
{
	struct component *component = component_of(self_sink);
	bt_self_component_port_input *port =
		bt_self_component_sink_borrow_input_port_by_name(self_sink, PORT_NAME);
	bt_message_iterator_create_from_sink_component_status status;

	if (!bt_port_is_connected(bt_port_input_as_port_const(
		    bt_self_component_port_input_as_port_input(port)))) {
		(void)weft_error_set(&component->err, -ENODATA,
				     "nothing is connected to the port '" PORT_NAME "'");
		append_cause(component->self, &component->err);
		return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_ERROR;
	}
	status = bt_message_iterator_create_from_sink_component(self_sink, port,
								&component->iterator);
	if (status == BT_MESSAGE_ITERATOR_CREATE_FROM_SINK_COMPONENT_STATUS_MEMORY_ERROR) {
		return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_MEMORY_ERROR;
	}
	return status == BT_MESSAGE_ITERATOR_CREATE_FROM_SINK_COMPONENT_STATUS_OK
		       ? BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_OK
		       : BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_ERROR;
}

/* Hands over the last batch and completes the file. */
static int finish(struct component *component)
{
	int ret;

	weft_message_reader_flush(&component->reader);
	ret = component->status < 0 ? component->status : component->reader.status;
	return ret < 0 ? ret : weft_go_sink_finish(component->sink, &component->err);
}

static bt_component_class_sink_consume_method_status on_end(struct component *component)
{
	if (finish(component) < 0) {
		append_cause(component->self, &component->err);
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_ERROR;
	}
	return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END;
}

/* What could be read before the failure is worth keeping, as with `weft convert`. */
static bt_component_class_sink_consume_method_status on_failure(struct component *component)
{
	const bt_error *error = bt_current_thread_take_error();
	int ret = finish(component);

	if (error) {
		bt_current_thread_move_error(error);
	}
	if (ret == 0) {
		(void)weft_error_set(
			&component->err, -EBADMSG,
			"cannot read the trace further; the Go trace has what could be "
			"read");
	}
	append_cause(component->self, &component->err);
	return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_ERROR;
}

static bt_component_class_sink_consume_method_status
go_trace_consume(bt_self_component_sink *self_sink)
{
	struct component *component = component_of(self_sink);

	switch (weft_message_reader_next(&component->reader, component->iterator)) {
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_OK:
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_AGAIN:
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_AGAIN;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_END:
		return on_end(component);
	default:
		return on_failure(component);
	}
}

/* ---- Registration ---- */

/* The functions babeltrace2 looks up: all that this library exports. */
#pragma GCC visibility push(default)
BT_PLUGIN_MODULE() /* Functions: no semicolon. */
#pragma GCC visibility pop

BT_PLUGIN(weft);
BT_PLUGIN_DESCRIPTION("Go execution traces from traces of native programs");
BT_PLUGIN_AUTHOR("The Weft authors");
BT_PLUGIN_LICENSE("MIT");

BT_PLUGIN_SINK_COMPONENT_CLASS_WITH_ID(auto, go_trace, "go-trace", go_trace_consume);
BT_PLUGIN_SINK_COMPONENT_CLASS_INITIALIZE_METHOD_WITH_ID(auto, go_trace, go_trace_initialize);
BT_PLUGIN_SINK_COMPONENT_CLASS_FINALIZE_METHOD_WITH_ID(auto, go_trace, go_trace_finalize);
BT_PLUGIN_SINK_COMPONENT_CLASS_GRAPH_IS_CONFIGURED_METHOD_WITH_ID(auto, go_trace,
								  go_trace_graph_is_configured);
BT_PLUGIN_SINK_COMPONENT_CLASS_DESCRIPTION_WITH_ID(auto, go_trace,
						   "Write a trace for `go tool trace`.");
BT_PLUGIN_SINK_COMPONENT_CLASS_HELP_WITH_ID(
	auto, go_trace,
	"Parameters:\n"
	"  path        file to write (text, required); \"-\" is standard output\n"
	"  go-version  format: \"1.22\" (default), \"1.23\", \"1.25\", \"1.26\"\n"
	"  rows        \"cpu\" or \"thread\" (default: CPUs when the trace has sched_switch)");

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reading traces through babeltrace2. See source.h.
 */
#include "source.h"

#include <babeltrace2/babeltrace.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bt-error.h"
#include "message-reader.h"
#include "trace-files.h"

struct weft_source {
	struct weft_trace_dirs dirs;
	struct weft_source_facts facts;
};

/*
 * babeltrace2 keeps lists of what plugins gave it, without locks: graphs are built and taken down one
 * at a time. They share nothing while they run.
 */
static pthread_mutex_t plugin_lock = PTHREAD_MUTEX_INITIALIZER;

/* One run: what the sink needs while the graph calls it. */
struct run {
	struct weft_message_reader reader;
	size_t part, part_count;
	struct weft_error *err;
	bt_message_iterator *iterator;
};

int weft_source_open(const char *const *inputs, size_t input_count, struct weft_source **ret_source,
		     struct weft_error *err)
{
	struct weft_source *source = (struct weft_source *)calloc(1, sizeof(*source));
	size_t i;
	int ret = 0;

	if (!source) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	for (i = 0; ret == 0 && i < input_count; i++) {
		ret = weft_trace_dirs_find(&source->dirs, inputs[i], err);
	}
	if (ret == 0) {
		ret = weft_trace_dirs_repair(&source->dirs, err);
	}
	if (ret < 0) {
		weft_source_close(source);
		return ret;
	}
	for (i = 0; i < source->dirs.count; i++) {
		source->facts.has_weft |= source->dirs.dirs[i].has_weft;
		source->facts.has_sched |= source->dirs.dirs[i].has_sched;
		if (source->dirs.dirs[i].tier[0]) {
			memcpy(source->facts.tier, source->dirs.dirs[i].tier, WEFT_TIER_SIZE);
		}
		source->facts.cut_packet_count += source->dirs.dirs[i].cut_packet_count;
		source->facts.stream_count += source->dirs.dirs[i].stream_count;
	}
	source->facts.trace_count = source->dirs.count;
	*ret_source = source;
	return 0;
}

void weft_source_close(struct weft_source *source)
{
	if (source) {
		weft_trace_dirs_fini(&source->dirs);
		free(source);
	}
}

const struct weft_source_facts *weft_source_get_facts(const struct weft_source *source)
{
	return &source->facts;
}

/* ---- The sink ---- */

static bt_graph_simple_sink_component_initialize_func_status
on_sink_init(bt_message_iterator *iterator, void *data)
{
	struct run *run = (struct run *)data;

	run->iterator = iterator;
	bt_message_iterator_get_ref(iterator);
	return BT_GRAPH_SIMPLE_SINK_COMPONENT_INITIALIZE_FUNC_STATUS_OK;
}

static bt_graph_simple_sink_component_consume_func_status
on_sink_consume(bt_message_iterator *iterator, void *data)
{
	struct run *run = (struct run *)data;

	switch (weft_message_reader_next(&run->reader, iterator)) {
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_OK:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_OK;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_END:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_END;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_AGAIN:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_AGAIN;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_MEMORY_ERROR:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_MEMORY_ERROR;
	default:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_ERROR;
	}
}

static void on_sink_finalize(void *data)
{
	struct run *run = (struct run *)data;

	BT_MESSAGE_ITERATOR_PUT_REF_AND_RESET(run->iterator);
}

/* ---- The graph ---- */

static const bt_component_class_source *find_ctf_class(const bt_plugin **plugin)
{
	if (bt_plugin_find("ctf", BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE, BT_FALSE, plugin) !=
	    BT_PLUGIN_FIND_STATUS_OK) {
		return NULL;
	}
	return bt_plugin_borrow_source_component_class_by_name_const(*plugin, "fs");
}

static const bt_component_class_filter *find_muxer_class(const bt_plugin **plugin)
{
	if (bt_plugin_find("utils", BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE, BT_FALSE, plugin) !=
	    BT_PLUGIN_FIND_STATUS_OK) {
		return NULL;
	}
	return bt_plugin_borrow_filter_component_class_by_name_const(*plugin, "muxer");
}

static const bt_component_source *add_trace(bt_graph *graph, const bt_component_class_source *ctf,
					    const struct weft_trace_dir *dir, size_t number)
{
	const bt_component_source *component = NULL;
	bt_value *params = bt_value_map_create();
	bt_value *inputs = NULL;
	char name[32];

	(void)snprintf(name, sizeof(name), "trace%zu", number);
	if (params &&
	    bt_value_map_insert_empty_array_entry(params, "inputs", &inputs) ==
		    BT_VALUE_MAP_INSERT_ENTRY_STATUS_OK &&
	    bt_value_array_append_string_element(inputs,
						 dir->view_path ? dir->view_path : dir->path) ==
		    BT_VALUE_ARRAY_APPEND_ELEMENT_STATUS_OK) {
		(void)bt_graph_add_source_component(graph, ctf, name, params, BT_LOGGING_LEVEL_NONE,
						    &component);
	}
	bt_value_put_ref(params);
	return component;
}

/* Ports seen, and those of this part: the muxer opens a new input each time its last one is connected. */
struct port_counts {
	uint64_t seen, connected;
};

static bool connect_outputs(bt_graph *graph, const bt_component_source *source,
			    const bt_component_filter *muxer, const struct run *run,
			    struct port_counts *ports)
{
	uint64_t count = bt_component_source_get_output_port_count(source);
	uint64_t i;

	for (i = 0; i < count; i++) {
		if (ports->seen++ % run->part_count != run->part) {
			continue;
		}
		if (bt_graph_connect_ports(
			    graph, bt_component_source_borrow_output_port_by_index_const(source, i),
			    bt_component_filter_borrow_input_port_by_index_const(muxer,
										 ports->connected),
			    NULL) != BT_GRAPH_CONNECT_PORTS_STATUS_OK) {
			return false;
		}
		ports->connected++;
	}
	return true;
}

static int add_sink(bt_graph *graph, const bt_component_filter *muxer, struct run *run)
{
	const bt_component_sink *sink = NULL;

	if (bt_graph_add_simple_sink_component(graph, "weft", on_sink_init, on_sink_consume,
					       on_sink_finalize, run,
					       &sink) != BT_GRAPH_ADD_COMPONENT_STATUS_OK ||
	    bt_graph_connect_ports(graph,
				   bt_component_filter_borrow_output_port_by_index_const(muxer, 0),
				   bt_component_sink_borrow_input_port_by_index_const(sink, 0),
				   NULL) != BT_GRAPH_CONNECT_PORTS_STATUS_OK) {
		return weft_bt_error_take(run->err, -EIO, "cannot set up babeltrace2");
	}
	return 0;
}

/* 1: ready to run; 0: this part has no streams. */
static int build_graph(const struct weft_source *source, bt_graph *graph, struct run *run)
{
	const bt_component_filter *muxer = NULL;
	const bt_plugin *ctf_plugin = NULL;
	const bt_plugin *utils_plugin = NULL;
	const bt_component_class_source *ctf_class = find_ctf_class(&ctf_plugin);
	const bt_component_class_filter *muxer_class = find_muxer_class(&utils_plugin);
	struct port_counts ports = {0, 0};
	size_t i;
	int ret = 0;

	if (!ctf_class || !muxer_class ||
	    bt_graph_add_filter_component(graph, muxer_class, "muxer", NULL, BT_LOGGING_LEVEL_NONE,
					  &muxer) != BT_GRAPH_ADD_COMPONENT_STATUS_OK) {
		ret = weft_bt_error_take(run->err, -ENOENT,
					 "cannot load babeltrace2's plugins ctf and utils "
					 "(package libbabeltrace2-0)");
	}
	for (i = 0; ret == 0 && i < source->dirs.count; i++) {
		const bt_component_source *component =
			add_trace(graph, ctf_class, &source->dirs.dirs[i], i);

		if (!component || !connect_outputs(graph, component, muxer, run, &ports)) {
			ret = weft_bt_error_take(run->err, -EPROTO, "cannot open the trace");
			weft_error_prepend(run->err, "'%s'", source->dirs.dirs[i].path);
		}
	}
	if (ret == 0 && ports.seen == 0) {
		const char *what = source->facts.cut_packet_count
					   ? "nothing can be read: the recording is cut short, "
					     "and has no whole packet"
					   : "the trace has no events at all";

		ret = weft_error_set(run->err, -ENODATA, "%s", what);
	}
	if (ret == 0 && ports.connected) {
		ret = add_sink(graph, muxer, run);
		ret = ret < 0 ? ret : 1;
	}
	bt_plugin_put_ref(ctf_plugin);
	bt_plugin_put_ref(utils_plugin);
	return ret;
}

static int run_graph(bt_graph *graph, struct run *run)
{
	bt_graph_run_once_status status;

	do {
		status = bt_graph_run_once(graph);
	} while (status == BT_GRAPH_RUN_ONCE_STATUS_OK && run->reader.status == 0 &&
		 !run->reader.stopped);
	if (run->reader.status < 0) {
		return run->reader.status;
	}
	if (status < 0) {
		return weft_bt_error_take(run->err, -EBADMSG, "cannot read the trace further");
	}
	return 0;
}

int weft_source_run(const struct weft_source *source, size_t part, size_t part_count,
		    const struct weft_source_ops *ops, void *ctx, struct weft_error *err)
{
	struct run run = {.err = err, .part = part, .part_count = part_count};
	bt_graph *graph = NULL;
	int ret = weft_message_reader_init(&run.reader, ops, ctx, err);

	if (ret == 0) {
		(void)pthread_mutex_lock(&plugin_lock);
		graph = bt_graph_create(0);
		ret = graph ? build_graph(source, graph, &run)
			    : weft_error_set(err, -ENOMEM, "out of memory");
		(void)pthread_mutex_unlock(&plugin_lock);
	}
	if (ret > 0) {
		ret = run_graph(graph, &run);
	}
	weft_message_reader_flush(&run.reader); /* What was read before a failure counts as well. */
	(void)pthread_mutex_lock(&plugin_lock);
	bt_graph_put_ref(graph);
	(void)pthread_mutex_unlock(&plugin_lock);
	weft_message_reader_fini(&run.reader);
	return ret;
}

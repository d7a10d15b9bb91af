// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft_summarize(): pipeline, summary and report joined. See <weft/convert.h>.
 */
#include <weft/convert.h>

#include <errno.h>

#include "critical-path.h"
#include "pipeline.h"
#include "summary.h"

static void set_origin(void *ctx, int64_t origin_ns)
{
	((struct weft_summary *)ctx)->origin_ns = origin_ns;
}

static int poll_status(void *ctx, uint64_t event_count)
{
	(void)event_count;
	return ((const struct weft_summary *)ctx)->status;
}

/* A time since the first event on the timeline's clock, never outside of what was read. */
static uint64_t limit_ns(const struct weft_timeline_totals *totals, int64_t since_ns,
			 uint64_t otherwise_ns)
{
	uint64_t length_ns = totals->last_ns - totals->first_ns;

	if (since_ns == WEFT_TIME_NONE) {
		return otherwise_ns;
	}
	if (since_ns < 0) {
		return totals->first_ns;
	}
	return (uint64_t)since_ns < length_ns ? totals->first_ns + (uint64_t)since_ns
					      : totals->last_ns;
}

static void tell_facts(struct weft_summary *summary, const struct weft_pipeline *pipeline,
		       const struct weft_summary_options *options)
{
	const struct weft_timeline_totals *totals = weft_pipeline_get_totals(pipeline);

	summary->options = options;
	summary->totals = totals;
	summary->facts = weft_pipeline_get_facts(pipeline);
	summary->tier = weft_pipeline_get_tier(pipeline);
	summary->from_ns = limit_ns(totals, options->selection.from_ns, totals->first_ns);
	summary->until_ns = limit_ns(totals, options->selection.until_ns, totals->last_ns);
}

static int write_report(const struct weft_summary *summary, FILE *out, struct weft_error *err)
{
	int ret = summary->options->json ? weft_summary__write_json(summary, out)
					 : weft_summary__write_text(summary, out);

	if (ret < 0) {
		return weft_error_set(err, ret, "out of memory");
	}
	errno = 0;
	if (fflush(out) != 0 || ferror(out)) {
		return weft_error_set_errno(err, errno ? -errno : -EIO, "cannot write the summary");
	}
	return 0;
}

/* ---- The critical path ---- */

/* Both passes of it, and what the report then needs. */
struct critical {
	struct weft_critical_finder finder;
	struct weft_critical_path path;
	struct weft_critical_report report;
	int finish_status;
};

static int poll_finder(void *ctx, uint64_t event_count)
{
	(void)event_count;
	return ((const struct weft_critical_finder *)ctx)->status;
}

/* Reading on after the task's end is useless. */
static int poll_path(void *ctx, uint64_t event_count)
{
	const struct critical *critical = (const struct critical *)ctx;

	(void)event_count;
	return critical->path.status < 0 || !critical->path.done ? critical->path.status
								 : -ECANCELED;
}

static void end_path(void *ctx)
{
	struct critical *critical = (struct critical *)ctx;

	critical->finish_status = weft_critical_path_finish(&critical->path);
}

static int find_task(struct critical *critical, struct weft_pipeline *pipeline,
		     const struct weft_summary_options *options, struct weft_error *err)
{
	struct weft_critical_finder *finder = &critical->finder;
	struct weft_consumer consumer = {.ops = &weft_critical_finder_ops,
					 .ctx = finder,
					 .poll_ctx = finder,
					 .poll = poll_finder};
	int ret;

	finder->selection = &options->selection;
	finder->wanted_id = options->task_id;
	ret = weft_pipeline_run_whole(pipeline, WEFT_LANES_AUTO, &consumer, err);
	if (ret < 0 && ret != -EBADMSG) {
		return ret;
	}
	if (weft_critical_finder_finish(finder, weft_pipeline_get_totals(pipeline)->last_ns) < 0) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	if (finder->found || options->task_id == 0) {
		return 0;
	}
	if (finder->slowest_count == 0) {
		return weft_error_set(err, -ENOENT, "no task of type '%s' has a known begin",
				      options->selection.task_type);
	}
	return weft_error_set(
		err, -ENOENT, "no task of type '%s' has id %llu: tasks=%llu, slowest=%llu",
		options->selection.task_type, (unsigned long long)options->task_id,
		(unsigned long long)finder->count, (unsigned long long)finder->slowest[0].id);
}

/*
 * Finds the path that `options` ask for. Damage of the input is left to the run that makes the tables.
 */
static int find_path(struct critical *critical, struct weft_pipeline *pipeline,
		     const struct weft_summary_options *options, struct weft_error *err)
{
	struct weft_consumer consumer = {.ops = &weft_critical_path_ops,
					 .ctx = &critical->path,
					 .poll_ctx = critical,
					 .poll = poll_path,
					 .end = end_path};
	int ret = find_task(critical, pipeline, options, err);

	if (ret < 0 || !critical->finder.found) {
		return ret;
	}
	weft_critical_path_init(&critical->path, &critical->finder.chosen,
				weft_pipeline_get_facts(pipeline)->has_sched,
				WEFT_CRITICAL_INTERVAL_COUNT_MAX);
	ret = weft_pipeline_run_whole(pipeline, WEFT_LANES_AUTO, &consumer, err);
	if (ret < 0 && ret != -EBADMSG && ret != -ECANCELED) {
		return ret;
	}
	if (critical->finish_status < 0) {
		return weft_error_set(err, critical->finish_status, "out of memory");
	}
	critical->report = (struct weft_critical_report){&critical->finder, &critical->path,
							 critical->finder.first_ns};
	return 0;
}

/* ---- The tables ---- */

/* Runs and reports. What could be read of a damaged input is reported, then the damage. */
static int summarize(struct weft_summary *summary, struct weft_pipeline *pipeline,
		     const struct weft_summary_options *options, FILE *out, struct weft_error *err)
{
	struct weft_consumer consumer = {
		.ops = &weft_summary_ops,
		.ctx = summary,
		.poll_ctx = summary,
		.origin = set_origin,
		.poll = poll_status,
	};
	struct weft_error write_err = WEFT_ERROR_INIT;
	int run_ret = weft_pipeline_run(pipeline, WEFT_LANES_AUTO, &consumer, err);
	int ret;

	if (run_ret < 0 && run_ret != -EBADMSG) {
		return run_ret;
	}
	tell_facts(summary, pipeline, options);
	if (weft_summary__finish(summary, summary->until_ns) < 0) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	if (summary->threads.count == 0) {
		return run_ret < 0 ? run_ret : weft_pipeline_nothing(pipeline, err);
	}
	ret = write_report(summary, out, &write_err);
	if (ret < 0) {
		if (err) {
			*err = write_err;
		}
		return ret;
	}
	if (run_ret < 0) {
		weft_error_prepend(err, "the summary is of what could be read");
		return run_ret;
	}
	return weft_pipeline_check_whole(pipeline, err);
}

int weft_summarize(const struct weft_summary_options *options, FILE *out, struct weft_error *err)
{
	struct critical critical = {.finish_status = 0};
	struct weft_pipeline *pipeline;
	struct weft_summary summary;
	int ret;

	if (options->input_count == 0) {
		return weft_error_set(err, -EINVAL, "no input given");
	}
	if (options->task_id && !options->selection.task_type) {
		return weft_error_set(err, -EINVAL, "a task id needs a task type");
	}
	ret = weft_pipeline_open(options->inputs, options->input_count, &options->selection,
				 &pipeline, err);
	if (ret < 0) {
		return ret;
	}
	weft_summary__init(&summary, weft_pipeline_get_symbolizer(pipeline));
	if (options->selection.task_type) {
		ret = find_path(&critical, pipeline, options, err);
		summary.critical = critical.finder.found ? &critical.report : NULL;
	}
	if (ret == 0) {
		ret = summarize(&summary, pipeline, options, out, err);
	}
	weft_critical_path_fini(&critical.path);
	weft_critical_finder_fini(&critical.finder);
	weft_summary__fini(&summary);
	weft_pipeline_close(pipeline);
	return ret;
}

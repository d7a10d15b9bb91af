// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A recording from start to end. See <weft/record.h>.
 */
#include <weft/record.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "buffer-size.h"
#include "capture.h"
#include "clock.h"
#include "daemon.h"
#include "description.h"
#include "gate.h"
#include "packets.h"
#include "process.h"
#include "session.h"
#include "ust-clock.h"

#define NS_PER_S UINT64_C(1000000000)
/* How long a process may take to notice a daemon that has just started. */
#define ATTACH_PATIENCE_NS (10 * NS_PER_S)
#define CHECK_PERIOD_NS    (NS_PER_S / 2)

struct pid_set {
	pid_t *pids;
	size_t count, capacity;
};

struct weft_recording {
	struct weft_record_options options;
	char dir[PATH_MAX]; /* Absolute. */
	bool made_dir;
	const struct weft_lttng *lttng;
	struct weft_daemon daemon;
	struct weft_session session;
	struct weft_gate gate;
	struct weft_machine machine;
	struct weft_buffer_size size;
	struct pid_set seen; /* Processes recorded, as they see their ids. */
	uint64_t begin_ns, checked_ns;
	uint64_t disk_free_bytes;  /* At the last look. */
	struct weft_error problem; /* That ended it, for weft.json. */
	int64_t clock_offset_ns;
	bool daemon_died;
	enum weft_record_tier tier; /* Obtained. */
	struct weft_capture
		*capture;           /* NULL: no half of the kernel's, or LTTng writes it. Owned. */
	struct weft_error refusal;  /* Why not a better tier. */
	bool clock_known;           /* The capture has the clock of the application's half. */
	void (*stopped)(void *ctx); /* NULL: nobody wants to know. */
	void *stopped_ctx;
};

static const char *const tier_names[] = {
	[WEFT_RECORD_TIER_NONE] = "none",
	[WEFT_RECORD_TIER_ACCOUNTING] = "accounting",
	[WEFT_RECORD_TIER_SWITCH] = "switch",
	[WEFT_RECORD_TIER_TRACEPOINTS] = "tracepoints",
	[WEFT_RECORD_TIER_LTTNG_KERNEL] = "lttng-kernel",
};

const char *weft_record_tier_name(enum weft_record_tier tier)
{
	return tier_names[tier];
}

/* "" for none; NULL: there is no such engine. */
static const char *find_engine(enum weft_record_tier tier, const char *name)
{
	size_t i;

	for (i = 0; weft_capture_engines[i]; i++) {
		if (weft_capture_engines[i]->tier == tier &&
		    strcmp(weft_capture_engines[i]->name, name) == 0) {
			return weft_capture_engines[i]->name;
		}
	}
	return NULL;
}

int weft_record_parse_sched(const char *text, struct weft_record_options *options)
{
	size_t len = strcspn(text, ":");
	const char *engine = NULL;
	int tier;

	if (strcmp(text, "auto") == 0) {
		options->tier = WEFT_RECORD_TIER_COUNT_ - 1;
		options->tier_forced = false;
		options->engine = NULL;
		return 0;
	}
	for (tier = 0; tier < WEFT_RECORD_TIER_COUNT_; tier++) {
		if (strlen(tier_names[tier]) == len && memcmp(text, tier_names[tier], len) == 0) {
			break;
		}
	}
	if (tier < WEFT_RECORD_TIER_COUNT_ && text[len]) {
		engine = find_engine((enum weft_record_tier)tier, text + len + 1);
	}
	if (tier == WEFT_RECORD_TIER_COUNT_ || (text[len] && !engine)) {
		return -ENOENT;
	}
	options->tier = (enum weft_record_tier)tier;
	options->tier_forced = true;
	options->engine = engine;
	return 0;
}

/* ---- Processes seen ---- */

static void note_process(void *ctx, pid_t pid)
{
	struct pid_set *set = (struct pid_set *)ctx;
	pid_t *pids;
	size_t i;

	for (i = 0; i < set->count; i++) {
		if (set->pids[i] == pid) {
			return;
		}
	}
	if (set->count == set->capacity) {
		size_t capacity = set->capacity ? set->capacity * 2 : 64;

		pids = (pid_t *)realloc(set->pids, capacity * sizeof(*pids));
		if (!pids) {
			return; /* Only the count in a message suffers. */
		}
		set->pids = pids;
		set->capacity = capacity;
	}
	set->pids[set->count++] = pid;
}

/* ---- Output directory ---- */

static bool is_empty(const char *path)
{
	DIR *listing = opendir(path);
	const struct dirent *entry;
	bool empty = true;

	if (!listing) {
		return true; /* Then what comes next says why. */
	}
	while (empty && (entry = readdir(listing)) != NULL) {
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	}
	(void)closedir(listing); /* Read only; nothing to lose. */
	return empty;
}

static int make_dir(struct weft_recording *recording, struct weft_error *err)
{
	const char *dir = recording->options.dir;
	struct stat status;

	if (mkdir(dir, 0777) == 0) {
		recording->made_dir = true;
	} else if (errno != EEXIST) {
		return weft_error_set_errno(err, -errno, "cannot make the output directory '%s'",
					    dir);
	} else if (stat(dir, &status) < 0 || !S_ISDIR(status.st_mode)) {
		return weft_error_set(err, -ENOTDIR,
				      "the output '%s' exists and is no directory: choose another "
				      "with -o",
				      dir);
	} else if (!is_empty(dir)) {
		return weft_error_set(err, -ENOTEMPTY,
				      "the output directory '%s' is not empty: choose another with "
				      "-o",
				      dir);
	}
	if (!realpath(dir, recording->dir)) {
		return weft_error_set_errno(err, -errno, "cannot find '%s'", dir);
	}
	if (access(recording->dir, W_OK | X_OK) < 0) {
		return weft_error_set_errno(err, -errno,
					    "cannot write to the output directory '%s'", dir);
	}
	return 0;
}

/* ---- Start ---- */

static int admit(void *ctx, pid_t pid, struct weft_error *err)
{
	struct weft_recording *recording = (struct weft_recording *)ctx;
	int ret = weft_session_add_process(&recording->session, pid, err);

	if (ret == 0) {
		note_process(&recording->seen, pid);
	}
	return ret;
}

struct search {
	pid_t pid;
	bool found;
};

static void compare_process(void *ctx, pid_t pid)
{
	struct search *search = (struct search *)ctx;

	search->found = search->found || pid == search->pid;
}

/* A process learns of a new daemon by a futex, but may have been looking elsewhere. */
static int wait_for_process(struct weft_recording *recording, pid_t pid, struct weft_error *err)
{
	const struct timespec pause = {0, 20000000};
	const uint64_t deadline = weft_clock_now_ns() + ATTACH_PATIENCE_NS;
	struct search search = {pid, false};
	int ret;

	for (;;) {
		ret = weft_session_list_processes(recording->lttng, compare_process, &search, err);
		if (ret < 0 || search.found) {
			return ret;
		}
		if (weft_clock_now_ns() > deadline) {
			return weft_error_set(err, -ENOENT,
					      "process %d does not register with this user's "
					      "session daemon: does it run with another HOME, as "
					      "another user, or in a container?",
					      (int)recording->options.pid);
		}
		(void)nanosleep(&pause, NULL); /* Cut short by a signal: look again. */
	}
}

/* A process that is not instrumented is told in `missing`: its scheduling may be known all the same. */
static int attach(struct weft_recording *recording, struct weft_error *missing,
		  struct weft_error *err)
{
	pid_t own_pid;
	int ret = weft_process_check(recording->options.pid, &own_pid, err);

	if (ret == -ENOPKG && !recording->options.is_followed) {
		(void)weft_error_set(missing, ret, "%s", err->text);
		return 0;
	}
	if (ret == 0) {
		ret = wait_for_process(recording, own_pid, err);
	}
	return ret < 0 ? ret : admit(recording, own_pid, err);
}

/* The best engine of ours that the machine permits. */
static int start_capture(struct weft_recording *recording, struct weft_error *err)
{
	const struct weft_record_options *options = &recording->options;
	char dir[PATH_MAX + 8];
	const struct weft_capture_options capture = {
		.dir = dir,
		.tier = options->tier,
		.engine = options->engine,
		.forced = options->tier_forced,
		.request = {.scope = options->scope,
			    .pid = options->pid,
			    .syscalls = options->syscalls,
			    .chains = options->callchains},
		.clock_offset_ns = recording->clock_offset_ns,
	};
	int ret;

	(void)snprintf(dir, sizeof(dir), "%s/kernel", recording->dir);
	ret = weft_capture_open(&capture, &recording->capture, &recording->refusal, err);
	if (ret < 0) {
		weft_error_prepend(err, "cannot record scheduling with tier '%s'",
				   weft_record_tier_name(options->tier));
		return ret;
	}
	if (recording->capture) {
		recording->tier = weft_capture_get_tier(recording->capture);
	}
	return 0;
}

/* The kernel's half starts first: what the application does then has its place in it. */
static int start_kernel(struct weft_recording *recording, struct weft_error *err)
{
	const struct weft_record_options *options = &recording->options;
	struct weft_error why = WEFT_ERROR_INIT;

	recording->tier = options->tier < WEFT_RECORD_TIER_ACCOUNTING ? options->tier
								      : WEFT_RECORD_TIER_ACCOUNTING;
	if (options->tier == WEFT_RECORD_TIER_LTTNG_KERNEL) {
		if (weft_session_enable_kernel(&recording->session, &recording->size,
					       options->syscalls, &why) == 0) {
			recording->tier = WEFT_RECORD_TIER_LTTNG_KERNEL;
			return 0;
		}
		if (options->tier_forced) {
			return weft_error_set(err, why.code,
					      "cannot record scheduling with tier '%s': %s",
					      weft_record_tier_name(options->tier), why.text);
		}
	}
	return options->tier <= WEFT_RECORD_TIER_ACCOUNTING ? 0 : start_capture(recording, err);
}

/* Engines of ours that cannot tell them say so themselves. */
static void note_missing_chains(struct weft_recording *recording)
{
	char before[WEFT_ERROR_TEXT_SIZE];

	if (recording->options.callchains && !recording->capture) {
		(void)snprintf(before, sizeof(before), "%s", recording->refusal.text);
		(void)weft_error_set(&recording->refusal, -EOPNOTSUPP,
				     "%s%scall chains are told by tier 'tracepoints' only", before,
				     before[0] ? "; " : "");
	}
}

/* What must be free on the disk, beside what is written between two looks. */
static uint64_t reserve_bytes(const struct weft_recording *recording)
{
	return weft_buffer_size_total(&recording->size, recording->machine.cpu_count) + (1U << 20);
}

static int refuse_room(const struct weft_recording *recording, uint64_t free_bytes,
		       struct weft_error *err)
{
	return weft_error_set(err, -ENOSPC,
			      "the disk of '%s' is nearly full: recording ends while what the "
			      "buffers hold still fits: free=%" PRIu64 " KiB",
			      recording->options.dir, free_bytes >> 10);
}

static uint64_t free_bytes_of(const struct weft_recording *recording)
{
	struct statvfs status;

	/* Where it cannot be told the daemon will notice as well, and more. */
	return statvfs(recording->dir, &status) < 0 ? UINT64_MAX
						    : (uint64_t)status.f_bavail * status.f_frsize;
}

static int start_session(struct weft_recording *recording, struct weft_error *err)
{
	const enum weft_record_scope scope = recording->options.scope;
	struct weft_error missing = WEFT_ERROR_INIT;
	int ret;

	ret = weft_session_init(&recording->session, recording->lttng, recording->dir,
				&recording->size, recording->options.tier, err);
	if (ret == 0 && recording->options.is_followed) {
		uint64_t free_bytes = free_bytes_of(recording);

		ret = free_bytes < reserve_bytes(recording)
			      ? refuse_room(recording, free_bytes, err)
			      : weft_session_describe_early(&recording->session,
							    recording->options.pid, err);
	}
	if (ret == 0 && scope != WEFT_RECORD_SCOPE_EVERYTHING) {
		ret = weft_session_restrict(&recording->session, err);
	}
	if (ret == 0 && scope == WEFT_RECORD_SCOPE_PROCESS) {
		ret = attach(recording, &missing, err);
	}
	/* After the process was found, which can take seconds that nobody wants to see. */
	if (ret == 0) {
		ret = start_kernel(recording, err);
		note_missing_chains(recording);
	}
	if (ret == 0 && missing.code && recording->tier <= WEFT_RECORD_TIER_ACCOUNTING) {
		ret = weft_error_set(err, missing.code, "%s", missing.text);
	}
	if (ret == 0 && scope == WEFT_RECORD_SCOPE_COMMAND) {
		ret = weft_gate_init(&recording->gate, recording->session.name, err);
	}
	return ret < 0 ? ret : weft_session_start(&recording->session, err);
}

static int start(struct weft_recording *recording, struct weft_error *err)
{
	int ret;

	ret = weft_lttng_load(&recording->lttng, err);
	if (ret < 0) {
		return ret;
	}
	recording->daemon.lttng = recording->lttng;
	ret = make_dir(recording, err);
	if (ret == 0) {
		ret = weft_buffer_size_look(recording->dir, &recording->machine, err);
	}
	if (ret == 0) {
		ret = weft_buffer_size_choose(&recording->machine, &recording->size, err);
	}
	if (ret < 0) {
		return ret;
	}
	ret = weft_daemon_lock(&recording->daemon, err);
	if (ret < 0) {
		return ret;
	}
	ret = weft_daemon_acquire(&recording->daemon, err);
	if (ret == 0) {
		ret = weft_session_clean(recording->lttng, err);
	}
	if (ret >= 0) {
		ret = start_session(recording, err);
	}
	weft_daemon_unlock(&recording->daemon);
	return ret;
}

/* Everything but the output; under no lock. */
static void release(struct weft_recording *recording)
{
	bool locked = weft_daemon_lock(&recording->daemon, NULL) == 0;

	weft_gate_fini(&recording->gate);
	weft_session_fini(&recording->session);
	if (locked && recording->lttng) {
		(void)weft_daemon_end_unused(&recording->daemon); /* Others may still use it. */
	}
	weft_daemon_unlock(&recording->daemon);
	free(recording->seen.pids);
}

/* A recording that did not start leaves nothing behind. */
static void drop_capture(struct weft_recording *recording)
{
	struct weft_record_kernel ignored;
	char *paths[] = {recording->dir, NULL};
	FTS *listing;
	const FTSENT *entry;

	if (!recording->capture) {
		return;
	}
	(void)!weft_capture_close(recording->capture, &ignored,
				  NULL); /* The start failed already. */
	recording->capture = NULL;
	listing = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	while (listing && (entry = fts_read(listing)) != NULL) {
		if (strstr(entry->fts_path + strlen(recording->dir), "/kernel") &&
		    (entry->fts_info == FTS_F || entry->fts_info == FTS_DP)) {
			(void)remove(entry->fts_path); /* What stays is shown by its folder. */
		}
	}
	if (listing) {
		(void)fts_close(listing); /* Read only; nothing to lose. */
	}
}

int weft_record_open(const struct weft_record_options *options,
		     struct weft_recording **ret_recording, struct weft_error *err)
{
	struct weft_recording *recording = (struct weft_recording *)calloc(1, sizeof(*recording));
	int ret;

	if (!recording) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	recording->options = *options;
	if (options->pid) {
		recording->options.scope = WEFT_RECORD_SCOPE_PROCESS;
	}
	recording->daemon.lock_fd = -1;
	recording->gate.fd = -1;
	recording->size.subbuffer_bytes = options->subbuffer_bytes;
	recording->size.subbuffer_count = options->subbuffer_count;
	recording->clock_offset_ns = weft_description_clock_offset_ns();
	ret = start(recording, err);
	if (ret < 0) {
		drop_capture(recording);
		if (recording->daemon.lttng) {
			release(recording);
		}
		if (recording->made_dir) {
			(void)rmdir(options->dir); /* Only if nothing is in it. */
		}
		free(recording);
		return ret;
	}
	recording->begin_ns = weft_clock_now_ns();
	recording->disk_free_bytes = recording->machine.disk_bytes;
	*ret_recording = recording;
	return 0;
}

/* ---- Running ---- */

const char *weft_record_get_token(const struct weft_recording *recording)
{
	return recording->gate.fd >= 0 ? recording->gate.setting : NULL;
}

int weft_record_get_fd(const struct weft_recording *recording)
{
	return recording->gate.fd;
}

/*
 * Stops while what the buffers hold still fits on the disk, and what may be written until the next
 * look or until the stop is through: four times what was written since the last look. Who follows makes
 * copies of as much.
 */
static int check_disk(struct weft_recording *recording, struct weft_error *err)
{
	uint64_t reserve = reserve_bytes(recording);
	uint64_t free_bytes = free_bytes_of(recording);

	if (free_bytes < recording->disk_free_bytes) {
		reserve += (recording->options.is_followed ? 8 : 4) *
			   (recording->disk_free_bytes - free_bytes);
	}
	recording->disk_free_bytes = free_bytes;
	return free_bytes < reserve ? refuse_room(recording, free_bytes, err) : 0;
}

/* As soon as there is one, so that a kill leaves both halves with one clock. */
static void share_clock(struct weft_recording *recording)
{
	char dir[PATH_MAX + 8];

	if (!recording->capture || recording->clock_known) {
		return;
	}
	(void)snprintf(dir, sizeof(dir), "%s/ust", recording->dir);
	if (weft_ust_clock_find(dir, &recording->clock_offset_ns)) {
		recording->clock_known = true;
		weft_capture_set_offset(recording->capture, recording->clock_offset_ns);
	}
}

static int check_daemon(struct weft_recording *recording, struct weft_error *err)
{
	if (weft_clock_now_ns() - recording->checked_ns < CHECK_PERIOD_NS) {
		return 0;
	}
	recording->checked_ns = weft_clock_now_ns();
	share_clock(recording);
	if (recording->lttng->lttng_session_daemon_alive() != 1) {
		recording->daemon_died = true;
		return weft_error_set(err, -EPIPE,
				      "the session daemon ended while recording: what it had "
				      "written by then is in '%s'",
				      recording->options.dir);
	}
	return 0;
}

int weft_record_serve(struct weft_recording *recording, struct weft_error *err)
{
	struct weft_error problem = WEFT_ERROR_INIT;
	int ret = 0;

	if (recording->gate.fd >= 0) {
		ret = weft_gate_serve(&recording->gate, admit, recording, &problem);
	}
	if (ret == 0) {
		ret = check_disk(recording, &problem);
	}
	if (ret == 0) {
		ret = check_daemon(recording, &problem);
	}
	if (ret < 0) {
		recording->problem = problem;
		(void)weft_error_set(err, ret, "%s", problem.text);
	}
	return ret;
}

static void count_processes(struct weft_recording *recording)
{
	struct weft_error ignored = WEFT_ERROR_INIT;

	if (recording->options.scope == WEFT_RECORD_SCOPE_EVERYTHING && !recording->daemon_died &&
	    weft_session_list_processes(recording->lttng, note_process, &recording->seen,
					&ignored) < 0) {
		return; /* Only the count in a message suffers. */
	}
}

int weft_record_get_stats(struct weft_recording *recording, struct weft_record_stats *ret_stats,
			  struct weft_error *err)
{
	memset(ret_stats, 0, sizeof(*ret_stats));
	ret_stats->byte_count = weft_packets_measure(recording->dir);
	ret_stats->duration_ns = weft_clock_now_ns() - recording->begin_ns;
	ret_stats->own_daemon = recording->daemon.child_pid != 0;
	count_processes(recording);
	ret_stats->process_count = (uint32_t)recording->seen.count;
	ret_stats->tier = recording->tier;
	if (recording->capture) {
		weft_capture_get_stats(recording->capture, &ret_stats->kernel);
	}
	return weft_session_get_lost(&recording->session, &ret_stats->lost_count, err);
}

/* ---- End ---- */

static int read_result(struct weft_recording *recording, struct weft_record_stats *stats,
		       struct weft_error *err)
{
	struct weft_packets packets = {0};
	char dir[PATH_MAX + 8];
	int ret = 0;

	/* Nothing is there when no instrumented process was. */
	(void)snprintf(dir, sizeof(dir), "%s/ust", recording->dir);
	if (access(dir, F_OK) == 0) {
		ret = weft_packets_scan_dir(&packets, dir, err);
	}
	(void)snprintf(dir, sizeof(dir), "%s/kernel", recording->dir);
	if (ret == 0 && recording->tier == WEFT_RECORD_TIER_LTTNG_KERNEL) {
		struct weft_packets kernel = {0};

		ret = weft_packets_scan_dir(&kernel, dir, err);
		stats->kernel.lost_count = kernel.lost_count;
	}
	stats->byte_count = weft_packets_measure(recording->dir);
	stats->payload_bytes = packets.payload_bytes;
	/* Both count the same thing; a trace cut short knows less than the daemon. */
	if (packets.lost_count > stats->lost_count) {
		stats->lost_count = packets.lost_count;
	}
	stats->process_count = (uint32_t)recording->seen.count;
	stats->own_daemon = recording->daemon.child_pid != 0;
	if (ret == 0 && (packets.damaged_files || packets.missing_packets)) {
		ret = weft_error_set(
			err, -EIO,
			"'%s' is incomplete: %" PRIu32 " files end in the middle, %" PRIu64
			" packets are missing (disk full?); `weft convert` uses the rest",
			recording->options.dir, packets.damaged_files, packets.missing_packets);
	}
	return ret;
}

static int describe(const struct weft_recording *recording, const char *command,
		    const struct weft_record_stats *stats, const char *problem,
		    struct weft_error *err)
{
	const struct weft_description description = {
		.session = recording->session.name,
		.command = command,
		.scope = recording->options.scope,
		.tier = recording->tier,
		.pid = (int32_t)recording->options.pid,
		.size = recording->size,
		.cpu_count = recording->machine.cpu_count,
		.begin_ns = recording->begin_ns,
		.end_ns = recording->begin_ns + stats->duration_ns,
		.clock_offset_ns = recording->clock_offset_ns,
		.stats = stats,
		.problem = problem,
	};

	return weft_description_write(&description, recording->dir, err);
}

/* Keeps the first of several errors: later ones follow from it. */
static void keep_first(struct weft_error *first, const struct weft_error *next)
{
	if (!first->code && next->code) {
		*first = *next;
	}
}

static void close_capture(struct weft_recording *recording, struct weft_record_stats *stats,
			  struct weft_error *first)
{
	struct weft_error next = WEFT_ERROR_INIT;

	stats->tier = recording->tier;
	(void)snprintf(stats->refusal, sizeof(stats->refusal), "%s", recording->refusal.text);
	if (recording->tier == WEFT_RECORD_TIER_LTTNG_KERNEL) {
		stats->kernel.engine = "lttng";
	}
	if (!recording->capture) {
		return;
	}
	share_clock(recording);
	if (weft_capture_close(recording->capture, &stats->kernel, &next) < 0) {
		keep_first(first, &next);
	}
	recording->capture = NULL;
}

void weft_record_on_stopped(struct weft_recording *recording, void (*stopped)(void *ctx), void *ctx)
{
	recording->stopped = stopped;
	recording->stopped_ctx = ctx;
}

int weft_record_close(struct weft_recording *recording, const char *command,
		      struct weft_record_stats *ret_stats, struct weft_error *err)
{
	struct weft_error first = WEFT_ERROR_INIT;
	struct weft_error next = WEFT_ERROR_INIT;
	struct weft_ring_healed healed = {0};
	int ret;

	memset(ret_stats, 0, sizeof(*ret_stats));
	weft_gate_fini(&recording->gate);
	count_processes(recording);
	ret_stats->duration_ns = weft_clock_now_ns() - recording->begin_ns;
	if (!recording->daemon_died) {
		if (weft_session_stop(&recording->session, &healed, &next) < 0) {
			keep_first(&first, &next);
		}
		ret_stats->torn_count = healed.torn_count;
		ret_stats->unreadable_bytes = healed.unreadable_bytes;
		if (weft_session_get_lost(&recording->session, &ret_stats->lost_count, NULL) < 0) {
			ret_stats->lost_count = 0; /* The packets still tell. */
		}
	}
	close_capture(recording, ret_stats, &first);
	if (recording->stopped && !first.code && !recording->daemon_died) {
		recording->stopped(recording->stopped_ctx);
	}
	release(recording);
	if (read_result(recording, ret_stats, &next) < 0) {
		keep_first(&first, &next);
	}
	if (describe(recording, command, ret_stats,
		     recording->problem.code ? recording->problem.text : first.text, &next) < 0) {
		keep_first(&first, &next);
	}
	free(recording);
	ret = first.code;
	if (ret < 0) {
		(void)weft_error_set(err, ret, "%s", first.text);
	}
	return ret;
}

bool weft_record_kill_daemon(void)
{
	return weft_daemon_kill_own();
}

int weft_record_clean(struct weft_error *err)
{
	struct weft_daemon daemon = {.lock_fd = -1};
	int removed = 0;
	int ret;

	ret = weft_lttng_load(&daemon.lttng, err);
	if (ret < 0) {
		return ret;
	}
	ret = weft_daemon_lock(&daemon, err);
	if (ret < 0) {
		return ret;
	}
	if (daemon.lttng->lttng_session_daemon_alive() == 1) {
		removed = weft_session_clean(daemon.lttng, err);
		if (removed >= 0) {
			removed += weft_daemon_end_unused(&daemon);
		}
	}
	weft_daemon_unlock(&daemon);
	return removed;
}

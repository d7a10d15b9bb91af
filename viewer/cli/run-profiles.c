// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See run-profiles.h. Names come from `weft symbolize`, a process with limits of its own; where that
 * fails the raw profile is the result.
 */
#include "run-profiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/pprof.h>

#define ROWS     5
#define KIB      1024.0
#define NS_PER_S 1e9

extern char **environ;

const char *const weft_run_kinds[WEFT_RUN_KIND_COUNT] = {"cpu",   "allocs", "heap",
							 "block", "mutex",  "threadcreate"};

/* How a kind is shown: which value of its samples, under which title. */
struct view {
	const char *type;  /* Sample type that ranks functions. */
	const char *count; /* Sample type that is told beside; NULL: none. */
	const char *title;
};

static const struct view views[WEFT_RUN_KIND_COUNT] = {
	{"cpu", NULL, "CPU time"},
	{"alloc_space", "alloc_objects", "allocated"},
	{"inuse_space", "inuse_objects", "still in use at the end"},
	{"delay", "contentions", "waited for locks, conditions and threads"},
	{"delay", "contentions", "made others wait by holding locks"},
	{"threadcreate", NULL, "threads created"},
};

/* Whose profiles are shown next. */
struct program {
	pid_t pid;
	uint64_t image;      /* Of the file's name: 0 for the last one of its process. */
	unsigned int number; /* Among those of its process, from 1 on. */
	bool is_only;        /* The command itself, which needs no heading. */
	bool is_announced;
	size_t table_count; /* Shown, of all programs of the process. */
};

struct row {
	const char *name; /* Borrowed from the profile. */
	const char *file;
	int64_t value, count;
};

/* ---- The table ---- */

static int find_type(const struct weft_pprof *profile, const char *type)
{
	uint32_t i;

	for (i = 0; type && i < weft_pprof_sample_type_count(profile); i++) {
		if (strcmp(weft_pprof_get_sample_type(profile, i)->type, type) == 0) {
			return (int)i;
		}
	}
	return -1;
}

/* Functions of C++'s own library, which only do what their callers ask for. */
static bool is_of_library(const char *name)
{
	static const char *const prefixes[] = {"operator new",
					       "std::", "void std::", "__gnu_cxx::", "__cxa_"};
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) {
			return true;
		}
	}
	return false;
}

/* The innermost frame that is not of C++'s library; NULL: none has a name. */
static const struct weft_pprof_function *find_function(const struct weft_pprof *profile,
						       const struct weft_pprof_sample *sample)
{
	uint32_t i;
	uint32_t k;

	for (i = 0; i < sample->location_count; i++) {
		const struct weft_pprof_location *location =
			weft_pprof_get_location(profile, sample->locations[i]);

		if (location->line_count == 0) {
			return NULL; /* A file without names is as good as a function. */
		}
		for (k = 0; k < location->line_count; k++) {
			const struct weft_pprof_function *function =
				weft_pprof_get_function(profile, location->lines[k].function);

			if (!is_of_library(function->name)) {
				return function;
			}
		}
	}
	return NULL;
}

/* Whose sample it is; "" when there is no stack. */
static void name_of(const struct weft_pprof *profile, const struct weft_pprof_sample *sample,
		    struct row *ret_row)
{
	const struct weft_pprof_function *function = find_function(profile, sample);
	const struct weft_pprof_location *location;

	ret_row->name = ret_row->file = "";
	if (function) {
		ret_row->name = function->name;
		ret_row->file = function->file;
	} else if (sample->location_count > 0) {
		location = weft_pprof_get_location(profile, sample->locations[0]);
		if (location->mapping != WEFT_PPROF_NONE) {
			ret_row->name = weft_pprof_get_mapping(profile, location->mapping)->file;
		}
	}
}

static int by_name(const void *a, const void *b)
{
	const struct row *one = (const struct row *)a;
	const struct row *other = (const struct row *)b;
	int order = strcmp(one->name, other->name);

	return order ? order : strcmp(one->file, other->file);
}

static int by_value(const void *a, const void *b)
{
	const struct row *one = (const struct row *)a;
	const struct row *other = (const struct row *)b;

	if (one->value != other->value) {
		return one->value < other->value ? 1 : -1;
	}
	return by_name(a, b);
}

/* One row for each name, ranked. Returns how many. */
static size_t add_up(struct row *rows, size_t count)
{
	size_t kept = 0;
	size_t i;

	qsort(rows, count, sizeof(*rows), by_name);
	for (i = 0; i < count; i++) {
		if (kept > 0 && by_name(&rows[kept - 1], &rows[i]) == 0) {
			rows[kept - 1].value += rows[i].value;
			rows[kept - 1].count += rows[i].count;
		} else {
			rows[kept++] = rows[i];
		}
	}
	qsort(rows, kept, sizeof(*rows), by_value);
	return kept;
}

static void format_value(char *ret_text, size_t size, int64_t value, const char *unit)
{
	static const char *const prefixes[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double number = (double)value;
	size_t i = 0;

	if (strcmp(unit, "nanoseconds") == 0) {
		(void)snprintf(ret_text, size, "%.3f s", number / NS_PER_S);
	} else if (strcmp(unit, "bytes") == 0) {
		while (number >= KIB && i + 1 < sizeof(prefixes) / sizeof(prefixes[0])) {
			number /= KIB;
			i++;
		}
		(void)snprintf(ret_text, size, i > 0 ? "%.1f %s" : "%.0f %s", number, prefixes[i]);
	} else {
		(void)snprintf(ret_text, size, "%" PRId64, value);
	}
}

/* Once for each program that has something to show: e.g. "-- process 4711, program 2: server". */
static void announce(struct program *program, const struct weft_pprof *profile)
{
	const char *file = weft_pprof_mapping_count(profile) > 0
				   ? weft_pprof_get_mapping(profile, 0)->file
				   : "";
	const char *slash = strrchr(file, '/');

	if (program->is_only || program->is_announced) {
		return;
	}
	program->is_announced = true;
	(void)fprintf(stderr, "-- process %d", (int)program->pid);
	if (program->image > 0 || program->number > 1) {
		(void)fprintf(stderr, ", program %u", program->number);
	}
	(void)fprintf(stderr, "%s%s\n", file[0] ? ": " : "", slash ? slash + 1 : file);
}

static void print_rows(const struct row *rows, size_t row_count, const struct view *view,
		       const char *unit, struct program *program, const struct weft_pprof *profile)
{
	int64_t total = 0;
	int64_t count = 0;
	char text[32];
	size_t i;

	for (i = 0; i < row_count; i++) {
		total += rows[i].value;
		count += rows[i].count;
	}
	if (total == 0) {
		return;
	}
	announce(program, profile);
	program->table_count++;
	format_value(text, sizeof(text), total, unit);
	(void)fprintf(stderr, "%s: %s", view->title, text);
	if (view->count) {
		(void)fprintf(stderr, ", %" PRId64 " times", count);
	}
	(void)fprintf(stderr, "\n");
	for (i = 0; i < row_count && i < ROWS && rows[i].value > 0; i++) {
		format_value(text, sizeof(text), rows[i].value, unit);
		(void)fprintf(stderr, "%14s %5.1f %%  %s%s%s\n", text,
			      100.0 * (double)rows[i].value / (double)total,
			      rows[i].name[0] ? rows[i].name : "(unknown)",
			      rows[i].file[0] ? "  " : "", rows[i].file);
	}
}

static int print_top(const struct weft_pprof *profile, const struct view *view,
		     struct program *program)
{
	uint32_t sample_count = weft_pprof_sample_count(profile);
	int type = find_type(profile, view->type);
	int count_type = find_type(profile, view->count);
	struct row *rows;
	uint32_t i;

	if (type < 0) {
		return -EBADMSG;
	}
	rows = calloc((size_t)sample_count + 1, sizeof(*rows));
	if (!rows) {
		return -ENOMEM;
	}
	for (i = 0; i < sample_count; i++) {
		const struct weft_pprof_sample *sample = weft_pprof_get_sample(profile, i);

		name_of(profile, sample, &rows[i]);
		rows[i].value = sample->values[type];
		rows[i].count = count_type < 0 ? 0 : sample->values[count_type];
	}
	print_rows(rows, add_up(rows, sample_count), view,
		   weft_pprof_get_sample_type(profile, (uint32_t)type)->unit, program, profile);
	free(rows);
	return 0;
}

/* ---- Files ---- */

/* Runs `weft symbolize`, which says itself what is wrong. */
static bool symbolize(const char *raw, const char *complete)
{
	const char *const words[] = {"weft", "symbolize", "-o", complete, raw, NULL};
	pid_t child;
	int status;

	if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, (char *const *)words, environ) != 0) {
		return false;
	}
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR) {
			return false;
		}
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int read_profile(const char *path, struct weft_pprof **ret_profile, struct weft_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0) {
		return weft_error_set_errno(err, -errno, "read '%s'", path);
	}
	ret = weft_pprof_read_fd(fd, 0, ret_profile, err);
	(void)close(fd); /* Read only. */
	return ret;
}

static int write_profile(const char *path, const struct weft_pprof *profile, struct weft_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int ret;

	if (fd < 0) {
		return weft_error_set_errno(err, -errno, "write '%s'", path);
	}
	ret = weft_pprof_write_fd(profile, fd, err);
	if (close(fd) < 0 && ret == 0) {
		ret = weft_error_set_errno(err, -errno, "write '%s'", path);
	}
	return ret;
}

/* From raw to kept and shown. `complete` is where the profile is to be. */
static int finish_file(const struct weft_run_profiles *profiles, struct program *program,
		       unsigned int kind, const char *raw, const char *complete,
		       struct weft_error *err)
{
	struct weft_pprof *profile = NULL;
	bool is_complete = symbolize(raw, complete);
	int ret = read_profile(is_complete ? complete : raw, &profile, err);

	if (ret == 0 && !is_complete && profiles->output) {
		ret = write_profile(complete, profile, err);
	}
	if (ret == 0 && !profiles->is_quiet && print_top(profile, &views[kind], program) < 0) {
		ret = weft_error_set(err, -ENOMEM, "show '%s': out of memory", raw);
	}
	weft_pprof_destroy(profile);
	return ret;
}

/* Others may leave what they like in the folder when root profiles. */
static bool is_file(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static int finish_program(const struct weft_run_profiles *profiles, struct program *program,
			  size_t *count, struct weft_error *err)
{
	char raw[PATH_MAX];
	char complete[PATH_MAX];
	char of_pid[16] = "";
	char of_program[16] = "";
	char image[32] = "";
	unsigned int kind;
	int result = 0;

	if (program->pid != profiles->pid) {
		(void)snprintf(of_pid, sizeof(of_pid), ".%d", (int)program->pid);
	}
	if (program->image > 0) {
		(void)snprintf(of_program, sizeof(of_program), ".exec%u", program->number);
		(void)snprintf(image, sizeof(image), "@%" PRIu64, program->image);
	}
	for (kind = 0; kind < WEFT_RUN_KIND_COUNT; kind++) {
		(void)snprintf(raw, sizeof(raw), "%s/%s.%d%s", profiles->raw_folder,
			       weft_run_kinds[kind], (int)program->pid, image);
		(void)snprintf(complete, sizeof(complete), "%s/%s%s%s.pb.gz",
			       profiles->output ? profiles->output : profiles->raw_folder,
			       weft_run_kinds[kind], of_pid, of_program);
		if (!is_file(raw)) {
			(void)unlink(raw); /* Nothing of ours; mostly it is not there. */
			continue;
		}
		(*count)++;
		if (profiles->is_wanted[kind]) {
			int ret = finish_file(profiles, program, kind, raw, complete, err);

			result = result ? result : ret;
			if (!profiles->output) {
				(void)unlink(complete); /* Not there when it was not made. */
			}
		}
		(void)unlink(raw); /* What is left shows when the folder is removed. */
	}
	return result;
}

/* What the name of a raw profile says, "KIND.PID" or "KIND.PID@IMAGE". False: it is none. */
static bool parse_name(const char *name, pid_t *ret_pid, uint64_t *ret_image)
{
	const char *suffix = strrchr(name, '.');
	unsigned int kind;
	char *end;

	for (kind = 0; suffix && kind < WEFT_RUN_KIND_COUNT; kind++) {
		size_t len = strlen(weft_run_kinds[kind]);

		if (strncmp(name, weft_run_kinds[kind], len) == 0 && name + len == suffix) {
			*ret_pid = (pid_t)strtol(suffix + 1, &end, 10);
			*ret_image = *end == '@' ? strtoull(end + 1, NULL, 10) : 0;
			return *ret_pid > 0;
		}
	}
	return false;
}

/* The first program of a process that began after another one and gave way to one; 0: none is left. */
static uint64_t find_image(const char *folder, pid_t pid, uint64_t after)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;
	uint64_t first = 0;

	if (!entries) {
		return 0;
	}
	while ((entry = readdir(entries))) {
		uint64_t image;
		pid_t of_pid;

		if (parse_name(entry->d_name, &of_pid, &image) && of_pid == pid && image > after &&
		    (first == 0 || image < first)) {
			first = image;
		}
	}
	(void)closedir(entries); /* Read only. */
	return first;
}

/* Its programs in the order in which they ran. */
static int finish_process(const struct weft_run_profiles *profiles, pid_t pid,
			  struct weft_run_result *result, struct weft_error *err)
{
	struct program program = {.pid = pid, .number = 1};
	size_t before;
	int ret = 0;
	int other;

	while ((program.image = find_image(profiles->raw_folder, pid, program.image)) > 0) {
		other = finish_program(profiles, &program, &result->count, err);
		ret = ret ? ret : other;
		program.number++;
		program.is_announced = false;
	}
	program.is_only = pid == profiles->pid && program.number == 1;
	before = result->count;
	other = finish_program(profiles, &program, &result->count, err);
	ret = ret ? ret : other;
	if (pid == profiles->pid) {
		result->is_lost_by_exec = program.number > 1 && result->count == before;
	}
	result->table_count += program.table_count;
	return ret;
}

/* A process that has left a profile, other than the command's own; 0: none is left. */
static pid_t find_process(const char *folder)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;
	pid_t pid = 0;

	if (!entries) {
		return 0;
	}
	while (pid == 0 && (entry = readdir(entries))) {
		uint64_t image;

		if (!parse_name(entry->d_name, &pid, &image)) {
			pid = 0;
		}
	}
	(void)closedir(entries); /* Read only. */
	return pid;
}

int weft_run_profiles_finish(const struct weft_run_profiles *profiles,
			     struct weft_run_result *ret_result, struct weft_error *err)
{
	struct weft_run_result result = {0};
	size_t before;
	pid_t pid = profiles->pid;
	int ret = finish_process(profiles, pid, &result, err);

	do {
		pid = find_process(profiles->raw_folder);
		before = result.count;
		if (pid > 0) {
			int other = finish_process(profiles, pid, &result, err);

			ret = ret ? ret : other;
		}
	} while (result.count > before); /* Else what is there is not ours to finish. */
	*ret_result = result;
	return ret;
}

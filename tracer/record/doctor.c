// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What this machine allows. Each check looks at one thing, changes nothing, and says what lifts a
 * limit it finds. The table at the end lists them in the order in which a recording needs them.
 */
#include <weft/record.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "buffer-size.h"
#include "capture.h"
#include "daemon.h"
#include "lttng-api.h"
#include "session.h"

#define VALUE_SIZE 1024

extern char **environ;

enum finding_state {
	FINDING_OK,
	FINDING_LIMIT,   /* Works, but less than it could. */
	FINDING_MISSING, /* Recording is impossible. */
};

struct finding {
	enum finding_state state;
	char value[VALUE_SIZE];
	char lift[VALUE_SIZE]; /* "" when there is nothing to lift. */
};

static const char *const state_names[] = {
	[FINDING_OK] = "ok",
	[FINDING_LIMIT] = "limit",
	[FINDING_MISSING] = "missing",
};

__attribute__((format(printf, 3, 4))) static void
set(struct finding *finding, enum finding_state state, const char *format, ...)
{
	va_list args;

	finding->state = state;
	va_start(args, format);
	(void)vsnprintf(finding->value, sizeof(finding->value), format, args);
	va_end(args);
}

static void set_lift(struct finding *finding, const char *text)
{
	(void)snprintf(finding->lift, sizeof(finding->lift), "%s", text);
}

/* ---- Libraries and programs ---- */

static void check_libweft(struct finding *finding)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 128);
	char *slash;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	if (!slash) {
		set(finding, FINDING_LIMIT, "cannot tell where this command is");
		return;
	}
	(void)snprintf(slash, 128, "/../" WEFT_LIBDIR "/libweft-lttng.so.1");
	if (access(path, R_OK) == 0) {
		set(finding, FINDING_OK, "version %s", WEFT_VERSION);
	} else {
		set(finding, FINDING_LIMIT, "not beside this command (%s)", path);
		set_lift(finding, "install Weft completely: programs need libweft.so.1 and "
				  "libweft-lttng.so.1 in one folder");
	}
}

/* Loading LTTng-UST itself would make this command an instrumented program. */
static void check_lttng_ust(struct finding *finding)
{
	void *library = dlopen("liblttng-ust-tracepoint.so.1", RTLD_LAZY | RTLD_LOCAL);
	char path[PATH_MAX] = "";

	if (library) {
		if (dlinfo(library, RTLD_DI_ORIGIN, path) == 0) {
			size_t len = strlen(path);

			(void)snprintf(path + len, sizeof(path) - len, "/liblttng-ust.so.1");
		}
		(void)dlclose(library); /* Opened above. */
	}
	if (path[0] && access(path, R_OK) == 0) {
		set(finding, FINDING_OK, "2.13 or later (%s)", path);
	} else {
		set(finding, FINDING_MISSING,
		    "liblttng-ust.so.1 is not installed: programs run, but cannot be recorded");
		set_lift(finding, "apt-get install liblttng-ust1");
	}
}

static void check_control_library(struct finding *finding)
{
	const struct weft_lttng *lttng;
	struct weft_error err = WEFT_ERROR_INIT;

	if (weft_lttng_load(&lttng, &err) == 0) {
		set(finding, FINDING_OK, "liblttng-ctl.so.0");
	} else {
		set(finding, FINDING_MISSING, "%s", err.text);
		set_lift(finding, "apt-get install lttng-tools");
	}
}

/* First line of what a program prints. */
static void read_output(const char *program, char *option, char *ret_line, size_t size)
{
	char name[] = "weft-doctor";
	char *const argv[] = {name, option, NULL};
	posix_spawn_file_actions_t files;
	int pipe_fds[2];
	ssize_t len;
	pid_t pid;

	ret_line[0] = '\0';
	if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
		return;
	}
	if (posix_spawn_file_actions_init(&files) == 0) {
		if (posix_spawn_file_actions_adddup2(&files, pipe_fds[1], 1) == 0 &&
		    posix_spawn(&pid, program, &files, NULL, argv, environ) == 0) {
			(void)close(pipe_fds[1]); /* The program's end. */
			pipe_fds[1] = -1;
			len = read(pipe_fds[0], ret_line, size - 1);
			ret_line[len > 0 ? len : 0] = '\0';
			ret_line[strcspn(ret_line, "\n")] = '\0';
			(void)waitpid(pid, NULL, 0); /* What it printed is all that counts. */
		}
		(void)posix_spawn_file_actions_destroy(&files); /* Cannot fail. */
	}
	if (pipe_fds[1] >= 0) {
		(void)close(pipe_fds[1]); /* Nothing was written. */
	}
	(void)close(pipe_fds[0]); /* Read only; nothing to lose. */
}

static void check_daemon_program(struct finding *finding)
{
	char path[PATH_MAX];
	char version[64];
	char option[] = "--version";
	struct weft_error err = WEFT_ERROR_INIT;

	if (weft_daemon_find_program(path, sizeof(path), &err) == 0) {
		read_output(path, option, version, sizeof(version));
		set(finding, FINDING_OK, "version %s (%s)", version[0] ? version : "unknown", path);
	} else {
		/* One that runs already is enough. */
		set(finding, FINDING_LIMIT, "lttng-sessiond is not in PATH");
		set_lift(finding, "apt-get install lttng-tools");
	}
}

static void check_babeltrace(struct finding *finding)
{
	void *library = dlopen("libbabeltrace2.so.0", RTLD_LAZY | RTLD_LOCAL);
	static const char *const names[] = {"bt_version_get_major", "bt_version_get_minor",
					    "bt_version_get_patch"};
	unsigned int (*get[3])(void) = {NULL};
	size_t i;

	for (i = 0; library && i < 3; i++) {
		*(void **)&get[i] = dlsym(library, names[i]);
	}
	if (get[0] && get[1] && get[2]) {
		set(finding, FINDING_OK, "version %u.%u.%u", get[0](), get[1](), get[2]());
	} else {
		set(finding, FINDING_LIMIT, "libbabeltrace2 cannot be loaded: no converting here");
		set_lift(finding, "apt-get install libbabeltrace2-0");
	}
	if (library) {
		(void)dlclose(library); /* Opened above. */
	}
}

/* ---- The daemon now ---- */

static const char *user_name(uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user ? user->pw_name : "a user without a name";
}

static void check_daemon(struct finding *finding)
{
	const struct weft_lttng *lttng;
	struct lttng_session *sessions = NULL;
	char program[PATH_MAX];
	int count;

	if (weft_lttng_load(&lttng, NULL) < 0) {
		set(finding, FINDING_LIMIT, "cannot ask without liblttng-ctl");
	} else if (lttng->lttng_session_daemon_alive() == 1) {
		count = lttng->lttng_list_sessions(&sessions);
		free(sessions);
		set(finding, FINDING_OK, "runs for %s (%s), %d sessions", user_name(geteuid()),
		    weft_daemon_find_own() ? "started by weft" : "not started by weft",
		    count > 0 ? count : 0);
	} else if (weft_daemon_find_program(program, sizeof(program), NULL) == 0) {
		set(finding, FINDING_OK,
		    "none runs for %s; `weft record` starts one while it needs "
		    "it",
		    user_name(geteuid()));
	} else {
		set(finding, FINDING_MISSING, "none runs, and there is none to start");
		set_lift(finding, "apt-get install lttng-tools");
	}
}

/* Root's daemon sees programs of all users, for members of one group. */
static void check_all_users(struct finding *finding)
{
	const struct group *tracing = getgrnam("tracing");
	gid_t groups[256];
	int count = getgroups(256, groups);
	int i;

	if (geteuid() == 0) {
		set(finding, FINDING_OK, "root records programs of all users");
		return;
	}
	for (i = 0; tracing && i < count; i++) {
		if (groups[i] == tracing->gr_gid) {
			set(finding, FINDING_OK,
			    "member of group tracing: programs of all users while root's session "
			    "daemon runs");
			return;
		}
	}
	set(finding, FINDING_LIMIT, "only programs of %s", user_name(geteuid()));
	(void)snprintf(
		finding->lift, sizeof(finding->lift),
		"as root: usermod -aG tracing %s && systemctl start lttng-sessiond; then log "
		"in again",
		user_name(geteuid()));
}

static void count_pid(void *ctx, pid_t pid)
{
	pid_t *last_and_count = (pid_t *)ctx;

	if (pid != last_and_count[0]) {
		last_and_count[0] = pid;
		last_and_count[1]++;
	}
}

static void check_processes(struct finding *finding)
{
	const struct weft_lttng *lttng;
	pid_t last_and_count[2] = {0, 0};

	if (weft_lttng_load(&lttng, NULL) < 0 || lttng->lttng_session_daemon_alive() != 1) {
		set(finding, FINDING_OK, "unknown until a session daemon runs");
	} else if (weft_session_list_processes(lttng, count_pid, last_and_count, NULL) == 0) {
		set(finding, FINDING_OK, "%d registered now", (int)last_and_count[1]);
	} else {
		set(finding, FINDING_LIMIT, "the session daemon does not list them");
	}
}

/* ---- Room ---- */

static void check_buffers(struct finding *finding)
{
	struct weft_machine machine;
	struct weft_buffer_size size = {0, 0};
	struct weft_error err = WEFT_ERROR_INIT;
	int ret = weft_buffer_size_look(".", &machine, &err);

	/* The disk is another check's matter. */
	machine.disk_bytes = UINT64_MAX;
	if (ret == 0) {
		ret = weft_buffer_size_choose(&machine, &size, &err);
	}
	if (ret < 0) {
		set(finding, FINDING_MISSING, "%s", err.text);
		set_lift(finding, "mount -o remount,size=1G /dev/shm (docker run: --shm-size=1g)");
		return;
	}
	set(finding, size.subbuffer_bytes < (1U << 20) ? FINDING_LIMIT : FINDING_OK,
	    "%" PRIu32 " x %" PRIu64 " KiB for each of %" PRIu32 " CPUs; %" PRIu64
	    " MiB free in /dev/shm",
	    size.subbuffer_count, size.subbuffer_bytes >> 10, machine.cpu_count,
	    machine.shm_bytes >> 20);
	if (finding->state == FINDING_LIMIT) {
		set_lift(finding, "more room in /dev/shm loses less under load: mount -o "
				  "remount,size=1G /dev/shm (docker run: --shm-size=1g)");
	}
}

static void check_disk(struct finding *finding)
{
	struct weft_machine machine;

	if (weft_buffer_size_look(".", &machine, NULL) < 0) {
		set(finding, FINDING_LIMIT, "cannot see how much is free here");
		return;
	}
	set(finding, machine.disk_bytes < (UINT64_C(1) << 30) ? FINDING_LIMIT : FINDING_OK,
	    "%" PRIu64 " MiB free in the current folder", machine.disk_bytes >> 20);
	if (finding->state == FINDING_LIMIT) {
		set_lift(finding, "choose another place with -o");
	}
}

/* ---- The kernel's part ---- */

/* Only a daemon that runs can tell. */
static bool can_trace_kernel(void)
{
	const struct weft_lttng *lttng;

	return weft_lttng_load(&lttng, NULL) == 0 && lttng->lttng_session_daemon_alive() == 1 &&
	       weft_session_try_kernel(lttng, NULL) == 0;
}

static void check_tiers(struct finding *finding)
{
	char names[128] = "none, accounting";
	struct weft_error why;
	char value[VALUE_SIZE] = "";
	size_t len = strlen(names);
	size_t at = 0;
	size_t i;

	if (can_trace_kernel()) {
		len += (size_t)snprintf(names + len, sizeof(names) - len, ", %s",
					weft_record_tier_name(WEFT_RECORD_TIER_LTTNG_KERNEL));
	}
	for (i = 0; weft_capture_engines[i]; i++) {
		const struct weft_engine *engine = weft_capture_engines[i];

		if (weft_capture_try(engine, &why) == 0) {
			len += (size_t)snprintf(names + len, sizeof(names) - len, ", %s:%s",
						weft_record_tier_name(engine->tier), engine->name);
		} else {
			at += (size_t)snprintf(value + at, sizeof(value) - at, "%s%s",
					       at ? "; " : "", why.text);
			at = at < sizeof(value) ? at : sizeof(value) - 1;
		}
	}
	set(finding, value[0] ? FINDING_LIMIT : FINDING_OK, "%s", names);
	set_lift(finding, value);
}

/* Engines that can tell them are allowed to, wherever they are allowed at all. */
static void check_callchains(struct finding *finding)
{
	char names[128] = "";
	size_t len = 0;
	size_t i;

	for (i = 0; weft_capture_engines[i]; i++) {
		const struct weft_engine *engine = weft_capture_engines[i];

		if (engine->has_chains && weft_capture_try(engine, NULL) == 0) {
			len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s:%s",
						len ? ", " : "",
						weft_record_tier_name(engine->tier), engine->name);
		}
	}
	if (len) {
		set(finding, FINDING_OK, "weft record --callchains: by %s", names);
	} else {
		set(finding, FINDING_LIMIT, "weft record --callchains is not possible");
		set_lift(finding, "what lets scheduling of all threads be seen, above, does so");
	}
}

static void check_schedstat(struct finding *finding)
{
	if (access("/proc/thread-self/schedstat", R_OK) == 0) {
		set(finding, FINDING_OK, "told for each task");
		return;
	}
	set(finding, FINDING_LIMIT, "not told by this kernel");
	set_lift(finding, "a kernel with CONFIG_SCHED_INFO tells it");
}

static void check_paranoid(struct finding *finding)
{
	FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
	int value;

	if (!file || fscanf(file, "%d", &value) != 1) {
		set(finding, FINDING_LIMIT, "this kernel has no perf events, or hides them");
	} else if (value <= 2 || geteuid() == 0) {
		set(finding, FINDING_OK, "%d", value);
	} else {
		set(finding, FINDING_LIMIT, "%d: no scheduling data for ordinary users", value);
		set_lift(finding, "as root: sysctl kernel.perf_event_paranoid=2");
	}
	if (file) {
		(void)fclose(file); /* Read only; nothing to lose. */
	}
}

/* ---- Readers ---- */

/* A Go installation names itself in the file VERSION above its bin folder. */
static unsigned int read_go_minor(const char *go)
{
	char path[PATH_MAX];
	char *slash;
	unsigned int minor = 0;
	FILE *file;
	int i;

	if (!realpath(go, path)) {
		return 0;
	}
	for (i = 0; i < 2; i++) {
		slash = strrchr(path, '/');
		if (!slash) {
			return 0;
		}
		*slash = '\0';
	}
	if (strlen(path) + sizeof("/VERSION") > sizeof(path)) {
		return 0;
	}
	(void)memcpy(path + strlen(path), "/VERSION", sizeof("/VERSION"));
	file = fopen(path, "re");
	if (!file) {
		return 0;
	}
	if (fscanf(file, "go1.%3u", &minor) != 1) {
		minor = 0;
	}
	(void)fclose(file); /* Read only; nothing to lose. */
	return minor;
}

static void check_go(struct finding *finding)
{
	static const char *const patterns[] = {"/usr/local/go/bin/go", "/usr/lib/go-*/bin/go",
					       "/usr/bin/go", "/snap/go/current/bin/go"};
	glob_t found = {0};
	size_t len = 0;
	bool readable = false;
	size_t i;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		/* What is not there adds nothing. */
		(void)glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &found);
	}
	for (i = 0; i < found.gl_pathc && len < sizeof(finding->value); i++) {
		unsigned int minor = read_go_minor(found.gl_pathv[i]);

		if (minor) {
			len += (size_t)snprintf(finding->value + len, sizeof(finding->value) - len,
						"%s1.%u (%s: %s)", len ? ", " : "", minor,
						found.gl_pathv[i],
						minor >= 22 ? "opens our traces" : "too old");
			readable = readable || minor >= 22;
		}
	}
	globfree(&found);
	if (!len) {
		set(finding, FINDING_LIMIT, "no Go found");
	}
	if (!readable) {
		finding->state = FINDING_LIMIT;
		set_lift(finding,
			 "`go tool trace` of Go 1.22 or later opens traces: apt-get install "
			 "-t bookworm-backports golang-1.22-go, or https://go.dev/dl");
	}
}

/* ---- Report ---- */

static const struct check {
	const char *name;
	void (*look)(struct finding *finding);
} checks[] = {
	{"libweft", check_libweft},
	{"LTTng-UST", check_lttng_ust},
	{"LTTng control library", check_control_library},
	{"session daemon program", check_daemon_program},
	{"session daemon", check_daemon},
	{"whose programs", check_all_users},
	{"instrumented processes", check_processes},
	{"buffers", check_buffers},
	{"disk", check_disk},
	{"scheduling tiers", check_tiers},
	{"call chains", check_callchains},
	{"run-queue wait", check_schedstat},
	{"perf_event_paranoid", check_paranoid},
	{"babeltrace2", check_babeltrace},
	{"Go", check_go},
};

#define CHECK_COUNT (sizeof(checks) / sizeof(checks[0]))

/* Those that could start now, lowest first. */
static json_t *list_tiers(void)
{
	json_t *list = json_array();
	int tier;
	size_t i;

	for (tier = 0; tier < WEFT_RECORD_TIER_COUNT_; tier++) {
		bool possible = tier <= WEFT_RECORD_TIER_ACCOUNTING ||
				(tier == WEFT_RECORD_TIER_LTTNG_KERNEL && can_trace_kernel());

		for (i = 0; weft_capture_engines[i] && !possible; i++) {
			possible = (int)weft_capture_engines[i]->tier == tier &&
				   weft_capture_try(weft_capture_engines[i], NULL) == 0;
		}
		if (possible) {
			/* Without memory the report fails anyway. */
			(void)json_array_append_new(list, json_string(weft_record_tier_name(
								  (enum weft_record_tier)tier)));
		}
	}
	return list;
}

static int print_json(FILE *out, const struct finding *findings, bool possible)
{
	json_t *list = json_array();
	json_t *object;
	size_t i;
	int ret;

	for (i = 0; list && i < CHECK_COUNT; i++) {
		json_t *row = json_pack("{s:s, s:s, s:s}", "name", checks[i].name, "state",
					state_names[findings[i].state], "value", findings[i].value);

		if (row && findings[i].lift[0]) {
			(void)json_object_set_new(row, "lift", json_string(findings[i].lift));
		}
		(void)json_array_append_new(list, row); /* A lost row fails the dump below. */
	}
	object = json_pack("{s:s, s:b, s:o, s:o}", "weft_version", WEFT_VERSION,
			   "recording_possible", (int)possible, "tiers", list_tiers(), "checks",
			   list);
	ret = object && json_array_size(list) == CHECK_COUNT &&
			      json_dumpf(object, out, JSON_INDENT(2)) == 0 &&
			      fputc('\n', out) != EOF
		      ? 0
		      : -EIO;
	json_decref(object);
	return ret;
}

static int print_table(FILE *out, const struct finding *findings)
{
	size_t i;

	for (i = 0; i < CHECK_COUNT; i++) {
		if (fprintf(out, "%-23s %-8s %s\n", checks[i].name, state_names[findings[i].state],
			    findings[i].value) < 0) {
			return -EIO;
		}
		if (findings[i].lift[0] &&
		    fprintf(out, "%-23s %-8s -> %s\n", "", "", findings[i].lift) < 0) {
			return -EIO;
		}
	}
	return 0;
}

int weft_doctor(FILE *out, bool json, struct weft_error *err)
{
	static struct finding findings[CHECK_COUNT];
	const char *missing = NULL;
	size_t i;
	int ret;

	memset(findings, 0, sizeof(findings));
	for (i = 0; i < CHECK_COUNT; i++) {
		checks[i].look(&findings[i]);
		if (!missing && findings[i].state == FINDING_MISSING) {
			missing = checks[i].name;
		}
	}
	ret = json ? print_json(out, findings, !missing) : print_table(out, findings);
	if (ret < 0) {
		return weft_error_set_errno(err, ret, "cannot write the report");
	}
	if (missing) {
		return weft_error_set(err, -ENOPKG,
				      "recording is not possible here: see '%s' above", missing);
	}
	return 0;
}

// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * /debug/pprof/ for native programs: what net/http/pprof is to Go.
 *
 *     struct weft_http *http;
 *     struct weft_http_options options = WEFT_HTTP_OPTIONS_INIT;
 *     if (weft_http_start(&options, &http, &err) == 0) { ... weft_http_stop(http); }
 *
 * Then `go tool pprof http://127.0.0.1:6060/debug/pprof/NAME` and
 * `curl -o t http://127.0.0.1:6060/debug/pprof/trace?seconds=5 && go tool trace t` work as against
 * a Go program: same paths, parameters, headers and errors.
 *
 * Two ways in, one implementation:
 *
 *     weft_http_start()   a listener of its own, on one thread of its own; safe by default (below)
 *     weft_http_mount()   no listener: weft_http_answer() is called from the access handler of the
 *                         application's own libmicrohttpd daemon, which then decides who may ask
 *
 * Safe by default. A listener of its own is on 127.0.0.1; binding to anything else needs a token or
 * TLS. It refuses Host headers that a DNS rebinding page would send and requests that another site
 * makes a browser send, limits length, number, size and time of requests, and logs each answer.
 *
 * What is served: cmdline, symbol and trace always; each profile that the process exports
 * (weft_profile_serve(), `weft run`); what came within seconds=N of allocs, block, goroutine, heap,
 * mutex and threadcreate; delta_block, delta_heap and delta_mutex, what came since they were last
 * asked for (values in use are those of now; the first is all since the start); /debug/fgprof, wall
 * clock time of all threads. Whatever is missing answers 404 `Unknown profile`, as in Go.
 *
 * Names of functions, and the differences, are the work of `weft symbolize`, a process of its own for
 * each answer with limits of time and memory. Where it cannot run profiles have addresses only, as
 * they are written without it, and texts and differences are errors.
 *
 * Traces are recorded by the `weft` command as a process beside it (found by WEFT_BIN, beside this
 * library as ../bin/weft, or in PATH): one private session per request, removed when the client goes.
 *
 * Threads: functions may be called from any thread; one start, mount or stop per object. Requests
 * that take time run on threads of their own, with all signals blocked, and never on the listener's.
 * Signals: not safe. fork(): the child has the object but not its threads: do not use it there.
 */
#ifndef WEFT_HTTP_H
#define WEFT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef WEFT_API
#define WEFT_API __attribute__((visibility("default")))
#endif

struct MHD_Connection;
struct weft_http;

/** One answered request, for the log. Strings are borrowed for the call. */
struct weft_http_access {
	const char *caller;  /**< "127.0.0.1:40312", or "uid=1000 pid=4711" on a unix socket. */
	bool has_token;      /**< The caller gave the right token. */
	const char *method;  /**< As sent; may hold any byte but NUL: escape before printing. */
	const char *path;    /**< Path and parameters; escape before printing. */
	unsigned int status; /**< HTTP status; 0: none was sent. */
	uint64_t byte_count; /**< Of the body. */
	uint64_t duration_ns;
	bool complete; /**< The client took all of it. */
	/** What broke off an answer that had begun; escape before printing; NULL: nothing here did. */
	const char *problem;
};

struct weft_http_options {
	/** "HOST:PORT", ":PORT" (all addresses), "[IPV6]:PORT" or "unix:PATH"; port 0: a free one. */
	const char *address;
	const char *token_file;    /**< First line: the bearer token; NULL: none. */
	const char *tls_cert_file; /**< PEM; with tls_key_file, or both NULL. */
	const char *tls_key_file;
	const char *const *hosts;     /**< Further names allowed in Host; NULL-ended; NULL: none. */
	uint32_t profile_seconds_max; /**< CPU and delta profiles. */
	uint32_t trace_seconds_max;
	uint32_t trace_count_max; /**< Traces at once; one more gets 429. */
	uint32_t job_count_max;   /**< Requests that take time at once, traces included. */
	uint32_t connection_count_max;
	uint32_t request_timeout_ms; /**< From connecting to the end of the request's headers. */
	uint64_t trace_bytes_max;    /**< Of a recording on disk; it ends there. */
	/** Called after each answer, on any thread; NULL: a line on standard error. */
	void (*log)(void *ctx, const struct weft_http_access *access);
	void *log_ctx;
	bool quiet; /**< No log at all. */
};

/* one field a line */
/* clang-format off */
#define WEFT_HTTP_OPTIONS_INIT                                                                     \
	{                                                                                          \
		"127.0.0.1:6060", NULL, NULL, NULL, NULL, /* address ... hosts */                  \
			60, 10,				  /* seconds: profiles, traces */          \
			8, 32, 256,			  /* traces, jobs, connections */          \
			10000, UINT64_C(1) << 30, NULL, NULL, false                                \
	}
/* clang-format on */

/**
 * Starts serving this process.
 *
 * @param options  Copied, with its strings; log_ctx is borrowed until the stop.
 * @return 0; -EACCES: a public address without token or TLS; -EADDRINUSE; -EINVAL: options; another
 *         negative errno. On failure nothing is left behind.
 */
WEFT_API WEFT_MUST_CHECK int weft_http_start(const struct weft_http_options *options,
					     struct weft_http **ret_http, struct weft_error *err);

/** What a client writes before the path: "http://127.0.0.1:6060", "https://...", "unix:PATH". */
WEFT_API const char *weft_http_get_url(const struct weft_http *http);

/**
 * Ends all requests, then the listener, and releases everything. Takes at most a few seconds; NULL does
 * nothing. After weft_http_mount(): when the application's own daemon has been stopped.
 */
WEFT_API void weft_http_stop(struct weft_http *http);

/* ---- On the application's own libmicrohttpd daemon ---- */

enum weft_http_page {
	WEFT_HTTP_PAGE_INDEX,
	WEFT_HTTP_PAGE_CMDLINE,
	WEFT_HTTP_PAGE_PROFILE, /**< CPU. */
	WEFT_HTTP_PAGE_SYMBOL,
	WEFT_HTTP_PAGE_TRACE,
	WEFT_HTTP_PAGE_NAMED, /**< The profile called `name`. */
};

/**
 * Prepares answers without a listener. Of the options only the limits of seconds, traces, jobs and
 * bytes count and the log; who may ask is for the application to decide.
 */
WEFT_API WEFT_MUST_CHECK int weft_http_mount(const struct weft_http_options *options,
					     struct weft_http **ret_http, struct weft_error *err);

/**
 * Answers one request; to be returned from an MHD_AccessHandlerCallback, which calls this again for
 * the same request as long as libmicrohttpd calls it.
 *
 * The daemon must have been started with MHD_ALLOW_SUSPEND_RESUME, and its MHD_OPTION_NOTIFY_COMPLETED
 * callback must pass on to weft_http_completed() what concerns these requests.
 *
 * @param name      For WEFT_HTTP_PAGE_NAMED, else ignored; copied.
 * @param url, method, upload_data, upload_data_size, con_cls  As libmicrohttpd gave them.
 * @return MHD_YES or MHD_NO of <microhttpd.h>.
 */
WEFT_API int weft_http_answer(struct weft_http *http, enum weft_http_page page, const char *name,
			      struct MHD_Connection *connection, const char *url,
			      const char *method, const char *upload_data, size_t *upload_data_size,
			      void **con_cls);

/**
 * Ends the requests that run and answers new ones with 503: to be called before the application stops
 * its own daemon, which must not have suspended connections then. weft_http_stop() comes after that.
 */
WEFT_API void weft_http_cancel(struct weft_http *http);

/** Releases what belongs to a request that libmicrohttpd is done with; *con_cls becomes NULL. */
WEFT_API void weft_http_completed(void **con_cls);

#ifdef __cplusplus
}
#endif

#endif

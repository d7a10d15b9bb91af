// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Profiles and names by HTTP. See pprof-url.h.
 */
#include "pprof-url.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Calls go through pointers: see load(). */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo

/* By the name that Debian's packages give it whatever TLS library is behind it. */
#define LIBRARY "libcurl.so.4"

#define TIMEOUT_S_DEFAULT 60L
/* An answer that is larger is no profile. */
#define ANSWER_SIZE_MAX ((size_t)2 << 30)
/* Of a refusal's text, what is shown. */
#define REFUSAL_LEN_MAX 400
#define REDIRECTS_MAX   10L
#define INSECURE_SCHEME "https+insecure://"
/* Longest number of seconds in a URL: longer waits are mistakes. */
#define SECONDS_MAX 1000000L

/* One exchange. */
struct exchange {
	const char *url;
	CURL *curl;
	struct pprof_url_answer answer;
	size_t capacity;
	bool is_explained; /* The server says that its text is for people. */
	bool is_too_large;
	char reason[64]; /* "Not Found", as the server words it. */
};

/*
 * libcurl brings some twenty libraries, whose loading takes longer than most commands run: it is loaded
 * when the first URL comes.
 */
#define FUNCTIONS(X)                                                                               \
	X(global_init)                                                                             \
	X(url)                                                                                     \
	X(url_cleanup)                                                                             \
	X(url_get)                                                                                 \
	X(url_set)                                                                                 \
	X(free)                                                                                    \
	X(easy_init)                                                                               \
	X(easy_setopt)                                                                             \
	X(easy_getinfo)                                                                            \
	X(easy_perform)                                                                            \
	X(easy_strerror)                                                                           \
	X(easy_cleanup)                                                                            \
	X(slist_append)                                                                            \
	X(slist_free_all)

#define POINTER(name) __typeof__(curl_##name) *name;
static struct {
	FUNCTIONS(POINTER)
} curl_api; /* Written once, by load(). */
static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static bool is_loaded;

static void load(void)
{
#define ENTRY(name) {"curl_" #name, &curl_api.name},
	const struct {
		const char *name;
		void *pointer;
	} entries[] = {FUNCTIONS(ENTRY)};
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	size_t i;

	for (i = 0; library && i < sizeof(entries) / sizeof(entries[0]); i++) {
		void *found = dlsym(library, entries[i].name);

		if (!found) {
			return;
		}
		/* POSIX has functions fit into object pointers; ISO C has no cast for it. */
		memcpy(entries[i].pointer, &found, sizeof(found));
	}
	is_loaded = library && curl_api.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

bool pprof_url_can_be_used(void)
{
	return pthread_once(&load_once, load) == 0 && is_loaded;
}

/* ---- URLs ---- */

/* The text of one part; NULL: it has none. To be released by curl_api.free(). */
static char *get_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;

	return curl_api.url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

/* Whether it begins with "http://" and the like. */
static bool has_scheme(const char *source)
{
	const char *colon = strstr(source, "://");

	return colon && strcspn(source, "/") > (size_t)(colon - source);
}

/* The value of seconds=N in a query; 0: none. */
static long get_seconds(const char *query)
{
	const char *at;

	for (at = query; at; at = strchr(at, '&')) {
		at += *at == '&';
		if (strncmp(at, "seconds=", 8) == 0) {
			long seconds = strtol(at + 8, NULL, 10);

			return seconds > 0 && seconds < SECONDS_MAX ? seconds : 0;
		}
	}
	return 0;
}

/* The query without any seconds, and with these. NULL: out of memory. */
static char *replace_seconds(const char *query, long seconds)
{
	size_t size = strlen(query) + 32;
	char *result = calloc(1, size);
	const char *at = query;

	while (result && *at) {
		size_t len = strcspn(at, "&");

		if (len && strncmp(at, "seconds=", 8) != 0) {
			(void)snprintf(result + strlen(result), size - strlen(result), "%s%.*s",
				       *result ? "&" : "", (int)len, at);
		}
		at += len + (at[len] == '&');
	}
	if (result) {
		(void)snprintf(result + strlen(result), size - strlen(result), "%sseconds=%ld",
			       *result ? "&" : "", seconds);
	}
	return result;
}

/* Fills in what is missing. False: it is no URL that can be asked. */
static bool complete(CURLU *url, const struct pprof_url_options *options)
{
	char *host = get_part(url, CURLUPART_HOST), *path = get_part(url, CURLUPART_PATH);
	char *query = get_part(url, CURLUPART_QUERY), *more = NULL;
	bool is_good = host && *host;

	if (is_good && (!path || !*path || strcmp(path, "/") == 0)) {
		is_good = curl_api.url_set(url, CURLUPART_PATH, "/debug/pprof/profile", 0) ==
			  CURLUE_OK;
	}
	if (is_good && options->seconds > 0) {
		more = replace_seconds(query ? query : "", options->seconds);
		is_good = more && curl_api.url_set(url, CURLUPART_QUERY, more, 0) == CURLUE_OK;
	}
	(void)curl_api.url_set(url, CURLUPART_FRAGMENT, NULL, 0); /* Removing cannot fail. */
	free(more);
	curl_api.free(host);
	curl_api.free(path);
	curl_api.free(query);
	return is_good;
}

/* As text, with `scheme` (NULL: its own) in front. To be freed; NULL: out of memory. */
static char *format_url(CURLU *url, bool is_insecure)
{
	char *text = get_part(url, CURLUPART_URL), *result = NULL;

	if (text && is_insecure) {
		if (asprintf(&result, "%s%s", INSECURE_SCHEME, text + strlen("https://")) < 0) {
			result = NULL;
		}
	} else if (text) {
		result = strdup(text);
	}
	curl_api.free(text);
	return result;
}

/* Parses; "https+insecure" becomes "https". NULL: it is no URL. */
static CURLU *parse(const char *source, bool *ret_is_insecure)
{
	CURLU *url = curl_api.url();
	char *text = NULL;
	int len;

	*ret_is_insecure = strncmp(source, INSECURE_SCHEME, strlen(INSECURE_SCHEME)) == 0;
	if (*ret_is_insecure) {
		len = asprintf(&text, "https://%s", source + strlen(INSECURE_SCHEME));
	} else if (has_scheme(source)) {
		len = asprintf(&text, "%s", source);
	} else {
		len = asprintf(&text, "http://%s", source);
	}
	if (len < 0) {
		text = NULL;
	}
	if (!url || !text || curl_api.url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK) {
		curl_api.url_cleanup(url);
		url = NULL;
	}
	free(text);
	return url;
}

bool pprof_url_looks_like(const char *source)
{
	/* A name without a colon is a file's, whether or not there is such a file. */
	return strchr(source, ':') && *source != '/' && *source != '.';
}

char *pprof_url_parse(const char *source, const struct pprof_url_options *options)
{
	bool is_insecure;
	CURLU *url;
	char *result = NULL;

	if (!pprof_url_looks_like(source)) {
		return NULL;
	}
	url = parse(source, &is_insecure);
	if (url && complete(url, options)) {
		result = format_url(url, is_insecure);
	}
	curl_api.url_cleanup(url);
	return result;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

char *pprof_url_find_symbols(const char *url)
{
	static const char *const profiles[] = {"/pprof/heap", "/pprof/growth", "/pprof/profile",
					       "/pprof/pmuprofile", "/pprof/contention"};
	bool is_insecure, is_known;
	CURLU *parsed = parse(url, &is_insecure);
	char *path = parsed ? get_part(parsed, CURLUPART_PATH) : NULL;
	char *beside = NULL, *result = NULL;
	size_t i;

	if (!path) {
		goto out;
	}
	is_known = strstr(path, "/debug/pprof/") != NULL;
	for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		is_known = is_known || ends_with(path, profiles[i]);
	}
	if (asprintf(&beside, "%.*s/%s", (int)(strrchr(path, '/') - path), path,
		     is_known ? "symbol" : "symbolz") < 0) {
		beside = NULL;
		goto out;
	}
	if (curl_api.url_set(parsed, CURLUPART_PATH, beside, 0) == CURLUE_OK &&
	    curl_api.url_set(parsed, CURLUPART_QUERY, NULL, 0) == CURLUE_OK) {
		result = format_url(parsed, is_insecure);
	}
out:
	free(beside);
	curl_api.free(path);
	curl_api.url_cleanup(parsed);
	return result;
}

/* ---- Exchanges ---- */

/* A CURLOPT_WRITEFUNCTION: less than all ends the exchange. */
static size_t take_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
	struct exchange *exchange = ctx;
	struct pprof_url_answer *answer = &exchange->answer;
	size_t wanted = answer->size + size * count + 1;

	if (wanted > ANSWER_SIZE_MAX) {
		exchange->is_too_large = true;
		return 0;
	}
	if (wanted > exchange->capacity) {
		size_t capacity = wanted + wanted / 2;
		char *larger = realloc(answer->bytes, capacity);

		if (!larger) {
			return 0;
		}
		answer->bytes = larger;
		exchange->capacity = capacity;
	}
	memcpy(answer->bytes + answer->size, bytes, size * count);
	answer->size += size * count;
	answer->bytes[answer->size] = '\0';
	return size * count;
}

/* A CURLOPT_HEADERFUNCTION. Lines come with their ends. */
static size_t take_header(char *line, size_t size, size_t count, void *ctx)
{
	struct exchange *exchange = ctx;
	size_t len = size * count;
	const char *text = memchr(line, ' ', len);

	if (len > 5 && memcmp(line, "HTTP/", 5) == 0 && text) {
		/* "HTTP/1.1 404 Not Found": what stands behind the number. */
		const char *reason = memchr(text + 1, ' ', len - (size_t)(text + 1 - line));
		size_t reason_len = reason ? len - (size_t)(reason + 1 - line) : 0;

		exchange->is_explained = false;
		(void)snprintf(exchange->reason, sizeof(exchange->reason), "%.*s", (int)reason_len,
			       reason ? reason + 1 : "");
		exchange->reason[strcspn(exchange->reason, "\r\n")] = '\0';
	}
	if (len > 11 && strncasecmp(line, "X-Go-Pprof:", 11) == 0) {
		exchange->is_explained = true;
	}
	return len;
}

static long timeout_of(const char *url, const struct pprof_url_options *options)
{
	const char *query = strchr(url, '?');
	long seconds = query ? get_seconds(query + 1) : 0;

	if (options->timeout_s > 0) {
		return options->timeout_s;
	}
	return seconds ? seconds + seconds / 2 + 1 : TIMEOUT_S_DEFAULT;
}

static void set_options(struct exchange *exchange, const struct pprof_url_options *options,
			bool is_insecure)
{
	CURL *curl = exchange->curl;

	/* What a wrong value would make fail, the exchange itself will tell. */
	(void)curl_api.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_api.easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	(void)curl_api.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	(void)curl_api.easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	(void)curl_api.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_api.easy_setopt(curl, CURLOPT_USERAGENT, "weft-pprof/" WEFT_VERSION);
	(void)curl_api.easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
	(void)curl_api.easy_setopt(curl, CURLOPT_TIMEOUT, timeout_of(exchange->url, options));
	(void)curl_api.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	(void)curl_api.easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
	(void)curl_api.easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	(void)curl_api.easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
	if (options->tls_cert) {
		(void)curl_api.easy_setopt(curl, CURLOPT_SSLCERT, options->tls_cert);
		(void)curl_api.easy_setopt(curl, CURLOPT_SSLKEY, options->tls_key);
	}
	if (options->tls_ca) {
		(void)curl_api.easy_setopt(curl, CURLOPT_CAINFO, options->tls_ca);
	}
	if (is_insecure) {
		(void)curl_api.easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		(void)curl_api.easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

/* What the server says beside another status than 200. */
static int explain_status(const struct exchange *exchange, long status, struct weft_error *err)
{
	const char *type = NULL, *text = exchange->answer.bytes ? exchange->answer.bytes : "";
	int len = (int)strcspn(text, "\r\n");

	(void)curl_api.easy_getinfo(exchange->curl, CURLINFO_CONTENT_TYPE, &type);
	if (exchange->is_explained && type && strstr(type, "text/plain") && len) {
		return weft_error_set(err, -EPROTO, "server response: %ld %s - %.*s", status,
				      exchange->reason,
				      len < REFUSAL_LEN_MAX ? len : REFUSAL_LEN_MAX, text);
	}
	return weft_error_set(err, -EPROTO, "server response: %ld %s", status, exchange->reason);
}

static int perform(struct exchange *exchange, struct weft_error *err)
{
	char why[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode code;

	(void)curl_api.easy_setopt(exchange->curl, CURLOPT_ERRORBUFFER, why);
	code = curl_api.easy_perform(exchange->curl);
	if (exchange->is_too_large) {
		return weft_error_set(err, -E2BIG, "answer too large: bytes=%zu", ANSWER_SIZE_MAX);
	}
	if (code != CURLE_OK) {
		return weft_error_set(err, code == CURLE_OPERATION_TIMEDOUT ? -ETIMEDOUT : -EIO,
				      "%s", *why ? why : curl_api.easy_strerror(code));
	}
	(void)curl_api.easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
	return status == 200 ? 0 : explain_status(exchange, status, err);
}

/* @param text  Posted; NULL: the page is got. */
static int talk(const char *url, const char *text, const struct pprof_url_options *options,
		struct pprof_url_answer *ret_answer, struct weft_error *err)
{
	bool is_insecure = strncmp(url, INSECURE_SCHEME, strlen(INSECURE_SCHEME)) == 0;
	struct exchange exchange = {.url = url, .curl = curl_api.easy_init()};
	struct curl_slist *headers =
		text ? curl_api.slist_append(NULL, "Content-Type: application/octet-stream") : NULL;
	char *plain = NULL;
	int ret = -ENOMEM;

	if (asprintf(&plain, "%s%s", is_insecure ? "https://" : "",
		     is_insecure ? url + strlen(INSECURE_SCHEME) : url) < 0) {
		plain = NULL;
	}
	if (!exchange.curl || !plain || (text && !headers)) {
		(void)weft_error_set(err, ret, "out of memory");
		goto out;
	}
	set_options(&exchange, options, is_insecure);
	(void)curl_api.easy_setopt(exchange.curl, CURLOPT_URL, plain);
	if (text) {
		(void)curl_api.easy_setopt(exchange.curl, CURLOPT_POSTFIELDS, text);
		(void)curl_api.easy_setopt(exchange.curl, CURLOPT_HTTPHEADER, headers);
	}
	ret = perform(&exchange, err);
	if (ret == 0) {
		*ret_answer = exchange.answer;
		exchange.answer.bytes = NULL;
	}
out:
	free(exchange.answer.bytes);
	free(plain);
	curl_api.slist_free_all(headers);
	curl_api.easy_cleanup(exchange.curl);
	return ret;
}

int pprof_url_get(const char *url, const struct pprof_url_options *options,
		  struct pprof_url_answer *ret_answer, struct weft_error *err)
{
	const char *query = strchr(url, '?');
	long seconds = query ? get_seconds(query + 1) : 0;

	if (seconds) {
		(void)fprintf(stderr, "Fetching profile over HTTP from %s\nPlease wait... (%lds)\n",
			      url, seconds);
	} else {
		(void)fprintf(stderr, "Fetching profile over HTTP from %s\n", url);
	}
	return talk(url, NULL, options, ret_answer, err);
}

int pprof_url_post(const char *url, const char *text, const struct pprof_url_options *options,
		   struct pprof_url_answer *ret_answer, struct weft_error *err)
{
	return talk(url, text, options, ret_answer, err);
}

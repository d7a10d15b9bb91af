// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Paths, parameters, addresses and Host headers. See query.h.
 */
#include "query.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#define PREFIX       "/debug/pprof/"
#define PREFIX_LEN   (sizeof(PREFIX) - 1)
#define WALL_PATH    "/debug/" WEFT_QUERY_WALL_NAME
#define HOST_SIZE    256
#define NS_PER_S     1e9
#define TRACE_S_MAX  86400.0
#define EXPONENT_MAX 400

static const struct {
	const char *name;
	enum weft_http_page page;
} pages[] = {
	{"", WEFT_HTTP_PAGE_INDEX},          {"cmdline", WEFT_HTTP_PAGE_CMDLINE},
	{"profile", WEFT_HTTP_PAGE_PROFILE}, {"symbol", WEFT_HTTP_PAGE_SYMBOL},
	{"trace", WEFT_HTTP_PAGE_TRACE},
};

enum weft_http_page weft_query_find_page(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(name, pages[i].name) == 0) {
			return pages[i].page;
		}
	}
	return WEFT_HTTP_PAGE_NAMED;
}

/* "/4711/debug" → 4711, and where the rest begins. Without leading zeros: one path a process. */
static pid_t parse_pid(const char *path, const char **ret_rest)
{
	const char *at = path + 1;
	int64_t pid = 0;

	if (*at < '1' || *at > '9') {
		return 0;
	}
	for (; isdigit((unsigned char)*at); at++) {
		pid = pid * 10 + (*at - '0');
		if (pid > INT_MAX) {
			return 0;
		}
	}
	if (*at != '/' && *at != '\0') {
		return 0;
	}
	*ret_rest = at;
	return (pid_t)pid;
}

void weft_query_parse_path(const char *path, struct weft_query_path *ret_path)
{
	const char *rest = path;
	size_t len;

	memset(ret_path, 0, sizeof(*ret_path));
	if (path[0] != '/') {
		return;
	}
	if (strcmp(path, "/") == 0) {
		ret_path->place = WEFT_QUERY_ROOT;
		return;
	}
	ret_path->pid = parse_pid(path, &rest);
	if (strcmp(rest, "/debug/pprof") == 0 ||
	    (ret_path->pid && (rest[0] == '\0' || strcmp(rest, "/") == 0 ||
			       strcmp(rest, "/debug") == 0 || strcmp(rest, "/debug/") == 0))) {
		ret_path->place = WEFT_QUERY_REDIRECT;
		return;
	}
	if (strcmp(rest, WALL_PATH) == 0) {
		rest = strrchr(rest, '/') + 1;
	} else if (strncmp(rest, PREFIX, PREFIX_LEN) == 0) {
		rest += PREFIX_LEN;
	} else {
		return;
	}
	ret_path->place = WEFT_QUERY_PAGE;
	ret_path->page = weft_query_find_page(rest);
	len = strnlen(rest, sizeof(ret_path->name));
	if (len == sizeof(ret_path->name)) {
		len--; /* No profile has so long a name: still unknown when cut. */
	}
	memcpy(ret_path->name, rest, len);
}

/* ---- Parameters ---- */

/* Sign and decimal digits only, as strconv.Atoi. Saturates rather than fails when out of range. */
static bool parse_integer(const char *text, int64_t *ret_value)
{
	bool negative = text && *text == '-';
	int64_t value = 0;

	if (!text) {
		return false;
	}
	text += *text == '-' || *text == '+';
	if (!*text) {
		return false;
	}
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text)) {
			return false;
		}
		value = value > (INT64_MAX - 9) / 10 ? INT64_MAX / 10 : value * 10 + (*text - '0');
	}
	*ret_value = negative ? -value : value;
	return true;
}

static double scale(double value, int64_t exponent)
{
	for (; exponent > 0 && value < 1e300; exponent--) {
		value *= 10;
	}
	for (; exponent < 0 && value > 0; exponent++) {
		value /= 10;
	}
	return value;
}

/*
 * Decimal numbers of strconv.ParseFloat. Not strtod(): the decimal point of an application's locale
 * may be a comma.
 */
static bool parse_float(const char *text, double *ret_value)
{
	double value = 0;
	int64_t exponent = 0;
	int64_t given = 0;
	bool digits = false;

	text += *text == '+';
	for (; isdigit((unsigned char)*text); text++) {
		value = value * 10 + (*text - '0');
		digits = true;
	}
	if (*text == '.') {
		for (text++; isdigit((unsigned char)*text); text++) {
			value = value * 10 + (*text - '0');
			exponent--;
			digits = true;
		}
	}
	if (digits && (*text == 'e' || *text == 'E')) {
		if (!parse_integer(text + 1, &given)) {
			return false;
		}
		text = "";
	}
	if (!digits || *text) {
		return false;
	}
	given = given > EXPONENT_MAX ? EXPONENT_MAX : given < -EXPONENT_MAX ? -EXPONENT_MAX : given;
	*ret_value = scale(value, exponent + given);
	return true;
}

void weft_query_parse_params(const struct weft_query_values *values,
			     struct weft_query_params *ret_params)
{
	double seconds = 0;
	int64_t number;

	memset(ret_params, 0, sizeof(*ret_params));
	ret_params->has_seconds = values->seconds && values->seconds[0];
	if (parse_integer(values->seconds, &number) && number > 0) {
		ret_params->seconds = number;
	}
	if (values->seconds && parse_float(values->seconds, &seconds) && seconds > 0) {
		seconds = seconds < TRACE_S_MAX ? seconds : TRACE_S_MAX;
		ret_params->trace_ns = (uint64_t)(seconds * NS_PER_S);
		/* Too short to be told from nothing, yet asked for. */
		ret_params->trace_ns += ret_params->trace_ns == 0;
	}
	if (parse_integer(values->debug, &number) && number > 0) {
		ret_params->debug = number;
	}
	ret_params->gc = parse_integer(values->gc, &number) && number > 0;
}

/* ---- Addresses ---- */

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9') {
		return digit - '0';
	}
	digit = (char)tolower((unsigned char)digit);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : INT_MAX;
}

/* One word; 0: garbage, or out of range. */
static uint64_t parse_address(const char *word, size_t len)
{
	uint64_t base = 10;
	uint64_t value = 0;
	size_t i = 0;

	if (len > 1 && word[0] == '0') {
		base = word[1] == 'x' || word[1] == 'X' ? 16 : 8;
		i = base == 16 ? 2 : 1;
	}
	if (i == len) {
		return 0;
	}
	for (; i < len; i++) {
		uint64_t digit = (uint64_t)digit_value(word[i]);

		if (digit >= base || value > (UINT64_MAX - digit) / base) {
			return 0;
		}
		value = value * base + digit;
	}
	return value;
}

bool weft_query_next_address(const char **text, const char *end, uint64_t *ret_address)
{
	const char *at = *text;
	uint64_t address = 0;

	while (!address && at < end) {
		const char *word = at;

		while (at < end && *at != '+' && !isspace((unsigned char)*at)) {
			at++;
		}
		address = parse_address(word, (size_t)(at - word));
		at += at < end;
	}
	*text = at;
	if (address) {
		*ret_address = address;
	}
	return address != 0;
}

/* ---- Who asks ---- */

/* The name in a Host header: without port, brackets or a final dot. Whether it is well formed. */
static bool cut_host(const char *host, char name[HOST_SIZE])
{
	const char *end = host[0] == '[' ? strchr(host, ']') : strchr(host, ':');
	const char *port;
	size_t len;

	if (host[0] == '[') {
		if (!end) {
			return false;
		}
		host++;
		port = end + 1;
	} else {
		end = end ? end : host + strlen(host);
		port = end;
	}
	len = (size_t)(end - host);
	if (len >= HOST_SIZE ||
	    (*port && (*port != ':' || strspn(port + 1, "0123456789") != strlen(port + 1)))) {
		return false;
	}
	memcpy(name, host, len);
	name[len] = '\0';
	if (len && name[len - 1] == '.') {
		name[len - 1] = '\0';
	}
	return name[0] != '\0';
}

bool weft_query_is_host_safe(const char *host, const char *const *hosts)
{
	unsigned char address[sizeof(struct in6_addr)];
	char name[HOST_SIZE];

	if (!cut_host(host, name)) {
		return false;
	}
	if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1 ||
	    strcasecmp(name, "localhost") == 0) {
		return true;
	}
	for (; hosts && *hosts; hosts++) {
		if (strcasecmp(name, *hosts) == 0) {
			return true;
		}
	}
	return false;
}

bool weft_query_is_token(const char *given, const char *token)
{
	static const char scheme[] = "Bearer ";
	unsigned int difference = 0;
	size_t token_len = strlen(token);
	size_t len;
	size_t i;

	if (!given || strncasecmp(given, scheme, sizeof(scheme) - 1) != 0) {
		return false;
	}
	given += sizeof(scheme) - 1;
	len = strlen(given);
	difference = len != token_len;
	for (i = 0; i < len; i++) {
		/* Past the token's end its NUL is compared: the loop's length is the caller's. */
		difference |= (unsigned char)given[i] ^
			      (unsigned char)token[i < token_len ? i : token_len];
	}
	return difference == 0;
}

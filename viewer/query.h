// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a request says, taken apart: paths, parameters, lists of addresses. Everything here comes
 * from strangers. Pure: no I/O, no allocation, any bytes accepted.
 */
#ifndef WEFT_HTTP_QUERY_H
#define WEFT_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/http.h>

/* Longest name of a profile, with NUL; longer ones are unknown. */
#define WEFT_HTTP_NAME_SIZE 128

/* Name of the profile at /debug/fgprof. */
#define WEFT_QUERY_WALL_NAME "fgprof"

enum weft_query_place {
	WEFT_QUERY_NOWHERE,
	WEFT_QUERY_ROOT,     /* "/" */
	WEFT_QUERY_REDIRECT, /* A folder without its slash. */
	WEFT_QUERY_PAGE,
};

struct weft_query_path {
	enum weft_query_place place;
	pid_t pid; /* Of /PID/debug/pprof/...; 0: the path begins with /debug/pprof/. */
	enum weft_http_page page;
	char name[WEFT_HTTP_NAME_SIZE]; /* As in the path after /debug/pprof/; "" for the index. */
};

/* Values of parameters as sent, decoded; NULL: absent. */
struct weft_query_values {
	const char *seconds, *debug, *gc;
};

struct weft_query_params {
	bool has_seconds;  /* Not absent and not "": asks a named profile for a delta. */
	int64_t seconds;   /* Whole; 0: bad, or below 1. */
	uint64_t trace_ns; /* Fractional seconds; 0: bad or not above 0. */
	int64_t debug;     /* 0 when bad or negative. */
	bool gc;
};

/** Takes apart an absolute, already decoded path. Source: net/http/pprof, routing. */
void weft_query_parse_path(const char *path, struct weft_query_path *ret_path);

/** Finds the page of a name below /debug/pprof/: "" is the index, unknown ones are NAMED. */
enum weft_http_page weft_query_find_page(const char *name);

/** Source: net/http/pprof: bad numbers count as 0. trace_ns is at most a day's worth. */
void weft_query_parse_params(const struct weft_query_values *values,
			     struct weft_query_params *ret_params);

/**
 * Takes the next address off a list as /symbol gets it: words separated by '+' or blanks, 0x hex,
 * 0 octal, or decimal; zeros and garbage are skipped.
 *
 * @param text  Advanced; `end` is one past the list.
 * @return Whether there was one.
 */
bool weft_query_next_address(const char **text, const char *end, uint64_t *ret_address);

/**
 * Whether a Host header names this machine in a way no DNS answer can forge: an address, localhost,
 * or one of `hosts` (NULL-ended; NULL: none). With or without a port.
 */
bool weft_query_is_host_safe(const char *host, const char *const *hosts);

/** Whether `given` (an Authorization header, NULL: none) bears the token. Time tells nothing. */
bool weft_query_is_token(const char *given, const char *token);

#endif

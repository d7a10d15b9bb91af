// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names for people: C++. See demangle.h.
 */
#include "demangle.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <weft/symbol-file.h>

/*
 * The C++ run-time library is loaded for the first name that needs it: loading it takes a tenth of the time of a
 * report about a small profile. Without it names stay as they are.
 */
#define LIBRARY  "libstdc++.so.6"
#define FUNCTION "__cxa_demangle"

/* As the C++ ABI has it, section "Demangler API". */
static char *(*cxa_demangle)(const char *mangled, char *storage, size_t *size,
			     int *status); /* Written once, by load(). */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
	void *handle = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);

	if (handle) {
		/* POSIX has functions fit into object pointers, ISO C does not. */
		*(void **)&cxa_demangle = dlsym(handle, FUNCTION);
	}
}

void weft_demangled_add(struct weft_demangled *out, const char *text, size_t len)
{
	if (len > WEFT_DEMANGLED_MAX - out->len) {
		out->is_full = true;
		return;
	}
	memcpy(out->text + out->len, text, len);
	out->len += len;
	out->text[out->len] = '\0';
}

/* ---- C++ ---- */

/*
 * Cuts the parameter list and what follows: `ns::f<int>(char, long) const` becomes `ns::f<int>`. The
 * list is what the last closing parenthesis ends; an empty rest is left alone.
 */
static void cut_parameters(char *name)
{
	char *at = strrchr(name, ')');
	int depth = 0;

	while (at && at > name) {
		depth += *at == ')';
		depth -= *at == '(';
		if (depth == 0) {
			*at = '\0';
			return;
		}
		at--;
	}
}

static bool is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '$';
}

/* Where the word `operator` of an operator's name begins outside brackets; else the end. */
static const char *find_operator(const char *name)
{
	static const char word[] = "operator";
	const char *at = name;
	int depth = 0;

	for (; *at; at++) {
		depth += *at == '<' || *at == '(' || *at == '[' || *at == '{';
		depth -= *at == '>' || *at == ')' || *at == ']' || *at == '}';
		if (depth == 0 && strncmp(at, word, sizeof(word) - 1) == 0 &&
		    (at == name || !is_name_byte(at[-1])) && !is_name_byte(at[sizeof(word) - 1])) {
			return at;
		}
	}
	return at;
}

/*
 * Cuts the type that functions from templates return: `void ns::f<int>` becomes `ns::f<int>`. It ends
 * at the last space outside brackets, and before an operator's name, which may hold spaces itself.
 */
static const char *skip_return_type(const char *name)
{
	const char *end = find_operator(name);
	const char *begin = name;
	const char *at;
	int depth = 0;

	for (at = name; at < end; at++) {
		depth += *at == '<' || *at == '(' || *at == '[' || *at == '{';
		depth -= *at == '>' || *at == ')' || *at == ']' || *at == '}';
		if (*at == ' ' && depth == 0) {
			begin = at + 1;
		}
	}
	return begin;
}

/* Special names, "vtable for X" and the like, have spaces and neither parameters nor types. */
static bool demangle_cpp(const char *name, bool is_full, struct weft_demangled *out)
{
	int status = -1;
	char *readable;
	const char *begin;

	(void)pthread_once(&once, load);
	if (!cxa_demangle) {
		return false;
	}
	readable = cxa_demangle(name, NULL, NULL, &status);
	begin = readable;
	if (status != 0 || !readable) {
		free(readable);
		return false;
	}
	if (!is_full && strchr(readable, ')') && name[2] != 'T' && name[2] != 'G') {
		cut_parameters(readable);
		begin = skip_return_type(readable);
	}
	weft_demangled_add(out, begin, strlen(begin));
	free(readable);
	return out->len > 0;
}

struct weft_demangled *weft_demangled_create(void)
{
	struct weft_demangled *out = (struct weft_demangled *)malloc(sizeof(*out));

	if (out) {
		out->len = 0;
		out->is_full = false;
		out->text[0] = '\0';
	}
	return out;
}

static char *demangle(const char *name, bool is_full)
{
	struct weft_demangled *out;
	char *answer = NULL;
	bool is_readable = false;

	if (name[0] != '_' || (name[1] != 'Z' && name[1] != 'R') ||
	    strnlen(name, WEFT_SYMBOL_DEMANGLE_MAX + 1) > WEFT_SYMBOL_DEMANGLE_MAX) {
		return NULL;
	}
	out = weft_demangled_create();
	if (!out) {
		return NULL;
	}
	if (name[1] == 'R') {
		is_readable = weft_demangle_rust_v0(name, out);
	} else {
		is_readable =
			weft_demangle_rust_legacy(name, out) || demangle_cpp(name, is_full, out);
	}
	if (is_readable && !out->is_full && out->len > 0) {
		answer = strdup(out->text);
	}
	free(out);
	return answer;
}

char *weft_symbol_demangle(const char *name)
{
	return demangle(name, false);
}

char *weft_symbol_demangle_full(const char *name)
{
	return demangle(name, true);
}
